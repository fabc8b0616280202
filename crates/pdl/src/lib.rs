//! Print data read exactly: what a stream of printer commands will put on paper.
//!
//! Bytes go in by any chunking ([`Inspector`]), a [`Report`] comes out: languages, pages, colour pages,
//! sheets, copies, duplex, paper, user, job name and driver. Nothing here opens a file, a socket or a clock.
//! What needs random access or an interpreter (PDF, XPS, some PostScript) is read by [`inspect()`] from a
//! [`ReadAt`].
//!
//! Reading order:
//! - [`report`], [`summary`], [`counts`], [`language`], [`media`]: the answer and its words;
//! - [`source`], [`helpers`], [`mod@inspect`], [`inspector`]: the ways in;
//! - [`settings`], [`accounting`]: which copies, sides and paper a page really gets, and the adding up;
//! - [`reader`], [`segment`]: how a stream is cut into languages and what a language reader is;
//! - [`logon`]: the owner's name in the data;
//! - [`opaque`], [`passed`]: readers for what is passed over;
//! - one module per language;
//! - [`rewrite`]: the same data with other sides, copies or colours.

pub mod accounting;
mod codec;
pub mod counts;
pub mod escp;
pub mod escpage;
mod graphics;
pub mod helpers;
pub mod hostbased;
pub mod image;
pub mod inspect;
pub mod inspector;
pub mod language;
pub mod lips;
pub mod logon;
pub mod media;
pub mod opaque;
pub mod passed;
pub mod pcl5;
pub mod pclm;
pub mod pclxl;
pub mod pdf;
pub mod picture;
pub mod pjl;
pub mod postscript;
pub mod raster;
pub mod reader;
pub mod report;
pub mod rewrite;
pub mod segment;
pub mod settings;
pub mod source;
pub mod summary;
pub mod text_codec;
pub mod ticket;
pub mod xps;

pub use counts::{Copies, Impressions, Sheets};
pub use helpers::{Ending, Helpers, Interpretation, InterpretedPage, PostScriptInterpreter};
pub use inspect::inspect;
pub use inspector::{Inspector, Options, Outcome};
pub use language::Language;
pub use media::Paper;
pub use report::{Duplex, JobReport, PaperSummary, Papers, Report, Status};
pub use settings::Sides;
pub use source::ReadAt;
