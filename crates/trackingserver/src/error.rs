//! What a failing store means for a caller.

use rpc::{Error, Kind};
use storage::StoreError;

/// Status code "general failure" of docs/PROTOCOL.md.
pub(crate) const GENERAL_FAILURE: i32 = 1;

/// How long a caller waits before it tries again.
const RETRY_AFTER_MS: i64 = 1_000;

/// The answer to a caller. What the store said was logged by the store.
pub(crate) fn store_failed(error: StoreError) -> Error {
    let kind = match &error {
        StoreError::Unavailable(_) | StoreError::Full(_) | StoreError::Contended(_) => Kind::Unavailable,
        StoreError::Conflict { .. } => Kind::Conflict,
        StoreError::Corrupt { .. } | StoreError::Migration { .. } | StoreError::Statement(_) => {
            Kind::Internal
        }
    };
    let mut answer = Error::new(kind, GENERAL_FAILURE, error.to_string());
    if kind == Kind::Unavailable {
        answer.retry_after_ms = RETRY_AFTER_MS;
    }
    answer
}

/// A request that makes no sense.
pub(crate) fn invalid(field: &str, why: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, GENERAL_FAILURE, why).field(field)
}

/// Runs `work` on the store where blocking is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| {
        tracing::error!(%panic, "an operation broke off");
        Err(Error::new(Kind::Internal, GENERAL_FAILURE, "the operation broke off"))
    })
}
