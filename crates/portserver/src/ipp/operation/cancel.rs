//! Cancel-Job (RFC 8011, section 4.3.3) and Cancel-My-Jobs (PWG 5100.11).

use rpc::proto::jobserver::{Job, JobCancelRequest, JobListRequest, job_list_request::Which};
use wire::ipp::{Attribute, JobState, Status, Value};

use super::super::reply::{Failed, Outcome, Reply};
use super::super::request::Request;

pub(super) async fn job(request: &Request<'_>) -> Result<Outcome, Failed> {
    let (job, _) = request.job().await?;
    if is_over(&job) {
        return Err(Failed::new(Status::NotPossible, "the job has ended already"));
    }
    if !request.owns(&job) {
        return Err(Failed::new(Status::NotAuthorized, "the job belongs to somebody else"));
    }
    cancel(request, &job).await?;
    Ok(Reply::ok(Vec::new()).into())
}

/// All jobs of the requester in the queue, or those named by job-ids. Nothing is canceled when one
/// of the named cannot be.
pub(super) async fn my_jobs(request: &Request<'_>) -> Result<Outcome, Failed> {
    let queue = request.queue()?;
    let list = JobListRequest {
        queue: queue.name.clone(),
        which: Which::NotCompleted.into(),
        ..JobListRequest::default()
    };
    let mut mine = Vec::new();
    let mut pages = request.port.jobserver.clone().job_list(list).await?.into_inner();
    while let Some(page) = pages.message().await? {
        mine.extend(page.jobs.into_iter().filter(|job| request.owns(job)));
    }
    if let Some(named) = request.attributes.get("job-ids") {
        let ids: Vec<i64> = named.values.iter().filter_map(Value::as_integer).map(i64::from).collect();
        let absent: Vec<Value> = ids
            .iter()
            .filter(|id| !mine.iter().any(|job| job.id == **id))
            .filter_map(|id| i32::try_from(*id).ok().map(Value::Integer))
            .collect();
        if !absent.is_empty() {
            return Err(Failed {
                status: Status::NotFound,
                message: "some of these jobs are not yours, have ended or do not exist".to_owned(),
                unsupported: vec![Attribute { name: "job-ids".into(), values: absent }],
            });
        }
        mine.retain(|job| ids.contains(&job.id));
    }
    for job in &mine {
        match cancel(request, job).await {
            Ok(()) => {}
            // Somebody else ended it in the meantime; that is what was wanted.
            Err(failed) if matches!(failed.status, Status::NotFound | Status::NotPossible) => {}
            Err(failed) => return Err(failed),
        }
    }
    Ok(Reply::ok(Vec::new()).into())
}

async fn cancel(request: &Request<'_>, job: &Job) -> Result<(), Failed> {
    // Who submitted a job may take it back, also where the queue made somebody else its owner.
    let cancel = JobCancelRequest { job_id: job.id, logon: job.owner_logon.clone(), operator: false };
    request.port.jobserver.clone().job_cancel(cancel).await?;
    request.port.open_jobs.forget(job.id);
    Ok(())
}

fn is_over(job: &Job) -> bool {
    JobState::from_code(job.state).is_some_and(JobState::is_terminal)
}
