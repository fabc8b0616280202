//! The ground a server stands on; it knows no word of printing.
//!
//! In reading order:
//! - [`main`](fn@main), [`Launch`]: one process from its command line to its exit code.
//! - [`options`]: the command line every server understands.
//! - [`config`]: `papergate.toml` and the environment, unknown keys refused.
//! - [`context`]: what `start` is given: configuration, listeners, peers, clock, stop, TLS.
//! - [`clock`], [`stop`]: time and the end of time, as values.
//! - [`schedule`]: when something is done again and again.
//! - [`listen`]: bound addresses and where they are reported.
//! - [`grpc`]: internal calls, over a Unix socket with peer credentials or mutual TLS.
//! - [`tls`]: certificates, replaced without a restart; TLS and plain on one port.
//! - [`log`]: what is written, changeable while the process runs.
//! - [`trace`]: everything, into files of bounded size, switched on and off while the process runs.
//! - [`http`]: a small HTTP client for talking to devices.
//! - [`web`]: a small HTTPS server for pages.
//! - [`metrics`]: figures for Prometheus.
//! - [`lock`]: one process per role and data directory.
//! - [`notify`]: readiness and watchdog for systemd.

pub mod clock;
pub mod config;
pub mod context;
pub mod grpc;
pub mod http;
pub mod listen;
pub mod lock;
pub mod log;
pub mod metrics;
pub mod notify;
pub mod options;
mod process;
pub mod schedule;
pub mod stop;
pub mod tls;
pub mod trace;
pub mod web;

pub use clock::{Clock, Timestamp};
pub use config::{ChannelEncryption, Common, Config};
pub use context::Context;
pub use process::{EXIT_CONFIG, Launch, Misconfigured, main};
pub use stop::Stop;
pub use tls::{Connection, Tls};
