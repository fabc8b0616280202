//! A message to octets.

use bytes::Bytes;

use super::ber::{self, Writer};
use super::types::{Message, Operation, Value, VarBind};

/// Writes a datagram. Whether it is small enough to send is for the caller to see.
#[must_use]
pub fn encode(message: &Message) -> Bytes {
    let pdu = &message.pdu;
    let (tag, first, second) = match pdu.operation {
        Operation::Get => (0xa0, 0, 0),
        Operation::GetNext => (0xa1, 0, 0),
        Operation::Response { status, index } => (0xa2, status.code(), index),
        Operation::Set => (0xa3, 0, 0),
        Operation::GetBulk { non_repeaters, max_repetitions } => (0xa5, non_repeaters, max_repetitions),
    };
    let mut writer = Writer::default();
    for binding in pdu.bindings.iter().rev() {
        write(&mut writer, binding);
    }
    writer.wrap(ber::SEQUENCE, 0);
    for number in [second, first, pdu.request_id] {
        writer.integer(ber::INTEGER, i64::from(number));
    }
    writer.wrap(tag, 0);
    writer.element(ber::OCTET_STRING, &message.community);
    writer.integer(ber::INTEGER, message.version as i64);
    writer.wrap(ber::SEQUENCE, 0);
    writer.finish()
}

fn write(writer: &mut Writer, binding: &VarBind) {
    let mark = writer.mark();
    match &binding.value {
        Value::Integer(number) => writer.integer(ber::INTEGER, i64::from(*number)),
        Value::OctetString(octets) => writer.element(ber::OCTET_STRING, octets),
        Value::Null => writer.element(ber::NULL, &[]),
        Value::ObjectId(oid) => writer.oid(ber::OBJECT_ID, oid),
        Value::IpAddress(octets) => writer.element(0x40, octets),
        Value::Counter32(number) => writer.unsigned(0x41, u64::from(*number)),
        Value::Gauge32(number) => writer.unsigned(0x42, u64::from(*number)),
        Value::TimeTicks(number) => writer.unsigned(0x43, u64::from(*number)),
        Value::Opaque(octets) => writer.element(0x44, octets),
        Value::Counter64(number) => writer.unsigned(0x46, *number),
        Value::NoSuchObject => writer.element(0x80, &[]),
        Value::NoSuchInstance => writer.element(0x81, &[]),
        Value::EndOfMibView => writer.element(0x82, &[]),
    }
    writer.oid(ber::OBJECT_ID, &binding.name);
    writer.wrap(ber::SEQUENCE, mark);
}
