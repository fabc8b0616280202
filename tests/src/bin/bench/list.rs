//! Listing 20,000 held jobs of one person. Both sides decide for each job what the asker may see: CUPS keeps the policy that
//! it is installed with.

use std::time::Instant;

use harness::cups::Cups;
use harness::suite::Suite;

use crate::Bench;
use crate::load::Load;
use crate::table::{Better, Row};
use crate::tap::median;

const JOBS: u64 = 20_000;
const ROUNDS: usize = 5;

pub(crate) fn run(bench: &mut Bench) {
    let ours = {
        let suite = Suite::start_in(bench.directory(), &[]);
        suite.pull_queue("list");
        suite.person("list", "1000");
        fill(suite.address(631), "/ipp/print/list", false);
        median(
            (0..ROUNDS)
                .map(|_| {
                    let started = Instant::now();
                    let listed = suite.done(&["jobs", "list", "--user", "list"]);
                    let elapsed = started.elapsed().as_secs_f64() * 1000.0;
                    assert!(listed.lines().count() as u64 >= JOBS, "only {} lines", listed.lines().count());
                    elapsed
                })
                .collect(),
        )
    };
    let ports = harness::ports::Block::take();
    let peer = Cups::start_private(&bench.disk, ports.spare(0)).map(|cups| {
        cups.done("lpadmin", &["-p", "list", "-E", "-v", "file:///dev/null", "-m", "raw"]);
        fill(cups.address(), "/printers/list", true);
        let started = Instant::now();
        let listed = cups.done("lpstat", &["-o"]);
        let elapsed = started.elapsed().as_secs_f64() * 1000.0;
        assert!(listed.lines().count() as u64 >= JOBS, "only {} lines", listed.lines().count());
        ("CUPS, lpstat -o".to_owned(), elapsed)
    });
    bench.table.push(Row {
        what: "listing 20,000 held jobs of one person, whole command".into(),
        unit: "ms",
        ours,
        peer,
        better: Better::Less,
        reach: 50.0,
    });
}

fn fill(address: std::net::SocketAddr, path: &str, hold: bool) {
    let load = Load {
        address,
        path: path.into(),
        user: "list".into(),
        hold,
        connections: 32,
        jobs: JOBS,
        bytes: 500,
    };
    load.run();
}
