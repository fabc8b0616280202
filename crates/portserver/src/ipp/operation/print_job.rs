//! Print-Job (RFC 8011, section 4.2.1): a job and its only document in one request.

use super::super::reply::{Failed, Outcome};
use super::super::request::Request;
use super::document;
use crate::submission::Head;

pub(super) async fn run(request: &mut Request<'_>) -> Result<Outcome, Failed> {
    let queue = request.queue()?;
    let asked = document::asked(request, &queue)?;
    let job = document::forward(request, Head::New(Box::new(asked.create))).await?;
    request.port.submitted(&queue, &job);
    Ok(document::told(request, &queue, &job, asked.unsupported))
}
