//! Cutting a stream into job headers and stretches of one language.

mod segmenter;
pub mod sniff;

pub use segmenter::Segmenter;
pub(crate) use segmenter::is_padding;
pub use sniff::{Sniffed, sniff};
