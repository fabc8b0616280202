use std::path::PathBuf;

use proptest::prelude::*;

use super::limits::{DATAGRAM_BYTES, FEATURES_MAX, NAME_BYTES_MAX};
use super::*;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn encode(datagram: &Datagram) -> Vec<u8> {
    match datagram {
        Datagram::Request(request) => encode_request(request),
        Datagram::Answer(answer) => encode_answer(answer),
    }
}

/// The example of docs/DISCOVERY.md, byte by byte.
const ANSWER: &[u8] = b"PGDS\x01\x02\x01\x02\x03\x04\x05\x06\x07\x08\
    \x01\x07default\x02\x06print1\x03\x0dPapergate 0.1\
    \x04\x13\x1e\x14jobserver/clients\x04\x10\x02\x77portserver/ipp";

#[test]
fn the_documented_answer_is_what_is_written_and_read() {
    let answer = Answer {
        cookie: [1, 2, 3, 4, 5, 6, 7, 8],
        group: name("default"),
        host: name("print1"),
        software: name("Papergate 0.1"),
        features: vec![
            Feature { name: name("jobserver/clients"), port: 7700 },
            Feature { name: name("portserver/ipp"), port: 631 },
        ],
    };
    assert_eq!(encode_answer(&answer), ANSWER);
    assert_eq!(decode(ANSWER), Ok(Datagram::Answer(answer)));
}

#[test]
fn the_document_says_what_is_tested() {
    let document = include_str!("../../../../docs/DISCOVERY.md");
    let block = document.split("```").nth(3).expect("the second block is the answer");
    let hex = |word: &str| (word.len() == 2).then(|| u8::from_str_radix(word, 16).ok()).flatten();
    let bytes: Vec<u8> = block.lines().flat_map(|line| line.split_whitespace().map_while(hex)).collect();
    assert_eq!(bytes, ANSWER);
}

#[test]
fn the_documented_request_is_what_is_written_and_read() {
    let request = Request { cookie: [9; 8], target: Target::Group(name("default")) };
    let bytes = encode_request(&request);
    assert!(bytes.starts_with(b"PGDS\x01\x01\x09\x09\x09\x09\x09\x09\x09\x09\x01\x07default\x00"));
    assert_eq!(bytes.len(), DATAGRAM_BYTES);
    assert_eq!(decode(&bytes), Ok(Datagram::Request(request)));
}

#[test]
fn a_request_concerns_whom_it_names() {
    let (group, host) = (name("Default"), name("print1"));
    for (target, concerned) in [
        (Target::Anyone, true),
        (Target::Group(name("default")), true),
        (Target::Group(name("print1")), false),
        (Target::Host(name("PRINT1")), true),
        (Target::Host(name("print2")), false),
    ] {
        let request = Request { cookie: [0; 8], target };
        assert_eq!(request.concerns(&group, &host), concerned, "{request:?}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let request = |fields: &[u8]| {
        let mut bytes = b"PGDS\x01\x01\x09\x09\x09\x09\x09\x09\x09\x09".to_vec();
        bytes.extend_from_slice(fields);
        bytes.resize(DATAGRAM_BYTES, 0);
        bytes
    };
    let answer =
        |fields: &[u8]| [b"PGDS\x01\x02\x09\x09\x09\x09\x09\x09\x09\x09".as_slice(), fields].concat();
    let long = [&[1, 65][..], &[b'x'; 65]].concat();
    let eleven =
        [b"\x01\x01g\x02\x01h\x03\x01s".as_slice(), &b"\x04\x03\x00\x01f".repeat(FEATURES_MAX + 1)].concat();
    for (bytes, fault) in [
        (b"".to_vec(), Malformed::Foreign),
        (b"PGDS\x01\x01".to_vec(), Malformed::Foreign),
        (b"SSDP-----------".to_vec(), Malformed::Foreign),
        (b"PGDS\x02\x01\0\0\0\0\0\0\0\0".to_vec(), Malformed::Version(2)),
        (b"PGDS\x01\x03\0\0\0\0\0\0\0\0".to_vec(), Malformed::Kind(3)),
        (vec![0; DATAGRAM_BYTES + 1], Malformed::TooLong),
        (request(b"")[..DATAGRAM_BYTES - 1].to_vec(), Malformed::RequestShort(DATAGRAM_BYTES - 1)),
        (request(b"\x01\x00"), Malformed::Name(1)),
        (request(b"\x02\x02\xff\xfe"), Malformed::Name(2)),
        (request(b"\x02\x01\x07"), Malformed::Name(2)),
        (request(&long), Malformed::Name(1)),
        (request(b"\x01\x01a\x01\x01b"), Malformed::Twice(1)),
        (request(b"\x01\x01a\x02\x01b"), Malformed::Twice(2)),
        (answer(b"\x01\x05a"), Malformed::Truncated),
        (answer(b"\x01"), Malformed::Truncated),
        (answer(b"\x01\x01g\x02\x01h"), Malformed::Missing(3)),
        (answer(b"\x01\x01g\x02\x01h\x03\x01s\x04\x01x"), Malformed::Truncated),
        (answer(b"\x01\x01g\x02\x01h\x03\x01s\x04\x03\x00\x00f"), Malformed::Port),
        (answer(&eleven), Malformed::Features),
    ] {
        assert_eq!(decode(&bytes), Err(fault), "{}", bytes.escape_ascii());
    }
}

#[test]
fn fields_of_a_later_edition_are_passed_over() {
    let bytes = [ANSWER, b"\x09\x03new\x00anything after the end"].concat();
    assert_eq!(decode(&bytes), decode(ANSWER));
}

#[test]
fn no_answer_is_longer_than_a_request() {
    let longest = name(&"n".repeat(NAME_BYTES_MAX));
    let feature = Feature { name: longest.clone(), port: 65535 };
    let answer = Answer {
        cookie: [255; 8],
        group: longest.clone(),
        host: longest.clone(),
        software: longest,
        features: vec![feature; FEATURES_MAX + 5],
    };
    let bytes = encode_answer(&answer);
    assert!(bytes.len() <= DATAGRAM_BYTES, "{}", bytes.len());
    let Ok(Datagram::Answer(read)) = decode(&bytes) else { panic!("it is an answer") };
    assert_eq!(read.features.len(), FEATURES_MAX);
}

/// What holds for any bytes; the fuzz target `discovery` is this function.
fn holds(bytes: &[u8]) {
    if let Ok(datagram) = decode(bytes) {
        assert_eq!(decode(&encode(&datagram)).as_ref(), Ok(&datagram));
    }
}

#[test]
fn the_corpus_holds_the_properties() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus/discovery");
    let mut decoded = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus is committed") {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        holds(&bytes);
        decoded += usize::from(decode(&bytes).is_ok());
    }
    assert!(decoded >= 3, "the corpus has good datagrams too");
}

fn any_name() -> impl Strategy<Value = Name> {
    "[^\\p{Cc}]{1,16}"
        .prop_map(|text| Name::parse(&text).expect("16 characters of up to 4 bytes without controls"))
}

proptest! {
    #[test]
    fn any_bytes_hold_the_properties(bytes in proptest::collection::vec(any::<u8>(), 0..DATAGRAM_BYTES + 2)) {
        holds(&bytes);
    }

    #[test]
    fn any_tail_holds_the_properties(kind in 1_u8..3, tail in proptest::collection::vec(0_u8..8, 1010)) {
        let mut bytes = b"PGDS\x01".to_vec();
        bytes.push(kind);
        bytes.extend([0; 8]);
        bytes.extend(tail);
        holds(&bytes);
    }

    #[test]
    fn an_answer_survives_the_wire(
        cookie in any::<Cookie>(), group in any_name(), host in any_name(), software in any_name(),
        features in proptest::collection::vec((any_name(), 1_u16..), 0..FEATURES_MAX),
    ) {
        let features = features.into_iter().map(|(name, port)| Feature { name, port }).collect();
        let answer = Answer { cookie, group, host, software, features };
        prop_assert_eq!(decode(&encode_answer(&answer)), Ok(Datagram::Answer(answer)));
    }
}
