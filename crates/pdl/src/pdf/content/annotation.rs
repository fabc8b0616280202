//! Annotations (ISO 32000-1 12.5): what is printed of them.

use crate::graphics::{Matrix, Rect};

use super::super::document::PdfError;
use super::super::functions::numbers;
use super::super::object::{Dict, Object};
use super::super::pages::Page;
use super::super::space::Space;
use super::Painter;
use super::state::State;

const HIDDEN: i64 = 1 << 1;
const PRINT: i64 = 1 << 2;
/// Annotations of one page that are looked at.
const ANNOTATIONS_MAX: usize = 65_536;

impl Painter<'_, '_> {
    /// Paints the annotations of a page that are meant to be printed.
    pub(super) fn annotations(&mut self, page: &Page, area: Rect) -> Result<(), PdfError> {
        let list = self.document.get(&page.dict, b"Annots")?;
        for item in list.as_array().map(|list| list.to_vec()).unwrap_or_default().iter().take(ANNOTATIONS_MAX)
        {
            let annotation = self.document.resolve(item)?;
            if let Some(dict) = annotation.as_dict().cloned() {
                self.annotation(&dict, page, area)?;
            }
        }
        Ok(())
    }

    fn annotation(&mut self, dict: &Dict, page: &Page, area: Rect) -> Result<(), PdfError> {
        let flags = self.document.get(dict, b"F")?.as_int().unwrap_or(0);
        let subtype = self.document.get(dict, b"Subtype")?;
        let subtype = subtype.as_name().unwrap_or_default();
        if flags & HIDDEN != 0
            || flags & PRINT == 0
            || subtype == b"Popup"
            || self.optional.hides(self.document, dict.raw(b"OC"))?
        {
            return Ok(());
        }
        let rect = match numbers(self.document, dict, b"Rect")?[..] {
            [x0, y0, x1, y1] => Rect::new(x0, y0, x1, y1),
            _ => return Ok(()),
        };
        let appearance = self.appearance(dict)?;
        let state = State::new(Matrix::IDENTITY, area);
        let Object::Stream(stream) = appearance else {
            return self.without_appearance(dict, subtype, rect, &state);
        };
        let form_matrix = match <[f64; 6]>::try_from(numbers(self.document, &stream.dict, b"Matrix")?) {
            Ok(matrix) => Matrix(matrix),
            Err(_) => Matrix::IDENTITY,
        };
        let bounds = match numbers(self.document, &stream.dict, b"BBox")?[..] {
            [x0, y0, x1, y1] => form_matrix.bounds(Rect::new(x0, y0, x1, y1)),
            _ => return Ok(()),
        };
        // Algorithm 8.1: the form's box is fitted into the annotation's rectangle.
        let ((width, height), (wide, high)) = (bounds.size(), rect.size());
        if width <= 0.0 || height <= 0.0 {
            return Ok(());
        }
        let (sx, sy) = (wide / width, high / height);
        let fit = Matrix([sx, 0.0, 0.0, sy, rect.x0 - bounds.x0 * sx, rect.y0 - bounds.y0 * sy]);
        self.run_form(&stream, State { ctm: fit, ..state }, &page.resources)
    }

    /// The normal appearance, of several the one its state names.
    fn appearance(&mut self, dict: &Dict) -> Result<Object, PdfError> {
        let appearances = self.document.get(dict, b"AP")?;
        let Some(appearances) = appearances.as_dict().cloned() else { return Ok(Object::Null) };
        let normal = self.document.get(&appearances, b"N")?;
        match &normal {
            Object::Dict(states) => {
                let name = self.document.get(dict, b"AS")?;
                match name.as_name() {
                    Some(name) => self.document.get(states, name),
                    None => Ok(Object::Bool(false)),
                }
            }
            _ => Ok(normal),
        }
    }

    /// Annotations that viewers draw by themselves, in the colour they name.
    fn without_appearance(
        &mut self,
        dict: &Dict,
        subtype: &[u8],
        rect: Rect,
        state: &State,
    ) -> Result<(), PdfError> {
        // An appearance for other states than the present one: nothing is shown.
        if !dict.raw(b"AP").is_null() {
            return Ok(());
        }
        let keys: &[&[u8]] = match subtype {
            b"Square" | b"Circle" | b"Line" | b"Polygon" | b"PolyLine" => &[b"C", b"IC"],
            b"Highlight" | b"Underline" | b"StrikeOut" | b"Squiggly" | b"Ink" => &[b"C"],
            b"Link" => {
                let width = match numbers(self.document, dict, b"Border")?[..] {
                    [_, _, width, ..] => width,
                    _ => 1.0,
                };
                if width <= 0.0 {
                    return Ok(());
                }
                &[b"C"]
            }
            _ => return Ok(()),
        };
        for key in keys {
            let colour = numbers(self.document, dict, key)?;
            let space = match colour.len() {
                3 => Space::Rgb,
                4 => Space::Cmyk,
                _ => continue,
            };
            if space.is_coloured(&colour) {
                self.mark(state, rect, true, false);
            }
        }
        Ok(())
    }
}
