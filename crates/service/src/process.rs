//! One process, from its command line to its exit code.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args as _, FromArgMatches as _};
use tokio::signal::unix::{SignalKind, signal};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::config::{self, Common, Config};
use crate::context::Context;
use crate::log::Log;
use crate::options::Options;
use crate::tls::TlsError;
use crate::{Clock, Tls, grpc, lock, notify};

/// The exit code that says "the configuration is wrong; do not restart" (`EX_CONFIG` of sysexits).
pub const EXIT_CONFIG: u8 = 78;

/// Runs the server `name`: everything between the kernel's start and the exit code that is the same
/// for all of them.
///
/// In order: command line, configuration, logs, data directory and its lock, certificates, signals; then
/// `start`, which opens listeners and spawns tasks on the context and returns; then the wait for a stop
/// and the bounded drain. Exit codes: 0 stopped when asked, 78 the configuration is wrong, 2 the command line
/// is, anything else is worth a restart.
pub fn main<C, F, Fut>(name: &'static str, start: F) -> ExitCode
where
    C: Config,
    F: FnOnce(Context<C>) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let command = Options::augment_args(clap::Command::new(name).version(env!("CARGO_PKG_VERSION")));
    let matches = command.get_matches();
    match Options::from_arg_matches(&matches) {
        Ok(options) => Launch::new(name, options).run(start),
        Err(error) => error.exit(),
    }
}

/// A process whose command line has been read, for programs that have flags of their own.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The server's name.
    pub name: &'static str,
    /// The flags all servers share.
    pub options: Options,
    /// Runs every task on the main thread instead of a pool.
    pub single_thread: bool,
    /// How many drains follow each other; the drain limit is multiplied by it.
    pub drain_stages: u32,
    /// Waits for a predecessor that still drains, instead of saying at once that there is one.
    pub patient: bool,
}

/// Told by `start` when what it found in its configuration cannot be served: the process ends with
/// [`EXIT_CONFIG`] and is not restarted.
#[derive(Debug, thiserror::Error)]
#[error("wrong configuration: {0}")]
pub struct Misconfigured(pub String);

impl Launch {
    /// An ordinary server.
    pub fn new(name: &'static str, options: Options) -> Self {
        Self { name, options, single_thread: false, drain_stages: 1, patient: true }
    }

    /// As [`main`], after the command line.
    pub fn run<C, F, Fut>(self, start: F) -> ExitCode
    where
        C: Config,
        F: FnOnce(Context<C>) -> Fut,
        Fut: Future<Output = anyhow::Result<()>>,
    {
        let name = self.name;
        let (common, config) = match config::load::<C>(name, &self.options) {
            Ok(loaded) => loaded,
            Err(error) => {
                complain(name, &format!("wrong configuration: {error}"));
                return ExitCode::from(EXIT_CONFIG);
            }
        };
        if self.options.check_config {
            return ExitCode::SUCCESS;
        }
        if self.options.check_health {
            return self.check_health(&common);
        }
        die_with_parent();
        let log = Log::start(common.log_format, &common.log_level);
        match self.prepared(common, config, log, start) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!(server = name, error = format!("{error:#}"), "ended");
                let misconfigured = error.chain().any(|cause| {
                    cause.is::<Misconfigured>()
                        || cause.downcast_ref::<TlsError>().is_some_and(TlsError::is_configuration)
                });
                if misconfigured { ExitCode::from(EXIT_CONFIG) } else { ExitCode::FAILURE }
            }
        }
    }

    /// For container engines, which ask by starting a program.
    fn check_health(&self, common: &Common) -> ExitCode {
        let serves = async {
            let channel = grpc::unix_channel(&common.run_dir(), self.name, Some(HEALTH_LIMIT));
            let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await?;
            anyhow::ensure!(answer.get_ref().status() == ServingStatus::Serving, "it does not serve");
            Ok(())
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime.map_err(anyhow::Error::new).and_then(|runtime| runtime.block_on(serves)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(self.name, &format!("{error:#}"));
                ExitCode::FAILURE
            }
        }
    }

    fn prepared<C, F, Fut>(self, common: Common, config: C, log: Log, start: F) -> anyhow::Result<()>
    where
        C: Config,
        F: FnOnce(Context<C>) -> Fut,
        Fut: Future<Output = anyhow::Result<()>>,
    {
        make_directories(&common).with_context(|| format!("the data directory {}", common.data.display()))?;
        let drain_limit = Duration::from_secs(common.drain_limit_s) * self.drain_stages;
        let lock_path = common.run_dir().join(format!("{}.lock", self.name));
        let patience = if self.patient { drain_limit + KILL_GRACE } else { Duration::ZERO };
        let Some(_lock) = lock::take_within(&lock_path, patience).context("the server's lock")? else {
            anyhow::bail!("another {} is running on the data directory {}", self.name, common.data.display());
        };
        // Fails only when a provider is there already, and then it is this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Clock::system();
        let tls = Tls::load(&common, &clock).context("the certificate")?;
        let mut runtime = match self.single_thread {
            true => tokio::runtime::Builder::new_current_thread(),
            false => tokio::runtime::Builder::new_multi_thread(),
        };
        let runtime = runtime
            .worker_threads(common.worker_threads)
            .max_blocking_threads(common.blocking_threads_max)
            .thread_name(self.name)
            .enable_all()
            .build()
            .context("the runtime")?;
        let context = Context::new(self.name, config, common, clock, tls, log, false);
        let outcome = runtime.block_on(live::<C, _, _>(context, self.options, start, drain_limit));
        // Blocking work that is still running has had its time.
        runtime.shutdown_timeout(Duration::from_secs(1));
        outcome
    }
}

/// From the first task to the last.
async fn live<C, F, Fut>(
    context: Context<C>,
    options: Options,
    start: F,
    drain_limit: Duration,
) -> anyhow::Result<()>
where
    C: Config,
    F: FnOnce(Context<C>) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let stop = context.stop.clone();
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    // A file that may not grow any more (`ulimit -f`, LimitFSIZE) is a full disk to us, an error of that one write. The
    // signal would end the process; a handler that nobody listens to keeps it alive.
    let file_size = rustix::process::Signal::XFSZ.as_raw();
    drop(signal(SignalKind::from_raw(file_size)).context("SIGXFSZ")?);
    let asking = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            // The second wish is an order.
            if asking.asked() { asking.force() } else { asking.ask() }
        }
    });
    tokio::spawn(reload(context.clone(), options));
    tokio::spawn(context.tls.clone().watch(stop.clone()));
    tokio::spawn(notify::watchdog(stop.clone()));
    let (log, data) = (context.log.clone(), context.common.data.clone());
    tokio::spawn(crate::trace::follow(log, context.name, data, stop.clone()));
    if let Some(address) = context.common.metrics.get(context.name) {
        crate::metrics::serve(*address, stop.clone()).context("the figures")?;
    }

    let started = stop.unless_asked(start(context.clone())).await;
    if let Some(started) = started {
        started?;
        stop.soft().await;
    }
    notify::stopping();
    context.draining();
    tracing::info!(server = context.name, limit_s = drain_limit.as_secs(), "stopping");
    context.tasks.close();
    let limited = tokio::time::timeout(drain_limit, stop.within(context.tasks.wait()));
    if !matches!(limited.await, Ok(Some(()))) {
        tracing::warn!(server = context.name, tasks = context.tasks.len(), "the drain limit has passed");
        stop.force();
        // What watches the hard token gets a moment to leave in order.
        let _ = tokio::time::timeout(KILL_GRACE, context.tasks.wait()).await;
    }
    match context.take_failure() {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// Answers SIGHUP: certificates and the log level are read again, and whoever watches
/// [`Context::reloads`] is told.
async fn reload<C: Config>(context: Context<C>, options: Options) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        context.tls.reload();
        match config::load::<C>(context.name, &options) {
            Ok((common, _)) => {
                if let Err(error) = context.log.set(&common.log_level) {
                    tracing::warn!(%error, "the log level stays as it was");
                }
            }
            Err(error) => tracing::warn!(%error, "the configuration is wrong; nothing of it was taken over"),
        }
        context.reload();
        tracing::info!(server = context.name, "files were read again");
    }
}

/// Makes the data directory and its parts, readable to their owner only.
pub(crate) fn make_directories(common: &Common) -> std::io::Result<()> {
    for dir in [common.data.clone(), common.run_dir(), common.keys_dir(), common.data.join("db")] {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    Ok(())
}

/// A supervised process must not outlive its supervisor, even one that was killed: the next one would
/// find the ports taken. The kernel sends SIGTERM when the parent dies.
fn die_with_parent() {
    let Some(parent) = std::env::var("PAPERGATE_SUPERVISOR").ok().and_then(|pid| pid.parse().ok()) else {
        return;
    };
    let signal = Some(rustix::process::Signal::TERM);
    let set = rustix::process::set_parent_process_death_signal(signal);
    let orphaned = rustix::process::getppid().map(rustix::process::Pid::as_raw_pid) != Some(parent);
    if set.is_err() || orphaned {
        complain("service", "the supervisor that started this process is gone");
        std::process::exit(1);
    }
}

#[expect(clippy::print_stderr, reason = "there is no log yet")]
fn complain(name: &str, sentence: &str) {
    eprintln!("{name}: {sentence}");
}

/// How long a server may take to say that it serves.
const HEALTH_LIMIT: Duration = Duration::from_secs(5);
/// What a task gets between the hard token and the end.
const KILL_GRACE: Duration = Duration::from_secs(2);
