//! Card numbers as readers give them and as lists have them: conversion of magnetic cards (guide, "Conversion of
//! magnetic ID codes") and filters for readers that tell the same card differently ("Update filtercard.dll").

use crate::secret::{CardCode, SecretError};

/// What an ABA track has as characters `0` to `?`, as readers of ours give it: `0`-`9` and `A`-`F`.
const NIBBLES: &[u8; 16] = b"0123456789ABCDEF";

/// Converts the data of an ABA track (ISO 7811: tracks 2 and 3) as it is printed or listed into the code a device
/// reads: start sentinel, each character `0`-`?` as one of `0`-`F`, end sentinel, and the check character over all.
/// `603217000000295489=0103000` becomes `B603217000000295489D0103000F1`.
///
/// # Errors
/// [`SecretError::CardCode`] for another character or too many of them.
pub fn magnetic(track: &str) -> Result<CardCode, SecretError> {
    const START: u8 = 0xB;
    const END: u8 = 0xF;
    let mut code = String::from("B");
    let mut check = START ^ END;
    for byte in track.trim().bytes() {
        if !(b'0'..=b'?').contains(&byte) || code.len() > CardCode::CHARACTERS_MAX {
            return Err(SecretError::CardCode);
        }
        let nibble = byte - b'0';
        check ^= nibble;
        code.push(char::from(NIBBLES[usize::from(nibble)]));
    }
    if code.len() == 1 {
        return Err(SecretError::CardCode);
    }
    code.push('F');
    code.push(char::from(NIBBLES[usize::from(check)]));
    CardCode::parse(&code)
}

/// One step of a filter.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Step {
    Upper,
    Lower,
    DropLeadingZeros,
    DropPrefix(String),
    DropSuffix(String),
    /// From this character to that one, counted from 1, both inside.
    Slice(usize, usize),
    ReverseBytes,
    HexToDecimal,
    DecimalToHex,
    PadLeft(usize),
}

/// Steps that make one number of what different readers tell of one card. Applied to every card and code, at the
/// device and where one is registered, before it is looked up.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter(Vec<Step>);

/// A text that is no filter.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "'{0}' is no step of a card filter: upper, lower, drop-zeros, drop-prefix=TEXT, drop-suffix=TEXT, slice=N-M, \
     reverse-bytes, hex-to-decimal, decimal-to-hex, pad=N"
)]
pub struct NoFilter(pub String);

impl Filter {
    /// Reads steps parted by spaces; an empty text changes nothing.
    ///
    /// # Errors
    /// [`NoFilter`] with the step that is none.
    pub fn parse(text: &str) -> Result<Self, NoFilter> {
        text.split_whitespace()
            .map(|word| step(word).ok_or_else(|| NoFilter(word.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The number as it is stored and looked up. A step that does not suit the number leaves it as it is: a filter
    /// for one kind of reader must not make the cards of another unusable.
    pub fn apply(&self, code: &CardCode) -> CardCode {
        let mut text = code.expose().to_owned();
        for step in &self.0 {
            if let Some(changed) = step.apply(&text)
                && CardCode::parse(&changed).is_ok()
            {
                text = changed;
            }
        }
        CardCode::parse(&text).unwrap_or_else(|_| code.clone())
    }
}

fn step(word: &str) -> Option<Step> {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    Some(match (name, value) {
        ("upper", "") => Step::Upper,
        ("lower", "") => Step::Lower,
        ("drop-zeros", "") => Step::DropLeadingZeros,
        ("reverse-bytes", "") => Step::ReverseBytes,
        ("hex-to-decimal", "") => Step::HexToDecimal,
        ("decimal-to-hex", "") => Step::DecimalToHex,
        ("drop-prefix", value) if !value.is_empty() => Step::DropPrefix(value.to_owned()),
        ("drop-suffix", value) if !value.is_empty() => Step::DropSuffix(value.to_owned()),
        ("slice", value) => {
            let (from, to) = value.split_once('-')?;
            let (from, to) = (from.parse().ok()?, to.parse().ok()?);
            (1..=to).contains(&from).then_some(Step::Slice(from, to))?
        }
        ("pad", value) => {
            Step::PadLeft(value.parse().ok().filter(|width| *width <= CardCode::CHARACTERS_MAX)?)
        }
        _ => return None,
    })
}

impl Step {
    fn apply(&self, text: &str) -> Option<String> {
        match self {
            Self::Upper => Some(text.to_uppercase()),
            Self::Lower => Some(text.to_lowercase()),
            Self::DropLeadingZeros => Some(text.trim_start_matches('0').to_owned()),
            Self::DropPrefix(prefix) => text.strip_prefix(prefix.as_str()).map(str::to_owned),
            Self::DropSuffix(suffix) => text.strip_suffix(suffix.as_str()).map(str::to_owned),
            Self::Slice(from, to) => {
                let cut: String = text.chars().skip(from - 1).take(to - from + 1).collect();
                (cut.chars().count() == to - from + 1).then_some(cut)
            }
            Self::ReverseBytes => {
                let even = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                even.then(|| {
                    text.as_bytes().rchunks(2).flat_map(|pair| pair.iter().copied().map(char::from)).collect()
                })
            }
            Self::HexToDecimal => Some(u128::from_str_radix(text, 16).ok()?.to_string()),
            Self::DecimalToHex => Some(format!("{:X}", text.parse::<u128>().ok()?)),
            Self::PadLeft(width) => Some(format!("{text:0>width$}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usr_14_a_magnetic_card_converts_as_in_the_guide() {
        let rows = [
            ("603217000000295489=0103000", Ok("B603217000000295489D0103000F1")),
            (" 1<2=3>4 ", Ok("B1C2D3E4FF")),
            ("", Err(SecretError::CardCode)),
            ("12A4", Err(SecretError::CardCode)),
            (&"1".repeat(37), Err(SecretError::CardCode)),
        ];
        for (track, expected) in rows {
            let code = magnetic(track).map(|code| code.expose().to_owned());
            assert_eq!(code, expected.map(str::to_owned), "{track}");
        }
    }

    #[test]
    fn usr_14_filters_make_one_number_of_what_readers_tell() {
        let rows = [
            ("", "Ab1", "Ab1"),
            ("upper drop-zeros", "00ab1", "AB1"),
            ("drop-zeros", "000", "000"),
            ("drop-prefix=ID- drop-suffix=#", "ID-77#", "77"),
            ("drop-prefix=ID-", "77", "77"),
            ("slice=3-6", "AB1234CD", "1234"),
            ("slice=3-6", "AB1", "AB1"),
            ("reverse-bytes", "04A1B2C3", "C3B2A104"),
            ("reverse-bytes", "04A", "04A"),
            ("hex-to-decimal", "FF", "255"),
            ("hex-to-decimal", "card", "card"),
            ("decimal-to-hex pad=8", "255", "000000FF"),
            ("lower", "ÄB", "äb"),
        ];
        for (filter, code, expected) in rows {
            let filtered = Filter::parse(filter).unwrap().apply(&CardCode::parse(code).unwrap());
            assert_eq!(filtered.expose(), expected, "{filter} {code}");
        }
        for wrong in ["twist", "slice=0-3", "slice=4-3", "pad=99", "drop-prefix=", "upper=1"] {
            assert_eq!(Filter::parse(wrong), Err(NoFilter(wrong.to_owned())), "{wrong}");
        }
    }
}
