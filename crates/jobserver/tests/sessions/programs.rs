//! People's programs on 7700.

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use virtual_mfp::connect::{Stream, connect};
use virtual_mfp::line::now;
use wire::safecom::auth::Binding;
use wire::safecom::records::{
    ChangedAnswer, Delete, Documents, Hello, Login, LoginMethod, Retain, Role, Submit, SubmitAnswer, mark,
};
use wire::safecom::{Answer, Ids, Peer, PeerEvent, Request, Secret, Status};

use crate::ground::{Ground, Panel};

/// A program's connection.
struct Program {
    stream: Stream,
    peer: Peer,
}

impl Program {
    async fn open(ground: &Ground) -> Self {
        let (stream, _) = connect(&ground.address("clients"), false).await.expect("the server is there");
        let hello = Hello {
            version_min: 1,
            version_max: 1,
            role: Role::Client,
            name: "desk".into(),
            product: "test".into(),
            nonce: [7; 32],
            mac: None,
            prints: false,
        };
        let mut program = Self { stream, peer: Peer::new(hello, None, Binding::Plain, now()) };
        assert!(matches!(program.next().await, PeerEvent::Ready { .. }));
        program
    }

    async fn write(&mut self) {
        while let Some(bytes) = self.peer.poll_transmit(now()) {
            self.stream.write_all(&bytes).await.expect("the server reads");
        }
        self.stream.flush().await.expect("the server reads");
    }

    async fn next(&mut self) -> PeerEvent {
        let mut buffer = [0; 4096];
        loop {
            self.write().await;
            if let Some(event) = self.peer.poll_event() {
                return event;
            }
            match self.stream.read(&mut buffer).await.expect("the server writes") {
                0 => self.peer.handle_eof(),
                length => self.peer.handle_input(&buffer[..length], now()),
            }
        }
    }

    async fn answer(&mut self, request: u32) -> Answer {
        loop {
            match self.next().await {
                PeerEvent::Answer { id, answer, .. } if id == request => return answer,
                PeerEvent::Ended(ended) => panic!("the connection ended: {ended:?}"),
                _ => {}
            }
        }
    }

    async fn ask(&mut self, request: Request) -> Answer {
        let id = self.peer.request(request).expect("the session is open");
        self.answer(id).await
    }

    async fn login(&mut self, password: &str) -> Answer {
        let (method, secret) = (LoginMethod::Logon, Some(Secret::new(password)));
        self.ask(Request::Login(Login { method, id: Secret::new("js"), secret })).await
    }

    async fn submit(&mut self, submission: &str, queue: &str, data: &[u8]) -> Answer {
        let submit = Submit {
            submission: submission.into(),
            queue: queue.into(),
            name: "report".into(),
            format: "application/octet-stream".into(),
            copies: None,
            sides: None,
            color_mode: None,
            media: None,
            bytes: Some(data.len() as u64),
        };
        let id = self.peer.request(Request::Submit(submit)).expect("the session is open");
        let mut rest = Bytes::copy_from_slice(data);
        loop {
            let room = (self.peer.window(id) as usize).min(rest.len());
            if room > 0 {
                let part = rest.split_to(room);
                // A refusal may have come before the end.
                let _ = self.peer.send_data(id, part, rest.is_empty());
            }
            match self.next().await {
                PeerEvent::Answer { id: of, answer, .. } if of == id => return answer,
                PeerEvent::Ended(ended) => panic!("the connection ended: {ended:?}"),
                _ => {}
            }
        }
    }

    async fn list(&mut self) -> Vec<wire::safecom::records::Document> {
        match self.ask(Request::Documents(Documents { after_id: 0, limit: 0 })).await {
            Answer::Documents(page) => page.documents,
            other => panic!("{other:?}"),
        }
    }
}

fn refused(answer: Answer) -> Status {
    match answer {
        Answer::Refused(refusal) => refusal.status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_submitted_once_and_collected_at_a_panel() {
    let mut ground = Ground::start().await;
    let (address, _) = ground.raw_printer("");
    let device = ground.device("MFP1", &address).await;
    let mut program = Program::open(&ground).await;
    assert!(matches!(program.login("correct horse").await, Answer::Login(_)));
    let document: Vec<u8> = (0..3_000_000u32).map(|number| number as u8).collect();
    let Answer::Submit(first) = program.submit("one", "pull", &document).await else { panic!("not taken") };
    assert_eq!(first.bytes, document.len() as u64);
    // After a lost answer the program sends it again.
    let again = program.submit("one", "pull", &document).await;
    assert_eq!(again, Answer::Submit(SubmitAnswer { document: first.document, bytes: first.bytes }));
    assert_eq!(program.list().await.len(), 1);

    let mut panel = Panel::open(&device).await;
    panel.card().await;
    assert_eq!(panel.print(&[first.document]).await.printed, 1);
    assert_eq!(ground.wait_printed(1).await, [document]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_sees_and_changes_its_persons_documents_only_after_login() {
    let ground = Ground::start().await;
    let mut program = Program::open(&ground).await;
    let documents = Request::Documents(Documents { after_id: 0, limit: 0 });
    assert_eq!(refused(program.ask(documents).await), Status::NotLoggedIn);
    assert_eq!(refused(program.submit("early", "pull", b"data").await), Status::NotLoggedIn);
    assert_eq!(refused(program.login("wrong").await), Status::LogonOrPasswordWrong);
    let Answer::ServerInfo(info) = program.ask(Request::ServerInfo).await else { panic!("no information") };
    assert!(info.queues.is_empty(), "queues are told to people who are logged in");
    assert!(matches!(program.login("correct horse").await, Answer::Login(_)));
    let Answer::ServerInfo(info) = program.ask(Request::ServerInfo).await else { panic!("no information") };
    assert_eq!(info.queues, ["pull"]);

    let unknown = program.submit("x", "no-such-queue", b"data").await;
    assert!(matches!(unknown, Answer::Refused(_)), "{unknown:?}");
    let Answer::Submit(kept) = program.submit("kept", "pull", b"kept").await else { panic!("not taken") };
    let Answer::Submit(gone) = program.submit("gone", "pull", b"gone").await else { panic!("not taken") };
    let changed = Answer::Changed(ChangedAnswer { changed: 1, refused: Status::Done });
    let retain = Retain { documents: Ids(vec![kept.document]), retain: true };
    assert_eq!(program.ask(Request::Retain(retain)).await, changed);
    assert_eq!(program.ask(Request::Delete(Delete { documents: Ids(vec![gone.document]) })).await, changed);
    let listed = program.list().await;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id, listed[0].marks & mark::RETAINED), (kept.document, mark::RETAINED));
    assert_eq!(program.ask(Request::Logout).await, Answer::Done);
    let documents = Request::Documents(Documents { after_id: 0, limit: 0 });
    assert_eq!(refused(program.ask(documents).await), Status::NotLoggedIn);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_given_up_or_cut_leaves_nothing() {
    let ground = Ground::start().await;
    for gives_up in [true, false] {
        let mut program = Program::open(&ground).await;
        assert!(matches!(program.login("correct horse").await, Answer::Login(_)));
        let submit = Submit {
            submission: "half".into(),
            queue: "pull".into(),
            name: "half".into(),
            format: "application/octet-stream".into(),
            copies: None,
            sides: None,
            color_mode: None,
            media: None,
            bytes: None,
        };
        let id = program.peer.request(Request::Submit(submit)).expect("the session is open");
        program.peer.send_data(id, Bytes::from(vec![1; 100_000]), false).expect("there is room");
        if gives_up {
            program.peer.abort(id, Status::CancelledByUser, "changed my mind");
            assert_eq!(refused(program.answer(id).await), Status::CancelledByUser);
            assert!(program.list().await.is_empty());
        } else {
            program.write().await;
        }
    }
    let mut program = Program::open(&ground).await;
    assert!(matches!(program.login("correct horse").await, Answer::Login(_)));
    assert!(program.list().await.is_empty());
    assert!(ground.directory().join("spool").is_dir());
}
