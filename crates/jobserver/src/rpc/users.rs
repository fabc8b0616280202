//! People and cards, behind `Administration`.

use domain::people::group::NameTaken;
use domain::people::profile::Birth;
use domain::people::unit::{ROOT, UnitId, UnitRefused};
use domain::people::{Access, Billing, CostControl, Powers, ProfileChange, UserLevel};
use domain::secret::{CardCode, Password, Pin};
use domain::text::{free, split_domain};
use domain::user::{Rights, User, choose, limits};
use domain::{DomainName, Logon, Money, Status};
use rpc::proto::jobserver as message;
use storage::core::{CardRow, NewCard, NewUser, UserChanges};

use super::actor::Actor;
use super::convert;
use crate::failed::Failed;
use crate::keys::random;
use crate::people::{born, mail, place};
use crate::state::State;

pub(crate) fn find(state: &State, logon: &str) -> Result<User, Failed> {
    let (domain, bare) = split_domain(logon);
    let unknown = || Failed::not_found(Status::USER_NOT_FOUND, format!("there is no user '{logon}'"));
    let bare = Logon::parse(bare).map_err(|_| unknown())?;
    let candidates = state.store.users_by_logon(&bare)?;
    let chosen = choose(&candidates, |(user, _)| user, domain.unwrap_or_default());
    chosen.map(|(user, _)| user.clone()).ok_or_else(unknown)
}

pub(super) fn add(
    state: &State,
    actor: &Actor,
    request: message::UserAddRequest,
) -> Result<message::User, Failed> {
    let logon = Logon::parse(&request.logon).map_err(invalid)?;
    let rights = rights(&request.rights)?.unwrap_or_default();
    actor.may_grant(rights, Rights::Standard)?;
    let password_hash = match request.password.as_str() {
        "" => None,
        password => Some(hash(state, password)?),
    };
    let inherited = born::new_user(state, &logon, &domain_name(&request.domain)?, Birth::ByHand)?;
    let changes = profile_change(request.profile.as_ref())?;
    let mut new = NewUser {
        full_name: free("full name", &request.full_name, limits::TEXT_MAX).map_err(invalid)?,
        email: free("e-mail address", &request.email, limits::TEXT_MAX).map_err(invalid)?,
        description: free("description", &request.description, limits::TEXT_MAX).map_err(invalid)?,
        cost_code: free("cost code", &request.cost_code, limits::COST_CODE_MAX).map_err(invalid)?,
        rights,
        powers: powers(request.powers.as_ref())?.unwrap_or_default(),
        print_all_at_login: request.print_all_at_login || inherited.print_all_at_login,
        password_hash,
        unit: unit(state, request.profile.as_ref())?.unwrap_or(ROOT),
        profile: changes.apply(&inherited.profile).map_err(invalid)?,
        ..inherited
    };
    if rights != Rights::Standard {
        // Users with other rights must have the primary server as their home (guide, "Rights").
        new.profile.home_server.clone_from(&state.computer_name);
    }
    let id = state.store.user_add(&new).map_err(|error| name_taken(error, new.logon.as_str()))?;
    state.owners_forget();
    let (user, _) = state.store.user_show(id)?.ok_or_else(gone)?;
    mail::added(state, &user, &[], None);
    show(state, user)
}

/// The domain as typed; empty for none.
pub(super) fn domain_name(text: &str) -> Result<String, Failed> {
    match text.trim() {
        "" => Ok(String::new()),
        domain => Ok(DomainName::parse(domain).map_err(invalid)?.to_string()),
    }
}

/// A name that is a logon, an alias or a group already.
pub(super) fn name_taken(error: storage::StoreError, name: &str) -> Failed {
    let taken = if error.is_conflict_on("user_groups") {
        NameTaken::Group
    } else if error.is_conflict_on("aliases") {
        NameTaken::Alias
    } else if error.is_conflict_on("logon") {
        NameTaken::Logon
    } else {
        return error.into();
    };
    let text = format!("the name '{name}' is taken: {taken}");
    Failed::new(rpc::Kind::Conflict, taken.status(), text)
}

fn rights(text: &str) -> Result<Option<Rights>, Failed> {
    if text.is_empty() {
        return Ok(None);
    }
    let unknown =
        || Failed::invalid(format!("'{text}' is none of: standard, technician, cashier, administrator"));
    Rights::parse(text).map(Some).ok_or_else(unknown)
}

fn powers(powers: Option<&message::Powers>) -> Result<Option<Powers>, Failed> {
    let Some(powers) = powers else { return Ok(None) };
    let users = UserLevel::parse(&powers.users).ok_or_else(|| {
        Failed::invalid(format!("'{}' is none of: full, partial, limited, none", powers.users))
    })?;
    let message::Powers { devices, server, reports, .. } = *powers;
    Ok(Some(Powers { users, devices, server, reports }))
}

/// The unit a change names.
pub(super) fn unit(state: &State, change: Option<&message::ProfileChange>) -> Result<Option<UnitId>, Failed> {
    let Some(path) = change.and_then(|change| change.unit.as_deref()) else { return Ok(None) };
    unit_by_path(state, path).map(Some)
}

/// The unit of this path.
pub(super) fn unit_by_path(state: &State, path: &str) -> Result<UnitId, Failed> {
    state.store.units_tree()?.find(path).ok_or_else(|| UnitRefused::NotFound.into())
}

/// What changes of a profile.
pub(super) fn profile_change(change: Option<&message::ProfileChange>) -> Result<ProfileChange, Failed> {
    let Some(change) = change else { return Ok(ProfileChange::default()) };
    let wrong = |text: &str, words: &str| Failed::invalid(format!("'{text}' is none of: {words}"));
    let billing = |text: &String| Billing::parse(text).ok_or_else(|| wrong(text, "no, yes, restricted"));
    let cost = |text: &String| CostControl::parse(text).ok_or_else(|| wrong(text, "none, tracking, pay"));
    Ok(ProfileChange {
        home_server: change.home_server.clone(),
        home_folder: change.home_folder.clone(),
        low_limit: change.low_limit.map(Money),
        login_without_pin: change.login_without_pin,
        billing: change.billing.as_ref().map(billing).transpose()?,
        encrypt: change.encrypt,
        allow_retain: change.allow_retain,
        change_settings: change.change_settings,
        cost_control: change.cost_control.as_ref().map(cost).transpose()?,
        access: change.access_denied.map(Access),
    })
}

pub(super) fn show(state: &State, user: User) -> Result<message::User, Failed> {
    let cards = state.store.cards_count(user.id)?;
    let tree = place::tree_for(state, user.unit)?;
    Ok(convert::user(user, cards, &tree))
}

pub(super) fn edit(
    state: &State,
    actor: &Actor,
    request: message::UserEditRequest,
) -> Result<message::User, Failed> {
    let user = find(state, &request.logon)?;
    let text = |what, text: Option<String>, max| {
        text.map(|text| free(what, &text, max)).transpose().map_err(invalid)
    };
    let password_hash = match request.password.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(password) => Some(Some(hash(state, password)?)),
    };
    let wanted = rights(request.rights.as_deref().unwrap_or_default())?.unwrap_or(user.rights);
    actor.may_grant(wanted, user.rights)?;
    let (full_name, email, description, cost_code) = (
        text("full name", request.full_name, limits::TEXT_MAX)?,
        text("e-mail address", request.email, limits::TEXT_MAX)?,
        text("description", request.description, limits::TEXT_MAX)?,
        text("cost code", request.cost_code, limits::COST_CODE_MAX)?,
    );
    let domain = request.domain.as_deref().map(domain_name).transpose()?;
    let profile = profile_change(request.profile.as_ref())?;
    let unit = unit(state, request.profile.as_ref())?;
    let powers = powers(request.powers.as_ref())?;
    let change = |user: User| {
        let mut changed = User {
            full_name: full_name.clone().unwrap_or(user.full_name),
            email: email.clone().unwrap_or(user.email),
            description: description.clone().unwrap_or(user.description),
            cost_code: cost_code.clone().unwrap_or(user.cost_code),
            domain: domain.clone().unwrap_or(user.domain),
            print_all_at_login: request.print_all_at_login.unwrap_or(user.print_all_at_login),
            prevent_login: request.prevent_login.unwrap_or(user.prevent_login),
            rights: wanted,
            powers: powers.unwrap_or(user.powers),
            unit: unit.unwrap_or(user.unit),
            profile: profile.apply(&user.profile).map_err(invalid)?,
            ..user
        };
        if changed.rights != Rights::Standard {
            changed.profile.home_server.clone_from(&state.computer_name);
        }
        Ok::<_, Failed>(changed)
    };
    let changed = state.store.users_change(&[user.id], change);
    changed.map_err(|error| name_taken(error, user.logon.as_str()))??;
    if password_hash.is_some() {
        let changes = UserChanges { password_hash, ..UserChanges::default() };
        state.store.user_edit(user.id, &changes)?;
    }
    state.owners_forget();
    let (user, _) = state.store.user_show(user.id)?.ok_or_else(gone)?;
    show(state, user)
}

/// Clears the failed logins and lets the person in again.
pub(super) fn unlock(state: &State, actor: &Actor, logon: &str) -> Result<message::User, Failed> {
    let user = find(state, logon)?;
    actor.may_help(user.rights)?;
    let changes =
        UserChanges { failed_logins: Some(0), prevent_login: Some(false), ..UserChanges::default() };
    change(state, &user, &changes)
}

/// Sets or (empty) clears the PIN. A new PIN unlocks the account (guide, "PIN code").
pub(super) fn pin_set(state: &State, logon: &str, pin: &str) -> Result<(), Failed> {
    let user = find(state, logon)?;
    let hash = match pin {
        "" => None,
        pin => {
            let pin = Pin::parse(pin).map_err(|error| Failed::invalid(error.to_string()))?;
            Some(state.keys.pin_hash(user.id, &pin))
        }
    };
    let changes = UserChanges {
        pin_hash: Some(hash),
        failed_logins: Some(0),
        prevent_login: Some(false),
        ..UserChanges::default()
    };
    change(state, &user, &changes).map(drop)
}

pub(super) fn pin_random(state: &State, actor: &Actor, logon: &str) -> Result<Pin, Failed> {
    actor.may_help(find(state, logon)?.rights)?;
    let pin = Pin::from_random(u64::from_be_bytes(random()));
    pin_set(state, logon, pin.expose())?;
    Ok(pin)
}

/// Deletes a person, their cards and their documents.
pub(super) fn delete(state: &State, actor: &Actor, logon: &str) -> Result<domain::UserId, Failed> {
    let user = find(state, logon)?;
    actor.may_grant(Rights::Standard, user.rights)?;
    if !state.store.user_delete(user.id)? {
        return Err(gone());
    }
    state.owners_forget();
    tracing::info!(user.logon = %user.logon, "a user was deleted");
    Ok(user.id)
}

pub(super) fn card_add(state: &State, request: &message::CardAddRequest) -> Result<message::Card, Failed> {
    let user = find(state, &request.logon)?;
    let code = CardCode::parse(&request.code).map_err(|error| Failed::invalid(error.to_string()))?;
    let (starts, ends) = (convert::instant(request.starts_us), convert::instant(request.ends_us));
    if let (Some(starts), Some(ends)) = (starts, ends)
        && ends <= starts
    {
        return Err(Failed::invalid("the card would end before it starts"));
    }
    let card = NewCard {
        user: user.id,
        code_hash: state.card_hash(&code),
        code_sealed: state.card_seal(&code),
        starts,
        ends,
        created: state.now(),
    };
    let added = state.store.card_add(&card, state.settings().cards_max()).map_err(|error| {
        if error.is_conflict_on("code") {
            Failed::new(rpc::Kind::Conflict, Status::CARD_EXISTS, "this card or code is registered already")
        } else {
            error.into()
        }
    })?;
    let id = added.ok_or_else(|| {
        Failed::refused(Status::TOO_MANY_CARDS, format!("'{}' has as many cards as are allowed", user.logon))
    })?;
    mail::codes_given(state, &user, &[code])?;
    let row = CardRow { id, code_sealed: card.code_sealed, starts, ends, created: card.created };
    Ok(card_message(state, &user, row))
}

pub(super) fn cards(state: &State, logon: &str) -> Result<Vec<message::Card>, Failed> {
    let user = find(state, logon)?;
    let rows = state.store.cards_list(user.id)?;
    Ok(rows.into_iter().map(|row| card_message(state, &user, row)).collect())
}

pub(super) fn card_delete(state: &State, logon: &str, code: &str) -> Result<(), Failed> {
    let user = find(state, logon)?;
    let unknown = || Failed::not_found(Status::CARD_UNKNOWN, "the user has no such card");
    let code = CardCode::parse(code).map_err(|_| unknown())?;
    if state.store.card_delete(user.id, &state.card_hash(&code))? { Ok(()) } else { Err(unknown()) }
}

fn card_message(state: &State, user: &User, row: CardRow) -> message::Card {
    // A code sealed by other keys is shown as wholly masked.
    let code = state.card_unseal(&row.code_sealed);
    message::Card {
        id: row.id.0,
        logon: user.logon.to_string(),
        masked_code: code.map_or_else(|| "****".to_owned(), |code| format!("****{}", code.tail())),
        starts_us: convert::micros(row.starts),
        ends_us: convert::micros(row.ends),
        created_us: row.created.0,
    }
}

fn change(state: &State, user: &User, changes: &UserChanges) -> Result<message::User, Failed> {
    if !state.store.user_edit(user.id, changes)? {
        return Err(gone());
    }
    state.owners_forget();
    let (user, _) = state.store.user_show(user.id)?.ok_or_else(gone)?;
    show(state, user)
}

fn hash(state: &State, password: &str) -> Result<String, Failed> {
    let password = Password::parse(password).map_err(|error| Failed::invalid(error.to_string()))?;
    state
        .keys
        .password_hash(&password)
        .ok_or_else(|| Failed::internal("hashing a password", &"argon2 refused"))
}

pub(super) fn invalid(error: domain::TextError) -> Failed {
    Failed::invalid(error.to_string())
}

pub(super) fn gone() -> Failed {
    Failed::not_found(Status::USER_NOT_FOUND, "the user is gone")
}
