//! Random access to a document, wherever it lies: a file, memory, an encrypted spool.

use std::io;

/// A document that can be read at any offset, by several readers at a time.
pub trait ReadAt: Send + Sync {
    /// Length in bytes. It does not change while the document is read.
    fn len(&self) -> u64;

    /// Reads up to `buf.len()` bytes from `offset` and says how many; 0 only at or after the end, or for an
    /// empty buffer.
    ///
    /// # Errors
    /// Whatever the store underneath answers.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// Whether there is nothing to read.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `buf` from `offset` as far as the document goes and says how many bytes that were.
    ///
    /// # Errors
    /// Whatever the store underneath answers.
    fn read_full_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read_at(offset + filled as u64, &mut buf[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }
}

impl ReadAt for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let Some(rest) = usize::try_from(offset).ok().and_then(|from| self.get(from..)) else { return Ok(0) };
        let read = rest.len().min(buf.len());
        buf[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }
}

impl ReadAt for Vec<u8> {
    fn len(&self) -> u64 {
        ReadAt::len(self.as_slice())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.as_slice().read_at(offset, buf)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        (**self).read_at(offset, buf)
    }
}

/// A file opened for reading.
#[cfg(unix)]
pub struct FileSource {
    file: std::fs::File,
    len: u64,
}

#[cfg(unix)]
impl FileSource {
    /// Takes the length once; the file must not be cut while it is read.
    ///
    /// # Errors
    /// When the file's length cannot be read.
    pub fn new(file: std::fs::File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }
}

#[cfg(unix)]
impl ReadAt for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buf, offset)
    }
}

/// A part of a document as a document of its own: a PDF between two PJL headers, for example.
pub struct Slice<'a> {
    source: &'a dyn ReadAt,
    start: u64,
    len: u64,
}

impl<'a> Slice<'a> {
    /// The bytes from `start` to `end` of `source`, cut at its end.
    #[must_use]
    pub fn new(source: &'a dyn ReadAt, start: u64, end: u64) -> Self {
        let end = end.min(source.len());
        let start = start.min(end);
        Self { source, start, len: end - start }
    }

    /// The bytes of it from `start` to `end`, cut at its end.
    #[must_use]
    pub fn part(&self, start: u64, end: u64) -> Self {
        let end = end.min(self.len);
        let start = start.min(end);
        Self { source: self.source, start: self.start + start, len: end - start }
    }
}

impl ReadAt for Slice<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(offset);
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        if want == 0 {
            return Ok(0);
        }
        self.source.read_at(self.start + offset, &mut buf[..want])
    }
}

/// A stretch of a document read from front to back.
pub struct Stretch<'a> {
    source: &'a dyn ReadAt,
    at: u64,
    left: u64,
}

impl<'a> Stretch<'a> {
    /// `bytes` bytes of `source` from `at` on, or fewer when it ends before.
    #[must_use]
    pub fn new(source: &'a dyn ReadAt, at: u64, bytes: u64) -> Self {
        Self { source, at, left: bytes }
    }

    /// Whether all of its bytes have been read.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.left == 0
    }
}

impl io::Read for Stretch<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let want = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.source.read_at(self.at, &mut buf[..want])?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_ends_where_it_says() {
        let data = b"0123456789".to_vec();
        let slice = Slice::new(&data, 2, 6);
        let mut buf = [0; 8];
        assert_eq!(slice.read_full_at(1, &mut buf).expect("memory reads"), 3);
        assert_eq!(&buf[..3], b"345");
        assert_eq!(slice.read_at(4, &mut buf).expect("memory reads"), 0);
        assert_eq!(Slice::new(&data, 8, 99).len(), 2);
        assert!(Slice::new(&data, 20, 30).is_empty());
    }
}
