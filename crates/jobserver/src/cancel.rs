//! Somebody at the panel presses Stop.
//!
//! A run is asked to stop, not torn down: every way to a device knows up to which moment it can still take a document
//! back. Until then the connection is cut so that the device sees no end of the document, or its job is cancelled;
//! after it the device decides, and a stop that came too late is a document that came out.

use domain::Status;
use tokio_util::sync::CancellationToken;

use crate::release::NotDelivered;

/// Asks a run to stop.
#[derive(Clone, Debug, Default)]
pub struct Stopper(CancellationToken);

impl Stopper {
    /// Stops what can still be stopped. What was not begun is not begun any more; asking twice is no harm.
    pub fn stop(&self) {
        self.0.cancel();
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Resolves when somebody asks.
    pub async fn asked(&self) {
        self.0.cancelled().await;
    }

    /// The same as a value that can be kept and polled.
    pub(crate) fn asked_owned(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        self.0.clone().cancelled_owned()
    }
}

/// Why a stopped document did not come out.
pub(crate) fn stopped() -> NotDelivered {
    NotDelivered::new(Status::CANCELLED_BY_USER, "Stopped at the printer.")
}
