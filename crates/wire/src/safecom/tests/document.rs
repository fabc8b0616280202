//! `docs/PROTOCOL.md` says what the code does: its tables and its worked example are compared with it.
//!
//! With `UPDATE_GOLDEN=1` the example is written anew between its markers; the tables are kept by hand.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use bytes::BytesMut;

use super::{device, device_key, exchange, server};
use crate::safecom::header::{self, HEADER_BYTES};
use crate::safecom::limits::*;
use crate::safecom::records::*;
use crate::safecom::*;

pub(super) fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/PROTOCOL.md")
}

pub(super) fn text() -> String {
    std::fs::read_to_string(path()).expect("the document is part of the project")
}

const BEGIN: &str = "<!-- example begins -->\n";
const END: &str = "<!-- example ends -->";

/// The example: a device says hello, proves itself, a person logs in by card, lists, prints, and leaves.
fn conversation() -> Vec<(bool, Vec<u8>)> {
    let now = Instant::now();
    let (mut peer, mut server) = (device(now), server(Port::Devices, now));
    let mut said = exchange(&mut peer, &mut server, now);
    server.poll_event();
    assert!(server.authenticate(&device_key(), vec![LoginMethod::Card, LoginMethod::Logon]));
    said.extend(exchange(&mut peer, &mut server, now));
    let mut ask = |peer: &mut Peer, server: &mut Server, request| {
        let id = peer.request(request).expect("the session is open");
        said.extend(exchange(peer, server, now));
        id
    };
    let login = Login { method: LoginMethod::Card, id: Secret::new("0123456789"), secret: None };
    let id = ask(&mut peer, &mut server, Request::Login(login));
    let user = User {
        logon: "js".into(),
        full_name: "John Smith".into(),
        rights: right::PRINT | right::PRINT_ALL,
        documents: 1,
        print_all: false,
        domain: None,
        balance: Some(50_000),
    };
    let step = LoginStep::LoggedIn;
    let login = LoginAnswer { step, user: Some(user), printed: None, failed: None };
    server.answer(id, Answer::Login(login), true).expect("a login waits");
    let id = ask(&mut peer, &mut server, Request::Documents(Documents { after_id: 0, limit: 0 }));
    let document = Document {
        id: 42,
        name: "Report".into(),
        submitted_us: 1_790_000_000_000_000,
        bytes: 100_000,
        marks: mark::COLOR | mark::DRIVER_UNKNOWN,
        copies: 1,
        pages: Some(3),
        color_pages: None,
        reason: None,
        owner: None,
        price: None,
        driver: Some("KX Driver".into()),
    };
    server.documents(id, vec![document], true).expect("a listing waits");
    let print =
        Print { documents: Ids(vec![42]), copies: None, mono: false, duplex: false, toner_save: Some(true) };
    let id = ask(&mut peer, &mut server, Request::Print(print));
    let progress = Progress {
        document: 42,
        step: Step::Printed,
        sent: 100_000,
        total: Some(100_000),
        status: Status::Done,
        text: String::new(),
    };
    server.progress(id, progress).expect("a print waits");
    server.answer(id, Answer::Print(PrintAnswer { printed: 1, failed: 0 }), true).expect("a print waits");
    copy(&mut peer, &mut server, &mut ask);
    let id = ask(&mut peer, &mut server, Request::Logout);
    server.answer(id, Answer::Done, true).expect("a logout waits");
    said.extend(exchange(&mut peer, &mut server, now));
    peer.goodbye();
    said.extend(exchange(&mut peer, &mut server, now));
    said
}

/// Three pages in colour on both sides of two sheets, for somebody who pays.
fn copy(peer: &mut Peer, server: &mut Server, ask: &mut impl FnMut(&mut Peer, &mut Server, Request) -> u32) {
    let session = "MFP1-20261121-1".to_owned();
    let parts = |sheets, color| vec![WalkupPart { media: "iso_a4_210x297mm".into(), sheets, mono: 0, color }];
    let begin = WalkupBegin {
        session: session.clone(),
        kind: WalkupKind::Copy,
        color: true,
        name: None,
        destination: None,
    };
    let id = ask(peer, server, Request::WalkupBegin(begin));
    let answer = WalkupBeginAnswer { spendable: Some(50_000) };
    server.answer(id, Answer::WalkupBegin(answer), true).expect("a beginning waits");
    let counted = WalkupCounted { session: session.clone(), parts: parts(1, 2) };
    let id = ask(peer, server, Request::WalkupCounted(counted));
    let answer = WalkupCountedAnswer { price: Some(9_100), left: Some(40_900), go_on: true };
    server.answer(id, Answer::WalkupCounted(answer), true).expect("counts wait");
    let end = WalkupEnd {
        session,
        parts: parts(2, 3),
        completed: true,
        bytes: 0,
        duplex: true,
        destination: None,
        name: None,
        reason: None,
        toner: None,
    };
    let id = ask(peer, server, Request::WalkupEnd(end));
    let answer = WalkupEndAnswer { pages: 3, price: Some(12_800) };
    server.answer(id, Answer::WalkupEnd(answer), true).expect("an end waits");
}

/// The conversation as the document shows it: who speaks, the header, the body by sixteen bytes.
pub(super) fn shown(conversation: &[(bool, Vec<u8>)]) -> String {
    let mut out = String::from("```text\n");
    let row = |out: &mut String, who: &str, bytes: &[u8]| {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = writeln!(out, "{who} {}", hex.join(" "));
    };
    for (from_device, frame) in conversation {
        let who = if *from_device { "D>" } else { "S>" };
        let kind = u16::from_be_bytes([frame[6], frame[7]]);
        let kind = Type::from_code(kind).expect("a type of ours");
        let answer = if frame[5] & header::FLAG_ANSWER != 0 { " answer" } else { "" };
        let _ = writeln!(out, "# {kind:?}{answer}");
        row(&mut out, who, &frame[..HEADER_BYTES]);
        for part in frame[HEADER_BYTES..].chunks(16) {
            row(&mut out, who, part);
        }
    }
    out.push_str("```\n");
    out
}

/// The bytes of the document's example, frame by frame.
pub(super) fn parsed(example: &str) -> Vec<(bool, Vec<u8>)> {
    let mut frames: Vec<(bool, Vec<u8>)> = Vec::new();
    for line in example.lines() {
        if line.starts_with("# ") {
            frames.push((false, Vec::new()));
        }
        let Some((who, hex)) = line.split_once("> ") else { continue };
        let frame = frames.last_mut().expect("a heading stands before its bytes");
        frame.0 = who == "D";
        frame.1.extend(hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect("two digits")));
    }
    frames
}

#[test]
fn the_example_is_what_both_sides_say() {
    let document = text();
    let begin = document.find(BEGIN).expect("the example begins") + BEGIN.len();
    let end = document.find(END).expect("the example ends");
    let example = &document[begin..end];
    let fresh = shown(&conversation());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let updated = format!("{}{fresh}{}", &document[..begin], &document[end..]);
        std::fs::write(path(), updated).expect("the document can be written");
        return;
    }
    assert_eq!(parsed(example), conversation(), "run with UPDATE_GOLDEN=1 when the change is meant");
    assert_eq!(example, fresh);
    for (_, bytes) in parsed(example) {
        let frame = header::decode(&mut BytesMut::from(bytes.as_slice())).expect("a frame").expect("whole");
        let request = frame.header.request;
        let message = Message::decode(frame).expect("a message");
        assert_eq!(message.encode(request), bytes, "every byte of the example is accounted for");
    }
}

/// The first two cells of the rows of the table behind a heading.
fn table(heading: &str) -> Vec<(String, String)> {
    let document = text();
    let section = document.split(&format!("\n## {heading}\n")).nth(1).expect("the section is there");
    let section = section.split("\n## ").next().unwrap_or(section);
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.skip(1)
        .map(|row| {
            let mut cells = row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned());
            (cells.next().unwrap_or_default(), cells.next().unwrap_or_default())
        })
        .collect()
}

#[test]
fn the_status_table_is_complete() {
    let expected: Vec<_> =
        Status::ALL.iter().map(|status| (status.code().to_string(), status.meaning().to_owned())).collect();
    assert_eq!(table("Status codes"), expected);
}

#[test]
fn the_type_table_is_complete() {
    let expected: Vec<_> =
        Type::ALL.iter().map(|kind| (format!("0x{:04X}", kind.code()), format!("{kind:?}"))).collect();
    assert_eq!(table("Message types"), expected);
}

#[test]
fn the_limits_are_those_of_the_code() {
    let seconds = |duration: std::time::Duration| format!("{} s", duration.as_secs());
    let expected = [
        ("BODY_BYTES_MAX", BODY_BYTES_MAX.to_string()),
        ("WINDOW_BYTES", WINDOW_BYTES.to_string()),
        ("WINDOW_BYTES_MAX", WINDOW_BYTES_MAX.to_string()),
        ("TEXT_BYTES_MAX", TEXT_BYTES_MAX.to_string()),
        ("REPEATED_MAX", REPEATED_MAX.to_string()),
        ("DEPTH_MAX", DEPTH_MAX.to_string()),
        ("DOCUMENTS_PER_PAGE_MAX", DOCUMENTS_PER_PAGE_MAX.to_string()),
        ("IDS_MAX", IDS_MAX.to_string()),
        ("REQUESTS_MAX", REQUESTS_MAX.to_string()),
        ("STREAMS_MAX", STREAMS_MAX.to_string()),
        ("ACCOUNTS_PER_ANSWER_MAX", ACCOUNTS_PER_ANSWER_MAX.to_string()),
        ("MOVEMENTS_MAX", MOVEMENTS_MAX.to_string()),
        ("RECORDS_MAX", RECORDS_MAX.to_string()),
        ("RECORD_BYTES_MAX", RECORD_BYTES_MAX.to_string()),
        ("COPIES_MAX", COPIES_MAX.to_string()),
        ("WALKUPS_MAX", WALKUPS_MAX.to_string()),
        ("HELLO_TIMEOUT", seconds(HELLO_TIMEOUT)),
        ("FRAME_TIMEOUT", seconds(FRAME_TIMEOUT)),
        ("IDLE_TIMEOUT", seconds(IDLE_TIMEOUT)),
        ("KEEP_ALIVE_INTERVAL", seconds(KEEP_ALIVE_INTERVAL)),
    ];
    let expected = expected.map(|(name, value)| (format!("`{name}`"), value));
    assert_eq!(table("Limits"), expected);
}
