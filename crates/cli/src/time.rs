//! Instants: microseconds since the epoch inside, RFC 3339 or local time outside.

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// An instant for scripts: RFC 3339 in UTC with microseconds; `None` for "never".
pub fn rfc3339(us: i64) -> Option<String> {
    if us == 0 {
        return None;
    }
    Timestamp::from_microsecond(us).ok().map(|instant| format!("{instant:.6}"))
}

/// An instant for people: local date and time to the second; "-" for "never".
pub fn local(us: i64) -> String {
    match Timestamp::from_microsecond(us) {
        Ok(instant) if us != 0 => {
            instant.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
        }
        _ => "-".to_owned(),
    }
}

/// Which end of a period a text names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Edge {
    /// A bare date means its first instant.
    From,
    /// A bare date means its end: the first instant of the next day, so that the day is inside.
    To,
}

/// Reads an instant a person wrote: `2026-11-21` (local day), `2026-11-21T08:30[:00]` (local time), or
/// RFC 3339 with an offset or `Z`. Returns microseconds since the epoch.
///
/// # Errors
/// A sentence for people.
pub fn parse(text: &str, edge: Edge, zone: &TimeZone) -> Result<i64, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.as_microsecond());
    }
    let local = match text.parse::<civil::Date>() {
        Ok(date) if !text.contains(['T', 't', ' ']) => match edge {
            Edge::From => date.to_datetime(civil::Time::midnight()),
            Edge::To => date
                .checked_add(1.day())
                .map_err(|_| format!("'{text}' is beyond the calendar"))?
                .to_datetime(civil::Time::midnight()),
        },
        _ => text.parse::<civil::DateTime>().map_err(|_| {
            format!("'{text}' is no date: write 2026-11-21, 2026-11-21T08:30 or 2026-11-21T08:30:00Z")
        })?,
    };
    let zoned =
        local.to_zoned(zone.clone()).map_err(|_| format!("'{text}' does not exist in this time zone"))?;
    Ok(zoned.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_day_is_inside_its_period() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let table = [
            ("2026-11-21", Edge::From, "2026-11-20T23:00:00.000000Z"),
            ("2026-11-21", Edge::To, "2026-11-21T23:00:00.000000Z"),
            ("2026-11-21T08:30", Edge::From, "2026-11-21T07:30:00.000000Z"),
            ("2026-11-21T08:30", Edge::To, "2026-11-21T07:30:00.000000Z"),
            ("2026-11-21T08:30:00.5Z", Edge::To, "2026-11-21T08:30:00.500000Z"),
            ("2026-11-21T08:30:00+02:00", Edge::From, "2026-11-21T06:30:00.000000Z"),
        ];
        for (text, edge, expected) in table {
            let us = parse(text, edge, &zone).unwrap();
            assert_eq!(rfc3339(us).as_deref(), Some(expected), "{text} {edge:?}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused_with_an_example() {
        for text in ["", "yesterday", "2026-13-01", "21.11.2026", "2026-02-30"] {
            assert!(parse(text, Edge::From, &TimeZone::UTC).unwrap_err().contains("2026-11-21"), "{text}");
        }
    }

    #[test]
    fn zero_is_never() {
        assert_eq!(rfc3339(0), None);
        assert_eq!(local(0), "-");
    }
}
