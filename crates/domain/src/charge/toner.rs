//! Toner that a document took, from what was left before and after it (guide, "Post track", `TonerCyan` and its sisters).
//!
//! A tracking record has the mean coverage of a page in hundredths of a percent. Devices tell what is left of a toner; where
//! they tell it in impressions, these are pages of five percent coverage, as yields are rated (ISO/IEC 19752 and 19798). What
//! is left in percent or grams says nothing of one document.

/// Coverage of a page by which the impressions of a toner are rated, hundredths of a percent.
pub const RATED_COVERAGE: u64 = 500;
/// A page that is covered all over.
const COVERAGE_MAX: u64 = 10_000;

/// The four toners of a record, in its order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Colorant {
    /// Cyan.
    Cyan,
    /// Magenta.
    Magenta,
    /// Yellow.
    Yellow,
    /// Black.
    Black,
}

impl Colorant {
    /// Every toner, in the order of a record.
    pub const ALL: [Self; 4] = [Self::Cyan, Self::Magenta, Self::Yellow, Self::Black];

    /// Reads `prtMarkerColorantValue` (RFC 3805) or `colorantname` (PWG 5100.13); other colours are `None`.
    pub fn parse(name: &str) -> Option<Self> {
        let names = ["cyan", "magenta", "yellow", "black"];
        let place = names.iter().position(|known| known.eq_ignore_ascii_case(name.trim()))?;
        Some(Self::ALL[place])
    }
}

/// Impressions left of each toner, of all its cartridges; `None` where the device does not tell.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Levels([Option<u64>; 4]);

impl Levels {
    /// Adds a cartridge. A level below zero means that the device does not know (RFC 3805, `prtMarkerSuppliesLevel`).
    pub fn add(&mut self, colorant: Colorant, level: i64) {
        if let Ok(level) = u64::try_from(level) {
            let sum = &mut self.0[colorant as usize];
            *sum = Some(sum.unwrap_or(0).saturating_add(level));
        }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// What was used between this and `after`; `None` when nothing is known. A toner of which there is more than before was
    /// changed meanwhile, and counts as not used.
    pub fn used(&self, after: &Self) -> Option<Used> {
        let mut used = Used([0; 4]);
        let mut known = false;
        for (sum, (before, after)) in used.0.iter_mut().zip(self.0.into_iter().zip(after.0)) {
            if let (Some(before), Some(after)) = (before, after) {
                *sum = before.saturating_sub(after);
                known = true;
            }
        }
        known.then_some(used)
    }
}

/// Toner that was used, in impressions at [`RATED_COVERAGE`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Used([u64; 4]);

impl Used {
    /// The mean coverage of so many printed pages, in hundredths of a percent; nothing where no page came out.
    pub fn coverage(self, pages: u64) -> [u16; 4] {
        self.0.map(|used| {
            if pages == 0 {
                return 0;
            }
            let coverage = used.saturating_mul(RATED_COVERAGE).saturating_add(pages / 2) / pages;
            u16::try_from(coverage.min(COVERAGE_MAX)).unwrap_or(u16::MAX)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(of: [Option<i64>; 4]) -> Levels {
        let mut levels = Levels::default();
        for (colorant, level) in Colorant::ALL.into_iter().zip(of) {
            if let Some(level) = level {
                levels.add(colorant, level);
            }
        }
        levels
    }

    /// TRK-4: "a toner coverage of 2.5% is recorded as 250".
    #[test]
    fn what_was_used_becomes_coverage() {
        let before = levels([Some(1_000), Some(1_000), Some(10), Some(20_000)]);
        let after = levels([Some(999), Some(1_000), Some(5_000), Some(19_995)]);
        let used = before.used(&after).unwrap();
        assert_eq!(used.coverage(10), [50, 0, 0, 250]);
        assert_eq!(used.coverage(5), [100, 0, 0, 500]);
        assert_eq!(used.coverage(0), [0; 4], "no page, no coverage");
        let poured = levels([None, None, None, Some(0)]);
        assert_eq!(before.used(&poured).unwrap().coverage(1), [0, 0, 0, 10_000], "never more than all of it");
    }

    #[test]
    fn what_a_device_does_not_know_is_not_used() {
        let known = levels([Some(5), None, None, None]);
        assert_eq!(levels([Some(-2), Some(-3), None, Some(-1)]), Levels::default());
        assert!(Levels::default().is_empty());
        assert_eq!(known.used(&Levels::default()), None);
        assert_eq!(Levels::default().used(&known), None);
        let mut two = known;
        two.add(Colorant::Cyan, 7);
        assert_eq!(two, levels([Some(12), None, None, None]), "two cartridges of one colour");
        two.add(Colorant::Cyan, i64::MAX);
        two.add(Colorant::Cyan, i64::MAX);
        two.add(Colorant::Cyan, i64::MAX);
        assert_eq!(two.used(&known).unwrap().coverage(u64::MAX), [1, 0, 0, 0]);
        assert_eq!(Colorant::parse(" Black"), Some(Colorant::Black));
        assert_eq!(Colorant::parse("red"), None);
    }
}
