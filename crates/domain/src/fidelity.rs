//! Whether a document suits a device: the driver it was made with, against the device's list of drivers
//! (guide, "Printer driver and document fidelity considerations", PDL-4).

use std::collections::HashSet;

use crate::text::{TextError, fold};

/// Longest name of a driver, characters.
pub const NAME_MAX: usize = 255;

/// Most drivers a device's list has.
pub const DEVICE_DRIVERS_MAX: usize = 1_000;

/// Most drivers that are learnt from documents: what stands in print data is up to whoever sends it.
pub const LEARNT_MAX: usize = 2_000;

/// The entry of a device's list that stands for documents that name no driver, as those of phones.
pub const WITHOUT_DRIVER: &str = "(none)";

/// What is made of documents that do not suit (guide, "Devices").
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Check {
    /// Nothing: all documents can be collected ("No fidelity check").
    #[default]
    Off,
    /// They are marked with a question mark, and can be collected ("Show fidelity warning").
    Warn,
    /// They cannot be collected, nor are they shown ("Filter document list").
    Filter,
}

impl Check {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Off, Self::Warn, Self::Filter];

    /// The word as stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Filter => "filter",
        }
    }

    /// Reads what [`Check::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.as_str() == text)
    }
}

/// The name of a driver.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DriverName(String);

impl DriverName {
    /// A name as an administrator types it.
    ///
    /// # Errors
    /// [`TextError`] with the first rule broken.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let name = crate::text::free("driver name", text, NAME_MAX)?;
        if name.is_empty() { Err(TextError::Empty { what: "driver name" }) } else { Ok(Self(name)) }
    }

    /// The name as print data tells it; `None` when it tells none.
    pub fn of_data(text: &str) -> Option<Self> {
        let name = crate::text::shorten(text, NAME_MAX).trim().to_owned();
        (!name.is_empty()).then_some(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For comparing: without regard to case and to how many spaces are between two words.
    pub fn key(&self) -> String {
        fold(&self.0.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

impl std::fmt::Display for DriverName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a device has said about it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fidelity {
    /// What is made of documents that do not suit.
    pub check: Check,
    /// Keys of the drivers that do.
    drivers: HashSet<String>,
}

/// What a device makes of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It suits, or nobody asks.
    Suits,
    /// It is shown with a question mark.
    Doubtful,
    /// It cannot be collected there.
    Filtered,
}

impl Fidelity {
    /// A check against these drivers.
    pub fn new<'a>(check: Check, drivers: impl IntoIterator<Item = &'a DriverName>) -> Self {
        Self { check, drivers: drivers.into_iter().map(DriverName::key).collect() }
    }

    /// What becomes of a document of this driver. `known` is false while its data has not been read to the end: what
    /// cannot be compared does not match.
    pub fn judge(&self, driver: &str, known: bool) -> Verdict {
        let suits = || match DriverName::of_data(driver) {
            Some(name) => self.drivers.contains(&name.key()),
            None => known && self.drivers.contains(WITHOUT_DRIVER),
        };
        match self.check {
            Check::Off => Verdict::Suits,
            _ if suits() => Verdict::Suits,
            Check::Warn => Verdict::Doubtful,
            Check::Filter => Verdict::Filtered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(check: Check, names: &[&str]) -> Fidelity {
        let names: Vec<_> = names.iter().map(|name| DriverName::parse(name).unwrap()).collect();
        Fidelity::new(check, &names)
    }

    #[test]
    fn pdl_4_names_are_compared_whole_without_regard_to_case_and_spaces() {
        let device = list(Check::Warn, &["HP Universal Printing PCL 6", "KX  Driver"]);
        for (driver, expected) in [
            ("HP Universal Printing PCL 6", Verdict::Suits),
            (" hp universal  printing pcl 6\0", Verdict::Suits),
            ("kx driver", Verdict::Suits),
            ("HP Universal Printing PCL 6 (v6.3)", Verdict::Doubtful),
            ("HP Universal", Verdict::Doubtful),
            ("", Verdict::Doubtful),
        ] {
            assert_eq!(device.judge(driver, true), expected, "{driver}");
        }
    }

    #[test]
    fn pdl_4_no_check_a_question_mark_or_not_shown() {
        let rows = [
            (Check::Off, &[][..], "X", Verdict::Suits),
            (Check::Warn, &[], "X", Verdict::Doubtful),
            (Check::Filter, &[], "X", Verdict::Filtered),
            (Check::Filter, &["X"], "x", Verdict::Suits),
        ];
        for (check, names, driver, expected) in rows {
            assert_eq!(list(check, names).judge(driver, true), expected, "{check:?} {names:?}");
            assert_eq!(Check::parse(check.as_str()), Some(check));
        }
    }

    #[test]
    fn pdl_4_documents_without_a_driver_have_an_entry_of_their_own() {
        let device = list(Check::Filter, &[WITHOUT_DRIVER]);
        assert_eq!(device.judge("", true), Verdict::Suits);
        assert_eq!(device.judge("", false), Verdict::Filtered, "its data may name one yet");
        assert_eq!(device.judge("X", true), Verdict::Filtered);
        assert_eq!(list(Check::Filter, &["X"]).judge("", true), Verdict::Filtered);
    }

    #[test]
    fn what_is_no_name() {
        assert!(DriverName::parse("  ").is_err() && DriverName::parse("a\nb").is_err());
        assert!(DriverName::parse(&"x".repeat(NAME_MAX + 1)).is_err());
        assert_eq!(DriverName::of_data("\0 "), None);
        assert_eq!(DriverName::of_data(&"x".repeat(300)).unwrap().as_str().len(), NAME_MAX);
    }
}
