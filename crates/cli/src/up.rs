//! `papergate up`: everything, in the foreground.

use std::net::IpAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::Shell;
use crate::failure::Failure;

/// Where packages put the servers' programs, seen from the directory of `papergate`.
const PACKAGED: &str = "../lib/papergate";

#[derive(Debug, Args)]
pub(crate) struct UpArguments {
    /// Configuration file; DIR/papergate.toml when it is there and this is not given
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read and check the configuration, and end
    #[arg(long)]
    check_config: bool,
    /// Number added to every listening port, so that several suites share a machine
    #[arg(long, value_name = "N")]
    port_offset: Option<u16>,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<IpAddr>,
    /// File to write when everything serves; it lists what listens where
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Stop everything when one server fails, instead of restarting it
    #[arg(long)]
    fail_together: bool,
}

/// Becomes the supervisor, so that signals, exit code and process id are its own.
pub(crate) fn run(shell: &mut Shell<'_>, arguments: &UpArguments) -> Result<(), Failure> {
    let program = find("supervisor")?;
    let mut command = Command::new(&program);
    command.arg("--data").arg(shell.reach.data()?);
    if let Some(config) = &arguments.config {
        command.arg("--config").arg(config);
    }
    if arguments.check_config {
        command.arg("--check-config");
    }
    if let Some(offset) = arguments.port_offset {
        command.arg("--port-offset").arg(offset.to_string());
    }
    if let Some(address) = arguments.bind {
        command.arg("--bind").arg(address.to_string());
    }
    if let Some(file) = &arguments.ready_file {
        command.arg("--ready-file").arg(file);
    }
    if arguments.fail_together {
        command.arg("--fail-together");
    }
    Err(Failure::Io { what: format!("start {}", program.display()), source: command.exec() })
}

/// The program beside this one, or where packages put it.
fn find(name: &str) -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().map_err(Failure::io("find the directory of this program"))?;
    let directory = own.parent().unwrap_or(Path::new("/"));
    let candidates = [directory.join(name), directory.join(PACKAGED).join(name)];
    candidates.iter().find(|path| path.is_file()).cloned().ok_or_else(|| {
        let tried: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
        Failure::Configuration(format!("the program {name} is missing; tried {}", tried.join(" and ")))
    })
}
