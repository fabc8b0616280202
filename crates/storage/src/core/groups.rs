//! Groups and their members.

use diesel::prelude::*;
use domain::people::group::{Group, GroupId};
use domain::people::unit::{Tree, UnitId};
use domain::text::fold;
use domain::user::User;
use domain::{Logon, UserId};

use super::names::{self, Used};
use super::schema::{group_members, group_units, user_groups, users};
use super::users::UserRow;
use super::{CoreStore, domains};
use crate::dialect::{insert_if_absent, insert_returning};
use crate::{AnyConnection, StoreResult};

/// What is stored of a group beside its id.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = user_groups)]
struct GroupColumns<'a> {
    name: &'a str,
    name_key: String,
    domain: &'a str,
    domain_key: String,
    description: &'a str,
    prints: bool,
    print_once: bool,
    everybody: bool,
}

impl<'a> GroupColumns<'a> {
    /// The columns of `group`, whose name nobody else has, in a domain that is known from now on.
    fn claimed(connection: &mut AnyConnection, group: &'a Group) -> StoreResult<Self> {
        let (name_key, domain_key) = (fold(&group.name), fold(&group.domain));
        names::free(connection, &name_key, &domain_key, Used::Group)?;
        domains::note(connection, &group.domain)?;
        Ok(Self {
            name: &group.name,
            name_key,
            domain: &group.domain,
            domain_key,
            description: &group.description,
            prints: group.prints,
            print_once: group.print_once,
            everybody: group.everybody,
        })
    }
}

/// A row of the table, in the order of its columns.
#[derive(Clone, Debug, Queryable)]
pub struct GroupRow {
    id: i64,
    name: String,
    _name_key: String,
    domain: String,
    _domain_key: String,
    description: String,
    prints: bool,
    print_once: bool,
    everybody: bool,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        Self {
            id: GroupId(row.id),
            name: row.name,
            domain: row.domain,
            description: row.description,
            prints: row.prints,
            print_once: row.print_once,
            everybody: row.everybody,
        }
    }
}

/// Who is in a group.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GroupMembers {
    /// People added one by one.
    pub users: Vec<UserId>,
    /// Units whose people, and those of the units below, are members.
    pub units: Vec<UnitId>,
}

/// The groups a person is in: by name, by unit, or because everybody is.
pub(super) fn groups_of(
    connection: &mut AnyConnection,
    user: UserId,
    units: &[i64],
) -> StoreResult<Vec<Group>> {
    let by_name =
        group_members::table.filter(group_members::user_id.eq(user.0)).select(group_members::group_id);
    let mut ids: Vec<i64> = by_name.load(connection)?;
    if !units.is_empty() {
        let by_unit = group_units::table.filter(group_units::unit_id.eq_any(units.to_vec()));
        ids.extend(by_unit.select(group_units::group_id).load::<i64>(connection)?);
    }
    let rows: Vec<GroupRow> = user_groups::table
        .filter(user_groups::id.eq_any(ids).or(user_groups::everybody.eq(true)))
        .order(user_groups::name_key)
        .load(connection)?;
    Ok(rows.into_iter().map(Group::from).collect())
}

/// The unit and those above it, as a query takes them.
pub(super) fn unit_path(tree: &Tree, unit: UnitId) -> Vec<i64> {
    tree.upwards(unit).map(|unit| unit.id.0).collect()
}

impl CoreStore {
    /// Adds a group; its id is not used.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `logon`, `aliases` or `user_groups` when the name is taken there.
    pub fn group_add(&self, group: &Group) -> StoreResult<GroupId> {
        self.database.write("group-add", |connection| group_insert(connection, group))
    }

    /// Adds many in one transaction.
    ///
    /// # Errors
    /// As [`CoreStore::group_add`]; one name that is taken fails them all.
    pub fn groups_add(&self, groups: &[Group]) -> StoreResult<Vec<GroupId>> {
        self.database.write("groups-add", |connection| {
            groups.iter().map(|group| group_insert(connection, group)).collect()
        })
    }

    /// The group of this name.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn group_by_name(&self, name: &str, domain: &str) -> StoreResult<Option<Group>> {
        let (name, domain) = (domain::people::group::name_key(name), fold(domain));
        self.database.read("group-by-name", |connection| {
            let row: Option<GroupRow> = user_groups::table
                .filter(user_groups::name_key.eq(&name))
                .filter(user_groups::domain_key.eq(&domain))
                .first(connection)
                .optional()?;
            Ok(row.map(Group::from))
        })
    }

    /// Every group, by name, with the number of its people and units.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn groups_list(&self) -> StoreResult<Vec<(Group, i64, i64)>> {
        self.database.read("groups-list", |connection| {
            let rows: Vec<GroupRow> = user_groups::table.order(user_groups::name_key).load(connection)?;
            let people: std::collections::HashMap<i64, i64> = group_members::table
                .group_by(group_members::group_id)
                .select((group_members::group_id, diesel::dsl::count_star()))
                .load::<(i64, i64)>(connection)?
                .into_iter()
                .collect();
            let units: std::collections::HashMap<i64, i64> = group_units::table
                .group_by(group_units::group_id)
                .select((group_units::group_id, diesel::dsl::count_star()))
                .load::<(i64, i64)>(connection)?
                .into_iter()
                .collect();
            let count =
                |counts: &std::collections::HashMap<i64, i64>, id| counts.get(&id).copied().unwrap_or(0);
            Ok(rows
                .into_iter()
                .map(|row| (count(&people, row.id), count(&units, row.id), row))
                .map(|(people, units, row)| (Group::from(row), people, units))
                .collect())
        })
    }

    /// Changes everything of a group but its id; `false` when there is none.
    ///
    /// # Errors
    /// As [`CoreStore::group_add`].
    pub fn group_save(&self, group: &Group) -> StoreResult<bool> {
        self.database.write("group-save", |connection| {
            let row = GroupColumns::claimed(connection, group)?;
            Ok(diesel::update(user_groups::table.find(group.id.0)).set(&row).execute(connection)? > 0)
        })
    }

    /// Deletes a group; `false` when there is none. Documents sent to it are nobody's then and go by their age.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn group_delete(&self, group: GroupId) -> StoreResult<bool> {
        self.database.write("group-delete", |connection| {
            Ok(diesel::delete(user_groups::table.find(group.0)).execute(connection)? > 0)
        })
    }

    /// Adds people and units to a group; who is in it already stays.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn group_members_add(&self, group: GroupId, members: &GroupMembers) -> StoreResult<usize> {
        self.database.write("group-members-add", |connection| {
            let mut added = 0;
            for user in &members.users {
                let row = (group_members::group_id.eq(group.0), group_members::user_id.eq(user.0));
                let target = (group_members::group_id, group_members::user_id);
                added += insert_if_absent!(connection, group_members::table, row, target)?;
            }
            for unit in &members.units {
                let row = (group_units::group_id.eq(group.0), group_units::unit_id.eq(unit.0));
                let target = (group_units::group_id, group_units::unit_id);
                added += insert_if_absent!(connection, group_units::table, row, target)?;
            }
            Ok(added)
        })
    }

    /// Takes people and units out of a group.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn group_members_remove(&self, group: GroupId, members: &GroupMembers) -> StoreResult<usize> {
        self.database.write("group-members-remove", |connection| {
            let mut removed = 0;
            for user in &members.users {
                removed +=
                    diesel::delete(group_members::table.find((group.0, user.0))).execute(connection)?;
            }
            for unit in &members.units {
                removed += diesel::delete(group_units::table.find((group.0, unit.0))).execute(connection)?;
            }
            Ok(removed)
        })
    }

    /// The people added to a group one by one, by id, and its units.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn group_members_list(&self, group: GroupId) -> StoreResult<(Vec<User>, Vec<UnitId>)> {
        self.database.read("group-members-list", |connection| {
            let rows: Vec<UserRow> = group_members::table
                .inner_join(users::table)
                .filter(group_members::group_id.eq(group.0))
                .order(users::id)
                .select(users::all_columns)
                .load(connection)?;
            let people = rows.into_iter().map(|row| Ok(row.into_user()?.0)).collect::<StoreResult<_>>()?;
            let units: Vec<i64> = group_units::table
                .filter(group_units::group_id.eq(group.0))
                .order(group_units::unit_id)
                .select(group_units::unit_id)
                .load(connection)?;
            Ok((people, units.into_iter().map(UnitId).collect()))
        })
    }

    /// The groups a person is in, by name; `tree` says which units their unit is in.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn groups_of(&self, user: UserId, unit: UnitId, tree: &Tree) -> StoreResult<Vec<Group>> {
        let units = unit_path(tree, unit);
        self.database.read("groups-of", |connection| groups_of(connection, user, &units))
    }

    /// What a name stands for in a domain, if a group: a shortcut for submissions.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn group_named(&self, name: &Logon, domain: &str) -> StoreResult<Option<Group>> {
        self.group_by_name(name.as_str(), domain)
    }
}

fn group_insert(connection: &mut AnyConnection, group: &Group) -> StoreResult<GroupId> {
    let row = GroupColumns::claimed(connection, group)?;
    Ok(GroupId(insert_returning!(connection, user_groups::table, &row, user_groups::id)?))
}
