//! Names with the limits of the guide. Once built, a value is never re-checked.

use std::fmt;

/// Why a text is not the name it should be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TextError {
    /// Nothing is left after trimming.
    #[error("the {what} is empty")]
    Empty {
        /// What the text should have been.
        what: &'static str,
    },
    /// Longer than the limit.
    #[error("the {what} has more than {max} characters")]
    TooLong {
        /// What the text should have been.
        what: &'static str,
        /// The limit, in characters.
        max: usize,
    },
    /// A character that the name must not have.
    #[error("the {what} must not contain {character:?}")]
    BadCharacter {
        /// What the text should have been.
        what: &'static str,
        /// The first one found.
        character: char,
    },
}

/// Trims, and holds the limits on length and characters.
fn check(
    what: &'static str,
    text: &str,
    max: usize,
    allowed: impl Fn(char) -> bool,
) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty { what });
    }
    // A byte count far over the limit saves counting the characters of a hostile text.
    if text.len() > max * 4 || text.chars().count() > max {
        return Err(TextError::TooLong { what, max });
    }
    match text.chars().find(|&character| character.is_control() || !allowed(character)) {
        Some(character) => Err(TextError::BadCharacter { what, character }),
        None => Ok(text.to_owned()),
    }
}

macro_rules! name {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $allowed:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(String);

        impl $name {
            /// The limit, in characters.
            pub const CHARACTERS_MAX: usize = $max;

            /// Trims the text and holds the limits.
            ///
            /// # Errors
            /// [`TextError`] with the first rule broken.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                check($what, text, $max, $allowed).map(Self)
            }

            /// The text as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text for comparing: names differ by more than case.
            pub fn key(&self) -> String {
                fold(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

name! {
    /// A person's logon (guide, "User properties"): 1-20 characters, no slash or backslash (they part
    /// domain and logon), unique without regard to case.
    Logon, "logon", 20, |character| !matches!(character, '/' | '\\');
    /// A Windows domain: up to 15 characters for the NetBIOS name, 64 leaves room for a DNS name.
    DomainName, "domain", 64, |character| !matches!(character, '/' | '\\');
    /// A queue's name: 1-127 letters, digits, `-`, `_`, `.`; it is part of `ipp://HOST/ipp/print/QUEUE`.
    QueueName, "queue name", 127, |character| {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
    };
    /// A device's name.
    DeviceName, "device name", 80, |_| true;
}

/// Lower case, for comparing without regard to case.
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// A text without a rule but its length: shortened to `max` characters, control characters dropped.
/// For what the network tells and nobody can correct, such as a job's title.
pub fn shorten(text: &str, max: usize) -> String {
    text.chars().filter(|character| !character.is_control()).take(max).collect()
}

/// A free text of a form: trimmed; too long or control characters are refused.
///
/// # Errors
/// [`TextError`] with the first rule broken.
pub fn free(what: &'static str, text: &str, max: usize) -> Result<String, TextError> {
    if text.trim().is_empty() { Ok(String::new()) } else { check(what, text, max, |_| true) }
}

/// Parts `DOMAIN\logon` and `logon@domain`, as the network tells them.
pub fn split_domain(text: &str) -> (Option<&str>, &str) {
    if let Some((domain, logon)) = text.split_once('\\') {
        (Some(domain), logon)
    } else if let Some((logon, domain)) = text.rsplit_once('@') {
        (Some(domain), logon)
    } else {
        (None, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logon_has_one_to_twenty_characters() {
        let long = "x".repeat(21);
        let rows: [(&str, Result<&str, TextError>); 8] = [
            ("ann", Ok("ann")),
            ("  Ann ", Ok("Ann")),
            ("x2345678901234567890", Ok("x2345678901234567890")),
            ("ööööööööööööööööööåå", Ok("ööööööööööööööööööåå")),
            ("", Err(TextError::Empty { what: "logon" })),
            (" \t", Err(TextError::Empty { what: "logon" })),
            (&long, Err(TextError::TooLong { what: "logon", max: 20 })),
            ("a\\b", Err(TextError::BadCharacter { what: "logon", character: '\\' })),
        ];
        for (text, expected) in rows {
            assert_eq!(Logon::parse(text).map(|logon| logon.0), expected.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn a_name_compares_without_case() {
        assert_eq!(Logon::parse("ÅSA").unwrap().key(), Logon::parse("åsa").unwrap().key());
    }

    #[test]
    fn a_queue_name_fits_into_an_address() {
        for wrong in ["a b", "a/b", "ä", "a?b", "%41"] {
            assert!(matches!(QueueName::parse(wrong), Err(TextError::BadCharacter { .. })), "{wrong}");
        }
        assert!(QueueName::parse("Pull.2_floor-1").is_ok());
        assert!(QueueName::parse(&"q".repeat(128)).is_err());
    }

    #[test]
    fn domain_and_logon_part_both_ways() {
        assert_eq!(split_domain("CORP\\ann"), (Some("CORP"), "ann"));
        assert_eq!(split_domain("ann@corp.example"), (Some("corp.example"), "ann"));
        assert_eq!(split_domain("ann"), (None, "ann"));
    }

    #[test]
    fn a_title_is_shortened_between_characters() {
        assert_eq!(shorten("a\u{7}bç€d", 4), "abç€");
    }
}
