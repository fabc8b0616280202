//! When something is done again and again: on chosen weekdays at a time, or from that time of the day on at an interval.
//!
//! Times are those of the clock on the wall, intervals those of the clock that never jumps: where summer time takes an hour, a
//! time in it is an hour later; where an hour comes twice, nothing is done twice.

use jiff::civil::{Time, Weekday};
use jiff::{Timestamp, ToSpan, Zoned};

pub use jiff::tz::TimeZone;

/// Days that are looked at for the next time: a week, and the day on which it began.
const DAYS: i64 = 8;

/// A checked schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    days: Vec<Weekday>,
    at: Time,
    /// `None`: once a day.
    every_s: Option<u32>,
    zone: TimeZone,
}

/// Why a schedule is none: which part of it, and what it should look like.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ScheduleError {
    /// The time of day.
    #[error("the time must look like 02:00, not '{0}'")]
    Time(String),
    /// A weekday.
    #[error("'{0}' is none of mon tue wed thu fri sat sun")]
    Day(String),
}

impl Schedule {
    /// `days` are the first three letters of weekdays, none means every day; `every_s` seconds lie between two times of a day, the
    /// first of which is `at`, and 0 means once a day.
    ///
    /// # Errors
    /// See [`ScheduleError`].
    pub fn parse<'a>(
        days: impl IntoIterator<Item = &'a str>,
        at: &str,
        every_s: u32,
        zone: TimeZone,
    ) -> Result<Self, ScheduleError> {
        let at = Time::strptime("%H:%M", at).map_err(|_| ScheduleError::Time(at.to_owned()))?;
        let days = days
            .into_iter()
            .map(|day| weekday(day).ok_or_else(|| ScheduleError::Day(day.to_owned())))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { days, at, every_s: (every_s > 0).then_some(every_s), zone })
    }

    /// The first time after `now_us`, microseconds; `None` when the calendar ends before.
    pub fn next(&self, now_us: i64) -> Option<i64> {
        let now = Timestamp::from_microsecond(now_us).ok()?.to_zoned(self.zone.clone());
        (0..DAYS).find_map(|day| {
            let date = now.date().checked_add(day.days()).ok()?;
            if !self.days.is_empty() && !self.days.contains(&date.weekday()) {
                return None;
            }
            let mut instant = date.to_datetime(self.at).to_zoned(self.zone.clone()).ok()?;
            while instant.date() == date {
                if instant > now {
                    return Some(microseconds(&instant));
                }
                instant = instant.checked_add(i64::from(self.every_s?).seconds()).ok()?;
            }
            None
        })
    }

    /// Whether it is time at `now_us` for something that was last done at `last_us` (`None`: never). However many times went by
    /// meanwhile, it is done once; a clock that was set back does not do it again. A last time that lies more than a day ahead was
    /// told by a clock that was wrong, and counts for nothing.
    pub fn is_due(&self, last_us: Option<i64>, now_us: i64) -> bool {
        match last_us {
            Some(last) if last <= now_us.saturating_add(DAY_US) => {
                self.next(last).is_some_and(|next| next <= now_us)
            }
            Some(_) | None => true,
        }
    }
}

/// 24 hours.
const DAY_US: i64 = 86_400_000_000;

fn microseconds(instant: &Zoned) -> i64 {
    instant.timestamp().as_microsecond()
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name.to_ascii_lowercase().as_str() {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn micros(local: &str) -> i64 {
        let zoned: Zoned = format!("{local}[Europe/Berlin]").parse().unwrap();
        zoned.timestamp().as_microsecond()
    }

    fn next(days: &[&str], at: &str, every_s: u32, now: &str) -> Option<String> {
        let schedule = Schedule::parse(days.iter().copied(), at, every_s, zone()).unwrap();
        let next = Timestamp::from_microsecond(schedule.next(micros(now))?).unwrap();
        Some(next.to_zoned(zone()).strftime("%Y-%m-%d %H:%M").to_string())
    }

    /// Days, time, interval in seconds, now, and what comes next.
    type Line = (&'static [&'static str], &'static str, u32, &'static str, &'static str);

    #[test]
    fn the_next_time_is_after_now_and_on_a_chosen_day() {
        // 2026-11-21 is a Saturday.
        let table: [Line; 11] = [
            (&[], "02:00", 0, "2026-11-21T10:00", "2026-11-22 02:00"),
            (&[], "02:00", 0, "2026-11-21T01:59", "2026-11-21 02:00"),
            (&[], "02:00", 0, "2026-11-21T02:00", "2026-11-22 02:00"),
            (&[], "02:00", 86_400, "2026-11-21T10:00", "2026-11-22 02:00"),
            (&["Mon"], "02:00", 0, "2026-11-21T10:00", "2026-11-23 02:00"),
            (&["sat"], "02:00", 0, "2026-11-21T02:00", "2026-11-28 02:00"),
            (&[], "22:00", 3_600, "2026-11-21T22:30", "2026-11-21 23:00"),
            (&[], "22:00", 3_600, "2026-11-21T23:30", "2026-11-22 22:00"),
            (&[], "00:00", 7_200, "2026-11-21T23:30", "2026-11-22 00:00"),
            (&["fri", "sat"], "00:00", 7_200, "2026-11-21T23:30", "2026-11-27 00:00"),
            // 02:30 does not exist on the day summer time begins: it is an hour later.
            (&[], "02:30", 0, "2026-03-29T00:00", "2026-03-29 03:30"),
        ];
        for (days, at, every_s, now, expected) in table {
            assert_eq!(
                next(days, at, every_s, now).as_deref(),
                Some(expected),
                "{days:?} {at} {every_s} {now}"
            );
        }
    }

    #[test]
    fn ops_7_each_time_is_done_once_whatever_the_clock_does() {
        let nightly = Schedule::parse([], "02:30", 0, zone()).unwrap();
        let often = Schedule::parse([], "00:00", 600, zone()).unwrap();
        let rows = [
            ("never done", &nightly, None, "2026-11-21T10:00", true),
            ("done today", &nightly, Some("2026-11-21T02:30"), "2026-11-22T02:29", false),
            ("its time has come", &nightly, Some("2026-11-21T02:30"), "2026-11-22T02:30", true),
            ("three nights were missed", &nightly, Some("2026-11-21T02:30"), "2026-11-24T10:00", true),
            ("they are done once", &nightly, Some("2026-11-24T10:00"), "2026-11-24T10:01", false),
            ("the clock was set back", &nightly, Some("2026-11-22T02:30"), "2026-11-21T20:00", false),
            ("and shows that time again", &nightly, Some("2026-11-22T02:30"), "2026-11-22T02:30", false),
            ("the clock had been a year ahead", &nightly, Some("2027-11-22T02:30"), "2026-11-22T02:30", true),
            // On 2026-10-25 the hour from two to three comes twice.
            (
                "half past two comes again",
                &nightly,
                Some("2026-10-25T02:30+02:00"),
                "2026-10-25T02:31+01:00",
                false,
            ),
            (
                "not before the next night",
                &nightly,
                Some("2026-10-25T02:30+02:00"),
                "2026-10-26T02:30+01:00",
                true,
            ),
            (
                "every ten minutes goes on",
                &often,
                Some("2026-10-25T02:50+02:00"),
                "2026-10-25T02:00+01:00",
                true,
            ),
            (
                "ten minutes are ten minutes",
                &often,
                Some("2026-10-25T02:00+01:00"),
                "2026-10-25T02:09+01:00",
                false,
            ),
            // On 2026-03-29 there is no hour from two to three.
            (
                "half past two is left out",
                &nightly,
                Some("2026-03-28T02:30+01:00"),
                "2026-03-29T03:29+02:00",
                false,
            ),
            (
                "and done an hour later",
                &nightly,
                Some("2026-03-28T02:30+01:00"),
                "2026-03-29T03:30+02:00",
                true,
            ),
            ("once", &nightly, Some("2026-03-29T03:30+02:00"), "2026-03-29T04:00+02:00", false),
        ];
        for (what, schedule, last, now, expected) in rows {
            assert_eq!(schedule.is_due(last.map(micros), micros(now)), expected, "{what}");
        }
    }

    #[test]
    fn ops_7_in_a_year_each_time_is_done_once() {
        // Whoever looks every ten minutes, with a restart between any two, does something every two hours 4,380 times a year.
        let schedule = Schedule::parse([], "00:00", 7_200, zone()).unwrap();
        let (mut now, end) = (micros("2026-01-01T00:00"), micros("2027-01-01T00:00"));
        let (mut last, mut done) = (Some(now - 600_000_000), Vec::new());
        while now < end {
            if schedule.is_due(last, now) {
                last = Some(now);
                done.push(now);
            }
            now += 600_000_000;
        }
        // The day of 23 hours has a time less, or the one of 25 hours a time more, than the others.
        assert!((4_379..=4_381).contains(&done.len()), "{}", done.len());
        assert!(done.windows(2).all(|pair| pair[1] - pair[0] >= 3_600_000_000), "no two close together");
    }

    #[test]
    fn what_is_no_schedule_is_told() {
        let parse = |days: &[&str], at: &str| {
            Schedule::parse(days.iter().copied(), at, 0, TimeZone::UTC).unwrap_err()
        };
        assert_eq!(parse(&[], "25:00"), ScheduleError::Time("25:00".to_owned()));
        assert_eq!(parse(&["mon", "someday"], "02:00"), ScheduleError::Day("someday".to_owned()));
    }
}
