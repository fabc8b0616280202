//! The popular periods at whose end a temporary card or code ends (guide, "ID code").

use jiff::{ToSpan as _, Zoned};

use crate::time::Timestamp;

/// A popular period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Period {
    /// Today.
    Today,
    /// Today and tomorrow.
    Tomorrow,
    /// Until Sunday at midnight.
    Week,
    /// Until the last day of the month at midnight.
    Month,
}

impl Period {
    /// Every period with its word.
    pub const ALL: [(&'static str, Self); 4] =
        [("today", Self::Today), ("tomorrow", Self::Tomorrow), ("week", Self::Week), ("month", Self::Month)];

    /// The period of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(known, period)| (known == word).then_some(period))
    }

    /// The midnight, of the time zone of `now`, at which it ends; `None` at the end of the calendar.
    pub fn end(self, now: &Zoned) -> Option<Timestamp> {
        let days = match self {
            Self::Today => 1,
            Self::Tomorrow => 2,
            Self::Week => i64::from(8 - now.weekday().to_monday_one_offset()),
            Self::Month => i64::from(now.days_in_month() - now.day()) + 1,
        };
        // Days of the calendar, not of 24 hours: some have 23 or 25.
        let end = now.start_of_day().and_then(|today| today.checked_add(days.days())).ok()?;
        Some(Timestamp(end.timestamp().as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usr_2_popular_periods_end_at_a_local_midnight_also_when_the_clock_changes() {
        // 2026-10-25 has 25 hours in Berlin, 2026-03-29 has 23.
        let rows = [
            ("2026-11-18T10:00[Europe/Berlin]", "today", "2026-11-18T23:00:00Z"),
            ("2026-11-18T10:00[Europe/Berlin]", "tomorrow", "2026-11-19T23:00:00Z"),
            ("2026-11-18T10:00[Europe/Berlin]", "week", "2026-11-22T23:00:00Z"),
            ("2026-11-22T10:00[Europe/Berlin]", "week", "2026-11-22T23:00:00Z"),
            ("2026-02-10T10:00[Europe/Berlin]", "month", "2026-02-28T23:00:00Z"),
            ("2026-10-24T10:00[Europe/Berlin]", "tomorrow", "2026-10-25T23:00:00Z"),
            ("2026-10-25T01:30[Europe/Berlin]", "today", "2026-10-25T23:00:00Z"),
            ("2026-03-28T10:00[Europe/Berlin]", "tomorrow", "2026-03-29T22:00:00Z"),
        ];
        for (now, word, expected) in rows {
            let now: Zoned = now.parse().unwrap();
            let expected: jiff::Timestamp = expected.parse().unwrap();
            let end = Period::parse(word).unwrap().end(&now).unwrap();
            assert_eq!(end.0, expected.as_microsecond(), "{now} {word}");
        }
        assert_eq!(Period::parse("year"), None);
    }
}
