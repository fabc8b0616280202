//! Resident memory of the whole suite: idle, and while ten 100 MB documents stream.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use harness::suite::Suite;

use crate::Bench;
use crate::load::Load;
use crate::table::{Better, Row};

const MB: f64 = 1e6;

pub(crate) fn run(bench: &mut Bench) {
    let suite = Suite::start_in(bench.directory(), &[]);
    suite.pull_queue("memory");
    suite.person("memory", "1000");
    std::thread::sleep(Duration::from_secs(3));
    let idle = suite.resident_bytes();
    let (done, peak) = (AtomicBool::new(false), AtomicU64::new(idle));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(suite.resident_bytes(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Load {
            address: suite.address(631),
            path: "/ipp/print/memory".into(),
            user: "memory".into(),
            hold: false,
            connections: 10,
            jobs: 10,
            bytes: 100_000_000,
        }
        .run();
        done.store(true, Ordering::Relaxed);
    });
    let peak = peak.into_inner();
    for (what, ours, reach) in [
        ("resident memory, whole suite idle", idle as f64 / MB, 150.0),
        ("more while ten 100 MB documents stream in", (peak - idle) as f64 / MB, 64.0),
    ] {
        bench.table.push(Row {
            what: what.into(),
            unit: "MB",
            ours,
            peer: None,
            better: Better::Less,
            reach,
        });
    }
}
