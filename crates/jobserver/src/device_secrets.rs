//! Secrets of devices that the server made, kept for the machine's administrator in `keys/devices`, so that a device
//! program on the same machine finds its own. The store has only keys derived from them.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use domain::DeviceName;
use domain::secret::Password;

/// The directory.
pub(crate) struct DeviceSecrets(PathBuf);

impl DeviceSecrets {
    /// The directory below the installation's keys.
    pub(crate) fn below(keys: &Path) -> Self {
        Self(keys.join("devices"))
    }

    /// Keeps a device's secret, for nobody but the suite's user to read.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn keep(&self, name: &DeviceName, secret: &Password) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.file(name))?;
        writeln!(file, "{}", secret.expose())
    }

    /// Removes it again; that there was none is fine.
    ///
    /// # Errors
    /// When the file is there and cannot be removed.
    pub(crate) fn forget(&self, name: &DeviceName) -> io::Result<()> {
        match fs::remove_file(self.file(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn file(&self, name: &DeviceName) -> PathBuf {
        self.0.join(name.key().replace(['/', '\\'], "_"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_kept_secret_is_for_the_owner_only_and_goes_with_the_device() {
        let directory = tempfile::tempdir().unwrap();
        let secrets = DeviceSecrets::below(directory.path());
        let name = DeviceName::parse("Hall/2 MFP").unwrap();
        let secret = Password::parse("correct horse").unwrap();
        secrets.keep(&name, &secret).unwrap();
        let file = directory.path().join("devices/hall_2 mfp");
        assert_eq!(fs::read_to_string(&file).unwrap(), "correct horse\n");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        secrets.forget(&name).unwrap();
        assert!(!file.exists());
        secrets.forget(&name).unwrap();
    }
}
