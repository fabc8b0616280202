//! A file that administrators edit while the server runs: read again whenever it changed. One that makes no sense is told in
//! the log and leaves what holds.

use std::path::PathBuf;
use std::time::SystemTime;

/// Largest such file that is read, bytes.
const BYTES_MAX: u64 = 4 << 20;

/// A file and what it said last.
pub(crate) struct WatchedFile<T> {
    path: PathBuf,
    /// Its content in words, for the log: "job name prices".
    what: &'static str,
    parse: fn(&str) -> Result<T, String>,
    /// Length and time of change of what was read last; `None` while there is no file.
    seen: Option<(u64, SystemTime)>,
    value: T,
}

impl<T: Default> WatchedFile<T> {
    /// A file that was not looked at yet.
    pub(crate) fn new(path: PathBuf, what: &'static str, parse: fn(&str) -> Result<T, String>) -> Self {
        Self { path, what, parse, seen: None, value: T::default() }
    }

    /// What the file says now; the default without a file.
    pub(crate) fn now(&mut self) -> &T {
        self.refresh();
        &self.value
    }

    fn refresh(&mut self) {
        let mark = std::fs::metadata(&self.path)
            .ok()
            .filter(std::fs::Metadata::is_file)
            .and_then(|found| Some((found.len(), found.modified().ok()?)));
        if mark == self.seen {
            return;
        }
        self.seen = mark;
        let Some((bytes, _)) = mark else {
            self.value = T::default();
            return;
        };
        let (path, what) = (self.path.display(), self.what);
        if bytes > BYTES_MAX {
            tracing::error!(%path, bytes, "the {what} are too large to read; the old ones hold on");
            return;
        }
        let text = match std::fs::read(&self.path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => {
                tracing::error!(%path, %error, "the {what} cannot be read; the old ones hold on");
                return;
            }
        };
        match (self.parse)(&text) {
            Ok(value) => {
                tracing::info!(%path, "the {what} were read");
                self.value = value;
            }
            Err(error) => {
                tracing::error!(%path, %error, "the {what} make no sense; the old ones hold on");
            }
        }
    }
}
