//! Money or tracking away: what people are treated as then is what the settings say, the event log says so, and nothing that
//! is known is lost. Documents that do not come out are told to the administrator.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use harness::ipp::Client;
use harness::mfp::Mfp;
use harness::suite::Suite;
use harness::wait_for;
use serde_json::Value;

const CARD: &str = "04A1B2C3";
const TRACKED: &str = "05A1B2C3";

/// A suite whose dead servers stay dead until it is started again.
fn suite() -> (Suite, Mfp) {
    let suite = Suite::start_with(&[
        ("PAPERGATE_SUPERVISOR_BACKOFF_FIRST_MS", "3600000"),
        ("PAPERGATE_SUPERVISOR_BACKOFF_MAX_MS", "3600000"),
    ]);
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    suite.person("tom", TRACKED);
    let _ = suite.done(&["scheme", "add", "library", "--print", "all=0.05,0.10,0.30"]);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let _ = suite.done(&["charging", "device", "mfp", "--scheme-1", "library"]);
    let _ = suite.done(&["charging", "user", "ann", "--cost-control", "pay"]);
    let _ = suite.done(&["account", "deposit", "ann", "10.00"]);
    (suite, mfp)
}

fn set(suite: &Suite, key: &str, value: &str) {
    let _ = suite.done(&["settings", "set", key, value]);
}

/// A document of one page, held for its owner.
fn held(suite: &Suite, owner: &str, title: &str) -> String {
    let text = format!("%!PS-Adobe-3.0\n%%Title: {title}\n0 setgray 9 9 9 9 rectfill showpage\n%%EOF\n");
    let mut client = Client::connect(suite.address(631), "/ipp/print/pull").expect("the suite listens");
    let answer = client.print_job(owner, title, "application/postscript", text.as_bytes());
    let answer = answer.expect("an answer");
    let job = answer.job_id().unwrap_or_else(|| panic!("{answer:?}"));
    wait_for("the pages to be counted", || {
        let jobs = suite.json(&["jobs", "list"]);
        let counted = |listed: &&Value| listed["id"] == job && listed["count_status"] == "ok";
        jobs.as_array().expect("a list").iter().find(counted).map(|_| ())
    });
    job.to_string()
}

/// The status a panel is told when a person cannot log in or print; 0 when all went well.
fn status(suite: &Suite, mfp: &Mfp, arguments: &[&str]) -> i64 {
    let (said, events) = mfp.session(suite, arguments);
    if said.code == 0 {
        return 0;
    }
    let told = events.iter().find_map(|event| event["status"].as_i64().filter(|status| *status != 0));
    told.unwrap_or_else(|| panic!("no status: {said:?} {events:?}"))
}

fn events(suite: &Suite, code: &str) -> Vec<Value> {
    let told = suite.json(&["events", "list", "--limit", "0", "--code", code]);
    told.as_array().expect("a list").clone()
}

fn gone(suite: &Suite, server: &str) {
    assert!(suite.kill(server), "{server} ran");
    wait_for("it to be gone", || suite.processes().iter().all(|(name, _)| name != server).then_some(()));
}

fn again(suite: &mut Suite) {
    assert_eq!(suite.stop(), 0);
    suite.up();
}

fn titles(suite: &Suite) -> Vec<String> {
    let listed = suite.json(&["tracking", "list"]);
    let title = |row: &Value| row["job_name"].as_str().unwrap_or_default().to_owned();
    listed.as_array().expect("a list").iter().map(title).collect()
}

#[test]
fn pay_7_who_pays_becomes_who_is_tracked_and_then_nobody_as_the_settings_say() {
    let (mut suite, mfp) = suite();
    let documents: Vec<String> =
        ["one", "two", "three"].iter().map(|title| held(&suite, "ann", title)).collect();
    gone(&suite, "moneyserver");

    // By default nobody who pays gets in; who is tracked does.
    assert_eq!(status(&suite, &mfp, &["--card", CARD, "--list"]), 11);
    assert_eq!(status(&suite, &mfp, &["--card", TRACKED, "--list"]), 0);
    assert_eq!(events(&suite, "money-server-away").len(), 0);

    // Allowed to be away: treated as a tracking user, told once.
    set(&suite, "charging.money-away", "allow");
    assert_eq!(status(&suite, &mfp, &["--card", CARD, "--print", &documents[0]]), 0);
    assert_eq!(status(&suite, &mfp, &["--card", CARD, "--list"]), 0);
    let told = events(&suite, "money-server-away");
    assert_eq!(
        (told.len(), &told[0]["severity"], &told[0]["user"]),
        (1, &2.into(), &"ann".into()),
        "{told:?}"
    );
    wait_for("the record", || titles(&suite).contains(&"one".to_owned()).then_some(()));

    // Tracking away too: by default records wait; refused, nobody who would be tracked gets in.
    gone(&suite, "trackingserver");
    set(&suite, "charging.tracking-away", "refuse");
    assert_eq!(status(&suite, &mfp, &["--card", CARD, "--list"]), 1);
    assert_eq!(status(&suite, &mfp, &["--card", TRACKED, "--list"]), 1);
    // Allowed: a no-cost user, of whom nothing is written down.
    set(&suite, "charging.tracking-away", "allow");
    assert_eq!(status(&suite, &mfp, &["--card", CARD, "--print", &documents[1]]), 0);
    // Kept: the record waits.
    set(&suite, "charging.tracking-away", "keep");
    assert_eq!(status(&suite, &mfp, &["--card", CARD, "--print", &documents[2]]), 0);
    assert_eq!(mfp.printed().len(), 3);

    again(&mut suite);
    assert_eq!(status(&suite, &mfp, &["--card", CARD, "--list"]), 0);
    // The job server was away itself meanwhile, and tells the return all the same, once.
    assert_eq!(status(&suite, &mfp, &["--card", CARD, "--list"]), 0);
    let told = events(&suite, "money-server-back");
    assert_eq!((told.len(), &told[0]["severity"]), (1, &5.into()), "{told:?}");
    wait_for("what waited", || titles(&suite).contains(&"three".to_owned()).then_some(()));
    assert_eq!(titles(&suite), ["one", "three"]);
    // Nobody was charged, and nothing is reserved.
    wait_for("the money server to have heard", || {
        let said = suite.papergate(&["account", "unfinished", "--json"]);
        (said.code == 0 && said.json().as_array().is_some_and(Vec::is_empty)).then_some(())
    });
    let purse = suite.json(&["account", "show", "ann"]);
    assert_eq!((&purse["account_1"], &purse["reserved"]), (&"10.00".into(), &"0.00".into()), "{purse}");
    assert_eq!(suite.json(&["money", "verify"])["ok"], true);
}

/// The end of the same absence is told too, when the job server lived through it.
#[test]
fn pay_7_the_first_login_after_the_money_server_is_back_is_told() {
    // Here the supervisor starts it again by itself, after a while.
    let suite = Suite::start_with(&[
        ("PAPERGATE_SUPERVISOR_BACKOFF_FIRST_MS", "3000"),
        ("PAPERGATE_SUPERVISOR_BACKOFF_MAX_MS", "3000"),
        ("PAPERGATE_SUPERVISOR_RESTARTS_MAX", "1000000"),
    ]);
    suite.person("ann", CARD);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let _ = suite.done(&["charging", "user", "ann", "--cost-control", "pay"]);
    let _ = suite.done(&["account", "deposit", "ann", "10.00"]);
    set(&suite, "charging.money-away", "allow");
    wait_for("somebody to log in while it is away", || {
        suite.kill("moneyserver");
        assert_eq!(status(&suite, &mfp, &["--card", CARD, "--list"]), 0);
        (!events(&suite, "money-server-away").is_empty()).then_some(())
    });
    wait_for("somebody to log in when it is back", || {
        assert_eq!(status(&suite, &mfp, &["--card", CARD, "--list"]), 0);
        (!events(&suite, "money-server-back").is_empty()).then_some(())
    });
    let told = events(&suite, "money-server-back");
    assert_eq!((told.len(), &told[0]["severity"]), (1, &5.into()), "{told:?}");
}

#[test]
fn sub_8_a_push_queue_prints_or_holds_while_the_tracking_server_is_away() {
    let (mut suite, mfp) = suite();
    for (name, when) in [("printing", "print"), ("holding", "hold"), ("as-set", "inherit")] {
        let _ = suite.done(&["queue", "add", name, "--kind", "push", "--device", "mfp", "--when-away", when]);
    }
    set(&suite, "push.when-tracking-away", "hold");
    let file = suite.path("page.ps");
    std::fs::write(&file, "%!PS-Adobe-3.0\n0 setgray 9 9 9 9 rectfill showpage\n%%EOF\n").expect("a file");
    let file = file.to_str().expect("a path");
    gone(&suite, "trackingserver");
    for queue in ["holding", "as-set", "printing"] {
        let _ = suite.done(&["print", file, "--queue", queue, "--user", "tom", "--title", queue]);
    }
    let waiting = |suite: &Suite| {
        let jobs = suite.json(&["jobs", "list"]);
        let mut names: Vec<String> = jobs
            .as_array()
            .expect("a list")
            .iter()
            .filter(|job| job["state"] == "held")
            .map(|job| job["queue"].as_str().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        names
    };
    wait_for("the one that prints", || (mfp.printed().len() == 1).then_some(()));
    wait_for("the others to wait", || (waiting(&suite) == ["as-set", "holding"]).then_some(()));
    again(&mut suite);
    wait_for("the others to come out", || (mfp.printed().len() == 3).then_some(()));
    wait_for("the records", || (titles(&suite).len() == 3).then_some(()));
}

/// The mail server of tests; ends with this value.
struct Sink {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    port: String,
}

impl Sink {
    /// `None` where the machine has no aiosmtpd; `make test` installs it.
    fn start() -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/jobserver/src/mail/sink.py");
        let there =
            Command::new("/usr/bin/python3").args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            eprintln!("skipped: python3-aiosmtpd is missing; make test installs it");
            return None;
        }
        let mut child = Command::new("/usr/bin/python3")
            .args(["-W", "ignore", script, "{}"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let first = lines.next().expect("the sink listens").expect("a line");
        let ports: Value = serde_json::from_str(&first).expect("its ports");
        Some(Self { port: ports["port"].to_string(), child, lines })
    }

    /// The next mail; waits for it.
    fn next(&mut self) -> Value {
        let line = self.lines.next().expect("a mail comes").expect("a line");
        serde_json::from_str(&line).expect("a mail")
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn pay_8_a_document_that_does_not_come_out_is_mailed_and_resolved_by_hand() {
    let Some(mut sink) = Sink::start() else { return };
    let suite = Suite::start();
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    let _ = suite.done(&["user", "edit", "ann", "--full-name", "Ann Example"]);
    let _ = suite.done(&["scheme", "add", "library", "--print", "all=0.05,0.10,0.30"]);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &["--fault", "jam@20"]);
    let _ = suite.done(&["device", "edit", "mfp", "--location", "second floor"]);
    let _ = suite.done(&["charging", "device", "mfp", "--scheme-1", "library"]);
    let _ = suite.done(&["charging", "user", "ann", "--cost-control", "pay"]);
    let _ = suite.done(&["account", "deposit", "ann", "10.00"]);
    for (key, value) in [
        ("mail.security", "none"),
        ("mail.from", "print@example.org"),
        ("mail.port", &sink.port.clone()),
        ("mail.server", "127.0.0.1"),
        ("mail.administrator", "boss@example.org"),
        ("charging.unfinished-mail", "on"),
        ("charging.on-failure", "keep"),
    ] {
        set(&suite, key, value);
    }
    let job = held(&suite, "ann", "thesis");
    assert_ne!(status(&suite, &mfp, &["--card", CARD, "--print", &job]), 0);
    let mail = sink.next();
    let text = mail["mail"].as_str().expect("a text");
    assert_eq!(mail["to"][0], "boss@example.org", "{mail}");
    for part in ["ann", "Ann Example", "thesis", "0.15", "mfp", "second floor"] {
        assert!(text.contains(part), "{part} in {text}");
    }

    // What was kept is resolved by hand, once.
    let unfinished = suite.json(&["account", "unfinished"]);
    assert_eq!((&unfinished[0]["state"], &unfinished[0]["reserved"]), (&"kept".into(), &"0.15".into()));
    let id = unfinished[0]["id"].as_str().expect("an id").to_owned();
    let said = suite.papergate(&["account", "resolve", &id, "--charge", "-1"]);
    assert_ne!(said.code, 0, "{said:?}");
    let _ = suite.done(&["account", "resolve", &id, "--charge", "0.10"]);
    wait_for("the charge", || {
        let purse = suite.json(&["account", "show", "ann"]);
        (purse["account_1"] == "9.90" && purse["reserved"] == "0.00").then_some(())
    });
    let said = suite.papergate(&["account", "resolve", &id, "--give-back"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(suite.json(&["account", "unfinished"]).as_array().map(Vec::len), Some(0));
    assert_eq!(suite.json(&["money", "verify"])["ok"], true);
}
