//! Which held documents may be printed, retained or deleted, by whom.
//!
//! Refusals are checked in the order of their enum; that order is part of the contract.

use crate::id::UserId;
use crate::job::{Job, State};
use crate::status::Status;

/// Why an operation on a document is refused, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DocumentRefused {
    /// Not there: never was, deleted, or collected elsewhere.
    #[error("the document is no longer on the server")]
    NotFound,
    /// Somebody else's. Told as "not found" where that would reveal it.
    #[error("the document belongs to somebody else")]
    NotOwner,
    /// It prints at another device just now.
    #[error("the document is printing at another device")]
    Locked,
    /// Deleted while it prints.
    #[error("the document is marked for deletion")]
    MarkedForDeletion,
    /// Its data has not arrived.
    #[error("the document has not arrived completely")]
    Incoming,
    /// Copies out of range.
    #[error("copies must be from 1 to 999")]
    Copies,
}

impl DocumentRefused {
    /// The code of the guide's table.
    pub fn status(self) -> Status {
        match self {
            Self::NotFound => Status::JOB_NOT_FOUND,
            Self::NotOwner => Status::ACCESS_DENIED,
            Self::Locked => Status::JOB_LOCKED,
            Self::MarkedForDeletion => Status::JOB_MARKED_FOR_DELETION,
            Self::Incoming => Status::FILE_NOT_FOUND,
            Self::Copies => Status::GENERAL_FAILURE,
        }
    }
}

/// The most copies a panel may ask for.
pub const COPIES_MAX: i32 = 999;

/// Whether `person` may print `job` now.
///
/// # Errors
/// The first [`DocumentRefused`] in its order.
pub fn may_print(job: Option<&Job>, person: UserId, copies: i32) -> Result<(), DocumentRefused> {
    let job = own(job, person)?;
    match job.state {
        State::Canceled | State::Aborted | State::Completed => Err(DocumentRefused::NotFound),
        State::Processing | State::Stopped if job.marked_for_deletion => {
            Err(DocumentRefused::MarkedForDeletion)
        }
        State::Processing | State::Stopped => Err(DocumentRefused::Locked),
        State::Pending => Err(DocumentRefused::Incoming),
        State::Held if !(1..=COPIES_MAX).contains(&copies) => Err(DocumentRefused::Copies),
        State::Held => Ok(()),
    }
}

/// Whether `person` may keep, delete, or set copies of `job` now. A document that prints may be
/// deleted: it goes when it stops.
///
/// # Errors
/// The first [`DocumentRefused`] in its order.
pub fn may_change(job: Option<&Job>, person: UserId) -> Result<(), DocumentRefused> {
    let job = own(job, person)?;
    match job.state {
        State::Canceled | State::Aborted | State::Completed => Err(DocumentRefused::NotFound),
        State::Processing | State::Stopped if job.marked_for_deletion => {
            Err(DocumentRefused::MarkedForDeletion)
        }
        State::Pending | State::Held | State::Processing | State::Stopped => Ok(()),
    }
}

fn own(job: Option<&Job>, person: UserId) -> Result<&Job, DocumentRefused> {
    let job = job.ok_or(DocumentRefused::NotFound)?;
    if job.owner == person { Ok(job) } else { Err(DocumentRefused::NotOwner) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::tests::held_job;

    #[test]
    fn refusals_by_descending_precedence() {
        use DocumentRefused as R;
        let job = |state| Job { state, ..held_job() };
        let marked = Job { marked_for_deletion: true, ..job(State::Processing) };
        let (ann, bob) = (UserId(2), UserId(3));
        let rows = [
            (None, ann, 0, Err(R::NotFound), Err(R::NotFound)),
            (Some(job(State::Completed)), bob, 0, Err(R::NotOwner), Err(R::NotOwner)),
            (Some(job(State::Completed)), ann, 0, Err(R::NotFound), Err(R::NotFound)),
            (Some(job(State::Canceled)), ann, 0, Err(R::NotFound), Err(R::NotFound)),
            (Some(job(State::Aborted)), ann, 0, Err(R::NotFound), Err(R::NotFound)),
            (Some(marked), ann, 0, Err(R::MarkedForDeletion), Err(R::MarkedForDeletion)),
            (Some(job(State::Processing)), ann, 0, Err(R::Locked), Ok(())),
            (Some(job(State::Stopped)), ann, 0, Err(R::Locked), Ok(())),
            (Some(job(State::Pending)), ann, 0, Err(R::Incoming), Ok(())),
            (Some(job(State::Held)), ann, 0, Err(R::Copies), Ok(())),
            (Some(job(State::Held)), ann, 1_000, Err(R::Copies), Ok(())),
            (Some(job(State::Held)), ann, 1, Ok(()), Ok(())),
        ];
        for (job, person, copies, print, change) in rows {
            assert_eq!(may_print(job.as_ref(), person, copies), print, "{job:?}");
            assert_eq!(may_change(job.as_ref(), person), change, "{job:?}");
        }
    }
}
