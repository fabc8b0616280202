//! JPEG (ITU-T T.81): size, density and tint of a picture, from its coefficients.
//!
//! A picture is never rebuilt. Gray in YCbCr means both chroma planes are flat at their middle, gray in
//! CMYK means the three inks are flat at white, gray in RGB means three equal planes; all of this can be
//! read off the quantised DCT coefficients while the entropy-coded data streams past. That holds for
//! baseline, extended sequential and progressive Huffman coding. Arithmetic and lossless coding are
//! recognised and answered with [`Tint::Unknown`]; no printer known to us accepts them.

mod bits;
mod coefficients;
mod huffman;
mod scan;

use std::io::{self, Read};

use super::{Density, Tint};
use bits::Source;
use coefficients::{Judge, Role};
use huffman::Huffman;

/// How the samples of a picture are to be understood where the file alone does not say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// `Some(true)`: three components are YCbCr and four are YCCK; `Some(false)`: they are stored as they are.
    /// `None` asks the Adobe marker and then T.871's default. PDF calls this `ColorTransform`.
    pub transform: Option<bool>,
    /// Whether a full sample means no ink. `None` asks the Adobe marker: its writers invert CMYK.
    pub inverted_inks: Option<bool>,
    /// Read on to the end of the picture after its tint is known, so that a cut file is noticed.
    pub to_the_end: bool,
}

/// A picture's facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Jpeg {
    /// Samples across, 1..=65535.
    pub width: u32,
    /// Lines, 1..=65535.
    pub height: u32,
    /// Components a sample has: 1 gray, 3 colour, 4 inks.
    pub components: u8,
    /// Resolution, when the JFIF header gives it in absolute units.
    pub density: Option<Density>,
    /// Whether it needs colour.
    pub tint: Tint,
    /// False when the data ended or broke before the picture did.
    pub complete: bool,
}

/// Why no picture could be found.
#[derive(Debug, thiserror::Error)]
pub enum JpegError {
    /// The source could not be read.
    #[error("reading the picture")]
    Source(#[from] io::Error),
    /// The data ends before the frame header.
    #[error("the picture ends before its frame header")]
    NoFrame,
    /// A marker segment contradicts T.81.
    #[error("broken {0} segment")]
    Segment(&'static str),
}

/// Reads one picture from its SOI marker on.
///
/// # Errors
/// [`JpegError`] when not even a frame header could be read. Damage after it is told by [`Jpeg::complete`].
pub fn read(input: impl Read, reading: Reading) -> Result<Jpeg, JpegError> {
    let mut source = Source::new(input);
    if source.byte()? != Some(0xFF) || source.byte()? != Some(SOI) {
        return Err(JpegError::Segment("SOI"));
    }
    let mut decoder = Decoder::new(reading);
    match decoder.run(&mut source) {
        Ok(()) => {}
        Err(JpegError::Source(error)) => return Err(JpegError::Source(error)),
        Err(other) if decoder.frame.is_none() => return Err(other),
        Err(_) => decoder.complete = false,
    }
    let frame = decoder.frame.as_ref().ok_or(JpegError::NoFrame)?;
    Ok(Jpeg {
        width: u32::from(frame.width),
        height: u32::from(frame.height),
        components: u8::try_from(frame.components.len()).unwrap_or(u8::MAX),
        density: decoder.density,
        tint: decoder.tint(),
        complete: decoder.complete,
    })
}

/// A component as the frame header declares it.
#[derive(Debug, Clone)]
struct Component {
    id: u8,
    /// Blocks across and down in one MCU, 1..=4.
    h: u8,
    v: u8,
    quant: u8,
    judge: Judge,
}

/// The frame header (T.81 B.2.2).
#[derive(Debug)]
struct Frame {
    precision: u8,
    height: u16,
    width: u16,
    progressive: bool,
    components: Vec<Component>,
    h_max: u8,
    v_max: u8,
}

/// Tables and state that markers build up.
struct Decoder {
    reading: Reading,
    quant: [[u16; 64]; 4],
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    restart_interval: u16,
    adobe_transform: Option<u8>,
    jfif: bool,
    density: Option<Density>,
    frame: Option<Frame>,
    /// Set when the coding is one whose coefficients are not read.
    opaque: Option<&'static str>,
    /// Block visits left before a hostile picture is given up.
    visits_left: u64,
    scans: u32,
    complete: bool,
}

impl Decoder {
    fn new(reading: Reading) -> Decoder {
        Decoder {
            reading,
            quant: [[1; 64]; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart_interval: 0,
            adobe_transform: None,
            jfif: false,
            density: None,
            frame: None,
            opaque: None,
            visits_left: BLOCK_VISITS_MAX,
            scans: 0,
            complete: false,
        }
    }

    /// Walks the markers until the picture ends or its tint is settled.
    fn run<R: Read>(&mut self, source: &mut Source<R>) -> Result<(), JpegError> {
        loop {
            let Some(marker) = source.marker()? else { return Ok(()) };
            match marker {
                EOI => {
                    self.complete = self.frame.is_some() && (self.scans > 0 || self.opaque.is_some());
                    return Ok(());
                }
                SOI | TEM | RST0..=RST7 => {}
                SOS => {
                    self.scan(source)?;
                    if !self.reading.to_the_end && self.settled() {
                        self.complete = true;
                        return Ok(());
                    }
                }
                _ => self.segment(marker, source)?,
            }
        }
    }

    /// True when reading on cannot change the tint.
    fn settled(&self) -> bool {
        let Some(frame) = &self.frame else { return false };
        self.opaque.is_some()
            || frame.components.len() == 1
            || frame.components.iter().any(|c| c.judge.colored())
    }

    fn segment<R: Read>(&mut self, marker: u8, source: &mut Source<R>) -> Result<(), JpegError> {
        let length = source.u16()?.ok_or(JpegError::Segment("length"))?;
        let length = usize::from(length).checked_sub(2).ok_or(JpegError::Segment("length"))?;
        let kept = match marker {
            DHT | DQT | DRI | SOF0..=SOF3 | SOF5..=SOF7 | SOF9..=SOF11 | SOF13..=SOF15 => length,
            APP0 | APP14 => length.min(16),
            _ => 0,
        };
        let mut body = vec![0; kept];
        if !source.exact(&mut body)? || !source.skip(length - kept)? {
            return Err(JpegError::Segment("cut"));
        }
        match marker {
            DHT => self.huffman_tables(&body),
            DQT => self.quantisation_tables(&body),
            DRI => {
                let [high, low, ..] = body[..] else { return Err(JpegError::Segment("DRI")) };
                self.restart_interval = u16::from_be_bytes([high, low]);
                Ok(())
            }
            APP0 => {
                self.jfif_header(&body);
                Ok(())
            }
            APP14 => {
                if body.starts_with(b"Adobe") && body.len() >= 12 {
                    self.adobe_transform = Some(body[11]);
                }
                Ok(())
            }
            SOF0..=SOF3 | SOF5..=SOF7 | SOF9..=SOF11 | SOF13..=SOF15 => self.frame_header(marker, &body),
            _ => Ok(()),
        }
    }

    /// JFIF 1.02: units 1 is dots per inch, 2 dots per centimetre, 0 only an aspect ratio.
    fn jfif_header(&mut self, body: &[u8]) {
        if !body.starts_with(b"JFIF\0") || body.len() < 12 {
            return;
        }
        self.jfif = true;
        let x = f64::from(u16::from_be_bytes([body[8], body[9]]));
        let y = f64::from(u16::from_be_bytes([body[10], body[11]]));
        let scale = match body[7] {
            1 => 1.0,
            2 => 2.54,
            _ => return,
        };
        if x > 0.0 && y > 0.0 {
            self.density = Some(Density { x_dpi: x * scale, y_dpi: y * scale });
        }
    }

    fn quantisation_tables(&mut self, mut body: &[u8]) -> Result<(), JpegError> {
        while let [head, rest @ ..] = body {
            let wide = head >> 4 != 0;
            let table = self.quant.get_mut(usize::from(head & 15)).ok_or(JpegError::Segment("DQT"))?;
            let size = if wide { 128 } else { 64 };
            let (values, after) = rest.split_at_checked(size).ok_or(JpegError::Segment("DQT"))?;
            for (i, slot) in table.iter_mut().enumerate() {
                *slot = if wide {
                    u16::from_be_bytes([values[2 * i], values[2 * i + 1]])
                } else {
                    u16::from(values[i])
                };
            }
            body = after;
        }
        Ok(())
    }

    fn huffman_tables(&mut self, mut body: &[u8]) -> Result<(), JpegError> {
        while let [head, rest @ ..] = body {
            let class = head >> 4;
            let slot = usize::from(head & 15);
            let (counts, rest) = rest.split_at_checked(16).ok_or(JpegError::Segment("DHT"))?;
            let total = counts.iter().map(|&n| usize::from(n)).sum();
            let (values, after) = rest.split_at_checked(total).ok_or(JpegError::Segment("DHT"))?;
            let table = Huffman::new(counts, values).ok_or(JpegError::Segment("DHT"))?;
            let tables = if class == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(slot).ok_or(JpegError::Segment("DHT"))? = Some(table);
            body = after;
        }
        Ok(())
    }

    fn frame_header(&mut self, marker: u8, body: &[u8]) -> Result<(), JpegError> {
        if self.frame.is_some() {
            return Err(JpegError::Segment("second SOF"));
        }
        let [precision, y1, y0, x1, x0, count, specs @ ..] = body else {
            return Err(JpegError::Segment("SOF"));
        };
        let (height, width) = (u16::from_be_bytes([*y1, *y0]), u16::from_be_bytes([*x1, *x0]));
        if width == 0 || *count == 0 || specs.len() < usize::from(*count) * 3 || !matches!(precision, 2..=16)
        {
            return Err(JpegError::Segment("SOF"));
        }
        let components: Vec<Component> = specs
            .chunks_exact(3)
            .take(usize::from(*count))
            .map(|s| Component {
                id: s[0],
                h: s[1] >> 4,
                v: s[1] & 15,
                quant: s[2],
                judge: Judge::new(Role::Ignored),
            })
            .collect();
        if components.iter().any(|c| !matches!(c.h, 1..=4) || !matches!(c.v, 1..=4) || c.quant > 3) {
            return Err(JpegError::Segment("SOF"));
        }
        match marker {
            SOF0..=SOF2 if height == 0 => {
                self.opaque = Some("a JPEG picture whose height comes after its data")
            }
            SOF0..=SOF2 => {}
            _ => self.opaque = Some("a JPEG picture with arithmetic or lossless coding"),
        }
        let h_max = components.iter().map(|c| c.h).max().unwrap_or(1);
        let v_max = components.iter().map(|c| c.v).max().unwrap_or(1);
        let mut frame = Frame {
            precision: *precision,
            height,
            width,
            progressive: marker == SOF2,
            components,
            h_max,
            v_max,
        };
        self.cast(&mut frame);
        self.frame = Some(frame);
        Ok(())
    }

    /// Gives each component the part it plays in telling gray from colour.
    fn cast(&mut self, frame: &mut Frame) {
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        let full_is_white = self.reading.inverted_inks.unwrap_or(self.adobe_transform.is_some());
        let ink = Role::Ink { full_is_white };
        let roles: &[Role] = match ids.len() {
            1 => &[Role::Ignored],
            3 => {
                // The order libjpeg made customary: the caller, then JFIF, then Adobe, then component letters.
                let transform =
                    self.reading.transform.filter(|_| self.adobe_transform.is_none()).unwrap_or_else(|| {
                        match self.adobe_transform {
                            _ if self.jfif => true,
                            Some(t) => t != 0,
                            None => ids != *b"RGB",
                        }
                    });
                if transform {
                    &[Role::Ignored, Role::Chroma, Role::Chroma]
                } else {
                    &[Role::Equal, Role::Equal, Role::Equal]
                }
            }
            4 => {
                let transform = match self.adobe_transform {
                    Some(t) => t == 2,
                    None => self.reading.transform.unwrap_or(false),
                };
                if transform {
                    // YCCK keeps the complement of the inks as RGB: no ink means a full Y and flat chroma.
                    &[ink, Role::Chroma, Role::Chroma, Role::Ignored]
                } else {
                    &[ink, ink, ink, Role::Ignored]
                }
            }
            _ => {
                self.opaque = Some("a JPEG picture with an unusual number of components");
                &[]
            }
        };
        for (component, role) in frame.components.iter_mut().zip(roles) {
            component.judge = Judge::new(*role);
        }
    }

    fn tint(&self) -> Tint {
        let Some(frame) = &self.frame else { return Tint::Unknown("a JPEG picture without a frame") };
        if frame.components.len() == 1 {
            return Tint::Gray;
        }
        if frame.components.iter().any(|c| c.judge.colored()) {
            return Tint::Color;
        }
        if let Some(why) = self.opaque {
            return Tint::Unknown(why);
        }
        let mut equals = frame.components.iter().filter(|c| c.judge.role() == Role::Equal);
        if let Some(first) = equals.next() {
            let same = |c: &Component| {
                c.judge.trace() == first.judge.trace()
                    && self.quant[usize::from(c.quant)] == self.quant[usize::from(first.quant)]
                    && (c.h, c.v) == (first.h, first.v)
            };
            if !equals.all(same) {
                return Tint::Color;
            }
        }
        Tint::Gray
    }
}

/// Blocks looked at before a picture is given up as hostile; a 65,500 x 65,500 picture in 4:2:0 fits.
const BLOCK_VISITS_MAX: u64 = 1 << 28;

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const DQT: u8 = 0xDB;
const DRI: u8 = 0xDD;
const DHT: u8 = 0xC4;
const TEM: u8 = 0x01;
const RST0: u8 = 0xD0;
const RST7: u8 = 0xD7;
const SOF0: u8 = 0xC0;
const SOF2: u8 = 0xC2;
const SOF3: u8 = 0xC3;
const SOF5: u8 = 0xC5;
const SOF7: u8 = 0xC7;
const SOF9: u8 = 0xC9;
const SOF11: u8 = 0xCB;
const SOF13: u8 = 0xCD;
const SOF15: u8 = 0xCF;
const APP0: u8 = 0xE0;
const APP14: u8 = 0xEE;

#[cfg(test)]
mod tests;
