//! The operand stack.

use super::super::machine::Machine;
use super::super::object::{Done, ErrorName, Object};
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("pop", |m| m.pop().map(drop)),
    ("exch", exch),
    ("dup", |m| {
        let top = m.operands.peek(0)?;
        m.push_object(top)
    }),
    ("index", index),
    ("roll", roll),
    ("clear", |m| {
        m.operands.clear();
        Ok(())
    }),
    ("count", |m| m.push_int(m.operands.len() as i64)),
    ("mark", |m| m.push_object(Object::Mark)),
    ("[", |m| m.push_object(Object::Mark)),
    ("<<", |m| m.push_object(Object::Mark)),
    ("cleartomark", |m| {
        let count = m.operands.count_to_mark()?;
        m.operands.drop_top(count + 1)
    }),
    ("counttomark", |m| m.push_int(m.operands.count_to_mark()? as i64)),
];

fn exch(m: &mut Machine) -> Done {
    m.operands.top_mut(2)?.swap(0, 1);
    Ok(())
}

fn index(m: &mut Machine) -> Done {
    let below = usize::try_from(m.pop_int()?).map_err(|_| ErrorName::RangeCheck)?;
    let found = m.operands.peek(below)?;
    m.push_object(found)
}

fn roll(m: &mut Machine) -> Done {
    let by = m.pop_int()?;
    let count = usize::try_from(m.pop_int()?).map_err(|_| ErrorName::RangeCheck)?;
    let items = m.operands.top_mut(count)?;
    if count > 0 {
        items.rotate_right(by.rem_euclid(count as i64) as usize);
    }
    Ok(())
}
