//! How a process ends: a soft wish first, a hard limit later.

use tokio_util::sync::CancellationToken;

/// The two tokens a task watches.
///
/// When `soft` falls, listeners close and running work is finished. When `hard` falls, the drain
/// limit has passed and whatever still runs gives up at once.
#[derive(Clone, Debug)]
pub struct Stop {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// Two tokens, neither fallen.
    pub fn new() -> Self {
        let hard = CancellationToken::new();
        // A child: falling hard implies falling soft.
        Self { soft: hard.child_token(), hard }
    }

    /// Asks everything to finish.
    pub fn ask(&self) {
        self.soft.cancel();
    }

    /// Ends everything that did not finish.
    pub fn force(&self) {
        self.hard.cancel();
    }

    /// True once a stop was asked for.
    pub fn asked(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Resolves when a stop is asked for.
    pub async fn soft(&self) {
        self.soft.cancelled().await;
    }

    /// Resolves when the drain limit has passed.
    pub async fn hard(&self) {
        self.hard.cancelled().await;
    }

    /// The soft token itself, for what wants to own one.
    pub fn token(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Runs `work` until it ends or the drain limit passes (`None`).
    pub async fn within<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.hard.run_until_cancelled(work).await
    }

    /// Runs `work` until it ends or a stop is asked for (`None`).
    pub async fn unless_asked<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.soft.run_until_cancelled(work).await
    }
}
