//! Why a store could not answer.

use diesel::result::{DatabaseErrorKind, Error};

/// What every store operation answers with.
pub type StoreResult<T> = Result<T, StoreError>;

/// A store could not do what it was asked. An absent row is not an error: lookups answer `Ok(None)`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, overloaded, or its disk fails; the same call may work later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The disk of the database is full.
    #[error("the disk of the database is full: {0}")]
    Full(String),
    /// A row with the same unique value exists; `constraint` names columns or index as the database does.
    #[error("a row with the same {constraint} exists")]
    Conflict {
        /// Columns (SQLite) or constraint name (PostgreSQL).
        constraint: String,
    },
    /// The transaction lost against another one; the runner repeats it, callers see it only when it lost every time.
    #[error("the transaction lost against others every time: {0}")]
    Contended(String),
    /// A stored value cannot be read back into its type: damage, or a newer program's data.
    #[error("a value of {table}.{column} cannot be read: {why}")]
    Corrupt {
        /// Table of the value.
        table: &'static str,
        /// Column of the value.
        column: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The store's tables could not be brought to the version of this program.
    #[error("the store {store} could not be migrated: {why}")]
    Migration {
        /// Name of the store.
        store: &'static str,
        /// What failed.
        why: String,
    },
    /// The database refused a statement: a fault of this program.
    #[error("a statement failed")]
    Statement(#[source] Error),
}

impl StoreError {
    /// Whether the runner may repeat the transaction that met this error.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self, Self::Contended(_))
    }

    /// True when a unique constraint refused the row and its name or columns contain `word`.
    pub fn is_conflict_on(&self, word: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint.contains(word))
    }
}

impl From<Error> for StoreError {
    /// SQLite tells most of its reasons in the message only; the sentences are part of its stable interface.
    fn from(error: Error) -> Self {
        let Error::DatabaseError(kind, information) = &error else {
            return match error {
                Error::BrokenTransactionManager => Self::Unavailable(error.to_string()),
                _ => Self::Statement(error),
            };
        };
        let message = information.message();
        match kind {
            DatabaseErrorKind::UniqueViolation => Self::Conflict {
                constraint: information
                    .constraint_name()
                    .or_else(|| message.strip_prefix("UNIQUE constraint failed: "))
                    .unwrap_or(message)
                    .to_owned(),
            },
            DatabaseErrorKind::SerializationFailure => Self::Contended(message.to_owned()),
            DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::ReadOnlyTransaction => Self::Unavailable(message.to_owned()),
            _ => from_message(message).unwrap_or(Self::Statement(error)),
        }
    }
}

fn from_message(message: &str) -> Option<StoreError> {
    const CONTENDED: [&str; 3] = ["database is locked", "database table is locked", "deadlock detected"];
    const FULL: [&str; 2] = ["database or disk is full", "No space left on device"];
    const UNAVAILABLE: [&str; 9] = [
        "disk I/O error",
        "unable to open database file",
        "database disk image is malformed",
        "attempt to write a readonly database",
        "server closed the connection",
        "terminating connection",
        "the database system is",
        "could not connect",
        "no connection to the server",
    ];
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&CONTENDED) {
        Some(StoreError::Contended(message.to_owned()))
    } else if has(&FULL) {
        Some(StoreError::Full(message.to_owned()))
    } else if has(&UNAVAILABLE) {
        Some(StoreError::Unavailable(message.to_owned()))
    } else {
        None
    }
}
