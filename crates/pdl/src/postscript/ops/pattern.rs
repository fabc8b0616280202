//! Patterns, shadings and forms (PLRM 4.9, 4.7).

use crate::graphics::Rect;

use super::super::device::Cell;
use super::super::gstate::{Colour, Model};
use super::super::machine::{Machine, Next, Task};
use super::super::object::{DictId, Done, ErrorName, Fault, Object};
use super::Entry;
use super::colour::{family, is_coloured, results};
use super::gstate::{grestore, push_state};
use super::matrix::push_matrix;
use super::paint::mark_with;

pub(super) const TABLE: &[Entry] = &[
    ("makepattern", makepattern),
    ("setpattern", |m| {
        let space = m.graphics.now.colour.space;
        if m.graphics.now.colour.model != Model::Pattern {
            let pattern = Object::name(m.known.pattern);
            let span = m.vm.new_array(vec![pattern, space])?;
            let space = Object::Array(super::composite::LITERAL(), span);
            m.graphics.now.colour = Colour {
                space,
                model: Model::Pattern,
                components: Vec::new(),
                pattern: Object::Null,
                coloured: false,
            };
        }
        set_from_stack(m)
    }),
    ("shfill", |m| {
        let dict = m.pop_dict()?;
        let coloured = shading_is_coloured(m, dict)?;
        let clip = m.graphics.now.clip;
        mark_with(m, clip, coloured, false);
        Ok(())
    }),
    ("execform", execform),
];

/// `dict matrix makepattern pattern`: a copy with what the pattern needs to be painted.
fn makepattern(m: &mut Machine) -> Done {
    let matrix = m.pop_matrix()?;
    let source = m.pop_dict()?;
    let entries: Vec<(Object, Object)> = m.vm.dict(source).iter().collect();
    let pattern = m.vm.new_dict(entries.len() + 1)?;
    for (key, value) in entries {
        m.vm.dict_put(pattern, key, value)?;
    }
    push_matrix(m, matrix.then(m.graphics.now.ctm))?;
    let matrix = m.pop()?;
    let key = Object::name(m.known.implementation);
    m.vm.dict_put(pattern, key, matrix)?;
    m.push_object(Object::Dict(pattern))
}

/// `components… pattern setcolor` in a Pattern space.
pub(super) fn set_from_stack(m: &mut Machine) -> Done {
    let pattern = m.pop()?;
    let Object::Dict(dict) = pattern else {
        if pattern == Object::Null {
            m.graphics.now.colour.pattern = Object::Null;
            return Ok(());
        }
        return Err(ErrorName::TypeCheck.into());
    };
    let uncoloured = paint_type(m, dict) == Some(2);
    let mut components = Vec::new();
    let mut coloured = false;
    if uncoloured {
        let base = match m.graphics.now.colour.space {
            Object::Array(_, span) => m.vm.array(span).get(1).copied(),
            _ => None,
        };
        if let Some(base) = base {
            let count = family(m, &base).map_or(0, |family| family.components());
            let values: Vec<f64> = m.operands.top_mut(count)?.iter().filter_map(Object::as_number).collect();
            m.operands.drop_top(count)?;
            coloured = is_coloured(m, base, &values)?;
            components = values.iter().map(|value| *value as f32).collect();
        }
    }
    let colour = &mut m.graphics.now.colour;
    colour.pattern = pattern;
    colour.components = components;
    colour.coloured = coloured;
    Ok(())
}

fn paint_type(m: &Machine, pattern: DictId) -> Option<i64> {
    m.dict_number(pattern, m.known.paint_type).map(|number| number as i64)
}

/// Whether painting with the current pattern leaves a colour.
///
/// # Errors
/// Whatever the pattern's procedure raises.
pub(super) fn current_is_coloured(m: &mut Machine) -> Result<bool, Fault> {
    let Object::Dict(pattern) = m.graphics.now.colour.pattern else { return Ok(false) };
    if m.dict_number(pattern, m.known.pattern_type) == Some(2.0) {
        return match m.dict_get(pattern, m.known.shading) {
            Some(Object::Dict(shading)) => shading_is_coloured(m, shading),
            _ => Ok(false),
        };
    }
    if paint_type(m, pattern) == Some(2) {
        return Ok(m.graphics.now.colour.coloured);
    }
    let Some(paint) = m.dict_get(pattern, m.known.paint_proc) else { return Ok(false) };
    let matrix = match m.dict_get(pattern, m.known.implementation) {
        Some(Object::Array(_, span)) => m.matrix_of(span)?,
        _ => m.graphics.now.ctm,
    };
    let black = Colour::black(m.device.gray_space);
    let cell = in_cell(m, |m| {
        m.graphics.now.ctm = matrix;
        m.graphics.now.colour = black;
        m.graphics.now.clip = Rect::new(f64::MIN / 4.0, f64::MIN / 4.0, f64::MAX / 4.0, f64::MAX / 4.0);
        m.push_object(Object::Dict(pattern))?;
        m.call(paint.with_executable(true))
    })?;
    Ok(cell.coloured)
}

/// Paints into a cell of its own instead of the page and tells what was painted.
///
/// # Errors
/// Whatever `paint` raises.
pub(super) fn in_cell(m: &mut Machine, paint: impl FnOnce(&mut Machine) -> Done) -> Result<Cell, Fault> {
    let outer = m.device.cell.replace(Cell::default());
    let (depth, operands, dicts) = (m.graphics.stack.len(), m.operands.len(), m.dicts.len());
    push_state(m, false);
    let result = paint(m);
    m.graphics.stack.truncate(depth + 1);
    grestore(m);
    m.dicts.truncate(dicts.max(1));
    let cell = std::mem::replace(&mut m.device.cell, outer).unwrap_or_default();
    if result.is_ok() && m.operands.len() > operands {
        m.operands.rewind(operands);
    }
    result.map(|()| cell)
}

/// Whether a shading shows anything but grays: its colours are asked for along its functions.
///
/// # Errors
/// Whatever a function raises.
pub(super) fn shading_is_coloured(m: &mut Machine, shading: DictId) -> Result<bool, Fault> {
    let get = |m: &mut Machine, key: &[u8]| -> Result<Option<Object>, Fault> {
        let name = m.names.intern(key)?;
        Ok(m.dict_get(shading, name))
    };
    let space = get(m, b"ColorSpace")?.ok_or(ErrorName::Undefined)?;
    let family = family(m, &space).ok_or(ErrorName::TypeCheck)?;
    if matches!(family, super::colour::Family::Gray) {
        return Ok(false);
    }
    let kind = get(m, b"ShadingType")?.and_then(|kind| kind.as_number()).unwrap_or(0.0) as i64;
    let Some(function) = get(m, b"Function")? else {
        // The colours stand at the corners of a mesh; what they are is read only where they lie open.
        if kind >= 4 {
            return mesh_is_coloured(m, shading, space, family.components());
        }
        return Ok(false);
    };
    let inputs = if kind == 1 { 2 } else { 1 };
    let domain = match get(m, b"Domain")? {
        Some(Object::Array(_, span)) => m.numbers(span)?,
        _ => vec![0.0, 1.0, 0.0, 1.0],
    };
    let steps = if inputs == 1 { SHADING_STEPS } else { 16 };
    for first in 0..=steps {
        for second in 0..=(if inputs == 1 { 0 } else { steps }) {
            let mut point = Vec::new();
            for (index, step) in [first, second].into_iter().take(inputs).enumerate() {
                let (low, high) = (
                    domain.get(2 * index).copied().unwrap_or(0.0),
                    domain.get(2 * index + 1).copied().unwrap_or(1.0),
                );
                point.push(low + (high - low) * f64::from(step) / f64::from(steps));
            }
            let colour = function_value(m, function, &point, family.components())?;
            if is_coloured(m, space, &colour)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Places along a shading that are looked at.
const SHADING_STEPS: u32 = 64;

/// The value of a function, or of an array of functions with one value each.
fn function_value(
    m: &mut Machine,
    function: Object,
    inputs: &[f64],
    outputs: usize,
) -> Result<Vec<f64>, Fault> {
    match function {
        Object::Array(attributes, span) if !attributes.is_executable() => {
            let mut values = Vec::new();
            for item in m.vm.array(span).to_vec() {
                values.extend(function_value(m, item, inputs, 1)?);
            }
            Ok(values)
        }
        Object::Dict(dict) => {
            let entries: Vec<(Object, Object)> = m.vm.dict(dict).iter().collect();
            super::super::function::evaluate(m, &entries, inputs, 0)
        }
        procedure => {
            for input in inputs {
                m.push_real(*input)?;
            }
            results(m, procedure, outputs)
        }
    }
}

/// Meshes whose data is an array: each vertex ends with its colour.
fn mesh_is_coloured(
    m: &mut Machine,
    shading: DictId,
    space: Object,
    components: usize,
) -> Result<bool, Fault> {
    let name = m.names.intern(b"DataSource")?;
    match m.dict_get(shading, name) {
        Some(Object::Array(_, span)) => {
            let numbers = m.numbers(span)?;
            // Where the colours begin depends on the mesh; any window that is coloured will do to doubt the gray.
            if numbers.len() >= components {
                let last = numbers[numbers.len() - components..].to_vec();
                return is_coloured(m, space, &last);
            }
            Ok(false)
        }
        _ => {
            m.doubt = Some("the colours of a mesh could not be read");
            Ok(true)
        }
    }
}

/// `form execform`: its procedure, in its own space.
fn execform(m: &mut Machine) -> Done {
    let form = m.pop_dict()?;
    let known = m.known;
    let matrix = match m.dict_get(form, known.matrix) {
        Some(Object::Array(_, span)) => m.matrix_of(span)?,
        _ => return Err(ErrorName::TypeCheck.into()),
    };
    let procedure = m.dict_get(form, known.paint_proc).ok_or(ErrorName::Undefined)?;
    let depth = m.graphics.stack.len();
    push_state(m, false);
    m.graphics.now.ctm = matrix.then(m.graphics.now.ctm);
    if let Some(Object::Array(_, span)) = m.dict_get(form, known.bbox)
        && let [x0, y0, x1, y1] = m.numbers(span)?[..]
    {
        let area = m.graphics.now.ctm.bounds(Rect::new(x0, y0, x1, y1));
        super::path::clip_to(m, area);
    }
    m.graphics.now.path = std::sync::Arc::default();
    m.push_object(Object::Dict(form))?;
    m.begin(AfterForm { depth })?;
    m.execute(procedure.with_executable(true))
}

struct AfterForm {
    depth: usize,
}

impl Task for AfterForm {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        m.graphics.stack.truncate(self.depth + 1);
        grestore(m);
        Ok(Next::Done)
    }
}
