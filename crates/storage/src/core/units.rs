//! Organisational units, and where devices stand.

use diesel::prelude::*;
use domain::DeviceId;
use domain::people::unit::{DevicePlace, ROOT, References, Tree, Unit, UnitId, UnitRefused, may_delete};
use domain::text::fold;

use super::CoreStore;
use super::schema::{device_places, units, users};
use crate::dialect::{insert_or_update, insert_returning};
use crate::{AnyConnection, StoreResult};

fn tree(connection: &mut AnyConnection) -> StoreResult<Tree> {
    type Row = (i64, i64, String, String, String);
    let rows: Vec<Row> = units::table.load(connection)?;
    Ok(Tree::new(rows.into_iter().map(|(id, parent, name, _, description)| Unit {
        id: UnitId(id),
        parent: UnitId(parent),
        name,
        description,
    })))
}

impl CoreStore {
    /// The whole tree.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn units_tree(&self) -> StoreResult<Tree> {
        self.database.read("units-tree", tree)
    }

    /// Adds a unit.
    ///
    /// # Errors
    /// When the store cannot answer. The inner result is the rule's.
    pub fn unit_add(
        &self,
        parent: UnitId,
        name: &str,
        description: &str,
    ) -> StoreResult<Result<UnitId, UnitRefused>> {
        self.database.write("unit-add", |connection| {
            let name = match tree(connection)?.place(None, parent, name) {
                Ok(name) => name,
                Err(refused) => return Ok(Err(refused)),
            };
            let row = (
                units::parent_id.eq(parent.0),
                units::name.eq(&name),
                units::name_key.eq(fold(&name)),
                units::description.eq(description),
            );
            let id = insert_returning!(connection, units::table, row, units::id)?;
            Ok(Ok(UnitId(id)))
        })
    }

    /// Adds many units in one transaction, each a path whose parent is there or earlier in the list.
    ///
    /// # Errors
    /// When the store cannot answer. The inner result is the first refusal; nothing is added then.
    pub fn units_add(&self, paths: &[&str]) -> StoreResult<Result<(), UnitRefused>> {
        self.database.write("units-add", |connection| {
            let tree = tree(connection)?;
            let mut known: std::collections::HashMap<String, UnitId> =
                tree.below(ROOT).into_iter().map(|id| (fold(&tree.path(id)), id)).collect();
            let mut rows = Vec::new();
            for path in paths {
                let (parent, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path));
                let parent = if parent.is_empty() { Some(ROOT) } else { known.get(&fold(parent)).copied() };
                // Siblings are looked up in the map: checking each against the whole tree would be quadratic.
                let placed = match parent {
                    None => Err(UnitRefused::NotFound),
                    Some(_) if known.contains_key(&fold(path)) => Err(UnitRefused::Exists),
                    Some(_) if path.chars().count() > domain::people::unit::PATH_MAX => {
                        Err(UnitRefused::PathTooLong)
                    }
                    Some(parent) => Tree::default().place(None, ROOT, name).map(|name| (parent, name)),
                };
                let (parent, name) = match placed {
                    Ok(placed) => placed,
                    Err(refused) => {
                        // What was added goes again with the transaction's rows.
                        diesel::delete(units::table.filter(units::id.eq_any(rows))).execute(connection)?;
                        return Ok(Err(refused));
                    }
                };
                let row = (
                    units::parent_id.eq(parent.0),
                    units::name.eq(&name),
                    units::name_key.eq(fold(&name)),
                    units::description.eq(""),
                );
                let id: i64 = insert_returning!(connection, units::table, row, units::id)?;
                rows.push(id);
                known.insert(fold(path), UnitId(id));
            }
            Ok(Ok(()))
        })
    }

    /// Renames, moves or describes a unit; what is `None` stays.
    ///
    /// # Errors
    /// When the store cannot answer. The inner result is the rule's.
    pub fn unit_edit(
        &self,
        id: UnitId,
        parent: Option<UnitId>,
        name: Option<&str>,
        description: Option<&str>,
    ) -> StoreResult<Result<(), UnitRefused>> {
        self.database.write("unit-edit", |connection| {
            let tree = tree(connection)?;
            let Some(unit) = tree.unit(id) else { return Ok(Err(UnitRefused::NotFound)) };
            let parent = parent.unwrap_or(unit.parent);
            let name = match tree.place(Some(id), parent, name.unwrap_or(&unit.name)) {
                Ok(name) => name,
                Err(refused) => return Ok(Err(refused)),
            };
            let row = (
                units::parent_id.eq(parent.0),
                units::name.eq(&name),
                units::name_key.eq(fold(&name)),
                units::description.eq(description.unwrap_or(&unit.description)),
            );
            diesel::update(units::table.find(id.0)).set(row).execute(connection)?;
            Ok(Ok(()))
        })
    }

    /// Deletes a unit that nothing refers to.
    ///
    /// # Errors
    /// When the store cannot answer. The inner result is the rule's.
    pub fn unit_delete(&self, id: UnitId) -> StoreResult<Result<(), UnitRefused>> {
        self.database.write("unit-delete", |connection| {
            let references = References {
                units: units::table.filter(units::parent_id.eq(id.0)).count().get_result(connection)?,
                users: users::table.filter(users::unit_id.eq(id.0)).count().get_result(connection)?,
                devices: device_places::table
                    .filter(device_places::unit_id.eq(id.0))
                    .count()
                    .get_result(connection)?,
                // Servers are no rows yet; the one there is stands at the root.
                servers: 0,
            };
            if id == ROOT || units::table.find(id.0).count().get_result::<i64>(connection)? == 0 {
                return Ok(Err(UnitRefused::NotFound));
            }
            if let Err(refused) = may_delete(references) {
                return Ok(Err(refused));
            }
            diesel::delete(units::table.find(id.0)).execute(connection)?;
            Ok(Ok(()))
        })
    }

    /// How many people are in each unit that has any.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn units_users(&self) -> StoreResult<Vec<(UnitId, i64)>> {
        self.database.read("units-users", |connection| {
            let rows: Vec<(i64, i64)> = users::table
                .group_by(users::unit_id)
                .select((users::unit_id, diesel::dsl::count_star()))
                .load(connection)?;
            Ok(rows.into_iter().map(|(unit, users)| (UnitId(unit), users)).collect())
        })
    }

    /// Where a device stands.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn device_place(&self, device: DeviceId) -> StoreResult<DevicePlace> {
        self.database.read("device-place", |connection| {
            let row: Option<(i64, bool)> = device_places::table
                .find(device.0)
                .select((device_places::unit_id, device_places::restricted))
                .first(connection)
                .optional()?;
            let place = |(unit, restricted)| DevicePlace { unit: UnitId(unit), restricted };
            Ok(row.map(place).unwrap_or_default())
        })
    }

    /// Puts a device somewhere.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn device_place_set(&self, device: DeviceId, place: DevicePlace) -> StoreResult<()> {
        self.database.write("device-place-set", |connection| {
            let changes =
                (device_places::unit_id.eq(place.unit.0), device_places::restricted.eq(place.restricted));
            let row = (device_places::device_id.eq(device.0), changes);
            insert_or_update!(connection, device_places::table, row, device_places::device_id, changes)?;
            Ok(())
        })
    }
}
