//! Generated ID codes: their pattern, how long they last, and when their owner is reminded (guide, "Customize the
//! format of ID codes").

use std::time::Duration;

use crate::secret::CardCode;
use crate::time::Timestamp;

/// A pattern such as `11xx**`: at least so many digits (`1`) and lower-case letters (`x`), and the length.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pattern {
    digits: usize,
    letters: usize,
    any: usize,
}

/// A text that is no pattern.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an ID code pattern has 4 to 39 characters: 1 for a digit, x for a letter, * for either, as 11xx**")]
pub struct NoPattern;

/// The guide's pattern.
pub const PATTERN_DEFAULT: &str = "11xx**";
/// Random numbers that [`Pattern::code`] takes.
pub const RANDOM_LEN: usize = CardCode::CHARACTERS_MAX * 2;

impl Pattern {
    /// Reads a pattern. Fewer than four characters leave too few codes to be safe.
    ///
    /// # Errors
    /// [`NoPattern`].
    pub fn parse(text: &str) -> Result<Self, NoPattern> {
        let count = |wanted| text.chars().filter(|&character| character == wanted).count();
        let pattern = Self { digits: count('1'), letters: count('x'), any: count('*') };
        let length = text.chars().count();
        let known = pattern.digits + pattern.letters + pattern.any == length;
        if known && (4..=CardCode::CHARACTERS_MAX).contains(&length) { Ok(pattern) } else { Err(NoPattern) }
    }

    /// A code of the pattern from random numbers: characters are drawn, then shuffled, so that nobody knows
    /// where the digits are.
    pub fn code(&self, random: &[u32; RANDOM_LEN]) -> CardCode {
        const DIGITS: &[u8] = b"0123456789";
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
        const EITHER: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let kinds = [(self.digits, DIGITS), (self.letters, LETTERS), (self.any, EITHER)];
        let kinds = kinds.into_iter().flat_map(|(count, kind)| std::iter::repeat_n(kind, count));
        let mut code: Vec<u8> =
            kinds.zip(random).map(|(kind, &number)| kind[number as usize % kind.len()]).collect();
        for last in (1..code.len()).rev() {
            code.swap(last, random[CardCode::CHARACTERS_MAX + last] as usize % (last + 1));
        }
        CardCode::parse(&String::from_utf8_lossy(&code))
            .expect("letters and digits within the length are a code")
    }
}

/// Days before the end of a temporary ID at which its owner is reminded: first, second, final.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reminders(pub [u32; 3]);

impl Default for Reminders {
    fn default() -> Self {
        Self([21, 14, 7])
    }
}

impl Reminders {
    /// Which reminder (1-3) is due for an ID that ends at `ends` and had `sent` of them; `None` when none is. One
    /// that was missed while the server was away is not sent late beside a later one. 0 days is never sent.
    pub fn due(self, ends: Timestamp, sent: u8, now: Timestamp) -> Option<u8> {
        if now >= ends {
            return None;
        }
        let day = Duration::from_secs(86_400);
        let reached = |days: u32| days > 0 && now >= ends.minus(day * days);
        let last = (1..=3_u8).rev().find(|&number| reached(self.0[usize::from(number) - 1]))?;
        (last > sent).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usr_17_codes_follow_the_pattern() {
        let mut random = [0_u32; RANDOM_LEN];
        for seed in 0..200_u32 {
            for (index, number) in random.iter_mut().enumerate() {
                *number =
                    (seed + 1).wrapping_mul(0x9E37_79B9).rotate_left(index as u32 % 31) ^ (index as u32 * 77);
            }
            for (pattern, length, digits, letters) in
                [("11xx**", 6, 2, 2), ("11111", 5, 5, 0), ("x1*1x", 5, 2, 2)]
            {
                let code = Pattern::parse(pattern).unwrap().code(&random);
                let code = code.expose();
                assert_eq!(code.len(), length);
                assert!(code.bytes().filter(u8::is_ascii_digit).count() >= digits, "{code}");
                assert!(code.bytes().filter(u8::is_ascii_lowercase).count() >= letters, "{code}");
                assert!(code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()));
            }
        }
        for wrong in ["", "111", "11xx?", "11XX", &"1".repeat(40)] {
            assert_eq!(Pattern::parse(wrong), Err(NoPattern), "{wrong}");
        }
    }

    #[test]
    fn usr_17_three_reminders_each_once() {
        let day = 86_400_000_000_i64;
        let ends = Timestamp(100 * day);
        let at = |days: i64| Timestamp((100 - days) * day);
        let rows = [
            (at(22), 0, None),
            (at(21), 0, Some(1)),
            (at(20), 1, None),
            (at(14), 1, Some(2)),
            (at(7), 2, Some(3)),
            (at(1), 3, None),
            // The server was away for the first two.
            (at(6), 0, Some(3)),
            (at(0), 0, None),
        ];
        for (now, sent, expected) in rows {
            assert_eq!(Reminders::default().due(ends, sent, now), expected, "{now:?} {sent}");
        }
        assert_eq!(Reminders([0, 0, 0]).due(ends, 0, at(1)), None);
    }
}
