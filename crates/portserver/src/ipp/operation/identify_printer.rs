//! Identify-Printer (PWG 5100.13): a queue has no lamp to flash; it says so in the log.

use super::super::reply::{Failed, Outcome, Reply};
use super::super::request::Request;

pub(super) fn run(request: &Request<'_>) -> Result<Outcome, Failed> {
    let queue = request.queue()?;
    tracing::info!(
        queue = %queue.name,
        peer = %request.origin.peer,
        user = request.user(),
        message = request.attributes.text("message").unwrap_or_default(),
        "somebody asks which queue this is"
    );
    Ok(Reply::ok(Vec::new()).into())
}
