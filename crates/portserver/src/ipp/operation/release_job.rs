//! Release-Job (RFC 8011, section 4.3.6): the owner agrees to the price of a document that a push queue asks about, or lets one
//! go on that could not be printed. Documents of pull queues are released at a printer; that is what these queues are for.

use rpc::proto::jobserver::JobReleaseMineRequest;
use wire::ipp::{JobState, Status};

use super::super::reply::{Failed, Outcome, Reply};
use super::super::request::Request;

pub(super) async fn run(request: &Request<'_>) -> Result<Outcome, Failed> {
    let (job, _) = request.job().await?;
    if !request.owns(&job) {
        return Err(Failed::new(Status::NotAuthorized, "the job belongs to somebody else"));
    }
    if JobState::from_code(job.state) != Some(JobState::PendingHeld) {
        return Err(Failed::new(Status::NotPossible, "the job is not held"));
    }
    // Who submitted a job may release it, also where the queue made somebody else its owner.
    let release = JobReleaseMineRequest { job_id: job.id, logon: job.owner_logon.clone() };
    let released = request.port.jobserver.clone().job_release_mine(release).await;
    released.map_err(|status| {
        let error = rpc::Error::from(status);
        match error.kind {
            rpc::Kind::Refused => Failed::new(Status::NotPossible, error.message),
            _ => Failed::refused(error),
        }
    })?;
    Ok(Reply::ok(Vec::new()).into())
}
