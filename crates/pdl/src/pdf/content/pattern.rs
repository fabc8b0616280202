//! Patterns and shadings (ISO 32000-1 8.7).

use std::rc::Rc;

use crate::graphics::{Function, Matrix, Rect};

use super::super::document::PdfError;
use super::super::functions::{self, numbers};
use super::super::object::{Dict, Object};
use super::super::space::Space;
use super::super::stream::StreamBytes;
use super::state::State;
use super::{CACHE_MAX, Frame, Painter, Run};

/// Places along a shading that are looked at, between any two places where it may bend.
const STEPS: u32 = 48;
/// Data of a mesh that is looked at.
const MESH_BYTES_MAX: usize = 4 << 20;

impl Painter<'_, '_> {
    /// Whether painting with a pattern leaves a colour; `coloured` is the colour of an uncoloured one.
    pub(super) fn pattern_has_colour(
        &mut self,
        pattern: &Object,
        coloured: bool,
        frame: &Frame,
    ) -> Result<bool, PdfError> {
        let number = pattern.as_reference().map(|id| id.number);
        let resolved = self.document.resolve(pattern)?;
        let Some(dict) = resolved.as_dict().cloned() else { return Ok(false) };
        let is_shading = self.document.get(&dict, b"PatternType")?.as_int() == Some(2);
        if !is_shading && self.document.get(&dict, b"PaintType")?.as_int() == Some(2) {
            return Ok(coloured);
        }
        if let Some(known) = number.and_then(|number| self.patterns.get(&number)) {
            return Ok(*known);
        }
        let has_colour = match (is_shading, &resolved) {
            (true, _) => {
                let shading = self.document.get(&dict, b"Shading")?;
                self.shading_has_colour(&shading, &frame.resources)?
            }
            (false, Object::Stream(stream)) => {
                let resources = self.document.get(&dict, b"Resources")?;
                let resources = resources.as_dict().cloned().unwrap_or_default();
                let everywhere = Rect::new(-1e30, -1e30, 1e30, 1e30);
                let state = State::new(Matrix::IDENTITY, everywhere);
                let stream = Rc::clone(stream);
                self.has_colour(|painter| painter.run_nested(&stream, resources, state))?
            }
            (false, _) => false,
        };
        if let Some(number) = number {
            if self.patterns.len() >= CACHE_MAX {
                self.patterns.clear();
            }
            self.patterns.insert(number, has_colour);
        }
        Ok(has_colour)
    }

    /// `sh`: fills the clipping area.
    pub(super) fn shade(&mut self, run: &Run, frame: &Frame) -> Result<(), PdfError> {
        let Some(Object::Name(name)) = run.operands.first() else { return Ok(()) };
        if run.is_hidden() || run.state.fill_alpha <= 0.0 {
            return Ok(());
        }
        let shadings = self.document.get(&frame.resources, b"Shading")?;
        let Some(shadings) = shadings.as_dict().cloned() else { return Ok(()) };
        let shading = self.document.get(&shadings, name)?;
        let coloured = self.shading_has_colour(&shading, &frame.resources)?;
        self.mark(&run.state, run.state.clip, coloured, false);
        Ok(())
    }

    fn shading_has_colour(&mut self, shading: &Object, resources: &Dict) -> Result<bool, PdfError> {
        let Some(dict) = shading.as_dict().cloned() else { return Ok(false) };
        let Some(space) = self.space_of(&dict.raw(b"ColorSpace").clone(), resources)? else {
            return Ok(false);
        };
        if space.is_gray() {
            return Ok(false);
        }
        let kind = self.document.get(&dict, b"ShadingType")?.as_int().unwrap_or(0);
        let function = match dict.raw(b"Function") {
            Object::Null => None,
            object => functions::read(self.document, &object.clone())?,
        };
        let domain = numbers(self.document, &dict, b"Domain")?;
        match (kind, function) {
            (1, Some(function)) => Ok(plane_has_colour(&function, &domain, &space)),
            (2 | 3, Some(function)) => Ok(line_has_colour(&function, &domain, &space)),
            (4..=7, function) => self.mesh_has_colour(shading, &dict, kind, &space, function.as_ref()),
            _ => Ok(false),
        }
    }

    /// Meshes: the colours of their corners, or the stretch of the function between them.
    fn mesh_has_colour(
        &mut self,
        shading: &Object,
        dict: &Dict,
        kind: i64,
        space: &Space,
        function: Option<&Function>,
    ) -> Result<bool, PdfError> {
        let Object::Stream(stream) = shading else { return Ok(false) };
        let int = |painter: &mut Self, key: &[u8]| {
            painter.document.get(dict, key).map(|value| value.as_int().unwrap_or(0))
        };
        let (coordinate, component) = (int(self, b"BitsPerCoordinate")?, int(self, b"BitsPerComponent")?);
        let flag = if kind == 5 { 0 } else { int(self, b"BitsPerFlag")? };
        let decode = numbers(self.document, dict, b"Decode")?;
        if !(1..=32).contains(&coordinate) || !(1..=16).contains(&component) || !(0..=8).contains(&flag) {
            return Ok(false);
        }
        let count = if function.is_some() { 1 } else { space.components() };
        let data = StreamBytes::open(self.document, stream)?.read_to_end(self.document, MESH_BYTES_MAX)?;
        let mut bits = Bits { data: &data, at: 0 };
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        while let Some(edge) = bits.take(flag as u32) {
            // Coordinates and colours of one vertex, or of a patch, of which a shared edge leaves out four and two.
            let (points, corners) = match (kind, edge) {
                (4 | 5, _) => (1, 1),
                (6, 0) => (12, 4),
                (6, _) => (8, 2),
                (_, 0) => (16, 4),
                _ => (12, 2),
            };
            if bits.skip(2 * points * coordinate as usize).is_none() {
                break;
            }
            for _ in 0..corners {
                let mut colour = Vec::with_capacity(count);
                for index in 0..count {
                    let Some(raw) = bits.take(component as u32) else {
                        return Ok(self.stretch_has_colour(function, low, high, space));
                    };
                    let share = f64::from(raw) / f64::from((1_u32 << component) - 1);
                    let (from, to) = match decode.get(4 + 2 * index..6 + 2 * index) {
                        Some([from, to]) => (*from, *to),
                        _ => (0.0, 1.0),
                    };
                    colour.push(from + share * (to - from));
                }
                if function.is_some() {
                    low = low.min(colour[0]);
                    high = high.max(colour[0]);
                } else if space.is_coloured(&colour) {
                    return Ok(true);
                }
            }
            bits.align();
        }
        Ok(self.stretch_has_colour(function, low, high, space))
    }

    fn stretch_has_colour(&self, function: Option<&Function>, low: f64, high: f64, space: &Space) -> bool {
        match function {
            Some(function) if low <= high => line_has_colour(function, &[low, high], space),
            _ => false,
        }
    }
}

/// Whether a shading along one parameter shows a colour.
fn line_has_colour(function: &Function, domain: &[f64], space: &Space) -> bool {
    let (low, high) = match domain {
        [low, high, ..] => (*low, *high),
        _ => (0.0, 1.0),
    };
    let mut places = vec![low, high];
    places.extend(function.knots().into_iter().filter(|knot| *knot > low && *knot < high).take(256));
    places.sort_by(f64::total_cmp);
    places.windows(2).any(|pair| {
        (0..=STEPS).any(|step| {
            let at = pair[0] + (pair[1] - pair[0]) * f64::from(step) / f64::from(STEPS);
            space.is_coloured(&function.at(&[at]))
        })
    })
}

/// Whether a shading over two parameters shows a colour.
fn plane_has_colour(function: &Function, domain: &[f64], space: &Space) -> bool {
    let (x0, x1, y0, y1) = match domain {
        [x0, x1, y0, y1, ..] => (*x0, *x1, *y0, *y1),
        _ => (0.0, 1.0, 0.0, 1.0),
    };
    let at = |low: f64, high: f64, step: u32| low + (high - low) * f64::from(step) / f64::from(STEPS);
    (0..=STEPS).any(|i| (0..=STEPS).any(|j| space.is_coloured(&function.at(&[at(x0, x1, i), at(y0, y1, j)]))))
}

/// Bits from a slice, high ones first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let end = self.at.checked_add(count as usize)?;
        if end > self.data.len() * 8 || (count == 0 && self.at >= self.data.len() * 8) {
            return None;
        }
        let value = (self.at..end)
            .fold(0_u64, |value, bit| value << 1 | u64::from(self.data[bit / 8] >> (7 - bit % 8) & 1));
        self.at = end;
        Some(value as u32)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.data.len() * 8).then_some(())
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }
}
