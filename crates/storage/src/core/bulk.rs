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
use crate::{AnyConnection, StoreResult};

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
            let mut taken = Taken::of(connection, people)?;
            let mut answers = Vec::with_capacity(people.len());
            for (place, person) in people.iter().enumerate() {
                answers.push(load_one(connection, &mut taken, person, |id| pin_hash(place, id))?);
            }
            Ok(answers)
        })
    }
}

/// Values of one statement's list; SQLite takes 32,766.
const LIST_MAX: usize = 10_000;

/// What of all that a batch brings is taken already: asked once for the batch, kept up while it is added.
struct Taken {
    /// Logons, aliases and groups by name and domain.
    names: HashSet<(String, String)>,
    codes: HashSet<Vec<u8>>,
    domains: HashSet<String>,
}

impl Taken {
    fn of(connection: &mut AnyConnection, people: &[BulkPerson]) -> StoreResult<Self> {
        let keys = |person: &BulkPerson| {
            let aliases: Vec<String> = person.aliases.iter().map(Logon::key).collect();
            std::iter::once(person.user.logon.key()).chain(aliases)
        };
        let keys: Vec<String> = people.iter().flat_map(keys).collect();
        let mut names: HashSet<(String, String)> = HashSet::new();
        for keys in keys.chunks(LIST_MAX) {
            let logons = users::table.filter(users::logon_key.eq_any(keys));
            names.extend(
                logons.select((users::logon_key, users::domain_key)).load::<(String, String)>(connection)?,
            );
            let groups = user_groups::table.filter(user_groups::name_key.eq_any(keys));
            let groups = groups.select((user_groups::name_key, user_groups::domain_key));
            names.extend(groups.load::<(String, String)>(connection)?);
            let aliases = aliases::table.filter(aliases::name_key.eq_any(keys));
            let aliases = aliases.select((aliases::name_key, aliases::domain_key));
            names.extend(aliases.load::<(String, String)>(connection)?);
        }
        let codes: Vec<&Vec<u8>> =
            people.iter().flat_map(|person| &person.cards).map(|card| &card.code_hash).collect();
        let mut known: HashSet<Vec<u8>> = HashSet::new();
        for codes in codes.chunks(LIST_MAX) {
            let same = cards::table.filter(cards::code_hash.eq_any(codes.iter().copied()));
            known.extend(same.select(cards::code_hash).load::<Vec<u8>>(connection)?);
        }
        let domains: Vec<String> = domains::table.select(domains::name_key).load(connection)?;
        Ok(Self { names, codes: known, domains: domains.into_iter().collect() })
    }
}

fn load_one(
    connection: &mut AnyConnection,
    taken: &mut Taken,
    person: &BulkPerson,
    pin_hash: impl Fn(UserId) -> Option<Vec<u8>>,
) -> StoreResult<Result<UserId, BulkRefused>> {
    let domain_key = fold(&person.user.domain);
    let key = (person.user.logon.key(), domain_key.clone());
    if taken.names.contains(&key) {
        return Ok(Err(BulkRefused::Logon));
    }
    let mut own = HashSet::new();
    for alias in &person.aliases {
        let alias = (alias.key(), domain_key.clone());
        if alias == key || taken.names.contains(&alias) || !own.insert(alias) {
            return Ok(Err(BulkRefused::Alias));
        }
    }
    let mut codes = HashSet::new();
    for card in &person.cards {
        if taken.codes.contains(&card.code_hash) || !codes.insert(&card.code_hash) {
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
    taken.names.insert(key);
    taken.codes.extend(codes.into_iter().cloned());
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
