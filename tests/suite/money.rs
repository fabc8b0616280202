//! What came out is what is paid: from a scheme on the command line to the last line of the statement.

use std::time::Duration;

use harness::ipp::Client;
use harness::mfp::{Mfp, session};
use harness::random::Random;
use harness::suite::Suite;
use harness::wait_for;
use serde_json::Value;
use storage::Location;
use storage::testing::postgres_location;

pub(crate) const CARD: &str = "04A1B2C3";

/// The guide's sample scheme.
const SCHEME: [&str; 9] = [
    "scheme",
    "add",
    "library",
    "--print-job",
    "0.20",
    "--print",
    "all=0.05,0.10,0.30",
    "--print",
    "A3=0.10,0.20,0.60",
];

pub(crate) fn suite() -> Suite {
    suite_with(&[])
}

/// The same on a PostgreSQL of the test's own; `None` where none is installed.
pub(crate) fn suite_on_postgres() -> Option<Suite> {
    let Some(Location::Postgres(url)) = postgres_location() else { return None };
    Some(suite_with(&[("PAPERGATE_COMMON_DATABASE_URL", &url)]))
}

fn suite_with(more: &[(&str, &str)]) -> Suite {
    let restless = [
        ("PAPERGATE_SUPERVISOR_RESTARTS_MAX", "1000000"),
        ("PAPERGATE_SUPERVISOR_BACKOFF_FIRST_MS", "10"),
        ("PAPERGATE_SUPERVISOR_BACKOFF_MAX_MS", "50"),
    ];
    let suite = Suite::start_with(&[&restless[..], more].concat());
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    let _ = suite.done(&SCHEME);
    suite
}

/// Pages of A4 with something on each, as PostScript.
pub(crate) fn document(title: &str, pages: usize, color: bool, duplex: bool) -> Vec<u8> {
    let mut text = format!("%!PS-Adobe-3.0\n%%Title: {title}\n%%EndComments\n");
    text += &format!("<< /PageSize [595 842] /Duplex {duplex} >> setpagedevice\n");
    for _ in 0..pages {
        text += if color { "1 0 0 setrgbcolor" } else { "0 setgray" };
        text += " 100 100 100 100 rectfill showpage\n";
    }
    text += "%%EOF\n";
    text.into_bytes()
}

fn print(suite: &Suite, title: &str, document: &[u8]) -> i64 {
    let mut client = Client::connect(suite.address(631), "/ipp/print/pull").expect("the suite listens");
    let answer = client.print_job("ann", title, "application/postscript", document).expect("an answer");
    let job = answer.job_id().unwrap_or_else(|| panic!("{answer:?}"));
    wait_for("the pages to be counted", || {
        let jobs = suite.json(&["jobs", "list"]);
        let counted = |listed: &&Value| listed["id"] == job && listed["count_status"] == "ok";
        jobs.as_array().expect("a list").iter().find(counted).map(|_| ())
    });
    job
}

pub(crate) fn pays(suite: &Suite, amount: &str) {
    let _ = suite.done(&["charging", "user", "ann", "--cost-control", "pay"]);
    let _ = suite.done(&["account", "deposit", "ann", amount]);
}

/// Balance on account 1 and what is reserved, once nothing is on its way to the money server any more.
pub(crate) fn account(suite: &Suite) -> (String, String) {
    wait_for("the money server to have heard everything", || {
        let on_its_way =
            |row: &Value| ["printing", "settling", "voiding"].iter().any(|state| row["state"] == *state);
        let said = suite.papergate(&["account", "unfinished", "--json"]);
        (said.code == 0 && !said.json().as_array().expect("a list").iter().any(on_its_way)).then_some(())
    });
    let purse = suite.json(&["account", "show", "ann"]);
    let text = |field: &str| purse[field].as_str().expect("an amount").to_owned();
    (text("account_1"), text("reserved"))
}

pub(crate) fn records(suite: &Suite, count: usize) -> Vec<Value> {
    wait_for("the tracking records", || {
        let said = suite.papergate(&["tracking", "list", "--json"]);
        let records = (said.code == 0).then(|| said.json().as_array().expect("a list").clone())?;
        (records.len() >= count).then_some(records)
    })
}

pub(crate) fn of<'a>(events: &'a [Value], event: &str) -> Vec<&'a Value> {
    events.iter().filter(|told| told["event"] == event).collect()
}

pub(crate) fn books_are_right(suite: &Suite) {
    let proof = suite.json(&["money", "verify"]);
    assert_eq!(proof["ok"], true, "{proof}");
}

/// CHG-1, PAY-4, PAY-6.
#[test]
fn the_guides_example_costs_1_85_from_the_scheme_to_the_tracking_record() {
    let suite = suite();
    let _ = suite.done(&["scheme", "add", "cost", "--print", "A4=0.01,0.02,0.03"]);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let device = suite.json(&["charging", "device", "mfp", "--scheme-1", "library", "--scheme-2", "cost"]);
    assert_eq!((&device["scheme_1"], &device["scheme_2"]), (&"library".into(), &"cost".into()));
    pays(&suite, "5.00");
    let job = print(&suite, "example", &document("example", 5, true, true));

    let (said, events) = mfp.session(&suite, &["--card", CARD, "--list", "--print", &job.to_string()]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(of(&events, "login")[0]["balance"], "5.00", "{events:?}");
    assert_eq!(of(&events, "document")[0]["price"], "1.85", "{events:?}");
    assert_eq!(account(&suite), ("3.15".to_owned(), "0.00".to_owned()));
    let record = &records(&suite, 1)[0];
    assert_eq!(
        (&record["price"], &record["pages"], &record["sheets"]),
        (&"1.85".into(), &5.into(), &3.into())
    );
    let exported = suite.papergate(&["tracking", "export", "--format", "json"]).json();
    assert_eq!(exported[0]["AccountingModelUsed"], "PAY_AND_PRINT", "{exported}");
    assert_eq!(exported[0]["JobPrice2"].to_string().trim_matches('"'), "0.18", "{exported}");
    let statement = suite.json(&["account", "statement", "ann"]);
    assert_eq!(statement[0]["account_1"], "-1.85", "{statement}");
    assert_eq!(statement[0]["comment"], "example", "{statement}");

    // What a cashier sees.
    let card = suite.path("card");
    std::fs::write(&card, format!("{CARD}\n")).expect("a file");
    let found = suite.json(&["account", "find", "--card-file", card.to_str().expect("a path")]);
    assert_eq!((&found[0]["logon"], &found[0]["account_1"]), (&"ann".into(), &"3.15".into()), "{found}");
    assert_eq!(suite.json(&["account", "find", "ANN"])[0]["logon"], "ann");
    assert_eq!(suite.json(&["account", "find", "nobody"]).as_array().map(Vec::len), Some(0));
    let status = suite.json(&["account", "status"]);
    assert_eq!((&status["credits"], &status["reserved"]), (&"3.15".into(), &"0.00".into()), "{status}");
    let flow = suite.json(&["account", "cash-flow", "--account", "1", "--personal"]);
    assert_eq!((&flow[0]["kind"], &flow[0]["account_1"]), (&"deposit".into(), &"5.00".into()), "{flow}");
    assert_eq!(suite.json(&["account", "cash-flow", "--to", "2020-01-01"]).as_array().map(Vec::len), Some(0));
    let wrong = ["-5", "0", "1e3", "99999999999999999", "5.00001"];
    for amount in wrong {
        let said = suite.papergate(&["account", "deposit", "ann", amount]);
        assert!(said.code == 1 || said.code == 2, "{amount}: {said:?}");
    }
    let said = suite.papergate(&["account", "withdraw", "ann", "3.16"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stderr.contains("(80)"), "{said:?}");
    let said = suite.papergate(&["account", "deposit", "nobody", "1.00"]);
    assert_eq!(said.code, 1, "{said:?}");
    let said = suite.papergate(&["scheme", "add", "bad", "--print", "A4=-0.01,0,0"]);
    assert_ne!(said.code, 0, "{said:?}");
    assert_eq!(account(&suite).0, "3.15");

    // A scheme that is deleted charges nothing (guide, "Delete a charging scheme").
    let _ = suite.done(&["scheme", "delete", "library"]);
    let job = print(&suite, "free", &document("free", 2, false, false));
    let (said, _) = mfp.session(&suite, &["--card", CARD, "--print", &job.to_string()]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(account(&suite).0, "3.15");
    books_are_right(&suite);
}

/// PAY-2, CHG-2.
#[test]
fn a_document_that_cannot_be_paid_is_refused_by_name_and_held() {
    let suite = suite();
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let _ = suite.done(&["charging", "device", "mfp", "--scheme-1", "library"]);
    let _ = suite.done(&["charging", "user", "ann", "--cost-control", "pay"]);
    let job = print(&suite, "dear", &document("dear", 5, true, true)).to_string();
    let status = |arguments: &[&str]| {
        let (said, events) = mfp.session(&suite, arguments);
        assert_ne!(said.code, 0, "{events:?}");
        let told = events.iter().find_map(|event| event["status"].as_i64().filter(|status| *status != 0));
        told.unwrap_or_else(|| panic!("no status: {said:?} {events:?}"))
    };
    let collect = ["--card", CARD, "--print", &job];

    // 158 before 80: a device without Pay lets nobody in who pays.
    let _ = suite.done(&["charging", "device", "mfp", "--features", "tracking"]);
    assert_eq!(status(&collect), 158);
    let _ = suite.done(&["charging", "device", "mfp", "--features", "pay"]);
    // The balance has to exceed the low limit to log in.
    assert_eq!(status(&collect), 80);
    let _ = suite.done(&["account", "deposit", "ann", "1.84"]);
    let _ = suite.done(&["account", "low-limit", "ann", "1.84"]);
    assert_eq!(status(&collect), 80);
    // It does, and the document costs more.
    let _ = suite.done(&["account", "low-limit", "ann", "0"]);
    assert_eq!(status(&collect), 80);
    assert_eq!(account(&suite), ("1.84".to_owned(), "0.00".to_owned()));
    // A scheme without a price for the paper: no price, no money moved.
    let _ = suite.done(&["scheme", "edit", "library", "--print", "A4=-", "--print", "Other=-"]);
    assert_eq!(status(&collect), 224);
    assert_eq!(account(&suite), ("1.84".to_owned(), "0.00".to_owned()));
    assert_eq!(suite.json(&["jobs", "list"])[0]["state"], "held");
    let _ = suite.done(&["scheme", "edit", "library", "--print", "A4=0.05,0.10,0.2980"]);
    let (said, _) = mfp.session(&suite, &collect);
    assert_eq!(said.code, 0, "1.84 is exactly enough: {said:?}");
    assert_eq!(account(&suite).0, "0.00");
    // What a Pay user prints where they are let in without Pay costs nothing.
    let _ = suite.done(&["charging", "device", "mfp", "--features", "tracking", "--allow-pay-user", "true"]);
    let job = print(&suite, "guest", &document("guest", 1, false, false)).to_string();
    let (said, _) = mfp.session(&suite, &["--card", CARD, "--print", &job]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(account(&suite), ("0.00".to_owned(), "0.00".to_owned()));
    books_are_right(&suite);
}

/// A device of one kind, which jams after the third page.
struct Jamming {
    name: &'static str,
    /// `None` for one that prints through its own session.
    address: Option<String>,
    arguments: Vec<String>,
    snmp_port: Option<u16>,
}

fn kinds(suite: &Suite) -> [Jamming; 3] {
    let (ipp, snmp, raw) = (suite.ports.spare(3), suite.ports.spare(4), suite.ports.spare(5));
    [
        Jamming {
            name: "ipp",
            address: Some(format!("ipp://127.0.0.1:{ipp}/ipp/print")),
            arguments: vec!["--ipp-port".to_owned(), ipp.to_string()],
            snmp_port: None,
        },
        Jamming {
            name: "raw",
            address: Some(format!("raw://127.0.0.1:{raw}")),
            arguments: vec!["--snmp-port".to_owned(), snmp.to_string()],
            snmp_port: Some(snmp),
        },
        Jamming { name: "session", address: None, arguments: Vec::new(), snmp_port: None },
    ]
}

impl Jamming {
    fn start(&self, suite: &Suite, fault: Option<&str>) -> Mfp {
        let port = suite.ports.spare(if self.name == "raw" { 5 } else { 6 });
        let mut arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        if let Some(fault) = fault {
            arguments.extend(["--fault", fault]);
        }
        let before = self.connections(suite);
        let mfp = Mfp::serve(suite, self.name, port, &arguments);
        wait_for("the server to know the device", || (self.connections(suite) > before).then_some(()));
        mfp
    }

    /// Times that the device's own session was opened.
    fn connections(&self, suite: &Suite) -> usize {
        let log = std::fs::read_to_string(suite.path(&format!("{}.log", self.name))).unwrap_or_default();
        log.matches("the server knows this device").count()
    }
}

/// PAY-2, TRK-4, PAY-8, DEV-12.
#[test]
fn a_jam_after_three_of_ten_pages_costs_three_or_nothing_as_the_setting_says() {
    let suite = suite();
    let _ = suite.done(&["settings", "set", "charging.post-tracking", "on"]);
    pays(&suite, "100.00");
    for device in kinds(&suite) {
        let name = device.name;
        let address = device.address.iter().flat_map(|address| ["--address", address]);
        let _ = suite.done(&["device", "add", name].into_iter().chain(address).collect::<Vec<_>>());
        let _ = suite.done(&["charging", "device", name, "--scheme-1", "library"]);
        if let Some(port) = device.snmp_port {
            let _ = suite.done(&["charging", "device", name, "--snmp-port", &port.to_string()]);
        }
        let _ = suite.done(&["account", "set", "ann", "10.00"]);
        let before = suite.json(&["tracking", "list"]).as_array().expect("a list").len();
        let job = print(&suite, name, &document(name, 10, false, false)).to_string();
        let collect = ["--card", CARD, "--list", "--print", &job];

        // Not charged, and held.
        let _ = suite.done(&["settings", "set", "charging.on-failure", "release"]);
        let jammed = device.start(&suite, Some("jam-page@3"));
        let (said, events) = session(&suite, name, &collect);
        assert_ne!(said.code, 0, "{name}: {events:?}");
        assert_eq!(account(&suite), ("10.00".to_owned(), "0.00".to_owned()), "{name}");
        assert_eq!(suite.json(&["tracking", "list"]).as_array().expect("a list").len(), before, "{name}");

        // Kept until a person decides.
        let _ = suite.done(&["settings", "set", "charging.on-failure", "keep"]);
        let (said, _) = session(&suite, name, &collect);
        assert_ne!(said.code, 0, "{name}");
        assert_eq!(account(&suite), ("10.00".to_owned(), "1.70".to_owned()), "{name}");
        let unfinished = suite.json(&["account", "unfinished"]);
        assert_eq!((&unfinished[0]["state"], &unfinished[0]["device"]), (&"kept".into(), &name.into()));
        let id = unfinished[0]["id"].as_str().expect("an id").to_owned();
        let _ = suite.done(&["account", "resolve", &id, "--give-back"]);
        assert_eq!(account(&suite), ("10.00".to_owned(), "0.00".to_owned()), "{name}");

        // Charged for three, and held for the rest.
        let _ = suite.done(&["settings", "set", "charging.on-failure", "charge"]);
        let (said, _) = session(&suite, name, &collect);
        assert_ne!(said.code, 0, "{name}");
        assert_eq!(account(&suite), ("9.35".to_owned(), "0.00".to_owned()), "{name}: 0.20 + 3 x 0.15");
        drop(jammed);
        let records = self::records(&suite, before + 1);
        let record = records.last().expect("a record");
        assert_eq!((&record["pages"], &record["price"]), (&3.into(), &"0.65".into()), "{name}: {record}");
        assert_eq!(record["interrupted"], true, "{name}: {record}");
        let held = suite.json(&["jobs", "list"]);
        assert_eq!((&held[0]["id"].to_string(), &held[0]["state"]), (&job, &"held".into()), "{name}: {held}");

        // The rest costs the rest.
        let well = device.start(&suite, None);
        let (said, events) = session(&suite, name, &collect);
        assert_eq!(said.code, 0, "{name}: {said:?} {events:?}");
        assert_eq!(of(&events, "document")[0]["price"], "1.05", "{name}: {events:?}");
        assert_eq!(account(&suite), ("8.30".to_owned(), "0.00".to_owned()), "{name}: 1.70 in all");
        let records = self::records(&suite, before + 2);
        let record = records.last().expect("a record");
        assert_eq!((&record["pages"], &record["price"]), (&7.into(), &"1.05".into()), "{name}: {record}");
        drop(well);
    }
    books_are_right(&suite);
}

#[test]
fn whatever_dies_while_people_pay_each_document_is_paid_once() {
    const DOCUMENTS: usize = 24;
    let mut random = Random::from_environment("money");
    let suite = suite();
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let _ = suite.done(&["charging", "device", "mfp", "--scheme-1", "library"]);
    pays(&suite, "100.00");
    for n in 0..DOCUMENTS {
        let _ = print(&suite, &format!("paid {n}"), &document(&format!("paid {n}"), 1, false, false));
    }
    let held = |suite: &Suite| {
        let said = suite.papergate(&["jobs", "list", "--json"]);
        let jobs = (said.code == 0).then(|| said.json())?;
        let held = jobs.as_array()?.iter().filter(|job| job["state"] == "held");
        Some(held.map(|job| job["id"].to_string()).collect::<Vec<_>>())
    };
    for _ in 0..30 {
        let Some(jobs) = held(&suite) else { continue };
        if jobs.is_empty() {
            break;
        }
        std::thread::scope(|scope| {
            let (mfp, suite) = (&mfp, &suite);
            scope.spawn(move || {
                for job in jobs.iter().take(3) {
                    let _ = mfp.session(suite, &["--card", CARD, "--print", job]);
                }
            });
            std::thread::sleep(Duration::from_millis(random.below(60)));
            let victim: &str =
                random.choose::<&str>(&["jobserver", "moneyserver", "moneyserver", "trackingserver"]);
            suite.kill(victim);
        });
    }
    wait_for("everything to be collected", || {
        let _ = mfp.session(&suite, &["--card", CARD, "--print-all"]);
        held(&suite)?.is_empty().then_some(())
    });
    // 0.20 + 0.05 + 0.10 each; what was printed in the moment of a crash and held again is not paid twice.
    let records = records(&suite, DOCUMENTS);
    assert_eq!(records.len(), DOCUMENTS);
    assert!(records.iter().all(|record| record["price"] == "0.35"), "{records:?}");
    assert_eq!(account(&suite), ("91.60".to_owned(), "0.00".to_owned()));
    books_are_right(&suite);
}

/// A group's or a delegated document costs whoever collects it, at the price that person sees.
#[test]
fn who_collects_a_document_pays_for_it_and_sees_what_it_costs() {
    const BEN: &str = "05A1B2C3";
    let suite = suite();
    suite.person("ben", BEN);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let _ = suite.done(&["charging", "device", "mfp", "--scheme-1", "library"]);
    let _ = suite.done(&["group", "add", "lab", "--prints"]);
    let _ = suite.done(&["group", "join", "lab", "ann", "ben"]);
    let _ = suite.done(&["settings", "set", "delegates.enabled", "yes"]);
    let _ = suite.done(&["delegate", "add", "ann", "ben", "--always"]);
    for person in ["ann", "ben"] {
        let _ = suite.done(&["charging", "user", person, "--cost-control", "pay"]);
        let _ = suite.done(&["account", "deposit", person, "5.00"]);
    }
    let file = suite.path("shared.ps");
    std::fs::write(&file, document("shared", 1, false, false)).expect("a file");
    let file = file.to_str().expect("a path");
    let send = |user: &str, title: &str| {
        let said = suite.json(&["print", file, "--queue", "pull", "--user", user, "--title", title]);
        let job = said["job_id"].as_i64().expect("a job");
        wait_for("the pages to be counted", || {
            let jobs = suite.json(&["jobs", "list"]);
            let counted = |listed: &&Value| listed["id"] == job && listed["count_status"] == "ok";
            jobs.as_array().expect("a list").iter().find(counted).map(|_| ())
        });
        job.to_string()
    };
    let balance = |person: &str, amount: &str| {
        wait_for("the money server to have heard", || {
            let purse = suite.json(&["account", "show", person]);
            (purse["reserved"] == "0.00" && purse["account_1"] == amount).then_some(())
        });
    };
    // 0.20 + 0.05 + 0.10, from each member's own account.
    let group = send("lab", "for the lab");
    for card in [CARD, BEN] {
        let (said, events) = mfp.session(&suite, &["--card", card, "--list", "--print", &group]);
        assert_eq!(said.code, 0, "{said:?} {events:?}");
        assert_eq!(of(&events, "document")[0]["price"], "0.35", "{events:?}");
    }
    balance("ann", "4.65");
    balance("ben", "4.65");

    // Ben collects for Ann, and pays.
    let delegated = send("ann", "for ben");
    let (said, events) = mfp.session(&suite, &["--card", BEN, "--list", "--print", &delegated]);
    assert_eq!(said.code, 0, "{said:?} {events:?}");
    assert_eq!(of(&events, "document")[0]["price"], "0.35", "{events:?}");
    balance("ben", "4.30");
    balance("ann", "4.65");
    let record = self::records(&suite, 3).pop().expect("a record");
    assert_eq!(record["price"], "0.35", "{record}");

    // Who is not made to pay collects the same document for nothing.
    let _ = suite.done(&["charging", "user", "ben", "--cost-control", "tracking"]);
    let delegated = send("ann", "for ben again");
    let (said, events) = mfp.session(&suite, &["--card", BEN, "--list", "--print", &delegated]);
    assert_eq!(said.code, 0, "{said:?} {events:?}");
    assert!(of(&events, "document")[0].get("price").is_none_or(Value::is_null), "{events:?}");
    assert_eq!(suite.json(&["account", "show", "ann"])["account_1"], "4.65");
    books_are_right(&suite);
}

/// What makes no sense is refused, and no money moves.
#[test]
fn bad_input_is_refused_and_no_money_moves() {
    let suite = suite();
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let _ = suite.done(&["charging", "device", "mfp", "--scheme-1", "library"]);
    pays(&suite, "10.00");
    let before = suite.json(&["account", "show", "ann"]);
    let statement = suite.json(&["account", "statement", "ann"]);
    let huge = "1000000000.0001";
    let beyond = "99999999999999999999999999";
    let mut table: Vec<Vec<&str>> = Vec::new();
    for amount in ["-1", "0", huge, beyond, "1.00001", "1e3", "NaN", "ten", "", "0x10", "1,00", "+ 1", "٣"] {
        table.push(vec!["account", "deposit", "ann", amount]);
        table.push(vec!["account", "withdraw", "ann", amount]);
    }
    for amount in [huge, beyond, "1.00001", "inf", "--", ""] {
        table.push(vec!["account", "set", "ann", amount]);
        table.push(vec!["account", "low-limit", "ann", amount]);
    }
    table.extend([
        vec!["account", "reserve-free", "ann", "--keep=-1"],
        vec!["account", "deposit", "nobody", "1"],
        vec!["account", "withdraw", "nobody", "1"],
        vec!["account", "withdraw", "ann", "10.0001"],
        vec!["account", "deposit", "ann", "1", "--account", "3"],
        vec!["account", "deposit", "ann", "1", "--id", "an id with blanks"],
        vec!["account", "deposit", "", "1"],
        vec!["account", "resolve", "no-such-reservation", "--charge", "1"],
        vec!["account", "resolve", "no-such-reservation", "--charge=-1"],
        vec!["account", "show", "nobody"],
        vec!["account", "statement", "nobody"],
        vec!["scheme", "add", "bad", "--print", "A4=-0.01,0,0"],
        vec!["scheme", "add", "bad", "--print", "A9=0.01,0,0"],
        vec!["scheme", "add", "bad", "--print", "A4=1,2"],
        vec!["scheme", "add", "bad", "--print-job=-1"],
        vec!["scheme", "add", "bad", "--fax", "1,-2"],
        vec!["scheme", "add", "bad", "--print-job", beyond],
        vec![
            "credit",
            "add",
            "bad",
            "--group",
            "nobody",
            "--add",
            "1",
            "--account",
            "1",
            "--start",
            "2099-01-01",
        ],
        vec!["tracking", "report", "--user", "ann", "--device", "d", "--pages", "-1"],
        vec!["tracking", "report", "--user", "ann", "--device", "d", "--pages", "1", "--price", "-1"],
    ]);
    for arguments in &table {
        let said = suite.papergate(arguments);
        assert!(said.code == 1 || said.code == 2, "{arguments:?}: {said:?}");
        assert!(!said.stderr.trim().is_empty(), "{arguments:?} says why");
    }
    assert_eq!(suite.json(&["account", "show", "ann"]), before);
    assert_eq!(suite.json(&["account", "statement", "ann"]), statement);
    assert_eq!(suite.json(&["account", "list"]).as_array().map(Vec::len), Some(1), "nobody got accounts");
    assert_eq!(suite.json(&["scheme", "list"]).as_array().map(Vec::len), Some(1));
    assert_eq!(suite.json(&["tracking", "list"]).as_array().map(Vec::len), Some(0));

    // A scheme without a price for the paper, and none for others: no price, nothing printed, nothing moved.
    let _ = suite.done(&["scheme", "edit", "library", "--print", "A4=-", "--print", "Other=-"]);
    let job = print(&suite, "unpriced", &document("unpriced", 1, false, false)).to_string();
    let (said, events) = mfp.session(&suite, &["--card", CARD, "--print", &job]);
    assert_ne!(said.code, 0, "{events:?}");
    assert_eq!(account(&suite), ("10.00".to_owned(), "0.00".to_owned()));
    assert_eq!(mfp.printed().len(), 0);
    books_are_right(&suite);
}
