//! Documents on their way in.

use super::*;

#[tokio::test]
async fn a_document_is_held_and_listed() {
    let mut world = World::new().await;
    let job = world.submit("ann", &sample(300_000)).await.unwrap();
    assert_eq!((job.bytes, job.owner_logon.as_str(), job.documents), (300_000, "ann", 1));
    assert_eq!(job.state_reasons, ["job-hold-until-specified"]);
    let request =
        message::JobListRequest { queue: "PULL".into(), owner_logon: "ann".into(), ..Default::default() };
    let mut pages = world.submission.job_list(request).await.unwrap().into_inner();
    // Counting goes on in the background and may be done by now.
    let uncounted = |job: message::Job| message::Job { count: None, ..job };
    let listed = pages.message().await.unwrap().unwrap().jobs;
    assert_eq!(listed.into_iter().map(uncounted).collect::<Vec<_>>(), [uncounted(job)]);
    assert!(pages.message().await.unwrap().is_none());
    assert_eq!(world.files(), 1);
}

#[tokio::test]
async fn a_brief_listing_says_the_same_of_what_a_table_shows_and_nothing_else() {
    let mut world = World::new().await;
    for number in 0..3 {
        world.submit(["ann", "bob"][number % 2], &sample(1_000 + number)).await.unwrap();
    }
    let mut listed = Vec::new();
    for brief in [false, true] {
        let request = message::JobListRequest { brief, owner_logon: "ann".into(), ..Default::default() };
        let mut pages = world.submission.job_list(request).await.unwrap().into_inner();
        listed.push(pages.message().await.unwrap().unwrap().jobs);
        assert!(pages.message().await.unwrap().is_none());
    }
    let shown = |job: &message::Job| message::Job {
        id: job.id,
        queue: job.queue.clone(),
        owner_logon: job.owner_logon.clone(),
        name: job.name.clone(),
        state: job.state,
        state_message: job.state_message.clone(),
        retained: job.retained,
        bytes: job.bytes,
        created_us: job.created_us,
        // Counting goes on in the background and may be done by now.
        count: None,
        ..message::Job::default()
    };
    let uncounted = |job: &message::Job| message::Job { count: None, ..job.clone() };
    let full: Vec<message::Job> = listed[0].iter().map(shown).collect();
    assert_eq!(full.len(), 2);
    assert_eq!(listed[1].iter().map(uncounted).collect::<Vec<_>>(), full);
    assert!(listed[1].iter().all(|job| job.count.is_some()));
}

#[tokio::test]
async fn a_repeated_submission_is_one_job_and_one_file() {
    let mut world = World::new().await;
    let create = world.create("ann");
    let first = world.send(parts(create.clone(), b"data")).await.unwrap();
    let second = world.send(parts(create, b"data")).await.unwrap();
    assert_eq!(first.id, second.id);
    assert_eq!(world.files(), 1);
}

#[tokio::test]
async fn a_job_made_first_gets_its_document_once() {
    let mut world = World::new().await;
    let create = world.create("ann");
    let job = world.submission.job_create(create).await.unwrap().into_inner();
    assert_eq!((job.state(), job.documents), (message::job::State::Pending, 0));
    let document = |data: &[u8]| {
        let mut parts = parts(message::JobCreateRequest::default(), data);
        parts[0] = Part::JobId(job.id);
        parts
    };
    let held = world.send(document(b"data")).await.unwrap();
    assert_eq!((held.id, held.state(), held.bytes), (job.id, message::job::State::Held, 4));
    assert_eq!(world.send(document(b"again")).await.unwrap_err().status, 52);
    assert_eq!(world.files(), 1);
}

/// Every refusal has its status code and leaves nothing behind.
#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let mut world = World::new().await;
    let unknown_user = world.submit("nobody", b"data").await.unwrap_err();
    assert_eq!((unknown_user.kind, unknown_user.status), (rpc::Kind::Refused, 54));
    let mut create = world.create("ann");
    create.queue = "no-such".into();
    let unknown_queue = world.send(parts(create, b"data")).await.unwrap_err();
    assert_eq!((unknown_queue.kind, unknown_queue.status), (rpc::Kind::NotFound, 14));
    assert_eq!(world.submit("ann", b"").await.unwrap_err().status, 111);

    let create = world.create("ann");
    let mut short = parts(create, b"data");
    short[2] = Part::End(message::DocumentEnd { bytes: 5, ..Default::default() });
    assert_eq!(world.send(short).await.unwrap_err().status, 22);

    let create = world.create("ann");
    let mut cut = parts(create, &sample(900_000));
    cut.pop();
    assert_eq!(world.send(cut).await.unwrap_err().status, 22);

    let setting = message::SettingSetRequest { key: "submission.bytes-max".into(), value: "2000".into() };
    world.administration.setting_set(setting).await.unwrap();
    assert_eq!(world.submit("ann", &sample(2_001)).await.unwrap_err().status, 107);
    assert_eq!(world.files(), 0);
    let list = message::JobListRequest { which: 3, ..Default::default() };
    let mut pages = world.submission.job_list(list).await.unwrap().into_inner();
    assert!(pages.message().await.unwrap().is_none_or(|page| page.jobs.is_empty()));
}

#[tokio::test]
async fn the_first_print_creates_a_person_where_that_is_allowed() {
    let mut world = World::new().await;
    let setting =
        message::SettingSetRequest { key: "submission.unknown-user".into(), value: "create".into() };
    world.administration.setting_set(setting).await.unwrap();
    let job = world.submit("LAB\\carl", b"data").await.unwrap();
    assert_eq!(job.owner_logon, "carl");
    let user =
        world.administration.user_show(message::UserShowRequest { logon: "carl".into() }).await.unwrap();
    assert_eq!(user.into_inner().domain, "LAB");
}

#[tokio::test]
async fn what_comes_after_the_data_describes_the_job() {
    let mut world = World::new().await;
    let mut create = world.create("");
    create.described_at_end = true;
    let mut parts = parts(create, b"data");
    let late =
        message::JobCreateRequest { network_logon: "bob".into(), name: "late".into(), ..Default::default() };
    let last = parts.len() - 1;
    parts[last] = Part::End(message::DocumentEnd { bytes: 4, late: Some(late), ..Default::default() });
    let job = world.send(parts).await.unwrap();
    assert_eq!((job.owner_logon.as_str(), job.name.as_str()), ("bob", "late"));
}

#[tokio::test]
async fn queues_are_told_at_once_and_after_every_change() {
    let mut world = World::new().await;
    world.held("ann", b"data").await;
    let watch = world.submission.queue_watch(message::QueueWatchRequest {}).await.unwrap();
    let mut watch = watch.into_inner();
    let first = watch.message().await.unwrap().unwrap();
    assert_eq!((first.queues.len(), first.queues[0].held_jobs), (1, 1));
    let queue = message::Queue { name: "second".into(), raw_port: 9_101, ..Default::default() };
    world.administration.queue_add(message::QueueAddRequest { queue: Some(queue.clone()) }).await.unwrap();
    let second = watch.message().await.unwrap().unwrap();
    assert_eq!(second.queues.iter().map(|queue| queue.name.as_str()).collect::<Vec<_>>(), ["pull", "second"]);
    let same_port = message::Queue { name: "third".into(), ..queue };
    let refused = world.administration.queue_add(message::QueueAddRequest { queue: Some(same_port) }).await;
    assert_eq!(rpc::Error::from(refused.unwrap_err()).kind, rpc::Kind::Conflict);
    world.administration.queue_delete(message::QueueDeleteRequest { name: "SECOND".into() }).await.unwrap();
    assert_eq!(watch.message().await.unwrap().unwrap().queues.len(), 1);
}

/// With a marker in the document, no file under the data directory contains it, nor a card or a PIN.
#[tokio::test]
async fn nothing_is_readable_on_disk() {
    let mut world = World::new().await;
    let password = Some("ann-password".to_owned());
    let edit = message::UserEditRequest { logon: "ann".into(), password, ..Default::default() };
    world.administration.user_edit(edit).await.unwrap();
    let marker = b"MARKER-8d1f-NOBODY-MAY-READ-THIS";
    world.held("ann", &marker.repeat(20_000)).await;
    world
        .administration
        .pin_set(message::PinSetRequest { logon: "ann".into(), pin: "Zq7x".into() })
        .await
        .unwrap();
    world
        .administration
        .device_add(message::DeviceAddRequest {
            name: "printer".into(),
            secret: "the-device-secret-77".into(),
            ..Default::default()
        })
        .await
        .unwrap();
    let secrets: [&[u8]; 4] = [marker, b"ann-card", b"ann-password", b"the-device-secret-77"];
    let mut directories = vec![world.directory.path().to_owned()];
    let mut looked_at = 0;
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                for secret in secrets {
                    assert!(
                        !bytes.windows(secret.len()).any(|window| window == secret),
                        "{}",
                        path.display()
                    );
                }
                looked_at += 1;
            }
        }
    }
    assert!(looked_at >= 5, "database, keys and document were looked at");
}
