//! What is malformed, oversized, nested or slow gets a clear answer at a bounded cost, and disturbs nobody.

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::ipp::client::JobOptions;
use wire::ipp::{Attribute, Group, GroupTag, Message, Operation, Status, Value, Version};

use crate::bench::{Bench, PDF, pull, until};

async fn status(bench: &Bench, body: &[u8]) -> Status {
    Status::from_code(bench.ipp_octets(body, "").await.code).unwrap()
}

#[tokio::test]
async fn wrong_requests_are_answered_in_ipp_when_their_header_came() {
    let bench = Bench::new().await;
    let (http, _) = bench.post(b"\x02\x00\x00", "").await;
    assert_eq!(http, 400, "without a header there is nobody to answer");
    assert_eq!(status(&bench, b"\x02\x00\x00\x0b\x00\x00\x00\x01").await, Status::BadRequest);
    assert_eq!(status(&bench, b"\x02\x00\x00\x0b\x00\x00\x00\x01\x01\x41\xff\xff").await, Status::BadRequest);

    let mut nested = b"\x02\x00\x00\x02\x00\x00\x00\x01\x01\x34\x00\x01c\x00\x00".to_vec();
    (0..10_000).for_each(|_| nested.extend(b"\x4a\x00\x00\x00\x01m\x34\x00\x00\x00\x00"));
    assert_eq!(status(&bench, &nested).await, Status::RequestEntityTooLarge);

    let mut long = b"\x02\x00\x00\x02\x00\x00\x00\x01\x01".to_vec();
    (0..100).for_each(|_| {
        long.extend(b"\x41\x00\x01a\x7f\x00");
        long.extend([b'x'; 0x7f00]);
    });
    assert_eq!(status(&bench, &long).await, Status::RequestEntityTooLarge);

    let mut requests = bench.requests("ann");
    let good = requests.get_printer_attributes(&[]);
    let twice = {
        let mut twice = good.clone();
        twice.groups[0].attributes.push(Attribute::new("printer-uri", Value::uri("ipp://x/")));
        twice
    };
    let latin = {
        let mut latin = good.clone();
        latin.groups[0].attributes[0] =
            Attribute::new("attributes-charset", Value::Charset("iso-8859-1".into()));
        latin
    };
    let rows = [
        (Message { request_id: 0, ..good.clone() }, Status::BadRequest),
        (Message { version: Version { major: 9, minor: 0 }, ..good.clone() }, Status::VersionNotSupported),
        (Message { code: 0x7fff, ..good.clone() }, Status::OperationNotSupported),
        (Message { groups: vec![Group::new(GroupTag::Operation)], ..good.clone() }, Status::BadRequest),
        (Message { groups: vec![], ..good.clone() }, Status::BadRequest),
        (twice, Status::BadRequest),
        (latin, Status::CharsetNotSupported),
        (requests.printer_operation(Operation::PurgeJobs, vec![]), Status::NotAuthorized),
        (good, Status::Ok),
    ];
    for (message, expected) in rows {
        assert_eq!(status(&bench, &message.encode()).await, expected);
    }
}

#[tokio::test]
async fn the_whole_corpus_is_answered() {
    let bench = Bench::new().await;
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/corpus/ipp");
    for entry in std::fs::read_dir(corpus).unwrap() {
        let entry = entry.unwrap();
        let (http, _) = bench.post(&std::fs::read(entry.path()).unwrap(), "").await;
        assert!(matches!(http, 200 | 400), "{:?}: {http}", entry.file_name());
    }
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/corpus/lpd");
    for entry in std::fs::read_dir(corpus).unwrap() {
        let mut stream = TcpStream::connect(bench.address("lpd")).await.unwrap();
        stream.write_all(&std::fs::read(entry.unwrap().path()).unwrap()).await.unwrap();
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        // A refused peer that still sends may see a reset; what matters is that it ends.
        let _ = stream.read_to_end(&mut answer).await;
    }
    bench.print("still here", PDF).await;
}

#[tokio::test]
async fn a_bomb_meets_the_size_limit_of_documents() {
    let bench = Bench::with(vec![pull()], |config| config.document_bytes_max = 5_000_000).await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    (0..200).for_each(|_| gzip.write_all(&[0; 1_000_000]).unwrap());
    let bomb = gzip.finish().unwrap();
    assert!(bomb.len() < 300_000);
    let options = JobOptions { compression: "gzip".into(), ..JobOptions::default() };
    let request = [&bench.requests("ann").print_job(&options).encode()[..], &bomb].concat();
    assert_eq!(status(&bench, &request).await, Status::RequestEntityTooLarge);
    until("nothing is left of it", async || bench.jobserver.world().void == 1).await;
    assert!(bench.jobserver.world().jobs.is_empty());
}

#[tokio::test]
async fn slow_senders_are_cut_off_and_do_not_disturb_others() {
    let bench = Bench::with(vec![pull()], |config| {
        config.request_limit_s = 1;
        config.stall_limit_s = 1;
        config.idle_limit_s = 1;
    })
    .await;
    let print = bench.requests("ann").print_job(&JobOptions::default()).encode();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\n\r\n",
        print.len() + 1_000
    );
    let starts: [&[u8]; 5] = [
        b"",
        b"POST / HT",
        b"POST / HTTP/1.1\r\nHost: x\r\n",
        head.as_bytes(),
        &[head.as_bytes(), &print, b"%PDF-"].concat(),
    ];
    let mut slow = Vec::new();
    for start in starts.iter().skip(1) {
        let mut stream = TcpStream::connect(bench.address("ipp")).await.unwrap();
        stream.write_all(start).await.unwrap();
        slow.push(stream);
    }
    let mut lpd = TcpStream::connect(bench.address("lpd")).await.unwrap();
    lpd.write_all(b"\x02pull\n\x03100 dfA\nslow").await.unwrap();
    slow.push(lpd);
    bench.print("meanwhile", PDF).await;
    for mut stream in slow {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
    }
    until("the slow documents are void", async || bench.jobserver.world().void >= 2).await;
    assert_eq!(bench.jobserver.world().jobs.len(), 1);
}

#[tokio::test]
async fn one_address_cannot_take_all_connections() {
    let bench = Bench::with(vec![pull()], |config| config.connections_per_peer_max = 4).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(TcpStream::connect(bench.address("lpd")).await.unwrap());
    }
    until("a fifth connection is turned away", async || {
        let mut fifth = TcpStream::connect(bench.address("ipp")).await.unwrap();
        let _ = fifth.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        let mut answer = Vec::new();
        let _ = fifth.read_to_end(&mut answer).await;
        answer.is_empty()
    })
    .await;
    drop(held);
    until("room comes back", async || {
        let mut next = TcpStream::connect(bench.address("ipp")).await.unwrap();
        let _ = next.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        let mut answer = Vec::new();
        let _ = next.read_to_end(&mut answer).await;
        answer.starts_with(b"HTTP/1.1 200")
    })
    .await;
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let bench = Bench::new().await;
    let mut stream = TcpStream::connect(bench.address("ipp")).await.unwrap();
    let _ = stream.write_all(b"POST / HTTP/1.1\r\n").await;
    let line = [b"X-Long: ".as_slice(), &[b'x'; 1_000], b"\r\n"].concat();
    for _ in 0..2_000 {
        if stream.write_all(&line).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    bench.print("still here", PDF).await;
}
