//! Ends documents that are too old and forgets jobs that ended long ago.

use std::time::Duration;

use domain::JobId;
use domain::job::{Event, Job};
use domain::retention::{Due, due};
use rpc::proto::trackingserver::record::DeletedBy;
use storage::core::Change;

use crate::documents::forget_document;
use crate::failed::Failed;
use crate::state::{Jobserver, State};

/// How often ages are looked at.
const EVERY: Duration = Duration::from_secs(60);
/// Jobs that are looked at in one go.
const PAGE: i64 = 1_000;

/// Looks again and again until the stop.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    loop {
        if let Err(error) = server.blocking(|state| run(state)).await {
            tracing::warn!(%error, "old documents could not be ended; it is tried again");
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

/// Ends and forgets what is due; how many jobs that were. Blocks.
///
/// # Errors
/// When the store cannot answer.
pub(crate) fn run(state: &State) -> Result<usize, Failed> {
    let policy = state.settings().retention();
    crate::mail::deletion::warn(state)?;
    let now = state.now();
    // The store narrows the search, the rule decides.
    let youngest = policy.delete_after.unwrap_or(Duration::MAX).min(policy.incoming_max);
    let (created_before, completed_before) = (now.minus(youngest), now.minus(policy.history));
    let (mut after, mut changed) = (JobId(0), 0);
    loop {
        let jobs = state.store.jobs_old(created_before, completed_before, after, PAGE)?;
        let Some(last) = jobs.last() else { return Ok(changed) };
        after = last.id;
        let mut forgotten = Vec::new();
        for job in jobs {
            match due(&job, policy, now) {
                Due::Keep => {}
                Due::Forget => forgotten.push(job.id),
                Due::Expire => changed += usize::from(expire(state, &job)?),
            }
        }
        changed += forgotten.len();
        if !forgotten.is_empty() {
            state.store.jobs_forget(&forgotten)?;
        }
    }
}

fn expire(state: &State, old: &Job) -> Result<bool, Failed> {
    // It is about to print: its row will say so in a moment.
    if state.locks.is_locked(old.id) {
        return Ok(false);
    }
    let (now, tracking) = (state.now(), crate::tracking::new_id());
    let end = |job: Option<Job>| {
        let mut job = job.ok_or(())?.apply(Event::Expire, now).map_err(drop)?;
        job.message = "The document was deleted because of its age.".to_owned();
        let message = crate::saved::message(state, &tracking, &job, DeletedBy::System, now);
        Ok::<_, ()>(Change { job, message })
    };
    let Ok(ended) = state.store.job_change("job-expire", old.id, end, now)? else { return Ok(false) };
    tracing::info!(
        job.id = old.id.0,
        user.logon = old.owner_logon,
        "a document was deleted because of its age"
    );
    crate::mail::deletion::deleted(state, &ended);
    if let Some(document) = ended.document {
        forget_document(state, ended.id, document);
        state.outbox_wake.notify_one();
    }
    Ok(true)
}
