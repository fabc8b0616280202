//! A connection to the server, TLS or plain.
//!
//! The device shows no interest in the server's certificate: it proves its secret over the TLS channel itself, and the
//! server proves that it knows the secret over the same channel (`wire::safecom::auth`). Somebody in between would have
//! two channels, and both proofs would fail.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use service::http::Trust;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use wire::safecom::auth::{Binding, EXPORTER_LABEL};

use crate::failure::Failure;

/// How long a connection and its handshake may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A connection, TLS or plain.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// After the handshake.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// The socket underneath.
    #[must_use]
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

/// Connects to `server`.
///
/// # Errors
/// [`Failure::Unreachable`] with what happened.
pub async fn connect(server: &str, plain: bool) -> Result<(Stream, Binding), Failure> {
    let unreachable = |what: String| Failure::Unreachable { server: server.to_owned(), what };
    let work = async {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        if plain {
            return Ok((Stream::Plain(stream), Binding::Plain));
        }
        let host = server.rsplit_once(':').map_or(server, |(host, _)| host).trim_matches(['[', ']']);
        let stream = Trust::Any.connect(host, stream).await?;
        let exporter = stream.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, Some(b""));
        let exporter = exporter.map_err(io::Error::other)?;
        Ok::<_, io::Error>((Stream::Tls(Box::new(stream)), Binding::Tls(exporter)))
    };
    match tokio::time::timeout(CONNECT_LIMIT, work).await {
        Ok(Ok(connected)) => Ok(connected),
        Ok(Err(error)) => Err(unreachable(format!("cannot be reached: {error}"))),
        Err(_) => Err(unreachable(format!("did not answer within {} seconds", CONNECT_LIMIT.as_secs()))),
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
