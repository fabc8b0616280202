//! The command line every server understands.

use std::net::IpAddr;
use std::path::PathBuf;

/// Flags of one server process. A flag wins over the environment, which wins over the file.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(skip)]
pub struct Options {
    /// Configuration file; DIR/papergate.toml when it is there and this is not given
    #[arg(long, value_name = "FILE", env = "PAPERGATE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Read and check the configuration, print nothing but faults, and end
    #[arg(long)]
    pub check_config: bool,
    /// Ask the server that runs on the data directory whether it serves, and end with 0 if it does
    #[arg(long, conflicts_with = "check_config")]
    pub check_health: bool,
    /// Data directory: stores, spool, keys and sockets of this suite
    #[arg(long, value_name = "DIR", env = "PAPERGATE_DATA", default_value = DATA_DEFAULT)]
    pub data: PathBuf,
    /// Number added to every listening port, so that several suites share a machine
    #[arg(long, value_name = "N", env = "PAPERGATE_PORT_OFFSET")]
    pub port_offset: Option<u16>,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", env = "PAPERGATE_BIND")]
    pub bind: Option<IpAddr>,
}

/// Where a suite lives when nobody says otherwise.
pub const DATA_DEFAULT: &str = ".papergate";
