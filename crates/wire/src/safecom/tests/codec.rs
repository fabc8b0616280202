//! Frames and bodies.

use bytes::{BufMut, BytesMut};
use proptest::prelude::*;

use super::make::Make;
use crate::safecom::header::{self, Header, MAGIC};
use crate::safecom::limits::{BODY_BYTES_MAX, IDS_MAX, TEXT_BYTES_MAX};
use crate::safecom::records::{
    Delegate, DelegateAction, DelegateSide, DelegateState, Delegation, DelegationsAnswer, Delete, Login,
    LoginMethod, PinChange, Register, RegisterByLogin,
};
use crate::safecom::{Fault, Ids, Message, Request, Secret, Status, Type};

/// Takes one message from `bytes`, which must be exactly one frame.
fn decode(bytes: &[u8]) -> Result<(u32, Message), Fault> {
    let mut buffer = BytesMut::from(bytes);
    let frame = header::decode(&mut buffer)?.expect("a whole frame");
    assert!(buffer.is_empty(), "bytes are left over");
    Ok((frame.header.request, Message::decode(frame)?))
}

/// A frame of `kind` with a raw body.
fn raw(kind: u16, flags: u8, body: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::new();
    Header { version: 1, flags, kind, request: 1, length: body.len() as u32 }.encode(&mut out);
    out.put_slice(body);
    out.to_vec()
}

/// One field.
fn field(tag: u16, value: &[u8]) -> Vec<u8> {
    let mut out = tag.to_be_bytes().to_vec();
    out.extend((value.len() as u16).to_be_bytes());
    out.extend(value);
    out
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(seed: u64, request: u32) {
        let message = Make(seed).message();
        let bytes = message.encode(request);
        prop_assert_eq!(decode(&bytes), Ok((request, message)));
    }

    #[test]
    fn what_is_decoded_encodes_to_the_same_meaning(seed: u64, at: proptest::sample::Index, with: u8) {
        // One byte of a good frame is changed; whatever is still accepted must survive another round.
        let mut bytes = Make(seed).message().encode(1).to_vec();
        let at = at.index(bytes.len());
        bytes[at] = with;
        let mut buffer = BytesMut::from(bytes.as_slice());
        if let Ok(Some(frame)) = header::decode(&mut buffer) {
            let request = frame.header.request;
            if let Ok(message) = Message::decode(frame) {
                prop_assert_eq!(decode(&message.encode(request)), Ok((request, message)));
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind: u16, flags in 0u8..4) {
        let mut framed = BytesMut::from(raw(kind, flags, &bytes).as_slice());
        if let Ok(Some(frame)) = header::decode(&mut framed) {
            let _ = Message::decode(frame);
        }
        let mut unframed = BytesMut::from(bytes.as_slice());
        let _ = header::decode(&mut unframed);
    }

    #[test]
    fn any_chunking_gives_the_same_frames(seeds in proptest::collection::vec(any::<u64>(), 1..6), cut in 1usize..50) {
        let whole: Vec<u8> = seeds.iter().flat_map(|seed| Make(*seed).message().encode(7)).collect();
        let (mut buffer, mut frames) = (BytesMut::new(), 0);
        for chunk in whole.chunks(cut) {
            buffer.extend_from_slice(chunk);
            while let Some(frame) = header::decode(&mut buffer).expect("good frames") {
                let seed = seeds[frames];
                prop_assert_eq!(Message::decode(frame), Ok(Make(seed).message()));
                frames += 1;
            }
        }
        prop_assert_eq!(frames, seeds.len());
    }
}

#[test]
fn a_header_is_judged_by_its_first_wrong_byte() {
    let refused = |bytes: &[u8]| header::decode(&mut BytesMut::from(bytes)).unwrap_err();
    assert!(matches!(refused(b"G"), Fault::Malformed { .. }));
    assert!(matches!(refused(b"PGS\0"), Fault::Malformed { .. }));
    let mut good = Message::Request(Request::KeepAlive).encode(1).to_vec();
    good[5] = 0x80;
    assert!(matches!(refused(&good), Fault::Malformed { .. }));
    good[5] = 0;
    good[4] = 9;
    assert_eq!(refused(&good).status(), Status::SessionVersions);
    assert_eq!(header::decode(&mut BytesMut::from(&MAGIC[..3])), Ok(None));
}

#[test]
fn an_oversized_body_is_refused_from_the_header_alone() {
    let mut out = BytesMut::new();
    Header { version: 1, flags: 0, kind: 0x10, request: 1, length: BODY_BYTES_MAX as u32 + 1 }
        .encode(&mut out);
    assert!(matches!(header::decode(&mut out), Err(Fault::TooLarge { max: BODY_BYTES_MAX, .. })));
    let mut out = BytesMut::new();
    Header { version: 1, flags: 0, kind: 0x10, request: 1, length: BODY_BYTES_MAX as u32 }.encode(&mut out);
    assert_eq!(header::decode(&mut out), Ok(None));
}

#[test]
fn bodies_are_refused_by_fault() {
    let login = Type::Login.code();
    let method = field(1, &[1]);
    let id = field(2, b"1234");
    let join = |parts: &[&[u8]]| parts.concat();
    let malformed = |body: &[u8]| matches!(decode(&raw(login, 0, body)), Err(Fault::Malformed { .. }));
    assert!(malformed(&id), "a missing field");
    assert!(malformed(&join(&[&method, &id, &id])), "a repeated field");
    assert!(malformed(&join(&[&method, &[0, 2, 0]])), "a field cut short");
    assert!(malformed(&join(&[&method, &[0, 2, 0, 9, 1]])), "a field longer than its frame");
    assert!(malformed(&join(&[&method, &field(2, &[0xFF, 0xFE])])), "not UTF-8");
    assert!(malformed(&join(&[&field(1, &[1, 1]), &id])), "a number of the wrong length");
    let unknown_method = decode(&raw(login, 0, &join(&[&field(1, &[77]), &id])));
    assert_eq!(unknown_method.unwrap_err().status(), Status::RequestVersion);
    let long = field(2, &vec![b'x'; TEXT_BYTES_MAX + 1]);
    assert!(matches!(decode(&raw(login, 0, &join(&[&method, &long]))), Err(Fault::TooLarge { .. })));
    let many = field(1, &vec![0; (IDS_MAX + 1) * 8]);
    assert!(matches!(decode(&raw(Type::Delete.code(), 0, &many)), Err(Fault::TooLarge { .. })));
    let odd = field(1, &[0; 9]);
    assert!(matches!(decode(&raw(Type::Delete.code(), 0, &odd)), Err(Fault::Malformed { .. })));
    assert_eq!(decode(&raw(0x7777, 0, &[])).unwrap_err().status(), Status::UnknownRequest);
    assert!(matches!(decode(&raw(login, 2, &join(&[&method, &id]))), Err(Fault::Malformed { .. })));
}

#[test]
fn unknown_fields_are_skipped_unless_critical() {
    let good = [field(1, &[1]), field(2, b"1234")].concat();
    let login = Login { method: LoginMethod::Card, id: Secret::new("1234"), secret: None };
    let with = |tag: u16| raw(Type::Login.code(), 0, &[good.clone(), field(tag, b"later")].concat());
    assert_eq!(decode(&with(0x0FFF)), Ok((1, Message::Request(Request::Login(login)))));
    assert_eq!(decode(&with(0x8FFF)).unwrap_err().status(), Status::RequestVersion);
}

#[test]
fn deeply_nested_records_are_bounded() {
    // A server answer that holds a "server" record that holds fields of another record, and so on.
    let mut body = field(1, b"x");
    for _ in 0..1000 {
        if body.len() > 60_000 {
            break;
        }
        body = field(3, &body);
    }
    let done = field(1, &0i32.to_be_bytes());
    let body = [done, field(2, b""), body].concat();
    assert!(decode(&raw(Type::Documents.code(), 3, &body)).is_err());
}

#[test]
fn long_titles_are_cut_at_a_character_not_refused() {
    let title = "é".repeat(TEXT_BYTES_MAX);
    let bytes = Message::Request(Request::Login(Login {
        method: LoginMethod::Logon,
        id: Secret::new(title),
        secret: None,
    }))
    .encode(1);
    let Ok((_, Message::Request(Request::Login(login)))) = decode(&bytes) else { panic!("a login") };
    assert_eq!(login.id.expose().len(), TEXT_BYTES_MAX);
}

#[test]
fn ids_pack_to_eight_bytes_each() {
    let ids: Vec<u64> = (0..IDS_MAX as u64).collect();
    let message = Message::Request(Request::Delete(Delete { documents: Ids(ids) }));
    let bytes = message.encode(1);
    assert_eq!(bytes.len(), 16 + 4 + IDS_MAX * 8);
    assert_eq!(decode(&bytes), Ok((1, message)));
}

#[test]
fn type_numbers_lead_back() {
    for kind in Type::ALL {
        assert_eq!(Type::from_code(kind.code()), Some(*kind));
    }
    assert_eq!(Type::from_code(0), None);
}

#[test]
fn rel_7_registering_and_changing_a_pin_are_the_bytes_of_the_document() {
    let secret = |text: &str| Secret::new(text.to_owned());
    let register = Register {
        method: LoginMethod::Card,
        id: secret("0457"),
        puk: secret("12345678"),
        pin: Some(secret("4711")),
        pin_again: Some(secret("4711")),
    };
    let body =
        [field(1, &[1]), field(2, b"0457"), field(3, b"12345678"), field(4, b"4711"), field(5, b"4711")]
            .concat();
    let bytes = raw(0x0109, 0, &body);
    assert_eq!(Message::Request(Request::Register(register.clone())).encode(1), bytes);
    assert_eq!(decode(&bytes), Ok((1, Message::Request(Request::Register(register.clone())))));
    let change = PinChange { old: None, pin: secret("aB9z"), pin_again: secret("aB9z") };
    let bytes = raw(0x010A, 0, &[field(2, b"aB9z"), field(3, b"aB9z")].concat());
    assert_eq!(Message::Request(Request::PinChange(change.clone())).encode(1), bytes);
    assert_eq!(decode(&bytes), Ok((1, Message::Request(Request::PinChange(change)))));
    let done = raw(0x0109, 3, &[field(1, &0_i32.to_be_bytes()), field(2, b"")].concat());
    let done = decode(&done);
    assert!(matches!(done, Ok((1, Message::Answer { to: Type::Register, last: true, .. }))), "{done:?}");
    // The PUK is needed.
    assert!(decode(&raw(0x0109, 0, &[field(1, &[1]), field(2, b"0457")].concat())).is_err());
    assert!(!format!("{register:?}").contains("12345678"));
}

#[test]
fn usr_20_registering_by_login_and_sub_13_delegations_are_the_bytes_of_the_document() {
    let secret = |text: &str| Secret::new(text.to_owned());
    let register = RegisterByLogin {
        method: LoginMethod::Card,
        id: secret("0457"),
        logon: "EXAMPLE\\ann".to_owned(),
        password: secret("sesame"),
        pin: None,
        pin_again: None,
    };
    let body = [field(1, &[1]), field(2, b"0457"), field(3, b"EXAMPLE\\ann"), field(4, b"sesame")].concat();
    let bytes = raw(0x010B, 0, &body);
    assert_eq!(Message::Request(Request::RegisterByLogin(register.clone())).encode(1), bytes);
    assert_eq!(decode(&bytes), Ok((1, Message::Request(Request::RegisterByLogin(register.clone())))));
    assert!(!format!("{register:?}").contains("sesame"));

    let ask = Delegate {
        action: DelegateAction::Ask,
        person: "bob".to_owned(),
        side: DelegateSide::Collector,
        always: true,
        ends_us: Some(258),
    };
    let ends = field(5, &258_i64.to_be_bytes());
    let bytes =
        raw(0x010D, 0, &[field(1, &[1]), field(2, b"bob"), field(3, &[2]), field(4, &[1]), ends].concat());
    assert_eq!(Message::Request(Request::Delegate(ask.clone())).encode(1), bytes);
    assert_eq!(decode(&bytes), Ok((1, Message::Request(Request::Delegate(ask)))));
    assert_eq!(Message::Request(Request::Delegations).encode(1), raw(0x010C, 0, &[]));
    let delegation = Delegation {
        person: "bob".to_owned(),
        full_name: String::new(),
        side: DelegateSide::Submitter,
        always: false,
        ends_us: None,
        state: DelegateState::AwaitsPerson,
    };
    let one = [field(1, b"bob"), field(2, b""), field(3, &[1]), field(4, &[0]), field(6, &[3])].concat();
    let done = [field(1, &0_i32.to_be_bytes()), field(2, b"")].concat();
    let bytes = raw(0x010C, 3, &[done, field(3, &one)].concat());
    let answer = crate::safecom::Answer::Delegations(DelegationsAnswer { delegations: vec![delegation] });
    let answer = Message::Answer { to: Type::Delegations, answer, last: true };
    assert_eq!(answer.encode(1), bytes);
    assert_eq!(decode(&bytes), Ok((1, answer)));
}

#[test]
fn secrets_do_not_show() {
    let login =
        Login { method: LoginMethod::Card, id: Secret::new("1234"), secret: Some(Secret::new("9876")) };
    let shown = format!("{login:?}");
    assert!(!shown.contains("1234") && !shown.contains("9876"), "{shown}");
}
