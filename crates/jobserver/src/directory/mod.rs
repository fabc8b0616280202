//! Directory passwords (USR-20): people log in with the password that an LDAP directory or Active Directory knows.
//!
//! People themselves are the store's; only whether a password is right is asked elsewhere. The directory is asked before the
//! person's row is locked and judged; the rule then takes its word beside the local password, or instead of it for administrators
//! when the settings say so.
//!
//! - `ldap`: one question to the directory.
//! - [`Remembered`]: right answers of a short while ago, for when the directory is away.

mod ldap;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_controller;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::event::Severity;
use domain::login::{Credential, Proof};
use domain::secret::Password;
use domain::text::{fold, split_domain};
use domain::user::{Rights, User, choose};
use domain::{Logon, Timestamp};

use crate::login::Believed;
use crate::state::{Jobserver, State};

pub(crate) use ldap::Verdict;

/// What the directory knows of a login.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Word {
    /// It was not asked.
    None,
    /// The password is the person's.
    Right,
    /// It is not, or nobody is there by this name, or it cannot be known.
    Wrong,
}

/// Passwords that the directory confirmed a while ago, as hashes with the pepper; in memory only.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<HashMap<String, (String, Timestamp)>>);

/// Passwords remembered at most.
const REMEMBERED_MAX: usize = 10_000;

impl Remembered {
    fn note(&self, key: String, hash: String, until: Timestamp, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.retain(|_, (_, until)| *until > now);
        }
        if known.len() < REMEMBERED_MAX || known.contains_key(&key) {
            known.insert(key, (hash, until));
        }
    }

    fn forget(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn find(&self, key: &str, now: Timestamp) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(_, until)| *until > now).map(|(hash, _)| hash.clone())
    }
}

/// Asks the directory about a login by password, when there is a directory and the account is not locked: a locked account's
/// guesses must not reach the directory, where they would lock it too.
pub(crate) async fn word(server: &Jobserver, credential: &Credential) -> Word {
    let Credential::Logon { logon, password } = credential else { return Word::None };
    let settings = server.0.settings().directory();
    if settings.url.is_empty() {
        return Word::None;
    }
    let typed = logon.clone();
    let barred = server.blocking(move |state| is_barred(state, &typed)).await;
    if barred.unwrap_or(true) {
        return Word::None;
    }
    let (domain, bare) = split_domain(logon);
    let domain = domain.filter(|domain| !domain.is_empty()).unwrap_or(&settings.domain);
    let key = format!("{}\\{}", fold(domain), fold(bare));
    let now = server.0.now();
    match ldap::ask(&server.0, &settings, domain, bare, password).await {
        Verdict::Right => {
            if !settings.cache.is_zero() {
                let (password, until) = (password.clone(), now.plus(settings.cache));
                let noted = server.blocking(move |state| {
                    if let Some(hash) = state.keys.password_hash(&password) {
                        state.remembered.note(key, hash, until, now);
                    }
                    Ok::<_, crate::failed::Failed>(())
                });
                let _ = noted.await;
            }
            Word::Right
        }
        Verdict::Wrong(_) => {
            server.0.remembered.forget(&key);
            Word::Wrong
        }
        Verdict::Away(why) => {
            let subject = format!("the directory {} did not answer: {why}", settings.url);
            server.0.events.record(server.0.events.event(Severity::Warning, "directory-away", &subject));
            let Some(hash) = server.0.remembered.find(&key, now).filter(|_| !settings.cache.is_zero()) else {
                return Word::Wrong;
            };
            let password = password.clone();
            let same = server.blocking(move |state| {
                Ok::<_, crate::failed::Failed>(state.keys.password_is(&password, Some(&hash)))
            });
            if same.await.unwrap_or(false) { Word::Right } else { Word::Wrong }
        }
    }
}

/// What the local password and the directory's word come to. Administrators may be bound to the directory (guide: "Login with
/// Windows credentials only"); the data directory's owner needs neither.
pub(crate) fn weigh(
    state: &State,
    local: Proof,
    word: Word,
    user: Option<&User>,
    believed: Believed,
) -> Proof {
    let is_bound = state.settings().directory().administrators_only
        && user.is_some_and(|user| user.rights == Rights::Administrator);
    let only = is_bound || believed == Believed::Directory;
    match (word, local) {
        (_, Proof::NotGiven) => Proof::NotGiven,
        (Word::Right, _) => Proof::Right,
        (Word::None | Word::Wrong, _) if only => Proof::Wrong,
        (Word::None | Word::Wrong, local) => local,
    }
}

/// Asks as a login would, for an administrator who sets it up.
pub(crate) async fn test(server: &Jobserver, logon: &str, password: &Password) -> Verdict {
    let settings = server.0.settings().directory();
    let (domain, bare) = split_domain(logon);
    let domain = domain.filter(|domain| !domain.is_empty()).unwrap_or(&settings.domain);
    ldap::ask(&server.0, &settings, domain, bare, password).await
}

fn is_barred(state: &Arc<State>, typed: &str) -> Result<bool, crate::failed::Failed> {
    let (domain, bare) = split_domain(typed);
    let Ok(bare) = Logon::parse(bare) else { return Ok(true) };
    let candidates = state.store.users_by_logon(&bare)?;
    let max = state.settings().login_policy().max_attempts;
    let chosen = choose(&candidates, |(user, _)| user, domain.unwrap_or_default());
    Ok(chosen.is_some_and(|(user, _)| user.prevent_login || user.failed_logins >= max))
}
