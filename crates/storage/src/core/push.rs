//! What push queues do with their documents.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::push::{Push, WhenAway};
use domain::queue::{Kind, Queue};
use domain::{DeviceName, QueueId, QueueName};

use super::corrupt;
use super::schema::push_queues;
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
    );
    diesel::insert_into(push_queues::table).values(row).execute(connection)?;
    Ok(())
}

/// The settings of every push queue.
pub(super) fn all(connection: &mut AnyConnection) -> StoreResult<HashMap<QueueId, Push>> {
    type Row = (i64, String, String, String, String, String, bool);
    let rows: Vec<Row> = push_queues::table.load(connection)?;
    let mut found = HashMap::new();
    for (id, device, forward, when_away, cost_code, driver_name, snmp_status) in rows {
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
        };
        found.insert(QueueId(id), push);
    }
    Ok(found)
}
