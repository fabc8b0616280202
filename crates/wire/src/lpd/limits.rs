//! Bounds of one connection.

use std::time::Duration;

/// Bounds of one connection; a peer that exceeds one is refused with its name.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Octets of a command line (RFC 1179, section 3.1 sets no bound).
    pub line_bytes_max: usize,
    /// Octets of a control file (section 6.2).
    pub control_bytes_max: u64,
    /// Octets of one data file (section 6.3).
    pub document_bytes_max: u64,
    /// Data files that may wait for their control file.
    pub undescribed_max: usize,
    /// Data files one connection may send.
    pub documents_max: usize,
}

impl Limits {
    /// What the daemon takes: 2 TiB of document, everything else far above what clients send.
    pub const DAEMON: Self = Self {
        line_bytes_max: 1_024,
        control_bytes_max: 64 * 1024,
        document_bytes_max: 2 * 1024 * 1024 * 1024 * 1024,
        undescribed_max: 8,
        documents_max: 1_000,
    };
}

/// A length from here on stands for "until the connection ends": Windows without byte counting
/// announces one of several absurd lengths.
pub(super) const UNKNOWN_LENGTH_FROM: u64 = 4_294_967_290;

/// How long a lone zero octet after a zero length may stand before it ends an empty file.
///
/// A zero length means either an empty file, followed by the closing zero octet and silence until
/// it is acknowledged, or a length not known yet, followed by the document and the end of the connection.
pub(super) const EMPTY_FILE_QUIET: Duration = Duration::from_secs(1);

/// Users or job numbers in one removal or listing command.
pub(super) const OPERANDS_MAX: usize = 64;
