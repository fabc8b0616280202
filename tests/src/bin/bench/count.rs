//! Counting: 100 MB of each language through `papergate inspect`, against the programs people count with today.
//!
//! A counter that gets the pages wrong is not fast: ours must be right, a peer's wrong count is shown in its name.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness::streams::{self, Kind, Truth};

use crate::Bench;
use crate::table::{Better, Row};
use crate::tap::median;

const BYTES: u64 = 100_000_000;
const ROUNDS: usize = 5;
const MB: f64 = 1e6;

/// What must be reached, in MB/s of one core.
fn reach(kind: Kind) -> f64 {
    match kind {
        Kind::PclXl | Kind::Pcl5 | Kind::Pwg => 1_000.0,
        Kind::PostScript | Kind::Text => 400.0,
        Kind::Pdf => 0.0,
    }
}

/// Peak memory of a stream of any size, in MB.
const PEAK_REACH: f64 = 16.0;

pub(crate) fn run(bench: &mut Bench) {
    let directory = bench.directory();
    for kind in Kind::ALL {
        let path = directory.path().join("stream");
        let truth = streams::write(kind, BYTES, &path).expect("room for 100 MB");
        let runs: Vec<Run> = (0..ROUNDS).map(|_| ours(&path, &truth)).collect();
        let seconds = median(runs.iter().map(|run| run.seconds).collect());
        let peak = runs.iter().map(|run| run.peak_bytes).max().unwrap_or(0);
        // A wrong answer has no speed: its row is missed.
        let right = runs.iter().all(|run| run.right);
        let rate = if right { truth.bytes as f64 / MB / seconds } else { 0.0 };
        bench.table.push(Row {
            what: format!("counting {}{}", kind.name(), if right { "" } else { " (WRONG COUNT)" }),
            unit: "MB/s",
            ours: rate,
            peer: None,
            better: Better::More,
            reach: reach(kind),
        });
        bench.table.push(Row {
            what: format!("peak memory counting {}", kind.name()),
            unit: "MB",
            ours: peak as f64 / MB,
            peer: None,
            better: Better::Less,
            reach: PEAK_REACH,
        });
        for peer in peers(kind) {
            let Some((name, seconds)) = peer.measure(&path, &truth) else { continue };
            bench.table.push(Row {
                what: format!("counting {} against {}", kind.name(), peer.what),
                unit: "MB/s",
                ours: rate,
                peer: Some((name, truth.bytes as f64 / MB / seconds)),
                better: Better::More,
                reach: peer.reach,
            });
        }
        if kind == Kind::Pdf {
            page_count_alone(bench, &path, &truth);
        }
        std::fs::remove_file(&path).expect("our own file");
    }
}

/// The page tree without the pages, against pdfinfo, which does the same. The start of a process is added to ours.
fn page_count_alone(bench: &mut Bench, path: &Path, truth: &Truth) {
    let pdfinfo = Peer {
        name: "pdfinfo",
        what: "",
        arguments: &[],
        pages: |text| text.lines().find_map(|line| line.strip_prefix("Pages:"))?.trim().parse().ok(),
        reach: 1.0,
        rounds: ROUNDS,
    };
    let time = |work: &dyn Fn()| {
        let started = Instant::now();
        work();
        started.elapsed().as_secs_f64() * 1_000.0
    };
    let count = || {
        let file = std::fs::File::open(path).and_then(pdl::source::FileSource::new).expect("our own file");
        assert_eq!(pdl::pdf::page_count(&file), Some(truth.pages));
    };
    let start = || {
        let _ = Command::new(harness::binary("papergate")).arg("--version").output().expect("papergate runs");
    };
    let ours = median((0..ROUNDS).map(|_| time(&count)).collect())
        + median((0..ROUNDS).map(|_| time(&start)).collect());
    let Some((name, seconds)) = pdfinfo.measure(path, truth) else { return };
    bench.table.push(Row {
        what: "counting the pages of a PDF and nothing else".into(),
        unit: "ms",
        ours,
        peer: Some((name, seconds * 1_000.0)),
        better: Better::Less,
        reach: pdfinfo.reach,
    });
}

struct Run {
    seconds: f64,
    peak_bytes: u64,
    /// Pages and colour pages are those of the stream.
    right: bool,
}

/// One run of ours: the whole process, from its start to its answer, and the kernel's high-water mark of its memory.
fn ours(path: &Path, truth: &Truth) -> Run {
    let started = Instant::now();
    let mut child = Command::new(harness::binary("papergate"))
        .args(["inspect", "--json"])
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("papergate runs");
    let mut peak_bytes = 0;
    // The answer is shorter than a pipe, so nothing needs to be taken while it runs.
    while child.try_wait().expect("our own child").is_none() {
        peak_bytes = high_water(child.id()).unwrap_or(peak_bytes);
        std::thread::sleep(Duration::from_micros(500));
    }
    let seconds = started.elapsed().as_secs_f64();
    let output = child.wait_with_output().expect("our own child");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let counted = (summary["pages"].as_u64(), summary["color_pages"].as_u64());
    Run { seconds, peak_bytes, right: counted == (Some(truth.pages), Some(truth.color_pages)) }
}

/// `VmHWM` of a process.
fn high_water(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// A program that counts the same pages.
struct Peer {
    name: &'static str,
    /// What it is asked for.
    what: &'static str,
    arguments: &'static [&'static str],
    /// Reads the number of pages from what it printed.
    pages: fn(&str) -> Option<u64>,
    /// The ratio to reach.
    reach: f64,
    rounds: usize,
}

/// A line a page with the share of each ink: pages and colour, like ours.
const INK_COVERAGE: &[&str] = &["-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=inkcov", "-o", "-"];

fn peers(kind: Kind) -> Vec<Peer> {
    let coverage = |name, reach| Peer {
        name,
        what: "the ink coverage device",
        arguments: INK_COVERAGE,
        pages: |text| Some(text.lines().filter(|line| line.contains("CMYK")).count() as u64),
        reach,
        rounds: 1,
    };
    let pkpgcounter = Peer {
        name: "pkpgcounter",
        what: "its page count",
        arguments: &[],
        pages: |text| text.trim().parse().ok(),
        reach: 1.0,
        rounds: 1,
    };
    match kind {
        // GhostPCL; Debian has no package of it.
        Kind::PclXl | Kind::Pcl5 => vec![coverage("gpcl6", 1.0), pkpgcounter],
        Kind::PostScript => vec![coverage("gs", 1.0), pkpgcounter],
        Kind::Pdf => vec![coverage("gs", 20.0), pkpgcounter],
        Kind::Pwg | Kind::Text => Vec::new(),
    }
}

impl Peer {
    /// Its name and its time in seconds; nothing when it is not installed or gives up.
    fn measure(&self, path: &Path, truth: &Truth) -> Option<(String, f64)> {
        let program = harness::tool(self.name)?;
        let mut times = Vec::new();
        let mut counted = None;
        for _ in 0..self.rounds {
            let started = Instant::now();
            let output = Command::new("timeout")
                .arg("300")
                .arg(&program)
                .args(self.arguments)
                .arg(path)
                .stdin(Stdio::null())
                .output()
                .expect("timeout runs");
            times.push(started.elapsed().as_secs_f64());
            counted = (self.pages)(&String::from_utf8_lossy(&output.stdout));
        }
        let name = match counted {
            Some(pages) if pages == truth.pages => self.name.to_owned(),
            Some(pages) => format!("{} (says {pages} of {})", self.name, truth.pages),
            None => format!("{} (gives up)", self.name),
        };
        Some((name, median(times)))
    }
}
