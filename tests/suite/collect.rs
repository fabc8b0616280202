//! What did not come out is held again and costs nothing; what came out is tracked exactly once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::ipp::Client;
use harness::mfp::{Mfp, session};
use harness::random::Random;
use harness::suite::Suite;
use harness::wait_for;

const CARD: &str = "04A1B2C3";

fn suite() -> Suite {
    let suite = Suite::start_restless(&[]);
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    suite
}

fn print(suite: &Suite, number: usize) -> i64 {
    let mut client = Client::connect(suite.address(631), "/ipp/print/pull").expect("the suite listens");
    let mut document =
        format!("%!PS-Adobe-3.0\n%%Title: {number}\n%%Pages: 1\n%%EndComments\n%%Page: 1 1\n").into_bytes();
    document.resize(300_000, b'%');
    document.extend_from_slice(b"\nshowpage\n%%EOF\n");
    let answer = client.print_job("ann", "story", "application/postscript", &document).expect("an answer");
    answer.job_id().unwrap_or_else(|| panic!("{answer:?}"))
}

#[test]
fn a_document_that_does_not_come_out_is_held_again_with_the_reason() {
    let suite = suite();
    let faults: [&[&str]; 4] = [
        &["--fault", "offline"],
        &["--fault", "refuse"],
        &["--fault", "jam@100000"],
        &["--fault", "drop@100000"],
    ];
    for (n, fault) in faults.into_iter().enumerate() {
        let job = print(&suite, n);
        let name = format!("mfp{n}");
        let port = suite.ports.spare(u16::try_from(n).expect("few"));
        suite.done(&["device", "add", &name, "--address", &format!("raw://127.0.0.1:{port}")]);
        // An offline printer has no listener to wait for.
        let mfp = (fault[1] != "offline").then(|| Mfp::serve(&suite, &name, port, fault));
        let (said, events) = session(&suite, &name, &["--card", CARD, "--print", &job.to_string()]);
        assert_ne!(said.code, 0, "{fault:?}: {said:?}");
        assert!(events.iter().any(|event| event["event"] == "failed"), "{fault:?}: {events:?}");
        let waiting = suite.held();
        assert_eq!(waiting.len(), 1, "{fault:?}: {waiting:?}");
        assert_eq!(waiting[0]["id"], job);
        assert!(
            !waiting[0]["state_message"].as_str().unwrap_or_default().is_empty(),
            "{fault:?}: {waiting:?}"
        );
        assert_eq!(suite.records().len(), n, "{fault:?} was tracked");
        drop(mfp);

        // At a printer that works it comes out, and is tracked once.
        let well = format!("well{n}");
        let mfp = Mfp::start(&suite, &well, suite.ports.spare(10 + u16::try_from(n).expect("few")), &[]);
        let (said, _) = mfp.session(&suite, &["--card", CARD, "--print", &job.to_string()]);
        assert_eq!(said.code, 0, "{said:?}");
        assert_eq!(mfp.printed().len(), 1);
        assert!(suite.held().is_empty());
        wait_for("the tracking record", || (suite.records().len() == n + 1).then_some(()));
    }
}

#[test]
fn two_panels_never_print_one_document_twice() {
    let suite = suite();
    let left = Mfp::start(&suite, "left", suite.ports.spare(0), &[]);
    let right = Mfp::start(&suite, "right", suite.ports.spare(1), &[]);
    for n in 0..20 {
        print(&suite, n);
    }
    std::thread::scope(|scope| {
        scope.spawn(|| left.session(&suite, &["--card", CARD, "--print-all"]));
        scope.spawn(|| right.session(&suite, &["--card", CARD, "--print-all"]));
    });
    // One of them may have come too late for some and refused them; nothing may be left after one more round.
    let _ = left.session(&suite, &["--card", CARD, "--print-all"]);
    assert!(suite.held().is_empty());
    assert_eq!(left.printed().len() + right.printed().len(), 20);
    wait_for("the tracking records", || (suite.records().len() >= 20).then_some(()));
    assert_eq!(suite.records().len(), 20);
}

#[test]
fn whatever_dies_while_people_collect_each_document_is_tracked_once() {
    const DOCUMENTS: usize = 60;
    let mut random = Random::from_environment("collect");
    let mut suite = suite();
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    for n in 0..DOCUMENTS {
        print(&suite, n);
    }
    let empty = AtomicBool::new(false);
    for _ in 0..40 {
        let jobs = suite.held();
        if jobs.is_empty() {
            break;
        }
        std::thread::scope(|scope| {
            // Three documents a visit, so that the kills fall into many visits.
            let some: Vec<String> =
                jobs.iter().take(3).map(|job| job["id"].as_i64().expect("an id").to_string()).collect();
            let (mfp, suite, empty) = (&mfp, &suite, &empty);
            scope.spawn(move || {
                for job in &some {
                    let _ = mfp.session(suite, &["--card", CARD, "--print", job]);
                }
                empty.store(true, Ordering::Relaxed);
            });
            std::thread::sleep(Duration::from_millis(random.below(40)));
            let victim: &str =
                random.choose::<&str>(&["jobserver", "jobserver", "trackingserver", "portserver"]);
            suite.kill(victim);
        });
        if random.below(8) == 0 {
            suite.kill_all();
            suite.up();
        }
        wait_for("the suite to answer again", || {
            (suite.papergate(&["jobs", "list"]).code == 0).then_some(())
        });
    }
    assert!(empty.load(Ordering::Relaxed));
    wait_for("everything to be collected", || {
        let _ = mfp.session(&suite, &["--card", CARD, "--print-all"]);
        (suite.papergate(&["jobs", "list"]).code == 0 && suite.held().is_empty()).then_some(())
    });
    let records = wait_for("the tracking records", || {
        // The tracking server may be between two lives.
        let said = suite.papergate(&["tracking", "export", "--format", "json"]);
        let records = (said.code == 0).then(|| said.json().as_array().expect("a list").clone())?;
        (records.len() >= DOCUMENTS).then_some(records)
    });
    let mut per_id = BTreeMap::new();
    for record in &records {
        *per_id.entry(record["TrackingID"].to_string()).or_insert(0) += 1;
    }
    assert!(per_id.values().all(|&count| count == 1), "a record is there twice");
    assert_eq!(records.len(), DOCUMENTS, "each document is tracked once");
    let titles: std::collections::BTreeSet<Vec<u8>> = mfp.printed().into_iter().collect();
    assert_eq!(titles.len(), DOCUMENTS, "each document came out");
}
