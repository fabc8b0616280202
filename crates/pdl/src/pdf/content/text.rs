//! Text (ISO 32000-1 chapter 9): where it goes and whether it leaves a coloured mark.

use std::rc::Rc;

use crate::graphics::{Matrix, Rect};

use super::super::document::PdfError;
use super::super::fonts::{self, Font};
use super::super::object::Object;
use super::operators::Side;
use super::state::State;
use super::{CACHE_MAX, Frame, Painter, Run};

impl Painter<'_, '_> {
    /// Does one text operator.
    pub(super) fn text_operator(
        &mut self,
        word: &[u8],
        run: &mut Run,
        frame: &mut Frame,
    ) -> Result<(), PdfError> {
        let (first, second) = (run.number(0), run.number(1));
        let text = &mut run.state.text;
        match word {
            b"BT" => {
                text.matrix = Matrix::IDENTITY;
                text.line_matrix = Matrix::IDENTITY;
                run.text_bounds = Rect::NOWHERE;
            }
            // Text that clips does so when its object ends.
            b"ET" if text.mode >= 4 && !run.text_bounds.is_nowhere() => {
                let bounds = run.text_bounds;
                super::operators::clip_to(&mut run.state, bounds, false);
            }
            b"Tc" => text.character_space = first,
            b"Tw" => text.word_space = first,
            b"Tz" => text.scale = first / 100.0,
            b"TL" => text.leading = first,
            b"Tr" => text.mode = first as i64,
            b"Ts" => text.rise = first,
            b"Tf" => {
                text.size = second;
                if let Some(Object::Name(name)) = run.operands.first().cloned() {
                    run.state.text.font = self.font_named(&name, frame)?;
                }
            }
            b"Td" | b"TD" => {
                if let Some([x, y]) = run.last() {
                    if word == b"TD" {
                        run.state.text.leading = -y;
                    }
                    next_line(&mut run.state, x, y);
                }
            }
            b"Tm" => {
                if let Some(matrix) = run.last::<6>() {
                    run.state.text.matrix = Matrix(matrix);
                    run.state.text.line_matrix = Matrix(matrix);
                }
            }
            b"T*" => {
                let leading = run.state.text.leading;
                next_line(&mut run.state, 0.0, -leading);
            }
            b"Tj" | b"TJ" => self.show_operands(run, frame)?,
            b"'" | b"\"" => {
                if word == b"\"" {
                    text.word_space = first;
                    text.character_space = second;
                }
                let leading = run.state.text.leading;
                next_line(&mut run.state, 0.0, -leading);
                self.show_operands(run, frame)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn show_operands(&mut self, run: &mut Run, frame: &mut Frame) -> Result<(), PdfError> {
        let operands = std::mem::take(&mut run.operands);
        for operand in &operands {
            match operand {
                Object::String(text) => self.show(text, run, frame)?,
                Object::Array(items) => {
                    for item in items.iter() {
                        match item {
                            Object::String(text) => self.show(text, run, frame)?,
                            other => {
                                let shift = other.as_number().unwrap_or(0.0);
                                let text = &mut run.state.text;
                                let tx = -shift / 1000.0 * text.size * text.scale;
                                text.matrix = Matrix([1.0, 0.0, 0.0, 1.0, tx, 0.0]).then(text.matrix);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Shows a string: moves the text matrix and marks what its glyphs cover.
    fn show(&mut self, text: &[u8], run: &mut Run, frame: &mut Frame) -> Result<(), PdfError> {
        let Some(font) = run.state.text.font.clone() else { return Ok(()) };
        let mode = run.state.text.mode;
        let fills =
            matches!(mode, 0 | 2 | 4 | 6) && run.state.fill_alpha > 0.0 && !run.state.fill.space.is_nothing();
        let strokes = matches!(mode, 1 | 2 | 5 | 6)
            && run.state.stroke_alpha > 0.0
            && !run.state.stroke.space.is_nothing();
        let seen = !run.is_hidden();
        let may_colour = (fills && (run.state.fill.coloured || run.state.fill.pattern.is_some()))
            || (strokes && (run.state.stroke.coloured || run.state.stroke.pattern.is_some()));
        if font.procedures.is_none() && !(seen && may_colour) && mode < 4 {
            // Gray text covers nothing: only the pen moves.
            advance(run, &font, text, |_, _, _| {});
            return Ok(());
        }
        if font.procedures.is_some() {
            return self.show_procedures(text, &font, seen && (fills || strokes || mode == 3), run, frame);
        }
        let mut bounds = Rect::NOWHERE;
        advance(run, &font, text, |code, glyph, area| {
            if !glyph.is_blank(code) {
                bounds.include(area.x0, area.y0);
                bounds.include(area.x1, area.y1);
            }
        });
        if bounds.is_nowhere() {
            return Ok(());
        }
        if mode >= 4 {
            run.text_bounds.include(bounds.x0, bounds.y0);
            run.text_bounds.include(bounds.x1, bounds.y1);
        }
        if seen {
            let coloured = (fills && self.paints_colour(run, frame, Side::Fill)?)
                || (strokes && self.paints_colour(run, frame, Side::Stroke)?);
            if fills || strokes {
                self.mark(&run.state, bounds, coloured, false);
            }
        }
        Ok(())
    }

    /// Glyphs that are content streams (ISO 32000-1 9.6.5).
    fn show_procedures(
        &mut self,
        text: &[u8],
        font: &Rc<Font>,
        seen: bool,
        run: &mut Run,
        frame: &Frame,
    ) -> Result<(), PdfError> {
        let Some(procedures) = &font.procedures else { return Ok(()) };
        for code in font.codes(text) {
            let parameters = &run.state.text;
            let size =
                Matrix([parameters.size * parameters.scale, 0.0, 0.0, parameters.size, 0.0, parameters.rise]);
            let to_text = Matrix(procedures.matrix).then(size).then(parameters.matrix);
            if let (true, Some(glyph)) = (seen, procedures.glyphs.get(&code))
                && let Object::Stream(stream) = self.document.resolve(glyph)?
            {
                let mut state = run.state.clone();
                state.ctm = to_text.then(run.state.ctm);
                // The glyph's own lines start with what the text is filled with.
                state.stroke = state.fill.clone();
                let resources = procedures.resources.clone().unwrap_or_else(|| frame.resources.clone());
                let key = stream.id.map(|id| (id.number, state.fill.coloured, state.stroke.coloured));
                let known_gray = key.is_some_and(|key| self.gray_forms.contains_key(&key));
                if !known_gray || state.fill.pattern.is_some() {
                    let before = self.coloured_marks;
                    let plain = state.fill.pattern.is_none();
                    self.run_nested(&stream, resources, state)?;
                    if let Some(key) = key.filter(|_| plain && before == self.coloured_marks) {
                        if self.gray_forms.len() >= CACHE_MAX {
                            self.gray_forms.clear();
                        }
                        self.gray_forms.insert(key, ());
                    }
                }
            }
            let (width, _) = Matrix(procedures.matrix).apply_distance(font.width(code), 0.0);
            let text = &mut run.state.text;
            let space = text.character_space + if code == 32 { text.word_space } else { 0.0 };
            let tx = (width * text.size + space) * text.scale;
            text.matrix = Matrix([1.0, 0.0, 0.0, 1.0, tx, 0.0]).then(text.matrix);
        }
        Ok(())
    }

    fn font_named(&mut self, name: &Rc<[u8]>, frame: &mut Frame) -> Result<Option<Rc<Font>>, PdfError> {
        if let Some(known) = frame.fonts.get(name) {
            return Ok(known.clone());
        }
        let fonts = self.document.get(&frame.resources, b"Font")?;
        let object = fonts.as_dict().map(|fonts| fonts.raw(name).clone()).unwrap_or_default();
        let font = self.font_of(&object)?;
        if frame.fonts.len() < CACHE_MAX {
            frame.fonts.insert(Rc::clone(name), font.clone());
        }
        Ok(font)
    }

    /// The font an object is; those with a number of their own are read once.
    pub(super) fn font_of(&mut self, object: &Object) -> Result<Option<Rc<Font>>, PdfError> {
        let number = object.as_reference().map(|id| id.number);
        if let Some(known) = number.and_then(|number| self.fonts.get(&number)) {
            return Ok(Some(Rc::clone(known)));
        }
        let resolved = self.document.resolve(object)?;
        let dict = resolved.as_dict().cloned().unwrap_or_default();
        // Text without its font is shown in some other font.
        let font = fonts::read(self.document, &dict)?;
        if let Some(number) = number {
            if self.fonts.len() >= FONTS_MAX {
                self.fonts.clear();
            }
            self.fonts.insert(number, Rc::clone(&font));
        }
        Ok(Some(font))
    }
}

/// Fonts remembered: each may have tens of thousands of widths.
const FONTS_MAX: usize = 32;

fn next_line(state: &mut State, x: f64, y: f64) {
    let text = &mut state.text;
    text.line_matrix = Matrix([1.0, 0.0, 0.0, 1.0, x, y]).then(text.line_matrix);
    text.matrix = text.line_matrix;
}

/// Moves the text matrix behind a string; tells of each glyph where it is.
fn advance(run: &mut Run, font: &Font, text: &[u8], mut glyph: impl FnMut(u32, &Font, Rect)) {
    let ctm = run.state.ctm;
    let parameters = &mut run.state.text;
    for code in font.codes(text) {
        let width = font.width(code) / 1000.0;
        let size = parameters.size;
        let to_device = Matrix([size * parameters.scale, 0.0, 0.0, size, 0.0, parameters.rise])
            .then(parameters.matrix)
            .then(ctm);
        glyph(code, font, to_device.bounds(Rect::new(0.0, -0.2, width.max(0.1), 0.8)));
        let word = if code == 32 && !font.wide { parameters.word_space } else { 0.0 };
        let tx = (width * size + parameters.character_space + word) * parameters.scale;
        parameters.matrix = Matrix([1.0, 0.0, 0.0, 1.0, tx, 0.0]).then(parameters.matrix);
    }
}
