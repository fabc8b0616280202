//! One connection between two processes of the suite, and who is at its other end.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::{TlsAcceptor, TlsStream};
use tonic::transport::server::Connected;

use crate::tls::authority;

/// Who made a call; found among the request's extensions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Caller {
    /// A process on this machine, of the suite's own user or root.
    Local {
        /// Its user.
        uid: u32,
        /// Its process, when the kernel says so.
        pid: Option<i32>,
    },
    /// A server on another machine that showed a certificate of the installation.
    Server {
        /// Its name: `jobserver`, `portserver`, ...
        name: String,
        /// Where it calls from.
        address: SocketAddr,
    },
    /// Anybody, over TLS without a certificate of their own: a call must carry credentials.
    Remote {
        /// Where they call from.
        address: SocketAddr,
    },
}

/// One connection.
pub struct Link {
    stream: Stream,
    /// Known on the accepting side only.
    caller: Option<Caller>,
}

enum Stream {
    Unix(UnixStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Link {
    pub(super) fn unix(stream: UnixStream, caller: Caller) -> Self {
        Self { stream: Stream::Unix(stream), caller: Some(caller) }
    }

    pub(super) fn to_unix(stream: UnixStream) -> Self {
        Self { stream: Stream::Unix(stream), caller: None }
    }

    pub(super) fn to_tls(stream: tokio_rustls::client::TlsStream<TcpStream>) -> Self {
        Self { stream: Stream::Tls(Box::new(stream.into())), caller: None }
    }

    /// The accepting side's handshake. With `mutual`, the peer's certificate has been verified when it
    /// ends, and its name says which server calls.
    pub(super) async fn accept(stream: TcpStream, acceptor: &TlsAcceptor, mutual: bool) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let address = stream.peer_addr()?;
        let stream = acceptor.accept(stream).await?;
        let caller = match mutual {
            false => Caller::Remote { address },
            true => {
                let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                let name = certificate.and_then(authority::server_name);
                let name =
                    name.ok_or_else(|| io::Error::other("the caller's certificate names no server"))?;
                Caller::Server { name, address }
            }
        };
        Ok(Self { stream: Stream::Tls(Box::new(stream.into())), caller: Some(caller) })
    }
}

impl Connected for Link {
    type ConnectInfo = Option<Caller>;

    fn connect_info(&self) -> Option<Caller> {
        self.caller.clone()
    }
}

impl AsyncRead for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Unix(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Unix(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
