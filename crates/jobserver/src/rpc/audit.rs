//! Writes down what administrators do: one place for every call that goes through the authorisation.
//!
//! The request's own bytes are told (`rpc::audit`), without secrets, together with who called and how it ended. The answer
//! leaves after the event is on disk. Calls that only read are not written down.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes, BytesMut};
use domain::event::Severity;
use http_body_util::BodyExt as _;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::codegen::{Body as HttpBody, Service};
use tonic::{Code, Status};

use crate::state::Jobserver;

/// Longest request that is told with its fields; a longer one is told by its method.
const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Connections whose login was written down.
const LOGINS_MAX: usize = 1_000;

/// Calls `inner` on behalf of `who` and writes it down.
pub(super) async fn call<S>(
    server: &Jobserver,
    who: &str,
    mut inner: S,
    request: Request<Body>,
) -> Result<Response<Body>, Infallible>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let path = request.uri().path().to_owned();
    if rpc::audit::tell(&path, b"").reads {
        return inner.call(request).await;
    }
    let (parts, body) = request.into_parts();
    let (head, rest) = first_message(body).await;
    let told = rpc::audit::tell(&path, head.message().unwrap_or_default());
    let body = Body::new(Replayed { head: head.chunks, rest });
    let response = inner.call(Request::from_parts(parts, body)).await?;

    let code = outcome(response.headers());
    let ended = match code {
        Code::Ok => "done".to_owned(),
        _ => format!("refused ({code:?})"),
    };
    let events = &server.0.events;
    let event =
        events.event(Severity::Audit, "administration", &format!("{} by {who}: {ended}", told.method));
    let event = event.user(who).object(&told.object).text(&told.fields);
    match (events.audit(event).await, code) {
        // What was done and is not written down must not look as if it were.
        (Err(failed), Code::Ok) => Ok(Status::from(failed).into_http()),
        _ => Ok(response),
    }
}

/// Writes down that an administrator proved who they are over a new connection.
pub(crate) async fn login(server: &Jobserver, peer: SocketAddr, user: &domain::user::User, now_us: i64) {
    if !server.0.logins.is_new(peer, user.logon.as_str(), now_us) {
        return;
    }
    let subject = format!("{} logged in to administer from {}", user.logon, peer.ip());
    let event = server.0.events.event(Severity::Audit, "login", &subject).user(user.logon.as_str());
    server.0.events.audit_or_log(event.object(&peer.ip().to_string())).await;
}

/// A status that is known before the answer's body is in the headers (gRPC's "Trailers-Only").
fn outcome(headers: &HeaderMap) -> Code {
    headers.get("grpc-status").map_or(Code::Ok, |status| Code::from_bytes(status.as_bytes()))
}

/// What was read of a request.
struct Head {
    chunks: VecDeque<Bytes>,
    joined: BytesMut,
}

impl Head {
    /// The first gRPC message, when it was read whole and is not compressed.
    fn message(&self) -> Option<&[u8]> {
        let (&compressed, rest) = self.joined.split_first()?;
        let (length, rest) = rest.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        (compressed == 0).then_some(())?;
        rest.get(..usize::try_from(length).ok()?)
    }

    fn is_full(&self) -> bool {
        self.joined.len() >= REQUEST_BYTES_MAX || self.message().is_some()
    }
}

/// Reads a request up to the end of its first message.
async fn first_message(mut body: Body) -> (Head, Body) {
    let mut head = Head { chunks: VecDeque::new(), joined: BytesMut::new() };
    while !head.is_full() {
        // A broken body shows itself again to whoever reads on.
        let Some(Ok(frame)) = body.frame().await else { break };
        if let Ok(data) = frame.into_data() {
            head.joined.extend_from_slice(&data);
            head.chunks.push_back(data);
        }
    }
    (head, body)
}

/// A body whose beginning was read already.
struct Replayed {
    head: VecDeque<Bytes>,
    rest: Body,
}

impl HttpBody for Replayed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        if let Some(data) = self.head.pop_front() {
            return Poll::Ready(Some(Ok(http_body::Frame::data(data))));
        }
        Pin::new(&mut self.rest).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.head.iter().all(|data| !data.has_remaining()) && self.rest.is_end_stream()
    }
}

/// Connections over which somebody has proved who they are, so that a login is written down once each.
#[derive(Default)]
pub(crate) struct Logins(Mutex<HashMap<(SocketAddr, String), i64>>);

impl Logins {
    /// Notes a proof; true when it is this connection's first. `now_us` orders the connections: when there are too many,
    /// the oldest is forgotten.
    pub(super) fn is_new(&self, address: SocketAddr, logon: &str, now_us: i64) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains_key(&(address, logon.to_owned())) {
            return false;
        }
        if known.len() >= LOGINS_MAX {
            let oldest = known.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| known.remove(&oldest));
        }
        known.insert((address, logon.to_owned()), now_us);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(message: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        bytes.extend(message);
        bytes
    }

    #[tokio::test]
    async fn a_request_is_read_whole_and_handed_on_unchanged() {
        for length in [0, 1, 5_000, REQUEST_BYTES_MAX + 5_000] {
            let message: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let bytes = Bytes::from(framed(&message));
            let (head, rest) = first_message(Body::new(
                http_body_util::Full::new(bytes.clone()).map_err(|never| match never {}),
            ))
            .await;
            assert_eq!(head.message(), Some(message.as_slice()));
            let whole = Body::new(Replayed { head: head.chunks, rest }).collect().await.unwrap().to_bytes();
            assert_eq!(whole, bytes);
        }
    }

    #[tokio::test]
    async fn a_request_cut_short_is_told_by_its_method_alone() {
        for bytes in [&b""[..], b"\0", b"\0\0\0\0\x09abc", b"\x01\0\0\0\x01a"] {
            let body =
                http_body_util::Full::new(Bytes::copy_from_slice(bytes)).map_err(|never| match never {});
            let (head, _) = first_message(Body::new(body)).await;
            assert_eq!(head.message(), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_login_is_new_once_a_connection_and_memory_is_bounded() {
        let logins = Logins::default();
        let address = |port: u16| SocketAddr::from(([192, 0, 2, 1], port));
        assert!(logins.is_new(address(1), "ann", 1));
        assert!(!logins.is_new(address(1), "ann", 2));
        assert!(logins.is_new(address(1), "bob", 3));
        for port in 2..2_000 {
            assert!(logins.is_new(address(port), "ann", i64::from(port) + 10));
        }
        assert!(logins.0.lock().unwrap().len() <= LOGINS_MAX);
    }
}
