//! The languages a stream can hold, by the names scripts rely on.

use std::fmt;

/// A page description language (or the raster format that stands in for one). PJL is not listed: it wraps
/// jobs and describes no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// HP PCL 5, 5e, 5c, with HP-GL/2 inside; also PCL 3 (DeskJet) streams.
    Pcl5,
    /// HP PCL 6 / PCL XL.
    PclXl,
    /// PostScript level 1 to 3, EPS.
    PostScript,
    /// PDF 1.0 to 2.0.
    Pdf,
    /// Mopria PCLm: a PDF of image strips in a fixed layout.
    Pclm,
    /// XPS and OpenXPS.
    Xps,
    /// PWG raster (PWG 5102.4).
    PwgRaster,
    /// CUPS raster versions 1, 2 and 3 that are not PWG raster.
    CupsRaster,
    /// Apple raster (URF, AirPrint).
    Urf,
    /// Plain text.
    Text,
    /// Epson ESC/P, ESC/P 2 and ESC/P-R.
    EscP,
    /// HP-GL/2 or HP RTL on its own.
    HpGl2,
    /// Zenographics ZjStream (host based HP LaserJets, Minolta).
    ZjStream,
    /// Samsung QPDL/SPL2.
    Qpdl,
    /// PJL commands only.
    Pjl,
    /// JPEG.
    Jpeg,
    /// TIFF.
    Tiff,
    /// Canon LIPS.
    Lips,
    /// Epson ESC/Page.
    EscPage,
    /// Nothing this crate knows.
    Unknown,
}

impl Language {
    /// Every language, in the order of the enumeration.
    pub const ALL: [Self; 20] = [
        Self::Pcl5,
        Self::PclXl,
        Self::PostScript,
        Self::Pdf,
        Self::Pclm,
        Self::Xps,
        Self::PwgRaster,
        Self::CupsRaster,
        Self::Urf,
        Self::Text,
        Self::EscP,
        Self::HpGl2,
        Self::ZjStream,
        Self::Qpdl,
        Self::Pjl,
        Self::Jpeg,
        Self::Tiff,
        Self::Lips,
        Self::EscPage,
        Self::Unknown,
    ];

    /// The name in reports and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcl5 => "pcl5",
            Self::PclXl => "pclxl",
            Self::PostScript => "postscript",
            Self::Pdf => "pdf",
            Self::Pclm => "pclm",
            Self::Xps => "xps",
            Self::PwgRaster => "pwg-raster",
            Self::CupsRaster => "cups-raster",
            Self::Urf => "urf",
            Self::Text => "text",
            Self::EscP => "escp",
            Self::HpGl2 => "hpgl2",
            Self::ZjStream => "zjstream",
            Self::Qpdl => "qpdl",
            Self::Pjl => "pjl",
            Self::Jpeg => "jpeg",
            Self::Tiff => "tiff",
            Self::Lips => "lips",
            Self::EscPage => "escpage",
            Self::Unknown => "unknown",
        }
    }

    /// The language with this report name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
