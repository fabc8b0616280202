#![doc = include_str!("../README.md")]
//!
//! In reading order:
//! - [`arguments`]: the command line. [`failure`]: what can go wrong, and its exit code.
//! - [`secret`]: where the device's secret and people's passwords come from.
//! - [`connect`]: a connection to the server, TLS or plain. [`mod@line`]: that connection driving the protocol.
//! - [`session`]: somebody at the panel, as a command.
//! - [`serve`]: the printer: raw, IPP and the server's session, with faults on request.
//! - [`fault`]: what can be made to go wrong, and changing it while the printer runs.

pub mod arguments;
pub mod connect;
pub mod failure;
pub mod fault;
pub mod line;
pub mod secret;
pub mod serve;
pub mod session;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use failure::Failure;

/// The program: arguments of the process in, its exit code out.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("VIRTUAL_MFP_LOG").unwrap_or_else(|_| "info".into()),
        )
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(Failure::Io { what: "start".to_owned(), source: error }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let mut line = format!("virtual-mfp: {failure}");
            let mut cause = std::error::Error::source(&failure);
            while let Some(error) = cause {
                line.push_str(&format!(": {error}"));
                cause = error.source();
            }
            // A closed stream leaves nobody to tell.
            let _ = writeln!(std::io::stderr(), "{line}");
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Serve(serve) => serve::run(serve).await,
        Command::Session(session) => session::run(*session).await,
        Command::Fault(fault) => fault::change(fault).await,
    }
}
