//! Counters and state of a device, asked at the virtual MFP and at one that knows version 1 only.

use std::sync::Arc;
use std::time::Duration;

use service::Clock;
use tokio::net::UdpSocket;
use virtual_mfp::fault::Faults;
use virtual_mfp::serve::engine::{Announced, Engine};
use virtual_mfp::serve::snmp::{self as device, Agent};
use wire::snmp::agent::{self, Table};
use wire::snmp::{Value, Version, decode, encode, mib};

use crate::snmp::{Counters, SnmpError, Target, counters, get, obstacle};

fn target(port: u16) -> Target {
    // The first answer always comes; a long wait costs nothing.
    Target { port, timeout: super::PATIENCE, tries: 1, ..Target::new("127.0.0.1") }
}

#[tokio::test]
async fn what_came_out_moves_the_counters() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Arc::new(Engine::new(directory.path(), Faults::default(), Clock::system()).unwrap());
    let socket = device::open(([127, 0, 0, 1], 0).into()).await.unwrap();
    let target = target(socket.local_addr().unwrap().port());
    tokio::spawn(device::serve(socket, Agent::new("MFP1", "public", engine.clone())));

    let before = counters(&target).await.unwrap().unwrap();
    assert_eq!(before, Counters { life: 0, color: Some(0) });
    engine.set_faults(Faults::parse("jam-page@3").unwrap());
    let mut job = engine.begin(Announced { source: "raw", ..Announced::default() }).unwrap();
    job.write(&b"page\x0c".repeat(10)).await.unwrap();
    assert!(job.finish().is_err());
    let after = counters(&target).await.unwrap().unwrap();
    assert_eq!(after.since(&before), Some((3, Some(0))));
    assert_eq!(obstacle(&target).await.unwrap(), Some("paper jam"));
    engine.set_faults(Faults::default());
    assert_eq!(obstacle(&target).await.unwrap(), None);
    let [there, missing] = get(&target, [mib::SYS_NAME, &[1, 3, 6, 1, 4, 1, 0]]).await.unwrap();
    assert_eq!((there, missing), (Some(Value::text("MFP1")), None));
}

/// An old print server: version 1, one counter, and what it does not have makes it refuse the whole question.
#[tokio::test]
async fn a_device_that_knows_version_1_only_is_understood() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let life = wire::snmp::Oid::new(mib::PRT_MARKER_LIFE_COUNT).unwrap();
        let table = Table::from([(life, Value::Counter32(u32::MAX))]);
        let mut buffer = [0; 1500];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            let question = decode(&buffer[..length]).unwrap();
            if question.version == Version::V1 {
                let answer = agent::answer(&question, b"public", &table).unwrap();
                socket.send_to(&encode(&answer), from).await.unwrap();
            }
        }
    });
    // Version 2c stays unanswered for this long; version 1 is asked often enough.
    let target = Target { timeout: Duration::from_millis(100), tries: 2, ..target(port) };
    let mut told = counters(&target).await;
    while matches!(told, Err(SnmpError::Silent { .. })) {
        told = counters(&target).await;
    }
    let before = told.unwrap().unwrap();
    assert_eq!(before, Counters { life: u32::MAX, color: None });
    let after = Counters { life: 4, color: None };
    assert_eq!(after.since(&before), Some((5, None)), "a counter starts again from 0");
    assert_eq!(before.since(&after), None, "a counter that went backwards was set back");
}

#[tokio::test]
async fn a_device_that_is_not_there_is_silent() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let target = Target { timeout: Duration::from_millis(1), ..target(port) };
    assert!(matches!(counters(&target).await, Err(SnmpError::Silent { .. })));
    let nowhere = Target::new("no-such-host.invalid");
    assert!(matches!(counters(&nowhere).await, Err(SnmpError::Network { .. })));
}

/// DEV-12: a raw port says nothing itself; the printer's MIB does.
#[tokio::test]
async fn the_panel_and_the_event_log_hear_what_the_printer_says_while_it_prints() {
    use super::{Behaviour, Printer, World, done, sample};
    use crate::session::PrintEvent;

    let mut world = World::new().await;
    // What takes the data stands still in the middle; what answers by SNMP says why.
    let directory = tempfile::tempdir().unwrap();
    let engine = Arc::new(
        Engine::new(directory.path(), Faults::parse("no-paper low-toner").unwrap(), Clock::system()).unwrap(),
    );
    let socket = device::open(([127, 0, 0, 1], 0).into()).await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(device::serve(socket, Agent::new("MFP1", "public", engine.clone())));
    let any = ([127, 0, 0, 1], 0).into();
    let listener = virtual_mfp::serve::listen::Listener::open("raw", any, engine.faults()).unwrap();
    let address = format!("raw://{}", listener.address());
    tokio::spawn(virtual_mfp::serve::raw::serve(listener, engine.clone()));
    world.device("floor", &address).await;
    let job = world.held("ann", &sample(3_000)).await;
    let session = world.logged_in("floor", "ann-card").await;
    let mut charging = world.server.0.store.device_charging(session.device.id).unwrap();
    charging.snmp_port = port;
    world.server.0.store.device_charging_set(session.device.id, &charging).unwrap();

    let mut run = session.print(vec![job], None).await.unwrap();
    let (mut stopped, mut warned, mut last) = (None, None, None);
    while let Some(event) =
        tokio::time::timeout(super::PATIENCE, run.events.recv()).await.expect("the run ends")
    {
        match event {
            PrintEvent::Stopped { message, .. } => {
                stopped = Some(message);
                assert!(warned.is_some(), "the warning comes first");
                let began = std::time::Instant::now();
                let mut shown = world.show(job).await;
                while shown.state() != rpc::proto::jobserver::job::State::Stopped {
                    assert!(began.elapsed() < super::PATIENCE, "{shown:?}");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    shown = world.show(job).await;
                }
                assert!(shown.state_message.contains("no paper"), "{shown:?}");
                engine.set_faults(Faults::default());
            }
            PrintEvent::Warned { message, .. } => warned = Some(message),
            event => last = Some(event),
        }
    }
    assert_eq!(stopped.as_deref(), Some("The printer stopped: no paper."));
    assert_eq!(warned.as_deref(), Some("The printer says: toner is low."));
    assert_eq!(done(&[last.unwrap()]), (1, 0));

    // A printer that breaks off and says why.
    let broken = Printer::start(Behaviour::CloseAfter(100)).await;
    world.device("broken", &format!("raw://{}", broken.address)).await;
    let job = world.held("ann", &sample(3_000_000)).await;
    let session = world.logged_in("broken", "ann-card").await;
    world.server.0.store.device_charging_set(session.device.id, &charging).unwrap();
    let events = super::finished(session.print(vec![job], None).await.unwrap()).await;
    assert_eq!(done(&events), (0, 1));
    // The login was written down after what happened before it.
    let filter = storage::event::EventFilter::default();
    let told = world.server.0.events.store().events_page(&filter, None, 1_000).unwrap();
    for code in ["device-stopped", "device-warning"] {
        let of_it: Vec<_> = told.iter().filter(|stored| stored.event.code == code).collect();
        assert_eq!(of_it.len(), 1, "{of_it:?}");
        assert_eq!((of_it[0].event.object.as_str(), of_it[0].event.user.as_str()), ("floor", "ann"));
    }
}
