//! IPP as a pull queue speaks it: 1.1 (RFC 8011), 2.0 and 2.1 (PWG 5100.12), IPP Everywhere (PWG 5100.14).
//!
//! - [`serve`]: one request from its octets to its answer.
//! - [`request`]: the checks every request passes; [`target`]: which queue or job it means.
//! - [`proof`]: who prints, for queues that want to know.
//! - [`reply`]: answers and refusals; every refusal of the jobserver gets its status here.
//! - [`printer`], [`media`], [`template`], [`job`]: the attributes.
//! - [`operation`]: one file per operation or family of operations.

pub(crate) mod job;
pub(crate) mod media;
pub(crate) mod operation;
pub(crate) mod printer;
pub(crate) mod proof;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod subscription;
pub(crate) mod target;
pub(crate) mod template;
pub(crate) mod wanted;

use std::sync::Arc;

use bytes::Bytes;
use wire::ipp::{Decoder, Error, Limits, Message, Status, Version};

use crate::http::Origin;
use crate::http::answer::Answer;
use crate::http::body::{Body, BodyError};
use crate::state::Port;
use proof::Unproved;
use reply::{Failed, Outcome};
use request::Request;

/// Reads one request and answers it; `None` when not even its header came, so that no answer in
/// IPP is possible.
pub(crate) async fn serve(
    port: &Arc<Port>,
    origin: &Origin,
    head: &http::request::Parts,
    body: &mut Body,
) -> Option<Served> {
    let path = head.uri.path();
    let mut decoder = Decoder::new(Limits::REQUEST);
    body.deadline_set(port.config.request_limit());
    let (message, rest) = match attributes(&mut decoder, body).await {
        Ok(read) => read,
        Err(failed) => {
            let (version, _, id) = decoder.header()?;
            tracing::debug!(peer = %origin.peer, reason = %failed.message, "an IPP request was not understood");
            return Some(Served::Answer(failed.encode(answerable(version), id)));
        }
    };
    body.deadline_clear();
    let (version, id) = (answerable(message.version), message.request_id);
    let answered = match Request::check(port, origin, path, message, rest, body) {
        Ok(mut request) => match proof::prove(&mut request, &head.headers).await {
            Ok(()) => operation::run(&mut request).await,
            Err(Unproved::Ask) => return Some(Served::Unproved),
            Err(Unproved::Refused(failed)) => Err(failed),
        },
        Err(failed) => Err(failed),
    };
    Some(Served::Answer(match answered {
        Ok(Outcome::Reply(reply)) => reply.encode(version, id),
        Ok(Outcome::Pieces(pieces)) => pieces,
        Err(failed) => {
            tracing::info!(
                peer = %origin.peer,
                status = failed.status.name(),
                reason = %failed.message,
                "an IPP request was refused"
            );
            failed.encode(version, id)
        }
    }))
}

/// What came of a request.
pub(crate) enum Served {
    /// An answer in IPP.
    Answer(Answer),
    /// The client has to say who it is first; HTTP has the words for that.
    Unproved,
}

/// The attributes of the request and the first octets after them.
async fn attributes(decoder: &mut Decoder, body: &mut Body) -> Result<(Message, Bytes), Failed> {
    loop {
        let chunk = match body.next().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Err(Failed::new(Status::BadRequest, decoder.truncated().to_string())),
            Err(BodyError::Stalled) => {
                return Err(Failed::new(Status::Timeout, "the request did not arrive in time"));
            }
            Err(error) => return Err(Failed::new(Status::BadRequest, error.to_string())),
        };
        match decoder.push(chunk) {
            Ok(Some(read)) => return Ok(read),
            Ok(None) => {}
            Err(error @ (Error::Malformed { .. } | Error::Truncated { .. })) => {
                return Err(Failed::new(Status::BadRequest, error.to_string()));
            }
            Err(error @ Error::TooLarge { .. }) => {
                return Err(Failed::new(Status::RequestEntityTooLarge, error.to_string()));
            }
        }
    }
}

/// The version to answer in: the client's own when it is one of ours (RFC 8011, section 4.1.8).
fn answerable(asked: Version) -> Version {
    if is_supported(asked) { asked } else { Version::V2_1 }
}

fn is_supported(version: Version) -> bool {
    matches!((version.major, version.minor), (1, 0 | 1) | (2, 0..=2))
}
