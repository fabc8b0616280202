//! TIFF 6.0, BigTIFF and the compressions printers meet: pages, size, resolution and tint.
//!
//! A file is a chain of directories, each a picture. Bilevel and gray pictures need no look at their
//! samples. RGB, palette and CMYK ones are decoded strip by strip (none, PackBits, LZW, Deflate, JPEG)
//! until a sample is not gray; everything else is [`Tint::Unknown`].

mod directory;
mod samples;
mod unpack;

use std::collections::HashSet;
use std::io;

use super::{Density, Tint};
use crate::source::ReadAt;
use directory::{Directory, Layout, tag};

/// Directories followed in one file.
pub const PICTURES_MAX: usize = 65_536;

/// One picture of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Samples across.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// Resolution, when its unit is absolute.
    pub density: Option<Density>,
    /// A reduced copy of another picture or a transparency mask, not a page of its own.
    pub auxiliary: bool,
    /// Whether it needs colour.
    pub tint: Tint,
    /// False when its samples are damaged or lie beyond the end of the file.
    pub complete: bool,
}

/// Why reading stopped.
#[derive(Debug, thiserror::Error)]
pub enum TiffError {
    /// The source could not be read.
    #[error("reading the picture")]
    Source(#[from] io::Error),
    /// The header is not that of a TIFF file.
    #[error("broken TIFF header")]
    Header,
    /// A directory lies beyond the end of the file or contradicts itself.
    #[error("broken TIFF directory")]
    Directory,
    /// More than [`PICTURES_MAX`] directories.
    #[error("too many TIFF directories")]
    TooMany,
}

/// A file whose pictures are read one after another.
pub struct Tiff<'a> {
    source: &'a dyn ReadAt,
    layout: Layout,
    next: u64,
    seen: HashSet<u64>,
}

impl<'a> Tiff<'a> {
    /// Reads the file header.
    ///
    /// # Errors
    /// [`TiffError::Header`] when it is no TIFF file.
    pub fn open(source: &'a dyn ReadAt) -> Result<Tiff<'a>, TiffError> {
        let (layout, next) = Layout::read(source)?.ok_or(TiffError::Header)?;
        Ok(Tiff { source, layout, next, seen: HashSet::new() })
    }

    /// The next picture, `None` after the last one or where the chain of directories closes on itself.
    ///
    /// # Errors
    /// [`TiffError`] when the chain breaks; the pictures before it were read.
    pub fn next_picture(&mut self) -> Result<Option<Picture>, TiffError> {
        if self.next == 0 || !self.seen.insert(self.next) {
            return Ok(None);
        }
        if self.seen.len() > PICTURES_MAX {
            return Err(TiffError::TooMany);
        }
        let (directory, next) =
            Directory::read(self.source, self.layout, self.next)?.ok_or(TiffError::Directory)?;
        self.next = next;
        let number = |tag| directory.number(tag);
        let (Some(width), Some(height)) = (number(tag::WIDTH), number(tag::HEIGHT)) else {
            return Err(TiffError::Directory);
        };
        let subfile = number(tag::NEW_SUBFILE_TYPE).unwrap_or(0);
        let auxiliary = subfile & 0b101 != 0 || number(tag::SUBFILE_TYPE) == Some(2);
        let density = density(&directory);
        let clip = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let (tint, complete) = if auxiliary {
            (Tint::Gray, true)
        } else {
            samples::look(self.source, &directory, clip(width), clip(height))?
        };
        Ok(Some(Picture { width: clip(width), height: clip(height), density, auxiliary, tint, complete }))
    }
}

/// `ResolutionUnit` 2 is the inch, the default; 3 the centimetre; 1 says only the aspect ratio.
fn density(directory: &Directory) -> Option<Density> {
    let scale = match directory.number(tag::RESOLUTION_UNIT).unwrap_or(2) {
        2 => 1.0,
        3 => 2.54,
        _ => return None,
    };
    let (x, y) = (directory.rational(tag::X_RESOLUTION)?, directory.rational(tag::Y_RESOLUTION)?);
    (x > 0.0 && y > 0.0).then_some(Density { x_dpi: x * scale, y_dpi: y * scale })
}

#[cfg(test)]
mod tests;
