//! What a setting is: its kind, its default and which values it takes.

use domain::Money;

use super::keys::KEYS;

/// A setting that exists.
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: &'static str,
    /// What holds until it is set.
    pub(crate) default: &'static str,
    /// What it means, with unit and range.
    pub(crate) description: &'static str,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Integer {
        min: i64,
        max: i64,
    },
    Choice(&'static [&'static str]),
    Amount {
        max: Money,
    },
    Text {
        max: usize,
    },
    /// As `Text`, or empty for none.
    Optional {
        max: usize,
    },
    /// Whatever the function accepts; the text says what that is.
    Checked {
        is: fn(&str) -> bool,
        expected: &'static str,
    },
}

/// A setting cannot be set so.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum SettingRefused {
    /// There is no such key.
    #[error("there is no setting '{0}'")]
    Unknown(String),
    /// The value is not of the key's kind.
    #[error("'{value}' is no value for {key}: {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// What was tried.
        value: String,
        /// What would do.
        expected: String,
    },
}

/// The key with this name.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Whether `value` may be set for `name`.
///
/// # Errors
/// [`SettingRefused`].
pub(crate) fn check(name: &str, value: &str) -> Result<&'static Key, SettingRefused> {
    let key = find(name).ok_or_else(|| SettingRefused::Unknown(name.to_owned()))?;
    let expected = match &key.kind {
        Kind::Integer { min, max } => match value.parse::<i64>() {
            Ok(number) if (min..=max).contains(&&number) => return Ok(key),
            _ => format!("a whole number from {min} to {max}"),
        },
        Kind::Amount { max } => match value.parse::<Money>() {
            Ok(amount) if !amount.is_negative() && amount <= *max => return Ok(key),
            _ => format!("an amount from 0.00 to {max}"),
        },
        Kind::Choice(choices) if choices.contains(&value) => return Ok(key),
        Kind::Choice(choices) => format!("one of {}", choices.join(", ")),
        Kind::Checked { is, .. } if is(value) => return Ok(key),
        Kind::Checked { expected, .. } => (*expected).to_owned(),
        Kind::Text { max } => {
            let length = value.chars().count();
            if (1..=*max).contains(&length) && !value.chars().any(char::is_control) {
                return Ok(key);
            }
            format!("1 to {max} characters")
        }
        Kind::Optional { max } => {
            if value.chars().count() <= *max && !value.chars().any(char::is_control) {
                return Ok(key);
            }
            format!("at most {max} characters")
        }
    };
    Err(SettingRefused::Value { key: key.name, value: value.to_owned(), expected })
}
