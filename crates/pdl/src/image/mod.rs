//! Pictures inside print data: not shown, only asked whether a printer would need colour for them.
//!
//! A page is in colour when one visible mark on it is not gray, and a picture is often the only mark.
//! Most scanners and office programs store gray pictures as RGB, so the header does not tell; the
//! samples do. Every reader here walks the samples once, in constant memory, and stops at the first
//! one that is not gray.
//!
//! * [`jpeg`]: ITU-T T.81 with the JFIF and Adobe markers.
//! * [`png`]: W3C Portable Network Graphics.
//! * [`tiff`]: TIFF 6.0 with the supplements printers meet.
//! * [`jp2`]: JPEG 2000 (ITU-T T.800), as far as its headers tell.
//! * [`jxr`]: JPEG XR (ITU-T T.832), as far as its headers tell.

pub mod jp2;
pub mod jpeg;
pub mod jxr;
pub mod png;
pub mod tiff;

/// Resolution a picture states for itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Density {
    /// Samples per inch across.
    pub x_dpi: f64,
    /// Samples per inch down.
    pub y_dpi: f64,
}

/// What the samples of a picture say about colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    /// Every visible sample is black, white or gray.
    Gray,
    /// At least one visible sample is not gray.
    Color,
    /// The samples could not be read; the reason is a sentence for the report.
    Unknown(&'static str),
}

impl Tint {
    /// The tint of two pictures on one page: one coloured sample is enough, and gray only wins when both are known to be gray.
    #[must_use]
    pub fn and(self, other: Tint) -> Tint {
        match (self, other) {
            (Tint::Color, _) | (_, Tint::Color) => Tint::Color,
            (Tint::Unknown(why), _) | (_, Tint::Unknown(why)) => Tint::Unknown(why),
            (Tint::Gray, Tint::Gray) => Tint::Gray,
        }
    }
}
