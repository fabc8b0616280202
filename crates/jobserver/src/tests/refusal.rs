//! Mails of what happens to people: SUB-14, documents that were refused or do not come out; OPS-2, being added, and new codes.

use serde_json::json;

use super::*;
use crate::mail::tests::{Sink, plainly, set};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_14_a_refused_document_is_told_to_its_person_once_in_a_while() {
    let mut world = World::new().await;
    let Some(sink) = Sink::start(&json!({})) else { return };
    plainly(&mut world, sink.port).await;
    let email = Some("ann@example.org".to_owned());
    let edit = message::UserEditRequest { logon: "ann".into(), email, ..Default::default() };
    world.administration.user_edit(edit).await.unwrap();
    set(&mut world, "submission.bytes-max", "2000").await;
    world.submit("ann", &sample(5_000)).await.unwrap_err();
    assert!(world.server.0.store.mails_list("", 0, 10).unwrap().is_empty(), "not unless it is set");

    set(&mut world, "mail.job-refused", "yes").await;
    for _ in 0..3 {
        assert_eq!(world.submit("ann", &sample(5_000)).await.unwrap_err().status, 107);
    }
    world.submit("nobody", b"data").await.unwrap_err();
    let mail = tokio::task::block_in_place(|| sink.next());
    let text = mail["mail"].as_str().unwrap();
    assert_eq!(mail["to"], json!(["ann@example.org"]));
    assert!(text.contains("document 2, sent to pull") && text.contains("larger than 2000 bytes"), "{text}");
    world.context.clock.advance(Duration::from_secs(600));
    world.submit("ann", b"").await.unwrap_err();
    let mail = tokio::task::block_in_place(|| sink.next());
    assert!(mail["mail"].as_str().unwrap().contains("the document is empty"), "{mail}");
    assert_eq!(world.server.0.store.mails_list("", 0, 10).unwrap().len(), 2);

    // Who only claims to be ann where proof is wanted says nothing to her.
    let owner = message::queue::Owner::Authenticated.into();
    let queue = message::Queue { name: "secure".into(), owner, ..Default::default() };
    world.administration.queue_add(message::QueueAddRequest { queue: Some(queue) }).await.unwrap();
    world.context.clock.advance(Duration::from_secs(600));
    let create = message::JobCreateRequest { queue: "secure".into(), ..world.create("ann") };
    assert_eq!(world.send(parts(create, b"data")).await.unwrap_err().status, 46);
    assert_eq!(world.server.0.store.mails_list("", 0, 10).unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ops_2_people_who_are_added_are_welcomed_and_told_their_codes() {
    let mut world = World::new().await;
    let Some(sink) = Sink::start(&json!({})) else { return };
    plainly(&mut world, sink.port).await;
    set(&mut world, "mail.welcome", "yes").await;
    set(&mut world, "jobs.delete-after-s", "93840").await;
    let (logon, email) = ("cyd".to_owned(), "cyd@example.org".to_owned());
    let add = message::UserAddRequest { logon, email, ..Default::default() };
    world.administration.user_add(add).await.unwrap();
    let mail = tokio::task::block_in_place(|| sink.next());
    let text = mail["mail"].as_str().unwrap();
    assert!(
        text.contains("Subject: Welcome") && text.contains("deleted after 1 days,\r\n2 hours and 4 minutes"),
        "{text}"
    );

    // Codes go out when there is a template of one's own, as the guide has it.
    let card =
        |code: &str| message::CardAddRequest { logon: "cyd".into(), code: code.into(), ..Default::default() };
    world.administration.card_add(card("before")).await.unwrap();
    let templates = world.directory.path().join("templates");
    std::fs::create_dir_all(&templates).unwrap();
    std::fs::write(templates.join("EmailCode.txt"), domain::mail::Kind::Code.built_in()).unwrap();
    world.administration.card_add(card("4711ab")).await.unwrap();
    let mail = tokio::task::block_in_place(|| sink.next());
    assert!(mail["mail"].as_str().unwrap().contains("    4711ab"), "{mail}");

    let mut people = rpc::proto::people::people_client::PeopleClient::new(world.context.peer("jobserver"));
    let row = rpc::proto::people::UserImportRow {
        line: 2,
        logon: "dan".into(),
        email: "dan@example.org".into(),
        codes: vec!["0815".into()],
        ..Default::default()
    };
    let chunk = rpc::proto::people::UserImportChunk { rows: vec![row] };
    let answer = people.user_import(tokio_stream::iter(vec![chunk])).await.unwrap().into_inner();
    assert_eq!(answer.added, 1);
    let mails =
        tokio::task::block_in_place(|| [sink.next(), sink.next()]).map(|mail| mail["mail"].to_string());
    assert!(mails.iter().any(|mail| mail.contains("Subject: Welcome")), "{mails:?}");
    assert!(mails.iter().any(|mail| mail.contains("    0815")), "{mails:?}");
}
