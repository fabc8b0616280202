//! PCL 6 / PCL XL, protocol classes 1.0 to 3.0 (HP PCL XL Feature Reference Protocol Class 1.1, 2.0 and 2.1
//! Supplement).
//!
//! - `token` cuts the binary stream: values, attributes, operators, embedded data;
//! - `session` is the state operators change: page set-up, colours, paths;
//! - `image` and `pattern` look at pixels while they can make a page a colour page;
//! - `stream` keeps user-defined streams and runs them.
//!
//! A page is printed by `EndPage`, marked or not. Data is passed over by its length wherever it cannot change
//! the answer.

mod colors;
mod image;
mod media;
mod reader;
mod session;
mod stream;
pub(crate) mod token;
pub(crate) mod values;

pub use reader::Reader;
