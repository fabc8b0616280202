//! Palettes: which colour an index, a pen or a pixel has (PCL 5 Color Technical Reference, chapters 2 and 3).

use crate::accounting::Ink;

/// Colours a palette can hold.
pub(super) const ENTRIES_MAX: usize = 256;

/// How the pixels of raster data are coded (configure image data, byte 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    IndexedByPlane,
    IndexedByPixel,
    DirectByPlane,
    DirectByPixel,
}

/// What the components of a colour mean (configure image data, byte 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// Red, green, blue, device dependent or colorimetric.
    Rgb,
    /// Cyan, magenta, yellow, kept as red, green, blue.
    Cmy,
    /// Lightness and two opponent colours.
    Lab,
    /// Luminance and two chrominances.
    LuminanceChrominance,
    /// Four planes, black first.
    Kcmy,
}

/// A colour, as red, green and blue; in the two opponent spaces as its three components.
type Entry = [u8; 3];

/// A palette with the coding of raster data that belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Palette {
    pub(super) encoding: Encoding,
    space: Space,
    bits_per_index: u8,
    bits_per_primary: [u8; 3],
    entries: Vec<Entry>,
    /// Simple colour palettes cannot be changed.
    fixed: bool,
    white: [f64; 3],
    black: [f64; 3],
    /// Indices whose colour is not gray.
    colored: IndexSet,
    /// `ESC * g # W`: what each transfer of a row holds, in place of the encoding.
    components: Option<Vec<Component>>,
}

/// What the planes of one component of a row hold (configure raster data of DeskJets).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Component {
    /// Black: so many planes that have no colour.
    Black(u8),
    /// One of three coloured inks: so many planes.
    Ink(u8),
    /// Red, green and blue in method 10.
    NearLossless,
}

impl Component {
    /// Transfers a row of it takes.
    pub(super) fn transfers(self) -> usize {
        match self {
            Self::Black(planes) | Self::Ink(planes) => usize::from(planes),
            Self::NearLossless => 1,
        }
    }
}

/// A set of palette indices.
pub(super) type IndexSet = [u64; 4];

pub(super) fn contains(set: &IndexSet, index: usize) -> bool {
    index < ENTRIES_MAX && set[index / 64] >> (index % 64) & 1 == 1
}

/// The eight colours of all default palettes.
const WHITE: Entry = [255, 255, 255];
const BLACK: Entry = [0, 0, 0];
const RED: Entry = [255, 0, 0];
const GREEN: Entry = [0, 255, 0];
const BLUE: Entry = [0, 0, 255];
const CYAN: Entry = [0, 255, 255];
const MAGENTA: Entry = [255, 0, 255];
const YELLOW: Entry = [255, 255, 0];

/// Defaults by bits per index (1, 2, 3 and more); what lies beyond them is black.
const DEFAULT_1: [Entry; 2] = [WHITE, BLACK];
const RGB_2: [Entry; 4] = [BLACK, RED, GREEN, WHITE];
const RGB_3: [Entry; 8] = [BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE];
const CMY_2: [Entry; 4] = [WHITE, CYAN, MAGENTA, BLACK];
const CMY_3: [Entry; 8] = [WHITE, CYAN, MAGENTA, BLUE, YELLOW, GREEN, RED, BLACK];
const KCMY_4: [Entry; 16] = [
    WHITE, BLACK, CYAN, BLACK, MAGENTA, BLACK, BLUE, BLACK, YELLOW, BLACK, GREEN, BLACK, RED, BLACK, BLACK,
    BLACK,
];
const PENS_2: [Entry; 4] = [WHITE, BLACK, RED, GREEN];
const PENS_3: [Entry; 8] = [WHITE, BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN];

impl Palette {
    /// White and black, what a reset gives.
    pub(super) fn monochrome() -> Self {
        Self::new(Space::Rgb, Encoding::IndexedByPlane, 1, [1; 3], false).fix()
    }

    /// `ESC * r # U`, simple colour.
    pub(super) fn simple(kind: i64) -> Option<Self> {
        let (space, bits) = match kind {
            1 => return Some(Self::monochrome()),
            3 => (Space::Rgb, 3),
            -3 => (Space::Cmy, 3),
            -4 => (Space::Kcmy, 4),
            _ => return None,
        };
        Some(Self::new(space, Encoding::IndexedByPlane, bits, [1; 3], false).fix())
    }

    /// `ESC * v # W`, configure image data.
    pub(super) fn configured(data: &[u8]) -> Option<Self> {
        let [space, encoding, bits_per_index, p0, p1, p2, long @ ..] = data else { return None };
        let space = match space {
            0 | 2 => Space::Rgb,
            1 => Space::Cmy,
            3 => Space::Lab,
            4 => Space::LuminanceChrominance,
            _ => return None,
        };
        let encoding = match encoding {
            0 => Encoding::IndexedByPlane,
            1 => Encoding::IndexedByPixel,
            2 => Encoding::DirectByPlane,
            3 => Encoding::DirectByPixel,
            _ => return None,
        };
        let bits = match (encoding, bits_per_index) {
            (Encoding::DirectByPixel, _) => 8,
            (_, 0) => 1,
            (_, bits @ 1..=8) => *bits,
            _ => return None,
        };
        let primary = |bits: u8| if bits == 0 { 8 } else { bits.min(16) };
        let mut palette = Self::new(space, encoding, bits, [primary(*p0), primary(*p1), primary(*p2)], false);
        if long.len() >= 12 && matches!(space, Space::Rgb | Space::Cmy) && data.len() == 18 {
            let reference = |at: usize| f64::from(i16::from_be_bytes([long[at], long[at + 1]]));
            palette.white = [reference(0), reference(2), reference(4)];
            palette.black = [reference(6), reference(8), reference(10)];
        }
        Some(palette)
    }

    /// `ESC * g # W`, configure raster data: format 2 gives the levels of each ink, black first; format 6 the
    /// compression of each component.
    pub(super) fn configure_raster(&mut self, data: &[u8]) {
        let planes = |levels: u16| (levels.max(2) - 1).ilog2() as u8 + 1;
        self.components = match data {
            [2, count @ (1 | 3 | 4), inks @ ..] => {
                let (inks, _) = inks.as_chunks::<6>();
                let inks = inks.iter().take(usize::from(*count)).enumerate();
                Some(
                    inks.map(|(at, ink)| {
                        let planes = planes(u16::from_be_bytes([ink[4], ink[5]])).min(8);
                        if at == 0 && *count != 3 { Component::Black(planes) } else { Component::Ink(planes) }
                    })
                    .collect(),
                )
            }
            [6, _, 0, count, components @ ..] => {
                let (components, _) = components.as_chunks::<8>();
                let components = components.iter().take(usize::from(*count));
                Some(
                    components
                        .map(|component| {
                            // resolution, resolution, compression, orientation, bits, planes
                            if component[4] == 10 {
                                Component::NearLossless
                            } else {
                                Component::Black(component[7].clamp(1, 8))
                            }
                        })
                        .collect(),
                )
            }
            _ => None,
        };
    }

    /// See [`Palette::configure_raster`].
    pub(super) fn components(&self) -> Option<&[Component]> {
        self.components.as_deref()
    }

    /// HP-GL/2 `IN`: eight pens.
    pub(super) fn pens() -> Self {
        Self::new(Space::Rgb, Encoding::IndexedByPlane, 3, [8; 3], true)
    }

    fn new(space: Space, encoding: Encoding, bits: u8, bits_per_primary: [u8; 3], pens: bool) -> Self {
        let full = bits_per_primary.map(|bits| f64::from((1u32 << bits) - 1));
        let (white, black) = if space == Space::Cmy { ([0.0; 3], full) } else { (full, [0.0; 3]) };
        let mut palette = Self {
            encoding,
            space,
            bits_per_index: bits,
            bits_per_primary,
            entries: Vec::new(),
            fixed: false,
            white,
            black,
            colored: [0; 4],
            components: None,
        };
        palette.resize(1 << bits, pens);
        palette
    }

    fn fix(mut self) -> Self {
        self.fixed = true;
        self
    }

    fn resize(&mut self, entries: usize, pens: bool) {
        let old = self.entries.len();
        self.entries.resize(entries, BLACK);
        for index in old..entries {
            self.entries[index] = self.default_entry(index, pens);
        }
        self.survey();
    }

    fn default_entry(&self, index: usize, pens: bool) -> Entry {
        let table: &[Entry] = match (self.bits_per_index, self.space) {
            (1, _) => &DEFAULT_1,
            (_, Space::Kcmy) => &KCMY_4,
            (2, _) if pens => &PENS_2,
            (_, _) if pens => &PENS_3,
            (2, Space::Rgb) => &RGB_2,
            (2, _) => &CMY_2,
            (_, Space::Rgb) => &RGB_3,
            (_, _) => &CMY_3,
        };
        let color = table.get(index).copied().unwrap_or(BLACK);
        match self.space {
            Space::Rgb | Space::Cmy | Space::Kcmy => color,
            // Only whether the colour is neutral matters: full chroma or none.
            Space::Lab | Space::LuminanceChrominance => {
                if color[0] == color[1] && color[1] == color[2] {
                    [color[0], 128, 128]
                } else {
                    [128, 255, 0]
                }
            }
        }
    }

    /// Colours of the indices, for pens and the foreground.
    pub(super) fn ink(&self, index: i64) -> Ink {
        match usize::try_from(index) {
            Ok(index) if contains(&self.colored, index % ENTRIES_MAX) => Ink::Color,
            _ => Ink::Gray,
        }
    }

    /// Whether an index prints nothing on white paper.
    pub(super) fn is_white(&self, index: usize) -> bool {
        self.entries.get(index).is_some_and(|entry| *entry == WHITE)
    }

    /// Indices whose colour is not gray.
    pub(super) fn colored(&self) -> &IndexSet {
        &self.colored
    }

    /// Number of colours.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Planes a row of raster data comes in.
    pub(super) fn planes(&self) -> usize {
        if let Some(components) = &self.components {
            return components.iter().map(|component| component.transfers()).sum();
        }
        match self.encoding {
            Encoding::IndexedByPlane => usize::from(self.bits_per_index),
            Encoding::DirectByPlane => 3,
            Encoding::IndexedByPixel | Encoding::DirectByPixel => 1,
        }
    }

    /// Bits of a pixel in one plane.
    pub(super) fn bits_per_pixel(&self) -> usize {
        if self.components.is_some() {
            return 1;
        }
        match self.encoding {
            Encoding::IndexedByPlane | Encoding::DirectByPlane => 1,
            Encoding::IndexedByPixel => usize::from(self.bits_per_index),
            Encoding::DirectByPixel => self.bits_per_primary.iter().map(|bits| usize::from(*bits)).sum(),
        }
    }

    /// Whether raster data in this coding can have colour at all.
    pub(super) fn can_color_raster(&self) -> bool {
        if let Some(components) = &self.components {
            return components.iter().any(|component| !matches!(component, Component::Black(_)));
        }
        match self.encoding {
            Encoding::IndexedByPlane | Encoding::IndexedByPixel => self.colored != [0; 4],
            Encoding::DirectByPlane | Encoding::DirectByPixel => true,
        }
    }

    /// Whether three directly coded components are a colour.
    pub(super) fn is_colored_pixel(&self, pixel: [u8; 3]) -> bool {
        match self.space {
            Space::Rgb | Space::Cmy | Space::Kcmy => pixel[0] != pixel[1] || pixel[1] != pixel[2],
            // Neutral is the middle of the range of the two chroma components; zeros fill up rows.
            Space::Lab | Space::LuminanceChrominance => {
                pixel != BLACK && (pixel[1].abs_diff(128) > 2 || pixel[2].abs_diff(128) > 2)
            }
        }
    }

    /// Whether three directly coded components are white.
    pub(super) fn is_white_pixel(&self, pixel: [u8; 3]) -> bool {
        match self.space {
            Space::Cmy => pixel == [0; 3],
            _ => pixel == [255; 3],
        }
    }

    /// `ESC * v # A`, `B`, `C` and `I`, and HP-GL/2 `PC`: gives an index a colour.
    pub(super) fn set_entry(&mut self, index: i64, components: [f64; 3]) {
        let Some(index) = usize::try_from(index).ok().filter(|index| *index < self.entries.len()) else {
            return;
        };
        if self.fixed {
            return;
        }
        let mut entry = BLACK;
        for (at, value) in entry.iter_mut().enumerate() {
            let range = self.white[at] - self.black[at];
            let share = if range == 0.0 {
                f64::from(components[at] >= self.black[at])
            } else {
                (components[at] - self.black[at]) / range
            };
            *value = (share.clamp(0.0, 1.0) * 255.0) as u8;
        }
        self.entries[index] = entry;
        self.survey();
    }

    /// HP-GL/2 `PC n`: back to the default colour.
    pub(super) fn set_default_pen(&mut self, index: usize) {
        if !self.fixed && index < self.entries.len() {
            self.entries[index] = self.default_entry(index, true);
            self.survey();
        }
    }

    /// HP-GL/2 `NP`: number of pens.
    pub(super) fn set_pens(&mut self, pens: i64) {
        if self.fixed {
            return;
        }
        let bits = (1..=8u8).find(|bits| 1i64 << bits >= pens).unwrap_or(8);
        self.bits_per_index = bits;
        self.resize(1 << bits, true);
    }

    /// HP-GL/2 `CR`: the components of black and white.
    pub(super) fn set_range(&mut self, black: [f64; 3], white: [f64; 3]) {
        if !self.fixed {
            (self.black, self.white) = (black, white);
        }
    }

    fn survey(&mut self) {
        self.colored = [0; 4];
        for (index, entry) in self.entries.iter().enumerate() {
            if self.is_colored_pixel(*entry) {
                self.colored[index / 64] |= 1 << (index % 64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_palettes() {
        let inks = |palette: &Palette| {
            (0..palette.len() as i64).map(|i| palette.ink(i) == Ink::Color).collect::<Vec<_>>()
        };
        assert_eq!(inks(&Palette::monochrome()), [false, false]);
        let rgb = Palette::simple(3).expect("a simple palette");
        assert_eq!(inks(&rgb), [false, true, true, true, true, true, true, false]);
        assert!(rgb.is_white(7) && !rgb.is_white(0));
        let kcmy = Palette::simple(-4).expect("a simple palette");
        assert_eq!(kcmy.planes(), 4);
        assert!(kcmy.is_white(0));
        assert_eq!(kcmy.ink(2), Ink::Color);
        assert_eq!(kcmy.ink(3), Ink::Gray);
        assert_eq!(Palette::pens().ink(1), Ink::Gray);
        assert_eq!(Palette::pens().ink(2), Ink::Color);
    }

    #[test]
    fn entries_change_unless_fixed() {
        let mut palette = Palette::configured(&[0, 1, 8, 8, 8, 8]).expect("configured");
        palette.set_entry(9, [255.0, 255.0, 255.0]);
        palette.set_entry(8, [10.0, 10.0, 10.0]);
        assert_eq!(palette.ink(8), Ink::Gray);
        palette.set_entry(8, [10.0, 20.0, 10.0]);
        assert_eq!(palette.ink(8), Ink::Color);
        let mut fixed = Palette::monochrome();
        fixed.set_entry(1, [1.0, 0.0, 0.0]);
        assert_eq!(fixed.ink(1), Ink::Gray);
        assert!(Palette::configured(&[9, 0, 0, 0, 0, 0]).is_none());
        assert!(Palette::configured(&[0, 0]).is_none());
    }
}
