//! A listener that is really closed while the printer is offline.

use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::failure::Failure;
use crate::fault::Faults;

/// Listens on an address whenever the printer is not offline.
pub struct Listener {
    address: SocketAddr,
    open: Option<TcpListener>,
    faults: watch::Receiver<Faults>,
    what: &'static str,
}

impl Listener {
    /// Opens it; port 0 becomes a free one, which stays the same over times offline.
    ///
    /// # Errors
    /// When the port is taken or forbidden.
    pub fn open(
        what: &'static str,
        address: SocketAddr,
        faults: watch::Receiver<Faults>,
    ) -> Result<Self, Failure> {
        let failed = Failure::io(format!("listen for {what} on {address}"));
        let listener =
            bind(address).and_then(|listener| Ok((listener.local_addr()?, listener))).map_err(failed)?;
        let (address, listener) = listener;
        tracing::info!(what, %address, "listening");
        let offline = faults.borrow().offline();
        Ok(Self { address, open: (!offline).then_some(listener), faults, what })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection. None comes while the printer is offline, and peers are refused by the system.
    pub async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let offline = self.faults.borrow_and_update().offline();
            if offline {
                self.open = None;
            } else if self.open.is_none() {
                match bind(self.address) {
                    Ok(listener) => self.open = Some(listener),
                    Err(error) => {
                        tracing::warn!(what = self.what, %error, "cannot listen again yet");
                        tokio::time::sleep(AGAIN).await;
                        continue;
                    }
                }
            }
            let changed = async {
                if self.faults.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            let Some(listener) = &self.open else {
                changed.await;
                continue;
            };
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => return accepted,
                    Err(error) => {
                        tracing::warn!(what = self.what, %error, "a connection could not be accepted");
                        tokio::time::sleep(AGAIN).await;
                    }
                },
                () = changed => {}
            }
        }
    }
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Connections the system holds while the printer is busy.
const BACKLOG: i32 = 128;
/// How long to wait before trying again what the system refused.
const AGAIN: std::time::Duration = std::time::Duration::from_millis(200);
