//! What is told of jobs.

use rpc::proto::jobserver::{Job, Queue};
use wire::ipp::{DateTime, GroupTag, Writer};

use super::printer::as_seconds;
use super::request::Address;
use super::wanted::Wanted;
use crate::state::Port;

/// What is the same for all jobs of one answer.
pub(crate) struct View<'a> {
    pub(crate) port: &'a Port,
    pub(crate) queue: &'a Queue,
    pub(crate) address: &'a Address,
}

/// One job seen by one client.
pub(crate) struct Seen<'a> {
    view: &'a View<'a>,
    job: &'a Job,
    /// Whether the client may see the title.
    owner: bool,
}

type Write = for<'w> fn(&mut Writer<'w>, &Seen<'_>);

/// Attributes in the order they are told: name, group, how to write the values.
const ATTRIBUTES: &[(&str, &str, Write)] = &[
    ("job-id", "job-description", |w, s| {
        w.integer(id(s.job));
    }),
    ("job-uri", "job-description", |w, s| {
        w.uri(&uri(s));
    }),
    ("job-state", "job-description", |w, s| {
        w.enumeration(s.job.state);
    }),
    ("job-state-reasons", "job-description", |w, s| {
        for reason in &s.job.state_reasons {
            w.keyword(reason);
        }
        if s.job.state_reasons.is_empty() {
            w.keyword("none");
        }
    }),
    ("job-state-message", "job-description", |w, s| {
        w.text(&s.job.state_message);
    }),
    ("job-name", "job-description", |w, s| {
        w.name(title(s));
    }),
    ("job-originating-user-name", "job-description", |w, s| {
        w.name(submitter(s.job));
    }),
    ("job-originating-host-name", "job-description", |w, s| {
        w.name(&s.job.source_host);
    }),
    ("job-printer-uri", "job-description", |w, s| {
        {
            w.uri(&s.view.address.printing(s.view.queue));
        };
    }),
    ("job-uuid", "job-description", |w, s| {
        w.uri(&s.view.port.identity.job(s.view.queue, s.job.id));
    }),
    ("job-printer-up-time", "job-description", |w, s| {
        w.integer(as_seconds(s.view.port.now_s()));
    }),
    ("time-at-creation", "job-description", |w, s| time(w, s.job.created_us)),
    ("time-at-processing", "job-description", |w, s| time(w, s.job.processing_us)),
    ("time-at-completed", "job-description", |w, s| time(w, s.job.completed_us)),
    ("date-time-at-creation", "job-description", |w, s| date(w, s.job.created_us)),
    ("date-time-at-processing", "job-description", |w, s| date(w, s.job.processing_us)),
    ("date-time-at-completed", "job-description", |w, s| date(w, s.job.completed_us)),
    ("job-k-octets", "job-description", |w, s| {
        w.integer(clamp((s.job.bytes + 1023) / 1024));
    }),
    ("job-impressions", "job-description", |w, s| count(w, s, |c| c.pages)),
    ("job-impressions-completed", "job-description", |w, s| done(w, s, |c| c.pages)),
    ("job-media-sheets", "job-description", |w, s| count(w, s, |c| c.sheets)),
    ("job-media-sheets-completed", "job-description", |w, s| done(w, s, |c| c.sheets)),
    ("number-of-documents", "job-description", |w, s| {
        w.integer(s.job.documents);
    }),
    ("number-of-intervening-jobs", "job-description", |w, _| {
        w.integer(0);
    }),
    ("papergate-price", "job-description", |w, s| {
        match s.job.price {
            Some(price) => w.text(&domain::Money(price).to_string()),
            None => w.no_value(),
        };
    }),
    ("document-format", "job-description", |w, s| {
        let format = s.job.document_format.as_str();
        {
            w.mime(if format.is_empty() { "application/octet-stream" } else { format });
        };
    }),
    ("job-more-info", "job-description", |w, s| {
        {
            w.uri(&format!("http://{}/ipp/print/{}", s.view.address.authority, s.view.queue.name));
        };
    }),
    ("attributes-charset", "job-description", |w, _| {
        w.charset("utf-8");
    }),
    ("attributes-natural-language", "job-description", |w, _| {
        w.natural_language("en");
    }),
    ("job-hold-until", "job-template", |w, s| {
        let held = s.job.state == wire::ipp::JobState::PendingHeld.code();
        {
            w.keyword(if held { "indefinite" } else { "no-hold" });
        };
    }),
    ("job-priority", "job-template", |w, _| {
        w.integer(50);
    }),
    ("job-sheets", "job-template", |w, _| {
        w.keyword("none");
    }),
    ("copies", "job-template", |w, s| {
        {
            w.integer(s.job.ticket.as_ref().map_or(1, |ticket| ticket.copies.max(1)));
        };
    }),
    ("sides", "job-template", |w, s| asked(w, s, |ticket| &ticket.sides)),
    ("media", "job-template", |w, s| asked(w, s, |ticket| &ticket.media)),
    ("print-color-mode", "job-template", |w, s| asked(w, s, |ticket| &ticket.print_color_mode)),
];

/// The attributes one answer tells, chosen once for all its jobs.
pub(crate) struct Choice(Vec<(&'static str, Write)>);

impl Choice {
    /// What `wanted` asks for; `default` names what is told when it asks for nothing, where an empty
    /// list means all.
    pub(crate) fn new(wanted: &Wanted, default: &[&str]) -> Self {
        let chosen = ATTRIBUTES.iter().filter(|(name, group, _)| {
            if wanted.is_unsaid() {
                default.is_empty() || default.contains(name)
            } else {
                wanted.has(name, group)
            }
        });
        Self(chosen.map(|&(name, _, write)| (name, write)).collect())
    }

    /// Writes the group of one job.
    pub(crate) fn write(&self, writer: &mut Writer<'_>, view: &View<'_>, job: &Job, owner: bool) {
        writer.group(GroupTag::Job);
        let seen = Seen { view, job, owner };
        for (name, write) in &self.0 {
            write(writer.attribute(name), &seen);
        }
    }
}

/// What a client is told of a job it made.
pub(crate) const AFTER_CREATION: &[&str] = &[
    "job-id",
    "job-uri",
    "job-state",
    "job-state-reasons",
    "job-state-message",
    "number-of-intervening-jobs",
];

/// What Get-Jobs tells unless asked (RFC 8011, section 4.2.6.1).
pub(crate) const LISTED: &[&str] = &["job-id", "job-uri"];

/// job-id. The jobserver's ids start at 1 and pass 2^31 after two billion jobs; a job beyond could
/// not be named in IPP at all.
pub(crate) fn id(job: &Job) -> i32 {
    i32::try_from(job.id).unwrap_or(i32::MAX)
}

fn uri(seen: &Seen<'_>) -> String {
    format!("{}/{}", seen.view.address.printing(seen.view.queue), seen.job.id)
}

/// Queues may hide titles from everybody but the owner (guide: "Hide document name").
fn title<'a>(seen: &'a Seen<'_>) -> &'a str {
    if seen.view.queue.hide_document_name && !seen.owner {
        "Hidden"
    } else if seen.job.name.is_empty() {
        "Untitled"
    } else {
        &seen.job.name
    }
}

fn submitter(job: &Job) -> &str {
    if job.submit_logon.is_empty() { &job.owner_logon } else { &job.submit_logon }
}

fn time(writer: &mut Writer<'_>, us: i64) {
    if us > 0 {
        writer.integer(as_seconds(us / 1_000_000));
    } else {
        writer.no_value();
    }
}

fn date(writer: &mut Writer<'_>, us: i64) {
    if us > 0 {
        writer.date_time(DateTime::from_unix(us / 1_000_000, (us % 1_000_000 / 100_000) as u8));
    } else {
        writer.no_value();
    }
}

type Count = rpc::proto::common::PageCount;

fn count(writer: &mut Writer<'_>, seen: &Seen<'_>, of: fn(&Count) -> i64) {
    use rpc::proto::common::page_count::Status;
    match &seen.job.count {
        Some(count) if count.status() == Status::Ok => {
            writer.integer(clamp(of(count)));
        }
        _ => {
            writer.no_value();
        }
    }
}

fn done(writer: &mut Writer<'_>, seen: &Seen<'_>, of: fn(&Count) -> i64) {
    if seen.job.state == wire::ipp::JobState::Completed.code() {
        count(writer, seen, of);
    } else {
        writer.integer(0);
    }
}

fn asked(writer: &mut Writer<'_>, seen: &Seen<'_>, of: fn(&rpc::proto::jobserver::JobTicket) -> &String) {
    // What was not asked for is not an attribute of the job (RFC 8011, section 5.2).
    if let Some(keyword) = seen.job.ticket.as_ref().map(of).filter(|keyword| !keyword.is_empty()) {
        writer.keyword(keyword);
    }
}

fn clamp(number: i64) -> i32 {
    i32::try_from(number.max(0)).unwrap_or(i32::MAX)
}
