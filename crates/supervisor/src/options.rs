//! The command line.

use std::path::PathBuf;

/// Starts the servers of a suite and keeps them running
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "supervisor", version)]
pub struct Options {
    /// Flags that are passed on to every server.
    #[command(flatten)]
    pub common: service::options::Options,
    /// File to write when everything serves; it lists what listens where, and is removed at the stop
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
    /// Stop everything when one server fails, instead of restarting it
    #[arg(long)]
    pub fail_together: bool,
}
