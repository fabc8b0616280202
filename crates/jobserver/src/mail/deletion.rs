//! Warns before a document is deleted because of its age, and tells when it was (guide, "E-mail": delete warning and job
//! deletion note).

use std::collections::HashSet;
use std::sync::PoisonError;

use domain::event::Severity;
use domain::job::{Job, State as JobState};
use domain::mail::{Kind, Tags};
use domain::user::User;
use domain::{JobId, Timestamp};

use super::{day_and_time, send_or_log, tags_of};
use crate::failed::Failed;
use crate::settings::Warned;
use crate::state::State;

/// Jobs that are looked at in one go.
const PAGE: i64 = 1_000;

/// Warns of documents that will soon be too old; answers how many mails were written down. Each document is warned of once:
/// the mail's key is its job. Blocks.
///
/// # Errors
/// When the store cannot answer.
pub(crate) fn warn(state: &State) -> Result<usize, Failed> {
    let (settings, mail) = (state.settings(), state.settings().mail());
    let Some(delete_after) = settings.retention().delete_after else { return Ok(0) };
    if mail.delete_warning == Warned::Nobody || mail.server.is_empty() {
        return Ok(0);
    }
    let now = state.now();
    let from_age = delete_after.saturating_sub(mail.warning_ahead);
    let (mut after, mut written, mut seen) = (JobId(0), 0, HashSet::new());
    loop {
        let jobs = state.store.jobs_old(now.minus(from_age), Timestamp(i64::MIN), after, PAGE)?;
        let Some(last) = jobs.last() else { break };
        after = last.id;
        for job in jobs.iter().filter(|job| job.state == JobState::Held) {
            seen.insert(job.id);
            let known = state.mail.warned.lock().unwrap_or_else(PoisonError::into_inner).contains(&job.id);
            if !known {
                written += warn_of(state, job, job.created.plus(delete_after), mail.delete_warning)?;
            }
        }
    }
    // What was deleted or collected needs no place; what is left is not asked for again.
    *state.mail.warned.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    Ok(written)
}

fn warn_of(state: &State, job: &Job, deleted: Timestamp, warned: Warned) -> Result<usize, Failed> {
    let Some(owner) = state.store.user_show(job.owner)?.map(|(user, _)| user) else { return Ok(0) };
    let author = author(state, job, &owner)?;
    let told: Vec<&User> = match warned {
        Warned::Nobody => Vec::new(),
        Warned::Author => vec![&author],
        Warned::Recipients => vec![&owner],
        Warned::Both if author.id == owner.id => vec![&owner],
        Warned::Both => vec![&author, &owner],
    };
    let mut written = 0;
    for user in told {
        let mut tags = tags_of(user);
        describe(&mut tags, job, &owner, deleted);
        let key = format!("delete-warning:{}:{}", job.id, user.id);
        written += usize::from(super::send(state, Kind::DeleteWarning, &user.email, &tags, &key)?);
    }
    Ok(written)
}

/// A document was deleted because of its age: its author is told, when the settings say so.
pub(crate) fn deleted(state: &State, job: &Job) {
    let subject = format!("the document {} of {} was deleted because of its age", job.id, job.owner_logon);
    let event = state.events.event(Severity::Information, "document-expired", &subject);
    state.events.record(event.user(&job.owner_logon).object(&job.queue_name));
    let told = || -> Result<(), Failed> {
        let Some(owner) = state.store.user_show(job.owner)?.map(|(user, _)| user) else { return Ok(()) };
        let author = author(state, job, &owner)?;
        let mut tags = tags_of(&author);
        describe(&mut tags, job, &owner, job.completed.unwrap_or_else(|| state.now()));
        send_or_log(state, Kind::JobDelete, &author.email, &tags, &format!("job-delete:{}", job.id));
        Ok(())
    };
    if let Err(error) = told() {
        tracing::warn!(job.id = job.id.0, %error, "the author of a deleted document could not be told");
    }
}

/// Who submitted a document: the person of its submitting logon, or its owner.
fn author(state: &State, job: &Job, owner: &User) -> Result<User, Failed> {
    let (domain, logon) = domain::text::split_domain(&job.submit_logon);
    let Ok(logon) = domain::Logon::parse(logon) else { return Ok(owner.clone()) };
    let candidates = state.store.users_by_logon(&logon)?;
    let chosen = domain::user::choose(&candidates, |(user, _)| user, domain.unwrap_or_default());
    Ok(chosen.map_or_else(|| owner.clone(), |(user, _)| user.clone()))
}

fn describe(tags: &mut Tags, job: &Job, owner: &User, deleted: Timestamp) {
    let ((submit_day, submit_time), (day, time)) = (day_and_time(job.created), day_and_time(deleted));
    let name = if owner.full_name.is_empty() { owner.logon.to_string() } else { owner.full_name.clone() };
    tags.set("DOCUMENTNAME", &job.name)
        .set("SUBMITDATE", &submit_day)
        .set("SUBMITTIME", &submit_time)
        .set("DELETEDATE", &day)
        .set("DELETETIME", &time)
        .set_list("USERLIST", &[name]);
}
