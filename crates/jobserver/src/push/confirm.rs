//! Prices that somebody has to agree to before a document is printed, and documents that a person lets go on.
//!
//! A document whose price is asked about keeps nobody waiting behind it. What nobody agrees to in time is held for a person,
//! as what cannot be printed is: it may be collected at a device, let go on later, or deleted.

use domain::collect::{DocumentRefused, may_change};
use domain::count::CountStatus;
use domain::job::{Job, Reason, State as JobState};
use domain::push::{Agreement, Consent};
use domain::queue::{Kind, Queue};
use domain::{JobId, Money, QueueId, Status, UserId};
use storage::core::Change;

use super::{hold, is_waiting, note, waiting_after};
use crate::failed::Failed;
use crate::state::{Jobserver, State};

/// What a waiting document of a queue waits for.
pub(super) fn consent(state: &State, queue: &Queue, job: &Job) -> Result<Consent, Failed> {
    // Without a count there is no price yet; the queue waits for that.
    if !queue.push.confirm_price || job.count.status == CountStatus::Pending {
        return Ok(Consent::Given);
    }
    let price = crate::charge::pushed(state, job)?;
    let agreed = state.store.job_agreement(job.id)?;
    let patience = state.settings().push_confirm_within();
    Ok(domain::push::consent(price, agreed, job.created, patience, state.now()))
}

/// Tells each waiting document of a queue that its price is asked about, or that nobody answered.
pub(super) async fn ask(server: &Jobserver, id: QueueId) -> Result<(), Failed> {
    let asked = server.blocking(move |state| {
        let queues = state.queues();
        let (mut asked, mut after) = (Vec::new(), None);
        let Some(queue) = queues.iter().find(|queue| queue.id == id && queue.push.confirm_price) else {
            return Ok(asked);
        };
        while let Some(jobs) = waiting_after(state, id, &mut after)? {
            for job in jobs {
                let consent = consent(state, queue, &job)?;
                asked.push((job.id, consent));
            }
        }
        Ok::<_, Failed>(asked)
    });
    for (job, consent) in asked.await? {
        match consent {
            Consent::Given => {}
            Consent::Wanted(price) => {
                note(server, job, format!("It costs {price}: release it to print it, or delete it.")).await?;
            }
            Consent::TooLate(price) => {
                let message = format!("It costs {price}, and nobody agreed to that in time.");
                hold(server, job, message).await?;
            }
        }
    }
    Ok(())
}

/// Lets a document go on in its push queue at the price that it has now, on behalf of its owner or (without `person`) of an
/// operator: one whose price is asked about, or one that was held because it could not be printed. The job, and its price.
///
/// # Errors
/// Status 52 for what is not there any more or somebody else's, 45 for one that is being printed, 101 for one whose data has not
/// arrived, 65 for one that was printed, is being counted, or belongs to a pull queue.
pub(crate) async fn release(
    server: &Jobserver,
    id: JobId,
    person: Option<UserId>,
) -> Result<(Job, Option<Money>), Failed> {
    let now = server.0.now();
    let released = server.blocking(move |state| {
        let job = state.store.job_show(id)?;
        let owner = person.or(job.as_ref().map(|job| job.owner)).ok_or(DocumentRefused::NotFound)?;
        may_change(job.as_ref(), owner)?;
        let job = job.ok_or(DocumentRefused::NotFound)?;
        let queues = state.queues();
        let queue = queues.iter().find(|queue| queue.id == job.queue && queue.kind == Kind::Push);
        let Some(queue) = queue else {
            let text = "documents of this queue are released at a printer, by their owner";
            return Err(Failed::refused(Status::OPERATION_NOT_ALLOWED, text));
        };
        may_go(state, queue, &job)?;
        let price = crate::charge::pushed(state, &job)?;
        let agreed = Agreement { price: price.unwrap_or_default(), since: now };
        state.store.job_agreement_set(id, agreed)?;
        let on = |job: Option<Job>| {
            let job = job.filter(|job| job.state == JobState::Held).ok_or(DocumentRefused::Locked)?;
            let job = Job { reason: Reason::HoldUntilSpecified, message: String::new(), ..job };
            Ok::<_, DocumentRefused>(Change { job, message: None })
        };
        let job = state.store.job_change("job-release", id, on, now)??;
        tracing::info!(job.id = id.0, queue.name = %queue.name, price = %agreed.price, "a document may be printed");
        Ok((job, price))
    });
    let released = released.await?;
    server.0.push.wake();
    Ok(released)
}

fn may_go(state: &State, queue: &Queue, job: &Job) -> Result<(), Failed> {
    if job.document.is_none() {
        return Err(DocumentRefused::Incoming.into());
    }
    if job.state != JobState::Held || state.locks.is_locked(job.id) {
        return Err(DocumentRefused::Locked.into());
    }
    if queue.push.confirm_price && job.count.status == CountStatus::Pending {
        let text = "its pages are being counted; try again in a moment";
        return Err(Failed::refused(Status::OPERATION_NOT_ALLOWED, text));
    }
    // A document that came out and was retained is a person's to collect.
    if job.reason == Reason::HeldAgain || is_waiting(state, job) {
        return Ok(());
    }
    let text = "the document was printed; it can be collected at a printer";
    Err(Failed::refused(Status::OPERATION_NOT_ALLOWED, text))
}
