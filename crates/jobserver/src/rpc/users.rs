//! People and cards, behind `Administration`.

use domain::secret::{CardCode, Password, Pin};
use domain::text::{free, split_domain};
use domain::user::{Rights, User, choose, limits};
use domain::{DomainName, Logon, Status};
use rpc::proto::jobserver as message;
use storage::core::{CardRow, NewCard, NewUser, UserChanges};

use super::convert;
use crate::failed::Failed;
use crate::keys::random;
use crate::state::State;

/// Ties a sealed card code to its place.
const CARD_CODE: &str = "card-code";

pub(crate) fn find(state: &State, logon: &str) -> Result<User, Failed> {
    let (domain, bare) = split_domain(logon);
    let unknown = || Failed::not_found(Status::USER_NOT_FOUND, format!("there is no user '{logon}'"));
    let bare = Logon::parse(bare).map_err(|_| unknown())?;
    let candidates = state.store.users_by_logon(&bare)?;
    let chosen = choose(&candidates, |(user, _)| user, domain.unwrap_or_default());
    chosen.map(|(user, _)| user.clone()).ok_or_else(unknown)
}

pub(super) fn add(state: &State, request: message::UserAddRequest) -> Result<message::User, Failed> {
    let logon = Logon::parse(&request.logon).map_err(invalid)?;
    let domain = match request.domain.trim() {
        "" => String::new(),
        domain => DomainName::parse(domain).map_err(invalid)?.to_string(),
    };
    let password_hash = match request.password.as_str() {
        "" => None,
        password => Some(hash(state, password)?),
    };
    let new = NewUser {
        logon,
        domain,
        full_name: free("full name", &request.full_name, limits::TEXT_MAX).map_err(invalid)?,
        email: free("e-mail address", &request.email, limits::TEXT_MAX).map_err(invalid)?,
        description: free("description", &request.description, limits::TEXT_MAX).map_err(invalid)?,
        cost_code: free("cost code", &request.cost_code, limits::COST_CODE_MAX).map_err(invalid)?,
        rights: Rights::Standard,
        print_all_at_login: request.print_all_at_login,
        password_hash,
        created: state.now(),
    };
    let id = state.store.user_add(&new).map_err(|error| {
        if error.is_conflict_on("logon") {
            let text = format!("the logon '{}' is taken", new.logon);
            Failed::new(rpc::Kind::Conflict, Status::LOGON_EXISTS, text)
        } else {
            error.into()
        }
    })?;
    state.owners_forget();
    let (user, _) = state.store.user_show(id)?.ok_or_else(gone)?;
    Ok(convert::user(user, 0))
}

pub(super) fn show(state: &State, user: User) -> Result<message::User, Failed> {
    let cards = state.store.cards_count(user.id)?;
    Ok(convert::user(user, cards))
}

pub(super) fn edit(state: &State, request: message::UserEditRequest) -> Result<message::User, Failed> {
    let user = find(state, &request.logon)?;
    let text = |what, text: Option<String>, max| {
        text.map(|text| free(what, &text, max)).transpose().map_err(invalid)
    };
    let password_hash = match request.password.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(password) => Some(Some(hash(state, password)?)),
    };
    let changes = UserChanges {
        full_name: text("full name", request.full_name, limits::TEXT_MAX)?,
        email: text("e-mail address", request.email, limits::TEXT_MAX)?,
        description: text("description", request.description, limits::TEXT_MAX)?,
        cost_code: text("cost code", request.cost_code, limits::COST_CODE_MAX)?,
        print_all_at_login: request.print_all_at_login,
        prevent_login: request.prevent_login,
        password_hash,
        ..UserChanges::default()
    };
    change(state, &user, &changes)
}

/// Clears the failed logins and lets the person in again.
pub(super) fn unlock(state: &State, logon: &str) -> Result<message::User, Failed> {
    let user = find(state, logon)?;
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

pub(super) fn pin_random(state: &State, logon: &str) -> Result<Pin, Failed> {
    let pin = Pin::from_random(u64::from_be_bytes(random()));
    pin_set(state, logon, pin.expose())?;
    Ok(pin)
}

/// Deletes a person, their cards and their documents.
pub(super) fn delete(state: &State, logon: &str) -> Result<domain::UserId, Failed> {
    let user = find(state, logon)?;
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
        code_hash: state.keys.card_hash(&code),
        code_sealed: state.keys.seal(CARD_CODE, code.expose().as_bytes()),
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
    if state.store.card_delete(user.id, &state.keys.card_hash(&code))? { Ok(()) } else { Err(unknown()) }
}

fn card_message(state: &State, user: &User, row: CardRow) -> message::Card {
    // A code sealed by other keys is shown as wholly masked.
    let code = state.keys.unseal(CARD_CODE, &row.code_sealed);
    let code = code.and_then(|code| CardCode::parse(&String::from_utf8_lossy(&code)).ok());
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

fn invalid(error: domain::TextError) -> Failed {
    Failed::invalid(error.to_string())
}

fn gone() -> Failed {
    Failed::not_found(Status::USER_NOT_FOUND, "the user is gone")
}
