//! Domains people belong to.

use diesel::prelude::*;
use domain::DomainName;
use domain::text::fold;

use super::CoreStore;
use super::schema::{domains, user_groups, users};
use crate::dialect::insert_if_absent;
use crate::{AnyConnection, StoreResult};

/// A domain as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DomainRow {
    /// Its name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// People who belong to it.
    pub users: i64,
}

/// Makes sure that a domain somebody belongs to is in the list; an empty name is none.
pub(super) fn note(connection: &mut AnyConnection, name: &str) -> StoreResult<()> {
    if !name.is_empty() {
        insert(connection, name, "")?;
    }
    Ok(())
}

fn insert(connection: &mut AnyConnection, name: &str, description: &str) -> StoreResult<bool> {
    let row =
        (domains::name.eq(name), domains::name_key.eq(fold(name)), domains::description.eq(description));
    Ok(insert_if_absent!(connection, domains::table, row, domains::name_key)? > 0)
}

impl CoreStore {
    /// Adds a domain; `false` when it is there already.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn domain_add(&self, name: &DomainName, description: &str) -> StoreResult<bool> {
        self.database.write("domain-add", |connection| insert(connection, name.as_str(), description))
    }

    /// Every domain, by name.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn domains_list(&self) -> StoreResult<Vec<DomainRow>> {
        self.database.read("domains-list", |connection| {
            let rows: Vec<(String, String, String)> = domains::table
                .order(domains::name_key)
                .select((domains::name, domains::name_key, domains::description))
                .load(connection)?;
            let counts: Vec<(String, i64)> = users::table
                .group_by(users::domain_key)
                .select((users::domain_key, diesel::dsl::count_star()))
                .load(connection)?;
            let count = |key: &String| counts.iter().find(|(domain, _)| domain == key).map_or(0, |(_, n)| *n);
            let row = |(name, key, description)| DomainRow { users: count(&key), name, description };
            Ok(rows.into_iter().map(row).collect())
        })
    }

    /// Deletes a domain nobody belongs to: `None` when there is none, `Some(false)` when it is in use.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn domain_delete(&self, name: &DomainName) -> StoreResult<Option<bool>> {
        let key = name.key();
        self.database.write("domain-delete", |connection| {
            let people =
                users::table.filter(users::domain_key.eq(&key)).count().get_result::<i64>(connection)?;
            let groups = user_groups::table
                .filter(user_groups::domain_key.eq(&key))
                .count()
                .get_result::<i64>(connection)?;
            let row = domains::table.filter(domains::name_key.eq(&key));
            if row.count().get_result::<i64>(connection)? == 0 {
                return Ok(None);
            }
            if people + groups > 0 {
                return Ok(Some(false));
            }
            diesel::delete(row).execute(connection)?;
            Ok(Some(true))
        })
    }
}
