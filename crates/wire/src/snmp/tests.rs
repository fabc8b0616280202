use bytes::Bytes;
use proptest::prelude::*;

use super::agent::{Table, answer};
use super::client::{Client, Refused};
use super::limits::{BINDINGS_MAX, DATAGRAM_BYTES};
use super::*;

fn oid(text: &str) -> Oid {
    text.parse().unwrap()
}

fn table() -> Table {
    Table::from([
        (oid("1.3.6.1.2.1.1.1.0"), Value::text("a printer")),
        (oid("1.3.6.1.2.1.1.3.0"), Value::TimeTicks(4_000_000_000)),
        (oid("1.3.6.1.2.1.31.1.0"), Value::Counter64(u64::MAX)),
        (oid("1.3.6.1.2.1.43.10.2.1.4.1.1"), Value::Counter32(300)),
        (oid("1.3.6.1.2.1.43.10.2.1.4.1.2"), Value::Counter32(7)),
    ])
}

/// A question and its answer, both as they cross the network.
fn ask(version: Version, operation: Operation, names: &[&str]) -> Option<Pdu> {
    let bindings = names.iter().map(|name| VarBind { name: oid(name), value: Value::Null }).collect();
    let pdu = Pdu { request_id: 77, operation, bindings };
    let request = encode(&Message { version, community: Bytes::from_static(b"public"), pdu });
    let answer = answer(&decode(&request).unwrap(), b"public", &table())?;
    let datagram = encode(&answer);
    assert!(datagram.len() <= DATAGRAM_BYTES);
    let read = decode(&datagram).unwrap();
    assert_eq!((&read, read.pdu.request_id), (&answer, 77));
    Some(read.pdu)
}

fn response(status: ErrorStatus, index: i32) -> Operation {
    Operation::Response { status, index }
}

/// A question for `prtMarkerLifeCount.1`, octet by octet.
const GET: &[u8] =
    b"\x30\x2c\x02\x01\x01\x04\x06public\xa0\x1f\x02\x04\x11\x22\x33\x44\x02\x01\x00\x02\x01\x00\
    \x30\x11\x30\x0f\x06\x0b\x2b\x06\x01\x02\x01\x2b\x0a\x02\x01\x04\x01\x05\x00";

#[test]
fn octets_are_as_the_standard_writes_them() {
    let message = decode(GET).unwrap();
    assert_eq!(message.version, Version::V2c);
    assert_eq!(message.pdu.operation, Operation::Get);
    assert_eq!(message.pdu.request_id, 0x1122_3344);
    assert_eq!(message.pdu.bindings[0].name, oid("1.3.6.1.2.1.43.10.2.1.4.1"));
    assert_eq!(encode(&message), GET);
}

#[test]
fn numbers_are_written_as_short_as_they_may_be() {
    for (value, octets) in [
        (Value::Integer(0), &b"\x02\x01\x00"[..]),
        (Value::Integer(127), b"\x02\x01\x7f"),
        (Value::Integer(128), b"\x02\x02\x00\x80"),
        (Value::Integer(-1), b"\x02\x01\xff"),
        (Value::Integer(-129), b"\x02\x02\xff\x7f"),
        (Value::Counter32(u32::MAX), b"\x41\x05\x00\xff\xff\xff\xff"),
        (Value::Counter64(u64::MAX), b"\x46\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff"),
        (Value::ObjectId(oid("2.999.3")), b"\x06\x03\x88\x37\x03"),
        (Value::NoSuchInstance, b"\x81\x00"),
        (Value::IpAddress([192, 0, 2, 1]), b"\x40\x04\xc0\x00\x02\x01"),
    ] {
        let pdu = Pdu {
            request_id: 1,
            operation: response(ErrorStatus::NoError, 0),
            bindings: vec![VarBind { name: oid("1.3.6"), value: value.clone() }],
        };
        let message = Message { version: Version::V2c, community: Bytes::new(), pdu };
        let datagram = encode(&message);
        assert!(datagram.ends_with(octets), "{value:?}: {}", datagram.escape_ascii());
        assert_eq!(decode(&datagram), Ok(message));
    }
}

#[test]
fn what_is_wrong_is_named() {
    let with = |at: usize, octet: u8| {
        let mut datagram = GET.to_vec();
        datagram[at] = octet;
        datagram
    };
    for (datagram, why) in [
        (vec![], Unreadable::Truncated),
        (GET[..GET.len() - 1].to_vec(), Unreadable::Truncated),
        ([GET, b"x"].concat(), Unreadable::Trailing),
        (with(1, 0x80), Unreadable::Length),
        (with(0, 0x1f), Unreadable::Tag(0x1f)),
        (with(4, 3), Unreadable::Version(3)),
        (with(13, 0xa6), Unreadable::Operation(0xa6)),
        (with(13, 0xa4), Unreadable::Operation(0xa4)),
        (with(5, 0x05), Unreadable::Tag(0x05)),
        (with(44, 0x45), Unreadable::Tag(0x45)),
        (with(43, 0x81), Unreadable::ObjectId),
        (vec![0x30; DATAGRAM_BYTES + 1], Unreadable::TooLarge),
    ] {
        assert_eq!(decode(&datagram), Err(why), "{}", datagram.escape_ascii());
    }
    let mut first = with(13, 0xa5);
    first[4] = 0;
    assert_eq!(decode(&first), Err(Unreadable::NotInVersion1));
    for wrong in ["", "1", "3.1", "1.40", "1.3.x", "1..3", "2.4294967295", "1.3.4294967296"] {
        assert!(wrong.parse::<Oid>().is_err(), "{wrong}");
    }
}

#[test]
fn version_2_says_what_is_missing_and_version_1_refuses() {
    let names = ["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.43.10.2.1.4.1.9", "1.3.6.1.4.1.1.0"];
    let answered = ask(Version::V2c, Operation::Get, &names).unwrap();
    let values: Vec<_> = answered.bindings.into_iter().map(|binding| binding.value).collect();
    assert_eq!(values, [Value::text("a printer"), Value::NoSuchInstance, Value::NoSuchObject]);

    let refused = ask(Version::V1, Operation::Get, &names).unwrap();
    assert_eq!(refused.operation, response(ErrorStatus::NoSuchName, 2));
    assert_eq!(refused.bindings[0].value, Value::Null);

    let end = ask(Version::V2c, Operation::GetNext, &["1.3.6.1.2.1.43.10.2.1.4.1.2"]).unwrap();
    assert_eq!(end.bindings[0].value, Value::EndOfMibView);
    let end = ask(Version::V1, Operation::GetNext, &["1.3.6.1.2.1.43.10.2.1.4.1.2"]).unwrap();
    assert_eq!(end.operation, response(ErrorStatus::NoSuchName, 1));
}

#[test]
fn a_walk_sees_every_object_once_and_version_1_no_large_counters() {
    for (version, seen) in [(Version::V2c, 5), (Version::V1, 4)] {
        let mut at = "1.3".to_owned();
        let mut steps = 0;
        while let Some(pdu) = ask(version, Operation::GetNext, &[&at]) {
            if pdu.operation != response(ErrorStatus::NoError, 0)
                || pdu.bindings[0].value == Value::EndOfMibView
            {
                break;
            }
            at = pdu.bindings[0].name.to_string();
            steps += 1;
        }
        assert_eq!(steps, seen, "{version:?}");
    }
}

#[test]
fn bulk_asks_some_once_and_others_often() {
    let bulk = Operation::GetBulk { non_repeaters: 1, max_repetitions: 3 };
    let names = ["1.3.6.1.2.1.1", "1.3.6.1.2.1.43", "1.3.6.1.2.1.31"];
    let answered = ask(Version::V2c, bulk, &names).unwrap();
    let found: Vec<String> = answered.bindings.iter().map(|binding| binding.name.to_string()).collect();
    assert_eq!(
        found,
        [
            "1.3.6.1.2.1.1.1.0",
            "1.3.6.1.2.1.43.10.2.1.4.1.1",
            "1.3.6.1.2.1.31.1.0",
            "1.3.6.1.2.1.43.10.2.1.4.1.2",
            "1.3.6.1.2.1.43.10.2.1.4.1.1",
            "1.3.6.1.2.1.43.10.2.1.4.1.2",
            "1.3.6.1.2.1.43.10.2.1.4.1.2",
        ]
    );
    // However much is asked for, the answer is bounded.
    let names = vec!["1.3"; BINDINGS_MAX];
    let all = Operation::GetBulk { non_repeaters: 0, max_repetitions: i32::MAX };
    assert!(ask(Version::V2c, all, &names).unwrap().bindings.len() <= BINDINGS_MAX);
    let too_big = ask(Version::V2c, Operation::Get, &["1.3.6.1.2.1.1.1.0"; 80]).unwrap();
    assert_eq!((too_big.operation, too_big.bindings.len()), (response(ErrorStatus::TooBig, 0), 0));
}

#[test]
fn nothing_can_be_changed_and_strangers_hear_nothing() {
    let names = ["1.3.6.1.2.1.1.1.0"];
    let refused = |version| ask(version, Operation::Set, &names).unwrap().operation;
    assert_eq!(refused(Version::V2c), response(ErrorStatus::NotWritable, 1));
    assert_eq!(refused(Version::V1), response(ErrorStatus::NoSuchName, 1));
    assert!(ask(Version::V2c, response(ErrorStatus::NoError, 0), &names).is_none());
    let request = decode(GET).unwrap();
    assert!(answer(&request, b"private", &table()).is_none());
}

#[test]
fn a_client_takes_only_the_answer_to_its_last_question() {
    let name = oid("1.3.6.1.2.1.43.10.2.1.4.1.1");
    let missing = oid("1.3.6.1.4.1.1.0");
    let mut client = Client::new(Version::V1, "public", -5);
    let reply =
        |question: &Bytes| answer(&decode(question).unwrap(), b"public", &table()).expect("an answer");
    let first = client.get(std::slice::from_ref(&name));
    let second = client.get(&[name.clone(), missing.clone()]);
    assert_eq!(client.answer(reply(&first)), None, "the first question was given up");
    assert_eq!(client.answer(decode(&second).unwrap()), None, "a question is no answer");
    let mut forged = reply(&second);
    forged.community = Bytes::from_static(b"other");
    assert_eq!(client.answer(forged), None);
    assert_eq!(client.answer(reply(&second)), Some(Err(Refused::NoSuchName(missing))));
    assert_eq!(client.answer(reply(&second)), None, "once");
    let third = client.get_next(&[oid("1.3.6.1.2.1.43")]);
    let found = client.answer(reply(&third)).unwrap().unwrap();
    assert_eq!(found, [VarBind { name, value: Value::Counter32(300) }]);
}

#[test]
fn error_bits_are_read_from_the_left() {
    use mib::ErrorState;
    let state = ErrorState::of(&[0b1000_0100]);
    assert!(state.has(ErrorState::LOW_PAPER) && state.has(ErrorState::JAMMED));
    assert_eq!(state, ErrorState::LOW_PAPER.and(ErrorState::JAMMED));
    assert_eq!((state.octets(), state.obstacle()), ([0x84], Some("paper jam")));
    assert_eq!(ErrorState::of(&[]).obstacle(), None);
    assert_eq!(ErrorState::LOW_TONER.obstacle(), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        id in any::<i32>(),
        arcs in proptest::collection::vec(any::<u32>(), 0..20),
        number in any::<i32>(),
        wide in any::<u64>(),
        octets in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let name = Oid::new([&[1, 3][..], &arcs].concat()).unwrap();
        let values = [
            Value::Integer(number),
            Value::Counter64(wide),
            Value::Gauge32(number.cast_unsigned()),
            Value::OctetString(octets.into()),
            Value::ObjectId(name.clone()),
        ];
        let bindings = values.map(|value| VarBind { name: name.clone(), value }).to_vec();
        let pdu = Pdu { request_id: id, operation: response(ErrorStatus::of(number), id), bindings };
        let message = Message { version: Version::V2c, community: Bytes::from_static(b"c"), pdu };
        prop_assert_eq!(decode(&encode(&message)), Ok(message));
    }
}
