//! When a primary collects: on chosen weekdays at a time, or from that time on at an interval (guide, "Configure
//! SafeCom primary server").

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// Intervals there are, minutes; the last is once a day.
pub(crate) const INTERVALS_M: [u32; 11] = [10, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1_440];

/// Days that are looked at for the next time: a week, and the day on which it began.
const DAYS: i64 = 8;

/// A checked schedule.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    days: Vec<Weekday>,
    at: Time,
    /// `None`: only when asked.
    every_m: Option<u32>,
    zone: TimeZone,
}

impl Schedule {
    /// Checks what the configuration says; `every_m` 0 means only when asked, no days mean every day.
    ///
    /// # Errors
    /// One sentence that names the key at fault.
    pub(crate) fn parse(days: &[String], at: &str, every_m: u32, zone: TimeZone) -> Result<Self, String> {
        let at =
            Time::strptime("%H:%M", at).map_err(|_| format!("collect_at must look like 02:00, not {at}"))?;
        let days = days
            .iter()
            .map(|day| {
                weekday(day)
                    .ok_or_else(|| format!("collect_days: '{day}' is none of mon tue wed thu fri sat sun"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let every_m = match every_m {
            0 => None,
            minutes if INTERVALS_M.contains(&minutes) => Some(minutes),
            other => return Err(format!("collect_every_m must be 0 or one of {INTERVALS_M:?}, not {other}")),
        };
        Ok(Self { days, at, every_m, zone })
    }

    /// The first time after `now_us`, microseconds; `None` when it collects only when asked.
    pub(crate) fn next(&self, now_us: i64) -> Option<i64> {
        let every_m = self.every_m?;
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
                instant = instant.checked_add(i64::from(every_m).minutes()).ok()?;
            }
            None
        })
    }
}

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

    fn next(days: &[&str], at: &str, every_m: u32, now: &str) -> Option<String> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let days: Vec<String> = days.iter().map(|&day| day.to_owned()).collect();
        let schedule = Schedule::parse(&days, at, every_m, zone.clone()).unwrap();
        let now: Zoned = format!("{now}[Europe/Berlin]").parse().unwrap();
        let next = schedule.next(now.timestamp().as_microsecond())?;
        Some(Timestamp::from_microsecond(next).unwrap().to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string())
    }

    /// Days, time, interval, now, and what comes next.
    type Line = (&'static [&'static str], &'static str, u32, &'static str, Option<&'static str>);

    #[test]
    fn the_next_time_is_after_now_and_on_a_chosen_day() {
        // 2026-11-21 is a Saturday.
        let table: [Line; 8] = [
            (&[], "02:00", 0, "2026-11-21T10:00", None),
            (&[], "02:00", 1_440, "2026-11-21T10:00", Some("2026-11-22 02:00")),
            (&[], "02:00", 1_440, "2026-11-21T01:59", Some("2026-11-21 02:00")),
            (&[], "02:00", 1_440, "2026-11-21T02:00", Some("2026-11-22 02:00")),
            (&["Mon"], "02:00", 1_440, "2026-11-21T10:00", Some("2026-11-23 02:00")),
            (&["sat"], "02:00", 1_440, "2026-11-21T02:00", Some("2026-11-28 02:00")),
            (&[], "22:00", 60, "2026-11-21T22:30", Some("2026-11-21 23:00")),
            (&[], "22:00", 60, "2026-11-21T23:30", Some("2026-11-22 22:00")),
        ];
        for (days, at, every_m, now, expected) in table {
            assert_eq!(next(days, at, every_m, now).as_deref(), expected, "{days:?} {at} {every_m} {now}");
        }
        // 02:30 does not exist on the day summer time begins: it is an hour later.
        assert_eq!(next(&[], "02:30", 1_440, "2026-03-29T00:00").as_deref(), Some("2026-03-29 03:30"));
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_its_key() {
        let parse = |days: &[&str], at: &str, every_m| {
            let days: Vec<String> = days.iter().map(|&day| day.to_owned()).collect();
            Schedule::parse(&days, at, every_m, TimeZone::UTC).unwrap_err()
        };
        assert!(parse(&[], "25:00", 10).contains("collect_at"));
        assert!(parse(&["someday"], "02:00", 10).contains("collect_days"));
        assert!(parse(&[], "02:00", 15).contains("collect_every_m"));
    }
}
