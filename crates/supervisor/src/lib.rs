#![doc = include_str!("../README.md")]
//!
//! Modules in reading order:
//! - [`options`], [`config`], [`table`]: what is asked for.
//! - `check`: the configuration of everything, without starting anything.
//! - [`suite`]: all processes, their order, the start and the stop.
//! - `keeper`: one process, from its start to its last exit.
//! - [`policy`]: when to try again, as a rule without a clock.
//! - `health`, `memory`: what is asked of a running process.
//! - `hook`: the start-up script.
//! - `report`: the console and the ready file.
//! - `rpc`: `Status` and `Down`.

mod check;
pub mod config;
mod health;
mod hook;
mod keeper;
mod memory;
pub mod options;
pub mod policy;
mod report;
mod rpc;
pub mod suite;
pub mod table;
mod view;

use std::process::ExitCode;

use clap::Parser as _;

/// The process, from its command line to its exit code.
pub fn main() -> ExitCode {
    let options = options::Options::parse();
    if options.common.check_config {
        return check::check(&options);
    }
    let launch = service::Launch {
        // The kernel tells children of their parent's death by the thread that started them: one thread
        // starts everything, and it lives as long as the process.
        single_thread: true,
        drain_stages: table::PROCESSES_MAX,
        patient: false,
        ..service::Launch::new("supervisor", options.common.clone())
    };
    launch.run(move |context| suite::start(context, options))
}
