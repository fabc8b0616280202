//! Administration from afar: over TLS, for administrators who prove who they are, and nobody else.

use harness::ipp::Client;
use harness::suite::{Said, Suite};
use harness::wait_for;
use std::process::Stdio;

fn remote(suite: &Suite, login: &str, password: &str, arguments: &[&str]) -> Said {
    let authority = suite.data().join("keys/tls.pem");
    suite
        .command("papergate")
        .env_remove("PAPERGATE_DATA")
        .env("PAPERGATE_PASSWORD", password)
        .args(["--server", &suite.address(7723).to_string(), "--login", login, "--ca"])
        .arg(authority)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("papergate runs")
        .into()
}

/// What each command comes to from afar, by somebody with these rights.
fn come_to(suite: &Suite, login: &str, rows: &[(&[&str], bool)]) {
    for (command, allowed) in rows {
        let said = remote(suite, login, PASSWORD, command);
        if *allowed {
            assert_eq!(said.code, 0, "{login} may {command:?}: {said:?}");
        } else {
            assert_eq!(said.code, 1, "{login} may not {command:?}: {said:?}");
            assert!(said.stdout.is_empty(), "nothing is told: {said:?}");
            assert!(said.stderr.contains("refused (50)") && said.stderr.contains("rights"), "{said:?}");
        }
    }
}

const PASSWORD: &str = "correct horse battery";

#[test]
fn rights_from_afar_are_the_server_s_to_judge() {
    let suite = Suite::start();
    suite.pull_queue("pull");
    suite.person("ann", "04A1B2C3");
    let none = ["--device-rights", "false", "--server-rights", "false", "--report-rights", "false"];
    let administrator = ["--rights", "administrator", "--user-rights", "limited"];
    suite.done(&[&["user", "add", "lim"], &administrator[..], &none[..]].concat());
    suite.done(&[
        "user",
        "add",
        "rep",
        "--rights",
        "administrator",
        "--user-rights",
        "none",
        "--device-rights",
        "false",
        "--server-rights",
        "false",
    ]);
    suite.done(&["user", "add", "tec", "--rights", "technician"]);
    for logon in ["lim", "rep", "tec"] {
        suite.password(logon, PASSWORD);
    }
    let mut client = Client::connect(suite.address(631), "/ipp/print/pull").expect("the suite listens");
    let document = b"%!PS-Adobe-3.0\n%%Pages: 1\n%%EndComments\nshowpage\n%%EOF\n";
    let answer = client.print_job("ann", "Dismissal of Bob", "application/postscript", document);
    assert_eq!(answer.expect("an answer").status, 0);

    let add = &["device", "add", "mfp", "--address", "raw://127.0.0.1:9"][..];
    // Limited: codes, PINs and PUKs of people, and a look at everything that is nobody's secret.
    come_to(
        &suite,
        "lim",
        &[
            (&["status", "--json"], true),
            (&["user", "list"], true),
            (&["pin", "random", "ann"], true),
            (&["card", "add", "ann", "04D4E5F6"], true),
            (&["user", "add", "eve"], false),
            (&["user", "edit", "ann", "--rights", "administrator"], false),
            (&["user", "delete", "ann"], false),
            (add, false),
            (&["queue", "add", "mine"], false),
            (&["settings", "set", "users.hide-id-codes", "no"], false),
            (&["jobs", "delete", "1"], false),
            (&["tracking", "list"], false),
            (&["tracking", "export", "--format", "csv"], false),
            (&["tracking", "stats", "main"], false),
        ],
    );
    // Reports and nothing else.
    come_to(
        &suite,
        "rep",
        &[
            (&["status"], true),
            (&["tracking", "list", "--json"], true),
            (&["tracking", "export", "--format", "csv"], true),
            (&["tracking", "stats", "main"], true),
            (&["tracking", "stats", "jobs", "--json"], true),
            (&["pin", "random", "ann"], false),
            (add, false),
        ],
    );
    come_to(&suite, "tec", &[(&["status"], true), (&["tracking", "list"], false), (add, true)]);

    // What is hidden is hidden in every form.
    let codes = remote(&suite, "lim", PASSWORD, &["card", "reveal", "ann", "--json"]);
    assert!(codes.code == 0 && !codes.stdout.contains("04A1B2C3"), "{codes:?}");
    suite.done(&["settings", "set", "users.hide-document-names", "yes"]);
    let jobs = |login| remote(&suite, login, PASSWORD, &["jobs", "list", "--json"]);
    let seen = jobs("tec");
    assert!(seen.code == 0 && !seen.stdout.contains("Dismissal"), "{seen:?}");
    assert_eq!(seen.json()[0]["owner"], "ann", "the document itself is there");
    assert!(jobs("lim").stdout.contains("Dismissal"), "administrators see names");

    // What was done and what was refused from afar stands in the audit, with who it was.
    let events = suite.json(&["events", "list", "--severity", "6"]);
    let told = |user: &str, what: &str| {
        let events = events.as_array().expect("a list").iter();
        let mut of_user =
            events.filter(|event| event["user"] == user).filter_map(|event| event["subject"].as_str());
        of_user.any(|subject| subject.contains(what))
    };
    assert!(told("lim", "PinRandom"), "{events}");
    assert!(told("rep", "logged in to administer"), "{events}");

    // A server that is away is no empty list.
    suite.kill("trackingserver");
    let said = remote(&suite, "rep", PASSWORD, &["tracking", "list", "--json"]);
    assert!(said.code == 0 || said.stdout.trim() != "[]", "{said:?}");
    wait_for("the trackingserver to be back", || {
        (remote(&suite, "rep", PASSWORD, &["tracking", "list", "--json"]).code == 0).then_some(())
    });
}

#[test]
fn only_administrators_administer_from_afar() {
    let suite = Suite::start();
    let log = suite.log();
    let (_, after) = log.split_once("the password is").expect("the first start shows a password");
    let password = after.split_whitespace().next().expect("a password follows").to_owned();

    let listed = remote(&suite, "admin", &password, &["user", "list", "--json"]).json();
    assert_eq!(listed[0]["logon"], "admin");

    for (login, password) in [("admin", "wrong"), ("nobody", "wrong"), ("admin", "")] {
        let said = remote(&suite, login, password, &["user", "list", "--json"]);
        assert_ne!(said.code, 0, "{login} with '{password}': {said:?}");
        assert!(!said.stdout.contains("logon"), "{said:?}");
    }

    suite.done(&["user", "add", "ann"]);
    suite.password("ann", PASSWORD);
    let said = remote(&suite, "ann", PASSWORD, &["user", "list", "--json"]);
    assert_eq!(said.code, 1, "a person without the right was let in: {said:?}");
}
