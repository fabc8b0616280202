//! Documents of push queues, which nobody collects.

use rpc::proto::trackingserver::record::JobType;

use super::*;

/// Makes a queue of one.
type Make = fn(&mut message::Queue);

impl World {
    async fn queue_push(
        &mut self,
        name: &str,
        make: impl FnOnce(&mut message::Queue),
    ) -> Result<(), rpc::Error> {
        let mut queue = message::Queue {
            name: name.into(),
            kind: message::queue::Kind::Push.into(),
            ..Default::default()
        };
        make(&mut queue);
        self.administration.queue_add(message::QueueAddRequest { queue: Some(queue) }).await?;
        Ok(())
    }

    async fn pushed(&mut self, queue: &str, data: &[u8]) -> JobId {
        let mut create = self.create("ann");
        create.queue = queue.into();
        JobId(self.send(parts(create, data)).await.unwrap().id)
    }

    /// Waits until the job is as wanted.
    async fn until(&mut self, job: JobId, wanted: impl Fn(&message::Job) -> bool) -> message::Job {
        let began = std::time::Instant::now();
        loop {
            let shown = self.show(job).await;
            if wanted(&shown) {
                return shown;
            }
            assert!(began.elapsed() < PATIENCE, "{shown:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The record of what came out.
    async fn until_tracked(&self) -> rpc::proto::trackingserver::Record {
        let began = std::time::Instant::now();
        while self.tracked() == 0 {
            assert!(began.elapsed() < PATIENCE, "nothing is tracked");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.tracked_records().pop().unwrap()
    }

    async fn completed(&mut self, job: JobId) {
        self.until(job, |job| job.state() == message::job::State::Completed).await;
    }
}

/// SUB-6.
#[tokio::test]
async fn a_pushed_document_comes_out_by_itself_and_is_tracked_as_one() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    let address = format!("raw://{}", printer.address);
    world
        .queue_push("office", |queue| {
            (queue.device, queue.device_address) = ("floor".into(), address);
            (queue.device_location, queue.cost_code) = ("hall".into(), "1009".into());
            queue.driver_name = "Universal".into();
        })
        .await
        .unwrap();
    let first = world.pushed("office", &sample(300_000)).await;
    let second = world.pushed("office", &sample(200_000)).await;
    world.completed(first).await;
    world.completed(second).await;
    assert_eq!(printer.printed().iter().map(Vec::len).collect::<Vec<_>>(), [300_000, 200_000]);
    let records = world.tracked_records();
    assert_eq!(records.len(), 2);
    let record = &records[0];
    assert_eq!(record.job_type(), JobType::Push);
    assert_eq!((record.device_name.as_str(), record.device_location.as_str()), ("floor", "hall"));
    assert_eq!((record.user_cost_code.as_str(), record.driver_name.as_str()), ("1009", "Universal"));
    assert_eq!((record.user_logon.as_str(), record.pm_queue_name.as_str()), ("ann", "office"));
    assert_eq!(world.files(), 0);
}

/// SUB-6: through a second printer.
#[tokio::test]
async fn a_document_sent_through_another_queue_is_tracked_under_its_own_device() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("floor", &printer.address.to_string()).await;
    world.queue_push("output", |queue| queue.device = "floor".into()).await.unwrap();
    world
        .queue_push("office", |queue| (queue.forward, queue.device) = ("output".into(), "ledger".into()))
        .await
        .unwrap();
    let job = world.pushed("office", &sample(1_000)).await;
    world.completed(job).await;
    assert_eq!(printer.printed().len(), 1);
    let records = world.tracked_records();
    assert_eq!(records.iter().map(|record| record.device_name.as_str()).collect::<Vec<_>>(), ["ledger"]);
    assert_eq!(records[0].job_type(), JobType::Push);
    let refused: [(&str, Make); 4] = [
        ("needs a device", |_| {}),
        ("no push queue", |queue| queue.forward = "office".into()),
        ("no push queue", |queue| queue.forward = "pull".into()),
        ("there is no device", |queue| queue.device = "nowhere".into()),
    ];
    for (why, make) in refused {
        let error = world.queue_push("wrong", make).await.unwrap_err();
        assert!(error.message.contains(why), "{error:?}");
    }
}

/// SUB-7.
#[tokio::test]
async fn pushed_documents_wait_while_somebody_is_logged_in_at_the_device() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("floor", &printer.address.to_string()).await;
    world.queue_push("office", |queue| queue.device = "floor".into()).await.unwrap();
    let session = world.logged_in("floor", "bob-card").await;
    let mut anns = world.logged_in("floor", "ann-card").await;
    let job = world.pushed("office", &sample(1_000)).await;
    world.until(job, |job| job.state_message == "Somebody is logged in at floor.").await;
    // It is nobody's to collect while it waits for its own way out.
    assert_eq!(anns.documents().await.unwrap(), []);
    assert_eq!(done(&finished(anns.print_all().await.unwrap()).await), (0, 0));
    anns.logout().await;
    assert!(printer.printed().is_empty(), "bob is still there");
    // A session that breaks off ends as one that logs out.
    drop(session);
    world.completed(job).await;
    assert_eq!(printer.printed().len(), 1);
}

/// SUB-8.
#[tokio::test]
async fn a_queue_waits_for_the_tracking_server_when_it_is_told_to() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("floor", &printer.address.to_string()).await;
    world
        .queue_push("office", |queue| {
            queue.device = "floor".into();
            queue.when_away = message::queue::WhenAway::Hold.into();
        })
        .await
        .unwrap();
    world.queue_push("lobby", |queue| queue.device = "floor".into()).await.unwrap();
    // There is no tracking server in this story.
    let held = world.pushed("office", &sample(1_000)).await;
    world.until(held, |job| job.state_message == "The tracking server is away.").await;
    let goes = world.pushed("lobby", &sample(2_000)).await;
    world.completed(goes).await;
    let hold = message::SettingSetRequest { key: "push.when-tracking-away".into(), value: "hold".into() };
    world.administration.setting_set(hold).await.unwrap();
    let held_too = world.pushed("lobby", &sample(2_000)).await;
    world.until(held_too, |job| job.state_message == "The tracking server is away.").await;
    assert_eq!(printer.printed().len(), 1);
}

#[tokio::test]
async fn a_document_that_broke_on_the_way_is_held_and_not_repeated() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::ResetAfter(10_000)).await;
    world.device("floor", &printer.address.to_string()).await;
    world.queue_push("office", |queue| queue.device = "floor".into()).await.unwrap();
    let broken = world.pushed("office", &sample(8_000_000)).await;
    let shown = world.until(broken, |job| job.state_reasons[0] == "job-suspended-by-system").await;
    assert!(shown.state_message.contains("printer"), "{}", shown.state_message);
    printer.behave(Behaviour::Honest);
    let next = world.pushed("office", &sample(1_000)).await;
    world.completed(next).await;
    assert_eq!(printer.printed().pop().unwrap().len(), 1_000);
    assert_eq!(world.show(broken).await.state(), message::job::State::Held);
    // Now it is its owner's to collect.
    let session = world.logged_in("floor", "ann-card").await;
    assert_eq!(done(&finished(session.print_all().await.unwrap()).await), (1, 0));
    assert_eq!(world.tracked(), 2);
}

#[tokio::test]
async fn a_printer_that_is_away_gets_its_documents_when_it_is_back_even_after_a_restart() {
    let mut world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    world.device("floor", &format!("raw://{address}")).await;
    world.queue_push("office", |queue| queue.device = "floor".into()).await.unwrap();
    let job = world.pushed("office", &sample(1_000)).await;
    let shown = world.until(job, |job| job.state_message.contains("cannot be reached")).await;
    assert_eq!(shown.state(), message::job::State::Held);
    world.until(job, |job| job.state_reasons[0] == "job-hold-until-specified").await;
    let mut world = World::on(world.stop().await).await;
    let printer = Printer::start(Behaviour::Honest).await;
    let edit = message::DeviceEditRequest {
        name: "floor".into(),
        address: Some(format!("raw://{}", printer.address)),
        ..Default::default()
    };
    world.administration.device_edit(edit).await.unwrap();
    world.completed(job).await;
    assert_eq!((printer.printed().len(), world.tracked()), (1, 1));
}

/// SUB-6: SNMP status.
#[tokio::test]
async fn documents_wait_while_the_printer_says_that_it_cannot_print() {
    use virtual_mfp::fault::Faults;
    use virtual_mfp::serve::engine::{Announced, Engine};
    use virtual_mfp::serve::snmp::{self as agent, Agent};

    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("floor", &printer.address.to_string()).await;
    let directory = tempfile::tempdir().unwrap();
    let faults = Faults::parse("jam-page@3").unwrap();
    let engine = Arc::new(Engine::new(directory.path(), faults, service::Clock::system()).unwrap());
    let mut jammed = engine.begin(Announced { source: "raw", ..Announced::default() }).unwrap();
    jammed.write(&b"page\x0c".repeat(10)).await.unwrap();
    assert!(jammed.finish().is_err());
    let socket = agent::open(([127, 0, 0, 1], 0).into()).await.unwrap();
    let name = DeviceName::parse("floor").unwrap();
    let store = &world.server.0.store;
    let (floor, _) = store.device_by_name(&name).unwrap().unwrap();
    let mut charging = store.device_charging(floor.id).unwrap();
    charging.snmp_port = socket.local_addr().unwrap().port();
    store.device_charging_set(floor.id, &charging).unwrap();
    tokio::spawn(agent::serve(socket, Agent::new("floor", "public", engine.clone())));
    world
        .queue_push("office", |queue| (queue.device, queue.snmp_status) = ("floor".into(), true))
        .await
        .unwrap();
    let job = world.pushed("office", &sample(1_000)).await;
    let waits = world.until(job, |job| job.state_message.contains("cannot print")).await;
    assert_eq!(waits.state_message, "The printer floor cannot print: paper jam.");
    assert!(printer.printed().is_empty());
    engine.set_faults(Faults::default());
    world.completed(job).await;
    assert_eq!(printer.printed().len(), 1);
}

#[tokio::test]
async fn a_device_that_prints_through_its_session_takes_pushed_documents() {
    let mut world = World::new().await;
    world.device("own", "").await;
    world.queue_push("office", |queue| queue.device = "own".into()).await.unwrap();
    let data = sample(300_000);
    let job = world.pushed("office", &data).await;
    world.until(job, |job| job.state_message.contains("not connected")).await;

    // Its printer is switched on.
    let device = world.session("own").await.device.id;
    let (_registered, mut documents) = world.server.0.printers.register(device);
    world.server.0.push.wake();
    for prints in [false, true] {
        let mut stream = tokio::time::timeout(PATIENCE, documents.recv()).await.unwrap().unwrap();
        let mut received = Vec::new();
        while let Some(chunk) = stream.chunks.recv().await {
            received.extend_from_slice(&chunk.unwrap());
        }
        assert!(received == data);
        let outcome = if prints { Ok(()) } else { Err("paper jam".to_owned()) };
        stream.outcome.send(outcome.into()).unwrap();
        if !prints {
            // Nobody but a person can see what lies in the tray: it is held, and pushed by hand.
            let held = world.until(job, |job| job.state_message == "paper jam").await;
            assert_eq!(held.state(), message::job::State::Held);
            assert_eq!(world.tracked(), 0);
            let again = world.pushed("office", &data).await;
            assert!(again > job);
        }
    }
    let record = world.until_tracked().await;
    assert_eq!((record.job_type(), record.device_name.as_str()), (JobType::Push, "own"));
}

/// SUB-4: the name of one driver stands for many printers, so a queue may put its own in its place.
#[tokio::test]
async fn a_pull_queue_may_name_the_driver_and_nothing_else_of_a_push_queue() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("floor", &format!("raw://{}", printer.address)).await;
    let queue = |name: &str, cost_code: &str| message::Queue {
        name: name.into(),
        driver_name: "Universal".into(),
        cost_code: cost_code.into(),
        ..Default::default()
    };
    let add = |queue| message::QueueAddRequest { queue: Some(queue) };
    world.administration.queue_add(add(queue("named", ""))).await.unwrap();
    let refused = world.administration.queue_add(add(queue("wrong", "1009"))).await.unwrap_err();
    assert!(refused.message().contains("only a push queue"), "{refused:?}");
    let job = world.pushed("named", &sample(1_000)).await;
    let session = world.logged_in("floor", "ann-card").await;
    assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));
    let record = world.until_tracked().await;
    assert_eq!((record.job_type(), record.driver_name.as_str()), (JobType::Pull, "Universal"));
}
