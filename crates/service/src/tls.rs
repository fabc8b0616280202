//! Certificates, and TLS beside plain on one port.
//!
//! A fresh suite makes itself a certificate in `DIR/keys`; an administrator may name another one in the
//! configuration. Either is read again on SIGHUP and when its files change, and new connections use it from
//! then on: nothing is restarted, nothing is cut.

pub(crate) mod authority;
mod client;
mod connection;
mod files;
mod resolver;
mod trust;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

pub use connection::Connection;
use resolver::Resolver;
pub use trust::Trust;

use crate::config::{ChannelEncryption, Common};
use crate::{Clock, Stop};

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file named in the configuration cannot be used.
    #[error("{}: {why}", file.display())]
    Configured {
        /// Which one.
        file: PathBuf,
        /// In which way.
        why: String,
    },
    /// A file of `DIR/keys` cannot be read or written.
    #[error("{}", file.display())]
    Keys {
        /// Which one.
        file: PathBuf,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("a certificate could not be made")]
    Make(#[from] rcgen::Error),
    /// A certificate and its key do not fit each other or the library.
    #[error("the certificate cannot be used")]
    Unusable(#[from] rustls::Error),
}

impl TlsError {
    /// True when only a person can mend it.
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::Configured { .. })
    }
}

/// Why a connection was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// Plain bytes where the channel-encryption setting wants TLS.
    #[error("the peer speaks plain, and only TLS is allowed")]
    PlainRefused,
    /// TLS where the channel-encryption setting wants plain.
    #[error("the peer speaks TLS, and only plain is allowed")]
    TlsRefused,
    /// The peer said nothing in time.
    #[error("the peer stayed silent")]
    Silent,
    /// The peer went away before it said anything.
    #[error("the peer closed without a word")]
    Closed,
    /// The handshake or the socket failed.
    #[error("the connection failed: {0}")]
    Failed(#[from] io::Error),
}

/// The server side of TLS, shared by every listener of a process.
#[derive(Clone)]
pub struct Tls {
    files: Arc<files::Files>,
    resolver: Arc<Resolver>,
    server: Arc<ServerConfig>,
}

impl Tls {
    /// Reads the configured certificate, or the suite's own, which is made when there is none.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(common: &Common, clock: &Clock) -> Result<Self, TlsError> {
        let files = files::Files::find(common, clock)?;
        let resolver = Arc::new(Resolver::new(files.read()?));
        let server = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(resolver.clone());
        Ok(Self { files: Arc::new(files), resolver, server: Arc::new(server) })
    }

    /// The same certificate, for listeners that ask clients for one of theirs. A client may have none, and what it shows is
    /// not judged: [`Connection::certificates`] tells it. Clients that have several may ask their person to choose.
    ///
    /// # Errors
    /// When the library knows no protocol version.
    pub fn asking_clients(&self) -> Result<Self, TlsError> {
        let server = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::new(client::AnyClient::new(provider())))
            .with_cert_resolver(self.resolver.clone());
        Ok(Self { server: Arc::new(server), ..self.clone() })
    }

    /// The configuration itself, for what wants to drive the handshake by hand.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        self.server.clone()
    }

    /// Reads the certificate's files again. When they cannot be used, the present one stays.
    pub fn reload(&self) {
        match self.files.read() {
            Ok(key) => {
                if self.resolver.replace(key) {
                    tracing::info!(file = %self.files.certificate.display(), "a new certificate is in use");
                }
            }
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::new(error));
                tracing::error!(error, "the new certificate cannot be used; the present one stays");
            }
        }
    }

    /// Reloads whenever the files change, until the stop.
    pub(crate) async fn watch(self, stop: Stop) {
        let mut seen = self.changed();
        while stop.unless_asked(tokio::time::sleep(WATCH_PERIOD)).await.is_some() {
            let now = self.changed();
            if now != seen {
                seen = now;
                self.reload();
            }
        }
    }

    /// When the files were last changed, as far as that can be seen.
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.files.certificate, &self.files.key]
            .map(|file| std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok())
    }

    /// Takes a connection as TLS or plain, whichever its first byte says and `allowed` permits.
    ///
    /// A TLS connection begins with a handshake record (RFC 8446, section 5.1: type 22); no protocol of the
    /// suite begins with that byte.
    ///
    /// # Errors
    /// See [`AcceptError`]; the connection is closed by dropping it.
    pub async fn accept(
        &self,
        stream: TcpStream,
        allowed: ChannelEncryption,
    ) -> Result<Connection, AcceptError> {
        let mut first = [0];
        let peeked = tokio::time::timeout(FIRST_BYTE_LIMIT, stream.peek(&mut first));
        if peeked.await.map_err(|_| AcceptError::Silent)?? == 0 {
            return Err(AcceptError::Closed);
        }
        match (first[0] == HANDSHAKE_RECORD, allowed) {
            (true, ChannelEncryption::LegacyOnly) => Err(AcceptError::TlsRefused),
            (false, ChannelEncryption::TlsOnly) => Err(AcceptError::PlainRefused),
            (false, ChannelEncryption::LegacyOnly | ChannelEncryption::Both) => Ok(Connection::Plain(stream)),
            (true, ChannelEncryption::TlsOnly | ChannelEncryption::Both) => self.shake_hands(stream).await,
        }
    }

    /// Takes a connection of which the peer has said that TLS begins now.
    ///
    /// # Errors
    /// See [`AcceptError`].
    pub async fn shake_hands(&self, stream: TcpStream) -> Result<Connection, AcceptError> {
        let handshake = TlsAcceptor::from(self.server.clone()).accept(stream);
        let stream = tokio::time::timeout(HANDSHAKE_LIMIT, handshake).await;
        Ok(Connection::Tls(Box::new(stream.map_err(|_| AcceptError::Silent)??)))
    }

    /// Takes a connection as TLS or plain, whichever it is.
    ///
    /// # Errors
    /// See [`AcceptError`].
    pub async fn accept_either(&self, stream: TcpStream) -> Result<Connection, AcceptError> {
        self.accept(stream, ChannelEncryption::Both).await
    }
}

/// The one cryptographic provider of the project.
pub(crate) fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A server's name as a certificate spells it.
pub(crate) fn client_name(server: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(server.to_owned())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

/// First byte of a TLS connection.
const HANDSHAKE_RECORD: u8 = 22;
/// How long a peer may stay silent before it says what it speaks.
const FIRST_BYTE_LIMIT: Duration = Duration::from_secs(30);
/// How long a handshake may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// How often the certificate's files are looked at.
const WATCH_PERIOD: Duration = Duration::from_secs(5);
