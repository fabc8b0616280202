//! Organisational units, restricted access and the home server.

use std::sync::Arc;

use domain::people::unit::{ROOT, Tree, UnitId, UnitRefused, may_use_device};
use domain::user::User;
use domain::{DeviceId, Status};

use crate::failed::Failed;
use crate::state::State;

impl From<UnitRefused> for Failed {
    fn from(refused: UnitRefused) -> Self {
        let kind = match &refused {
            UnitRefused::NotFound => rpc::Kind::NotFound,
            UnitRefused::Name(_) | UnitRefused::PathTooLong | UnitRefused::Cycle => rpc::Kind::Invalid,
            UnitRefused::Exists
            | UnitRefused::HasUnits
            | UnitRefused::HasUsers
            | UnitRefused::HasDevices
            | UnitRefused::HasServers => rpc::Kind::Conflict,
        };
        Self::new(kind, refused.status(), refused.to_string())
    }
}

/// The tree as far as a person's unit needs it: most people are in none.
pub(crate) fn tree_for(state: &State, unit: UnitId) -> Result<Tree, Failed> {
    if unit == ROOT { Ok(Tree::default()) } else { Ok(state.store.units_tree()?) }
}

/// Refuses somebody who does not have the device in their organisational path.
pub(crate) fn restrict(state: &State, user: &User, device: DeviceId) -> Result<(), Failed> {
    let place = state.store.device_place(device)?;
    if !place.restricted || user.is_exempt_from_restriction() {
        return Ok(());
    }
    let tree = tree_for(state, user.unit)?;
    if may_use_device(&tree, user.unit, place, false) {
        return Ok(());
    }
    tracing::info!(user.logon = %user.logon, "a login was refused: restricted access");
    let text = "Restricted Access: this device serves another part of the organisation";
    Err(Failed::refused(Status::ACCESS_DENIED, text))
}

/// The first contact of somebody without a home server makes this one their home.
pub(crate) fn first_contact(state: &Arc<State>, user: &User) -> Result<(), Failed> {
    if !user.profile.home_server.is_empty() {
        return Ok(());
    }
    let home = state.computer_name.clone();
    let settle = |mut user: User| {
        if user.profile.home_server.is_empty() {
            user.profile.home_server.clone_from(&home);
        }
        Ok::<_, Failed>(user)
    };
    state.store.users_change(&[user.id], settle)??;
    Ok(())
}
