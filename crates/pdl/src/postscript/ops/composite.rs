//! Arrays and dictionaries, and what works on strings alike.

use super::super::dict::Key;
use super::super::machine::Machine;
use super::super::object::{Attributes, DictId, Done, ErrorName, Fault, Object, Span};
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("array", |m| {
        let count = length(m, LENGTH_MAX)?;
        m.push_array(vec![Object::Null; count])
    }),
    ("]", |m| {
        let count = m.operands.count_to_mark()?;
        let items = m.operands.top_mut(count)?.to_vec();
        m.operands.drop_top(count + 1)?;
        m.push_array(items)
    }),
    ("packedarray", |m| {
        let count = length(m, LENGTH_MAX)?;
        let items = m.operands.top_mut(count)?.to_vec();
        m.operands.drop_top(count)?;
        m.push_array(items)
    }),
    ("setpacking", |m| m.pop_bool().map(drop)),
    ("currentpacking", |m| m.push_bool(false)),
    ("length", length_of),
    ("get", get),
    ("put", put),
    ("getinterval", getinterval),
    ("putinterval", putinterval),
    ("aload", |m| {
        let array = m.pop()?;
        let Object::Array(_, span) = array else { return Err(ErrorName::TypeCheck.into()) };
        for index in 0..span.len {
            let item = m.vm.element(span.id, span.start + index);
            m.push_object(item)?;
        }
        m.push_object(array)
    }),
    ("astore", |m| {
        let array = m.pop()?;
        let Object::Array(_, span) = array else { return Err(ErrorName::TypeCheck.into()) };
        let items = m.operands.top_mut(span.len as usize)?.to_vec();
        m.vm.array_mut(span)?.copy_from_slice(&items);
        m.operands.drop_top(span.len as usize)?;
        m.push_object(array)
    }),
    ("copy", copy),
    ("dict", |m| {
        let capacity = length(m, LENGTH_MAX)?;
        let dict = m.vm.new_dict(capacity)?;
        m.push_object(Object::Dict(dict))
    }),
    (">>", |m| {
        let count = m.operands.count_to_mark()?;
        if count % 2 != 0 {
            return Err(ErrorName::RangeCheck.into());
        }
        let items = m.operands.top_mut(count)?.to_vec();
        let dict = m.vm.new_dict(count / 2)?;
        for pair in items.chunks_exact(2) {
            let key = m.as_key(pair[0])?;
            m.vm.dict_put(dict, key, pair[1])?;
        }
        m.operands.drop_top(count + 1)?;
        m.push_object(Object::Dict(dict))
    }),
    ("maxlength", |m| {
        let dict = m.pop_dict()?;
        let dict = m.vm.dict(dict);
        m.push_int(dict.capacity.max(dict.len()) as i64)
    }),
    ("begin", |m| {
        let dict = m.pop_dict()?;
        if m.dicts.len() >= DICT_STACK_MAX {
            return Err(ErrorName::DictStackOverflow.into());
        }
        m.dicts.push(dict);
        Ok(())
    }),
    ("end", |m| {
        if m.dicts.len() <= PERMANENT_DICTS {
            return Err(ErrorName::DictStackUnderflow.into());
        }
        m.dicts.pop();
        Ok(())
    }),
    ("def", |m| {
        let (value, key) = (m.pop()?, m.pop()?);
        let key = m.as_key(key)?;
        let dict = current(m);
        write(m, dict, key, value)
    }),
    ("load", |m| {
        let object = m.pop()?;
        let key = m.as_key(object)?;
        match find(m, Key::of(&key)) {
            Some((_, value)) => m.push_object(value),
            None => {
                m.culprit = key;
                Err(ErrorName::Undefined.into())
            }
        }
    }),
    ("store", |m| {
        let (value, key) = (m.pop()?, m.pop()?);
        let key = m.as_key(key)?;
        let dict = find(m, Key::of(&key)).map_or(current(m), |(dict, _)| dict);
        write(m, dict, key, value)
    }),
    ("undef", |m| {
        let (key, dict) = (m.pop()?, m.pop_dict()?);
        let key = m.as_key(key)?;
        if let Some(dict) = m.vm.dict_mut(dict) {
            dict.remove(Key::of(&key));
        }
        Ok(())
    }),
    ("known", |m| {
        let (key, dict) = (m.pop()?, m.pop_dict()?);
        let key = m.as_key(key)?;
        let known = m.vm.dict(dict).contains(Key::of(&key));
        m.push_bool(known)
    }),
    (".knownget", |m| {
        let (key, dict) = (m.pop()?, m.pop_dict()?);
        let key = m.as_key(key)?;
        match m.vm.dict(dict).get(Key::of(&key)) {
            Some(value) => {
                m.push_object(value)?;
                m.push_bool(true)
            }
            None => m.push_bool(false),
        }
    }),
    ("where", |m| {
        let key = m.pop()?;
        let key = m.as_key(key)?;
        match find(m, Key::of(&key)) {
            Some((dict, _)) => {
                m.push_object(Object::Dict(dict))?;
                m.push_bool(true)
            }
            None => m.push_bool(false),
        }
    }),
    ("currentdict", |m| m.push_object(Object::Dict(current(m)))),
    ("countdictstack", |m| m.push_int(m.dicts.len() as i64)),
    ("dictstack", |m| {
        let (Object::Array(attributes, span), dicts) = (m.pop()?, m.dicts.clone()) else {
            return Err(ErrorName::TypeCheck.into());
        };
        if dicts.len() > span.len as usize {
            return Err(ErrorName::RangeCheck.into());
        }
        let part = Span { len: dicts.len() as u32, ..span };
        for (slot, dict) in m.vm.array_mut(part)?.iter_mut().zip(dicts) {
            *slot = Object::Dict(dict);
        }
        m.push_object(Object::Array(attributes, part))
    }),
    ("cleardictstack", |m| {
        m.dicts.truncate(PERMANENT_DICTS);
        Ok(())
    }),
];

/// Longer arrays, strings and dictionaries are refused.
pub(super) const LENGTH_MAX: i64 = 16 << 20;
const DICT_STACK_MAX: usize = 5_000;
/// systemdict, globaldict and userdict stay.
pub(super) const PERMANENT_DICTS: usize = 3;

/// A length from the stack.
pub(super) fn length(m: &mut Machine, max: i64) -> Result<usize, Fault> {
    match m.pop_int()? {
        length if length < 0 => Err(ErrorName::RangeCheck.into()),
        length if length > max => Err(ErrorName::LimitCheck.into()),
        length => Ok(length as usize),
    }
}

fn current(m: &Machine) -> DictId {
    m.dicts.last().copied().unwrap_or(m.system.user)
}

fn find(m: &Machine, key: Key) -> Option<(DictId, Object)> {
    m.dicts.iter().rev().find_map(|dict| m.vm.dict(*dict).get(key).map(|value| (*dict, value)))
}

fn write(m: &mut Machine, dict: DictId, key: Object, value: Object) -> Done {
    if m.vm.dict(dict).read_only {
        return Err(ErrorName::InvalidAccess.into());
    }
    m.vm.dict_put(dict, key, value)
}

fn length_of(m: &mut Machine) -> Done {
    let length = match m.pop()? {
        Object::Array(_, span) | Object::String(_, span) => span.len as usize,
        Object::Dict(id) => m.vm.dict(id).len(),
        Object::Name(_, name) => m.names.text(name).len(),
        _ => return Err(ErrorName::TypeCheck.into()),
    };
    m.push_int(length as i64)
}

fn place(index: Object, span: Span) -> Result<u32, Fault> {
    match index {
        Object::Int(index) => {
            u32::try_from(index).ok().filter(|index| *index < span.len).ok_or(ErrorName::RangeCheck.into())
        }
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

fn get(m: &mut Machine) -> Done {
    let (index, holder) = (m.pop()?, m.pop()?);
    match holder {
        Object::Array(_, span) => {
            let index = place(index, span)?;
            let item = m.vm.element(span.id, span.start + index);
            m.push_object(item)
        }
        Object::String(_, span) => {
            let index = place(index, span)?;
            let byte = m.vm.string(span)[index as usize];
            m.push_int(byte.into())
        }
        Object::Dict(id) => {
            let key = m.as_key(index)?;
            match m.vm.dict(id).get(Key::of(&key)) {
                Some(value) => m.push_object(value),
                None => {
                    m.culprit = key;
                    Err(ErrorName::Undefined.into())
                }
            }
        }
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

fn put(m: &mut Machine) -> Done {
    let (value, index, holder) = (m.pop()?, m.pop()?, m.pop()?);
    match holder {
        Object::Array(_, span) => {
            let index = place(index, span)?;
            m.vm.array_mut(span)?[index as usize] = value;
            Ok(())
        }
        Object::String(_, span) => {
            let index = place(index, span)?;
            let Object::Int(value) = value else { return Err(ErrorName::TypeCheck.into()) };
            let byte = u8::try_from(value).map_err(|_| ErrorName::RangeCheck)?;
            m.vm.string_mut(span)[index as usize] = byte;
            Ok(())
        }
        Object::Dict(id) => {
            let key = m.as_key(index)?;
            write(m, id, key, value)
        }
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

fn part(span: Span, index: i64, count: i64) -> Result<Span, Fault> {
    let end = index.checked_add(count).filter(|end| index >= 0 && count >= 0 && *end <= i64::from(span.len));
    end.ok_or(ErrorName::RangeCheck)?;
    Ok(Span { id: span.id, start: span.start + index as u32, len: count as u32 })
}

fn getinterval(m: &mut Machine) -> Done {
    let (count, index) = (m.pop_int()?, m.pop_int()?);
    match m.pop()? {
        Object::Array(attributes, span) => {
            m.push_object(Object::Array(attributes, part(span, index, count)?))
        }
        Object::String(attributes, span) => {
            m.push_object(Object::String(attributes, part(span, index, count)?))
        }
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

fn putinterval(m: &mut Machine) -> Done {
    let (source, index, target) = (m.pop()?, m.pop_int()?, m.pop()?);
    match (source, target) {
        (Object::Array(_, source), Object::Array(_, target)) => {
            let items = m.vm.array(source).to_vec();
            m.vm.array_mut(part(target, index, items.len() as i64)?)?.copy_from_slice(&items);
            Ok(())
        }
        (Object::String(_, source), Object::String(_, target)) => {
            let bytes = m.vm.string(source).to_vec();
            m.vm.string_mut(part(target, index, bytes.len() as i64)?).copy_from_slice(&bytes);
            Ok(())
        }
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

fn copy(m: &mut Machine) -> Done {
    let target = m.pop()?;
    if let Object::Int(count) = target {
        let count = usize::try_from(count).map_err(|_| ErrorName::RangeCheck)?;
        let items = m.operands.top_mut(count)?.to_vec();
        for item in items {
            m.push_object(item)?;
        }
        return Ok(());
    }
    match (m.pop()?, target) {
        (Object::Array(_, source), Object::Array(attributes, target)) => {
            let part = part(target, 0, source.len.into())?;
            let items = m.vm.array(source).to_vec();
            m.vm.array_mut(part)?.copy_from_slice(&items);
            m.push_object(Object::Array(attributes, part))
        }
        (Object::String(_, source), Object::String(attributes, target)) => {
            let part = part(target, 0, source.len.into())?;
            let bytes = m.vm.string(source).to_vec();
            m.vm.string_mut(part).copy_from_slice(&bytes);
            m.push_object(Object::String(attributes, part))
        }
        (Object::Dict(source), Object::Dict(target)) => {
            let entries: Vec<(Object, Object)> = m.vm.dict(source).iter().collect();
            for (key, value) in entries {
                m.vm.dict_put(target, key, value)?;
            }
            m.push_object(Object::Dict(target))
        }
        (Object::GState(source), Object::GState(target)) => {
            let state = m.graphics.stored.get(source as usize).cloned();
            if let (Some(state), Some(slot)) = (state, m.graphics.stored.get_mut(target as usize)) {
                *slot = state;
            }
            m.push_object(Object::GState(target))
        }
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

/// The attributes of literal composite objects.
pub(super) const LITERAL: fn() -> Attributes = || Attributes::new(false);
