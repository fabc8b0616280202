//! A cashier at a desk of their own: over the network, with their password, and with a cashier's rights only.

use std::process::Stdio;

use harness::mfp::Mfp;
use harness::suite::{Said, Suite};
use serde_json::Value;

const PASSWORD: &str = "correct horse battery";
const CARD: &str = "04A1B2C3";

/// `papergate ARGS --server ...` as `login`.
fn remote(suite: &Suite, login: &str, arguments: &[&str]) -> Said {
    suite
        .command("papergate")
        .env_remove("PAPERGATE_DATA")
        .env("PAPERGATE_PASSWORD", PASSWORD)
        .args(["--server", &suite.address(7723).to_string(), "--login", login, "--ca"])
        .arg(suite.data().join("keys/tls.pem"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("papergate runs")
        .into()
}

fn with_password(suite: &Suite, logon: &str, rights: &str) {
    let added = suite
        .command("papergate")
        .args(["user", "add", logon, "--rights", rights, "--password"])
        .env("PAPERGATE_NEW_PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .output()
        .expect("papergate runs");
    assert!(added.status.success(), "{added:?}");
}

fn suite() -> Suite {
    let suite = Suite::start();
    with_password(&suite, "carl", "cashier");
    with_password(&suite, "tess", "technician");
    with_password(&suite, "stan", "standard");
    suite.person("ann", CARD);
    suite
}

fn events(suite: &Suite, who: &str) -> Vec<(String, String)> {
    let told = suite.json(&["events", "list", "--severity", "6", "--limit", "0", "--user", who]);
    let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let all = told.as_array().expect("a list").iter();
    all.map(|event| (text(event, "subject"), text(event, "text"))).collect()
}

#[test]
fn pay_4_a_cashier_works_over_the_network_and_the_record_names_them() {
    let suite = suite();
    let json = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.push("--json");
        remote(&suite, "carl", &all).json()
    };
    let card = suite.path("card");
    std::fs::write(&card, format!("{CARD}\n")).expect("a file");
    let card = card.to_str().expect("a path");

    assert_eq!(json(&["account", "find", "--card-file", card])[0]["logon"], "ann");
    // The accounts are opened, and whoever else is named as the author, it is the one who asked.
    assert_eq!(json(&["account", "deposit", "ann", "10.00", "--comment", "cash"])["account_1"], "10.00");
    assert_eq!(json(&["account", "withdraw", "ann", "2.50"])["account_1"], "7.50");
    assert_eq!(json(&["account", "set", "ann", "3.00", "--account", "2"])["account_2"], "3.00");
    assert_eq!(json(&["account", "low-limit", "ann", "1.00"])["disposable"], "9.50");
    assert_eq!(json(&["account", "reserve-free", "ann"])["reserved"], "0.00");
    assert_eq!(json(&["account", "find", "ANN"])[0]["account_1"], "7.50");
    let once = ["account", "deposit", "ann", "5.00", "--id", "receipt-4711"];
    let _ = (json(&once), json(&once));
    assert_eq!(json(&["account", "show", "ann"])["account_1"], "12.50", "the same receipt counts once");
    let statement = json(&["account", "statement", "ann"]);
    let authors: Vec<&Value> =
        statement.as_array().expect("a list").iter().map(|line| &line["author"]).collect();
    assert!(authors.iter().all(|author| **author == "carl"), "{statement}");
    assert_eq!(json(&["account", "status"])["credits"], "15.50");
    let mine = json(&["account", "cash-flow", "--personal"]);
    assert_eq!(mine.as_array().map(Vec::len), Some(4), "{mine}");
    let local = suite.json(&["account", "cash-flow", "--author", "carl"]);
    assert_eq!(local, mine);
    assert_eq!(
        suite.json(&["account", "cash-flow", "--author", "somebody"]).as_array().map(Vec::len),
        Some(0)
    );
    assert_eq!(json(&["account", "unfinished"]).as_array().map(Vec::len), Some(0));
    assert_eq!(json(&["money", "verify"])["ok"], true);
    assert_eq!(json(&["pin", "random", "ann"])["pin"].as_str().map(str::len), Some(4));
    let _ = suite.done(&["user", "edit", "ann", "--prevent-login", "true"]);
    assert_eq!(json(&["user", "unlock", "ann"])["prevent_login"], false);

    // What went wrong is said as at the desk.
    let said = remote(&suite, "carl", &["account", "withdraw", "ann", "999"]);
    assert!(said.code == 1 && said.stderr.contains("(80)"), "{said:?}");
    let said = remote(&suite, "carl", &["account", "deposit", "nobody", "1"]);
    assert!(said.code == 1, "{said:?}");
    assert_eq!(suite.json(&["account", "show", "ann"])["account_1"], "12.50");

    // Every movement is in the audit, with what was done to whom.
    let told = events(&suite, "carl");
    for (call, object) in [
        ("Deposit by carl: done", "amount=100000"),
        ("Withdraw by carl: done", "amount=25000"),
        ("Set by carl: done", "balance=30000"),
        ("LowLimitSet by carl: done", "low_limit=10000"),
        ("Free by carl: done", "holder=ann"),
        ("PinRandom by carl: done", "logon=ann"),
        ("UserUnlock by carl: done", "logon=ann"),
    ] {
        let found = told.iter().any(|(subject, text)| subject == call && text.contains(object));
        assert!(found, "{call} with {object}: {told:#?}");
    }
    assert!(told.iter().any(|(subject, _)| subject.starts_with("Withdraw by carl: refused")), "{told:#?}");
    assert!(!told.iter().any(|(subject, _)| subject.starts_with("Statement")), "looking is not written down");
    // What the command line does on this machine is in it too.
    let _ = suite.done(&["account", "deposit", "ann", "0.50"]);
    let all = suite.json(&["events", "list", "--severity", "6", "--limit", "0"]);
    let by_hand = |event: &Value| {
        let subject = event["subject"].as_str().unwrap_or_default();
        subject.starts_with("Deposit by uid") && subject.ends_with("on this machine: done")
    };
    assert!(all.as_array().expect("a list").iter().any(by_hand), "{all}");
}

#[test]
fn nobody_without_the_right_moves_money_and_a_cashier_does_nothing_else() {
    let suite = suite();
    let _ = suite.done(&["account", "deposit", "ann", "10.00"]);
    for (login, arguments) in [
        ("stan", &["account", "show", "ann"][..]),
        ("stan", &["account", "deposit", "ann", "1"]),
        ("tess", &["account", "deposit", "ann", "1"]),
        ("tess", &["account", "show", "ann"]),
        ("tess", &["account", "status"]),
        ("tess", &["tracking", "list"]),
        ("carl", &["money", "clean-up", "--before", "2026-01-01", "--backup", "/nowhere"]),
        ("carl", &["tracking", "list"]),
        ("carl", &["tracking", "stats", "main"]),
        ("carl", &["user", "edit", "ann", "--cost-code", "1"]),
        ("carl", &["scheme", "add", "mine"]),
        ("carl", &["credit", "list"]),
        ("carl", &["charging", "user", "ann"]),
        // A PIN of somebody with rights would be a way to more than a cashier's.
        ("carl", &["pin", "random", "admin"]),
        ("carl", &["user", "unlock", "tess"]),
        ("carl", &["pin", "random", "carl"]),
    ] {
        let said = remote(&suite, login, arguments);
        assert_eq!(said.code, 1, "{login} {arguments:?}: {said:?}");
        assert!(said.stderr.contains("(50)"), "{login} {arguments:?}: {said:?}");
    }
    assert_eq!(suite.json(&["account", "show", "ann"])["account_1"], "10.00");
}

#[test]
fn titles_that_are_hidden_stay_hidden_at_the_cashiers_desk() {
    let suite = suite();
    suite.pull_queue("pull");
    let _ = suite.done(&["scheme", "add", "library", "--print", "all=0.05,0.10,0.30"]);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let _ = suite.done(&["charging", "device", "mfp", "--scheme-1", "library"]);
    let _ = suite.done(&["charging", "user", "ann", "--cost-control", "pay"]);
    let _ = suite.done(&["account", "deposit", "ann", "10.00", "--comment", "for the thesis"]);
    let file = suite.path("private.txt");
    std::fs::write(&file, "one page\n").expect("a file");
    let file = file.to_str().expect("a path");
    let _ =
        suite.done(&["print", file, "--queue", "pull", "--user", "ann", "--title", "letter of resignation"]);
    let (said, _) = mfp.session(&suite, &["--card", CARD, "--print-all"]);
    assert_eq!(said.code, 0, "{said:?}");
    let titles = |login: &str| {
        let said = remote(&suite, login, &["account", "statement", "ann", "--json"]).json();
        said.as_array().expect("a list").iter().map(|line| line["comment"].clone()).collect::<Vec<_>>()
    };
    harness::wait_for("the charge", || {
        titles("carl").contains(&"letter of resignation".into()).then_some(())
    });
    let _ = suite.done(&["settings", "set", "users.hide-document-names", "yes"]);
    let hidden = titles("carl");
    assert!(!hidden.contains(&"letter of resignation".into()), "{hidden:?}");
    assert!(hidden.contains(&"for the thesis".into()), "a cashier's own comment is no title: {hidden:?}");
}

/// `papergate ARGS` by the framed protocol, over TLS, at one of its ports.
fn framed(suite: &Suite, port: u16, login: &str, password: &str, arguments: &[&str]) -> Said {
    suite
        .command("papergate")
        .env_remove("PAPERGATE_DATA")
        .env("PAPERGATE_PASSWORD", password)
        .args(["--server", &suite.address(port).to_string(), "--login", login, "--ca"])
        .arg(suite.data().join("keys/tls.pem"))
        .args(arguments)
        .args(["--protocol", "safecom"])
        .stdin(Stdio::null())
        .output()
        .expect("papergate runs")
        .into()
}

#[test]
fn svc_3_a_program_of_a_cashier_works_at_port_7400() {
    let suite = suite();
    let json = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.push("--json");
        framed(&suite, 7400, "carl", PASSWORD, &all).json()
    };
    let card = suite.path("card");
    std::fs::write(&card, format!("{CARD}\n")).expect("a file");
    let card = card.to_str().expect("a path");
    assert_eq!(json(&["account", "find", "--card-file", card])[0]["logon"], "ann");
    let once = ["account", "deposit", "ann", "10.00", "--comment", "cash", "--id", "receipt-1"];
    let _ = (json(&once), json(&once));
    assert_eq!(json(&["account", "withdraw", "ann", "2.50"])["account_1"], "7.50");
    assert_eq!(json(&["account", "set", "ann", "3.00", "--account", "2"])["account_2"], "3.00");
    assert_eq!(json(&["account", "low-limit", "ann", "1.00"])["low_limit"], "1.00");
    assert_eq!(json(&["account", "reserve-free", "ann"])["reserved"], "0.00");
    assert_eq!(json(&["account", "status"])["credits"], "10.50");
    // It is the same as by the other way.
    for arguments in
        [&["account", "show", "ann"][..], &["account", "statement", "ann"], &["account", "find", "an"]]
    {
        assert_eq!(json(arguments), suite.json(arguments), "{arguments:?}");
    }
    assert_eq!(json(&["account", "cash-flow", "--personal"]).as_array().map(Vec::len), Some(3));
    assert_eq!(json(&["account", "statement", "ann"])[0]["author"], "carl");
    assert!(events(&suite, "carl").iter().any(|(subject, _)| subject == "Deposit by carl: done"));

    for (login, password, arguments, status) in [
        ("carl", "wrong", &["account", "show", "ann"][..], "(15)"),
        ("nobody", PASSWORD, &["account", "show", "ann"], "(15)"),
        ("stan", PASSWORD, &["account", "show", "ann"], "(50)"),
        ("tess", PASSWORD, &["account", "deposit", "ann", "1"], "(50)"),
        ("carl", PASSWORD, &["account", "show", "nobody"], "(220)"),
        ("carl", PASSWORD, &["account", "deposit", "nobody", "1"], "(54)"),
        ("carl", PASSWORD, &["account", "withdraw", "ann", "99"], "(80)"),
        ("carl", PASSWORD, &["account", "deposit", "ann", "-1"], "("),
    ] {
        let said = framed(&suite, 7400, login, password, arguments);
        assert_eq!(said.code, 1, "{login} {arguments:?}: {said:?}");
        assert!(said.stderr.contains(status), "{login} {arguments:?}: {said:?}");
    }
    assert_eq!(suite.json(&["account", "show", "ann"])["account_1"], "7.50");
    assert_eq!(framed(&suite, 7400, "carl", PASSWORD, &["account", "list"]).code, 2);
    // Plain is not let in by default, and other ports say where money is.
    let said = framed(&suite, 7700, "carl", PASSWORD, &["account", "show", "ann"]);
    assert_eq!(said.code, 1, "{said:?}");
}

#[test]
fn svc_3_records_are_reported_and_read_at_port_7900() {
    let suite = suite();
    with_password(&suite, "rita", "administrator");
    let json = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.push("--json");
        framed(&suite, 7900, "rita", PASSWORD, &all).json()
    };
    let report = |more: &[&str]| {
        let mut all = vec!["tracking", "report", "--user", "ann", "--device", "plotter", "--pages", "3"];
        all.extend(more);
        json(&all)["reported"].as_str().expect("an id").to_owned()
    };
    let first = report(&["--price", "1.20", "--title", "plan", "--id", "plot-1"]);
    assert_eq!(first, report(&["--price", "1.20", "--title", "plan", "--id", "plot-1"]), "once");
    let second = report(&["--type", "copy", "--color-pages", "2", "--sheets", "2"]);
    let listed = json(&["tracking", "list"]);
    assert_eq!(listed, suite.json(&["tracking", "list"]));
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    let of =
        |id: &str| listed.as_array().expect("a list").iter().find(|row| row["tracking_id"] == id).cloned();
    let plan = of(&first).expect("the first");
    assert_eq!(
        (&plan["price"], &plan["job_name"], &plan["pages"]),
        (&"1.20".into(), &"plan".into(), &3.into())
    );
    let copy = of(&second).expect("the second");
    assert_eq!((&copy["job_type"], &copy["sheets"]), (&"copy".into(), &2.into()));
    assert_eq!(json(&["tracking", "list", "--user", "nobody"]).as_array().map(Vec::len), Some(0));
    assert!(events(&suite, "rita").iter().any(|(subject, _)| subject == "Record by rita: done"));

    for (login, arguments) in [
        ("carl", &["tracking", "list"][..]),
        ("stan", &["tracking", "report", "--user", "ann", "--device", "d", "--pages", "1"]),
    ] {
        let said = framed(&suite, 7900, login, PASSWORD, arguments);
        assert!(said.code == 1 && said.stderr.contains("(50)"), "{login} {arguments:?}: {said:?}");
    }
    for more in [&["--pages", "-1"][..], &["--pages", "1", "--price", "-0.01"]] {
        let mut all = vec!["tracking", "report", "--user", "ann", "--device", "d"];
        all.extend(more);
        let said = framed(&suite, 7900, "rita", PASSWORD, &all);
        assert!(said.code == 1 && said.stderr.contains("(14)"), "{more:?}: {said:?}");
    }
    assert_eq!(suite.json(&["tracking", "list"]).as_array().map(Vec::len), Some(2));
}
