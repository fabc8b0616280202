//! Documents on their way out.

use super::*;

#[tokio::test]
async fn a_collected_document_comes_out_is_tracked_once_and_goes() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("printer", &printer.address.to_string()).await;
    let data = sample(1_500_000);
    let job = world.held("ann", &data).await;
    let session = world.logged_in("printer", "ann-card").await;
    assert_eq!(session.documents().await.unwrap().len(), 1);
    let events = finished(session.print(vec![job], None).await.unwrap()).await;
    assert_eq!(done(&events), (1, 0), "{events:?}");
    assert!(printer.printed() == [data]);
    let shown = world.show(job).await;
    assert_eq!(
        (shown.state(), shown.state_reasons[0].as_str()),
        (message::job::State::Completed, "job-completed-successfully")
    );
    assert_eq!((world.tracked(), world.files()), (1, 0));
    let again = finished(session.print(vec![job], None).await.unwrap()).await;
    assert!(matches!(&again[0], PrintEvent::Failed { status, .. } if status.0 == 52), "{again:?}");
    assert_eq!(world.tracked(), 1);
}

#[tokio::test]
async fn what_did_not_come_out_is_held_again_with_the_reason_and_not_tracked() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("printer", &printer.address.to_string()).await;
    // More than the sockets' buffers hold, so that the end is noticed while sending, and less, so that it is not.
    for size in [8_000_000, 20_000] {
        let data = sample(size);
        let job = world.held("ann", &data).await;
        let session = world.logged_in("printer", "ann-card").await;
        for behaviour in
            [Behaviour::ResetAfter(10_000), Behaviour::CloseAfter(10_000), Behaviour::ResetAfter(0)]
        {
            printer.behave(behaviour);
            let events = finished(session.print(vec![job], None).await.unwrap()).await;
            assert_eq!(done(&events), (0, 1), "{events:?}");
            let shown = world.show(job).await;
            assert_eq!(shown.state(), message::job::State::Held);
            assert!(shown.state_message.contains("printer"), "{}", shown.state_message);
            assert_eq!(session.documents().await.unwrap()[0].message, shown.state_message);
        }
        assert_eq!(world.tracked(), 0);
        printer.behave(Behaviour::Honest);
        assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));
        assert!(printer.printed().pop().unwrap() == data);
        let taken: Vec<i64> = world
            .server
            .0
            .store
            .outbox_peek(crate::tracking::RECIPIENT, 10)
            .unwrap()
            .iter()
            .map(|row| row.id)
            .collect();
        assert_eq!(taken.len(), 1);
        world.server.0.store.outbox_done(&taken).unwrap();
    }
}

#[tokio::test]
async fn a_device_that_is_off_is_told_with_its_status() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    // A port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_ne!(free, printer.address);
    world.device("printer", &format!("raw://{free}")).await;
    let job = world.held("ann", b"data").await;
    let session = world.logged_in("printer", "ann-card").await;
    let events = finished(session.print(vec![job], None).await.unwrap()).await;
    assert!(matches!(&events[0], PrintEvent::Failed { status, .. } if status.0 == 200), "{events:?}");
    assert_eq!((world.show(job).await.state(), world.tracked()), (message::job::State::Held, 0));
}

/// Two panels, all documents, at the same time: each comes out once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_panels_never_print_one_job_twice() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    for name in ["one", "two"] {
        world.device(name, &printer.address.to_string()).await;
    }
    let mut jobs = Vec::new();
    for index in 0..20_u8 {
        jobs.push(world.held("ann", &[index; 5_000]).await);
    }
    let (one, two) = (world.logged_in("one", "ann-card").await, world.logged_in("two", "ann-card").await);
    let (first, second) = tokio::join!(one.print(jobs.clone(), None), two.print(jobs.clone(), None));
    let (first, second) = tokio::join!(finished(first.unwrap()), finished(second.unwrap()));
    let (one, two) = (done(&first), done(&second));
    assert_eq!(one.0 + two.0, 20, "{one:?} {two:?}");
    assert_eq!(one.1 + two.1, 20);
    let mut printed: Vec<u8> = printer.printed().iter().map(|data| data[0]).collect();
    printed.sort_unstable();
    assert_eq!(printed, (0..20).collect::<Vec<_>>());
    assert_eq!((world.tracked(), world.files()), (20, 0));
    for event in first.iter().chain(&second) {
        if let PrintEvent::Failed { status, .. } = event {
            assert!([45, 52].contains(&status.0), "{event:?}");
        }
    }
}

#[tokio::test]
async fn everything_is_printed_at_login_oldest_first_when_the_device_or_the_person_says_so() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("printer", &printer.address.to_string()).await;
    for index in 0..5_u8 {
        world.held("ann", &[index]).await;
    }
    let edit = message::UserEditRequest {
        logon: "ann".into(),
        print_all_at_login: Some(true),
        ..Default::default()
    };
    world.administration.user_edit(edit).await.unwrap();
    let mut session = world.session("printer").await;
    let card = Credential::Card(CardCode::parse("ann-card").unwrap());
    let login = session.login(card, None).await.unwrap();
    assert_eq!(login.documents, 5);
    assert_eq!(done(&finished(login.printing.unwrap()).await), (5, 0));
    assert_eq!(printer.printed(), [[0], [1], [2], [3], [4]]);
}

#[tokio::test]
async fn retained_documents_stay_and_copies_come_out_as_often_as_asked() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("printer", &printer.address.to_string()).await;
    let job = world.held("ann", b"data").await;
    let session = world.logged_in("printer", "ann-card").await;
    assert!(session.retain(job, true).await.unwrap().retained);
    assert_eq!(session.copies(job, 3).await.unwrap().copies, 3);
    assert_eq!(session.copies(job, 0).await.unwrap_err().status.0, 1);
    assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));
    assert_eq!(printer.printed().len(), 3);
    assert_eq!((world.show(job).await.state(), world.files()), (message::job::State::Held, 1));
    assert!(!session.retain(job, false).await.unwrap().retained);
    assert_eq!(done(&finished(session.print(vec![job], Some(1)).await.unwrap()).await), (1, 0));
    assert_eq!(printer.printed().len(), 4);
    assert_eq!((world.tracked(), world.files()), (2, 0));
}

#[tokio::test]
async fn a_document_goes_through_the_devices_own_session() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let data = sample(700_000);
    let job = world.held("ann", &data).await;
    let session = world.logged_in("printer", "ann-card").await;
    for lost in [true, false] {
        let mut run = session.print(vec![job], None).await.unwrap();
        let (mut received, mut last) = (Vec::new(), None);
        while let Some(event) = run.events.recv().await {
            if let PrintEvent::Stream(mut stream) = event {
                assert_eq!(stream.bytes, 700_000);
                while let Some(chunk) = stream.chunks.recv().await {
                    received.extend_from_slice(&chunk.unwrap());
                }
                if !lost {
                    stream.outcome.send(Ok(()).into()).unwrap();
                }
            } else {
                last = Some(event);
            }
        }
        assert!(received == data);
        assert_eq!(done(&[last.unwrap()]), if lost { (0, 1) } else { (1, 0) });
        assert_eq!(world.tracked(), usize::from(!lost));
    }
}

#[tokio::test]
async fn a_damaged_document_is_not_printed_and_says_why() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("printer", &printer.address.to_string()).await;
    let job = world.held("ann", &sample(2_000_000)).await;
    let document = world.server.0.store.job_show(job).unwrap().unwrap().document.unwrap();
    let path = world.server.0.spool.path(document);
    let mut bytes = std::fs::read(&path).unwrap();
    let place = bytes.len() - 1_000;
    bytes[place] ^= 4;
    std::fs::write(&path, bytes).unwrap();
    let session = world.logged_in("printer", "ann-card").await;
    let events = finished(session.print(vec![job], None).await.unwrap()).await;
    assert_eq!(done(&events), (0, 1));
    let shown = world.show(job).await;
    assert!(shown.state_message.contains("damaged"), "{}", shown.state_message);
    assert_eq!((shown.state(), world.tracked()), (message::job::State::Held, 0));
}

#[tokio::test]
async fn a_document_deleted_while_it_prints_goes_when_it_stops() {
    let mut world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.device("printer", &listener.local_addr().unwrap().to_string()).await;
    let job = world.held("ann", &sample(10_000_000)).await;
    let session = world.logged_in("printer", "ann-card").await;
    let run = session.print(vec![job], None).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut some = vec![0; 1_000_000];
    stream.read_exact(&mut some).await.unwrap();
    session.delete(job).await.unwrap();
    assert!(session.documents().await.unwrap().is_empty());
    assert_eq!(session.delete(job).await.unwrap_err().status.0, 55);
    drop(stream);
    assert_eq!(done(&finished(run).await), (0, 1));
    assert_eq!(world.show(job).await.state(), message::job::State::Canceled);
    assert_eq!(world.files(), 0);
}

/// A device that stands still in the middle: the person presses Stop.
#[tokio::test]
async fn a_stopped_document_is_held_again_and_the_device_sees_no_end_of_it() {
    let mut world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.device("printer", &listener.local_addr().unwrap().to_string()).await;
    let data = sample(20_000_000);
    let (job, next) = (world.held("ann", &data).await, world.held("ann", b"next").await);
    let session = world.logged_in("printer", "ann-card").await;
    let run = session.print(vec![job, next], None).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.read_exact(&mut [0; 1000]).await.unwrap();
    run.stopper.stop();
    run.stopper.stop();
    let events = finished(run).await;
    assert_eq!(done(&events), (0, 1), "what was not begun is not counted: {events:?}");
    let failed = |event: &PrintEvent| matches!(event, PrintEvent::Failed { status, .. } if status.0 == 9);
    assert!(events.iter().any(failed), "{events:?}");
    let mut rest = Vec::new();
    let end = stream.read_to_end(&mut rest).await.unwrap_err();
    assert_eq!(end.kind(), std::io::ErrorKind::ConnectionReset);
    for (job, reason) in [(job, "Stopped at the printer."), (next, "")] {
        let shown = world.show(job).await;
        assert_eq!((shown.state(), shown.state_message.as_str()), (message::job::State::Held, reason));
    }
    assert_eq!((world.tracked(), world.files()), (0, 2));
}

#[tokio::test]
async fn a_stop_that_comes_when_the_device_has_it_all_is_too_late() {
    let mut world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.device("printer", &listener.local_addr().unwrap().to_string()).await;
    let job = world.held("ann", b"short").await;
    let session = world.logged_in("printer", "ann-card").await;
    let run = session.print(vec![job], None).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut taken = Vec::new();
    stream.read_to_end(&mut taken).await.unwrap();
    run.stopper.stop();
    drop(stream);
    assert_eq!(done(&finished(run).await), (1, 0));
    assert_eq!((taken.as_slice(), world.tracked()), (&b"short"[..], 1));
}

/// SEC-1: nothing is sent in a form that others can read, and nothing is tried that would.
#[tokio::test]
async fn documents_that_have_to_travel_encrypted_do_not_go_to_a_raw_port() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("raw", &printer.address.to_string()).await;
    let job = world.held("ann", &sample(1_000)).await;
    let session = world.logged_in("raw", "ann-card").await;
    let store = world.server.0.store.clone();
    let terms = domain::charge::UserTerms { encrypt: true, ..Default::default() };
    store.user_terms_set(session.person.as_ref().unwrap().id, &terms).unwrap();
    let events = finished(session.print(vec![job], None).await.unwrap()).await;
    assert!(
        matches!(&events[0], PrintEvent::Failed { status, .. } if *status == domain::Status::ENCRYPTION_UNUSABLE),
        "{events:?}"
    );
    assert!(printer.printed().is_empty());
    // The device has no encryption: the table's other cell.
    let mut charging = store.device_charging(session.device.id).unwrap();
    charging.terms.features.encryption = false;
    store.device_charging_set(session.device.id, &charging).unwrap();
    assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));
    assert_eq!(printer.printed().len(), 1);
}
