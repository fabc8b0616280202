//! One process per role and data directory.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

/// Held while the process lives; the kernel lets go when it dies, however it dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the lock `path`, or `None` when another process holds it.
///
/// # Errors
/// When the file cannot be made.
pub fn take(path: &Path) -> io::Result<Option<Lock>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(Lock { _file: file })),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Takes the lock `path`, waiting up to `limit` for a predecessor that is still draining.
///
/// # Errors
/// When the file cannot be made.
pub fn take_within(path: &Path, limit: Duration) -> io::Result<Option<Lock>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(lock) = take(path)? {
            return Ok(Some(lock));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        std::thread::sleep(RETRY);
    }
}

/// How often a held lock is tried again.
const RETRY: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_until_the_first_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = take(&path).unwrap();
        assert!(first.is_some());
        assert!(take(&path).unwrap().is_none());
        drop(first);
        assert!(take(&path).unwrap().is_some());
    }
}
