//! Section `[broadcastserver]` of `papergate.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use wire::discovery::Name;

/// Settings of the broadcast server.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// UDP port; default 5742.
    pub port: u16,
    /// Name of the server group, 1 to 64 bytes; default `default`.
    pub group: String,
    /// Name of this server, 1 to 64 bytes; default the machine's host name.
    pub host: String,
    /// Servers that are announced while they serve.
    pub servers: Vec<String>,
    /// What servers on other machines or in other containers listen on, by server: their own reports are not seen
    /// from here. Default none.
    pub features: BTreeMap<String, Vec<Feature>>,
    /// Seconds between two looks at what serves; default 1.
    pub check_period_s: u64,
    /// Answers per second to all askers together; default 200.
    pub answers_per_second_max: u32,
}

/// A listener of a server that is not on this machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// The listener's name: `clients`, `ipp`, ...
    pub name: String,
    /// Its port.
    pub port: u16,
}

impl Default for Config {
    fn default() -> Self {
        let servers = ["jobserver", "portserver", "trackingserver", "moneyserver"];
        Self {
            port: 5742,
            group: "default".to_owned(),
            host: host_name(),
            servers: servers.map(str::to_owned).to_vec(),
            features: BTreeMap::new(),
            check_period_s: 1,
            answers_per_second_max: 200,
        }
    }
}

impl service::Config for Config {
    fn validate(&self) -> Result<(), String> {
        for (key, name) in [("group", &self.group), ("host", &self.host)] {
            if Name::parse(name).is_none() {
                return Err(format!("{key} must be 1 to 64 bytes without control characters, not {name:?}"));
            }
        }
        if self.check_period_s == 0 || self.answers_per_second_max == 0 {
            return Err("check_period_s and answers_per_second_max are at least 1".to_owned());
        }
        Ok(())
    }
}

fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    // The kernel's limit is the protocol's: 64 bytes; an unnamed machine is still one.
    if name.is_empty() { "localhost".to_owned() } else { name }
}
