//! The installation's own certificate authority: it says who is a server of this installation.
//!
//! `ca.pem` and `ca.key` are made on the first machine, in `DIR/keys` unless `common.authority_dir` names another place. Another
//! machine gets `ca.pem` and either
//! `ca.key` too, or a pair made for its server (`<server>.pem`, `<server>.key`), which then cannot make others.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::files::{certificates, date, make_once, write_secret};
use super::{TlsError, provider};
use crate::Clock;

/// What one server shows to others, and what it wants to see of them.
pub(crate) struct Identity {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) client: Arc<ClientConfig>,
}

/// The identity of server `name`; the authority is made when this is the first machine.
pub(crate) fn identity(name: &str, keys: &Path, clock: &Clock) -> Result<Identity, TlsError> {
    let (ca_file, ca_key_file) = (keys.join("ca.pem"), keys.join("ca.key"));
    make_once(keys, &ca_file, || {
        let key = KeyPair::generate()?;
        let certificate = authority_params(clock).self_signed(&key)?;
        write_secret(&ca_key_file, &key.serialize_pem())?;
        write_secret(&ca_file, &certificate.pem())
    })?;
    let fault = |file: &Path, why: String| TlsError::Configured { file: file.to_owned(), why };
    let authority = certificates(&ca_file).map_err(|why| fault(&ca_file, why))?;
    let mut roots = RootCertStore::empty();
    for certificate in authority {
        roots.add(certificate)?;
    }
    let roots = Arc::new(roots);

    let (own_file, own_key_file) = (keys.join(format!("{name}.pem")), keys.join(format!("{name}.key")));
    let (chain, key) = if own_file.exists() {
        let key = PrivateKeyDer::from_pem_file(&own_key_file);
        let chain = certificates(&own_file).map_err(|why| fault(&own_file, why))?;
        (chain, key.map_err(|why| fault(&own_key_file, why.to_string()))?)
    } else {
        let text = std::fs::read_to_string(&ca_key_file).map_err(|why| {
            fault(&ca_key_file, format!("neither this nor {} is there: {why}", own_file.display()))
        })?;
        issue(name, &KeyPair::from_pem(&text)?, clock)?
    };

    let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider())
        .build()
        .map_err(|why| fault(&ca_file, why.to_string()))?;
    let mut server = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain.clone(), key.clone_key())?;
    server.alpn_protocols = vec![b"h2".to_vec()];
    let mut client = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)?;
    client.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Identity { server: Arc::new(server), client: Arc::new(client) })
}

/// The server a verified certificate was issued to.
pub(crate) fn server_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = rustls::server::ParsedCertificate::try_from(certificate).ok()?;
    crate::config::SECTIONS.iter().find_map(|name| {
        let wanted = super::client_name(name).ok()?;
        rustls::client::verify_server_name(&certificate, &wanted).ok()?;
        Some((*name).to_owned())
    })
}

/// A certificate for server `name`, which lives as long as the process does.
fn issue(
    name: &str,
    ca_key: &KeyPair,
    clock: &Clock,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    date(&mut params, clock);
    let certificate = params.signed_by(&key, &Issuer::new(authority_params(clock), ca_key))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok((vec![certificate.der().clone()], key))
}

/// The authority's own certificate; its name is what signed certificates refer to.
fn authority_params(clock: &Clock) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Papergate installation");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    date(&mut params, clock);
    params
}
