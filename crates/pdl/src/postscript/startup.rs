//! What a program finds at its start: names, and dictionaries with the operators in them.

use std::sync::LazyLock;

use super::known::Known;
use super::machine::SystemDicts;
use super::names::Names;
use super::object::{DictId, ErrorName, Fault, Object, OperatorId};
use super::ops::{OPERATORS, STATUS_NAMES, startup_fonts, startup_values};
use super::vm::{Contents, Vm};

/// Names and memory at the start of a job.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) names: Names,
    pub(super) known: Known,
    pub(super) contents: Contents,
    pub(super) system: SystemDicts,
    /// Parameters of the page device.
    pub(super) page_params: DictId,
}

/// Names and memory while they are filled.
#[derive(Debug)]
pub(super) struct Filling {
    pub(super) names: Names,
    pub(super) known: Known,
    pub(super) vm: Vm,
    pub(super) system: SystemDicts,
}

impl Start {
    /// A copy for one job. Filling the dictionaries takes longer than reading a short document, so that is done
    /// once in the life of the process.
    pub(super) fn of_a_job() -> Self {
        static START: LazyLock<Start> = LazyLock::new(Start::fill);
        Self { names: START.names.for_job(), contents: START.contents.clone(), ..*START }
    }

    fn fill() -> Self {
        let mut names = Names::default();
        let mut vm = Vm::default();
        let known = Known::new(&mut names);
        let mut dict = |global| {
            vm.global = global;
            vm.new_dict(0).unwrap_or(DictId(0))
        };
        let system = SystemDicts {
            system: dict(true),
            global: dict(true),
            user: dict(false),
            errors: dict(false),
            error: dict(false),
            status: dict(false),
            fonts: dict(false),
            resources: dict(true),
            internal: dict(true),
        };
        vm.global = true;
        let mut filling = Filling { names, known, vm, system };
        // With its own fresh memory this cannot fail.
        let filled = fill_all(&mut filling);
        debug_assert!(filled.is_ok(), "{filled:?}");
        let page_params = filled.unwrap_or(DictId(0));
        let Filling { names, known, vm, system } = filling;
        Self { names: names.into_common(), known, contents: vm.into_contents(), system, page_params }
    }
}

fn fill_all(m: &mut Filling) -> Result<DictId, Fault> {
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
    startup_fonts(m)?;
    startup_values(m)
}
