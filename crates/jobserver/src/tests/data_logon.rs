//! Documents whose owner stands in their data.

use rpc::proto::jobserver as message;

use super::{World, parts};

#[tokio::test]
async fn the_owner_is_found_where_the_queue_looks_for_it() {
    let mut world = World::new().await;
    let queue = |name: &str, network_fallback| message::Queue {
        name: name.into(),
        owner: message::queue::Owner::JobData.into(),
        data_logon: Some(message::queue::DataLogon {
            string: "User:".into(),
            skip: "space".into(),
            stop: "space".into(),
            network_fallback,
            ..Default::default()
        }),
        accepting_jobs: true,
        ..Default::default()
    };
    for (name, fallback) in [("sap", true), ("strict", false)] {
        let request = message::QueueAddRequest { queue: Some(queue(name, fallback)) };
        let shown = world.administration.queue_add(request).await.unwrap().into_inner();
        assert_eq!(
            shown.data_logon.map(|rule| (rule.search_bytes, rule.skip)),
            Some((1_000, "space".into()))
        );
    }
    let named = b"Time: 12:15:32 User:  bob Doc: letter.txt";
    let far = [b" ".repeat(1_000), named.to_vec()].concat();
    for (queue, data, owner) in [
        ("sap", &named[..], Some("bob")),
        ("strict", named, Some("bob")),
        ("sap", b"nobody is named", Some("ann")),
        ("sap", &far, Some("ann")),
        ("strict", b"nobody is named", None),
    ] {
        let create = message::JobCreateRequest { queue: queue.into(), ..world.create("ann") };
        let sent = world.send(parts(create, data)).await;
        assert_eq!(sent.ok().map(|job| job.owner_logon).as_deref(), owner, "{queue}");
    }
    let wrong = message::Queue { owner: message::queue::Owner::NetworkLogon.into(), ..queue("wrong", true) };
    let request = message::QueueAddRequest { queue: Some(wrong) };
    assert!(world.administration.queue_add(request).await.is_err());
}
