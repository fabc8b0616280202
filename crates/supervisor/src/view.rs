//! What is known of one process, for whoever asks.

use rpc::proto::supervisor::process::State;
use service::Timestamp;

/// One process as it stands.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) state: State,
    /// The running process.
    pub(crate) pid: Option<u32>,
    /// How often it was started again.
    pub(crate) restarts: u32,
    /// When the state began.
    pub(crate) since: Timestamp,
    /// One sentence about the last exit.
    pub(crate) last_exit: String,
}

impl View {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { state: State::Stopped, pid: None, restarts: 0, since: now, last_exit: String::new() }
    }
}
