//! Deletes records of a period.

use domain::Timestamp;
use rpc::proto::trackingserver as proto;
use rpc::{Error, Kind};
use storage::tracking::{Filter, Tracking};

use crate::error::{GENERAL_FAILURE, invalid, store_failed};
use crate::rpc::filter;

/// Most records deleted in one transaction, so that new ones get their turn in between.
const PART: i64 = 5_000;

/// Deletes what matches. With `collected` another server takes the records from here, and what it does not have yet
/// is not deleted. A request without any bound is refused: it is never what somebody meant.
pub(crate) fn delete(
    store: &Tracking,
    request: &proto::DeleteRequest,
    collected: bool,
    now: Timestamp,
) -> Result<proto::DeleteAnswer, Error> {
    let filter = Filter {
        until_sequence: (request.until_sequence > 0).then_some(request.until_sequence),
        ..filter(request.from_us, request.to_us, &request.logon)
    };
    if filter == Filter::default() {
        return Err(invalid("to_us", "say what to delete: a period, a person or a last sequence"));
    }
    if collected {
        refuse_uncollected(store, &filter)?;
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

fn refuse_uncollected(store: &Tracking, filter: &Filter) -> Result<(), Error> {
    let after_sequence = Some(store.collected_show().map_err(store_failed)?);
    let left = Filter { after_sequence, with_deleted: true, ..filter.clone() };
    if store.records_page(&left, None, 1).map_err(store_failed)?.is_empty() {
        return Ok(());
    }
    let why = "the primary server has not collected all of these records yet: collect first, then delete";
    Err(Error::new(Kind::Refused, GENERAL_FAILURE, why))
}
