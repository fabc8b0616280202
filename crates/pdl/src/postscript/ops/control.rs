//! Control: procedures, loops, errors.

use super::super::machine::{Frame, Machine, Next, Task};
use super::super::object::{Access, Attributes, Done, ErrorName, Fault, Object, Span};
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("exec", |m| {
        let object = m.pop()?;
        m.execute(object)
    }),
    ("if", |m| {
        let procedure = m.pop_procedure()?;
        if m.pop_bool()? { m.execute(procedure) } else { Ok(()) }
    }),
    ("ifelse", |m| {
        let (otherwise, procedure) = (m.pop_procedure()?, m.pop_procedure()?);
        if m.pop_bool()? { m.execute(procedure) } else { m.execute(otherwise) }
    }),
    ("for", for_loop),
    ("repeat", |m| {
        let procedure = m.pop_procedure()?;
        let left = m.pop_int()?;
        if left < 0 {
            return Err(ErrorName::RangeCheck.into());
        }
        m.push_frame(Frame::Repeat { left, procedure })
    }),
    ("loop", |m| {
        let procedure = m.pop_procedure()?;
        m.push_frame(Frame::Loop(procedure))
    }),
    ("exit", Machine::exit_loop),
    ("forall", forall),
    ("stop", |_| Err(Fault::Stop)),
    ("stopped", |m| {
        let object = m.pop()?;
        m.push_frame(Frame::Stopped)?;
        m.execute(object)
    }),
    ("countexecstack", |m| m.push_int(m.frames.len() as i64)),
    ("execstack", |m| {
        // Nothing of the stack can be shown; its array stays as it is and counts as empty.
        let span = m.pop_array()?;
        m.push_object(Object::Array(Attributes::new(false), Span { len: 0, ..span }))
    }),
    ("quit", |_| Err(Fault::Quit)),
    ("start", |_| Ok(())),
    (".error", |m| {
        // The default entry of errordict: what failed is on the stack.
        let culprit = m.pop()?;
        m.culprit = culprit;
        Err(Fault::Stop)
    }),
    ("handleerror", |_| Ok(())),
    ("bind", |m| {
        let procedure = m.operands.peek(0)?;
        if let Object::Array(_, span) = procedure {
            bind(m, span, 0)?;
        }
        Ok(())
    }),
];

fn for_loop(m: &mut Machine) -> Done {
    let procedure = m.pop_procedure()?;
    let (limit, step, start) = (m.pop()?, m.pop()?, m.pop()?);
    if let (Object::Int(value), Object::Int(step), Object::Int(limit)) = (start, step, limit) {
        return m.push_frame(Frame::ForInt { value, step, limit, procedure });
    }
    match (start, step, limit) {
        // With whole start and step, a real limit does not make the control variable real.
        (Object::Int(value), Object::Int(step), Object::Real(limit)) => {
            let limit = if step > 0 { limit.floor() } else { limit.ceil() } as i64;
            m.push_frame(Frame::ForInt { value, step, limit, procedure })
        }
        _ => {
            let real =
                |object: Object| object.as_number().map(|value| value as f32).ok_or(ErrorName::TypeCheck);
            let (value, step, limit) = (real(start)?, real(step)?, real(limit)?);
            m.push_frame(Frame::ForReal { value, step, limit, procedure })
        }
    }
}

fn forall(m: &mut Machine) -> Done {
    let procedure = m.pop_procedure()?;
    match m.pop()? {
        Object::Array(_, items) => m.push_frame(Frame::Forall { items, at: 0, procedure }),
        Object::String(_, span) => m.begin(Bytes { span, at: 0, procedure }),
        Object::Dict(id) => {
            let mut entries: Vec<(Object, Object)> = m.vm.dict(id).iter().collect();
            // Any order is right; a fixed one makes programs repeatable.
            entries.sort_by_key(|(key, _)| match key {
                Object::Name(_, name) => (0, i64::from(name.0)),
                Object::Int(value) => (1, *value),
                _ => (2, 0),
            });
            m.begin(Entries { entries, at: 0, procedure })
        }
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

struct Bytes {
    span: Span,
    at: u32,
    procedure: Object,
}

impl Task for Bytes {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        if self.at >= self.span.len {
            return Ok(Next::Done);
        }
        let byte = m.vm.string(self.span).get(self.at as usize).copied().unwrap_or(0);
        self.at += 1;
        m.push_int(byte.into())?;
        Ok(Next::Call(self.procedure))
    }

    fn roots(&self) -> Vec<Object> {
        vec![self.procedure, Object::String(Attributes::default(), self.span)]
    }

    fn is_loop(&self) -> bool {
        true
    }
}

struct Entries {
    entries: Vec<(Object, Object)>,
    at: usize,
    procedure: Object,
}

impl Task for Entries {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        let Some((key, value)) = self.entries.get(self.at) else { return Ok(Next::Done) };
        self.at += 1;
        m.push_object(*key)?;
        m.push_object(*value)?;
        Ok(Next::Call(self.procedure))
    }

    fn roots(&self) -> Vec<Object> {
        let mut roots = vec![self.procedure];
        roots.extend(self.entries.iter().flat_map(|(key, value)| [*key, *value]));
        roots
    }

    fn is_loop(&self) -> bool {
        true
    }
}

/// Procedures nested deeper are left unbound.
const BIND_DEPTH_MAX: u32 = 64;

/// Puts operators where their names stand. Procedures inside are bound once: they become read-only first, and
/// those that are read-only already are left alone (PLRM `bind`), which also ends cycles.
fn bind(m: &mut Machine, span: Span, depth: u32) -> Done {
    if depth > BIND_DEPTH_MAX {
        return Ok(());
    }
    for index in 0..span.len {
        let item = m.vm.element(span.id, span.start + index);
        match item {
            Object::Name(attributes, name) if attributes.is_executable() => {
                if let Some(operator @ Object::Operator(_)) = m.lookup(name) {
                    m.vm.array_mut(span)?[index as usize] = operator;
                }
            }
            Object::Array(attributes, inner)
                if attributes.is_executable() && attributes.access() == Access::Unlimited =>
            {
                let bound = Object::Array(attributes.with_access(Access::ReadOnly), inner);
                m.vm.array_mut(span)?[index as usize] = bound;
                bind(m, inner, depth + 1)?;
            }
            _ => {}
        }
    }
    Ok(())
}
