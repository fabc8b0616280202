//! What other servers must hear: written with the change it tells of, taken out when it was heard.

use diesel::prelude::*;
use domain::Timestamp;

use super::CoreStore;
use super::schema::outbox;
use crate::dialect::insert_if_absent;
use crate::{AnyConnection, StoreResult};

/// One message.
#[derive(Clone, Debug, Eq, PartialEq, Queryable)]
pub struct OutboxRow {
    /// Position: oldest first.
    pub id: i64,
    /// Server it is for.
    pub recipient: String,
    /// Unique per recipient: the recipient knows a repeated one by it.
    pub key: String,
    /// As the recipient's contract says.
    pub payload: Vec<u8>,
    /// When it was written, microseconds.
    pub created_us: i64,
}

/// Writes one within a transaction; a key that is there already is left alone.
pub(super) fn put(
    connection: &mut AnyConnection,
    recipient: &str,
    key: &str,
    payload: &[u8],
    now: Timestamp,
) -> StoreResult<()> {
    let row = (
        outbox::recipient.eq(recipient),
        outbox::key.eq(key),
        outbox::payload.eq(payload),
        outbox::created_us.eq(now.0),
    );
    insert_if_absent!(connection, outbox::table, row, (outbox::recipient, outbox::key))?;
    Ok(())
}

impl CoreStore {
    /// The oldest messages for `recipient`, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn outbox_peek(&self, recipient: &str, limit: i64) -> StoreResult<Vec<OutboxRow>> {
        self.database.read("outbox-peek", |connection| {
            let waiting = outbox::table.filter(outbox::recipient.eq(recipient));
            Ok(waiting.order(outbox::id).limit(limit).load(connection)?)
        })
    }

    /// Takes out what was heard.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn outbox_done(&self, ids: &[i64]) -> StoreResult<()> {
        self.database.write("outbox-done", |connection| {
            for id in ids {
                diesel::delete(outbox::table.find(id)).execute(connection)?;
            }
            Ok(())
        })
    }
}
