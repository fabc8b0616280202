//! Tracing: everything the programs of the suite do, written to files of bounded size, switched on and off while they run.
//!
//! The set-up is a file of the data directory, `trace.toml` ([`Setup`]). Every process looks at it once a second and follows
//! it by itself, so that one switch serves all of them however they were started, and a restart changes nothing. Each process
//! writes files of its own, `jobserver001.trc`, `jobserver002.trc` … (the guide's trace facility).

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing_subscriber::fmt::MakeWriter;

use crate::Stop;
use crate::log::Log;

/// How tracing is set up.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// Whether anything is traced.
    pub enabled: bool,
    /// Names of the servers that are traced; empty for all.
    pub servers: Vec<String>,
    /// Where the files are; absent for `DIR/trace`.
    pub directory: Option<PathBuf>,
    /// Kilobytes after which a file is full, 16-1048576.
    pub size_kb: u64,
    /// Files kept of each server, 1-100.
    pub count: u32,
}

impl Default for Setup {
    /// The guide's: off, 10 MB, two files.
    fn default() -> Self {
        Self { enabled: false, servers: Vec::new(), directory: None, size_kb: 10_240, count: 2 }
    }
}

/// Why a set-up is none.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The file cannot be read or written.
    #[error("{} cannot be read or written", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// It is not TOML, or has keys nobody knows.
    #[error("the set-up of tracing is malformed: {0}")]
    Malformed(String),
    /// A value is out of its range.
    #[error("{0}")]
    Range(&'static str),
}

impl Setup {
    /// Where it is kept.
    pub fn file(data: &Path) -> PathBuf {
        data.join("trace.toml")
    }

    /// Where the files are written.
    pub fn directory(&self, data: &Path) -> PathBuf {
        self.directory.clone().unwrap_or_else(|| data.join("trace"))
    }

    /// Reads the set-up; the default one when there is none.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn read(data: &Path) -> Result<Self, SetupError> {
        let file = Self::file(data);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(SetupError::File { file, source }),
        };
        let setup: Self = toml::from_str(&text).map_err(|error| SetupError::Malformed(error.to_string()))?;
        setup.check()?;
        Ok(setup)
    }

    /// Keeps the set-up; every process follows within a second or two.
    ///
    /// # Errors
    /// See [`SetupError`]; what was kept before stays.
    pub fn write(&self, data: &Path) -> Result<(), SetupError> {
        self.check()?;
        let file = Self::file(data);
        let text = toml::to_string(self).map_err(|error| SetupError::Malformed(error.to_string()))?;
        let part = file.with_extension("part");
        // A reader finds the old one or the new one, never half of it.
        std::fs::write(&part, text)
            .and_then(|()| std::fs::rename(&part, &file))
            .map_err(|source| SetupError::File { file, source })
    }

    /// Whether the server `name` is traced.
    pub fn traces(&self, name: &str) -> bool {
        self.enabled && (self.servers.is_empty() || self.servers.iter().any(|server| server == name))
    }

    fn check(&self) -> Result<(), SetupError> {
        if !(16..=1_048_576).contains(&self.size_kb) {
            return Err(SetupError::Range("the size of a trace file is 16 to 1048576 kilobytes"));
        }
        if !(1..=100).contains(&self.count) {
            return Err(SetupError::Range("1 to 100 trace files are kept of each server"));
        }
        if self.directory.as_deref().is_some_and(|directory| !directory.is_absolute()) {
            return Err(SetupError::Range("the directory of trace files is an absolute path"));
        }
        Ok(())
    }
}

/// Follows the set-up until the stop.
pub(crate) async fn follow(log: Log, name: &'static str, data: PathBuf, stop: Stop) {
    let mut seen = None;
    let mut complained = false;
    loop {
        match Setup::read(&data) {
            Ok(setup) => {
                complained = false;
                if seen.as_ref() != Some(&setup) {
                    log.trace(&setup, name, &data);
                    seen = Some(setup);
                }
            }
            Err(error) if !complained => {
                complained = true;
                tracing::warn!(error = format!("{error:#}"), "tracing stays as it was");
            }
            Err(_) => {}
        }
        if stop.unless_asked(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
            return;
        }
    }
}

/// Where trace lines go: nowhere, or a file that is followed by the next one when it is full.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer(Arc<Mutex<Option<Files>>>);

impl Writer {
    /// Writes the files of `name` from now on.
    pub(crate) fn open(&self, setup: &Setup, name: &str, data: &Path) -> io::Result<()> {
        *self.lock() = Some(Files::open(setup, name, data)?);
        Ok(())
    }

    pub(crate) fn close(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Files>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(files) = self.lock().as_mut() {
            files.line(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The files of one process.
#[derive(Debug)]
struct Files {
    directory: PathBuf,
    name: String,
    bytes_max: u64,
    count: u32,
    number: u32,
    file: File,
    bytes: u64,
}

impl Files {
    fn open(setup: &Setup, name: &str, data: &Path) -> io::Result<Self> {
        let directory = setup.directory(data);
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        let number = following(newest(&directory, name)?);
        let mut files = Self {
            file: create(&path(&directory, name, number))?,
            directory,
            name: name.to_owned(),
            bytes_max: setup.size_kb.saturating_mul(1_024),
            count: setup.count,
            number,
            bytes: 0,
        };
        files.forget()?;
        Ok(files)
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let length = line.len() as u64;
        if self.bytes > 0 && self.bytes.saturating_add(length) > self.bytes_max {
            let number = following(self.number);
            self.file = create(&path(&self.directory, &self.name, number))?;
            (self.number, self.bytes) = (number, 0);
            self.forget()?;
        }
        self.file.write_all(line)?;
        self.bytes += length;
        Ok(())
    }

    /// Deletes all but the newest files: of a rolling number, those that lie furthest behind.
    fn forget(&mut self) -> io::Result<()> {
        for number in numbers(&self.directory, &self.name)? {
            let behind = (self.number + NUMBER_MAX - number) % NUMBER_MAX;
            if behind >= self.count {
                std::fs::remove_file(path(&self.directory, &self.name, number))?;
            }
        }
        Ok(())
    }
}

fn path(directory: &Path, name: &str, number: u32) -> PathBuf {
    directory.join(format!("{name}{number:03}.trc"))
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// The numbers of the files of `name` that are there.
fn numbers(directory: &Path, name: &str) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let file_name = entry?.file_name();
        let number =
            file_name.to_str().and_then(|file| file.strip_prefix(name)?.strip_suffix(".trc")?.parse().ok());
        numbers.extend(number.filter(|number| (1..=NUMBER_MAX).contains(number)));
    }
    Ok(numbers)
}

/// The number of the newest file, 0 for none: the one that was written last.
fn newest(directory: &Path, name: &str) -> io::Result<u32> {
    let written = |number: &u32| {
        let modified = path(directory, name, *number).metadata().and_then(|metadata| metadata.modified());
        (modified.ok(), *number)
    };
    Ok(numbers(directory, name)?.into_iter().max_by_key(written).unwrap_or(0))
}

fn following(number: u32) -> u32 {
    number % NUMBER_MAX + 1
}

/// After 999 the numbers begin again (guide, "Trace files").
const NUMBER_MAX: u32 = 999;
/// How soon a change of the set-up is seen.
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(size_kb: u64, count: u32) -> Setup {
        Setup { enabled: true, size_kb, count, ..Setup::default() }
    }

    fn there(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn ops_4_files_are_bounded_in_size_and_number_and_the_newest_stay() {
        let data = tempfile::tempdir().unwrap();
        let mut writer = Writer::default();
        writer.open(&setup(16, 2), "jobserver", data.path()).unwrap();
        let line = [b'x'; 1_023];
        for _ in 0..16 * 5 {
            writer.write_all(&line).unwrap();
            writer.write_all(b"\n").unwrap();
        }
        let directory = data.path().join("trace");
        assert_eq!(there(&directory), ["jobserver004.trc", "jobserver005.trc"]);
        for name in there(&directory) {
            assert!(directory.join(name).metadata().unwrap().len() <= 16 * 1_024);
        }
        // Another server's files are its own, and a restart goes on with the next number.
        writer.close();
        writer.write_all(b"nobody reads this").unwrap();
        writer.open(&setup(16, 2), "portserver", data.path()).unwrap();
        let again = Writer::default();
        again.open(&setup(16, 3), "jobserver", data.path()).unwrap();
        assert_eq!(
            there(&directory),
            ["jobserver004.trc", "jobserver005.trc", "jobserver006.trc", "portserver001.trc"]
        );
    }

    #[test]
    fn ops_4_the_numbers_begin_again_after_999() {
        let data = tempfile::tempdir().unwrap();
        let directory = data.path().join("trace");
        std::fs::create_dir(&directory).unwrap();
        for number in [998, 999] {
            std::fs::write(path(&directory, "jobserver", number), "old").unwrap();
        }
        // A line longer than a file has one to itself.
        let mut writer = Writer::default();
        writer.open(&setup(16, 3), "jobserver", data.path()).unwrap();
        assert_eq!(there(&directory), ["jobserver001.trc", "jobserver998.trc", "jobserver999.trc"]);
        for _ in 0..2 {
            writer.write_all(&[b'y'; 20_000]).unwrap();
        }
        assert_eq!(there(&directory), ["jobserver001.trc", "jobserver002.trc", "jobserver999.trc"]);
    }

    #[test]
    fn ops_4_a_set_up_is_kept_whole_and_a_wrong_one_is_not() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(Setup::read(data.path()).unwrap(), Setup::default());
        let mine = Setup {
            enabled: true,
            servers: vec!["jobserver".to_owned()],
            directory: Some(PathBuf::from("/var/trace files")),
            size_kb: 2_048,
            count: 3,
        };
        mine.write(data.path()).unwrap();
        assert_eq!(Setup::read(data.path()).unwrap(), mine);
        assert!(mine.traces("jobserver") && !mine.traces("portserver"));
        let all = Setup { servers: Vec::new(), ..mine.clone() };
        assert!(all.traces("portserver") && !Setup { enabled: false, ..all }.traces("portserver"));
        for wrong in [
            Setup { size_kb: 15, ..mine.clone() },
            Setup { size_kb: 1_048_577, ..mine.clone() },
            Setup { count: 0, ..mine.clone() },
            Setup { count: 101, ..mine.clone() },
            Setup { directory: Some(PathBuf::from("here")), ..mine.clone() },
        ] {
            wrong.write(data.path()).unwrap_err();
        }
        assert_eq!(Setup::read(data.path()).unwrap(), mine);
        std::fs::write(Setup::file(data.path()), "enabled = true\nmispelt = 1\n").unwrap();
        Setup::read(data.path()).unwrap_err();
    }
}
