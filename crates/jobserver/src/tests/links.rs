//! SUB-13: people answer a request for delegation by the link of a mail.

use std::process::{Command, Stdio};

use rpc::proto::people as people_message;
use rpc::proto::people::people_client::PeopleClient;
use serde_json::json;

use super::*;
use crate::mail::tests::{Sink, plainly, set};

/// A server with pages, a mail server, and ann and bob, who have addresses.
async fn world() -> Option<(World, Sink, PeopleClient<Channel>)> {
    let mut world = World::new().await;
    let sink = Sink::start(&json!({}))?;
    plainly(&mut world, sink.port).await;
    crate::links::start(&world.context, world.server.clone(), 7725).await.unwrap();
    let port = world.context.address(crate::links::LINKS).unwrap().port();
    set(&mut world, "links.url", &format!("https://localhost:{port}/")).await;
    for (logon, name) in [("ann", "Ann <Example>"), ("bob", "Bob Example")] {
        let edit = message::UserEditRequest {
            logon: logon.into(),
            full_name: Some(name.into()),
            email: Some(format!("{logon}@example.org")),
            ..Default::default()
        };
        world.administration.user_edit(edit).await.unwrap();
    }
    let people = PeopleClient::new(world.context.peer("jobserver"));
    Some((world, sink, people))
}

/// ann asks bob to collect for her; answers with the address in bob's mail.
async fn ask(sink: &Sink, people: &mut PeopleClient<Channel>) -> String {
    let request = people_message::DelegateAddRequest {
        submitter: "ann".into(),
        collector: "bob".into(),
        asked_by: "submitter".into(),
        ..Default::default()
    };
    people.delegate_add(request).await.unwrap();
    let mail = tokio::task::block_in_place(|| sink.next());
    assert_eq!(mail["to"], json!(["bob@example.org"]));
    // Quoted-printable: long lines are broken.
    let text = mail["mail"].as_str().unwrap().replace("=\r\n", "").replace("=\n", "");
    text.split_whitespace().find(|word| word.starts_with("https://")).expect("a link").to_owned()
}

/// What curl gets: the status, the headers and the page.
fn get(arguments: &[&str]) -> (u16, String) {
    let mut curl = Command::new("curl");
    curl.args(["-sk", "-i", "--max-time", "60"]).args(arguments).stdin(Stdio::null());
    let answer = String::from_utf8(curl.output().expect("curl runs").stdout).unwrap();
    let status = answer.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer)
}

async fn fetch(arguments: &[&str]) -> (u16, String) {
    tokio::task::block_in_place(|| get(arguments))
}

async fn states(people: &mut PeopleClient<Channel>) -> Vec<String> {
    let listed = people.delegate_list(people_message::DelegateListRequest::default()).await.unwrap();
    listed.into_inner().delegates.into_iter().map(|delegate| delegate.state).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_13_a_request_is_answered_by_the_link_of_its_mail_once() {
    let Some((world, sink, mut people)) = world().await else { return };
    let link = ask(&sink, &mut people).await;

    // Looking changes nothing, however often a mail scanner looks, and whatever it appends.
    let with_query = format!("{link}?answer=accept");
    for look in [vec![link.as_str()], vec!["-I", &link], vec![with_query.as_str()]] {
        assert_eq!(fetch(&look).await.0, 200);
    }
    let (_, page) = fetch(&[&link]).await;
    assert!(
        page.contains("Ann &lt;Example&gt;</b> asks you to collect") && page.contains("Hello Bob Example"),
        "{page}"
    );
    let head = page.to_ascii_lowercase();
    for header in
        ["cache-control: no-store", "referrer-policy: no-referrer", "frame-ancestors 'none'", "nosniff"]
    {
        assert!(head.contains(header), "{header}: {page}");
    }
    assert_eq!(fetch(&["-d", "answer=perhaps", &link]).await.0, 400);
    assert_eq!(fetch(&["-X", "DELETE", &link]).await.0, 405);
    assert_eq!(fetch(&["-d", &"x".repeat(5_000), &link]).await.0, 413);
    assert_eq!(states(&mut people).await, ["asked-by-submitter"]);

    let (status, page) = fetch(&["-d", "answer=accept", &link]).await;
    assert!(status == 200 && page.contains("You have accepted"), "{page}");
    assert_eq!(states(&mut people).await, ["accepted"]);
    let told = tokio::task::block_in_place(|| sink.next());
    assert_eq!(told["to"], json!(["ann@example.org"]));
    for again in [vec!["-d", "answer=reject", link.as_str()], vec![link.as_str()]] {
        assert_eq!(fetch(&again).await.0, 410, "a link is of use once");
    }
    assert_eq!(states(&mut people).await, ["accepted"]);
    let events = world.server.0.events.store().events_page(&Default::default(), None, 500).unwrap();
    let audited = events.iter().find(|stored| stored.event.code == "delegate-answer").expect("an event");
    assert_eq!(audited.event.subject, "bob accepted the delegation that ann asked for, by a link");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_13_a_rejected_request_is_gone_and_its_link_with_it() {
    let Some((_world, sink, mut people)) = world().await else { return };
    let link = ask(&sink, &mut people).await;
    let (status, page) = fetch(&["-d", "answer=reject", &link]).await;
    assert!(status == 200 && page.contains("You have rejected"), "{page}");
    assert!(states(&mut people).await.is_empty());
    let told = tokio::task::block_in_place(|| sink.next());
    assert!(told["mail"].as_str().unwrap().contains("Bob Example"), "{told}");
    // Asked again it is another request: the old link does not answer it.
    let second = ask(&sink, &mut people).await;
    assert_ne!(second, link);
    assert_eq!(fetch(&["-d", "answer=accept", &link]).await.0, 410);
    assert_eq!(states(&mut people).await, ["asked-by-submitter"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_13_links_end_and_nobody_makes_or_changes_one() {
    use domain::people::link::{DelegateLink, LINK_LETTERS};
    let Some((world, sink, mut people)) = world().await else { return };
    let link = ask(&sink, &mut people).await;
    let (address, text) = link.split_at(link.len() - LINK_LETTERS);
    let (open, signature) = DelegateLink::parse(text).expect("it is a link");
    let now = world.server.0.now();
    assert_eq!(open.ends, now.plus(Duration::from_secs(168 * 3_600)));

    // Signed here, and over.
    let over = DelegateLink { ends: now, ..open };
    let over = over.text(&world.server.0.keys.link_signature(&over.claim()));
    assert_eq!(fetch(&["-d", "answer=accept", &format!("{address}{over}")]).await.0, 410);
    // For ann, who asked, it answers nothing.
    let ann = DelegateLink { person: crate::rpc::user_find(&world.server.0, "ann").unwrap().id, ..open };
    let ann = ann.text(&world.server.0.keys.link_signature(&ann.claim()));
    assert_eq!(fetch(&["-d", "answer=accept", &format!("{address}{ann}")]).await.0, 410);

    // A person who may not log in answers nothing either.
    let prevent = |prevent| message::UserEditRequest {
        logon: "bob".into(),
        prevent_login: Some(prevent),
        ..Default::default()
    };
    world.administration.clone().user_edit(prevent(true)).await.unwrap();
    assert_eq!(fetch(&["-d", "answer=accept", &link]).await.0, 410);
    world.administration.clone().user_edit(prevent(false)).await.unwrap();

    // Changed anywhere it is no link; after ten of them the address waits, with the right one too.
    let later = DelegateLink { ends: open.ends.plus(Duration::from_secs(1)), ..open };
    let mut wrong = vec![later.text(&signature), "nothing".to_owned(), String::new()];
    for at in [0, 7, 20, 40, LINK_LETTERS - 1, LINK_LETTERS - 30, 33] {
        let mut letters = text.to_owned().into_bytes();
        letters[at] = if letters[at] == b'0' { b'1' } else { b'0' };
        wrong.push(String::from_utf8(letters).unwrap());
    }
    for text in &wrong {
        assert_eq!(fetch(&["-d", "answer=accept", &format!("{address}{text}")]).await.0, 404, "{text}");
    }
    assert_eq!(fetch(&[&link]).await.0, 429);
    assert_eq!(states(&mut people).await, ["asked-by-submitter"]);
    assert_eq!(fetch(&[&address.replace("/delegate/", "/")]).await.0, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_13_without_pages_a_mail_says_whom_to_ask() {
    let Some((mut world, sink, mut people)) = world().await else { return };
    set(&mut world, "links.url", "").await;
    let request = people_message::DelegateAddRequest {
        submitter: "ann".into(),
        collector: "bob".into(),
        asked_by: "collector".into(),
        ..Default::default()
    };
    people.delegate_add(request).await.unwrap();
    let mail = tokio::task::block_in_place(|| sink.next());
    let text = mail["mail"].as_str().unwrap().replace("=\r\n", "").replace("=\n", "");
    assert!(mail["to"] == json!(["ann@example.org"]) && text.contains("ask your administrator"), "{text}");
}
