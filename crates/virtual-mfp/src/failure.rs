//! What can go wrong, and the exit code that tells it: 1 refused, 2 usage, 3 unreachable.

use std::io;

use wire::safecom::Status;

/// Why the program did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server said no.
    #[error("{text} (status {})", status.code())]
    Refused {
        /// The status code of `docs/PROTOCOL.md`.
        status: Status,
        /// One sentence.
        text: String,
    },
    /// Some documents did not come out.
    #[error("{failed} of {} documents did not come out; they are held again", printed + failed)]
    NotPrinted {
        /// Documents that came out.
        printed: u32,
        /// Documents that did not.
        failed: u32,
    },
    /// Copying, scanning, faxing or e-mailing ended early.
    #[error("it was broken off after {pages} pages: {why}")]
    BrokenOff {
        /// Pages that were made.
        pages: u32,
        /// One sentence.
        why: String,
    },
    /// The panel died, as it was told to.
    #[error("the panel died")]
    Died,
    /// The command line asks for something impossible.
    #[error("{0}")]
    Usage(String),
    /// The server cannot be reached, or the connection broke.
    #[error("the server at {server} {what}")]
    Unreachable {
        /// Where.
        server: String,
        /// What happened.
        what: String,
    },
    /// This machine does not let us.
    #[error("cannot {what}")]
    Io {
        /// What was to be done.
        what: String,
        /// The system's word.
        #[source]
        source: io::Error,
    },
}

impl Failure {
    /// The exit code, the same as those of `papergate`.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. }
            | Self::NotPrinted { .. }
            | Self::BrokenOff { .. }
            | Self::Died
            | Self::Io { .. } => 1,
            Self::Usage(_) => 2,
            Self::Unreachable { .. } => 3,
        }
    }

    /// For `map_err`: the system refused to `what`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        |source| Self::Io { what, source }
    }
}
