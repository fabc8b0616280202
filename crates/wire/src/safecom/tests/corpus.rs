//! Byte streams that once were interesting, replayed against both ends.
//!
//! `crates/wire/corpus/safecom` holds one file per stream: what a peer sent from the first byte on. With
//! `UPDATE_CORPUS=1` the test writes its own seeds there; found ones are added by hand under a name that says what they did.

use std::path::PathBuf;
use std::time::Instant;

use bytes::BytesMut;

use super::make::Make;
use super::{client, device, device_hello, device_key, server};
use crate::safecom::records::{
    Delegate, DelegateAction, DelegateSide, DelegateState, Delegation, DelegationsAnswer, Hello, LoginMethod,
    PinChange, Register, RegisterByLogin, Role, Toner, WalkupBegin, WalkupCounted, WalkupEnd, WalkupKind,
    WalkupPart,
};
use crate::safecom::{Answer, Message, Port, Request, Server, ServerEvent, Type, header};

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus/safecom")
}

/// What a server makes of the stream, cut into chunks of `cut` bytes, with devices let in.
fn server_events(port: Port, stream: &[u8], cut: usize) -> Vec<ServerEvent> {
    let now = Instant::now();
    let mut server: Server = server(port, now);
    let mut events = Vec::new();
    for chunk in stream.chunks(cut.max(1)) {
        server.handle_input(chunk, now);
        while let Some(event) = server.poll_event() {
            if matches!(event, ServerEvent::Authenticate { .. }) {
                server.authenticate(&device_key(), vec![]);
            }
            events.push(event);
        }
        while server.poll_transmit(now).is_some() {}
    }
    server.handle_eof();
    events.extend(std::iter::from_fn(|| server.poll_event()));
    events
}

/// The three promises for one stream.
fn check(name: &str, stream: &[u8]) {
    let now = Instant::now();
    for mut peer in [device(now), client(now)] {
        peer.handle_input(stream, now);
        while peer.poll_event().is_some() {}
    }
    for port in [Port::Devices, Port::Clients, Port::Money, Port::Tracking] {
        let whole = server_events(port, stream, 16 * 1024 * 1024);
        assert!(matches!(whole.last(), Some(ServerEvent::Ended(_))), "{name}: has no end");
        if whole.iter().any(|event| matches!(event, ServerEvent::Authenticate { .. })) {
            // What follows a proof in the same chunk comes before the caller could let the device in.
            continue;
        }
        for cut in [1, 3, 16, 1000] {
            assert_eq!(server_events(port, stream, cut), whole, "{name}: chunks of {cut}");
        }
    }
    let mut buffer = BytesMut::from(stream);
    while let Ok(Some(frame)) = header::decode(&mut buffer) {
        let request = frame.header.request;
        if let Ok(message) = Message::decode(frame) {
            let mut again = BytesMut::from(message.encode(request).as_ref());
            let frame = header::decode(&mut again).expect("our own frame").expect("a whole frame");
            assert_eq!(Message::decode(frame), Ok(message), "{name}");
        }
    }
}

/// Streams made here: a good start, then anything; and single frames with a byte changed.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let hello = |role| Message::Request(Request::Hello(Hello { role, ..device_hello() })).encode(1);
    let mut seeds = Vec::new();
    for seed in 0..24u64 {
        let role = if seed % 2 == 0 { Role::Client } else { Role::Device };
        let mut stream = hello(role).to_vec();
        let mut make = Make(seed * 7919);
        for number in 0..4 {
            stream.extend(make.message().encode(3 + 2 * number));
        }
        if seed % 3 == 0 {
            let at = (seed as usize * 131) % stream.len();
            stream[at] ^= 0x41;
        }
        seeds.push((format!("seed-{seed:02}"), stream));
    }
    let mut huge = hello(Role::Client).to_vec();
    huge[12..16].copy_from_slice(&u32::MAX.to_be_bytes());
    seeds.push(("length-4-gib".into(), huge));
    seeds.push(("http".into(), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()));
    seeds.push(("tls-client-hello".into(), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()));
    seeds.push(("zeros".into(), vec![0; 64]));
    seeds.push(("cut-in-the-header".into(), hello(Role::Device)[..9].to_vec()));
    let mut fields = header_only(0x0101, 60_000);
    fields.extend(std::iter::repeat_n([0u8, 9, 0, 0], 15_000).flatten());
    let secret = |text: &str| crate::safecom::Secret::new(text.to_owned());
    let register = Request::Register(Register {
        method: LoginMethod::Card,
        id: secret("0457"),
        puk: secret("12345678"),
        pin: Some(secret("4711")),
        pin_again: Some(secret("4711")),
    });
    let change = PinChange { old: Some(secret("4711")), pin: secret("aB9z"), pin_again: secret("aB9z") };
    let change = Message::Request(Request::PinChange(change)).encode(5);
    let both = [&hello(Role::Device)[..], &Message::Request(register).encode(3), &change].concat();
    seeds.push(("register-and-change-pin".into(), both));
    seeds.push(("register-by-login".into(), [hello(Role::Device).to_vec(), register_by_login()].concat()));
    seeds.push(("delegations".into(), [hello(Role::Client).to_vec(), delegations()].concat()));
    seeds.push(("copy-begins-counts-and-ends".into(), [hello(Role::Device).to_vec(), copy()].concat()));
    for seed in 0..8u64 {
        let mut stream = hello(Role::Client).to_vec();
        let mut make = Make(seed * 104_729);
        for number in 0..4 {
            stream.extend(make.books().encode(3 + 2 * number));
        }
        if seed % 4 == 3 {
            let at = stream.len() - 1 - (seed as usize * 31) % 64;
            stream[at] ^= 0x41;
        }
        seeds.push((format!("books-{seed:02}"), stream));
    }
    seeds.push(("many-empty-fields".into(), [hello(Role::Client).to_vec(), fields].concat()));
    seeds
}

/// A card that is registered by login.
fn register_by_login() -> Vec<u8> {
    let secret = |text: &str| crate::safecom::Secret::new(text.to_owned());
    let register = RegisterByLogin {
        method: LoginMethod::Code,
        id: secret("a1b2"),
        logon: "ann@example.org".into(),
        password: secret("sesame"),
        pin: Some(secret("4711")),
        pin_again: Some(secret("4711")),
    };
    Message::Request(Request::RegisterByLogin(register)).encode(3).to_vec()
}

/// A person asks for a delegation and for the list, and the server answers.
fn delegations() -> Vec<u8> {
    let ask = Delegate {
        action: DelegateAction::Ask,
        person: "bob".into(),
        side: DelegateSide::Submitter,
        always: true,
        ends_us: Some(i64::MAX),
    };
    let delegation = Delegation {
        person: "SALES\\bob".into(),
        full_name: "Bob Example".into(),
        side: DelegateSide::Collector,
        always: false,
        ends_us: None,
        state: DelegateState::AwaitsPerson,
    };
    let answer = Answer::Delegations(DelegationsAnswer { delegations: vec![delegation.clone(), delegation] });
    [
        Message::Request(Request::Delegate(ask)).encode(3),
        Message::Request(Request::Delegations).encode(5),
        Message::Answer { to: Type::Delegations, answer, last: true }.encode(5),
    ]
    .concat()
}

/// A copy whose counts repeat a paper, which the codec lets through and the rules refuse.
fn copy() -> Vec<u8> {
    let session = "copy-1".to_owned();
    let part = |mono| WalkupPart { media: "iso_a3_297x420mm".into(), sheets: 1, mono, color: u32::MAX };
    let begin = WalkupBegin {
        session: session.clone(),
        kind: WalkupKind::Copy,
        color: true,
        name: Some("\u{1F5A8}".into()),
        destination: None,
    };
    let counted = WalkupCounted { session: session.clone(), parts: vec![part(1), part(0)] };
    let end = WalkupEnd {
        session,
        parts: vec![part(2)],
        completed: false,
        bytes: u64::MAX,
        duplex: true,
        destination: Some(String::new()),
        name: None,
        reason: Some("paper jam".into()),
        toner: Some(Toner { cyan: 10_000, magenta: 0, yellow: u16::MAX, black: 1 }),
    };
    [
        Message::Request(Request::WalkupBegin(begin)).encode(3),
        Message::Request(Request::WalkupCounted(counted)).encode(5),
        Message::Request(Request::WalkupEnd(end)).encode(7),
    ]
    .concat()
}

fn header_only(kind: u16, length: u32) -> Vec<u8> {
    let mut out = BytesMut::new();
    header::Header { version: 1, flags: 0, kind, request: 3, length }.encode(&mut out);
    out.to_vec()
}

#[test]
fn the_corpus_holds() {
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        std::fs::create_dir_all(directory()).expect("a directory to write to");
        for (name, stream) in seeds() {
            std::fs::write(directory().join(name), stream).expect("a file to write to");
        }
    }
    let mut count = 0;
    for entry in std::fs::read_dir(directory()).expect("the corpus is part of the project") {
        let path = entry.expect("a readable directory").path();
        check(&path.display().to_string(), &std::fs::read(&path).expect("a readable file"));
        count += 1;
    }
    assert!(count >= 30, "only {count} files");
}
