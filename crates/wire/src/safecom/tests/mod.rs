//! The codec by round trips, any chunking and a corpus; the sessions by conversations.

mod books;
mod codec;
mod conversation;
mod corpus;
mod document;
mod make;

use super::auth::{Binding, DeviceKey};
use super::records::{Hello, Role, ServerInfo};
use super::{Peer, Port, Server};
use std::time::Instant;

/// A server's end with fixed names and nonce.
fn server(port: Port, now: Instant) -> Server {
    let info = ServerInfo {
        name: "print1".into(),
        product: "Papergate 0.1".into(),
        group: String::new(),
        time_us: 1_790_000_000_000_000,
        features: vec![],
        queues: vec![],
    };
    Server::new(port, info, [0xB0; 32], Binding::Plain, now)
}

/// What a device says first, with a fixed nonce.
fn device_hello() -> Hello {
    Hello {
        version_min: 1,
        version_max: 1,
        role: Role::Device,
        name: "MFP1".into(),
        product: "virtual-mfp 0.1".into(),
        nonce: [0xA0; 32],
        mac: None,
        prints: true,
    }
}

/// The key of the device `MFP1` with the secret `correct-horse`.
fn device_key() -> DeviceKey {
    DeviceKey::derive("MFP1", "correct-horse")
}

/// A device's end.
fn device(now: Instant) -> Peer {
    Peer::new(device_hello(), Some(device_key()), Binding::Plain, now)
}

/// A program's end.
fn client(now: Instant) -> Peer {
    let hello = Hello { role: Role::Client, name: "desk".into(), ..device_hello() };
    Peer::new(hello, None, Binding::Plain, now)
}

/// Moves everything that waits on both sides until both are silent; returns what was moved, as
/// (device to server, bytes).
fn exchange(peer: &mut Peer, server: &mut Server, now: Instant) -> Vec<(bool, Vec<u8>)> {
    let mut moved = Vec::new();
    loop {
        let before = moved.len();
        while let Some(bytes) = peer.poll_transmit(now) {
            server.handle_input(&bytes, now);
            moved.push((true, bytes.to_vec()));
        }
        while let Some(bytes) = server.poll_transmit(now) {
            peer.handle_input(&bytes, now);
            moved.push((false, bytes.to_vec()));
        }
        if moved.len() == before {
            return moved;
        }
    }
}
