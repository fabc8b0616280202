//! Both ends talk to each other without a network.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{client, device, device_hello, device_key, exchange, server};
use crate::safecom::auth::{Binding, DeviceKey};
use crate::safecom::header::{FLAG_ANSWER, FLAG_LAST};
use crate::safecom::limits::*;
use crate::safecom::records::*;
use crate::safecom::*;

/// A device and its server after hello and proofs.
fn proved(now: Instant) -> (Peer, Server) {
    let (mut peer, mut server) = (device(now), server(Port::Devices, now));
    exchange(&mut peer, &mut server, now);
    let Some(ServerEvent::Authenticate { hello }) = server.poll_event() else { panic!("a proof to check") };
    assert_eq!(hello, device_hello());
    assert!(server.authenticate(&device_key(), vec![LoginMethod::Card]));
    exchange(&mut peer, &mut server, now);
    let Some(PeerEvent::Ready { device: Some(answer), .. }) = peer.poll_event() else { panic!("ready") };
    assert_eq!(answer.login_methods, [LoginMethod::Card]);
    (peer, server)
}

/// As [`proved`], with a person logged in.
fn logged_in(now: Instant) -> (Peer, Server) {
    let (mut peer, mut server) = proved(now);
    let login = Login { method: LoginMethod::Card, id: Secret::new("1234"), secret: None };
    let id = peer.request(Request::Login(login)).unwrap();
    exchange(&mut peer, &mut server, now);
    assert!(matches!(server.poll_event(), Some(ServerEvent::Request { request: Request::Login(_), .. })));
    let user = User {
        logon: "js".into(),
        full_name: "John Smith".into(),
        rights: right::PRINT,
        documents: 2,
        print_all: false,
        domain: None,
        balance: None,
    };
    let answer = Answer::Login(LoginAnswer {
        step: LoginStep::LoggedIn,
        user: Some(user),
        printed: None,
        failed: None,
    });
    server.answer(id, answer, true).unwrap();
    exchange(&mut peer, &mut server, now);
    assert!(matches!(peer.poll_event(), Some(PeerEvent::Answer { last: true, .. })));
    assert!(server.has_person());
    (peer, server)
}

fn end_of(server: &mut Server) -> Ended {
    std::iter::from_fn(|| server.poll_event())
        .find_map(|event| if let ServerEvent::Ended(ended) = event { Some(ended) } else { None })
        .expect("the connection has ended")
}

fn end_of_peer(peer: &mut Peer) -> Ended {
    std::iter::from_fn(|| peer.poll_event())
        .find_map(|event| if let PeerEvent::Ended(ended) = event { Some(ended) } else { None })
        .expect("the connection has ended")
}

#[test]
fn a_document_is_handed_over_in_windows_and_reported() {
    let now = Instant::now();
    let (mut peer, mut server) = logged_in(now);
    let whole = 3 * WINDOW_BYTES as usize + 17;
    let release = Release {
        document: 7,
        name: "report".into(),
        owner: "js".into(),
        format: "application/pdf".into(),
        bytes: Some(whole as u64),
        copies: 1,
        mono: false,
        duplex: false,
    };
    let id = server.release(release.clone()).unwrap();
    let (mut sent, mut received, mut ended) = (0, 0, false);
    while !ended {
        let room = (server.window(id) as usize).min(whole - sent);
        if room > 0 {
            sent += room;
            server.send_data(id, Bytes::from(vec![0x42; room]), sent == whole).unwrap();
        }
        exchange(&mut peer, &mut server, now);
        while let Some(event) = server.poll_event() {
            assert_eq!(event, ServerEvent::Room { id });
        }
        while let Some(event) = peer.poll_event() {
            match event {
                PeerEvent::Release { id: seen, release: said } => {
                    assert_eq!((seen, said), (id, release.clone()))
                }
                PeerEvent::Data { id: seen, bytes, last } => {
                    assert_eq!(seen, id);
                    received += bytes.len();
                    peer.consumed(id, bytes.len());
                    ended = last;
                }
                other => panic!("unexpected {other:?}"),
            }
        }
    }
    assert_eq!(received, whole);
    let report = ReleaseAnswer {
        printed: true,
        bytes: whole as u64,
        impressions: Some(3),
        reason: None,
        color_impressions: Some(1),
        sheets: Some(2),
        toner: None,
    };
    peer.report(id, report.clone()).unwrap();
    assert_eq!(peer.report(id, report.clone()), Err(Misuse::NoSuchRequest));
    exchange(&mut peer, &mut server, now);
    let events: Vec<_> = std::iter::from_fn(|| server.poll_event()).collect();
    assert_eq!(events.last(), Some(&ServerEvent::Released { id, outcome: Ok(report) }));
}

#[test]
fn a_device_that_stops_early_still_reports_and_the_rest_is_dropped() {
    let now = Instant::now();
    let (mut peer, mut server) = logged_in(now);
    let release = Release {
        document: 7,
        name: String::new(),
        owner: String::new(),
        format: String::new(),
        bytes: None,
        copies: 1,
        mono: false,
        duplex: false,
    };
    let id = server.release(release).unwrap();
    server.send_data(id, Bytes::from_static(b"first"), false).unwrap();
    exchange(&mut peer, &mut server, now);
    peer.report(
        id,
        ReleaseAnswer {
            printed: false,
            bytes: 5,
            impressions: Some(1),
            reason: Some("paper jam".into()),
            color_impressions: None,
            sheets: None,
            toner: None,
        },
    )
    .unwrap();
    // The server does not know yet and goes on.
    server.send_data(id, Bytes::from_static(b"second"), false).unwrap();
    exchange(&mut peer, &mut server, now);
    assert!(
        matches!(server.poll_event(), Some(ServerEvent::Released { outcome: Ok(report), .. }) if !report.printed)
    );
    assert_eq!(server.send_data(id, Bytes::from_static(b"third"), true), Err(Misuse::WindowClosed));
    let seen: Vec<_> = std::iter::from_fn(|| peer.poll_event()).collect();
    assert_eq!(seen.len(), 2, "the release and its first data, not the second: {seen:?}");
    assert!(!peer.is_ended() && !server.is_ended());
}

#[test]
fn wrong_secrets_and_impostors_are_found_by_both_sides() {
    let now = Instant::now();
    let wrong = DeviceKey::derive("MFP1", "wrong");
    let (mut peer, mut server_end) = (device(now), server(Port::Devices, now));
    exchange(&mut peer, &mut server_end, now);
    server_end.poll_event();
    assert!(!server_end.authenticate(&wrong, vec![]));
    exchange(&mut peer, &mut server_end, now);
    assert!(
        matches!(end_of_peer(&mut peer), Ended::Refused(refusal) if refusal.status == Status::AccessViolation)
    );

    // A server that does not know the secret but answers as if it did.
    let (mut peer, mut impostor) = (device(now), server(Port::Devices, now));
    exchange(&mut peer, &mut impostor, now);
    let fake = AuthenticateAnswer { proof: [0; 32], login_methods: vec![] };
    let frame = Message::Answer { to: Type::Authenticate, answer: Answer::Authenticate(fake), last: true };
    peer.handle_input(&frame.encode(3), now);
    assert_eq!(end_of_peer(&mut peer), Ended::Impostor);

    // A proof made over one channel is worth nothing over another.
    let mut peer = Peer::new(device_hello(), Some(device_key()), Binding::Tls([1; 32]), now);
    let info = ServerInfo {
        name: "print1".into(),
        product: String::new(),
        group: String::new(),
        time_us: 0,
        features: vec![],
        queues: vec![],
    };
    let mut middle = Server::new(Port::Devices, info, [2; 32], Binding::Tls([3; 32]), now);
    exchange(&mut peer, &mut middle, now);
    assert!(!middle.authenticate(&device_key(), vec![]));
}

#[test]
fn names_of_devices_do_not_care_for_case_and_secrets_do() {
    let key = |name, secret| *DeviceKey::derive(name, secret).as_bytes();
    assert_eq!(key("MFP1", "s"), key("mfp1", "s"));
    assert_eq!(key("MFP1", "s\n"), key("MFP1", "s"));
    assert_ne!(key("MFP1", "s"), key("MFP1", "S"));
    assert_ne!(key("MFP1", "s"), key("MFP2", "s"));
}

#[test]
fn the_order_of_things_is_kept() {
    let now = Instant::now();
    let violation = |messages: &[(u32, Message)], port| {
        let mut server = server(port, now);
        for (id, message) in messages {
            server.handle_input(&message.encode(*id), now);
        }
        let ended = end_of(&mut server);
        assert!(matches!(ended, Ended::Fault(Fault::Violation { .. })), "{ended:?}");
        // The peer is told.
        let said: Vec<u8> = std::iter::from_fn(|| server.poll_transmit(now)).flatten().collect();
        assert!(said.windows(2).any(|pair| pair == Type::Failure.code().to_be_bytes()));
    };
    let hello = || Message::Request(Request::Hello(device_hello()));
    let client = || Message::Request(Request::Hello(Hello { role: Role::Client, ..device_hello() }));
    let keep_alive = || Message::Request(Request::KeepAlive);
    let documents = || Message::Request(Request::Documents(Documents { after_id: 0, limit: 0 }));
    violation(&[(1, keep_alive())], Port::Devices);
    violation(&[(2, hello())], Port::Devices);
    violation(&[(1, hello()), (3, hello())], Port::Devices);
    violation(&[(1, hello()), (3, documents())], Port::Devices);
    violation(&[(1, hello())], Port::Clients);
    violation(&[(1, client())], Port::Devices);
    violation(
        &[(1, client()), (3, Message::Request(Request::Authenticate(Authenticate { proof: [0; 32] })))],
        Port::Clients,
    );
    violation(&[(1, client()), (3, Message::Data { bytes: Bytes::new(), last: true })], Port::Clients);
    violation(
        &[(1, client()), (3, Message::Answer { to: Type::KeepAlive, answer: Answer::Done, last: true })],
        Port::Clients,
    );
}

#[test]
fn what_needs_a_person_is_refused_without_one_and_the_connection_stays() {
    let now = Instant::now();
    let (mut peer, mut server) = proved(now);
    let id = peer.request(Request::Documents(Documents { after_id: 0, limit: 0 })).unwrap();
    exchange(&mut peer, &mut server, now);
    let answer = Answer::refused_as(Status::NotLoggedIn);
    assert_eq!(peer.poll_event(), Some(PeerEvent::Answer { id, answer, last: true }));
    assert_eq!(server.poll_event(), None);

    let (mut peer, mut server) = logged_in(now);
    let login = Login { method: LoginMethod::Card, id: Secret::new("5678"), secret: None };
    peer.request(Request::Login(login)).unwrap();
    exchange(&mut peer, &mut server, now);
    let Some(PeerEvent::Answer { answer: Answer::Refused(refusal), .. }) = peer.poll_event() else {
        panic!("refused")
    };
    assert_eq!(refusal.status, Status::DeviceLocked);
}

#[test]
fn unknown_requests_are_refused_and_the_connection_stays() {
    let now = Instant::now();
    let (mut peer, mut server) = proved(now);
    let mut frame = bytes::BytesMut::new();
    header::Header { version: 1, flags: 0, kind: 0x0130, request: 99, length: 0 }.encode(&mut frame);
    server.handle_input(&frame, now);
    let bytes = server.poll_transmit(now).expect("an answer");
    assert_eq!(bytes[5], FLAG_ANSWER | FLAG_LAST);
    assert_eq!(bytes[6..8], [0x01, 0x30]);
    assert_eq!(bytes[8..12], 99u32.to_be_bytes());
    assert_eq!(bytes[20..24], 7i32.to_be_bytes());
    assert!(!server.is_ended());
    peer.request(Request::ServerInfo).unwrap();
    exchange(&mut peer, &mut server, now);
    assert!(matches!(server.poll_event(), Some(ServerEvent::Request { request: Request::ServerInfo, .. })));
}

#[test]
fn a_submission_passes_and_one_on_the_wrong_port_is_refused() {
    let now = Instant::now();
    let submit = Submit {
        submission: "a".into(),
        queue: "pull".into(),
        name: "t".into(),
        format: "application/pdf".into(),
        copies: None,
        sides: None,
        color_mode: None,
        media: None,
        bytes: Some(5),
    };
    let (mut peer, mut server_end) = (client(now), server(Port::Clients, now));
    exchange(&mut peer, &mut server_end, now);
    peer.poll_event();
    // Before anybody is logged in: refused, and the data that is on its way is dropped.
    let id = peer.request(Request::Submit(submit.clone())).unwrap();
    peer.send_data(id, Bytes::from_static(b"hello"), true).unwrap();
    exchange(&mut peer, &mut server_end, now);
    assert!(matches!(peer.poll_event(), Some(PeerEvent::Answer { answer: Answer::Refused(_), .. })));
    assert_eq!(server_end.poll_event(), None);

    let login = Login { method: LoginMethod::Logon, id: Secret::new("js"), secret: Some(Secret::new("pw")) };
    let id = peer.request(Request::Login(login)).unwrap();
    exchange(&mut peer, &mut server_end, now);
    server_end.poll_event();
    let user = User {
        logon: "js".into(),
        full_name: String::new(),
        rights: 0,
        documents: 0,
        print_all: false,
        domain: None,
        balance: None,
    };
    server_end
        .answer(
            id,
            Answer::Login(LoginAnswer {
                step: LoginStep::LoggedIn,
                user: Some(user),
                printed: None,
                failed: None,
            }),
            true,
        )
        .unwrap();
    let id = peer.request(Request::Submit(submit.clone())).unwrap();
    peer.send_data(id, Bytes::from_static(b"hello"), true).unwrap();
    exchange(&mut peer, &mut server_end, now);
    assert!(matches!(
        server_end.poll_event(),
        Some(ServerEvent::Request { request: Request::Submit(_), .. })
    ));
    assert_eq!(
        server_end.poll_event(),
        Some(ServerEvent::Data { id, bytes: Bytes::from_static(b"hello"), last: true })
    );
    let done = Answer::Submit(SubmitAnswer { document: 1, bytes: 5 });
    server_end.answer(id, done.clone(), true).unwrap();
    assert_eq!(server_end.answer(id, done.clone(), true), Err(Misuse::NoSuchRequest));
    exchange(&mut peer, &mut server_end, now);
    let seen: Vec<_> = std::iter::from_fn(|| peer.poll_event()).collect();
    assert_eq!(seen.last(), Some(&PeerEvent::Answer { id, answer: done, last: true }));

    let (mut peer, mut devices) = logged_in(now);
    peer.request(Request::Submit(submit)).unwrap();
    exchange(&mut peer, &mut devices, now);
    assert!(matches!(peer.poll_event(), Some(PeerEvent::Answer { answer: Answer::Refused(refusal), .. })
        if refusal.status == Status::ConnectionNeverOpened));
}

#[test]
fn more_data_than_allowed_ends_the_connection() {
    let now = Instant::now();
    let (mut peer, mut server) = logged_in(now);
    let release = Release {
        document: 7,
        name: String::new(),
        owner: String::new(),
        format: String::new(),
        bytes: None,
        copies: 1,
        mono: false,
        duplex: false,
    };
    let id = server.release(release).unwrap();
    exchange(&mut peer, &mut server, now);
    let data = Message::Data { bytes: Bytes::from(vec![0; BODY_BYTES_MAX]), last: false }.encode(id);
    for _ in 0..=(WINDOW_BYTES as usize / BODY_BYTES_MAX) {
        peer.handle_input(&data, now);
    }
    assert!(matches!(end_of_peer(&mut peer), Ended::Fault(Fault::Violation { .. })));
    server.handle_input(&Message::Credit(Credit { bytes: u32::MAX }).encode(id), now);
    assert!(matches!(end_of(&mut server), Ended::Fault(Fault::Violation { .. })));
}

#[test]
fn requests_of_one_connection_are_bounded() {
    let now = Instant::now();
    let (mut peer, mut server) = logged_in(now);
    for _ in 0..REQUESTS_MAX {
        peer.request(Request::ServerInfo).unwrap();
    }
    assert_eq!(peer.request(Request::ServerInfo), Err(Misuse::TooMany));
    exchange(&mut peer, &mut server, now);
    server.handle_input(&Message::Request(Request::ServerInfo).encode(9999), now);
    let answer = server.poll_transmit(now).expect("an answer");
    assert_eq!(answer[20..24], Status::ServerBusy.code().to_be_bytes());
}

#[test]
fn slow_and_silent_peers_are_let_go() {
    let now = Instant::now();
    // Nothing at all.
    let mut silent = server(Port::Devices, now);
    assert_eq!(silent.poll_timeout(), Some(now + HELLO_TIMEOUT));
    silent.handle_timeout(now + HELLO_TIMEOUT - Duration::from_millis(1));
    assert!(!silent.is_ended());
    silent.handle_timeout(now + HELLO_TIMEOUT);
    assert!(matches!(end_of(&mut silent), Ended::Fault(Fault::TooSlow { .. })));
    // A byte now and then within a frame does not help.
    let (_, mut slow) = proved(now);
    let frame = Message::Request(Request::Login(Login {
        method: LoginMethod::Card,
        id: Secret::new("x".repeat(100)),
        secret: None,
    }))
    .encode(99);
    let mut at = now;
    for byte in &frame[..50] {
        at += Duration::from_secs(1);
        slow.handle_input(&[*byte], at);
        slow.handle_timeout(at);
        if slow.is_ended() {
            break;
        }
    }
    assert!(at <= now + FRAME_TIMEOUT + Duration::from_secs(2), "it went on until {:?}", at - now);
    assert!(matches!(end_of(&mut slow), Ended::Fault(Fault::TooSlow { .. })));
    // Silence after the proofs; keep-alives prevent it.
    let (mut peer, mut server) = proved(now);
    let mut at = now;
    for _ in 0..20 {
        at = peer.poll_timeout().expect("a clock runs");
        assert!(at <= server.poll_timeout().unwrap());
        peer.handle_timeout(at);
        server.handle_timeout(at);
        exchange(&mut peer, &mut server, at);
    }
    assert!(!server.is_ended() && !peer.is_ended());
    server.handle_timeout(at + IDLE_TIMEOUT);
    assert!(server.is_ended());
    peer.handle_timeout(at + IDLE_TIMEOUT);
    assert!(matches!(end_of_peer(&mut peer), Ended::Fault(Fault::TooSlow { .. })));
}

#[test]
fn versions_without_a_common_one_are_refused() {
    let now = Instant::now();
    let hello = Hello { version_min: 2, version_max: 3, ..device_hello() };
    let (mut peer, mut server) =
        (Peer::new(hello, Some(device_key()), Binding::Plain, now), server(Port::Devices, now));
    exchange(&mut peer, &mut server, now);
    assert!(
        matches!(end_of_peer(&mut peer), Ended::Refused(refusal) if refusal.status == Status::SessionVersions)
    );
    assert!(matches!(end_of(&mut server), Ended::Refused(_)));
}

#[test]
fn notices_reach_the_device_and_a_logged_out_person_is_gone() {
    let now = Instant::now();
    let (mut peer, mut server) = logged_in(now);
    let notice = Notice {
        kind: NoticeKind::LoggedOut,
        status: Status::NotLoggedIn,
        text: "idle".into(),
        server: None,
    };
    server.notice(notice.clone());
    exchange(&mut peer, &mut server, now);
    assert_eq!(peer.poll_event(), Some(PeerEvent::Notice(notice)));
    assert!(!server.has_person());
    server.goodbye(Status::Restart);
    exchange(&mut peer, &mut server, now);
    assert_eq!(end_of_peer(&mut peer), Ended::Goodbye(Status::Restart));
}

#[test]
fn twenty_thousand_documents_come_in_pages_within_the_limits() {
    let now = Instant::now();
    let (mut peer, mut server) = logged_in(now);
    let id = peer.request(Request::Documents(Documents { after_id: 0, limit: 0 })).unwrap();
    exchange(&mut peer, &mut server, now);
    server.poll_event();
    let document = |number: u64, name: String| Document {
        id: number,
        name,
        submitted_us: 1,
        bytes: 100_000,
        marks: mark::COLOR,
        copies: 1,
        pages: Some(3),
        color_pages: Some(1),
        reason: None,
        owner: None,
        price: None,
        driver: None,
    };
    let many: Vec<_> = (0..20_000).map(|number| document(number, format!("document {number}"))).collect();
    server.documents(id, many.clone(), false).unwrap();
    // Titles as long as they may be fill pages by bytes before they do by number.
    let long: Vec<_> = (0..500).map(|number| document(number, "x".repeat(2 * TEXT_BYTES_MAX))).collect();
    server.documents(id, long, true).unwrap();
    exchange(&mut peer, &mut server, now);
    let (mut seen, mut pages, mut over) = (Vec::new(), 0, false);
    while let Some(event) = peer.poll_event() {
        let PeerEvent::Answer { answer: Answer::Documents(page), last, .. } = event else {
            panic!("{event:?}")
        };
        assert!(!over && page.documents.len() <= DOCUMENTS_PER_PAGE_MAX);
        seen.extend(page.documents);
        pages += 1;
        over = last;
    }
    assert!(over && pages >= 41 + 16, "{pages} pages");
    assert_eq!(seen.len(), 20_500);
    assert_eq!(seen[..20_000], many);
}

fn walkup_begin() -> WalkupBegin {
    let session = "copy-1".to_owned();
    WalkupBegin { session, kind: WalkupKind::Copy, color: false, name: None, destination: None }
}

fn walkup_end() -> WalkupEnd {
    let parts = vec![WalkupPart { media: "iso_a4_210x297mm".into(), sheets: 1, mono: 2, color: 0 }];
    WalkupEnd {
        session: "copy-1".into(),
        parts,
        completed: true,
        bytes: 0,
        duplex: true,
        destination: None,
        name: None,
        reason: None,
        toner: Some(Toner { cyan: 0, magenta: 0, yellow: 0, black: 500 }),
    }
}

#[test]
fn copying_begins_with_a_person_and_may_be_reported_without_one() {
    let now = Instant::now();
    let (mut peer, mut server) = proved(now);
    let begin = peer.request(Request::WalkupBegin(walkup_begin())).unwrap();
    exchange(&mut peer, &mut server, now);
    assert_eq!(server.poll_event(), None, "nobody is logged in");
    let Some(PeerEvent::Answer { id, answer: Answer::Refused(refusal), last: true }) = peer.poll_event()
    else {
        panic!("a refusal")
    };
    assert_eq!((id, refusal.status), (begin, Status::NotLoggedIn));

    let end = peer.request(Request::WalkupEnd(walkup_end())).unwrap();
    exchange(&mut peer, &mut server, now);
    let expected = ServerEvent::Request { id: end, request: Request::WalkupEnd(walkup_end()) };
    assert_eq!(server.poll_event(), Some(expected));
    let answer = Answer::WalkupEnd(WalkupEndAnswer { pages: 2, price: Some(12_300) });
    assert_eq!(server.answer(end, Answer::Done, true), Err(Misuse::NoSuchRequest), "not what was asked");
    server.answer(end, answer.clone(), true).unwrap();
    exchange(&mut peer, &mut server, now);
    assert_eq!(peer.poll_event(), Some(PeerEvent::Answer { id: end, answer, last: true }));

    let (mut peer, mut server) = logged_in(now);
    let begin = peer.request(Request::WalkupBegin(walkup_begin())).unwrap();
    exchange(&mut peer, &mut server, now);
    let expected = ServerEvent::Request { id: begin, request: Request::WalkupBegin(walkup_begin()) };
    assert_eq!(server.poll_event(), Some(expected));
}

#[test]
fn programs_do_not_copy() {
    let now = Instant::now();
    let (mut peer, mut server) = (client(now), server(Port::Clients, now));
    exchange(&mut peer, &mut server, now);
    while peer.poll_event().is_some() {}
    for request in [Request::WalkupBegin(walkup_begin()), Request::WalkupEnd(walkup_end())] {
        peer.request(request).unwrap();
        exchange(&mut peer, &mut server, now);
        assert_eq!(server.poll_event(), None);
        let Some(PeerEvent::Answer { answer: Answer::Refused(refusal), .. }) = peer.poll_event() else {
            panic!("a refusal")
        };
        assert_eq!(refusal.status, Status::ConnectionNeverOpened);
    }
}
