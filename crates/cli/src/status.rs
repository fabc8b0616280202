//! `papergate status`: which servers run.

use clap::Args;
use rpc::proto::supervisor as proto;
use rpc::proto::supervisor::process::State;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};
use crate::{Shell, time};

#[derive(Debug, Args)]
pub(crate) struct StatusArguments {}

pub(crate) async fn run(shell: &mut Shell<'_>, StatusArguments {}: StatusArguments) -> Result<(), Failure> {
    let answer = shell.reach.supervisor().await?.status(proto::StatusRequest {}).await?;
    let mut listing = shell.output.list::<Process>();
    for process in answer.into_inner().processes {
        listing.row(&Process::from(process))?;
    }
    listing.finish()
}

/// A server process, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Process {
    name: String,
    state: &'static str,
    pid: Option<u32>,
    restarts: u32,
    since: Option<String>,
    last_exit: Option<String>,
    resident_bytes: i64,
    listens: Vec<String>,
    #[serde(skip)]
    since_shown: String,
}

impl From<proto::Process> for Process {
    fn from(process: proto::Process) -> Self {
        let state = match process.state() {
            State::Unspecified => "unknown",
            State::Starting => "starting",
            State::Ready => "ready",
            State::Failed => "failed",
            State::BackingOff => "backing-off",
            State::Stopped => "stopped",
            State::Misconfigured => "misconfigured",
        };
        Self {
            name: process.name,
            state,
            pid: (process.pid != 0).then_some(process.pid),
            restarts: process.restarts,
            since: time::rfc3339(process.since_us),
            last_exit: or_null(process.last_exit),
            resident_bytes: process.resident_bytes,
            listens: process.listens,
            since_shown: time::local(process.since_us),
        }
    }
}

impl Listed for Process {
    const COLUMNS: &'static [&'static str] =
        &["SERVER", "STATE", "PID", "RESTARTS", "SINCE", "MEMORY", "LISTENS", "LAST EXIT"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.state.to_owned(),
            self.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
            self.restarts.to_string(),
            self.since_shown.clone(),
            format!("{} MiB", self.resident_bytes / (1024 * 1024)),
            or_dash(&self.listens.join(", ")),
            or_dash(self.last_exit.as_deref().unwrap_or_default()),
        ]
    }
}
