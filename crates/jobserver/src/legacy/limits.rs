//! Every bound of the legacy faces.

use std::time::Duration;

/// Ports and bounds; the defaults suit a server with thousands of devices.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// TCP port for devices; default 7500.
    pub devices_port: u16,
    /// TCP port for people's programs; default 7700.
    pub clients_port: u16,
    /// Connections of devices at once; default 10,000.
    pub devices_max: usize,
    /// Connections of programs at once; default 2,000.
    pub clients_max: usize,
    /// Connections from one address to one port at once; default 256, because device servers and terminal
    /// servers speak for many.
    pub connections_per_address_max: usize,
    /// Failed logins at one device before further ones wait; default 10, given back one every six seconds.
    pub failures_per_device: u32,
    /// Failed logins from one address before further ones wait; default 30, given back one every two seconds.
    pub failures_per_address: u32,
    /// Time in which a failed login is forgotten completely; default one minute.
    pub failures_forgotten: Duration,
    /// How long a person may stay logged in at a panel without touching it; default ten minutes. A panel usually
    /// logs out much earlier by itself; this is for the one that does not.
    pub person_idle: Duration,
    /// How long a device may take no data of a document, or not report after its end; default ten minutes:
    /// somebody has to find out that the paper is empty and fill it.
    pub release_stall: Duration,
    /// How long writing to a peer may make no headway; default one minute.
    pub write_stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            devices_port: 7500,
            clients_port: 7700,
            devices_max: 10_000,
            clients_max: 2_000,
            connections_per_address_max: 256,
            failures_per_device: 10,
            failures_per_address: 30,
            failures_forgotten: Duration::from_secs(60),
            person_idle: Duration::from_secs(600),
            release_stall: Duration::from_secs(600),
            write_stall: Duration::from_secs(60),
        }
    }
}
