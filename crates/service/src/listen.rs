//! Bound addresses, and the file that tells others about them.

use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, Socket, Type};

/// Why a port could not be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Port and offset leave the range of ports.
    #[error("{what}: port {port} and the port offset {offset} are past 65535")]
    Port {
        /// What was to listen.
        what: String,
        /// The configured port.
        port: u16,
        /// The suite's offset.
        offset: u16,
    },
    /// The system refused; for ports under 1024 that is a matter of rights.
    #[error("{what} cannot listen on {address}{hint}")]
    Bind {
        /// What was to listen.
        what: String,
        /// Where.
        address: SocketAddr,
        /// What can be done, when that is known.
        hint: &'static str,
        /// The system's word.
        #[source]
        source: io::Error,
    },
}

pub(crate) fn offset_port(what: &str, port: u16, offset: u16) -> Result<u16, ListenError> {
    match port {
        0 => Ok(0),
        port => {
            port.checked_add(offset).ok_or_else(|| ListenError::Port { what: what.to_owned(), port, offset })
        }
    }
}

pub(crate) fn tcp(what: &str, address: SocketAddr) -> Result<tokio::net::TcpListener, ListenError> {
    let bind = || -> io::Result<tokio::net::TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // A restarted server must not wait for its predecessor's connections to time out.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        tokio::net::TcpListener::from_std(socket.into())
    };
    bind().map_err(|source| refused(what, address, source))
}

pub(crate) fn udp(what: &str, address: SocketAddr) -> Result<tokio::net::UdpSocket, ListenError> {
    let bind = || -> io::Result<tokio::net::UdpSocket> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        socket.set_broadcast(true)?;
        socket.bind(&address.into())?;
        tokio::net::UdpSocket::from_std(socket.into())
    };
    bind().map_err(|source| refused(what, address, source))
}

fn refused(what: &str, address: SocketAddr, source: io::Error) -> ListenError {
    let hint = match source.kind() {
        io::ErrorKind::PermissionDenied if address.port() < 1024 => {
            ": ports under 1024 need root or CAP_NET_BIND_SERVICE; --port-offset moves every port"
        }
        io::ErrorKind::AddrInUse => ": another program has this port; --port-offset moves every port",
        _ => "",
    };
    ListenError::Bind { what: what.to_owned(), address, hint, source }
}

/// Connections the kernel holds for a listener that is busy.
const BACKLOG: i32 = 1024;

/// The file in which server `name` says what it listens on, one `what address` per line.
pub fn report_path(run_dir: &Path, name: &str) -> PathBuf {
    run_dir.join(format!("{name}.listens"))
}

pub(crate) fn report_write(run_dir: &Path, name: &str, listens: &[(String, SocketAddr)]) -> io::Result<()> {
    let path = report_path(run_dir, name);
    let draft = path.with_extension("listens.new");
    let mut file = fs::File::create(&draft)?;
    for (what, address) in listens {
        writeln!(file, "{what} {address}")?;
    }
    fs::rename(draft, path)
}

/// What server `name` listens on; empty while it has not said so.
///
/// # Errors
/// When the report is there and cannot be read.
pub fn report_read(run_dir: &Path, name: &str) -> io::Result<Vec<String>> {
    match fs::read_to_string(report_path(run_dir, name)) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The loopback address of the same family as `bind`, for what other machines must not reach.
pub fn loopback(bind: IpAddr) -> IpAddr {
    match bind {
        IpAddr::V4(_) => IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
    }
}
