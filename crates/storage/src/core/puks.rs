//! PUK codes, and registering a card or code with one or by login.

use diesel::prelude::*;
use domain::people::puk::{PukEffect, Registered};
use domain::user::User;
use domain::{Timestamp, UserId};

use super::schema::{cards, users};
use super::users::{UserRow, user_load};
use super::{CoreStore, Secrets};
use crate::StoreResult;

/// Whose a PUK is.
#[derive(Clone, Debug)]
pub struct PukHolder {
    /// Who.
    pub user: User,
    /// What is hashed of them.
    pub secrets: Secrets,
}

/// Who registers a card or code.
#[derive(Clone, Debug)]
pub enum Registrant {
    /// Whose PUK has this keyed hash; registering spends it.
    Puk(Vec<u8>),
    /// Somebody who has shown who they are.
    Person(UserId),
}

/// A card or code that is to be registered.
#[derive(Clone, Debug)]
pub struct RegisterCard {
    /// For whom.
    pub by: Registrant,
    /// Keyed hash of the card or code.
    pub code_hash: Vec<u8>,
    /// The card or code, sealed.
    pub code_sealed: Vec<u8>,
    /// Now.
    pub now: Timestamp,
}

impl CoreStore {
    /// Gives a person a PUK in place of an open one. `decide` is told how many cards and codes the person has; its
    /// effect happens in the same transaction.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `puk` when somebody else's open PUK is the same: make another one.
    pub fn puk_set<R>(
        &self,
        user: UserId,
        hash: &[u8],
        sealed: &[u8],
        decide: impl Fn(i64) -> Result<PukEffect, R>,
    ) -> StoreResult<Result<PukEffect, R>> {
        self.database.write("puk-set", |connection| {
            let own = cards::table.filter(cards::user_id.eq(user.0));
            let effect = match decide(own.count().get_result(connection)?) {
                Ok(effect) => effect,
                Err(refused) => return Ok(Err(refused)),
            };
            let row = (users::puk_hash.eq(Some(hash)), users::puk_sealed.eq(Some(sealed)));
            diesel::update(users::table.find(user.0)).set(row).execute(connection)?;
            if effect.clears_pin {
                let none: Option<Vec<u8>> = None;
                diesel::update(users::table.find(user.0))
                    .set(users::pin_hash.eq(none))
                    .execute(connection)?;
            }
            if effect.removes_ids {
                diesel::delete(own).execute(connection)?;
            }
            Ok(Ok(effect))
        })
    }

    /// Clears a person's PUK; `false` when none was open.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn puk_clear(&self, user: UserId) -> StoreResult<bool> {
        self.database.write("puk-clear", |connection| {
            let none: Option<Vec<u8>> = None;
            let open = users::table.find(user.0).filter(users::puk_hash.is_not_null());
            let row = (users::puk_hash.eq(none.clone()), users::puk_sealed.eq(none));
            Ok(diesel::update(open).set(row).execute(connection)? > 0)
        })
    }

    /// A person's open PUK, sealed.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn puk_sealed(&self, user: UserId) -> StoreResult<Option<Vec<u8>>> {
        self.database.read("puk-sealed", |connection| {
            let sealed: Option<Option<Vec<u8>>> =
                users::table.find(user.0).select(users::puk_sealed).first(connection).optional()?;
            Ok(sealed.flatten())
        })
    }

    /// Registers a card or code, or changes the PIN of one that is the person's already: all of it or nothing. `decide` is
    /// told who registers (nobody, when a PUK is nobody's), how many cards they have, and whose the card is; `pin_hash` makes
    /// the hash of the new PIN for a person. A PUK is spent, and the account unlocked when there is a new PIN.
    ///
    /// # Errors
    /// When the store cannot answer. The inner result is the rule's.
    pub fn card_register<R>(
        &self,
        card: &RegisterCard,
        decide: impl Fn(Option<(&User, i64)>, Option<UserId>) -> Result<Registered, R>,
        pin_hash: impl Fn(UserId) -> Option<Vec<u8>>,
    ) -> StoreResult<Result<User, R>> {
        self.database.write("card-register", |connection| {
            let row: Option<UserRow> = match &card.by {
                Registrant::Puk(hash) => users::table.filter(users::puk_hash.eq(hash)).first(connection),
                Registrant::Person(user) => users::table.find(user.0).first(connection),
            }
            .optional()?;
            let user = row.map(UserRow::into_user).transpose()?.map(|(user, _)| user);
            // The same statements run for a wrong PUK.
            let user_id = user.as_ref().map_or(-1, |user| user.id.0);
            let ids: i64 = cards::table.filter(cards::user_id.eq(user_id)).count().get_result(connection)?;
            let holder: Option<i64> = cards::table
                .filter(cards::code_hash.eq(&card.code_hash))
                .select(cards::user_id)
                .first(connection)
                .optional()?;
            let registered = match decide(user.as_ref().map(|user| (user, ids)), holder.map(UserId)) {
                Ok(registered) => registered,
                Err(refused) => return Ok(Err(refused)),
            };
            let id = registered.user;
            if registered.adds_id {
                let row = (
                    cards::user_id.eq(id.0),
                    cards::code_hash.eq(&card.code_hash),
                    cards::code_sealed.eq(&card.code_sealed),
                    cards::created_us.eq(card.now.0),
                    cards::ends_us.eq(registered.ends.map(|ends| ends.0)),
                );
                diesel::insert_into(cards::table).values(row).execute(connection)?;
            }
            if let Registrant::Puk(_) = card.by {
                let none: Option<Vec<u8>> = None;
                let spent = (users::puk_hash.eq(none.clone()), users::puk_sealed.eq(none));
                diesel::update(users::table.find(id.0)).set(spent).execute(connection)?;
            }
            if registered.sets_pin {
                let row = (
                    users::pin_hash.eq(pin_hash(id)),
                    users::failed_logins.eq(0),
                    users::prevent_login.eq(false),
                );
                diesel::update(users::table.find(id.0)).set(row).execute(connection)?;
            }
            let user = user_load(connection, id)?.ok_or(diesel::result::Error::NotFound)?;
            Ok(Ok(user))
        })
    }
}
