//! Rows of pixels, decoded as far as their colour needs it.

use super::ROW_BYTES_MAX;
use super::decode::{self, Compression, near_lossless_has_color};
use crate::accounting::Ink;
use crate::pcl5::palette::{Component, ENTRIES_MAX, Encoding, IndexSet, Palette, contains};

/// Seed rows and what makes a pixel coloured.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    palette: Palette,
    /// Marks are made in the colour of the texture.
    colored_texture: bool,
    pixels: usize,
    planes: Vec<Vec<u8>>,
    plane: usize,
    /// For pixels of a byte or less: whether any pixel of a byte has colour.
    colored_bytes: Box<[bool; 256]>,
    /// The indices that have colour, or that print at all where the texture has.
    telling: IndexSet,
}

/// What a portion of data was.
pub(super) struct Found {
    pub(super) rows: u64,
    pub(super) ink: Ink,
}

impl Rows {
    pub(super) fn new(palette: &Palette, texture: Ink, pixels: usize) -> Self {
        let bytes = pixels.saturating_mul(palette.bits_per_pixel()).div_ceil(8).clamp(1, ROW_BYTES_MAX);
        let pixels = bytes * 8 / palette.bits_per_pixel().max(1);
        let colored_texture = texture == Ink::Color;
        let mut telling = *palette.colored();
        if colored_texture {
            for index in (0..palette.len()).filter(|index| !palette.is_white(*index)) {
                telling[index / 64] |= 1 << (index % 64);
            }
        }
        let mut colored_bytes = Box::new([false; 256]);
        if palette.encoding == Encoding::IndexedByPixel {
            let bits = palette.bits_per_pixel();
            for (byte, colored) in colored_bytes.iter_mut().enumerate() {
                let indices = (0..8 / bits).map(|pixel| byte >> (pixel * bits) & ((1 << bits) - 1));
                *colored = indices.into_iter().any(|index| contains(&telling, index));
            }
        }
        Self {
            planes: vec![vec![0; bytes]; palette.planes()],
            palette: palette.clone(),
            colored_texture,
            pixels,
            plane: 0,
            colored_bytes,
            telling,
        }
    }

    /// Rows of zeros were skipped: the seed rows are zero.
    pub(super) fn clear(&mut self) {
        self.plane = 0;
        self.planes.iter_mut().for_each(|plane| plane.fill(0));
    }

    /// Takes the data of one transfer.
    pub(super) fn take(&mut self, compression: Compression, data: &[u8], last_plane: bool) -> Found {
        match compression {
            Compression::Block => return self.block(data),
            Compression::Adaptive => return self.adaptive(data),
            Compression::Fax => {
                let ink = if self.colored_texture && !data.is_empty() { Ink::Color } else { Ink::Gray };
                return Found { rows: 0, ink };
            }
            Compression::None
            | Compression::RunLength
            | Compression::Tiff
            | Compression::DeltaRow
            | Compression::ReplacementDelta
            | Compression::NearLossless => {}
        }
        if let Some(kinds) = self.palette.components() {
            let compression = match component_at(kinds, self.plane) {
                // Each component keeps its own method.
                Some(Component::NearLossless) => {
                    if near_lossless_has_color(data) {
                        return Found { rows: u64::from(last_plane), ink: Ink::Color };
                    }
                    self.plane = if last_plane { 0 } else { self.plane + 1 };
                    return Found { rows: u64::from(last_plane), ink: Ink::Gray };
                }
                _ if compression == Compression::NearLossless => Compression::ReplacementDelta,
                _ => compression,
            };
            return self.take_plane(compression, data, last_plane);
        }
        self.take_plane(compression, data, last_plane)
    }

    fn take_plane(&mut self, compression: Compression, data: &[u8], last_plane: bool) -> Found {
        if let Some(row) = self.planes.get_mut(self.plane) {
            decode_into(row, compression, data);
            self.plane += 1;
        }
        if !last_plane {
            return Found { rows: 0, ink: Ink::Gray };
        }
        // Planes that were not sent are empty.
        for row in self.planes.iter_mut().skip(self.plane) {
            row.fill(0);
        }
        self.plane = 0;
        Found { rows: 1, ink: self.ink() }
    }

    /// Rows of equal width without compression.
    fn block(&mut self, data: &[u8]) -> Found {
        let Some((head, rows)) = data.split_first_chunk::<4>() else {
            return Found { rows: 0, ink: Ink::Gray };
        };
        let pixels = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
        let width = pixels.saturating_mul(self.palette.bits_per_pixel()).div_ceil(8);
        let mut found = Found { rows: 0, ink: Ink::Gray };
        if width == 0 {
            return found;
        }
        for row in rows.chunks(width) {
            decode::plain(&mut self.planes[0], row);
            found.rows += 1;
            found.ink = found.ink.or(self.ink());
        }
        found
    }

    /// Rows with a method each: command, 16-bit parameter, data.
    fn adaptive(&mut self, mut data: &[u8]) -> Found {
        let mut found = Found { rows: 0, ink: Ink::Gray };
        while let [command, high, low, rest @ ..] = data {
            let number = usize::from(u16::from_be_bytes([*high, *low]));
            data = rest;
            match command {
                0..=3 => {
                    let (row, after) = data.split_at(number.min(data.len()));
                    data = after;
                    let method = Compression::by_number(u64::from(*command)).expect("0 to 3 are methods");
                    decode_into(&mut self.planes[0], method, row);
                    found.rows += 1;
                    found.ink = found.ink.or(self.ink());
                }
                4 => {
                    self.planes[0].fill(0);
                    found.rows += number as u64;
                }
                5 => found.rows += number as u64,
                _ => {}
            }
        }
        found
    }

    fn ink(&self) -> Ink {
        if let Some(kinds) = self.palette.components() {
            return if self.colored_components(kinds) { Ink::Color } else { Ink::Gray };
        }
        let colored = match self.palette.encoding {
            Encoding::IndexedByPlane => self.colored_planes(),
            Encoding::IndexedByPixel => self.colored_indices(),
            Encoding::DirectByPlane => {
                let [red, green, blue] = [&self.planes[0], &self.planes[1], &self.planes[2]];
                differ(red, green) || differ(green, blue) || (self.colored_texture && !self.is_white())
            }
            Encoding::DirectByPixel => self.colored_direct(),
        };
        if colored { Ink::Color } else { Ink::Gray }
    }

    /// Inks make gray only where all of them are the same.
    fn colored_components(&self, kinds: &[Component]) -> bool {
        let mut first = 0;
        let mut inks: Vec<&[Vec<u8>]> = Vec::new();
        for kind in kinds {
            let planes = &self.planes[first..first + kind.transfers()];
            first += kind.transfers();
            if let Component::Ink(_) = kind {
                inks.push(planes);
            }
        }
        match inks.as_slice() {
            [one, others @ ..] => others.iter().any(|other| other != one),
            [] => false,
        }
    }

    fn is_white(&self) -> bool {
        self.planes.iter().all(|plane| plane.iter().all(|byte| *byte == 0xff))
    }

    fn colored_planes(&self) -> bool {
        /// Everything but black and white of three planes.
        const PRIMARIES: u64 = 0b0111_1110;
        match self.planes.as_slice() {
            [] => false,
            [one] if !contains(&self.telling, 0) => {
                contains(&self.telling, 1) && one.iter().any(|byte| *byte != 0)
            }
            [one, two, three] if self.telling == [PRIMARIES, 0, 0, 0] => {
                differ(one, two) || differ(two, three)
            }
            planes => (0..self.pixels).any(|pixel| {
                let bit = 0x80 >> (pixel % 8);
                let index = planes
                    .iter()
                    .enumerate()
                    .fold(0, |index, (at, plane)| index | usize::from(plane[pixel / 8] & bit != 0) << at);
                contains(&self.telling, index)
            }),
        }
    }

    fn colored_indices(&self) -> bool {
        let bits = self.palette.bits_per_pixel();
        let row = &self.planes[0];
        let whole = (self.pixels * bits / 8).min(row.len());
        if row[..whole].iter().any(|byte| self.colored_bytes[usize::from(*byte)]) {
            return true;
        }
        let per_byte = 8 / bits;
        (whole * per_byte..self.pixels).any(|pixel| {
            let shift = 8 - bits - (pixel % per_byte) * bits;
            let index =
                row.get(pixel / per_byte).map_or(0, |byte| usize::from(byte >> shift) & ((1 << bits) - 1));
            index < ENTRIES_MAX && contains(&self.telling, index)
        })
    }

    fn colored_direct(&self) -> bool {
        let row = &self.planes[0];
        // A row of zeros behind the data is black or white, never a colour.
        let (pixels, _) = row.as_chunks::<3>();
        pixels.iter().any(|pixel| {
            self.palette.is_colored_pixel(*pixel)
                || (self.colored_texture && !self.palette.is_white_pixel(*pixel))
        })
    }
}

/// The component a transfer of a row belongs to.
fn component_at(kinds: &[Component], transfer: usize) -> Option<Component> {
    let mut first = 0;
    kinds.iter().copied().find(|kind| {
        first += kind.transfers();
        transfer < first
    })
}

fn decode_into(row: &mut [u8], compression: Compression, data: &[u8]) {
    match compression {
        Compression::None => decode::plain(row, data),
        Compression::RunLength => decode::run_length(row, data),
        Compression::Tiff => decode::tiff(row, data),
        Compression::DeltaRow => decode::delta_row(row, data),
        Compression::ReplacementDelta => decode::replacement_delta(row, data),
        Compression::Block | Compression::Adaptive | Compression::Fax | Compression::NearLossless => {}
    }
}

fn differ(one: &[u8], two: &[u8]) -> bool {
    one != two
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(palette: &Palette, pixels: usize) -> Rows {
        Rows::new(palette, Ink::Gray, pixels)
    }

    #[test]
    fn planes_have_colour_where_they_differ() {
        let mut rows = rows(&Palette::simple(3).expect("simple"), 16);
        rows.take(Compression::None, &[0xf0, 0], false);
        rows.take(Compression::None, &[0xf0, 0], false);
        assert_eq!(rows.take(Compression::None, &[0xf0, 0], true).ink, Ink::Gray);
        rows.take(Compression::None, &[0xf0, 0], false);
        assert_eq!(rows.take(Compression::None, &[0xf0, 0], true).ink, Ink::Color);
    }

    #[test]
    fn black_plane_hides_colour() {
        let mut rows = rows(&Palette::simple(-4).expect("simple"), 8);
        rows.take(Compression::None, &[0xff], false);
        rows.take(Compression::None, &[0x0f], false);
        rows.take(Compression::None, &[0], false);
        assert_eq!(rows.take(Compression::None, &[0], true).ink, Ink::Gray);
        rows.take(Compression::None, &[0], false);
        rows.take(Compression::None, &[0x0f], false);
        rows.take(Compression::None, &[0], false);
        assert_eq!(rows.take(Compression::None, &[0], true).ink, Ink::Color);
    }

    #[test]
    fn direct_pixels_have_colour_when_their_parts_differ() {
        let palette = Palette::configured(&[0, 3, 0, 8, 8, 8]).expect("configured");
        let mut rows = rows(&palette, 2);
        assert_eq!(rows.take(Compression::None, &[9, 9, 9, 200, 200, 200], true).ink, Ink::Gray);
        assert_eq!(rows.take(Compression::None, &[9, 9, 9, 200, 201, 200], true).ink, Ink::Color);
    }

    #[test]
    fn a_coloured_texture_colours_black_pixels() {
        let mut rows = Rows::new(&Palette::monochrome(), Ink::Color, 16);
        assert_eq!(rows.take(Compression::None, &[0, 0], true).ink, Ink::Gray);
        assert_eq!(rows.take(Compression::None, &[0, 1], true).ink, Ink::Color);
    }

    #[test]
    fn adaptive_data_counts_its_rows() {
        let mut rows = rows(&Palette::configured(&[0, 1, 8, 8, 8, 8]).expect("configured"), 4);
        let found = rows.take(Compression::Adaptive, &[0, 0, 2, 0, 0, 4, 0, 9, 5, 0, 3], true);
        assert_eq!((found.rows, found.ink), (13, Ink::Gray));
        assert_eq!(rows.take(Compression::Adaptive, &[0, 0, 1, 1], true).ink, Ink::Color);
    }
}
