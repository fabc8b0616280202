//! People's programs on 7700.

use bytes::Bytes;
use rpc::proto::jobserver as message;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use virtual_mfp::connect::{Stream, connect};
use virtual_mfp::line::now;
use wire::safecom::auth::Binding;
use wire::safecom::records::{
    ChangedAnswer, Delegate, DelegateAction, DelegateSide, DelegateState, Delegation, Delete, Documents,
    Hello, Login, LoginMethod, Retain, Role, Submit, SubmitAnswer, mark,
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
        self.login_as("js", password).await
    }

    async fn login_as(&mut self, logon: &str, password: &str) -> Answer {
        let (method, secret) = (LoginMethod::Logon, Some(Secret::new(password)));
        self.ask(Request::Login(Login { method, id: Secret::new(logon), secret })).await
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
async fn sub_13_a_person_asks_for_a_delegation_and_the_other_answers() {
    let mut ground = Ground::start().await;
    for (logon, name) in [("ann", "Ann Example"), ("bob", "Bob Example")] {
        let user = message::UserAddRequest {
            logon: logon.into(),
            full_name: name.into(),
            password: format!("{logon}-password"),
            ..Default::default()
        };
        ground.administration.user_add(user).await.expect("a person");
    }
    let mut programs = Vec::new();
    for logon in ["ann", "bob"] {
        let mut program = Program::open(&ground).await;
        assert_eq!(refused(program.ask(Request::Delegations).await), Status::NotLoggedIn);
        assert!(matches!(program.login_as(logon, &format!("{logon}-password")).await, Answer::Login(_)));
        programs.push(program);
    }
    let [ann, bob] = &mut programs[..] else { unreachable!("two of them") };
    let act = |action, person: &str, side| {
        let (person, always, ends_us) = (person.to_owned(), true, None);
        Request::Delegate(Delegate { action, person, side, always, ends_us })
    };
    use DelegateAction::{Accept, Ask, End, Reject};
    use DelegateSide::{Collector, Submitter};
    let seen = |answer: Answer| match answer {
        Answer::Delegations(answer) => {
            let one = |d: Delegation| (d.person, d.full_name, d.side, d.state);
            answer.delegations.into_iter().map(one).collect::<Vec<_>>()
        }
        other => panic!("no delegations: {other:?}"),
    };

    assert_eq!(refused(ann.ask(act(Ask, "nobody", Submitter)).await), Status::UserNotFound);
    assert_eq!(refused(ann.ask(act(Ask, "ANN", Submitter)).await), Status::NameInvalid);
    assert_eq!(refused(ann.ask(act(End, "bob", Submitter)).await), Status::DelegateNotFound);
    assert_eq!(ann.ask(act(Ask, "bob", Submitter)).await, Answer::Done);
    assert_eq!(refused(ann.ask(act(Ask, "bob", Submitter)).await), Status::DelegateExists);
    assert_eq!(refused(ann.ask(act(Accept, "bob", Submitter)).await), Status::AccessDenied, "bob is asked");
    let (name, awaits) = ("Bob Example".to_owned(), DelegateState::AwaitsOther);
    let ann_sees = seen(ann.ask(Request::Delegations).await);
    assert_eq!(ann_sees, [("bob".to_owned(), name, Submitter, awaits)]);
    let (name, awaits) = ("Ann Example".to_owned(), DelegateState::AwaitsPerson);
    let bob_sees = seen(bob.ask(Request::Delegations).await);
    assert_eq!(bob_sees, [("ann".to_owned(), name, Collector, awaits)]);
    assert_eq!(refused(bob.ask(act(Accept, "ann", Submitter)).await), Status::DelegateNotFound, "other side");
    assert_eq!(bob.ask(act(Accept, "ann", Collector)).await, Answer::Done);
    assert_eq!(seen(ann.ask(Request::Delegations).await)[0].3, DelegateState::Accepted);
    assert_eq!(ann.ask(act(End, "bob", Submitter)).await, Answer::Done);
    assert!(seen(bob.ask(Request::Delegations).await).is_empty());
    // The other way round, and rejected.
    assert_eq!(ann.ask(act(Ask, "bob", Collector)).await, Answer::Done);
    assert_eq!(bob.ask(act(Reject, "ann", Submitter)).await, Answer::Done);
    assert!(seen(ann.ask(Request::Delegations).await).is_empty());

    ground.set("delegates.enabled", "no").await;
    assert_eq!(refused(ann.ask(act(Ask, "bob", Submitter)).await), Status::DelegatesDisabled);
    ground.set("delegates.enabled", "yes").await;
    // Each request is a mail to somebody: after twenty the person waits, other people do not.
    let mut asked = 6;
    while asked < 20 {
        assert_eq!(refused(ann.ask(act(Ask, "nobody", Submitter)).await), Status::UserNotFound);
        asked += 1;
    }
    assert_eq!(refused(ann.ask(act(Ask, "bob", Submitter)).await), Status::ServerBusy);
    assert_eq!(bob.ask(act(Ask, "ann", Submitter)).await, Answer::Done);
    let told: Vec<String> = ground.audit().await.into_iter().map(|event| event.subject).collect();
    for subject in [
        "ann asked for the delegation from ann to bob, by a program",
        "bob accepted the delegation from ann to bob, by a program",
        "ann ended the delegation from ann to bob, by a program",
        "bob rejected the delegation from bob to ann, by a program",
    ] {
        assert!(told.iter().any(|told| told == subject), "{subject}: {told:?}");
    }
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
