//! A document on its way in.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use domain::DocumentId;

use super::cipher::{CHUNK_LEN, DocumentKey};
use super::{Spool, SpoolError, shard};

/// Encrypted bytes that wait in memory before they are written: a small document is written in one go,
/// by the thread that flushes it.
const WAITING_MAX: usize = 256 * 1024;

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
    named: bool,
    kept: bool,
}

impl Writer {
    pub(super) fn new(spool: Arc<Spool>, id: DocumentId) -> Self {
        spool.set_active(id, true);
        let (key, header) = DocumentKey::make(spool.keys.spool(), id);
        let place = Place { spool, id, file: None, named: false, kept: false };
        Self { place, key, waiting: header.to_vec(), chunk_start: header.len(), index: 0, bytes: 0 }
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

    /// Writes the rest, gives the file its name and makes its content durable. Blocks.
    ///
    /// The name comes before the flush, so that one commit of the file system's journal holds both; what a
    /// crash leaves under the final name has no row, and rows are what documents are found by.
    ///
    /// # Errors
    /// [`SpoolError::Full`], [`SpoolError::Disk`]. Nothing is left then. A flush that failed is never
    /// repeated: the kernel may have dropped what it could not write, and would report success.
    pub(crate) fn persist(&mut self) -> Result<(), SpoolError> {
        let waiting = std::mem::take(&mut self.waiting);
        self.place.write(&waiting)?;
        let Place { spool, id, file, named, .. } = &mut self.place;
        fs::rename(spool.part_path(*id), spool.path(*id)).map_err(SpoolError::at("name a document"))?;
        *named = true;
        let file = file.take().expect("write opened it");
        file.sync_all().map_err(SpoolError::at("make a document durable"))
    }

    /// The document has a row: it stays.
    pub(crate) fn keep(mut self) {
        self.place.kept = true;
    }
}

impl Place {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                none.insert(create(&self.spool, self.id).map_err(SpoolError::at("make a document's file"))?)
            }
        };
        file.write_all(bytes).map_err(SpoolError::at("write a document"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.kept {
            let path = if self.named { Some(self.spool.path(self.id)) } else { None };
            let path = path.or_else(|| self.file.is_some().then(|| self.spool.part_path(self.id)));
            if let Some(path) = path
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!(path = %path.display(), %error, "a refused document's file could not be removed");
            }
        }
        self.spool.set_active(self.id, false);
    }
}

fn create(spool: &Spool, id: DocumentId) -> io::Result<File> {
    let path = spool.part_path(id);
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
