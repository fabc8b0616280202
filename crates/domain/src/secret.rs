//! Card codes, PINs and passwords. `Debug` hides them; memory is cleared when they go.

use std::fmt;

use zeroize::Zeroizing;

/// Why a text is no code, PIN or password. The text itself is never part of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SecretError {
    /// A card code has 1 to 39 characters (guide, "CardNo").
    #[error("a card or ID code has 1 to 39 characters")]
    CardCode,
    /// A PIN has 4 letters or digits (guide, "PIN code").
    #[error("a PIN has exactly 4 letters or digits")]
    Pin,
    /// A PUK has 8 digits (guide, "PUK code").
    #[error("a PUK code has exactly 8 digits")]
    Puk,
    /// A password has 1 to 128 characters.
    #[error("a password has 1 to 128 characters")]
    Password,
}

macro_rules! secret {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Eq, PartialEq)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// The secret itself, to be hashed or compared, never logged.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    )*};
}

secret! {
    /// A card number or an ID code; case counts (guide, "User authentication by card or ID code").
    CardCode;
    /// Four letters or digits.
    Pin;
    /// Eight digits that let somebody register a card or code, once.
    Puk;
    /// A password, or the secret a device proves itself with.
    Password;
}

impl CardCode {
    /// The limit of the guide, in characters.
    pub const CHARACTERS_MAX: usize = 39;

    /// Checks length and characters; spaces around it come from keyboard readers and are dropped.
    ///
    /// # Errors
    /// [`SecretError::CardCode`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let length_fits = (1..=Self::CHARACTERS_MAX * 4).contains(&text.len())
            && text.chars().count() <= Self::CHARACTERS_MAX;
        if !length_fits || text.chars().any(char::is_control) {
            return Err(SecretError::CardCode);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The last four characters of a code that has at least eight; nothing of a shorter one.
    pub fn tail(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        if characters.len() < 8 { String::new() } else { characters[characters.len() - 4..].iter().collect() }
    }
}

impl Pin {
    /// Checks that there are four letters or digits.
    ///
    /// # Errors
    /// [`SecretError::Pin`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(SecretError::Pin)
        }
    }

    /// Four digits from a uniformly random number.
    pub fn from_random(random: u64) -> Self {
        Self(Zeroizing::new(format!("{:04}", random % 10_000)))
    }
}

impl Puk {
    /// Checks that there are eight digits.
    ///
    /// # Errors
    /// [`SecretError::Puk`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(SecretError::Puk)
        }
    }
}

impl Password {
    /// Checks the length.
    ///
    /// # Errors
    /// [`SecretError::Password`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if (1..=512).contains(&text.len()) && text.chars().count() <= 128 {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(SecretError::Password)
        }
    }

    /// Twenty-four characters that cannot be mistaken for each other, from random bytes (119 bits).
    pub fn from_random(random: [u8; 24]) -> Self {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        Self(Zeroizing::new(random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_has_four_letters_or_digits() {
        for good in ["1234", "aB9z", "0000"] {
            assert!(Pin::parse(good).is_ok(), "{good}");
        }
        for wrong in ["", "123", "12345", "12 4", "12é", "１２３４", "12-4"] {
            assert_eq!(Pin::parse(wrong), Err(SecretError::Pin), "{wrong}");
        }
        assert_eq!(Pin::from_random(10_007).expose(), "0007");
    }

    #[test]
    fn a_card_code_has_up_to_39_characters_and_keeps_its_case() {
        assert_eq!(CardCode::parse(" Ab1 ").unwrap().expose(), "Ab1");
        assert!(CardCode::parse(&"9".repeat(39)).is_ok());
        for wrong in ["", "   ", &"9".repeat(40), "a\u{0}b"] {
            assert_eq!(CardCode::parse(wrong), Err(SecretError::CardCode), "{wrong:?}");
        }
    }

    #[test]
    fn the_tail_of_a_short_code_would_be_most_of_it() {
        assert_eq!(CardCode::parse("1234567").unwrap().tail(), "");
        assert_eq!(CardCode::parse("12345678").unwrap().tail(), "5678");
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        assert!(!format!("{:?}", Pin::parse("4711").unwrap()).contains("4711"));
        assert!(!format!("{:?}", Password::parse("sesame").unwrap()).contains("sesame"));
    }
}
