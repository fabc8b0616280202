//! PCL 5, 5e and 5c with HP-GL/2 (HP PCL 5 Printer Language Technical Reference Manual 5961-0509, PCL 5
//! Comparison Guide 5961-0702, PCL 5 Color Technical Reference Manual 5961-0635), and PCL 3 as far as pages go.
//!
//! - `token` cuts escape sequences, `scan` feeds them and their data to the machine in any chunking;
//! - `machine` is the printer's state, `commands` what each sequence does to it;
//! - `page`, `cursor`, `text`, `raster`, `palette`, `pattern`, `macros`, `hpgl` are its parts.
//!
//! The state is followed as far as it decides pages: when a page is ejected (form feed, running off the
//! bottom, a reset or another paper while something is printed), on which side and paper, how often, and
//! whether a mark on it has a colour. Glyphs and pixels are not drawn.

mod commands;
mod cursor;
mod hpgl;
mod machine;
mod macros;
mod page;
mod palette;
mod paper;
mod pattern;
mod raster;
mod reader;
mod scan;
mod text;
pub(crate) mod token;

pub(crate) use commands::announces_data;
pub use reader::{Reader, Snippet};
pub(crate) use scan::goes_on_in_transfer;
