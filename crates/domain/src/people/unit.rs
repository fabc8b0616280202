//! The tree of organisational units (guide, "Organizational units").

use std::collections::HashMap;

use crate::status::Status;
use crate::text::{TextError, fold, free};

/// Longest path, characters, with a slash before each name.
pub const PATH_MAX: usize = 255;

/// The root: nobody's unit, everybody's ancestor. It cannot be deleted, renamed or chosen for a group.
pub const ROOT: UnitId = UnitId(0);

/// A unit in the store; 0 is the root.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnitId(pub i64);

/// One unit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unit {
    /// Id in the store; `UserNodeID` of tracking records.
    pub id: UnitId,
    /// Where it hangs.
    pub parent: UnitId,
    /// Unique among its siblings, without regard to case.
    pub name: String,
    /// Free text.
    pub description: String,
}

/// What still refers to a unit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct References {
    /// Units below it.
    pub units: i64,
    /// People in it.
    pub users: i64,
    /// Devices in it.
    pub devices: i64,
    /// Servers in it.
    pub servers: i64,
}

/// Why a unit is not added, moved or deleted, in the order of checking.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnitRefused {
    /// There is no such unit.
    #[error("there is no such organisational unit")]
    NotFound,
    /// The name is none.
    #[error(transparent)]
    Name(#[from] TextError),
    /// A sibling has the name.
    #[error("an organisational unit of this name exists there")]
    Exists,
    /// It would hang below itself.
    #[error("an organisational unit cannot be below itself")]
    Cycle,
    /// The path, of it or of one below it, would be too long.
    #[error("the path of an organisational unit has at most 255 characters")]
    PathTooLong,
    /// Units hang below it.
    #[error("the organisational unit holds others")]
    HasUnits,
    /// People are in it.
    #[error("the organisational unit holds people")]
    HasUsers,
    /// Devices are in it.
    #[error("the organisational unit holds devices")]
    HasDevices,
    /// Servers are in it.
    #[error("the organisational unit holds servers")]
    HasServers,
}

impl UnitRefused {
    /// The code of the guide's table.
    pub fn status(&self) -> Status {
        match self {
            Self::NotFound => Status::UNIT_NOT_FOUND,
            Self::Name(_) | Self::PathTooLong => Status::NAME_INVALID,
            Self::Exists => Status::UNIT_EXISTS,
            Self::Cycle => Status::UNIT_PARENT_INVALID,
            Self::HasUnits => Status::UNIT_HAS_UNITS,
            Self::HasUsers => Status::UNIT_HAS_USERS,
            Self::HasDevices => Status::UNIT_HAS_DEVICES,
            Self::HasServers => Status::UNIT_HAS_SERVERS,
        }
    }
}

/// The whole tree: a few thousand units at most, so that rules may look at all of it.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    units: HashMap<UnitId, Unit>,
}

impl Tree {
    /// A tree of these units.
    pub fn new(units: impl IntoIterator<Item = Unit>) -> Self {
        Self { units: units.into_iter().map(|unit| (unit.id, unit)).collect() }
    }

    /// One unit; the root is none.
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.units.get(&id)
    }

    /// The unit and what is above it, the root left out. A damaged tree ends the walk instead of looping.
    pub fn upwards(&self, id: UnitId) -> impl Iterator<Item = &Unit> {
        let mut next = self.units.get(&id);
        (0..=self.units.len()).map_while(move |_| {
            let unit = next?;
            next = self.units.get(&unit.parent);
            Some(unit)
        })
    }

    /// `/Company/Department`; the root's is `/`.
    pub fn path(&self, id: UnitId) -> String {
        let names: Vec<&str> = self.upwards(id).map(|unit| unit.name.as_str()).collect();
        if names.is_empty() {
            "/".to_owned()
        } else {
            names.iter().rev().map(|name| format!("/{name}")).collect()
        }
    }

    /// The unit with this path; slashes and backslashes part names, case does not matter. `/` is the root.
    pub fn find(&self, path: &str) -> Option<UnitId> {
        path.split(['/', '\\']).filter(|name| !name.trim().is_empty()).try_fold(ROOT, |parent, name| {
            let key = fold(name.trim());
            self.units
                .values()
                .find(|unit| unit.parent == parent && fold(&unit.name) == key)
                .map(|unit| unit.id)
        })
    }

    /// Whether `id` is `top` or below it.
    pub fn is_within(&self, id: UnitId, top: UnitId) -> bool {
        top == ROOT || self.upwards(id).any(|unit| unit.id == top)
    }

    /// `top` and every unit below it.
    pub fn below(&self, top: UnitId) -> Vec<UnitId> {
        let mut ids: Vec<UnitId> = self.units.keys().copied().filter(|&id| self.is_within(id, top)).collect();
        ids.sort_unstable();
        ids
    }

    /// Checks a unit that is added (`id` is `None`), renamed or moved; answers with the name as stored.
    ///
    /// # Errors
    /// The first [`UnitRefused`] in its order.
    pub fn place(&self, id: Option<UnitId>, parent: UnitId, name: &str) -> Result<String, UnitRefused> {
        let missing = |id| id != ROOT && !self.units.contains_key(&id);
        if missing(parent) || id.is_some_and(|id| id == ROOT || missing(id)) {
            return Err(UnitRefused::NotFound);
        }
        let name = unit_name(name)?;
        let key = fold(&name);
        let taken = |unit: &&Unit| unit.parent == parent && Some(unit.id) != id && fold(&unit.name) == key;
        if self.units.values().any(|unit| taken(&unit)) {
            return Err(UnitRefused::Exists);
        }
        if let Some(id) = id
            && parent != ROOT
            && self.is_within(parent, id)
        {
            return Err(UnitRefused::Cycle);
        }
        let length = |id| if id == ROOT { 0 } else { self.path(id).chars().count() };
        let own = length(parent) + 1 + name.chars().count();
        // What is below moves with it.
        let deepest = id.map_or(0, |id| {
            self.below(id).into_iter().map(|below| length(below) - length(id)).max().unwrap_or(0)
        });
        if own + deepest > PATH_MAX { Err(UnitRefused::PathTooLong) } else { Ok(name) }
    }
}

/// Whether a unit may be deleted.
///
/// # Errors
/// The first [`UnitRefused`] in its order.
pub fn may_delete(references: References) -> Result<(), UnitRefused> {
    let References { units, users, devices, servers } = references;
    match () {
        () if units > 0 => Err(UnitRefused::HasUnits),
        () if users > 0 => Err(UnitRefused::HasUsers),
        () if devices > 0 => Err(UnitRefused::HasDevices),
        () if servers > 0 => Err(UnitRefused::HasServers),
        () => Ok(()),
    }
}

/// A device as far as restricted access must know (guide, "Devices with restricted access").
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DevicePlace {
    /// Where it stands; the root until it is put somewhere.
    pub unit: UnitId,
    /// Only for people who have it in their organisational path.
    pub restricted: bool,
}

/// Whether somebody of `person`'s unit may use a device: it is not restricted, or its unit is on the way from the
/// person's unit to the root. Devices of department A serve A and what is below it, devices of A1 only A1.
/// Technicians and administrators (`exempt`) may always. Restriction does not work until the device is in a unit.
pub fn may_use_device(tree: &Tree, person: UnitId, device: DevicePlace, exempt: bool) -> bool {
    !device.restricted || exempt || device.unit == ROOT || tree.is_within(person, device.unit)
}

fn unit_name(name: &str) -> Result<String, TextError> {
    let parsed = free("organisational unit", name, PATH_MAX - 1)?;
    match parsed.chars().find(|character| matches!(character, '/' | '\\')) {
        Some(character) => Err(TextError::BadCharacter { what: "organisational unit", character }),
        None if parsed.is_empty() => Err(TextError::Empty { what: "organisational unit" }),
        None => Ok(parsed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(id: i64, parent: i64, name: &str) -> Unit {
        Unit { id: UnitId(id), parent: UnitId(parent), name: name.into(), description: String::new() }
    }

    /// The guide's drawing: A with A1 and A2, and B.
    fn tree() -> Tree {
        Tree::new([unit(1, 0, "Dept A"), unit(2, 1, "Dept A1"), unit(3, 1, "Dept A2"), unit(4, 0, "Dept B")])
    }

    #[test]
    fn usr_9_a_unit_is_placed_by_the_rules_in_their_order() {
        let tree = tree();
        let long = "x".repeat(250);
        let slash = TextError::BadCharacter { what: "organisational unit", character: '/' };
        let empty = TextError::Empty { what: "organisational unit" };
        let rows = [
            (None, 9, "New", Err(UnitRefused::NotFound)),
            (Some(0), 1, "Root", Err(UnitRefused::NotFound)),
            (Some(9), 1, "New", Err(UnitRefused::NotFound)),
            (None, 1, " ", Err(UnitRefused::Name(empty))),
            (None, 1, "a/b", Err(UnitRefused::Name(slash))),
            (None, 1, "dept a1", Err(UnitRefused::Exists)),
            (None, 0, "Dept A1", Ok("Dept A1".to_owned())),
            (Some(2), 1, "DEPT A1", Ok("DEPT A1".to_owned())),
            (Some(1), 1, "Dept A", Err(UnitRefused::Cycle)),
            (Some(1), 2, "Dept A", Err(UnitRefused::Cycle)),
            (Some(2), 4, "Dept A1", Ok("Dept A1".to_owned())),
            (None, 1, &long, Err(UnitRefused::PathTooLong)),
            (None, 0, &long, Ok(long.clone())),
            // Dept A would fit, Dept A1 below it would not.
            (Some(1), 0, &long, Err(UnitRefused::PathTooLong)),
        ];
        for (id, parent, name, expected) in rows {
            assert_eq!(tree.place(id.map(UnitId), UnitId(parent), name), expected, "{id:?} {parent} {name}");
        }
    }

    #[test]
    fn usr_9_paths_read_back_and_a_damaged_tree_ends() {
        let tree = tree();
        for (id, path) in [(0, "/"), (1, "/Dept A"), (3, "/Dept A/Dept A2")] {
            assert_eq!(tree.path(UnitId(id)), path);
            assert_eq!(tree.find(path), Some(UnitId(id)));
        }
        assert_eq!(tree.find("\\dept a\\DEPT A2"), Some(UnitId(3)));
        assert_eq!(tree.find("/Dept A/Dept C"), None);
        assert_eq!(tree.below(UnitId(1)), [UnitId(1), UnitId(2), UnitId(3)]);
        let looped = Tree::new([unit(1, 2, "a"), unit(2, 1, "b")]);
        assert!(looped.path(UnitId(1)).len() < 20);
        assert!(!looped.is_within(UnitId(1), UnitId(3)));
    }

    #[test]
    fn usr_9_only_an_empty_unit_is_deleted() {
        let none = References::default();
        let rows = [
            (References { units: 1, users: 1, ..none }, Err(UnitRefused::HasUnits)),
            (References { users: 1, devices: 1, ..none }, Err(UnitRefused::HasUsers)),
            (References { devices: 1, servers: 1, ..none }, Err(UnitRefused::HasDevices)),
            (References { servers: 1, ..none }, Err(UnitRefused::HasServers)),
            (none, Ok(())),
        ];
        for (references, expected) in rows {
            assert_eq!(may_delete(references), expected, "{references:?}");
        }
        assert_eq!(UnitRefused::HasUsers.status().0, 124);
    }

    #[test]
    fn rel_8_restricted_devices_serve_their_part_of_the_tree() {
        let tree = tree();
        let (a, a1, a2, b) = (UnitId(1), UnitId(2), UnitId(3), UnitId(4));
        let rows = [
            (a1, true, a1, false, true),
            (a1, true, a2, false, false),
            (a1, true, a, false, false),
            (a1, true, b, true, true),
            (a, true, a, false, true),
            (a, true, a1, false, true),
            (a, true, a2, false, true),
            (a, true, b, false, false),
            (a, true, ROOT, false, false),
            (a1, false, b, false, true),
            (a, false, ROOT, false, true),
            // Restricted access does not work until the device is in a unit.
            (ROOT, true, b, false, true),
        ];
        for (unit, restricted, person, exempt, expected) in rows {
            let device = DevicePlace { unit, restricted };
            assert_eq!(may_use_device(&tree, person, device, exempt), expected, "{device:?} {person:?}");
        }
    }
}
