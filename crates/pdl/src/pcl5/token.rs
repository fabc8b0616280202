//! Escape sequences (PCL 5 Technical Reference, chapter 2 "The PCL syntax").

/// The value field of a parameterised sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Value {
    magnitude: f64,
    sign: Option<Sign>,
    present: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
}

impl Value {
    /// The value with its sign.
    pub(crate) fn float(self) -> f64 {
        match self.sign {
            Some(Sign::Minus) => -self.magnitude,
            Some(Sign::Plus) | None => self.magnitude,
        }
    }

    /// The whole part with its sign.
    pub(crate) fn int(self) -> i64 {
        self.float() as i64
    }

    /// The whole part without its sign.
    pub(crate) fn magnitude(self) -> u64 {
        self.magnitude as u64
    }

    /// Written with a sign, so relative to where the cursor is.
    pub(crate) fn is_relative(self) -> bool {
        self.sign.is_some()
    }

    /// Bytes of data a sequence announces; a negative number announces none.
    pub(crate) fn data_bytes(self) -> u64 {
        if self.sign == Some(Sign::Minus) { 0 } else { self.magnitude as u64 }
    }

    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Self {
        let bytes = [text.as_bytes(), b"X"].concat();
        match parameter(&bytes) {
            Parameter::Ends { value, .. } | Parameter::Continues { value, .. } => value,
            Parameter::NeedsMore | Parameter::Broken { .. } => Self::default(),
        }
    }
}

/// A parameter of a sequence: value field and the character that ends it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Parameter {
    /// The sequence ends with this upper-case character.
    Ends { value: Value, letter: u8, len: usize },
    /// Another parameter of the same sequence follows. The letter is given in upper case.
    Continues { value: Value, letter: u8, len: usize },
    /// So many bytes belong to the sequence, then something that cannot.
    Broken { len: usize },
    /// Not complete.
    NeedsMore,
}

/// The longest value field that is waited for; longer ones are broken.
const VALUE_BYTES_MAX: usize = 256;

/// Reads one parameter. Characters of the value field that are no number are skipped, as printers do.
pub(crate) fn parameter(bytes: &[u8]) -> Parameter {
    let mut value = Value::default();
    let mut fraction: Option<f64> = None;
    let mut garbage = false;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            _ if at == VALUE_BYTES_MAX => return Parameter::Broken { len: at },
            b' '..=b'?' if garbage => {}
            b'0'..=b'9' => {
                value.present = true;
                let digit = f64::from(byte - b'0');
                match &mut fraction {
                    Some(scale) => {
                        *scale /= 10.0;
                        value.magnitude += digit * *scale;
                    }
                    None => value.magnitude = value.magnitude * 10.0 + digit,
                }
            }
            b'-' => value.sign = Some(Sign::Minus),
            b'+' => value.sign = Some(Sign::Plus),
            b'.' => fraction = fraction.or(Some(1.0)),
            b' ' => {}
            b'!'..=b'?' => garbage = value.present || value.sign.is_some(),
            b'@'..=b'^' => return Parameter::Ends { value, letter: byte, len: at + 1 },
            b'`'..=b'~' => return Parameter::Continues { value, letter: byte - 32, len: at + 1 },
            _ => return Parameter::Broken { len: at },
        }
    }
    Parameter::NeedsMore
}

/// What follows an escape character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// A two-character sequence.
    Two(u8),
    /// A parameterised sequence of this class and group (0 where it has none); `len` bytes of it are read.
    Parameters { class: u8, group: u8, len: usize },
    /// No sequence: the escape character is dropped.
    None,
    /// Not complete.
    NeedsMore,
}

/// Reads the beginning of a sequence; `bytes` begins behind the escape character.
pub(crate) fn escape(bytes: &[u8]) -> Escape {
    match bytes {
        [] => Escape::NeedsMore,
        [b'!'..=b'/'] => Escape::NeedsMore,
        [class @ b'!'..=b'/', group @ b'`'..=b'~', ..] => {
            Escape::Parameters { class: *class, group: *group, len: 2 }
        }
        [class @ b'!'..=b'/', ..] => Escape::Parameters { class: *class, group: 0, len: 1 },
        [two @ b'0'..=b'~', ..] => Escape::Two(*two),
        _ => Escape::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (text, float, relative) in [
            ("12", 12.0, false),
            ("-12.5", -12.5, true),
            ("+3", 3.0, true),
            ("", 0.0, false),
            ("1 2", 12.0, false),
            (".5", 0.5, false),
            ("12;7", 12.0, false),
        ] {
            let value = Value::of(text);
            assert!((value.float() - float).abs() < 1e-9, "{text}: {value:?}");
            assert_eq!(value.is_relative(), relative, "{text}");
        }
        assert_eq!(Value::of("-12").data_bytes(), 0);
        assert_eq!(Value::of("99999999999999999999999").data_bytes(), u64::MAX);
    }

    #[test]
    fn sequences() {
        assert_eq!(escape(b"E"), Escape::Two(b'E'));
        assert_eq!(escape(b"&l26A"), Escape::Parameters { class: b'&', group: b'l', len: 2 });
        assert_eq!(escape(b"%-12345X"), Escape::Parameters { class: b'%', group: 0, len: 1 });
        assert_eq!(escape(b"&"), Escape::NeedsMore);
        assert_eq!(escape(b"\n"), Escape::None);
        assert!(matches!(parameter(b"26A"), Parameter::Ends { letter: b'A', len: 3, .. }));
        assert!(matches!(parameter(b"1o"), Parameter::Continues { letter: b'O', len: 2, .. }));
        assert_eq!(parameter(b"12"), Parameter::NeedsMore);
        assert_eq!(parameter(b"12\x0c"), Parameter::Broken { len: 2 });
    }
}
