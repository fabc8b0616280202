//! Ids that cannot be swapped.

use std::fmt;

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

number_id! {
    /// A person.
    UserId;
    /// A card or ID code of a person.
    CardId;
    /// A printer people log in at.
    DeviceId;
    /// A queue documents are sent to.
    QueueId;
    /// A print job; never given twice.
    JobId;
}

/// A document in the spool: random, so that it can be named before its job is stored.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DocumentId(pub [u8; 16]);

impl DocumentId {
    /// Reads what `Display` writes: 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return None;
        }
        let mut id = [0; 16];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(id))
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Made by the caller of a submission, unique per submission: the idempotency key. 1-64 characters.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SubmissionId(String);

impl SubmissionId {
    /// Checks the length.
    pub fn parse(text: &str) -> Option<Self> {
        (1..=64).contains(&text.len()).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names one tracking record, made when the event is seen: the idempotency key of its delivery.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct TrackingId(pub String);

impl TrackingId {
    /// A version 4 UUID (RFC 9562 section 5.4) from sixteen random bytes.
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = DocumentId(bytes).to_string();
        Self(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_id_reads_back() {
        let id = DocumentId(*b"0123456789abcdef");
        assert_eq!(DocumentId::parse(&id.to_string()), Some(id));
        for wrong in ["", "00", &"g".repeat(32), &"A".repeat(32), &"é".repeat(16)] {
            assert_eq!(DocumentId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_tracking_id_is_a_random_uuid() {
        let id = TrackingId::from_random([0xff; 16]).0;
        assert_eq!(id, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
