//! Interned names: equal names are the same number.

use std::collections::HashMap;
use std::sync::Arc;

use super::object::{Fault, Name};

/// All names of a job: those every job begins with, which jobs share, and its own.
#[derive(Debug, Default)]
pub(super) struct Names {
    common: Arc<Table>,
    own: Table,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Table {
    texts: Vec<Box<[u8]>>,
    numbers: HashMap<Box<[u8]>, u32, super::dict::FastHash>,
}

/// Names (with their bytes) a job may make.
const NAME_BYTES_MAX: usize = 32 << 20;
/// What a name costs besides its bytes.
const NAME_OVERHEAD: usize = 80;

impl Names {
    /// The names so far as the ones that jobs begin with; none of them may be a job's own beside others.
    pub(super) fn into_common(self) -> Self {
        debug_assert!(self.common.texts.is_empty(), "numbers of the own names would change");
        Self { common: Arc::new(self.own), ..Self::default() }
    }

    /// What a new job begins with.
    pub(super) fn for_job(&self) -> Self {
        Self { common: Arc::clone(&self.common), ..Self::default() }
    }

    /// The name with this text.
    ///
    /// # Errors
    /// [`Fault::Limit`] when a job makes too many.
    pub(super) fn intern(&mut self, text: &[u8]) -> Result<Name, Fault> {
        if let Some(number) = self.common.numbers.get(text).or_else(|| self.own.numbers.get(text)) {
            return Ok(Name(*number));
        }
        self.bytes += text.len() + NAME_OVERHEAD;
        if self.bytes > NAME_BYTES_MAX {
            return Err(Fault::Limit("too many names"));
        }
        let number = self.common.texts.len() + self.own.texts.len();
        let number = u32::try_from(number).map_err(|_| Fault::Limit("too many names"))?;
        self.own.texts.push(text.into());
        self.own.numbers.insert(text.into(), number);
        Ok(Name(number))
    }

    /// The text of a name.
    pub(super) fn text(&self, name: Name) -> &[u8] {
        let (number, common) = (name.0 as usize, self.common.texts.len());
        let text = match number.checked_sub(common) {
            None => self.common.texts.get(number),
            Some(own) => self.own.texts.get(own),
        };
        text.map_or(b"", |text| text)
    }
}
