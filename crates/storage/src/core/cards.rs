//! Cards and ID codes, found by a keyed hash.

use diesel::prelude::*;
use domain::user::User;
use domain::{CardId, Timestamp, UserId};

use super::schema::{cards, users};
use super::users::UserRow;
use super::{CoreStore, Secrets};
use crate::StoreResult;
use crate::dialect::insert_returning;

/// A card to be added.
#[derive(Clone, Debug)]
pub struct NewCard {
    /// Whose.
    pub user: UserId,
    /// Keyed hash to find it by.
    pub code_hash: Vec<u8>,
    /// Sealed code to show it.
    pub code_sealed: Vec<u8>,
    /// Valid from; `None` always.
    pub starts: Option<Timestamp>,
    /// Valid until; `None` for ever.
    pub ends: Option<Timestamp>,
    /// Now.
    pub created: Timestamp,
}

/// A card as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CardRow {
    /// Id in the store.
    pub id: CardId,
    /// Sealed code.
    pub code_sealed: Vec<u8>,
    /// Valid from; `None` always.
    pub starts: Option<Timestamp>,
    /// Valid until; `None` for ever.
    pub ends: Option<Timestamp>,
    /// When it was added.
    pub created: Timestamp,
}

/// The person a card belongs to.
#[derive(Clone, Debug)]
pub struct CardHolder {
    /// Who.
    pub user: User,
    /// What is hashed of them.
    pub secrets: Secrets,
    /// Valid from; `None` always.
    pub starts: Option<Timestamp>,
    /// Valid until; `None` for ever.
    pub ends: Option<Timestamp>,
}

type HolderRow = ((Option<i64>, Option<i64>), UserRow);

impl CoreStore {
    /// Adds a card, unless its owner has `cards_max` already: then `None`.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `code` when it is somebody's already.
    pub fn card_add(&self, card: &NewCard, cards_max: i64) -> StoreResult<Option<CardId>> {
        self.database.write("card-add", |connection| {
            let of_user = cards::table.filter(cards::user_id.eq(card.user.0));
            if of_user.count().get_result::<i64>(connection)? >= cards_max {
                return Ok(None);
            }
            card_insert(connection, card).map(Some)
        })
    }

    /// Adds many in one transaction.
    ///
    /// # Errors
    /// As [`CoreStore::card_add`]; one taken code fails them all.
    pub fn cards_add(&self, cards: &[NewCard]) -> StoreResult<()> {
        self.database.write("cards-add", |connection| {
            cards.iter().try_for_each(|card| card_insert(connection, card).map(drop))
        })
    }

    /// Whose card it is.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn card_holder(&self, code_hash: &[u8]) -> StoreResult<Option<CardHolder>> {
        self.database.read("card-holder", |connection| {
            let row: Option<HolderRow> = cards::table
                .inner_join(users::table)
                .filter(cards::code_hash.eq(code_hash))
                .select(((cards::starts_us, cards::ends_us), users::all_columns))
                .first(connection)
                .optional()?;
            let Some(((starts, ends), user)) = row else { return Ok(None) };
            let (user, secrets) = user.into_user()?;
            Ok(Some(CardHolder { user, secrets, starts: starts.map(Timestamp), ends: ends.map(Timestamp) }))
        })
    }

    /// A person's cards, oldest first.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn cards_list(&self, user: UserId) -> StoreResult<Vec<CardRow>> {
        type Row = (i64, Vec<u8>, Option<i64>, Option<i64>, i64);
        self.database.read("cards-list", |connection| {
            let rows: Vec<Row> = cards::table
                .filter(cards::user_id.eq(user.0))
                .order(cards::id)
                .select((cards::id, cards::code_sealed, cards::starts_us, cards::ends_us, cards::created_us))
                .load(connection)?;
            let card = |(id, code_sealed, starts, ends, created): Row| CardRow {
                id: CardId(id),
                code_sealed,
                starts: starts.map(Timestamp),
                ends: ends.map(Timestamp),
                created: Timestamp(created),
            };
            Ok(rows.into_iter().map(card).collect())
        })
    }

    /// How many cards a person has.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn cards_count(&self, user: UserId) -> StoreResult<i64> {
        self.database.read("cards-count", |connection| {
            Ok(cards::table.filter(cards::user_id.eq(user.0)).count().get_result(connection)?)
        })
    }

    /// Deletes a person's card; `false` when they have no such card.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn card_delete(&self, user: UserId, code_hash: &[u8]) -> StoreResult<bool> {
        self.database.write("card-delete", |connection| {
            let card = cards::table.filter(cards::user_id.eq(user.0)).filter(cards::code_hash.eq(code_hash));
            Ok(diesel::delete(card).execute(connection)? > 0)
        })
    }
}

fn card_insert(connection: &mut crate::AnyConnection, card: &NewCard) -> StoreResult<CardId> {
    let row = (
        cards::user_id.eq(card.user.0),
        cards::code_hash.eq(&card.code_hash),
        cards::code_sealed.eq(&card.code_sealed),
        cards::starts_us.eq(card.starts.map(|instant| instant.0)),
        cards::ends_us.eq(card.ends.map(|instant| instant.0)),
        cards::created_us.eq(card.created.0),
    );
    Ok(CardId(insert_returning!(connection, cards::table, row, cards::id)?))
}
