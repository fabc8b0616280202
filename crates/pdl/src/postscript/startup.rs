//! The dictionaries a program finds at its start.

use super::machine::Machine;
use super::object::{Done, ErrorName, Object, OperatorId};
use super::ops::{OPERATORS, STATUS_NAMES, startup_fonts, startup_values};

/// Fills the dictionaries of a new interpreter. With its own fresh memory this cannot fail.
pub(super) fn fill(machine: &mut Machine) {
    let filled = fill_all(machine);
    debug_assert!(filled.is_ok(), "{filled:?}");
}

fn fill_all(m: &mut Machine) -> Done {
    let system = m.system;
    for (index, (name, _)) in OPERATORS.iter().enumerate() {
        let operator = Object::Operator(OperatorId(index as u16));
        let dict = if STATUS_NAMES.contains(name) { system.status } else { system.system };
        let key = Object::name(m.names.intern(name.as_bytes())?);
        m.vm.dict_put(dict, key, operator)?;
        if matches!(*name, ".error" | "handleerror") {
            let names: Vec<&str> = match *name {
                ".error" => ErrorName::ALL.iter().map(|error| error.as_str()).collect(),
                _ => vec!["handleerror"],
            };
            for name in names {
                let key = Object::name(m.names.intern(name.as_bytes())?);
                m.vm.dict_put(system.errors, key, operator)?;
            }
        }
    }
    let gray = Object::name(m.known.device_gray);
    m.device.gray_space = gray;
    m.graphics.now.colour.space = gray;
    startup_values(m)?;
    startup_fonts(m)
}
