//! A document on its way in.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use domain::DocumentId;

use super::cipher::{CHUNK_LEN, DocumentKey, SEALED_LEN};
use super::{Spool, SpoolError, shard};

/// Encrypted bytes that wait in memory before they are written: a small document is written in one go,
/// by the thread that flushes it.
const WAITING_MAX: usize = 256 * 1024;

/// Encrypted bytes of a usual document; room for more is made when they come.
const WAITING_EXPECTED: usize = 2 * SEALED_LEN;

/// Encrypts a document. Dropped before it is finished, it leaves nothing.
pub(crate) struct Writer {
    place: Place,
    key: DocumentKey,
    /// What is not in the file yet: header, sealed chunks, then the chunk that is being filled.
    waiting: Vec<u8>,
    /// Where the chunk that is being filled begins in `waiting`.
    chunk_start: usize,
    index: u32,
    bytes: u64,
}

/// A document of which every byte is encrypted and none need be durable.
pub(crate) struct Sealed {
    place: Place,
    waiting: Vec<u8>,
}

/// A document's place in the spool; removes what was not kept.
struct Place {
    spool: Arc<Spool>,
    id: DocumentId,
    file: Option<File>,
    made: bool,
    kept: bool,
}

impl Writer {
    pub(super) fn new(spool: Arc<Spool>, id: DocumentId) -> Self {
        spool.set_active(id, true);
        let (key, header) = DocumentKey::make(spool.keys.spool(), id);
        let place = Place { spool, id, file: None, made: false, kept: false };
        // Room for what most documents need: growing would copy them again.
        let mut waiting = Vec::with_capacity(WAITING_EXPECTED);
        waiting.extend_from_slice(&header);
        Self { place, key, chunk_start: waiting.len(), waiting, index: 0, bytes: 0 }
    }

    /// Takes bytes. They are encrypted as chunks fill; `true` asks for a [`Writer::write_out`].
    #[must_use]
    pub(crate) fn push(&mut self, mut data: &[u8]) -> bool {
        self.bytes += data.len() as u64;
        while !data.is_empty() {
            let filled = self.waiting.len() - self.chunk_start;
            if filled == CHUNK_LEN {
                // More comes, so this was not the last one.
                self.seal_chunk(false);
                continue;
            }
            let (now, later) = data.split_at(data.len().min(CHUNK_LEN - filled));
            self.waiting.extend_from_slice(now);
            data = later;
        }
        self.chunk_start >= WAITING_MAX
    }

    /// Writes what is encrypted so far. Blocks.
    ///
    /// # Errors
    /// [`SpoolError::Full`], [`SpoolError::Disk`].
    pub(crate) fn write_out(&mut self) -> Result<(), SpoolError> {
        let chunk_start = std::mem::take(&mut self.chunk_start);
        self.place.write(&self.waiting[..chunk_start])?;
        self.waiting.drain(..chunk_start);
        Ok(())
    }

    /// The document's id.
    #[cfg(test)]
    pub(crate) fn id(&self) -> DocumentId {
        self.place.id
    }

    /// Bytes taken so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// There are no more bytes.
    pub(crate) fn finish(mut self) -> Sealed {
        self.seal_chunk(true);
        Sealed { place: self.place, waiting: self.waiting }
    }

    fn seal_chunk(&mut self, last: bool) {
        let tag = self.key.seal(self.index, last, &mut self.waiting[self.chunk_start..]);
        self.waiting.extend_from_slice(&tag);
        self.chunk_start = self.waiting.len();
        self.index += 1;
    }
}

impl Sealed {
    /// The document's id.
    pub(crate) fn id(&self) -> DocumentId {
        self.place.id
    }

    /// Writes the rest and makes the content durable. Blocks.
    ///
    /// The file has its name from the start: documents are found by their rows, and a row comes after this, so that
    /// a half-written file needs no other name. Renaming would take the directory's lock a second time for
    /// each document, and under load that lock is what everybody waits for.
    ///
    /// # Errors
    /// [`SpoolError::Full`], [`SpoolError::Disk`]. Nothing is left then. A flush that failed is never
    /// repeated: the kernel may have dropped what it could not write, and would report success.
    pub(crate) fn persist(&mut self) -> Result<(), SpoolError> {
        let waiting = std::mem::take(&mut self.waiting);
        let file = self.place.write(&waiting)?;
        // The length is flushed with the data; times need not be.
        file.sync_data().map_err(SpoolError::at("make a document durable"))?;
        self.place.file = None;
        Ok(())
    }

    /// The document has a row: it stays.
    pub(crate) fn keep(mut self) {
        self.place.kept = true;
    }
}

impl Place {
    fn write(&mut self, bytes: &[u8]) -> Result<&mut File, SpoolError> {
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let file = create(&self.spool, self.id).map_err(SpoolError::at("make a document's file"))?;
                self.made = true;
                none.insert(file)
            }
        };
        file.write_all(bytes).map_err(SpoolError::at("write a document"))?;
        Ok(file)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.made && !self.kept {
            let path = self.spool.path(self.id);
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), %error, "a refused document's file could not be removed");
            }
        }
        self.spool.set_active(self.id, false);
    }
}

fn create(spool: &Spool, id: DocumentId) -> io::Result<File> {
    let path = spool.path(id);
    let open = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match open() {
        // The directory stays once it is there: the integrity check leaves those of active documents alone.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            spool.make_shard(shard(id))?;
            open()
        }
        answer => answer,
    }
}
