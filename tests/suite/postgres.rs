//! The whole suite on PostgreSQL: held, everything killed, collected, tracked once.

use harness::ipp::Client;
use harness::mfp::Mfp;
use harness::suite::Suite;
use harness::wait_for;
use storage::Location;
use storage::testing::postgres_location;

const CARD: &str = "04A1B2C3";
const DOCUMENTS: usize = 6;

#[test]
fn what_was_acknowledged_on_postgresql_survives_and_is_tracked_once() {
    let Some(Location::Postgres(url)) = postgres_location() else { return };
    let mut suite = Suite::start_restless(&[("PAPERGATE_COMMON_DATABASE_URL", &url)]);
    let embedded = suite.data().join("db/core.sqlite");
    assert!(!embedded.exists(), "the suite uses PostgreSQL, not {}", embedded.display());
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let document = |n: usize| format!("%!PS-Adobe-3.0\n%%Title: {n}\n%%Pages: 1\n%%EndComments\nshowpage\n");
    for n in 0..DOCUMENTS {
        // A client whose connection breaks tries again, as printing systems do; only an acknowledgement counts.
        wait_for("an acknowledgement", || {
            let mut client = Client::connect(suite.address(631), "/ipp/print/pull").ok()?;
            let document = document(n).into_bytes();
            client.print_job("ann", "story", "application/postscript", &document).ok()?.job_id()
        });
        match n {
            1 => assert!(suite.kill("jobserver")),
            3 => {
                suite.kill_all();
                suite.up();
            }
            _ => {}
        }
    }
    let held = || {
        let said = suite.papergate(&["jobs", "list", "--json"]);
        (said.code == 0).then(|| {
            let jobs = said.json();
            let jobs = jobs.as_array().expect("a list");
            jobs.iter().filter(|job| job["state"] == "held").count()
        })
    };
    assert!(wait_for("the listing", held) >= DOCUMENTS);
    wait_for("everything to be collected", || {
        let _ = mfp.session(&suite, &["--card", CARD, "--print-all"]);
        if held() == Some(3) {
            suite.kill("jobserver");
        }
        (held() == Some(0)).then_some(())
    });
    let printed: std::collections::BTreeSet<Vec<u8>> = mfp.printed().into_iter().collect();
    let sent: std::collections::BTreeSet<Vec<u8>> =
        (0..DOCUMENTS).map(|n| document(n).into_bytes()).collect();
    assert_eq!(printed, sent);
    let records = wait_for("the tracking records", || {
        let said = suite.papergate(&["tracking", "export", "--format", "json"]);
        let records = (said.code == 0).then(|| said.json().as_array().expect("a list").clone())?;
        (records.len() >= DOCUMENTS).then_some(records)
    });
    let ids: std::collections::BTreeSet<String> =
        records.iter().map(|record| record["TrackingID"].to_string()).collect();
    assert_eq!(ids.len(), records.len(), "a record is there twice");
}
