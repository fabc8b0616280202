//! What Print-Job, Validate-Job, Create-Job and Send-Document have in common.

use bytes::BytesMut;
use rpc::proto::jobserver::{Job, JobCreateRequest, Queue};
use wire::ipp::{Attribute, GroupTag, Status, Value};

use super::super::job::{AFTER_CREATION, Choice, View};
use super::super::reply::{self, Failed, Outcome};
use super::super::request::Request;
use super::super::wanted::Wanted;
use super::super::{printer, template};
use crate::http::body::BodyError;
use crate::inflate::{Compression, Inflate};
use crate::submission::{Head, Submission, submission_id};

/// A job a client asks for, checked.
pub(super) struct Asked {
    /// For the jobserver.
    pub(super) create: JobCreateRequest,
    /// Attributes that are ignored.
    pub(super) unsupported: Vec<Attribute>,
}

/// Checks what a client asks for with a new job (RFC 8011, section 4.2.1.1).
pub(super) fn asked(request: &Request<'_>, queue: &Queue) -> Result<Asked, Failed> {
    if !request.port.queues.borrow().connected {
        return Err(Failed::new(Status::ServiceUnavailable, "the job server is away; try again later"));
    }
    if !queue.accepting_jobs {
        return Err(Failed::new(Status::NotAcceptingJobs, "the queue takes no documents at present"));
    }
    let format = format(request)?;
    compression(request)?;
    let fidelity = request.attributes.boolean("ipp-attribute-fidelity").unwrap_or(false);
    let checked = template::check(queue, &request.template, fidelity)?;
    let name = request.attributes.text("job-name").or_else(|| request.attributes.text("document-name"));
    let create = JobCreateRequest {
        submission_id: submission_id(),
        queue: queue.name.clone(),
        network_logon: request.user().to_owned(),
        name: name.unwrap_or_default().to_owned(),
        source_host: request.origin.peer.to_string(),
        source_protocol: if request.origin.tls { "ipps" } else { "ipp" }.to_owned(),
        document_format: format,
        ticket: Some(checked.ticket),
        authenticated: request.person.is_some(),
        described_at_end: false,
    };
    Ok(Asked { create, unsupported: checked.unsupported })
}

/// document-format, checked.
fn format(request: &Request<'_>) -> Result<String, Failed> {
    match request.attributes.text("document-format") {
        None => Ok(printer::FORMATS[0].to_owned()),
        Some(format) if printer::takes(format) => Ok(format.to_owned()),
        Some(format) => Err(Failed::unsupported(
            Status::DocumentFormatNotSupported,
            "document-format",
            Value::mime(format.to_owned()),
        )),
    }
}

/// compression, checked.
fn compression(request: &Request<'_>) -> Result<Option<Compression>, Failed> {
    let name = request.keyword("compression").unwrap_or("none");
    Compression::named(name).ok_or_else(|| {
        Failed::unsupported(Status::CompressionNotSupported, "compression", Value::keyword(name.to_owned()))
    })
}

/// Sends the document after the attributes to the jobserver as it arrives, and returns when it is durable.
pub(super) async fn forward(request: &mut Request<'_>, head: Head) -> Result<Job, Failed> {
    format(request)?;
    let mut unpacking = compression(request)?.map(Inflate::new);
    let mut submission =
        Submission::begin(&request.port.streaming, head, request.port.config.document_bytes_max);
    let mut next = Some(std::mem::take(&mut request.rest));
    while let Some(mut octets) = next {
        match &mut unpacking {
            None => submission.push(octets).await?,
            Some(unpacking) => {
                while !octets.is_empty() {
                    let piece = unpacking.push(&mut octets).map_err(damaged)?;
                    submission.push(piece).await?;
                }
            }
        }
        next = request.body.next().await.map_err(broken)?;
    }
    if let Some(unpacking) = unpacking {
        let rest = unpacking.finish().map_err(damaged)?;
        submission.push(rest).await?;
    }
    if submission.bytes() == 0 {
        return Err(Failed::new(Status::BadRequest, "the document is empty"));
    }
    Ok(submission.finish(None).await?)
}

/// Whether a document follows the attributes. Reads the first of its octets when they are not there yet.
pub(super) async fn has_document(request: &mut Request<'_>) -> Result<bool, Failed> {
    while request.rest.is_empty() {
        match request.body.next().await.map_err(broken)? {
            Some(octets) => request.rest = octets,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// What a client is told of a job it has just made or filled.
pub(super) fn told(request: &Request<'_>, queue: &Queue, job: &Job, unsupported: Vec<Attribute>) -> Outcome {
    let view = View { port: request.port, queue, address: &request.address() };
    let mut out = BytesMut::with_capacity(512);
    let choice = Choice::new(&Wanted::new(std::iter::empty()), AFTER_CREATION);
    let status = if unsupported.is_empty() { Status::Ok } else { Status::OkIgnoredOrSubstitutedAttributes };
    let mut writer = reply::begin(&mut out, request.version, status, request.id);
    if !unsupported.is_empty() {
        writer.group(GroupTag::Unsupported).put_all(&unsupported);
    }
    choice.write(&mut writer, &view, job, true);
    writer.end();
    Outcome::Pieces(out.freeze().into())
}

fn damaged(error: crate::inflate::Damaged) -> Failed {
    Failed::new(Status::CompressionError, error.to_string())
}

fn broken(error: BodyError) -> Failed {
    let status = match error {
        BodyError::Stalled => Status::Timeout,
        BodyError::Broken(_) => Status::BadRequest,
        BodyError::Damaged(_) => Status::CompressionError,
    };
    Failed::new(status, error.to_string())
}
