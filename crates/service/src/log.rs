//! What is written about the running process: the log, to standard error, and traces (see [`trace`]).

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, reload};

use crate::config::LogFormat;
use crate::trace::{self, Setup};

/// The running process's log: which components say how much, changeable at any moment.
#[derive(Clone, Default)]
pub struct Log {
    /// `None` where a test owns the subscriber.
    handle: Option<reload::Handle<EnvFilter, Registry>>,
    /// What is traced; nothing unless tracing is on.
    trace_handle: Option<reload::Handle<EnvFilter, Registry>>,
    trace_writer: trace::Writer,
    directives: Arc<Mutex<String>>,
}

impl Log {
    /// Starts logging to standard error. The second call of a process changes nothing.
    pub fn start(format: LogFormat, directives: &str) -> Self {
        let filter = parse(directives).unwrap_or_else(|_| EnvFilter::new("info"));
        let (filter, handle) = reload::Layer::new(filter);
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
            LogFormat::Compact => {
                lines.compact().with_ansi(std::io::stderr().is_terminal()).with_filter(filter).boxed()
            }
            LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
        };
        let (trace_filter, trace_handle) = reload::Layer::new(EnvFilter::new(TRACE_NOTHING));
        let trace_writer = trace::Writer::default();
        let traces = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_thread_ids(true)
            .with_writer(trace_writer.clone())
            .with_filter(trace_filter)
            .boxed();
        let started = tracing_subscriber::registry().with(vec![lines, traces]).try_init().is_ok();
        Self {
            handle: started.then_some(handle),
            trace_handle: started.then_some(trace_handle),
            trace_writer,
            directives: Arc::new(Mutex::new(directives.to_owned())),
        }
    }

    /// Traces as `setup` says for the server `name`. A directory that cannot be written is told in the log, and nothing is
    /// traced.
    pub(crate) fn trace(&self, setup: &Setup, name: &str, data: &Path) {
        let opened = if setup.traces(name) {
            let opened = self.trace_writer.open(setup, name, data);
            if let Err(error) = &opened {
                let directory = setup.directory(data);
                tracing::warn!(%error, directory = %directory.display(), "trace files cannot be written");
            }
            opened.is_ok()
        } else {
            false
        };
        let directives = if opened { TRACE_EVERYTHING } else { TRACE_NOTHING };
        if let Some(handle) = &self.trace_handle {
            // Fails only when the subscriber is gone.
            let _ = handle.reload(EnvFilter::new(directives));
        }
        if !opened {
            self.trace_writer.close();
        }
        tracing::debug!(traced = opened, "tracing was set up");
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

/// Everything of ours. Libraries below would write what people send, passwords among it, into the files: of them only what
/// they inform about.
const TRACE_EVERYTHING: &str = "info,broadcastserver=trace,domain=trace,jobserver=trace,moneyserver=trace,pdl=debug,\
                                portserver=trace,rpc=trace,service=trace,storage=trace,supervisor=trace,\
                                trackingserver=trace,wire=trace,rustls=warn,h2=warn,hyper=warn";
const TRACE_NOTHING: &str = "off";

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
        let log = Log { handle: Some(handle), ..Log::default() };
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

    #[test]
    fn ops_4_traces_are_written_while_they_are_wanted_and_the_log_does_not_change() {
        let data = tempfile::tempdir().unwrap();
        let (trace_filter, trace_handle) = reload::Layer::new(EnvFilter::new(TRACE_NOTHING));
        let trace_writer = trace::Writer::default();
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(trace_writer.clone())
            .with_filter(trace_filter)
            .boxed();
        let subscriber = tracing_subscriber::registry().with(vec![layer]);
        let log = Log { trace_handle: Some(trace_handle), trace_writer, ..Log::default() };
        let on = Setup { enabled: true, servers: vec!["jobserver".to_owned()], ..Setup::default() };
        tracing::subscriber::with_default(subscriber, || {
            let say = |what: &str| {
                tracing::trace!(target: "jobserver::spool", "{what}");
                tracing::trace!(target: "hyper::proto", "{what} of a library");
            };
            say("before");
            log.trace(&on, "portserver", data.path());
            say("of another server");
            log.trace(&on, "jobserver", data.path());
            say("while it is on");
            log.trace(&Setup::default(), "jobserver", data.path());
            say("after");
            let nowhere = Setup { directory: Some("/proc/no/such".into()), ..on.clone() };
            log.trace(&nowhere, "jobserver", data.path());
            say("nowhere");
        });
        let written = std::fs::read_to_string(data.path().join("trace/jobserver001.trc")).unwrap();
        assert!(written.contains("TRACE jobserver::spool: while it is on\n"), "{written}");
        assert!(written.lines().count() == 2 && written.contains("tracing was set up"), "{written}");
        assert_eq!(std::fs::read_dir(data.path().join("trace")).unwrap().count(), 1);
    }
}
