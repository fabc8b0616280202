//! People at a device: registering cards, changing PINs, restricted devices, documents of groups and delegates.

use domain::login::Credential;
use domain::people::group::Standing;
use domain::secret::{CardCode, Pin, Puk};
use rpc::proto::people;

use super::people::{mailing, mails, people_of, set};
use super::*;
use crate::people::puk::{RegisterBy, RegisterRequest};

fn pin(text: &str) -> Pin {
    Pin::parse(text).unwrap()
}

fn register(code: &str, puk: &str, one: Option<&str>, two: Option<&str>) -> RegisterRequest {
    RegisterRequest {
        code: CardCode::parse(code).unwrap(),
        by: RegisterBy::Puk(Puk::parse(puk).unwrap()),
        pin: one.map(pin),
        pin_again: two.map(pin),
    }
}

async fn puk_for(world: &World, logon: &str) -> String {
    let mut people = people_of(world).await;
    let request = people::PukNewRequest { logon: logon.into(), mail: false };
    people.puk_new(request).await.unwrap().into_inner().puk
}

async fn log_in(world: &World, device: &str, card: &str, with: Option<&str>) -> Result<DeviceSession, i32> {
    let mut session = world.session(device).await;
    let credential = Credential::Card(CardCode::parse(card).unwrap());
    match session.login(credential, with.map(pin)).await {
        Ok(_) => Ok(session),
        Err(failed) => Err(failed.status.0),
    }
}

#[tokio::test]
async fn rel_7_a_card_is_registered_with_a_puk_and_a_pin_typed_twice() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let puk = puk_for(&world, "ann").await;
    let session = world.session("printer").await;
    let refused = |request| async { session.register(request).await.unwrap_err().status.0 };
    let wrong = if puk == "00000000" { "00000001" } else { "00000000" };
    assert_eq!(log_in(&world, "printer", "fresh", None).await.err(), Some(56));
    assert_eq!(refused(register("fresh", wrong, Some("4711"), Some("4711"))).await, 50);
    assert_eq!(refused(register("fresh", &puk, Some("4711"), Some("4712"))).await, 16);
    assert_eq!(refused(register("fresh", &puk, None, None)).await, 16);
    assert_eq!(refused(register("bob-card", &puk, Some("4711"), Some("4711"))).await, 60);
    session.register(register("fresh", &puk, Some("4711"), Some("4711"))).await.unwrap();
    assert!(session.person().is_none(), "they log in again");
    assert_eq!(refused(register("other", &puk, Some("4711"), Some("4711"))).await, 50, "it is spent");
    assert_eq!(log_in(&world, "printer", "fresh", None).await.err(), Some(16));
    assert!(log_in(&world, "printer", "fresh", Some("4711")).await.is_ok());
    // With a registered card the PUK changes the PIN, and unlocks.
    let puk = puk_for(&world, "ann").await;
    for _ in 0..3 {
        assert_eq!(log_in(&world, "printer", "fresh", Some("0000")).await.err(), Some(50));
    }
    assert_eq!(log_in(&world, "printer", "fresh", Some("4711")).await.err(), Some(51));
    session.register(register("fresh", &puk, Some("1234"), Some("1234"))).await.unwrap();
    assert!(log_in(&world, "printer", "fresh", Some("1234")).await.is_ok());
}

#[tokio::test]
async fn rel_7_a_pin_is_changed_by_whoever_knows_the_old_one() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let nobody = world.session("printer").await;
    let change = |session: DeviceSession,
                  old: Option<&'static str>,
                  new: &'static str,
                  again: &'static str| async move {
        let answer = session.pin_change(old.map(pin), pin(new), pin(again)).await;
        (answer.map_err(|failed| failed.status.0), session)
    };
    assert_eq!(change(nobody, None, "1111", "1111").await.0, Err(53));
    let session = world.logged_in("printer", "ann-card").await;
    let (answer, session) = change(session, None, "1111", "1112").await;
    assert_eq!(answer, Err(16));
    let (answer, session) = change(session, None, "1111", "1111").await;
    assert_eq!(answer, Ok(()), "there was none");
    let (answer, session) = change(session, None, "2222", "2222").await;
    assert_eq!(answer, Err(16), "now the old one is asked for");
    let (answer, session) = change(session, Some("9999"), "2222", "2222").await;
    assert_eq!(answer, Err(50));
    let (answer, session) = change(session, Some("1111"), "2222", "2222").await;
    assert_eq!(answer, Ok(()));
    assert!(log_in(&world, "printer", "ann-card", Some("2222")).await.is_ok());
    set(&mut world, "pins.change-allowed", "no").await;
    let (answer, session) = change(session, Some("2222"), "3333", "3333").await;
    assert_eq!(answer, Err(46));
    set(&mut world, "pins.change-allowed", "yes").await;
    let mut statuses = Vec::new();
    let mut session = session;
    for _ in 0..4 {
        let (answer, back) = change(session, Some("0000"), "3333", "3333").await;
        session = back;
        statuses.push(answer.unwrap_err());
    }
    assert_eq!(statuses, [50, 50, 50, 51], "guessing locks");
}

/// Fifty wrong PINs from five devices at once: three are judged, one locks, and there is no way in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usr_4_fifty_wrong_pins_from_several_devices_lock_once() {
    let mut world = World::new().await;
    for device in 0..5 {
        world.device(&format!("printer-{device}"), "").await;
    }
    let set = message::PinSetRequest { logon: "ann".into(), pin: "4711".into() };
    world.administration.pin_set(set).await.unwrap();
    let world = std::sync::Arc::new(world);
    let attempts: Vec<_> = (0..50)
        .map(|attempt| {
            let world = std::sync::Arc::clone(&world);
            tokio::spawn(async move {
                log_in(&world, &format!("printer-{}", attempt % 5), "ann-card", Some("0000")).await.err()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap().unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![50; 3], vec![51; 47]].concat());
    assert_eq!(log_in(&world, "printer-0", "ann-card", Some("4711")).await.err(), Some(51));
}

#[tokio::test]
async fn rel_8_a_restricted_device_serves_its_part_of_the_organisation() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let mut people = people_of(&world).await;
    for path in ["/A", "/A/A1", "/B"] {
        people.unit_add(people::UnitAddRequest { path: path.into(), ..Default::default() }).await.unwrap();
    }
    for (logon, unit) in [("ann", "/A/A1"), ("bob", "/B")] {
        let profile = message::ProfileChange { unit: Some(unit.into()), ..Default::default() };
        let edit =
            message::UserEditRequest { logon: logon.into(), profile: Some(profile), ..Default::default() };
        world.administration.user_edit(edit).await.unwrap();
    }
    let place = people::DevicePlaceSetRequest {
        device: "printer".into(),
        unit: Some("/A".into()),
        restricted: Some(true),
    };
    people.device_place_set(place).await.unwrap();
    assert!(log_in(&world, "printer", "ann-card", None).await.is_ok());
    assert_eq!(log_in(&world, "printer", "bob-card", None).await.err(), Some(46));
    let rights = message::UserEditRequest {
        logon: "bob".into(),
        rights: Some("technician".into()),
        ..Default::default()
    };
    world.administration.user_edit(rights).await.unwrap();
    assert!(log_in(&world, "printer", "bob-card", None).await.is_ok(), "technicians may everywhere");
}

#[tokio::test]
async fn rel_8_functions_that_are_denied_are_refused_by_the_server() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let job = world.held("ann", b"data").await;
    let profile =
        message::ProfileChange { access_denied: Some(128), allow_retain: Some(false), ..Default::default() };
    let edit = message::UserEditRequest { logon: "ann".into(), profile: Some(profile), ..Default::default() };
    world.administration.user_edit(edit).await.unwrap();
    let ann = world.logged_in("printer", "ann-card").await;
    assert_eq!(ann.print_all().await.map(drop).unwrap_err().status.0, 46);
    assert_eq!(ann.retain(job, true).await.unwrap_err().status.0, 46);
    assert!(ann.retain(job, false).await.is_ok());
}

#[tokio::test]
async fn sub_12_a_group_document_is_each_members_until_printed_once() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("printer", &format!("raw://{}", printer.address)).await;
    let mut people = people_of(&world).await;
    for (name, once) in [("each", false), ("once", true)] {
        let group = people::GroupAddRequest {
            name: name.into(),
            prints: true,
            print_once: once,
            ..Default::default()
        };
        people.group_add(group).await.unwrap();
        let logons = vec!["ann".to_owned(), "bob".to_owned()];
        let members = people::GroupMembersRequest { name: name.into(), logons, units: vec![] };
        people.group_members_add(members).await.unwrap();
    }
    let quiet = people::GroupAddRequest { name: "quiet".into(), ..Default::default() };
    people.group_add(quiet).await.unwrap();
    assert_eq!(world.submit("quiet", b"no").await.unwrap_err().status, 142);
    let (each, once) = (world.held("EACH", b"for each").await, world.held("once", b"for one").await);
    let ann = world.logged_in("printer", "ann-card").await;
    let bob = world.logged_in("printer", "bob-card").await;
    let listed = ann.documents().await.unwrap();
    assert_eq!(listed.iter().map(|document| document.id).collect::<Vec<_>>(), [each, once]);
    assert_eq!(listed[1].standing, Standing::Member { once: true });
    assert_eq!(done(&finished(ann.print(vec![each, once], None).await.unwrap()).await), (2, 0));
    assert!(ann.documents().await.unwrap().is_empty(), "collected");
    assert_eq!(done(&finished(ann.print(vec![each], None).await.unwrap()).await), (0, 1), "once each");
    let left = bob.documents().await.unwrap();
    assert_eq!(
        left.iter().map(|document| document.id).collect::<Vec<_>>(),
        [each],
        "print once took the other"
    );
    assert_eq!(done(&finished(bob.print(vec![each], None).await.unwrap()).await), (1, 0));
    assert_eq!(printer.printed().len(), 3);
    assert_eq!(world.tracked(), 3);
    // A person's own document for a group: theirs, and the group's.
    let mut create = world.create("ann");
    let attributes = [("papergate-group".to_owned(), "each".to_owned())].into();
    create.ticket = Some(message::JobTicket { attributes, ..Default::default() });
    let job = world.send(parts(create, b"shared")).await.unwrap();
    assert_eq!(bob.documents().await.unwrap()[0].owner, "ann");
    bob.delete(JobId(job.id)).await.unwrap();
    assert!(bob.documents().await.unwrap().is_empty());
    assert_eq!(ann.documents().await.unwrap().len(), 1, "only an owner deletes for all");
}

#[tokio::test]
async fn sub_13_a_delegate_collects_what_is_delegated_until_the_relation_ends() {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("printer", &format!("raw://{}", printer.address)).await;
    let mut people = people_of(&world).await;
    let code = |answer: Result<tonic::Response<people::Delegate>, tonic::Status>| {
        rpc::Error::from(answer.unwrap_err()).status
    };
    let add = people::DelegateAddRequest {
        submitter: "ann".into(),
        collector: "bob".into(),
        ends_us: world.context.clock.now().0 + 3_600_000_000,
        ..Default::default()
    };
    let own = people::DelegateAddRequest { collector: "ann".into(), ..add.clone() };
    assert_eq!(code(people.delegate_add(own).await), 14);
    set(&mut world, "delegates.enabled", "no").await;
    assert_eq!(code(people.delegate_add(add.clone()).await), 313);
    set(&mut world, "delegates.enabled", "yes").await;
    people.delegate_add(add.clone()).await.unwrap();
    assert_eq!(code(people.delegate_add(add).await), 311);
    let private = world.held("ann", b"private").await;
    let mut create = world.create("ann");
    let attributes = [("papergate-delegates".to_owned(), "bob".to_owned())].into();
    create.ticket = Some(message::JobTicket { attributes, ..Default::default() });
    let delegated = JobId(world.send(parts(create, b"delegated")).await.unwrap().id);
    let mut create = world.create("bob");
    let attributes = [("papergate-delegates".to_owned(), "ann".to_owned())].into();
    create.ticket = Some(message::JobTicket { attributes, ..Default::default() });
    assert_eq!(world.send(parts(create, b"x")).await.unwrap_err().status, 312, "not in this direction");
    let bob = world.logged_in("printer", "bob-card").await;
    let listed = bob.documents().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].id, listed[0].standing, listed[0].owner.as_str()),
        (delegated, Standing::Delegate, "ann")
    );
    let edit = people::DelegateEditRequest {
        submitter: "ann".into(),
        collector: "bob".into(),
        always: Some(true),
        ..Default::default()
    };
    people.delegate_edit(edit).await.unwrap();
    assert_eq!(bob.documents().await.unwrap().len(), 2);
    assert_eq!(done(&finished(bob.print(vec![delegated], None).await.unwrap()).await), (1, 0));
    world.context.clock.advance(Duration::from_secs(3_600));
    assert!(bob.documents().await.unwrap().is_empty(), "the relation has ended");
    assert_eq!(done(&finished(bob.print(vec![private], None).await.unwrap()).await), (0, 1));
    let ann = world.logged_in("printer", "ann-card").await;
    assert_eq!(ann.documents().await.unwrap().len(), 1, "what was collected is gone for its owner too");
}

#[tokio::test]
async fn sub_10_the_first_print_of_somebody_unknown_makes_a_person_with_a_puk() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    mailing(&mut world).await;
    set(&mut world, "submission.unknown-user", "create").await;
    set(&mut world, "users.email-domain", "safecom.example").await;
    let default = message::UserAddRequest {
        logon: "DEFAULT".into(),
        profile: Some(message::ProfileChange { encrypt: Some(true), ..Default::default() }),
        ..Default::default()
    };
    world.administration.user_add(default).await.unwrap();
    set(&mut world, "users.default", "DEFAULT").await;
    let job = world.submit("JS", b"data").await.unwrap();
    assert_eq!(job.owner_logon, "JS");
    let show = message::UserShowRequest { logon: "js".into() };
    let user = world.administration.user_show(show).await.unwrap().into_inner();
    assert_eq!((user.email.as_str(), user.has_puk), ("JS@safecom.example", true));
    assert!(user.profile.unwrap().encrypt);
    assert_eq!(mails(&world), 1);
    world.submit("JS", b"more").await.unwrap();
    assert_eq!(mails(&world), 1, "one mail");
    let mut people = people_of(&world).await;
    let reveal = people::PukRevealRequest { logon: "JS".into() };
    let puk = people.puk_reveal(reveal).await.unwrap().into_inner().puk;
    let session = world.session("printer").await;
    session.register(register("js-card", &puk, Some("4711"), Some("4711"))).await.unwrap();
    let js = log_in(&world, "printer", "js-card", Some("4711")).await.unwrap();
    assert_eq!(js.documents().await.unwrap().len(), 2);
    // With the logon as ID code there is nothing to register.
    set(&mut world, "users.code-is-logon", "yes").await;
    world.submit("max", b"data").await.unwrap();
    assert_eq!(log_in(&world, "printer", "max", None).await.unwrap().documents().await.unwrap().len(), 1);
}

#[tokio::test]
async fn pdl_5_lists_leave_out_what_every_name_begins_with() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let job = world.held("ann", b"data").await;
    let session = world.logged_in("printer", "ann-card").await;
    let name = async || session.documents().await.unwrap()[0].name.clone();
    let whole = name().await;
    assert!(whole.starts_with("document "), "{whole}");
    let file = world.context.common.data.join("ExcludeJobNames.txt");
    std::fs::write(&file, "Version=\"1\"\nItem=\"Document \"\n").unwrap();
    assert_eq!(name().await, whole["document ".len()..]);
    std::fs::write(&file, "what is this").unwrap();
    assert_eq!(name().await, whole["document ".len()..], "a file that makes no sense changes nothing");
    assert_eq!(session.copies(job, 2).await.unwrap().name, whole["document ".len()..]);
    assert_eq!(world.show(job).await.name, whole, "the job keeps its name");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(name().await, whole);
}
