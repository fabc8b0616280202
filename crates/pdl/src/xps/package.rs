//! The package: a zip file whose entries are parts (ECMA-376 part 2; ZIP APPNOTE 6.3).
//!
//! Only what finds a part is kept of the directory: a digest of its name and its place, so a package of a
//! hundred thousand parts takes a few megabytes. Parts may be cut into pieces (`/[0].piece`), as drivers
//! write them while they still compose later pages. A package without a directory (it was cut) is read
//! along its local headers.

mod directory;
mod name;

use std::cell::Cell;
use std::io::{self, Read};

use flate2::read::DeflateDecoder;

use super::limits::{PACKAGE_UNPACKED_BYTES_MAX, PARTS_MAX};
use crate::source::{ReadAt, Slice, Stretch};
pub(super) use directory::end;
pub(super) use name::PartName;

/// An opened package.
pub(super) struct Package<'a> {
    source: &'a dyn ReadAt,
    /// Sorted by name and piece.
    entries: Vec<Entry>,
    state: State,
    /// Bytes that may still be unpacked, of all parts together.
    left: Cell<u64>,
}

/// How whole a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It has its directory.
    Whole,
    /// Its directory is missing; the parts were found one after another.
    Cut,
    /// It has more than [`PARTS_MAX`] parts; the others are not seen.
    TooLarge,
}

/// Where a part, or a piece of one, lies.
#[derive(Debug, Clone, Copy)]
struct Entry {
    name: u64,
    piece: u32,
    /// Whether the name says that this is a page: all that is left to go by in a cut package.
    is_page: bool,
    method: Method,
    /// Of the local header.
    offset: u64,
    packed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Stored,
    Deflated,
    /// Encrypted, or packed in a way that packages must not use.
    Other,
}

/// Bytes of a local file header before its name.
const LOCAL_HEADER_BYTES: usize = 30;

impl<'a> Package<'a> {
    /// Reads the directory.
    pub(super) fn open(source: &'a dyn ReadAt) -> io::Result<Package<'a>> {
        let (mut entries, state) = match directory::read(source)? {
            Some(entries) => (entries, State::Whole),
            None => (directory::scan(source)?, State::Cut),
        };
        let state = if entries.len() >= PARTS_MAX { State::TooLarge } else { state };
        entries.sort_by_key(|e| (e.name, e.piece, e.offset));
        Ok(Package { source, entries, state, left: Cell::new(PACKAGE_UNPACKED_BYTES_MAX) })
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Whether parts were refused because unpacking them would have taken too long.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// Parts that are pages by their names.
    pub(super) fn pages_by_name(&self) -> u64 {
        self.entries.iter().filter(|e| e.is_page && e.piece == 0).count() as u64
    }

    /// Whether there is such a part.
    pub(super) fn has(&self, name: &PartName) -> bool {
        !self.pieces(name).is_empty()
    }

    /// Opens a part.
    pub(super) fn part(&self, name: &PartName) -> Option<Part<'_, 'a>> {
        let pieces = self.pieces(name);
        (!pieces.is_empty()).then_some(Part { package: self, pieces, current: None })
    }

    /// The bytes of a part with random access, when it is stored in one piece.
    pub(super) fn stored(&self, name: &PartName) -> io::Result<Option<Slice<'a>>> {
        let [entry] = self.pieces(name) else { return Ok(None) };
        if entry.method != Method::Stored {
            return Ok(None);
        }
        let Some(at) = self.data_offset(entry)? else { return Ok(None) };
        Ok(Some(Slice::new(self.source, at, at.saturating_add(entry.packed))))
    }

    /// The pieces of a part in order, up to the first that is missing.
    fn pieces(&self, name: &PartName) -> &[Entry] {
        let digest = name.digest();
        let from = self.entries.partition_point(|e| e.name < digest);
        let same = &self.entries[from..];
        let end = same.iter().zip(0..).take_while(|(e, i)| e.name == digest && e.piece == *i).count();
        &same[..end]
    }

    /// Where the bytes behind a local header begin.
    fn data_offset(&self, entry: &Entry) -> io::Result<Option<u64>> {
        let mut header = [0; LOCAL_HEADER_BYTES];
        let read = self.source.read_full_at(entry.offset, &mut header)?;
        if read < LOCAL_HEADER_BYTES || !header.starts_with(b"PK\x03\x04") {
            return Ok(None);
        }
        let length = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        Ok(Some(entry.offset + LOCAL_HEADER_BYTES as u64 + length(26) + length(28)))
    }
}

/// A part being unpacked.
pub(super) struct Part<'p, 'a> {
    package: &'p Package<'a>,
    pieces: &'p [Entry],
    current: Option<Piece<'a>>,
}

enum Piece<'a> {
    Stored(Stretch<'a>),
    Deflated(Box<DeflateDecoder<Stretch<'a>>>),
}

impl Read for Part<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match &mut self.current {
                None => {
                    let Some((entry, rest)) = self.pieces.split_first() else { return Ok(0) };
                    self.pieces = rest;
                    let at = self.package.data_offset(entry)?.ok_or(io::ErrorKind::InvalidData)?;
                    let stretch = Stretch::new(self.package.source, at, entry.packed);
                    self.current = Some(match entry.method {
                        Method::Stored => Piece::Stored(stretch),
                        Method::Deflated => Piece::Deflated(Box::new(DeflateDecoder::new(stretch))),
                        Method::Other => return Err(io::ErrorKind::InvalidData.into()),
                    });
                    continue;
                }
                Some(Piece::Stored(stretch)) => stretch.read(buf)?,
                Some(Piece::Deflated(inflater)) => inflater.read(buf)?,
            };
            if read == 0 && !buf.is_empty() {
                if let Some(Piece::Stored(stretch)) = &self.current
                    && !stretch.is_over()
                {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                self.current = None;
                continue;
            }
            let left = self.package.left.get();
            self.package.left.set(left.saturating_sub(read as u64));
            if left < read as u64 {
                return Err(io::ErrorKind::QuotaExceeded.into());
            }
            return Ok(read);
        }
    }
}
