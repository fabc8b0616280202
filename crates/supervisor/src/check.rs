//! `--check-config`: one file configures everything, so everything has to agree with it.

use std::process::{Command, ExitCode, Stdio};

use anyhow::Context as _;
use service::EXIT_CONFIG;

use crate::config::Config;
use crate::options::Options;
use crate::suite;

/// Lets every server of the table check its part; each names its own faults.
pub(crate) fn check(options: &Options) -> ExitCode {
    match faults(options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(EXIT_CONFIG),
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::from(EXIT_CONFIG)
        }
    }
}

/// How many servers found a fault.
fn faults(options: &Options) -> anyhow::Result<usize> {
    let loaded = service::config::load::<Config>("supervisor", &options.common);
    let (common, config) = loaded.context("wrong configuration")?;
    let arguments = suite::arguments(options, &common);
    let mut faults = 0;
    for entry in suite::wanted(&config)? {
        let program = entry.program().with_context(|| format!("there is no program {}", entry.command[0]))?;
        let mut command = Command::new(program);
        command.args(&entry.command[1..]).args(&arguments).arg("--check-config").stdin(Stdio::null());
        let status = command.status().with_context(|| format!("{} cannot be asked", entry.name))?;
        faults += usize::from(!status.success());
    }
    Ok(faults)
}

#[expect(clippy::print_stderr, reason = "there is no log without a start")]
fn complain(sentence: &str) {
    eprintln!("supervisor: {sentence}");
}
