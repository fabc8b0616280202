//! The operand stack, which remembers what was popped until the operator has done its work.

use super::object::{ErrorName, Fault, Object};

/// Operands; those above the top are kept until something is pushed over them, so that a failing operator can be
/// undone.
#[derive(Debug, Default)]
pub(super) struct Operands {
    items: Vec<Object>,
    len: usize,
}

const OPERANDS_MAX: usize = 200_000;

impl Operands {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts one on top.
    pub(super) fn push(&mut self, object: Object) -> Result<(), Fault> {
        if self.len == self.items.len() {
            if self.len >= OPERANDS_MAX {
                return Err(ErrorName::StackOverflow.into());
            }
            self.items.push(object);
        } else {
            self.items[self.len] = object;
        }
        self.len += 1;
        Ok(())
    }

    /// Takes the top one.
    pub(super) fn pop(&mut self) -> Result<Object, Fault> {
        if self.len == 0 {
            return Err(ErrorName::StackUnderflow.into());
        }
        self.len -= 1;
        Ok(self.items[self.len])
    }

    /// The one so far below the top.
    pub(super) fn peek(&self, below: usize) -> Result<Object, Fault> {
        match self.len.checked_sub(below + 1) {
            Some(index) => Ok(self.items[index]),
            None => Err(ErrorName::StackUnderflow.into()),
        }
    }

    /// All of them, the lowest first.
    pub(super) fn as_slice(&self) -> &[Object] {
        &self.items[..self.len]
    }

    /// The topmost ones, to change them.
    pub(super) fn top_mut(&mut self, count: usize) -> Result<&mut [Object], Fault> {
        match self.len.checked_sub(count) {
            Some(start) => Ok(&mut self.items[start..self.len]),
            None => Err(ErrorName::StackUnderflow.into()),
        }
    }

    /// Drops the topmost ones.
    pub(super) fn drop_top(&mut self, count: usize) -> Result<(), Fault> {
        match self.len.checked_sub(count) {
            Some(len) => {
                self.len = len;
                Ok(())
            }
            None => Err(ErrorName::StackUnderflow.into()),
        }
    }

    /// Drops all.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// As many as there were before an operator began; what it popped is back.
    pub(super) fn rewind(&mut self, len: usize) {
        self.len = len.min(self.items.len());
    }

    /// How many lie above the topmost mark.
    pub(super) fn count_to_mark(&self) -> Result<usize, Fault> {
        let above = self.as_slice().iter().rev().position(|object| matches!(object, Object::Mark));
        above.ok_or(Fault::Error(ErrorName::UnmatchedMark))
    }
}
