//! TLS and plain on one port, and certificates replaced while the server runs.

use std::net::SocketAddr;
use std::path::Path;

use service::config::{ChannelEncryption, NoConfig};
use service::http::Trust;
use service::{Context, Tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Answers every connection with `t` or `p` and what it read.
async fn echo(context: &Context<NoConfig>, allowed: ChannelEncryption) -> SocketAddr {
    let listener = context.listen_tcp("echo", 7500).await.unwrap();
    let tls: Tls = context.tls.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut connection) = tls.accept(stream, allowed).await else { continue };
            let mut word = [0; 5];
            connection.read_exact(&mut word).await.unwrap();
            let mark = if connection.is_tls() { b't' } else { b'p' };
            connection.write_all(&[mark]).await.unwrap();
            connection.write_all(&word).await.unwrap();
            connection.shutdown().await.unwrap();
        }
    });
    context.address("echo").unwrap()
}

async fn plain(address: SocketAddr) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"hello").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The answer, and the certificate that was presented.
async fn secure(address: SocketAddr) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let stream = TcpStream::connect(address).await?;
    let mut stream = Trust::Any.connect("localhost", stream).await?;
    let certificate =
        stream.get_ref().1.peer_certificates().map(|chain| chain[0].to_vec()).unwrap_or_default();
    stream.write_all(b"hello").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok((answer, certificate))
}

#[tokio::test]
async fn the_first_byte_and_the_setting_decide() {
    for (setting, takes_plain, takes_tls) in [
        (ChannelEncryption::LegacyOnly, true, false),
        (ChannelEncryption::TlsOnly, false, true),
        (ChannelEncryption::Both, true, true),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let context = Context::for_test("jobserver", NoConfig::default(), dir.path());
        let address = echo(&context, setting).await;
        let answer = plain(address).await;
        assert_eq!(answer.is_ok_and(|answer| answer == b"phello"), takes_plain, "plain under {setting:?}");
        let answer = secure(address).await;
        assert_eq!(answer.is_ok_and(|(answer, _)| answer == b"thello"), takes_tls, "TLS under {setting:?}");
    }
}

#[tokio::test]
async fn a_certificate_made_at_the_first_start_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let first = Context::for_test("jobserver", NoConfig::default(), dir.path());
    let second = Context::for_test("portserver", NoConfig::default(), dir.path());
    let (_, first) = secure(echo(&first, ChannelEncryption::Both).await).await.unwrap();
    let (_, second) = secure(echo(&second, ChannelEncryption::Both).await).await.unwrap();
    assert!(!first.is_empty());
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_replaced_certificate_is_used_without_a_restart() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let context = Context::for_test("jobserver", NoConfig::default(), dir.path());
    let address = echo(&context, ChannelEncryption::Both).await;
    let (_, before) = secure(address).await.unwrap();

    // Another suite's certificate stands for the one an administrator copies in.
    Context::for_test("jobserver", NoConfig::default(), other.path());
    copy(other.path(), dir.path(), "tls.key");
    copy(other.path(), dir.path(), "tls.pem");
    context.tls.reload();
    let (answer, after) = secure(address).await.unwrap();
    assert_eq!(answer, b"thello");
    assert_ne!(before, after);

    // A broken file changes nothing.
    std::fs::write(dir.path().join("keys/tls.pem"), "not a certificate").unwrap();
    context.tls.reload();
    assert_eq!(secure(address).await.unwrap().1, after);
}

fn copy(from: &Path, to: &Path, file: &str) {
    std::fs::copy(from.join("keys").join(file), to.join("keys").join(file)).unwrap();
}
