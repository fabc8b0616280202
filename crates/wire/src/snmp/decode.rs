//! Octets to a message.

use super::ber::{self, Reader};
use super::limits::{BINDINGS_MAX, COMMUNITY_BYTES_MAX, DATAGRAM_BYTES};
use super::types::{ErrorStatus, Message, Operation, Pdu, Value, VarBind, Version};

/// Why a datagram is not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unreadable {
    /// It ends within an element.
    #[error("the datagram ends within an element")]
    Truncated,
    /// Something follows where nothing may.
    #[error("something follows the end of an element")]
    Trailing,
    /// A length is indefinite or absurd.
    #[error("a length is indefinite or absurd")]
    Length,
    /// An element is not the one that belongs there.
    #[error("an element of type {0:#04x} does not belong where it is")]
    Tag(u8),
    /// A number is empty or does not fit.
    #[error("a number is empty or does not fit")]
    Number,
    /// An object identifier is broken.
    #[error("an object identifier is broken")]
    ObjectId,
    /// A version that is not ours: 3 is version 3.
    #[error("version {0} is not supported, only 1 and 2c are")]
    Version(i32),
    /// A message that is not ours, such as a trap.
    #[error("a message of type {0:#04x} is not supported")]
    Operation(u8),
    /// The operation does not exist in this version.
    #[error("the operation does not exist in version 1")]
    NotInVersion1,
    /// Longer than [`DATAGRAM_BYTES`], or more than [`BINDINGS_MAX`] variables, or a longer community than
    /// [`COMMUNITY_BYTES_MAX`].
    #[error("larger than the limits allow")]
    TooLarge,
}

/// Reads a datagram.
///
/// # Errors
/// [`Unreadable`]; RFC 1157 (section 4.1) and RFC 3412 (section 7.2) say to drop it silently.
pub fn decode(datagram: &[u8]) -> Result<Message, Unreadable> {
    if datagram.len() > DATAGRAM_BYTES {
        return Err(Unreadable::TooLarge);
    }
    let mut outer = Reader::new(datagram);
    let mut message = Reader::new(outer.expect(ber::SEQUENCE)?);
    outer.end()?;
    let version = match message.integer()? {
        0 => Version::V1,
        1 => Version::V2c,
        other => return Err(Unreadable::Version(other)),
    };
    let community = message.expect(ber::OCTET_STRING)?;
    if community.len() > COMMUNITY_BYTES_MAX {
        return Err(Unreadable::TooLarge);
    }
    let (tag, contents) = message.element()?;
    message.end()?;
    let pdu = pdu(tag, contents)?;
    if version == Version::V1 && matches!(pdu.operation, Operation::GetBulk { .. }) {
        return Err(Unreadable::NotInVersion1);
    }
    Ok(Message { version, community: ber::octets(community), pdu })
}

fn pdu(tag: u8, contents: &[u8]) -> Result<Pdu, Unreadable> {
    let mut reader = Reader::new(contents);
    if !matches!(tag, 0xa0..=0xa3 | 0xa5) {
        return Err(Unreadable::Operation(tag));
    }
    let request_id = reader.integer()?;
    let (first, second) = (reader.integer()?, reader.integer()?);
    let operation = match tag {
        0xa0 => Operation::Get,
        0xa1 => Operation::GetNext,
        0xa2 => Operation::Response { status: ErrorStatus::of(first), index: second },
        0xa3 => Operation::Set,
        // Negative counts mean none (RFC 3416, section 4.2.3).
        _ => Operation::GetBulk { non_repeaters: first.max(0), max_repetitions: second.max(0) },
    };
    let mut list = Reader::new(reader.expect(ber::SEQUENCE)?);
    reader.end()?;
    let mut bindings = Vec::new();
    while !list.is_empty() {
        if bindings.len() == BINDINGS_MAX {
            return Err(Unreadable::TooLarge);
        }
        let mut binding = Reader::new(list.expect(ber::SEQUENCE)?);
        let name = ber::oid(binding.expect(ber::OBJECT_ID)?)?;
        let (tag, contents) = binding.element()?;
        binding.end()?;
        bindings.push(VarBind { name, value: value(tag, contents)? });
    }
    Ok(Pdu { request_id, operation, bindings })
}

fn value(tag: u8, contents: &[u8]) -> Result<Value, Unreadable> {
    let empty = |value| if contents.is_empty() { Ok(value) } else { Err(Unreadable::Trailing) };
    Ok(match tag {
        ber::INTEGER => Value::Integer(ber::integer(contents)?),
        ber::OCTET_STRING => Value::OctetString(ber::octets(contents)),
        ber::NULL => empty(Value::Null)?,
        ber::OBJECT_ID => Value::ObjectId(ber::oid(contents)?),
        0x40 => Value::IpAddress(contents.try_into().map_err(|_| Unreadable::Length)?),
        0x41 => Value::Counter32(ber::unsigned32(contents)?),
        0x42 => Value::Gauge32(ber::unsigned32(contents)?),
        0x43 => Value::TimeTicks(ber::unsigned32(contents)?),
        0x44 => Value::Opaque(ber::octets(contents)),
        0x46 => Value::Counter64(ber::unsigned(contents)?),
        0x80 => empty(Value::NoSuchObject)?,
        0x81 => empty(Value::NoSuchInstance)?,
        0x82 => empty(Value::EndOfMibView)?,
        other => return Err(Unreadable::Tag(other)),
    })
}
