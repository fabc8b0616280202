//! Pixels of images and raster patterns (Feature Reference, chapter 6 "Images"): looked at in any portions
//! until one has colour.

use super::colors::{Colors, Palette, Space};
use super::token::attribute;
use super::values::Attributes;
use crate::image::{Tint, jpeg};

/// Widest row that is looked at.
const ROW_BYTES_MAX: usize = 1024 * 1024;

/// Longest JPEG picture that is looked at; a longer one with three components is taken for colour.
const JPEG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An image between `BeginImage` and `EndImage` whose pixels may have colour.
#[derive(Debug)]
pub(super) struct Image {
    pixels: Pixels,
    row: Vec<u8>,
    /// Bytes of a row with its padding, as coded without compression.
    row_bytes: usize,
    padding: usize,
    filled: usize,
    data: Data,
    /// Black pixels are painted in the colour of the brush.
    colored_texture: bool,
}

/// How pixels are coded.
#[derive(Debug)]
enum Pixels {
    /// One gray component.
    Gray,
    /// Three components of so many bits.
    Direct { bits: usize },
    /// Indices of so many bits.
    Indexed { bits: usize, palette: Palette },
}

/// State of the compression.
#[derive(Debug)]
enum Data {
    /// Between `ReadImage` operators.
    Idle,
    Plain,
    RunLength(RunLength),
    DeltaRow(DeltaRow),
    Jpeg(Vec<u8>),
    /// A way of coding that is not known.
    Unknown,
}

#[derive(Clone, Copy, Debug, Default)]
enum RunLength {
    #[default]
    Control,
    Literal(usize),
    Repeat(usize),
}

#[derive(Clone, Copy, Debug, Default)]
enum DeltaRow {
    #[default]
    LengthLow,
    LengthHigh(u8),
    Command {
        left: usize,
    },
    Offset {
        left: usize,
        count: usize,
        offset: usize,
    },
    Literal {
        left: usize,
        count: usize,
    },
}

impl Image {
    /// An image by the attributes of `BeginImage` or `BeginRastPattern`; `None` when its pixels cannot have
    /// colour.
    pub(super) fn begin(attributes: &Attributes, colors: &Colors, colored_texture: bool) -> Option<Self> {
        let bits = match attributes.int(attribute::COLOR_DEPTH) {
            Some(0) => 1,
            Some(1) => 4,
            _ => 8,
        };
        let indexed = attributes.int(attribute::COLOR_MAPPING) == Some(1);
        let width = usize::try_from(attributes.int(attribute::SOURCE_WIDTH)?).ok()?;
        let (pixels, bits_per_pixel) = match (&colors.palette, colors.space) {
            (Some(palette), _) if indexed => {
                if !palette.any_colored && !colored_texture {
                    return None;
                }
                (Pixels::Indexed { bits, palette: palette.clone() }, bits)
            }
            (_, Space::Gray) => {
                if !colored_texture {
                    return None;
                }
                (Pixels::Gray, bits)
            }
            (_, Space::Rgb) => (Pixels::Direct { bits }, bits * Space::Rgb.components()),
        };
        let row_bytes = width.checked_mul(bits_per_pixel)?.div_ceil(8);
        let data = if row_bytes == 0 || row_bytes > ROW_BYTES_MAX { Data::Unknown } else { Data::Idle };
        let row = if matches!(data, Data::Idle) { vec![0; row_bytes] } else { Vec::new() };
        Some(Self { pixels, row, row_bytes, padding: 0, filled: 0, data, colored_texture })
    }

    /// A block of rows follows (`ReadImage`).
    pub(super) fn begin_block(&mut self, attributes: &Attributes) {
        if self.row.is_empty() {
            return;
        }
        let multiple = attributes
            .int(attribute::PAD_BYTES_MULTIPLE)
            .and_then(|multiple| usize::try_from(multiple).ok())
            .filter(|multiple| (1..=64).contains(multiple))
            .unwrap_or(4);
        self.padding = self.row_bytes.next_multiple_of(multiple) - self.row_bytes;
        self.filled = 0;
        self.data = match attributes.int(attribute::COMPRESS_MODE) {
            None | Some(0) => Data::Plain,
            Some(1) => Data::RunLength(RunLength::default()),
            Some(2) => Data::Jpeg(Vec::new()),
            Some(3) => Data::DeltaRow(DeltaRow::default()),
            Some(_) => Data::Unknown,
        };
    }

    /// Takes bytes of the block; says whether a pixel has colour.
    pub(super) fn take(&mut self, bytes: &[u8]) -> bool {
        match std::mem::replace(&mut self.data, Data::Idle) {
            Data::Idle => false,
            Data::Plain => {
                self.data = Data::Plain;
                self.plain(bytes)
            }
            Data::RunLength(state) => self.run_length(state, bytes),
            Data::DeltaRow(state) => self.delta_row(state, bytes),
            Data::Jpeg(mut picture) => {
                if picture.len() + bytes.len() > JPEG_BYTES_MAX {
                    return !matches!(self.pixels, Pixels::Gray);
                }
                picture.extend_from_slice(bytes);
                self.data = Data::Jpeg(picture);
                false
            }
            Data::Unknown => {
                self.data = Data::Unknown;
                true
            }
        }
    }

    /// The block is over; says whether a pixel has colour.
    pub(super) fn end_block(&mut self) -> bool {
        match std::mem::replace(&mut self.data, Data::Idle) {
            Data::Jpeg(picture) if matches!(self.pixels, Pixels::Gray) => {
                self.colored_texture && !picture.is_empty()
            }
            Data::Jpeg(picture) => match jpeg::read(picture.as_slice(), jpeg::Reading::default()) {
                Ok(read) => self.colored_texture || !matches!(read.tint, Tint::Gray),
                Err(_) => false,
            },
            Data::Idle | Data::Plain | Data::RunLength(_) | Data::DeltaRow(_) | Data::Unknown => false,
        }
    }

    fn plain(&mut self, mut bytes: &[u8]) -> bool {
        let row_and_padding = self.row_bytes + self.padding;
        while !bytes.is_empty() {
            if self.filled == 0 && bytes.len() >= row_and_padding {
                let (row, after) = bytes.split_at(row_and_padding);
                bytes = after;
                if self.has_color(&row[..self.row_bytes]) {
                    return true;
                }
                continue;
            }
            let take = bytes.len().min(row_and_padding - self.filled);
            let into_row = self.row_bytes.saturating_sub(self.filled).min(take);
            self.row[self.filled.min(self.row_bytes)..][..into_row].copy_from_slice(&bytes[..into_row]);
            self.filled += take;
            bytes = &bytes[take..];
            if self.filled == row_and_padding {
                self.filled = 0;
                if self.has_color(&self.row) {
                    return true;
                }
            }
        }
        false
    }

    /// PackBits over rows and padding.
    fn run_length(&mut self, mut state: RunLength, mut bytes: &[u8]) -> bool {
        while let [byte, rest @ ..] = bytes {
            match state {
                RunLength::Control => {
                    bytes = rest;
                    state = match i8::from_be_bytes([*byte]) {
                        i8::MIN => RunLength::Control,
                        count @ 0.. => RunLength::Literal(usize::from(count.unsigned_abs()) + 1),
                        count => RunLength::Repeat(usize::from(count.unsigned_abs()) + 1),
                    };
                }
                RunLength::Literal(count) => {
                    let take = count.min(bytes.len());
                    if self.put(&bytes[..take]) {
                        return true;
                    }
                    bytes = &bytes[take..];
                    state = if take == count { RunLength::Control } else { RunLength::Literal(count - take) };
                }
                RunLength::Repeat(count) => {
                    bytes = rest;
                    state = RunLength::Control;
                    let run = [*byte; 128];
                    if self.put(&run[..count.min(128)]) {
                        return true;
                    }
                }
            }
        }
        self.data = Data::RunLength(state);
        false
    }

    /// Puts decoded bytes into the row and looks at it when it is full.
    fn put(&mut self, mut bytes: &[u8]) -> bool {
        let row_and_padding = self.row_bytes + self.padding;
        while !bytes.is_empty() {
            let take = bytes.len().min(row_and_padding - self.filled);
            let into_row = self.row_bytes.saturating_sub(self.filled).min(take);
            self.row[self.filled.min(self.row_bytes)..][..into_row].copy_from_slice(&bytes[..into_row]);
            self.filled += take;
            bytes = &bytes[take..];
            if self.filled == row_and_padding {
                self.filled = 0;
                if self.has_color(&self.row) {
                    return true;
                }
            }
        }
        false
    }

    /// Each row: its length in two bytes, low first, then replacements in the row before (protocol class 2.1).
    fn delta_row(&mut self, mut state: DeltaRow, mut bytes: &[u8]) -> bool {
        while let [byte, rest @ ..] = bytes {
            state = match state {
                DeltaRow::LengthLow => {
                    bytes = rest;
                    self.filled = 0;
                    DeltaRow::LengthHigh(*byte)
                }
                DeltaRow::LengthHigh(low) => {
                    bytes = rest;
                    match usize::from(u16::from_le_bytes([low, *byte])) {
                        // The row before again.
                        0 => DeltaRow::LengthLow,
                        left => DeltaRow::Command { left },
                    }
                }
                DeltaRow::Command { left: 0 }
                | DeltaRow::Literal { left: 0, .. }
                | DeltaRow::Offset { left: 0, .. } => {
                    if self.has_color(&self.row) {
                        return true;
                    }
                    DeltaRow::LengthLow
                }
                DeltaRow::Command { left } => {
                    bytes = rest;
                    let (count, offset) = (usize::from(byte >> 5) + 1, usize::from(byte & 31));
                    let left = left - 1;
                    if offset == 31 {
                        DeltaRow::Offset { left, count, offset }
                    } else {
                        self.filled = self.filled.saturating_add(offset);
                        DeltaRow::Literal { left, count }
                    }
                }
                DeltaRow::Offset { left, count, offset } => {
                    bytes = rest;
                    let offset = offset + usize::from(*byte);
                    let left = left - 1;
                    if *byte == 255 {
                        DeltaRow::Offset { left, count, offset }
                    } else {
                        self.filled = self.filled.saturating_add(offset);
                        DeltaRow::Literal { left, count }
                    }
                }
                DeltaRow::Literal { left, count } => {
                    let take = count.min(left).min(bytes.len());
                    if let Some(place) = self.row.get_mut(self.filled..) {
                        let fits = take.min(place.len());
                        place[..fits].copy_from_slice(&bytes[..fits]);
                    }
                    self.filled = self.filled.saturating_add(take);
                    bytes = &bytes[take..];
                    match (left - take, count - take) {
                        (left, 0) => DeltaRow::Command { left },
                        (left, count) => DeltaRow::Literal { left, count },
                    }
                }
            };
        }
        // A row that is complete is looked at here, too: nothing may follow it.
        let complete = matches!(
            state,
            DeltaRow::Command { left: 0 }
                | DeltaRow::Literal { left: 0, .. }
                | DeltaRow::Offset { left: 0, .. }
        );
        self.data = Data::DeltaRow(state);
        complete && self.has_color(&self.row)
    }

    fn has_color(&self, row: &[u8]) -> bool {
        match &self.pixels {
            Pixels::Gray => self.colored_texture && row.iter().any(|byte| *byte != 0xff),
            Pixels::Direct { bits: 8 } => {
                let (pixels, _) = row.as_chunks::<3>();
                differ(pixels) || (self.colored_texture && row.iter().any(|byte| *byte != 0xff))
            }
            Pixels::Direct { bits } => {
                let value = |at: usize| {
                    let bit = at * bits;
                    row.get(bit / 8).map_or(0, |byte| byte >> (8 - bits - bit % 8) & ((1 << bits) - 1))
                };
                let pixels = row.len() * 8 / bits / 3;
                (0..pixels).any(|pixel| {
                    let [red, green, blue] = [value(pixel * 3), value(pixel * 3 + 1), value(pixel * 3 + 2)];
                    red != green || green != blue
                })
            }
            Pixels::Indexed { bits: 8, palette } => {
                row.iter().any(|byte| palette.colored[usize::from(*byte)])
            }
            Pixels::Indexed { bits, palette } => row.iter().any(|byte| {
                (0..8 / bits).any(|at| {
                    palette.colored[usize::from(byte >> (8 - bits - at * bits) & ((1 << bits) - 1))]
                })
            }),
        }
    }
}

/// Whether the parts of any pixel differ, in a way the compiler turns into wide instructions.
fn differ(pixels: &[[u8; 3]]) -> bool {
    const BLOCK: usize = 64;
    pixels.chunks(BLOCK).any(|block| {
        block.iter().fold(0, |different, pixel| different | (pixel[0] ^ pixel[1]) | (pixel[1] ^ pixel[2]))
            != 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounting::Ink;
    use crate::pclxl::colors::Source;
    use crate::pclxl::token::{Binding, Number};

    fn attributes(list: &[(u16, u8)]) -> Attributes {
        let mut attributes = Attributes::default();
        for (id, value) in list {
            attributes.numbers(&[*value], Number::U8, Binding::LowByteFirst);
            attributes.name(*id);
        }
        attributes
    }

    fn rgb() -> Colors {
        Colors { space: Space::Rgb, brush: Source::Ink(Ink::Gray), ..Colors::new() }
    }

    /// Whether an RGB image two pixels wide has colour, in one portion and byte by byte.
    fn colored(compression: u8, data: &[u8]) -> bool {
        let answers = [data.len().max(1), 1].map(|size| {
            let begin = attributes(&[(attribute::COLOR_DEPTH, 2), (attribute::SOURCE_WIDTH, 2)]);
            let mut image = Image::begin(&begin, &rgb(), false).expect("an RGB image may have colour");
            image.begin_block(&attributes(&[(attribute::COMPRESS_MODE, compression)]));
            let found = data.chunks(size).any(|portion| image.take(portion));
            found | image.end_block()
        });
        assert_eq!(answers[0], answers[1], "{compression} {data:?}");
        answers[0]
    }

    #[test]
    fn plain_rows_have_padding() {
        assert!(!colored(0, &[1, 1, 1, 2, 2, 2, 7, 9, 3, 3, 3, 4, 4, 4, 0, 0]));
        assert!(colored(0, &[1, 1, 1, 2, 2, 2, 7, 9, 3, 3, 3, 4, 4, 5, 0, 0]));
    }

    #[test]
    fn run_lengths_cross_rows() {
        assert!(!colored(1, &[0xf1, 5]));
        assert!(colored(1, &[0xf9, 5, 2, 1, 2, 3, 0xfc, 0]));
    }

    #[test]
    fn delta_rows_build_on_each_other() {
        assert!(!colored(3, &[7, 0, 0xa0, 1, 1, 1, 2, 2, 2, 0, 0]));
        // the second row changes one byte of the first
        assert!(colored(3, &[7, 0, 0xa0, 1, 1, 1, 2, 2, 2, 2, 0, 0x01, 9]));
    }

    #[test]
    fn gray_images_need_no_look() {
        let begin = attributes(&[(attribute::COLOR_DEPTH, 2), (attribute::SOURCE_WIDTH, 2)]);
        assert!(Image::begin(&begin, &Colors::new(), false).is_none());
    }
}
