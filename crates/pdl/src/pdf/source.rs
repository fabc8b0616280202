//! Windows onto the document: small reads are served from the last large one.

use std::cell::RefCell;
use std::io;

use crate::source::ReadAt;

/// The bytes of one PDF, counted from its header.
pub(super) struct Source<'a> {
    data: &'a dyn ReadAt,
    /// Where `%PDF-` stands in the data: offsets in the file count from there.
    start: u64,
    window: RefCell<Window>,
}

#[derive(Default)]
struct Window {
    at: u64,
    bytes: Vec<u8>,
}

/// How much is read at once.
const WINDOW_BYTES: usize = 32 * 1024;

impl<'a> Source<'a> {
    /// A source whose offset 0 is `start` of the data.
    pub(super) fn new(data: &'a dyn ReadAt, start: u64) -> Self {
        Self { data, start, window: RefCell::default() }
    }

    /// Bytes from the header to the end.
    pub(super) fn len(&self) -> u64 {
        self.data.len().saturating_sub(self.start)
    }

    /// Calls `look` with `want` bytes from `offset`, or as many as there are, and more if they are at hand.
    ///
    /// # Errors
    /// Whatever the store underneath answers.
    pub(super) fn with<T>(&self, offset: u64, want: usize, look: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        let left = usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX);
        let want = want.min(left);
        let mut window = self.window.borrow_mut();
        let inside = offset.checked_sub(window.at).and_then(|skip| usize::try_from(skip).ok());
        let hit =
            inside.is_some_and(|skip| skip.checked_add(want).is_some_and(|end| end <= window.bytes.len()));
        if !hit {
            let size = want.max(WINDOW_BYTES).min(left);
            window.bytes.resize(size, 0);
            window.at = offset;
            let read = self.data.read_full_at(self.start + offset, &mut window.bytes);
            window.bytes.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        let skip =
            usize::try_from(offset.saturating_sub(window.at)).unwrap_or(usize::MAX).min(window.bytes.len());
        Ok(look(&window.bytes[skip..]))
    }

    /// Fills `buffer` from `offset` without going through the window.
    ///
    /// # Errors
    /// Whatever the store underneath answers.
    pub(super) fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.data.read_full_at(self.start + offset, buffer)
    }

    /// The first place of `needle` in `from..to`.
    ///
    /// # Errors
    /// Whatever the store underneath answers.
    pub(super) fn find(&self, needle: &[u8], from: u64, to: u64) -> io::Result<Option<u64>> {
        let finder = memchr::memmem::Finder::new(needle);
        let mut buffer = vec![0; WINDOW_BYTES];
        let mut at = from;
        let to = to.min(self.len());
        while at < to {
            let read = self.read(at, &mut buffer)?;
            if let Some(found) = finder.find(&buffer[..read]) {
                let place = at + found as u64;
                return Ok((place < to).then_some(place));
            }
            if read < buffer.len() {
                return Ok(None);
            }
            at += (read - needle.len() + 1) as u64;
        }
        Ok(None)
    }
}
