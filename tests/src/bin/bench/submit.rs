//! Durable submission: 100 KB documents, acknowledged only when they are on disk.

use harness::cups::{Cups, Durability};
use harness::suite::Suite;

use crate::Bench;
use crate::load::Load;
use crate::table::{Better, Row};

const BYTES: usize = 100_000;

pub(crate) fn run(bench: &mut Bench) {
    let (ours_many, ours_one) = {
        let mut suite = Suite::start_in(bench.directory(), &[]);
        // A file system is slow to make files where many were just removed: nobody's are before the end.
        suite.keep_directory();
        suite.pull_queue("bench");
        suite.person("bench", "1000");
        let load = Load {
            address: suite.address(631),
            path: "/ipp/print/bench".into(),
            user: "bench".into(),
            hold: false,
            connections: 32,
            jobs: 2_000,
            bytes: BYTES,
        };
        let _warm = Load { jobs: 200, ..load.clone() }.rate();
        (load.rate(), Load { connections: 1, jobs: 300, ..load }.rate())
    };
    let durable = peer(bench, Durability::Durable, 1_000);
    let default = peer(bench, Durability::Default, 2_000);
    for (what, ours, peer, reach) in [
        (
            "durable IPP submissions, 100 KB, 32 connections",
            ours_many,
            durable.map(|p| ("CUPS made durable", p.0)),
            4.0,
        ),
        (
            "the same against CUPS that forgets",
            ours_many,
            default.map(|p| ("CUPS with its defaults", p.0)),
            1.0,
        ),
        (
            "durable IPP submissions, 100 KB, one connection",
            ours_one,
            durable.map(|p| ("CUPS made durable", p.1)),
            1.5,
        ),
    ] {
        bench.table.push(Row {
            what: what.into(),
            unit: "/s",
            ours,
            peer: peer.map(|(name, figure)| (name.to_owned(), figure)),
            better: Better::More,
            reach,
        });
    }
}

/// Jobs a second of CUPS over 32 connections and over one.
fn peer(bench: &Bench, durability: Durability, jobs: u64) -> Option<(f64, f64)> {
    let ports = harness::ports::Block::take();
    let mut cups = Cups::start(&bench.disk, ports.spare(0), durability)?;
    cups.keep_directory();
    cups.done("lpadmin", &["-p", "bench", "-E", "-v", "file:///dev/null", "-m", "raw"]);
    let load = Load {
        address: cups.address(),
        path: "/printers/bench".into(),
        user: "bench".into(),
        hold: true,
        connections: 32,
        jobs,
        bytes: BYTES,
    };
    let _warm = Load { jobs: 100, ..load.clone() }.rate();
    Some((load.rate(), Load { connections: 1, jobs: 200, ..load }.rate()))
}
