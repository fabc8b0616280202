//! Who is at fault when a frame cannot be accepted.

use super::status::Status;

/// Why bytes or a frame of the peer were not accepted, by who has to change something.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The bytes do not follow the format. The connection ends: nothing after them can be trusted.
    #[error("malformed frame: {what}")]
    Malformed {
        /// What is wrong, a fragment that names the field.
        what: &'static str,
    },
    /// The bytes are fine, their order is not. The connection ends.
    #[error("out of order: {what}")]
    Violation {
        /// What came too early, too late or from the wrong side.
        what: &'static str,
    },
    /// Well-formed, but not known to this side. The request is refused; the connection stays.
    #[error("not supported: {what}")]
    Unsupported {
        /// What is not known.
        what: &'static str,
        /// [`Status::UnknownRequest`], [`Status::RequestVersion`] or [`Status::SessionVersions`].
        status: Status,
    },
    /// A limit was passed. The connection ends.
    #[error("too large: more than {max} {what}")]
    TooLarge {
        /// What was counted, with its unit.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// The peer took too long. The connection ends.
    #[error("too slow: {what}")]
    TooSlow {
        /// What did not come in time.
        what: &'static str,
    },
}

impl Fault {
    /// The status code that tells the peer.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Malformed { .. } => Status::TransferError,
            Self::Violation { .. } => Status::ConnectionNeverOpened,
            Self::Unsupported { status, .. } => *status,
            Self::TooLarge { .. } => Status::ResultTooBig,
            Self::TooSlow { .. } => Status::ConnectionTimeout,
        }
    }

    /// The number of the fault in an error frame (`docs/PROTOCOL.md`, "Error").
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Malformed { .. } => 1,
            Self::Violation { .. } => 2,
            Self::Unsupported { .. } => 3,
            Self::TooLarge { .. } => 4,
            Self::TooSlow { .. } => 5,
        }
    }
}
