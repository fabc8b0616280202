//! Internal calls.
//!
//! On one machine they run over a Unix socket in a directory only the suite's user can enter, and the
//! peer's credentials are checked besides. Between machines they run over TLS where both sides show a
//! certificate of the installation's own authority, whose name says which server it is. What people and their scripts
//! may call from anywhere is served over TLS without that; such calls carry credentials.
//!
//! A handler finds out who calls with [`caller`].

mod health;
mod internal;
mod link;
mod unix;

use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use tonic::transport::Server;

pub(crate) use health::Health;
pub(crate) use internal::Internal;
pub use internal::unix_channel;
pub use link::{Caller, Link};
pub(crate) use unix::listen as listen_unix;

use crate::Stop;

/// The longest a call takes, unless it streams.
pub const CALL_DEADLINE: Duration = Duration::from_secs(30);

/// How long a connection may take to be made before the call fails.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A silent peer is asked for a sign of life this often, and given up when none comes.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const KEEP_ALIVE_LIMIT: Duration = Duration::from_secs(20);
/// Bytes in flight per call and per connection: a document chunk never waits for a window on one machine.
const WINDOW_STREAM_BYTES: u32 = 1 << 20;
const WINDOW_CONNECTION_BYTES: u32 = 4 << 20;
const FRAME_BYTES_MAX: u32 = 1 << 18;
/// Calls in flight per connection.
const STREAMS_MAX: u32 = 1024;
/// Connections from other machines that have not finished their handshake.
const HANDSHAKES_MAX: usize = 64;
/// How long such a handshake may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// Serves `routes` to processes of the same user until the stop.
pub(crate) async fn serve_unix(listener: UnixListener, routes: Routes, stop: Stop) {
    let (sender, links) = tokio::sync::mpsc::channel(1);
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => match unix::caller(&stream) {
                    Ok(caller) => {
                        if sender.send(Ok(Link::unix(stream, caller))).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => tracing::warn!(%error, "a local caller was turned away"),
                },
                Err(error) => pause_accepting(&error).await,
            }
        }
    };
    tokio::join!(stop.unless_asked(accepting), serve(ReceiverStream::new(links), routes, stop.clone()));
}

/// Serves `routes` over TLS until the stop: with `mutual` to other servers of the installation, whose certificates
/// `acceptor` verifies, otherwise to anybody.
pub(crate) async fn serve_tls(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    mutual: bool,
    routes: Routes,
    stop: Stop,
) {
    let (sender, links) = tokio::sync::mpsc::channel(1);
    let handshakes = TaskTracker::new();
    let accepting = async {
        loop {
            let (stream, from) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    pause_accepting(&error).await;
                    continue;
                }
            };
            if handshakes.len() >= HANDSHAKES_MAX {
                tracing::warn!(%from, limit = HANDSHAKES_MAX, "too many handshakes at once; a caller was turned away");
                continue;
            }
            let (acceptor, sender) = (acceptor.clone(), sender.clone());
            handshakes.spawn(async move {
                let handshake = Link::accept(stream, &acceptor, mutual);
                match tokio::time::timeout(HANDSHAKE_LIMIT, handshake).await {
                    // The server is gone when nobody receives; so is the need for this link.
                    Ok(Ok(link)) => drop(sender.send(Ok(link)).await),
                    Ok(Err(error)) => tracing::warn!(%from, %error, "a caller was turned away"),
                    Err(_) => tracing::warn!(%from, "a caller did not finish its handshake"),
                }
            });
        }
    };
    tokio::join!(stop.unless_asked(accepting), serve(ReceiverStream::new(links), routes, stop.clone()));
}

/// Who made `request`; `None` only for requests that came through no listener of ours, as in a unit test.
pub fn caller<T>(request: &tonic::Request<T>) -> Option<&Caller> {
    request.extensions().get::<Option<Caller>>().and_then(Option::as_ref)
}

async fn serve(links: impl Stream<Item = std::io::Result<Link>>, routes: Routes, stop: Stop) {
    let serving = Server::builder()
        .initial_stream_window_size(WINDOW_STREAM_BYTES)
        .initial_connection_window_size(WINDOW_CONNECTION_BYTES)
        .max_frame_size(FRAME_BYTES_MAX)
        .max_concurrent_streams(STREAMS_MAX)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .http2_keepalive_timeout(Some(KEEP_ALIVE_LIMIT))
        .add_routes(routes)
        .serve_with_incoming_shutdown(links, stop.soft());
    if let Some(Err(error)) = stop.within(serving).await {
        tracing::error!(%error, "internal calls are no longer served");
    }
}

/// Out of file descriptors: accepting again at once would only burn the processor.
async fn pause_accepting(error: &std::io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}
