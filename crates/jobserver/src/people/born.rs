//! How people come into being: added by hand, or by their first document.

use std::sync::Arc;

use domain::people::profile::{Birth, inherit};
use domain::queue::NamedOwner;
use domain::secret::CardCode;
use domain::text::shorten;
use domain::user::{User, choose, limits};
use domain::{Logon, UserId};
use storage::StoreError;
use storage::core::{NewCard, NewUser};

use super::mail::{self, Mail};
use super::{place, puk};
use crate::failed::Failed;
use crate::state::State;

/// The default user, where one is set and there.
pub(crate) fn default_user(state: &State) -> Result<Option<User>, Failed> {
    let settings = state.settings();
    let Ok(logon) = Logon::parse(settings.default_user()) else { return Ok(None) };
    let candidates = state.store.users_by_logon(&logon)?;
    Ok(choose(&candidates, |(user, _)| user, "").map(|(user, _)| user.clone()))
}

/// A person with what new people inherit.
pub(crate) fn new_user(state: &State, logon: &Logon, domain: &str, birth: Birth) -> Result<NewUser, Failed> {
    let default_user = default_user(state)?;
    let profile = inherit(default_user.as_ref().map(|user| &user.profile), birth, &state.computer_name);
    Ok(NewUser {
        profile,
        print_all_at_login: default_user.is_some_and(|user| user.print_all_at_login),
        ..NewUser::named(logon.clone(), domain, state.now())
    })
}

/// The first print of somebody unknown adds them: default user, e-mail address, ID code and PUK as the settings say.
pub(crate) fn first_print(state: &Arc<State>, named: &NamedOwner) -> Result<User, Failed> {
    let settings = state.settings();
    let mut new = new_user(state, &named.logon, &named.domain, Birth::FirstPrint)?;
    if !settings.email_domain().is_empty() {
        new.email = shorten(&format!("{}@{}", named.logon, settings.email_domain()), limits::TEXT_MAX);
    }
    let id = match state.store.user_add(&new) {
        Ok(id) => id,
        // Somebody else's first document was faster.
        Err(StoreError::Conflict { .. }) => {
            let candidates = state.store.users_by_logon(&named.logon)?;
            let found = choose(&candidates, |(user, _)| user, &named.domain);
            return found.map(|(user, _)| user.clone()).ok_or_else(unknown);
        }
        Err(error) => return Err(error.into()),
    };
    state.owners_forget();
    if settings.code_is_logon() {
        code_from_logon(state, id, &named.logon)?;
    }
    let (user, _) = state.store.user_show(id)?.ok_or_else(unknown)?;
    mail::added(state, &user, &[], None);
    if settings.puk_at_first_print() && !settings.code_is_logon() {
        // The document is what the person wants; without a PUK an administrator still can give them one.
        if let Err(failed) = welcome(state, &user) {
            tracing::warn!(user.logon = %user.logon, %failed, "a new person got no PUK");
        }
    }
    tracing::info!(user.logon = %user.logon, "a user was added at the first print");
    Ok(user)
}

/// A known person's document: the first contact settles their home server, and who has no card and no PUK gets one
/// where the settings say so.
pub(crate) fn known_print(state: &Arc<State>, user: &User) -> Result<(), Failed> {
    place::first_contact(state, user)?;
    let wanted = state.settings().puk_at_print() && !user.has_puk && state.store.cards_count(user.id)? == 0;
    if wanted && let Err(failed) = welcome(state, user) {
        tracing::warn!(user.logon = %user.logon, %failed, "a person without a card got no PUK");
    }
    Ok(())
}

fn welcome(state: &State, user: &User) -> Result<(), Failed> {
    let (puk, _) = puk::make(state, user)?;
    mail::send(state, user, Mail::Puk(&puk)).map(drop)
}

fn code_from_logon(state: &State, user: UserId, logon: &Logon) -> Result<(), Failed> {
    let Ok(code) = CardCode::parse(logon.as_str()) else { return Ok(()) };
    let card = NewCard {
        user,
        code_hash: state.card_hash(&code),
        code_sealed: state.card_seal(&code),
        starts: None,
        ends: None,
        created: state.now(),
    };
    match state.store.card_add(&card, state.settings().cards_max()) {
        Ok(_) => Ok(()),
        // Somebody has it: the person registers another one with a PUK.
        Err(error) if error.is_conflict_on("code") => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn unknown() -> Failed {
    Failed::refused(domain::Status::USER_NOT_FOUND, "the user is not known")
}
