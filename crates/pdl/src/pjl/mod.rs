//! PJL: the lines around page data (HP PJL Technical Reference Manual, 5021-0380), with the variables other
//! makers added.
//!
//! - [`line()`](fn@line) cuts one command line out of a stream;
//! - [`command`] takes it apart;
//! - [`JobHeader`] is what the lines of a job add up to;
//! - `variables` and `names` know what each variable means.

pub mod command;
mod header;
mod languages;
mod line;
mod names;
mod variables;

pub use header::{Directive, JobHeader};
pub use languages::language_named;
pub use line::{LINE_BYTES_MAX, Line, line};
pub(crate) use variables::apply as apply_variable;
