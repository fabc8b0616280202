//! JPEG 2000 (ITU-T T.800): what its headers say of colour.
//!
//! A JP2 file (annex I) names its colour space, or brings an ICC profile or a palette; a bare codestream has only a number
//! of components. Gray spaces are gray. Whether a picture in a colour space holds only gray samples cannot be seen without
//! its wavelets, which this crate does not undo: it may be in colour.

use super::Tint;

/// Bytes from the beginning that have to be looked at: boxes in front of the codestream, with a profile or a palette.
pub const HEAD_BYTES: usize = 64 * 1024;

/// Why a picture in a colour space is not decided.
pub const MAY_BE_COLOR: &str = "the colours of a JPEG 2000 picture were not decoded";

/// Boxes read of one superbox.
const BOXES_MAX: usize = 64;
/// Channels of a picture that are looked at.
const CHANNELS_MAX: usize = 64;

/// What the boxes say.
#[derive(Default)]
struct Boxes {
    components: u32,
    /// The first colour specification that is understood.
    gray_space: Option<bool>,
    /// The entries of the palette, whether each is gray, are all gray; by themselves, without a space.
    gray_palette: Option<bool>,
    palette_columns: u32,
    /// Channels that are opacity.
    opacity: u32,
}

/// What the beginning of a JPEG 2000 picture says; `None` when it is none.
#[must_use]
pub fn tint(head: &[u8]) -> Option<Tint> {
    if let Some(components) = codestream(head) {
        return Some(by_components(components));
    }
    if head.get(4..8) != Some(b"jP  ") {
        return None;
    }
    let mut boxes = Boxes::default();
    let mut found = false;
    for (kind, body) in children(head) {
        match &kind {
            b"jp2h" => {
                found = true;
                children(body).for_each(|(kind, body)| boxes.take(kind, body));
            }
            b"jp2c" => {
                // A broken header box leaves the codestream's own count.
                if boxes.components == 0 {
                    boxes.components = codestream(body).unwrap_or(0);
                }
                break;
            }
            _ => {}
        }
    }
    (found || boxes.components > 0).then(|| boxes.tint())
}

impl Boxes {
    fn take(&mut self, kind: [u8; 4], body: &[u8]) {
        match &kind {
            b"ihdr" => self.components = number(body, 8, 2).unwrap_or(0),
            b"colr" if self.gray_space.is_none() => self.gray_space = colour_space(body),
            b"pclr" => self.palette(body),
            b"cdef" => {
                let channels = body.get(2..).unwrap_or_default().chunks_exact(6).take(CHANNELS_MAX);
                // Type 1 is opacity, 2 premultiplied opacity.
                self.opacity = channels.filter(|channel| matches!(channel[2..4], [0, 1 | 2])).count() as u32;
            }
            _ => {}
        }
    }

    fn palette(&mut self, body: &[u8]) {
        let Some(columns) = number(body, 2, 1) else { return };
        self.palette_columns = columns;
        let columns = columns as usize;
        let depths = body.get(3..3 + columns).unwrap_or_default();
        let widths: Vec<usize> = depths.iter().map(|depth| usize::from(depth & 0x7F) / 8 + 1).collect();
        let row: usize = widths.iter().sum();
        let entries = body.get(3 + columns..).unwrap_or_default();
        if row == 0 || columns < 3 {
            return;
        }
        self.gray_palette = Some(entries.chunks_exact(row).all(|entry| {
            let (first, rest) = entry.split_at(widths[0]);
            let (second, rest) = rest.split_at(widths[1]);
            first == second && rest.starts_with(first)
        }));
    }

    fn tint(&self) -> Tint {
        match (self.gray_space, self.gray_palette) {
            (Some(true), _) => Tint::Gray,
            // Equal parts are gray in the spaces of red, green and blue; of inks a palette is not judged.
            (_, Some(true)) if self.palette_columns == 3 => Tint::Gray,
            (Some(false), _) => Tint::Unknown(MAY_BE_COLOR),
            (None, _) => by_components(self.components.saturating_sub(self.opacity)),
        }
    }
}

/// Whether the space of a colour specification box (I.5.3.3) has no colour in it; `None` for one that is not understood.
fn colour_space(body: &[u8]) -> Option<bool> {
    match body.first()? {
        1 => match number(body, 3, 4)? {
            // Bilevel, bilevel the other way round, and gray (T.800 table I.10, T.801 table M.25).
            0 | 15 | 17 => Some(true),
            1 | 3 | 4 | 9 | 11..=14 | 16 | 18..=24 => Some(false),
            _ => None,
        },
        2 | 3 => {
            let profile = body.get(3..)?;
            Some(profile.get(16..20)? == b"GRAY")
        }
        _ => None,
    }
}

fn by_components(components: u32) -> Tint {
    // Two are gray and opacity.
    if components <= 2 { Tint::Gray } else { Tint::Unknown(MAY_BE_COLOR) }
}

/// `Csiz` of a codestream (A.5.1).
fn codestream(bytes: &[u8]) -> Option<u32> {
    bytes.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]).then(|| number(bytes, 40, 2)).flatten()
}

/// A big-endian number of so many bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(bytes.get(at..at + length)?.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
}

/// The boxes in a row of bytes (I.4): kind and body, as far as it is there.
fn children(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let kind: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
        let (head, length) = match number(bytes, 0, 4)? {
            0 => (8, bytes.len()),
            1 => {
                let high = number(bytes, 8, 4)?;
                let low = number(bytes, 12, 4)?;
                let length = if high == 0 { low as usize } else { usize::MAX };
                (16, length)
            }
            length => (8, length as usize),
        };
        if length < head {
            return None;
        }
        let end = length.min(bytes.len());
        let body = &bytes[head.min(end)..end];
        bytes = &bytes[end..];
        Some((kind, body))
    })
    .take(BOXES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap();
        [&length.to_be_bytes()[..], kind, body].concat()
    }

    fn codestream(components: u16) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0x4F, 0xFF, 0x51];
        bytes.resize(40, 0);
        bytes.extend(components.to_be_bytes());
        bytes
    }

    fn file(components: u16, boxes: &[Vec<u8>]) -> Vec<u8> {
        let ihdr = [&[0, 0, 0, 9, 0, 0, 0, 9][..], &components.to_be_bytes(), &[7, 7, 0, 0]].concat();
        let header = [boxed(b"ihdr", &ihdr), boxes.concat()].concat();
        [
            boxed(b"jP  ", &[0x0D, 0x0A, 0x87, 0x0A]),
            boxed(b"ftyp", b"jp2 \0\0\0\0jp2 "),
            boxed(b"jp2h", &header),
            boxed(b"jp2c", &codestream(components)),
        ]
        .concat()
    }

    fn space(number: u32) -> Vec<u8> {
        boxed(b"colr", &[&[1, 0, 0][..], &number.to_be_bytes()].concat())
    }

    fn profile(space: &[u8; 4]) -> Vec<u8> {
        boxed(b"colr", &[&[2, 0, 0][..], &[0; 16], space, &[0; 108]].concat())
    }

    #[test]
    fn a_gray_space_is_gray_and_colour_is_not_guessed() {
        let palette = |entries: &[u8]| boxed(b"pclr", &[&[0, 2, 3, 7, 7, 7][..], entries].concat());
        let opacity = || boxed(b"cdef", &[0, 2, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0]);
        let rows = [
            ("gray", file(1, &[space(17)]), true),
            ("sRGB", file(3, &[space(16)]), false),
            ("sYCC", file(3, &[space(18)]), false),
            ("CMYK", file(4, &[space(12)]), false),
            ("gray profile", file(1, &[profile(b"GRAY")]), true),
            ("RGB profile", file(3, &[profile(b"RGB ")]), false),
            ("an unknown space of one component", file(1, &[space(9_999)]), true),
            ("an unknown space of three", file(3, &[space(9_999)]), false),
            ("the first that is understood", file(3, &[space(9_999), space(17), space(16)]), true),
            ("no space, gray and opacity", file(2, &[]), true),
            ("no space, two and opacity", file(3, &[opacity()]), true),
            ("a gray palette", file(1, &[space(16), palette(&[1, 1, 1, 9, 9, 9])]), true),
            ("a coloured palette", file(1, &[space(16), palette(&[1, 1, 1, 9, 9, 8])]), false),
            ("bare, one", codestream(1), true),
            ("bare, three", codestream(3), false),
        ];
        for (name, bytes, gray) in rows {
            assert_eq!(tint(&bytes).map(|tint| tint == Tint::Gray), Some(gray), "{name}");
            // A box cut short, or whose length lies, ends the reading and nothing else.
            for cut in 0..bytes.len() {
                let _ = tint(&bytes[..cut]);
            }
        }
        assert_eq!(tint(b"%PDF-1.5"), None);
        assert_eq!(tint(&boxed(b"jP  ", &[0x0D, 0x0A, 0x87, 0x0A])), None);
    }
}
