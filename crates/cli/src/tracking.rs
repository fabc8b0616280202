//! `papergate tracking`: who printed what, where, when, at which price.

pub(crate) mod collect;
mod export;
mod framed;
mod report;
pub(crate) mod stats;

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::record::JobType;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};
use crate::reach::Patience;
use crate::safecom::Protocol;
use crate::time::{self, Edge};

use export::{ExportOptions, Exported};

#[derive(Debug, Subcommand)]
pub(crate) enum TrackingCommand {
    /// List records
    List(TrackingList),
    /// Tell the tracking server of a job that another system printed
    Report(report::TrackingReport),
    /// Write records as a file in the guide's formats, to standard output or --output
    Export(TrackingExport),
    /// Export records, then delete them
    Delete(TrackingDelete),
    /// Collect the records of secondary tracking servers now
    Collect {
        /// Only from this one
        #[arg(default_value = "", hide_default_value = true)]
        name: String,
    },
    /// What records add up to: by kind of job, person, device, billing code; the job list
    #[command(subcommand)]
    Stats(stats::StatsCommand),
}

/// Which records.
#[derive(Clone, Debug, Args)]
pub(crate) struct Period {
    /// First day or instant, by the date a document was printed
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last day, or the instant after the period
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Only records of this person
    #[arg(long, default_value = "", value_name = "LOGON")]
    user: String,
}

/// A period whose dates have been read; 0 is an open end.
struct Instants {
    from_us: i64,
    to_us: i64,
}

impl Period {
    fn instants(&self) -> Result<Instants, Failure> {
        let read = |text: &Option<String>, edge| {
            let instant = text.as_deref().map(|text| time::parse(text, edge, &TimeZone::system()));
            instant.unwrap_or(Ok(0)).map_err(Failure::Usage)
        };
        Ok(Instants { from_us: read(&self.from, Edge::From)?, to_us: read(&self.to, Edge::To)? })
    }

    fn is_everything(&self) -> bool {
        self.from.is_none() && self.to.is_none() && self.user.is_empty()
    }
}

#[derive(Debug, Args)]
pub(crate) struct TrackingList {
    #[command(flatten)]
    period: Period,
    /// At most this many, oldest first
    #[arg(long, default_value_t = 0, value_name = "N")]
    limit: u32,
    /// How the server is spoken to
    #[arg(long, value_enum, default_value = "grpc")]
    protocol: Protocol,
}

#[derive(Debug, Args)]
pub(crate) struct TrackingExport {
    #[command(flatten)]
    period: Period,
    #[command(flatten)]
    options: ExportOptions,
}

#[derive(Debug, Args)]
pub(crate) struct TrackingDelete {
    #[command(flatten)]
    period: Period,
    #[command(flatten)]
    options: ExportOptions,
    /// Every record, of all times
    #[arg(long)]
    all: bool,
    /// Delete without an export
    #[arg(long, conflicts_with_all = ["output", "format", "separator", "label"])]
    no_export: bool,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: TrackingCommand) -> Result<(), Failure> {
    match command {
        TrackingCommand::List(arguments) => list(shell, arguments).await,
        TrackingCommand::Report(arguments) => report::run(shell, arguments).await,
        TrackingCommand::Export(arguments) => {
            let exported = export::run(shell, &arguments.period, &arguments.options).await?;
            told(shell, &arguments.options, &exported)
        }
        TrackingCommand::Delete(arguments) => delete(shell, arguments).await,
        TrackingCommand::Collect { name } => collect::run(shell, name).await,
        TrackingCommand::Stats(command) => stats::run(shell, command).await,
    }
}

/// A file was asked for: standard output is free to say what is in it.
fn told(shell: &mut Shell<'_>, options: &ExportOptions, exported: &Exported) -> Result<(), Failure> {
    let Some(path) = options.output() else { return Ok(()) };
    let fact = json!({ "records": exported.records, "file": path.to_string_lossy() });
    shell.output.done(&format!("{} records are in {}", exported.records, path.display()), &fact)
}

async fn list(shell: &mut Shell<'_>, arguments: TrackingList) -> Result<(), Failure> {
    let Instants { from_us, to_us } = arguments.period.instants()?;
    if arguments.protocol == Protocol::Safecom {
        return framed::list(shell, (from_us, to_us), arguments.period.user, arguments.limit).await;
    }
    let request = proto::ListRequest {
        from_us,
        to_us,
        logon: arguments.period.user,
        limit: arguments.limit.into(),
        after_sequence: 0,
        until_sequence: 0,
    };
    let mut pages = shell.reach.tracking(Patience::Call).await?.list(request).await?.into_inner();
    let mut listing = shell.output.list::<Record>();
    while let Some(page) = pages.message().await? {
        for record in page.records {
            listing.row(&Record::from(record))?;
        }
    }
    listing.finish()
}

async fn delete(shell: &mut Shell<'_>, arguments: TrackingDelete) -> Result<(), Failure> {
    if arguments.period.is_everything() && !arguments.all {
        return Err(Failure::Usage("say which records: --from, --to, --user, or --all".to_owned()));
    }
    let Instants { from_us, to_us } = arguments.period.instants()?;
    let until_sequence = if arguments.no_export {
        i64::MAX
    } else {
        export::run(shell, &arguments.period, &arguments.options).await?.until_sequence
    };
    // Nothing was ever stored: there is nothing to delete, and 0 would mean "no end".
    let deleted = if until_sequence == 0 {
        0
    } else {
        let request = proto::DeleteRequest { from_us, to_us, until_sequence, logon: arguments.period.user };
        shell.reach.tracking(Patience::Unlimited).await?.delete(request).await?.into_inner().deleted
    };
    if !arguments.no_export && arguments.options.output().is_none() {
        // Standard output is the file.
        return Ok(());
    }
    shell.output.done(&format!("{deleted} records are deleted"), &json!({ "deleted": deleted }))
}

/// A record, as scripts see one; the guide's own names are in `tracking export`.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    sequence: i64,
    tracking_id: String,
    job_id: Option<i64>,
    job_type: &'static str,
    job_name: String,
    user: String,
    domain: Option<String>,
    device: Option<String>,
    queue: Option<String>,
    computer: Option<String>,
    started: Option<String>,
    stopped: Option<String>,
    interrupted: bool,
    pages: i64,
    color_pages: i64,
    sheets: i64,
    duplex: bool,
    paper: Option<String>,
    price: String,
    billing_code: Option<String>,
    cost_code: Option<String>,
    export_label: Option<String>,
    #[serde(skip)]
    stopped_shown: String,
}

impl From<proto::Record> for Record {
    fn from(record: proto::Record) -> Self {
        let job_type = match record.job_type() {
            JobType::Unspecified => "unknown",
            JobType::Pull => "pull",
            JobType::Push => "push",
            JobType::Copy => "copy",
            JobType::Fax => "fax",
            JobType::Scan => "scan",
            JobType::Email => "email",
        };
        Self {
            sequence: record.sequence,
            tracking_id: record.tracking_id,
            job_id: (record.job_id != 0).then_some(record.job_id),
            job_type,
            job_name: record.job_name,
            user: record.user_logon,
            domain: or_null(record.domain),
            device: or_null(record.device_name),
            queue: or_null(record.pm_queue_name),
            computer: or_null(record.computer_name),
            started: time::rfc3339(record.start_us),
            stopped: time::rfc3339(record.stop_us),
            interrupted: record.interrupted,
            pages: record.tracking_page_count,
            color_pages: record.tracking_color_page_count,
            sheets: record.job_sheet_count,
            duplex: record.job_is_duplex,
            paper: or_null(record.job_page_format),
            price: domain::Money(record.job_price).to_string(),
            billing_code: or_null(record.billing_code),
            cost_code: or_null(record.user_cost_code),
            export_label: or_null(record.export_tracking_id),
            stopped_shown: time::local(record.stop_us),
        }
    }
}

impl Listed for Record {
    const COLUMNS: &'static [&'static str] =
        &["STOPPED", "USER", "DEVICE", "TYPE", "PAGES", "COLOR", "SHEETS", "PRICE", "NAME", "REMARK"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.stopped_shown.clone(),
            or_dash(&self.user),
            or_dash(self.device.as_deref().unwrap_or_default()),
            self.job_type.to_owned(),
            self.pages.to_string(),
            self.color_pages.to_string(),
            self.sheets.to_string(),
            self.price.clone(),
            or_dash(&self.job_name),
            if self.interrupted { "interrupted" } else { "" }.to_owned(),
        ]
    }
}
