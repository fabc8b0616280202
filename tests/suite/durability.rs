//! Accepted means durable: whatever is killed, whenever, an acknowledged document is there once and whole.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::mfp::Mfp;
use harness::random::Random;
use harness::submit::{Doors, Protocol, submit};
use harness::suite::Suite;
use harness::wait_for;

const QUEUE: &str = "pull";
const LOGON: &str = "ann";
const CARD: &str = "04A1B2C3";

/// Enough for every process to die many times in every state; `PAPERGATE_KILLS` asks for more or fewer.
fn kills() -> u64 {
    std::env::var("PAPERGATE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

/// A document nobody else sends: a number on its first line, then bytes that do not compress.
fn document(number: usize, random: &mut Random) -> Vec<u8> {
    let mut document =
        format!("%!PS-Adobe-3.0\n%%Title: story {number}\n%%Pages: 1\n%%EndComments\n").into_bytes();
    let length = random.below(60_000) as usize;
    document
        .extend(random.bytes(length).into_iter().map(|byte| if byte == 4 || byte == 27 { 0 } else { byte }));
    document
}

fn number(document: &[u8]) -> Option<usize> {
    let text =
        std::str::from_utf8(document.get(..80.min(document.len()))?.split(|&byte| byte >= 0x80).next()?)
            .ok()?;
    text.split("story ").nth(1)?.lines().next()?.trim().parse().ok()
}

#[test]
fn acknowledged_documents_survive_the_death_of_any_process_at_any_moment() {
    let mut random = Random::from_environment("durability");
    let mut suite = Suite::start_restless(&[]);
    suite.person(LOGON, CARD);
    suite.done(&["queue", "add", QUEUE, "--kind", "pull", "--owner", "network-logon"]);
    suite.done(&["queue", "add", "fixed", "--kind", "pull", "--owner", "fixed", "--fixed-logon", LOGON]);

    let acknowledged: Mutex<BTreeMap<usize, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let stop = AtomicBool::new(false);
    let doors = Doors { ipp: suite.address(631), lpd: suite.address(515), queue: QUEUE };
    std::thread::scope(|scope| {
        for (lane, protocol) in [Protocol::Ipp, Protocol::Lpd, Protocol::Ipp].into_iter().enumerate() {
            let mut random = Random::new(random.number());
            let (acknowledged, stop) = (&acknowledged, &stop);
            scope.spawn(move || {
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let number = round * 10 + lane;
                    let document = document(number, &mut random);
                    if submit(doors, protocol, LOGON, &document).is_ok() {
                        acknowledged.lock().expect("no story panics here").insert(number, document);
                    } else {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
            });
        }
        for round in 0..kills() {
            std::thread::sleep(Duration::from_millis(random.below(60)));
            match random.below(10) {
                0 => {
                    suite.kill_all();
                    suite.up();
                }
                1 | 2 => drop(suite.kill("portserver")),
                3 => drop(suite.kill("trackingserver")),
                4 => drop(suite.kill("broadcastserver")),
                _ => drop(suite.kill("jobserver")),
            }
            if round % 5 == 0 {
                // Let it get far enough for the next kill to hit it at work.
                wait_for("a document to get through", || {
                    let before = acknowledged.lock().expect("no story panics here").len();
                    std::thread::sleep(Duration::from_millis(20));
                    (acknowledged.lock().expect("no story panics here").len() > before).then_some(())
                });
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let acknowledged = acknowledged.into_inner().expect("no story panics here");
    eprintln!("{} documents were acknowledged around {} kills", acknowledged.len(), kills());
    assert!(acknowledged.len() as u64 >= kills() / 5, "too few documents got through to prove anything");

    // One more cut of everything, then the books are read.
    suite.kill_all();
    suite.up();
    let listed = suite.json(&["jobs", "list"]);
    let listed = listed.as_array().expect("a list").len();
    assert!(listed >= acknowledged.len(), "{} were acknowledged, {listed} are listed", acknowledged.len());

    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let (said, _) = mfp.session(&suite, &["--card", CARD, "--print-all"]);
    assert_eq!(said.code, 0, "{said:?}");
    let mut came_out: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();
    for document in mfp.printed() {
        came_out.entry(number(&document).expect("one of ours")).or_default().push(document);
    }
    for (number, document) in &acknowledged {
        let copies = came_out.get(number).map_or(&[][..], Vec::as_slice);
        assert_eq!(copies.len(), 1, "document {number} came out {} times", copies.len());
        assert!(copies[0] == *document, "document {number} was changed");
    }
    let printed: usize = came_out.values().map(Vec::len).sum();
    assert_eq!(printed, listed, "every listed document comes out");

    // Exactly one tracking record a document.
    let records = wait_for("the tracking records", || {
        let records = suite.papergate(&["tracking", "export", "--format", "json"]).json();
        let records = records.as_array().expect("a list").clone();
        (records.len() >= printed).then_some(records)
    });
    assert_eq!(records.len(), printed);
    let checked = suite.json(&["integrity"]);
    assert_eq!(checked["findings"].as_array().expect("a list").len(), 0, "{checked}");
}
