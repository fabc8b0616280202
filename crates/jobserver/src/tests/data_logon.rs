//! Documents whose owner stands in their data.

use domain::JobId;
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::document_chunk::Part;

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

#[tokio::test]
async fn sub_3_a_job_without_its_document_is_nobodys_until_the_data_tells() {
    let mut world = World::new().await;
    let queue = |name: &str, data_logon| message::Queue {
        name: name.into(),
        owner: message::queue::Owner::JobData.into(),
        data_logon,
        ..Default::default()
    };
    let rule = |network_fallback| message::queue::DataLogon {
        string: "Name=".into(),
        start: "\"".into(),
        stop: "\"".into(),
        network_fallback,
        ..Default::default()
    };
    for queue in [queue("sap", Some(rule(true))), queue("strict", Some(rule(false))), queue("driver", None)] {
        world.administration.queue_add(message::QueueAddRequest { queue: Some(queue) }).await.unwrap();
    }
    let named = &b"Date=\"2026.11.21\"Name=\"bob\",File=\"letter.txt\""[..];
    let unknown = &b"Name=\"nobody\""[..];
    for (queue, sender, data, owner) in [
        // The sender of a program is no person of ours, and none becomes one.
        ("sap", "sapadm", named, Some("bob")),
        ("strict", "sapadm", named, Some("bob")),
        ("sap", "ann", named, Some("bob")),
        ("sap", "ann", b"no name", Some("ann")),
        ("sap", "sapadm", b"no name", None),
        ("strict", "ann", b"no name", None),
        ("strict", "ann", unknown, None),
        // Without a rule it is whoever the driver names, as the port has read it.
        ("driver", "sapadm", b"the port says bob", Some("bob")),
    ] {
        let create = message::JobCreateRequest { queue: queue.into(), ..world.create(sender) };
        let made = world.submission.job_create(create).await.unwrap().into_inner();
        assert_eq!((made.state(), made.owner_logon.as_str()), (message::job::State::Pending, sender));
        let count = rpc::proto::common::PageCount { user: "bob".into(), ..Default::default() };
        let end = message::DocumentEnd {
            bytes: i64::try_from(data.len()).unwrap(),
            count: Some(count),
            ..Default::default()
        };
        let chunks = data.chunks(7).map(|chunk| Part::Data(chunk.to_vec().into()));
        let parts = [Part::JobId(made.id)].into_iter().chain(chunks).chain([Part::End(end)]).collect();
        let sent = world.send(parts).await;
        assert_eq!(sent.as_ref().ok().map(|job| job.owner_logon.as_str()), owner, "{queue} {sender}");
        let after = world.show(JobId(made.id)).await;
        match (owner, sent) {
            (Some(_), _) => assert_eq!(after.state(), message::job::State::Held),
            (None, Err(refused)) => {
                assert_eq!(refused.status, 54, "{refused:?}");
                assert_eq!(after.state(), message::job::State::Aborted);
                assert_eq!(after.state_message, refused.message);
            }
            (None, Ok(_)) => unreachable!("compared above"),
        }
        assert_eq!(after.submit_logon, sender);
    }
    // Five documents are held, and nothing is left of those that were refused.
    assert_eq!(world.files(), 5);
    let people = world.server.0.store.users_list("", domain::UserId(0), 100).unwrap();
    assert!(people.iter().all(|user| user.logon.as_str() != "sapadm"), "nobody was added");
}

#[tokio::test]
async fn sub_3_whoever_announced_a_job_may_take_it_back() {
    let mut world = World::new().await;
    let queue = message::Queue {
        name: "sap".into(),
        owner: message::queue::Owner::JobData.into(),
        ..Default::default()
    };
    world.administration.queue_add(message::QueueAddRequest { queue: Some(queue) }).await.unwrap();
    for sender in ["sapadm", "ann"] {
        let create = message::JobCreateRequest { queue: "sap".into(), ..world.create(sender) };
        let job_id = world.submission.job_create(create).await.unwrap().into_inner().id;
        let cancel = |logon: &str| message::JobCancelRequest { job_id, logon: logon.into(), operator: false };
        assert!(world.submission.job_cancel(cancel("bob")).await.is_err());
        let ended = world.submission.job_cancel(cancel(sender)).await.unwrap().into_inner();
        assert_eq!(ended.state(), message::job::State::Canceled);
    }
}

#[tokio::test]
async fn sub_3_a_queue_is_edited() {
    let mut world = World::new().await;
    let rule = message::queue_edit_request::DataLogonChange {
        string: Some("User:".into()),
        skip: Some("space".into()),
        ..Default::default()
    };
    let change = message::QueueEditRequest {
        name: "PULL".into(),
        owner: Some(message::queue::Owner::JobData.into()),
        data_logon: Some(rule),
        raw_port: Some(9_101),
        description: Some("data".into()),
        toner_save: Some(true),
        ..Default::default()
    };
    let edited = world.administration.queue_edit(change).await.unwrap().into_inner();
    let found = edited.data_logon.clone().unwrap();
    assert_eq!((found.string.as_str(), found.skip.as_str(), found.search_bytes), ("User:", "space", 1_000));
    assert!(found.network_fallback && edited.toner_save);
    assert_eq!(
        (edited.raw_port, edited.description.as_str(), edited.owner()),
        (9_101, "data", message::queue::Owner::JobData)
    );
    // One field of the rule changes, the others stay.
    let rule = message::queue_edit_request::DataLogonChange { stop: Some(";".into()), ..Default::default() };
    let change =
        message::QueueEditRequest { name: "pull".into(), data_logon: Some(rule), ..Default::default() };
    let edited = world.administration.queue_edit(change).await.unwrap().into_inner();
    let found = edited.data_logon.unwrap();
    assert_eq!((found.string.as_str(), found.stop.as_str()), ("User:", ";"));
    let listed = world.administration.queue_list(message::QueueListRequest {}).await.unwrap().into_inner();
    assert_eq!(listed.queues[0].data_logon.as_ref().map(|rule| rule.stop.as_str()), Some(";"));

    // A document finds its owner by the new rule at once.
    let create = world.create("ann");
    assert_eq!(world.send(parts(create, b"User:  bob;")).await.unwrap().owner_logon, "bob");
    let change = message::QueueEditRequest {
        name: "pull".into(),
        owner: Some(message::queue::Owner::NetworkLogon.into()),
        accepting_jobs: Some(false),
        ..Default::default()
    };
    let edited = world.administration.queue_edit(change).await.unwrap().into_inner();
    assert_eq!((edited.data_logon, edited.accepting_jobs, edited.held_jobs), (None, false, 1));
    assert!(world.submit("ann", b"x").await.is_err(), "the queue takes nothing now");

    let other = message::Queue { name: "raw".into(), raw_port: 9_102, ..Default::default() };
    world.administration.queue_add(message::QueueAddRequest { queue: Some(other) }).await.unwrap();
    let wrong = |change| message::QueueEditRequest { name: "pull".into(), ..change };
    for change in [
        message::QueueEditRequest { raw_port: Some(9_102), ..Default::default() },
        message::QueueEditRequest { raw_port: Some(70_000), ..Default::default() },
        message::QueueEditRequest { device: Some("printer".into()), ..Default::default() },
        message::QueueEditRequest { kind: Some(message::queue::Kind::Push.into()), ..Default::default() },
        message::QueueEditRequest { fixed_logon: Some("a b/c".into()), owner: Some(2), ..Default::default() },
    ] {
        let shown = format!("{change:?}");
        assert!(world.administration.queue_edit(wrong(change)).await.is_err(), "{shown}");
    }
    let unknown = message::QueueEditRequest { name: "none".into(), ..Default::default() };
    assert!(world.administration.queue_edit(unknown).await.is_err());
    // A pull queue becomes a push queue, with a device that is made for it, and a pull queue again.
    let push = wrong(message::QueueEditRequest {
        kind: Some(message::queue::Kind::Push.into()),
        device: Some("office".into()),
        device_address: Some("192.0.2.9".into()),
        ..Default::default()
    });
    assert_eq!(world.administration.queue_edit(push).await.unwrap().into_inner().device, "office");
    let pull = wrong(message::QueueEditRequest {
        kind: Some(message::queue::Kind::Pull.into()),
        ..Default::default()
    });
    assert_eq!(world.administration.queue_edit(pull).await.unwrap().into_inner().device, "");
}
