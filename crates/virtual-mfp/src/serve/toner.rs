//! Four toners that empty with what is printed, and are filled again when they are empty: nobody looks after a simulated
//! printer. What is left is told in impressions, each a page of five percent coverage.

use super::counts::Counts;

/// Impressions that a toner lasts.
pub(super) const IMPRESSIONS: i32 = 20_000;

/// One toner.
pub(super) struct Toner {
    /// Its colour, as standards name it.
    pub(super) color: &'static str,
    /// For people.
    pub(super) name: &'static str,
    /// Impressions that are left.
    pub(super) left: i32,
}

/// The toners of a printer that has printed so much.
pub(super) fn toners(counts: Counts) -> [Toner; 4] {
    let toner = |color, name, used| Toner { color, name, left: left(IMPRESSIONS, used) };
    [
        toner("black", "Black toner", counts.impressions),
        toner("cyan", "Cyan toner", counts.color),
        toner("magenta", "Magenta toner", counts.color),
        toner("yellow", "Yellow toner", counts.color),
    ]
}

/// What is left of a supply that is replaced whenever it is empty.
pub(super) fn left(capacity: i32, used: u64) -> i32 {
    let capacity = i64::from(capacity);
    let used = i64::try_from(used % capacity.unsigned_abs()).unwrap_or(0);
    i32::try_from(capacity - used).unwrap_or(0)
}
