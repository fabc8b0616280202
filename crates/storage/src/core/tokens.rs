//! Tokens in addresses of queues: found by their keyed hash.

use diesel::prelude::*;
use domain::{QueueId, Timestamp, UserId};

use super::CoreStore;
use super::schema::tokens;
use crate::StoreResult;
use crate::dialect::insert_returning;

/// A token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenRow {
    /// Its number.
    pub id: i64,
    /// Whose.
    pub user: UserId,
    /// For which queue.
    pub queue: QueueId,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is of no use.
    pub ends: Option<Timestamp>,
}

type Columns = (i64, i64, i64, i64, Option<i64>);

fn row((id, user, queue, created, ends): Columns) -> TokenRow {
    TokenRow {
        id,
        user: UserId(user),
        queue: QueueId(queue),
        created: Timestamp(created),
        ends: ends.map(Timestamp),
    }
}

const COLUMNS: (tokens::id, tokens::user_id, tokens::queue_id, tokens::created_us, tokens::ends_us) =
    (tokens::id, tokens::user_id, tokens::queue_id, tokens::created_us, tokens::ends_us);

impl CoreStore {
    /// Stores a token by its hash; answers with its number, or `None` when the person has `max` already.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn token_add(
        &self,
        (user, queue): (UserId, QueueId),
        hash: &[u8],
        (created, ends): (Timestamp, Option<Timestamp>),
        max: i64,
    ) -> StoreResult<Option<i64>> {
        self.database.write("token-add", |connection| {
            let held: i64 =
                tokens::table.filter(tokens::user_id.eq(user.0)).count().get_result(connection)?;
            if held >= max {
                return Ok(None);
            }
            let row = (
                tokens::user_id.eq(user.0),
                tokens::queue_id.eq(queue.0),
                tokens::hash.eq(hash),
                tokens::created_us.eq(created.0),
                tokens::ends_us.eq(ends.map(|ends| ends.0)),
            );
            Ok(Some(insert_returning!(connection, tokens::table, row, tokens::id)?))
        })
    }

    /// The token with this hash.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn token_by_hash(&self, hash: &[u8]) -> StoreResult<Option<TokenRow>> {
        self.database.read("token-by-hash", |connection| {
            let found = tokens::table.filter(tokens::hash.eq(hash)).select(COLUMNS);
            Ok(found.first::<Columns>(connection).optional()?.map(row))
        })
    }

    /// Tokens of a person, of a queue, or of all.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn tokens_list(&self, user: Option<UserId>, queue: Option<QueueId>) -> StoreResult<Vec<TokenRow>> {
        self.database.read("tokens-list", |connection| {
            let mut found = tokens::table.select(COLUMNS).order(tokens::id).into_boxed();
            if let Some(user) = user {
                found = found.filter(tokens::user_id.eq(user.0));
            }
            if let Some(queue) = queue {
                found = found.filter(tokens::queue_id.eq(queue.0));
            }
            Ok(found.load::<Columns>(connection)?.into_iter().map(row).collect())
        })
    }

    /// Takes a token away; false when there was none.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn token_delete(&self, id: i64) -> StoreResult<bool> {
        self.database.write("token-delete", |connection| {
            Ok(diesel::delete(tokens::table.find(id)).execute(connection)? == 1)
        })
    }
}
