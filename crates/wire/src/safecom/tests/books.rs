//! Ports 7400 and 7900: round trips, what each port takes, pages, and the example of the document.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::document::{parsed, path, shown, text};
use super::make::Make;
use super::{client, exchange, server};
use crate::safecom::books::*;
use crate::safecom::limits::{BODY_BYTES_MAX, RECORD_BYTES_MAX};
use crate::safecom::records::{Login, LoginAnswer, LoginMethod, LoginStep, User};
use crate::safecom::*;

impl Make {
    fn account(&mut self) -> Account {
        Account {
            holder: self.text(),
            balance_one: self.number() as i64,
            balance_two: self.number() as i64,
            reserved_one: self.number() as i64,
            reserved_two: self.number() as i64,
            low_limit: self.number() as i64,
            opened_us: self.number() as i64,
        }
    }

    fn movement(&mut self) -> Movement {
        Movement {
            id: self.text(),
            holder: self.text(),
            kind: self.one(MoveKind::ALL),
            state: self.one(MoveState::ALL),
            account: self.below(3) as u8,
            asked: self.number() as i64,
            split_one: self.number() as i64,
            split_two: self.number() as i64,
            author: self.text(),
            gid: self.text(),
            comment: self.text(),
            created_us: self.number() as i64,
            ended_us: self.number() as i64,
            expires_us: self.number() as i64,
        }
    }

    fn tracked(&mut self) -> TrackingRecord {
        let length = self.below(300);
        let record: Vec<u8> = (0..length).map(|_| self.number() as u8).collect();
        TrackingRecord {
            sequence: self.number(),
            tracking_id: self.text(),
            record: Blob(Bytes::from(record)),
        }
    }

    /// Any message of the two ports.
    pub(super) fn books(&mut self) -> Message {
        let answer = |to, answer, last| Message::Answer { to, answer, last };
        match self.below(11) {
            0 => Message::Request(Request::Accounts(Accounts {
                holder: self.maybe(Self::text),
                text: self.maybe(Self::text),
                card: self.maybe(|m| Secret::new(m.text())),
            })),
            1 => Message::Request(Request::Movements(Movements {
                holder: self.maybe(Self::text),
                limit: self.number() as u32,
                from_us: self.number() as i64,
                to_us: self.number() as i64,
                account: self.below(3) as u8,
                author: self.text(),
                personal: self.yes(),
            })),
            2 => Message::Request(Request::Move(Move {
                id: self.text(),
                holder: self.text(),
                kind: self.one(MoveKind::ALL),
                account: self.below(3) as u8,
                amount: self.number() as i64,
                gid: self.text(),
                comment: self.text(),
            })),
            3 => Message::Request(Request::Totals),
            4 => Message::Request(Request::Records(Records {
                from_us: self.number() as i64,
                to_us: self.number() as i64,
                user: self.text(),
                after_sequence: self.number(),
                limit: self.number() as u32,
            })),
            5 => Message::Request(Request::Report(Report { record: self.tracked() })),
            6 => {
                let accounts = (0..self.below(5)).map(|_| self.account()).collect();
                answer(Type::Accounts, Answer::Accounts(AccountsAnswer { accounts }), self.yes())
            }
            7 => {
                let movements = (0..self.below(5)).map(|_| self.movement()).collect();
                answer(Type::Movements, Answer::Movements(MovementsAnswer { movements }), self.yes())
            }
            8 => answer(Type::Move, Answer::Move(MoveAnswer { account: self.account() }), true),
            9 => {
                let totals = TotalsAnswer {
                    accounts: self.number(),
                    balance_one: self.number() as i64,
                    balance_two: self.number() as i64,
                    reserved_one: self.number() as i64,
                    reserved_two: self.number() as i64,
                };
                answer(Type::Totals, Answer::Totals(totals), true)
            }
            _ => {
                let records = (0..self.below(5)).map(|_| self.tracked()).collect();
                answer(Type::Records, Answer::Records(RecordsAnswer { records }), self.yes())
            }
        }
    }
}

#[test]
fn every_message_of_the_two_ports_is_read_as_it_was_written() {
    for seed in 0..2_000 {
        let message = Make(seed).books();
        let mut bytes = BytesMut::from(message.encode(3).as_ref());
        let frame = header::decode(&mut bytes).expect("a frame").expect("whole");
        assert_eq!(Message::decode(frame), Ok(message), "seed {seed}");
    }
}

/// A program's session on `port` with somebody logged in, and everything that was said so far.
fn logged_in(port: Port, now: Instant) -> (Peer, Server, Vec<(bool, Vec<u8>)>) {
    let (mut peer, mut server) = (client(now), server(port, now));
    let mut said = exchange(&mut peer, &mut server, now);
    let (id, secret) = (Secret::new("carl"), Some(Secret::new("correct horse")));
    let login = Login { method: LoginMethod::Logon, id, secret };
    let id = peer.request(Request::Login(login)).expect("the session is open");
    said.extend(exchange(&mut peer, &mut server, now));
    let user = User {
        logon: "carl".into(),
        full_name: String::new(),
        rights: 0,
        documents: 0,
        print_all: false,
        domain: None,
        balance: None,
    };
    let login = LoginAnswer { step: LoginStep::LoggedIn, user: Some(user), printed: None, failed: None };
    server.answer(id, Answer::Login(login), true).expect("a login waits");
    said.extend(exchange(&mut peer, &mut server, now));
    while peer.poll_event().is_some() || server.poll_event().is_some() {}
    (peer, server, said)
}

fn whose(holder: &str) -> Request {
    Request::Accounts(Accounts { holder: Some(holder.into()), text: None, card: None })
}

fn records_asked() -> Request {
    let user = String::new();
    Request::Records(Records { from_us: 0, to_us: 0, user, after_sequence: 0, limit: 0 })
}

/// Each port takes its own requests from somebody who is logged in, and says where the others belong.
#[test]
fn each_port_takes_its_own_requests_only() {
    let now = Instant::now();
    let documents = || Request::Documents(crate::safecom::records::Documents { after_id: 0, limit: 0 });
    let table: [(Request, Option<Port>); 4] = [
        (whose("ann"), Some(Port::Money)),
        (Request::Totals, Some(Port::Money)),
        (records_asked(), Some(Port::Tracking)),
        (documents(), Some(Port::Clients)),
    ];
    for port in [Port::Money, Port::Tracking, Port::Clients] {
        for (request, of) in &table {
            let (mut peer, mut server, _) = logged_in(port, now);
            let id = peer.request(request.clone()).expect("the session is open");
            exchange(&mut peer, &mut server, now);
            let taken = matches!(server.poll_event(), Some(ServerEvent::Request { .. }));
            assert_eq!(taken, *of == Some(port), "{request:?} at {port:?}");
            if !taken {
                let refused = Answer::refused(Status::ConnectionNeverOpened, "this is asked on another port");
                assert_eq!(peer.poll_event(), Some(PeerEvent::Answer { id, answer: refused, last: true }));
            }
        }
    }
}

#[test]
fn nobody_asks_before_they_are_logged_in() {
    let now = Instant::now();
    for (port, request) in [(Port::Money, whose("ann")), (Port::Tracking, records_asked())] {
        let (mut peer, mut server) = (client(now), server(port, now));
        exchange(&mut peer, &mut server, now);
        while peer.poll_event().is_some() {}
        let id = peer.request(request).expect("the session is open");
        exchange(&mut peer, &mut server, now);
        assert_eq!(server.poll_event(), None);
        let answer = Answer::refused_as(Status::NotLoggedIn);
        assert_eq!(peer.poll_event(), Some(PeerEvent::Answer { id, answer, last: true }));
    }
}

#[test]
fn long_answers_come_in_pages_that_fit_a_frame() {
    let mut make = Make(7);
    let long = |mut movement: Movement| {
        movement.comment = "x".repeat(1_000);
        movement.author = "y".repeat(1_000);
        movement
    };
    let movements: Vec<Movement> = (0..500).map(|_| long(make.movement())).collect();
    let answers = Answer::movements(movements.clone());
    assert!(answers.len() > 5, "{}", answers.len());
    let mut read = Vec::new();
    for answer in answers {
        let frame = Message::Answer { to: Type::Movements, answer: answer.clone(), last: false }.encode(3);
        assert!(frame.len() < BODY_BYTES_MAX);
        let Answer::Movements(MovementsAnswer { movements }) = answer else { panic!("another answer") };
        read.extend(movements);
    }
    assert_eq!(read, movements);
    let record = Blob(Bytes::from(vec![7; RECORD_BYTES_MAX]));
    let record = TrackingRecord { sequence: 1, tracking_id: "t".into(), record };
    let answers = Answer::records(vec![record; 20]);
    assert!(answers.len() > 4);
    for answer in answers {
        assert!(Message::Answer { to: Type::Records, answer, last: false }.encode(3).len() < BODY_BYTES_MAX);
    }
    assert_eq!(Answer::movements(Vec::new()).len(), 1, "nothing is said once");
}

#[test]
fn a_record_that_is_too_long_is_refused() {
    let message = Request::Report(Report {
        record: TrackingRecord {
            sequence: 0,
            tracking_id: "t".into(),
            record: Blob(Bytes::from(vec![1; 9])),
        },
    });
    let bytes = Message::Request(message).encode(3);
    // The inner length says more than there may be.
    let mut long = vec![0, 3];
    long.extend(u16::try_from(RECORD_BYTES_MAX + 1).unwrap().to_be_bytes());
    long.extend(vec![1; RECORD_BYTES_MAX + 1]);
    let mut body = vec![0, 1];
    body.extend(u16::try_from(long.len()).unwrap().to_be_bytes());
    body.extend(long);
    let mut frame = bytes[..header::HEADER_BYTES].to_vec();
    frame[12..16].copy_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
    frame.extend(body);
    let frame = header::decode(&mut BytesMut::from(frame.as_slice())).expect("a frame").expect("whole");
    assert!(matches!(Message::decode(frame), Err(Fault::TooLarge { max: RECORD_BYTES_MAX, .. })));
}

/// A cashier takes 5.00 from Ann and looks at what there is.
fn conversation() -> Vec<(bool, Vec<u8>)> {
    let now = Instant::now();
    let (mut peer, mut server, mut said) = logged_in(Port::Money, now);
    let deposit = Move {
        id: "receipt-4711".into(),
        holder: "ann".into(),
        kind: MoveKind::Deposit,
        account: 1,
        amount: 50_000,
        gid: String::new(),
        comment: "cash".into(),
    };
    let id = peer.request(Request::Move(deposit)).expect("the session is open");
    said.extend(exchange(&mut peer, &mut server, now));
    let account = Account {
        holder: "ann".into(),
        balance_one: 50_000,
        balance_two: 0,
        reserved_one: 0,
        reserved_two: 0,
        low_limit: 0,
        opened_us: 1_790_000_000_000_000,
    };
    server.answer(id, Answer::Move(MoveAnswer { account }), true).expect("a movement waits");
    said.extend(exchange(&mut peer, &mut server, now));
    let id = peer.request(whose("nobody")).expect("the session is open");
    said.extend(exchange(&mut peer, &mut server, now));
    server.answer(id, Answer::refused_as(Status::AccountNotFound), true).expect("a question waits");
    said.extend(exchange(&mut peer, &mut server, now));
    peer.goodbye();
    said.extend(exchange(&mut peer, &mut server, now));
    said
}

const BEGIN: &str = "<!-- money example begins -->\n";
const END: &str = "<!-- money example ends -->";

#[test]
fn the_example_of_money_is_what_both_sides_say() {
    let document = text();
    let begin = document.find(BEGIN).expect("the example begins") + BEGIN.len();
    let end = document.find(END).expect("the example ends");
    let fresh = shown(&conversation());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let updated = format!("{}{fresh}{}", &document[..begin], &document[end..]);
        std::fs::write(path(), updated).expect("the document can be written");
        return;
    }
    let example = &document[begin..end];
    assert_eq!(example, fresh, "run with UPDATE_GOLDEN=1 when the change is meant");
    for (_, bytes) in parsed(example) {
        let frame = header::decode(&mut BytesMut::from(bytes.as_slice())).expect("a frame").expect("whole");
        let request = frame.header.request;
        let message = Message::decode(frame).expect("a message");
        assert_eq!(message.encode(request), bytes, "every byte of the example is accounted for");
    }
}
