//! How often a schedule is due, and its text form: `once`, `daily`, `weekly mon,wed`, `monthly 1`,
//! `monthly first-mon jan,feb`, `monthly last`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Weekday};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// How often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Frequency {
    /// One time only.
    Once,
    /// Every day.
    Daily,
    /// On these days of every week.
    Weekly(Days),
    /// On one day of these months.
    Monthly(MonthDay, Months),
}

/// A text that is no frequency.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FrequencyError {
    /// Not one of the four words, or something after it that does not belong there.
    #[error("'{0}' is no frequency: write once, daily, weekly DAYS, or monthly DAY [MONTHS]")]
    Malformed(String),
    /// No weekday.
    #[error("'{0}' is none of mon tue wed thu fri sat sun")]
    Weekday(String),
    /// No day of a month.
    #[error(
        "'{0}' is no day of a month: write 1 to 31, last, or first, second, third, fourth or last with a weekday, like first-mon"
    )]
    MonthDay(String),
    /// No month.
    #[error("'{0}' is none of jan feb mar apr may jun jul aug sep oct nov dec")]
    Month(String),
}

impl fmt::Display for Frequency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once => formatter.write_str("once"),
            Self::Daily => formatter.write_str("daily"),
            Self::Weekly(days) => write!(formatter, "weekly {days}"),
            Self::Monthly(on, months) if *months == Months::ALL => write!(formatter, "monthly {on}"),
            Self::Monthly(on, months) => write!(formatter, "monthly {on} {months}"),
        }
    }
}

impl FromStr for Frequency {
    type Err = FrequencyError;

    fn from_str(text: &str) -> Result<Self, FrequencyError> {
        let lower = text.trim().to_ascii_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        match words.as_slice() {
            ["once"] => Ok(Self::Once),
            ["daily"] => Ok(Self::Daily),
            ["weekly", days] => Ok(Self::Weekly(days.parse()?)),
            ["monthly", on] => Ok(Self::Monthly(on.parse()?, Months::ALL)),
            ["monthly", on, months] => Ok(Self::Monthly(on.parse()?, months.parse()?)),
            _ => Err(FrequencyError::Malformed(crate::text::shorten(text, 80))),
        }
    }
}

/// Days of a week, at least one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Days(u8);

impl Days {
    /// Whether it is one of them.
    pub fn has(self, day: Weekday) -> bool {
        self.0 & bit(day) != 0
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

impl fmt::Display for Days {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> =
            WEEKDAYS.iter().filter(|(_, day)| self.has(*day)).map(|(name, _)| *name).collect();
        formatter.write_str(&names.join(","))
    }
}

impl FromStr for Days {
    type Err = FrequencyError;

    fn from_str(text: &str) -> Result<Self, FrequencyError> {
        text.split(',').try_fold(0, |days, name| Ok(days | bit(weekday(name)?))).map(Self)
    }
}

fn weekday(name: &str) -> Result<Weekday, FrequencyError> {
    let found = WEEKDAYS.iter().find(|(known, _)| *known == name).map(|(_, day)| *day);
    found.ok_or_else(|| FrequencyError::Weekday(crate::text::shorten(name, 80)))
}

/// Months of a year, at least one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Months(u16);

impl Months {
    /// All of them.
    pub const ALL: Self = Self(0xFFF);

    /// Whether it is one of them; 1 is January.
    pub fn has(self, month: i8) -> bool {
        self.0 & (1 << (month - 1)) != 0
    }
}

impl fmt::Display for Months {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> =
            MONTHS.iter().zip(0..).filter(|(_, at)| self.0 & (1 << at) != 0).map(|(name, _)| *name).collect();
        formatter.write_str(&names.join(","))
    }
}

impl FromStr for Months {
    type Err = FrequencyError;

    fn from_str(text: &str) -> Result<Self, FrequencyError> {
        let months = text.split(',').try_fold(0, |months, name| {
            let at = MONTHS.iter().position(|known| *known == name);
            let at = at.ok_or_else(|| FrequencyError::Month(crate::text::shorten(name, 80)))?;
            Ok(months | 1 << at)
        });
        months.map(Self)
    }
}

/// Which weekday of a month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nth {
    /// 1 to 4.
    At(i8),
    /// The last one.
    Last,
}

const NTHS: [(&str, Nth); 5] = [
    ("first", Nth::At(1)),
    ("second", Nth::At(2)),
    ("third", Nth::At(3)),
    ("fourth", Nth::At(4)),
    ("last", Nth::Last),
];

/// A day of a month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MonthDay {
    /// 1 to 31. A month that has no such day has its last day instead, so that nobody misses a month; 31 is "last".
    Day(i8),
    /// The first Monday and the like.
    Weekday(Nth, Weekday),
}

impl MonthDay {
    /// The day in the month that begins with `month`.
    pub fn of(self, month: Date) -> Option<Date> {
        match self {
            Self::Day(day) => month.with().day(day.min(month.days_in_month())).build().ok(),
            Self::Weekday(Nth::At(nth), day) => month.nth_weekday_of_month(nth, day).ok(),
            Self::Weekday(Nth::Last, day) => month.nth_weekday_of_month(-1, day).ok(),
        }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(31) => formatter.write_str("last"),
            Self::Day(day) => write!(formatter, "{day}"),
            Self::Weekday(nth, day) => {
                let nth = NTHS.iter().find(|(_, known)| known == nth).map_or("last", |(name, _)| *name);
                let day = WEEKDAYS.iter().find(|(_, known)| known == day).map_or("mon", |(name, _)| *name);
                write!(formatter, "{nth}-{day}")
            }
        }
    }
}

impl FromStr for MonthDay {
    type Err = FrequencyError;

    fn from_str(text: &str) -> Result<Self, FrequencyError> {
        let wrong = || FrequencyError::MonthDay(crate::text::shorten(text, 80));
        if text == "last" {
            return Ok(Self::Day(31));
        }
        if let Some((nth, day)) = text.split_once('-') {
            let nth = NTHS.iter().find(|(name, _)| *name == nth).map(|(_, nth)| *nth).ok_or_else(wrong)?;
            return Ok(Self::Weekday(nth, weekday(day)?));
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let day = digits.then(|| text.parse::<i8>().ok()).flatten();
        day.filter(|day| (1..=31).contains(day)).map(Self::Day).ok_or_else(wrong)
    }
}
