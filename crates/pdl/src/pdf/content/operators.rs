//! The operators (ISO 32000-1 annex A).

use std::rc::Rc;

use crate::graphics::{Matrix, Rect};

use super::super::document::PdfError;
use super::super::object::{Dict, Object, Stream};
use super::super::space::{self, Space};
use super::reader::{ContentReader, Word};
use super::state::Paint;
use super::{CACHE_MAX, Frame, Painter, Run, STATES_MAX};

/// Which of the two colours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    Fill,
    Stroke,
}

impl Painter<'_, '_> {
    /// Does one operator.
    pub(super) fn operator(
        &mut self,
        word: Word,
        run: &mut Run,
        frame: &mut Frame,
        reader: &mut ContentReader,
    ) -> Result<(), PdfError> {
        match word.as_bytes() {
            b"q" if run.saved.len() < STATES_MAX => {
                run.saved.push(run.state.clone());
            }
            b"Q" => {
                if let Some(state) = run.saved.pop() {
                    // The text matrices belong to the text object, not to the state.
                    let (matrix, line_matrix) = (run.state.text.matrix, run.state.text.line_matrix);
                    run.state = state;
                    run.state.text.matrix = matrix;
                    run.state.text.line_matrix = line_matrix;
                }
            }
            b"cm" => {
                if let Some(matrix) = run.last::<6>() {
                    run.state.ctm = Matrix(matrix).then(run.state.ctm);
                }
            }
            b"w" => run.state.line_width = run.number(0).abs(),
            b"J" => run.state.line_cap = run.number(0) as i64,
            b"gs" => self.external_state(run, frame)?,
            b"m" => {
                if let Some([x, y]) = run.last() {
                    run.current = (x, y);
                    let point = run.state.ctm.apply(x, y);
                    run.path.move_to(point);
                }
            }
            b"l" => {
                if let Some([x, y]) = run.last() {
                    run.current = (x, y);
                    let point = run.state.ctm.apply(x, y);
                    run.path.line_to(point);
                }
            }
            b"c" | b"v" | b"y" => {
                let numbers = run.numbers();
                for pair in numbers.chunks_exact(2) {
                    run.path.bend(run.state.ctm.apply(pair[0], pair[1]));
                }
            }
            b"h" => run.path.close(),
            b"re" => {
                if let Some([x, y, width, height]) = run.last() {
                    let ctm = run.state.ctm;
                    let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
                    run.path.rectangle(corners.map(|(x, y)| ctm.apply(x, y)));
                }
            }
            b"W" | b"W*" => run.path.clips = true,
            b"n" => end_path(run),
            b"f" | b"F" | b"f*" => {
                self.fill(run, frame)?;
                end_path(run);
            }
            b"S" | b"s" => {
                self.stroke(run, frame)?;
                end_path(run);
            }
            b"B" | b"B*" | b"b" | b"b*" => {
                self.fill(run, frame)?;
                self.stroke(run, frame)?;
                end_path(run);
            }
            b"g" | b"rg" | b"k" => device_colour(run, Side::Fill, word.as_bytes()),
            b"G" | b"RG" | b"K" => device_colour(run, Side::Stroke, &word.as_bytes().to_ascii_lowercase()),
            b"cs" => self.set_space(run, frame, Side::Fill)?,
            b"CS" => self.set_space(run, frame, Side::Stroke)?,
            b"sc" | b"scn" => self.set_colour(run, frame, Side::Fill)?,
            b"SC" | b"SCN" => self.set_colour(run, frame, Side::Stroke)?,
            b"sh" => self.shade(run, frame)?,
            b"Do" => self.external_object(run, frame)?,
            b"BI" => self.inline_picture(run, frame, reader)?,
            b"BMC" => run.hidden.push(false),
            b"BDC" => {
                let hides = self.section_hides(run, frame)?;
                run.hidden.push(hides);
            }
            b"EMC" => {
                run.hidden.pop();
            }
            b"BT" | b"ET" | b"Tc" | b"Tw" | b"Tz" | b"TL" | b"Tf" | b"Tr" | b"Ts" | b"Td" | b"TD" | b"Tm"
            | b"T*" | b"Tj" | b"TJ" | b"'" | b"\"" => self.text_operator(word.as_bytes(), run, frame)?,
            _ => {}
        }
        Ok(())
    }

    /// Whether painting now with this side's colour leaves a colour.
    pub(super) fn paints_colour(&mut self, run: &Run, frame: &Frame, side: Side) -> Result<bool, PdfError> {
        let paint = match side {
            Side::Fill => &run.state.fill,
            Side::Stroke => &run.state.stroke,
        };
        match &paint.pattern {
            None => Ok(paint.coloured),
            Some(pattern) => {
                let (pattern, coloured) = (pattern.clone(), paint.coloured);
                self.pattern_has_colour(&pattern, coloured, frame)
            }
        }
    }

    fn fill(&mut self, run: &Run, frame: &Frame) -> Result<(), PdfError> {
        if !run.path.fills()
            || run.is_hidden()
            || run.state.fill_alpha <= 0.0
            || run.state.fill.space.is_nothing()
        {
            return Ok(());
        }
        let coloured = self.paints_colour(run, frame, Side::Fill)?;
        let opaque =
            run.path.is_rectangle() && run.state.fill_alpha >= 1.0 && run.state.fill.pattern.is_none();
        self.mark(&run.state, run.path.bounds, coloured, opaque);
        Ok(())
    }

    fn stroke(&mut self, run: &Run, frame: &Frame) -> Result<(), PdfError> {
        let (width, height) = run.path.bounds.size();
        let lone_point = width == 0.0 && height == 0.0 && run.state.line_cap != 1;
        if !run.path.drawn
            || lone_point
            || run.is_hidden()
            || run.state.stroke_alpha <= 0.0
            || run.state.stroke.space.is_nothing()
        {
            return Ok(());
        }
        let coloured = self.paints_colour(run, frame, Side::Stroke)?;
        let [a, b, c, d, ..] = run.state.ctm.0;
        let reach = run.state.line_width * a.hypot(b).max(c.hypot(d)) / 2.0;
        self.mark(&run.state, run.path.bounds.outset(reach), coloured, false);
        Ok(())
    }

    /// The space of a name in the current resources.
    pub(super) fn space_named(
        &mut self,
        name: &Rc<[u8]>,
        frame: &mut Frame,
    ) -> Result<Option<Rc<Space>>, PdfError> {
        if let Some(known) = frame.spaces.get(name) {
            return Ok(known.clone());
        }
        let space = self.space_of(&Object::Name(Rc::clone(name)), &frame.resources)?;
        if frame.spaces.len() < CACHE_MAX {
            frame.spaces.insert(Rc::clone(name), space.clone());
        }
        Ok(space)
    }

    /// The space an object is; those with a number of their own are read once.
    pub(super) fn space_of(
        &mut self,
        object: &Object,
        resources: &Dict,
    ) -> Result<Option<Rc<Space>>, PdfError> {
        let mut object = object.clone();
        if let Object::Name(name) = &object {
            let spaces = self.document.get(resources, b"ColorSpace")?;
            if let Some(named @ Object::Reference(_)) = spaces.as_dict().map(|spaces| spaces.raw(name)) {
                object = named.clone();
            }
        }
        let number = object.as_reference().map(|id| id.number);
        if let Some(known) = number.and_then(|number| self.spaces.get(&number)) {
            return Ok(known.clone());
        }
        let space = space::read(self.document, &object, resources)?;
        if let Some(number) = number {
            if self.spaces.len() >= CACHE_MAX {
                self.spaces.clear();
            }
            self.spaces.insert(number, space.clone());
        }
        Ok(space)
    }

    fn set_space(&mut self, run: &mut Run, frame: &mut Frame, side: Side) -> Result<(), PdfError> {
        let Some(Object::Name(name)) = run.operands.first().cloned() else { return Ok(()) };
        let space = self.space_named(&name, frame)?.unwrap_or_else(|| Rc::new(Space::Gray));
        let coloured = !matches!(*space, Space::Pattern(_)) && space.is_coloured(&space.initial());
        set_paint(run, side, Paint { space, coloured, pattern: None });
        Ok(())
    }

    fn set_colour(&mut self, run: &mut Run, frame: &mut Frame, side: Side) -> Result<(), PdfError> {
        let paint = match side {
            Side::Fill => &run.state.fill,
            Side::Stroke => &run.state.stroke,
        };
        let space = Rc::clone(&paint.space);
        let numbers = run.numbers();
        let coloured = space.is_coloured(&numbers);
        let pattern = match (run.operands.last(), &*space) {
            (Some(Object::Name(name)), _) => {
                let patterns = self.document.get(&frame.resources, b"Pattern")?;
                // A name without a pattern paints nothing.
                Some(patterns.as_dict().map(|patterns| patterns.raw(name).clone()).unwrap_or_default())
            }
            _ => None,
        };
        set_paint(run, side, Paint { space, coloured, pattern });
        Ok(())
    }

    /// `gs` (ISO 32000-1 8.4.5).
    fn external_state(&mut self, run: &mut Run, frame: &mut Frame) -> Result<(), PdfError> {
        let Some(Object::Name(name)) = run.operands.first().cloned() else { return Ok(()) };
        let states = self.document.get(&frame.resources, b"ExtGState")?;
        let Some(states) = states.as_dict().cloned() else { return Ok(()) };
        let state = self.document.get(&states, &name)?;
        let Some(dict) = state.as_dict().cloned() else { return Ok(()) };
        if let Some(width) = self.document.get(&dict, b"LW")?.as_number() {
            run.state.line_width = width.abs();
        }
        if let Some(cap) = self.document.get(&dict, b"LC")?.as_int() {
            run.state.line_cap = cap;
        }
        if let Some(alpha) = self.document.get(&dict, b"ca")?.as_number() {
            run.state.fill_alpha = alpha;
        }
        if let Some(alpha) = self.document.get(&dict, b"CA")?.as_number() {
            run.state.stroke_alpha = alpha;
        }
        match self.document.get(&dict, b"BM")? {
            Object::Name(mode) => run.state.veiled = !matches!(&*mode, b"Normal" | b"Compatible"),
            Object::Array(_) => run.state.veiled = true,
            _ => {}
        }
        match self.document.get(&dict, b"SMask")? {
            Object::Dict(_) => run.state.veiled = true,
            Object::Name(_) => run.state.veiled = false,
            _ => {}
        }
        let font = self.document.get(&dict, b"Font")?;
        if let Some([font, size, ..]) = font.as_array().map(|font| &**font) {
            let size = self.document.resolve(size)?.as_number().unwrap_or(1.0);
            run.state.text.font = self.font_of(&font.clone())?;
            run.state.text.size = size;
        }
        Ok(())
    }

    /// `Do` (ISO 32000-1 8.8).
    fn external_object(&mut self, run: &mut Run, frame: &mut Frame) -> Result<(), PdfError> {
        let Some(Object::Name(name)) = run.operands.first().cloned() else { return Ok(()) };
        let objects = self.document.get(&frame.resources, b"XObject")?;
        let Some(objects) = objects.as_dict().cloned() else { return Ok(()) };
        let Object::Stream(stream) = self.document.get(&objects, &name)? else { return Ok(()) };
        if run.is_hidden() || self.optional.hides(self.document, stream.dict.raw(b"OC"))? {
            return Ok(());
        }
        match self.document.get(&stream.dict, b"Subtype")?.as_name() {
            Some(b"Image") => self.picture(&stream, run, frame),
            Some(b"Form") => self.form(&stream, run, frame),
            _ if !stream.dict.raw(b"Width").is_null() => self.picture(&stream, run, frame),
            _ if !stream.dict.raw(b"BBox").is_null() => self.form(&stream, run, frame),
            _ => Ok(()),
        }
    }

    fn form(&mut self, stream: &Rc<Stream>, run: &Run, frame: &Frame) -> Result<(), PdfError> {
        let key = stream.id.map(|id| (id.number, run.state.fill.coloured, run.state.stroke.coloured));
        let plain = run.state.fill.pattern.is_none() && run.state.stroke.pattern.is_none();
        if let Some(key) = key.filter(|_| plain)
            && self.gray_forms.contains_key(&key)
            && !self.marks.is_coloured()
        {
            return Ok(());
        }
        let before = self.coloured_marks;
        self.run_form(stream, run.state.clone(), &frame.resources)?;
        if let Some(key) = key.filter(|_| plain && before == self.coloured_marks) {
            if self.gray_forms.len() >= CACHE_MAX {
                self.gray_forms.clear();
            }
            self.gray_forms.insert(key, ());
        }
        Ok(())
    }

    /// Runs a form XObject in a graphics state.
    pub(super) fn run_form(
        &mut self,
        stream: &Rc<Stream>,
        mut state: super::state::State,
        outer: &Dict,
    ) -> Result<(), PdfError> {
        let matrix = super::super::functions::numbers(self.document, &stream.dict, b"Matrix")?;
        if let Ok(matrix) = <[f64; 6]>::try_from(matrix) {
            state.ctm = Matrix(matrix).then(state.ctm);
        }
        let bbox = super::super::functions::numbers(self.document, &stream.dict, b"BBox")?;
        if let [x0, y0, x1, y1] = bbox[..] {
            clip_to(&mut state, Rect::new(x0, y0, x1, y1), true);
        }
        if self.document.get(&stream.dict, b"Group")?.as_dict().is_some() {
            // A transparency group starts without the transparency it is painted with.
            if state.fill_alpha <= 0.0 {
                return Ok(());
            }
            state.veiled |= state.fill_alpha < 1.0;
            state.fill_alpha = 1.0;
            state.stroke_alpha = 1.0;
        }
        let resources = self.document.get(&stream.dict, b"Resources")?;
        let resources = resources.as_dict().cloned().unwrap_or_else(|| outer.clone());
        self.run_nested(stream, resources, state)
    }

    /// `BDC`: whether its section is hidden optional content.
    fn section_hides(&mut self, run: &Run, frame: &Frame) -> Result<bool, PdfError> {
        let (Some(tag), Some(properties)) = (run.operands.first(), run.operands.get(1)) else {
            return Ok(false);
        };
        if tag.as_name() != Some(b"OC") {
            return Ok(false);
        }
        let mark = match properties {
            Object::Name(name) => {
                let named = self.document.get(&frame.resources, b"Properties")?;
                named.as_dict().map(|named| named.raw(name).clone()).unwrap_or_default()
            }
            other => other.clone(),
        };
        self.optional.hides(self.document, &mark)
    }
}

/// The path is painted: clips with it if that was asked for, and starts a new one.
fn end_path(run: &mut Run) {
    let path = std::mem::take(&mut run.path);
    if path.clips {
        let bounds = if path.drawn { path.bounds } else { Rect::NOWHERE };
        clip_to(&mut run.state, bounds, false);
    }
}

/// Cuts the clipping area down; one without area lets nothing through.
pub(super) fn clip_to(state: &mut super::state::State, bounds: Rect, user_space: bool) {
    let bounds = if user_space { state.ctm.bounds(bounds) } else { bounds };
    let (width, height) = bounds.size();
    state.clip = if width > 0.0 && height > 0.0 { state.clip.and(bounds) } else { Rect::NOWHERE };
}

fn set_paint(run: &mut Run, side: Side, paint: Paint) {
    match side {
        Side::Fill => run.state.fill = paint,
        Side::Stroke => run.state.stroke = paint,
    }
}

fn device_colour(run: &mut Run, side: Side, operator: &[u8]) {
    thread_local! {
        static SPACES: [Rc<Space>; 3] = [Rc::new(Space::Gray), Rc::new(Space::Rgb), Rc::new(Space::Cmyk)];
    }
    let index = match operator {
        b"g" => 0,
        b"rg" => 1,
        _ => 2,
    };
    let space = SPACES.with(|spaces| Rc::clone(&spaces[index]));
    let coloured = index > 0 && space.is_coloured(&run.numbers());
    set_paint(run, side, Paint { space, coloured, pattern: None });
}
