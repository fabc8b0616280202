//! Finding people, and changing many at once.

use domain::people::find::Query;
use domain::people::unit::UnitId;
use domain::secret::CardCode;
use domain::text::free;
use domain::user::{Rights, User, limits};
use domain::{UserId, people::profile::ProfileChange};
use rpc::proto::jobserver::UserPage;
use rpc::proto::people as message;
use storage::core::CardHolder;

use super::super::actor::Actor;
use super::super::{convert, users};
use super::{PAGE_ROWS, Stream, pages};
use crate::failed::Failed;
use crate::people::mail::{self, Mail};
use crate::people::puk;
use crate::state::{Jobserver, State};

/// People changed at once at most.
const MANY_MAX: usize = 10_000;

/// Streams the people a query finds.
pub(super) async fn find(
    server: &Jobserver,
    request: message::UserFindRequest,
) -> Result<Stream<UserPage>, Failed> {
    let wanted = request.clone();
    let (units, holder) = server.blocking(move |state| narrow(state, &wanted)).await?;
    let query = Query {
        anywhere: request.anywhere,
        logon: request.logon,
        full_name: request.full_name,
        email: request.email,
        description: request.description,
        cost_code: request.cost_code,
        domain: request.domain,
        home_server: request.home_server,
        prevent_login: request.prevent_login,
    };
    let state = server.0.clone();
    let mut left = if request.limit > 0 { request.limit } else { i64::MAX };
    let mut after = UserId(request.after_id);
    Ok(pages(move || {
        if left == 0 {
            return Ok(None);
        }
        let tree = state.store.units_tree()?;
        let show = |user: User| {
            let cards = state.store.cards_count(user.id)?;
            Ok::<_, Failed>(convert::user(user, cards, &tree))
        };
        if let Some(holder) = &holder {
            left = 0;
            let user = holder.as_ref().map(|holder| holder.user.clone()).filter(|user| query.matches(user));
            let found: Vec<_> = user.map(show).transpose()?.into_iter().collect();
            return Ok(Some(UserPage { users: found }));
        }
        let wanted = left.min(PAGE_ROWS);
        let found = state.store.users_find(&query, &units, after, wanted)?;
        let read = i64::try_from(found.len()).unwrap_or(wanted);
        left = if read < wanted { 0 } else { left - read };
        after = found.last().map_or(after, |user| user.id);
        Ok(Some(UserPage { users: found.into_iter().map(show).collect::<Result<_, _>>()? }))
    }))
}

type Narrow = (Vec<UnitId>, Option<Option<CardHolder>>);

/// The units of a path, and the holder of a code: `Some(None)` when it is nobody's.
fn narrow(state: &State, request: &message::UserFindRequest) -> Result<Narrow, Failed> {
    let units = match request.unit.as_str() {
        "" => vec![],
        path => state.store.units_tree()?.below(users::unit_by_path(state, path)?),
    };
    let holder = match request.code.as_str() {
        "" => None,
        // Codes are found whole and exact.
        code => Some(match CardCode::parse(code) {
            Ok(code) => state.store.card_holder(&state.card_hash(&code))?,
            Err(_) => None,
        }),
    };
    Ok((units, holder))
}

/// Changes several people: all of them or none. PUKs are made afterwards, one by one.
pub(super) fn edit_many(
    state: &State,
    actor: &Actor,
    request: message::UserEditManyRequest,
) -> Result<message::UserEditManyAnswer, Failed> {
    if request.logons.len() > MANY_MAX {
        return Err(Failed::invalid(format!("at most {MANY_MAX} people are changed at once")));
    }
    let people: Vec<User> =
        request.logons.iter().map(|logon| users::find(state, logon)).collect::<Result<_, _>>()?;
    for user in &people {
        actor.may_grant(user.rights, user.rights).or_else(|refused| match user.rights {
            Rights::Standard => Ok(()),
            _ => Err(refused),
        })?;
    }
    let text = |what, text: &Option<String>, max| {
        text.as_ref().map(|text| free(what, text, max)).transpose().map_err(users::invalid)
    };
    let domain = request.domain.as_deref().map(users::domain_name).transpose()?;
    let description = text("description", &request.description, limits::TEXT_MAX)?;
    let cost_code = text("cost code", &request.cost_code, limits::COST_CODE_MAX)?;
    let profile: ProfileChange = users::profile_change(request.profile.as_ref())?;
    let unit = users::unit(state, request.profile.as_ref())?;
    let change = |user: User| {
        Ok::<_, Failed>(User {
            domain: domain.clone().unwrap_or(user.domain),
            description: description.clone().unwrap_or(user.description),
            cost_code: cost_code.clone().unwrap_or(user.cost_code),
            prevent_login: request.prevent_login.unwrap_or(user.prevent_login),
            print_all_at_login: request.print_all_at_login.unwrap_or(user.print_all_at_login),
            failed_logins: if request.clear_failed_logins { 0 } else { user.failed_logins },
            unit: unit.unwrap_or(user.unit),
            profile: profile.apply(&user.profile).map_err(users::invalid)?,
            ..user
        })
    };
    let ids: Vec<UserId> = people.iter().map(|user| user.id).collect();
    let changed = state.store.users_change(&ids, change);
    let changed = changed.map_err(|error| users::name_taken(error, "of one of them"))??;
    state.owners_forget();
    let mut without_puk = Vec::new();
    if request.new_puk {
        for user in &changed {
            match puk::make(state, user) {
                Ok((puk, _)) => {
                    mail::send(state, user, Mail::Puk(&puk))?;
                }
                Err(failed) => without_puk.push(format!("{}: {failed}", user.logon)),
            }
        }
    }
    Ok(message::UserEditManyAnswer { changed: i64::try_from(changed.len()).unwrap_or(0), without_puk })
}
