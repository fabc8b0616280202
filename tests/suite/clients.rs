//! Debian's clients print to the whole suite, and what they sent is collected by card: CUPS through driverless, LPD and raw
//! queues, `lp` without a scheduler, rlpr, and a bare TCP client.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use harness::cups::Cups;
use harness::ipp::Client;
use harness::ipptool::PDF;
use harness::mfp::Mfp;
use harness::submit::{lpd, raw};
use harness::suite::Suite;
use harness::{tool, wait_for};
use serde_json::Value;

const CARD: &str = "04A1B2C3";

/// A suite where ann prints to the queues `office` and `raw`, which belongs to her, and a printer.
fn suite() -> (Suite, Mfp) {
    let suite = Suite::start();
    suite.pull_queue("office");
    // A second one, so that nobody finds the first by having no choice.
    suite.pull_queue("cellar");
    suite.person("ann", CARD);
    suite.raw_queue("raw", "ann");
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    (suite, mfp)
}

/// The one job that is held, which ann collects; and what came out of the printer.
fn collected(suite: &Suite, mfp: &Mfp) -> (Value, Vec<u8>) {
    let job = wait_for("the job", || {
        let held = suite.held();
        assert!(held.len() < 2, "printed twice: {held:?}");
        held.into_iter().next()
    });
    let before = mfp.printed().len();
    let (said, events) = mfp.session(suite, &["--card", CARD, "--print-all"]);
    assert_eq!(said.code, 0, "{said:?} {events:?}");
    let mut printed = mfp.printed();
    assert_eq!(printed.len(), before + 1);
    (job, printed.pop().expect("counted above"))
}

fn told(job: &Value) -> [&str; 4] {
    ["queue", "owner", "name", "source_protocol"].map(|field| job[field].as_str().unwrap_or_default())
}

#[test]
fn cups_prints_through_a_driverless_an_lpd_and_a_raw_queue() {
    let (suite, mfp) = suite();
    let print = |uri: String, model| Cups::prints(&uri, model, "ann", "Letter to Bob", PDF);
    let [ipp, lpd, socket] = [631, 515, 9100].map(|port| suite.address(port));

    if !print(format!("ipp://{ipp}/ipp/print/office"), "everywhere") {
        return;
    }
    let (job, printed) = collected(&suite, &mfp);
    assert_eq!(told(&job), ["office", "ann", "Letter to Bob", "ipp"]);
    let start = String::from_utf8_lossy(&printed[..printed.len().min(300)]);
    assert!(start.contains("%PDF-"), "CUPS makes a PDF of its own: {start}");

    assert!(print(format!("lpd://{lpd}/office?reserve=none"), "raw"));
    let (job, printed) = collected(&suite, &mfp);
    assert_eq!(told(&job), ["office", "ann", "Letter to Bob", "lpd"]);
    assert!(printed == PDF, "a raw queue passes on what it gets");

    assert!(print(format!("socket://{socket}"), "raw"));
    let (job, printed) = collected(&suite, &mfp);
    assert_eq!([told(&job)[0], told(&job)[1], told(&job)[3]], ["raw", "ann", "raw"]);
    assert!(printed == PDF);
}

/// A file with the PDF, beside the data directory.
fn letter(suite: &Suite) -> PathBuf {
    let file = suite.path("letter.pdf");
    std::fs::write(&file, PDF).expect("our own directory");
    file
}

/// `lp`, `lpstat` ... of CUPS with us as their server: no scheduler of CUPS anywhere.
fn without_scheduler(suite: &Suite, encryption: &str, program: &str, arguments: &[&str]) -> Option<Output> {
    let Some(program) = tool(program) else {
        eprintln!("skipped: {program} is missing; make test installs it");
        return None;
    };
    let output = Command::new(program)
        .env("CUPS_SERVER", suite.address(631).to_string())
        .env("CUPS_ENCRYPTION", encryption)
        // Where it remembers the certificate it saw first.
        .env("HOME", suite.path("home"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("a program of Debian's");
    Some(output)
}

#[test]
fn lp_prints_straight_to_the_suite_plain_and_by_tls() {
    let (suite, mfp) = suite();
    std::fs::create_dir(suite.path("home")).expect("our own directory");
    let file = letter(&suite).display().to_string();
    // Required begins plain and asks for TLS (RFC 2817), Always begins with it.
    for (encryption, protocol) in
        [("Never", "ipp"), ("IfRequested", "ipp"), ("Required", "ipps"), ("Always", "ipps")]
    {
        let title = format!("by {encryption}");
        let arguments = ["-d", "office", "-U", "ann", "-t", &title, &file];
        let Some(said) = without_scheduler(&suite, encryption, "lp", &arguments) else { return };
        assert!(said.status.success(), "{encryption}: {}", String::from_utf8_lossy(&said.stderr));
        let (job, printed) = collected(&suite, &mfp);
        assert_eq!(told(&job), ["office", "ann", &title, protocol], "{encryption}");
        assert!(printed == PDF, "{encryption}: lp sends the file as it is");

        let Some(said) = without_scheduler(&suite, encryption, "lpstat", &["-e"]) else { return };
        let mut queues: Vec<String> =
            String::from_utf8_lossy(&said.stdout).split_whitespace().map(str::to_owned).collect();
        queues.sort();
        assert_eq!(queues, ["cellar", "office", "raw"], "{encryption}: lpstat lists the queues");
    }
    let said = without_scheduler(&suite, "IfRequested", "lp", &["-d", "attic", &file]);
    assert!(said.is_some_and(|said| !said.status.success()), "there is no such queue");
}

/// docs/decisions/0004: what has an id is held once, what has none is never taken for a repeat.
#[test]
fn a_client_that_repeats_after_a_lost_answer_loses_nothing() {
    const GET_JOB_ATTRIBUTES: u16 = 0x0009;
    let (suite, mfp) = suite();
    let connect = || Client::connect(suite.address(631), "/ipp/print/office").expect("the suite listens");
    let answer = connect().operation(0x0005, "ann", &[(0x42, "job-name", b"form")]).expect("an answer");
    let job = answer.job_id().expect("a job");
    assert_eq!(connect().send_document("ann", job, PDF).expect("an answer").status, 0);
    // The answer is lost, and so is the connection. The client asks, or sends again.
    let id = i32::try_from(job).expect("a small id").to_be_bytes();
    let asked = connect().operation(GET_JOB_ATTRIBUTES, "ann", &[(0x21, "job-id", &id)]).expect("an answer");
    assert_eq!(asked.value("job-state"), Some("4"), "pending-held: {asked:?}");
    let again = connect().send_document("ann", job, PDF).expect("an answer");
    assert_eq!(again.status, 0x0509, "server-error-multiple-document-jobs-not-supported");
    assert_eq!(suite.held().len(), 1);

    for _ in 0..2 {
        let answer = connect().print_job("ann", "form", "application/pdf", PDF).expect("an answer");
        assert_eq!(answer.status, 0);
        assert_eq!(lpd(suite.address(515), "office", "ann", PDF).expect("an answer"), 0);
        raw(suite.address(9100), PDF).expect("an orderly end");
    }
    assert_eq!(suite.held().len(), 7, "two of each");
    let (said, events) = mfp.session(&suite, &["--card", CARD, "--print-all"]);
    assert_eq!(said.code, 0, "{said:?} {events:?}");
    assert_eq!(mfp.printed(), vec![PDF; 7]);
}

#[test]
fn rlpr_and_a_bare_tcp_client_print() {
    let (suite, mfp) = suite();
    let file = letter(&suite);
    raw(suite.address(9100), PDF).expect("an orderly end");
    let (job, printed) = collected(&suite, &mfp);
    assert_eq!([told(&job)[0], told(&job)[1], told(&job)[3]], ["raw", "ann", "raw"]);
    assert!(printed == PDF);

    let Some(rlpr) = tool("rlpr") else {
        eprintln!("skipped: rlpr is missing; make test installs it");
        return;
    };
    // rlpr says who runs it.
    let me = Command::new("id").arg("-un").output().expect("id is part of every system").stdout;
    let me = String::from_utf8(me).expect("a name").trim().to_owned();
    suite.done(&["user", "add", &me]);
    suite.done(&["card", "add", &me, "04D4E5F6"]);
    let said = Command::new(rlpr)
        .args(["--no-bind", &format!("--port={}", suite.ports.port(515)), "-H", "127.0.0.1", "-P", "office"])
        .arg(&file)
        .stdin(Stdio::null())
        .output()
        .expect("rlpr runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let held = suite.held();
    assert_eq!(told(&held[0]), ["office", me.as_str(), "letter.pdf", "lpd"]);
    let (said, _) = mfp.session(&suite, &["--card", "04D4E5F6", "--print-all"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(mfp.printed().pop().is_some_and(|printed| printed == PDF));
}
