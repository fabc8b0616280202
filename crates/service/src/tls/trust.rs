//! Whose certificate is believed: the connecting side of TLS, for everybody who connects.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{client_name, provider};

/// What a peer has to show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Trust {
    /// Any certificate. Nobody on the way can read along, but one who stands in the way can; most devices
    /// make their own certificate, so this is what can be had without work on each of them.
    Any,
    /// This very certificate, by the SHA-256 of its DER form, whatever name it carries.
    Pinned([u8; 32]),
    /// A certificate for the host's name that is in this PEM file, as a suite makes one for itself at its first start, or
    /// that comes from one of the authorities in it.
    Authorities(PathBuf),
}

impl Trust {
    /// The machine's authorities, as Debian keeps them.
    pub fn system() -> Self {
        Self::Authorities(PathBuf::from("/etc/ssl/certs/ca-certificates.crt"))
    }

    /// Reads a SHA-256 fingerprint as tools print it: 64 hexadecimal digits, with or without colons and a leading
    /// `sha256:`.
    pub fn pinned(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text).chars().filter(|&letter| letter != ':');
        let digits: Vec<u32> = digits.map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
        let octets = digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit));
        let octets: Vec<u8> = octets.map(|octet| u8::try_from(octet).ok()).collect::<Option<_>>()?;
        (digits.len() == 64).then_some(Self::Pinned(octets.try_into().ok()?))
    }

    /// The connecting side's handshake with `host` on a connection that is there.
    ///
    /// # Errors
    /// When the peer speaks no TLS or shows something else than it has to.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector(&[])?.connect(client_name(host)?, stream).await
    }

    /// For handshakes that offer these application protocols (RFC 7301).
    ///
    /// # Errors
    /// When the authorities cannot be read.
    pub fn connector(&self, protocols: &[&[u8]]) -> io::Result<TlsConnector> {
        let verifier = Verifier { rule: self.rule()?, provider: provider() };
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(TlsConnector::from(Arc::new(config)))
    }

    fn rule(&self) -> io::Result<Rule> {
        match self {
            Self::Any => Ok(Rule::Any),
            Self::Pinned(fingerprint) => Ok(Rule::Pinned(*fingerprint)),
            Self::Authorities(file) => authorities(file).map_err(|why| {
                io::Error::other(format!("no certificate can be read from {}: {why}", file.display()))
            }),
        }
    }
}

fn authorities(file: &Path) -> io::Result<Rule> {
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<CertificateDer<'static>>, _>>)
        .map_err(io::Error::other)?;
    let mut roots = RootCertStore::empty();
    // One authority that cannot be used must not take the others away.
    roots.add_parsable_certificates(certificates.iter().cloned());
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
    Ok(Rule::Authorities { themselves: certificates, chain: chain.build().map_err(io::Error::other)? })
}

/// The handshake's signature is checked by every rule, so the peer does hold the key of what it shows.
#[derive(Debug)]
struct Verifier {
    rule: Rule,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
enum Rule {
    Any,
    Pinned([u8; 32]),
    Authorities { themselves: Vec<CertificateDer<'static>>, chain: Arc<WebPkiServerVerifier> },
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.rule {
            Rule::Any => Ok(ServerCertVerified::assertion()),
            Rule::Pinned(wanted) if digest(&SHA256, certificate).as_ref() == wanted => {
                Ok(ServerCertVerified::assertion())
            }
            Rule::Pinned(_) => Err(CertificateError::ApplicationVerificationFailure.into()),
            // A self-signed certificate is no authority.
            Rule::Authorities { themselves, .. } if themselves.contains(certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            Rule::Authorities { chain, .. } => {
                chain.verify_server_cert(certificate, intermediates, name, ocsp, now)
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_tools_print_it() {
        let plain = "00".repeat(31) + "fF";
        let colons = vec!["00"; 31].join(":") + ":FF";
        for text in [plain.clone(), colons, format!("sha256:{plain}")] {
            let Some(Trust::Pinned(octets)) = Trust::pinned(&text) else { panic!("{text}") };
            assert_eq!((octets[0], octets[31]), (0, 255));
        }
        for text in ["", "00", "zz", &plain[1..], &(plain.clone() + "00")] {
            assert_eq!(Trust::pinned(text), None, "{text}");
        }
    }
}
