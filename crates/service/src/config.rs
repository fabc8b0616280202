//! Configuration: defaults, then `papergate.toml`, then the environment, then flags.
//!
//! One file configures a whole suite. `[common]` holds what every server needs ([`Common`]),
//! `[peers]` and `[grpc]` say where servers of other machines are found and where internal calls are
//! accepted from them, `[metrics]` where figures are told, and every server has a section of its own name. In the environment,
//! `PAPERGATE_<SECTION>_<KEY>` overrides a key; two underscores step into a table.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::options::Options;

/// A server's own section.
///
/// Implementors carry `#[serde(default, deny_unknown_fields)]`: every key has a usable default, and a
/// misspelt one is refused instead of ignored.
pub trait Config: Clone + DeserializeOwned + Default + Send + Sync + 'static {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// One sentence naming the key at fault.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}

/// A server without settings of its own.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoConfig {}

impl Config for NoConfig {}

/// What every server of a suite shares: section `[common]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Common {
    /// Data directory. Set by `--data`, not by the file that lies in it.
    #[serde(skip)]
    pub data: PathBuf,
    /// Address listeners bind to; default every IPv4 address.
    pub bind: IpAddr,
    /// Added to every listening port; default 0.
    pub port_offset: u16,
    /// PostgreSQL URL of the stores; default none, which means SQLite files in `DIR/db`.
    pub database_url: Option<String>,
    /// File that holds the database URL, for secrets that do not belong into an environment.
    pub database_url_file: Option<PathBuf>,
    /// What the legacy ports accept; default 2, TLS only.
    pub channel_encryption: ChannelEncryption,
    /// PEM file with a certificate chain to present instead of the generated one.
    pub tls_certificate: Option<PathBuf>,
    /// PEM file with the private key of `tls_certificate`.
    pub tls_key: Option<PathBuf>,
    /// Directory with the installation's own authority (`ca.pem`, `ca.key`), which internal calls between machines
    /// are verified by; default `DIR/keys`. Containers share it without sharing the other keys.
    pub authority_dir: Option<PathBuf>,
    /// `compact` for people (default), `json` for machines.
    pub log_format: LogFormat,
    /// What is logged: a level, or directives as `info,jobserver::spool=trace`; default `info`.
    pub log_level: String,
    /// Threads that run the server's tasks; default 2.
    pub worker_threads: usize,
    /// Most threads for blocking work such as the store and the disk; default 16.
    pub blocking_threads_max: usize,
    /// Seconds that running work gets to finish when a stop is asked for; default 20.
    pub drain_limit_s: u64,
    /// Internal calls: where a server of another machine is found, by name, as `https://host:port`.
    /// Taken from section `[peers]`.
    #[serde(skip)]
    pub peers: BTreeMap<String, String>,
    /// Internal calls: where a server listens for other machines with mutual TLS, by name.
    /// Taken from section `[grpc]`.
    #[serde(skip)]
    pub grpc: BTreeMap<String, SocketAddr>,
    /// Where a server tells its figures to Prometheus, by name. Taken from section `[metrics]`.
    #[serde(skip)]
    pub metrics: BTreeMap<String, SocketAddr>,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            data: PathBuf::from(crate::options::DATA_DEFAULT),
            bind: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            port_offset: 0,
            database_url: None,
            database_url_file: None,
            channel_encryption: ChannelEncryption::TlsOnly,
            tls_certificate: None,
            tls_key: None,
            authority_dir: None,
            log_format: LogFormat::Compact,
            log_level: "info".to_owned(),
            worker_threads: 2,
            blocking_threads_max: 16,
            drain_limit_s: 20,
            peers: BTreeMap::new(),
            grpc: BTreeMap::new(),
            metrics: BTreeMap::new(),
        }
    }
}

impl Common {
    /// `DIR/run`: sockets and locks.
    pub fn run_dir(&self) -> PathBuf {
        self.data.join("run")
    }

    /// `DIR/keys`: the installation's keys and certificates.
    pub fn keys_dir(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// Where the installation's own authority lies.
    pub fn authority_dir(&self) -> PathBuf {
        self.authority_dir.clone().unwrap_or_else(|| self.keys_dir())
    }

    /// The database URL, from the setting or from the file it names.
    ///
    /// # Errors
    /// When that file cannot be read.
    pub fn database_url(&self) -> std::io::Result<Option<String>> {
        match &self.database_url_file {
            Some(file) => Ok(Some(std::fs::read_to_string(file)?.trim().to_owned())),
            None => Ok(self.database_url.clone()),
        }
    }

    fn validate(&self) -> Result<(), String> {
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            return Err("common.tls_certificate and common.tls_key go together".to_owned());
        }
        if self.database_url.is_some() && self.database_url_file.is_some() {
            return Err("common.database_url and common.database_url_file exclude each other".to_owned());
        }
        if !(1..=256).contains(&self.worker_threads) {
            return Err("common.worker_threads must be 1 to 256".to_owned());
        }
        if !(1..=512).contains(&self.blocking_threads_max) {
            return Err("common.blocking_threads_max must be 1 to 512".to_owned());
        }
        crate::log::parse(&self.log_level).map_err(|error| format!("common.log_level: {error}"))?;
        for (server, url) in &self.peers {
            let uri: http::Uri = url.parse().map_err(|error| format!("peers.{server}: {error}"))?;
            if uri.scheme_str() != Some("https") || uri.host().is_none() || uri.port_u16().is_none() {
                return Err(format!("peers.{server} must look like https://host:port, not {url}"));
            }
        }
        Ok(())
    }
}

/// The channel-encryption setting of the legacy ports, with the original's numbers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum ChannelEncryption {
    /// 1: plain only.
    LegacyOnly,
    /// 2: TLS only.
    TlsOnly,
    /// 3: both, told apart by the first byte.
    Both,
}

impl TryFrom<u8> for ChannelEncryption {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            1 => Ok(Self::LegacyOnly),
            2 => Ok(Self::TlsOnly),
            3 => Ok(Self::Both),
            other => Err(format!("channel encryption is 1 (plain), 2 (TLS) or 3 (both), not {other}")),
        }
    }
}

impl From<ChannelEncryption> for u8 {
    fn from(setting: ChannelEncryption) -> Self {
        match setting {
            ChannelEncryption::LegacyOnly => 1,
            ChannelEncryption::TlsOnly => 2,
            ChannelEncryption::Both => 3,
        }
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// One line for people.
    Compact,
    /// One JSON object per line.
    Json,
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named on the command line is not there.
    #[error("the configuration file {} does not exist", .0.display())]
    Missing(PathBuf),
    /// A key is unknown or has the wrong type.
    #[error("{0}")]
    Key(Box<figment::Error>),
    /// A section belongs to no server.
    #[error("unknown section [{0}]; known are {known}", known = SECTIONS.join(", "))]
    Section(String),
    /// A value is out of its range.
    #[error("{0}")]
    Value(String),
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        Self::Key(Box::new(error))
    }
}

/// Every section `papergate.toml` may have.
pub const SECTIONS: [&str; 14] = [
    "common",
    "peers",
    "grpc",
    "metrics",
    "supervisor",
    "broadcastserver",
    "trackingserver",
    "moneyserver",
    "jobserver",
    "portserver",
    "deviceserver",
    "failsafe",
    "webserver",
    "scanserver",
];

/// Loads the configuration of server `name`.
///
/// # Errors
/// Every fault is a [`ConfigError`]; the process ends with [`crate::EXIT_CONFIG`].
pub fn load<C: Config>(name: &str, options: &Options) -> Result<(Common, C), ConfigError> {
    let file = match &options.config {
        Some(file) if !file.is_file() => return Err(ConfigError::Missing(file.clone())),
        Some(file) => Some(file.clone()),
        None => Some(options.data.join("papergate.toml")).filter(|file| file.is_file()),
    };
    let file = match file {
        Some(file) => Figment::from(Toml::file_exact(file)),
        None => Figment::new(),
    };
    let sections: BTreeMap<String, figment::value::Value> = file.extract()?;
    if let Some(unknown) = sections.keys().find(|section| !SECTIONS.contains(&section.as_str())) {
        return Err(ConfigError::Section(unknown.clone()));
    }

    let mut common: Common =
        section(&file, "common", Some(Serialized::defaults(Common::default())))?.extract()?;
    common.peers = section(&file, "peers", None)?.extract()?;
    common.grpc = section(&file, "grpc", None)?.extract()?;
    common.metrics = section(&file, "metrics", None)?.extract()?;
    common.data = absolute(&options.data);
    if let Some(bind) = options.bind {
        common.bind = bind;
    }
    if let Some(offset) = options.port_offset {
        common.port_offset = offset;
    }
    common.validate().map_err(ConfigError::Value)?;

    let own: C = section(&file, name, None)?.extract()?;
    own.validate().map_err(|fault| ConfigError::Value(format!("{name}: {fault}")))?;
    Ok((common, own))
}

/// One section of the file under the environment's overrides.
fn section(file: &Figment, name: &str, defaults: Option<Serialized<Common>>) -> Result<Figment, ConfigError> {
    let mut figment = Figment::new();
    if let Some(defaults) = defaults {
        figment = figment.merge(defaults);
    }
    if file.contains(name) {
        let table: figment::value::Dict = file.extract_inner(name)?;
        figment = figment.merge(Serialized::defaults(table));
    }
    Ok(figment.merge(Env::prefixed(&format!("PAPERGATE_{}_", name.to_uppercase())).split("__")))
}

/// Servers change no directory, but log lines and sockets are clearer with whole paths.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
