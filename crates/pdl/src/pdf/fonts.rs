//! Fonts, as far as two questions need them: which codes leave no mark, and how far text goes.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::document::{Document, PdfError};
use super::functions::numbers;
use super::lexer::{Lexer, Token};
use super::object::{Dict, Object};
use super::stream::StreamBytes;

/// A font.
#[derive(Debug)]
pub(super) struct Font {
    /// Codes have two bytes.
    pub(super) wide: bool,
    /// Codes of spaces.
    blank: HashSet<u32>,
    widths: HashMap<u32, f64>,
    default_width: f64,
    /// Glyphs are content streams of their own.
    pub(super) procedures: Option<Procedures>,
}

/// A Type 3 font.
#[derive(Clone, Debug)]
pub(super) struct Procedures {
    pub(super) glyphs: HashMap<u32, Object>,
    pub(super) matrix: [f64; 6],
    pub(super) resources: Option<Dict>,
}

/// A longer ToUnicode map is read only so far.
const MAP_BYTES_MAX: usize = 256 * 1024;
/// Codes remembered of one font.
const CODES_MAX: usize = 65_536;

/// Reads a font dictionary.
///
/// # Errors
/// [`PdfError::Read`].
pub(super) fn read(document: &mut Document<'_>, dict: &Dict) -> Result<Rc<Font>, PdfError> {
    let subtype = document.get(dict, b"Subtype")?;
    let mut font = match subtype.as_name() {
        Some(b"Type0") => composite(document, dict)?,
        Some(b"Type3") => simple(document, dict, true)?,
        _ => simple(document, dict, false)?,
    };
    if let Object::Stream(map) = document.get(dict, b"ToUnicode")? {
        let bytes = StreamBytes::open(document, &map)?.read_to_end(document, MAP_BYTES_MAX)?;
        spaces_of_map(&bytes, &mut font.blank);
    }
    Ok(Rc::new(font))
}

fn simple(document: &mut Document<'_>, dict: &Dict, procedures: bool) -> Result<Font, PdfError> {
    let mut names: HashMap<u32, Vec<u8>> = HashMap::new();
    let encoding = document.get(dict, b"Encoding")?;
    let mut codes_renamed = HashSet::new();
    if let Some(encoding) = encoding.as_dict().cloned() {
        let differences = document.get(&encoding, b"Differences")?;
        let mut code = 0;
        for item in differences.as_array().into_iter().flat_map(|list| list.iter()).take(CODES_MAX) {
            match document.resolve(item)? {
                Object::Name(name) => {
                    names.insert(code, name.to_vec());
                    codes_renamed.insert(code);
                    code = code.saturating_add(1);
                }
                other => code = other.as_int().and_then(|code| u32::try_from(code).ok()).unwrap_or(code),
            }
        }
    }
    let mut blank: HashSet<u32> =
        [32, 160].into_iter().filter(|code| !codes_renamed.contains(code)).collect();
    blank.extend(names.iter().filter(|(_, name)| is_space_name(name)).map(|(code, _)| *code));
    let first =
        document.get(dict, b"FirstChar")?.as_int().and_then(|first| u32::try_from(first).ok()).unwrap_or(0);
    let widths = numbers(document, dict, b"Widths")?;
    let widths = (first..).zip(widths).take(CODES_MAX).collect();
    let descriptor = document.get(dict, b"FontDescriptor")?;
    let missing = match descriptor.as_dict() {
        Some(descriptor) => document.get(&descriptor.clone(), b"MissingWidth")?.as_number(),
        None => None,
    };
    let mut font =
        Font { wide: false, blank, widths, default_width: missing.unwrap_or(500.0), procedures: None };
    if procedures {
        let glyphs = document.get(dict, b"CharProcs")?;
        let glyphs = glyphs.as_dict().cloned().unwrap_or_default();
        let matrix = numbers(document, dict, b"FontMatrix")?;
        let by_code = names
            .iter()
            .map(|(code, name)| (*code, glyphs.raw(name).clone()))
            .filter(|(_, glyph)| !glyph.is_null());
        font.procedures = Some(Procedures {
            glyphs: by_code.collect(),
            matrix: matrix.try_into().unwrap_or([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]),
            resources: document.get(dict, b"Resources")?.as_dict().cloned(),
        });
        font.blank.clear();
        font.default_width = 0.0;
    }
    Ok(font)
}

fn is_space_name(name: &[u8]) -> bool {
    matches!(
        name,
        b"space"
            | b"nbspace"
            | b"nonbreakingspace"
            | b"uni0020"
            | b"uni00A0"
            | b"spacehackarabic"
            | b".notdef"
    )
}

fn composite(document: &mut Document<'_>, dict: &Dict) -> Result<Font, PdfError> {
    let descendants = document.get(dict, b"DescendantFonts")?;
    let descendant = match descendants.as_array().and_then(|list| list.first()) {
        Some(first) => document.resolve(first)?.as_dict().cloned().unwrap_or_default(),
        None => Dict::default(),
    };
    let default_width = document.get(&descendant, b"DW")?.as_number().unwrap_or(1000.0);
    let mut widths = HashMap::new();
    let list = document.get(&descendant, b"W")?;
    let items: Vec<Object> = list.as_array().map(|list| list.to_vec()).unwrap_or_default();
    let mut at = 0;
    while at + 1 < items.len() && widths.len() < CODES_MAX {
        let first = document.resolve(&items[at])?.as_int().unwrap_or(0).clamp(0, 65_535) as u32;
        match document.resolve(&items[at + 1])? {
            Object::Array(list) => {
                for (code, width) in (first..).zip(list.iter()) {
                    if let Some(width) = document.resolve(width)?.as_number() {
                        widths.insert(code, width);
                    }
                }
                at += 2;
            }
            last => {
                let last = last.as_int().unwrap_or(0).clamp(0, 65_535) as u32;
                let width = match items.get(at + 2) {
                    Some(width) => document.resolve(width)?.as_number(),
                    None => None,
                };
                for code in first..=last {
                    widths.insert(code, width.unwrap_or(default_width));
                }
                at += 3;
            }
        }
    }
    Ok(Font { wide: true, blank: HashSet::new(), widths, default_width, procedures: None })
}

/// The codes a ToUnicode map (a CMap, Adobe Technical Note 5014) maps to a space.
fn spaces_of_map(bytes: &[u8], blank: &mut HashSet<u32>) {
    let mut lexer = Lexer::content(bytes, true);
    let mut operands: Vec<Object> = Vec::new();
    let code = |object: &Object| {
        object
            .as_string()
            .filter(|code| code.len() <= 4)
            .map(|code| code.iter().fold(0, |code, byte| code << 8 | u32::from(*byte)))
    };
    let is_space =
        |text: u32| matches!(text, 0x20 | 0xa0 | 0x3000 | 0x2000..=0x200b | 0x202f | 0x205f | 0xfeff);
    while let Ok(token) = lexer.token() {
        match token {
            Token::Value(value) => {
                if operands.len() < 1_000 {
                    operands.push(value);
                }
            }
            Token::Word(start, end) => {
                match &bytes[start..end] {
                    b"endbfchar" => {
                        for pair in operands.chunks_exact(2) {
                            match (code(&pair[0]), code(&pair[1])) {
                                (Some(code), Some(text)) if is_space(text) => {
                                    blank.insert(code);
                                }
                                // A code that is anything else is seen, whatever its number says.
                                (Some(code), _) => {
                                    blank.remove(&code);
                                }
                                (None, _) => {}
                            }
                        }
                    }
                    b"endbfrange" => {
                        for triple in operands.chunks_exact(3) {
                            let (Some(first), Some(last)) = (code(&triple[0]), code(&triple[1])) else {
                                continue;
                            };
                            let texts = |index: u32| match &triple[2] {
                                Object::Array(list) => list.get(index as usize).and_then(code),
                                other => code(other).map(|text| text.wrapping_add(index)),
                            };
                            for (index, code) in (0..).zip(first..=last.min(first.saturating_add(0xffff))) {
                                match texts(index) {
                                    Some(text) if is_space(text) => blank.insert(code),
                                    _ => blank.remove(&code),
                                };
                            }
                        }
                    }
                    _ => {}
                }
                operands.clear();
            }
        }
    }
}

impl Font {
    /// The codes of a string.
    pub(super) fn codes<'a>(&self, text: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
        let width = if self.wide { 2 } else { 1 };
        text.chunks(width).map(|code| code.iter().fold(0, |code, byte| code << 8 | u32::from(*byte)))
    }

    /// Whether a code leaves no mark.
    pub(super) fn is_blank(&self, code: u32) -> bool {
        self.blank.contains(&code)
    }

    /// The advance width of a code, in thousandths (Type 3: in glyph space).
    pub(super) fn width(&self, code: u32) -> f64 {
        self.widths.get(&code).copied().unwrap_or(self.default_width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_tell_which_codes_are_spaces() {
        let map = b"2 beginbfchar <0003> <0020> <0024> <0041> endbfchar\n\
            2 beginbfrange <0030> <0032> <001F> <0040> <0041> [<00A0> <0042>] endbfrange";
        let mut blank = HashSet::from([0x24]);
        spaces_of_map(map, &mut blank);
        let mut found: Vec<u32> = blank.into_iter().collect();
        found.sort_unstable();
        assert_eq!(found, [0x03, 0x31, 0x40]);
    }
}
