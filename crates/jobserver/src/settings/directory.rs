//! What is set about directory passwords.

use std::path::PathBuf;
use std::time::Duration;

use super::Settings;

/// Everything about directory passwords.
#[derive(Clone, Debug)]
pub(crate) struct DirectorySettings {
    /// Empty: none.
    pub(crate) url: String,
    pub(crate) starttls: bool,
    pub(crate) ca_file: Option<PathBuf>,
    /// Empty: people are searched.
    pub(crate) bind_template: String,
    /// Empty: the search is made as nobody.
    pub(crate) bind_dn: String,
    pub(crate) base: String,
    pub(crate) filter: String,
    /// Of people who type none.
    pub(crate) domain: String,
    /// How long right passwords are remembered; zero: not at all.
    pub(crate) cache: Duration,
    pub(crate) timeout: Duration,
    pub(crate) administrators_only: bool,
}

impl Settings {
    /// Everything about directory passwords.
    pub(crate) fn directory(&self) -> DirectorySettings {
        let text = |name: &str| self.text(name).to_owned();
        let ca_file = self.text("directory.ca-file");
        DirectorySettings {
            url: text("directory.url"),
            starttls: self.text("directory.starttls") == "yes",
            ca_file: (!ca_file.is_empty()).then(|| PathBuf::from(ca_file)),
            bind_template: text("directory.bind-template"),
            bind_dn: text("directory.bind-dn"),
            base: text("directory.base"),
            filter: text("directory.filter"),
            domain: text("directory.domain"),
            cache: self.seconds("directory.cache-s"),
            timeout: self.seconds("directory.timeout-s"),
            administrators_only: self.text("directory.administrators-only") == "yes",
        }
    }
}
