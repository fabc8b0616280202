//! Showing text (PLRM 5.2, 5.3, 5.7 and 5.10): how far it goes and whether it leaves a mark.

use crate::graphics::{Matrix, Rect};

use super::super::fonts::{Face, charstring_width, truetype_width};
use super::super::gstate::Colour;
use super::super::machine::{Machine, Next, Task};
use super::super::object::{Attributes, DictId, Done, ErrorName, Fault, Object, Span};
use super::Entry;
use super::font::{FACE_KEY, font_matrix};
use super::paint::mark_with;
use super::path::{current_point, path_mut, rectangle_path};
use super::pattern::in_cell;
use crate::postscript::gstate::Model;

pub(super) const TABLE: &[Entry] = &[
    ("show", |m| {
        let text = m.pop_string()?;
        show(m, text, &|_, _| (0.0, 0.0))
    }),
    ("ashow", |m| {
        let text = m.pop_string()?;
        let [ax, ay] = m.pop_numbers()?;
        show(m, text, &|_, _| (ax, ay))
    }),
    ("widthshow", |m| {
        let text = m.pop_string()?;
        let wanted = m.pop_int()?;
        let [cx, cy] = m.pop_numbers()?;
        show(m, text, &|_, code| if i64::from(code) == wanted { (cx, cy) } else { (0.0, 0.0) })
    }),
    ("awidthshow", |m| {
        let text = m.pop_string()?;
        let [ax, ay] = m.pop_numbers()?;
        let wanted = m.pop_int()?;
        let [cx, cy] = m.pop_numbers()?;
        show(m, text, &|_, code| if i64::from(code) == wanted { (ax + cx, ay + cy) } else { (ax, ay) })
    }),
    ("xshow", |m| positioned(m, |places, at| (places.get(at).copied(), Some(0.0)))),
    ("yshow", |m| positioned(m, |places, at| (Some(0.0), places.get(at).copied()))),
    ("xyshow", |m| {
        positioned(m, |places, at| (places.get(2 * at).copied(), places.get(2 * at + 1).copied()))
    }),
    ("stringwidth", |m| {
        let text = m.pop_string()?;
        let (font, bytes) = (current_font(m)?, m.vm.string(text).to_vec());
        let mut width = (0.0, 0.0);
        for glyph in glyphs(m, font, &bytes)? {
            width = (width.0 + glyph.advance.0, width.1 + glyph.advance.1);
        }
        m.push_real(width.0)?;
        m.push_real(width.1)
    }),
    ("charpath", |m| {
        m.pop_bool()?;
        let text = m.pop_string()?;
        let (font, bytes) = (current_font(m)?, m.vm.string(text).to_vec());
        let mut pen = current_point(m)?;
        for glyph in glyphs(m, font, &bytes)? {
            if glyph.marks {
                let area = Matrix([1.0, 0.0, 0.0, 1.0, pen.0, pen.1]).bounds(glyph.area);
                let outline = rectangle_path(area).transformed(m.graphics.now.ctm);
                path_mut(m).append(&outline);
            }
            pen = (pen.0 + glyph.advance.0, pen.1 + glyph.advance.1);
        }
        super::path::move_to(m, pen.0, pen.1);
        Ok(())
    }),
    ("glyphshow", |m| {
        let glyph = m.pop()?;
        let font = current_font(m)?;
        let shown = match glyph {
            Object::Name(_, name) => named_glyph(m, font, name, u32::MAX)?,
            Object::Int(_) => wide_glyph(m, font)?,
            _ => return Err(ErrorName::TypeCheck.into()),
        };
        paint(m, &[(shown, (0.0, 0.0))])
    }),
    ("kshow", |m| {
        let text = m.pop_string()?;
        let procedure = m.pop_procedure()?;
        m.begin(Kerned { text, at: 0, procedure })
    }),
    ("cshow", |m| {
        let (procedure, text) = match (m.pop()?, m.pop()?) {
            (Object::String(_, text), procedure) => (procedure, text),
            (procedure, Object::String(_, text)) => (procedure, text),
            _ => return Err(ErrorName::TypeCheck.into()),
        };
        let (font, bytes) = (current_font(m)?, m.vm.string(text).to_vec());
        let glyphs = glyphs(m, font, &bytes)?;
        m.begin(Characters { glyphs, at: 0, procedure: procedure.with_executable(true) })
    }),
    ("setcachedevice", |m| {
        let [wx, wy, x0, y0, x1, y1] = m.pop_numbers()?;
        cache(m, wx, wy, Some(Rect::new(x0, y0, x1, y1)))
    }),
    ("setcachedevice2", |m| {
        let [wx, wy, x0, y0, x1, y1, _, _, _, _] = m.pop_numbers()?;
        cache(m, wx, wy, Some(Rect::new(x0, y0, x1, y1)))
    }),
    ("setcharwidth", |m| {
        let [wx, wy] = m.pop_numbers()?;
        cache(m, wx, wy, None)
    }),
];

/// The glyph a font procedure is painting.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct GlyphInWork {
    width: Option<(f64, f64)>,
    /// Its bounds, when it is painted as a mask in the current colour.
    mask: Option<Rect>,
}

/// One glyph: how far it moves the pen, and what it marks. Distances are in user space.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Glyph {
    advance: (f64, f64),
    area: Rect,
    marks: bool,
    /// It has colours of its own: whether one is not gray.
    own_colour: Option<bool>,
    code: u32,
}

fn cache(m: &mut Machine, wx: f64, wy: f64, mask: Option<Rect>) -> Done {
    match &mut m.glyph {
        Some(glyph) => {
            glyph.width = Some((wx, wy));
            glyph.mask = mask;
            Ok(())
        }
        None => Err(ErrorName::Undefined.into()),
    }
}

fn current_font(m: &mut Machine) -> Result<DictId, Fault> {
    match m.graphics.now.font {
        Object::Dict(font) => Ok(font),
        _ => {
            let name = m.names.intern(b"Courier")?;
            match super::font::find(m, Object::name(name))? {
                Object::Dict(font) => Ok(font),
                _ => Err(ErrorName::InvalidFont.into()),
            }
        }
    }
}

fn show(m: &mut Machine, text: Span, extra: &dyn Fn(usize, u32) -> (f64, f64)) -> Done {
    let (font, bytes) = (current_font(m)?, m.vm.string(text).to_vec());
    let shown: Vec<(Glyph, (f64, f64))> = glyphs(m, font, &bytes)?
        .into_iter()
        .enumerate()
        .map(|(at, glyph)| (glyph, extra(at, glyph.code)))
        .collect();
    paint(m, &shown)
}

/// Marks the glyphs from the current point on and moves it behind them.
fn paint(m: &mut Machine, shown: &[(Glyph, (f64, f64))]) -> Done {
    let mut pen = current_point(m)?;
    let mut plain = Rect::NOWHERE;
    let ctm = m.graphics.now.ctm;
    for (glyph, extra) in shown {
        if glyph.marks {
            let area = Matrix([1.0, 0.0, 0.0, 1.0, pen.0, pen.1]).then(ctm).bounds(glyph.area);
            match glyph.own_colour {
                Some(coloured) => mark_with(m, area, coloured, false),
                None => {
                    plain.include(area.x0, area.y0);
                    plain.include(area.x1, area.y1);
                }
            }
        }
        pen = (pen.0 + glyph.advance.0 + extra.0, pen.1 + glyph.advance.1 + extra.1);
    }
    if !plain.is_nowhere() {
        let coloured = match m.graphics.now.colour.model {
            Model::Pattern => super::pattern::current_is_coloured(m)?,
            _ => m.graphics.now.colour.coloured,
        };
        mark_with(m, plain, coloured, false);
    }
    super::path::move_to(m, pen.0, pen.1);
    Ok(())
}

/// Where the glyph after the one at an index goes, relative to that one, by the numbers of the operator.
type Place = fn(&[f64], usize) -> (Option<f64>, Option<f64>);

/// `xshow` and its kin: the numbers say where the next glyph goes.
fn positioned(m: &mut Machine, place: Place) -> Done {
    let places = match m.pop()? {
        Object::Array(_, span) => m.numbers(span)?,
        Object::String(_, span) => {
            super::path::encoded_numbers(m.vm.string(span)).ok_or(ErrorName::TypeCheck)?
        }
        _ => return Err(ErrorName::TypeCheck.into()),
    };
    let text = m.pop_string()?;
    let (font, bytes) = (current_font(m)?, m.vm.string(text).to_vec());
    let mut shown = Vec::new();
    for (at, glyph) in glyphs(m, font, &bytes)?.into_iter().enumerate() {
        let (Some(x), Some(y)) = place(&places, at) else { return Err(ErrorName::RangeCheck.into()) };
        shown.push((glyph, (x - glyph.advance.0, y - glyph.advance.1)));
    }
    paint(m, &shown)
}

/// The glyphs of a string in a font.
fn glyphs(m: &mut Machine, font: DictId, bytes: &[u8]) -> Result<Vec<Glyph>, Fault> {
    let kind = m.dict_number(font, m.known.font_type).unwrap_or(1.0) as i64;
    if kind == 0 {
        return composite(m, font, bytes, 0);
    }
    bytes.iter().map(|code| coded_glyph(m, font, kind, (*code).into())).collect()
}

/// Composite fonts inside composite fonts.
const COMPOSITE_DEPTH_MAX: u32 = 5;

/// The glyphs of a composite font (PLRM 5.10).
fn composite(m: &mut Machine, font: DictId, bytes: &[u8], depth: u32) -> Result<Vec<Glyph>, Fault> {
    let mapping = m.dict_number(font, m.known.fmap_type).unwrap_or(2.0) as i64;
    let descendants = match m.dict_get(font, m.known.fdep_vector) {
        Some(Object::Array(_, span)) => m.vm.array(span).to_vec(),
        _ => Vec::new(),
    };
    let order = match m.dict_get(font, m.known.encoding) {
        Some(Object::Array(_, span)) => m.vm.array(span).to_vec(),
        _ => Vec::new(),
    };
    let matrix = font_matrix(m, font)?;
    let mut shown = Vec::new();
    let pairs: Vec<(usize, u32, u32)> = match mapping {
        4 => bytes
            .iter()
            .map(|byte| (usize::from(byte >> 7), u32::from(byte & 0x7f), u32::from(*byte)))
            .collect(),
        5 => bytes
            .chunks_exact(2)
            .map(|pair| {
                (
                    usize::from(pair[0]) << 1 | usize::from(pair[1] >> 7),
                    u32::from(pair[1] & 0x7f),
                    u32::from(pair[1]),
                )
            })
            .collect(),
        3 | 7 => escaped(bytes, m.dict_number(font, m.known.esc_char).unwrap_or(255.0) as u8),
        2 | 6 => bytes
            .chunks_exact(2)
            .map(|pair| (usize::from(pair[0]), u32::from(pair[1]), u32::from(pair[1])))
            .collect(),
        _ => {
            // A CMap: codes are character identifiers of two bytes in all that printers are sent.
            for pair in bytes.chunks(2) {
                let mut glyph = wide_glyph_of(m, descendants.first())?;
                glyph.code = pair.iter().fold(0, |code, byte| code << 8 | u32::from(*byte));
                shown.push(through(glyph, matrix));
            }
            return Ok(shown);
        }
    };
    for (index, code, original) in pairs {
        let index = match order.get(index) {
            Some(Object::Int(index)) => usize::try_from(*index).unwrap_or(0),
            _ => index,
        };
        let Some(Object::Dict(descendant)) = descendants.get(index).copied() else {
            return Err(ErrorName::RangeCheck.into());
        };
        let kind = m.dict_number(descendant, m.known.font_type).unwrap_or(1.0) as i64;
        let list = if kind == 0 && depth < COMPOSITE_DEPTH_MAX {
            composite(m, descendant, &[code as u8], depth + 1)?
        } else {
            vec![coded_glyph(m, descendant, kind, code)?]
        };
        shown.extend(list.into_iter().map(|glyph| through(Glyph { code: original, ..glyph }, matrix)));
    }
    Ok(shown)
}

/// Escape mapping: a code chooses the font of those that follow.
fn escaped(bytes: &[u8], escape: u8) -> Vec<(usize, u32, u32)> {
    let (mut font, mut choosing) = (0, false);
    let mut out = Vec::new();
    for byte in bytes {
        if choosing {
            font = usize::from(*byte);
            choosing = false;
        } else if *byte == escape {
            choosing = true;
        } else {
            out.push((font, u32::from(*byte), u32::from(*byte)));
        }
    }
    out
}

fn through(glyph: Glyph, matrix: Matrix) -> Glyph {
    Glyph {
        advance: matrix.apply_distance(glyph.advance.0, glyph.advance.1),
        area: matrix.bounds(glyph.area),
        ..glyph
    }
}

/// A glyph of a CIDFont: an em wide.
fn wide_glyph_of(m: &mut Machine, font: Option<&Object>) -> Result<Glyph, Fault> {
    match font {
        Some(Object::Dict(font)) => wide_glyph(m, *font),
        _ => Ok(plain_glyph(Matrix([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]), 1000.0, true, 0)),
    }
}

fn wide_glyph(m: &mut Machine, font: DictId) -> Result<Glyph, Fault> {
    let matrix = font_matrix(m, font).unwrap_or(Matrix([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]));
    let [a, b, ..] = matrix.0;
    let unit = if a.hypot(b) >= 0.1 { 1.0 } else { 1000.0 };
    Ok(plain_glyph(matrix, unit, true, 0))
}

/// A glyph of so many units, set in a font with this matrix.
fn plain_glyph(matrix: Matrix, width: f64, marks: bool, code: u32) -> Glyph {
    let area = matrix.bounds(Rect::new(0.0, -0.25 * width, width.max(1e-6), width.max(1e-6)));
    Glyph { advance: matrix.apply_distance(width, 0.0), area, marks, own_colour: None, code }
}

/// The glyph of a character code in a base font.
fn coded_glyph(m: &mut Machine, font: DictId, kind: i64, code: u32) -> Result<Glyph, Fault> {
    let name = match m.dict_get(font, m.known.encoding) {
        Some(Object::Array(_, span)) => m.vm.array(span).get(code as usize).copied(),
        _ => None,
    };
    let name = match name {
        Some(Object::Name(_, name)) => name,
        _ => m.known.notdef,
    };
    if kind == 3 { font_procedure(m, font, name, code) } else { named_glyph(m, font, name, code) }
}

fn named_glyph(m: &mut Machine, font: DictId, name: super::Name, code: u32) -> Result<Glyph, Fault> {
    let kind = m.dict_number(font, m.known.font_type).unwrap_or(1.0) as i64;
    if kind == 3 {
        return font_procedure(m, font, name, code);
    }
    let matrix = font_matrix(m, font)?;
    let face_key = m.names.intern(FACE_KEY)?;
    let text = m.names.text(name);
    let blank = matches!(text, b"space" | b".notdef" | b"nbspace" | b"nonbreakingspace" | b"uni00A0");
    let face = m
        .dict_get(font, face_key)
        .and_then(|face| face.as_number())
        .and_then(|number| Face::from_number(number as i64));
    let (width, marks) = match (face, kind) {
        (Some(face), _) => (face.width(&String::from_utf8_lossy(text)), !blank),
        (None, 42) => (truetype(m, font, name).unwrap_or(matrix_unit(matrix) * 0.6), !blank),
        _ => match type1_width(m, font, name) {
            Some((width, draws)) => (width, draws && !blank),
            None => (600.0, !blank),
        },
    };
    let unit = matrix_unit(matrix);
    let (low, high) = match face {
        Some(face) => face.height(&String::from_utf8_lossy(m.names.text(name))),
        None => (-0.25 * unit, 0.9 * unit),
    };
    let mut glyph = plain_glyph(matrix, width, marks, code);
    glyph.area = matrix.bounds(Rect::new(0.0, low, width.max(1e-6), high));
    Ok(glyph)
}

/// How many units of glyph space an em has.
fn matrix_unit(matrix: Matrix) -> f64 {
    // Scaled fonts have the size in their matrix; what tells a Type 42 font is that its matrix is the size itself.
    let [a, b, c, d, ..] = matrix.0;
    if a.hypot(b).max(c.hypot(d)) >= 0.5 { 1.0 } else { 1000.0 }
}

fn type1_width(m: &mut Machine, font: DictId, name: super::Name) -> Option<(f64, bool)> {
    let Some(Object::Dict(glyphs)) = m.dict_get(font, m.known.char_strings) else { return None };
    let glyph = m.dict_get(glyphs, name).or(m.dict_get(glyphs, m.known.notdef))?;
    let Object::String(_, span) = glyph else { return None };
    let len_iv = match m.dict_get(font, m.known.private) {
        Some(Object::Dict(private)) => m.dict_number(private, m.known.len_iv).unwrap_or(4.0) as i64,
        _ => 4,
    };
    charstring_width(m.vm.string(span), len_iv)
}

/// The width of a glyph of a Type 42 font, in units of its matrix (an em is 1).
fn truetype(m: &mut Machine, font: DictId, name: super::Name) -> Option<f64> {
    let Some(Object::Dict(glyphs)) = m.dict_get(font, m.known.char_strings) else { return None };
    let glyph = m.dict_get(glyphs, name).or(m.dict_get(glyphs, m.known.notdef))?.as_number()? as usize;
    let Some(Object::Array(_, strings)) = m.dict_get(font, m.known.sfnts) else { return None };
    let strings = m.vm.array(strings);
    let read = |at: usize, count: usize| -> Option<Vec<u8>> {
        let mut start = at;
        for string in strings {
            let Object::String(_, span) = string else { return None };
            let bytes = m.vm.string(*span);
            // Each string is padded to an even length with a byte that is not data.
            let length = bytes.len() - bytes.len() % 2;
            if start < length {
                return bytes.get(start..start + count).map(<[u8]>::to_vec);
            }
            start -= length;
        }
        None
    };
    truetype_width(&read, glyph).map(|width| width / 1000.0)
}

/// Glyphs remembered at a time.
const GLYPHS_MAX: usize = 65_536;

/// A glyph of a Type 3 font: its procedure paints it (PLRM 5.7).
fn font_procedure(m: &mut Machine, font: DictId, name: super::Name, code: u32) -> Result<Glyph, Fault> {
    let matrix = font_matrix(m, font)?;
    let id = match m.dict_get(font, m.known.fid) {
        Some(Object::FontId(id)) => Some(id),
        _ => None,
    };
    let in_colour = m.graphics.now.colour.coloured || m.graphics.now.colour.model == Model::Pattern;
    let key = id.map(|id| (id, name.0, code, in_colour));
    if let Some(glyph) = key.and_then(|key| m.glyphs.get(&key)) {
        return Ok(through(*glyph, matrix));
    }
    let build_glyph = m.dict_get(font, m.known.build_glyph);
    let (procedure, operand) = match (build_glyph, m.dict_get(font, m.known.build_char)) {
        (Some(procedure), _) => (procedure, Object::name(name)),
        (None, Some(procedure)) => (procedure, Object::Int(code.into())),
        (None, None) => return Err(ErrorName::InvalidFont.into()),
    };
    let outer = m.glyph.replace(GlyphInWork::default());
    let colour: Colour = m.graphics.now.colour.clone();
    let result = in_cell(m, |m| {
        m.graphics.now.ctm = matrix.then(m.graphics.now.ctm);
        m.graphics.now.path = std::sync::Arc::default();
        m.graphics.now.colour = colour;
        m.graphics.now.clip = Rect::new(f64::MIN / 4.0, f64::MIN / 4.0, f64::MAX / 4.0, f64::MAX / 4.0);
        m.push_object(Object::Dict(font))?;
        m.push_object(operand)?;
        m.call(procedure.with_executable(true))
    });
    let work = std::mem::replace(&mut m.glyph, outer).unwrap_or_default();
    let cell = result?;
    let (wx, wy) = work.width.unwrap_or((0.0, 0.0));
    let reach = wx.abs().max(wy.abs());
    let glyph = Glyph {
        advance: (wx, wy),
        area: work.mask.unwrap_or(Rect::new(-0.25 * reach, -0.5 * reach, reach.max(1e-6), reach.max(1e-6))),
        marks: cell.marked,
        own_colour: if work.mask.is_some() { None } else { Some(cell.coloured) },
        code,
    };
    if let Some(key) = key {
        if m.glyphs.len() >= GLYPHS_MAX {
            m.glyphs.clear();
        }
        m.glyphs.insert(key, glyph);
    }
    Ok(through(glyph, matrix))
}

/// `kshow`: a procedure between the glyphs.
struct Kerned {
    text: Span,
    at: u32,
    procedure: Object,
}

impl Task for Kerned {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        if self.at >= self.text.len {
            return Ok(Next::Done);
        }
        let one = Span { id: self.text.id, start: self.text.start + self.at, len: 1 };
        show(m, one, &|_, _| (0.0, 0.0))?;
        self.at += 1;
        let bytes = m.vm.string(self.text);
        if let (Some(before), Some(after)) =
            (bytes.get(self.at as usize - 1).copied(), bytes.get(self.at as usize).copied())
        {
            m.push_int(before.into())?;
            m.push_int(after.into())?;
            return Ok(Next::Call(self.procedure));
        }
        Ok(Next::Done)
    }

    fn roots(&self) -> Vec<Object> {
        vec![self.procedure, Object::String(Attributes::default(), self.text)]
    }

    fn is_loop(&self) -> bool {
        true
    }
}

/// `cshow`: a procedure instead of the glyphs, with code and width.
struct Characters {
    glyphs: Vec<Glyph>,
    at: usize,
    procedure: Object,
}

impl Task for Characters {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        let Some(glyph) = self.glyphs.get(self.at) else { return Ok(Next::Done) };
        self.at += 1;
        m.push_int(glyph.code.into())?;
        m.push_real(glyph.advance.0)?;
        m.push_real(glyph.advance.1)?;
        Ok(Next::Call(self.procedure))
    }

    fn roots(&self) -> Vec<Object> {
        vec![self.procedure]
    }

    fn is_loop(&self) -> bool {
        true
    }
}
