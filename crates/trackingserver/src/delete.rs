//! Deletes records of a period.

use domain::Timestamp;
use rpc::Error;
use rpc::proto::trackingserver as proto;
use storage::tracking::{Filter, Tracking};

use crate::error::{invalid, store_failed};
use crate::rpc::filter;

/// Most records deleted in one transaction, so that new ones get their turn in between.
const PART: i64 = 5_000;

/// Deletes what matches. A request without any bound is refused: it is never what somebody meant.
pub(crate) fn delete(
    store: &Tracking,
    request: &proto::DeleteRequest,
    now: Timestamp,
) -> Result<proto::DeleteAnswer, Error> {
    let filter = Filter {
        until_sequence: (request.until_sequence > 0).then_some(request.until_sequence),
        ..filter(request.from_us, request.to_us, &request.logon)
    };
    if filter == Filter::default() {
        return Err(invalid("to_us", "say what to delete: a period, a person or a last sequence"));
    }
    let mut deleted = 0;
    // Documents that were deleted unprinted go with the period, and are no records to anybody.
    for with_deleted in [false, true] {
        let filter = Filter { with_deleted, ..filter.clone() };
        loop {
            let part = store.records_delete(&filter, PART, now).map_err(store_failed)?;
            let part = i64::try_from(part).expect("a part is small");
            deleted += if with_deleted { 0 } else { part };
            if part < PART {
                break;
            }
        }
    }
    while store.buried_forget(now, PART).map_err(store_failed)? > 0 {}
    tracing::info!(records = deleted, "tracking records deleted");
    Ok(proto::DeleteAnswer { deleted })
}
