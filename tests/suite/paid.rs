//! Who pays what: members of a group one by one, people who agree to a price first; and toner in the records.

use std::process::Command;

use harness::ipp::Client;
use harness::mfp::{Mfp, session};
use harness::suite::Suite;
use harness::{tool, wait_for};
use serde_json::Value;

use super::money::{CARD, account, books_are_right, document, of, pays, records, suite, suite_on_postgres};

const BEN: &str = "05A1B2C3";

fn balance(suite: &Suite, person: &str, amount: &str) {
    wait_for("the money server to have heard", || {
        let purse = suite.json(&["account", "show", person]);
        (purse["reserved"] == "0.00" && purse["account_1"] == amount).then_some(())
    });
}

fn job(suite: &Suite, title: &str) -> Option<Value> {
    let jobs = suite.json(&["jobs", "list", "--all"]);
    jobs.as_array().expect("a list").iter().find(|job| job["name"] == title).cloned()
}

/// PAY-2: three of ten pages come out for Ann, who pays for them. Ben collects the same document and pays for all of it; what is
/// left for Ann is the rest.
#[test]
fn pay_2_a_member_of_a_group_pays_the_rest_of_what_that_member_began() {
    let suite = suite();
    suite.person("ben", BEN);
    for (key, value) in [("charging.post-tracking", "on"), ("charging.on-failure", "charge")] {
        let _ = suite.done(&["settings", "set", key, value]);
    }
    let port = suite.ports.spare(3);
    let address = format!("ipp://127.0.0.1:{port}/ipp/print");
    let _ = suite.done(&["device", "add", "lab", "--address", &address]);
    let _ = suite.done(&["charging", "device", "lab", "--scheme-1", "library"]);
    let _ = suite.done(&["group", "add", "team", "--prints"]);
    let _ = suite.done(&["group", "join", "team", "ann", "ben"]);
    for person in ["ann", "ben"] {
        let _ = suite.done(&["charging", "user", person, "--cost-control", "pay"]);
        let _ = suite.done(&["account", "deposit", person, "10.00"]);
    }
    let file = suite.path("shared.ps");
    std::fs::write(&file, document("shared", 10, false, false)).expect("a file");
    let file = file.to_str().expect("a path");
    let said = suite.json(&["print", file, "--queue", "pull", "--user", "team", "--title", "shared"]);
    let id = said["job_id"].as_i64().expect("a job").to_string();
    wait_for("the pages to be counted", || {
        job(&suite, "shared").filter(|job| job["count_status"] == "ok").map(drop)
    });
    let collect = |card: &str| session(&suite, "lab", &["--card", card, "--list", "--print", &id]);
    let price = |events: &[Value]| of(events, "document")[0]["price"].clone();

    let arguments = ["--ipp-port", &port.to_string()].map(str::to_owned);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let jammed = Mfp::serve(
        &suite,
        "lab",
        suite.ports.spare(4),
        &[&arguments[..], &["--fault", "jam-page@3"]].concat(),
    );
    let (said, events) = collect(CARD);
    assert_ne!(said.code, 0, "{events:?}");
    assert_eq!(price(&events), "1.70", "{events:?}");
    balance(&suite, "ann", "9.35");
    drop(jammed);

    let _well = Mfp::serve(&suite, "lab", suite.ports.spare(5), &arguments);
    let (said, events) = collect(BEN);
    assert_eq!(said.code, 0, "{said:?} {events:?}");
    assert_eq!(price(&events), "1.70", "Ben has paid nothing yet: {events:?}");
    balance(&suite, "ben", "8.30");
    let (said, events) = collect(CARD);
    assert_eq!(said.code, 0, "{said:?} {events:?}");
    assert_eq!(price(&events), "1.05", "Ann has paid three pages: {events:?}");
    balance(&suite, "ann", "8.30");
    let pages: Vec<Value> = records(&suite, 3).iter().map(|record| record["pages"].clone()).collect();
    assert_eq!(pages, [3, 10, 7]);
    books_are_right(&suite);
}

/// SUB-4: a document waits until its price is agreed to, by IPP (ipptool) or by command; it keeps nobody waiting.
#[test]
fn sub_4_a_pushed_document_waits_until_its_price_is_agreed_to() {
    agreeing(&suite());
}

#[test]
fn sub_4_a_pushed_document_waits_until_its_price_is_agreed_to_on_postgresql() {
    if let Some(suite) = suite_on_postgres() {
        agreeing(&suite);
    }
}

fn agreeing(suite: &Suite) {
    let port = suite.ports.spare(0);
    let mfp = Mfp::start(suite, "floor", port, &[]);
    let _ = suite.done(&["charging", "device", "floor", "--scheme-1", "library"]);
    let _ = suite.done(&["queue", "add", "office", "--kind", "push", "--device", "floor", "--confirm-price"]);
    assert_eq!(suite.json(&["queue", "list"])[0]["confirm_price"], true);
    pays(suite, "2.00");
    let _ = suite.done(&["user", "add", "bob"]);
    let _ = suite.done(&["user", "add", "free"]);
    let _ = suite.done(&["charging", "user", "free", "--cost-control", "none"]);
    let send = |logon: &str, title: &str| {
        let mut client = Client::connect(suite.address(631), "/ipp/print/office").expect("it listens");
        let data = document(title, 2, false, false);
        let answer = client.print_job(logon, title, "application/postscript", &data).expect("an answer");
        answer.job_id().unwrap_or_else(|| panic!("{answer:?}"))
    };
    let asked = |title: &str| {
        wait_for("the price to be asked about", || {
            let told = |job: &Value| {
                job["state_message"].as_str().is_some_and(|text| text.starts_with("It costs 0.50:"))
            };
            job(suite, title).filter(told)
        })
    };
    let ann = send("ann", "anns");
    assert_eq!(asked("anns")["state"], "held");
    // Bob's comes later, and what costs nobody anything goes at once.
    let bob = send("bob", "bobs");
    let _ = asked("bobs");
    let _ = send("free", "nobodys");
    wait_for("the paper", || (mfp.printed().len() == 1).then_some(()));
    // It is nobody's to collect at a panel meanwhile.
    let (said, events) = mfp.session(suite, &["--card", CARD, "--list"]);
    assert_eq!((said.code, of(&events, "document").len()), (0, 0), "{events:?}");

    // Nobody agrees for somebody else.
    let release = |who: &str, id: i64| {
        let id = i32::try_from(id).expect("a small number").to_be_bytes();
        let mut client = Client::connect(suite.address(631), "/ipp/print/office").expect("it listens");
        client.operation(0x000d, who, &[(0x21, "job-id", &id)]).expect("an answer").status
    };
    assert_eq!(release("bob", ann), 0x0403, "client-error-not-authorized");
    assert_eq!(mfp.printed().len(), 1);
    let _ = suite.done(&["jobs", "release", &bob.to_string()]);
    wait_for("the paper", || (mfp.printed().len() == 2).then_some(()));
    let record = records(suite, 1).pop().expect("a record");
    assert_eq!((&record["user"], &record["price"]), (&"bob".into(), &"0.50".into()), "{record}");

    // What it costs when it is let go on is agreed to.
    let _ = suite.done(&["scheme", "edit", "library", "--print-job", "0.60"]);
    assert_eq!(account(suite), ("2.00".to_owned(), "0.00".to_owned()));
    by_ipptool(suite, ann).unwrap_or_else(|| assert_eq!(release("ann", ann), 0));
    wait_for("the paper", || (mfp.printed().len() == 3).then_some(()));
    assert_eq!(account(suite), ("1.10".to_owned(), "0.00".to_owned()), "0.60 + 2 x 0.15");
    assert_eq!(release("ann", ann), 0x0404, "client-error-not-possible: it is printed");
    let said = suite.papergate(&["jobs", "release", &ann.to_string()]);
    assert_eq!(said.code, 1, "{said:?}");
    books_are_right(suite);

    // A document of a pull queue is released at a printer.
    let mut client = Client::connect(suite.address(631), "/ipp/print/pull").expect("it listens");
    let data = document("pulled", 1, false, false);
    let pulled = client.print_job("ann", "pulled", "application/postscript", &data).expect("an answer");
    let said = suite.papergate(&["jobs", "release", &pulled.job_id().expect("a job").to_string()]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stderr.contains("at a printer"), "{said:?}");
}

/// Releases a job as Ann with Debian's ipptool; `None` where it is not installed.
fn by_ipptool(suite: &Suite, job: i64) -> Option<()> {
    let ipptool = tool("ipptool")?;
    let test = suite.path("release.test");
    let text = "{\nNAME \"Release-Job\"\nOPERATION Release-Job\nGROUP operation-attributes-tag\n\
                ATTR charset attributes-charset utf-8\nATTR language attributes-natural-language en\n\
                ATTR uri printer-uri $uri\nATTR integer job-id $job\nATTR name requesting-user-name ann\n\
                STATUS successful-ok\n}\n";
    std::fs::write(&test, text).expect("a file");
    let uri = format!("ipp://{}/ipp/print/office", suite.address(631));
    let said = Command::new(ipptool).args(["-tv", "-d", &format!("job={job}"), &uri]).arg(&test).output();
    let said = said.expect("ipptool runs");
    assert!(said.status.success(), "{said:?}");
    Some(())
}

/// TRK-4: what a document took of the toner, as the device tells it by SNMP beside the raw port, by IPP, or in its own session.
#[test]
fn trk_4_toner_is_in_the_record_from_each_kind_of_device() {
    let suite = suite();
    let _ = suite.done(&["settings", "set", "charging.post-tracking", "on"]);
    let (ipp, snmp, raw) = (suite.ports.spare(3), suite.ports.spare(4), suite.ports.spare(5));
    let kinds = [
        ("ipp", Some(format!("ipp://127.0.0.1:{ipp}/ipp/print")), ["--ipp-port".to_owned(), ipp.to_string()]),
        ("raw", Some(format!("raw://127.0.0.1:{raw}")), ["--snmp-port".to_owned(), snmp.to_string()]),
    ];
    for (name, address, arguments) in kinds {
        let address = address.iter().flat_map(|address| ["--address", address]);
        let _ = suite.done(&["device", "add", name].into_iter().chain(address).collect::<Vec<_>>());
        let _ = suite.done(&["charging", "device", name, "--snmp-port", &snmp.to_string()]);
        let port = suite.ports.spare(if name == "raw" { 5 } else { 6 });
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mfp = Mfp::serve(&suite, name, port, &arguments);
        let _ = suite.done(&["queue", "add", name, "--kind", "push", "--device", name]);
        // Two pages, and then four of which all have colour: the device has printed before.
        for (title, pages, color) in [("mono", 2, false), ("color", 4, true)] {
            let path = format!("/ipp/print/{name}");
            let mut client = Client::connect(suite.address(631), &path).expect("it listens");
            let title = format!("{name}-{title}");
            let data = document(&title, pages, color, false);
            let answer = client.print_job("ann", &title, "application/postscript", &data).expect("an answer");
            assert!(answer.job_id().is_some(), "{answer:?}");
            let exported = wait_for("the record", || {
                let exported = suite.papergate(&["tracking", "export", "--format", "json"]).json();
                let records = exported.as_array().expect("a list").clone();
                records.into_iter().find(|record| record["JobName"] == title)
            });
            let toner = ["TonerCyan", "TonerMagenta", "TonerYellow", "TonerBlack"]
                .map(|field| exported[field].to_string().trim_matches('"').to_owned());
            let colored = if color { "500" } else { "0" };
            assert_eq!(toner, [colored, colored, colored, "500"], "{title}: {exported}");
        }
        drop(mfp);
    }
}
