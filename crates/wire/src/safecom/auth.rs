//! How a device and the server prove to each other that they share a secret, without sending it.
//!
//! Both compute HMAC-SHA-256 (RFC 2104) with the device's key over a transcript of the connection. The
//! transcript holds both nonces, so a recording proves nothing later, and the TLS exporter value of the
//! channel (RFC 9266), so nobody can stand in the middle, whatever certificate the server shows: this is why a
//! device needs no certificate store. The key is derived from the secret as printed, so a server need
//! not keep what the administrator typed.

use ring::hmac;
use subtle::ConstantTimeEq;

use super::records::{Hello, HelloAnswer, Role};

/// Label of RFC 9266 for the TLS exporter, with an empty context and 32 bytes of output.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";

/// What ties a proof to the channel that it is sent over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Binding {
    /// The channel is plain: nothing ties it.
    Plain,
    /// The channel is TLS; this is its exporter value.
    Tls([u8; 32]),
}

/// The key that proofs are made with, derived from a device's secret.
#[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// Derives the key of the device with this registered name. Names differ in case only by accident, so they are
    /// compared in lower case.
    #[must_use]
    pub fn derive(name: &str, secret: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.trim().as_bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(b"papergate device key v1\0");
        context.update(name.to_lowercase().as_bytes());
        Self(digest(context))
    }

    /// The key as stored.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key for storing; whoever holds it can pose as the device.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

/// What both sides saw of the connection's start.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transcript(Vec<u8>);

impl Transcript {
    /// Puts the transcript together: every part that could be shifted into another has a fixed length or comes with it.
    #[must_use]
    pub fn new(hello: &Hello, answer: &HelloAnswer, binding: Binding) -> Self {
        let mut out = vec![answer.version, hello.version_min, hello.version_max];
        out.push(match hello.role {
            Role::Device => 1,
            Role::Client => 2,
        });
        for part in [hello.name.as_bytes(), answer.server.name.as_bytes()] {
            let length = u32::try_from(part.len()).expect("a text field is bounded");
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(part);
        }
        out.extend_from_slice(&hello.nonce);
        out.extend_from_slice(&answer.nonce);
        match binding {
            Binding::Plain => out.push(0),
            Binding::Tls(exporter) => {
                out.push(1);
                out.extend_from_slice(&exporter);
            }
        }
        Self(out)
    }

    /// The device's proof.
    #[must_use]
    pub fn device_proof(&self, key: &DeviceKey) -> [u8; 32] {
        self.proof(key, b"papergate 7500 device\0")
    }

    /// The server's proof.
    #[must_use]
    pub fn server_proof(&self, key: &DeviceKey) -> [u8; 32] {
        self.proof(key, b"papergate 7500 server\0")
    }

    fn proof(&self, key: &DeviceKey, label: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key.0));
        context.update(label);
        context.update(&self.0);
        digest(context)
    }
}

/// Compares two proofs in a time that does not depend on where they differ.
#[must_use]
pub fn same(left: &[u8; 32], right: &[u8; 32]) -> bool {
    left.ct_eq(right).into()
}

fn digest(context: hmac::Context) -> [u8; 32] {
    context.sign().as_ref().try_into().expect("HMAC-SHA-256 is 32 bytes long")
}
