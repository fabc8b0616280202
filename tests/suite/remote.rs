//! Administration from afar: over TLS, for administrators who prove who they are, and nobody else.

use harness::suite::{Said, Suite};
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

    let mut child = suite
        .command("papergate")
        .args(["user", "add", "ann", "--password"])
        .env("PAPERGATE_NEW_PASSWORD", "correct horse battery")
        .stdin(Stdio::null())
        .spawn()
        .expect("papergate runs");
    assert!(child.wait().expect("papergate ends").success());
    let said = remote(&suite, "ann", "correct horse battery", &["user", "list", "--json"]);
    assert_eq!(said.code, 1, "a person without the right was let in: {said:?}");
}
