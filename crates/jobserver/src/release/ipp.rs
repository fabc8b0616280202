//! IPP and IPPS: one Print-Job with the document behind it, then questions until the device says how it ended.
//!
//! RFC 8011 section 4.2.1 (Print-Job), 4.3.4 (Get-Job-Attributes). Devices make their own certificates, so any
//! is believed: nobody on the way can read along.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::Status;
use domain::charge::post::Report;
use domain::charge::toner::Levels;
use domain::count::Duplex;
use domain::device::{Attempt, Channel};
use service::http::{Body, HttpError, Limits, Session, Trust};
use tokio::time::{Instant, sleep};
use wire::ipp::client::{JobOptions, JobStatus, Requests, outcome};
use wire::ipp::supply::Supply;
use wire::ipp::{Attribute, GroupTag, JobState, Message, Value, decode};

use super::blocks::Blocks;
use super::{NotDelivered, Release, WayFailed, started};
use crate::cancel::stopped;
use crate::charge::toner::levels_of;
use crate::print::device_stopped;
use crate::session::PrintEvent;
use crate::spool::Reader;

/// Pieces that wait for the connection.
const PIECES_WAITING_MAX: usize = 2;
/// Longest answer read.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Pauses between questions; a short document is told done soon, a long one is not asked after all the time.
const ASK_FIRST: Duration = Duration::from_millis(100);
const ASK_MAX: Duration = Duration::from_secs(2);
/// Questions in a row that may fail before the device counts as lost.
const ASK_FAILURES_MAX: u32 = 5;

const IPP: &str = "application/ipp";
const ANY_FORMAT: &str = "application/octet-stream";
const FORMAT_NOT_SUPPORTED: u16 = 0x040a;
const VALUES_NOT_SUPPORTED: u16 = 0x040b;
/// print-quality 'draft'.
const DRAFT: i32 = 3;
/// What a question asks for.
const ASKED: [&str; 5] = [
    "job-state",
    "job-state-reasons",
    "job-state-message",
    "job-impressions-completed",
    "job-media-sheets-completed",
];

/// A conversation with one device.
struct Talk<'a> {
    uri: http::Uri,
    path: &'a str,
    limits: Limits,
    session: Session,
    requests: Requests,
}

pub(super) async fn deliver(
    release: &Release<'_>,
    reader: &Arc<Reader>,
    attempt: &Attempt,
) -> Result<(), WayFailed> {
    let mut talk = Talk::open(release, attempt).await.map_err(|error| WayFailed::NoWay(reason(&error)))?;
    // What is there may be no IPP printer at all; asking first costs one round trip, and only until it is known.
    if release.server.0.channel_known(release.device).as_ref() != Some(attempt) {
        let question = talk.requests.get_printer_attributes(&["printer-state"]);
        let answer = talk.ask(&question).await.map_err(WayFailed::NoWay)?;
        outcome(&answer).map_err(|refused| WayFailed::NoWay(refused.to_string()))?;
    }
    started(release, attempt.channel).await;
    // The attributes say it all.
    release.took(release.finishing);
    let before = talk.toner(release).await;
    let printed = talk.print(release, reader).await;
    // A printer that was lost on the way would only keep whoever waits waiting.
    let answers = printed.as_ref().map_or_else(|why| why.status == Status::DEVICE_UNAVAILABLE, |()| true);
    if let Some(before) = before
        && answers
        && let Some(after) = talk.toner(release).await
    {
        release.meter.toner_left(&before, &after);
    }
    printed.map_err(WayFailed::NotDelivered)
}

impl<'a> Talk<'a> {
    async fn open(release: &Release<'_>, attempt: &'a Attempt) -> Result<Self, HttpError> {
        let settings = release.server.0.settings();
        let secure = attempt.channel == Channel::Ipps;
        let (http, ipp) = if secure { ("https", "ipps") } else { ("http", "ipp") };
        let host =
            if attempt.host.contains(':') { format!("[{}]", attempt.host) } else { attempt.host.clone() };
        let place = format!("{host}:{}{}", attempt.port, attempt.path);
        let uri: http::Uri =
            format!("{http}://{place}").parse().map_err(|_| HttpError::Address(http::Uri::default()))?;
        let limits = Limits {
            connect: settings.connect_timeout(),
            stall: settings.stall_timeout(),
            answer: settings.finish_timeout(),
        };
        let session = Session::connect(&uri, &Trust::Any, limits).await?;
        let requests = Requests::new(format!("{ipp}://{place}"), release.user.logon.as_str());
        Ok(Self { uri, path: &attempt.path, limits, session, requests })
    }

    /// What is left of the printer's toner, when anybody wants to know and it tells.
    async fn toner(&mut self, release: &Release<'_>) -> Option<Levels> {
        if !release.meter.is_wanted() {
            return None;
        }
        let question = self.requests.get_printer_attributes(&["printer-supply"]);
        let levels = levels_of(&Supply::all(&self.ask(&question).await.ok()?));
        (!levels.is_empty()).then_some(levels)
    }

    async fn print(&mut self, release: &Release<'_>, reader: &Arc<Reader>) -> Result<(), NotDelivered> {
        let declared = release.job.format.as_str();
        let mut answer = self.send(release, reader, declared).await?;
        if format_refused(&answer) && declared != ANY_FORMAT {
            // The device may still recognise the data by itself.
            self.reconnect().await.map_err(|error| lost(&error))?;
            answer = self.send(release, reader, ANY_FORMAT).await?;
        }
        outcome(&answer).map_err(|refused| {
            NotDelivered::new(
                Status::DEVICE_UNAVAILABLE,
                format!("The printer refused the document: {refused}."),
            )
        })?;
        let Some(status) = JobStatus::of(&answer) else {
            return Err(lost(&"its answer names no job"));
        };
        // The answer to Print-Job says little; what has ended already may still be asked how many pages came out.
        let ended =
            matches!(status.state, Some(JobState::Completed | JobState::Canceled | JobState::Aborted));
        if ended && release.meter.is_wanted() {
            let question = self.requests.get_job_attributes(status.id, &ASKED);
            // A device that has forgotten the job by now has no figures.
            if let Ok(answer) = self.ask(&question).await
                && let Some(told) = JobStatus::of(&answer)
            {
                metered(release, &told);
            }
        }
        self.follow(release, status).await
    }

    /// Sends Print-Job and the document.
    async fn send(
        &mut self,
        release: &Release<'_>,
        reader: &Arc<Reader>,
        format: &str,
    ) -> Result<Message, NotDelivered> {
        let options = JobOptions {
            name: release.job.name.clone(),
            format: format.to_owned(),
            template: template(release),
            ..JobOptions::default()
        };
        let head = self.requests.print_job(&options).encode();
        let (pieces, body) = Body::channel(PIECES_WAITING_MAX);
        let body = body.with_length(head.len() as u64 + reader.plain_len());
        let feed = async move {
            let mut sent = 0;
            let mut blocks = Blocks::new(reader);
            let mut piece = head;
            loop {
                let taken = tokio::select! {
                    taken = pieces.send(Ok(piece)) => taken,
                    // The device sees a body that is shorter than its length, not a short document.
                    () = release.stopper.asked() => return Err(stopped()),
                };
                if taken.is_err() {
                    break;
                }
                let block = match blocks.next().await {
                    Ok(block) => block,
                    Err(reason) => {
                        // The device sees a broken connection, not a short document.
                        let _ = pieces.send(Err(std::io::Error::other(reason.message.clone()))).await;
                        return Err(reason);
                    }
                };
                if block.bytes().is_empty() {
                    break;
                }
                piece = Bytes::copy_from_slice(block.bytes());
                sent += piece.len() as u64;
                blocks.recycle(block);
                release.events.progress(release.job.id, sent, reader.plain_len());
            }
            Ok(())
        };
        // The device may still be waiting for bytes that will not come: what broke here ends both.
        let posted = self.session.post(self.path, IPP, body);
        tokio::pin!(posted, feed);
        let (answer, fed) = tokio::select! {
            fed = &mut feed => {
                fed?;
                (posted.await, Ok(()))
            }
            answer = &mut posted => (answer, feed.await),
        };
        fed?;
        let answer = answer.map_err(|error| lost(&reason(&error)))?;
        read(answer).await.map_err(|why| lost(&why))
    }

    /// Asks how the job goes on until it has ended.
    async fn follow(&mut self, release: &Release<'_>, first: JobStatus) -> Result<(), NotDelivered> {
        let job = first.id;
        let deadline = Instant::now() + self.limits.answer;
        let (mut status, mut pause, mut failures, mut stands) = (first, ASK_FIRST, 0, false);
        let mut asked_to_stop = false;
        loop {
            metered(release, &status);
            let stops = status.state == Some(JobState::ProcessingStopped);
            match status.state {
                Some(JobState::Completed) => return Ok(()),
                Some(JobState::Canceled | JobState::Aborted) if asked_to_stop => return Err(stopped()),
                Some(JobState::Canceled | JobState::Aborted) => {
                    let message = format!("The printer ended the document: {}.", words(&status));
                    return Err(NotDelivered::new(Status::DEVICE_UNAVAILABLE, message));
                }
                Some(
                    JobState::Pending
                    | JobState::PendingHeld
                    | JobState::Processing
                    | JobState::ProcessingStopped,
                )
                | None => {}
            }
            if stops != stands {
                stands = stops;
                let message =
                    if stops { format!("The printer stopped: {}.", words(&status)) } else { String::new() };
                device_stopped(release.server, release.job.id, stops, message.clone()).await;
                if stops {
                    super::watch::attention(release, &words(&status));
                    release.events.tell(PrintEvent::Stopped { job: release.job.id, message }).await;
                }
            }
            if Instant::now() >= deadline {
                // It must not come out later, when it is held here again.
                let cancel = self.requests.cancel_job(job);
                let _ = self.ask(&cancel).await;
                return Err(lost(&"it did not finish in time"));
            }
            tokio::select! {
                () = sleep(pause) => pause = (pause * 2).min(ASK_MAX),
                () = release.stopper.asked(), if !asked_to_stop => {
                    // The device decides whether it is too late; its job's state tells.
                    asked_to_stop = true;
                    pause = ASK_FIRST;
                    let cancel = self.requests.cancel_job(job);
                    let _ = self.ask(&cancel).await;
                }
            }
            let question = self.requests.get_job_attributes(job, &ASKED);
            match self.ask(&question).await {
                Ok(answer) => match (outcome(&answer), JobStatus::of(&answer)) {
                    (Ok(()), Some(told)) => (status, failures) = (told, 0),
                    (Ok(()), None) => return Err(lost(&"it no longer knows the document")),
                    (Err(refused), _) => return Err(lost(&refused)),
                },
                Err(why) if failures >= ASK_FAILURES_MAX => return Err(lost(&why)),
                Err(_) => {
                    failures += 1;
                    // When this fails too, the next question does.
                    let _ = self.reconnect().await;
                }
            }
        }
    }

    async fn ask(&mut self, question: &Message) -> Result<Message, String> {
        let answer = self.session.post(self.path, IPP, Body::whole(question.encode())).await;
        read(answer.map_err(|error| reason(&error))?).await
    }

    async fn reconnect(&mut self) -> Result<(), String> {
        let session = Session::connect(&self.uri, &Trust::Any, self.limits).await;
        self.session = session.map_err(|error| reason(&error))?;
        Ok(())
    }
}

/// What the client asked for goes to the device as it came, with what the panel forces; the panel's copies multiply
/// it.
fn template(release: &Release<'_>) -> Vec<Attribute> {
    let ticket = &release.job.ticket;
    let copies = release.copies.saturating_mul(ticket.copies.max(1));
    let mut template = Vec::new();
    if copies > 1 {
        template.push(Attribute::new("copies", Value::Integer(copies)));
    }
    let sides = match release.finishing.sides {
        Some(Duplex::Simplex) => "one-sided",
        Some(Duplex::LongEdge) => "two-sided-long-edge",
        Some(Duplex::ShortEdge) => "two-sided-short-edge",
        Some(Duplex::Unknown | Duplex::Mixed) | None => &ticket.sides,
    };
    let mode = if release.finishing.mono { "monochrome" } else { &ticket.print_color_mode };
    if release.finishing.toner_save {
        // IPP has no word for less toner; printers take the draft quality for it (RFC 8011, section 5.2.13).
        template.push(Attribute::new("print-quality", Value::Enum(DRAFT)));
    }
    let keywords = [("sides", sides), ("print-color-mode", mode), ("media", &ticket.media)];
    for (name, keyword) in keywords {
        if !keyword.is_empty() {
            template.push(Attribute::new(name, Value::keyword(keyword.to_owned())));
        }
    }
    template
}

/// Notes what the device says it has printed (RFC 8011 sections 5.3.18.2 and 5.3.18.3), when it says so.
fn metered(release: &Release<'_>, status: &JobStatus) {
    if let Some(impressions) = status.impressions_completed {
        let sheets = status.sheets_completed.map(i64::from);
        release.meter.report(Ok(Report { impressions: impressions.into(), color: None, sheets }));
    }
}

/// Whether a device refused the document because of its format's name. RFC 8011 (section 4.1.6.1) has a status for that;
/// `ippeveprinter` and printers made of it answer that a value is not supported, and name the attribute.
fn format_refused(answer: &Message) -> bool {
    let named = || answer.attribute(GroupTag::Unsupported, "document-format").is_some();
    answer.code == FORMAT_NOT_SUPPORTED || answer.code == VALUES_NOT_SUPPORTED && named()
}

async fn read(answer: service::http::Response) -> Result<Message, String> {
    if !answer.status().is_success() {
        return Err(format!("it answered HTTP {}", answer.status()));
    }
    let bytes = answer.read(ANSWER_BYTES_MAX).await.map_err(|error| reason(&error))?;
    let (message, _) = decode::decode(bytes, decode::Limits::REQUEST).map_err(|error| error.to_string())?;
    Ok(message)
}

fn words(status: &JobStatus) -> String {
    if status.message.is_empty() { status.reasons.join(", ") } else { status.message.clone() }
}

fn lost(why: &dyn std::fmt::Display) -> NotDelivered {
    NotDelivered::new(
        Status::LOST_IN_TRANSFER,
        format!("The printer did not report the end of the document: {why}."),
    )
}

/// An error and its cause, which says more.
fn reason(error: &HttpError) -> String {
    use std::error::Error as _;
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
