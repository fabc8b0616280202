//! The IPP client: Print-Job with the document streamed behind the attributes.

use std::io;

use bytes::{Bytes, BytesMut};
use indicatif::ProgressBar;
use service::http::{Body, HttpError, Limits, Session, Trust};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc::Sender;
use wire::ipp::client::{JobOptions, JobStatus, Requests, outcome};
use wire::ipp::{Attribute, Limits as MessageLimits, MEDIA_TYPE, Value, decode};

use super::place::Place;
use super::{Document, PrintArguments, Printed, Protocol, Ticket};
use crate::Shell;
use crate::failure::Failure;
use crate::inspect::progress_bar;

/// Bytes read and sent at a time.
const CHUNK_BYTES: usize = 128 * 1024;
/// Chunks that wait for the network.
const CHUNKS_WAITING_MAX: usize = 4;
/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Documents from this size on show a progress bar, bytes.
const PROGRESS_FROM_BYTES: u64 = 4 * 1024 * 1024;

pub(super) async fn print(
    shell: &Shell<'_>,
    arguments: &PrintArguments,
    title: String,
    document: Document,
) -> Result<Printed, Failure> {
    let place = match &arguments.host {
        Some(host) => Place::named(host)?,
        None => Place::local(shell.reach.data()?)?,
    };
    let is_tls = arguments.protocol == Protocol::Ipps;
    let (scheme, printer) = if is_tls { ("https", "ipps") } else { ("http", "ipp") };
    let authority = place.authority();
    let path = format!("/ipp/print/{}", arguments.queue);
    let not_an_address = |_| Failure::Usage(format!("'{}' is no queue name", arguments.queue));
    let uri = format!("{scheme}://{authority}{path}").parse().map_err(not_an_address)?;
    let trust = match (is_tls, &arguments.host) {
        // The local suite made its certificate itself, and what stands between us is this machine.
        (false, _) | (true, None) => Trust::Any,
        (true, Some(_)) => shell.reach.http_trust()?,
    };
    let away = |error: HttpError| Failure::Unreachable(format!("{authority}: {}", chain(&error)));
    let mut session = Session::connect(&uri, &trust, Limits::default()).await.map_err(away)?;

    let mut requests = Requests::new(format!("{printer}://{authority}{path}"), arguments.user.clone());
    let options = JobOptions {
        name: title.clone(),
        format: document.format.clone(),
        template: template(&arguments.ticket),
        ..JobOptions::default()
    };
    let attributes = requests.print_job(&options).encode();
    let (sender, mut body) = Body::channel(CHUNKS_WAITING_MAX);
    if let Some(length) = document.length {
        body = body.with_length(length + attributes.len() as u64);
    }
    let bar = progress_bar(document.length.unwrap_or(0), PROGRESS_FROM_BYTES);
    let sending = tokio::spawn(send(attributes, document, sender, bar.clone()));
    let answer = session.post(&path, MEDIA_TYPE, body).await;
    bar.finish_and_clear();
    let response = answer.map_err(away)?;
    let status = response.status();
    let answer = response.read(ANSWER_BYTES_MAX).await.map_err(away)?;
    if !status.is_success() {
        let message = format!("the print server answers {status}");
        return Err(Failure::Refused { status: status.as_u16().into(), message });
    }
    let unreadable = |error| Failure::Unreachable(format!("the print server's answer is no IPP: {error}"));
    let (message, _) = decode::decode(answer, MessageLimits::RESPONSE).map_err(unreadable)?;
    outcome(&message)
        .map_err(|refused| Failure::Refused { status: refused.code.into(), message: refused.to_string() })?;
    let bytes = sending
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(Failure::io("read the document"))?;
    let job = JobStatus::of(&message).unwrap_or_default();
    Ok(Printed {
        job_id: job.id.into(),
        job_uri: crate::output::or_null(job.uri),
        queue: arguments.queue.clone(),
        user: arguments.user.clone(),
        title,
        state: job.state.map_or("unknown", |state| state.name()).to_owned(),
        state_reasons: job.reasons,
        bytes,
    })
}

/// Feeds the request's body; the answer to the request tells what became of it. Returns the document's size.
async fn send(
    attributes: Bytes,
    document: Document,
    body: Sender<io::Result<Bytes>>,
    bar: ProgressBar,
) -> io::Result<u64> {
    let Document { head, mut rest, .. } = document;
    let mut sent = 0;
    let mut chunk = Bytes::from(head);
    // A closed channel means that the server has answered without wanting the rest.
    if body.send(Ok(attributes)).await.is_err() {
        return Ok(sent);
    }
    loop {
        if !chunk.is_empty() {
            sent += chunk.len() as u64;
            bar.set_position(sent);
            if body.send(Ok(chunk)).await.is_err() {
                return Ok(sent);
            }
        }
        let mut buffer = BytesMut::with_capacity(CHUNK_BYTES);
        match rest.read_buf(&mut buffer).await {
            Ok(0) => return Ok(sent),
            Ok(_) => chunk = buffer.freeze(),
            Err(error) => {
                // The server must see a broken request, not a short document.
                let told = io::Error::new(error.kind(), error.to_string());
                let _ = body.send(Err(told)).await;
                return Err(error);
            }
        }
    }
}

/// Job template attributes (RFC 8011, section 5.2); what was not asked for is left to the queue.
fn template(ticket: &Ticket) -> Vec<Attribute> {
    let mut template = Vec::new();
    if ticket.copies > 1 {
        template.push(Attribute::new("copies", Value::Integer(ticket.copies)));
    }
    if ticket.duplex {
        let edge = if ticket.short_edge { "two-sided-short-edge" } else { "two-sided-long-edge" };
        template.push(Attribute::new("sides", Value::keyword(edge)));
    }
    if ticket.mono {
        template.push(Attribute::new("print-color-mode", Value::keyword("monochrome")));
    }
    if let Some(media) = &ticket.media {
        template.push(Attribute::new("media", Value::keyword(media.clone())));
    }
    template
}

/// An error with its causes: the outermost alone says too little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    text
}
