//! The installation's keys: two files of 32 random bytes under `keys/`, and what is derived from them.
//!
//! - `installation.key` wraps the key of every document and seals what must be readable again.
//! - `pepper.key` goes into every hash of a card, PIN or password, so that the database alone reveals none.
//!
//! Losing them loses every held document and every card; they belong into the backup, apart from the database.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::UserId;
use domain::people::link::SIGNATURE_BYTES;
use domain::secret::{CardCode, Password, Pin, Puk};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use zeroize::Zeroizing;

/// Bytes of a key.
const KEY_LEN: usize = 32;
/// Argon2id cost: 7 MiB, 5 passes, 1 lane (OWASP's profile for little memory).
const ARGON2_MEMORY_KIB: u32 = 7 * 1024;
const ARGON2_PASSES: u32 = 5;

/// Everything that is kept out of the database.
pub(crate) struct Keys {
    /// Wraps document keys.
    spool: LessSafeKey,
    /// Seals card codes and device keys.
    seal: LessSafeKey,
    card: hmac::Key,
    token: hmac::Key,
    link: hmac::Key,
    pin: hmac::Key,
    puk: hmac::Key,
    password: Zeroizing<[u8; KEY_LEN]>,
    check: String,
    /// Hashes of cards, PINs and passwords so far, for the proof that every login costs the same.
    #[cfg(test)]
    pub(crate) hashed: Hashed,
}

/// Hashes by what they hide.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Hashed([std::sync::atomic::AtomicUsize; 3]);

#[cfg(test)]
impl Hashed {
    fn note(&self, what: usize) {
        self.0[what].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    /// Cards, PINs, passwords.
    pub(crate) fn counts(&self) -> [usize; 3] {
        [0, 1, 2].map(|what| self.0[what].load(std::sync::atomic::Ordering::Relaxed))
    }
}

/// A key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// Reading or writing failed.
    #[error("the key file {file}: {source}")]
    File {
        /// Which.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// It does not hold exactly one key.
    #[error("the key file {file} has {len} bytes instead of {KEY_LEN}")]
    Length {
        /// Which.
        file: String,
        /// Its size.
        len: usize,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

impl Keys {
    /// Reads the keys, making those that are not there.
    ///
    /// # Errors
    /// When a file cannot be read, made, or has the wrong length.
    pub(crate) fn load(directory: &Path) -> Result<Self, KeyError> {
        let installation = read_or_make(&directory.join("installation.key"))?;
        let pepper = read_or_make(&directory.join("pepper.key"))?;
        Ok(Self {
            spool: aead_key(&derive(&installation, "spool")),
            seal: aead_key(&derive(&installation, "seal")),
            card: hmac::Key::new(hmac::HMAC_SHA256, &*derive(&pepper, "card")),
            token: hmac::Key::new(hmac::HMAC_SHA256, &*derive(&pepper, "token")),
            link: hmac::Key::new(hmac::HMAC_SHA256, &*derive(&installation, "link")),
            pin: hmac::Key::new(hmac::HMAC_SHA256, &*derive(&pepper, "pin")),
            puk: hmac::Key::new(hmac::HMAC_SHA256, &*derive(&pepper, "puk")),
            password: derive(&pepper, "password"),
            check: format!(
                "{}{}",
                hex(&derive(&installation, "check")[..8]),
                hex(&derive(&pepper, "check")[..8])
            ),
            #[cfg(test)]
            hashed: Hashed::default(),
        })
    }

    /// Names this pair of keys without revealing them; stored beside the data, so that the wrong keys are
    /// noticed at start and not at the first document.
    pub(crate) fn check(&self) -> &str {
        &self.check
    }

    /// Wraps the keys of documents.
    pub(crate) fn spool(&self) -> &LessSafeKey {
        &self.spool
    }

    /// What a card is found by.
    pub(crate) fn card_hash(&self, code: &CardCode) -> Vec<u8> {
        #[cfg(test)]
        self.hashed.note(0);
        hmac::sign(&self.card, code.expose().as_bytes()).as_ref().to_vec()
    }

    /// What a token is found by.
    pub(crate) fn token_hash(&self, token: &str) -> Vec<u8> {
        hmac::sign(&self.token, token.as_bytes()).as_ref().to_vec()
    }

    /// Signs what a link claims.
    pub(crate) fn link_signature(&self, claim: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(&hmac::sign(&self.link, claim).as_ref()[..SIGNATURE_BYTES]);
        signature
    }

    /// Whether a link's claim was signed here, in constant time.
    pub(crate) fn link_is(&self, claim: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        use subtle::ConstantTimeEq as _;
        self.link_signature(claim).ct_eq(signature).into()
    }

    /// What an open PUK is found by.
    pub(crate) fn puk_hash(&self, puk: &Puk) -> Vec<u8> {
        hmac::sign(&self.puk, puk.expose().as_bytes()).as_ref().to_vec()
    }

    /// What a person's PIN is compared with. Four characters are guessed in no time by whoever has the key,
    /// so a slow hash would add nothing; the key is what protects them.
    pub(crate) fn pin_hash(&self, user: UserId, pin: &Pin) -> Vec<u8> {
        #[cfg(test)]
        self.hashed.note(1);
        let mut context = hmac::Context::with_key(&self.pin);
        context.update(&user.0.to_be_bytes());
        context.update(pin.expose().as_bytes());
        context.sign().as_ref().to_vec()
    }

    /// Whether `pin` is the person's, in constant time.
    pub(crate) fn pin_is(&self, user: UserId, pin: &Pin, hash: &[u8]) -> bool {
        use subtle::ConstantTimeEq as _;
        self.pin_hash(user, pin).ct_eq(hash).into()
    }

    /// Argon2id of a password, in PHC form. Takes tens of milliseconds: belongs on a blocking thread.
    pub(crate) fn password_hash(&self, password: &Password) -> Option<String> {
        let hash = self.argon2().hash_password(password.expose().as_bytes()).ok()?;
        Some(hash.to_string())
    }

    /// Whether `password` is the one that was hashed. Without a hash the same time is spent.
    pub(crate) fn password_is(&self, password: &Password, hash: Option<&str>) -> bool {
        let Some(hash) = hash else {
            let _ = self.password_hash(password);
            return false;
        };
        let Ok(hash) = PasswordHash::new(hash) else { return false };
        self.argon2().verify_password(password.expose().as_bytes(), &hash).is_ok()
    }

    fn argon2(&self) -> Argon2<'_> {
        #[cfg(test)]
        self.hashed.note(2);
        let params = Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, 1, None)
            .expect("the constants are within argon2's limits");
        Argon2::new_with_secret(&*self.password, Algorithm::Argon2id, Version::V0x13, params)
            .expect("the secret is short")
    }

    /// Seals a small secret for the database. `what` ties it to its place.
    pub(crate) fn seal(&self, what: &str, secret: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random();
        let mut sealed = nonce.to_vec();
        let mut body = secret.to_vec();
        self.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(what.as_bytes()),
                &mut body,
            )
            .expect("a small secret is within the cipher's limit");
        sealed.append(&mut body);
        sealed
    }

    /// Opens what [`Keys::seal`] made; `None` when it is damaged or was sealed for another place.
    pub(crate) fn unseal(&self, what: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = Zeroizing::new(body.to_vec());
        let len = self.seal.open_in_place(nonce, Aad::from(what.as_bytes()), &mut body).ok()?.len();
        body.truncate(len);
        Some(body)
    }
}

/// Random bytes from the system.
///
/// # Panics
/// When the system has none: nothing secret can be made then.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One key per purpose: HMAC of its name, which is HKDF-Expand (RFC 5869) for one block.
fn derive(key: &Zeroizing<[u8; KEY_LEN]>, purpose: &str) -> Zeroizing<[u8; KEY_LEN]> {
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, &**key),
        format!("papergate {purpose} v1\u{1}").as_bytes(),
    );
    let mut derived = Zeroizing::new([0; KEY_LEN]);
    derived.copy_from_slice(tag.as_ref());
    derived
}

pub(crate) fn aead_key(bytes: &[u8; KEY_LEN]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("the key has the cipher's length"))
}

fn read_or_make(path: &Path) -> Result<Zeroizing<[u8; KEY_LEN]>, KeyError> {
    let file = |source| KeyError::File { file: path.display().to_string(), source };
    match File::open(path) {
        Ok(mut opened) => {
            let mut bytes = Zeroizing::new(Vec::new());
            opened.read_to_end(&mut bytes).map_err(file)?;
            let key: [u8; KEY_LEN] = bytes
                .as_slice()
                .try_into()
                .map_err(|_| KeyError::Length { file: path.display().to_string(), len: bytes.len() })?;
            Ok(Zeroizing::new(key))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = Zeroizing::new([0; KEY_LEN]);
            getrandom::fill(&mut *key).map_err(|error| KeyError::Random(error.to_string()))?;
            make(path, &*key).map_err(file)?;
            Ok(key)
        }
        Err(error) => Err(file(error)),
    }
}

/// Writes a key so that a crash leaves all of it or nothing.
fn make(path: &Path, key: &[u8]) -> io::Result<()> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(directory)?;
    let temporary = path.with_extension("part");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(key)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_made_once_for_their_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let keys = Keys::load(directory.path()).unwrap();
        assert_eq!(Keys::load(directory.path()).unwrap().check(), keys.check());
        for file in ["installation.key", "pepper.key"] {
            let mode = fs::metadata(directory.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
        let other = tempfile::tempdir().unwrap();
        assert_ne!(Keys::load(other.path()).unwrap().check(), keys.check());
        fs::write(directory.path().join("pepper.key"), b"short").unwrap();
        assert!(matches!(Keys::load(directory.path()), Err(KeyError::Length { len: 5, .. })));
    }

    #[test]
    fn hashes_depend_on_the_installation_and_the_person() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, two) = (Keys::load(one.path()).unwrap(), Keys::load(two.path()).unwrap());
        let (code, pin) = (CardCode::parse("0457").unwrap(), Pin::parse("4711").unwrap());
        assert_ne!(one.card_hash(&code), two.card_hash(&code));
        assert_ne!(one.pin_hash(UserId(1), &pin), one.pin_hash(UserId(2), &pin));
        assert!(one.pin_is(UserId(1), &pin, &one.pin_hash(UserId(1), &pin)));
        assert!(!one.pin_is(UserId(1), &Pin::parse("4712").unwrap(), &one.pin_hash(UserId(1), &pin)));
        let password = Password::parse("sesame").unwrap();
        let hash = one.password_hash(&password).unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(one.password_is(&password, Some(&hash)));
        assert!(!two.password_is(&password, Some(&hash)), "the pepper is part of it");
        assert!(!one.password_is(&Password::parse("Sesame").unwrap(), Some(&hash)));
        assert!(!one.password_is(&password, None));
    }

    #[test]
    fn a_sealed_secret_opens_in_its_place_only() {
        let directory = tempfile::tempdir().unwrap();
        let keys = Keys::load(directory.path()).unwrap();
        let mut sealed = keys.seal("card", b"0457");
        assert_eq!(keys.unseal("card", &sealed).unwrap().as_slice(), b"0457");
        assert!(keys.unseal("device", &sealed).is_none());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(keys.unseal("card", &sealed).is_none());
        assert!(keys.unseal("card", b"short").is_none());
    }
}
