//! JPEG XR / HD Photo (ITU-T T.832): size and, as far as the headers tell, tint.
//!
//! The container (annex A) names the pixel format and the codestream header names the internal colour format.
//! Gray formats are gray. Whether a picture in a colour format holds only gray samples cannot be seen without
//! decoding its adaptive entropy coding, which this crate does not do: it may be in colour.

use std::io;

use super::{Density, Tint};
use crate::source::ReadAt;

/// A picture's facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Jxr {
    /// Samples across.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// Resolution, when the container gives it.
    pub density: Option<Density>,
    /// Whether it needs colour: gray or unknown.
    pub tint: Tint,
}

/// Entries read of the directory.
const ENTRIES_MAX: usize = 256;

/// Reads the container; `None` when it is none.
///
/// # Errors
/// When the source cannot be read.
pub fn read(source: &dyn ReadAt) -> io::Result<Option<Jxr>> {
    let mut start = [0; 8];
    if source.read_full_at(0, &mut start)? < 8 || !start.starts_with(b"II\xBC") {
        return Ok(None);
    }
    let at = u64::from(u32::from_le_bytes([start[4], start[5], start[6], start[7]]));
    let mut count = [0; 2];
    if source.read_full_at(at, &mut count)? < 2 {
        return Ok(None);
    }
    let count = usize::from(u16::from_le_bytes(count)).min(ENTRIES_MAX);
    let mut table = vec![0; count * 12];
    let read = source.read_full_at(at + 2, &mut table)?;
    table.truncate(read);
    let mut jxr = Jxr {
        width: 0,
        height: 0,
        density: None,
        tint: Tint::Unknown("a JPEG XR picture in a colour format"),
    };
    let (mut x_dpi, mut y_dpi) = (0.0, 0.0);
    for entry in table.chunks_exact(12) {
        let value = [entry[8], entry[9], entry[10], entry[11]];
        let number = u32::from_le_bytes(value);
        match u16::from_le_bytes([entry[0], entry[1]]) {
            0xBC01 => {
                let mut format = [0; 16];
                source.read_full_at(u64::from(number), &mut format)?;
                if is_gray(&format) {
                    jxr.tint = Tint::Gray;
                }
            }
            0xBC80 => jxr.width = number,
            0xBC81 => jxr.height = number,
            0xBC82 => x_dpi = f64::from(f32::from_le_bytes(value)),
            0xBC83 => y_dpi = f64::from(f32::from_le_bytes(value)),
            0xBCC0 if internal_format(source, u64::from(number))? == Some(LUMA_ONLY) => {
                jxr.tint = Tint::Gray;
            }
            _ => {}
        }
    }
    if x_dpi > 0.0 && y_dpi > 0.0 {
        jxr.density = Some(Density { x_dpi, y_dpi });
    }
    Ok((jxr.width > 0 && jxr.height > 0).then_some(jxr))
}

/// Table A.6: all formats share a GUID but for its last byte; these are the gray ones.
fn is_gray(format: &[u8; 16]) -> bool {
    const FAMILY: [u8; 15] =
        [0x24, 0xC3, 0xDD, 0x6F, 0x03, 0x4E, 0xFE, 0x4B, 0xB1, 0x85, 0x3D, 0x77, 0x76, 0x8D, 0xC9];
    format[..15] == FAMILY && matches!(format[15], 0x05 | 0x08 | 0x0B | 0x11 | 0x13 | 0x3E | 0x3F)
}

/// `INTERNAL_CLR_FMT` of YONLY (T.832 table 27).
const LUMA_ONLY: u8 = 0;

/// `INTERNAL_CLR_FMT` of the first plane header, found behind the image header (T.832 sections 8.3 and 8.4).
fn internal_format(source: &dyn ReadAt, at: u64) -> io::Result<Option<u8>> {
    let mut head = [0; 64];
    let read = source.read_full_at(at, &mut head)?;
    if read < 24 || &head[..8] != b"WMPHOTO\0" {
        return Ok(None);
    }
    // GDI signature, version and flags, tiling/frequency flags, short header/long word/windowing flags, formats.
    let tiling = head[9] & 0x80 != 0;
    let short_header = head[10] & 0x80 != 0;
    let windowing = head[10] & 0x20 != 0;
    let mut next = 12 + if short_header { 4 } else { 8 };
    if tiling {
        // The number of tile columns and rows is 12 bits each; sizes of all but the last follow.
        let word = u32::from_be_bytes([head[next], head[next + 1], head[next + 2], 0]) >> 8;
        let (columns, rows) = ((word >> 12) as usize, (word & 0xFFF) as usize);
        next += 3 + (columns + rows) * if short_header { 1 } else { 2 };
    }
    if windowing {
        next += 3;
    }
    Ok(head[..read].get(next).map(|byte| byte >> 5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gray_formats_are_gray_and_colour_is_not_guessed() {
        let rows: [(&str, &[u8], bool); 3] = [
            (
                "8 bit gray",
                include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/images/gray.jxr")),
                true,
            ),
            (
                "24 bit, luma only",
                include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/images/luma.jxr")),
                true,
            ),
            (
                "24 bit",
                include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/images/dot.jxr")),
                false,
            ),
        ];
        for (name, data, gray) in rows {
            let picture = read(&data.to_vec()).expect("memory reads").expect("a picture");
            assert_eq!((picture.width, picture.height), (24, 17), "{name}");
            assert_eq!(picture.tint == Tint::Gray, gray, "{name}: {picture:?}");
        }
    }
}
