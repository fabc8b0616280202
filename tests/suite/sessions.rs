//! Copies, scans, faxes and e-mails at a device: reserved, counted, paid and tracked, whatever dies meanwhile.

use std::time::Duration;

use harness::mfp::Mfp;
use harness::random::Random;
use harness::suite::Suite;
use harness::wait_for;
use serde_json::Value;

use super::money::{CARD, account, books_are_right, of, pays, records, suite, suite_on_postgres};

/// Copies: 0.20 and, on A4, 0.05 a sheet, 0.10 or 0.30 a side.
fn scheme(suite: &Suite) {
    let _ = suite.done(&[
        "scheme",
        "edit",
        "library",
        "--copy-job",
        "0.20",
        "--copy",
        "all=0.05,0.10,0.30",
        "--fax",
        "0.10,0.10",
        "--email",
        "0,0.0125",
    ]);
}

struct Place {
    suite: Suite,
    mfp: Mfp,
    control: String,
}

impl Place {
    fn new() -> Self {
        Self::on(suite())
    }

    fn on(suite: Suite) -> Self {
        scheme(&suite);
        let control = suite.ports.spare(1).to_string();
        let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &["--control-port", &control]);
        let _ = suite.done(&["charging", "device", "mfp", "--scheme-1", "library"]);
        Self { suite, mfp, control }
    }

    /// Ann at the panel, who does this.
    fn ann(&self, what: &[&str]) -> (i32, Vec<Value>) {
        let arguments = [&["--card", CARD, "--control-port", &self.control], what].concat();
        let (said, events) = self.mfp.session(&self.suite, &arguments);
        (said.code, events)
    }

    fn fault(&self, fault: &[&str]) {
        let mut command = self.suite.command("virtual-mfp");
        let output = command.args(["fault", "--control-port", &self.control]).args(fault).output();
        assert!(output.expect("virtual-mfp runs").status.success(), "{fault:?}");
    }

    /// Impressions that the printer's own counter has.
    fn impressions(&self) -> u64 {
        let journal = std::fs::read_to_string(self.mfp.out.join("jobs.jsonl")).unwrap_or_default();
        let lines = journal.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| line["impressions"].as_u64()).sum()
    }
}

/// REL-9, PAY-2.
#[test]
fn copies_reserve_everything_and_cost_what_was_made() {
    copying(&Place::new());
}

#[test]
fn copies_reserve_everything_and_cost_what_was_made_on_postgresql() {
    if let Some(suite) = suite_on_postgres() {
        copying(&Place::on(suite));
    }
}

fn copying(place: &Place) {
    let suite = &place.suite;
    pays(suite, "10.00");

    // Three colour sides on two sheets: 0.20 + 2 x 0.05 + 3 x 0.30.
    let (code, events) = place.ann(&["--copy", "3:color:duplex"]);
    assert_eq!(code, 0, "{events:?}");
    assert_eq!(of(&events, "began")[0]["spendable"], "10.00", "{events:?}");
    let counted = of(&events, "counted");
    assert_eq!((&counted[0]["price"], &counted[0]["left"]), (&"0.55".into(), &"9.45".into()), "{events:?}");
    assert_eq!(of(&events, "made")[0]["price"], "1.20", "{events:?}");
    assert_eq!(account(suite), ("8.80".to_owned(), "0.00".to_owned()));
    assert_eq!(place.impressions(), 3, "the printer's counter rises");
    let record = &records(suite, 1)[0];
    assert_eq!(
        (&record["price"], &record["pages"], &record["sheets"]),
        (&"1.20".into(), &3.into(), &2.into())
    );
    let exported = suite.papergate(&["tracking", "export", "--format", "json"]).json();
    assert_eq!(exported[0]["JobType"], "JOB_TYPE_COPY", "{exported}");
    assert_eq!(exported[0]["JobName"], "Copy job", "{exported}");
    assert_eq!(exported[0]["AccountingModelUsed"], "PAY_AND_PRINT", "{exported}");
    assert_eq!(suite.json(&["account", "statement", "ann"])[0]["account_1"], "-1.20");

    // A fax, a scan that costs nothing, an e-mail.
    let (code, events) = place.ann(&["--scan", "4", "--fax", "2", "--email", "2:color", "--to", "+45 4711"]);
    assert_eq!(code, 0, "{events:?}");
    let spendable: Vec<_> = of(&events, "began").iter().map(|event| event["spendable"].clone()).collect();
    assert_eq!(
        spendable,
        [Value::Null, "8.80".into(), "8.50".into()],
        "what is free reserves nothing: {events:?}"
    );
    assert_eq!(account(suite), ("8.475".to_owned(), "0.00".to_owned()), "0.30 and 0.025");
    assert_eq!(place.impressions(), 3, "no paper comes out");
    let _ = records(suite, 4);
    let exported = suite.papergate(&["tracking", "export", "--format", "json"]).json();
    let sent = exported.as_array().expect("a list").iter().filter(|job| job["JobDestination"] == "+45 4711");
    assert_eq!(sent.count(), 3, "{exported}");
    let server = suite.json(&["tracking", "stats", "server", "--period", "today"]);
    for kind in ["copy", "fax", "scan", "email"] {
        let row = server.as_array().expect("a list").iter().find(|row| row["what"] == kind);
        assert_eq!(row.map(|row| &row["jobs"]), Some(&1.into()), "{kind}: {server}");
    }

    // The paper jams after two of five: what came out is paid.
    place.fault(&["jam-page@2"]);
    let (code, events) = place.ann(&["--copy", "5"]);
    assert_eq!(code, 1, "{events:?}");
    assert_eq!(
        (&of(&events, "made")[0]["pages"], &of(&events, "made")[0]["price"]),
        (&2.into(), &"0.50".into())
    );
    place.fault(&[]);
    assert_eq!(account(suite), ("7.975".to_owned(), "0.00".to_owned()));
    let record = records(suite, 5).pop().expect("a record");
    assert_eq!((&record["interrupted"], &record["pages"]), (&true.into(), &2.into()), "{record}");

    // Money runs out: the device stops in time. 0.20 + 3 x 0.15 of 0.70; a fourth page would be 0.80.
    let _ = suite.done(&["account", "set", "ann", "0.70"]);
    let (code, events) = place.ann(&["--copy", "9"]);
    assert_eq!((code, &of(&events, "made")[0]["pages"]), (1, &3.into()), "{events:?}");
    assert_eq!(account(suite), ("0.05".to_owned(), "0.00".to_owned()));
    // Not enough for one page: refused before anything is made, and nothing stays reserved.
    let (code, events) = place.ann(&["--copy", "1"]);
    assert_eq!((code, &of(&events, "refused")[0]["status"]), (1, &80.into()), "{events:?}");
    assert_eq!(account(suite), ("0.05".to_owned(), "0.00".to_owned()));

    // Rights.
    let _ = suite.done(&["user", "edit", "ann", "--deny", "copy-color,fax"]);
    let _ = suite.done(&["account", "set", "ann", "5.00"]);
    for refused in [["--copy", "1:color"], ["--fax", "1"]] {
        let (code, events) = place.ann(&refused);
        assert_eq!((code, &of(&events, "refused")[0]["status"]), (1, &46.into()), "{events:?}");
    }
    let (code, events) = place.ann(&["--copy", "1"]);
    assert_eq!(code, 0, "{events:?}");
    assert_eq!(account(suite).0, "4.65");
    books_are_right(suite);
}

#[test]
fn a_panel_that_dies_is_settled_at_its_last_counts_or_kept_as_the_setting_says() {
    let place = Place::new();
    let suite = &place.suite;
    let _ = suite.done(&["settings", "set", "charging.broken-off-after-s", "1"]);
    pays(suite, "10.00");
    let (code, events) = place.ann(&["--copy", "5", "--die-after", "2"]);
    assert_eq!(code, 1, "{events:?}");
    let record = records(suite, 1).pop().expect("a record");
    assert_eq!((&record["interrupted"], &record["price"]), (&true.into(), &"0.50".into()), "{record}");
    assert_eq!(account(suite), ("9.50".to_owned(), "0.00".to_owned()));

    let _ = suite.done(&["settings", "set", "charging.on-failure", "keep"]);
    let (code, _) = place.ann(&["--copy", "5", "--die-after", "3"]);
    assert_eq!(code, 1);
    let kept = wait_for("what the panel left to be listed", || {
        let unfinished = suite.json(&["account", "unfinished"]);
        (unfinished[0]["state"] == "kept").then(|| unfinished[0].clone())
    });
    assert_eq!((&kept["document"], &kept["pages"]), (&"Copy job".into(), &3.into()), "{kept}");
    assert!(kept["reason"].as_str().is_some_and(|text| text.contains("0.65")), "{kept}");
    assert_eq!(account(suite), ("9.50".to_owned(), "9.50".to_owned()), "all of it stays reserved");
    let id = kept["id"].as_str().expect("an id").to_owned();
    let _ = suite.done(&["account", "resolve", &id, "--charge", "0.65"]);
    assert_eq!(account(suite), ("8.85".to_owned(), "0.00".to_owned()));
    books_are_right(suite);
}

#[test]
fn whatever_dies_while_people_copy_every_page_that_was_counted_is_paid_once() {
    const COPIES: usize = 12;
    let mut random = Random::from_environment("copies");
    let place = Place::new();
    let suite = &place.suite;
    let _ = suite.done(&["settings", "set", "charging.broken-off-after-s", "1"]);
    pays(suite, "100.00");
    for _ in 0..COPIES {
        std::thread::scope(|scope| {
            let place = &place;
            let copies = scope.spawn(move || place.ann(&["--copy", "6"]));
            std::thread::sleep(Duration::from_millis(random.below(120)));
            let victim: &str =
                random.choose::<&str>(&["jobserver", "moneyserver", "trackingserver", "jobserver"]);
            suite.kill(victim);
            let _ = copies.join().expect("no panic");
        });
    }
    wait_for("a copy to be made", || (place.ann(&["--copy", "6"]).0 == 0).then_some(()));
    // What was begun has ended: nothing is open, and nothing is reserved.
    wait_for("everything to be settled", || {
        let said = suite.papergate(&["account", "unfinished", "--json"]);
        (said.code == 0 && said.json().as_array().expect("a list").is_empty()).then_some(())
    });
    let (balance, reserved) = account(suite);
    assert_eq!(reserved, "0.00");
    let amount = |text: &str| -> i64 {
        let (units, rest) = text.split_once('.').expect("an amount");
        let rest = format!("{rest:0<4}");
        units.parse::<i64>().expect("units") * 10_000 + rest.parse::<i64>().expect("a fraction")
    };
    let paid = 1_000_000 - amount(&balance);
    let tracked = wait_for("every record to arrive", || {
        let records = records(suite, 1);
        let sum: i64 = records.iter().map(|record| amount(record["price"].as_str().expect("a price"))).sum();
        (sum == paid).then_some(records)
    });
    for record in &tracked {
        let pages = record["pages"].as_i64().expect("pages");
        let price = amount(record["price"].as_str().expect("a price"));
        assert_eq!(price, 2_000 + pages * 1_500, "{record}");
    }
    books_are_right(suite);
}
