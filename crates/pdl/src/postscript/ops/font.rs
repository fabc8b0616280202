//! Fonts (PLRM chapter 5): dictionaries that are found, copied, scaled and set.

use crate::codec::{AsciiHex, is_space};
use crate::graphics::Matrix;

use super::super::dict::Key;
use super::super::fonts::{ENCODING_TABLES, face_of};
use super::super::machine::{Machine, Next, Task};
use super::super::names::Names;
use super::super::object::{Attributes, DictId, Done, ErrorName, Fault, Name, Object};
use super::super::startup::Filling;
use super::super::vm::Vm;
use super::Entry;
use super::matrix::push_matrix;

pub(super) const TABLE: &[Entry] = &[
    ("definefont", |m| {
        let (font, key) = (m.pop()?, m.pop()?);
        let key = m.as_key(key)?;
        define(m, key, font)
    }),
    ("composefont", |m| {
        let (fonts, cmap, key) = (m.pop()?, m.pop()?, m.pop()?);
        let key = m.as_key(key)?;
        let font = m.vm.new_dict(8)?;
        for (name, value) in [
            ("FontType", Object::Int(0)),
            ("FMapType", Object::Int(9)),
            ("CMap", cmap),
            ("FDepVector", fonts),
        ] {
            let name = m.names.intern(name.as_bytes())?;
            m.vm.dict_put(font, Object::name(name), value)?;
        }
        push_matrix(m, Matrix::IDENTITY)?;
        let matrix = m.pop()?;
        m.vm.dict_put(font, Object::name(m.known.font_matrix), matrix)?;
        define(m, key, Object::Dict(font))
    }),
    ("undefinefont", |m| {
        let key = m.pop()?;
        let key = m.as_key(key)?;
        if let Some(fonts) = m.vm.dict_mut(m.system.fonts) {
            fonts.remove(Key::of(&key));
        }
        Ok(())
    }),
    ("findfont", |m| {
        let key = m.pop()?;
        let key = m.as_key(key)?;
        let font = find(m, key)?;
        m.push_object(font)
    }),
    ("scalefont", |m| {
        let scale = m.pop_number()?;
        transformed(m, Matrix([scale, 0.0, 0.0, scale, 0.0, 0.0]))
    }),
    ("makefont", |m| {
        let matrix = m.pop_matrix()?;
        transformed(m, matrix)
    }),
    ("setfont", |m| {
        let font = m.pop_dict()?;
        m.graphics.now.font = Object::Dict(font);
        Ok(())
    }),
    ("selectfont", |m| {
        let matrix = match m.pop()? {
            Object::Array(_, span) => m.matrix_of(span)?,
            number => {
                let scale = number.as_number().ok_or(ErrorName::TypeCheck)?;
                Matrix([scale, 0.0, 0.0, scale, 0.0, 0.0])
            }
        };
        let key = m.pop()?;
        let font = match key {
            Object::Dict(_) => key,
            key => {
                let key = m.as_key(key)?;
                find(m, key)?
            }
        };
        m.push_object(font)?;
        transformed(m, matrix)?;
        m.graphics.now.font = m.pop()?;
        Ok(())
    }),
    ("currentfont", current),
    ("rootfont", current),
    ("findencoding", |m| {
        let name = m.pop_name()?;
        let text = m.names.text(name).to_vec();
        match encoding(m, &text)? {
            Some(encoding) => m.push_object(encoding),
            None => Err(ErrorName::UndefinedResource.into()),
        }
    }),
    ("cachestatus", |m| {
        [0, 1 << 20, 0, 1 << 10, 0, 1 << 14, 1 << 14].into_iter().try_for_each(|value| m.push_int(value))
    }),
    ("setcachelimit", |m| m.pop().map(drop)),
    ("setcacheparams", |m| {
        let count = m.operands.count_to_mark()?;
        m.operands.drop_top(count + 1)
    }),
    ("currentcacheparams", |m| {
        m.push_object(Object::Mark)?;
        [1 << 20, 1 << 14, 1 << 14].into_iter().try_for_each(|value| m.push_int(value))
    }),
    ("StartData", start_data),
    (".buildfont1", |m| m.operands.drop_top(0)),
];

fn current(m: &mut Machine) -> Done {
    match m.graphics.now.font {
        Object::Null => {
            let name = m.names.intern(b"Courier")?;
            let font = find(m, Object::name(name))?;
            m.push_object(font)
        }
        font => m.push_object(font),
    }
}

/// Makes a dictionary a font and remembers it by its key.
pub(super) fn define(m: &mut Machine, key: Object, font: Object) -> Done {
    let Object::Dict(dict) = font else { return Err(ErrorName::TypeCheck.into()) };
    let number = m.next_font_id();
    m.vm.dict_put(dict, Object::name(m.known.fid), Object::FontId(number))?;
    m.vm.dict_put(m.system.fonts, key, font)?;
    m.push_object(font)
}

/// The font with this key: a defined one, a resident one, or the nearest to it.
pub(super) fn find(m: &mut Machine, key: Object) -> Result<Object, Fault> {
    if let Some(font) = m.vm.dict(m.system.fonts).get(Key::of(&key)) {
        return Ok(font);
    }
    let Some(text) = m.text_of(&key) else { return Err(ErrorName::InvalidFont.into()) };
    let text = String::from_utf8_lossy(text).into_owned();
    let global = std::mem::replace(&mut m.vm.global, true);
    let font = resident(m, &text);
    m.vm.global = global;
    let font = font?;
    define(m, key, font)?;
    m.pop()
}

/// A font dictionary as printers have them in their memory.
fn resident(m: &mut Machine, name: &str) -> Result<Object, Fault> {
    let face = face_of(name);
    let font = m.vm.new_dict(16)?;
    let encoding = encoding_array(&mut m.names, &mut m.vm, m.known.notdef, face.encoding())?;
    let glyphs = m.vm.new_dict(256)?;
    let empty = m.vm.new_string(Vec::new())?;
    for glyph in face.glyphs().into_iter().chain([".notdef"]) {
        let glyph = m.names.intern(glyph.as_bytes())?;
        m.vm.dict_put(glyphs, Object::name(glyph), Object::String(Attributes::new(false), empty))?;
    }
    let private = m.vm.new_dict(4)?;
    let info = m.vm.new_dict(8)?;
    for (key, value) in [("FullName", name), ("FamilyName", name), ("Weight", "Medium"), ("version", "1.0")] {
        let key = m.names.intern(key.as_bytes())?;
        let value = m.vm.new_string(value.as_bytes().to_vec())?;
        m.vm.dict_put(info, Object::name(key), Object::String(Attributes::new(false), value))?;
    }
    push_matrix(m, Matrix([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]))?;
    let matrix = m.pop()?;
    m.push_array([-168, -218, 1000, 898].map(Object::Int).to_vec())?;
    let bbox = m.pop()?;
    let font_name = m.names.intern(name.as_bytes())?;
    let known = m.known;
    let info_name = m.names.intern(b"FontInfo")?;
    let face_name = m.names.intern(FACE_KEY)?;
    let entries = [
        (known.font_type, Object::Int(1)),
        (known.paint_type, Object::Int(0)),
        (known.font_name, Object::name(font_name)),
        (known.font_matrix, matrix),
        (known.font_bbox, bbox),
        (known.encoding, encoding),
        (known.char_strings, Object::Dict(glyphs)),
        (known.private, Object::Dict(private)),
        (info_name, Object::Dict(info)),
        (face_name, Object::Int(face.number())),
    ];
    for (key, value) in entries {
        m.vm.dict_put(font, Object::name(key), value)?;
    }
    Ok(Object::Dict(font))
}

/// The entry by which copies of a resident font are known.
pub(super) const FACE_KEY: &[u8] = b".face";

/// An array of glyph names.
fn encoding_array(names: &mut Names, vm: &mut Vm, notdef: Name, texts: &[&str]) -> Result<Object, Fault> {
    let mut items = Vec::with_capacity(256);
    for text in texts {
        items.push(Object::name(names.intern(text.as_bytes())?));
    }
    items.resize(256, Object::name(notdef));
    let span = vm.new_array(items)?;
    Ok(Object::Array(Attributes::new(false), span))
}

/// A predefined encoding by its name.
pub(super) fn encoding(m: &mut Machine, name: &[u8]) -> Result<Option<Object>, Fault> {
    predefined(&mut m.names, &mut m.vm, m.known.notdef, name)
}

fn predefined(names: &mut Names, vm: &mut Vm, notdef: Name, name: &[u8]) -> Result<Option<Object>, Fault> {
    let tables = &ENCODING_TABLES;
    let texts = match name {
        b"StandardEncoding" => &tables.standard,
        b"ISOLatin1Encoding" => &tables.iso_latin_1,
        b"SymbolEncoding" => &tables.symbol,
        b"DingbatsEncoding" => &tables.dingbats,
        _ => return Ok(None),
    };
    encoding_array(names, vm, notdef, texts).map(Some)
}

/// What programs find by name without asking for it: the encodings and FontDirectory.
pub(in super::super) fn startup_fonts(m: &mut Filling) -> Done {
    for name in ["StandardEncoding", "ISOLatin1Encoding", "SymbolEncoding"] {
        if let Some(array) = predefined(&mut m.names, &mut m.vm, m.known.notdef, name.as_bytes())? {
            let name = m.names.intern(name.as_bytes())?;
            m.vm.dict_put(m.system.system, Object::name(name), array)?;
        }
    }
    for name in ["FontDirectory", "GlobalFontDirectory", "SharedFontDirectory"] {
        let name: Name = m.names.intern(name.as_bytes())?;
        let fonts = Object::Dict(m.system.fonts);
        m.vm.dict_put(m.system.system, Object::name(name), fonts)?;
    }
    Ok(())
}

/// A copy of the font on the stack, seen through one more matrix.
fn transformed(m: &mut Machine, matrix: Matrix) -> Done {
    let font = m.pop_dict()?;
    let entries: Vec<(Object, Object)> = m.vm.dict(font).iter().collect();
    let old = font_matrix(m, font)?;
    let copy = m.vm.new_dict(entries.len() + 1)?;
    for (key, value) in entries {
        m.vm.dict_put(copy, key, value)?;
    }
    push_matrix(m, old.then(matrix))?;
    let matrix = m.pop()?;
    m.vm.dict_put(copy, Object::name(m.known.font_matrix), matrix)?;
    m.push_object(Object::Dict(copy))
}

/// From glyph space to user space.
pub(super) fn font_matrix(m: &Machine, font: DictId) -> Result<Matrix, Fault> {
    match m.dict_get(font, m.known.font_matrix) {
        Some(Object::Array(_, span)) => m.matrix_of(span),
        _ => Err(ErrorName::InvalidFont.into()),
    }
}

/// Font data follows the operator: `name length StartData` for a compact font (Adobe Technical Note 5176),
/// `(Binary) length StartData` or `(Hex) length StartData` for the glyphs of the CIDFont whose dictionary is being
/// filled (Technical Note 5014). Both take the dictionaries off the stack that were put there for them.
fn start_data(m: &mut Machine) -> Done {
    let length = m.pop_int()?;
    let key = m.pop()?;
    let file = m.current_file().ok_or(ErrorName::IoError)?;
    let form = match key {
        Object::String(_, span) => match m.vm.string(span) {
            b"Hex" => Some(true),
            b"Binary" => Some(false),
            _ => None,
        },
        _ => None,
    };
    let font = match form {
        Some(_) => m.dicts.last().copied(),
        None => None,
    };
    let key = m.as_key(key)?;
    let ended = if font.is_some() { 2 } else { 1 };
    for _ in 0..ended {
        if m.dicts.len() > super::composite::PERMANENT_DICTS {
            m.dicts.pop();
        }
    }
    m.begin(FontData { file, left: length.max(0) as u64, hex: form == Some(true), key, font })
}

/// Passes over font data; what is needed of it is that the font is there.
struct FontData {
    file: super::FileId,
    /// Bytes still to come, of binary data.
    left: u64,
    hex: bool,
    key: Object,
    font: Option<DictId>,
}

impl Task for FontData {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        loop {
            let bytes = m.look(self.file)?;
            if bytes.is_empty() {
                break;
            }
            if !self.hex {
                let count = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                if count == 0 {
                    break;
                }
                self.left -= count as u64;
                m.take(self.file, count);
                continue;
            }
            // Hexadecimal data ends with its mark, whatever length was announced.
            let count =
                bytes.iter().take_while(|byte| AsciiHex::digit(**byte).is_some() || is_space(**byte)).count();
            let marked = bytes.get(count) == Some(&b'>');
            let whole = count == bytes.len();
            m.take(self.file, count + usize::from(marked));
            if !whole {
                break;
            }
        }
        let known = m.known;
        match self.font {
            Some(font) => {
                let (category, name) = (m.names.intern(b"CIDFont")?, m.names.intern(b"CIDFontName")?);
                let key = m.dict_get(font, name).unwrap_or(self.key);
                let number = m.next_font_id();
                m.vm.dict_put(font, Object::name(known.fid), Object::FontId(number))?;
                let instances = super::resource::instances(m, category)?;
                m.vm.dict_put(instances, key, Object::Dict(font))?;
            }
            None => {
                let text = m
                    .text_of(&self.key)
                    .map(|text| String::from_utf8_lossy(text).into_owned())
                    .unwrap_or_default();
                let font = resident(m, &text)?;
                define(m, self.key, font)?;
                m.pop()?;
            }
        }
        Ok(Next::Done)
    }

    fn roots(&self) -> Vec<Object> {
        let font = self.font.map(Object::Dict);
        [Object::File(Attributes::default(), self.file), self.key].into_iter().chain(font).collect()
    }
}
