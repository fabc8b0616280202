//! Power may fail at any moment. Whatever a client was told is stored had been flushed before it was told: the document's
//! content, its name, and the row of its job.

use harness::flushes::{Call, Calls, WATCHED};
use harness::submit::{Doors, Protocol, raw, submit};
use harness::suite::Suite;
use harness::trouble::Strace;
use harness::wait_for;

const DOCUMENTS: usize = 4;
const DOCUMENT: &[u8] = b"%!PS-Adobe-3.0\n%%Pages: 1\n%%EndComments\n%%Page: 1 1\nshowpage\n%%EOF\n";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Ipp,
    Lpd,
    Raw,
}

impl Way {
    const ALL: [Self; 3] = [Self::Ipp, Self::Lpd, Self::Raw];

    fn port(self) -> u16 {
        match self {
            Self::Ipp => 631,
            Self::Lpd => 515,
            Self::Raw => 9100,
        }
    }

    /// Whether a call tells the client something that may be an acknowledgement.
    fn answers(self, call: &Call, port: u16) -> bool {
        let here = call.arguments.contains(&format!("<TCP:[127.0.0.1:{port}->"));
        here && match self {
            Self::Ipp => call.arguments.contains("HTTP/1.1 200"),
            Self::Lpd => ["write", "writev", "sendto"].contains(&call.name.as_str()),
            Self::Raw => call.name == "shutdown",
        }
    }

    /// Answers of a document; the last one is its acknowledgement. LPD acknowledges the queue, the announcement and the content of
    /// each of two files.
    fn answers_each(self) -> usize {
        if self == Self::Lpd { 5 } else { 1 }
    }
}

/// What is wrong with an order of calls: nothing, when every acknowledgement came after the flushes that it promises.
fn faults(calls: &Calls, acknowledged: &[(Way, usize)], matters: impl Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, (way, at)) in acknowledged.iter().enumerate() {
        let before = calls.0.iter().filter(|call| call.ended < *at);
        if before.filter_map(Call::makes).filter(|file| matters(file)).count() <= number {
            faults.push(format!("{way:?} was acknowledged before its document was a file"));
        }
        for lost in calls.lost(*at, &matters) {
            faults.push(format!("{way:?} was acknowledged while {lost} was not flushed"));
        }
    }
    faults
}

#[test]
fn every_acknowledgement_comes_after_the_flushes_it_promises() {
    let suite = Suite::start();
    suite.pull_queue("pull");
    suite.person("ann", "04A1B2C3");
    suite.raw_queue("raw", "ann");
    let pids: Vec<i32> = suite
        .processes()
        .into_iter()
        .filter(|(name, _)| name == "jobserver" || name == "portserver")
        .map(|(_, pid)| pid)
        .collect();
    let file = suite.path("calls");
    let Some(record) = Strace::record(&pids, WATCHED, &file) else { return };
    let doors = Doors { ipp: suite.address(631), lpd: suite.address(515), queue: "pull" };
    for way in Way::ALL {
        for _ in 0..DOCUMENTS {
            match way {
                Way::Ipp => submit(doors, Protocol::Ipp, "ann", DOCUMENT),
                Way::Lpd => submit(doors, Protocol::Lpd, "ann", DOCUMENT),
                Way::Raw => raw(suite.address(9100), DOCUMENT),
            }
            .unwrap_or_else(|error| panic!("{way:?}: {error:#}"));
        }
    }
    let answers = |calls: &Calls, way: Way| -> Vec<usize> {
        let port = suite.ports.port(way.port());
        calls.0.iter().filter(|call| way.answers(call, port)).map(|call| call.begun).collect()
    };
    // A client has its answer before the call that gave it is written down.
    wait_for("the last answers to be written down", || {
        let calls = Calls::read(&file);
        let all = |way: &Way| answers(&calls, *way).len() >= DOCUMENTS * way.answers_each();
        Way::ALL.iter().all(all).then_some(())
    });
    drop(record);

    let calls = Calls::read(&file);
    let acknowledged: Vec<(Way, usize)> = Way::ALL
        .into_iter()
        .flat_map(|way| {
            let answers = answers(&calls, way);
            assert_eq!(answers.len(), DOCUMENTS * way.answers_each(), "{way:?}");
            answers
                .into_iter()
                .skip(way.answers_each() - 1)
                .step_by(way.answers_each())
                .map(move |at| (way, at))
        })
        .collect();
    // As the kernel names them, should the temporary directory be behind a link.
    let data = suite.data().canonicalize().expect("our own directory");
    let spool = data.join("spool").display().to_string();
    let log = data.join("db/core.sqlite-wal").display().to_string();
    let matters = |path: &str| path.starts_with(&spool) || path == log;
    assert_eq!(faults(&calls, &acknowledged, matters), Vec::<String>::new());

    // The proof proves something: without any one of the flushes it fails.
    let is_file = |path: &str| path.rsplit('/').next().is_some_and(|name| name.len() == 32);
    let kind = |path: &str| match path {
        _ if path == log => "the rows",
        _ if !path.starts_with(&spool) => "something else",
        _ if is_file(path) => "a document's content",
        _ => "a document's name",
    };
    for what in ["a document's content", "a document's name", "the rows"] {
        let less = calls.without(|call| {
            let flush = call.name == "fsync" || call.name == "fdatasync";
            let about = call.arguments.split(['<', '>']).nth(1).unwrap_or_default();
            flush && kind(about) == what
        });
        assert!(less.0.len() < calls.0.len(), "{what} was flushed");
        assert!(!faults(&less, &acknowledged, matters).is_empty(), "nobody misses the flush of {what}");
    }
}
