//! The standard security handler with the empty user password (ISO 32000-1 7.6, ISO 32000-2 7.6.4).
//!
//! Documents that anyone may open but that are encrypted all the same are common; printers print them. One that
//! needs a password is [`Access::Locked`].

mod decoders;
mod password;

use std::rc::Rc;

use md5::{Digest as _, Md5};

use crate::codec::Decoder;

use super::object::{Dict, Id, Object};
use decoders::{AesStream, Rc4Stream};

/// How strings and streams are decrypted.
#[derive(Clone, Debug)]
pub(super) struct Crypt {
    key: Vec<u8>,
    strings: Method,
    streams: Method,
    filters: Vec<(Vec<u8>, Method)>,
    encrypt_metadata: bool,
}

/// Whether a document opens with the empty password.
#[derive(Debug)]
pub(super) enum Access {
    /// It does.
    Open(Crypt),
    /// It needs a password, or a handler that is not the standard one.
    Locked,
}

/// A cipher.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Method {
    Identity,
    Rc4,
    /// AES-128 in CBC mode, with a key of its own for each object.
    Aes128,
    /// AES-256 in CBC mode, one key for all.
    Aes256,
}

impl Crypt {
    /// Reads the (resolved) encryption dictionary and tries the empty password.
    pub(super) fn open(dict: &Dict, file_id: &[u8]) -> Access {
        if dict.raw(b"Filter").as_name().is_some_and(|name| name != b"Standard") {
            return Access::Locked;
        }
        let version = dict.raw(b"V").as_int().unwrap_or(0);
        let mut filters = Vec::new();
        if let Some(named) = dict.raw(b"CF").as_dict() {
            for (name, filter) in named.iter() {
                let method = match filter.as_dict().and_then(|filter| filter.raw(b"CFM").as_name()) {
                    Some(b"V2") => Method::Rc4,
                    Some(b"AESV2") => Method::Aes128,
                    Some(b"AESV3") => Method::Aes256,
                    _ => Method::Identity,
                };
                filters.push((name.to_vec(), method));
            }
        }
        let named = |key: &[u8]| {
            let name = dict.raw(key).as_name().unwrap_or(b"Identity");
            filters.iter().find(|(found, _)| found == name).map_or(Method::Identity, |(_, method)| *method)
        };
        let (strings, streams) = match version {
            1..=3 => (Method::Rc4, Method::Rc4),
            4 | 5 => (named(b"StrF"), named(b"StmF")),
            _ => return Access::Locked,
        };
        let encrypt_metadata = dict.raw(b"EncryptMetadata").as_bool().unwrap_or(true);
        match password::key_of_empty_password(dict, file_id, encrypt_metadata) {
            Some(key) => Access::Open(Self { key, strings, streams, filters, encrypt_metadata }),
            None => Access::Locked,
        }
    }

    /// The decoder for the stream of this object; `named` is the crypt filter the stream itself names.
    pub(super) fn stream(&self, id: Id, named: Option<&[u8]>, dict: &Dict) -> Option<Box<dyn Decoder>> {
        let method = match named {
            Some(name) => self
                .filters
                .iter()
                .find(|(found, _)| found == name)
                .map_or(Method::Identity, |(_, method)| *method),
            None if dict.raw(b"Type").as_name() == Some(b"XRef") => Method::Identity,
            None if dict.raw(b"Type").as_name() == Some(b"Metadata") && !self.encrypt_metadata => {
                Method::Identity
            }
            None => self.streams,
        };
        let key = self.object_key(id, method);
        match method {
            Method::Identity => None,
            Method::Rc4 => Rc4Stream::new(&key).map(|decoder| Box::new(decoder) as Box<dyn Decoder>),
            Method::Aes128 | Method::Aes256 => {
                AesStream::new(&key).map(|decoder| Box::new(decoder) as Box<dyn Decoder>)
            }
        }
    }

    /// The object with its strings decrypted.
    pub(super) fn strings(&self, id: Id, object: &Object, depth: u32) -> Object {
        // Deeper values do not come out of the lexer.
        if depth > 128 || self.strings == Method::Identity {
            return object.clone();
        }
        match object {
            Object::String(bytes) => Object::String(self.string(id, bytes).into()),
            Object::Array(items) => {
                Object::Array(items.iter().map(|item| self.strings(id, item, depth + 1)).collect())
            }
            Object::Dict(dict) => Object::Dict(self.dict(id, dict, depth)),
            Object::Stream(stream) => {
                let mut stream = (**stream).clone();
                stream.dict = self.dict(id, &stream.dict, depth);
                Object::Stream(Rc::new(stream))
            }
            Object::Null
            | Object::Bool(_)
            | Object::Int(_)
            | Object::Real(_)
            | Object::Name(_)
            | Object::Reference(_) => object.clone(),
        }
    }

    fn dict(&self, id: Id, dict: &Dict, depth: u32) -> Dict {
        Dict::new(dict.iter().map(|(key, value)| (key.into(), self.strings(id, value, depth + 1))).collect())
    }

    fn string(&self, id: Id, bytes: &[u8]) -> Vec<u8> {
        let key = self.object_key(id, self.strings);
        let decoder: Option<Box<dyn Decoder>> = match self.strings {
            Method::Identity => None,
            Method::Rc4 => Rc4Stream::new(&key).map(|decoder| Box::new(decoder) as Box<dyn Decoder>),
            Method::Aes128 | Method::Aes256 => {
                AesStream::new(&key).map(|decoder| Box::new(decoder) as Box<dyn Decoder>)
            }
        };
        match decoder {
            Some(mut decoder) => crate::codec::decode_all(&mut *decoder, bytes, bytes.len()),
            None => bytes.to_vec(),
        }
    }

    /// Algorithm 1: the key of one object.
    fn object_key(&self, id: Id, method: Method) -> Vec<u8> {
        if method == Method::Aes256 {
            return self.key.clone();
        }
        let mut hash = Md5::new();
        hash.update(&self.key);
        hash.update(&id.number.to_le_bytes()[..3]);
        hash.update(id.generation.to_le_bytes());
        if method == Method::Aes128 {
            hash.update(b"sAlT");
        }
        hash.finalize()[..(self.key.len() + 5).min(16)].to_vec()
    }
}
