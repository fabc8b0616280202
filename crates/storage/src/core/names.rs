//! Logons, aliases and groups of a domain share one list of names: "unique in regards to other user logons, user
//! aliases, and group names". Checked within the transaction that takes a name.

use diesel::prelude::*;
use domain::user::User;

use super::schema::{aliases, user_groups, users};
use crate::{AnyConnection, StoreError, StoreResult};

/// What a name is to be used for: the index of its own table looks after its own kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Used {
    Logon,
    Alias,
    Group,
}

/// Fails with [`StoreError::Conflict`] when the name is in use as something else.
pub(super) fn free(
    connection: &mut AnyConnection,
    name_key: &str,
    domain_key: &str,
    used: Used,
) -> StoreResult<()> {
    let taken = |constraint: &str| StoreError::Conflict { constraint: constraint.to_owned() };
    if used != Used::Logon {
        let same =
            users::table.filter(users::logon_key.eq(name_key)).filter(users::domain_key.eq(domain_key));
        if same.count().get_result::<i64>(connection)? > 0 {
            return Err(taken("users.logon_key, users.domain_key"));
        }
    }
    if used != Used::Alias {
        let same =
            aliases::table.filter(aliases::name_key.eq(name_key)).filter(aliases::domain_key.eq(domain_key));
        if same.count().get_result::<i64>(connection)? > 0 {
            return Err(taken("aliases.name_key, aliases.domain_key"));
        }
    }
    if used != Used::Group {
        let same = user_groups::table
            .filter(user_groups::name_key.eq(name_key))
            .filter(user_groups::domain_key.eq(domain_key));
        if same.count().get_result::<i64>(connection)? > 0 {
            return Err(taken("user_groups.name_key, user_groups.domain_key"));
        }
    }
    Ok(())
}

/// Takes a person's names along to another domain, where they must be free.
pub(super) fn domain_move(connection: &mut AnyConnection, user: &User, domain_key: &str) -> StoreResult<()> {
    free(connection, &user.logon.key(), domain_key, Used::Logon)?;
    let own = aliases::table.filter(aliases::user_id.eq(user.id.0));
    let keys: Vec<String> = own.select(aliases::name_key).load(connection)?;
    for key in keys {
        free(connection, &key, domain_key, Used::Alias)?;
    }
    diesel::update(own).set(aliases::domain_key.eq(domain_key)).execute(connection)?;
    Ok(())
}
