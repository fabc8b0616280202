//! What one document may cost.

use std::time::Duration;

/// Bounds of one run of Ghostscript. A run that reaches one is ended, and its document is undefined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the start of the process to its end.
    pub wall: Duration,
    /// Processor time, in whole seconds (`RLIMIT_CPU`).
    pub cpu_s: u64,
    /// Address space, bytes (`RLIMIT_AS`).
    pub memory_bytes: u64,
    /// Drawn pages in bytes: an A4 page is 1.5 MB.
    pub output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { wall: Duration::from_secs(60), cpu_s: 30, memory_bytes: 512 << 20, output_bytes: 16 << 30 }
    }
}

/// How many page sides of one run are kept; further ones end it.
pub(crate) const PAGES_MAX: usize = 65_536;

/// How much a run may say on standard error before it is ended: the pages' copies, and whatever the document prints.
pub(crate) const WORDS_BYTES_MAX: u64 = 64 << 20;

/// The longest line of standard error that is looked at.
pub(crate) const LINE_BYTES_MAX: usize = 1_024;

/// How often a run looks whether it is to stop.
pub(crate) const STOP_PERIOD: Duration = Duration::from_millis(100);
