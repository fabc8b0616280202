//! Peers that speak wrongly, slowly or too much do not disturb others.

use service::ChannelEncryption;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::safecom::Status;

use crate::ground::{Ground, Panel};

/// What the server says until it hangs up.
async fn said(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    // A reset after the last words is as good as an orderly end.
    let _ = stream.read_to_end(&mut said).await;
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_is_refused_when_only_tls_is_allowed() {
    let mut ground = Ground::start().await;
    let mut device = ground.device("MFP1", "").await;
    device.plain = true;
    let failure = Panel::refused(&device, crate::ground::SECRET).await;
    assert_eq!(failure.exit_code(), 3, "{failure}");
    device.plain = false;
    Panel::open(&device).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_and_tls_share_the_port_when_both_are_allowed() {
    let mut ground = Ground::start_with(ChannelEncryption::Both).await;
    let mut device = ground.device("MFP1", "").await;
    Panel::open(&device).await.card().await;
    device.plain = true;
    Panel::open(&device).await.card().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_oversized_and_slow_frames_end_their_own_connection_only() {
    let mut ground = Ground::start_with(ChannelEncryption::Both).await;
    let device = ground.device("MFP1", "").await;
    let mut panel = Panel::open(&device).await;
    panel.card().await;
    let status_told = |said: &[u8], status: Status| {
        // A failure frame: header, fault (1 byte), status (4 bytes).
        assert!(said.len() > 29 && said[..4] == *b"PGSC" && said[6..8] == [0, 6], "{said:?}");
        assert_eq!(said[25..29], status.code().to_be_bytes());
    };
    for port in ["devices", "clients"] {
        let connect = || TcpStream::connect(ground.address(port));
        let mut garbage = connect().await.unwrap();
        garbage.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        status_told(&said(&mut garbage).await, Status::TransferError);

        let mut oversized = connect().await.unwrap();
        oversized.write_all(b"PGSC\x01\x00\x00\x01\x00\x00\x00\x01\x7f\xff\xff\xff").await.unwrap();
        status_told(&said(&mut oversized).await, Status::ResultTooBig);

        let mut early = connect().await.unwrap();
        early.write_all(b"PGSC\x01\x00\x01\x03\x00\x00\x00\x01\x00\x00\x00\x00").await.unwrap();
        let told = said(&mut early).await;
        assert!(!told.is_empty());

        // Somebody who sends a header byte by byte holds nothing but their own connection.
        let mut slow: Vec<TcpStream> = Vec::new();
        for _ in 0..50 {
            let mut stream = connect().await.unwrap();
            stream.write_all(b"PGS").await.unwrap();
            slow.push(stream);
        }
        assert!(panel.list().await.is_empty(), "others are served meanwhile");
    }
}
