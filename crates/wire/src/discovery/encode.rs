//! Values to datagrams.

use super::limits::{DATAGRAM_BYTES, FEATURES_MAX};
use super::types::{Answer, Cookie, Name, Request, Target};

/// A request, padded to [`DATAGRAM_BYTES`].
pub fn encode_request(request: &Request) -> Vec<u8> {
    let mut bytes = header(KIND_REQUEST, request.cookie);
    match &request.target {
        Target::Anyone => {}
        Target::Group(name) => field(&mut bytes, TAG_GROUP, &[], name),
        Target::Host(name) => field(&mut bytes, TAG_HOST, &[], name),
    }
    bytes.resize(DATAGRAM_BYTES, TAG_END);
    bytes
}

/// An answer; features beyond [`FEATURES_MAX`] are left out.
pub fn encode_answer(answer: &Answer) -> Vec<u8> {
    let mut bytes = header(KIND_ANSWER, answer.cookie);
    field(&mut bytes, TAG_GROUP, &[], &answer.group);
    field(&mut bytes, TAG_HOST, &[], &answer.host);
    field(&mut bytes, TAG_SOFTWARE, &[], &answer.software);
    for feature in answer.features.iter().take(FEATURES_MAX) {
        field(&mut bytes, TAG_FEATURE, &feature.port.to_be_bytes(), &feature.name);
    }
    bytes
}

fn header(kind: u8, cookie: Cookie) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(DATAGRAM_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.push(VERSION);
    bytes.push(kind);
    bytes.extend_from_slice(&cookie);
    bytes
}

fn field(bytes: &mut Vec<u8>, tag: u8, prefix: &[u8], name: &Name) {
    let value = name.as_str().as_bytes();
    let length = u8::try_from(prefix.len() + value.len()).expect("a name has at most 64 bytes");
    bytes.extend_from_slice(&[tag, length]);
    bytes.extend_from_slice(prefix);
    bytes.extend_from_slice(value);
}

pub(super) const MAGIC: &[u8; 4] = b"PGDS";
pub(super) const VERSION: u8 = 1;
pub(super) const KIND_REQUEST: u8 = 1;
pub(super) const KIND_ANSWER: u8 = 2;
/// Magic, version, kind, cookie.
pub(super) const HEADER_BYTES: usize = 4 + 1 + 1 + 8;

/// Nothing follows but padding.
pub(super) const TAG_END: u8 = 0;
pub(super) const TAG_GROUP: u8 = 1;
pub(super) const TAG_HOST: u8 = 2;
pub(super) const TAG_SOFTWARE: u8 = 3;
pub(super) const TAG_FEATURE: u8 = 4;
