//! A job, its states and the one table of transitions.
//!
//! States and reasons are IPP's (RFC 8011 sections 5.3.7 and 5.3.8), with the same numbers.

use std::collections::BTreeMap;

use crate::count::PageCount;
use crate::id::{DeviceId, DocumentId, JobId, QueueId, UserId};
use crate::time::Timestamp;

/// A print job with at most one document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Job {
    /// Id in the store; never given twice.
    pub id: JobId,
    /// Queue it was sent to.
    pub queue: QueueId,
    /// Name of that queue when it was sent.
    pub queue_name: String,
    /// Whose it is.
    pub owner: UserId,
    /// The owner's logon.
    pub owner_logon: String,
    /// Logon as the network told it.
    pub submit_logon: String,
    /// Title shown to people, at most 255 characters.
    pub name: String,
    /// Where it is in its life.
    pub state: State,
    /// Why it is there, beside what the state says itself.
    pub reason: Reason,
    /// One sentence for people; empty when there is nothing to say.
    pub message: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it last began to print.
    pub processing: Option<Timestamp>,
    /// When it reached a final state.
    pub completed: Option<Timestamp>,
    /// The document in the spool; `None` before it came and after it was deleted.
    pub document: Option<DocumentId>,
    /// Size of the document.
    pub bytes: i64,
    /// MIME type as declared.
    pub format: String,
    /// Host it came from.
    pub source_host: String,
    /// Protocol it came by.
    pub source_protocol: String,
    /// What the client asked for beside the data.
    pub ticket: Ticket,
    /// Pages.
    pub count: PageCount,
    /// Kept after printing.
    pub retained: bool,
    /// Times it was printed to the end.
    pub printed: i64,
    /// Copies chosen at the panel.
    pub panel_copies: i32,
    /// Device it is printing at, or was last.
    pub device: Option<DeviceId>,
    /// Deleted as soon as it stops printing.
    pub marked_for_deletion: bool,
}

/// What the client asked for beside the data.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ticket {
    /// 1-9999; 0 when not asked.
    pub copies: i32,
    /// `one-sided`, `two-sided-long-edge`, `two-sided-short-edge`; empty when not asked.
    pub sides: String,
    /// `auto`, `color`, `monochrome`; empty when not asked.
    pub print_color_mode: String,
    /// PWG media name; empty when not asked.
    pub media: String,
    /// Every other attribute, by name.
    pub attributes: BTreeMap<String, String>,
}

/// RFC 8011 section 5.3.7, same numbers.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Made, its document still to come.
    Pending = 3,
    /// Waits to be collected: `pending-held`.
    Held = 4,
    /// On its way to a device.
    Processing = 5,
    /// On its way, and the device waits for paper, toner or a person: `processing-stopped`.
    Stopped = 6,
    /// Deleted by a person.
    Canceled = 7,
    /// Ended by the system.
    Aborted = 8,
    /// Printed.
    Completed = 9,
}

/// RFC 8011 section 5.3.8 keywords that we use.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Reason {
    /// Nothing to add.
    None,
    /// The document is still to come.
    Incoming,
    /// Waits for its owner.
    HoldUntilSpecified,
    /// It did not come out, and waits for its owner again.
    HeldAgain,
    /// On its way to the device.
    Printing,
    /// The device needs attention.
    PrinterStopped,
    /// Deleted by its owner.
    CanceledByUser,
    /// Deleted by an operator.
    CanceledByOperator,
    /// Ended by the system: too old, or its document never came.
    AbortedBySystem,
    /// Came out.
    CompletedSuccessfully,
}

/// What happens to a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// Its document is on disk.
    DocumentStored,
    /// Its owner collects it at a device.
    Collect,
    /// The device needs attention.
    DeviceStopped,
    /// The device goes on.
    DeviceResumed,
    /// It came out to the end.
    Delivered,
    /// It did not come out.
    NotDelivered,
    /// Its owner deletes it.
    CancelByUser,
    /// An operator deletes it.
    CancelByOperator,
    /// It is too old, or can be nobody's.
    Expire,
}

/// The event cannot happen in this state.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a job that is {state:?} cannot {event:?}")]
pub struct NotAllowed {
    /// The state it is in.
    pub state: State,
    /// What was asked.
    pub event: Event,
}

/// What an event does to a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Into this state, for this reason.
    To(State, Reason),
    /// Deleted when it stops printing (guide, status 55).
    MarkForDeletion,
}

/// The table of transitions. `retained` decides what follows a delivery: a retained document is held on.
///
/// # Errors
/// [`NotAllowed`] for what cannot happen.
pub fn step(state: State, event: Event, retained: bool) -> Result<Step, NotAllowed> {
    use Event as E;
    use State::{Aborted, Canceled, Completed, Held, Pending, Processing, Stopped};
    let step = match (state, event) {
        (Pending, E::DocumentStored) => Step::To(Held, Reason::HoldUntilSpecified),
        (Held, E::Collect) => Step::To(Processing, Reason::Printing),
        (Processing, E::DeviceStopped) => Step::To(Stopped, Reason::PrinterStopped),
        (Stopped, E::DeviceResumed) => Step::To(Processing, Reason::Printing),
        (Processing | Stopped, E::Delivered) if retained => Step::To(Held, Reason::HoldUntilSpecified),
        (Processing | Stopped, E::Delivered) => Step::To(Completed, Reason::CompletedSuccessfully),
        (Processing | Stopped, E::NotDelivered) => Step::To(Held, Reason::HeldAgain),
        (Pending | Held, E::CancelByUser) => Step::To(Canceled, Reason::CanceledByUser),
        (Pending | Held, E::CancelByOperator) => Step::To(Canceled, Reason::CanceledByOperator),
        (Pending | Held, E::Expire) => Step::To(Aborted, Reason::AbortedBySystem),
        (Processing | Stopped, E::CancelByUser | E::CancelByOperator) => Step::MarkForDeletion,
        (Pending, E::Collect | E::DeviceStopped | E::DeviceResumed | E::Delivered | E::NotDelivered)
        | (Held, E::DocumentStored | E::DeviceStopped | E::DeviceResumed | E::Delivered | E::NotDelivered)
        | (Processing, E::DocumentStored | E::Collect | E::DeviceResumed | E::Expire)
        | (Stopped, E::DocumentStored | E::Collect | E::DeviceStopped | E::Expire)
        | (
            Canceled | Aborted | Completed,
            E::DocumentStored
            | E::Collect
            | E::DeviceStopped
            | E::DeviceResumed
            | E::Delivered
            | E::NotDelivered
            | E::CancelByUser
            | E::CancelByOperator
            | E::Expire,
        ) => return Err(NotAllowed { state, event }),
    };
    Ok(step)
}

impl Job {
    /// The job after `event`, at `now`.
    ///
    /// # Errors
    /// [`NotAllowed`] for what cannot happen; the job is unchanged then.
    pub fn apply(mut self, event: Event, now: Timestamp) -> Result<Self, NotAllowed> {
        match step(self.state, event, self.retained)? {
            Step::MarkForDeletion => self.marked_for_deletion = true,
            Step::To(state, reason) => {
                if event == Event::Delivered {
                    self.printed += 1;
                }
                if state == State::Processing && event == Event::Collect {
                    self.processing = Some(now);
                }
                (self.state, self.reason) = (state, reason);
                self.message.clear();
                // What was asked for while it printed happens now.
                if self.marked_for_deletion && state == State::Held {
                    (self.state, self.reason) = (State::Canceled, Reason::CanceledByUser);
                }
                if self.state.is_final() {
                    self.completed = Some(now);
                }
            }
        }
        Ok(self)
    }
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Held,
        Self::Processing,
        Self::Stopped,
        Self::Canceled,
        Self::Aborted,
        Self::Completed,
    ];

    /// The number of RFC 8011.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// Reads the number of RFC 8011.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| i64::from(state.number()) == number)
    }

    /// Nothing can happen to the job any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Canceled | Self::Aborted | Self::Completed => true,
            Self::Pending | Self::Held | Self::Processing | Self::Stopped => false,
        }
    }
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::Incoming,
        Self::HoldUntilSpecified,
        Self::HeldAgain,
        Self::Printing,
        Self::PrinterStopped,
        Self::CanceledByUser,
        Self::CanceledByOperator,
        Self::AbortedBySystem,
        Self::CompletedSuccessfully,
    ];

    /// The keywords for IPP clients; the first one names the reason in the store.
    pub fn keywords(self) -> &'static [&'static str] {
        match self {
            Self::None => &["none"],
            Self::Incoming => &["job-incoming"],
            Self::HoldUntilSpecified => &["job-hold-until-specified"],
            Self::HeldAgain => &["job-suspended-by-system", "job-hold-until-specified"],
            Self::Printing => &["job-printing"],
            Self::PrinterStopped => &["printer-stopped"],
            Self::CanceledByUser => &["job-canceled-by-user"],
            Self::CanceledByOperator => &["job-canceled-by-operator"],
            Self::AbortedBySystem => &["aborted-by-system"],
            Self::CompletedSuccessfully => &["job-completed-successfully"],
        }
    }

    /// Reads the first keyword.
    pub fn parse(keyword: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.keywords()[0] == keyword)
    }
}

#[cfg(test)]
pub(crate) mod tests;
