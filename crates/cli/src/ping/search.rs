//! Asking, and gathering what is answered.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::net::UdpSocket;
use tokio::time::Instant;
use wire::discovery::limits::DATAGRAM_BYTES;
use wire::discovery::{Answer, Cookie, Datagram, Request, Target, decode, encode_request};

use crate::failure::Failure;

/// Asks at every address of `to`, and gathers the answers that come within `wait`: the first one only, or one
/// per server.
pub(super) async fn search(
    to: &[SocketAddr],
    target: &Target,
    one: bool,
    wait: Duration,
) -> Result<Vec<(Answer, SocketAddr)>, Failure> {
    let mut cookie = Cookie::default();
    SystemRandom::new().fill(&mut cookie).map_err(|_| Failure::Io {
        what: "take random bytes".to_owned(),
        source: std::io::ErrorKind::Other.into(),
    })?;
    let request = encode_request(&Request { cookie, target: target.clone() });
    let v6 = to.iter().all(SocketAddr::is_ipv6);
    let own: IpAddr = if v6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((own, 0)).await.map_err(Failure::io("open a socket"))?;
    socket.set_broadcast(true).map_err(Failure::io("broadcast"))?;

    let mut answers: BTreeMap<String, (Answer, SocketAddr)> = BTreeMap::new();
    let end = Instant::now() + wait;
    let mut repeat = tokio::time::interval(wait / ROUNDS);
    let mut buffer = [0; DATAGRAM_BYTES + 1];
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(end) => break,
            // Datagrams get lost, so every question is asked again.
            _ = repeat.tick() => send(&socket, &request, to, v6).await?,
            received = socket.recv_from(&mut buffer) => {
                // An error here is a peer's "nobody listens there": not an answer, and no end either.
                let Ok((length, from)) = received else { continue };
                match decode(&buffer[..length]) {
                    Ok(Datagram::Answer(answer)) if answer.cookie == cookie => {
                        // A server is heard through each of its networks; the first way is the nearest.
                        answers.entry(answer.host.to_string()).or_insert((answer, from));
                        if one {
                            break;
                        }
                    }
                    Ok(Datagram::Answer(_) | Datagram::Request(_)) | Err(_) => {}
                }
            }
        }
    }
    Ok(answers.into_values().collect())
}

/// Succeeds when one of the ways is open: a machine without a network still has itself.
async fn send(socket: &UdpSocket, request: &[u8], to: &[SocketAddr], v6: bool) -> Result<(), Failure> {
    let mut sent = false;
    let mut last = None;
    for address in to.iter().filter(|address| address.is_ipv6() == v6) {
        match socket.send_to(request, address).await {
            Ok(_) => sent = true,
            Err(error) => last = Some((address, error)),
        }
    }
    match last {
        Some((address, error)) if !sent => Err(Failure::Unreachable(format!("{address}: {error}"))),
        Some(_) | None => Ok(()),
    }
}

/// How often a question is asked while its answers are awaited.
const ROUNDS: u32 = 4;
