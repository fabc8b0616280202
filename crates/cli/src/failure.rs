//! What can go wrong, and the exit code a script sees.

use std::io;

use rpc::Kind;

/// Exit code: what was asked is done.
pub const DONE: u8 = 0;
/// Exit code: a server or a rule said no; the status code and text are on standard error.
pub const REFUSED: u8 = 1;
/// Exit code: the command line is wrong.
pub const USAGE: u8 = 2;
/// Exit code: the server cannot be reached.
pub const UNREACHABLE: u8 = 3;
/// Exit code: the configuration is wrong (EX_CONFIG of sysexits.h).
pub const CONFIGURATION: u8 = 78;

/// A command that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A server or a rule said no.
    #[error("refused ({status}): {message}")]
    Refused {
        /// Status code of docs/PROTOCOL.md.
        status: i32,
        /// One sentence for people.
        message: String,
    },
    /// The words typed do not make sense together.
    #[error("{0}")]
    Usage(String),
    /// No server answers.
    #[error("{0}")]
    Unreachable(String),
    /// The configuration is wrong.
    #[error("{0}")]
    Configuration(String),
    /// A file, a terminal or the standard output failed.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried, as a verb phrase.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program started in our place ended with this code and has said why itself.
    #[error("exit code {0}")]
    Passed(u8),
}

impl Failure {
    /// The exit code that tells a script what happened.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. } => REFUSED,
            Self::Usage(_) => USAGE,
            Self::Unreachable(_) => UNREACHABLE,
            Self::Configuration(_) => CONFIGURATION,
            // `papergate jobs list | head` closes our output on purpose.
            Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe => DONE,
            Self::Io { .. } => REFUSED,
            Self::Passed(code) => *code,
        }
    }

    /// Whether there is nothing left to say on standard error.
    pub fn is_silent(&self) -> bool {
        match self {
            Self::Passed(_) => true,
            Self::Io { source, .. } => source.kind() == io::ErrorKind::BrokenPipe,
            Self::Refused { .. } | Self::Usage(_) | Self::Unreachable(_) | Self::Configuration(_) => false,
        }
    }

    /// For `map_err`: names what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Self {
        let error = rpc::Error::from(status);
        match error.kind {
            Kind::Unavailable => Self::Unreachable(error.message),
            Kind::NotFound | Kind::Refused | Kind::Conflict | Kind::Invalid | Kind::Internal => {
                Self::Refused { status: error.status, message: error.message }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_the_exit_code_that_scripts_know() {
        let io = |kind: io::ErrorKind| Failure::Io { what: "write".into(), source: kind.into() };
        let table = [
            (
                Failure::Refused { status: 54, message: "no such user".into() },
                1,
                "refused (54): no such user",
            ),
            (Failure::Usage("give a file".into()), 2, "give a file"),
            (Failure::Unreachable("nobody there".into()), 3, "nobody there"),
            (Failure::Configuration("bad port".into()), 78, "bad port"),
            (io(io::ErrorKind::PermissionDenied), 1, "cannot write: permission denied"),
            (io(io::ErrorKind::BrokenPipe), 0, "cannot write: broken pipe"),
            (Failure::Passed(78), 78, "exit code 78"),
        ];
        for (failure, code, text) in table {
            assert_eq!(failure.exit_code(), code, "{failure:?}");
            assert_eq!(failure.to_string(), text);
        }
    }

    #[test]
    fn a_server_that_is_away_is_not_a_refusal() {
        let away = rpc::Error::new(Kind::Unavailable, 5, "the store is away");
        assert_eq!(Failure::from(tonic::Status::from(away)).exit_code(), UNREACHABLE);
        let refused = rpc::Error::new(Kind::NotFound, 54, "the user 'x' does not exist");
        assert_eq!(
            Failure::from(tonic::Status::from(refused)).to_string(),
            "refused (54): the user 'x' does not exist"
        );
    }
}
