//! Organisational units, and where devices stand.

use domain::DeviceName;
use domain::device::Device;
use domain::people::unit::{DevicePlace, ROOT, Tree, UnitId, UnitRefused};
use domain::text::free;
use domain::user::limits::TEXT_MAX;
use rpc::proto::common::Empty;
use rpc::proto::people as message;

use super::super::users;
use crate::failed::Failed;
use crate::state::State;

pub(super) fn add(state: &State, request: message::UnitAddRequest) -> Result<message::Unit, Failed> {
    let path = request.path.replace('\\', "/");
    let (parent, name) =
        path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path.trim_end_matches('/')));
    let parent = users::unit_by_path(state, parent)?;
    let description = free("description", &request.description, TEXT_MAX).map_err(users::invalid)?;
    let id = state.store.unit_add(parent, name, &description)??;
    Ok(message(&state.store.units_tree()?, id, 0))
}

pub(super) fn list(state: &State, _: message::UnitListRequest) -> Result<message::UnitListAnswer, Failed> {
    let tree = state.store.units_tree()?;
    let counts = state.store.units_users()?;
    let count = |id| counts.iter().find(|(unit, _)| *unit == id).map_or(0, |(_, users)| *users);
    let mut units: Vec<_> = tree.below(ROOT).into_iter().map(|id| message(&tree, id, count(id))).collect();
    units.sort_by_key(|unit| domain::text::fold(&unit.path));
    Ok(message::UnitListAnswer { units })
}

pub(super) fn edit(state: &State, request: message::UnitEditRequest) -> Result<message::Unit, Failed> {
    let id = named(state, &request.path)?;
    let parent = request.parent.as_deref().map(|path| users::unit_by_path(state, path)).transpose()?;
    let description = match &request.description {
        Some(text) => Some(free("description", text, TEXT_MAX).map_err(users::invalid)?),
        None => None,
    };
    state.store.unit_edit(id, parent, request.new_name.as_deref(), description.as_deref())??;
    Ok(message(&state.store.units_tree()?, id, 0))
}

pub(super) fn delete(state: &State, request: message::UnitDeleteRequest) -> Result<Empty, Failed> {
    let id = named(state, &request.path)?;
    state.store.unit_delete(id)??;
    Ok(Empty {})
}

pub(super) fn place_set(
    state: &State,
    request: message::DevicePlaceSetRequest,
) -> Result<message::DevicePlace, Failed> {
    let device = device(state, &request.device)?;
    let before = state.store.device_place(device.id)?;
    let unit = request.unit.as_deref().map(|path| users::unit_by_path(state, path)).transpose()?;
    let place = DevicePlace {
        unit: unit.unwrap_or(before.unit),
        restricted: request.restricted.unwrap_or(before.restricted),
    };
    state.store.device_place_set(device.id, place)?;
    shown(state, &device)
}

pub(super) fn place_show(
    state: &State,
    request: message::DevicePlaceShowRequest,
) -> Result<message::DevicePlace, Failed> {
    let device = device(state, &request.device)?;
    shown(state, &device)
}

fn shown(state: &State, device: &Device) -> Result<message::DevicePlace, Failed> {
    let DevicePlace { unit, restricted } = state.store.device_place(device.id)?;
    let unit = state.store.units_tree()?.path(unit);
    Ok(message::DevicePlace { device: device.name.to_string(), unit, restricted })
}

fn device(state: &State, name: &str) -> Result<Device, Failed> {
    let unknown = || {
        let text = format!("there is no device '{}'", domain::text::shorten(name, 80));
        Failed::not_found(domain::Status::DEVICE_NOT_FOUND, text)
    };
    let name = DeviceName::parse(name).map_err(|_| unknown())?;
    state.store.device_by_name(&name)?.map(|(device, _)| device).ok_or_else(unknown)
}

/// A unit that is not the root.
fn named(state: &State, path: &str) -> Result<UnitId, Failed> {
    match users::unit_by_path(state, path)? {
        ROOT => Err(UnitRefused::NotFound.into()),
        id => Ok(id),
    }
}

fn message(tree: &Tree, id: UnitId, users: i64) -> message::Unit {
    let description = tree.unit(id).map(|unit| unit.description.clone()).unwrap_or_default();
    message::Unit { id: id.0, path: tree.path(id), description, users }
}
