//! People at panels.

use service::ChannelEncryption;
use virtual_mfp::failure::Failure;
use virtual_mfp::fault::Faults;
use wire::safecom::records::{
    Cancel, ChangedAnswer, Delete, Documents, LoginMethod, LoginStep, PinChange, Register, RegisterByLogin,
    Retain, mark,
};
use wire::safecom::{Answer, Ids, Request, Secret, Status};

use crate::ground::{CARD, Ground, Panel, SECRET};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_shows_documents_and_prints_them_on_a_raw_printer() {
    let mut ground = Ground::start().await;
    let (address, _) = ground.raw_printer("");
    let device = ground.device("MFP1", &address).await;
    let first = ground.hold("first", b"one").await;
    let second = ground.hold("second", &vec![7; 300_000]).await;
    let mut panel = Panel::open(&device).await;
    panel.card().await;
    let listed: Vec<_> = panel.list().await.into_iter().map(|d| (d.id, d.name)).collect();
    assert_eq!(listed, [(first, "first".to_owned()), (second, "second".to_owned())]);
    let end = panel.print(&[]).await;
    assert_eq!((end.printed, end.failed), (2, 0));
    assert_eq!(ground.wait_printed(2).await, [b"one".to_vec(), vec![7; 300_000]]);
    assert!(panel.list().await.is_empty());
    // A device's name is known in any case.
    let mut other = ground.arguments("mfp1");
    other.name = "mFP1".into();
    Panel::open(&other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_to_log_in_and_the_lock() {
    let mut ground = Ground::start().await;
    let device = ground.device("MFP1", "").await;
    let mut panel = Panel::open(&device).await;
    let unknown = panel.login(LoginMethod::Card, "999", None).await.unwrap_err();
    assert_eq!(unknown.status, Status::CardUnknown);
    panel.login(LoginMethod::Code, CARD, None).await.expect("the same number, typed");
    assert_eq!(panel.ask(Request::Logout).await, Answer::Done);
    panel.login(LoginMethod::Logon, "js", Some("correct horse")).await.expect("logon and password");
    assert_eq!(panel.ask(Request::Logout).await, Answer::Done);
    let wrong = panel.login(LoginMethod::Logon, "js", Some("wrong")).await.unwrap_err();
    assert_eq!(wrong.status, Status::LogonOrPasswordWrong);

    let pin = rpc::proto::jobserver::PinSetRequest { logon: "js".into(), pin: "12a4".into() };
    ground.administration.pin_set(pin).await.expect("a PIN");
    let asked = panel.login(LoginMethod::Card, CARD, None).await.expect("not refused");
    assert_eq!((asked.step, asked.user), (LoginStep::PinWanted, None));
    panel.login(LoginMethod::Card, CARD, Some("12a4")).await.expect("the PIN is right");
    assert_eq!(panel.ask(Request::Logout).await, Answer::Done);
    for _ in 0..3 {
        let wrong = panel.login(LoginMethod::Card, CARD, Some("0000")).await.unwrap_err();
        assert_eq!(wrong.status, Status::AccessViolation);
    }
    let locked = panel.login(LoginMethod::Card, CARD, Some("12a4")).await.unwrap_err();
    assert_eq!(locked.status, Status::AccountLocked, "even the right PIN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_at_one_device_has_to_wait() {
    let mut ground = Ground::start().await;
    let device = ground.device("MFP1", "").await;
    let mut panel = Panel::open(&device).await;
    let mut seen = Vec::new();
    for number in 0..12 {
        seen.push(panel.login(LoginMethod::Card, &format!("guess-{number}"), None).await.unwrap_err().status);
    }
    assert_eq!(seen[..10], [Status::CardUnknown; 10]);
    assert_eq!(seen[11], Status::ServerBusy);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_has_to_be_registered_and_to_know_its_secret() {
    let mut ground = Ground::start().await;
    let device = ground.device("MFP1", "").await;
    let refused = |failure| match failure {
        Failure::Refused { status, .. } => status,
        other => panic!("{other}"),
    };
    assert_eq!(refused(Panel::refused(&device, "another secret").await), Status::AccessViolation);
    let stranger = ground.arguments("MFP2");
    assert_eq!(refused(Panel::refused(&stranger, SECRET).await), Status::DeviceNotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_did_not_come_out_is_held_again_with_the_reason() {
    let mut ground = Ground::start().await;
    let (address, raw) = ground.raw_printer("jam@100000");
    let device = ground.device("MFP1", &address).await;
    // More than the socket's buffers hold, so that the sender notices.
    let document = vec![9; 20_000_000];
    let id = ground.hold("long", &document).await;
    let mut panel = Panel::open(&device).await;
    panel.card().await;
    for faults in ["jam@100000", "drop@5000", "refuse", "offline"] {
        raw.set_faults(Faults::parse(faults).unwrap());
        if faults == "offline" {
            // The listener closes by itself, a moment later.
            let target = address.trim_start_matches("raw://").to_owned();
            while tokio::net::TcpStream::connect(&target).await.is_ok() {
                tokio::task::yield_now().await;
            }
        }
        panel.progress.clear();
        let end = panel.print(&[id]).await;
        assert_eq!((end.printed, end.failed), (0, 1), "{faults}");
        let (status, text) = panel.failure_of(id);
        assert!(!status.is_done() && !text.is_empty(), "{faults}");
        let listed = panel.list().await;
        assert_eq!(listed.len(), 1, "{faults}");
        assert!(
            listed[0].marks & mark::HELD_AGAIN != 0 && listed[0].reason.is_some(),
            "{faults}: {listed:?}"
        );
    }
    raw.set_faults(Faults::default());
    panel.progress.clear();
    let mut end = panel.print(&[id]).await;
    while end.failed > 0 {
        // The listener opens again a moment later.
        end = panel.print(&[id]).await;
    }
    assert_eq!(ground.wait_printed(1).await, [document]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_travel_through_the_printers_own_session() {
    let mut ground = Ground::start().await;
    let device = ground.device("MFP1", "").await;
    let document: Vec<u8> = (0..5_000_000u32).map(|number| number as u8).collect();
    let id = ground.hold("through the session", &document).await;
    let mut panel = Panel::open(&device).await;
    panel.card().await;
    // Nobody prints there yet.
    let end = panel.print(&[id]).await;
    assert_eq!((end.printed, end.failed), (0, 1));
    assert!(panel.failure_of(id).1.contains("not connected"), "{:?}", panel.failure_of(id));

    let printer = ground.session_printer("MFP1", "jam@1000000");
    let mut tries = 0;
    // The printer connects a moment later; then it jams.
    let reason = loop {
        panel.progress.clear();
        assert_eq!(panel.print(&[id]).await.failed, 1);
        let (_, text) = panel.failure_of(id);
        if !text.contains("not connected") {
            break text;
        }
        tries += 1;
        assert!(tries < 100_000, "the printer never connected");
        tokio::task::yield_now().await;
    };
    assert!(reason.contains("jam"), "{reason}");
    assert!(ground.printed().is_empty());

    printer.set_faults(Faults::parse("drop@2000000").unwrap());
    assert_eq!(panel.print(&[id]).await.failed, 1, "the connection is cut in the middle");

    printer.set_faults(Faults::default());
    while panel.print(&[id]).await.printed == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ground.wait_printed(1).await, [document]);
    assert!(panel.list().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_at_the_panel_takes_the_document_back() {
    let mut ground = Ground::start().await;
    // Slow enough that the document is still on its way when Stop is pressed.
    let (address, raw) = ground.raw_printer("slow@2000000");
    let raw_device = ground.device("RAW", &address).await;
    let own_device = ground.device("OWN", "").await;
    let own = ground.session_printer("OWN", "slow@2000000");
    let document = vec![9; 30_000_000];
    let id = ground.hold("long", &document).await;
    for device in [&raw_device, &own_device] {
        let mut panel = Panel::open(device).await;
        panel.card().await;
        // A run that is over, or never was, needs no stopping.
        let stray = panel.ask(Request::Cancel(Cancel { request: 999 })).await;
        assert_eq!(stray, Answer::Done);
        let (end, sent) = loop {
            panel.progress.clear();
            let (end, sent) = panel.print_and_stop(id).await;
            // The printer's own session comes a moment later.
            if sent {
                break (end, panel.failure_of(id));
            }
        };
        assert_eq!((end.printed, end.failed), (0, 1));
        assert_eq!(sent.0, Status::CancelledByUser, "{sent:?}");
        let listed = panel.list().await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].reason.as_deref(), Some("Stopped at the printer."));
    }
    assert!(ground.printed().is_empty());
    for engine in [&raw, &own] {
        engine.set_faults(Faults::default());
    }
    let mut panel = Panel::open(&own_device).await;
    panel.card().await;
    while panel.print(&[id]).await.printed == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ground.wait_printed(1).await, [document]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retained_documents_stay_and_deleted_ones_go() {
    let mut ground = Ground::start().await;
    let (address, _) = ground.raw_printer("");
    let device = ground.device("MFP1", &address).await;
    let (kept, gone) = (ground.hold("kept", b"kept").await, ground.hold("gone", b"gone").await);
    let mut panel = Panel::open(&device).await;
    panel.card().await;
    let retain = Retain { documents: Ids(vec![kept, 987_654]), retain: true };
    let answer = panel.ask(Request::Retain(retain)).await;
    assert_eq!(answer, Answer::Changed(ChangedAnswer { changed: 1, refused: Status::JobNotFound }));
    let answer = panel.ask(Request::Delete(Delete { documents: Ids(vec![gone]) })).await;
    assert_eq!(answer, Answer::Changed(ChangedAnswer { changed: 1, refused: Status::Done }));
    let end = panel.print(&[]).await;
    assert_eq!((end.printed, end.failed), (1, 0));
    assert_eq!(ground.wait_printed(1).await, [b"kept".to_vec()]);
    let listed = panel.list().await;
    assert_eq!(listed.len(), 1);
    assert!(listed[0].marks & mark::RETAINED != 0);
    assert_eq!(panel.print(&[gone]).await.failed, 1);
    assert_eq!(panel.failure_of(gone).0, Status::JobNotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_panels_never_print_one_document_twice() {
    let mut ground = Ground::start().await;
    let (address, _) = ground.raw_printer("");
    let here = ground.device("MFP1", &address).await;
    let there = ground.device("MFP2", &address).await;
    let mut documents = Vec::new();
    for number in 0..20u8 {
        documents.push(ground.hold(&format!("document {number}"), &vec![number; 10_000]).await);
    }
    let (mut one, mut two) = (Panel::open(&here).await, Panel::open(&there).await);
    one.card().await;
    two.card().await;
    let (first, second) = tokio::join!(one.print(&documents), two.print(&documents));
    assert_eq!(first.printed + second.printed, 20, "{first:?} {second:?}");
    let mut printed = ground.wait_printed(20).await;
    printed.sort();
    let expected: Vec<Vec<u8>> = (0..20u8).map(|number| vec![number; 10_000]).collect();
    assert_eq!(printed, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_prints_at_login_when_the_person_says_so() {
    let mut ground = Ground::start().await;
    let (address, _) = ground.raw_printer("");
    let device = ground.device("MFP1", &address).await;
    let edit = rpc::proto::jobserver::UserEditRequest {
        logon: "js".into(),
        print_all_at_login: Some(true),
        ..Default::default()
    };
    ground.administration.user_edit(edit).await.expect("the person is edited");
    ground.hold("first", b"first").await;
    ground.hold("second", b"second").await;
    let mut panel = Panel::open(&device).await;
    let login = panel.login(LoginMethod::Card, CARD, None).await.expect("the card is known");
    assert!(login.user.expect("a person").print_all);
    assert_eq!(ground.wait_printed(2).await, [b"first".to_vec(), b"second".to_vec()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rel_7_an_unknown_card_is_registered_with_a_puk_and_its_pin_is_changed() {
    let ground = &mut Ground::start().await;
    let device = ground.device("MFP1", "").await;
    let mut people = ground.people();
    let new = rpc::proto::people::PukNewRequest { logon: "js".into(), mail: false };
    let puk = people.puk_new(new).await.expect("a PUK").into_inner().puk;
    let mut panel = Panel::open(&device).await;
    let secret = |text: &str| Secret::new(text.to_owned());
    let register = |puk: &str, again: &str| {
        Request::Register(Register {
            method: LoginMethod::Card,
            id: secret("fresh"),
            puk: secret(puk),
            pin: Some(secret("4711")),
            pin_again: Some(secret(again)),
        })
    };
    let refused = |answer: Answer| match answer {
        Answer::Refused(refusal) => refusal.status,
        other => panic!("not refused: {other:?}"),
    };
    let unknown = panel.login(LoginMethod::Card, "fresh", None).await.unwrap_err();
    assert_eq!(unknown.status, Status::CardUnknown);
    assert_eq!(refused(panel.ask(register("no puk", "4711")).await), Status::AccessViolation);
    assert_eq!(refused(panel.ask(register(&puk, "4712")).await), Status::NoResponse);
    assert_eq!(panel.ask(register(&puk, "4711")).await, Answer::Done);
    let change = |old: &str| {
        let pin = secret("aB9z");
        Request::PinChange(PinChange { old: Some(secret(old)), pin_again: pin.clone(), pin })
    };
    assert_eq!(refused(panel.ask(change("4711")).await), Status::NotLoggedIn, "registering logs nobody in");
    panel.login(LoginMethod::Card, "fresh", Some("4711")).await.expect("the new card and PIN");
    assert_eq!(refused(panel.ask(register(&puk, "4711")).await), Status::DeviceLocked);
    assert_eq!(refused(panel.ask(change("0000")).await), Status::AccessViolation);
    assert_eq!(panel.ask(change("4711")).await, Answer::Done);
    assert_eq!(panel.ask(Request::Logout).await, Answer::Done);
    panel.login(LoginMethod::Card, "fresh", Some("aB9z")).await.expect("the changed PIN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usr_20_a_card_is_registered_by_login_only_where_that_is_allowed() {
    let ground = &mut Ground::start().await;
    let device = ground.device("MFP1", "").await;
    let mut panel = Panel::open(&device).await;
    let secret = |text: &str| Secret::new(text.to_owned());
    let register = |logon: &str, password: &str, pin: Option<&str>| {
        Request::RegisterByLogin(RegisterByLogin {
            method: LoginMethod::Card,
            id: secret("fresh"),
            logon: logon.to_owned(),
            password: secret(password),
            pin: pin.map(secret),
            pin_again: pin.map(secret),
        })
    };
    let refused = |answer: Answer| match answer {
        Answer::Refused(refusal) => refusal.status,
        other => panic!("not refused: {other:?}"),
    };
    let features = async |panel: &mut Panel| match panel.ask(Request::ServerInfo).await {
        Answer::ServerInfo(info) => info.features,
        other => panic!("no information: {other:?}"),
    };
    assert!(features(&mut panel).await.is_empty());
    let off = panel.ask(register("js", "correct horse", Some("4711"))).await;
    assert_eq!(refused(off), Status::DeviceTypeNotAllowed);
    // A directory that is not set up is nobody whose word counts.
    ground.set("cards.register-by-login", "directory").await;
    assert!(features(&mut panel).await.is_empty());
    ground.set("cards.register-by-login", "any").await;
    assert_eq!(features(&mut panel).await, ["register-by-login"]);

    let wrong = panel.ask(register("js", "wrong", Some("4711"))).await;
    assert_eq!(refused(wrong), Status::LogonOrPasswordWrong);
    let nobody = panel.ask(register("nobody", "correct horse", Some("4711"))).await;
    assert_eq!(refused(nobody), Status::LogonOrPasswordWrong);
    assert_eq!(panel.ask(register("JS", "correct horse", Some("4711"))).await, Answer::Done);
    let documents = Request::Documents(Documents { after_id: 0, limit: 0 });
    assert_eq!(refused(panel.ask(documents).await), Status::NotLoggedIn, "registering logs nobody in");
    panel.login(LoginMethod::Card, "fresh", Some("4711")).await.expect("the new card and PIN");
    let open = panel.ask(register("js", "correct horse", None)).await;
    assert_eq!(refused(open), Status::DeviceLocked, "somebody is logged in");
    assert_eq!(panel.ask(Request::Logout).await, Answer::Done);
    // The PIN is kept by typing none, and stays where people may not change theirs.
    ground.set("pins.change-allowed", "no").await;
    let fixed = panel.ask(register("js", "correct horse", Some("0000"))).await;
    assert_eq!(refused(fixed), Status::AccessDenied);
    assert_eq!(panel.ask(register("js", "correct horse", None)).await, Answer::Done);
    panel.login(LoginMethod::Card, "fresh", Some("4711")).await.expect("the PIN is as it was");
    assert_eq!(panel.ask(Request::Logout).await, Answer::Done);
    // Guessing locks the account as everywhere, and a locked account takes no right password either.
    for _ in 0..3 {
        let wrong = panel.ask(register("js", "wrong", None)).await;
        assert_eq!(refused(wrong), Status::LogonOrPasswordWrong);
    }
    let locked = panel.ask(register("js", "correct horse", None)).await;
    assert_eq!(refused(locked), Status::AccountLocked);
    let told = ground.audit().await;
    let count = |code: &str| told.iter().filter(|event| event.code == code).count();
    assert_eq!((count("card-registered"), count("login-refused")), (2, 6), "{told:?}");
    assert!(!format!("{told:?}").contains("horse"));
}

/// SEC-1: what has to travel encrypted goes to the printer's session when that is TLS, and not when it is plain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_has_to_travel_encrypted_takes_no_plain_session() {
    use rpc::proto::charging::UserTermsEditRequest;
    use rpc::proto::charging::charging_client::ChargingClient;

    let mut ground = Ground::start_with(ChannelEncryption::Both).await;
    let device = ground.device("MFP1", "").await;
    let mut charging = ChargingClient::new(ground.context.peer("jobserver"));
    let terms = UserTermsEditRequest { logon: "js".into(), encrypt: Some(true), ..Default::default() };
    charging.user_terms_edit(terms).await.expect("the person is known");
    let id = ground.hold("secret", b"page").await;
    let mut panel = Panel::open(&device).await;
    panel.card().await;
    let plain = virtual_mfp::arguments::DeviceArguments { plain: true, ..device.clone() };
    let printer = ground.session_printer_with(plain, "");
    let reason = loop {
        panel.progress.clear();
        assert_eq!(panel.print(&[id]).await.failed, 1);
        let (_, text) = panel.failure_of(id);
        if !text.contains("not connected") {
            break text;
        }
        tokio::task::yield_now().await;
    };
    assert!(reason.contains("plain"), "{reason}");
    assert!(ground.printed().is_empty());
    printer.set_faults(Faults::parse("offline").unwrap());
    let _printer = ground.session_printer("MFP1", "");
    while panel.print(&[id]).await.printed == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ground.wait_printed(1).await, [b"page"]);
}
