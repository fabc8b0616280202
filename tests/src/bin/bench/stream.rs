//! 100 MB from the encrypted spool to a raw device, against CUPS's socket back end and a bare copy.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use harness::ipp::Client;
use harness::mfp;
use harness::suite::Suite;

use crate::Bench;
use crate::listener::Listener;
use crate::table::{Better, Row};
use crate::tap::median;

const BYTES: usize = 100_000_000;
const ROUNDS: usize = 5;
const BACKEND: &str = "/usr/lib/cups/backend/socket";

pub(crate) fn run(bench: &mut Bench) {
    let ours = ours(bench);
    let directory = bench.directory();
    let path = directory.path().join("document");
    File::create(&path).and_then(|mut file| file.write_all(&document())).expect("room for 100 MB");
    let backend = Path::new(BACKEND).exists().then(|| median((0..ROUNDS).map(|_| backend(&path)).collect()));
    let bare = median((0..ROUNDS).map(|_| bare(&path)).collect());
    bench.table.push(Row {
        what: "100 MB from the encrypted spool to a raw device".into(),
        unit: "MB/s",
        ours,
        peer: backend.map(|figure| ("CUPS socket back end".to_owned(), figure)),
        better: Better::More,
        reach: 0.8,
    });
    bench.table.push(Row {
        what: "the same against a bare copy of a plain file (for scale)".into(),
        unit: "MB/s",
        ours,
        peer: Some(("sendfile".to_owned(), bare)),
        better: Better::More,
        reach: 0.0,
    });
}

/// A PCL raster page: binary that is skipped by its length.
fn document() -> Vec<u8> {
    let mut document = b"\x1bE\x1b*r1A".to_vec();
    let row = vec![0x55_u8; 20_000];
    while document.len() < BYTES - 30_000 {
        document.extend_from_slice(b"\x1b*b20000W");
        document.extend_from_slice(&row);
    }
    document.extend_from_slice(b"\x1b*rC\x0c\x1bE");
    document
}

fn rate(listener: &Listener, send: impl FnOnce() + Send) -> f64 {
    std::thread::scope(|scope| {
        let received = scope.spawn(|| listener.receive());
        send();
        let received = received.join().expect("the listener");
        received.bytes as f64 / received.seconds / 1e6
    })
}

fn ours(bench: &Bench) -> f64 {
    let listener = Listener::bind();
    let suite = Suite::start_in(bench.directory(), &[]);
    suite.pull_queue("stream");
    suite.person("stream", "1000");
    suite.done(&["device", "add", "panel", "--address", &format!("raw://{}", listener.address())]);
    let mut client = Client::connect(suite.address(631), "/ipp/print/stream").expect("the suite listens");
    let document = document();
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let answer =
            client.print_job("stream", "big", "application/octet-stream", &document).expect("an answer");
        let job = answer.job_id().expect("a job id").to_string();
        rates.push(rate(&listener, || {
            let (said, _) = mfp::session(&suite, "panel", &["--card", "1000", "--print", &job]);
            assert_eq!(said.code, 0, "{said:?}");
        }));
    }
    median(rates)
}

fn backend(path: &Path) -> f64 {
    let listener = Listener::bind();
    rate(&listener, || {
        let status = Command::new(BACKEND)
            .args(["1", "bench", "bench", "1", ""])
            .arg(path)
            .env("DEVICE_URI", format!("socket://{}", listener.address()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("the back end runs");
        assert!(status.success(), "the back end failed");
    })
}

fn bare(path: &Path) -> f64 {
    let listener = Listener::bind();
    rate(&listener, || {
        let mut file = File::open(path).expect("the document");
        let mut stream = std::net::TcpStream::connect(listener.address()).expect("the listener");
        // On Linux the standard library turns this into sendfile(2).
        std::io::copy(&mut file, &mut stream).expect("the listener reads to the end");
    })
}
