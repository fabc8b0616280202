//! Amounts of money.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

/// An amount in ten-thousandths of the currency unit; never a float.
///
/// Arithmetic is checked: books that overflow must stop, not wrap.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Money(pub i64);

/// Ten-thousandths in one unit of the currency.
pub const UNIT: i64 = 10_000;

/// A text that is no amount.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MoneyError {
    /// Not digits with at most one decimal point.
    #[error("an amount is written like 12.50")]
    Malformed,
    /// More than four digits after the point: rounding is never done silently.
    #[error("an amount has at most four decimals")]
    TooFine,
    /// Beyond what an account can hold.
    #[error("the amount is too large")]
    TooLarge,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum; `None` when it cannot be represented.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` when it cannot be represented.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// `count` times the amount; `None` when it cannot be represented.
    #[must_use]
    pub fn checked_mul(self, count: i64) -> Option<Self> {
        self.0.checked_mul(count).map(Self)
    }

    /// True below zero.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Rounds half away from zero to `decimals` (0-4) decimals: the one place where amounts are rounded,
    /// and only for people to read. Books keep all four decimals.
    #[must_use]
    pub fn rounded(self, decimals: u32) -> Self {
        let step = 10_i64.pow(4_u32.saturating_sub(decimals));
        let rest = self.0 % step;
        let down = self.0 - rest;
        let away = if rest.abs() * 2 >= step { step * rest.signum() } else { 0 };
        Self(down.saturating_add(away))
    }
}

impl fmt::Display for Money {
    /// At least two decimals and as many as the amount has: `1.85`, `0.0125`, `-3.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, rest) =
            (self.0.unsigned_abs() / UNIT.unsigned_abs(), self.0.unsigned_abs() % UNIT.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        let decimals = format!("{rest:04}");
        let kept = decimals.trim_end_matches('0').len().max(2);
        f.pad(&format!("{sign}{units}.{}", &decimals[..kept]))
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads `12`, `12.5`, `-0.0125`: digits, at most one point, at most four decimals.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (units, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if units.is_empty() || !all_digits(units) || !all_digits(decimals) || digits.ends_with('.') {
            return Err(MoneyError::Malformed);
        }
        if decimals.len() > 4 {
            return Err(MoneyError::TooFine);
        }
        let digits = format!("{units}{decimals:0<4}");
        let amount: i64 = digits.parse().map_err(|_| MoneyError::TooLarge)?;
        Ok(Self(if negative { -amount } else { amount }))
    }
}

/// Sums what is known to fit (figures of a test or a report); the books use [`Money::checked_add`].
impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.fold(0, |sum, amount| sum.saturating_add(amount.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_shown_exactly() {
        let table = [
            ("0", 0, "0.00"),
            ("1.85", 18_500, "1.85"),
            ("12", 120_000, "12.00"),
            ("0.0125", 125, "0.0125"),
            ("-3.5", -35_000, "-3.50"),
            ("+0.001", 10, "0.001"),
            ("922337203685477.5807", i64::MAX, "922337203685477.5807"),
        ];
        for (text, amount, shown) in table {
            assert_eq!(text.parse(), Ok(Money(amount)), "{text}");
            assert_eq!(Money(amount).to_string(), shown);
            assert_eq!(shown.parse(), Ok(Money(amount)));
        }
        assert_eq!(Money(i64::MIN).to_string(), "-922337203685477.5808");
    }

    #[test]
    fn what_is_no_amount_is_refused_and_never_rounded() {
        let table = [
            ("", MoneyError::Malformed),
            ("-", MoneyError::Malformed),
            (".5", MoneyError::Malformed),
            ("5.", MoneyError::Malformed),
            ("1,50", MoneyError::Malformed),
            ("1e3", MoneyError::Malformed),
            ("--1", MoneyError::Malformed),
            ("1.2.3", MoneyError::Malformed),
            ("\u{664}", MoneyError::Malformed),
            ("0.00001", MoneyError::TooFine),
            ("922337203685477.5808", MoneyError::TooLarge),
        ];
        for (text, refusal) in table {
            assert_eq!(text.parse::<Money>(), Err(refusal), "{text}");
        }
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        let table = [
            (18_450, 1, 18_000),
            (18_500, 1, 19_000),
            (18_499, 2, 18_500),
            (-125, 3, -130),
            (-124, 3, -120),
            (7, 4, 7),
            (15_000, 0, 20_000),
        ];
        for (amount, decimals, rounded) in table {
            assert_eq!(Money(amount).rounded(decimals), Money(rounded), "{amount} {decimals}");
        }
    }
}
