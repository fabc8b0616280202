//! Between messages and domain values. A message is parsed once, here; handlers never see a
//! half-checked value.

pub mod money;
mod tracking;

use crate::{Error, Kind};

/// A message whose `field` makes no sense.
pub(crate) fn invalid(field: &str, why: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, 1, why).field(field)
}
