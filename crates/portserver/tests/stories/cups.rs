//! Debian's clients print here: CUPS through a driverless, an LPD and a raw queue, and rlpr.

use std::path::Path;
use std::process::Command;

use harness::cups::{Cups, Durability};
use rpc::proto::jobserver::Queue;
use rpc::proto::jobserver::queue::Owner;

use crate::bench::{Bench, PDF, pull, until};

fn raw() -> Queue {
    Queue {
        id: 2,
        name: "raw".into(),
        owner: Owner::Fixed.into(),
        fixed_logon: "bob".into(),
        raw_port: 9100,
        ..pull()
    }
}

/// A private scheduler with one queue called `out` to `uri`, and `ann` printing to it.
async fn print_by_cups(uri: String, model: &'static str) -> bool {
    tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let Some(cups) = Cups::start(folder.path(), port, Durability::Default) else {
            eprintln!("skipped: cupsd is missing; install the Debian package cups");
            return false;
        };
        let file = folder.path().join("letter.pdf");
        std::fs::write(&file, PDF).unwrap();
        cups.done("lpadmin", &["-p", "out", "-E", "-v", &uri, "-m", model]);
        cups.done("lp", &["-d", "out", "-U", "ann", "-t", "Letter to Bob", file.to_str().unwrap()]);
        // The scheduler lives until its job is through.
        harness::wait_for("CUPS has passed the job on", || {
            let waiting = cups.done("lpstat", &["-o"]);
            waiting.trim().is_empty().then_some(())
        });
        true
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cups_prints_to_a_driverless_queue() {
    let bench = Bench::new().await;
    if !print_by_cups(bench.uri("pull"), "everywhere").await {
        return;
    }
    let world = bench.jobserver.world();
    let stored = &world.jobs[0];
    assert_eq!(world.jobs.len(), 1);
    assert_eq!((stored.job.owner_logon.as_str(), stored.job.name.as_str()), ("ann", "Letter to Bob"));
    assert!(stored.data.starts_with(b"%PDF-"), "the document is a PDF: {:?}", &stored.data[..8]);
    assert_eq!(stored.job.documents, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cups_prints_by_lpd() {
    let bench = Bench::new().await;
    if !print_by_cups(format!("lpd://{}/pull?reserve=none", bench.address("lpd")), "raw").await {
        return;
    }
    let world = bench.jobserver.world();
    assert_eq!(world.jobs.len(), 1);
    assert_eq!(world.jobs[0].job.owner_logon, "ann");
    assert_eq!(world.jobs[0].data, PDF, "a raw queue passes on what it gets");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cups_prints_to_a_raw_port() {
    let bench = Bench::with(vec![pull(), raw()], |_| {}).await;
    until("the raw port opens", async || bench.port.address("raw-raw").is_some()).await;
    if !print_by_cups(format!("socket://{}", bench.address("raw-raw")), "raw").await {
        return;
    }
    let world = bench.jobserver.world();
    assert_eq!(world.jobs.len(), 1);
    assert_eq!((world.jobs[0].job.owner_logon.as_str(), &world.jobs[0].data[..]), ("bob", PDF));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rlpr_prints_here() {
    if !Path::new("/usr/bin/rlpr").exists() {
        eprintln!("skipped: rlpr is missing; install the Debian package rlpr");
        return;
    }
    let bench = Bench::new().await;
    let me = Command::new("id").arg("-un").output().expect("id is part of every system").stdout;
    let me = String::from_utf8(me).unwrap().trim().to_owned();
    bench.jobserver.world().people.push(me.clone());
    let port = format!("--port={}", bench.address("lpd").port());
    let file = bench.dir.path().join("note.pdf");
    std::fs::write(&file, PDF).unwrap();
    let output = tokio::task::spawn_blocking(move || {
        Command::new("rlpr")
            .args(["--no-bind", &port, "-H", "127.0.0.1", "-P", "pull"])
            .arg(file)
            .output()
            .expect("rlpr is installed")
    });
    let output = output.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let world = bench.jobserver.world();
    assert_eq!((world.jobs[0].job.owner_logon.as_str(), &world.jobs[0].data[..]), (me.as_str(), PDF));
    assert_eq!(world.jobs[0].job.name, "note.pdf");
}
