//! `save`, `restore`, local and global memory, user objects.

use super::super::gstate::STACK_MAX;
use super::super::machine::Machine;
use super::super::object::{Done, ErrorName, Object};
use super::Entry;
use super::gstate::push_state;

pub(super) const TABLE: &[Entry] = &[
    ("save", |m| {
        let serial = m.vm.save(m.graphics.stack.len())?;
        if m.graphics.stack.len() >= STACK_MAX {
            return Err(ErrorName::LimitCheck.into());
        }
        push_state(m, true);
        m.push_object(Object::Save(serial))
    }),
    ("restore", restore),
    ("setglobal", |m| {
        m.vm.global = m.pop_bool()?;
        Ok(())
    }),
    (".setglobal", |m| {
        m.vm.global = m.pop_bool()?;
        Ok(())
    }),
    ("currentglobal", |m| m.push_bool(m.vm.global)),
    (".currentglobal", |m| m.push_bool(m.vm.global)),
    ("setshared", |m| {
        m.vm.global = m.pop_bool()?;
        Ok(())
    }),
    ("currentshared", |m| m.push_bool(m.vm.global)),
    ("gcheck", |m| {
        let object = m.pop()?;
        let global = m.vm.is_global(&object);
        m.push_bool(global)
    }),
    ("scheck", |m| {
        let object = m.pop()?;
        let global = m.vm.is_global(&object);
        m.push_bool(global)
    }),
    ("vmstatus", |m| {
        m.push_int(if m.vm.newest_save().is_some() { 1 } else { 0 })?;
        m.push_int(m.vm.bytes_used() as i64)?;
        m.push_int(1 << 30)
    }),
    ("vmreclaim", |m| m.pop_int().map(drop)),
    ("setvmthreshold", |m| m.pop_int().map(drop)),
    ("startjob", |m| {
        m.operands.drop_top(2)?;
        m.push_bool(true)
    }),
    ("exitserver", |m| m.pop().map(drop)),
    ("defineuserobject", |m| {
        let (value, index) = (m.pop()?, m.pop_int()?);
        m.vm.dict_put(m.system.internal, Object::Int(index), value)
    }),
    ("undefineuserobject", |m| {
        let index = m.pop_int()?;
        m.vm.dict_put(m.system.internal, Object::Int(index), Object::Null)
    }),
    ("execuserobject", |m| {
        let index = m.pop_int()?;
        let object = m.vm.dict(m.system.internal).get(super::Key::of(&Object::Int(index)));
        m.execute(object.ok_or(ErrorName::RangeCheck)?)
    }),
];

fn restore(m: &mut Machine) -> Done {
    let Object::Save(serial) = m.pop()? else { return Err(ErrorName::TypeCheck.into()) };
    let Some(save) = m.vm.restore(serial) else { return Err(ErrorName::InvalidRestore.into()) };
    let depth = save.gstates;
    if m.graphics.stack.len() > depth {
        m.graphics.stack.truncate(depth + 1);
        if let Some(stacked) = m.graphics.stack.pop() {
            m.graphics.now = stacked.state;
        }
    }
    Ok(())
}
