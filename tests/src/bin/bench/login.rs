//! Card login at a panel with 200,000 people and 200,000 held documents.

use domain::job::{Job, Reason, State};
use domain::{Logon, SubmissionId, Timestamp, UserId};
use harness::ipp::Client;
use harness::mfp;
use harness::suite::Suite;
use serde_json::Value;
use storage::Location;
use storage::core::{Arrival, CoreStore, NewJob};

use crate::Bench;
use crate::table::{Better, Row};

/// Documents of each person who has some.
const JOBS_EACH: usize = 10;
/// Rows of a transaction.
const BATCH: usize = 2_000;
const LOGINS: usize = 300;

pub(crate) fn run(bench: &mut Bench) {
    let mut suite = Suite::start_in(bench.directory(), &[]);
    suite.pull_queue("login");
    suite.done(&["device", "add", "panel", "--address", "raw://127.0.0.1:9"]);
    let file = suite.path("people.csv");
    std::fs::write(&file, people()).expect("a file in our directory");
    suite.done(&["user", "import", &file.to_string_lossy()]);
    // One document as they come, to make the others like it.
    let mut client = Client::connect(suite.address(631), "/ipp/print/login").expect("the suite listens");
    let answer = client
        .print_job("u0", "quarterly figures", "application/postscript", b"%!PS\nshowpage\n")
        .expect("an answer");
    let id = answer.job_id().unwrap_or_else(|| panic!("{answer:?}"));
    drop(client);
    assert_eq!(suite.stop(), 0);
    hold(&suite, id);
    suite.up();

    let mut times: Vec<f64> = (0..LOGINS).map(|number| login(&suite, (number * 7_919) % holders())).collect();
    times.sort_by(f64::total_cmp);
    for (what, ours) in [("median", times[LOGINS / 2]), ("p99", times[LOGINS * 99 / 100])] {
        bench.table.push(Row {
            what: format!("card login, {} people and held documents, {what}", crate::people_told()),
            unit: "ms",
            ours,
            peer: None,
            better: Better::Less,
            reach: 10.0,
        });
    }
}

/// The people as a file to import.
fn people() -> String {
    let head = "UserLogon,FullName,CardNo\n".to_owned();
    (0..crate::people())
        .fold(head, |text, number| text + &format!("u{number},Person {number},{}\n", card(number)))
}

fn card(number: usize) -> String {
    format!("{number:08}A")
}

/// People who have documents.
fn holders() -> usize {
    crate::people() / JOBS_EACH
}

/// Fills the store of the stopped suite with documents like job `id`. They have no files: nobody prints them.
fn hold(suite: &Suite, id: i64) {
    let location = Location::Sqlite(suite.data().join("db/core.sqlite"));
    let store = CoreStore::open(location).expect("the suite's store");
    let model = store.job_show(domain::JobId(id)).expect("the store answers").expect("the job");
    let owners: Vec<(UserId, String)> = (0..holders())
        .map(|number| {
            let logon = Logon::parse(&format!("u{number}")).expect("a logon");
            let found = store.users_by_logon(&logon).expect("the store answers");
            (found.first().expect("the person was imported").0.id, logon.to_string())
        })
        .collect();
    for first in (0..crate::people()).step_by(BATCH) {
        let arrivals: Vec<Arrival> = (first..first + BATCH)
            .map(|number| {
                let (owner, owner_logon) = owners[number / JOBS_EACH].clone();
                let job = Job {
                    owner,
                    owner_logon,
                    state: State::Held,
                    reason: Reason::HoldUntilSpecified,
                    document: None,
                    ..model.clone()
                };
                let submission = SubmissionId::parse(&format!("bench-{number}")).expect("a submission id");
                Arrival::Job(Box::new(NewJob { job, submission, shares: Vec::new() }))
            })
            .collect();
        store.jobs_arrive(&arrivals, Timestamp(1)).expect("the store takes them");
    }
}

/// Milliseconds from the card at the reader to the answer of the server.
fn login(suite: &Suite, number: usize) -> f64 {
    let (said, events) = mfp::session(suite, "panel", &["--card", &card(number), "--list"]);
    assert_eq!(said.code, 0, "{said:?}");
    let at = |name: &str| {
        let event = events.iter().find(|event| event["event"] == name);
        event.and_then(|event| event["t"].as_i64()).unwrap_or_else(|| panic!("no {name} in {events:?}"))
    };
    let documents = events.iter().filter(|event: &&Value| event["event"] == "document").count();
    assert!(documents >= JOBS_EACH, "{documents} documents");
    (at("login") - at("present")) as f64 / 1_000.0
}
