//! Looking through the samples of a picture.

use std::io::{self, Read};

use super::Tint;
use super::directory::{Directory, tag};
use super::unpack;
use crate::image::jpeg;
use crate::source::{ReadAt, Stretch};

/// Longest line that is unpacked, in bytes.
const LINE_BYTES_MAX: u64 = 2 << 20;

/// Most bytes of samples that are unpacked for one picture.
const SAMPLE_BYTES_MAX: u64 = 1 << 30;

/// The tint of a picture, and whether its samples were all there.
pub(super) fn look(
    source: &dyn ReadAt,
    directory: &Directory,
    width: u32,
    height: u32,
) -> io::Result<(Tint, bool)> {
    let number = |tag, default| directory.number(tag).unwrap_or(default);
    let photometric = number(tag::PHOTOMETRIC, 0);
    let samples = number(tag::SAMPLES_PER_PIXEL, 1);
    let compression = number(tag::COMPRESSION, 1);
    let segments = Segments::of(directory, width, height);
    let complete = segments.as_ref().is_some_and(|s| s.within(source));
    // White-is-zero, black-is-zero, transparency mask; and what fax codes is bilevel whatever it says.
    if matches!(photometric, 0 | 1 | 4) || matches!(compression, 2..=4) {
        return Ok((Tint::Gray, complete));
    }
    let Some(segments) = segments else {
        return Ok((Tint::Unknown("a TIFF picture without samples"), false));
    };
    if compression == 7 {
        return jpeg_strips(source, directory, &segments, photometric);
    }
    let unknown = |why| Ok((Tint::Unknown(why), complete));
    let bits = number(tag::BITS_PER_SAMPLE, 1);
    if directory.numbers(tag::BITS_PER_SAMPLE).any(|b| b != bits) || !matches!(bits, 1 | 2 | 4 | 8 | 16) {
        return unknown("a TIFF picture with unusual samples");
    }
    if number(tag::FILL_ORDER, 1) != 1 {
        return unknown("a TIFF picture with reversed bits");
    }
    let planar = number(tag::PLANAR_CONFIGURATION, 1) == 2 && samples > 1;
    let alpha = directory.numbers(tag::EXTRA_SAMPLES).next().is_some_and(|kind| matches!(kind, 1 | 2));
    let rule = match (photometric, samples, bits) {
        (2, 3.., 8 | 16) => Rule::Equal { alpha: alpha && samples >= 4 && !planar },
        (3, 1, 1 | 2 | 4 | 8) => match Rule::palette(directory, bits) {
            Some(rule) => rule,
            None => return Ok((Tint::Gray, complete)),
        },
        (5, 4.., 8 | 16) => Rule::Inks,
        _ => return unknown("a TIFF picture in an unusual colour space"),
    };
    let predictor = number(tag::PREDICTOR, 1);
    if predictor > 2 || predictor == 2 && bits < 8 {
        return unknown("a TIFF picture with an unusual predictor");
    }
    let stored = if planar { 1 } else { samples };
    let line_bytes = (u64::from(segments.width) * stored * bits).div_ceil(8);
    let total =
        line_bytes.saturating_mul(u64::from(segments.height)).saturating_mul(segments.places.len() as u64);
    if line_bytes > LINE_BYTES_MAX || total > SAMPLE_BYTES_MAX || samples > 32 {
        return unknown("a TIFF picture too large to look through");
    }
    let mut eye = Eye {
        rule,
        samples: stored as usize,
        bits: bits as usize,
        predictor: predictor == 2,
        little_endian: directory.layout.little_endian,
        planar,
        digests: [0; 3],
    };
    let mut whole = complete;
    let per_plane = if planar { segments.places.len().div_ceil(samples as usize).max(1) } else { usize::MAX };
    for (index, &(offset, bytes)) in segments.places.iter().enumerate() {
        let Some(mut input) = unpack::open(compression, Stretch::new(source, offset, bytes)) else {
            return unknown("a TIFF picture with an unusual compression");
        };
        let (columns, rows) = segments.visible(index, width, height, per_plane);
        match eye.segment(&mut input, line_bytes as usize, columns, rows, index / per_plane) {
            Ok(true) => return Ok((Tint::Color, whole)),
            Ok(false) => {}
            Err(error) => match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                    whole = false
                }
                _ => return Err(error),
            },
        }
    }
    Ok((if eye.planes_differ() { Tint::Color } else { Tint::Gray }, whole))
}

/// What makes a sample coloured.
enum Rule {
    /// Red, green and blue must be equal where the pixel is not transparent.
    Equal { alpha: bool },
    /// By palette index.
    Palette(Box<[bool; 256]>),
    /// Only the fourth ink may fall.
    Inks,
}

impl Rule {
    /// `None` when every entry of the palette is gray.
    fn palette(directory: &Directory, bits: u64) -> Option<Rule> {
        let entries = 1usize << bits;
        let values: Vec<u64> = directory.numbers(tag::COLOR_MAP).collect();
        let mut colored = Box::new([false; 256]);
        for (i, slot) in colored.iter_mut().enumerate().take(entries) {
            let part = |plane: usize| values.get(plane * entries + i);
            *slot = part(0) != part(1) || part(1) != part(2);
        }
        colored.contains(&true).then_some(Rule::Palette(colored))
    }
}

/// Watches lines.
struct Eye {
    rule: Rule,
    samples: usize,
    bits: usize,
    predictor: bool,
    little_endian: bool,
    planar: bool,
    /// Of the red, green and blue planes where they are stored apart.
    digests: [u64; 3],
}

impl Eye {
    /// Looks through a strip or tile; true when it holds colour.
    fn segment(
        &mut self,
        input: &mut dyn Read,
        line_bytes: usize,
        columns: usize,
        rows: usize,
        plane: usize,
    ) -> io::Result<bool> {
        let mut line = vec![0; line_bytes];
        for _ in 0..rows {
            input.read_exact(&mut line)?;
            if self.predictor {
                self.undo_prediction(&mut line);
            }
            if self.line_colored(&line, columns, plane) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Horizontal differencing (TIFF 6.0 section 14).
    fn undo_prediction(&self, line: &mut [u8]) {
        if self.bits == 8 {
            for i in self.samples..line.len() {
                line[i] = line[i].wrapping_add(line[i - self.samples]);
            }
            return;
        }
        let step = self.samples * 2;
        for i in (step..line.len().saturating_sub(1)).step_by(2) {
            let part = |i: usize| {
                let pair = [line[i], line[i + 1]];
                if self.little_endian { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
            };
            let sum = part(i).wrapping_add(part(i - step));
            let pair = if self.little_endian { sum.to_le_bytes() } else { sum.to_be_bytes() };
            line[i..i + 2].copy_from_slice(&pair);
        }
    }

    fn line_colored(&mut self, line: &[u8], columns: usize, plane: usize) -> bool {
        let sample = self.bits.div_ceil(8);
        if self.planar {
            let visible = &line[..(columns * sample).min(line.len())];
            return match self.rule {
                Rule::Inks => plane != 3 && plane < 4 && visible.iter().any(|&b| b != 0),
                Rule::Equal { .. } | Rule::Palette(_) => {
                    if let Some(digest) = self.digests.get_mut(plane) {
                        *digest = visible.iter().fold(*digest, |d, &b| {
                            (d ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(17)
                        });
                    }
                    false
                }
            };
        }
        let mut pixels = line.chunks_exact((sample * self.samples).max(1)).take(columns);
        match &self.rule {
            Rule::Equal { alpha } => pixels.any(|p| {
                let part = |i: usize| &p[i * sample..(i + 1) * sample];
                let visible = !alpha || part(3).iter().any(|&b| b != 0);
                visible && (part(0) != part(1) || part(1) != part(2))
            }),
            Rule::Inks => pixels.any(|p| p[..3 * sample].iter().any(|&b| b != 0)),
            Rule::Palette(colored) => (0..columns).any(|x| {
                let bit = x * self.bits;
                let byte = line.get(bit / 8).copied().unwrap_or(0);
                let shift = 8 - self.bits - bit % 8;
                colored[usize::from(byte >> shift) & ((1 << self.bits) - 1)]
            }),
        }
    }

    fn planes_differ(&self) -> bool {
        self.planar
            && matches!(self.rule, Rule::Equal { .. })
            && (self.digests[0] != self.digests[1] || self.digests[1] != self.digests[2])
    }
}

/// Strips or tiles.
struct Segments {
    /// Columns and rows of one.
    width: u32,
    height: u32,
    /// Tiles beside each other; 1 for strips.
    across: usize,
    /// Offset and length of each.
    places: Vec<(u64, u64)>,
    whole: bool,
}

impl Segments {
    fn of(directory: &Directory, width: u32, height: u32) -> Option<Segments> {
        let clip = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).max(1);
        let tiled = directory.number(tag::TILE_WIDTH).is_some();
        let (offsets, counts) = if tiled {
            (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS)
        };
        let (w, h) = if tiled {
            (clip(directory.number(tag::TILE_WIDTH)?), clip(directory.number(tag::TILE_LENGTH)?))
        } else {
            let rows = directory.number(tag::ROWS_PER_STRIP).map_or(height, clip);
            (width, rows.min(height.max(1)))
        };
        let lengths = directory.numbers(counts).map(Some).chain(std::iter::repeat(None));
        // A missing length is a fault of old writers; the strip then ends where the file does.
        let places: Vec<(u64, u64)> = directory
            .numbers(offsets)
            .zip(lengths)
            .map(|(at, length)| (at, length.unwrap_or(u64::MAX)))
            .collect();
        (!places.is_empty()).then(|| Segments {
            width: w,
            height: h,
            across: if tiled { (width.div_ceil(w) as usize).max(1) } else { 1 },
            places,
            whole: directory.is_whole(offsets),
        })
    }

    /// Whether all of them lie within the file.
    fn within(&self, source: &dyn ReadAt) -> bool {
        let end = source.len();
        self.whole
            && self
                .places
                .iter()
                .all(|&(at, bytes)| at < end && (bytes == u64::MAX || at.saturating_add(bytes) <= end))
    }

    /// Columns and rows of segment `index` that belong to the picture.
    fn visible(&self, index: usize, width: u32, height: u32, per_plane: usize) -> (usize, usize) {
        let index = index % per_plane;
        let (x, y) = ((index % self.across) as u64, (index / self.across) as u64);
        let left = |edge: u32, at: u64, step: u32| {
            u64::from(edge).saturating_sub(at * u64::from(step)).min(u64::from(step)) as usize
        };
        (left(width, x, self.width), left(height, y, self.height))
    }
}

/// JPEG in TIFF (Technical Note 2): each strip is a picture whose tables may stand in the directory.
fn jpeg_strips(
    source: &dyn ReadAt,
    directory: &Directory,
    segments: &Segments,
    photometric: u64,
) -> io::Result<(Tint, bool)> {
    let reading =
        jpeg::Reading { transform: Some(photometric == 6), inverted_inks: Some(false), to_the_end: false };
    // SOI, the tables without their own SOI and EOI, then the strip without its SOI.
    let mut head = vec![0xFF, 0xD8];
    if let Some(tables) = directory.bytes(tag::JPEG_TABLES) {
        let body = tables.strip_prefix(&[0xFF, 0xD8]).unwrap_or(tables);
        head.extend_from_slice(body.strip_suffix(&[0xFF, 0xD9]).unwrap_or(body));
    }
    let mut tint = Tint::Gray;
    let mut whole = segments.within(source);
    for &(offset, bytes) in &segments.places {
        let strip = Stretch::new(source, offset.saturating_add(2), bytes.saturating_sub(2));
        match jpeg::read(head.as_slice().chain(strip), reading) {
            Ok(picture) => {
                tint = tint.and(picture.tint);
                whole &= picture.complete;
            }
            Err(jpeg::JpegError::Source(error)) => return Err(error),
            Err(jpeg::JpegError::NoFrame | jpeg::JpegError::Segment(_)) => whole = false,
        }
        if tint == Tint::Color {
            break;
        }
    }
    Ok((tint, whole))
}
