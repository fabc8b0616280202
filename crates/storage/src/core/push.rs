//! What push queues do with their documents, and the prices that people agreed to.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::push::{Agreement, Push, WhenAway};
use domain::queue::{Kind, Queue};
use domain::{DeviceName, JobId, Money, QueueId, QueueName, Timestamp};

use super::charge_schema::job_agreements;
use super::schema::push_queues;
use super::{CoreStore, corrupt};
use crate::dialect::insert_or_update;
use crate::{AnyConnection, StoreResult};

/// Stores the settings of a push queue, in the place of those it has; of a pull queue only what is not the default.
pub(super) fn save(connection: &mut AnyConnection, id: QueueId, queue: &Queue) -> StoreResult<()> {
    diesel::delete(push_queues::table.find(id.0)).execute(connection)?;
    let push = &queue.push;
    if queue.kind == Kind::Pull && *push == Push::default() {
        return Ok(());
    }
    let row = (
        push_queues::queue_id.eq(id.0),
        push_queues::device.eq(push.device.as_ref().map_or("", DeviceName::as_str)),
        push_queues::forward.eq(push.forward.as_ref().map_or("", QueueName::as_str)),
        push_queues::when_away.eq(push.when_away.as_str()),
        push_queues::cost_code.eq(&push.cost_code),
        push_queues::driver_name.eq(&push.driver_name),
        push_queues::snmp_status.eq(push.snmp_status),
        push_queues::confirm_price.eq(push.confirm_price),
    );
    diesel::insert_into(push_queues::table).values(row).execute(connection)?;
    Ok(())
}

/// The settings of every push queue.
pub(super) fn all(connection: &mut AnyConnection) -> StoreResult<HashMap<QueueId, Push>> {
    type Row = (i64, String, String, String, String, String, bool, bool);
    let rows: Vec<Row> = push_queues::table.load(connection)?;
    let mut found = HashMap::new();
    for (id, device, forward, when_away, cost_code, driver_name, snmp_status, confirm_price) in rows {
        let device = (!device.is_empty()).then(|| DeviceName::parse(&device)).transpose();
        let forward = (!forward.is_empty()).then(|| QueueName::parse(&forward)).transpose();
        let push = Push {
            device: device.map_err(|error| corrupt("push_queues", "device", error))?,
            forward: forward.map_err(|error| corrupt("push_queues", "forward", error))?,
            when_away: WhenAway::parse(&when_away)
                .ok_or_else(|| corrupt("push_queues", "when_away", &when_away))?,
            cost_code,
            driver_name,
            snmp_status,
            confirm_price,
        };
        found.insert(QueueId(id), push);
    }
    Ok(found)
}

impl CoreStore {
    /// What somebody agreed to pay for a document.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn job_agreement(&self, job: JobId) -> StoreResult<Option<Agreement>> {
        self.database.read("job-agreement", |connection| {
            let columns = (job_agreements::price, job_agreements::agreed_us);
            let row: Option<(i64, i64)> =
                job_agreements::table.find(job.0).select(columns).first(connection).optional()?;
            Ok(row.map(|(price, since)| Agreement { price: Money(price), since: Timestamp(since) }))
        })
    }

    /// Notes what somebody agrees to pay for a document, in the place of what was agreed before.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn job_agreement_set(&self, job: JobId, agreed: Agreement) -> StoreResult<()> {
        self.database.write("job-agreement-set", |connection| {
            let values =
                (job_agreements::price.eq(agreed.price.0), job_agreements::agreed_us.eq(agreed.since.0));
            let row = (job_agreements::job_id.eq(job.0), values);
            insert_or_update!(connection, job_agreements::table, row, job_agreements::job_id, values)?;
            Ok(())
        })
    }
}
