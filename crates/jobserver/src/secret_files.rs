//! Passwords and tokens of accounts elsewhere (mail, directory): files of mode 0600 in `keys/`, never in the database, a setting or the log.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Longest secret, bytes.
const SECRET_MAX: u64 = 16 * 1024;

/// One of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Secret {
    /// Of the SMTP account.
    MailPassword,
    /// Of the application registered with the identity provider.
    MailOauthClient,
    /// Gets access tokens.
    MailOauthRefreshToken,
    /// Of the account that searches the directory.
    DirectoryPassword,
}

impl Secret {
    pub(crate) const ALL: [Self; 4] =
        [Self::MailPassword, Self::MailOauthClient, Self::MailOauthRefreshToken, Self::DirectoryPassword];

    /// Stable name for scripts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MailPassword => "password",
            Self::MailOauthClient => "oauth-client-secret",
            Self::MailOauthRefreshToken => "oauth-refresh-token",
            Self::DirectoryPassword => "directory-password",
        }
    }

    /// The secret of a name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|secret| secret.name() == name)
    }

    fn file(self) -> &'static str {
        match self {
            Self::MailPassword => "mail-password",
            Self::MailOauthClient => "mail-oauth-client-secret",
            Self::MailOauthRefreshToken => "mail-oauth-refresh-token",
            Self::DirectoryPassword => "directory-password",
        }
    }
}

/// Where they are.
#[derive(Clone, Debug)]
pub(crate) struct SecretFiles {
    directory: PathBuf,
}

impl SecretFiles {
    pub(crate) fn below(keys: &Path) -> Self {
        Self { directory: keys.to_owned() }
    }

    /// Reads one; `None` when there is none. A line's end behind it is not part of it.
    ///
    /// # Errors
    /// When it cannot be read or is no text.
    pub(crate) fn read(&self, secret: Secret) -> io::Result<Option<Zeroizing<String>>> {
        let path = self.directory.join(secret.file());
        match fs::metadata(&path) {
            Ok(about) if about.len() > SECRET_MAX => Err(io::Error::other("the secret is too long")),
            Ok(_) => {
                let text = Zeroizing::new(fs::read_to_string(&path)?);
                Ok(Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps one, or takes it away when it is empty. It is there whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, secret: Secret, value: &str) -> io::Result<()> {
        let path = self.directory.join(secret.file());
        if value.is_empty() {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let temporary = path.with_extension("part");
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(value.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        fs::File::open(&self.directory)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_is_kept_for_the_suite_alone_and_taken_away() {
        let directory = tempfile::tempdir().unwrap();
        let secrets = SecretFiles::below(directory.path());
        assert!(secrets.read(Secret::MailPassword).unwrap().is_none());
        secrets.write(Secret::MailPassword, "sesame\n").unwrap();
        assert_eq!(secrets.read(Secret::MailPassword).unwrap().unwrap().as_str(), "sesame");
        let about = fs::metadata(directory.path().join("mail-password")).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
        secrets.write(Secret::MailPassword, "").unwrap();
        secrets.write(Secret::MailPassword, "").unwrap();
        assert!(secrets.read(Secret::MailPassword).unwrap().is_none());
        assert!(Secret::ALL.into_iter().all(|secret| Secret::from_name(secret.name()) == Some(secret)));
    }
}
