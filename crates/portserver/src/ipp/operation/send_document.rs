//! Send-Document (RFC 8011, section 4.3.1) and Close-Job (PWG 5100.11).

use rpc::proto::jobserver::{Job, JobCancelRequest, Queue};
use wire::ipp::{JobState, Status};

use super::super::reply::{Failed, Outcome, Reply};
use super::super::request::Request;
use super::document;
use crate::submission::Head;

pub(super) async fn run(request: &mut Request<'_>) -> Result<Outcome, Failed> {
    let last = request.attributes.boolean("last-document");
    let last = last.ok_or_else(|| Failed::new(Status::BadRequest, "last-document is missing"))?;
    let (job, queue) = open_job(request).await?;
    if !document::has_document(request).await? {
        return match (last, job.documents) {
            (false, _) => Err(Failed::new(Status::BadRequest, "the document is empty")),
            (true, 0) => give_up(request, &queue, &job).await,
            (true, _) => Ok(document::told(request, &queue, &job, Vec::new())),
        };
    }
    if job.documents > 0 {
        return Err(Failed::new(
            Status::MultipleDocumentJobsNotSupported,
            "a job of this queue has one document",
        ));
    }
    // The job stays on the list while its document comes, but its time stands still.
    let pause = request.port.open_jobs.pause(job.id);
    let format = request.attributes.text("document-format").unwrap_or_default().to_owned();
    let job = document::forward(request, Head::Job(job.id, format)).await?;
    pause.done();
    Ok(document::told(request, &queue, &job, Vec::new()))
}

/// Close-Job: no document follows.
pub(super) async fn close(request: &Request<'_>) -> Result<Outcome, Failed> {
    let (job, queue) = open_job(request).await?;
    if job.documents == 0 {
        return give_up(request, &queue, &job).await;
    }
    Ok(Reply::ok(Vec::new()).into())
}

/// The job meant, if the requester may still add to it.
async fn open_job(request: &Request<'_>) -> Result<(Job, std::sync::Arc<Queue>), Failed> {
    let (job, queue) = request.job().await?;
    if !request.owns(&job) {
        return Err(Failed::new(Status::NotAuthorized, "the job belongs to somebody else"));
    }
    match JobState::from_code(job.state) {
        Some(JobState::Canceled | JobState::Aborted) => {
            Err(Failed::new(Status::JobCanceled, "the job has been canceled"))
        }
        Some(JobState::Completed) => Err(Failed::new(Status::NotPossible, "the job has been printed")),
        Some(
            JobState::Pending | JobState::PendingHeld | JobState::Processing | JobState::ProcessingStopped,
        )
        | None => Ok((job, queue)),
    }
}

/// A job that ends without a document prints nothing and is taken back.
async fn give_up(request: &Request<'_>, queue: &Queue, job: &Job) -> Result<Outcome, Failed> {
    let cancel = JobCancelRequest { job_id: job.id, logon: request.user().to_owned(), operator: true };
    let job = request.port.jobserver.clone().job_cancel(cancel).await?.into_inner();
    request.port.open_jobs.forget(job.id);
    Ok(document::told(request, queue, &job, Vec::new()))
}
