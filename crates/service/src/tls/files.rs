//! Certificates and keys as files.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::{TlsError, provider};
use crate::config::Common;
use crate::{Clock, lock};

/// Where the presented certificate lies.
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    configured: bool,
}

impl Files {
    /// The configured files, or the suite's own, made when missing.
    pub(super) fn find(common: &Common, clock: &Clock) -> Result<Self, TlsError> {
        if let (Some(certificate), Some(key)) = (&common.tls_certificate, &common.tls_key) {
            return Ok(Self { certificate: certificate.clone(), key: key.clone(), configured: true });
        }
        let keys = common.keys_dir();
        let files = Self { certificate: keys.join("tls.pem"), key: keys.join("tls.key"), configured: false };
        make_once(&keys, &files.certificate, || {
            let key = KeyPair::generate()?;
            let host = host_name();
            let mut names =
                vec![host.clone(), "localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
            names.dedup();
            let mut params = CertificateParams::new(names)?;
            params.distinguished_name.push(DnType::CommonName, host);
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            date(&mut params, clock);
            let certificate = params.self_signed(&key)?;
            // The key first: a certificate without its key would be taken for a finished pair.
            write_secret(&files.key, &key.serialize_pem())?;
            write_secret(&files.certificate, &certificate.pem())
        })?;
        Ok(files)
    }

    pub(super) fn read(&self) -> Result<CertifiedKey, TlsError> {
        let chain = certificates(&self.certificate).map_err(|why| self.fault(&self.certificate, why))?;
        let key =
            PrivateKeyDer::from_pem_file(&self.key).map_err(|why| self.fault(&self.key, why.to_string()))?;
        let made = CertifiedKey::from_der(chain, key, &provider());
        made.map_err(|why| self.fault(&self.certificate, why.to_string()))
    }

    fn fault(&self, file: &Path, why: String) -> TlsError {
        match self.configured {
            true => TlsError::Configured { file: file.to_owned(), why },
            false => TlsError::Keys { file: file.to_owned(), source: io::Error::other(why) },
        }
    }
}

pub(super) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|why| why.to_string())?;
    if chain.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(chain) }
}

/// Runs `make` unless `product` is there; servers that start together agree on one of them.
pub(super) fn make_once(
    keys: &Path,
    product: &Path,
    make: impl FnOnce() -> Result<(), TlsError>,
) -> Result<(), TlsError> {
    if product.exists() {
        return Ok(());
    }
    let fault = |source| TlsError::Keys { file: keys.to_owned(), source };
    let lock = lock::take_within(&keys.join(".lock"), MAKE_LIMIT).map_err(fault)?;
    if product.exists() {
        return Ok(());
    }
    if lock.is_none() {
        return Err(fault(io::Error::other("another process holds the keys' lock")));
    }
    make()
}

/// Writes a file only its owner can read, so that it is there wholly or not at all.
pub(super) fn write_secret(path: &Path, text: &str) -> Result<(), TlsError> {
    let write = || -> io::Result<()> {
        let draft = path.with_extension("new");
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(draft, path)
    };
    write().map_err(|source| TlsError::Keys { file: path.to_owned(), source })
}

/// Valid from the start of this year, for ten years: clients remember a self-signed certificate when
/// they first meet it, and replacing it early would only alarm them.
pub(super) fn date(params: &mut CertificateParams, clock: &Clock) {
    let years = clock.now().0 / (MICROSECONDS_PER_YEAR);
    let year = 1970 + i32::try_from(years).unwrap_or(0);
    params.not_before = rcgen::date_time_ymd(year, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + 10, 12, 31);
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Of the Gregorian calendar, on average.
const MICROSECONDS_PER_YEAR: i64 = 31_556_952_000_000;
/// How long another process may take to make a key.
const MAKE_LIMIT: Duration = Duration::from_secs(30);
