//! Validate-Job (RFC 8011, section 4.2.3): would Print-Job with the same attributes be accepted?

use super::super::reply::{Failed, Outcome, Reply};
use super::super::request::Request;
use super::document;

pub(super) fn run(request: &Request<'_>) -> Result<Outcome, Failed> {
    let queue = request.queue()?;
    let asked = document::asked(request, &queue)?;
    Ok(Reply::ignoring(asked.unsupported, Vec::new()).into())
}
