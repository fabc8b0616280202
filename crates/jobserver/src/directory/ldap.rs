//! One question to an LDAP directory: is this the person's password (a simple bind, RFC 4513 section 5.1.3)?

use std::path::Path;
use std::sync::Arc;

use domain::secret::Password;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchEntry, dn_escape, ldap_escape};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::secret_files::Secret;
use crate::settings::DirectorySettings;
use crate::state::State;

/// The machine's authorities, as Debian keeps them.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// LDAP's word for a wrong password (RFC 4511, appendix A: invalidCredentials).
const INVALID_CREDENTIALS: u32 = 49;
/// `strongerAuthRequired` and `confidentialityRequired` of the same place.
const STRONGER_AUTH_REQUIRED: u32 = 8;
const CONFIDENTIALITY_REQUIRED: u32 = 13;

/// How it went.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// The directory let the person in.
    Right,
    /// It did not; for administrators, why.
    Wrong(String),
    /// It cannot be asked; for administrators, why.
    Away(String),
}

/// Asks the directory, within the time-out of the settings.
pub(super) async fn ask(
    state: &State,
    settings: &DirectorySettings,
    domain: &str,
    logon: &str,
    password: &Password,
) -> Verdict {
    // A bind without a password always succeeds, as nobody (RFC 4513 section 5.1.2).
    if password.expose().is_empty() || logon.is_empty() {
        return Verdict::Wrong("no password or no logon".to_owned());
    }
    // The parts of a conversation have the time-out each; all of them together have it twice.
    match tokio::time::timeout(settings.timeout * 2, converse(state, settings, domain, logon, password)).await
    {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(why)) => Verdict::Away(why),
        Err(_) => Verdict::Away("it did not answer in time".to_owned()),
    }
}

async fn converse(
    state: &State,
    settings: &DirectorySettings,
    domain: &str,
    logon: &str,
    password: &Password,
) -> Result<Verdict, String> {
    let name = match &settings.bind_template {
        template if !template.is_empty() => {
            // An address-like name (logon@domain, DOMAIN\\logon) is no DN and has no escapes of its own.
            let is_dn = template.contains('=');
            let fill = |value: &str| if is_dn { dn_escape(value).into_owned() } else { value.to_owned() };
            template.replace("{logon}", &fill(logon)).replace("{domain}", &fill(domain))
        }
        _ => {
            let mut ldap = connect(settings).await?;
            if !settings.bind_dn.is_empty() {
                let secret = state.secret_files.read(Secret::DirectoryPassword);
                let secret =
                    secret.map_err(|error| format!("the password of the directory account: {error}"))?;
                let secret = secret
                    .ok_or("there is no password of the directory account: papergate directory secret")?;
                let bound = ldap.with_timeout(settings.timeout).simple_bind(&settings.bind_dn, &secret).await;
                bound
                    .and_then(ldap3::LdapResult::success)
                    .map_err(|error| format!("{}: {error}", settings.bind_dn))?;
            }
            let filter = settings
                .filter
                .replace("{logon}", &ldap_escape(logon))
                .replace("{domain}", &ldap_escape(domain));
            let found = ldap
                .with_timeout(settings.timeout)
                .search(&settings.base, Scope::Subtree, &filter, vec!["1.1"])
                .await
                .and_then(ldap3::SearchResult::success);
            let (entries, _) = found.map_err(|error| format!("the search for {logon}: {error}"))?;
            let _ = ldap.unbind().await;
            let mut names: Vec<String> = entries
                .into_iter()
                .filter(|entry| !entry.is_ref())
                .map(|entry| SearchEntry::construct(entry).dn)
                .collect();
            match (names.pop(), names.is_empty()) {
                (Some(name), true) => name,
                (None, _) => return Ok(Verdict::Wrong(format!("nobody there is called {logon}"))),
                (Some(_), false) => return Ok(Verdict::Wrong(format!("several there are called {logon}"))),
            }
        }
    };
    let mut ldap = connect(settings).await?;
    let bound = ldap.with_timeout(settings.timeout).simple_bind(&name, password.expose()).await;
    let _ = ldap.unbind().await;
    match bound {
        Ok(answer) if answer.rc == 0 => Ok(Verdict::Right),
        Ok(answer) if answer.rc == INVALID_CREDENTIALS => {
            Ok(Verdict::Wrong(format!("{name}: wrong password")))
        }
        // Nothing was asked about the person: the way there is not the one the directory wants.
        Ok(answer) if matches!(answer.rc, STRONGER_AUTH_REQUIRED | CONFIDENTIALITY_REQUIRED) => Err(format!(
            "the directory wants an encrypted connection: ldaps:// or directory.starttls ({})",
            answer.rc
        )),
        // Locked, expired, has to be changed, does not exist: the directory's business, and no way in.
        Ok(answer) => Ok(Verdict::Wrong(format!("{name}: {answer}"))),
        Err(error) => Err(error.to_string()),
    }
}

async fn connect(settings: &DirectorySettings) -> Result<Ldap, String> {
    let url = &settings.url;
    let parsed: http::Uri = url.parse().map_err(|_| format!("'{url}' is no address of a directory"))?;
    let local = matches!(parsed.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let encrypted = parsed.scheme_str() == Some("ldaps") || settings.starttls;
    if !encrypted && !local {
        return Err("a password is not sent in the clear: use ldaps:// or directory.starttls".to_owned());
    }
    let mut how = LdapConnSettings::new().set_conn_timeout(settings.timeout);
    if encrypted {
        how = how.set_starttls(settings.starttls).set_config(trust(settings.ca_file.as_deref())?);
    }
    let (connection, ldap) =
        LdapConnAsync::with_settings(how, url).await.map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        if let Err(error) = connection.drive().await {
            tracing::debug!(%error, "a connection to the directory broke");
        }
    });
    Ok(ldap)
}

fn trust(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let file = ca_file.unwrap_or(Path::new(SYSTEM_AUTHORITIES));
    let failed = |error: &dyn std::fmt::Display| format!("the authorities in {}: {error}", file.display());
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
        // One authority that cannot be read must not take the others away.
        let _ = roots.add(certificate.map_err(|error| failed(&error))?);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
