//! A person's documents: the list, copies, retain, delete.

use domain::collect::{COPIES_MAX, DocumentRefused, may_change};
use domain::count::CountStatus;
use domain::device::Device;
use domain::fidelity::{Fidelity, Verdict};
use domain::job::{Event, Job, State};
use domain::user::User;
use domain::{JobId, UserId};
use rpc::proto::trackingserver::record::DeletedBy;
use storage::core::{Change, JobFilter, Which};

use crate::failed::Failed;
use crate::saved;
use crate::session::Document;
use crate::state::Jobserver;

/// Documents a panel is shown at most; nobody pages through more.
const LISTED_MAX: i64 = 50_000;

/// The documents that wait for a person, oldest first.
pub(crate) async fn documents(
    server: &Jobserver,
    person: &User,
    device: Option<&Device>,
) -> Result<Vec<Document>, Failed> {
    let (owner, person, device) = (person.id, person.clone(), device.cloned());
    server
        .blocking(move |state| {
            let filter = JobFilter { owner: Some(owner), which: Which::NotCompleted, ..JobFilter::default() };
            let jobs = state.store.jobs_list(&filter, LISTED_MAX)?;
            let shown = |job: &Job| {
                job.state != State::Pending
                    && !job.marked_for_deletion
                    && !crate::push::is_waiting(state, job)
            };
            let fidelity = match &device {
                Some(device) => crate::fidelity::of(state, device.id)?,
                None => Fidelity::default(),
            };
            let suits = |job: &Job| crate::fidelity::shows(state, &fidelity, job);
            let jobs: Vec<Job> = jobs.into_iter().filter(|job| shown(job) && suits(job)).collect();
            // What it costs depends on where it prints.
            let prices = match &device {
                Some(device) => crate::charge::shown(state, device, &person, &jobs)?,
                None => vec![None; jobs.len()],
            };
            let priced = jobs
                .iter()
                .zip(prices)
                .map(|(job, price)| Document { price, ..judged(state, job, &fidelity) });
            Ok::<_, Failed>(priced.collect())
        })
        .await
}

/// Sets the copies a document will be printed with.
pub(crate) async fn copies(
    server: &Jobserver,
    person: UserId,
    id: JobId,
    copies: i32,
) -> Result<Document, Failed> {
    if !(1..=COPIES_MAX).contains(&copies) {
        return Err(DocumentRefused::Copies.into());
    }
    change(server, "job-copies", person, id, move |job| Ok(Job { panel_copies: copies, ..job })).await
}

/// Keeps a document after printing, or not.
pub(crate) async fn retain(
    server: &Jobserver,
    person: UserId,
    id: JobId,
    retain: bool,
) -> Result<Document, Failed> {
    change(server, "job-retain", person, id, move |job| Ok(Job { retained: retain, ..job })).await
}

/// Deletes a document; one that prints is deleted when it stops.
pub(crate) async fn delete(server: &Jobserver, person: UserId, id: JobId) -> Result<(), Failed> {
    cancel(server, id, Some(person)).await.map(drop)
}

/// Deletes a job, on behalf of its owner or (without `person`) of an operator.
pub(crate) async fn cancel(server: &Jobserver, id: JobId, person: Option<UserId>) -> Result<Job, Failed> {
    let (now, tracking) = (server.0.now(), crate::tracking::new_id());
    let by = if person.is_some() { DeletedBy::User } else { DeletedBy::System };
    server
        .blocking(move |state| {
            // One that is about to print, and whose row does not say so yet, counts as printing.
            let printing = state.locks.is_locked(id);
            let decide = |job: Option<Job>| {
                let owner = person.or(job.as_ref().map(|job| job.owner)).ok_or(DocumentRefused::NotFound)?;
                may_change(job.as_ref(), owner)?;
                let job = job.ok_or(DocumentRefused::NotFound)?;
                let event = if person.is_some() { Event::CancelByUser } else { Event::CancelByOperator };
                let job = if printing && job.state == State::Held {
                    Job { marked_for_deletion: true, ..job }
                } else {
                    job.apply(event, now).map_err(|_| DocumentRefused::NotFound)?
                };
                let message = saved::message(state, &tracking, &job, by, now);
                Ok::<_, DocumentRefused>(Change { job, message })
            };
            // The file goes after the row: the other way round a crash would leave a job without its document.
            let before = state.store.job_show(id)?;
            let job = state.store.job_change("job-cancel", id, decide, now)??;
            if job.state.is_final()
                && let Some(document) = before.and_then(|job| job.document)
            {
                forget_document(state, id, document);
                state.outbox_wake.notify_one();
            }
            Ok::<_, Failed>(job)
        })
        .await
}

/// A person's jobs that have not ended.
pub(crate) fn open_jobs(state: &crate::state::State, owner: UserId) -> Result<Vec<JobId>, Failed> {
    let filter = JobFilter { owner: Some(owner), which: Which::NotCompleted, ..JobFilter::default() };
    Ok(state.store.jobs_list(&filter, LISTED_MAX)?.into_iter().map(|job| job.id).collect())
}

/// Takes a finished job's document away: first from the row, then from the disk.
pub(crate) fn forget_document(state: &crate::state::State, id: JobId, document: domain::DocumentId) {
    let now = state.now();
    let forget = |job: Option<Job>| match job {
        Some(job) if job.document == Some(document) && job.state.is_final() => {
            Ok(Change { job: Job { document: None, ..job }, message: None })
        }
        _ => Err(()),
    };
    match state.store.job_change("job-forget-document", id, forget, now) {
        Ok(Ok(_)) => {
            if let Err(error) = state.spool.delete(document) {
                tracing::warn!(job.id = id.0, %error, "a document could not be deleted; the integrity check will");
            }
        }
        // It has another state by now, and whoever gave it that deletes the document.
        Ok(Err(())) => {}
        Err(error) => {
            tracing::warn!(job.id = id.0, %error, "a document could not be deleted; the integrity check will");
        }
    }
}

async fn change(
    server: &Jobserver,
    name: &'static str,
    person: UserId,
    id: JobId,
    make: impl Fn(Job) -> Result<Job, DocumentRefused> + Send + 'static,
) -> Result<Document, Failed> {
    let now = server.0.now();
    server
        .blocking(move |state| {
            let decide = |job: Option<Job>| {
                may_change(job.as_ref(), person)?;
                let job = make(job.ok_or(DocumentRefused::NotFound)?)?;
                Ok::<_, DocumentRefused>(Change { job, message: None })
            };
            let job = state.store.job_change(name, id, decide, now)??;
            Ok::<_, Failed>(document(state, &job))
        })
        .await
}

/// A job as the panel of a device shows it that judges documents so.
pub(crate) fn judged(state: &crate::state::State, job: &Job, fidelity: &Fidelity) -> Document {
    let doubtful = crate::fidelity::judge(state, fidelity, job) != Verdict::Suits;
    Document { doubtful, ..document(state, job) }
}

/// A job as a panel shows it.
pub(crate) fn document(state: &crate::state::State, job: &Job) -> Document {
    let counted = job.count.status == CountStatus::Ok;
    let copies = i64::from(job.panel_copies);
    Document {
        id: job.id,
        name: crate::short_names::shorten(state, &job.name),
        created: job.created,
        bytes: job.bytes,
        pages: counted.then_some(job.count.pages * copies),
        color: counted.then_some(job.count.color_pages > 0),
        duplex: counted.then_some(job.count.duplex.is_duplex()),
        copies: job.panel_copies,
        retained: job.retained,
        printing: matches!(job.state, State::Processing | State::Stopped),
        message: job.message.clone(),
        price: None,
        standing: domain::people::group::Standing::Owner,
        owner: job.owner_logon.clone(),
        driver: crate::fidelity::driver_of(state, job),
        doubtful: false,
    }
}
