//! Ids of records that were deleted: a repeated delivery of one of them must not bring it back.
//!
//! An outbox repeats a record until it hears that it is stored; the ids are kept for as long as an answer can
//! reasonably stay lost ([`KEPT_US`]), then forgotten.

use std::collections::HashSet;

use diesel::prelude::*;
use domain::Timestamp;

use super::row::Row;
use super::table::buried;
use super::{PARAMETERS_MAX, Tracking};
use crate::dialect::insert_if_absent;
use crate::{AnyConnection, StoreResult};

/// How long the id of a deleted record is kept: 90 days, microseconds. A branch that was cut off for longer
/// delivers what was deleted meanwhile once more.
const KEPT_US: i64 = 90 * 24 * 3_600 * 1_000_000;

/// Which ids of `rows` belong to deleted records.
pub(super) fn among(connection: &mut AnyConnection, rows: &[Row]) -> StoreResult<HashSet<String>> {
    let ids: Vec<&str> = rows.iter().map(|row| row.tracking_id.as_str()).collect();
    let mut found = HashSet::new();
    for part in ids.chunks(PARAMETERS_MAX) {
        let known = buried::table.filter(buried::tracking_id.eq_any(part)).select(buried::tracking_id);
        found.extend(known.load::<String>(connection)?);
    }
    Ok(found)
}

/// Keeps the ids of `rows`.
pub(super) fn bury(connection: &mut AnyConnection, rows: &[Row], now: Timestamp) -> StoreResult<()> {
    for row in rows {
        let kept = (buried::tracking_id.eq(&row.tracking_id), buried::buried_us.eq(now.0));
        insert_if_absent!(connection, buried::table, kept, buried::tracking_id)?;
    }
    Ok(())
}

impl Tracking {
    /// Forgets ids that were kept long enough, at most `limit`; answers how many.
    ///
    /// # Errors
    /// When the database fails; then none is forgotten.
    pub fn buried_forget(&self, now: Timestamp, limit: i64) -> StoreResult<u64> {
        let before = now.0.saturating_sub(KEPT_US);
        self.database.write("tracking-buried-forget", |connection| {
            let old: Vec<String> = buried::table
                .filter(buried::buried_us.lt(before))
                .limit(limit)
                .select(buried::tracking_id)
                .load(connection)?;
            let mut forgotten = 0;
            for part in old.chunks(PARAMETERS_MAX) {
                forgotten += diesel::delete(buried::table.filter(buried::tracking_id.eq_any(part)))
                    .execute(connection)? as u64;
            }
            Ok(forgotten)
        })
    }
}
