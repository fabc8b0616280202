//! From the tap on the panel to the first byte at the printer.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::cups::{Cups, Durability};
use harness::ipp::Client;
use harness::mfp;
use harness::suite::Suite;

use crate::Bench;
use crate::listener::Listener;
use crate::table::{Better, Row};

const ROUNDS: usize = 20;

pub(crate) fn run(bench: &mut Bench) {
    let ours = ours(bench);
    let peer = peer(bench).map(|figure| ("CUPS, release to first byte".to_owned(), figure));
    bench.table.push(Row {
        what: "panel tap to first byte at a raw device (median)".into(),
        unit: "ms",
        ours,
        peer,
        better: Better::Less,
        reach: 2.0,
    });
}

fn ours(bench: &Bench) -> f64 {
    let listener = Listener::bind();
    let suite = Suite::start_in(bench.directory(), &[]);
    suite.pull_queue("tap");
    suite.person("tap", "1000");
    suite.done(&["device", "add", "panel", "--address", &format!("raw://{}", listener.address())]);
    let mut client = Client::connect(suite.address(631), "/ipp/print/tap").expect("the suite listens");
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let job = client
            .print_job("tap", "tap", "application/postscript", &document())
            .expect("an answer")
            .job_id()
            .expect("a job id");
        let (received, events) = std::thread::scope(|scope| {
            let received = scope.spawn(|| listener.receive());
            let (said, events) =
                mfp::session(&suite, "panel", &["--card", "1000", "--print", &job.to_string()]);
            assert_eq!(said.code, 0, "{said:?}");
            (received.join().expect("the listener"), events)
        });
        let tap = events
            .iter()
            .find(|event| event["event"] == "tap")
            .and_then(|event| event["t"].as_i64())
            .expect("a tap event with its time");
        times.push((received.first_us - tap) as f64 / 1000.0);
    }
    median(times)
}

#[expect(clippy::disallowed_methods, reason = "compared with the listener's wall clock")]
fn peer(bench: &Bench) -> Option<f64> {
    let listener = Listener::bind();
    let ports = harness::ports::Block::take();
    let cups = Cups::start(&bench.disk, ports.spare(0), Durability::Default)?;
    cups.done(
        "lpadmin",
        &["-p", "tap", "-E", "-v", &format!("socket://{}", listener.address()), "-m", "raw"],
    );
    let mut client = Client::connect(cups.address(), "/printers/tap").expect("cupsd listens");
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let hold: &[(u8, &str, &[u8])] = &[(0x44, "job-hold-until", b"indefinite")];
        let job = client
            .print_job_with("tap", "tap", "application/postscript", hold, &document())
            .expect("an answer")
            .job_id()
            .expect("a job id");
        let received = std::thread::scope(|scope| {
            let received = scope.spawn(|| listener.receive());
            let tap = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
            let id = i32::try_from(job).expect("a job id").to_be_bytes();
            let answer = client.operation(0x000d, "tap", &[(0x21, "job-id", &id)]).expect("an answer");
            assert!(answer.status < 0x100, "{answer:?}");
            let tap_us = i64::try_from(tap.as_micros()).expect("before the year 294441");
            (received.join().expect("the listener").first_us - tap_us) as f64 / 1000.0
        });
        times.push(received);
    }
    Some(median(times))
}

fn document() -> Vec<u8> {
    b"%!PS-Adobe-3.0\n%%Pages: 1\n%%EndComments\n%%Page: 1 1\nshowpage\n%%EOF\n".to_vec()
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
