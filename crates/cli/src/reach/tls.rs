//! Trust in a remote suite: its certificate authority, or the fingerprint of its certificate.

use std::path::Path;
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring as provider};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::TlsConnector;

use crate::failure::Failure;

/// A connector that trusts what the options name, and nothing else.
pub(super) fn connector(ca: Option<&Path>, fingerprint: Option<&str>) -> Result<TlsConnector, Failure> {
    let crypto = Arc::new(provider::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match (ca, fingerprint) {
        (Some(path), _) => authority(path, &crypto)?,
        (None, Some(text)) => Arc::new(Pinned { sha256: parse_fingerprint(text)?, crypto: crypto.clone() }),
        (None, None) => {
            return Err(nobody_trusted());
        }
    };
    let mut config = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Configuration(format!("TLS cannot be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The name the certificate must carry.
pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, Failure> {
    ServerName::try_from(host.to_owned()).map_err(|_| Failure::Usage(format!("'{host}' is no host name")))
}

/// Trust in the certificates of a PEM file: as authorities, and as themselves (a self-signed certificate,
/// as a suite makes for itself at its first start, is no authority).
fn authority(path: &Path, crypto: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Failure::Configuration(format!("no certificate can be read from {}: {why}", path.display()))
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<CertificateDer<'static>>, _>>)
        .map_err(|error| unreadable(&error))?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), crypto.clone())
        .build()
        .map_err(|error| unreadable(&error))?;
    Ok(Arc::new(Authority { itself: certificates, chain }))
}

#[derive(Debug)]
struct Authority {
    itself: Vec<CertificateDer<'static>>,
    chain: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Authority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.itself.iter().any(|certificate| certificate == end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        self.chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Trust in exactly one certificate, whatever name it carries.
#[derive(Debug)]
struct Pinned {
    sha256: [u8; 32],
    crypto: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if digest(&SHA256, end_entity).as_ref() == self.sha256 {
            return Ok(ServerCertVerified::assertion());
        }
        Err(rustls::Error::General("the certificate is not the one with the given fingerprint".to_owned()))
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
            &self.crypto.signature_verification_algorithms,
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
            &self.crypto.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}

/// The refusal to trust unasked.
pub(super) fn nobody_trusted() -> Failure {
    Failure::Usage("say whom to trust: --ca FILE or --fingerprint HEX".to_owned())
}

/// 64 hexadecimal digits, with or without colons and a leading `sha256:`.
pub(super) fn parse_fingerprint(text: &str) -> Result<[u8; 32], Failure> {
    let digits: Vec<u8> = text
        .strip_prefix("sha256:")
        .unwrap_or(text)
        .bytes()
        .filter(|byte| *byte != b':')
        .map(|byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()
        .unwrap_or_default();
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit)).collect();
    if digits.len() != 64 {
        return Err(Failure::Usage("a fingerprint is 64 hexadecimal digits (SHA-256)".to_owned()));
    }
    Ok(bytes.try_into().expect("64 digits are 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_tools_print_it() {
        let plain = "00".repeat(31) + "fF";
        let colons = vec!["00"; 31].join(":") + ":FF";
        for text in [plain.clone(), colons.clone(), format!("sha256:{plain}")] {
            let bytes = parse_fingerprint(&text).unwrap();
            assert_eq!((bytes[0], bytes[31]), (0, 255));
        }
        for text in ["", "00", "zz", &plain[1..], &(plain.clone() + "00")] {
            assert_eq!(parse_fingerprint(text).unwrap_err().exit_code(), 2, "{text}");
        }
    }

    #[test]
    fn nobody_is_trusted_unasked() {
        assert_eq!(connector(None, None).err().map(|failure| failure.exit_code()), Some(2));
    }
}
