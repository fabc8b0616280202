//! The operators (PLRM 8.2), one module for each group of them.

mod arithmetic;
mod colour;
mod composite;
mod control;
mod device;
mod filters;
mod font;
mod gstate;
mod image;
mod io;
mod matrix;
mod memory;
mod misc;
mod paint;
mod path;
mod pattern;
mod resource;
mod show;
mod stack;
mod strings;
mod types;

pub(super) use font::startup_fonts;
pub(super) use misc::{STATUS_NAMES, startup_values};
pub(super) use show::{Glyph, GlyphInWork};

use std::sync::LazyLock;

use crate::graphics::Matrix;

use super::dict::Key;
use super::machine::Machine;
use super::object::{Attributes, DictId, Done, ErrorName, Fault, FileId, Name, Object, Span};

/// What an operator is.
pub(super) type Operator = fn(&mut Machine) -> Done;

/// A name and what it does.
pub(super) type Entry = (&'static str, Operator);

/// All operators; an [`super::object::OperatorId`] is a place in this table.
pub(super) static OPERATORS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    [
        arithmetic::TABLE,
        colour::TABLE,
        composite::TABLE,
        control::TABLE,
        device::TABLE,
        filters::TABLE,
        font::TABLE,
        gstate::TABLE,
        image::TABLE,
        io::TABLE,
        matrix::TABLE,
        memory::TABLE,
        misc::TABLE,
        paint::TABLE,
        path::TABLE,
        pattern::TABLE,
        resource::TABLE,
        show::TABLE,
        stack::TABLE,
        strings::TABLE,
        types::TABLE,
    ]
    .concat()
});

/// Operands by type.
impl Machine {
    pub(super) fn push_object(&mut self, object: Object) -> Done {
        self.operands.push(object)
    }

    pub(super) fn push_int(&mut self, value: i64) -> Done {
        self.operands.push(Object::Int(value))
    }

    pub(super) fn push_real(&mut self, value: f64) -> Done {
        if value.is_nan() {
            return Err(ErrorName::UndefinedResult.into());
        }
        self.operands.push(Object::Real(value as f32))
    }

    pub(super) fn push_bool(&mut self, value: bool) -> Done {
        self.operands.push(Object::Bool(value))
    }

    pub(super) fn pop(&mut self) -> Result<Object, Fault> {
        self.operands.pop()
    }

    pub(super) fn pop_int(&mut self) -> Result<i64, Fault> {
        match self.pop()? {
            Object::Int(value) => Ok(value),
            _ => Err(ErrorName::TypeCheck.into()),
        }
    }

    pub(super) fn pop_number(&mut self) -> Result<f64, Fault> {
        self.pop()?.as_number().ok_or(ErrorName::TypeCheck.into())
    }

    pub(super) fn pop_bool(&mut self) -> Result<bool, Fault> {
        match self.pop()? {
            Object::Bool(value) => Ok(value),
            _ => Err(ErrorName::TypeCheck.into()),
        }
    }

    pub(super) fn pop_string(&mut self) -> Result<Span, Fault> {
        match self.pop()? {
            Object::String(_, span) => Ok(span),
            _ => Err(ErrorName::TypeCheck.into()),
        }
    }

    pub(super) fn pop_array(&mut self) -> Result<Span, Fault> {
        match self.pop()? {
            Object::Array(_, span) => Ok(span),
            _ => Err(ErrorName::TypeCheck.into()),
        }
    }

    pub(super) fn pop_procedure(&mut self) -> Result<Object, Fault> {
        match self.pop()? {
            procedure @ Object::Array(..) => Ok(procedure.with_executable(true)),
            // Programs load operators and use them as procedures.
            operator @ Object::Operator(_) => Ok(operator),
            name @ Object::Name(attributes, _) if attributes.is_executable() => Ok(name),
            _ => Err(ErrorName::TypeCheck.into()),
        }
    }

    pub(super) fn pop_dict(&mut self) -> Result<DictId, Fault> {
        match self.pop()? {
            Object::Dict(id) => Ok(id),
            _ => Err(ErrorName::TypeCheck.into()),
        }
    }

    pub(super) fn pop_file(&mut self) -> Result<FileId, Fault> {
        match self.pop()? {
            Object::File(_, id) => Ok(id),
            _ => Err(ErrorName::TypeCheck.into()),
        }
    }

    /// A name or a string as a name.
    pub(super) fn pop_name(&mut self) -> Result<Name, Fault> {
        match self.pop()? {
            Object::Name(_, name) => Ok(name),
            Object::String(_, span) => self.names.intern(self.vm.string(span)),
            _ => Err(ErrorName::TypeCheck.into()),
        }
    }

    /// So many numbers, the deepest first.
    pub(super) fn pop_numbers<const N: usize>(&mut self) -> Result<[f64; N], Fault> {
        let mut numbers = [0.0; N];
        for number in numbers.iter_mut().rev() {
            *number = self.pop_number()?;
        }
        Ok(numbers)
    }

    /// An array of numbers.
    pub(super) fn numbers(&self, span: Span) -> Result<Vec<f64>, Fault> {
        let items = self.vm.array(span).iter();
        items.map(|item| item.as_number().ok_or(Fault::Error(ErrorName::TypeCheck))).collect()
    }

    /// An array of six numbers.
    pub(super) fn matrix_of(&self, span: Span) -> Result<Matrix, Fault> {
        let numbers = self.numbers(span)?;
        match numbers[..] {
            [a, b, c, d, x, y] => Ok(Matrix([a, b, c, d, x, y])),
            _ => Err(ErrorName::RangeCheck.into()),
        }
    }

    pub(super) fn pop_matrix(&mut self) -> Result<Matrix, Fault> {
        let span = self.pop_array()?;
        self.matrix_of(span)
    }

    /// A new literal array on the stack.
    pub(super) fn push_array(&mut self, items: Vec<Object>) -> Done {
        let span = self.vm.new_array(items)?;
        self.operands.push(Object::Array(Attributes::new(false), span))
    }

    /// A new literal string on the stack.
    pub(super) fn push_string(&mut self, bytes: Vec<u8>) -> Done {
        let span = self.vm.new_string(bytes)?;
        self.operands.push(Object::String(Attributes::new(false), span))
    }

    /// The value of a name in a dictionary.
    pub(super) fn dict_get(&self, dict: DictId, name: Name) -> Option<Object> {
        self.vm.dict(dict).get(Key::of_name(name))
    }

    /// A number in a dictionary.
    pub(super) fn dict_number(&self, dict: DictId, name: Name) -> Option<f64> {
        self.dict_get(dict, name)?.as_number()
    }

    /// Makes a string a name, as keys of dictionaries are.
    pub(super) fn as_key(&mut self, object: Object) -> Result<Object, Fault> {
        match object {
            Object::String(_, span) => {
                let name = self.names.intern(self.vm.string(span))?;
                Ok(Object::name(name))
            }
            Object::Null => Err(ErrorName::TypeCheck.into()),
            other => Ok(other),
        }
    }

    /// The bytes of a name or string.
    pub(super) fn text_of(&self, object: &Object) -> Option<&[u8]> {
        match object {
            Object::Name(_, name) => Some(self.names.text(*name)),
            Object::String(_, span) => Some(self.vm.string(*span)),
            _ => None,
        }
    }
}
