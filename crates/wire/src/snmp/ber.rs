//! The part of the basic encoding rules (X.690) that SNMP uses: definite lengths, tags of one octet.

use bytes::Bytes;

use super::decode::Unreadable;
use super::limits::ARCS_MAX;
use super::types::Oid;

/// `INTEGER`.
pub(super) const INTEGER: u8 = 0x02;
/// `OCTET STRING`.
pub(super) const OCTET_STRING: u8 = 0x04;
/// `NULL`.
pub(super) const NULL: u8 = 0x05;
/// `OBJECT IDENTIFIER`.
pub(super) const OBJECT_ID: u8 = 0x06;
/// `SEQUENCE`.
pub(super) const SEQUENCE: u8 = 0x30;

/// Reads elements off the front of octets.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element: its tag and its contents.
    pub(super) fn element(&mut self) -> Result<(u8, &'a [u8]), Unreadable> {
        let [tag, first, rest @ ..] = self.0 else { return Err(Unreadable::Truncated) };
        // Tags of more than one octet start with five ones (X.690, section 8.1.2.4); SNMP has none.
        if tag & 0x1f == 0x1f {
            return Err(Unreadable::Tag(*tag));
        }
        let (length, rest) = match *first {
            short @ 0..=0x7f => (usize::from(short), rest),
            // Indefinite lengths are forbidden (RFC 3417, section 8), and more than four octets of length are absurd.
            long @ 0x81..=0x84 => {
                let octets = usize::from(long & 0x7f);
                let (length, rest) = rest.split_at_checked(octets).ok_or(Unreadable::Truncated)?;
                (length.iter().fold(0, |all, octet| all << 8 | usize::from(*octet)), rest)
            }
            _ => return Err(Unreadable::Length),
        };
        let (contents, rest) = rest.split_at_checked(length).ok_or(Unreadable::Truncated)?;
        self.0 = rest;
        Ok((*tag, contents))
    }

    /// The contents of the next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Unreadable> {
        match self.element()? {
            (found, contents) if found == tag => Ok(contents),
            (found, _) => Err(Unreadable::Tag(found)),
        }
    }

    /// An `INTEGER` of 32 bits.
    pub(super) fn integer(&mut self) -> Result<i32, Unreadable> {
        integer(self.expect(INTEGER)?)
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), Unreadable> {
        if self.is_empty() { Ok(()) } else { Err(Unreadable::Trailing) }
    }
}

/// A signed number of 32 bits.
pub(super) fn integer(contents: &[u8]) -> Result<i32, Unreadable> {
    let Some(first) = contents.first() else { return Err(Unreadable::Number) };
    // Some agents write numbers longer than needed; what fits 64 bits is read and then has to fit 32.
    if contents.len() > 8 {
        return Err(Unreadable::Number);
    }
    let start = if first & 0x80 == 0 { 0 } else { -1 };
    let number = contents.iter().fold(start, |all: i64, octet| all << 8 | i64::from(*octet));
    i32::try_from(number).map_err(|_| Unreadable::Number)
}

/// An unsigned number of at most 64 bits. A negative one is taken as the 32 bits that careless agents mean by it.
pub(super) fn unsigned(contents: &[u8]) -> Result<u64, Unreadable> {
    match contents {
        [] => Err(Unreadable::Number),
        [first, ..] if contents.len() <= 4 && first & 0x80 != 0 => {
            let number = integer(contents)?;
            Ok(u64::from(number.cast_unsigned()))
        }
        [0, rest @ ..] if rest.len() <= 8 => Ok(fold(rest)),
        _ if contents.len() <= 8 => Ok(fold(contents)),
        _ => Err(Unreadable::Number),
    }
}

fn fold(octets: &[u8]) -> u64 {
    octets.iter().fold(0, |all, octet| all << 8 | u64::from(*octet))
}

/// An unsigned number of 32 bits.
pub(super) fn unsigned32(contents: &[u8]) -> Result<u32, Unreadable> {
    u32::try_from(unsigned(contents)?).map_err(|_| Unreadable::Number)
}

/// An object identifier (X.690, section 8.19).
pub(super) fn oid(contents: &[u8]) -> Result<Oid, Unreadable> {
    let mut arcs: Vec<u32> = Vec::new();
    let mut arc: u64 = 0;
    let mut begun = false;
    for octet in contents {
        arc = arc << 7 | u64::from(octet & 0x7f);
        // The first number holds two arcs and may be 80 more than the largest.
        if arc > u64::from(u32::MAX) {
            return Err(Unreadable::ObjectId);
        }
        begun = octet & 0x80 != 0;
        if begun {
            continue;
        }
        let number = u32::try_from(arc).map_err(|_| Unreadable::ObjectId)?;
        if arcs.is_empty() {
            let first = (number / 40).min(2);
            arcs.extend([first, number - first * 40]);
        } else {
            arcs.push(number);
        }
        if arcs.len() > ARCS_MAX {
            return Err(Unreadable::ObjectId);
        }
        arc = 0;
    }
    if begun {
        return Err(Unreadable::ObjectId);
    }
    Oid::new(arcs).map_err(|_| Unreadable::ObjectId)
}

/// Octets of a string.
pub(super) fn octets(contents: &[u8]) -> Bytes {
    Bytes::copy_from_slice(contents)
}

/// Writes elements from the last to the first, so that every length is known when it is written.
#[derive(Default)]
pub(super) struct Writer {
    /// What is written, backwards.
    reversed: Vec<u8>,
}

impl Writer {
    /// How much is written; see [`wrap`](Self::wrap).
    pub(super) fn mark(&self) -> usize {
        self.reversed.len()
    }

    /// Puts a tag and a length before everything written since `mark`.
    pub(super) fn wrap(&mut self, tag: u8, mark: usize) {
        let length = self.reversed.len() - mark;
        if let Ok(short @ 0..=0x7f) = u8::try_from(length) {
            self.reversed.push(short);
        } else {
            let octets = length.to_be_bytes();
            let kept = &octets[octets.iter().take_while(|octet| **octet == 0).count()..];
            self.reversed.extend(kept.iter().rev());
            self.reversed.push(0x80 | u8::try_from(kept.len()).expect("a length has at most 8 octets"));
        }
        self.reversed.push(tag);
    }

    pub(super) fn element(&mut self, tag: u8, contents: &[u8]) {
        let mark = self.mark();
        self.reversed.extend(contents.iter().rev());
        self.wrap(tag, mark);
    }

    /// A signed number in as few octets as hold it.
    pub(super) fn integer(&mut self, tag: u8, number: i64) {
        let octets = number.to_be_bytes();
        let spare = octets
            .windows(2)
            .take_while(|pair| matches!((pair[0], pair[1] & 0x80), (0, 0) | (0xff, 0x80)))
            .count();
        self.element(tag, &octets[spare..]);
    }

    /// An unsigned number in as few octets as hold it, with a zero before one that would look negative.
    pub(super) fn unsigned(&mut self, tag: u8, number: u64) {
        match i64::try_from(number) {
            Ok(number) => self.integer(tag, number),
            Err(_) => {
                let mark = self.mark();
                self.reversed.extend(number.to_be_bytes().iter().rev());
                self.reversed.push(0);
                self.wrap(tag, mark);
            }
        }
    }

    pub(super) fn oid(&mut self, tag: u8, oid: &Oid) {
        let mark = self.mark();
        let [first, second, rest @ ..] = oid.arcs() else { unreachable!("an identifier has two arcs") };
        for arc in rest.iter().rev() {
            self.arc(u64::from(*arc));
        }
        self.arc(u64::from(*first) * 40 + u64::from(*second));
        self.wrap(tag, mark);
    }

    fn arc(&mut self, mut arc: u64) {
        self.reversed.push(u8::try_from(arc & 0x7f).expect("seven bits"));
        arc >>= 7;
        while arc > 0 {
            self.reversed.push(0x80 | u8::try_from(arc & 0x7f).expect("seven bits"));
            arc >>= 7;
        }
    }

    pub(super) fn finish(mut self) -> Bytes {
        self.reversed.reverse();
        self.reversed.into()
    }
}
