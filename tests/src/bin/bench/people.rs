//! A directory of 200,000 people with 400,000 cards, 5,000 groups and 2,000 organisational units: loading it, finding
//! one by card, and the first page of a search.

use std::fmt::Write as _;
use std::time::Instant;

use domain::people::find::Query;
use domain::people::group::{Group, GroupId};
use domain::people::unit::{ROOT, UnitId};
use domain::{Logon, Timestamp, UserId};
use harness::suite::Suite;
use storage::Location;
use storage::core::{BulkPerson, CoreStore, NewCard, NewUser};

use crate::Bench;
use crate::table::{Better, Row};
use crate::tap::median;

const GROUPS: usize = 5_000;
const UNITS: usize = 2_000;
/// People of a transaction, as the import sends them.
const BATCH: usize = 2_000;
const LOOKUPS: usize = 20_000;
const PAGE: i64 = 50;

pub(crate) fn run(bench: &mut Bench) {
    store(bench);
    suite(bench);
}

/// The store alone.
fn store(bench: &mut Bench) {
    let directory = bench.directory();
    let location = Location::Sqlite(directory.path().join("core.sqlite"));
    let store = CoreStore::open(location).expect("a fresh store");
    let (groups, units) = surroundings(&store);
    let started = Instant::now();
    let mut added = 0;
    for first in (0..crate::people()).step_by(BATCH) {
        let people: Vec<BulkPerson> =
            (first..first + BATCH).map(|number| person(number, &groups, &units)).collect();
        let answers = store.people_load(&people, |_, _| None).expect("the store takes them");
        added += answers.iter().filter(|answer| answer.is_ok()).count();
    }
    let rate = crate::people() as f64 / started.elapsed().as_secs_f64();
    assert_eq!(added, crate::people(), "everybody is added");
    absolute(bench, "loading people with two cards and a group, SQLite", "/s", rate, Better::More, 20_000.0);

    let mut times: Vec<f64> = (0..LOOKUPS)
        .map(|lookup| {
            let hash = code_hash((lookup * 7_919) % crate::people(), lookup % 2);
            let started = Instant::now();
            let holder = store.card_holder(&hash).expect("the store answers");
            let elapsed = started.elapsed().as_secs_f64() * 1_000.0;
            assert!(holder.is_some(), "every card has a holder");
            elapsed
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let p99 = times[LOOKUPS * 99 / 100];
    absolute(
        bench,
        &format!("finding one of {} by card, p99", crate::people_told()),
        "ms",
        p99,
        Better::Less,
        1.0,
    );

    let none = Query::default();
    let smiths = i64::try_from(crate::people() / 100).expect("a count");
    let searches = [
        ("a common name", Query { full_name: "smith".into(), ..none.clone() }, PAGE.min(smiths)),
        (
            "a rare one",
            Query { anywhere: format!("person number {} ", crate::people() - 1), ..none.clone() },
            1,
        ),
        ("nobody", Query { anywhere: "no such person".into(), ..none }, 0),
    ];
    for (what, query, expected) in searches {
        let elapsed = median(
            (0..5)
                .map(|_| {
                    let started = Instant::now();
                    let found = store.users_find(&query, &[], UserId(0), PAGE).expect("the store answers");
                    assert_eq!(i64::try_from(found.len()).expect("a page"), expected, "{what}");
                    started.elapsed().as_secs_f64() * 1_000.0
                })
                .collect(),
        );
        absolute(bench, &format!("first page of a search for {what}"), "ms", elapsed, Better::Less, 50.0);
    }
}

/// The whole way: command, call, checks, keyed hashes, store.
fn suite(bench: &mut Bench) {
    let directory = bench.directory();
    let file = directory.path().join("people.csv");
    let mut text = String::from("UserLogon,FullName,EMail,CardNo\n");
    for number in 0..crate::people() {
        writeln!(text, "u{number},Person {number},u{number}@example.com,{number:08}A|{number:08}B")
            .expect("a text grows");
    }
    std::fs::write(&file, text).expect("a file in our directory");
    let suite = Suite::start_in(bench.directory(), &[]);
    let started = Instant::now();
    suite.done(&["user", "import", &file.to_string_lossy()]);
    let rate = crate::people() as f64 / started.elapsed().as_secs_f64();
    absolute(bench, "papergate user import, whole command", "/s", rate, Better::More, 20_000.0);
    let known = crate::people() * 617 / 1_000;
    let found = suite.json(&["user", "find", "--code", &format!("{known:08}B")]);
    assert_eq!(found[0]["logon"], format!("u{known}"));
}

fn surroundings(store: &CoreStore) -> (Vec<GroupId>, Vec<UnitId>) {
    let group = |number: usize| Group {
        id: GroupId(0),
        name: format!("group {number}"),
        domain: String::new(),
        description: String::new(),
        prints: false,
        print_once: false,
        everybody: false,
    };
    let groups: Vec<Group> = (0..GROUPS).map(group).collect();
    let groups = store.groups_add(&groups).expect("the store takes groups");
    let mut paths = Vec::with_capacity(UNITS);
    for top in 0..UNITS / 50 {
        paths.push(format!("/Company {top}"));
        paths.extend((1..50).map(|below| format!("/Company {top}/Department {below}")));
    }
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    store.units_add(&paths).expect("the store takes units").expect("the paths are good");
    let units = store.units_tree().expect("the store answers").below(ROOT);
    (groups, units)
}

fn person(number: usize, groups: &[GroupId], units: &[UnitId]) -> BulkPerson {
    let name = if number.is_multiple_of(100) { "Smith" } else { "Jones" };
    let user = NewUser {
        full_name: format!("Person number {number} {name}"),
        email: format!("u{number}@example.com"),
        unit: units[number % units.len()],
        ..NewUser::named(Logon::parse(&format!("u{number}")).expect("a logon"), "CORP", Timestamp(1))
    };
    let card = |which| NewCard {
        user: UserId(0),
        code_hash: code_hash(number, which),
        code_sealed: vec![0; 40],
        starts: None,
        ends: None,
        created: Timestamp(1),
    };
    let groups = vec![groups[number % groups.len()]];
    BulkPerson { user, cards: vec![card(0), card(1)], aliases: vec![], groups }
}

/// 32 bytes that are spread like a keyed hash (SplitMix64).
fn code_hash(number: usize, which: usize) -> Vec<u8> {
    let mut state = (number * 2 + which) as u64;
    (0..4)
        .flat_map(|_| {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (mixed ^ (mixed >> 31)).to_be_bytes()
        })
        .collect()
}

fn absolute(bench: &mut Bench, what: &str, unit: &'static str, ours: f64, better: Better, reach: f64) {
    bench.table.push(Row { what: what.to_owned(), unit, ours, peer: None, better, reach });
}
