//! A document on its way out, and at random for counting.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use domain::DocumentId;
use ring::aead::LessSafeKey;

use super::SpoolError;
use super::cipher::{CHUNK_LEN, Damaged, DocumentKey, HEADER_LEN, Layout, SEALED_LEN};

/// Chunks that are read and decrypted in one go.
const BLOCK_CHUNKS: u32 = 8;
/// Plain bytes of a whole block.
#[cfg(test)]
pub(super) const BLOCK_LEN: usize = BLOCK_CHUNKS as usize * CHUNK_LEN;
/// Decrypted chunks that random reads keep.
const KEPT_MAX: usize = 8;

/// An open document. Every byte it gives was checked.
pub(crate) struct Reader {
    file: File,
    key: DocumentKey,
    layout: Layout,
    /// Chunks that random reads asked for last, most recent at the end.
    kept: Mutex<Vec<(u32, Box<[u8]>)>>,
}

/// A buffer that blocks are read into, over and over.
#[derive(Default)]
pub(crate) struct Block {
    buffer: Vec<u8>,
    len: usize,
}

impl Block {
    /// The plain bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

impl Reader {
    pub(super) fn open(path: &Path, wrapping: &LessSafeKey, id: DocumentId) -> Result<Self, SpoolError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SpoolError::Missing,
            _ => SpoolError::at("open a document")(error),
        })?;
        let len = file.metadata().map_err(SpoolError::at("read a document's length"))?.len();
        let layout = Layout::of_file(len)?;
        let mut header = [0; HEADER_LEN];
        file.read_exact_at(&mut header, 0).map_err(SpoolError::at("read a document"))?;
        let key = DocumentKey::open(wrapping, id, &header)?;
        Ok(Self { file, key, layout, kept: Mutex::default() })
    }

    /// Size of the document.
    pub(crate) fn plain_len(&self) -> u64 {
        self.layout.plain_len
    }

    /// Reads block `number` (from 0); an empty one after the last. Blocks.
    ///
    /// # Errors
    /// [`SpoolError::Damaged`], [`SpoolError::Disk`].
    pub(crate) fn block(&self, number: u32, block: &mut Block) -> Result<(), SpoolError> {
        block.len = 0;
        let first = number.saturating_mul(BLOCK_CHUNKS);
        let end = first.saturating_add(BLOCK_CHUNKS).min(self.layout.chunks);
        if first >= end {
            return Ok(());
        }
        let from = sealed_offset(first);
        let sealed_len = self.sealed_end(end - 1) - from;
        let sealed_len = usize::try_from(sealed_len).expect("a block fits into memory");
        block.buffer.resize(sealed_len.max(block.buffer.len()), 0);
        let buffer = &mut block.buffer[..sealed_len];
        self.file.read_exact_at(buffer, from).map_err(read_failed)?;
        let mut plain = 0;
        for index in first..end {
            let position = (index - first) as usize * SEALED_LEN;
            let chunk_end = sealed_len.min(position + SEALED_LEN);
            let last = index + 1 == self.layout.chunks;
            plain += self.key.open_shifted(index, last, &mut buffer[plain..chunk_end], position - plain)?;
        }
        block.len = plain;
        Ok(())
    }

    /// One chunk, for random reads.
    fn chunk(&self, index: u32) -> Result<Box<[u8]>, SpoolError> {
        let from = sealed_offset(index);
        let len = usize::try_from(self.sealed_end(index) - from).expect("a chunk fits into memory");
        let mut buffer = vec![0; len];
        self.file.read_exact_at(&mut buffer, from).map_err(read_failed)?;
        let plain = self.key.open_shifted(index, index + 1 == self.layout.chunks, &mut buffer, 0)?;
        buffer.truncate(plain);
        Ok(buffer.into_boxed_slice())
    }

    fn sealed_end(&self, index: u32) -> u64 {
        let tags = u64::from(self.layout.chunks) * super::cipher::TAG_LEN as u64;
        let file_len = HEADER_LEN as u64 + self.layout.plain_len + tags;
        sealed_offset(index + 1).min(file_len)
    }
}

impl pdl::ReadAt for Reader {
    fn len(&self) -> u64 {
        self.layout.plain_len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if offset >= self.layout.plain_len || buf.is_empty() {
            return Ok(0);
        }
        let chunk_len = CHUNK_LEN as u64;
        let index = u32::try_from(offset / chunk_len).expect("within the layout's chunks");
        let within = usize::try_from(offset % chunk_len).expect("within a chunk");
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let chunk = match kept.iter().position(|(known, _)| *known == index) {
            Some(position) => kept.remove(position),
            None => (index, self.chunk(index).map_err(io::Error::other)?),
        };
        let rest = &chunk.1[within..];
        let read = rest.len().min(buf.len());
        buf[..read].copy_from_slice(&rest[..read]);
        if kept.len() == KEPT_MAX {
            kept.remove(0);
        }
        kept.push(chunk);
        Ok(read)
    }
}

fn sealed_offset(index: u32) -> u64 {
    HEADER_LEN as u64 + u64::from(index) * SEALED_LEN as u64
}

/// A file that became shorter while it was read was cut.
fn read_failed(error: io::Error) -> SpoolError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Damaged("it was cut off").into(),
        _ => SpoolError::at("read a document")(error),
    }
}
