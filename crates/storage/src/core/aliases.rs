//! Other names people print under.

use diesel::prelude::*;
use domain::user::User;
use domain::{Logon, UserId};

use super::CoreStore;
use super::names::{self, Used};
use super::schema::{aliases, users};
use crate::dialect::insert_returning;
use crate::{AnyConnection, StoreResult};

/// An alias to be added.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewAlias {
    /// Whose.
    pub user: UserId,
    /// The name, with the limits of a logon.
    pub name: Logon,
}

/// An alias as listed.
#[derive(Clone, Debug, Eq, PartialEq, Queryable)]
pub struct AliasRow {
    /// Id in the store.
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// The person's logon.
    pub logon: String,
    /// The person's name.
    pub full_name: String,
    /// The alias.
    pub name: String,
}

pub(super) fn insert(
    connection: &mut AnyConnection,
    user: UserId,
    domain_key: &str,
    name: &Logon,
) -> StoreResult<i64> {
    names::free(connection, &name.key(), domain_key, Used::Alias)?;
    let row = (
        aliases::user_id.eq(user.0),
        aliases::name.eq(name.as_str()),
        aliases::name_key.eq(name.key()),
        aliases::domain_key.eq(domain_key),
    );
    Ok(insert_returning!(connection, aliases::table, row, aliases::id)?)
}

impl CoreStore {
    /// Adds an alias to the person's domain.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `logon`, `aliases` or `user_groups` when the name is taken there.
    pub fn alias_add(&self, user: &User, name: &Logon) -> StoreResult<i64> {
        let domain_key = domain::text::fold(&user.domain);
        self.database.write("alias-add", |connection| insert(connection, user.id, &domain_key, name))
    }

    /// Deletes a person's alias; `false` when they have no such alias.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn alias_delete(&self, user: UserId, name: &Logon) -> StoreResult<bool> {
        self.database.write("alias-delete", |connection| {
            let row =
                aliases::table.filter(aliases::user_id.eq(user.0)).filter(aliases::name_key.eq(name.key()));
            Ok(diesel::delete(row).execute(connection)? > 0)
        })
    }

    /// Aliases of one person, or of everybody, after an id, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn aliases_list(&self, user: Option<UserId>, after: i64, limit: i64) -> StoreResult<Vec<AliasRow>> {
        self.database.read("aliases-list", |connection| {
            let mut query = aliases::table
                .inner_join(users::table)
                .filter(aliases::id.gt(after))
                .order(aliases::id)
                .limit(limit)
                .select((aliases::id, aliases::user_id, users::logon, users::full_name, aliases::name))
                .into_boxed();
            if let Some(user) = user {
                query = query.filter(aliases::user_id.eq(user.0));
            }
            Ok(query.load(connection)?)
        })
    }
}
