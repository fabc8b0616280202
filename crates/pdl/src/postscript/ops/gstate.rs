//! The graphics state and its parameters.

use std::sync::Arc;

use super::super::device::DEFAULT_MATRIX;
use super::super::gstate::{Colour, STACK_MAX, Stacked};
use super::super::machine::Machine;
use super::super::object::{Done, ErrorName, Fault, Object};
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("gsave", |m| {
        if m.graphics.stack.len() >= STACK_MAX {
            return Err(ErrorName::LimitCheck.into());
        }
        push_state(m, false);
        Ok(())
    }),
    ("grestore", |m| {
        grestore(m);
        Ok(())
    }),
    ("grestoreall", |m| {
        while m.graphics.stack.last().is_some_and(|stacked| !stacked.by_save) {
            m.graphics.stack.pop().into_iter().for_each(|stacked| m.graphics.now = stacked.state);
        }
        grestore(m);
        Ok(())
    }),
    ("initgraphics", |m| {
        init_graphics(m);
        Ok(())
    }),
    ("gstate", |m| {
        if m.graphics.stored.len() >= STACK_MAX {
            return Err(ErrorName::LimitCheck.into());
        }
        m.graphics.stored.push(m.graphics.now.clone());
        m.push_object(Object::GState(m.graphics.stored.len() as u32 - 1))
    }),
    ("currentgstate", |m| {
        let id = gstate_id(m)?;
        let now = m.graphics.now.clone();
        if let Some(slot) = m.graphics.stored.get_mut(id as usize) {
            *slot = now;
        }
        m.push_object(Object::GState(id))
    }),
    ("setgstate", |m| {
        let id = gstate_id(m)?;
        if let Some(state) = m.graphics.stored.get(id as usize) {
            m.graphics.now = state.clone();
        }
        Ok(())
    }),
    ("setlinewidth", |m| {
        m.graphics.now.line.width = m.pop_number()?.abs();
        Ok(())
    }),
    ("currentlinewidth", |m| m.push_real(m.graphics.now.line.width)),
    ("setlinecap", |m| {
        m.graphics.now.line.cap = small(m)?;
        Ok(())
    }),
    ("currentlinecap", |m| m.push_int(m.graphics.now.line.cap)),
    ("setlinejoin", |m| {
        m.graphics.now.line.join = small(m)?;
        Ok(())
    }),
    ("currentlinejoin", |m| m.push_int(m.graphics.now.line.join)),
    ("setmiterlimit", |m| {
        let limit = m.pop_number()?;
        if limit < 1.0 {
            return Err(ErrorName::RangeCheck.into());
        }
        m.graphics.now.line.miter = limit;
        Ok(())
    }),
    ("currentmiterlimit", |m| m.push_real(m.graphics.now.line.miter)),
    ("setdash", |m| {
        let (offset, span) = (m.pop_number()?, m.pop_array()?);
        let dashes = m.numbers(span)?;
        if dashes.iter().any(|dash| *dash < 0.0)
            || (!dashes.is_empty() && dashes.iter().all(|dash| *dash == 0.0))
        {
            return Err(ErrorName::RangeCheck.into());
        }
        m.graphics.now.line.dash = Object::Array(super::composite::LITERAL(), span);
        m.graphics.now.line.dash_offset = offset;
        Ok(())
    }),
    ("currentdash", |m| {
        match m.graphics.now.line.dash {
            Object::Null => m.push_array(Vec::new())?,
            dash => m.push_object(dash)?,
        }
        m.push_real(m.graphics.now.line.dash_offset)
    }),
    ("setflat", |m| {
        let flat = m.pop_number()?;
        Arc::make_mut(&mut m.graphics.now.kept).flat = flat.clamp(0.2, 100.0);
        Ok(())
    }),
    ("currentflat", |m| m.push_real(m.graphics.now.kept.flat)),
    ("setsmoothness", |m| {
        let smoothness = m.pop_number()?;
        Arc::make_mut(&mut m.graphics.now.kept).smoothness = smoothness;
        Ok(())
    }),
    ("currentsmoothness", |m| m.push_real(m.graphics.now.kept.smoothness)),
    ("setstrokeadjust", |m| {
        let adjust = m.pop_bool()?;
        Arc::make_mut(&mut m.graphics.now.kept).stroke_adjust = adjust;
        Ok(())
    }),
    ("currentstrokeadjust", |m| m.push_bool(m.graphics.now.kept.stroke_adjust)),
    ("setoverprint", |m| {
        let overprint = m.pop_bool()?;
        Arc::make_mut(&mut m.graphics.now.kept).overprint = overprint;
        Ok(())
    }),
    ("currentoverprint", |m| m.push_bool(m.graphics.now.kept.overprint)),
    ("settransfer", |m| {
        let procedure = m.pop_procedure()?;
        Arc::make_mut(&mut m.graphics.now.kept).transfer = [procedure; 4];
        Ok(())
    }),
    ("currenttransfer", |m| m.push_procedure_or_empty(m.graphics.now.kept.transfer[3])),
    ("setcolortransfer", |m| {
        let mut transfer = [Object::Null; 4];
        for slot in transfer.iter_mut().rev() {
            *slot = m.pop_procedure()?;
        }
        Arc::make_mut(&mut m.graphics.now.kept).transfer = transfer;
        Ok(())
    }),
    ("currentcolortransfer", |m| {
        for procedure in m.graphics.now.kept.transfer {
            m.push_procedure_or_empty(procedure)?;
        }
        Ok(())
    }),
    ("setblackgeneration", |m| {
        let procedure = m.pop_procedure()?;
        Arc::make_mut(&mut m.graphics.now.kept).black_generation = procedure;
        Ok(())
    }),
    ("currentblackgeneration", |m| m.push_procedure_or_empty(m.graphics.now.kept.black_generation)),
    ("setundercolorremoval", |m| {
        let procedure = m.pop_procedure()?;
        Arc::make_mut(&mut m.graphics.now.kept).undercolor_removal = procedure;
        Ok(())
    }),
    ("currentundercolorremoval", |m| m.push_procedure_or_empty(m.graphics.now.kept.undercolor_removal)),
    ("setscreen", |m| {
        let procedure = m.pop()?;
        let [frequency, angle] = m.pop_numbers()?;
        Arc::make_mut(&mut m.graphics.now.kept).screen = (frequency, angle, procedure);
        Ok(())
    }),
    ("currentscreen", push_screen),
    ("setcolorscreen", |m| {
        let items = m.operands.top_mut(12)?.to_vec();
        let number = |index: usize| items[index].as_number().unwrap_or(0.0);
        Arc::make_mut(&mut m.graphics.now.kept).screen = (number(9), number(10), items[11]);
        m.operands.drop_top(12)
    }),
    ("currentcolorscreen", |m| (0..4).try_for_each(|_| push_screen(m))),
    ("sethalftone", |m| {
        let halftone = m.pop()?;
        Arc::make_mut(&mut m.graphics.now.kept).halftone = halftone;
        Ok(())
    }),
    ("currenthalftone", |m| match m.graphics.now.kept.halftone {
        Object::Null => {
            let dict = m.vm.new_dict(4)?;
            for (key, value) in [
                ("HalftoneType", Object::Int(1)),
                ("Frequency", Object::Real(60.0)),
                ("Angle", Object::Real(45.0)),
            ] {
                let key = m.names.intern(key.as_bytes())?;
                m.vm.dict_put(dict, Object::name(key), value)?;
            }
            let key = m.names.intern(b"SpotFunction")?;
            m.push_procedure_or_empty(Object::Null)?;
            let spot = m.pop()?;
            m.vm.dict_put(dict, Object::name(key), spot)?;
            m.push_object(Object::Dict(dict))
        }
        halftone => m.push_object(halftone),
    }),
    ("setcolorrendering", |m| {
        let rendering = m.pop()?;
        Arc::make_mut(&mut m.graphics.now.kept).rendering = rendering;
        Ok(())
    }),
    ("currentcolorrendering", |m| match m.graphics.now.kept.rendering {
        Object::Null => {
            let dict = m.vm.new_dict(1)?;
            m.push_object(Object::Dict(dict))
        }
        rendering => m.push_object(rendering),
    }),
    ("findcolorrendering", |m| {
        let name = m.pop()?;
        m.push_object(name)?;
        m.push_bool(false)
    }),
    (".setaccuratecurves", |m| m.pop_bool().map(drop)),
    (".setcurvejoin", |m| m.pop_int().map(drop)),
    (".setdotlength", |m| m.operands.drop_top(2)),
    (".setoverprintmode", |m| m.pop_int().map(drop)),
    (".currentoverprintmode", |m| m.push_int(0)),
    (".setrenderingintent", |m| m.pop_int().map(drop)),
];

impl Machine {
    /// A procedure that was set, or one that does nothing.
    pub(super) fn push_procedure_or_empty(&mut self, procedure: Object) -> Done {
        match procedure {
            Object::Null => {
                let span = self.vm.new_array(Vec::new())?;
                self.push_object(Object::Array(super::Attributes::new(true), span))
            }
            procedure => self.push_object(procedure),
        }
    }
}

fn push_screen(m: &mut Machine) -> Done {
    let (frequency, angle, procedure) = m.graphics.now.kept.screen;
    m.push_real(frequency)?;
    m.push_real(angle)?;
    m.push_procedure_or_empty(procedure)
}

fn small(m: &mut Machine) -> Result<i64, Fault> {
    let value = m.pop_int()?;
    if (0..=2).contains(&value) { Ok(value) } else { Err(ErrorName::RangeCheck.into()) }
}

fn gstate_id(m: &mut Machine) -> Result<u32, Fault> {
    match m.pop()? {
        Object::GState(id) => Ok(id),
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

/// Stacks a copy of the current state.
pub(super) fn push_state(m: &mut Machine, by_save: bool) {
    let state = m.graphics.now.clone();
    m.graphics.stack.push(Stacked { state, by_save });
}

/// Back to the state on top of the stack; one that `save` put there stays.
pub(super) fn grestore(m: &mut Machine) {
    match m.graphics.stack.last() {
        Some(stacked) if stacked.by_save => m.graphics.now = stacked.state.clone(),
        Some(_) => {
            if let Some(stacked) = m.graphics.stack.pop() {
                m.graphics.now = stacked.state;
            }
        }
        None => {}
    }
}

/// The state a page begins with, its font and device excepted.
pub(super) fn init_graphics(m: &mut Machine) {
    let space = m.device.gray_space;
    let now = &mut m.graphics.now;
    now.ctm = DEFAULT_MATRIX;
    now.path = Arc::default();
    now.clip = now.page.rect();
    now.clip_stack.clear();
    now.colour = Colour::black(space);
    now.line.width = 1.0;
    now.line.cap = 0;
    now.line.join = 0;
    now.line.miter = 10.0;
    now.line.dash = Object::Null;
    now.line.dash_offset = 0.0;
}
