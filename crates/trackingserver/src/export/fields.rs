//! The guide's "Format of tracking data": names, order, and what each means for a record.

use domain::Timestamp;
use domain::money::Money;
use domain::tracking::{PageCountModel, Record};

/// A field of the format.
pub struct Field {
    /// The guide's name.
    pub name: &'static str,
    /// What it is made of.
    pub kind: Kind,
    /// Its value in a record.
    pub value: fn(&Record) -> Value<'_>,
}

/// What a field is made of, for the description of a TXT file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Free text.
    Text,
    /// A whole number.
    Number,
    /// Date and time.
    Instant,
    /// `YES` or `NO`.
    YesNo,
    /// One of the guide's words in capitals.
    Word,
    /// An amount of money with four decimals.
    Money,
}

/// A value on its way into a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Free text.
    Text(&'a str),
    /// A whole number.
    Number(i64),
    /// Date and time; 0 is "none".
    Instant(Timestamp),
    /// `YES` or `NO`.
    YesNo(bool),
    /// One of the guide's words in capitals.
    Word(&'static str),
    /// An amount of money.
    Money(Money),
}

macro_rules! fields {
    ($($name:literal $kind:ident |$record:ident| $value:expr;)*) => {
        /// Every field, in the guide's order.
        pub const FIELDS: &[Field] = &[$(
            Field { name: $name, kind: Kind::$kind, value: |$record| Value::$kind($value) },
        )*];
    };
}

fields! {
    "TrackingID" Text |record| &record.tracking_id.0;
    "ComputerName" Text |record| &record.computer_name;
    "ExportTrackingID" Text |record| &record.export_label;
    "TransactionID" Text |record| &record.transaction_id;
    "AccountingModelUsed" Word |record| record.accounting_model.name();
    "StartDate" Instant |record| record.start;
    "StopDate" Instant |record| record.stop;
    "TrackingState" Word |record| record.state.name();
    "TrackingPageCount" Number |record| record.pages.tracked;
    "ParserPageCount" Number |record| record.pages.parser;
    "DriverPageCount" Number |record| record.pages.driver;
    "JobSubmitLogon" Text |record| &record.job.submit_logon;
    "JobName" Text |record| &record.job.name;
    "JobDate" Instant |record| record.job.date;
    "JobSize" Number |record| record.job.size;
    "UserID" Number |record| record.user.id;
    "UserDomainID" Number |record| record.user.domain_id;
    "UserLogon" Text |record| &record.user.logon;
    "Domain" Text |record| &record.user.domain;
    "FullName" Text |record| &record.user.full_name;
    "Description" Text |record| &record.user.description;
    "Email" Text |record| &record.user.email;
    "DeviceMac" Text |record| &record.device.mac;
    "DeviceID" Number |record| record.device.id;
    "DeviceName" Text |record| &record.device.name;
    "DeviceLocation" Text |record| &record.device.location;
    "DeviceIpAddr" Text |record| &record.device.ip_addr;
    "DeviceSupportsDuplex" YesNo |record| record.device.supports_duplex;
    "DeviceSupportsColor" YesNo |record| record.device.supports_color;
    "DeviceModel" Text |record| &record.device.model;
    "DriverName" Text |record| &record.device.driver_name;
    "JobPageFormat" Text |record| &record.job.page_format;
    "JobIsDuplex" YesNo |record| record.job.is_duplex;
    "JobIsColor" YesNo |record| record.job.is_color;
    "BillingCode" Text |record| &record.billing.code;
    "BillingDescription" Text |record| &record.billing.description;
    "BillingInvoice" YesNo |record| record.billing.invoice;
    "JobPrice" Money |record| record.job.price;
    "JobType" Word |record| record.job.job_type.name();
    "PageCountStatus" Word |record| record.pages.status.name();
    "UserNodeID" Number |record| record.user.node_id;
    "DeviceNodeID" Number |record| record.device.node_id;
    "PageCountModel" Number |record| match record.pages.model {
        PageCountModel::Software => 0,
        PageCountModel::Hardware => 1,
    };
    "TrackingColorPageCount" Number |record| record.pages.tracked_color;
    "JobDestination" Text |record| &record.job.destination;
    "TonerSave" YesNo |record| record.job.toner_save;
    "JobPrice2" Money |record| record.job.price2;
    "PMQueueName" Text |record| &record.origin.queue_name;
    "PMPortName" Text |record| &record.origin.port_name;
    "PMComputerName" Text |record| &record.origin.computer_name;
    "DocComputerName" Text |record| &record.origin.document_computer_name;
    "TonerCyan" Number |record| record.toner.cyan.into();
    "TonerMagenta" Number |record| record.toner.magenta.into();
    "TonerYellow" Number |record| record.toner.yellow.into();
    "TonerBlack" Number |record| record.toner.black.into();
    "UserCostCode" Text |record| &record.user.cost_code;
    "JobSheetCount" Number |record| record.pages.sheets;
    "BillingCode2" Text |record| &record.billing.code2;
    "BillingDescription2" Text |record| &record.billing.description2;
}
