//! How far a primary tracking server has collected this store, and the records it has not.

use diesel::prelude::*;

use super::row::Row;
use super::table::{collected, records};
use super::{Stored, Tracking};
use crate::StoreResult;
use crate::dialect::insert_or_update;

/// There is one primary in a group of servers.
const PRIMARY: &str = "primary";

impl Tracking {
    /// Records that were not confirmed by the primary, in the order in which they were stored, at most `limit`;
    /// documents that were deleted unprinted, too.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn uncollected_page(&self, limit: i64) -> StoreResult<Vec<Stored>> {
        let rows = self.database.read("tracking-uncollected-page", |connection| {
            let after = position(connection)?;
            Ok(records::table
                .filter(records::sequence.gt(after))
                .order(records::sequence)
                .limit(limit)
                .select((records::sequence, Row::as_select()))
                .load::<(i64, Row)>(connection)?)
        })?;
        rows.into_iter().map(|(sequence, row)| Ok(Stored { sequence, record: row.try_into()? })).collect()
    }

    /// The last sequence that the primary has confirmed; 0 before the first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn collected_show(&self) -> StoreResult<i64> {
        self.database.read("tracking-collected-show", position)
    }

    /// The primary has everything up to `sequence`. A confirmation that comes late or twice changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub fn collected_confirm(&self, sequence: i64) -> StoreResult<()> {
        self.database.write("tracking-collected-confirm", |connection| {
            if sequence > position(connection)? {
                let row = (collected::name.eq(PRIMARY), collected::sequence.eq(sequence));
                insert_or_update!(
                    connection,
                    collected::table,
                    row,
                    collected::name,
                    collected::sequence.eq(sequence)
                )?;
            }
            Ok(())
        })
    }
}

fn position(connection: &mut crate::AnyConnection) -> StoreResult<i64> {
    let found = collected::table.find(PRIMARY).select(collected::sequence);
    Ok(found.first::<i64>(connection).optional()?.unwrap_or(0))
}
