//! Tracking records.

use domain::money::Money;
use domain::tracking::{
    AccountingModel, Billing, DeletedBy, Device, EXPORT_LABEL_MAX, Job, JobType, Origin, PageCountModel,
    PageCountStatus, Pages, Record, State, TRACKING_ID_MAX, Toner, User, is_export_label,
};
use domain::{Timestamp, TrackingId};

use super::invalid;
use crate::Error;
use crate::proto::common::page_count;
use crate::proto::trackingserver as proto;

impl TryFrom<proto::Record> for Record {
    type Error = Error;

    fn try_from(record: proto::Record) -> Result<Self, Error> {
        if !(1..=TRACKING_ID_MAX).contains(&record.tracking_id.chars().count()) {
            return Err(invalid(
                "tracking_id",
                format!("a tracking id has 1 to {TRACKING_ID_MAX} characters"),
            ));
        }
        if !is_export_label(&record.export_tracking_id) {
            let why = format!("an export label has at most {EXPORT_LABEL_MAX} printable characters");
            return Err(invalid("export_tracking_id", why));
        }
        if record.job_price < 0 || record.job_price2 < 0 {
            return Err(invalid("job_price", "a price is not negative"));
        }
        let (job_type, status) = (record.job_type(), record.page_count_status());
        let deleted_by = record.deleted_by();
        Ok(Self {
            tracking_id: TrackingId(record.tracking_id),
            computer_name: record.computer_name,
            export_label: record.export_tracking_id,
            transaction_id: record.transaction_id,
            accounting_model: accounting_model(&record.accounting_model_used)?,
            start: Timestamp(record.start_us),
            stop: Timestamp(record.stop_us),
            state: if record.interrupted { State::Interrupted } else { State::Completed },
            job: Job {
                id: record.job_id,
                job_type: match job_type {
                    proto::record::JobType::Pull => JobType::Pull,
                    proto::record::JobType::Push => JobType::Push,
                    proto::record::JobType::Copy => JobType::Copy,
                    proto::record::JobType::Fax => JobType::Fax,
                    proto::record::JobType::Scan => JobType::Scan,
                    proto::record::JobType::Email => JobType::Email,
                    proto::record::JobType::Unspecified => {
                        return Err(invalid("job_type", "a tracking record needs a job type"));
                    }
                },
                name: record.job_name,
                submit_logon: record.job_submit_logon,
                date: Timestamp(record.job_date_us),
                size: count("job_size", record.job_size)?,
                page_format: record.job_page_format,
                is_duplex: record.job_is_duplex,
                is_color: record.job_is_color,
                price: Money(record.job_price),
                price2: Money(record.job_price2),
                destination: record.job_destination,
                toner_save: record.toner_save,
                deleted_by: match deleted_by {
                    proto::record::DeletedBy::Unspecified => None,
                    proto::record::DeletedBy::User => Some(DeletedBy::User),
                    proto::record::DeletedBy::System => Some(DeletedBy::System),
                },
            },
            pages: Pages {
                tracked: count("tracking_page_count", record.tracking_page_count)?,
                tracked_color: count("tracking_color_page_count", record.tracking_color_page_count)?,
                sheets: count("job_sheet_count", record.job_sheet_count)?,
                parser: count("parser_page_count", record.parser_page_count)?,
                driver: count("driver_page_count", record.driver_page_count)?,
                status: match status {
                    page_count::Status::Ok => PageCountStatus::Ok,
                    // The guide has no word for "not counted yet"; a record is made when nothing more will come.
                    page_count::Status::Undefined
                    | page_count::Status::Pending
                    | page_count::Status::Unspecified => PageCountStatus::Undefined,
                    page_count::Status::Failure => PageCountStatus::Failure,
                },
                model: match record.page_count_model {
                    0 => PageCountModel::Software,
                    1 => PageCountModel::Hardware,
                    other => return Err(invalid("page_count_model", format!("{other} is neither 0 nor 1"))),
                },
            },
            user: User {
                id: record.user_id,
                domain_id: record.user_domain_id,
                logon: record.user_logon,
                domain: record.domain,
                full_name: record.full_name,
                description: record.description,
                email: record.email,
                cost_code: record.user_cost_code,
                node_id: record.user_node_id,
            },
            device: Device {
                id: record.device_id,
                mac: record.device_mac,
                name: record.device_name,
                location: record.device_location,
                ip_addr: record.device_ip_addr,
                supports_duplex: record.device_supports_duplex,
                supports_color: record.device_supports_color,
                model: record.device_model,
                driver_name: record.driver_name,
                node_id: record.device_node_id,
            },
            billing: Billing {
                code: record.billing_code,
                description: record.billing_description,
                invoice: record.billing_invoice,
                code2: record.billing_code2,
                description2: record.billing_description2,
            },
            origin: Origin {
                queue_name: record.pm_queue_name,
                port_name: record.pm_port_name,
                computer_name: record.pm_computer_name,
                document_computer_name: record.doc_computer_name,
            },
            toner: Toner {
                cyan: record.toner_cyan,
                magenta: record.toner_magenta,
                yellow: record.toner_yellow,
                black: record.toner_black,
            },
        })
    }
}

/// The message of `record`; its sequence is the store's to add.
impl From<Record> for proto::Record {
    fn from(record: Record) -> Self {
        let Record { job, pages, user, device, billing, origin, toner, .. } = record;
        Self {
            tracking_id: record.tracking_id.0,
            computer_name: record.computer_name,
            export_tracking_id: record.export_label,
            transaction_id: record.transaction_id,
            accounting_model_used: record.accounting_model.name().to_owned(),
            start_us: record.start.0,
            stop_us: record.stop.0,
            interrupted: match record.state {
                State::Completed => false,
                State::Interrupted => true,
            },
            tracking_page_count: pages.tracked,
            parser_page_count: pages.parser,
            driver_page_count: pages.driver,
            job_submit_logon: job.submit_logon,
            job_name: job.name,
            job_date_us: job.date.0,
            job_size: job.size,
            user_id: user.id,
            user_domain_id: user.domain_id,
            user_logon: user.logon,
            domain: user.domain,
            full_name: user.full_name,
            description: user.description,
            email: user.email,
            device_mac: device.mac,
            device_id: device.id,
            device_name: device.name,
            device_location: device.location,
            device_ip_addr: device.ip_addr,
            device_supports_duplex: device.supports_duplex,
            device_supports_color: device.supports_color,
            device_model: device.model,
            driver_name: device.driver_name,
            job_page_format: job.page_format,
            job_is_duplex: job.is_duplex,
            job_is_color: job.is_color,
            billing_code: billing.code,
            billing_description: billing.description,
            billing_invoice: billing.invoice,
            job_price: job.price.0,
            job_type: proto::record::JobType::from(job.job_type).into(),
            page_count_status: match pages.status {
                PageCountStatus::Ok => page_count::Status::Ok,
                PageCountStatus::Undefined => page_count::Status::Undefined,
                PageCountStatus::Failure => page_count::Status::Failure,
            }
            .into(),
            user_node_id: user.node_id,
            device_node_id: device.node_id,
            page_count_model: match pages.model {
                PageCountModel::Software => 0,
                PageCountModel::Hardware => 1,
            },
            tracking_color_page_count: pages.tracked_color,
            job_destination: job.destination,
            toner_save: job.toner_save,
            job_price2: job.price2.0,
            pm_queue_name: origin.queue_name,
            pm_port_name: origin.port_name,
            pm_computer_name: origin.computer_name,
            doc_computer_name: origin.document_computer_name,
            toner_cyan: toner.cyan,
            toner_magenta: toner.magenta,
            toner_yellow: toner.yellow,
            toner_black: toner.black,
            user_cost_code: user.cost_code,
            job_sheet_count: pages.sheets,
            billing_code2: billing.code2,
            billing_description2: billing.description2,
            sequence: 0,
            job_id: job.id,
            deleted_by: match job.deleted_by {
                None => proto::record::DeletedBy::Unspecified,
                Some(DeletedBy::User) => proto::record::DeletedBy::User,
                Some(DeletedBy::System) => proto::record::DeletedBy::System,
            }
            .into(),
        }
    }
}

impl From<JobType> for proto::record::JobType {
    fn from(job_type: JobType) -> Self {
        match job_type {
            JobType::Pull => Self::Pull,
            JobType::Push => Self::Push,
            JobType::Copy => Self::Copy,
            JobType::Fax => Self::Fax,
            JobType::Scan => Self::Scan,
            JobType::Email => Self::Email,
        }
    }
}

fn accounting_model(name: &str) -> Result<AccountingModel, Error> {
    // An empty name is what a message without the field has.
    AccountingModel::parse(if name.is_empty() { "NONE" } else { name })
        .ok_or_else(|| invalid("accounting_model_used", format!("'{name}' is no accounting model")))
}

/// A device whose counter goes backwards must not make pages disappear from a report.
fn count(field: &str, value: i64) -> Result<i64, Error> {
    if value < 0 {
        return Err(invalid(field, format!("{field} is {value}, and nothing has fewer than 0")));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> proto::Record {
        proto::Record {
            tracking_id: "id".into(),
            accounting_model_used: "PRINT_AND_PAY".into(),
            start_us: 1,
            stop_us: 2,
            interrupted: true,
            tracking_page_count: 3,
            job_type: proto::record::JobType::Scan.into(),
            page_count_status: page_count::Status::Failure.into(),
            page_count_model: 1,
            job_price: 4,
            billing_code2: "code".into(),
            toner_black: 5,
            job_id: 6,
            deleted_by: proto::record::DeletedBy::System.into(),
            ..proto::Record::default()
        }
    }

    #[test]
    fn a_record_survives_the_way_there_and_back() {
        let record = Record::try_from(message()).unwrap();
        assert_eq!(proto::Record::from(record), message());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_field() {
        type Spoil = fn(&mut proto::Record);
        let table: [(&str, Spoil); 9] = [
            ("tracking_id", |record| record.tracking_id.clear()),
            ("tracking_id", |record| record.tracking_id = "x".repeat(65)),
            ("export_tracking_id", |record| record.export_tracking_id = "x".repeat(21)),
            ("job_price", |record| record.job_price = -4),
            ("job_type", |record| record.job_type = 0),
            ("job_type", |record| record.job_type = 99),
            ("tracking_page_count", |record| record.tracking_page_count = -1),
            ("page_count_model", |record| record.page_count_model = 2),
            ("accounting_model_used", |record| record.accounting_model_used = "FREE".into()),
        ];
        for (field, spoil) in table {
            let mut record = message();
            spoil(&mut record);
            let error = Record::try_from(record).unwrap_err();
            assert_eq!((error.kind, error.field.as_str()), (crate::Kind::Invalid, field));
        }
    }
}
