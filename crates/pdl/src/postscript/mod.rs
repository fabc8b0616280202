//! PostScript (PostScript Language Reference, third edition), levels 1 to 3: by running it.
//!
//! What a PostScript job prints is what its program does. Comments lie, loops print pages, procedures hide
//! `showpage`, binary data looks like commands: so this is an interpreter. It does not draw; of every mark it only
//! asks where it falls and whether it is gray.
//!
//! - [`object`], [`names`], [`dict`], [`vm`], [`stack`]: values and memory;
//! - [`files`], [`scanner`], [`binary`]: from bytes, however they come, to objects;
//! - [`machine`]: the execution stack and the loop;
//! - [`gstate`], [`path`], [`device`], [`fonts`], [`function`]: the parts of the imaging model that count;
//! - [`ops`], [`startup`], [`known`]: the operators and dictionaries programs find;
//! - [`dsc`]: names from comments;
//! - [`opinion`]: what Ghostscript says where this interpreter gives up.
//!
//! Work and memory are bounded by the limits named in [`machine`] and [`vm`]; a program that reaches one is
//! undefined.

mod binary;
mod device;
mod dict;
mod dsc;
mod files;
mod fonts;
mod function;
mod gstate;
mod known;
mod machine;
mod names;
mod object;
mod opinion;
mod ops;
mod path;
mod reader;
mod scanner;
mod stack;
mod startup;
mod vm;

pub(crate) use opinion::decide;
pub use reader::PostScriptReader;
