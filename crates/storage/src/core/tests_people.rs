//! The directory on both databases.

use domain::people::delegate::{Agreement, Delegate, DelegateId, DelegateRefused};
use domain::people::find::Query;
use domain::people::group::{Group, GroupId, Standing};
use domain::people::puk::{PukEffect, Registered};
use domain::people::unit::{DevicePlace, ROOT, UnitId, UnitRefused};
use domain::people::{Access, CostControl, Profile};
use domain::user::User;
use domain::*;

use super::tests::{arrive, each_core, job, person};
use super::*;

fn logon(text: &str) -> Logon {
    Logon::parse(text).unwrap()
}

fn user(store: &CoreStore, name: &str) -> User {
    let id = store.user_add(&person(name, "")).unwrap();
    store.user_show(id).unwrap().unwrap().0
}

fn group(name: &str) -> Group {
    Group {
        id: GroupId(0),
        name: name.into(),
        domain: String::new(),
        description: String::new(),
        prints: true,
        print_once: false,
        everybody: false,
    }
}

fn card(user: UserId, hash: u8) -> NewCard {
    NewCard {
        user,
        code_hash: vec![hash; 32],
        code_sealed: vec![hash],
        starts: None,
        ends: None,
        created: Timestamp(1),
    }
}

#[test]
fn usr_1_logons_aliases_and_groups_share_the_names_of_a_domain() {
    each_core(|store| {
        let ann = user(store, "ann");
        store.alias_add(&ann, &logon("asmith")).unwrap();
        store.group_add(&group("Sales")).unwrap();
        assert!(store.alias_add(&ann, &logon("ANN")).unwrap_err().is_conflict_on("logon"));
        assert!(store.alias_add(&ann, &logon("ASmith")).unwrap_err().is_conflict_on("aliases"));
        assert!(store.alias_add(&ann, &logon("sales")).unwrap_err().is_conflict_on("user_groups"));
        assert!(store.user_add(&person("SALES", "")).unwrap_err().is_conflict_on("user_groups"));
        assert!(store.user_add(&person("asmith", "")).unwrap_err().is_conflict_on("aliases"));
        assert!(store.group_add(&group("Ann")).unwrap_err().is_conflict_on("logon"));
        assert!(store.group_add(&group("asmith")).unwrap_err().is_conflict_on("aliases"));
        // Another domain has names of its own, and moving there takes the alias along.
        let other = store.user_add(&person("asmith", "LAB")).unwrap();
        let moved = store.users_change(&[ann.id], |user| Ok::<_, ()>(User { domain: "LAB".into(), ..user }));
        assert!(moved.unwrap_err().is_conflict_on("logon"));
        assert!(store.user_delete(other).unwrap());
        store
            .users_change(&[ann.id], |user| Ok::<_, ()>(User { domain: "LAB".into(), ..user }))
            .unwrap()
            .unwrap();
        assert!(store.user_add(&person("asmith", "lab")).unwrap_err().is_conflict_on("aliases"));
        store.user_add(&person("asmith", "")).unwrap();
        let domains: Vec<(String, i64)> =
            store.domains_list().unwrap().into_iter().map(|row| (row.name, row.users)).collect();
        assert_eq!(domains, [("LAB".to_owned(), 1)]);
        assert_eq!(store.domain_delete(&DomainName::parse("lab").unwrap()).unwrap(), Some(false));
        assert_eq!(store.domain_delete(&DomainName::parse("none").unwrap()).unwrap(), None);
    });
}

#[test]
fn usr_10_an_alias_names_its_person() {
    each_core(|store| {
        let ann = user(store, "ann");
        store.alias_add(&ann, &logon("asmith")).unwrap();
        let found = store.users_by_logon(&logon("ASMITH")).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0.id, ann.id);
        let listed = store.aliases_list(Some(ann.id), 0, 10).unwrap();
        assert_eq!((listed[0].logon.as_str(), listed[0].name.as_str()), ("ann", "asmith"));
        assert!(store.alias_delete(ann.id, &logon("asmith")).unwrap());
        assert!(!store.alias_delete(ann.id, &logon("asmith")).unwrap());
        assert!(store.users_by_logon(&logon("asmith")).unwrap().is_empty());
    });
}

#[test]
fn usr_15_many_are_edited_or_none_and_found_by_what_they_are_now() {
    each_core(|store| {
        let (ann, bob) = (user(store, "ann"), user(store, "bob"));
        let profile = Profile { cost_control: CostControl::Pay, access: Access(2), ..Profile::default() };
        let edit = |user: User| {
            if user.description == "locked" {
                Err("locked")
            } else {
                Ok(User { description: "Ümläut".into(), profile: profile.clone(), ..user })
            }
        };
        let changed = store.users_change(&[ann.id, bob.id, UserId(99)], edit).unwrap().unwrap();
        assert_eq!(changed.len(), 2);
        assert_eq!(store.user_show(bob.id).unwrap().unwrap().0.profile, profile);
        let find = |query: Query| -> Vec<String> {
            let users = store.users_find(&query, &[], UserId(0), 10).unwrap();
            users.into_iter().map(|user| user.logon.to_string()).collect()
        };
        assert_eq!(find(Query { description: "üMLÄ".into(), ..Query::default() }), ["ann", "bob"]);
        assert_eq!(find(Query { anywhere: "ÜML".into(), logon: "B".into(), ..Query::default() }), ["bob"]);
        assert_eq!(find(Query { email: "ümläut".into(), ..Query::default() }), [] as [String; 0]);
        let lock = |user: User| Ok::<_, ()>(User { description: "locked".into(), ..user });
        store.users_change(&[bob.id], lock).unwrap().unwrap();
        let again = |user: User| edit(user).map(|user| User { full_name: "changed".into(), ..user });
        assert_eq!(store.users_change(&[ann.id, bob.id], again).unwrap(), Err("locked"));
        assert_eq!(store.user_show(ann.id).unwrap().unwrap().0.full_name, "ann Example", "nothing half done");
        // Pages go on where the last one ended, also when most rows do not match.
        for number in 0..30 {
            user(store, &format!("x{number}"));
        }
        let page = |after| {
            store.users_find(&Query { logon: "x2".into(), ..Query::default() }, &[], after, 3).unwrap()
        };
        let first = page(UserId(0));
        assert_eq!(first.iter().map(|user| user.logon.as_str()).collect::<Vec<_>>(), ["x2", "x20", "x21"]);
        assert_eq!(page(first[2].id)[0].logon.as_str(), "x22");
    });
}

#[test]
fn usr_9_units_hold_people_and_devices_until_they_are_empty() {
    each_core(|store| {
        let a = store.unit_add(ROOT, "A", "").unwrap().unwrap();
        let a1 = store.unit_add(a, "A1", "").unwrap().unwrap();
        assert_eq!(store.unit_add(a, "a1", "").unwrap(), Err(UnitRefused::Exists));
        assert_eq!(store.unit_edit(a, Some(a1), None, None).unwrap(), Err(UnitRefused::Cycle));
        assert_eq!(store.units_add(&["/B", "/B/B1", "/C/C1"]).unwrap(), Err(UnitRefused::NotFound));
        assert_eq!(store.units_tree().unwrap().find("/B"), None, "nothing half done");
        assert_eq!(store.units_add(&["/B", "/B/B1"]).unwrap(), Ok(()));
        let ann = user(store, "ann");
        store.users_change(&[ann.id], |user| Ok::<_, ()>(User { unit: a1, ..user })).unwrap().unwrap();
        assert_eq!(store.unit_delete(a).unwrap(), Err(UnitRefused::HasUnits));
        assert_eq!(store.unit_delete(a1).unwrap(), Err(UnitRefused::HasUsers));
        assert_eq!(store.unit_delete(UnitId(99)).unwrap(), Err(UnitRefused::NotFound));
        assert_eq!(store.units_users().unwrap(), [(a1, 1)]);
        let within = store.users_find(&Query::default(), &[a1], UserId(0), 9).unwrap();
        assert_eq!(within.len(), 1);
        store.users_change(&[ann.id], |user| Ok::<_, ()>(User { unit: ROOT, ..user })).unwrap().unwrap();
        assert_eq!(store.unit_delete(a1).unwrap(), Ok(()));
        assert_eq!(store.unit_delete(a).unwrap(), Ok(()));
        assert_eq!(store.device_place(DeviceId(7)).unwrap(), DevicePlace::default());
    });
}

#[test]
fn usr_8_members_are_people_units_or_everybody() {
    each_core(|store| {
        let unit = store.unit_add(ROOT, "Sales", "").unwrap().unwrap();
        let below = store.unit_add(unit, "North", "").unwrap().unwrap();
        let (ann, bob) = (user(store, "ann"), user(store, "bob"));
        store.users_change(&[bob.id], |user| Ok::<_, ()>(User { unit: below, ..user })).unwrap().unwrap();
        let by_name = store.group_add(&group("names")).unwrap();
        let by_unit = store.group_add(&group("units")).unwrap();
        store.group_add(&Group { everybody: true, ..group("all") }).unwrap();
        let people = GroupMembers { users: vec![ann.id, ann.id], units: vec![] };
        assert_eq!(store.group_members_add(by_name, &people).unwrap(), 1);
        let units = GroupMembers { users: vec![], units: vec![unit] };
        assert_eq!(store.group_members_add(by_unit, &units).unwrap(), 1);
        let tree = store.units_tree().unwrap();
        let of = |user: &User, unit| -> Vec<String> {
            store.groups_of(user.id, unit, &tree).unwrap().into_iter().map(|group| group.name).collect()
        };
        assert_eq!(of(&ann, ROOT), ["all", "names"]);
        assert_eq!(of(&bob, below), ["all", "units"], "a unit includes those below it");
        assert_eq!(store.group_members_list(by_name).unwrap().0.len(), 1);
        assert_eq!(store.groups_list().unwrap().iter().map(|(_, p, u)| p + u).sum::<i64>(), 2);
        assert_eq!(store.group_members_remove(by_name, &people).unwrap(), 1);
        let renamed = Group { id: by_name, name: "ann".into(), ..group("names") };
        assert!(store.group_save(&renamed).unwrap_err().is_conflict_on("logon"));
        assert!(store.group_delete(by_name).unwrap() && !store.group_delete(by_name).unwrap());
    });
}

#[test]
fn usr_3_a_puk_is_open_once_and_spent_by_registering() {
    each_core(|store| {
        let ann = user(store, "ann");
        let pin = UserChanges { pin_hash: Some(Some(vec![1])), ..UserChanges::default() };
        store.user_edit(ann.id, &pin).unwrap();
        store.card_add(&card(ann.id, 1), 1).unwrap().unwrap();
        let all = PukEffect { clears_pin: true, removes_ids: true };
        let set =
            |hash: u8, effect| store.puk_set(ann.id, &[hash; 32], &[hash], |_| Ok::<_, ()>(effect)).unwrap();
        assert_eq!(set(7, all), Ok(all));
        let (user, secrets) = store.user_show(ann.id).unwrap().unwrap();
        assert!(user.has_puk && secrets.pin_hash.is_none() && store.cards_count(ann.id).unwrap() == 0);
        assert_eq!(store.puk_set(ann.id, &[9; 32], &[9], Err).unwrap(), Err(0));
        assert_eq!(store.puk_sealed(ann.id).unwrap(), Some(vec![7]));
        store.login_failed(Some(ann.id), None, 1).unwrap();
        let register = |puk: u8, code: u8| {
            let card = RegisterCard {
                by: Registrant::Puk(vec![puk; 32]),
                code_hash: vec![code; 32],
                code_sealed: vec![code],
                now: Timestamp(5),
            };
            let decide = |found: Option<(&User, i64)>, holder: Option<UserId>| match (found, holder) {
                (Some((user, 0)), None) => {
                    Ok(Registered { user: user.id, adds_id: true, sets_pin: true, ends: None })
                }
                _ => Err(()),
            };
            store.card_register(&card, decide, |id| Some(vec![u8::try_from(id.0).unwrap()])).unwrap()
        };
        assert_eq!(register(8, 2), Err(()));
        let user = register(7, 2).unwrap();
        assert!(!user.has_puk && user.has_pin && !user.prevent_login && user.failed_logins == 0);
        assert_eq!(store.card_holder(&[2; 32]).unwrap().unwrap().user.id, ann.id);
        assert_eq!(register(7, 3), Err(()), "it is spent");
        assert!(!store.puk_clear(ann.id).unwrap());
        // By login: an open PUK stays, and somebody who is gone registers nothing.
        set(6, PukEffect::default()).unwrap();
        let by = |user: UserId, code: u8| {
            let (by, now) = (Registrant::Person(user), Timestamp(5));
            let card = RegisterCard { by, code_hash: vec![code; 32], code_sealed: vec![code], now };
            let decide = |found: Option<(&User, i64)>, _| match found {
                Some((user, 1)) => {
                    Ok(Registered { user: user.id, adds_id: true, sets_pin: false, ends: Some(Timestamp(7)) })
                }
                _ => Err(()),
            };
            store.card_register(&card, decide, |_| unreachable!("the PIN stays")).unwrap()
        };
        assert_eq!(by(UserId(-5), 4), Err(()));
        let user = by(ann.id, 4).unwrap();
        assert!(user.has_puk && user.has_pin);
        let holder = store.card_holder(&[4; 32]).unwrap().unwrap();
        assert_eq!((holder.user.id, holder.ends), (ann.id, Some(Timestamp(7))));
    });
}

#[test]
fn usr_2_temporary_ids_end_and_remind_once() {
    each_core(|store| {
        let ann = user(store, "ann");
        let ending = |hash, ends| NewCard { ends: Some(Timestamp(ends)), ..card(ann.id, hash) };
        store.cards_add(&[card(ann.id, 1), ending(2, 100), ending(3, 200)]).unwrap();
        assert_eq!(store.ids_list(Some(true), 0, 9).unwrap().len(), 2);
        assert_eq!(store.ids_list(Some(false), 0, 9).unwrap().len(), 1);
        let due = store.ids_ending(Timestamp(50), Timestamp(150), 9).unwrap();
        assert_eq!(due.len(), 1);
        let remind = || store.id_reminded(CardId(due[0].id), 1).unwrap();
        assert!(remind() && !remind());
        assert_eq!(store.ids_expire(Timestamp(100)).unwrap(), 1);
        assert_eq!(store.cards_count(ann.id).unwrap(), 2);
        assert!(store.card_change(ann.id, &[3; 32], None, (None, None)).unwrap(), "made permanent");
        assert_eq!(store.ids_expire(Timestamp(1_000)).unwrap(), 0);
        let taken = store.card_change(ann.id, &[3; 32], Some((&[1; 32], &[1])), (None, None));
        assert!(taken.unwrap_err().is_conflict_on("code"));
    });
}

#[test]
fn sub_12_and_13_documents_are_shared_with_groups_and_delegates() {
    each_core(|store| {
        let (ann, bob, eve) = (user(store, "ann"), user(store, "bob"), user(store, "eve"));
        let sales = store.group_add(&group("sales")).unwrap();
        let members = GroupMembers { users: vec![ann.id, bob.id], units: vec![] };
        store.group_members_add(sales, &members).unwrap();
        let shared = |owner: UserId, name: &str, shares: Vec<Share>| {
            let new = NewJob { shares, ..job(owner.0, name) };
            let Arrived::New(id) = arrive(store, [new]).unwrap()[0] else { panic!("a new job") };
            id
        };
        let grouped = shared(ann.id, "1", vec![Share::Group(sales)]);
        let asked = shared(ann.id, "2", vec![Share::User(eve.id)]);
        let private = shared(ann.id, "3", vec![]);
        let tree = store.units_tree().unwrap();
        let seen = |user: &User, now: i64| -> Vec<JobId> {
            let shared = store.jobs_shared(user, &tree, Timestamp(now), 9).unwrap();
            shared.into_iter().map(|shared| shared.job.id).collect()
        };
        let standing = |job, user: &User| store.job_standing(job, user, &tree, Timestamp(1)).unwrap();
        assert_eq!(seen(&bob, 1), [grouped]);
        assert_eq!(seen(&ann, 1), [], "one's own are not shared with oneself");
        assert_eq!(standing(grouped, &bob), Some(Standing::Member { once: false }));
        assert_eq!(standing(grouped, &ann), Some(Standing::Owner));
        assert_eq!((standing(grouped, &eve), standing(private, &bob)), (None, None));
        assert_eq!(seen(&eve, 1), [], "nothing before both agree");
        let relation = Delegate {
            id: DelegateId(0),
            submitter: ann.id,
            collector: eve.id,
            always: false,
            ends: Some(Timestamp(100)),
            state: Agreement::AskedByCollector,
        };
        let add = |relation| store.delegate_add(relation, true, Timestamp(1)).unwrap();
        let id = add(relation).unwrap();
        assert_eq!(add(relation), Err(DelegateRefused::Exists));
        assert_eq!(store.delegate_answer(id, Some(eve.id), true).unwrap(), Err(DelegateRefused::NotAsked));
        assert!(store.delegate_answer(id, Some(ann.id), true).unwrap().is_ok());
        assert_eq!(seen(&eve, 1), [asked]);
        assert_eq!(seen(&eve, 100), [], "the relation has ended");
        store.delegate_edit(id, None, Some(true), Timestamp(1)).unwrap().unwrap();
        assert_eq!(seen(&eve, 1), [grouped, asked, private]);
        assert_eq!(standing(private, &eve), Some(Standing::Delegate));
        store.job_gone_for(grouped, bob.id).unwrap();
        assert_eq!(seen(&bob, 1), []);
        assert_eq!(standing(grouped, &bob), None);
        let early = store.delegate_edit(id, Some(Some(Timestamp(1))), None, Timestamp(1)).unwrap();
        assert_eq!(early, Err(DelegateRefused::EndsEarly));
        for (side, seen_by) in [(ann.id, 1), (eve.id, 1), (bob.id, 0)] {
            assert_eq!(store.delegates_list(Some(side)).unwrap().len(), seen_by);
        }
        assert_eq!(store.delegates_expire(Timestamp(100)).unwrap(), 1);
        assert!(store.delegate_show(id).unwrap().is_none());
    });
}

#[test]
fn usr_11_many_people_are_loaded_each_whole_or_not_at_all() {
    each_core(|store| {
        let ann = user(store, "ann");
        store.card_add(&card(ann.id, 1), 9).unwrap().unwrap();
        let sales = store.group_add(&group("sales")).unwrap();
        let new = |name: &str, codes: &[u8], aliases: &[&str]| BulkPerson {
            user: person(name, "CORP"),
            cards: codes.iter().map(|&code| card(UserId(0), code)).collect(),
            aliases: aliases.iter().map(|alias| logon(alias)).collect(),
            groups: vec![sales],
        };
        let people = [
            new("one", &[2, 3], &["uno"]),
            new("ONE", &[4], &[]),
            new("two", &[1], &[]),
            new("three", &[5], &["uno"]),
            new("four", &[6, 6], &[]),
            new("five", &[7], &["five"]),
            new("uno", &[8], &[]),
            new("six", &[], &[]),
        ];
        let answers = store.people_load(&people, |place, _| (place == 0).then(|| vec![1])).unwrap();
        let refused: Vec<Option<BulkRefused>> = answers.iter().map(|answer| answer.err()).collect();
        let (l, a, c) = (Some(BulkRefused::Logon), Some(BulkRefused::Alias), Some(BulkRefused::Card));
        assert_eq!(refused, [None, l, c, a, c, a, l, None]);
        let one = store.users_by_logon(&logon("uno")).unwrap().remove(0).0;
        assert!(one.has_pin && one.domain == "CORP");
        assert_eq!(store.cards_count(one.id).unwrap(), 2);
        assert_eq!(store.group_members_list(sales).unwrap().0.len(), 2);
        assert_eq!(store.users_list("", UserId(0), 99).unwrap().len(), 3);
    });
}

/// What SQLite does to answer `query`.
fn plan(store: &CoreStore, query: &str) -> Vec<String> {
    use diesel::RunQueryDsl as _;
    use diesel::sql_types::Text;
    #[derive(diesel::QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let steps = store.database().read("plan", |connection| match connection {
        crate::AnyConnection::Sqlite(connection) => {
            let steps = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load::<Step>(connection)?;
            Ok(steps.into_iter().map(|step| step.detail).collect())
        }
        crate::AnyConnection::Postgres(_) => Ok(Vec::new()),
    });
    steps.unwrap()
}

#[test]
fn whoever_comes_to_a_panel_or_prints_is_found_without_reading_a_whole_table() {
    each_core(|store| {
        for query in [
            "SELECT * FROM cards INNER JOIN users ON cards.user_id = users.id WHERE cards.code_hash = x'00'",
            "SELECT * FROM users WHERE logon_key = 'ann'",
            "SELECT * FROM aliases INNER JOIN users ON aliases.user_id = users.id WHERE aliases.name_key = 'ann'",
            "SELECT * FROM users WHERE puk_hash = x'00'",
            "SELECT * FROM users WHERE email <> '' AND lower(email) = 'ann@example.org' ORDER BY id LIMIT 2",
            "SELECT * FROM certificates WHERE fingerprint = x'00'",
            "SELECT * FROM tokens WHERE hash = x'00'",
            "SELECT count(*) FROM jobs WHERE owner_id = 1 AND state = 4",
            "SELECT * FROM delegates WHERE collector_id = 1",
            "SELECT at_us FROM statistics ORDER BY id DESC LIMIT 1",
        ] {
            for step in plan(store, query) {
                let by_order = step.starts_with("SCAN statistics") && query.contains("LIMIT 1");
                assert!(!step.starts_with("SCAN") || by_order, "{query}: {step}");
            }
        }
    });
}

#[test]
fn sub_2_certificates_are_found_by_fingerprint_and_people_by_address() {
    each_core(|store| {
        let ann = store.user_add(&NewUser { email: "Ann@Example.org".into(), ..person("ann", "") }).unwrap();
        let bob = store.user_add(&NewUser { email: "bob@example.org".into(), ..person("bob", "") }).unwrap();
        let row = |user, fingerprint: u8| CertificateRow {
            id: 0,
            user,
            fingerprint: vec![fingerprint; 32],
            subject: "CN=x".into(),
            created: Timestamp(1),
            starts: Timestamp(0),
            ends: Timestamp(9),
        };
        let id = store.certificate_add(&row(ann, 1), 2).unwrap().unwrap();
        assert_eq!(
            store.certificate_by_fingerprint(&[1; 32]).unwrap(),
            Some(CertificateRow { id, ..row(ann, 1) })
        );
        assert_eq!(store.certificate_by_fingerprint(&[2; 32]).unwrap(), None);
        assert!(store.certificate_add(&row(bob, 1), 2).is_err(), "it has one person");
        store.certificate_add(&row(ann, 2), 2).unwrap().unwrap();
        assert_eq!(store.certificate_add(&row(ann, 3), 2).unwrap(), None, "two are enough");
        assert_eq!(store.certificates_list(Some(ann)).unwrap().len(), 2);
        assert!(store.certificate_delete(id).unwrap() && !store.certificate_delete(id).unwrap());

        let found = |address: &str| -> Vec<UserId> {
            store.users_by_email(address).unwrap().into_iter().map(|user| user.id).collect()
        };
        assert_eq!(found("ann@example.ORG"), [ann]);
        assert_eq!(found(""), []);
        assert_eq!(found("eve@example.org"), []);
        assert!(store.user_delete(ann).unwrap());
        assert!(store.certificates_list(None).unwrap().is_empty(), "they go with their person");
    });
}
