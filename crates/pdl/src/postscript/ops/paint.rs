//! Painting: what is marked, and whether one can see that it is not gray.

use std::sync::Arc;

use crate::graphics::{Mark, Rect};

use super::super::gstate::Model;
use super::super::machine::Machine;
use super::super::object::{Done, Object};
use super::super::path::Path;
use super::Entry;
use super::path::{rectangle_path, rectangles, user_path_of};

pub(super) const TABLE: &[Entry] = &[
    ("fill", |m| fill_current(m)),
    ("eofill", |m| fill_current(m)),
    ("stroke", |m| {
        let path = std::mem::take(&mut m.graphics.now.path);
        stroke_path(m, &path)
    }),
    ("rectfill", |m| {
        for rect in rectangles(m)? {
            fill_rectangle(m, rect)?;
        }
        Ok(())
    }),
    ("rectstroke", |m| {
        if let Object::Array(_, span) = m.operands.peek(0)? {
            // `array rectstroke` or `numbers matrix rectstroke`.
            let is_matrix =
                span.len == 6 && m.operands.len() > 1 && !matches!(m.operands.peek(1)?, Object::Null);
            let numbers_below = m.operands.len() > 1 && {
                let below = m.operands.peek(1)?;
                matches!(below, Object::Array(..) | Object::String(..)) || below.as_number().is_some()
            };
            if is_matrix && numbers_below {
                m.pop()?;
            }
        }
        for rect in rectangles(m)? {
            let ctm = m.graphics.now.ctm;
            let path = rectangle_path(rect).transformed(ctm);
            stroke_path(m, &path)?;
        }
        Ok(())
    }),
    ("ufill", |m| {
        let path = user_path(m)?;
        fill_path(m, &path)
    }),
    ("ueofill", |m| {
        let path = user_path(m)?;
        fill_path(m, &path)
    }),
    ("ustroke", |m| {
        if let Object::Array(_, span) = m.operands.peek(0)? {
            let numbers = m.numbers(span).is_ok_and(|numbers| numbers.len() == 6);
            if numbers && m.operands.len() > 1 && matches!(m.operands.peek(1)?, Object::Array(..)) {
                m.pop()?;
            }
        }
        let path = user_path(m)?;
        stroke_path(m, &path)
    }),
    ("ustrokepath", |m| {
        let path = user_path(m)?;
        let by = line_reach(m);
        m.graphics.now.path = Arc::new(rectangle_path(path.bounds().outset(by)));
        Ok(())
    }),
    ("erasepage", |m| {
        let page = m.graphics.now.page.rect();
        m.device.erase(page);
        Ok(())
    }),
];

fn user_path(m: &mut Machine) -> Result<Path, super::Fault> {
    let object = m.pop()?;
    user_path_of(m, object)
}

fn fill_current(m: &mut Machine) -> Done {
    let path = std::mem::take(&mut m.graphics.now.path);
    fill_path(m, &path)
}

/// Paints the inside of a path of device space.
pub(super) fn fill_path(m: &mut Machine, path: &Path) -> Done {
    let (width, height) = path.bounds().size();
    if !path.is_drawn() || (width == 0.0 && height == 0.0) {
        return Ok(());
    }
    let solid = path.as_rectangle().is_some();
    mark(m, path.bounds(), solid)
}

/// Paints a rectangle of user space.
pub(super) fn fill_rectangle(m: &mut Machine, rect: Rect) -> Done {
    let ctm = m.graphics.now.ctm;
    mark(m, ctm.bounds(rect), ctm.is_upright())
}

/// Paints a line along a path of device space.
pub(super) fn stroke_path(m: &mut Machine, path: &Path) -> Done {
    let (width, height) = path.bounds().size();
    let lone_point = width == 0.0 && height == 0.0 && m.graphics.now.line.cap != 1;
    if !path.is_drawn() || lone_point {
        return Ok(());
    }
    let by = line_reach(m);
    mark(m, path.bounds().outset(by), false)
}

/// How far a line reaches to its sides, in device space.
pub(super) fn line_reach(m: &Machine) -> f64 {
    let [a, b, c, d, ..] = m.graphics.now.ctm.0;
    let scale = a.hypot(b).max(c.hypot(d));
    m.graphics.now.line.width * scale / 2.0
}

/// Marks an area of device space with the current colour.
pub(super) fn mark(m: &mut Machine, area: Rect, solid: bool) -> Done {
    let coloured = match m.graphics.now.colour.model {
        Model::Pattern => super::pattern::current_is_coloured(m)?,
        _ => m.graphics.now.colour.coloured,
    };
    let opaque = solid && m.graphics.now.colour.model != Model::Pattern;
    mark_with(m, area, coloured, opaque);
    Ok(())
}

/// Marks an area of device space.
pub(super) fn mark_with(m: &mut Machine, area: Rect, coloured: bool, opaque: bool) {
    if m.graphics.now.no_device {
        return;
    }
    let area = area.and(m.graphics.now.clip);
    if !area.is_nowhere() && area.x0.is_finite() && area.y0.is_finite() {
        m.device.mark(Mark { area, coloured, opaque });
    }
}
