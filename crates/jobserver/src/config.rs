//! Settings of the process; settings of the service are in the store, see [`settings`](crate::settings).

use std::path::PathBuf;

use serde::Deserialize;

/// Section `[jobserver]` of `papergate.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// TCP port for devices; default 7500.
    pub devices_port: u16,
    /// TCP port for people's programs; default 7700.
    pub clients_port: u16,
    /// TCP port for administrators on other machines, gRPC over TLS; default 7723.
    pub administration_port: u16,
    /// TCP port of the loopback for the administrator's console (`telnet`); default 0: no console.
    pub console_port: u16,
    /// TCP port of the pages that mails lead to, HTTPS; default 0: no pages.
    pub links_port: u16,
    /// Directory of held documents; default `spool` in the data directory.
    pub spool: Option<PathBuf>,
    /// Name of this machine in tracking records and server information; default the host's name.
    pub computer_name: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            devices_port: 7500,
            clients_port: 7700,
            administration_port: 7723,
            console_port: 0,
            links_port: 0,
            spool: None,
            computer_name: None,
        }
    }
}

impl service::Config for Config {
    fn validate(&self) -> Result<(), String> {
        match &self.computer_name {
            Some(name) if name.is_empty() || name.len() > 255 => {
                Err("jobserver.computer_name must have 1 to 255 characters".to_owned())
            }
            _ => Ok(()),
        }
    }
}
