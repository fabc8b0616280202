//! The spool: one encrypted file per document.
//!
//! - [`cipher`]: the format of a file
//! - [`mod@write`]: a document on its way in
//! - [`read`]: a document on its way out, and at random for counting
//!
//! A document's id begins with the number of its directory (its shard), which changes every
//! [`SHARD_DOCUMENTS`] documents: documents that come together share a directory, and so the flush that makes
//! their names durable.

mod cipher;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::{DocumentId, Status};
use rpc::Kind;

use crate::failed::Failed;
use crate::keys::{Keys, random};

pub(crate) use cipher::Damaged;
pub(crate) use read::{Block, Reader};
pub(crate) use write::{Sealed, Writer};

/// Documents that share a directory.
const SHARD_DOCUMENTS: u32 = 1_000;

/// The directory of documents. Calls block.
pub(crate) struct Spool {
    root: PathBuf,
    keys: Arc<Keys>,
    /// Counts documents; its thousands are the shard.
    counter: AtomicU32,
    /// Documents between their first byte and their row: the integrity check leaves them alone.
    active: Mutex<HashSet<DocumentId>>,
}

/// The spool could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    /// The disk is full.
    #[error("there is no more disk space on the server")]
    Full,
    /// The document's file is not there.
    #[error("the document's file is not there")]
    Missing,
    /// The document's file is not what was written.
    #[error("the document on the server is damaged: {0}")]
    Damaged(#[from] Damaged),
    /// The disk failed.
    #[error("the disk failed to {step}")]
    Disk {
        /// What was tried.
        step: &'static str,
        /// Why not.
        source: io::Error,
    },
}

impl SpoolError {
    fn at(step: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full
            }
            _ => Self::Disk { step, source },
        }
    }
}

impl From<SpoolError> for Failed {
    fn from(error: SpoolError) -> Self {
        let (kind, status) = match &error {
            SpoolError::Full => (Kind::Unavailable, Status::DISK_FULL),
            SpoolError::Missing => (Kind::NotFound, Status::FILE_NOT_FOUND),
            SpoolError::Damaged(_) => (Kind::Internal, Status::FILE_UNREADABLE),
            SpoolError::Disk { step, source } => {
                tracing::error!(step, %source, "the spool's disk failed");
                (Kind::Unavailable, Status::FILE_UNWRITABLE)
            }
        };
        Self::new(kind, status, error.to_string())
    }
}

/// What lies in the spool's directories.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Documents, those on their way in too.
    pub(crate) documents: Vec<DocumentId>,
    /// What nobody here has made.
    pub(crate) strangers: Vec<PathBuf>,
}

impl Spool {
    /// Opens the spool, making its directory when it is not there.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub(crate) fn open(root: PathBuf, keys: Arc<Keys>) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&root)?;
        // A start in a shard of its own: an old one may be nearly full.
        let counter = u32::from_be_bytes(random()) / SHARD_DOCUMENTS * SHARD_DOCUMENTS;
        Ok(Self { root, keys, counter: AtomicU32::new(counter), active: Mutex::default() })
    }

    /// Begins a document.
    pub(crate) fn begin(self: &Arc<Self>) -> Writer {
        let mut id = random::<16>();
        let number = self.counter.fetch_add(1, Ordering::Relaxed) / SHARD_DOCUMENTS;
        let shard = u16::try_from(number % (1 << 16)).expect("cut to 16 bits");
        id[..2].copy_from_slice(&shard.to_be_bytes());
        Writer::new(Arc::clone(self), DocumentId(id))
    }

    /// Opens a document.
    ///
    /// # Errors
    /// [`SpoolError::Missing`], [`SpoolError::Damaged`], [`SpoolError::Disk`].
    pub(crate) fn read(&self, id: DocumentId) -> Result<Reader, SpoolError> {
        Reader::open(&self.path(id), self.keys.spool(), id)
    }

    /// Whether a document's file is there.
    pub(crate) fn has(&self, id: DocumentId) -> bool {
        self.path(id).exists()
    }

    /// Deletes a document. One that is not there is deleted already. The directory is not flushed: a file
    /// that comes back after a power cut has no row, and the integrity check takes it away.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub(crate) fn delete(&self, id: DocumentId) -> Result<(), SpoolError> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(SpoolError::at("delete a document")(error))
            }
            _ => Ok(()),
        }
    }

    /// Flushes the directory that documents of this shard are named in.
    ///
    /// # Errors
    /// [`SpoolError::Disk`]: the names may not survive a power cut.
    pub(crate) fn flush_names(&self, shard: u16) -> Result<(), SpoolError> {
        let step = "make a document's name durable";
        File::open(self.shard_path(shard)).and_then(|shard| shard.sync_all()).map_err(SpoolError::at(step))
    }

    /// Whether a document is between its first byte and its row.
    pub(crate) fn is_active(&self, id: DocumentId) -> bool {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    /// Everything in the spool's directories; empty directories are removed on the way.
    ///
    /// # Errors
    /// When a directory cannot be read.
    pub(crate) fn list(&self) -> io::Result<Listing> {
        let mut listing = Listing::default();
        for shard in fs::read_dir(&self.root)? {
            let shard = shard?;
            if !shard.file_type()?.is_dir() {
                listing.strangers.push(shard.path());
                continue;
            }
            let mut empty = true;
            let files = match fs::read_dir(shard.path()) {
                // Another check found it empty a moment ago.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                files => files?,
            };
            for file in files {
                empty = false;
                let path = file?.path();
                match named(&path) {
                    Some(id) if self.path(id) == path => listing.documents.push(id),
                    _ => listing.strangers.push(path),
                }
            }
            if empty {
                self.remove_unused(&shard.path());
            }
        }
        Ok(listing)
    }

    /// Removes an empty directory that no document on its way in is about to use. A writer enters itself in `active`
    /// before it looks for its directory, so under the lock nobody can be in between.
    fn remove_unused(&self, directory: &Path) {
        let active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        if !active.iter().any(|&id| self.shard_path(shard(id)) == directory) {
            // It fails when it is not empty any more, which is as good.
            let _ = fs::remove_dir(directory);
        }
    }

    /// Root of the spool.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where a document's file is.
    pub(crate) fn path(&self, id: DocumentId) -> PathBuf {
        self.shard_path(shard(id)).join(id.to_string())
    }

    fn shard_path(&self, shard: u16) -> PathBuf {
        self.root.join(format!("{shard:04x}"))
    }

    /// Makes a shard's directory durable.
    fn make_shard(&self, shard: u16) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(self.shard_path(shard)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => File::open(&self.root)?.sync_all(),
        }
    }

    fn set_active(&self, id: DocumentId, active: bool) {
        let mut set = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        if active {
            set.insert(id)
        } else {
            set.remove(&id)
        };
    }
}

/// The directory a document lies in.
pub(crate) fn shard(id: DocumentId) -> u16 {
    u16::from_be_bytes([id.0[0], id.0[1]])
}

/// The id in a file's name.
fn named(path: &Path) -> Option<DocumentId> {
    DocumentId::parse(path.file_name()?.to_str()?)
}
