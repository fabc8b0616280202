//! Ghostscript as the judge of PostScript that the reader of [`pdl`] could not decide: in a process of its own,
//! with nothing in reach and a limit on everything.
//!
//! - [`Ghostscript`] is the installed program and how it is run; it is a [`pdl::PostScriptInterpreter`];
//! - [`Limits`] are what a document may cost;
//! - `cage` is the process and its end; `frames` reads the pages it draws; `prolog` is what runs ahead of the document.

mod cage;
mod frames;
mod ghostscript;
mod limits;
mod prolog;

pub use ghostscript::Ghostscript;
pub use limits::Limits;
