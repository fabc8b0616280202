//! Links in mails that let a person answer without a password: what stands in one.
//!
//! A link says what it is for, for whom, and until when, and carries a keyed hash of that, so that nobody makes or changes
//! one. It is text that may stand in an address: hexadecimal digits. That it is used once only is the matter of what it is for: an
//! answered request takes no second answer.

use super::delegate::DelegateId;
use crate::id::UserId;
use crate::time::Timestamp;

/// Octets of the keyed hash that a link carries.
pub const SIGNATURE_BYTES: usize = 16;
/// Octets that are signed.
pub const CLAIM_BYTES: usize = 1 + 8 + 8 + 8;
/// Digits of a link.
pub const LINK_LETTERS: usize = 2 * (CLAIM_BYTES + SIGNATURE_BYTES);

/// The only purpose there is: answering a request for delegation.
const DELEGATE_ANSWER: u8 = 1;

/// What a link says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DelegateLink {
    /// The request.
    pub relation: DelegateId,
    /// Who answers.
    pub person: UserId,
    /// It is of no use from then on.
    pub ends: Timestamp,
}

impl DelegateLink {
    /// What is signed.
    pub fn claim(&self) -> [u8; CLAIM_BYTES] {
        let mut octets = [0; CLAIM_BYTES];
        octets[0] = DELEGATE_ANSWER;
        octets[1..9].copy_from_slice(&self.relation.0.to_be_bytes());
        octets[9..17].copy_from_slice(&self.person.0.to_be_bytes());
        octets[17..].copy_from_slice(&self.ends.0.to_be_bytes());
        octets
    }

    /// The text of the link with its signature.
    pub fn text(&self, signature: &[u8; SIGNATURE_BYTES]) -> String {
        self.claim().iter().chain(signature).map(|octet| format!("{octet:02x}")).collect()
    }

    /// Reads what [`DelegateLink::text`] writes; the signature is the caller's to check before anything is believed. `None`
    /// for every other text.
    pub fn parse(text: &str) -> Option<(Self, [u8; SIGNATURE_BYTES])> {
        if text.len() != LINK_LETTERS {
            return None;
        }
        let mut octets = [0; CLAIM_BYTES + SIGNATURE_BYTES];
        for (octet, pair) in octets.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *octet = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        let (claim, signature) = octets.split_at(CLAIM_BYTES);
        let number = |from: usize| claim[from..from + 8].try_into().map(i64::from_be_bytes).ok();
        let link = Self {
            relation: DelegateId(number(1)?),
            person: UserId(number(9)?),
            ends: Timestamp(number(17)?),
        };
        (claim[0] == DELEGATE_ANSWER).then_some(())?;
        Some((link, signature.try_into().ok()?))
    }
}

/// One way to write a link only: a changed letter is another link.
fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_13_a_link_is_read_as_it_was_written_and_nothing_else_is_one() {
        let link = DelegateLink {
            relation: DelegateId(7),
            person: UserId(42),
            ends: Timestamp(1_800_000_000_000_000),
        };
        let text = link.text(&[0xab; SIGNATURE_BYTES]);
        assert_eq!(text.len(), LINK_LETTERS);
        assert_eq!(DelegateLink::parse(&text), Some((link, [0xab; SIGNATURE_BYTES])));
        let other_purpose = format!("02{}", &text[2..]);
        for wrong in [
            "",
            "01",
            &text[1..],
            &text.to_uppercase(),
            &format!("{text}0"),
            &text.replace('7', "g"),
            &other_purpose,
        ] {
            assert_eq!(DelegateLink::parse(wrong), None, "{wrong}");
        }
    }
}
