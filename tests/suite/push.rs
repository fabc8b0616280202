//! Push queues with CUPS as the client: people print with `lp`, and the paper comes out by itself.

use harness::cups::{Cups, Durability};
use harness::mfp::Mfp;
use harness::wait_for;
use serde_json::Value;

use super::money::{account, books_are_right, document, pays, records, suite};

/// SUB-6, SUB-4.
#[test]
fn lp_prints_to_a_push_queue_and_is_tracked_charged_and_refused_by_who_prints() {
    let suite = suite();
    let _ = suite.done(&["user", "add", "bob"]);
    let folder = tempfile::tempdir_in("/tmp").expect("a directory below /tmp");
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("our own directory");
    let Some(cups) = Cups::start(folder.path(), suite.ports.spare(0), Durability::Default) else {
        eprintln!("skipped: cupsd is missing; make test installs it");
        return;
    };
    let port = suite.ports.spare(1);
    // The queue makes its device.
    let address = format!("raw://127.0.0.1:{port}");
    let queue = ["queue", "add", "office", "--kind", "push", "--device", "floor", "--cost-code", "1009"];
    let made = ["--device-address", &address, "--device-location", "hall", "--driver-name", "Universal"];
    let _ = suite.done(&[&queue[..], &made].concat());
    // A printer like any other: it knows nothing of the server.
    let mfp = Mfp::serve(&suite, "floor", port, &["--alone"]);
    let _ = suite.done(&["charging", "device", "floor", "--scheme-1", "library"]);
    let uri = format!("ipp://{}/ipp/print/office", suite.address(631));
    cups.done("lpadmin", &["-p", "office", "-E", "-v", &uri, "-m", "raw"]);
    let lp = |logon: &str, title: &str| {
        let file = folder.path().join(format!("{title}.ps"));
        std::fs::write(&file, document(title, 2, false, false)).expect("a file");
        let file = file.to_str().expect("a path");
        cups.done("lp", &["-U", logon, "-d", "office", "-t", title, file])
    };

    // Bob is tracked: 0.20 + 2 x 0.15.
    let _ = lp("bob", "tracked");
    wait_for("the paper", || (mfp.printed().len() == 1).then_some(()));
    let record = records(&suite, 1).pop().expect("a record");
    assert_eq!((&record["user"], &record["price"]), (&"bob".into(), &"0.50".into()), "{record}");
    let exported = suite.papergate(&["tracking", "export", "--format", "json"]).json();
    assert_eq!(exported[0]["JobType"], "JOB_TYPE_PUSH", "{exported}");
    assert_eq!(
        (&exported[0]["UserCostCode"], &exported[0]["DriverName"], &exported[0]["DeviceLocation"]),
        (&"1009".into(), &"Universal".into(), &"hall".into()),
        "{exported}"
    );

    // Ann pays, and has nothing: her document is held with the reason, and nothing comes out.
    let _ = suite.done(&["charging", "user", "ann", "--cost-control", "pay"]);
    let _ = lp("ann", "unpaid");
    let job = |title: &str| -> Option<Value> {
        let jobs = suite.json(&["jobs", "list"]);
        jobs.as_array().expect("a list").iter().find(|job| job["name"] == title).cloned()
    };
    wait_for("the refusal", || {
        job("unpaid")
            .filter(|job| job["state_message"].as_str().is_some_and(|text| text.contains("0.50 are needed")))
    });
    let held = job("unpaid").expect("it is held");
    assert_eq!((&held["state"], &held["price"]), (&"held".into(), &"0.50".into()), "{held}");
    // Whoever asks by IPP is told too.
    let answer = ipp_price(&suite, &held["id"]);
    assert_eq!(answer.as_deref(), Some("0.50"));
    assert_eq!(mfp.printed().len(), 1);

    // With money it comes out, and is paid.
    pays(&suite, "2.00");
    let _ = lp("ann", "paid");
    wait_for("the paper", || (mfp.printed().len() == 2).then_some(()));
    let record = records(&suite, 2).pop().expect("a record");
    assert_eq!((&record["user"], &record["price"]), (&"ann".into(), &"0.50".into()), "{record}");
    assert_eq!(account(&suite), ("1.50".to_owned(), "0.00".to_owned()));
    books_are_right(&suite);
}

/// A device without an address is reached through the session that it keeps.
#[test]
fn a_device_that_prints_through_its_session_is_a_push_target() {
    let suite = suite();
    let _ = suite.done(&["device", "add", "own"]);
    let _ = suite.done(&["queue", "add", "office", "--kind", "push", "--device", "own"]);
    let mut client =
        harness::ipp::Client::connect(suite.address(631), "/ipp/print/office").expect("it listens");
    let answer = client.print_job("ann", "own", "application/postscript", &document("own", 1, false, false));
    let answer = answer.expect("an answer");
    assert!(answer.job_id().is_some(), "{answer:?}");
    wait_for("the document to wait for its printer", || {
        let jobs = suite.json(&["jobs", "list"]);
        jobs[0]["state_message"].as_str().is_some_and(|text| text.contains("not connected")).then_some(())
    });
    let mfp = Mfp::serve(&suite, "own", suite.ports.spare(0), &[]);
    wait_for("the paper", || (mfp.printed().len() == 1).then_some(()));
    let record = records(&suite, 1).pop().expect("a record");
    assert_eq!((&record["device"], &record["user"]), (&"own".into(), &"ann".into()), "{record}");
}

/// The price that Get-Job-Attributes tells the owner.
fn ipp_price(suite: &harness::suite::Suite, job: &Value) -> Option<String> {
    let id = i32::try_from(job.as_i64()?).ok()?.to_be_bytes();
    let mut client = harness::ipp::Client::connect(suite.address(631), "/ipp/print/office").ok()?;
    let answer = client.operation(0x0009, "ann", &[(0x21, "job-id", &id)]).ok()?;
    answer.value("papergate-price").map(str::to_owned)
}
