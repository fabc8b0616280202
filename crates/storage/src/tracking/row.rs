//! Between a record and its row: columns for what is searched and summed, JSON for the rest.

use diesel::prelude::*;
use domain::money::Money;
use domain::tracking::{
    AccountingModel, Billing, DeletedBy, Device, Job, JobType, Origin, PageCountModel, PageCountStatus,
    Pages, Record, State, Toner, User,
};
use domain::{Timestamp, TrackingId};
use serde::{Deserialize, Serialize};

use super::corrupt;
use super::table::records;
use crate::error::StoreError;

/// A row of `records`, without its sequence.
#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = records)]
pub(super) struct Row {
    pub(super) tracking_id: String,
    pub(super) start_us: i64,
    pub(super) stop_us: i64,
    pub(super) interrupted: bool,
    pub(super) job_type: i64,
    pub(super) job_name: String,
    pub(super) job_size: i64,
    pub(super) user_logon: String,
    pub(super) user_domain: String,
    pub(super) cost_code: String,
    pub(super) device_name: String,
    pub(super) billing_code: String,
    pub(super) pages: i64,
    pub(super) color_pages: i64,
    pub(super) sheets: i64,
    pub(super) price: i64,
    pub(super) price2: i64,
    pub(super) is_duplex: bool,
    pub(super) is_color: bool,
    pub(super) count_status: i64,
    pub(super) export_label: String,
    pub(super) detail: String,
    pub(super) deleted_by: i64,
}

/// What no question is asked about. Every field has a default, so that rows of older and newer programs can be read.
#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
struct Detail {
    computer_name: String,
    transaction_id: String,
    accounting_model: i64,
    parser_pages: i64,
    driver_pages: i64,
    page_count_model: i64,
    job_id: i64,
    submit_logon: String,
    job_date_us: i64,
    page_format: String,
    destination: String,
    toner_save: bool,
    user_id: i64,
    user_domain_id: i64,
    full_name: String,
    user_description: String,
    email: String,
    user_node_id: i64,
    device_id: i64,
    device_mac: String,
    device_location: String,
    device_ip_addr: String,
    device_supports_duplex: bool,
    device_supports_color: bool,
    device_model: String,
    driver_name: String,
    device_node_id: i64,
    billing_description: String,
    billing_invoice: bool,
    billing_code2: String,
    billing_description2: String,
    queue_name: String,
    port_name: String,
    queue_computer_name: String,
    document_computer_name: String,
    toner: [i32; 4],
}

impl From<&Record> for Row {
    fn from(record: &Record) -> Self {
        let Record { job, pages, user, device, billing, origin, toner, .. } = record;
        let detail = Detail {
            computer_name: record.computer_name.clone(),
            transaction_id: record.transaction_id.clone(),
            accounting_model: match record.accounting_model {
                AccountingModel::None => 0,
                AccountingModel::PayAndPrint => 1,
                AccountingModel::PrintAndPay => 2,
            },
            parser_pages: pages.parser,
            driver_pages: pages.driver,
            page_count_model: match pages.model {
                PageCountModel::Software => 0,
                PageCountModel::Hardware => 1,
            },
            job_id: job.id,
            submit_logon: job.submit_logon.clone(),
            job_date_us: job.date.0,
            page_format: job.page_format.clone(),
            destination: job.destination.clone(),
            toner_save: job.toner_save,
            user_id: user.id,
            user_domain_id: user.domain_id,
            full_name: user.full_name.clone(),
            user_description: user.description.clone(),
            email: user.email.clone(),
            user_node_id: user.node_id,
            device_id: device.id,
            device_mac: device.mac.clone(),
            device_location: device.location.clone(),
            device_ip_addr: device.ip_addr.clone(),
            device_supports_duplex: device.supports_duplex,
            device_supports_color: device.supports_color,
            device_model: device.model.clone(),
            driver_name: device.driver_name.clone(),
            device_node_id: device.node_id,
            billing_description: billing.description.clone(),
            billing_invoice: billing.invoice,
            billing_code2: billing.code2.clone(),
            billing_description2: billing.description2.clone(),
            queue_name: origin.queue_name.clone(),
            port_name: origin.port_name.clone(),
            queue_computer_name: origin.computer_name.clone(),
            document_computer_name: origin.document_computer_name.clone(),
            toner: [toner.cyan, toner.magenta, toner.yellow, toner.black],
        };
        Self {
            tracking_id: record.tracking_id.0.clone(),
            start_us: record.start.0,
            stop_us: record.stop.0,
            interrupted: match record.state {
                State::Completed => false,
                State::Interrupted => true,
            },
            job_type: job_type_number(job.job_type),
            job_name: job.name.clone(),
            job_size: job.size,
            user_logon: user.logon.clone(),
            user_domain: user.domain.clone(),
            cost_code: user.cost_code.clone(),
            device_name: device.name.clone(),
            billing_code: billing.code.clone(),
            pages: pages.tracked,
            color_pages: pages.tracked_color,
            sheets: pages.sheets,
            price: job.price.0,
            price2: job.price2.0,
            is_duplex: job.is_duplex,
            is_color: job.is_color,
            count_status: match pages.status {
                PageCountStatus::Ok => 1,
                PageCountStatus::Undefined => 2,
                PageCountStatus::Failure => 3,
            },
            export_label: record.export_label.clone(),
            detail: serde_json::to_string(&detail).expect("texts, numbers and truth values have a JSON form"),
            deleted_by: job.deleted_by.map_or(0, deleted_by_number),
        }
    }
}

impl TryFrom<Row> for Record {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let detail: Detail = serde_json::from_str(&row.detail).map_err(|error| corrupt("detail", error))?;
        let [cyan, magenta, yellow, black] = detail.toner;
        Ok(Self {
            tracking_id: TrackingId(row.tracking_id),
            computer_name: detail.computer_name,
            export_label: row.export_label,
            transaction_id: detail.transaction_id,
            accounting_model: match detail.accounting_model {
                0 => AccountingModel::None,
                1 => AccountingModel::PayAndPrint,
                2 => AccountingModel::PrintAndPay,
                other => return Err(corrupt("detail", format!("accounting_model {other}"))),
            },
            start: Timestamp(row.start_us),
            stop: Timestamp(row.stop_us),
            state: if row.interrupted { State::Interrupted } else { State::Completed },
            job: Job {
                id: detail.job_id,
                job_type: job_type(row.job_type)?,
                name: row.job_name,
                submit_logon: detail.submit_logon,
                date: Timestamp(detail.job_date_us),
                size: row.job_size,
                page_format: detail.page_format,
                is_duplex: row.is_duplex,
                is_color: row.is_color,
                price: Money(row.price),
                price2: Money(row.price2),
                destination: detail.destination,
                toner_save: detail.toner_save,
                deleted_by: match row.deleted_by {
                    0 => None,
                    number => Some(deleted_by(number)?),
                },
            },
            pages: Pages {
                tracked: row.pages,
                tracked_color: row.color_pages,
                sheets: row.sheets,
                parser: detail.parser_pages,
                driver: detail.driver_pages,
                status: match row.count_status {
                    1 => PageCountStatus::Ok,
                    2 => PageCountStatus::Undefined,
                    3 => PageCountStatus::Failure,
                    other => return Err(corrupt("count_status", other)),
                },
                model: match detail.page_count_model {
                    0 => PageCountModel::Software,
                    1 => PageCountModel::Hardware,
                    other => return Err(corrupt("detail", format!("page_count_model {other}"))),
                },
            },
            user: User {
                id: detail.user_id,
                domain_id: detail.user_domain_id,
                logon: row.user_logon,
                domain: row.user_domain,
                full_name: detail.full_name,
                description: detail.user_description,
                email: detail.email,
                cost_code: row.cost_code,
                node_id: detail.user_node_id,
            },
            device: Device {
                id: detail.device_id,
                mac: detail.device_mac,
                name: row.device_name,
                location: detail.device_location,
                ip_addr: detail.device_ip_addr,
                supports_duplex: detail.device_supports_duplex,
                supports_color: detail.device_supports_color,
                model: detail.device_model,
                driver_name: detail.driver_name,
                node_id: detail.device_node_id,
            },
            billing: Billing {
                code: row.billing_code,
                description: detail.billing_description,
                invoice: detail.billing_invoice,
                code2: detail.billing_code2,
                description2: detail.billing_description2,
            },
            origin: Origin {
                queue_name: detail.queue_name,
                port_name: detail.port_name,
                computer_name: detail.queue_computer_name,
                document_computer_name: detail.document_computer_name,
            },
            toner: Toner { cyan, magenta, yellow, black },
        })
    }
}

pub(super) fn job_type_number(job_type: JobType) -> i64 {
    match job_type {
        JobType::Pull => 1,
        JobType::Push => 2,
        JobType::Copy => 3,
        JobType::Fax => 4,
        JobType::Scan => 5,
        JobType::Email => 6,
    }
}

pub(super) fn job_type(number: i64) -> Result<JobType, StoreError> {
    Ok(match number {
        1 => JobType::Pull,
        2 => JobType::Push,
        3 => JobType::Copy,
        4 => JobType::Fax,
        5 => JobType::Scan,
        6 => JobType::Email,
        other => return Err(corrupt("job_type", other)),
    })
}

pub(super) fn deleted_by_number(by: DeletedBy) -> i64 {
    match by {
        DeletedBy::User => 1,
        DeletedBy::System => 2,
    }
}

pub(super) fn deleted_by(number: i64) -> Result<DeletedBy, StoreError> {
    Ok(match number {
        1 => DeletedBy::User,
        2 => DeletedBy::System,
        other => return Err(corrupt("deleted_by", other)),
    })
}
