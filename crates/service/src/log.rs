//! What is written about the running process, to standard error.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex};

use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, reload};

use crate::config::LogFormat;

/// The running process's log: which components say how much, changeable at any moment.
#[derive(Clone, Default)]
pub struct Log {
    /// `None` where a test owns the subscriber.
    handle: Option<reload::Handle<EnvFilter, Registry>>,
    directives: Arc<Mutex<String>>,
}

impl Log {
    /// Starts logging to standard error. The second call of a process changes nothing.
    pub fn start(format: LogFormat, directives: &str) -> Self {
        let filter = parse(directives).unwrap_or_else(|_| EnvFilter::new("info"));
        let (filter, handle) = reload::Layer::new(filter);
        let registry = tracing_subscriber::registry().with(filter);
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let started = match format {
            LogFormat::Compact => {
                registry.with(lines.compact().with_ansi(std::io::stderr().is_terminal())).try_init()
            }
            LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        };
        Self {
            handle: started.is_ok().then_some(handle),
            directives: Arc::new(Mutex::new(directives.to_owned())),
        }
    }

    /// Replaces what is logged: a level, or directives as `info,jobserver::spool=trace`.
    ///
    /// # Errors
    /// When the directives cannot be parsed; what was logged before stays.
    pub fn set(&self, directives: &str) -> Result<(), ParseError> {
        let filter = parse(directives)?;
        if let Some(handle) = &self.handle {
            // Fails only when the subscriber is gone, and then nobody reads the log either.
            let _ = handle.reload(filter);
        }
        directives.clone_into(&mut self.directives.lock().unwrap_or_else(|held| held.into_inner()));
        Ok(())
    }

    /// What is logged now.
    pub fn directives(&self) -> String {
        self.directives.lock().unwrap_or_else(|held| held.into_inner()).clone()
    }
}

/// Parses directives strictly: a misspelt level is an error, not silence.
pub(crate) fn parse(directives: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::builder().parse(directives)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_changes_only_to_what_can_be_read() {
        let log = Log::default();
        log.set("info,jobserver::spool=trace").unwrap();
        for wrong in ["jobserver=loud", "info,,=x", "a=b=c"] {
            assert!(log.set(wrong).is_err(), "{wrong}");
        }
        assert_eq!(log.directives(), "info,jobserver::spool=trace");
    }

    #[test]
    fn a_component_is_heard_from_the_moment_it_is_asked_for() {
        use tracing_subscriber::fmt::MakeWriter;

        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        impl<'a> MakeWriter<'a> for Lines {
            type Writer = Self;
            fn make_writer(&'a self) -> Self {
                self.clone()
            }
        }

        let lines = Lines::default();
        let (filter, handle) = reload::Layer::new(parse("info").unwrap());
        let subscriber = tracing_subscriber::registry()
            .with(filter)
            .with(tracing_subscriber::fmt::layer().with_writer(lines.clone()).without_time());
        let log = Log { handle: Some(handle), directives: Arc::default() };
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "jobserver::spool", "unheard");
            log.set("info,jobserver::spool=trace").unwrap();
            tracing::trace!(target: "jobserver::spool", "heard");
            tracing::trace!(target: "jobserver::login", "not asked for");
        });
        let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.matches("heard").count(), 1, "{written}");
        assert!(!written.contains("not asked for") && !written.contains("unheard"), "{written}");
    }
}
