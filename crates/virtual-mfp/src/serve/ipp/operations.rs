//! One function an operation.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use wire::ipp::{Group, GroupTag, JobState, Message, Operation, Status, Value};

use crate::serve::counts::Counts;
use crate::serve::engine::{Announced, Job as Sheets, Stopped};

use super::attributes::{self, Wanted};
use super::jobs::Job;
use super::{Printer, Uri};

/// The connection is to be cut without a word.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
pub(super) struct Cut;

/// The document behind a request.
pub(super) struct Document {
    /// What came with the attributes.
    pub(super) first: Bytes,
    /// What is still to come.
    pub(super) body: Incoming,
}

/// Performs a request.
///
/// # Errors
/// [`Cut`] when a fault says that the connection goes.
pub(super) async fn perform(
    printer: &Printer,
    uri: Uri,
    from: SocketAddr,
    request: Message,
    document: Document,
) -> Result<Message, Cut> {
    if !matches!(request.version.major, 1 | 2) {
        return Ok(reply(&request, Status::VersionNotSupported));
    }
    if let Err(status) = well_formed(&request) {
        return Ok(reply(&request, status));
    }
    Ok(match request.operation() {
        Some(Operation::GetPrinterAttributes) => {
            let wanted = Wanted::of(&request);
            let mut answer = reply(&request, Status::Ok);
            answer.groups.push(attributes::printer(printer, uri, &wanted));
            answer
        }
        Some(Operation::ValidateJob) => reply(&request, acceptable(printer, &request)),
        Some(Operation::PrintJob) => match create(printer, &request, JobState::Processing, "job-printing") {
            Ok(job) => {
                let job = print(printer, from, job, document).await?;
                job_reply(printer, uri, &request, &job)
            }
            Err(status) => reply(&request, status),
        },
        Some(Operation::CreateJob) => match create(printer, &request, JobState::Pending, "job-incoming") {
            Ok(job) => job_reply(printer, uri, &request, &job),
            Err(status) => reply(&request, status),
        },
        Some(Operation::SendDocument) => match found(printer, &request) {
            Some(job) if job.state != JobState::Pending => {
                reply(&request, Status::MultipleDocumentJobsNotSupported)
            }
            Some(job) => {
                printer
                    .jobs
                    .change(job.id, |job| (job.state, job.reason) = (JobState::Processing, "job-printing"));
                let job = print(printer, from, job, document).await?;
                job_reply(printer, uri, &request, &job)
            }
            None => reply(&request, Status::NotFound),
        },
        Some(Operation::GetJobAttributes) => match found(printer, &request) {
            Some(job) => {
                let mut answer = reply(&request, Status::Ok);
                answer.groups.push(attributes::job(printer, uri, &job, &Wanted::of(&request)));
                answer
            }
            None => reply(&request, Status::NotFound),
        },
        Some(Operation::GetJobs) => list(printer, uri, &request),
        Some(Operation::CancelJob) => cancel(printer, &request),
        _ => reply(&request, Status::OperationNotSupported),
    })
}

/// What every request must have, in this order (RFC 8011, sections 4.1.1, 4.1.4 and 4.1.5).
fn well_formed(request: &Message) -> Result<(), Status> {
    let operation = request.groups.first().filter(|group| group.tag == GroupTag::Operation);
    let Some(operation) = operation.filter(|_| request.request_id != 0) else {
        return Err(Status::BadRequest);
    };
    let name = |at: usize| operation.attributes.get(at).map(|attribute| attribute.name.as_ref());
    if name(0) != Some("attributes-charset") || name(1) != Some("attributes-natural-language") {
        return Err(Status::BadRequest);
    }
    if !operation.text("attributes-charset").is_some_and(|charset| ["utf-8", "us-ascii"].contains(&charset)) {
        return Err(Status::CharsetNotSupported);
    }
    let target = operation.text("printer-uri").or_else(|| operation.text("job-uri"));
    let Some(target) = target else { return Err(Status::BadRequest) };
    let path = target.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    if path.is_some_and(|path| path.starts_with(super::PATH)) { Ok(()) } else { Err(Status::NotFound) }
}

/// Whether a job with these attributes would be taken.
fn acceptable(printer: &Printer, request: &Message) -> Status {
    if printer.engine.faults().borrow().refuse() {
        return Status::NotAcceptingJobs;
    }
    let Some(operation) = request.group(GroupTag::Operation) else { return Status::BadRequest };
    if operation.text("compression").is_some_and(|compression| compression != "none") {
        return Status::CompressionNotSupported;
    }
    let known = |format: &str| attributes::FORMATS.contains(&format);
    if operation.text("document-format").is_some_and(|format| !known(format)) {
        return Status::DocumentFormatNotSupported;
    }
    Status::Ok
}

fn create(
    printer: &Printer,
    request: &Message,
    state: JobState,
    reason: &'static str,
) -> Result<Job, Status> {
    match acceptable(printer, request) {
        Status::Ok => {}
        refused => return Err(refused),
    }
    let text = |name| {
        request
            .attribute(GroupTag::Operation, name)
            .and_then(|a| a.first())
            .and_then(Value::as_text)
            .unwrap_or_default()
    };
    let copies = request.group(GroupTag::Job).and_then(|job| job.integer("copies")).unwrap_or(1);
    let copies = u16::try_from(copies).ok().filter(|copies| (1..=999).contains(copies));
    let Some(copies) = copies else { return Err(Status::AttributesOrValuesNotSupported) };
    let (name, user) = (text("job-name").to_owned(), text("requesting-user-name").to_owned());
    printer.jobs.add(name, user, copies, state, reason).ok_or(Status::TooManyJobs)
}

/// Prints the document of a job that is there, and says what became of it.
async fn print(printer: &Printer, from: SocketAddr, job: Job, document: Document) -> Result<Job, Cut> {
    let end = |bytes, counts: Counts, state, reason, message| {
        let changed = printer.jobs.change(job.id, |job| {
            // A job that was canceled meanwhile stays so.
            if !job.state.is_terminal() {
                (job.state, job.reason, job.message) = (state, reason, message);
            }
            (job.bytes, job.counts) = (bytes, counts);
        });
        changed.unwrap_or_else(|| job.clone())
    };
    let aborted = |sheets: &Sheets<'_>, message| {
        end(sheets.bytes(), sheets.counts(), JobState::Aborted, "aborted-by-system", message)
    };
    let announced = Announced {
        source: "ipp",
        from: from.to_string(),
        title: Some(job.name.clone()),
        user: Some(job.user.clone()),
        copies: job.copies,
    };
    let Ok(mut sheets) = printer.engine.begin(announced) else {
        let why = "the document cannot be written";
        return Ok(end(0, Counts::default(), JobState::Aborted, "aborted-by-system", why));
    };
    let Document { first, mut body } = document;
    let mut next = Some(Ok(first));
    while let Some(part) = next {
        let Ok(bytes) = part else {
            tracing::info!(job = job.id, "the sender went away before the end");
            sheets.lose();
            aborted(&sheets, "the sender went away");
            return Err(Cut);
        };
        if printer.jobs.find(job.id).is_none_or(|job| job.state.is_terminal()) {
            sheets.lose();
            return Ok(end(sheets.bytes(), sheets.counts(), JobState::Canceled, "job-canceled-by-user", ""));
        }
        match sheets.write(&bytes).await {
            Ok(()) => {}
            Err(Stopped::Jam) => return Ok(aborted(&sheets, "paper jam")),
            Err(Stopped::Drop) => {
                aborted(&sheets, "the connection was cut");
                return Err(Cut);
            }
            Err(Stopped::Io(_)) => return Ok(aborted(&sheets, "the document cannot be written")),
        }
        next = loop {
            match body.frame().await {
                None => break None,
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => break Some(Ok(bytes)),
                    Err(_trailers) => {}
                },
                Some(Err(error)) => break Some(Err(error)),
            }
        };
    }
    if sheets.finish().is_err() {
        return Ok(aborted(&sheets, "paper jam"));
    }
    Ok(end(sheets.bytes(), sheets.counts(), JobState::Completed, "job-completed-successfully", ""))
}

fn list(printer: &Printer, uri: Uri, request: &Message) -> Message {
    let operation = request.group(GroupTag::Operation);
    let completed = operation.and_then(|group| group.text("which-jobs")) == Some("completed");
    let limit =
        operation.and_then(|group| group.integer("limit")).and_then(|limit| usize::try_from(limit).ok());
    // Without a wish, only these two (RFC 8011, section 4.2.6.1).
    let wanted = match operation.is_some_and(|group| group.get("requested-attributes").is_some()) {
        true => Wanted::of(request),
        false => Wanted::only(&["job-id", "job-uri"]),
    };
    let mut answer = reply(request, Status::Ok);
    let jobs = printer.jobs.list(|job| job.state.is_terminal() == completed);
    for job in jobs.iter().take(limit.unwrap_or(usize::MAX)) {
        answer.groups.push(attributes::job(printer, uri, job, &wanted));
    }
    answer
}

fn cancel(printer: &Printer, request: &Message) -> Message {
    let Some(job) = found(printer, request) else { return reply(request, Status::NotFound) };
    if job.state.is_terminal() {
        return reply(request, Status::NotPossible);
    }
    printer.jobs.change(job.id, |job| (job.state, job.reason) = (JobState::Canceled, "job-canceled-by-user"));
    reply(request, Status::Ok)
}

/// The job that a request means, by job-id or by the end of job-uri.
fn found(printer: &Printer, request: &Message) -> Option<Job> {
    let operation = request.group(GroupTag::Operation)?;
    let id = match operation.integer("job-id") {
        Some(id) => id,
        None => operation.text("job-uri")?.rsplit('/').next()?.parse().ok()?,
    };
    printer.jobs.find(id)
}

fn reply(request: &Message, status: Status) -> Message {
    let mut answer = Message::response(request.version, status, request.request_id);
    let mut operation = Group::new(GroupTag::Operation)
        .with("attributes-charset", Value::Charset("utf-8".into()))
        .with("attributes-natural-language", Value::NaturalLanguage("en".into()));
    if status != Status::Ok {
        operation = operation.with("status-message", Value::Text(status.name().into()));
    }
    answer.groups.push(operation);
    answer
}

fn job_reply(printer: &Printer, uri: Uri, request: &Message, job: &Job) -> Message {
    let mut answer = reply(request, Status::Ok);
    let names = ["job-id", "job-uri", "job-state", "job-state-reasons", "job-state-message"];
    let mut group =
        attributes::job(printer, uri, job, &Wanted::of(&Message { groups: vec![], ..request.clone() }));
    group.attributes.retain(|attribute| names.contains(&attribute.name.as_ref()));
    answer.groups.push(group);
    answer
}
