//! `papergate tracking report`: a job that another system printed, as a record of this one.

use clap::{Args, ValueEnum};
use domain::Money;
use jiff::tz::TimeZone;
use rpc::proto::common::page_count;
use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::record::JobType;
use serde_json::json;

use super::framed;
use crate::Shell;
use crate::failure::Failure;
use crate::reach::Patience;
use crate::safecom::{Protocol, random};
use crate::time::{self, Edge};

#[derive(Debug, Args)]
pub(crate) struct TrackingReport {
    /// Logon of the person
    #[arg(long, value_name = "LOGON")]
    user: String,
    /// Domain of the logon
    #[arg(long, value_name = "DOMAIN", default_value = "", hide_default_value = true)]
    domain: String,
    /// Where it came out
    #[arg(long, value_name = "NAME")]
    device: String,
    /// What it was
    #[arg(long = "type", value_enum, value_name = "KIND", default_value = "push")]
    kind: Kind,
    /// Title of the document
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    title: String,
    /// Printed sides
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pages: i64,
    /// Of them, in colour
    #[arg(long, value_name = "N", default_value_t = 0)]
    color_pages: i64,
    /// Sheets of paper; as many as pages when not given
    #[arg(long, value_name = "N")]
    sheets: Option<i64>,
    /// Price
    #[arg(long, value_name = "AMOUNT", default_value = "0", allow_negative_numbers = true)]
    price: Money,
    /// When it was out; now when not given
    #[arg(long, value_name = "DATE")]
    stopped: Option<String>,
    /// Id of the record: a script that repeats a command with the same id has one record
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// How the server is spoken to
    #[arg(long, value_enum, default_value = "grpc")]
    protocol: Protocol,
}

/// Kinds of jobs.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Collected at the device
    Pull,
    /// Printed without being collected
    Push,
    /// Copied
    Copy,
    /// Faxed
    Fax,
    /// Scanned
    Scan,
    /// Sent by e-mail
    Email,
}

impl From<Kind> for JobType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Pull => Self::Pull,
            Kind::Push => Self::Push,
            Kind::Copy => Self::Copy,
            Kind::Fax => Self::Fax,
            Kind::Scan => Self::Scan,
            Kind::Email => Self::Email,
        }
    }
}

pub(super) async fn run(shell: &mut Shell<'_>, asked: TrackingReport) -> Result<(), Failure> {
    let protocol = asked.protocol;
    let record = record(asked)?;
    match protocol {
        Protocol::Safecom => framed::report(shell, &record).await?,
        Protocol::Grpc => {
            let request = proto::RecordRequest { records: vec![record.clone()] };
            // By way of the jobserver, which writes down who did it.
            let answer = shell.reach.tracking_reported(Patience::Call).await?.record(request).await?;
            if let Some(refused) = answer.into_inner().refused.into_iter().next() {
                return Err(Failure::Refused {
                    status: domain::Status::NAME_INVALID.0,
                    message: refused.why,
                });
            }
        }
    }
    let sentence = format!("the job of {} is in the tracking data", record.user_logon);
    shell.output.done(&sentence, &json!({ "reported": record.tracking_id }))
}

fn record(asked: TrackingReport) -> Result<proto::Record, Failure> {
    let stopped = match &asked.stopped {
        Some(text) => time::parse(text, Edge::From, &TimeZone::system()).map_err(Failure::Usage)?,
        None => jiff::Zoned::now().timestamp().as_microsecond(),
    };
    let id = match asked.id {
        Some(id) => id,
        None => uuid()?,
    };
    let computer = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Ok(proto::Record {
        tracking_id: id,
        computer_name: computer,
        accounting_model_used: "NONE".to_owned(),
        start_us: stopped,
        stop_us: stopped,
        tracking_page_count: asked.pages,
        tracking_color_page_count: asked.color_pages,
        job_sheet_count: asked.sheets.unwrap_or(asked.pages),
        job_name: asked.title,
        job_date_us: stopped,
        user_logon: asked.user,
        domain: asked.domain,
        device_name: asked.device,
        job_is_color: asked.color_pages > 0,
        job_price: asked.price.0,
        job_type: JobType::from(asked.kind).into(),
        page_count_status: page_count::Status::Ok.into(),
        ..proto::Record::default()
    })
}

/// RFC 9562, version 4.
fn uuid() -> Result<String, Failure> {
    let mut bytes: [u8; 16] = random()?;
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}
