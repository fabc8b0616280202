//! The store is away, the disk is full, a flush fails: each protocol says so in its own words, nothing is acknowledged that
//! is not stored, and afterwards everything goes on without a restart.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use harness::ipp::Client;
use harness::mfp::{Mfp, session};
use harness::submit::{lpd, raw};
use harness::suite::{Said, Suite};
use harness::trouble::Strace;
use harness::wait_for;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use storage::Location;
use storage::testing::Cluster;

const CARD: &str = "04A1B2C3";
const PASSWORD: &str = "correct horse battery";

// IPP (RFC 8011, section B.1.5), LPD (RFC 1179, section 5), and the table of docs/PROTOCOL.md.
const SERVICE_UNAVAILABLE: u16 = 0x0502;
const TEMPORARY_ERROR: u16 = 0x0505;
const LPD_LATER: u8 = 1;
const DATABASE_DOWN: i64 = 17;
const DISK_FULL: i64 = 107;

/// A suite with a queue behind every protocol, and ann, who may use all of them.
fn suite(environment: &[(&str, &str)]) -> Suite {
    let suite = Suite::start_with(environment);
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    suite.raw_queue("raw", "ann");
    suite.password("ann", PASSWORD);
    suite
}

fn document(n: usize, bytes: usize) -> Vec<u8> {
    let mut document =
        format!("%!PS-Adobe-3.0\n%%Title: {n}\n%%Pages: 1\n%%EndComments\n%%Page: 1 1\n").into_bytes();
    document.resize(document.len().max(bytes), b'%');
    document.extend_from_slice(b"\nshowpage\n%%EOF\n");
    document
}

/// What each protocol answers to a document.
#[derive(Debug, PartialEq)]
struct Answers {
    /// IPP status code.
    ipp: u16,
    /// LPD octet.
    lpd: u8,
    /// Whether the raw connection ended in order.
    raw: bool,
    /// Status of port 7700; 0 for an acknowledgement.
    clients: i64,
}

const TAKEN: Answers = Answers { ipp: 0, lpd: 0, raw: true, clients: 0 };

fn submit(suite: &Suite, document: &[u8]) -> Answers {
    let mut client = Client::connect(suite.address(631), "/ipp/print/pull").expect("the suite listens");
    let ipp = client.print_job("ann", "story", "application/postscript", document).expect("an answer");
    let said = submit_safecom(suite, document);
    Answers {
        ipp: ipp.status,
        lpd: lpd(suite.address(515), "pull", "ann", document).expect("an answer"),
        raw: raw(suite.address(9100), document).is_ok(),
        clients: status(&said),
    }
}

fn submit_safecom(suite: &Suite, document: &[u8]) -> Said {
    let file = suite.path("to-print.ps");
    std::fs::write(&file, document).expect("our own directory");
    let mut command = suite.command("papergate");
    command.args(["print", "--protocol", "safecom", "--user", "ann", "--queue", "pull"]).arg(&file);
    command.env("PAPERGATE_PASSWORD", PASSWORD).stdin(Stdio::null());
    command.output().expect("papergate runs").into()
}

/// The STATUS of `papergate: refused (STATUS): sentence`; 0 when it was done.
fn status(said: &Said) -> i64 {
    if said.code == 0 {
        return 0;
    }
    let status = said.stderr.split_once("refused (").and_then(|(_, rest)| rest.split_once(')'));
    status.and_then(|(status, _)| status.parse().ok()).unwrap_or_else(|| panic!("no status: {said:?}"))
}

/// Logs in at a panel; the status of a refusal, which ends its sentence.
fn panel(suite: &Suite, device: &str) -> Option<i64> {
    let (said, _) = session(suite, device, &["--card", CARD]);
    let status = said.stderr.rsplit_once("(status ").and_then(|(_, rest)| rest.split_once(')'));
    assert_eq!(status.is_none(), said.code == 0, "{said:?}");
    status.and_then(|(status, _)| status.parse().ok())
}

fn pids(suite: &Suite) -> BTreeSet<(String, i32)> {
    suite.processes().into_iter().collect()
}

fn pid(suite: &Suite, name: &str) -> i32 {
    let found = suite.processes().into_iter().find(|(process, _)| process == name);
    found.unwrap_or_else(|| panic!("no {name} runs")).1
}

/// Everything that is held comes out, and nothing else.
fn all_come_out(suite: &Suite, mfp: &Mfp, sent: &[Vec<u8>]) {
    let (said, events) = mfp.session(suite, &["--card", CARD, "--print-all"]);
    assert_eq!(said.code, 0, "{said:?} {events:?}");
    let printed = mfp.printed();
    assert_eq!(printed.len(), sent.len());
    let different = |documents: &[Vec<u8>]| documents.iter().cloned().collect::<BTreeSet<_>>();
    assert!(different(&printed) == different(sent), "what came out is what was acknowledged");
    assert_eq!(suite.held().len(), 0);
    // The tracking server may need a moment longer to find the store again.
    wait_for("the tracking records", || {
        let exported = suite.papergate(&["tracking", "export", "--format", "json"]);
        (exported.code == 0 && suite.records().len() == sent.len()).then_some(())
    });
    let checked = suite.json(&["integrity"]);
    assert_eq!(checked["findings"].as_array().map(Vec::len), Some(0), "{checked}");
}

#[test]
fn a_store_that_is_away_is_told_by_every_protocol_and_comes_back_without_a_restart() {
    let Some(mut cluster) = Cluster::start() else { return };
    let Location::Postgres(url) = cluster.database() else { unreachable!("a cluster is PostgreSQL") };
    let suite = suite(&[("PAPERGATE_COMMON_DATABASE_URL", &url)]);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let before = document(0, 0);
    assert_eq!(submit(&suite, &before), TAKEN);
    let running = pids(&suite);

    cluster.stop();
    let away = Answers { ipp: SERVICE_UNAVAILABLE, lpd: LPD_LATER, raw: false, clients: DATABASE_DOWN };
    assert_eq!(submit(&suite, &document(1, 0)), away);
    assert_eq!(panel(&suite, "mfp"), Some(DATABASE_DOWN), "the panel says what is wrong");
    let listing = suite.papergate(&["jobs", "list", "--json"]);
    assert!(listing.code != 0 && listing.stdout.is_empty(), "it must not look empty: {listing:?}");
    assert!(suite.log().contains("a document was refused"), "a raw client hears nothing, the log says it");

    cluster.resume();
    let after = document(2, 0);
    wait_for("the store to be used again", || (panel(&suite, "mfp").is_none()).then_some(()));
    wait_for("a document to be taken again", || {
        let mut client = Client::connect(suite.address(631), "/ipp/print/pull").expect("the suite listens");
        let answer = client.print_job("ann", "story", "application/postscript", &after).expect("an answer");
        (answer.status == 0).then_some(())
    });
    assert_eq!(submit(&suite, &after), TAKEN);
    assert_eq!(pids(&suite), running, "nothing was started again");
    let sent = [vec![before; 4], vec![after; 5]].concat();
    assert_eq!(suite.held().len(), sent.len(), "what was refused is not there, what was acknowledged is");
    all_come_out(&suite, &mfp, &sent);
}

/// Lets files of a process grow to so many bytes; a longer one fails as on a full disk.
fn limit_files(pid: i32, bytes: Option<u64>) {
    let limit = Rlimit { current: bytes, maximum: None };
    prlimit(Pid::from_raw(pid), Resource::Fsize, limit).expect("a process of ours");
}

fn files(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).expect("a readable directory").flatten();
    entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

#[test]
fn a_full_disk_is_told_by_every_protocol_and_leaves_no_piece_behind() {
    const ROOM: u64 = 8 << 20;
    let suite = suite(&[]);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let small = document(0, 0);
    assert_eq!(submit(&suite, &small), TAKEN);
    let running = pids(&suite);
    let jobserver = pid(&suite, "jobserver");
    limit_files(jobserver, Some(ROOM));
    let full = Answers { ipp: TEMPORARY_ERROR, lpd: LPD_LATER, raw: false, clients: DISK_FULL };
    // The first is refused while it is sent, the second with its last octets.
    for bytes in [ROOM + (4 << 20), ROOM + 1_000] {
        let large = document(1, usize::try_from(bytes).expect("a few megabytes"));
        assert_eq!(submit(&suite, &large), full, "{bytes} bytes");
    }
    assert!(suite.log().contains("no more disk space"), "the log says it");
    assert_eq!(files(&suite.data().join("spool")), 4, "no piece of a refused document stays");
    assert_eq!(submit(&suite, &small), TAKEN, "what fits is taken as ever");

    limit_files(jobserver, None);
    let large = document(2, usize::try_from(ROOM + 1_000).expect("a few megabytes"));
    assert_eq!(submit(&suite, &large), TAKEN);
    assert_eq!(pids(&suite), running, "nothing was started again");
    all_come_out(&suite, &mfp, &[vec![small; 8], vec![large; 4]].concat());
}

#[test]
fn a_flush_that_fails_is_never_acknowledged() {
    let suite = suite(&[]);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let document = document(0, 0);
    assert_eq!(submit(&suite, &document), TAKEN);
    let running = pids(&suite);
    let jobserver = pid(&suite, "jobserver");
    // As the kernel names them, should the temporary directory be behind a link.
    let data = suite.data().canonicalize().expect("our own directory");
    let shards = std::fs::read_dir(data.join("spool")).expect("the spool").flatten();
    let shard = shards.map(|shard| shard.path()).find(|shard| files(shard) > 0).expect("documents are held");
    let rows = data.join("db/core.sqlite-wal");
    let mut taken = 4;
    // Of everything, a document's content first; of the names alone; of the rows alone. The spool flushes by the one call,
    // SQLite may by the other.
    for place in [None, Some(shard.as_path()), Some(rows.as_path())] {
        let Some(broken) = Strace::fail(&[jobserver], "fsync,fdatasync", place) else { return };
        let answers = submit(&suite, &document);
        drop(broken);
        assert!(answers.ipp >= 0x0500, "{place:?}: {answers:?}");
        assert_eq!((answers.lpd, answers.raw), (LPD_LATER, false), "{place:?}: {answers:?}");
        assert_ne!(answers.clients, 0, "{place:?}: {answers:?}");
        assert_eq!(suite.held().len(), taken, "{place:?}: what was not acknowledged is not there");
        assert_eq!(files(&suite.data().join("spool")), taken, "{place:?}");

        assert_eq!(submit(&suite, &document), TAKEN, "the disk works again, and so do we");
        taken += 4;
    }
    assert_eq!(pids(&suite), running, "nothing was started again");
    all_come_out(&suite, &mfp, &vec![document; taken]);
}
