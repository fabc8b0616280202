//! This process as a party to internal calls: its channels to others, and its certificate.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use super::{
    CONNECT_LIMIT, FRAME_BYTES_MAX, KEEP_ALIVE, KEEP_ALIVE_LIMIT, Link, WINDOW_CONNECTION_BYTES,
    WINDOW_STREAM_BYTES, unix,
};
use crate::Clock;
use crate::config::Common;
use crate::tls::authority::{Identity, identity};
use crate::tls::{TlsError, client_name};

/// Made once per process; the certificate only when a call crosses machines.
pub(crate) struct Internal {
    name: &'static str,
    authority_dir: PathBuf,
    clock: Clock,
    identity: Arc<OnceLock<Identity>>,
}

impl Internal {
    pub(crate) fn new(name: &'static str, authority_dir: PathBuf, clock: Clock) -> Self {
        Self { name, authority_dir, clock, identity: Arc::default() }
    }

    fn identity(&self) -> Result<&Identity, TlsError> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity);
        }
        let made = identity(self.name, &self.authority_dir, &self.clock)?;
        Ok(self.identity.get_or_init(|| made))
    }

    /// For calls from other machines.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        Ok(TlsAcceptor::from(self.identity()?.server.clone()))
    }

    /// A lazy channel to `server`: its URL of section `[peers]`, else its socket in `DIR/run`.
    pub(crate) fn channel(&self, common: &Common, server: &str, deadline: Option<Duration>) -> Channel {
        match common.peers.get(server) {
            None => unix_channel(&common.run_dir(), server, deadline),
            Some(url) => {
                let uri = url.parse().expect("peers are parsed when the configuration is");
                self.channel_at(server, uri, deadline)
            }
        }
    }

    /// A lazy channel to the `server` at `uri`.
    pub(crate) fn channel_at(&self, server: &str, uri: Uri, deadline: Option<Duration>) -> Channel {
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let client =
            self.identity().map(|identity| identity.client.clone()).map_err(|error| error.to_string());
        let server: Arc<str> = server.into();
        tuned(Endpoint::from(uri), deadline).connect_with_connector_lazy(service_fn(move |_: Uri| {
            let (authority, client, server) = (authority.clone(), client.clone(), server.clone());
            async move {
                let client = client.map_err(io::Error::other)?;
                let stream = TcpStream::connect(&authority).await?;
                stream.set_nodelay(true)?;
                let stream = TlsConnector::from(client).connect(client_name(&server)?, stream).await?;
                Ok::<_, io::Error>(TokioIo::new(Link::to_tls(stream)))
            }
        }))
    }
}

/// A lazy channel to `server` of the suite whose sockets are in `run_dir`, for programs that are no server
/// themselves. Calls end after `deadline`, if there is one.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn unix_channel(run_dir: &Path, server: &str, deadline: Option<Duration>) -> Channel {
    let path: Arc<Path> = unix::path(run_dir, server).into();
    // The name only fills the request's authority; the connector knows the way.
    let endpoint = Endpoint::from_static("http://local.papergate");
    tuned(endpoint, deadline).connect_with_connector_lazy(service_fn(move |_: Uri| {
        let path = path.clone();
        async move { Ok::<_, io::Error>(TokioIo::new(Link::to_unix(unix::connect(&path).await?))) }
    }))
}

fn tuned(endpoint: Endpoint, deadline: Option<Duration>) -> Endpoint {
    let endpoint = endpoint
        .connect_timeout(CONNECT_LIMIT)
        .initial_stream_window_size(WINDOW_STREAM_BYTES)
        .initial_connection_window_size(WINDOW_CONNECTION_BYTES)
        .max_frame_size(FRAME_BYTES_MAX)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_LIMIT);
    match deadline {
        Some(deadline) => endpoint.timeout(deadline),
        None => endpoint,
    }
}
