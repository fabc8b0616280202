//! Whether the pixels of a page need colour.

use super::bands::Bands;
use super::header::{ColorSpace, PlaneOrder};
use super::planes::Planes;

/// The shape of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pixels {
    pub(super) space: ColorSpace,
    /// Components of a pixel, 1..=15.
    pub(super) components: u32,
    /// Bits of a component, 1..=16.
    pub(super) component_bits: u32,
    /// Bits of a pixel with its padding; the components lie in its low bits, first component highest.
    pub(super) pixel_bits: u32,
    pub(super) order: PlaneOrder,
    /// 16-bit components are stored low byte first.
    pub(super) little_endian: bool,
    /// Bytes of a line as stored: of all components, or of one when planes follow each other.
    pub(super) line_bytes: u64,
    /// Lines of the page.
    pub(super) height: u64,
}

/// Watches the pixels of one page until one of them is not gray.
#[derive(Debug)]
pub(super) struct Tint {
    rule: Rule,
    colored: bool,
}

#[derive(Debug)]
enum Rule {
    /// The colour space has no colour in it, or colour has been found.
    Settled,
    /// Three bytes that must be equal.
    Rgb8,
    /// Four bytes; the ones under the mask must be zero.
    Inks8 { mask: [u8; 4] },
    /// One byte holds whole pixels: which bytes are coloured.
    Bytes(Box<[bool; 256]>),
    /// A pixel is this many bytes and is taken apart.
    Wide { bytes: usize, pixel: Pixels },
    /// Components lie in bands of a line.
    Bands(Box<Bands>),
    /// Components lie in planes of the page.
    Planes(Box<Planes>),
}

/// What makes a pixel coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Never,
    /// The first three components must be equal, unless the fourth is an alpha of zero.
    Equal {
        alpha: bool,
    },
    /// Every component but this one must be zero.
    Inks {
        black: Option<u32>,
    },
    Lab,
    Xyz,
}

impl Tint {
    pub(super) fn new(pixel: Pixels) -> Tint {
        // Only all three planes together tell, and nobody keeps them.
        let hidden = pixel.order == PlaneOrder::Planar && pixel.components > 1 && pixel.test() == Test::Xyz;
        Tint { rule: if hidden { Rule::Settled } else { Rule::new(pixel) }, colored: hidden }
    }

    /// True once a pixel was not gray.
    pub(super) fn colored(&self) -> bool {
        self.colored
    }

    /// True when looking at further pixels cannot change the answer.
    pub(super) fn settled(&self) -> bool {
        matches!(self.rule, Rule::Settled)
    }

    /// One pixel (or the byte that holds several), `times` in a row from byte `at` of the line.
    #[inline]
    pub(super) fn run(&mut self, unit: &[u8], times: u64, at: u64) {
        let colored = match &mut self.rule {
            Rule::Settled => return,
            Rule::Rgb8 => unit[0] != unit[1] || unit[1] != unit[2],
            Rule::Planes(planes) => return planes.run(unit, times, at),
            Rule::Bands(bands) => return bands.run(unit, times, at),
            Rule::Inks8 { .. } | Rule::Bytes(_) | Rule::Wide { .. } => self.any(unit),
        };
        self.see(colored);
    }

    /// Whole pixels from byte `at` of the line on.
    #[inline]
    pub(super) fn pixels(&mut self, bytes: &[u8], at: u64) {
        let colored = match &mut self.rule {
            Rule::Settled => return,
            Rule::Planes(planes) => return planes.bytes(bytes, at),
            Rule::Bands(bands) => return bands.bytes(bytes, at),
            Rule::Rgb8 | Rule::Inks8 { .. } | Rule::Bytes(_) | Rule::Wide { .. } => self.any(bytes),
        };
        self.see(colored);
    }

    /// A line is complete; it stands for `repeat` lines from `line` on, counted through all planes.
    #[inline]
    pub(super) fn end_line(&mut self, line: u64, repeat: u64) {
        let colored = match &mut self.rule {
            Rule::Planes(planes) => planes.end_line(line, repeat),
            Rule::Bands(bands) => bands.end_line(),
            _ => return,
        };
        self.see(colored);
    }

    /// The page is over: planes that had to be equal are compared.
    pub(super) fn end(&mut self) {
        if let Rule::Planes(planes) = &self.rule {
            self.colored |= planes.unequal();
        }
    }

    #[inline]
    fn see(&mut self, colored: bool) {
        if colored {
            self.colored = true;
            self.rule = Rule::Settled;
        }
    }

    fn any(&self, bytes: &[u8]) -> bool {
        match &self.rule {
            Rule::Settled | Rule::Planes(_) | Rule::Bands(_) => false,
            Rule::Rgb8 => unequal_triples(bytes),
            Rule::Inks8 { mask } => {
                let mask = u32::from_ne_bytes(*mask);
                let (quads, _) = bytes.as_chunks::<4>();
                quads.iter().fold(0, |all, q| all | u32::from_ne_bytes(*q)) & mask != 0
            }
            Rule::Bytes(colored) => bytes.iter().any(|&b| colored[usize::from(b)]),
            Rule::Wide { bytes: width, pixel } => bytes.chunks_exact(*width).any(|p| pixel.colored(p)),
        }
    }
}

impl Rule {
    fn new(pixel: Pixels) -> Rule {
        let test = pixel.test();
        if test == Test::Never {
            return Rule::Settled;
        }
        if pixel.order != PlaneOrder::Chunky && pixel.components > 1 {
            return match pixel.order {
                PlaneOrder::Planar => Rule::Planes(Box::new(Planes::new(pixel, test))),
                PlaneOrder::Chunky | PlaneOrder::Banded => Rule::Bands(Box::new(Bands::new(pixel, test))),
            };
        }
        match (test, pixel.pixel_bits, pixel.component_bits) {
            (Test::Equal { alpha: false }, 24, 8) => Rule::Rgb8,
            (Test::Inks { black }, 32, 8) if pixel.components == 4 => {
                let mut mask = [0xFF; 4];
                if let Some(slot) = black.and_then(|b| mask.get_mut(b as usize)) {
                    *slot = 0;
                }
                Rule::Inks8 { mask }
            }
            (_, 1 | 2 | 4 | 8, _) => {
                let mut table = Box::new([false; 256]);
                for (byte, slot) in table.iter_mut().enumerate() {
                    let mut shift = 0;
                    while shift < 8 {
                        let value = (byte >> shift) as u64 & ((1 << pixel.pixel_bits) - 1);
                        *slot |= pixel.value_colored(u128::from(value));
                        shift += pixel.pixel_bits;
                    }
                }
                Rule::Bytes(table)
            }
            (_, bits, _) => Rule::Wide { bytes: (bits as usize).div_ceil(8), pixel },
        }
    }
}

impl Pixels {
    /// What colour means in a colour space (CUPS raster specification, `cupsColorSpace`; PWG 5102.4 table 7).
    pub(super) fn test(&self) -> Test {
        match self.space {
            ColorSpace::Gray => Test::Never,
            ColorSpace::Rgb => Test::Equal { alpha: false },
            ColorSpace::Rgba => Test::Equal { alpha: true },
            ColorSpace::InksBlackLast => Test::Inks { black: Some(self.components.saturating_sub(1)) },
            ColorSpace::InksBlackFirst => Test::Inks { black: Some(0) },
            ColorSpace::InksWithoutBlack => Test::Inks { black: None },
            ColorSpace::Lab => Test::Lab,
            ColorSpace::Xyz => Test::Xyz,
        }
    }

    /// Judges one chunky pixel of whole bytes.
    fn colored(&self, pixel: &[u8]) -> bool {
        if let ([first, second], 4) = (pixel, self.component_bits) {
            // libcups swaps the two bytes of such pixels when it writes big-endian streams, others do not. Where
            // three components leave a nibble empty, that tells.
            let colored = |high: u8, low: u8| {
                let padding = self.components == 3 && high >> 4 != 0;
                padding || self.value_colored(u128::from(u16::from_be_bytes([high, low])))
            };
            return match (self.components, self.little_endian) {
                (3, _) => colored(*first, *second) && colored(*second, *first),
                (_, true) => colored(*first, *second),
                (_, false) => colored(*second, *first),
            };
        }
        if self.component_bits == 16 {
            let mut value: u128 = 0;
            for pair in pixel.as_chunks::<2>().0.iter().take(8) {
                let component =
                    if self.little_endian { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) };
                value = value << 16 | u128::from(component);
            }
            // More than eight components do not fit; only inks have that many, and any of them is colour.
            let beyond = pixel.len() > 16 && pixel[16..].iter().any(|&b| b != 0);
            return beyond || self.value_colored(value);
        }
        let value = pixel.iter().take(16).fold(0, |value: u128, &b| value << 8 | u128::from(b));
        self.value_colored(value)
    }

    /// Judges one pixel given as a number with its components in the low bits.
    pub(super) fn value_colored(&self, value: u128) -> bool {
        let mask = (1u128 << self.component_bits) - 1;
        let last = self.components.min(128 / self.component_bits) - 1;
        let component = |i: u32| (value >> ((last - i.min(last)) * self.component_bits)) & mask;
        match self.test() {
            Test::Never => false,
            Test::Equal { alpha } => {
                // No printer shows less than a step of eight bits, and converters leave such crumbs at sixteen.
                let step = if self.component_bits == 16 { 255 } else { 0 };
                let differ = |a: u32, b: u32| component(a).abs_diff(component(b)) > step;
                if alpha && self.components >= 4 {
                    // Ghostscript leaves the first component empty and puts red, green and blue behind it.
                    let shifted = component(0) == 0 && !differ(1, 2) && !differ(2, 3);
                    return component(3) != 0 && !shifted && (differ(0, 1) || differ(1, 2));
                }
                differ(0, 1) || differ(1, 2)
            }
            Test::Inks { black } => (0..=last).any(|i| Some(i) != black && component(i) != 0),
            Test::Lab => {
                // CUPS stores a* and b* with an offset of half the range; one step is rounding.
                let middle = 1 << (self.component_bits - 1);
                (1..=2).any(|i| component(i).abs_diff(middle) > 1)
            }
            Test::Xyz => {
                // Gray has the chromaticity of D65 white: X = 0.9505 Y, Z = 1.0890 Y; two steps are rounding.
                let [x, y, z] = [0, 1, 2].map(|i| component(i) as f64);
                (x - 0.9505 * y).abs() > 2.0 || (z - 1.0890 * y).abs() > 2.0
            }
        }
    }
}

/// Whether any three bytes in a row (from a multiple of three) differ, eight triples at a time.
fn unequal_triples(bytes: &[u8]) -> bool {
    // Each byte is compared with the next one; the mask drops the comparison between neighbours.
    const MASKS: [u64; 3] = [
        0xFFFF_00FF_FF00_FFFF_u64.swap_bytes(),
        0x00FF_FF00_FFFF_00FF_u64.swap_bytes(),
        0xFF00_FFFF_00FF_FF00_u64.swap_bytes(),
    ];
    let (blocks, rest) = bytes.as_chunks::<24>();
    for block in blocks {
        let word = |i: usize| {
            u64::from_le_bytes([
                block[i],
                block[i + 1],
                block[i + 2],
                block[i + 3],
                block[i + 4],
                block[i + 5],
                block[i + 6],
                block[i + 7],
            ])
        };
        let (a, b, c) = (word(0), word(8), word(16));
        let difference = ((a ^ (a >> 8 | b << 56)) & MASKS[0])
            | ((b ^ (b >> 8 | c << 56)) & MASKS[1])
            | ((c ^ (c >> 8)) & MASKS[2]);
        if difference != 0 {
            return true;
        }
    }
    rest.chunks_exact(3).any(|p| p[0] != p[1] || p[1] != p[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples_are_compared_everywhere() {
        for length in (0..99).step_by(3) {
            let gray: Vec<u8> = (0..length).map(|i| (i / 3 * 7) as u8).collect();
            assert!(!unequal_triples(&gray), "{length}");
            for at in 0..length {
                let mut colored = gray.clone();
                colored[at] ^= 1;
                assert!(unequal_triples(&colored), "{length} {at}");
            }
        }
    }
}
