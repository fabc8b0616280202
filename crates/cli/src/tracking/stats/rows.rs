//! Rows of the statistics.

use rpc::proto::trackingserver as proto;
use serde::Serialize;

use super::{Totals, job_type_name};
use crate::output::{Listed, or_dash, or_null, yes};
use crate::time;

/// What a person printed.
#[derive(Debug, Serialize)]
pub(crate) struct UserRow {
    id: i64,
    user: String,
    domain: Option<String>,
    full_name: Option<String>,
    description: Option<String>,
    cost_code: Option<String>,
    #[serde(flatten)]
    totals: Totals,
}

impl From<proto::Subject> for UserRow {
    fn from(subject: proto::Subject) -> Self {
        Self {
            id: subject.id,
            user: subject.name,
            domain: or_null(subject.domain),
            full_name: or_null(subject.full_name),
            description: or_null(subject.description),
            cost_code: or_null(subject.cost_code),
            totals: Totals::from(&subject.totals.unwrap_or_default()),
        }
    }
}

impl Listed for UserRow {
    const COLUMNS: &'static [&'static str] =
        &["USER", "FULL NAME", "DESCRIPTION", "JOBS", "PAGES", "COST", "COST 2"];

    fn cells(&self) -> Vec<String> {
        let Totals { jobs, pages, price, price2, .. } = &self.totals;
        vec![
            self.user.clone(),
            or_dash(self.full_name.as_deref().unwrap_or_default()),
            or_dash(self.description.as_deref().unwrap_or_default()),
            jobs.to_string(),
            pages.to_string(),
            price.clone(),
            price2.clone(),
        ]
    }
}

/// What came out of a device.
#[derive(Debug, Serialize)]
pub(crate) struct DeviceRow {
    id: i64,
    device: String,
    model: Option<String>,
    location: Option<String>,
    mac: Option<String>,
    print_pages: i64,
    copy_pages: i64,
    send_pages: i64,
    #[serde(flatten)]
    totals: Totals,
}

impl From<proto::Subject> for DeviceRow {
    fn from(subject: proto::Subject) -> Self {
        let totals = subject.totals.unwrap_or_default();
        Self {
            id: subject.id,
            device: subject.name,
            model: or_null(subject.model),
            location: or_null(subject.location),
            mac: or_null(subject.mac),
            print_pages: totals.pages - totals.copy_pages - totals.send_pages,
            copy_pages: totals.copy_pages,
            send_pages: totals.send_pages,
            totals: Totals::from(&totals),
        }
    }
}

impl Listed for DeviceRow {
    const COLUMNS: &'static [&'static str] =
        &["DEVICE", "MODEL", "LOCATION", "COPY PAGES", "PRINT PAGES", "COST", "COST 2"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.device.clone(),
            or_dash(self.model.as_deref().unwrap_or_default()),
            or_dash(self.location.as_deref().unwrap_or_default()),
            self.copy_pages.to_string(),
            self.print_pages.to_string(),
            self.totals.price.clone(),
            self.totals.price2.clone(),
        ]
    }
}

/// What belongs to a billing code.
#[derive(Debug, Serialize)]
pub(crate) struct BillingRow {
    billing_code: String,
    description: Option<String>,
    invoice: bool,
    #[serde(flatten)]
    totals: Totals,
}

impl From<proto::Subject> for BillingRow {
    fn from(subject: proto::Subject) -> Self {
        Self {
            billing_code: subject.name,
            description: or_null(subject.description),
            invoice: subject.invoice,
            totals: Totals::from(&subject.totals.unwrap_or_default()),
        }
    }
}

impl Listed for BillingRow {
    const COLUMNS: &'static [&'static str] =
        &["BILLING CODE", "DESCRIPTION", "INVOICE", "JOBS", "PAGES", "COST", "COST 2"];

    fn cells(&self) -> Vec<String> {
        let Totals { jobs, pages, price, price2, .. } = &self.totals;
        vec![
            self.billing_code.clone(),
            or_dash(self.description.as_deref().unwrap_or_default()),
            yes(self.invoice),
            jobs.to_string(),
            pages.to_string(),
            price.clone(),
            price2.clone(),
        ]
    }
}

/// What became of documents.
#[derive(Debug, Serialize)]
pub(crate) struct ServerRow {
    what: &'static str,
    jobs: i64,
    pages: i64,
    size: i64,
}

impl Listed for ServerRow {
    const COLUMNS: &'static [&'static str] = &["WHAT", "JOBS", "PAGES", "BYTES"];

    fn cells(&self) -> Vec<String> {
        vec![self.what.to_owned(), self.jobs.to_string(), self.pages.to_string(), self.size.to_string()]
    }
}

/// The rows of an answer.
pub(crate) fn server(answer: &proto::ServerAnswer) -> Vec<ServerRow> {
    let row = |what, totals: Option<proto::Totals>| {
        let proto::Totals { jobs, pages, size, .. } = totals.unwrap_or_default();
        ServerRow { what, jobs, pages, size }
    };
    let mut rows: Vec<ServerRow> =
        answer.done.iter().map(|done| row(job_type_name(done.job_type()), done.totals)).collect();
    rows.push(row("deleted-by-user", answer.deleted_by_user));
    rows.push(row("deleted-by-system", answer.deleted_by_system));
    rows
}

/// A record with everything it says, grouped and named as in the guide's "Tracking record" dialog.
#[derive(Debug, Serialize)]
pub(crate) struct Whole {
    tracking_id: String,
    job_id: Option<i64>,
    name: String,
    generated: Option<String>,
    size: i64,
    paper: Option<String>,
    duplex: bool,
    color: bool,
    driver: Option<String>,
    job_type: &'static str,
    destination: Option<String>,
    user_id: i64,
    user: String,
    domain: Option<String>,
    full_name: Option<String>,
    description: Option<String>,
    email: Option<String>,
    cost_code: Option<String>,
    submitted_by: Option<String>,
    device_id: i64,
    device: Option<String>,
    model: Option<String>,
    location: Option<String>,
    device_duplex: bool,
    device_color: bool,
    mac: Option<String>,
    device_address: Option<String>,
    state: &'static str,
    tracking_pages: i64,
    driver_pages: i64,
    parser_pages: i64,
    color_pages: i64,
    sheets: i64,
    price: String,
    price2: String,
    billing_code: Option<String>,
    billing_description: Option<String>,
    billing_code2: Option<String>,
    billing_description2: Option<String>,
    invoice: bool,
    accounting_model: String,
    transaction_id: Option<String>,
    started: Option<String>,
    stopped: Option<String>,
    queue: Option<String>,
    port: Option<String>,
    queue_computer: Option<String>,
    document_computer: Option<String>,
    computer: Option<String>,
    toner_save: bool,
    toner_cyan: i32,
    toner_magenta: i32,
    toner_yellow: i32,
    toner_black: i32,
    export_label: Option<String>,
}

impl From<proto::Record> for Whole {
    fn from(record: proto::Record) -> Self {
        let job_type = job_type_name(record.job_type());
        Self {
            tracking_id: record.tracking_id,
            job_id: (record.job_id != 0).then_some(record.job_id),
            name: record.job_name,
            generated: time::rfc3339(record.job_date_us),
            size: record.job_size,
            paper: or_null(record.job_page_format),
            duplex: record.job_is_duplex,
            color: record.job_is_color,
            driver: or_null(record.driver_name),
            job_type,
            destination: or_null(record.job_destination),
            user_id: record.user_id,
            user: record.user_logon,
            domain: or_null(record.domain),
            full_name: or_null(record.full_name),
            description: or_null(record.description),
            email: or_null(record.email),
            cost_code: or_null(record.user_cost_code),
            submitted_by: or_null(record.job_submit_logon),
            device_id: record.device_id,
            device: or_null(record.device_name),
            model: or_null(record.device_model),
            location: or_null(record.device_location),
            device_duplex: record.device_supports_duplex,
            device_color: record.device_supports_color,
            mac: or_null(record.device_mac),
            device_address: or_null(record.device_ip_addr),
            state: if record.interrupted { "interrupted" } else { "completed" },
            tracking_pages: record.tracking_page_count,
            driver_pages: record.driver_page_count,
            parser_pages: record.parser_page_count,
            color_pages: record.tracking_color_page_count,
            sheets: record.job_sheet_count,
            price: domain::Money(record.job_price).to_string(),
            price2: domain::Money(record.job_price2).to_string(),
            billing_code: or_null(record.billing_code),
            billing_description: or_null(record.billing_description),
            billing_code2: or_null(record.billing_code2),
            billing_description2: or_null(record.billing_description2),
            invoice: record.billing_invoice,
            accounting_model: record.accounting_model_used,
            transaction_id: or_null(record.transaction_id),
            started: time::rfc3339(record.start_us),
            stopped: time::rfc3339(record.stop_us),
            queue: or_null(record.pm_queue_name),
            port: or_null(record.pm_port_name),
            queue_computer: or_null(record.pm_computer_name),
            document_computer: or_null(record.doc_computer_name),
            computer: or_null(record.computer_name),
            toner_save: record.toner_save,
            toner_cyan: record.toner_cyan,
            toner_magenta: record.toner_magenta,
            toner_yellow: record.toner_yellow,
            toner_black: record.toner_black,
            export_label: or_null(record.export_tracking_id),
        }
    }
}
