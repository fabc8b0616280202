//! Why an operation was not done: one shape for refusals of the rules and for faults, so that every face
//! (gRPC, 7500, 7700) phrases the same thing in its own words.

use domain::Status;
use domain::collect::DocumentRefused;
use domain::finishing::ForceRefused;
use domain::login::LoginRefused;
use rpc::Kind;
use storage::StoreError;

/// An operation was not done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Failed {
    /// Coarse enough for a caller to decide on.
    pub kind: Kind,
    /// The code of the guide's table.
    pub status: Status,
    /// One sentence for people.
    pub message: String,
}

impl Failed {
    /// A failure of `kind`.
    pub fn new(kind: Kind, status: Status, message: impl Into<String>) -> Self {
        Self { kind, status, message: message.into() }
    }

    /// The named object does not exist.
    pub fn not_found(status: Status, message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, status, message)
    }

    /// A rule says no.
    pub fn refused(status: Status, message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, status, message)
    }

    /// The request itself is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, Status::NAME_INVALID, message)
    }

    /// A fault of ours: logged here with its cause, told without it.
    pub fn internal(what: &'static str, cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(what, %cause, "an operation failed");
        Self::new(
            Kind::Internal,
            Status::GENERAL_FAILURE,
            format!("{what} failed; the server's log says why"),
        )
    }
}

impl From<LoginRefused> for Failed {
    fn from(refused: LoginRefused) -> Self {
        Self::refused(refused.status(), refused.to_string())
    }
}

impl From<DocumentRefused> for Failed {
    fn from(refused: DocumentRefused) -> Self {
        let kind = match refused {
            // Somebody else's document is told as one that is not there: its number must reveal nothing.
            DocumentRefused::NotFound | DocumentRefused::NotOwner => {
                let refused = DocumentRefused::NotFound;
                return Self::not_found(refused.status(), refused.to_string());
            }
            DocumentRefused::Locked | DocumentRefused::MarkedForDeletion => Kind::Conflict,
            DocumentRefused::Incoming => Kind::Refused,
            DocumentRefused::Copies => Kind::Invalid,
        };
        Self::new(kind, refused.status(), refused.to_string())
    }
}

impl From<ForceRefused> for Failed {
    fn from(refused: ForceRefused) -> Self {
        Self::refused(refused.status(), refused.to_string())
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "the store is unavailable");
                Self::new(Kind::Unavailable, Status::DATABASE_DOWN, "the database is not available")
            }
            StoreError::Contended(_) => {
                tracing::warn!(%error, "a transaction lost every time");
                Self::new(Kind::Unavailable, Status::BUSY, "the server is busy")
            }
            StoreError::Full(_) => {
                tracing::error!(%error, "the disk of the database is full");
                Self::new(Kind::Unavailable, Status::DISK_FULL, "there is no more disk space on the server")
            }
            StoreError::Conflict { constraint } => {
                Self::new(Kind::Conflict, Status::NAME_EXISTS, format!("it exists already ({constraint})"))
            }
            StoreError::Corrupt { .. } | StoreError::Migration { .. } | StoreError::Statement(_) => {
                Self::internal("the database operation", &error)
            }
        }
    }
}

impl From<Failed> for rpc::Error {
    fn from(failed: Failed) -> Self {
        Self::new(failed.kind, failed.status.0, failed.message)
    }
}

impl From<Failed> for tonic::Status {
    fn from(failed: Failed) -> Self {
        rpc::Error::from(failed).into()
    }
}
