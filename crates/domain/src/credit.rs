//! Credit schedules of groups (guide, "Credit schedule"): when a group's members get credits, how many, on which account.
//!
//! - [`Schedule`]: what is done, and [`When`]: the moments at which it is due.
//! - [`Frequency`]: once, daily, weekly or monthly, with its text form.
//! - [`transfer_id`]: makes each member's part of each moment one movement, however often it is tried.

mod frequency;
#[cfg(test)]
mod tests;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};

use crate::ledger::{AMOUNT_MAX, Account, Request, TEXT_MAX, TransferId};
use crate::money::Money;
use crate::people::group::GroupId;
use crate::text::{TextError, free};
use crate::{Timestamp, UserId};

pub use frequency::{Days, Frequency, FrequencyError, MonthDay, Months, Nth};

/// Longest description of a schedule, characters.
pub const NAME_MAX: usize = 80;

/// Days that are looked at for the next moment of a daily or weekly schedule: a week, the day before it began (a moment
/// may belong to yesterday where the clock was moved), and the day after it.
const DAYS_AHEAD: i64 = 9;
/// Months that are looked at: a year, and the month in which it began, on both sides.
const MONTHS_AHEAD: i64 = 14;

/// What is done to the account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// The balance is set to the amount.
    Set,
    /// The amount is added.
    Add,
    /// The amount is subtracted; from whoever has less, nothing.
    Subtract,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Set, Self::Add, Self::Subtract];

    /// The word of the guide, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Add => "add",
            Self::Subtract => "subtract",
        }
    }

    /// Reads what [`Action::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// When a schedule is due, in the local time of the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct When {
    /// The first day, and the time of each day. A time that the change to summer time leaves out is an hour later; one that
    /// the change back has twice counts the first time.
    pub start: DateTime,
    /// The last day; `None` for no end.
    pub end: Option<Date>,
    /// How often.
    pub frequency: Frequency,
}

impl When {
    /// The first moment after `after`; `None` when there is none any more.
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let now = jiff::Timestamp::from_microsecond(after.0).ok()?.to_zoned(zone.clone());
        let first = now.date().checked_sub(1.day()).ok()?.max(self.start.date());
        match &self.frequency {
            Frequency::Once => self.moment(self.start.date(), &now),
            Frequency::Daily => (0..DAYS_AHEAD).find_map(|day| self.moment(later(first, day)?, &now)),
            Frequency::Weekly(days) => (0..DAYS_AHEAD)
                .filter_map(|day| later(first, day))
                .filter(|date| days.has(date.weekday()))
                .find_map(|date| self.moment(date, &now)),
            Frequency::Monthly(on, months) => (0..MONTHS_AHEAD)
                .filter_map(|month| first.first_of_month().checked_add(month.months()).ok())
                .filter(|month| months.has(month.month()))
                .filter_map(|month| on.of(month))
                .find_map(|date| self.moment(date, &now)),
        }
    }

    /// The moment on this day, when it is within the period and after `now`.
    fn moment(&self, date: Date, now: &Zoned) -> Option<Timestamp> {
        let within = date >= self.start.date() && self.end.is_none_or(|end| date <= end);
        let zoned = within
            .then(|| date.to_datetime(self.start.time()).to_zoned(now.time_zone().clone()))
            .and_then(Result::ok)?;
        (zoned > *now).then(|| Timestamp(zoned.timestamp().as_microsecond()))
    }
}

fn later(date: Date, days: i64) -> Option<Date> {
    date.checked_add(days.days()).ok()
}

/// A schedule as it is wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Schedule {
    /// The description, unique.
    pub name: String,
    /// Whose members.
    pub group: GroupId,
    /// Whether anything happens.
    pub enabled: bool,
    /// Which account.
    pub account: Account,
    /// What is done.
    pub action: Action,
    /// How much.
    pub amount: Money,
    /// What the statement says beside it.
    pub comment: String,
    /// When.
    pub when: When,
}

/// Why a schedule is not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ScheduleRefused {
    /// No description, or a bad one.
    #[error(transparent)]
    Name(#[from] TextError),
    /// Longer than a statement takes.
    #[error("the comment has at most {TEXT_MAX} bytes")]
    CommentTooLong,
    /// Zero or less added or subtracted, or less than zero set.
    #[error("an amount to add or subtract is above zero, one to set is zero or more")]
    AmountNotPositive,
    /// Beyond what an account holds.
    #[error("the amount is too large")]
    AmountTooLarge,
    /// The end is before the start.
    #[error("the end date is before the start date")]
    EndsBeforeStart,
    /// There is no moment at which it would run.
    #[error("the schedule would never run: no day of the period, from now on, is one it runs on")]
    Never,
}

impl Schedule {
    /// The schedule with its texts as they are stored, when it can be taken at `now`.
    ///
    /// # Errors
    /// The first reason in the order of [`ScheduleRefused`]. One that is not enabled may have no moment left.
    pub fn check(mut self, now: Timestamp, zone: &TimeZone) -> Result<Self, ScheduleRefused> {
        self.name = free("description of a schedule", &self.name, NAME_MAX)?;
        if self.name.is_empty() {
            return Err(TextError::Empty { what: "description of a schedule" }.into());
        }
        if self.comment.len() > TEXT_MAX {
            return Err(ScheduleRefused::CommentTooLong);
        }
        let least = if self.action == Action::Set { 0 } else { 1 };
        if self.amount.0 < least {
            return Err(ScheduleRefused::AmountNotPositive);
        }
        if self.amount > AMOUNT_MAX {
            return Err(ScheduleRefused::AmountTooLarge);
        }
        if self.when.end.is_some_and(|end| end < self.when.start.date()) {
            return Err(ScheduleRefused::EndsBeforeStart);
        }
        if self.enabled && self.when.next(now, zone).is_none() {
            return Err(ScheduleRefused::Never);
        }
        Ok(self)
    }

    /// What is asked of the books for each member.
    pub fn request(&self) -> Request {
        match self.action {
            Action::Set => Request::Set(self.account, self.amount),
            Action::Add => Request::Deposit(self.account, self.amount),
            Action::Subtract => Request::Withdraw(self.account, self.amount),
        }
    }
}

/// The id of one member's movement at one moment: the same whenever it is tried.
///
/// # Panics
/// Never: three numbers of 20 digits with the words between them fit.
pub fn transfer_id(schedule: i64, due: Timestamp, member: UserId) -> TransferId {
    // Moments are whole seconds.
    let text = format!("c{schedule}-{}-{}", due.0.div_euclid(1_000_000), member.0);
    TransferId::parse(&text).expect("digits and dashes, at most 63")
}
