//! Page rasters: PWG raster, CUPS raster and Apple raster (URF).
//!
//! The three are cousins. A stream is a signature and then, for every page, a fixed header and the lines
//! of the page, run-length coded pixel by pixel or plain. There is no index and no page mark, so the only
//! way to the next page is through every run of this one; the walk also decides whether any pixel needs
//! colour.
//!
//! * [`cups`]: PWG 5102.4 and CUPS raster versions 1, 2 and 3, in both byte orders.
//! * [`urf`]: `image/urf`, as AirPrint clients send it.
//! * [`header`]: the header of the first family.
//! * [`lines`]: the walk over compressed and plain lines.
//! * [`tint`]: pixels to gray or colour, for every colour space and depth; [`bands`] and [`planes`] where components lie apart.

mod bands;
mod cups;
mod header;
mod lines;
mod planes;
mod tint;
mod urf;

pub use cups::{CupsReader, PWG_SNIFF_BYTES, is_pwg};
pub use urf::UrfReader;
