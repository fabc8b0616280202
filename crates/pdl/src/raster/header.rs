//! The page header of PWG and CUPS raster (`cups_page_header2_t`; PWG 5102.4 section 4.3).

use super::tint::Pixels;
use crate::counts::Copies;
use crate::media::Paper;
use crate::settings::Sides;

/// Bytes of a page header in versions 2 and 3 and in PWG raster.
pub(super) const HEADER_BYTES: usize = 1796;

/// Bytes of a page header in version 1, a prefix of the later one.
pub(super) const HEADER_V1_BYTES: usize = 420;

/// Components of a pixel at most: CUPS numbers `DEVICE1` to `DEVICEF`.
const COMPONENTS_MAX: u32 = 15;

/// What the components of a pixel are, as far as it matters for colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColorSpace {
    /// One component without colour: luminance, black, white or silver.
    Gray,
    /// Red, green and blue, or cyan, magenta and yellow: equal parts are gray.
    Rgb,
    /// Red, green, blue and opacity.
    Rgba,
    /// Inks, the last of them black.
    InksBlackLast,
    /// Inks, the first of them black.
    InksBlackFirst,
    /// Inks that are all colours.
    InksWithoutBlack,
    /// CIE L*a*b*.
    Lab,
    /// CIE XYZ.
    Xyz,
}

impl ColorSpace {
    /// By `cupsColorSpace`; numbers nobody has given out are understood by their number of components.
    pub(super) fn from_cups(number: u32, components: u32) -> ColorSpace {
        match number {
            0 | 3 | 12 | 14 | 18 => ColorSpace::Gray, // W, K, white, silver, sGray
            1 | 4 | 5 | 17 | 19 | 20 => ColorSpace::Rgb, // RGB, CMY, YMC, RGBW, sRGB, Adobe RGB
            2 => ColorSpace::Rgba,
            6 | 7 | 10 | 11 => ColorSpace::InksBlackLast, // CMYK, YMCK, GMCK, GMCS
            8 | 9 => ColorSpace::InksBlackFirst,          // KCMY, KCMYcm
            13 => ColorSpace::InksWithoutBlack,           // gold
            15 => ColorSpace::Xyz,
            16 => ColorSpace::Lab,
            34 => ColorSpace::Lab, // ICC3: CUPS drivers fill it with L*a*b*
            _ => match components {
                0 | 1 => ColorSpace::Gray,
                2 => ColorSpace::InksWithoutBlack,
                3 => ColorSpace::Rgb,
                4 => ColorSpace::InksBlackLast,
                _ => ColorSpace::InksWithoutBlack,
            },
        }
    }

    /// Components of a pixel by `cupsColorSpace`, for version 1 headers that do not say it.
    fn components(number: u32) -> u32 {
        match number {
            0 | 3 | 12 | 13 | 14 | 18 => 1,
            2 | 6 | 7 | 8 | 10 | 11 | 17 => 4,
            9 => 6,
            32..=46 => number - 31,
            48..=62 => number - 47,
            _ => 3,
        }
    }
}

/// How components are laid out (`cupsColorOrder`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaneOrder {
    /// Pixel after pixel.
    Chunky,
    /// In every line, component after component.
    Banded,
    /// The whole page, component after component.
    Planar,
}

/// A page as its header describes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageSetup {
    pub(super) pixels: Pixels,
    /// Bytes that a run repeats.
    pub(super) unit: u64,
    /// Lines as stored, through all planes.
    pub(super) lines: u64,
    pub(super) copies: Option<Copies>,
    pub(super) sides: Option<Sides>,
    pub(super) paper: Option<Paper>,
}

/// Reads a header; the error names the field that makes no sense.
pub(super) fn parse(header: &[u8], little_endian: bool, is_pwg: bool) -> Result<PageSetup, &'static str> {
    let fields = Fields { header, little_endian };
    let whole = header.len() >= HEADER_BYTES;
    let (width, height) = (fields.number(372), fields.number(376));
    let (component_bits, pixel_bits) = (fields.number(384), fields.number(388));
    let line_bytes = u64::from(fields.number(392));
    let space = fields.number(400);
    let stated = if whole { fields.number(420) } else { 0 };
    let components = if stated == 0 { ColorSpace::components(space) } else { stated };
    if width == 0 || height == 0 {
        return Err("no pixels");
    }
    if !(1..=16).contains(&component_bits) || components > COMPONENTS_MAX {
        return Err("its pixel size");
    }
    let order = match fields.number(396) {
        0 => PlaneOrder::Chunky,
        1 => PlaneOrder::Banded,
        2 => PlaneOrder::Planar,
        _ => return Err("its plane order"),
    };
    let unit_bits = if order == PlaneOrder::Chunky { pixel_bits } else { component_bits };
    if !(1..=COMPONENTS_MAX * 16).contains(&unit_bits) {
        return Err("its pixel size");
    }
    let unit = u64::from(unit_bits.div_ceil(8));
    if line_bytes == 0 || line_bytes % unit != 0 {
        return Err("its line length");
    }
    let planes = if order == PlaneOrder::Planar { u64::from(components.max(1)) } else { 1 };
    // A chunky pixel may hold fewer components than promised; planes are as many as promised.
    let components = match order {
        PlaneOrder::Chunky => components.min(pixel_bits / component_bits),
        PlaneOrder::Banded | PlaneOrder::Planar => components,
    };
    let components = components.max(1);
    Ok(PageSetup {
        pixels: Pixels {
            space: ColorSpace::from_cups(space, components),
            components,
            component_bits,
            pixel_bits,
            order,
            little_endian,
            line_bytes,
            height: u64::from(height),
        },
        unit,
        lines: u64::from(height) * planes,
        copies: fields.copies(),
        sides: fields.sides(),
        paper: fields.paper(whole, is_pwg, width, height),
    })
}

struct Fields<'a> {
    header: &'a [u8],
    little_endian: bool,
}

impl Fields<'_> {
    fn four(&self, at: usize) -> [u8; 4] {
        let mut four = [0; 4];
        if let Some(bytes) = self.header.get(at..at + 4) {
            four.copy_from_slice(bytes);
        }
        if self.little_endian {
            four.reverse();
        }
        four
    }

    fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.four(at))
    }

    fn float(&self, at: usize) -> f64 {
        f64::from(f32::from_be_bytes(self.four(at)))
    }

    fn string(&self, at: usize) -> &str {
        let bytes = self.header.get(at..at + 64).unwrap_or_default();
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
        std::str::from_utf8(&bytes[..end]).unwrap_or_default()
    }

    /// `NumCopies`. Writers that do not care leave 0 or 1, which is no request against a job header.
    fn copies(&self) -> Option<Copies> {
        match self.number(340) {
            0 | 1 => None,
            more => Some(Copies(more)),
        }
    }

    /// `Duplex` and `Tumble`. False is also what a writer leaves that does not care.
    fn sides(&self) -> Option<Sides> {
        match (self.number(272), self.number(368)) {
            (0, _) => None,
            (_, 0) => Some(Sides::LongEdge),
            (_, _) => Some(Sides::ShortEdge),
        }
    }

    /// `cupsPageSizeName` where it is a standard name, else `cupsPageSize` and `PageSize` in points, else, in
    /// PWG raster, whose bitmap is always the whole sheet, the pixels at their resolution.
    fn paper(&self, whole: bool, is_pwg: bool, width: u32, height: u32) -> Option<Paper> {
        let name = if whole { self.string(1732) } else { "" };
        let exact = || if whole { Paper::from_points(self.float(428), self.float(432)) } else { None };
        let rounded = || Paper::from_points(f64::from(self.number(352)), f64::from(self.number(356)));
        let measured = || {
            let (x, y) = (self.number(276), self.number(280));
            if !is_pwg || x == 0 || y == 0 {
                return None;
            }
            Paper::from_points(
                f64::from(width) * 72.0 / f64::from(x),
                f64::from(height) * 72.0 / f64::from(y),
            )
        };
        Paper::from_pwg_name(name).or_else(exact).or_else(rounded).or_else(measured)
    }
}
