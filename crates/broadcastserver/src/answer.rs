//! The socket: requests in, answers out.

use std::net::SocketAddr;

use anyhow::Context as _;
use service::Context;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::time::Instant;
use wire::discovery::limits::{DATAGRAM_BYTES, FEATURES_MAX};
use wire::discovery::{Answer, Datagram, Name, Request, decode, encode_answer};

use crate::allowance::Allowance;
use crate::config::Config;
use crate::running::Listener;

/// Answers until the stop.
pub(crate) async fn answer(
    context: Context<Config>,
    socket: UdpSocket,
    running: watch::Receiver<Vec<Listener>>,
) -> anyhow::Result<()> {
    let name = |text: &str| Name::parse(text).with_context(|| format!("{text:?} is no name"));
    let group = name(&context.config.group)?;
    let host = name(&context.config.host)?;
    let software = name(SOFTWARE)?;
    let started = Instant::now();
    let mut allowance = Allowance::new(context.config.answers_per_second_max);
    // One byte more than any datagram of ours: what fills it is too long.
    let mut buffer = [0; DATAGRAM_BYTES + 1];
    loop {
        let Some(received) = context.stop.unless_asked(socket.recv_from(&mut buffer)).await else {
            return Ok(());
        };
        let (length, asker) = match received {
            Ok(received) => received,
            Err(error) => {
                // An earlier answer's asker was gone; the socket itself is fine.
                tracing::debug!(%error, "a datagram could not be received");
                continue;
            }
        };
        let Some(request) = meant(&buffer[..length], asker, &group, &host) else { continue };
        if !allowance.admit(asker.ip(), started.elapsed()) {
            tracing::debug!(%asker, "asks too often");
            continue;
        }
        let reachable = |listener: &&Listener| listener.reachable_from(asker.ip());
        let features = running
            .borrow()
            .iter()
            .filter(reachable)
            .take(FEATURES_MAX)
            .map(|one| one.feature.clone())
            .collect();
        let answer = Answer {
            cookie: request.cookie,
            group: group.clone(),
            host: host.clone(),
            software: software.clone(),
            features,
        };
        if let Err(error) = socket.send_to(&encode_answer(&answer), asker).await {
            tracing::debug!(%asker, %error, "an answer could not be sent");
        }
    }
}

/// The request in `bytes`, if it is one and means this server.
fn meant(bytes: &[u8], asker: SocketAddr, group: &Name, host: &Name) -> Option<Request> {
    match decode(bytes) {
        Ok(Datagram::Request(request)) => request.concerns(group, host).then_some(request),
        // Somebody else's answer, sent to a broadcast address.
        Ok(Datagram::Answer(_)) => None,
        Err(error) => {
            tracing::debug!(%asker, %error, "not a request");
            None
        }
    }
}

const SOFTWARE: &str = concat!("Papergate ", env!("CARGO_PKG_VERSION"));
