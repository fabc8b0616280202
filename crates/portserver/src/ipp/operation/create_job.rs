//! Create-Job (RFC 8011, section 4.2.4): a job whose document comes with Send-Document.

use wire::ipp::Status;

use super::super::reply::{Failed, Outcome};
use super::super::request::Request;
use super::document;

pub(super) async fn run(request: &mut Request<'_>) -> Result<Outcome, Failed> {
    let queue = request.queue()?;
    let asked = document::asked(request, &queue)?;
    let Some(place) = request.port.open_jobs.reserve() else {
        return Err(Failed::new(Status::Busy, "too many jobs are waiting for their documents"));
    };
    let job = request.port.jobserver.clone().job_create(asked.create).await?.into_inner();
    place.fill(job.id);
    request.port.submitted(&queue, &job);
    Ok(document::told(request, &queue, &job, asked.unsupported))
}
