//! What is known of fonts: the widths of the resident ones, and how wide the glyphs of downloaded ones are.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A resident typeface: a column of the table, or a table of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Face(u8);

/// Encodings, 256 glyph names each.
pub(super) struct Encodings {
    pub(super) standard: Vec<&'static str>,
    pub(super) iso_latin_1: Vec<&'static str>,
    pub(super) symbol: Vec<&'static str>,
    pub(super) dingbats: Vec<&'static str>,
}

/// The resident fonts' tables.
struct Tables {
    names: Vec<&'static str>,
    text: HashMap<&'static str, Vec<u16>>,
    symbol: HashMap<&'static str, u16>,
    dingbats: HashMap<&'static str, u16>,
    /// Lowest and highest points, two numbers for each column and the two Couriers.
    heights: HashMap<&'static str, Vec<i16>>,
}

const HEIGHTS: &str = include_str!("fonts/heights.txt");
const TEXT: &str = include_str!("fonts/text.txt");
const SYMBOL: &str = include_str!("fonts/symbol.txt");
const DINGBATS: &str = include_str!("fonts/dingbats.txt");
const ENCODINGS: &str = include_str!("fonts/encodings.txt");

const COURIER: u8 = 240;
const SYMBOL_FACE: u8 = 241;
const DINGBATS_FACE: u8 = 242;
/// Added to a column for its narrow version.
const NARROW: u8 = 100;

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

fn encoded(text: &'static str) -> Vec<&'static str> {
    lines(text)
        .map(|line| line.split(' ').next().unwrap_or("-"))
        .map(|name| if name == "-" { ".notdef" } else { name })
        .collect()
}

fn widths(text: &'static str) -> HashMap<&'static str, u16> {
    lines(text)
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, width)| Some((name, width.parse().ok()?)))
        .collect()
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let names = TEXT.lines().nth(2).unwrap_or("").split(' ').skip(1).collect();
    let text = lines(TEXT)
        .filter_map(|line| line.split_once(' '))
        .map(|(name, rest)| (name, rest.split(' ').filter_map(|width| width.parse().ok()).collect()));
    let heights = lines(HEIGHTS)
        .filter_map(|line| line.split_once(' '))
        .map(|(name, rest)| (name, rest.split(' ').filter_map(|height| height.parse().ok()).collect()));
    Tables {
        names,
        text: text.collect(),
        symbol: widths(SYMBOL),
        dingbats: widths(DINGBATS),
        heights: heights.collect(),
    }
});

/// The encodings of PLRM appendix E.
pub(super) static ENCODING_TABLES: LazyLock<Encodings> = LazyLock::new(|| {
    let mut rows = lines(ENCODINGS).map(|line| {
        line.split(' ').skip(1).map(|name| if name == "-" { ".notdef" } else { name }).collect::<Vec<_>>()
    });
    Encodings {
        standard: rows.next().unwrap_or_default(),
        iso_latin_1: rows.next().unwrap_or_default(),
        symbol: encoded(SYMBOL),
        dingbats: encoded(DINGBATS),
    }
});

/// Names under which programs ask for resident fonts, and what is nearest to fonts that are not.
pub(super) fn face_of(font: &str) -> Face {
    let tables = &TABLES;
    let (base, narrow) = match font.split_once("-Narrow") {
        Some((base, rest)) => (format!("{base}{rest}"), NARROW),
        None => (font.to_owned(), 0),
    };
    let upright = base.replace("-BoldOblique", "-Bold").replace("-Oblique", "");
    let upright = match upright.as_str() {
        "AvantGarde-BookOblique" => "AvantGarde-Book".to_owned(),
        "AvantGarde-DemiOblique" => "AvantGarde-Demi".to_owned(),
        _ => upright,
    };
    if let Some(column) = tables.names.iter().position(|name| *name == upright) {
        return Face(column as u8 + narrow);
    }
    let lower = font.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if lower == "symbol" {
        return Face(SYMBOL_FACE);
    }
    if has(&["dingbat"]) {
        return Face(DINGBATS_FACE);
    }
    let (bold, italic) = (has(&["bold", "demi", "black", "heavy"]), has(&["ital", "obli", "slant"]));
    let column = |name: &str| {
        tables.names.iter().position(|found| *found == name).map_or(Face(COURIER), |at| Face(at as u8))
    };
    if has(&["helv", "arial", "sans", "univers", "verdana", "tahoma", "calibri", "gothic", "swiss"]) {
        return column(if bold { "Helvetica-Bold" } else { "Helvetica" });
    }
    if has(&["times", "roman", "serif", "garamond", "cambria", "georgia", "mincho"]) {
        return column(match (bold, italic) {
            (false, false) => "Times-Roman",
            (true, false) => "Times-Bold",
            (false, true) => "Times-Italic",
            (true, true) => "Times-BoldItalic",
        });
    }
    Face(COURIER)
}

impl Face {
    /// The advance width of a glyph in thousandths of an em.
    pub(super) fn width(self, glyph: &str) -> f64 {
        let tables = &TABLES;
        match self.0 {
            COURIER => 600.0,
            SYMBOL_FACE => tables.symbol.get(glyph).copied().unwrap_or(250).into(),
            DINGBATS_FACE => tables.dingbats.get(glyph).copied().unwrap_or(278).into(),
            column => {
                let narrow = column >= NARROW;
                let index = usize::from(if narrow { column - NARROW } else { column });
                let width =
                    tables.text.get(glyph).and_then(|widths| widths.get(index)).copied().unwrap_or(250);
                f64::from(width) * if narrow { 0.82 } else { 1.0 }
            }
        }
    }

    /// The lowest and highest point of a glyph in thousandths of an em; of accented letters and signs a guess.
    pub(super) fn height(self, glyph: &str) -> (f64, f64) {
        let tables = &TABLES;
        let column = match self.0 {
            COURIER => tables.names.len(),
            SYMBOL_FACE | DINGBATS_FACE => return (-220.0, 850.0),
            column => usize::from(if column >= NARROW { column - NARROW } else { column }),
        };
        match tables.heights.get(glyph).and_then(|heights| heights.get(2 * column..2 * column + 2)) {
            Some([low, high]) => ((*low).into(), (*high).into()),
            _ => (-220.0, 900.0),
        }
    }

    /// The names of all its glyphs.
    pub(super) fn glyphs(self) -> Vec<&'static str> {
        let tables = &TABLES;
        match self.0 {
            SYMBOL_FACE => tables.symbol.keys().copied().collect(),
            DINGBATS_FACE => tables.dingbats.keys().copied().collect(),
            _ => tables.text.keys().copied().collect(),
        }
    }

    /// The number programs' copies of the font keep.
    pub(super) fn number(self) -> i64 {
        self.0.into()
    }

    /// The face with this number.
    pub(super) fn from_number(number: i64) -> Option<Self> {
        u8::try_from(number).ok().map(Self)
    }

    /// The encoding the font has by itself.
    pub(super) fn encoding(self) -> &'static [&'static str] {
        match self.0 {
            SYMBOL_FACE => &ENCODING_TABLES.symbol,
            DINGBATS_FACE => &ENCODING_TABLES.dingbats,
            _ => &ENCODING_TABLES.standard,
        }
    }
}

/// The width a Type 1 charstring sets (Adobe Type 1 Font Format, chapter 6), and whether it draws anything.
pub(super) fn charstring_width(encrypted: &[u8], len_iv: i64) -> Option<(f64, bool)> {
    let plain: Vec<u8> = if len_iv < 0 {
        encrypted.to_vec()
    } else {
        let mut key = 4_330_u16;
        let decrypted = encrypted.iter().map(|cipher| {
            let plain = cipher ^ (key >> 8) as u8;
            key = u16::from(*cipher).wrapping_add(key).wrapping_mul(52_845).wrapping_add(22_719);
            plain
        });
        decrypted.skip(len_iv as usize).collect()
    };
    let mut stack: Vec<f64> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = plain.get(at) {
        at += 1;
        match byte {
            32..=246 => stack.push(f64::from(i32::from(byte) - 139)),
            247..=250 => {
                stack.push(f64::from((i32::from(byte) - 247) * 256 + i32::from(*plain.get(at)?) + 108));
                at += 1;
            }
            251..=254 => {
                stack.push(f64::from(-(i32::from(byte) - 251) * 256 - i32::from(*plain.get(at)?) - 108));
                at += 1;
            }
            255 => {
                let bytes = plain.get(at..at + 4)?;
                stack.push(f64::from(i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])));
                at += 4;
            }
            13 => {
                let draws = plain[at..] != [14] && plain[at..] != [9, 14];
                return Some((*stack.get(1)?, draws));
            }
            12 => {
                let escaped = *plain.get(at)?;
                at += 1;
                match escaped {
                    7 => return Some((*stack.get(2)?, true)),
                    12 => {
                        let (divisor, dividend) = (stack.pop()?, stack.pop()?);
                        stack.push(dividend / divisor);
                    }
                    _ => return None,
                }
            }
            _ => return None,
        }
        if stack.len() > 48 {
            return None;
        }
    }
    None
}

/// The advance widths in a TrueType font (`head`, `hhea`, `hmtx` tables), in thousandths of an em.
pub(super) fn truetype_width(font: &dyn Fn(usize, usize) -> Option<Vec<u8>>, glyph: usize) -> Option<f64> {
    let word = |at: usize| font(at, 2).map(|bytes| usize::from(u16::from_be_bytes([bytes[0], bytes[1]])));
    let long = |at: usize| font(at, 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let tables = word(4)?.min(64);
    let table = |tag: &[u8; 4]| {
        (0..tables).find_map(|index| {
            let entry = 12 + 16 * index;
            (font(entry, 4)? == tag).then(|| long(entry + 8))?
        })
    };
    let units = word(table(b"head")? + 18)?.max(1);
    let measured = word(table(b"hhea")? + 34)?.max(1);
    let advance = word(table(b"hmtx")? + 4 * glyph.min(measured - 1))?;
    Some(advance as f64 * 1000.0 / units as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_fonts_have_their_widths() {
        for (font, glyph, width) in [
            ("Helvetica", "A", 667.0),
            ("Helvetica-BoldOblique", "space", 278.0),
            ("Times-Roman", "M", 889.0),
            ("Courier-Bold", "i", 600.0),
            ("Symbol", "alpha", 631.0),
            ("Helvetica-Narrow", "A", 667.0 * 0.82),
            ("ArialMT", "A", 667.0),
            ("Unheard-Of", "A", 600.0),
        ] {
            assert_eq!(face_of(font).width(glyph), width, "{font} {glyph}");
        }
        assert_eq!(ENCODING_TABLES.standard[65], "A");
        assert_eq!(ENCODING_TABLES.iso_latin_1.len(), 256);
        assert_eq!(ENCODING_TABLES.symbol[97], "alpha");
    }

    #[test]
    fn charstrings_tell_their_width() {
        // 10 (149) 600 (248 236) hsbw endchar, unencrypted.
        let plain = [149, 248, 236, 13, 14];
        assert_eq!(charstring_width(&plain, -1), Some((600.0, false)));
        assert_eq!(charstring_width(&[149, 248, 236, 13, 139, 22, 9, 14], -1), Some((600.0, true)));
    }
}
