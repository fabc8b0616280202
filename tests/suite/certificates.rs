//! SUB-2: people print with a certificate instead of a password, by curl with certificates that openssl made.

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::suite::Suite;

fn openssl(directory: &Path, arguments: &str) {
    let output = Command::new("openssl").current_dir(directory).args(arguments.split(' ')).output();
    let output = output.expect("openssl runs");
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Print-Job of a text (RFC 8010, section 3.1) in a name that must count for nothing.
fn print_job(port: u16) -> Vec<u8> {
    let uri = format!("ipps://127.0.0.1:{port}/ipp/print/secure");
    let mut request = vec![2, 0, 0, 2, 0, 0, 0, 1, 0x01];
    for (tag, name, value) in [
        (0x47_u8, "attributes-charset", "utf-8"),
        (0x48, "attributes-natural-language", "en"),
        (0x45, "printer-uri", &uri),
        (0x42, "requesting-user-name", "mallory"),
        (0x49, "document-format", "application/octet-stream"),
    ] {
        request.push(tag);
        for text in [name, value] {
            request.extend(u16::try_from(text.len()).expect("short").to_be_bytes());
            request.extend(text.as_bytes());
        }
    }
    request.push(0x03);
    request.extend(b"hello\n");
    request
}

/// Posts a document to the queue `secure` as curl does. Answers with the HTTP status, and whether IPP said "ok".
fn print(suite: &Suite, certificate: Option<&str>) -> (u16, bool) {
    let port = suite.ports.port(631);
    let (request, answer) = (suite.path("request"), suite.path("answer"));
    std::fs::write(&request, print_job(port)).expect("a file");
    std::fs::write(&answer, "").expect("a file");
    let mut curl = Command::new("curl");
    curl.args(["-sk", "-o"]).arg(&answer).args(["-w", "%{http_code}", "-H", "Content-Type: application/ipp"]);
    curl.arg("--data-binary").arg(format!("@{}", request.display()));
    if let Some(name) = certificate {
        curl.arg("--cert").arg(suite.path(&format!("{name}.pem")));
        curl.arg("--key").arg(suite.path(&format!("{name}.key")));
    }
    let output = curl.arg(format!("https://127.0.0.1:{port}/ipp/print/secure")).output().expect("curl runs");
    let status = String::from_utf8_lossy(&output.stdout).parse().expect("a status");
    let octets = std::fs::read(&answer).expect("an answer");
    (status, octets.get(2..4) == Some(&[0, 0]))
}

/// Whose the last document is.
fn last_owner(suite: &Suite) -> String {
    let jobs = suite.json(&["jobs", "list"]);
    let last = jobs.as_array().expect("a list").last().expect("a document");
    last["owner"].as_str().expect("an owner").to_owned()
}

#[test]
fn sub_2_a_certificate_says_who_prints() {
    let suite = Suite::start_with(&[("PAPERGATE_PORTSERVER_CLIENT_CERTIFICATES", "true")]);
    let directory: PathBuf = suite.path("");
    suite.done(&["user", "add", "ann"]);
    suite.done(&["user", "add", "bob", "--email", "bob@example.com"]);
    suite.done(&["queue", "add", "secure", "--owner", "authenticated"]);
    openssl(
        &directory,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Ann -days 9 -keyout ann.key -out ann.pem",
    );
    openssl(
        &directory,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Ours -days 9 -keyout ca.key -out ca.pem",
    );
    openssl(&directory, "req -newkey rsa:2048 -nodes -subj /CN=Bob -keyout bob.key -out bob.csr");
    std::fs::write(
        suite.path("bob.ext"),
        "subjectAltName=email:Bob@Example.com\nextendedKeyUsage=clientAuth\n",
    )
    .unwrap();
    openssl(
        &directory,
        "x509 -req -in bob.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 9 -extfile bob.ext -out bob.pem",
    );

    assert_eq!(print(&suite, None).0, 401, "nothing was shown");
    assert_eq!(print(&suite, Some("ann")).0, 401, "the certificate is nobody's");
    let file = suite.path("ann.pem").display().to_string();
    let added = suite.json(&["certificate", "add", "ann", &file]);
    assert_eq!((added["user"].as_str(), added["subject"].as_str()), (Some("ann"), Some("CN=Ann")));
    assert_eq!(print(&suite, Some("ann")), (200, true), "{}", suite.log());
    assert_eq!(last_owner(&suite), "ann", "whatever name was claimed");

    assert_eq!(print(&suite, Some("bob")).0, 401, "no authority is configured");
    suite.done(&[
        "settings",
        "set",
        "submission.certificate-authorities",
        &suite.path("ca.pem").display().to_string(),
    ]);
    assert_eq!(print(&suite, Some("bob")), (200, true), "{}", suite.log());
    assert_eq!(last_owner(&suite), "bob", "found by the address in the certificate");

    assert_eq!(suite.json(&["certificate", "list"]).as_array().unwrap().len(), 1);
    suite.done(&["certificate", "delete", &added["id"].to_string()]);
    // A right proof is believed for half a minute (docs/SECURITY.md); a restarted port believes nobody.
    suite.done(&["restart", "portserver"]);
    harness::wait_for("the deleted certificate to be refused", || {
        (print(&suite, Some("ann")).0 == 401).then_some(())
    });
}
