//! `papergate down`: stop the local suite, and wait until it has stopped.

use std::time::Duration;

use clap::Args;
use rpc::proto::supervisor as proto;
use serde_json::json;
use tokio::net::UnixStream;

use crate::Shell;
use crate::failure::Failure;

/// How often the supervisor's socket is tried while it drains.
const POLL_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug, Args)]
pub(crate) struct DownArguments {
    /// Do not wait until everything has stopped
    #[arg(long)]
    no_wait: bool,
}

pub(crate) async fn run(shell: &mut Shell<'_>, arguments: DownArguments) -> Result<(), Failure> {
    let socket = shell.reach.data()?.join("run/supervisor.sock");
    shell.reach.supervisor().await?.down(proto::DownRequest {}).await?;
    if arguments.no_wait {
        return shell.output.done("the suite is stopping", &json!({ "stopped": false }));
    }
    // The supervisor bounds its own drain, so this ends; its socket refuses once the process is gone.
    while UnixStream::connect(&socket).await.is_ok() {
        tokio::time::sleep(POLL_EVERY).await;
    }
    shell.output.done("the suite has stopped", &json!({ "stopped": true }))
}
