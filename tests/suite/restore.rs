//! A backup, a lost machine, a restore: what was held is collected, and what was tracked is known.

use std::path::Path;
use std::process::Command;

use harness::ipp::Client;
use harness::mfp::Mfp;
use harness::suite::{Said, Suite};

const CARD: &str = "04A1B2C3";

fn restore(data: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(harness::binary("papergate"));
    command.arg("--data").arg(data).arg("restore").args(arguments).env_remove("PAPERGATE_DATA");
    command.output().expect("papergate runs").into()
}

#[test]
fn a_restored_suite_holds_what_the_backup_held() {
    let mut suite = Suite::start();
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    let document = b"%!PS-Adobe-3.0\n%%Pages: 1\n%%EndComments\nshowpage\n%%EOF\n";
    let mut client = Client::connect(suite.address(631), "/ipp/print/pull").expect("the suite listens");
    let answer = client.print_job("ann", "kept", "application/postscript", document).expect("an answer");
    let job = answer.job_id().unwrap_or_else(|| panic!("{answer:?}"));
    let backup = suite.path("backup");
    let backup = backup.to_str().expect("a temporary path is text");
    suite.done(&["backup", backup]);
    let saved = suite.path("saved-keys");
    let copied = Command::new("cp").args(["-a"]).arg(suite.data().join("keys")).arg(&saved).status();
    assert!(copied.expect("cp runs").success());
    let keys = saved.to_str().expect("a temporary path is text");

    let said = restore(&suite.data(), &[backup]);
    assert_eq!(said.code, 1, "a suite that runs was restored into: {said:?}");
    assert_eq!(suite.stop(), 0);
    let said = restore(&suite.data(), &[backup]);
    assert_eq!(said.code, 1, "something was overwritten: {said:?}");

    std::fs::remove_dir_all(suite.data()).expect("the machine is lost");
    let said = restore(&suite.data(), &[backup]);
    assert!(said.code == 1 && said.stderr.contains("--keys"), "{said:?}");
    let said = restore(&suite.data(), &[backup, "--keys", keys]);
    assert_eq!(said.code, 0, "{said:?}");
    suite.up();
    let jobs = suite.json(&["jobs", "list"]);
    assert_eq!((jobs[0]["id"].as_i64(), jobs[0]["state"].as_str()), (Some(job), Some("held")), "{jobs}");
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let (said, _) = mfp.session(&suite, &["--card", CARD, "--print", &job.to_string()]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(mfp.printed(), [document]);
}
