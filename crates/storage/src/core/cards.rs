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

/// A card in a list of everybody's.
#[derive(Clone, Debug, Eq, PartialEq, Queryable)]
pub struct IdRow {
    /// Id in the store.
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// The person's logon.
    pub logon: String,
    /// The person's name.
    pub full_name: String,
    /// Sealed code.
    pub code_sealed: Vec<u8>,
    /// Valid from, microseconds; `None` always.
    pub starts_us: Option<i64>,
    /// Valid until, microseconds; `None` for ever.
    pub ends_us: Option<i64>,
    /// Import it came from; 0: by hand.
    pub source: i64,
    /// Reminders of its end that were sent.
    pub reminders: i64,
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

    /// Cards and codes of everybody after an id, at most `limit`; `temporary` narrows to those that end, or do not.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn ids_list(&self, temporary: Option<bool>, after: i64, limit: i64) -> StoreResult<Vec<IdRow>> {
        self.database.read("ids-list", |connection| {
            let mut query = cards::table
                .inner_join(users::table)
                .filter(cards::id.gt(after))
                .order(cards::id)
                .limit(limit)
                .select(ID_COLUMNS)
                .into_boxed();
            query = match temporary {
                None => query,
                Some(true) => query.filter(cards::ends_us.is_not_null()),
                Some(false) => query.filter(cards::ends_us.is_null()),
            };
            Ok(query.load(connection)?)
        })
    }

    /// Temporary cards and codes that end after `now` and before `until`, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn ids_ending(&self, now: Timestamp, until: Timestamp, limit: i64) -> StoreResult<Vec<IdRow>> {
        self.database.read("ids-ending", |connection| {
            Ok(cards::table
                .inner_join(users::table)
                .filter(cards::ends_us.gt(now.0))
                .filter(cards::ends_us.le(until.0))
                .order(cards::ends_us)
                .limit(limit)
                .select(ID_COLUMNS)
                .load(connection)?)
        })
    }

    /// Notes that reminder `number` of a card's end was sent; `false` when that was noted before.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn id_reminded(&self, id: CardId, number: u8) -> StoreResult<bool> {
        self.database.write("id-reminded", |connection| {
            let earlier = cards::table.find(id.0).filter(cards::reminders.lt(i64::from(number)));
            let noted =
                diesel::update(earlier).set(cards::reminders.eq(i64::from(number))).execute(connection)?;
            Ok(noted > 0)
        })
    }

    /// Deletes temporary cards and codes that ended; answers with how many.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn ids_expire(&self, now: Timestamp) -> StoreResult<usize> {
        self.database.write("ids-expire", |connection| {
            Ok(diesel::delete(cards::table.filter(cards::ends_us.le(now.0))).execute(connection)?)
        })
    }

    /// Changes a person's card: another code (hash and sealed), and from when to when it is valid; `false` when they
    /// have no such card.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `code` when the new code is somebody's already.
    pub fn card_change(
        &self,
        user: UserId,
        code_hash: &[u8],
        code: Option<(&[u8], &[u8])>,
        valid: (Option<Timestamp>, Option<Timestamp>),
    ) -> StoreResult<bool> {
        self.database.write("card-change", |connection| {
            let card = cards::table.filter(cards::user_id.eq(user.0)).filter(cards::code_hash.eq(code_hash));
            let row = (
                cards::starts_us.eq(valid.0.map(|instant| instant.0)),
                cards::ends_us.eq(valid.1.map(|instant| instant.0)),
                cards::reminders.eq(0),
            );
            let changed = diesel::update(card).set(row).execute(connection)? > 0;
            if let (true, Some((hash, sealed))) = (changed, code) {
                let row = (cards::code_hash.eq(hash), cards::code_sealed.eq(sealed));
                diesel::update(card).set(row).execute(connection)?;
            }
            Ok(changed)
        })
    }
}

/// The columns of an [`IdRow`].
const ID_COLUMNS: (
    cards::id,
    cards::user_id,
    users::logon,
    users::full_name,
    cards::code_sealed,
    cards::starts_us,
    cards::ends_us,
    cards::source,
    cards::reminders,
) = (
    cards::id,
    cards::user_id,
    users::logon,
    users::full_name,
    cards::code_sealed,
    cards::starts_us,
    cards::ends_us,
    cards::source,
    cards::reminders,
);

pub(super) fn card_insert(connection: &mut crate::AnyConnection, card: &NewCard) -> StoreResult<CardId> {
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
