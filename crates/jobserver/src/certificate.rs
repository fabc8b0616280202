//! Whose certificate a client showed when it submitted a document.
//!
//! That the client holds the certificate's key was proved in the handshake at the port. Here it is found whose it is: the
//! person for whom it was registered by its fingerprint, or, when the administrator named an authority, the one person whose
//! e-mail address a certificate of that authority carries (RFC 5280, section 4.2.1.6, rfc822Name).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::user::User;
use domain::{Status, Timestamp};
use ring::digest::{SHA256, digest};
use rpc::Kind;
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use storage::core::CertificateRow;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use crate::failed::Failed;
use crate::state::{Jobserver, State};

/// Certificates a person may have.
const CERTIFICATES_MAX: i64 = 20;
/// Certificates of a chain.
const CHAIN_MAX: usize = 8;
/// Bytes of a certificate.
const BYTES_MAX: usize = 32 * 1024;
/// Letters of a subject that are kept.
const SUBJECT_MAX: usize = 255;

/// What a certificate says.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Facts {
    subject: String,
    starts: Timestamp,
    ends: Timestamp,
    /// E-mail addresses among the alternative names.
    addresses: Vec<String>,
}

impl Facts {
    fn read(certificate: &[u8]) -> Option<Self> {
        if certificate.len() > BYTES_MAX {
            return None;
        }
        let (rest, parsed) = X509Certificate::from_der(certificate).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let micros = |seconds: i64| seconds.checked_mul(1_000_000).map(Timestamp);
        let names = parsed.subject_alternative_name().ok().flatten();
        let addresses = names.map(|names| {
            let names = names.value.general_names.iter();
            names.filter_map(|name| match name {
                GeneralName::RFC822Name(address) => Some((*address).to_owned()),
                _ => None,
            })
        });
        Some(Self {
            subject: parsed.subject().to_string().chars().take(SUBJECT_MAX).collect(),
            starts: micros(parsed.validity().not_before.timestamp())?,
            ends: micros(parsed.validity().not_after.timestamp())?,
            addresses: addresses.into_iter().flatten().collect(),
        })
    }
}

/// The person whose certificate this is; `chain` begins with it.
///
/// # Errors
/// Status 15 for a certificate that is nobody's, has ended, was revoked, or whose person may not log in.
pub(crate) async fn by_certificate(server: &Jobserver, chain: Vec<Vec<u8>>) -> Result<User, Failed> {
    server
        .blocking(move |state| {
            let refused = || Failed::from(domain::login::LoginRefused::UserOrPasswordWrong);
            let Some(certificate) = chain.first().filter(|_| chain.len() <= CHAIN_MAX) else {
                return Err(refused());
            };
            let user = match registered(state, certificate)? {
                Some(user) => Some(user),
                None => by_authority(state, &chain)?,
            };
            let max_attempts = state.settings().login_policy().max_attempts;
            match user {
                Some(user) if !user.prevent_login && user.failed_logins < max_attempts => Ok(user),
                Some(user) => {
                    tracing::info!(user.logon = %user.logon, "somebody who may not log in showed a certificate");
                    Err(refused())
                }
                None => {
                    let fingerprint = hex(&fingerprint(certificate));
                    tracing::info!(fingerprint, "a certificate was shown that is nobody's");
                    Err(refused())
                }
            }
        })
        .await
}

fn registered(state: &State, certificate: &[u8]) -> Result<Option<User>, Failed> {
    let Some(row) = state.store.certificate_by_fingerprint(&fingerprint(certificate))? else {
        return Ok(None);
    };
    let now = state.now();
    if now < row.starts || now > row.ends {
        return Ok(None);
    }
    Ok(state.store.user_show(row.user)?.map(|(user, _)| user))
}

/// The one person whose address a certificate of the configured authority carries.
fn by_authority(state: &State, chain: &[Vec<u8>]) -> Result<Option<User>, Failed> {
    let settings = state.settings();
    let (authorities, revocations) = settings.certificate_files();
    if authorities.is_empty() {
        return Ok(None);
    }
    if let Err(why) = verify(chain, Path::new(authorities), revocations, state.now()) {
        tracing::info!(why, "a certificate is not of the configured authority, or no longer");
        return Ok(None);
    }
    let Some(facts) = chain.first().and_then(|certificate| Facts::read(certificate)) else { return Ok(None) };
    let mut found: Option<User> = None;
    for address in &facts.addresses {
        match state.store.users_by_email(address)?.as_slice() {
            [] => {}
            [user] if found.as_ref().is_none_or(|found| found.id == user.id) => found = Some(user.clone()),
            // Several people: nobody in particular.
            _ => {
                tracing::info!(
                    subject = facts.subject,
                    "a certificate carries the address of several people"
                );
                return Ok(None);
            }
        }
    }
    Ok(found)
}

/// Verifies a client's chain (RFC 5280, section 6). With a list of revocations one that cannot be read, has ended or says
/// nothing of the certificate's issuer refuses: a revocation that is not known of must not let in.
fn verify(chain: &[Vec<u8>], authorities: &Path, revocations: &str, now: Timestamp) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(authorities).map_err(|error| error.to_string())?;
    for certificate in certificates {
        roots.add(certificate.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    if !revocations.is_empty() {
        let lists: Result<Vec<_>, _> = CertificateRevocationListDer::pem_file_iter(revocations)
            .map_err(|error| error.to_string())?
            .collect();
        let lists = lists.map_err(|error| error.to_string())?;
        builder = builder.with_crls(lists).only_check_end_entity_revocation().enforce_revocation_expiration();
    }
    let verifier = builder.build().map_err(|error| error.to_string())?;
    let chain: Vec<CertificateDer<'_>> =
        chain.iter().map(|certificate| CertificateDer::from(certificate.as_slice())).collect();
    let (certificate, intermediates) = chain.split_first().ok_or("there is no certificate")?;
    let seconds = u64::try_from(now.0 / 1_000_000).map_err(|error| error.to_string())?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    verifier.verify_client_cert(certificate, intermediates, now).map_err(|error| error.to_string())?;
    Ok(())
}

/// Registers a certificate, PEM or DER, for a person. Blocks.
///
/// # Errors
/// Status 14 for what is no certificate or has ended; refused when the person has too many; a conflict when somebody has it.
pub(crate) fn add(state: &State, user: &User, file: &[u8]) -> Result<CertificateRow, Failed> {
    let certificate = if file.starts_with(b"-----") || file.windows(11).any(|part| part == b"-----BEGIN ") {
        CertificateDer::from_pem_slice(file).map_err(|error| Failed::invalid(error.to_string()))?
    } else {
        CertificateDer::from(file)
    };
    let facts = Facts::read(&certificate).ok_or_else(|| Failed::invalid("this is no certificate"))?;
    let created = state.now();
    if facts.ends <= created {
        return Err(Failed::invalid("the certificate has ended already"));
    }
    let row = CertificateRow {
        id: 0,
        user: user.id,
        fingerprint: fingerprint(&certificate),
        subject: facts.subject,
        created,
        starts: facts.starts,
        ends: facts.ends,
    };
    let id = state.store.certificate_add(&row, CERTIFICATES_MAX)?.ok_or_else(|| {
        let text = format!("a person has at most {CERTIFICATES_MAX} certificates");
        Failed::new(Kind::Refused, Status::BUSY, text)
    })?;
    Ok(CertificateRow { id, ..row })
}

fn fingerprint(certificate: &[u8]) -> Vec<u8> {
    digest(&SHA256, certificate).as_ref().to_vec()
}

/// Two digits an octet, as `openssl x509 -fingerprint -sha256` without the colons.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType,
        ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams,
        SanType, SerialNumber, date_time_ymd,
    };

    use rpc::proto::jobserver as message;

    use super::*;
    use crate::tests::World;

    struct Authority(Issuer<'static, KeyPair>, String);

    fn authority(name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority(Issuer::new(params, key), pem)
    }

    impl Authority {
        fn person(
            &self,
            serial: u64,
            addresses: &[&str],
            last_year: i32,
            usage: ExtendedKeyUsagePurpose,
        ) -> Vec<u8> {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, "Ann Example");
            params.serial_number = Some(SerialNumber::from(serial));
            params.subject_alt_names =
                addresses.iter().map(|address| SanType::Rfc822Name((*address).try_into().unwrap())).collect();
            params.extended_key_usages = vec![usage];
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(last_year, 1, 1);
            let key = KeyPair::generate().unwrap();
            params.signed_by(&key, &self.0).unwrap().der().to_vec()
        }

        fn revocations(&self, serial: u64) -> String {
            let params = CertificateRevocationListParams {
                this_update: date_time_ymd(2025, 12, 1),
                next_update: date_time_ymd(2026, 12, 1),
                crl_number: SerialNumber::from(1_u64),
                issuing_distribution_point: None,
                revoked_certs: vec![RevokedCertParams {
                    serial_number: SerialNumber::from(serial),
                    revocation_time: date_time_ymd(2025, 12, 1),
                    reason_code: None,
                    invalidity_date: None,
                }],
                key_identifier_method: KeyIdMethod::Sha256,
            };
            params.signed_by(&self.0).unwrap().pem().unwrap()
        }
    }

    fn person(world: &World, logon: &str) -> User {
        crate::rpc::user_find(&world.server.0, logon).unwrap()
    }

    async fn set(world: &World, key: &str, value: &str) {
        let request = message::SettingSetRequest { key: key.into(), value: value.into() };
        world.administration.clone().setting_set(request).await.unwrap();
    }

    /// Whom a chain proves, as the port is told.
    async fn proved(world: &World, certificate: &[u8]) -> Option<String> {
        let chain = vec![certificate.to_vec()];
        by_certificate(&world.server, chain).await.ok().map(|user| user.logon.to_string())
    }

    #[tokio::test]
    async fn sub_2_a_registered_certificate_is_its_person_s_until_it_is_taken_away_or_ends() {
        let world = World::new().await;
        let state = &world.server.0;
        let ann = person(&world, "ann");
        let ours = authority("ours");
        let usage = ExtendedKeyUsagePurpose::ClientAuth;
        let certificate = ours.person(1, &[], 2030, usage.clone());
        assert_eq!(proved(&world, &certificate).await, None, "nobody has it yet");
        let row = add(state, &ann, &certificate).unwrap();
        assert!(row.subject.contains("Ann Example"), "{}", row.subject);
        assert_eq!(proved(&world, &certificate).await.as_deref(), Some("ann"));
        assert_eq!(proved(&world, &ours.person(1, &[], 2030, usage.clone())).await, None, "another key");
        let twice = add(state, &ann, &certificate).unwrap_err();
        assert_eq!(twice.kind, Kind::Conflict);
        let ended = ours.person(2, &[], 2025, usage);
        assert!(add(state, &ann, &ended).unwrap_err().message.contains("ended"));
        for rubbish in
            [&b""[..], b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &certificate[1..]]
        {
            add(state, &ann, rubbish).unwrap_err();
        }

        state
            .store
            .user_edit(
                ann.id,
                &storage::core::UserChanges { prevent_login: Some(true), ..Default::default() },
            )
            .unwrap();
        assert_eq!(proved(&world, &certificate).await, None, "who may not log in may not print either");
        state
            .store
            .user_edit(
                ann.id,
                &storage::core::UserChanges { prevent_login: Some(false), ..Default::default() },
            )
            .unwrap();
        assert!(state.store.certificate_delete(row.id).unwrap());
        assert_eq!(proved(&world, &certificate).await, None);
        assert_eq!(by_certificate(&world.server, Vec::new()).await.unwrap_err().kind, Kind::Refused);
    }

    #[tokio::test]
    async fn sub_2_an_authority_s_certificate_is_whose_address_it_carries() {
        let world = World::new().await;
        let state = &world.server.0;
        for (logon, email) in
            [("ann", "Ann@Example.com"), ("bob", "shared@example.com"), ("cyd", "shared@example.com")]
        {
            if logon == "cyd" {
                world
                    .administration
                    .clone()
                    .user_add(message::UserAddRequest { logon: logon.into(), ..Default::default() })
                    .await
                    .unwrap();
            }
            let user = person(&world, logon);
            let email = storage::core::UserChanges { email: Some(email.to_owned()), ..Default::default() };
            state.store.user_edit(user.id, &email).unwrap();
        }
        let (ours, theirs) = (authority("ours"), authority("theirs"));
        let usage = ExtendedKeyUsagePurpose::ClientAuth;
        let anns = ours.person(7, &["ann@example.COM"], 2030, usage.clone());
        assert_eq!(proved(&world, &anns).await, None, "no authority is configured");
        let file = |name: &str, text: &str| {
            let path = state.data.join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        set(&world, "submission.certificate-authorities", &file("people-ca.pem", &ours.1)).await;
        let rows = [
            ("its person", anns.clone(), Some("ann")),
            ("another authority", theirs.person(7, &["ann@example.com"], 2030, usage.clone()), None),
            ("it has ended", ours.person(8, &["ann@example.com"], 2025, usage.clone()), None),
            (
                "for servers only",
                ours.person(9, &["ann@example.com"], 2030, ExtendedKeyUsagePurpose::ServerAuth),
                None,
            ),
            ("an address of two", ours.person(10, &["shared@example.com"], 2030, usage.clone()), None),
            (
                "addresses of two people",
                ours.person(11, &["ann@example.com", "shared@example.com"], 2030, usage.clone()),
                None,
            ),
            ("an address of nobody", ours.person(12, &["eve@example.com"], 2030, usage.clone()), None),
            ("no address", ours.person(13, &[], 2030, usage.clone()), None),
            (
                "the same address twice",
                ours.person(14, &["ann@example.com", "ANN@example.com"], 2030, usage),
                Some("ann"),
            ),
            ("no certificate", b"nothing".to_vec(), None),
        ];
        for (what, certificate, expected) in rows {
            assert_eq!(proved(&world, &certificate).await.as_deref(), expected, "{what}");
        }

        set(&world, "submission.certificate-revocations", &file("revoked.pem", &ours.revocations(99))).await;
        assert_eq!(proved(&world, &anns).await.as_deref(), Some("ann"), "another one was revoked");
        file("revoked.pem", &ours.revocations(7));
        assert_eq!(proved(&world, &anns).await, None, "revoked");
        file("revoked.pem", &theirs.revocations(99));
        assert_eq!(proved(&world, &anns).await, None, "nothing is known of this authority's revocations");
        set(&world, "submission.certificate-revocations", "/no/such/file").await;
        assert_eq!(proved(&world, &anns).await, None);
    }
}
