//! The tracking record: who printed what, where, when, at which price.
//!
//! Its parts are the groups of the guide's "Format of tracking data"; a field's doc says what the guide
//! calls it when the name here differs.

use crate::money::Money;
use crate::{Timestamp, TrackingId};

/// One tracked event. It never changes after it was made, except for [`Record::export_label`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Made by whoever saw the event, before it was first sent; the idempotency key.
    pub tracking_id: TrackingId,
    /// Name of the machine of the server that made the record (`ComputerName`).
    pub computer_name: String,
    /// Label of the first export the record was part of, empty before (`ExportTrackingID`, at most 20 characters).
    pub export_label: String,
    /// The transaction that charged for it, empty for none.
    pub transaction_id: String,
    /// Cost control of the person at that moment.
    pub accounting_model: AccountingModel,
    /// When the person began to collect the document.
    pub start: Timestamp,
    /// When the document was out.
    pub stop: Timestamp,
    /// How it ended.
    pub state: State,
    /// The document.
    pub job: Job,
    /// Its pages.
    pub pages: Pages,
    /// Its owner.
    pub user: User,
    /// Where it came out.
    pub device: Device,
    /// On whose account.
    pub billing: Billing,
    /// How it came in.
    pub origin: Origin,
    /// Toner used.
    pub toner: Toner,
}

/// How a tracked event ended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum State {
    /// To its end.
    #[default]
    Completed,
    /// Cut off: a jam, a cable pulled, somebody tampering.
    Interrupted,
}

impl State {
    /// The guide's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "TRACKING_STATE_COMPLETED",
            Self::Interrupted => "TRACKING_STATE_INTERRUPTED",
        }
    }
}

/// Cost control of a person when the record was made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AccountingModel {
    /// No payment.
    #[default]
    None,
    /// Paid before it was printed.
    PayAndPrint,
    /// Paid afterwards.
    PrintAndPay,
}

impl AccountingModel {
    /// The guide's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::PayAndPrint => "PAY_AND_PRINT",
            Self::PrintAndPay => "PRINT_AND_PAY",
        }
    }

    /// Reads the guide's name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::None, Self::PayAndPrint, Self::PrintAndPay].into_iter().find(|model| model.name() == name)
    }
}

/// What kind of event was tracked.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum JobType {
    /// Collected at a printer.
    #[default]
    Pull,
    /// Printed at once.
    Push,
    /// A copy.
    Copy,
    /// A fax that was sent.
    Fax,
    /// A scan to a folder.
    Scan,
    /// A scan by e-mail.
    Email,
}

impl JobType {
    /// The guide's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pull => "JOB_TYPE_PULL",
            Self::Push => "JOB_TYPE_PUSH",
            Self::Copy => "JOB_TYPE_COPY",
            Self::Fax => "JOB_TYPE_FAX",
            Self::Scan => "JOB_TYPE_SCAN",
            Self::Email => "JOB_TYPE_EMAIL",
        }
    }
}

/// The document of a record.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Job {
    /// Id in the jobserver that made the record; 0 for none. Not part of the guide's format.
    pub id: i64,
    /// What kind of event.
    pub job_type: JobType,
    /// Title; "Copy job" for copies.
    pub name: String,
    /// Logon it was submitted under.
    pub submit_logon: String,
    /// When it arrived.
    pub date: Timestamp,
    /// Bytes.
    pub size: i64,
    /// Paper: A4, A3, Letter ...
    pub page_format: String,
    /// Whether it was set up for both sides.
    pub is_duplex: bool,
    /// Whether any of it has colour.
    pub is_color: bool,
    /// Price by the device's first charging scheme.
    pub price: Money,
    /// Price by the second.
    pub price2: Money,
    /// Phone number, folder or e-mail address of a fax, scan or e-mail; empty otherwise.
    pub destination: String,
    /// Whether toner save was invoked.
    pub toner_save: bool,
    /// Who deleted the document before it was printed; `None` for what was printed. Not part of the guide's
    /// format: such a record counts as saved paper, and no list or export shows it.
    pub deleted_by: Option<DeletedBy>,
}

/// Who deleted a document unprinted.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum DeletedBy {
    /// Its owner.
    User,
    /// Its age, or somebody with rights over others' documents.
    System,
}

/// What stands for a hidden job name.
pub const HIDDEN_NAME: &str = "********";

/// Pages of a record.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pages {
    /// Pages that count: what came out (`TrackingPageCount`).
    pub tracked: i64,
    /// Of those, pages with colour (`TrackingColorPageCount`).
    pub tracked_color: i64,
    /// Sheets of paper (`JobSheetCount`).
    pub sheets: i64,
    /// Pages found in the print data (`ParserPageCount`).
    pub parser: i64,
    /// Pages the driver reported (`DriverPageCount`).
    pub driver: i64,
    /// How sure `parser` is.
    pub status: PageCountStatus,
    /// What counted.
    pub model: PageCountModel,
}

/// How sure a count is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PageCountStatus {
    /// Counted.
    Ok,
    /// The data does not say.
    #[default]
    Undefined,
    /// The data is broken.
    Failure,
}

impl PageCountStatus {
    /// The guide's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "PAGECOUNT_STATUS_OK",
            Self::Undefined => "PAGECOUNT_STATUS_UNDEFINED",
            Self::Failure => "PAGECOUNT_STATUS_FAILURE",
        }
    }
}

/// What counted the pages.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PageCountModel {
    /// The print data was read.
    #[default]
    Software,
    /// The device's counters were.
    Hardware,
}

/// The person of a record, as they were then.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct User {
    /// Internal id.
    pub id: i64,
    /// Internal id of the domain.
    pub domain_id: i64,
    /// Logon.
    pub logon: String,
    /// Domain.
    pub domain: String,
    /// Full name.
    pub full_name: String,
    /// Free text.
    pub description: String,
    /// E-mail address.
    pub email: String,
    /// Cost code.
    pub cost_code: String,
    /// Organisational unit; 0 for none.
    pub node_id: i64,
}

/// The device of a record, as it was then.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Device {
    /// Internal id.
    pub id: i64,
    /// MAC address.
    pub mac: String,
    /// Name.
    pub name: String,
    /// Where it stands.
    pub location: String,
    /// IP address.
    pub ip_addr: String,
    /// Whether it can print on both sides.
    pub supports_duplex: bool,
    /// Whether it can print colour.
    pub supports_color: bool,
    /// Model.
    pub model: String,
    /// Driver.
    pub driver_name: String,
    /// Organisational unit; 0 for none.
    pub node_id: i64,
}

/// Client billing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Billing {
    /// Primary code.
    pub code: String,
    /// Description of the primary code.
    pub description: String,
    /// Whether clients may be invoiced by it.
    pub invoice: bool,
    /// Secondary code.
    pub code2: String,
    /// Description of the secondary code.
    pub description2: String,
}

/// How a document came in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Origin {
    /// Print queue (`PMQueueName`).
    pub queue_name: String,
    /// Port or protocol of the queue (`PMPortName`).
    pub port_name: String,
    /// Machine with the queue (`PMComputerName`).
    pub computer_name: String,
    /// Machine the document was made on (`DocComputerName`).
    pub document_computer_name: String,
}

/// Toner coverage in hundredths of a percent: 250 is 2.5 %, 10000 is all of the page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Toner {
    /// Cyan.
    pub cyan: i32,
    /// Magenta.
    pub magenta: i32,
    /// Yellow.
    pub yellow: i32,
    /// Black.
    pub black: i32,
}

/// Longest tracking id, characters.
pub const TRACKING_ID_MAX: usize = 64;

/// Longest export label, characters (the guide's limit of `ExportTrackingID`).
pub const EXPORT_LABEL_MAX: usize = 20;

/// Checks a label for an export.
pub fn is_export_label(text: &str) -> bool {
    text.chars().count() <= EXPORT_LABEL_MAX && !text.chars().any(char::is_control)
}
