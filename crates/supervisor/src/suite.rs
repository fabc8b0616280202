//! All processes: their order, the start and the stop.

use std::sync::Arc;
use std::time::Duration;

use rpc::proto::supervisor::process::State;
use service::{Common, Context, Misconfigured, Stop};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::config::Config;
use crate::keeper::{House, Keeper};
use crate::options::Options;
use crate::policy::Limits;
use crate::table::{self, Entry};
use crate::view::View;
use crate::{hook, report, rpc as calls};

/// One process of the suite, seen from outside of its keeper.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) view: watch::Receiver<View>,
    leave: CancellationToken,
    keeper: Option<JoinHandle<()>>,
}

/// Reads the table and starts everything in the background; `Status` and `Down` are answered at once.
///
/// # Errors
/// When the table is wrong or the supervisor's socket cannot be opened.
pub async fn start(context: Context<Config>, options: Options) -> anyhow::Result<()> {
    let entries = wanted(&context.config)?;
    let handles: Vec<Handle> = entries
        .iter()
        .map(|_| Handle { view: watch::Sender::new(View::new(context.clock.now())), restart: Arc::default() })
        .collect();
    let seen = entries.iter().zip(&handles).map(|(entry, handle)| calls::Supervised {
        name: entry.name.clone(),
        view: handle.view.subscribe(),
        restart: handle.restart.clone(),
    });
    let seen = seen.collect();
    let service = calls::Service::new(seen, context.common.run_dir(), context.stop.clone());
    context.serve_grpc(Routes::new(service.server())).await?;
    let config = &context.config;
    let house = Arc::new(House {
        config: config.clone(),
        common: context.common.clone(),
        arguments: arguments(&options, &context.common),
        limits: Limits {
            first: Duration::from_millis(config.backoff_first_ms),
            longest: Duration::from_millis(config.backoff_max_ms),
            restarts_max: config.restarts_max,
            window: Duration::from_secs(config.restart_window_s),
        },
        fail_together: config.fail_together || options.fail_together,
        clock: context.clock.clone(),
        stop: context.stop.clone(),
        reloads: context.reloads(),
    });
    let suite = Suite { house, context: context.clone(), options, members: Vec::new() };
    context.spawn("the suite", suite.live(entries.into_iter().zip(handles).collect()));
    Ok(())
}

/// What a keeper tells of its process, and is told.
struct Handle {
    view: watch::Sender<View>,
    restart: Arc<Notify>,
}

/// The table's processes that this machine runs.
pub(crate) fn wanted(config: &Config) -> anyhow::Result<Vec<Entry>> {
    let fault = |error: table::TableError| Misconfigured(format!("{:#}", anyhow::Error::new(error)));
    let mut entries = table::load(config.table.as_deref()).map_err(fault)?;
    if let Some(unknown) = config.without.iter().find(|name| entries.iter().all(|entry| entry.name != **name))
    {
        return Err(
            Misconfigured(format!("supervisor.without names {unknown}, which the table does not")).into()
        );
    }
    entries.retain(|entry| !config.without.contains(&entry.name));
    entries.retain(|entry| {
        let passed_over = entry.optional && entry.program().is_none();
        if passed_over {
            tracing::info!(process = entry.name, "is not installed and is passed over");
        }
        !passed_over
    });
    Ok(entries)
}

/// The flags every process gets as the supervisor got them.
pub(crate) fn arguments(options: &Options, loaded: &Common) -> Vec<String> {
    let common = &options.common;
    let mut arguments = vec!["--data".to_owned(), loaded.data.display().to_string()];
    if let Some(file) = &common.config {
        arguments.extend(["--config".to_owned(), file.display().to_string()]);
    }
    if let Some(offset) = common.port_offset {
        arguments.extend(["--port-offset".to_owned(), offset.to_string()]);
    }
    if let Some(bind) = common.bind {
        arguments.extend(["--bind".to_owned(), bind.to_string()]);
    }
    arguments
}

struct Suite {
    house: Arc<House>,
    context: Context<Config>,
    options: Options,
    members: Vec<Member>,
}

impl Suite {
    /// From the start-up script to the last exit.
    async fn live(mut self, entries: Vec<(Entry, Handle)>) -> anyhow::Result<()> {
        let stop = self.context.stop.clone();
        let outcome = self.run(&stop, entries).await;
        if let Some(file) = &self.options.ready_file {
            // It may never have been written.
            let _ = std::fs::remove_file(file);
        }
        self.leave().await;
        outcome
    }

    /// Starts everything, then waits for a stop or for a failure that ends all.
    async fn run(&mut self, stop: &Stop, entries: Vec<(Entry, Handle)>) -> anyhow::Result<()> {
        match stop.unless_asked(hook::run(&self.context.config, &self.context.common.data)).await {
            Some(ran) => ran?,
            None => return Ok(()),
        }
        for (entry, handle) in entries {
            let member = self.add(entry, handle);
            let mut view = member.view.clone();
            let name = member.name.clone();
            let settled = view
                .wait_for(|view| matches!(view.state, State::Ready | State::Failed | State::Misconfigured));
            let Some(settled) = stop.unless_asked(settled).await else { return Ok(()) };
            let settled = settled?.clone();
            match settled.state {
                State::Misconfigured => anyhow::bail!(Misconfigured(format!("{name} {}", settled.last_exit))),
                State::Failed => anyhow::bail!("{name} {}", settled.last_exit),
                State::Unspecified | State::Starting | State::Ready | State::BackingOff | State::Stopped => {}
            }
        }
        self.context.ready();
        report::ready(&self.context.common, &self.members, self.options.ready_file.as_deref())?;
        match self.house.fail_together {
            true => match stop.unless_asked(self.first_failure()).await {
                Some(failure) => anyhow::bail!("{failure}; everything stops with it"),
                None => Ok(()),
            },
            false => {
                stop.soft().await;
                Ok(())
            }
        }
    }

    fn add(&mut self, entry: Entry, handle: Handle) -> &Member {
        let Handle { view, restart } = handle;
        let leave = CancellationToken::new();
        let member = Member {
            name: entry.name.clone(),
            view: view.subscribe(),
            leave: leave.clone(),
            keeper: Some(tokio::spawn(
                Keeper { house: self.house.clone(), entry, view, restart, leave }.keep(),
            )),
        };
        self.members.push(member);
        &self.members[self.members.len() - 1]
    }

    /// Resolves when a process has ended that nobody asked to.
    async fn first_failure(&self) -> String {
        let mut failures = tokio::task::JoinSet::new();
        for member in &self.members {
            let (name, mut view) = (member.name.clone(), member.view.clone());
            failures.spawn(async move {
                let failed =
                    view.wait_for(|view| matches!(view.state, State::Failed | State::Misconfigured)).await;
                failed.map(|view| format!("{name} {}", view.last_exit)).unwrap_or(name)
            });
        }
        match failures.join_next().await {
            Some(Ok(failure)) => failure,
            Some(Err(_)) | None => std::future::pending().await,
        }
    }

    /// Stops the processes, the last one started first.
    async fn leave(&mut self) {
        while let Some(mut member) = self.members.pop() {
            member.leave.cancel();
            if let Some(keeper) = member.keeper.take()
                && let Err(error) = keeper.await
            {
                tracing::error!(process = member.name, %error, "its keeper failed");
            }
        }
    }
}
