//! Section `[portserver]`.

use std::time::Duration;

use serde::Deserialize;

/// What can be set. Ports are shifted by `common.port_offset`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// TCP port of IPP and IPPS; default 631.
    pub ipp_port: u16,
    /// Whether LPD is served; default true.
    pub lpd: bool,
    /// TCP port of LPD; default 515.
    pub lpd_port: u16,
    /// Whether pull queues are advertised by DNS-SD on the local network; default true. Nothing is
    /// advertised while the server listens on a loopback address only.
    pub advertise: bool,
    /// Host name for addresses told to people and in DNS-SD; default empty: `papergate-` and the
    /// machine's name, because the name alone is told by the machine's own responder.
    pub host_name: String,
    /// Whether clients are asked for a certificate on ipps connections, by which queues that want proof know people; default
    /// false. Some clients then ask their person to choose one.
    pub client_certificates: bool,
    /// Connections at one time, over all protocols; default 1,024.
    pub connections_max: usize,
    /// Connections at one time from one address; default 256.
    pub connections_per_peer_max: usize,
    /// Longest document in octets, after decompression; default 4 GiB.
    pub document_bytes_max: u64,
    /// Seconds for a request's header and attributes to arrive; default 30.
    pub request_limit_s: u64,
    /// Seconds a sender may pause within a document; default 60.
    pub stall_limit_s: u64,
    /// Seconds a connection may wait for its next request; default 60.
    pub idle_limit_s: u64,
    /// Seconds a job made by Create-Job waits for its document before it is taken back
    /// (multiple-operation-time-out); default 300.
    pub job_open_limit_s: u32,
    /// Paper offered as the default, a PWG 5101.1 name of the media table; default `iso_a4_210x297mm`.
    pub media_default: String,
    /// printer-organization; default empty.
    pub organization: String,
    /// printer-organizational-unit; default empty.
    pub organizational_unit: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ipp_port: 631,
            lpd: true,
            lpd_port: 515,
            advertise: true,
            host_name: String::new(),
            client_certificates: false,
            connections_max: 1_024,
            connections_per_peer_max: 256,
            document_bytes_max: 4 * 1024 * 1024 * 1024,
            request_limit_s: 30,
            stall_limit_s: 60,
            idle_limit_s: 60,
            job_open_limit_s: 300,
            media_default: "iso_a4_210x297mm".to_owned(),
            organization: String::new(),
            organizational_unit: String::new(),
        }
    }
}

impl service::Config for Config {
    fn validate(&self) -> Result<(), String> {
        let positive = [
            ("connections_max", self.connections_max as u64),
            ("connections_per_peer_max", self.connections_per_peer_max as u64),
            ("document_bytes_max", self.document_bytes_max),
            ("request_limit_s", self.request_limit_s),
            ("stall_limit_s", self.stall_limit_s),
            ("idle_limit_s", self.idle_limit_s),
            ("job_open_limit_s", u64::from(self.job_open_limit_s)),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(format!("{key} must be at least 1"));
        }
        if crate::ipp::media::find(&self.media_default).is_none() {
            return Err(format!(
                "media_default: the paper '{}' is not in the media table",
                self.media_default
            ));
        }
        Ok(())
    }
}

impl Config {
    /// [`Config::request_limit_s`].
    pub(crate) const fn request_limit(&self) -> Duration {
        Duration::from_secs(self.request_limit_s)
    }

    /// [`Config::stall_limit_s`].
    pub(crate) const fn stall_limit(&self) -> Duration {
        Duration::from_secs(self.stall_limit_s)
    }

    /// [`Config::idle_limit_s`].
    pub(crate) const fn idle_limit(&self) -> Duration {
        Duration::from_secs(self.idle_limit_s)
    }
}
