//! `papergate events`: what happened, from "the disk is full" to "Ann logged in".

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::event::Severity;
use jiff::tz::TimeZone;
use rpc::proto::jobserver as proto;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};
use crate::time::{self, Edge};

#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// List events, the newest first
    List(EventsList),
    /// Write events as CSV (or JSON with --json), to standard output or --output
    Export(EventsExport),
}

/// Which events.
#[derive(Clone, Debug, Args)]
pub(crate) struct EventsFilter {
    /// This severity and worse ones: 1 and 2 are errors, 3 and 4 warnings, 5 and 6 information
    #[arg(long, value_name = "1-6", value_parser = clap::value_parser!(u8).range(1..=6))]
    severity: Option<u8>,
    /// First day or instant
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last day, or the instant after the period
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Only events that this part of the suite told, as jobserver
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    source: String,
    /// Only events of this code, as login or account-locked
    #[arg(long, default_value = "", hide_default_value = true, value_name = "CODE")]
    code: String,
    /// Only what this person did
    #[arg(long, default_value = "", hide_default_value = true, value_name = "LOGON")]
    user: String,
}

#[derive(Debug, Args)]
pub(crate) struct EventsList {
    #[command(flatten)]
    filter: EventsFilter,
    /// At most this many; 0 for all
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct EventsExport {
    #[command(flatten)]
    filter: EventsFilter,
    /// Values between commas, with a line of names; the format when --json is not given
    #[arg(long)]
    csv: bool,
    /// File to write, which must not exist
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: EventsCommand) -> Result<(), Failure> {
    match command {
        EventsCommand::List(arguments) => {
            let request = arguments.filter.request(arguments.limit.into())?;
            let mut pages = shell.reach.event_log().await?.event_list(request).await?.into_inner();
            let mut listing = shell.output.list::<Event>();
            while let Some(page) = pages.message().await? {
                for event in page.events {
                    listing.row(&Event::from(event))?;
                }
            }
            listing.finish()
        }
        EventsCommand::Export(arguments) => export(shell, arguments).await,
    }
}

impl EventsFilter {
    fn request(&self, limit: i64) -> Result<proto::EventListRequest, Failure> {
        let read = |text: &Option<String>, edge| {
            let instant = text.as_deref().map(|text| time::parse(text, edge, &TimeZone::system()));
            instant.unwrap_or(Ok(0)).map_err(Failure::Usage)
        };
        Ok(proto::EventListRequest {
            severity: self.severity.unwrap_or(0).into(),
            from_us: read(&self.from, Edge::From)?,
            to_us: read(&self.to, Edge::To)?,
            source: self.source.clone(),
            code: self.code.clone(),
            user: self.user.clone(),
            limit,
        })
    }
}

async fn export(shell: &mut Shell<'_>, arguments: EventsExport) -> Result<(), Failure> {
    let as_json = shell.output.is_json() && !arguments.csv;
    let request = arguments.filter.request(0)?;
    let mut pages = shell.reach.event_log().await?.event_list(request).await?.into_inner();
    let mut file = arguments
        .output
        .as_ref()
        .map(|path| std::fs::File::create_new(path).map_err(Failure::io(format!("write {}", path.display()))))
        .transpose()?
        .map(std::io::BufWriter::new);
    let written = || Failure::io("write the export");
    let mut events = 0_u64;
    {
        let out: &mut dyn Write = match &mut file {
            Some(file) => file,
            None => shell.output.stream(),
        };
        out.write_all(if as_json { b"[" } else { CSV_NAMES }).map_err(written())?;
        while let Some(page) = pages.message().await? {
            for event in page.events {
                let text = if as_json { json_row(event, events == 0) } else { csv_row(&event) };
                out.write_all(text.as_bytes()).map_err(written())?;
                events += 1;
            }
        }
        out.write_all(if as_json { b"\n]\n" } else { b"" }).and_then(|()| out.flush()).map_err(written())?;
    }
    let (Some(path), Some(file)) = (arguments.output, file) else { return Ok(()) };
    file.get_ref().sync_all().map_err(written())?;
    let fact = json!({ "events": events, "file": path.to_string_lossy() });
    shell.output.done(&format!("{events} events are in {}", path.display()), &fact)
}

/// The guide's names and their order ("View SafeCom event log").
const CSV_NAMES: &[u8] = b"EventId,UserId,DateTime,Abstract,Module,Severity,Description\r\n";

fn json_row(event: proto::Event, first: bool) -> String {
    let row = serde_json::to_string(&Event::from(event)).expect("texts and numbers have a JSON form");
    format!("{}\n  {row}", if first { "" } else { "," })
}

fn csv_row(event: &proto::Event) -> String {
    let description = match (event.object.as_str(), event.text.as_str()) {
        ("", text) => text.to_owned(),
        (object, "") => object.to_owned(),
        (object, text) => format!("{object}: {text}"),
    };
    let cells = [
        event.id.to_string(),
        quoted(&event.user),
        time::rfc3339(event.at_us).unwrap_or_default(),
        quoted(&event.subject),
        quoted(&event.source),
        event.severity.to_string(),
        quoted(&description),
    ];
    cells.join(",") + "\r\n"
}

/// RFC 4180 quotes. What a spreadsheet would take for a formula is shown as text: names and titles come from anybody.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// An event, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Event {
    id: i64,
    at: Option<String>,
    severity: i32,
    category: &'static str,
    code: String,
    source: String,
    user: Option<String>,
    object: Option<String>,
    subject: String,
    text: Option<String>,
    #[serde(skip)]
    at_shown: String,
}

impl From<proto::Event> for Event {
    fn from(event: proto::Event) -> Self {
        let severity = Severity::from_level(event.severity.into());
        Self {
            id: event.id,
            at: time::rfc3339(event.at_us),
            severity: event.severity,
            category: severity.map_or("unknown", |severity| severity.category().name()),
            code: event.code,
            source: event.source,
            user: or_null(event.user),
            object: or_null(event.object),
            subject: event.subject,
            text: or_null(event.text),
            at_shown: time::local(event.at_us),
        }
    }
}

impl Listed for Event {
    const COLUMNS: &'static [&'static str] = &["TIME", "SEV", "SOURCE", "USER", "OBJECT", "EVENT"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.at_shown.clone(),
            self.severity.to_string(),
            self.source.clone(),
            or_dash(self.user.as_deref().unwrap_or_default()),
            or_dash(self.object.as_deref().unwrap_or_default()),
            self.subject.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_1_csv_has_the_guide_s_columns_and_nothing_a_spreadsheet_would_run() {
        assert_eq!(CSV_NAMES.split(|&byte| byte == b',').count(), 7);
        let event = proto::Event {
            id: 7,
            at_us: 1_700_000_000_000_000,
            severity: 3,
            code: "test".into(),
            source: "jobserver".into(),
            user: "=cmd()".into(),
            object: "pull".into(),
            subject: "say \"no\", please".into(),
            text: "why".into(),
        };
        let expected = "7,\"'=cmd()\",2023-11-14T22:13:20.000000Z,\"say \"\"no\"\", please\",\"jobserver\",3,\"pull: why\"\r\n";
        assert_eq!(csv_row(&event), expected);
        let json = format!("[{}{}\n]", json_row(event.clone(), true), json_row(event, false));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap().as_array().unwrap().len(), 2);
    }
}
