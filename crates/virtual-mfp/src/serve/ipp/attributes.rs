//! What printer and jobs say of themselves.

use std::collections::HashSet;

use wire::ipp::{Attribute, Group, GroupTag, JobState, Message, Operation, PrinterState, Resolution, Value};

use crate::fault::{Faults, Mishap};

use super::jobs::Job;
use super::{Printer, Uri};
use crate::serve::toner::{self, Toner, toners};

/// Operations that the printer performs.
pub(super) const OPERATIONS: [Operation; 8] = [
    Operation::PrintJob,
    Operation::ValidateJob,
    Operation::CreateJob,
    Operation::SendDocument,
    Operation::CancelJob,
    Operation::GetJobAttributes,
    Operation::GetJobs,
    Operation::GetPrinterAttributes,
];

/// Document formats that the printer takes: it prints bytes, so all.
pub(super) const FORMATS: [&str; 7] = [
    "application/octet-stream",
    "application/pdf",
    "application/postscript",
    "application/vnd.hp-PCL",
    "image/urf",
    "image/pwg-raster",
    "image/jpeg",
];

/// `none` (RFC 8011, section 5.2.6).
const FINISHINGS_NONE: i32 = 3;
/// `portrait` (RFC 8011, section 5.2.10).
const PORTRAIT: i32 = 3;
/// `normal` (RFC 8011, section 5.2.13).
const QUALITY_NORMAL: i32 = 4;

/// The attributes that a request wants to see.
pub(super) struct Wanted(Option<HashSet<String>>);

impl Wanted {
    /// From requested-attributes; none given, or a group of attributes named, means all.
    pub(super) fn of(request: &Message) -> Self {
        let Some(operation) = request.group(GroupTag::Operation) else { return Self(None) };
        let names: HashSet<String> = operation.texts("requested-attributes").map(str::to_owned).collect();
        let all = names.is_empty()
            || ["all", "printer-description", "job-description", "job-template"]
                .iter()
                .any(|name| names.contains(*name));
        Self((!all).then_some(names))
    }

    /// These alone.
    pub(super) fn only(names: &[&str]) -> Self {
        Self(Some(names.iter().map(|name| (*name).to_owned()).collect()))
    }

    fn keep(&self, attribute: &Attribute) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(attribute.name.as_ref()))
    }
}

/// The printer's group.
pub(super) fn printer(printer: &Printer, uri: Uri, wanted: &Wanted) -> Group {
    let faults = printer.engine.faults().borrow().clone();
    let (state, reason) = state(&faults, printer);
    let keyword = |text: &str| Value::Keyword(text.to_owned().into());
    let keywords = |texts: &[&str]| texts.iter().map(|text| keyword(text)).collect::<Vec<_>>();
    let operations = OPERATIONS.map(|operation| Value::Enum(i32::from(operation.code())));
    let schemes: Vec<&str> = if printer.tls.is_some() { vec!["ipp", "ipps"] } else { vec!["ipp"] };
    let uris: Vec<Value> = schemes
        .iter()
        .map(|scheme| Value::Uri(format!("{scheme}://{}{}", uri.here, super::PATH).into()))
        .collect();
    let security: Vec<&str> = if printer.tls.is_some() { vec!["none", "tls"] } else { vec!["none"] };
    let authentication: Vec<&str> = schemes.iter().map(|_| "none").collect();
    let mime = |text: &str| Value::MimeMediaType(text.to_owned().into());
    let queued = printer.jobs.list(|job| !job.state.is_terminal()).len();
    let all = Group::new(GroupTag::Printer)
        .with_all("printer-uri-supported", uris)
        .with_all("uri-security-supported", keywords(&security))
        .with_all("uri-authentication-supported", keywords(&authentication))
        .with("printer-name", Value::Name(printer.name.to_string().into()))
        .with("printer-make-and-model", Value::Text("Papergate virtual MFP".into()))
        .with("printer-info", Value::Text(printer.name.to_string().into()))
        .with("printer-location", Value::Text("".into()))
        .with("printer-more-info", Value::Uri("https://www.pwg.org/".into()))
        .with("printer-state", Value::Enum(state.code()))
        .with("printer-state-reasons", keyword(reason))
        .with("printer-is-accepting-jobs", Value::Boolean(!faults.refuse()))
        .with("queued-job-count", Value::Integer(i32::try_from(queued).unwrap_or(i32::MAX)))
        .with_all("ipp-versions-supported", keywords(&["1.1", "2.0"]))
        .with_all("operations-supported", operations.to_vec())
        .with("charset-configured", Value::Charset("utf-8".into()))
        .with("charset-supported", Value::Charset("utf-8".into()))
        .with("natural-language-configured", Value::NaturalLanguage("en".into()))
        .with("generated-natural-language-supported", Value::NaturalLanguage("en".into()))
        .with("document-format-default", mime(FORMATS[0]))
        .with_all("document-format-supported", FORMATS.iter().map(|format| mime(format)).collect())
        .with("pdl-override-supported", keyword("not-attempted"))
        .with("compression-supported", keyword("none"))
        .with("color-supported", Value::Boolean(true))
        .with("copies-default", Value::Integer(1))
        .with("copies-supported", Value::Range(1, 999))
        .with("sides-default", keyword("one-sided"))
        .with_all("sides-supported", keywords(&["one-sided", "two-sided-long-edge", "two-sided-short-edge"]))
        .with_all("print-color-mode-supported", keywords(&["auto", "color", "monochrome"]))
        .with("print-color-mode-default", keyword("auto"))
        .with("media-default", keyword("iso_a4_210x297mm"))
        .with_all(
            "media-supported",
            keywords(&["iso_a4_210x297mm", "iso_a3_297x420mm", "na_letter_8.5x11in"]),
        )
        .with("finishings-default", Value::Enum(FINISHINGS_NONE))
        .with("finishings-supported", Value::Enum(FINISHINGS_NONE))
        .with("orientation-requested-default", Value::Enum(PORTRAIT))
        .with("orientation-requested-supported", Value::Enum(PORTRAIT))
        .with("output-bin-default", keyword("face-down"))
        .with("output-bin-supported", keyword("face-down"))
        .with("print-quality-default", Value::Enum(QUALITY_NORMAL))
        .with("print-quality-supported", Value::Enum(QUALITY_NORMAL))
        .with("printer-resolution-default", Value::Resolution(Resolution::dpi(600)))
        .with("printer-resolution-supported", Value::Resolution(Resolution::dpi(600)))
        .with("pages-per-minute", Value::Integer(60))
        .with("pages-per-minute-color", Value::Integer(60))
        .with_all("printer-supply", supplies(printer))
        .with_all("printer-supply-description", descriptions(printer))
        .with("multiple-document-jobs-supported", Value::Boolean(false))
        .with("multiple-operation-time-out", Value::Integer(120))
        .with("printer-up-time", Value::Integer(up_time(printer)));
    kept(all, wanted)
}

/// What is left of its toners (PWG 5100.13, `printer-supply`).
fn supplies(printer: &Printer) -> Vec<Value> {
    let capacity = toner::IMPRESSIONS;
    let supply = |(index, Toner { color, left, .. }): (usize, Toner)| {
        let text = format!(
            "index={};class=supplyThatIsConsumed;type=toner;unit=impressions;maxcapacity={capacity};level={left};\
             colorantname={color};",
            index + 1
        );
        Value::OctetString(text.into())
    };
    toners(printer.engine.counts()).into_iter().enumerate().map(supply).collect()
}

/// Their names for people.
fn descriptions(printer: &Printer) -> Vec<Value> {
    toners(printer.engine.counts()).map(|toner| Value::Text(toner.name.into())).into()
}

/// A job's group.
pub(super) fn job(printer: &Printer, uri: Uri, job: &Job, wanted: &Wanted) -> Group {
    let up_time = up_time(printer);
    let ended = if job.state.is_terminal() { Value::Integer(up_time) } else { Value::NoValue };
    let number = |count: u64| Value::Integer(i32::try_from(count).unwrap_or(i32::MAX));
    let octets = i32::try_from(job.bytes.div_ceil(1024)).unwrap_or(i32::MAX);
    let all = Group::new(GroupTag::Job)
        .with("job-id", Value::Integer(job.id))
        .with("job-uri", Value::Uri(uri.job(job.id).into()))
        .with("job-printer-uri", Value::Uri(uri.printer().into()))
        .with("job-name", Value::Name(job.name.clone().into()))
        .with("job-originating-user-name", Value::Name(job.user.clone().into()))
        .with("job-state", Value::Enum(job.state.code()))
        .with("job-state-reasons", Value::Keyword(job.reason.into()))
        .with("job-state-message", Value::Text(job.message.into()))
        .with("job-k-octets", Value::Integer(octets))
        .with("job-k-octets-processed", Value::Integer(octets))
        .with("job-impressions-completed", number(job.counts.impressions))
        .with("job-media-sheets-completed", number(job.counts.sheets))
        .with("copies", Value::Integer(i32::from(job.copies)))
        .with("time-at-creation", Value::Integer(1))
        .with("time-at-processing", Value::Integer(1))
        .with("time-at-completed", ended)
        .with("job-printer-up-time", Value::Integer(up_time));
    kept(all, wanted)
}

fn kept(mut group: Group, wanted: &Wanted) -> Group {
    group.attributes.retain(|attribute| wanted.keep(attribute));
    group
}

/// printer-state and its reason, as the faults make them.
fn state(faults: &Faults, printer: &Printer) -> (PrinterState, &'static str) {
    let processing = |job: &Job| job.state == JobState::Processing;
    match faults.mishap() {
        Some((_, Mishap::Jam)) => (PrinterState::Stopped, "media-jam-error"),
        Some((_, Mishap::Drop)) | None if !printer.jobs.list(processing).is_empty() => {
            (PrinterState::Processing, "none")
        }
        Some((_, Mishap::Drop)) | None => (PrinterState::Idle, "none"),
    }
}

/// Seconds since the printer was switched on, at least 1 (RFC 8011, section 5.4.29).
fn up_time(printer: &Printer) -> i32 {
    i32::try_from(printer.on_since.elapsed().as_secs()).unwrap_or(i32::MAX).max(1)
}
