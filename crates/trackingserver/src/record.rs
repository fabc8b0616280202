//! Stores records: once each, durable before the answer.

use domain::tracking::{HIDDEN_NAME, Record};
use rpc::Error;
use rpc::proto::trackingserver as proto;
use storage::tracking::Tracking;

use crate::error::{invalid, store_failed};

/// Most records of one call.
const BATCH_MAX: usize = 1_000;

/// Stores what can be stored and names what cannot.
pub(crate) fn record(
    store: &Tracking,
    hidden: &[String],
    messages: Vec<proto::Record>,
) -> Result<proto::RecordAnswer, Error> {
    if messages.len() > BATCH_MAX {
        return Err(invalid("records", format!("at most {BATCH_MAX} records go in one call")));
    }
    let mut records = Vec::with_capacity(messages.len());
    let mut refused = Vec::new();
    for message in messages {
        let tracking_id = message.tracking_id.clone();
        match Record::try_from(message) {
            Ok(mut record) => {
                hide(&mut record, hidden);
                records.push(record);
            }
            Err(error) => {
                tracing::error!(tracking.id = tracking_id, why = %error, "a tracking record is refused");
                refused.push(proto::RefusedRecord { tracking_id, why: error.message });
            }
        }
    }
    let added = store.records_add(&records).map_err(store_failed)?;
    let added = i64::try_from(added).expect("a batch is small");
    Ok(proto::RecordAnswer { added, refused })
}

fn hide(record: &mut Record, servers: &[String]) {
    let is_hidden = servers.iter().any(|server| server.eq_ignore_ascii_case(&record.computer_name));
    if is_hidden && !record.job.name.is_empty() {
        HIDDEN_NAME.clone_into(&mut record.job.name);
    }
}
