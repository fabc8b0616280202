//! PNG (W3C Portable Network Graphics, third edition): size, resolution and tint.
//!
//! Gray colour types need no look at the samples. The others are inflated and unfiltered line by line, two
//! lines in memory, until a visible sample is not gray.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;

use super::{Density, Tint};

/// A picture's facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Png {
    /// Samples across, 1..=2^31-1.
    pub width: u32,
    /// Lines, 1..=2^31-1.
    pub height: u32,
    /// Resolution, when `pHYs` gives it in metres.
    pub density: Option<Density>,
    /// Whether it needs colour.
    pub tint: Tint,
    /// False when the data ended or broke before its tint was settled.
    pub complete: bool,
}

/// Why no picture could be found.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The source could not be read.
    #[error("reading the picture")]
    Source(#[from] io::Error),
    /// The signature or the header chunk is missing or makes no sense.
    #[error("broken PNG header")]
    Header,
}

/// Longest line that is unfiltered, in bytes; two of them are held.
const LINE_BYTES_MAX: u64 = 2 << 20;

/// Most bytes of samples that are inflated for one picture.
const SAMPLE_BYTES_MAX: u64 = 1 << 30;

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

/// Reads one picture from its signature on.
///
/// # Errors
/// [`PngError`] when there is no sensible header. Damage after it is told by [`Png::complete`].
pub fn read(mut input: impl Read) -> Result<Png, PngError> {
    let mut start = [0; 33];
    if !fill(&mut input, &mut start)? || !start.starts_with(SIGNATURE) || &start[12..16] != b"IHDR" {
        return Err(PngError::Header);
    }
    let header = Header::parse(&start[16..29]).ok_or(PngError::Header)?;
    let mut png =
        Png { width: header.width, height: header.height, density: None, tint: Tint::Gray, complete: true };
    let mut colors = Colors::new(&header);
    // Chunks up to the first IDAT.
    let length = loop {
        let Some((length, kind)) = chunk_head(&mut input)? else {
            png.complete = false;
            break None;
        };
        let wanted = match &kind {
            b"IDAT" => break Some(length),
            b"IEND" => {
                png.complete = false;
                break None;
            }
            b"PLTE" | b"tRNS" | b"pHYs" if length <= 768 => length as usize,
            _ => 0,
        };
        let mut body = vec![0; wanted];
        if !fill(&mut input, &mut body)? || !skip(&mut input, u64::from(length) - wanted as u64 + 4)? {
            png.complete = false;
            break None;
        }
        match &kind {
            b"PLTE" => colors.palette(&body),
            b"tRNS" => colors.transparency(&body),
            b"pHYs" => png.density = density(&body),
            _ => {}
        }
    };
    let Some(length) = length else {
        png.tint = if header.is_gray() { Tint::Gray } else { Tint::Unknown("a PNG picture without samples") };
        return Ok(png);
    };
    if header.is_gray() || colors.all_gray() {
        return Ok(png);
    }
    match samples(&header, &colors, Data { input, left: length }) {
        Ok(tint) => png.tint = tint,
        Err(error) => match error.kind() {
            // What the inflater says about its input; a failing source says anything else.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                png.complete = false;
            }
            _ => return Err(PngError::Source(error)),
        },
    }
    Ok(png)
}

/// The header chunk.
struct Header {
    width: u32,
    height: u32,
    depth: u8,
    kind: Kind,
    interlaced: bool,
}

/// The colour types.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gray,
    GrayAlpha,
    Rgb,
    Palette,
    RgbAlpha,
}

impl Header {
    fn parse(body: &[u8]) -> Option<Header> {
        let width = u32::from_be_bytes(body.get(0..4)?.try_into().ok()?);
        let height = u32::from_be_bytes(body.get(4..8)?.try_into().ok()?);
        let [depth, kind, _compression, _filter, interlace] = *body.get(8..13)? else { return None };
        let kind = match (kind, depth) {
            (0, 1 | 2 | 4 | 8 | 16) => Kind::Gray,
            (2, 8 | 16) => Kind::Rgb,
            (3, 1 | 2 | 4 | 8) => Kind::Palette,
            (4, 8 | 16) => Kind::GrayAlpha,
            (6, 8 | 16) => Kind::RgbAlpha,
            _ => return None,
        };
        let sensible = |edge: u32| (1..=0x7FFF_FFFF).contains(&edge);
        let valid = sensible(width) && sensible(height) && interlace <= 1;
        valid.then_some(Header { width, height, depth, kind, interlaced: interlace == 1 })
    }

    fn is_gray(&self) -> bool {
        matches!(self.kind, Kind::Gray | Kind::GrayAlpha)
    }

    fn pixel_bits(&self) -> u64 {
        let samples = match self.kind {
            Kind::Gray | Kind::Palette => 1,
            Kind::GrayAlpha => 2,
            Kind::Rgb => 3,
            Kind::RgbAlpha => 4,
        };
        samples * u64::from(self.depth)
    }

    /// Width and height of the passes (section 8.1, Adam7); empty passes are left out.
    fn passes(&self) -> Vec<(u64, u64)> {
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        if !self.interlaced {
            return vec![(width, height)];
        }
        let starts_and_steps = [
            (0, 0, 8, 8),
            (4, 0, 8, 8),
            (0, 4, 4, 8),
            (2, 0, 4, 4),
            (0, 2, 2, 4),
            (1, 0, 2, 2),
            (0, 1, 1, 2),
        ];
        starts_and_steps
            .iter()
            .map(|&(x, y, dx, dy): &(u64, u64, u64, u64)| {
                (width.saturating_sub(x).div_ceil(dx), height.saturating_sub(y).div_ceil(dy))
            })
            .filter(|&(w, h)| w > 0 && h > 0)
            .collect()
    }
}

/// Which samples are visible and coloured.
struct Colors {
    kind: Kind,
    depth: u8,
    /// By palette index.
    palette: Box<[bool; 256]>,
    entries: Vec<[u8; 3]>,
    /// The one colour of an RGB picture that is transparent.
    transparent: Option<[u16; 3]>,
}

impl Colors {
    fn new(header: &Header) -> Colors {
        Colors {
            kind: header.kind,
            depth: header.depth,
            palette: Box::new([false; 256]),
            entries: Vec::new(),
            transparent: None,
        }
    }

    fn palette(&mut self, body: &[u8]) {
        self.entries = body.as_chunks::<3>().0.to_vec();
        for (slot, [r, g, b]) in self.palette.iter_mut().zip(&self.entries) {
            *slot = r != g || g != b;
        }
    }

    fn transparency(&mut self, body: &[u8]) {
        match self.kind {
            Kind::Palette => {
                for (slot, alpha) in self.palette.iter_mut().zip(body) {
                    *slot &= *alpha != 0;
                }
            }
            Kind::Rgb if body.len() >= 6 => {
                let part = |i: usize| u16::from_be_bytes([body[i], body[i + 1]]);
                self.transparent = Some([part(0), part(2), part(4)]);
            }
            Kind::Rgb | Kind::Gray | Kind::GrayAlpha | Kind::RgbAlpha => {}
        }
    }

    fn all_gray(&self) -> bool {
        self.kind == Kind::Palette && !self.palette.contains(&true)
    }

    fn line_colored(&self, line: &[u8], width: u64) -> bool {
        match (self.kind, self.depth) {
            (Kind::Gray | Kind::GrayAlpha, _) => false,
            (Kind::Palette, 8) => line.iter().any(|&b| self.palette[usize::from(b)]),
            (Kind::Palette, depth) => {
                let per_byte = u64::from(8 / depth);
                (0..width).any(|x| {
                    let byte = line[(x / per_byte) as usize];
                    let shift = 8 - depth - (x % per_byte) as u8 * depth;
                    self.palette[usize::from(byte >> shift) & ((1 << depth) - 1)]
                })
            }
            (Kind::Rgb, 8) => line.as_chunks::<3>().0.iter().any(|&[r, g, b]| {
                (r != g || g != b) && self.transparent != Some([r.into(), g.into(), b.into()])
            }),
            (Kind::Rgb, _) => line.as_chunks::<6>().0.iter().any(|p| {
                let rgb = [0, 2, 4].map(|i| u16::from_be_bytes([p[i], p[i + 1]]));
                (rgb[0] != rgb[1] || rgb[1] != rgb[2]) && self.transparent != Some(rgb)
            }),
            (Kind::RgbAlpha, 8) => {
                line.as_chunks::<4>().0.iter().any(|&[r, g, b, a]| a != 0 && (r != g || g != b))
            }
            (Kind::RgbAlpha, _) => line
                .as_chunks::<8>()
                .0
                .iter()
                .any(|p| (p[6] | p[7]) != 0 && (p[0..2] != p[2..4] || p[2..4] != p[4..6])),
        }
    }
}

/// Inflates and unfilters until a line is coloured.
fn samples(header: &Header, colors: &Colors, data: Data<impl Read>) -> io::Result<Tint> {
    let bits = header.pixel_bits();
    let passes = header.passes();
    let line_bytes = |width: u64| (width * bits).div_ceil(8);
    let total: u64 =
        passes.iter().map(|&(w, h)| h.saturating_mul(line_bytes(w) + 1)).fold(0, u64::saturating_add);
    if total > SAMPLE_BYTES_MAX || line_bytes(u64::from(header.width)) > LINE_BYTES_MAX {
        return Ok(Tint::Unknown("a PNG picture too large to look through"));
    }
    let step = (bits.div_ceil(8)) as usize;
    let mut inflater = ZlibDecoder::new(data);
    for (width, height) in passes {
        let bytes = line_bytes(width) as usize;
        // The filter byte and the line, with the line above in the other buffer.
        let mut above = vec![0; bytes];
        let mut line = vec![0; bytes + 1];
        for _ in 0..height {
            inflater.read_exact(&mut line)?;
            unfilter(line[0], &mut line[1..], &above, step)?;
            if colors.line_colored(&line[1..], width) {
                return Ok(Tint::Color);
            }
            above.copy_from_slice(&line[1..]);
        }
    }
    Ok(Tint::Gray)
}

/// Section 9.2: what a filter byte took away from a line is put back.
fn unfilter(filter: u8, line: &mut [u8], above: &[u8], step: usize) -> io::Result<()> {
    match filter {
        0 => {}
        1 => {
            for i in step..line.len() {
                line[i] = line[i].wrapping_add(line[i - step]);
            }
        }
        2 => {
            for (byte, up) in line.iter_mut().zip(above) {
                *byte = byte.wrapping_add(*up);
            }
        }
        3 => {
            for i in 0..line.len() {
                let left = if i >= step { line[i - step] } else { 0 };
                line[i] = line[i].wrapping_add(((u16::from(left) + u16::from(above[i])) / 2) as u8);
            }
        }
        4 => {
            for i in 0..line.len() {
                let (left, corner) = if i >= step { (line[i - step], above[i - step]) } else { (0, 0) };
                line[i] = line[i].wrapping_add(paeth(left, above[i], corner));
            }
        }
        _ => return Err(io::ErrorKind::InvalidData.into()),
    }
    Ok(())
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let p = a + b - c;
    let (da, db, dc) = ((p - a).abs(), (p - b).abs(), (p - c).abs());
    if da <= db && da <= dc {
        left
    } else if db <= dc {
        up
    } else {
        corner
    }
}

/// The bodies of consecutive IDAT chunks as one stream.
struct Data<R> {
    input: R,
    left: u32,
}

impl<R: Read> Read for Data<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            skip(&mut self.input, 4)?; // the check sum
            match chunk_head(&mut self.input)? {
                Some((length, kind)) if &kind == b"IDAT" => self.left = length,
                _ => return Ok(0),
            }
        }
        let want = buf.len().min(self.left as usize);
        let read = self.input.read(&mut buf[..want])?;
        self.left -= read as u32;
        Ok(read)
    }
}

fn density(body: &[u8]) -> Option<Density> {
    let [x3, x2, x1, x0, y3, y2, y1, y0, 1] = *body else { return None };
    let per_metre = |bytes| f64::from(u32::from_be_bytes(bytes)) * 0.0254;
    let (x_dpi, y_dpi) = (per_metre([x3, x2, x1, x0]), per_metre([y3, y2, y1, y0]));
    (x_dpi > 0.0 && y_dpi > 0.0).then_some(Density { x_dpi, y_dpi })
}

fn chunk_head(input: &mut impl Read) -> io::Result<Option<(u32, [u8; 4])>> {
    let mut head = [0; 8];
    if !fill(input, &mut head)? {
        return Ok(None);
    }
    let [l3, l2, l1, l0, kind @ ..] = head;
    Ok(Some((u32::from_be_bytes([l3, l2, l1, l0]), kind)))
}

/// Fills `buf`; false when the input ends before.
fn fill(input: &mut impl Read, buf: &mut [u8]) -> io::Result<bool> {
    match input.read_exact(buf) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Passes over bytes; false when the input ends before.
fn skip(input: &mut impl Read, count: u64) -> io::Result<bool> {
    Ok(io::copy(&mut input.take(count), &mut io::sink())? == count)
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! picture {
        ($name:literal) => {
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/images/", $name)).as_slice()
        };
    }

    #[test]
    fn gray_is_told_from_colour_in_every_kind() {
        let rows: [(&str, &[u8], Tint); 10] = [
            ("RGB", picture!("gray-rgb.png"), Tint::Gray),
            ("RGB", picture!("dot-rgb.png"), Tint::Color),
            ("interlaced", picture!("gray-adam7.png"), Tint::Gray),
            ("interlaced", picture!("dot-adam7.png"), Tint::Color),
            ("palette", picture!("gray-palette.png"), Tint::Gray),
            ("palette", picture!("dot-palette.png"), Tint::Color),
            ("alpha, the dot is transparent", picture!("gray-alpha.png"), Tint::Gray),
            ("alpha", picture!("dot-alpha.png"), Tint::Color),
            ("16 bit", picture!("dot-16.png"), Tint::Color),
            ("a coloured palette entry that no pixel uses", picture!("gray-palette-unused.png"), Tint::Gray),
        ];
        for (name, data, tint) in rows {
            let png = read(data).expect("a picture");
            assert_eq!((png.tint, png.complete, png.width, png.height), (tint, true, 24, 17), "{name}");
        }
    }

    #[test]
    fn a_cut_picture_is_incomplete() {
        for whole in [picture!("gray-rgb.png"), picture!("gray-adam7.png"), picture!("gray-alpha.png")] {
            for end in 33..whole.len() - 24 {
                assert!(!read(&whole[..end]).expect("the header is there").complete, "cut at {end}");
            }
        }
    }

    #[test]
    fn flipped_bits_never_panic() {
        for whole in [picture!("dot-adam7.png"), picture!("dot-palette.png"), picture!("dot-alpha.png")] {
            for at in 0..whole.len() * 8 {
                let mut data = whole.to_vec();
                data[at / 8] ^= 1 << (at % 8);
                let _ = read(data.as_slice());
            }
        }
    }
}
