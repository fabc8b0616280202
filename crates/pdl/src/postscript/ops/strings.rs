//! Strings.

use super::super::machine::Machine;
use super::super::object::{Attributes, Done, Object, Span};
use super::Entry;
use super::composite::{LENGTH_MAX, length};

pub(super) const TABLE: &[Entry] = &[
    ("string", |m| {
        let count = length(m, LENGTH_MAX)?;
        m.push_string(vec![0; count])
    }),
    ("anchorsearch", |m| {
        let (seek, text) = (m.pop_string()?, m.pop_string()?);
        if m.vm.string(text).starts_with(m.vm.string(seek)) {
            m.push_object(piece(text, seek.len, text.len - seek.len))?;
            m.push_object(piece(text, 0, seek.len))?;
            m.push_bool(true)
        } else {
            m.push_object(piece(text, 0, text.len))?;
            m.push_bool(false)
        }
    }),
    ("search", |m| search(m, false)),
    ("rsearch", |m| search(m, true)),
    (".stringbreak", |m| {
        let (set, text) = (m.pop_string()?, m.pop_string()?);
        let found = m.vm.string(text).iter().position(|byte| m.vm.string(set).contains(byte));
        match found {
            Some(place) => m.push_int(place as i64),
            None => m.push_object(Object::Null),
        }
    }),
];

fn piece(span: Span, start: u32, len: u32) -> Object {
    Object::String(Attributes::new(false), Span { id: span.id, start: span.start + start, len })
}

fn search(m: &mut Machine, last: bool) -> Done {
    let (seek, text) = (m.pop_string()?, m.pop_string()?);
    let (needle, hay) = (m.vm.string(seek), m.vm.string(text));
    let found = if last { memchr::memmem::rfind(hay, needle) } else { memchr::memmem::find(hay, needle) };
    match found {
        Some(place) => {
            let place = place as u32;
            let behind = place + seek.len;
            m.push_object(piece(text, behind, text.len - behind))?;
            m.push_object(piece(text, place, seek.len))?;
            m.push_object(piece(text, 0, place))?;
            m.push_bool(true)
        }
        None => {
            m.push_object(piece(text, 0, text.len))?;
            m.push_bool(false)
        }
    }
}
