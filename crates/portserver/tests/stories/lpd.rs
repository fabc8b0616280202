use rpc::proto::jobserver::queue::Owner;
use rpc::{Error, Kind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bench::{Bench, PDF, pull, until};

const CONTROL: &[u8] = b"Hpc-7\nPann\nJReport\nldfA001pc-7\nldfA001pc-7\nNreport.pdf\n";

/// Sends `parts`, awaiting one octet after each, and says what they were; ends at the first refusal.
async fn talk(bench: &Bench, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = TcpStream::connect(bench.address("lpd")).await.unwrap();
    let mut answers = Vec::new();
    for part in parts {
        stream.write_all(part).await.unwrap();
        let mut octet = [0];
        match stream.read(&mut octet).await {
            Ok(1) => answers.push(octet[0]),
            _ => break,
        }
        if octet[0] != 0 {
            break;
        }
    }
    answers
}

fn head(code: u8, content: &[u8], name: &str) -> Vec<u8> {
    [&[code][..], format!("{} {name}\n", content.len()).as_bytes()].concat()
}

fn content(content: &[u8]) -> Vec<u8> {
    [content, &[0]].concat()
}

fn job(queue: &str, control_first: bool, document: &[u8]) -> Vec<Vec<u8>> {
    let control = [head(2, CONTROL, "cfA001pc-7"), content(CONTROL)];
    let data = [head(3, document, "dfA001pc-7"), content(document)];
    let mut parts = vec![format!("\x02{queue}\n").into_bytes()];
    for part in if control_first { [control, data] } else { [data, control] } {
        parts.extend(part);
    }
    parts
}

#[tokio::test]
async fn a_job_is_taken_in_either_order_of_its_files() {
    let bench = Bench::new().await;
    for control_first in [true, false] {
        assert_eq!(talk(&bench, &job("pull", control_first, PDF)).await, [0; 5]);
    }
    let world = bench.jobserver.world();
    assert_eq!(world.jobs.len(), 2);
    for stored in &world.jobs {
        assert_eq!(stored.data, PDF);
        assert_eq!((stored.job.owner_logon.as_str(), stored.job.name.as_str()), ("ann", "Report"));
        assert_eq!(stored.job.source_protocol, "lpd");
        assert_eq!(stored.job.ticket.as_ref().unwrap().copies, 2, "the file is named twice");
    }
}

#[tokio::test]
async fn the_last_acknowledgement_waits_for_the_jobserver() {
    let bench = Bench::new().await;
    for (error, octet) in [
        (Error::new(Kind::Unavailable, 107, "the disk is full"), 1),
        (Error::new(Kind::NotFound, 54, "unknown").field("logon"), 2),
    ] {
        bench.jobserver.world().refuse = Some(error);
        for control_first in [true, false] {
            let answers = talk(&bench, &job("pull", control_first, PDF)).await;
            assert_eq!(answers.last(), Some(&octet));
            assert_ne!(answers.len(), 0);
        }
    }
    assert!(bench.jobserver.world().jobs.is_empty());
}

#[tokio::test]
async fn unknown_queues_and_people_are_refused() {
    let bench = Bench::new().await;
    assert_eq!(talk(&bench, &job("nowhere", true, PDF)).await, [2]);
    let parts: Vec<Vec<u8>> = job("pull", true, PDF)
        .into_iter()
        .map(|part| String::from_utf8_lossy(&part).replace("Pann", "Peve").into_bytes())
        .collect();
    assert_eq!(talk(&bench, &parts).await.last(), Some(&2));
}

#[tokio::test]
async fn an_interrupted_job_leaves_nothing() {
    let bench = Bench::new().await;
    let mut stream = TcpStream::connect(bench.address("lpd")).await.unwrap();
    let whole = job("pull", true, &[b'x'; 100_000]);
    for (index, part) in whole.iter().enumerate() {
        if index + 1 == whole.len() {
            stream.write_all(&part[..50_000]).await.unwrap();
            break;
        }
        stream.write_all(part).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), 0);
    }
    drop(stream);
    until("the jobserver sees it end without an end", async || bench.jobserver.world().void == 1).await;
    // Data acknowledged, control file never sent: nobody was told that the job is safe.
    talk(&bench, &job("pull", false, PDF)[..3]).await;
    until("the second one too", async || bench.jobserver.world().void == 2).await;
    assert!(bench.jobserver.world().jobs.is_empty());
}

#[tokio::test]
async fn a_stream_of_unknown_length_belongs_to_the_queues_fixed_owner() {
    let mut queue = pull();
    queue.owner = Owner::Fixed.into();
    queue.fixed_logon = "bob".into();
    let bench = Bench::with(vec![queue], |_| {}).await;
    let mut stream = TcpStream::connect(bench.address("lpd")).await.unwrap();
    let mut octet = [0];
    for part in [&b"\x02pull\n"[..], b"\x030 dfA001host\n"] {
        stream.write_all(part).await.unwrap();
        stream.read_exact(&mut octet).await.unwrap();
        assert_eq!(octet, [0]);
    }
    stream.write_all(PDF).await.unwrap();
    stream.shutdown().await.unwrap();
    stream.read_exact(&mut octet).await.unwrap();
    assert_eq!(octet, [0]);
    let world = bench.jobserver.world();
    assert_eq!((world.jobs[0].job.owner_logon.as_str(), &world.jobs[0].data[..]), ("bob", PDF));
}

#[tokio::test]
async fn queue_state_and_removal() {
    let bench = Bench::new().await;
    let id = bench.print("Report", PDF).await;
    let ask = async |command: String| {
        let mut stream = TcpStream::connect(bench.address("lpd")).await.unwrap();
        stream.write_all(command.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    };
    let short = ask("\x03pull\n".to_owned()).await;
    assert!(short.contains("ann") && short.contains("Report"), "{short}");
    assert!(ask("\x04pull bob\n".to_owned()).await.contains("no entries"));
    assert_eq!(ask(format!("\x05pull bob {id}\n")).await, "\0");
    assert!(ask("\x03pull\n".to_owned()).await.contains("Report"), "bob cannot remove what is ann's");
    assert_eq!(ask(format!("\x05pull ann {id}\n")).await, "\0");
    assert!(ask("\x03pull\n".to_owned()).await.contains("no entries"));
    assert!(ask("\x03nowhere\n".to_owned()).await.contains("unknown queue"));
}
