//! Many people at once: each with their codes, aliases and groups, all of one or nothing of one.

use std::collections::HashSet;

use diesel::prelude::*;
use domain::people::group::GroupId;
use domain::text::fold;
use domain::{Logon, UserId};

use super::schema::{aliases, cards, domains, group_members, user_groups, users};
use super::users::user_row_insert;
use super::{CoreStore, NewCard, NewUser};
use crate::dialect::insert_if_absent;
use crate::{AnyConnection, StoreError, StoreResult};

/// A person with what comes along.
#[derive(Clone, Debug)]
pub struct BulkPerson {
    /// Who.
    pub user: NewUser,
    /// Cards and codes; whose is filled in here.
    pub cards: Vec<NewCard>,
    /// Aliases.
    pub aliases: Vec<Logon>,
    /// Groups to be in.
    pub groups: Vec<GroupId>,
}

/// Why one person of many was not added.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BulkRefused {
    /// The logon is taken, by a logon, an alias or a group.
    Logon,
    /// An alias is taken.
    Alias,
    /// A card or code is registered already.
    Card,
}

impl CoreStore {
    /// Adds people in one transaction. One that is refused is left out and said so; the others are added. `pin_hash`
    /// makes the hash of a person's PIN from their place in the list and their id, `None` where there is none.
    ///
    /// # Errors
    /// When the store cannot answer; nobody is added then.
    pub fn people_load(
        &self,
        people: &[BulkPerson],
        pin_hash: impl Fn(usize, UserId) -> Option<Vec<u8>>,
    ) -> StoreResult<Vec<Result<UserId, BulkRefused>>> {
        self.database.write("people-load", |connection| {
            let mut taken = taken(connection)?;
            let mut answers = Vec::with_capacity(people.len());
            for (place, person) in people.iter().enumerate() {
                answers.push(load_one(connection, &mut taken, person, |id| pin_hash(place, id))?);
            }
            Ok(answers)
        })
    }
}

/// Names that are no logons, and domains: few enough to be read once for a whole batch.
struct Taken {
    names: HashSet<(String, String)>,
    domains: HashSet<String>,
}

fn taken(connection: &mut AnyConnection) -> StoreResult<Taken> {
    let mut names: Vec<(String, String)> =
        user_groups::table.select((user_groups::name_key, user_groups::domain_key)).load(connection)?;
    names.extend(
        aliases::table
            .select((aliases::name_key, aliases::domain_key))
            .load::<(String, String)>(connection)?,
    );
    let domains: Vec<String> = domains::table.select(domains::name_key).load(connection)?;
    Ok(Taken { names: names.into_iter().collect(), domains: domains.into_iter().collect() })
}

fn load_one(
    connection: &mut AnyConnection,
    taken: &mut Taken,
    person: &BulkPerson,
    pin_hash: impl Fn(UserId) -> Option<Vec<u8>>,
) -> StoreResult<Result<UserId, BulkRefused>> {
    let domain_key = fold(&person.user.domain);
    let key = (person.user.logon.key(), domain_key.clone());
    if taken.names.contains(&key) || logon_exists(connection, &key)? {
        return Ok(Err(BulkRefused::Logon));
    }
    let mut own = HashSet::new();
    for alias in &person.aliases {
        let alias = (alias.key(), domain_key.clone());
        let free = alias != key && !taken.names.contains(&alias) && own.insert(alias.clone());
        if !free || logon_exists(connection, &alias)? {
            return Ok(Err(BulkRefused::Alias));
        }
    }
    let mut codes = HashSet::new();
    for card in &person.cards {
        let exists = cards::table.filter(cards::code_hash.eq(&card.code_hash)).count();
        if !codes.insert(&card.code_hash) || exists.get_result::<i64>(connection)? > 0 {
            return Ok(Err(BulkRefused::Card));
        }
    }
    if !domain_key.is_empty() && taken.domains.insert(domain_key.clone()) {
        super::domains::note(connection, &person.user.domain)?;
    }
    let id = user_row_insert(connection, &person.user)?;
    for card in &person.cards {
        super::cards::card_insert(connection, &NewCard { user: id, ..card.clone() })?;
    }
    for alias in &person.aliases {
        super::aliases::insert(connection, id, &domain_key, alias)?;
    }
    taken.names.extend(own);
    for group in &person.groups {
        let row = (group_members::group_id.eq(group.0), group_members::user_id.eq(id.0));
        let target = (group_members::group_id, group_members::user_id);
        insert_if_absent!(connection, group_members::table, row, target)?;
    }
    if let Some(hash) = pin_hash(id) {
        diesel::update(users::table.find(id.0)).set(users::pin_hash.eq(Some(hash))).execute(connection)?;
    }
    Ok(Ok(id))
}

fn logon_exists(
    connection: &mut AnyConnection,
    (name, domain): &(String, String),
) -> Result<bool, StoreError> {
    let same = users::table.filter(users::logon_key.eq(name)).filter(users::domain_key.eq(domain));
    Ok(same.count().get_result::<i64>(connection)? > 0)
}
