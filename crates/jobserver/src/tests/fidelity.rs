//! Document fidelity: what a device makes of documents of drivers that are not on its list, and the list that is learnt.

use domain::JobId;
use domain::login::Credential;
use domain::secret::CardCode;
use rpc::proto::common;
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::document_chunk::Part;

use super::{Behaviour, Printer, World, done, finished, parts};
use crate::session::{DeviceSession, PrintEvent};

/// A document that names this driver.
async fn made_with(world: &mut World, driver: &str, queue: &str) -> JobId {
    let create = message::JobCreateRequest { queue: queue.into(), ..world.create("ann") };
    let data = b"\x1bEtext\x0c\x1bE";
    let mut parts = parts(create, data);
    let count = common::PageCount {
        status: common::page_count::Status::Ok.into(),
        languages: vec!["pcl5".into()],
        pages: 1,
        sheets: 1,
        copies: 1,
        driver: driver.into(),
        ..Default::default()
    };
    parts.pop();
    let bytes = i64::try_from(data.len()).unwrap();
    parts.push(Part::End(message::DocumentEnd { bytes, count: Some(count), ..Default::default() }));
    JobId(world.send(parts).await.unwrap().id)
}

async fn edit(world: &mut World, edit: message::DeviceEditRequest) -> Result<message::Device, rpc::Error> {
    let request = message::DeviceEditRequest { name: "printer".into(), ..edit };
    let answer = world.administration.device_edit(request).await;
    answer.map(tonic::Response::into_inner).map_err(rpc::Error::from)
}

fn check(word: &str) -> message::DeviceEditRequest {
    message::DeviceEditRequest { driver_check: Some(word.into()), ..Default::default() }
}

async fn set(world: &mut World, value: &str) {
    let key = "release.driver-check".into();
    let request = message::SettingSetRequest { key, value: value.into() };
    world.administration.setting_set(request).await.unwrap();
}

/// Ids with what is marked, as the panel shows them.
async fn listed(session: &DeviceSession) -> Vec<(JobId, bool)> {
    let documents = session.documents().await.unwrap();
    documents.into_iter().map(|document| (document.id, document.doubtful)).collect()
}

async fn learnt(world: &mut World) -> Vec<(String, bool)> {
    let answer = world.administration.driver_list(message::DriverListRequest {}).await.unwrap();
    answer.into_inner().drivers.into_iter().map(|driver| (driver.name, driver.learnt)).collect()
}

#[tokio::test]
async fn pdl_4_no_check_a_question_mark_or_not_shown() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("printer", &printer.address.to_string()).await;
    let fits = made_with(&mut world, "KX Driver", "pull").await;
    let other = made_with(&mut world, "HP Universal", "pull").await;
    let without = made_with(&mut world, "", "pull").await;
    let list = message::DeviceEditRequest { drivers_add: vec!["kx  driver".into()], ..Default::default() };
    let shown = edit(&mut world, list).await.unwrap();
    assert_eq!(
        (shown.driver_check.as_str(), &shown.drivers[..]),
        ("inherit", &["kx  driver".to_owned()][..])
    );
    let session = world.logged_in("printer", "ann-card").await;
    let all = |marked| vec![(fits, false), (other, marked), (without, marked)];
    assert_eq!(listed(&session).await, all(false), "nobody asks");
    set(&mut world, "warn").await;
    assert_eq!(listed(&session).await, all(true));
    set(&mut world, "filter").await;
    assert_eq!(listed(&session).await, [(fits, false)]);
    edit(&mut world, check("off")).await.unwrap();
    assert_eq!(listed(&session).await, all(false), "the device decides before the setting");
    edit(&mut world, check("warn")).await.unwrap();
    assert_eq!(listed(&session).await, all(true));
    assert_eq!(done(&finished(session.print(vec![other], None).await.unwrap()).await), (1, 0));

    edit(&mut world, check("filter")).await.unwrap();
    let refused = finished(session.print(vec![without], None).await.unwrap()).await;
    assert!(matches!(&refused[0], PrintEvent::Failed { status, .. } if status.0 == 422), "{refused:?}");
    let mut session = world.session("printer").await;
    let card = || Credential::Card(CardCode::parse("ann-card").unwrap());
    assert_eq!(
        session.login(card(), None).await.unwrap().documents,
        1,
        "what is filtered does not wait here"
    );
    assert_eq!(done(&finished(session.print_all().await.unwrap()).await), (1, 0));
    assert_eq!(printer.printed().len(), 2);
    assert_eq!(session.login(card(), None).await.unwrap().documents, 0);
    let none = message::DeviceEditRequest {
        drivers_delete: vec!["KX driver".into()],
        drivers_add: vec![domain::fidelity::WITHOUT_DRIVER.into()],
        ..Default::default()
    };
    assert_eq!(edit(&mut world, none).await.unwrap().drivers, ["(none)"]);
    assert_eq!(listed(&session).await, [(without, false)]);
}

#[tokio::test]
async fn pdl_4_drivers_are_learnt_from_documents() {
    let mut world = World::new().await;
    let queue =
        message::Queue { name: "office".into(), driver_name: "Universal".into(), ..Default::default() };
    world.administration.queue_add(message::QueueAddRequest { queue: Some(queue) }).await.unwrap();
    for driver in ["KX Driver", "kx driver", "", "Zebra"] {
        made_with(&mut world, driver, "pull").await;
    }
    let overridden = made_with(&mut world, "HP", "office").await;
    let expected = |learnt: &[&str]| learnt.iter().map(|name| ((*name).to_owned(), true)).collect::<Vec<_>>();
    assert_eq!(learnt(&mut world).await, expected(&["KX Driver", "Universal", "Zebra"]));

    let delete = message::DriverDeleteRequest { name: "zebra".into() };
    world.administration.driver_delete(delete.clone()).await.unwrap();
    assert_eq!(learnt(&mut world).await, expected(&["KX Driver", "Universal"]));
    let again = rpc::Error::from(world.administration.driver_delete(delete).await.unwrap_err());
    assert_eq!(again.kind, rpc::Kind::NotFound);
    made_with(&mut world, "Zebra", "pull").await;
    assert_eq!(learnt(&mut world).await, expected(&["KX Driver", "Universal", "Zebra"]), "it came again");

    let add = message::DriverAddRequest { name: "A new one".into() };
    assert!(!world.administration.driver_add(add.clone()).await.unwrap().into_inner().learnt);
    let twice = rpc::Error::from(world.administration.driver_add(add).await.unwrap_err());
    assert_eq!(twice.kind, rpc::Kind::Conflict);

    // What the queue says counts, not the data.
    world.device("printer", "").await;
    let list = message::DeviceEditRequest {
        drivers_add: vec!["Universal".into()],
        driver_check: Some("filter".into()),
        ..Default::default()
    };
    edit(&mut world, list).await.unwrap();
    let session = world.logged_in("printer", "ann-card").await;
    assert_eq!(listed(&session).await, [(overridden, false)]);
    assert_eq!(session.documents().await.unwrap()[0].driver, "Universal");
}

#[tokio::test]
async fn pdl_4_a_list_that_cannot_be_is_refused_and_changes_nothing() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let absent = || vec!["absent".to_owned()];
    for wrong in [
        check("maybe"),
        message::DeviceEditRequest { drivers_add: vec![" ".into()], ..Default::default() },
        message::DeviceEditRequest { drivers_delete: absent(), drivers_add: absent(), ..Default::default() },
        message::DeviceEditRequest {
            drivers_add: (0..=domain::fidelity::DEVICE_DRIVERS_MAX).map(|n| n.to_string()).collect(),
            ..Default::default()
        },
    ] {
        assert!(edit(&mut world, wrong).await.is_err());
    }
    let shown = edit(&mut world, message::DeviceEditRequest::default()).await.unwrap();
    assert_eq!((shown.driver_check.as_str(), shown.drivers.len()), ("inherit", 0));
}
