//! Everybody, for a file: with aliases, groups and codes. Only for full rights for people.

use domain::UserId;
use domain::people::find::Query;
use domain::user::User;
use rpc::proto::people as message;
use storage::core::CoreStore;

use super::super::actor::{Actor, code_right};
use super::super::convert;
use super::{Stream, aliases, codes, groups, pages};
use crate::failed::Failed;
use crate::state::{Jobserver, State};

/// People of a page: each takes several look-ups.
const PAGE_PEOPLE: i64 = 100;
/// Aliases of one person that are told.
const ALIASES_MAX: i64 = 1_000;

pub(super) fn export(
    server: &Jobserver,
    actor: &Actor,
    after: i64,
) -> Result<Stream<message::UserExportPage>, Failed> {
    code_right(actor.codes(&server.0).export, "export")?;
    let rights = actor.codes(&server.0);
    let state = server.0.clone();
    let mut after = Some(UserId(after));
    Ok(pages(move || {
        let Some(last) = after else { return Ok(None) };
        let users = state.store.users_find(&Query::default(), &[], last, PAGE_PEOPLE)?;
        let full = i64::try_from(users.len()).unwrap_or(0) == PAGE_PEOPLE;
        after = users.last().filter(|_| full).map(|user| user.id);
        let tree = state.store.units_tree()?;
        let one = |user: User| -> Result<message::UserExport, Failed> {
            let codes = codes::codes_of(&state, rights, &user, None)?;
            Ok(message::UserExport {
                aliases: aliases_of(&state.store, &user)?,
                groups: groups_of(&state, &user)?,
                puk: codes::puk_text(&state, rights, user.id)?,
                unit_id: user.unit.0,
                user: Some(convert::user(user, i64::try_from(codes.len()).unwrap_or(0), &tree)),
                codes,
            })
        };
        Ok(Some(message::UserExportPage { users: users.into_iter().map(one).collect::<Result<_, _>>()? }))
    }))
}

fn aliases_of(store: &CoreStore, user: &User) -> Result<Vec<message::Alias>, Failed> {
    let rows = store.aliases_list(Some(user.id), 0, ALIASES_MAX)?;
    Ok(rows.into_iter().map(aliases::alias).collect())
}

fn groups_of(state: &State, user: &User) -> Result<Vec<message::Group>, Failed> {
    let tree = crate::people::place::tree_for(state, user.unit)?;
    let found = state.store.groups_of(user.id, user.unit, &tree)?;
    Ok(found.into_iter().map(|group| groups::message(group, 0, 0)).collect())
}
