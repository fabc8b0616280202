//! What is written down of what people do.

use domain::event::{Event, Severity};
use domain::login::Credential;
use domain::secret::CardCode;
use rpc::proto::jobserver::event_log_client::EventLogClient;
use rpc::proto::jobserver::event_sink_client::EventSinkClient;
use storage::event::EventFilter;

use super::*;

/// Every event, the oldest first.
fn events(world: &World) -> Vec<Event> {
    let stored = world.server.0.events.store().events_page(&EventFilter::default(), None, 1_000).unwrap();
    stored.into_iter().rev().map(|stored| stored.event).collect()
}

#[tokio::test]
async fn sec_4_what_an_administrator_does_is_stored_before_the_answer_and_without_secrets() {
    let mut world = World::new().await;
    let before = events(&world).len();
    let edit = message::UserEditRequest {
        logon: "ann".into(),
        password: Some("correct horse".into()),
        full_name: Some("Ann Example".into()),
        ..Default::default()
    };
    world.administration.user_edit(edit).await.unwrap();
    let edit = message::UserEditRequest { logon: "nobody".into(), ..Default::default() };
    world.administration.user_edit(edit).await.unwrap_err();
    world.administration.user_show(message::UserShowRequest { logon: "ann".into() }).await.unwrap();
    let events = events(&world).split_off(before);
    let subjects: Vec<_> = events.iter().map(|event| event.subject.as_str()).collect();
    let uid = rustix::process::getuid().as_raw();
    let who = format!("uid {uid} on this machine");
    let expected = [format!("UserEdit by {who}: done"), format!("UserEdit by {who}: refused (NotFound)")];
    assert_eq!(subjects, expected, "reading is not written down");
    assert_eq!((events[0].object.as_str(), events[0].user.as_str()), ("ann", who.as_str()));
    assert!(events[0].text.contains("full_name=Ann Example"), "{}", events[0].text);
    assert!(events.iter().all(|event| event.severity == Severity::Audit));
    let all = format!("{events:?}");
    assert!(!all.contains("correct horse"), "{all}");
}

#[tokio::test]
async fn sec_4_logins_logouts_and_refusals_are_written_down() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let before = events(&world).len();
    let mut session = world.logged_in("printer", "ann-card").await;
    session.logout().await;
    let unknown = Credential::Card(CardCode::parse("nobody-card").unwrap());
    assert!(session.login(unknown, None).await.is_err());
    // The refusal is only queued: what is audited after it is stored after it.
    drop(world.logged_in("printer", "bob-card").await);
    let told: Vec<_> = events(&world)
        .split_off(before)
        .into_iter()
        .map(|event| (event.code, event.user, event.object))
        .collect();
    let row = |code: &str, user: &str, object: &str| (code.to_owned(), user.to_owned(), object.to_owned());
    assert_eq!(told[0], row("login", "ann", "printer"));
    assert_eq!(told[1], row("logout", "ann", "printer"));
    assert_eq!((told[2].0.as_str(), told[2].1.as_str()), ("login-refused", ""));
    assert_eq!(told[3], row("login", "bob", "printer"));
    assert!(!format!("{told:?}").contains("-card"), "no code is written down");
}

#[tokio::test]
async fn ops_1_other_servers_tell_and_administrators_read_by_severity() {
    let world = World::new().await;
    let channel = world.context.peer("jobserver");
    let event = |severity, subject: &str| message::Event {
        severity,
        code: "books".into(),
        source: "moneyserver".into(),
        subject: subject.into(),
        ..Default::default()
    };
    let mut sink = EventSinkClient::new(channel.clone());
    let events = vec![event(2, "the books do not agree"), event(5, "the books were verified")];
    sink.event_record(message::EventRecordRequest { events }).await.unwrap();
    let wrong = message::EventRecordRequest { events: vec![event(7, "x")] };
    assert_eq!(sink.event_record(wrong).await.unwrap_err().code(), tonic::Code::InvalidArgument);

    let mut log = EventLogClient::new(channel);
    let request =
        message::EventListRequest { severity: 2, source: "moneyserver".into(), ..Default::default() };
    let mut pages = log.event_list(request).await.unwrap().into_inner();
    let page = pages.message().await.unwrap().unwrap();
    let subjects: Vec<_> = page.events.iter().map(|event| event.subject.as_str()).collect();
    assert_eq!(subjects, ["the books do not agree"]);
    assert!(pages.message().await.unwrap().is_none());
}

#[tokio::test]
async fn ops_1_events_survive_the_server_and_are_in_its_backup() {
    let mut world = World::new().await;
    let directory = world.directory.path().join("copy");
    let request = message::BackupRequest { directory: directory.display().to_string() };
    let files = world.administration.backup(request).await.unwrap().into_inner().files;
    assert!(files.iter().any(|file| file.ends_with("event.sqlite")), "{files:?}");
    let before = events(&world);
    assert!(!before.is_empty());
    let world = World::on(world.stop().await).await;
    assert_eq!(events(&world)[..before.len()], before);
}
