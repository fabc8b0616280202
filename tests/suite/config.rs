//! The sample configuration is one that every server takes, and what no server knows is refused.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SERVERS: [&str; 6] =
    ["supervisor", "broadcastserver", "trackingserver", "moneyserver", "jobserver", "portserver"];

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/config/papergate.toml")
}

/// What `--check-config` says of a file: its exit code and its words.
fn check(server: &str, config: &Path, data: &Path) -> (Option<i32>, String) {
    let output = Command::new(harness::binary(server))
        .args(["--check-config", "--config"])
        .arg(config)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null())
        .output()
        .expect("the server runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn every_server_takes_the_sample_and_refuses_what_it_does_not_know() {
    let folder = tempfile::tempdir().expect("a directory");
    let text = std::fs::read_to_string(sample()).expect("the sample is there");
    for server in SERVERS {
        let (code, words) = check(server, &sample(), folder.path());
        assert_eq!(code, Some(0), "{server}: {words}");
        let heading = format!("[{server}]\n");
        assert!(text.contains(&heading), "the sample says nothing of {server}");
        let file = folder.path().join(server);
        std::fs::write(&file, text.replace(&heading, &format!("{heading}mispelt = 1\n"))).expect("a file");
        let (code, words) = check(server, &file, folder.path());
        assert_eq!(code, Some(78), "{server} took a key that it does not know");
        assert!(words.contains("mispelt"), "{server}: {words}");
    }
}
