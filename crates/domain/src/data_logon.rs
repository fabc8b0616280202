//! Where the owner's logon stands in print data (guide, "Configure Use job data logon", SUB-3).

/// Longest job data string, characters.
pub const STRING_MAX: usize = 255;

/// The farthest into the data a search may go, bytes.
pub const SEARCH_BYTES_MAX: i64 = 1024 * 1024;

/// How far the search goes when nothing is said, bytes; the guide's usual value.
pub const SEARCH_BYTES: i64 = 1_000;

/// A queue's rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DataLogon {
    /// What precedes the logon; 1 to [`STRING_MAX`] characters.
    pub string: String,
    /// The string begins within so many bytes, 1 to [`SEARCH_BYTES_MAX`].
    pub search_bytes: i64,
    /// Passed over behind the string.
    pub skip: Option<u8>,
    /// Directly in front of the logon.
    pub start: Option<u8>,
    /// Directly behind it; a line end always is.
    pub stop: Option<u8>,
    /// Documents without it belong to the network logon; otherwise they are refused.
    pub network_fallback: bool,
}

/// Why a rule is none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RuleError {
    /// The string is empty or too long.
    #[error("the text in front of the logon has 1 to {STRING_MAX} characters")]
    String,
    /// The search length is out of range.
    #[error("the search for a logon goes over 1 to {SEARCH_BYTES_MAX} bytes")]
    SearchBytes,
    /// Neither a word for a character nor one.
    #[error("'{0}' is not one printable character, 'tab', 'space' or 'none'")]
    Character(String),
    /// Not what [`DataLogon::encode`] writes.
    #[error("the stored rule cannot be read")]
    Stored,
}

/// A character as the guide's dialog names it: one printable ASCII character, `tab`, `space` or `none`.
///
/// # Errors
/// [`RuleError::Character`].
pub fn parse_character(text: &str) -> Result<Option<u8>, RuleError> {
    match text.as_bytes() {
        b"" | b"none" => Ok(None),
        b"tab" => Ok(Some(b'\t')),
        b"space" => Ok(Some(b' ')),
        [one @ b' '..=b'~'] => Ok(Some(*one)),
        _ => Err(RuleError::Character(text.to_owned())),
    }
}

/// The word [`parse_character`] reads.
pub fn character_text(character: Option<u8>) -> String {
    match character {
        None => String::new(),
        Some(b'\t') => "tab".to_owned(),
        Some(b' ') => "space".to_owned(),
        Some(other) => char::from(other).to_string(),
    }
}

impl DataLogon {
    /// The rule, if its values are in their ranges.
    ///
    /// # Errors
    /// [`RuleError`].
    pub fn checked(self) -> Result<Self, RuleError> {
        if self.string.is_empty() || self.string.chars().count() > STRING_MAX {
            return Err(RuleError::String);
        }
        if !(1..=SEARCH_BYTES_MAX).contains(&self.search_bytes) {
            return Err(RuleError::SearchBytes);
        }
        Ok(self)
    }

    /// As one text, for the store.
    pub fn encode(&self) -> String {
        let code = |character: Option<u8>| character.unwrap_or(0);
        let fallback = u8::from(self.network_fallback);
        let Self { string, search_bytes, .. } = self;
        format!(
            "{search_bytes} {} {} {} {fallback} {string}",
            code(self.skip),
            code(self.start),
            code(self.stop)
        )
    }

    /// Reads what [`DataLogon::encode`] writes; nothing from an empty text.
    ///
    /// # Errors
    /// [`RuleError`].
    pub fn decode(text: &str) -> Result<Option<Self>, RuleError> {
        if text.is_empty() {
            return Ok(None);
        }
        let mut words = text.splitn(6, ' ');
        let mut next = || words.next().ok_or(RuleError::Stored);
        let search_bytes = next()?.parse().map_err(|_| RuleError::Stored)?;
        let mut character = || -> Result<Option<u8>, RuleError> {
            let code: u8 = next()?.parse().map_err(|_| RuleError::Stored)?;
            Ok((code != 0).then_some(code))
        };
        let (skip, start, stop) = (character()?, character()?, character()?);
        let network_fallback = next()? == "1";
        Self { string: next()?.to_owned(), search_bytes, skip, start, stop, network_fallback }
            .checked()
            .map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read() {
        let rule = DataLogon {
            string: "User name: \t".into(),
            search_bytes: 1_000,
            skip: Some(b' '),
            start: None,
            stop: Some(b'"'),
            network_fallback: true,
        };
        assert_eq!(DataLogon::decode(&rule.encode()), Ok(Some(rule.clone())));
        assert_eq!(DataLogon::decode(""), Ok(None));
        assert_eq!(DataLogon::decode("x"), Err(RuleError::Stored));
        assert_eq!(DataLogon { string: String::new(), ..rule.clone() }.checked(), Err(RuleError::String));
        assert_eq!(DataLogon { search_bytes: 0, ..rule }.checked(), Err(RuleError::SearchBytes));
    }

    #[test]
    fn characters() {
        for (text, expected) in
            [("", None), ("none", None), ("tab", Some(b'\t')), ("space", Some(b' ')), ("\"", Some(b'"'))]
        {
            assert_eq!(parse_character(text), Ok(expected));
            assert_eq!(parse_character(&character_text(expected)), Ok(expected));
        }
        assert_eq!(parse_character("ab"), Err(RuleError::Character("ab".into())));
    }
}
