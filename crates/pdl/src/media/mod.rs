//! Paper: sizes with the names of PWG 5101.1 (Media Standardized Names), orientation-free.

mod names;
mod table;

use std::fmt;

use table::MEDIA;
pub use table::Medium;

/// How far a size may lie from a standard one and still be it, in micrometres. Drivers round to whole points
/// (353 µm) or to whole pixels of a coarse raster (50 dpi: 508 µm).
pub const TOLERANCE_UM: u32 = 1_000;

/// A paper size. Two papers are equal when they have the same name.
#[derive(Clone, Copy)]
pub enum Paper {
    /// A size with a standard name.
    Standard(&'static Medium),
    /// Any other size, the shorter edge first, in micrometres.
    Custom {
        /// Shorter edge in micrometres.
        short_um: u32,
        /// Longer edge in micrometres.
        long_um: u32,
    },
}

impl Paper {
    /// The paper with these edges in micrometres; `None` when an edge is zero.
    #[must_use]
    pub fn from_micrometres(width: u32, height: u32) -> Option<Self> {
        let (short_um, long_um) = (width.min(height), width.max(height));
        if short_um == 0 {
            return None;
        }
        let distance =
            |medium: &Medium| medium.short_um.abs_diff(short_um).max(medium.long_um.abs_diff(long_um));
        let nearest = MEDIA.iter().filter(|medium| medium.by_size).min_by_key(|medium| distance(medium));
        match nearest {
            Some(medium) if distance(medium) <= TOLERANCE_UM => Some(Self::Standard(medium)),
            _ => Some(Self::Custom { short_um, long_um }),
        }
    }

    /// The paper with these edges in PostScript points (1/72 inch).
    #[must_use]
    pub fn from_points(width: f64, height: f64) -> Option<Self> {
        Self::from_inches(width / 72.0, height / 72.0)
    }

    /// The paper with these edges in inches.
    #[must_use]
    pub fn from_inches(width: f64, height: f64) -> Option<Self> {
        Self::from_millimetres(width * 25.4, height * 25.4)
    }

    /// The paper with these edges in millimetres. Sizes over 100 m and sizes that are not numbers are none.
    #[must_use]
    pub fn from_millimetres(width: f64, height: f64) -> Option<Self> {
        let micrometres = |edge: f64| {
            let edge = (edge * 1000.0).round();
            // Nothing contains NaN.
            (1.0..=100_000_000.0).contains(&edge).then_some(edge as u32)
        };
        Self::from_micrometres(micrometres(width)?, micrometres(height)?)
    }

    /// The paper with this PWG name, standard (`iso_a4_210x297mm`) or `custom_…_WxHmm`/`in`.
    #[must_use]
    pub fn from_pwg_name(name: &str) -> Option<Self> {
        MEDIA
            .iter()
            .find(|medium| medium.name == name)
            .map(Self::Standard)
            .or_else(|| names::from_dimensions(name))
    }

    /// The paper a PJL variable, a PPD option or a person calls so: `A4`, `LETTER`, `JISB5`, `COM10`.
    /// Case, spaces, `-` and `_` do not matter.
    #[must_use]
    pub fn from_common_name(name: &str) -> Option<Self> {
        names::from_common_name(name)
    }

    /// The PWG name; sizes without a standard name are `custom_WxHmm`, rounded.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Standard(medium) => medium.name.to_owned(),
            Self::Custom { short_um, long_um } => {
                format!("custom_{}x{}mm", rounded_mm(*short_um), rounded_mm(*long_um))
            }
        }
    }

    /// Shorter and longer edge in micrometres.
    #[must_use]
    pub fn edges_um(&self) -> (u32, u32) {
        match self {
            Self::Standard(medium) => (medium.short_um, medium.long_um),
            Self::Custom { short_um, long_um } => (*short_um, *long_um),
        }
    }
}

fn rounded_mm(micrometres: u32) -> u32 {
    (micrometres + 500) / 1000
}

impl PartialEq for Paper {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Standard(one), Self::Standard(two)) => one.name == two.name,
            (Self::Custom { short_um: a, long_um: b }, Self::Custom { short_um: c, long_um: d }) => {
                rounded_mm(*a) == rounded_mm(*c) && rounded_mm(*b) == rounded_mm(*d)
            }
            (Self::Standard(_), Self::Custom { .. }) | (Self::Custom { .. }, Self::Standard(_)) => false,
        }
    }
}

impl Eq for Paper {}

impl fmt::Debug for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl fmt::Display for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_names() {
        for (width, height, name) in [
            (595.0, 842.0, "iso_a4_210x297mm"),
            (841.89, 595.28, "iso_a4_210x297mm"),
            (612.0, 792.0, "na_letter_8.5x11in"),
            (612.0, 1008.0, "na_legal_8.5x14in"),
            (792.0, 1224.0, "na_ledger_11x17in"),
            (420.0, 595.0, "iso_a5_148x210mm"),
            (595.0, 792.0, "custom_210x279mm"),
            (288.0, 432.0, "custom_102x152mm"),
            (499.0, 709.0, "iso_b5_176x250mm"),
            (516.0, 729.0, "jis_b5_182x257mm"),
        ] {
            assert_eq!(Paper::from_points(width, height).map(|paper| paper.name()).as_deref(), Some(name));
        }
        assert_eq!(Paper::from_points(0.0, 792.0), None);
        assert_eq!(Paper::from_points(f64::NAN, 792.0), None);
        assert_eq!(Paper::from_points(f64::INFINITY, 792.0), None);
    }

    #[test]
    fn names_mean_papers() {
        for (said, name) in [
            ("A4", "iso_a4_210x297mm"),
            ("letter", "na_letter_8.5x11in"),
            ("JIS-B5", "jis_b5_182x257mm"),
            ("11x17", "na_ledger_11x17in"),
            ("Tabloid", "na_ledger_11x17in"),
            ("COM10", "na_number-10_4.125x9.5in"),
            ("ENV_DL", "iso_dl_110x220mm"),
            ("na_index-4x6_4x6in", "na_index-4x6_4x6in"),
            ("A4.Transverse", "iso_a4_210x297mm"),
            ("LetterSmall", "na_letter_8.5x11in"),
            ("A4R", "iso_a4_210x297mm"),
        ] {
            assert_eq!(
                Paper::from_common_name(said).map(|paper| paper.name()).as_deref(),
                Some(name),
                "{said}"
            );
        }
        assert_eq!(Paper::from_common_name("somewhere"), None);
        assert_eq!(
            Paper::from_pwg_name("custom_foo_100x200mm").map(|paper| paper.name()).as_deref(),
            Some("custom_100x200mm")
        );
        assert_eq!(
            Paper::from_pwg_name("custom_8.5x11in_8.5x11in").map(|paper| paper.name()).as_deref(),
            Some("na_letter_8.5x11in")
        );
    }
}
