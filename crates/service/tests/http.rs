//! The HTTP client against peers that behave, stall, refuse and lie.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use service::Context;
use service::config::NoConfig;
use service::http::{Body, HttpError, Limits, Session, Trust};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(30),
    stall: Duration::from_millis(100),
    answer: Duration::from_millis(100),
};

/// Listens, and does `then` with the first connection.
async fn peer<F: Future<Output = ()> + Send + 'static>(
    then: impl FnOnce(tokio::net::TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { then(listener.accept().await.unwrap().0).await });
    address
}

/// Reads up to `end`, then answers with what was read.
async fn mirror(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), end: &[u8]) {
    let mut read = Vec::new();
    while !read.ends_with(end) {
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "{}", String::from_utf8_lossy(&read));
    }
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", read.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&read).await.unwrap();
}

async fn session(address: SocketAddr, scheme: &str, trust: &Trust) -> Result<Session, HttpError> {
    Session::connect(&format!("{scheme}://{address}").parse().unwrap(), trust, LIMITS).await
}

#[tokio::test]
async fn a_streamed_body_arrives_in_chunks_and_a_whole_one_with_its_length_on_one_connection() {
    let address = peer(|mut stream| async move {
        mirror(&mut stream, b"\r\n0\r\n\r\n").await;
        mirror(&mut stream, b"whole").await;
    })
    .await;
    let mut session = session(address, "http", &Trust::Any).await.unwrap();
    let (sender, body) = Body::channel(1);
    tokio::spawn(async move {
        for piece in ["one", "two"] {
            sender.send(Ok(Bytes::from(piece))).await.unwrap();
        }
    });
    let answer = session.post("/ipp/print", "application/ipp", body).await.unwrap();
    assert_eq!(answer.status(), 200);
    let seen = String::from_utf8(answer.read(10_000).await.unwrap().to_vec()).unwrap();
    assert!(seen.starts_with("POST /ipp/print HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains("transfer-encoding: chunked"), "{seen}");
    assert!(seen.contains(&format!("host: {address}")), "{seen}");
    assert!(seen.ends_with("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"), "{seen}");

    let answer = session.post("/", "text/plain", Body::whole("whole")).await.unwrap();
    let seen = String::from_utf8(answer.read(10_000).await.unwrap().to_vec()).unwrap();
    assert!(seen.contains("content-length: 5\r\n") && seen.ends_with("\r\n\r\nwhole"), "{seen}");
}

#[tokio::test]
async fn an_answer_longer_than_wanted_is_refused() {
    let address = peer(|mut stream| async move { mirror(&mut stream, b"whole").await }).await;
    let mut session = session(address, "http", &Trust::Any).await.unwrap();
    let answer = session.post("/", "text/plain", Body::whole("whole")).await.unwrap();
    assert!(matches!(answer.read(10).await, Err(HttpError::TooLarge(10))));
}

#[tokio::test]
async fn a_peer_that_stops_reading_or_never_answers_is_late() {
    let silent = |stream: tokio::net::TcpStream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    };
    let mut never_reads = session(peer(silent).await, "http", &Trust::Any).await.unwrap();
    let large = Body::whole(vec![0; 64 << 20]);
    assert!(matches!(never_reads.post("/", "text/plain", large).await, Err(HttpError::Late)));

    let mut never_answers = session(peer(silent).await, "http", &Trust::Any).await.unwrap();
    assert!(matches!(never_answers.post("/", "text/plain", Body::whole("x")).await, Err(HttpError::Late)));
}

#[tokio::test]
async fn a_body_whose_sender_gives_up_is_no_whole_body_to_the_peer() {
    let (report, seen) = tokio::sync::oneshot::channel();
    let address = peer(|mut stream| async move {
        let mut read = Vec::new();
        let _ = stream.read_to_end(&mut read).await;
        report.send(read).unwrap();
    })
    .await;
    let mut session = session(address, "http", &Trust::Any).await.unwrap();
    let (sender, body) = Body::channel(2);
    sender.send(Ok(Bytes::from_static(b"part"))).await.unwrap();
    sender.send(Err(io::Error::other("the spool file is damaged"))).await.unwrap();
    match session.post("/", "text/plain", body).await {
        Err(HttpError::Body(why)) => assert_eq!(why, "the spool file is damaged"),
        other => panic!("{:?}", other.map(|answer| answer.status())),
    }
    drop(session);
    let seen = seen.await.unwrap();
    assert!(!seen.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&seen));
}

#[tokio::test]
async fn trust_decides_whose_certificate_will_do() {
    let dir = tempfile::tempdir().unwrap();
    let context = Context::for_test("portserver", NoConfig::default(), dir.path());
    let file = dir.path().join("keys/tls.pem");
    let der = CertificateDer::from_pem_file(&file).unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, &der);
    let right: [u8; 32] = digest.as_ref().try_into().unwrap();
    let mut wrong = right;
    wrong[0] ^= 1;
    for (trust, believed) in [
        (Trust::Any, true),
        (Trust::Pinned(right), true),
        (Trust::Pinned(wrong), false),
        (Trust::Authorities(file), true),
        (Trust::system(), false),
    ] {
        let tls = context.tls.clone();
        let address = peer(|stream| async move {
            if let Ok(mut stream) = tls.accept_either(stream).await {
                mirror(&mut stream, b"whole").await;
            }
        })
        .await;
        match session(address, "https", &trust).await {
            Ok(mut session) => {
                assert!(believed, "{trust:?}");
                let answer = session.post("/", "text/plain", Body::whole("whole")).await.unwrap();
                assert_eq!(answer.status(), 200);
            }
            Err(HttpError::Connect { .. }) => assert!(!believed, "{trust:?}"),
            Err(other) => panic!("{other}"),
        }
    }
}
