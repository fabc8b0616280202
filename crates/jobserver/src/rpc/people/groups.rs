//! Groups and their members.

use domain::people::group::{Group, GroupId, group_name};
use domain::text::{free, split_domain};
use domain::user::limits::TEXT_MAX;
use domain::{Status, UserId};
use rpc::proto::common::Empty;
use rpc::proto::people as message;
use storage::core::GroupMembers;

use super::super::users;
use crate::failed::Failed;
use crate::state::State;

/// The group of this name, as `NAME` or `DOMAIN\\NAME`.
pub(crate) fn find(state: &State, name: &str) -> Result<Group, Failed> {
    let (domain, bare) = split_domain(name);
    let found = state.store.group_by_name(bare, domain.unwrap_or_default())?;
    found.ok_or_else(|| {
        let text = format!("there is no group '{}'", domain::text::shorten(name, 80));
        Failed::not_found(Status::GROUP_NOT_FOUND, text)
    })
}

pub(super) fn add(state: &State, request: message::GroupAddRequest) -> Result<message::Group, Failed> {
    let mut group = Group {
        id: GroupId(0),
        name: group_name(&request.name, request.prints).map_err(users::invalid)?,
        domain: users::domain_name(&request.domain)?,
        description: free("description", &request.description, TEXT_MAX).map_err(users::invalid)?,
        prints: request.prints,
        print_once: request.print_once,
        everybody: request.everybody,
    };
    group.id = state.store.group_add(&group).map_err(|error| users::name_taken(error, &group.name))?;
    Ok(message(group, 0, 0))
}

pub(super) fn show(
    state: &State,
    request: message::GroupShowRequest,
) -> Result<message::GroupShowAnswer, Failed> {
    let group = find(state, &request.name)?;
    let (people, units) = state.store.group_members_list(group.id)?;
    let tree = state.store.units_tree()?;
    let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
    Ok(message::GroupShowAnswer {
        group: Some(message(group, count(people.len()), count(units.len()))),
        logons: people.into_iter().map(|user| user.logon.to_string()).collect(),
        units: units.into_iter().map(|unit| tree.path(unit)).collect(),
    })
}

pub(super) fn list(state: &State, _: message::GroupListRequest) -> Result<message::GroupListAnswer, Failed> {
    let groups = state.store.groups_list()?;
    let groups = groups.into_iter().map(|(group, users, units)| message(group, users, units)).collect();
    Ok(message::GroupListAnswer { groups })
}

pub(super) fn edit(state: &State, request: message::GroupEditRequest) -> Result<message::Group, Failed> {
    let before = find(state, &request.name)?;
    let prints = request.prints.unwrap_or(before.prints);
    let name = request.new_name.as_deref().unwrap_or(&before.name);
    let description = match &request.description {
        Some(text) => free("description", text, TEXT_MAX).map_err(users::invalid)?,
        None => before.description.clone(),
    };
    let group = Group {
        name: group_name(name, prints).map_err(users::invalid)?,
        description,
        prints,
        print_once: request.print_once.unwrap_or(before.print_once),
        everybody: request.everybody.unwrap_or(before.everybody),
        ..before
    };
    state.store.group_save(&group).map_err(|error| users::name_taken(error, &group.name))?;
    state.owners_forget();
    let (people, units) = state.store.group_members_list(group.id)?;
    let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
    Ok(message(group, count(people.len()), count(units.len())))
}

pub(super) fn delete(state: &State, request: message::GroupDeleteRequest) -> Result<Empty, Failed> {
    let group = find(state, &request.name)?;
    state.store.group_delete(group.id)?;
    state.owners_forget();
    Ok(Empty {})
}

/// Adds or removes people and units; one that does not exist leaves the group as it is.
pub(super) fn members(
    state: &State,
    request: &message::GroupMembersRequest,
    add: bool,
) -> Result<message::GroupMembersAnswer, Failed> {
    let group = find(state, &request.name)?;
    let people: Vec<UserId> = request
        .logons
        .iter()
        .map(|logon| users::find(state, logon).map(|user| user.id))
        .collect::<Result<_, _>>()?;
    let units: Vec<_> =
        request.units.iter().map(|path| users::unit_by_path(state, path)).collect::<Result<_, _>>()?;
    if units.contains(&domain::people::unit::ROOT) {
        return Err(Failed::invalid("the root cannot be a group's unit; make the group everybody's instead"));
    }
    let members = GroupMembers { users: people, units };
    let changed = if add {
        state.store.group_members_add(group.id, &members)?
    } else {
        state.store.group_members_remove(group.id, &members)?
    };
    Ok(message::GroupMembersAnswer { changed: i64::try_from(changed).unwrap_or(0) })
}

pub(super) fn message(group: Group, users: i64, units: i64) -> message::Group {
    message::Group {
        id: group.id.0,
        name: group.name,
        domain: group.domain,
        description: group.description,
        prints: group.prints,
        print_once: group.print_once,
        everybody: group.everybody,
        users,
        units,
    }
}
