//! Interned names: equal names are the same number.

use std::collections::HashMap;

use super::object::{Fault, Name};

/// All names of a job.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: Vec<Box<[u8]>>,
    numbers: HashMap<Box<[u8]>, u32, super::dict::FastHash>,
    bytes: usize,
}

/// Names (with their bytes) a job may make.
const NAME_BYTES_MAX: usize = 32 << 20;
/// What a name costs besides its bytes.
const NAME_OVERHEAD: usize = 80;

impl Names {
    /// The name with this text.
    ///
    /// # Errors
    /// [`Fault::Limit`] when a job makes too many.
    pub(super) fn intern(&mut self, text: &[u8]) -> Result<Name, Fault> {
        if let Some(number) = self.numbers.get(text) {
            return Ok(Name(*number));
        }
        self.bytes += text.len() + NAME_OVERHEAD;
        if self.bytes > NAME_BYTES_MAX {
            return Err(Fault::Limit("too many names"));
        }
        let number = u32::try_from(self.texts.len()).map_err(|_| Fault::Limit("too many names"))?;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        Ok(Name(number))
    }

    /// The text of a name.
    pub(super) fn text(&self, name: Name) -> &[u8] {
        self.texts.get(name.0 as usize).map_or(b"", |text| text)
    }
}
