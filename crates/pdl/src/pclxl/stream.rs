//! User-defined streams (Feature Reference, chapter 4 "User-defined streams").

use std::collections::HashMap;
use std::sync::Arc;

/// Bytes all streams of a session can hold; what is beyond is not kept and not run.
pub(super) const STREAM_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Streams that run streams.
pub(super) const LEVELS_MAX: u32 = 16;

/// Bytes of streams run for one job.
pub(super) const REPLAY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Stored streams and the one being read.
#[derive(Debug, Default)]
pub(super) struct Streams {
    stored: HashMap<Vec<u8>, Arc<[u8]>>,
    reading: Option<(Vec<u8>, Vec<u8>)>,
    bytes: usize,
    replayed: u64,
}

impl Streams {
    /// `BeginStream`.
    pub(super) fn begin(&mut self, name: &[u8]) {
        self.reading = Some((name.to_vec(), Vec::new()));
    }

    /// Data of `ReadStream`.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        if let Some((_, data)) = &mut self.reading {
            let room = STREAM_BYTES_MAX.saturating_sub(self.bytes + data.len());
            data.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// `EndStream`.
    pub(super) fn end(&mut self) {
        if let Some((name, data)) = self.reading.take() {
            self.remove(&name);
            self.bytes += data.len();
            self.stored.insert(name, data.into());
        }
    }

    /// `RemoveStream`.
    pub(super) fn remove(&mut self, name: &[u8]) {
        if let Some(old) = self.stored.remove(name) {
            self.bytes -= old.len();
        }
    }

    /// A stream to run; `None` when there is none, or when streams ran for too long.
    pub(super) fn stream_to_run(&mut self, name: &[u8]) -> Option<Arc<[u8]>> {
        let stream = Arc::clone(self.stored.get(name)?);
        self.replayed = self.replayed.saturating_add(stream.len() as u64 + 1);
        (self.replayed <= REPLAY_BYTES_MAX).then_some(stream)
    }
}
