//! The directory through its calls.

use rpc::proto::people::people_client::PeopleClient;
use rpc::proto::people::{self};

use super::*;

pub(super) async fn people_of(world: &World) -> PeopleClient<Channel> {
    PeopleClient::new(world.context.peer("jobserver"))
}

pub(super) async fn set(world: &mut World, key: &str, value: &str) {
    let setting = message::SettingSetRequest { key: key.into(), value: value.into() };
    world.administration.setting_set(setting).await.unwrap();
}

/// A mail server is named, so that mails are written down; nobody listens there.
pub(super) async fn mailing(world: &mut World) {
    set(world, "mail.server", "127.0.0.1").await;
    set(world, "mail.port", "9").await;
    let edit = message::UserEditRequest {
        logon: "ann".into(),
        email: Some("ann@example.org".into()),
        ..Default::default()
    };
    world.administration.user_edit(edit).await.unwrap();
}

/// Mails that were written down.
pub(super) fn mails(world: &World) -> usize {
    world.server.0.store.mails_list("", i64::MAX, 99).unwrap().len()
}

fn ann(world: &World) -> domain::UserId {
    let logon = domain::Logon::parse("ann").unwrap();
    world.server.0.store.users_by_logon(&logon).unwrap()[0].0.id
}

fn status<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> i32 {
    rpc::Error::from(answer.unwrap_err()).status
}

#[test]
fn usr_5_every_call_has_a_declared_right() {
    let calls = rpc::audit::calls();
    let missing: Vec<_> =
        calls.iter().filter(|call| domain::people::rights::need(&format!("/x.{call}")).is_none()).collect();
    assert!(missing.is_empty(), "without a row in domain::people::rights::CALLS: {missing:?}");
    let stands = |row: &str| match row.strip_suffix('*') {
        // A whole service may be declared before it has a call.
        Some(_) => true,
        None => calls.iter().any(|call| call == row),
    };
    let gone: Vec<_> = domain::people::rights::CALLS.iter().filter(|(row, _)| !stands(row)).collect();
    assert!(gone.is_empty(), "declared and not there: {gone:?}");
}

#[test]
fn sec_4_codes_of_the_directory_are_secrets_of_the_audit() {
    let secrets = rpc::audit::secret_fields();
    for expected in
        ["CodeModifyRequest.new_code", "UserFindRequest.code", "UserImportRow.codes", "UserImportRow.pin"]
    {
        assert!(secrets.iter().any(|secret| secret == expected), "{expected} is missing in {secrets:?}");
    }
}

#[tokio::test]
async fn usr_7_new_people_inherit_the_default_user() {
    let mut world = World::new().await;
    let profile = message::ProfileChange {
        cost_control: Some("pay".into()),
        encrypt: Some(true),
        home_folder: Some("//files/default".into()),
        access_denied: Some(16),
        ..Default::default()
    };
    let default = message::UserAddRequest {
        logon: "DEFAULT".into(),
        print_all_at_login: true,
        profile: Some(profile),
        ..Default::default()
    };
    world.administration.user_add(default).await.unwrap();
    set(&mut world, "users.default", "default").await;
    let eve = message::UserAddRequest { logon: "eve".into(), ..Default::default() };
    let eve = world.administration.user_add(eve).await.unwrap().into_inner();
    let profile = eve.profile.unwrap();
    assert!(eve.print_all_at_login && profile.encrypt && profile.home_folder.is_empty());
    assert_eq!((profile.cost_control.as_str(), profile.access_denied), ("pay", 16));
    assert!(!profile.home_server.is_empty());
    let own = message::ProfileChange { cost_control: Some("tracking".into()), ..Default::default() };
    let max = message::UserAddRequest { logon: "max".into(), profile: Some(own), ..Default::default() };
    let max = world.administration.user_add(max).await.unwrap().into_inner();
    assert_eq!(max.profile.unwrap().cost_control, "tracking");
    let wrong = message::ProfileChange { billing: Some("maybe".into()), ..Default::default() };
    let wrong = message::UserAddRequest { logon: "bad".into(), profile: Some(wrong), ..Default::default() };
    assert_eq!(status(world.administration.user_add(wrong).await), 14);
    assert!(world.server.0.store.users_by_logon(&domain::Logon::parse("bad").unwrap()).unwrap().is_empty());
}

#[tokio::test]
async fn usr_1_and_10_names_are_unique_and_aliases_print() {
    let mut world = World::new().await;
    let mut people = people_of(&world).await;
    let alias =
        |logon: &str, alias: &str| people::AliasAddRequest { logon: logon.into(), alias: alias.into() };
    people.alias_add(alias("ann", "asmith")).await.unwrap();
    assert_eq!(status(people.alias_add(alias("bob", "ASmith")).await), 73);
    assert_eq!(status(people.alias_add(alias("bob", "ann")).await), 58);
    assert_eq!(status(people.alias_add(alias("bob", &"x".repeat(21))).await), 14);
    let group = people::GroupAddRequest { name: "bob".into(), ..Default::default() };
    assert_eq!(status(people.group_add(group).await), 58);
    let job = world.submit("ASMITH", b"data").await.unwrap();
    assert_eq!(job.owner_logon, "ann");
    let alias = people::AliasDeleteRequest { logon: "ann".into(), alias: "asmith".into() };
    people.alias_delete(alias).await.unwrap();
    assert_eq!(world.submit("asmith", b"data").await.unwrap_err().status, 54);
}

#[tokio::test]
async fn usr_15_people_are_found_by_field_and_code_and_changed_together() {
    let world = World::new().await;
    let mut people = people_of(&world).await;
    let found = |request: people::UserFindRequest, mut people: PeopleClient<Channel>| async move {
        let mut pages = people.user_find(request).await.unwrap().into_inner();
        let mut logons = Vec::new();
        while let Some(page) = pages.message().await.unwrap() {
            logons.extend(page.users.into_iter().map(|user| user.logon));
        }
        logons
    };
    let none = people::UserFindRequest::default();
    let code = people::UserFindRequest { code: "bob-card".into(), ..none.clone() };
    assert_eq!(found(code, people.clone()).await, ["bob"]);
    let part = people::UserFindRequest { code: "bob-car".into(), ..none.clone() };
    assert!(found(part, people.clone()).await.is_empty(), "codes are found whole");
    let any = people::UserFindRequest { anywhere: "NN".into(), ..none.clone() };
    assert_eq!(found(any, people.clone()).await, ["ann"]);
    let many = people::UserEditManyRequest {
        logons: vec!["ann".into(), "bob".into()],
        description: Some("third floor".into()),
        prevent_login: Some(true),
        new_puk: true,
        ..Default::default()
    };
    let answer = people.user_edit_many(many.clone()).await.unwrap().into_inner();
    assert_eq!((answer.changed, answer.without_puk.len()), (2, 0));
    let floor =
        people::UserFindRequest { description: "FLOOR".into(), prevent_login: Some(true), ..none.clone() };
    assert_eq!(found(floor, people.clone()).await, ["ann", "bob"]);
    let unknown = people::UserEditManyRequest {
        logons: vec!["ann".into(), "nobody".into()],
        description: Some("changed".into()),
        ..Default::default()
    };
    assert_eq!(status(people.user_edit_many(unknown).await), 54);
    let changed = people::UserFindRequest { description: "changed".into(), ..none };
    assert!(found(changed, people).await.is_empty(), "nothing half done");
}

#[tokio::test]
async fn usr_3_a_puk_replaces_the_open_one_and_one_id_is_removed() {
    let mut world = World::new().await;
    let mut people = people_of(&world).await;
    let new = people::PukNewRequest { logon: "ann".into(), mail: false };
    let first = people.puk_new(new.clone()).await.unwrap().into_inner();
    let second = people.puk_new(new.clone()).await.unwrap().into_inner();
    assert!(!first.removed_ids && first.puk.len() == 8 && first.puk != second.puk);
    let shown =
        people.puk_reveal(people::PukRevealRequest { logon: "ann".into() }).await.unwrap().into_inner();
    assert_eq!(shown.puk, second.puk);
    let mail = people::PukNewRequest { mail: true, ..new.clone() };
    assert_eq!(status(people.puk_new(mail).await), 14, "no address");
    set(&mut world, "cards.max-per-user", "2").await;
    let code = message::CardAddRequest { logon: "ann".into(), code: "second".into(), ..Default::default() };
    world.administration.card_add(code).await.unwrap();
    assert_eq!(status(people.puk_new(new.clone()).await), 95);
    set(&mut world, "cards.max-per-user", "1").await;
    assert!(people.puk_new(new).await.unwrap().into_inner().removed_ids);
    assert_eq!(world.server.0.store.cards_count(ann(&world)).unwrap(), 0);
    people.puk_clear(people::PukClearRequest { logon: "ann".into() }).await.unwrap();
    assert_eq!(status(people.puk_clear(people::PukClearRequest { logon: "ann".into() }).await), 56);
}

#[tokio::test]
async fn usr_17_generated_codes_end_and_their_owner_is_reminded() {
    let mut world = World::new().await;
    let mut people = people_of(&world).await;
    mailing(&mut world).await;
    set(&mut world, "cards.code-days", "30").await;
    let code =
        people.code_generate(people::CodeGenerateRequest { logon: "ann".into() }).await.unwrap().into_inner();
    assert!(code.code.len() == 6 && code.temporary);
    world.device("printer", "").await;
    world.logged_in("printer", &code.code).await;
    let reminders = |world: &World| {
        let state = &world.server.0;
        crate::people::tidy::round(state).unwrap();
        mails(world)
    };
    let day = Duration::from_secs(86_400);
    assert_eq!(reminders(&world), 0);
    world.context.clock.advance(day * 9);
    assert_eq!((reminders(&world), reminders(&world)), (1, 1), "21 days before, once");
    world.context.clock.advance(day * 7);
    assert_eq!(reminders(&world), 2);
    world.context.clock.advance(day * 7);
    assert_eq!(reminders(&world), 3);
    world.context.clock.advance(day * 7);
    assert_eq!(reminders(&world), 3);
    assert_eq!(world.server.0.store.cards_count(ann(&world)).unwrap(), 1, "it has ended");
}

#[tokio::test]
async fn usr_14_a_filter_makes_one_number_of_what_readers_tell() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    set(&mut world, "cards.filter", "upper drop-zeros").await;
    let card = message::CardAddRequest { logon: "ann".into(), code: "00ab12".into(), ..Default::default() };
    world.administration.card_add(card).await.unwrap();
    for told in ["AB12", "000Ab12", "ab12"] {
        let session = world.logged_in("printer", told).await;
        assert_eq!(session.person().unwrap().logon.as_str(), "ann");
    }
    let again = message::CardAddRequest { logon: "bob".into(), code: "0AB12".into(), ..Default::default() };
    assert_eq!(status(world.administration.card_add(again).await), 60);
}

#[tokio::test]
async fn usr_11_an_import_adds_each_person_whole_or_not_at_all() {
    let world = World::new().await;
    let mut people = people_of(&world).await;
    let group = people::GroupAddRequest { name: "sales".into(), ..Default::default() };
    people.group_add(group).await.unwrap();
    let row = |line: i64, logon: &str| people::UserImportRow {
        line,
        logon: logon.into(),
        codes: vec![format!("{logon}-imported")],
        ..Default::default()
    };
    let rows = vec![
        people::UserImportRow { groups: vec!["SALES".into()], pin: "4711".into(), ..row(2, "one") },
        row(3, "ann"),
        row(4, &"x".repeat(21)),
        people::UserImportRow { codes: vec!["bob-card".into()], ..row(5, "two") },
        people::UserImportRow { groups: vec!["none".into()], ..row(6, "three") },
        people::UserImportRow { unit: "/nowhere".into(), ..row(7, "four") },
        people::UserImportRow { pin: "471".into(), ..row(8, "five") },
        people::UserImportRow { full_name: "y".repeat(81), ..row(9, "six") },
        row(10, "seven"),
    ];
    let chunks = vec![people::UserImportChunk { rows }];
    let answer = people.user_import(tokio_stream::iter(chunks)).await.unwrap().into_inner();
    assert_eq!((answer.read, answer.added), (9, 2));
    let refused: Vec<(i64, i32)> = answer.refused.iter().map(|row| (row.line, row.status)).collect();
    assert_eq!(refused, [(3, 58), (4, 14), (5, 60), (6, 140), (7, 120), (8, 14), (9, 14)]);
    let show = people::GroupShowRequest { name: "sales".into() };
    assert_eq!(people.group_show(show).await.unwrap().into_inner().logons, ["one"]);
}

#[tokio::test]
async fn usr_9_units_are_refused_by_the_codes_of_the_table() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let mut people = people_of(&world).await;
    let add = |path: &str| people::UnitAddRequest { path: path.into(), ..Default::default() };
    people.unit_add(add("/A")).await.unwrap();
    people.unit_add(add("/A/A1")).await.unwrap();
    assert_eq!(status(people.unit_add(add("/A/a1")).await), 121);
    assert_eq!(status(people.unit_add(add("/B/B1")).await), 120);
    assert_eq!(status(people.unit_add(add(&format!("/A/{}", "x".repeat(254)))).await), 14);
    let cycle =
        people::UnitEditRequest { path: "/A".into(), parent: Some("/A/A1".into()), ..Default::default() };
    assert_eq!(status(people.unit_edit(cycle).await), 122);
    let place = people::DevicePlaceSetRequest {
        device: "printer".into(),
        unit: Some("/A/A1".into()),
        restricted: Some(true),
    };
    people.device_place_set(place).await.unwrap();
    let delete = |path: &str| people::UnitDeleteRequest { path: path.into() };
    assert_eq!(status(people.unit_delete(delete("/A")).await), 123);
    assert_eq!(status(people.unit_delete(delete("/A/A1")).await), 125);
    assert_eq!(status(people.unit_delete(delete("/")).await), 120);
}
