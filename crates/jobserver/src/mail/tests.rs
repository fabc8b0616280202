//! Mails through a real mail server: Debian's aiosmtpd.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use domain::mail::{Kind, Tags};
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::mail_room_client::MailRoomClient;
use serde_json::{Value, json};

use super::deliver::{Passed, pass};
use crate::tests::World;

/// Guards a wait that only a bug would make endless.
const PATIENCE: Duration = Duration::from_secs(60);

/// The mail server; ends with this value.
pub(crate) struct Sink {
    child: Child,
    lines: mpsc::Receiver<Value>,
    pub(crate) port: u64,
    pub(super) http: u64,
}

impl Sink {
    /// `None` (said on standard error) where the machine has no aiosmtpd.
    pub(crate) fn start(options: &Value) -> Option<Self> {
        let there =
            Command::new("/usr/bin/python3").args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            #[expect(clippy::print_stderr, reason = "the one who runs the tests must see it")]
            {
                eprintln!("python3-aiosmtpd is not installed: mails are not tested (scripts/setup.sh test)");
            }
            return None;
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail/sink.py");
        let mut child = Command::new("/usr/bin/python3")
            .args(["-W", "ignore", script, &options.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let ports: Value = lines.recv_timeout(PATIENCE).expect("the sink listens");
        let number = |name: &str| ports[name].as_u64().unwrap();
        Some(Self { port: number("port"), http: number("http"), child, lines })
    }

    pub(crate) fn next(&self) -> Value {
        self.lines.recv_timeout(PATIENCE).expect("a mail comes")
    }

    /// Nothing more came until now.
    fn rest(&self) -> Vec<Value> {
        self.lines.try_iter().collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) async fn set(world: &mut World, key: &str, value: &str) {
    let request = message::SettingSetRequest { key: key.into(), value: value.into() };
    world.administration.setting_set(request).await.unwrap();
}

/// Settings for a mail server on this machine without encryption.
pub(crate) async fn plainly(world: &mut World, port: u64) {
    set(world, "mail.security", "none").await;
    set(world, "mail.from", "Papergate <print@example.org>").await;
    set(world, "mail.port", &port.to_string()).await;
    set(world, "mail.server", "127.0.0.1").await;
}

async fn post(world: &World, kind: Kind, to: &'static str, key: &'static str) -> bool {
    let mut tags = Tags::default();
    tags.set("USER", "Ann Example").set("PUK", "12345678");
    let send = move |state: &std::sync::Arc<crate::state::State>| super::send(state, kind, to, &tags, key);
    world.server.blocking(send).await.unwrap()
}

fn mails(world: &World, state: &str) -> Vec<storage::core::MailRow> {
    world.server.0.store.mails_list(state, 0, 100).unwrap()
}

/// A certificate for `localhost` and its key, as files.
pub(super) fn certificate(directory: &Path) -> (PathBuf, PathBuf) {
    let made =
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (directory.join("mail.pem"), directory.join("mail.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ops_2_a_mail_waits_through_an_outage_and_a_restart_and_comes_once() {
    let mut world = World::new().await;
    assert!(!post(&world, Kind::Puk, "ann@example.org", "puk:0").await, "no mail server: no mail");
    // Nobody listens on port 1.
    plainly(&mut world, 1).await;
    assert!(post(&world, Kind::Puk, "ann@example.org", "puk:1").await);
    assert!(!post(&world, Kind::Puk, "ann@example.org", "puk:1").await, "one mail an event");
    assert!(!post(&world, Kind::Puk, "no address", "puk:2").await);
    pass(&world.server).await.unwrap();
    let waiting = mails(&world, "waiting");
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].attempts >= 1 && !waiting[0].error.is_empty(), "{waiting:?}");
    let stored = std::fs::read(world.directory.path().join("db/core.sqlite")).unwrap();
    assert!(!stored.windows(8).any(|bytes| bytes == b"12345678"), "the PUK is not readable in the database");

    let mut world = World::on(world.stop().await).await;
    let Some(sink) = Sink::start(&json!({})) else { return };
    set(&mut world, "mail.port", &sink.port.to_string()).await;
    let mut room = MailRoomClient::new(world.context.peer("jobserver"));
    assert_eq!(room.mail_retry(message::MailRetryRequest { id: 0 }).await.unwrap().into_inner().mails, 1);
    pass(&world.server).await.unwrap();
    let mail = sink.next();
    assert_eq!(mail["to"], json!(["ann@example.org"]));
    let text = mail["mail"].as_str().unwrap();
    assert!(text.contains("Your PUK code is: 12345678") && text.contains("Subject: Your PUK code"), "{text}");
    assert!(
        text.contains("Auto-Submitted: auto-generated")
            && text.contains("From: Papergate <print@example.org>")
    );
    pass(&world.server).await.unwrap();
    assert_eq!((mails(&world, "sent").len(), sink.rest()), (1, vec![]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ops_3_starttls_and_tls_with_a_password_against_a_known_authority_only() {
    let mut world = World::new().await;
    let (certificate, key) = certificate(world.directory.path());
    for tls in [false, true] {
        let options =
            json!({ "cert": certificate, "key": key, "tls": tls, "user": "print", "password": "sesame" });
        let Some(sink) = Sink::start(&options) else { return };
        plainly(&mut world, sink.port).await;
        set(&mut world, "mail.server", "localhost").await;
        set(&mut world, "mail.security", if tls { "tls" } else { "starttls" }).await;
        set(&mut world, "mail.authentication", "password").await;
        set(&mut world, "mail.user", "print").await;
        set(&mut world, "mail.ca-file", "").await;
        let mut room = MailRoomClient::new(world.context.peer("jobserver"));
        let secret =
            |secret: &str| message::MailSecretSetRequest { name: "password".into(), secret: secret.into() };
        let test = || message::MailTestRequest { recipient: "ann@example.org".into() };
        room.mail_secret_set(secret("sesame")).await.unwrap();
        let unknown = room.mail_test(test()).await.unwrap_err();
        assert!(
            unknown.message().contains("ertificate"),
            "an unknown authority is not believed: {unknown:?}"
        );
        set(&mut world, "mail.ca-file", certificate.to_str().unwrap()).await;
        room.mail_secret_set(secret("wrong")).await.unwrap();
        let wrong = room.mail_test(test()).await.unwrap_err();
        assert!(wrong.message().contains("535") && !wrong.message().contains("wrong"), "{wrong:?}");
        room.mail_secret_set(secret("sesame")).await.unwrap();
        room.mail_test(test()).await.unwrap();
        let mail = sink.next();
        assert_eq!(
            (mail["login"].as_str(), mail["to"].clone()),
            (Some("password"), json!(["ann@example.org"]))
        );
    }
    // A password never goes out in the clear, except to this very machine.
    set(&mut world, "mail.security", "none").await;
    set(&mut world, "mail.server", "mail.example.org").await;
    let mut room = MailRoomClient::new(world.context.peer("jobserver"));
    let request = message::MailTestRequest { recipient: "ann@example.org".into() };
    assert!(room.mail_test(request).await.unwrap_err().message().contains("in the clear"));
    let told =
        format!("{:?}", world.server.0.events.store().events_page(&Default::default(), None, 500).unwrap());
    assert!(!told.contains("sesame"), "the audit has no secret");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ops_3_xoauth2_with_a_token_that_is_fetched_kept_and_fetched_again() {
    let mut world = World::new().await;
    let (certificate, key) = certificate(world.directory.path());
    let options = |token: &str, port: u64| {
        json!({
            "cert": certificate, "key": key, "user": "print@example.org", "token": token,
            "token_service": "refresh me", "port": port,
        })
    };
    let Some(sink) = Sink::start(&options("first", 0)) else { return };
    plainly(&mut world, sink.port).await;
    let url = format!("http://127.0.0.1:{}/token", sink.http);
    for (key, value) in [
        ("mail.server", "localhost"),
        ("mail.security", "starttls"),
        ("mail.authentication", "microsoft-oauth2"),
        ("mail.user", "print@example.org"),
        ("mail.ca-file", certificate.to_str().unwrap()),
        ("mail.oauth-client-id", "papergate"),
        ("mail.oauth-url", &url),
    ] {
        set(&mut world, key, value).await;
    }
    let mut room = MailRoomClient::new(world.context.peer("jobserver"));
    let test = || message::MailTestRequest { recipient: "ann@example.org".into() };
    let missing = room.mail_test(test()).await.unwrap_err();
    assert!(missing.message().contains("mail secret oauth-refresh-token"), "{missing:?}");
    let secret = |secret: &str| message::MailSecretSetRequest {
        name: "oauth-refresh-token".into(),
        secret: secret.into(),
    };
    room.mail_secret_set(secret("old")).await.unwrap();
    let refused = room.mail_test(test()).await.unwrap_err();
    assert!(refused.message().contains("invalid_grant"), "{refused:?}");
    assert_eq!(sink.next()["good"], json!(false));
    room.mail_secret_set(secret("refresh me")).await.unwrap();
    room.mail_test(test()).await.unwrap();
    room.mail_test(test()).await.unwrap();
    assert_eq!(sink.next()["good"], json!(true));
    assert_eq!(sink.next()["login"], "xoauth2");
    assert_eq!(sink.next()["login"], "xoauth2", "the token is kept between mails");
    let port = sink.port;
    drop(sink);

    // The mail server no longer takes the token: it is fetched anew for the next try.
    let sink = Sink::start(&options("second", port)).unwrap();
    set(&mut world, "mail.port", &sink.port.to_string()).await;
    let url = format!("http://127.0.0.1:{}/token", sink.http);
    assert!(room.mail_test(test()).await.is_err());
    set(&mut world, "mail.oauth-url", &url).await;
    room.mail_test(test()).await.unwrap();
    assert_eq!(sink.next()["good"], json!(true));
    assert_eq!(sink.next()["login"], "xoauth2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ops_3_a_refused_address_is_given_up_and_a_busy_server_is_tried_again() {
    let mut world = World::new().await;
    let options = json!({ "refuse": "nobody@example.org", "later": "busy@example.org" });
    let Some(sink) = Sink::start(&options) else { return };
    plainly(&mut world, sink.port).await;
    assert!(post(&world, Kind::Puk, "nobody@example.org", "puk:1").await);
    assert!(post(&world, Kind::Puk, "busy@example.org", "puk:2").await);
    assert!(post(&world, Kind::Puk, "ann@example.org", "puk:3").await);
    assert_eq!(pass(&world.server).await.unwrap(), Passed::Done);
    assert_eq!(sink.next()["to"], json!(["ann@example.org"]), "the others do not hold it up");
    // The task that was woken may still be at it: a pass ends behind it.
    pass(&world.server).await.unwrap();
    let (failed, waiting) = (mails(&world, "failed"), mails(&world, "waiting"));
    assert_eq!((failed.len(), failed[0].key.as_str()), (1, "puk:1"));
    assert!(failed[0].error.contains("no such person"), "{failed:?}");
    assert_eq!((waiting.len(), waiting[0].key.as_str()), (1, "puk:2"));
    assert_eq!(waiting[0].next_us - world.server.0.now().0, 60_000_000, "a minute after the first try");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ops_1_errors_are_mailed_to_the_administrator_together_and_once() {
    use domain::event::Severity;
    let mut world = World::new().await;
    let Some(sink) = Sink::start(&json!({})) else { return };
    plainly(&mut world, sink.port).await;
    set(&mut world, "mail.administrator", "admin@example.org").await;
    let events = world.server.0.events.clone();
    let run = || async { world.server.blocking(|state| super::alerts::run(state)).await.unwrap() };
    events.audit(events.event(Severity::Critical, "old", "before anybody asked")).await.unwrap();
    run().await;
    events.record(events.event(Severity::Notice, "test", "not that bad"));
    events.record(events.event(Severity::Error, "mail-failed", "about mails"));
    events.record(events.event(Severity::Error, "test", "the disk is slow"));
    events
        .audit(events.event(Severity::Critical, "test", "the disk is full").text("12 bytes left"))
        .await
        .unwrap();
    while run().await > 0 {}
    pass(&world.server).await.unwrap();
    // The task looks too, so that on a slow machine it may be two mails; nothing is told twice.
    let mut text = String::new();
    while !text.contains("the disk is full") {
        text += sink.next()["mail"].as_str().unwrap();
    }
    for part in ["the disk is slow", "the disk is full", "12 bytes left"] {
        assert_eq!(text.matches(part).count(), 1, "{part} in {text}");
    }
    for part in ["not that bad", "about mails", "before anybody"] {
        assert!(!text.contains(part), "{part} is in {text}");
    }
}

#[tokio::test]
async fn ops_2_a_template_of_one_s_own_takes_effect_and_a_wrong_one_does_not() {
    let world = World::new().await;
    let mut room = MailRoomClient::new(world.context.peer("jobserver"));
    let preview = || message::MailPreviewRequest { kind: "puk".into() };
    let shown = room.mail_preview(preview()).await.unwrap().into_inner();
    assert_eq!((shown.file.as_str(), shown.problem.as_str()), ("", ""));
    let directory = world.directory.path().join("templates");
    std::fs::create_dir(&directory).unwrap();
    let file = directory.join("EmailPUK.txt");
    std::fs::write(&file, "<%SUBJECT=\"Deine PUK\"%>\nHallo <%USER%>: <%PUK%>").unwrap();
    let shown = room.mail_preview(preview()).await.unwrap().into_inner();
    assert_eq!((shown.subject.as_str(), shown.text.as_str()), ("Deine PUK", "Hallo Ann Example: 12345678\n"));
    assert!(shown.file.ends_with("EmailPUK.txt"));
    std::fs::write(&file, "<%SUBJECT=\"Deine PUK\"%>\nHallo <%NAME%>").unwrap();
    let shown = room.mail_preview(preview()).await.unwrap().into_inner();
    assert!(shown.problem.contains("line 2") && shown.problem.contains("NAME"), "{}", shown.problem);
    assert_eq!(shown.subject, "Your PUK code", "the built-in text is sent instead");
    let unknown = message::MailPreviewRequest { kind: "nonsense".into() };
    assert!(room.mail_preview(unknown).await.unwrap_err().message().contains("delegate-request"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rel_5_people_are_warned_before_a_document_is_deleted_and_told_afterwards_once() {
    let mut world = World::new().await;
    let Some(sink) = Sink::start(&json!({})) else { return };
    plainly(&mut world, sink.port).await;
    for (key, value) in [
        ("mail.delete-warning", "both"),
        ("mail.delete-warning-ahead-s", "3600"),
        ("mail.job-deleted", "yes"),
        ("jobs.delete-after-s", "7200"),
    ] {
        set(&mut world, key, value).await;
    }
    let edit = message::UserEditRequest {
        logon: "ann".into(),
        email: Some("ann@example.org".into()),
        ..Default::default()
    };
    world.administration.user_edit(edit).await.unwrap();
    world.held("ann", b"hello").await;
    let retain = || async {
        world.server.blocking(|state| crate::retention::run(state)).await.unwrap();
        pass(&world.server).await.unwrap();
    };
    retain().await;
    assert_eq!(sink.rest(), Vec::<Value>::new(), "it is young");
    world.context.clock.advance(Duration::from_secs(3_700));
    retain().await;
    let mail = sink.next();
    let text = mail["mail"].as_str().unwrap();
    assert!(text.contains("document 1") && text.contains("will be deleted on 2026-01-01"), "{text}");
    retain().await;
    world.context.clock.advance(Duration::from_secs(3_600));
    retain().await;
    let text = sink.next()["mail"].as_str().unwrap().to_owned();
    assert!(text.contains("has been deleted") && text.contains("document 1"), "{text}");
    retain().await;
    assert_eq!(sink.rest(), Vec::<Value>::new(), "one warning and one note");
}
