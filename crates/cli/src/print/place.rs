//! Where the print server is: named, or the local suite's by what its portserver says it listens on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use service::listen::report_read;

use crate::failure::Failure;
use crate::reach::host_and_port;

/// Port of IPP when none is named (RFC 8010, section 4).
const IPP_PORT: u16 = 631;

/// A print server.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Place {
    /// As part of an address: an IPv6 host gets its brackets.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The print server that was named.
    pub(crate) fn named(text: &str) -> Result<Self, Failure> {
        Self::named_with(text, IPP_PORT)
    }

    /// The server that was named, at its usual port.
    pub(crate) fn named_with(text: &str, port: u16) -> Result<Self, Failure> {
        let (host, port) = host_and_port(text, port)?;
        Ok(Self { host, port })
    }

    /// The portserver of the local suite.
    pub(crate) fn local(data: &Path) -> Result<Self, Failure> {
        Self::local_listener(data, "portserver", "ipp")
    }

    /// A listener of a server of the local suite.
    pub(crate) fn local_listener(data: &Path, server: &str, listener: &str) -> Result<Self, Failure> {
        let lines = report_read(&data.join("run"), server);
        let lines = lines.map_err(Failure::io(format!("read where the {server} listens")))?;
        let address = |line: &str| line.strip_prefix(listener)?.strip_prefix(' ')?.parse::<SocketAddr>().ok();
        let Some(address) = lines.iter().find_map(|line| address(line)) else {
            return Err(Failure::Unreachable(format!(
                "the {server} of {} has not said where it listens; is the suite up?",
                data.display()
            )));
        };
        let host = match address.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        Ok(Self { host: host.to_string(), port: address.port() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_print_server_is_found_by_its_own_word() {
        let directory = tempfile::tempdir().unwrap();
        let run = directory.path().join("run");
        std::fs::create_dir(&run).unwrap();
        assert_eq!(Place::local(directory.path()).unwrap_err().exit_code(), 3);
        let table = [
            ("lpd 0.0.0.0:515\nipp 0.0.0.0:20631\n", "127.0.0.1:20631"),
            ("ipp [::]:631\n", "[::1]:631"),
            ("ipp 192.0.2.7:631\n", "192.0.2.7:631"),
        ];
        for (text, expected) in table {
            std::fs::write(run.join("portserver.listens"), text).unwrap();
            assert_eq!(Place::local(directory.path()).unwrap().authority(), expected);
        }
        assert_eq!(Place::named("printserver").unwrap().authority(), "printserver:631");
    }
}
