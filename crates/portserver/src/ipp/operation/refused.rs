//! Operations that IPP 2.1 wants a printer to know and that a pull queue answers in its own way:
//! every document is held until its owner collects it, and queues are administered elsewhere.

use wire::ipp::{Attribute, JobState, Status, Value};

use super::super::reply::{Failed, Outcome, Reply};
use super::super::request::Request;

/// Hold-Job: a document that is held stays so; one that is on its way cannot be called back.
pub(super) async fn hold_job(request: &Request<'_>) -> Result<Outcome, Failed> {
    let (job, _) = request.job().await?;
    if !request.owns(&job) {
        return Err(Failed::new(Status::NotAuthorized, "the job belongs to somebody else"));
    }
    match JobState::from_code(job.state) {
        Some(JobState::Pending | JobState::PendingHeld) => Ok(Reply::ok(Vec::new()).into()),
        Some(
            JobState::Processing
            | JobState::ProcessingStopped
            | JobState::Canceled
            | JobState::Aborted
            | JobState::Completed,
        )
        | None => Err(Failed::new(Status::NotPossible, "the job is not waiting any more")),
    }
}

/// Restart-Job: a document that was collected is gone, unless its owner retained it at the printer.
pub(super) async fn restart_job(request: &Request<'_>) -> Result<Outcome, Failed> {
    request.job().await?;
    Err(Failed::new(Status::NotPossible, "documents are printed again at a printer, by their owner"))
}

/// Set-Job-Attributes (RFC 3380): none can be set (job-settable-attributes-supported is `none`).
pub(super) async fn set_job_attributes(request: &Request<'_>) -> Result<Outcome, Failed> {
    request.job().await?;
    Err(not_settable(&request.template))
}

/// Set-Printer-Attributes (RFC 3380): none can be set.
pub(super) fn set_printer_attributes(request: &Request<'_>) -> Result<Outcome, Failed> {
    request.queue()?;
    Err(not_settable(&[]))
}

/// Pause-Printer, Resume-Printer, Enable-Printer, Disable-Printer, Purge-Jobs, Cancel-Jobs: for
/// operators, who are not known over IPP.
pub(super) fn operators_only(request: &Request<'_>) -> Result<Outcome, Failed> {
    let queue = request.queue()?;
    let text = format!("{} is for operators: use the papergate command", request.operation.name());
    tracing::info!(queue = %queue.name, peer = %request.origin.peer, operation = request.operation.name(), "an operator's request came over IPP");
    Err(Failed::new(Status::NotAuthorized, text))
}

fn not_settable(asked: &[Attribute]) -> Failed {
    Failed {
        status: Status::AttributesNotSettable,
        message: "attributes cannot be set over IPP".to_owned(),
        unsupported: asked
            .iter()
            .map(|attribute| Attribute::new(attribute.name.clone(), Value::NotSettable))
            .collect(),
    }
}
