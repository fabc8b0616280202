//! `-c`: does the server really talk to people's programs?

use std::net::IpAddr;
use std::time::{Duration, Instant};

use ring::rand::{SecureRandom as _, SystemRandom};
use service::http::Trust;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::safecom::auth::Binding;
use wire::safecom::records::{Hello, Role};
use wire::safecom::{Peer, PeerEvent};

/// Says hello on `port` and returns what the server calls itself, over TLS or, where that is what the server's
/// channel-encryption setting wants, plain. Nothing secret is said, so any certificate will do.
pub(super) async fn confirm(ip: IpAddr, port: u16, limit: Duration) -> Result<String, String> {
    let secure = async {
        let stream = TcpStream::connect((ip, port)).await.map_err(|error| error.to_string())?;
        match Trust::Any.connect(&ip.to_string(), stream).await {
            Ok(stream) => Ok(Some(stream)),
            Err(_) => Ok::<_, String>(None),
        }
    };
    let hello = async {
        match secure.await? {
            Some(stream) => greet(stream).await.map(|name| format!("{name}, over TLS")),
            None => {
                let stream = TcpStream::connect((ip, port)).await.map_err(|error| error.to_string())?;
                greet(stream).await.map(|name| format!("{name}, plain"))
            }
        }
    };
    let late = || format!("port {port} did not answer within {} ms", limit.as_millis());
    tokio::time::timeout(limit, hello).await.map_err(|_| late())?.map_err(|why| format!("port {port}: {why}"))
}

/// One hello and one goodbye.
async fn greet(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<String, String> {
    let mut nonce = [0; 32];
    SystemRandom::new().fill(&mut nonce).map_err(|_| "no random bytes".to_owned())?;
    let hello = Hello {
        version_min: 1,
        version_max: 1,
        role: Role::Client,
        name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        product: concat!("papergate ping ", env!("CARGO_PKG_VERSION")).to_owned(),
        nonce,
        mac: None,
        prints: false,
    };
    // The binding ties a device's proof to its channel; a program proves nothing here.
    let mut peer = Peer::new(hello, None, Binding::Plain, Instant::now());
    let mut buffer = [0; 4096];
    loop {
        while let Some(bytes) = peer.poll_transmit(Instant::now()) {
            stream.write_all(&bytes).await.map_err(|error| error.to_string())?;
        }
        stream.flush().await.map_err(|error| error.to_string())?;
        match peer.poll_event() {
            Some(PeerEvent::Ready { hello, .. }) => {
                peer.goodbye();
                while let Some(bytes) = peer.poll_transmit(Instant::now()) {
                    // It has answered; whether it hears our goodbye is its own affair.
                    let _ = stream.write_all(&bytes).await;
                }
                let _ = stream.shutdown().await;
                return Ok(format!("{} on {}", hello.server.product, hello.server.name));
            }
            Some(PeerEvent::Ended(ended)) => return Err(format!("it does not want to talk: {ended:?}")),
            Some(_) => {}
            None => match stream.read(&mut buffer).await {
                Ok(0) => peer.handle_eof(),
                Ok(length) => peer.handle_input(&buffer[..length], Instant::now()),
                Err(error) => return Err(error.to_string()),
            },
        }
    }
}
