//! What is on disk tells nothing, and what was changed on disk is noticed.

use std::fs;
use std::path::{Path, PathBuf};

use harness::ipp::Client;
use harness::mfp::Mfp;
use harness::suite::Suite;

const MARKER: &str = "The quarterly figures of Mermaid & Sons";
const CARD: &str = "04DEADBEEF77";
const PIN: &str = "k7Qz";

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a readable directory").flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn files_with(directory: &Path, marker: &[u8]) -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(directory, &mut all);
    all.retain(|path| {
        fs::read(path).is_ok_and(|content| content.windows(marker.len()).any(|window| window == marker))
    });
    all
}

fn document() -> Vec<u8> {
    let mut document =
        format!("%!PS-Adobe-3.0\n%%Pages: 1\n%%EndComments\n%%Page: 1 1\n({MARKER}) show\n").into_bytes();
    // Several chunks, so that order and end matter.
    document.resize(900_000, b'%');
    document.extend_from_slice(format!("\n({MARKER}) show\nshowpage\n%%EOF\n").as_bytes());
    document
}

fn print(suite: &Suite, document: &[u8]) -> i64 {
    let mut client = Client::connect(suite.address(631), "/ipp/print/pull").expect("the suite listens");
    let answer = client.print_job("ann", "report", "application/postscript", document).expect("an answer");
    answer.job_id().unwrap_or_else(|| panic!("{answer:?}"))
}

/// The spool's files, newest last.
fn spooled(suite: &Suite) -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(&suite.data().join("spool"), &mut all);
    all.retain(|path| fs::metadata(path).is_ok_and(|metadata| metadata.len() > 500_000));
    all.sort_by_key(|path| fs::metadata(path).and_then(|metadata| metadata.modified()).expect("a file"));
    all
}

#[test]
fn neither_documents_nor_secrets_can_be_read_on_disk() {
    let mut suite = Suite::start();
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    suite.done(&["pin", "set", "ann", PIN]);
    print(&suite, &document());
    for marker in [MARKER, CARD, PIN] {
        assert_eq!(
            files_with(&suite.data(), marker.as_bytes()),
            Vec::<PathBuf>::new(),
            "'{marker}' is on disk"
        );
    }
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let (said, _) = mfp.session(&suite, &["--card", CARD, "--pin", PIN, "--print-all"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(mfp.printed(), vec![document()]);
    drop(mfp);
    assert_eq!(suite.stop(), 0);
    for marker in [MARKER, CARD, PIN] {
        assert_eq!(
            files_with(&suite.data(), marker.as_bytes()),
            Vec::<PathBuf>::new(),
            "'{marker}' is on disk"
        );
        assert!(!suite.log().contains(marker), "'{marker}' is in the log");
    }
}

#[test]
fn the_first_start_makes_a_password_and_shows_it_once() {
    let mut suite = Suite::start();
    let log = suite.log();
    // One for the administrator, one for the technician.
    let passwords: Vec<String> = log
        .split("the password is")
        .skip(1)
        .map(|after| after.split_whitespace().next().expect("a password follows").to_owned())
        .collect();
    assert_eq!(passwords.len(), 2, "{log}");
    assert_ne!(passwords[0], passwords[1]);
    for password in &passwords {
        assert!(password.len() >= 20, "'{password}' is short");
        let files = files_with(&suite.data(), password.as_bytes());
        assert_eq!(files, Vec::<PathBuf>::new(), "the password is on disk");
    }

    assert_eq!(suite.stop(), 0);
    suite.up();
    let log = suite.log();
    assert_eq!(log.matches("the password is").count(), 2, "a password is shown again");
    for password in &passwords {
        assert_eq!(log.matches(password).count(), 1, "the password is shown more than once");
    }
    for path in ["keys", "db", "run", "spool"] {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(suite.data().join(path)).expect(path).permissions(),
        );
        assert_eq!(mode & 0o077, 0, "{path} is open to others: {mode:o}");
    }
}

#[test]
fn a_document_changed_on_disk_is_refused_and_stays_held() {
    type Tamper = fn(&[PathBuf]);
    let tampers: [(&str, Tamper); 3] = [
        ("a bit is flipped", |spooled| {
            let mut content = fs::read(&spooled[0]).expect("a spool file");
            let middle = content.len() / 2;
            content[middle] ^= 1;
            fs::write(&spooled[0], content).expect("our own file");
        }),
        ("the end is cut off", |spooled| {
            let file = fs::File::options().write(true).open(&spooled[0]).expect("a spool file");
            let length = file.metadata().expect("a file").len();
            file.set_len(length - 300_000).expect("our own file");
        }),
        ("two files are swapped", |spooled| {
            let aside = spooled[0].with_extension("aside");
            fs::rename(&spooled[0], &aside).expect("our own file");
            fs::rename(&spooled[1], &spooled[0]).expect("our own file");
            fs::rename(&aside, &spooled[1]).expect("our own file");
        }),
    ];
    let suite = Suite::start();
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    for (what, tamper) in tampers {
        let jobs = [print(&suite, &document()), print(&suite, &document())];
        tamper(&spooled(&suite));
        let (said, events) = mfp.session(&suite, &["--card", CARD, "--print", &jobs[0].to_string()]);
        assert_ne!(said.code, 0, "{what}: {said:?}");
        assert!(events.iter().any(|event| event["event"] == "failed"), "{what}: {events:?}");
        let listed = suite.json(&["jobs", "list"]);
        let job = listed
            .as_array()
            .expect("a list")
            .iter()
            .find(|job| job["id"] == jobs[0])
            .expect("still there")
            .clone();
        assert_eq!(job["state"], "held", "{what}: {job}");
        assert!(!job["state_message"].as_str().unwrap_or_default().is_empty(), "{what}: no reason is given");
        for job in jobs {
            suite.done(&["jobs", "delete", &job.to_string()]);
        }
    }
    assert_eq!(
        suite.papergate(&["tracking", "export", "--format", "json"]).json().as_array().map(Vec::len),
        Some(0)
    );
}
