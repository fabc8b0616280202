//! One process, from its start to its last exit.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rpc::proto::supervisor::process::State;
use rustix::process::{Pid, Signal, kill_process};
use service::{Clock, EXIT_CONFIG, Stop, listen};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use crate::policy::{History, Verdict};
use crate::table::Entry;
use crate::view::View;

/// What all keepers share.
pub(crate) struct House {
    pub(crate) config: crate::config::Config,
    pub(crate) common: service::Common,
    /// Flags passed on to every process.
    pub(crate) arguments: Vec<String>,
    pub(crate) limits: crate::policy::Limits,
    pub(crate) fail_together: bool,
    pub(crate) clock: Clock,
    /// Its hard token skips every drain.
    pub(crate) stop: Stop,
    /// Changes when SIGHUP is to be passed on.
    pub(crate) reloads: watch::Receiver<u64>,
}

/// The task that keeps one process.
pub(crate) struct Keeper {
    pub(crate) house: Arc<House>,
    pub(crate) entry: Entry,
    pub(crate) view: watch::Sender<View>,
    /// Somebody wants the process ended and started again.
    pub(crate) restart: Arc<Notify>,
    /// Falls when this process has to go; the suite lets them fall one after the other.
    pub(crate) leave: CancellationToken,
}

/// Why a running process is no longer watched.
enum Parting {
    /// It ended by itself.
    Exited(ExitStatus),
    /// It was told to, because the suite stops.
    Asked(ExitStatus),
    /// It was killed, because it did not serve.
    Unhealthy(&'static str),
    /// It was told to, because somebody wants it started again.
    Restart,
}

/// What a keeper does when the process is not started again by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum After {
    /// It had to go with the suite.
    Left,
    /// It stays down.
    Down,
}

impl Keeper {
    /// Keeps the process until it has to go. One that there is no more use in trying stays down until it is asked for again.
    pub(crate) async fn keep(self) {
        while self.lives().await == After::Down {
            // What it said about its end stays visible until the suite stops.
            tokio::select! {
                () = self.leave.cancelled() => return,
                () = self.restart.notified() => {
                    tracing::info!(process = self.entry.name, "is tried again because somebody asked for it");
                    self.view.send_modify(|view| view.restarts += 1);
                }
            }
        }
    }

    /// Runs the process again and again until it has to go or there is no more use in trying.
    async fn lives(&self) -> After {
        let started = Instant::now();
        let mut history = History::default();
        loop {
            let parting = match self.spawn() {
                Ok(child) => self.watch(child).await,
                Err(error) => {
                    self.settle(State::Misconfigured, format!("cannot be started: {error}"));
                    return After::Down;
                }
            };
            let sentence = match &parting {
                Ok(Parting::Asked(status)) => {
                    tracing::info!(process = self.entry.name, %status, "stopped");
                    self.settle(State::Stopped, describe(*status));
                    return After::Left;
                }
                Ok(Parting::Restart) => {
                    tracing::info!(process = self.entry.name, "stopped, to be started again");
                    self.settle(State::BackingOff, "was restarted because somebody asked for it".to_owned());
                    self.view.send_modify(|view| view.restarts += 1);
                    continue;
                }
                Ok(Parting::Exited(status)) => describe(*status),
                Ok(Parting::Unhealthy(why)) => (*why).to_owned(),
                Err(error) => format!("was lost: {error}"),
            };
            tracing::warn!(process = self.entry.name, reason = sentence, "a process has ended");
            if matches!(&parting, Ok(Parting::Exited(status)) if status.code() == Some(EXIT_CONFIG.into())) {
                self.settle(State::Misconfigured, sentence);
                return After::Down;
            }
            if self.house.fail_together {
                self.settle(State::Failed, sentence);
                return After::Down;
            }
            match history.exited(started.elapsed(), &self.house.limits) {
                Verdict::Again(pause) => {
                    self.settle(State::BackingOff, sentence);
                    tracing::info!(
                        process = self.entry.name,
                        pause_ms = pause.as_millis() as u64,
                        "starting again"
                    );
                    tokio::select! {
                        () = self.leave.cancelled() => {
                            self.settle(State::Stopped, "the suite stopped".to_owned());
                            return After::Left;
                        }
                        () = tokio::time::sleep(pause) => {}
                        () = self.restart.notified() => {}
                    }
                    self.view.send_modify(|view| view.restarts += 1);
                }
                Verdict::GiveUp => {
                    tracing::error!(process = self.entry.name, "failed too often; it is not started again");
                    self.settle(State::Failed, sentence);
                    return After::Down;
                }
            }
        }
    }

    fn settle(&self, state: State, last_exit: String) {
        let now = self.house.clock.now();
        self.view.send_modify(|view| {
            view.state = state;
            view.pid = None;
            view.since = now;
            view.last_exit = last_exit;
        });
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let program = self.entry.program().ok_or_else(|| {
            std::io::Error::new(
                std::io::ErrorKind::NotFound,
                format!("there is no program {}", self.entry.command[0]),
            )
        })?;
        let run_dir = self.house.common.run_dir();
        // What its predecessor listened on is no longer true.
        let _ = std::fs::remove_file(listen::report_path(&run_dir, &self.entry.name));
        let child = Command::new(program)
            .args(&self.entry.command[1..])
            .args(&self.house.arguments)
            .env("PAPERGATE_SUPERVISOR", std::process::id().to_string())
            // glibc gives every thread an arena of its own otherwise, and keeps what was freed in it.
            .env("MALLOC_ARENA_MAX", ARENAS_MAX)
            // The service manager watches the supervisor, which watches the processes.
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_USEC")
            .env_remove("WATCHDOG_PID")
            .stdin(Stdio::null())
            // Ctrl-C in a terminal reaches the supervisor only, which stops them in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let now = self.house.clock.now();
        let pid = child.id();
        tracing::info!(process = self.entry.name, pid, "started");
        self.view.send_modify(|view| {
            view.state = State::Starting;
            view.pid = pid;
            view.since = now;
        });
        Ok(child)
    }

    /// Watches one life of the process.
    async fn watch(&self, mut child: Child) -> std::io::Result<Parting> {
        let mut reloads = self.house.reloads.clone();
        reloads.mark_unchanged();
        let drain = Duration::from_secs(self.house.common.drain_limit_s) + KILL_GRACE;
        let why = {
            let health = self.health();
            tokio::pin!(health);
            loop {
                tokio::select! {
                    // Its own end comes first: a signal sent to the whole group must not look like our wish.
                    biased;
                    status = child.wait() => return Ok(Parting::Exited(status?)),
                    () = self.leave.cancelled() => return Ok(Parting::Asked(self.end(&mut child, drain).await?)),
                    () = self.restart.notified() => {
                        self.end(&mut child, drain).await?;
                        return Ok(Parting::Restart);
                    }
                    Ok(()) = reloads.changed() => signal(&child, Signal::HUP),
                    why = &mut health => break why,
                }
            }
        };
        // It had its time while its checks failed.
        self.end(&mut child, KILL_GRACE).await?;
        Ok(Parting::Unhealthy(why))
    }

    /// Resolves when the process did not begin to serve in time, or no longer does.
    async fn health(&self) -> &'static str {
        let config = &self.house.config;
        let period = Duration::from_secs(config.health_period_s);
        let mut health = Health::new(&self.house.common.run_dir(), &self.entry.name, period);
        let deadline = Instant::now() + Duration::from_secs(config.start_limit_s);
        while !health.serves().await {
            if Instant::now() >= deadline {
                return "did not begin to serve in time";
            }
            tokio::time::sleep(START_CHECK_PERIOD).await;
        }
        let now = self.house.clock.now();
        tracing::info!(process = self.entry.name, "serves");
        self.view.send_modify(|view| {
            view.state = State::Ready;
            view.since = now;
        });
        let mut failures = 0;
        loop {
            tokio::time::sleep(period).await;
            failures = if health.serves().await { 0 } else { failures + 1 };
            if failures >= config.health_failures_max {
                return "no longer answered its health check";
            }
        }
    }

    /// Asks the process to drain, and kills it when `limit` has passed or the suite is in a hurry.
    async fn end(&self, child: &mut Child, limit: Duration) -> std::io::Result<ExitStatus> {
        signal(child, Signal::TERM);
        let waited = self.house.stop.within(tokio::time::timeout(limit, child.wait())).await;
        if let Some(Ok(status)) = waited {
            return status;
        }
        tracing::warn!(process = self.entry.name, "did not drain in time and is killed");
        child.start_kill()?;
        child.wait().await
    }
}

/// Signals a process that has not been waited for, so its number cannot be another's.
fn signal(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid
        && let Err(error) = kill_process(pid, signal)
    {
        tracing::debug!(%error, "a signal could not be sent");
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(0), _) => "ended by itself".to_owned(),
        (Some(code), _) if code == i32::from(EXIT_CONFIG) => {
            "its configuration is wrong (exit code 78)".to_owned()
        }
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// How often a starting process is asked whether it serves.
const START_CHECK_PERIOD: Duration = Duration::from_millis(25);
/// What a process gets after SIGTERM beyond its own drain limit before it is killed.
const KILL_GRACE: Duration = Duration::from_secs(3);
/// Memory arenas of glibc per process.
const ARENAS_MAX: &str = "2";
