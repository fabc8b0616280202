//! Proof of who prints, for queues that ask for it: HTTP Basic (RFC 7617) with the person's password, a token in the queue's
//! address, or the client's certificate. Only over TLS. Digest (RFC 7616) needs the password or its MD5 at the server; ours are stored so that neither can be had.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap};
use rpc::Kind;
use rpc::proto::jobserver::PersonProveRequest;
use sha2::{Digest as _, Sha256};
use wire::ipp::{Operation, Status};

use super::operation;
use super::reply::Failed;
use super::request::{Request, asks_for_proof};

/// How long a proof is believed without asking again: a client sends three or four requests for a document, and checking
/// a password is slow on purpose.
const BELIEVED_S: i64 = 30;
/// Proofs that are remembered.
const BELIEVED_MAX: usize = 1_000;

/// Operations that everybody may ask even a queue that wants proof: what it is, not what is in it.
const OPEN: &[Operation] =
    &[Operation::GetPrinterAttributes, Operation::GetPrinterSupportedValues, Operation::IdentifyPrinter];

/// A proof is missing or wrong.
pub(crate) enum Unproved {
    /// The client is asked for a password (HTTP 401).
    Ask,
    /// It is told in IPP why nothing will help.
    Refused(Failed),
}

impl From<Failed> for Unproved {
    fn from(failed: Failed) -> Self {
        Self::Refused(failed)
    }
}

/// Finds out who sends `request`, when its queue wants to know.
pub(crate) async fn prove(request: &mut Request<'_>, headers: &HeaderMap) -> Result<(), Unproved> {
    if operation::SERVER_WIDE.contains(&request.operation) || OPEN.contains(&request.operation) {
        return Ok(());
    }
    let queue = match request.queue() {
        Ok(queue) => queue,
        Err(_) => request.job().await?.1,
    };
    if !asks_for_proof(&queue) {
        return Ok(());
    }
    if !request.origin.tls {
        let text = "this queue takes documents over ipps only, from people who prove who they are";
        return Err(Failed::new(Status::Forbidden, text).into());
    }
    let mut asked = PersonProveRequest {
        queue: queue.name.clone(),
        source_host: request.origin.peer.to_string(),
        ..PersonProveRequest::default()
    };
    match (&request.token, basic(headers)) {
        (Some(token), _) => asked.token.clone_from(token),
        (None, Some((logon, password))) => (asked.logon, asked.password) = (logon, password),
        (None, None) if request.origin.certificates.is_empty() => return Err(Unproved::Ask),
        (None, None) => asked.certificates = request.origin.certificates.to_vec(),
    }
    let by_token = !asked.token.is_empty();
    let port = request.port;
    let key = key(&asked);
    let now_s = port.now_s();
    if let Some(person) = port.believed.find(&key, now_s) {
        request.person = Some(person);
        return Ok(());
    }
    match port.proof.clone().person_prove(asked).await {
        Ok(answer) => {
            let person = answer.into_inner().logon;
            port.believed.note(key, person.clone(), now_s);
            request.person = Some(person);
            Ok(())
        }
        Err(status) => {
            let error = rpc::Error::from(status);
            match error.kind {
                // With a wrong token there is nothing to type; somebody with a wrong certificate may have a password.
                Kind::Refused if !by_token => Err(Unproved::Ask),
                Kind::Refused => {
                    Err(Failed::new(Status::Forbidden, "the address of this queue is not valid any more")
                        .into())
                }
                _ => Err(Failed::refused(error).into()),
            }
        }
    }
}

/// Logon and password of a `Basic` header (RFC 7617 section 2); the logon has no colon.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let (logon, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((logon.to_owned(), password.to_owned()))
}

fn key(asked: &PersonProveRequest) -> [u8; 32] {
    let mut hash = Sha256::new();
    let texts = [&asked.queue, &asked.source_host, &asked.logon, &asked.password, &asked.token];
    let parts = texts.into_iter().map(String::as_bytes);
    for part in parts.chain(asked.certificates.iter().map(Vec::as_slice)) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Proofs that were right a moment ago, by a hash of what was shown.
#[derive(Default)]
pub(crate) struct Believed(Mutex<HashMap<[u8; 32], (String, i64)>>);

impl Believed {
    fn find(&self, key: &[u8; 32], now_s: i64) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(_, until)| *until > now_s).map(|(person, _)| person.clone())
    }

    fn note(&self, key: [u8; 32], person: String, now_s: i64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= BELIEVED_MAX {
            known.retain(|_, (_, until)| *until > now_s);
        }
        if known.len() < BELIEVED_MAX {
            known.insert(key, (person, now_s + BELIEVED_S));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_2_a_proof_is_believed_for_a_moment_and_from_its_place_only() {
        let believed = Believed::default();
        let asked = |host: &str, password: &str| {
            let (source_host, password) = (host.to_owned(), password.to_owned());
            key(&PersonProveRequest { logon: "ann".into(), source_host, password, ..Default::default() })
        };
        believed.note(asked("::1", "sesame"), "ann".into(), 100);
        assert_eq!(believed.find(&asked("::1", "sesame"), 100 + BELIEVED_S - 1).as_deref(), Some("ann"));
        assert_eq!(believed.find(&asked("::1", "sesame"), 100 + BELIEVED_S), None);
        assert_eq!(believed.find(&asked("::1", "Sesame"), 100), None);
        assert_eq!(believed.find(&asked("::2", "sesame"), 100), None);
        for number in 0..BELIEVED_MAX + 10 {
            believed.note(asked("::1", &number.to_string()), "ann".into(), 100);
        }
        assert!(believed.0.lock().unwrap().len() <= BELIEVED_MAX);
    }
}
