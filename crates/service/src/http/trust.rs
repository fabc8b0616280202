//! Whose certificate is believed.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::tls::{client_name, provider};

/// What a peer has to show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Trust {
    /// Any certificate. Nobody on the way can read along, but one who stands in the way can; most devices
    /// make their own certificate, so this is what can be had without work on each of them.
    Any,
    /// This very certificate, by the SHA-256 of its DER form: what a device showed when it was added.
    Pinned([u8; 32]),
    /// A certificate for the host's name from one of the authorities in this PEM file.
    Authorities(PathBuf),
}

impl Trust {
    /// The machine's authorities, as Debian keeps them.
    pub fn system() -> Self {
        Self::Authorities(PathBuf::from("/etc/ssl/certs/ca-certificates.crt"))
    }

    /// The connecting side's handshake with `host` on a connection that is there.
    ///
    /// # Errors
    /// When the peer speaks no TLS or shows something else than it has to.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(self.client()?).connect(client_name(host)?, stream).await
    }

    pub(super) fn client(&self) -> io::Result<Arc<ClientConfig>> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let config = match self {
            Self::Authorities(file) => {
                let mut roots = RootCertStore::empty();
                for certificate in CertificateDer::pem_file_iter(file).map_err(io::Error::other)? {
                    // One authority that cannot be read must not take the others away.
                    let _ = roots.add(certificate.map_err(io::Error::other)?);
                }
                builder.with_root_certificates(roots).with_no_client_auth()
            }
            Self::Any => Self::verified_by(builder, None),
            Self::Pinned(fingerprint) => Self::verified_by(builder, Some(*fingerprint)),
        };
        Ok(Arc::new(config))
    }

    fn verified_by(
        builder: rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>,
        fingerprint: Option<[u8; 32]>,
    ) -> ClientConfig {
        let verifier = Fingerprint { fingerprint, provider: provider() };
        builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
    }
}

/// Believes one certificate, or every one; the handshake's signature is checked in any case, so the peer
/// does hold the key of what it shows.
#[derive(Debug)]
struct Fingerprint {
    fingerprint: Option<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Fingerprint {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.fingerprint {
            Some(wanted) if ring::digest::digest(&ring::digest::SHA256, certificate).as_ref() != wanted => {
                Err(rustls::CertificateError::ApplicationVerificationFailure.into())
            }
            Some(_) | None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
