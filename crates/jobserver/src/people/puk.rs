//! PUK codes: made for a person, spent at a device to register a card or code; registering by logon and password instead;
//! and the change of a PIN.

use std::sync::Arc;

use domain::device::Device;
use domain::event::Severity;
use domain::login::{LoginRefused, Proof};
use domain::people::puk::{self as rule, PinTyped, PukEffect, RegisterRefused, Registration, TooManyIds};
use domain::secret::{CardCode, Password, Pin, Puk};
use domain::user::User;
use domain::{Status, UserId};
use rpc::Kind;
use storage::core::{RegisterCard, Registrant, UserChanges};

use crate::events;
use crate::failed::Failed;
use crate::keys::random;
use crate::login;
use crate::session::DeviceSession;
use crate::state::State;

/// Tries to find a PUK that nobody has open: with 200,000 open ones two tries nearly always do.
const TRIES_MAX: usize = 20;

impl From<RegisterRefused> for Failed {
    fn from(refused: RegisterRefused) -> Self {
        Self::refused(refused.status(), refused.to_string())
    }
}

impl From<TooManyIds> for Failed {
    fn from(refused: TooManyIds) -> Self {
        Self::refused(refused.status(), refused.to_string())
    }
}

/// Makes a PUK for a person in place of an open one.
pub(crate) fn make(state: &State, user: &User) -> Result<(Puk, PukEffect), Failed> {
    let ids_max = state.settings().cards_max();
    for _ in 0..TRIES_MAX {
        let puk = rule::from_random(u64::from_be_bytes(random()));
        let (hash, sealed) = state.puk_hash_and_seal(&puk);
        match state.store.puk_set(user.id, &hash, &sealed, |ids| rule::make(ids, ids_max)) {
            Ok(effect) => return Ok((puk, effect?)),
            Err(error) if error.is_conflict_on("puk") => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failed::new(Kind::Conflict, Status::PUK_EXISTS, "no free PUK code was found; try again"))
}

/// What was typed at the device to register a card or code.
#[derive(Clone, Debug)]
pub struct RegisterRequest {
    /// The card or code.
    pub code: CardCode,
    /// What shows whose it becomes.
    pub by: RegisterBy,
    /// The PIN, as typed first.
    pub pin: Option<Pin>,
    /// The PIN, as typed again.
    pub pin_again: Option<Pin>,
}

/// What shows whose a card or code becomes.
#[derive(Clone, Debug)]
pub enum RegisterBy {
    /// A PUK.
    Puk(Puk),
    /// Logon and password, where the setting `cards.register-by-login` says so.
    Login {
        /// As typed; it may carry a domain.
        logon: String,
        /// As typed.
        password: Password,
    },
}

/// Registers a card or code at a device.
pub(crate) async fn register(session: &DeviceSession, request: RegisterRequest) -> Result<(), Failed> {
    let (server, device) = (&session.server, &session.device);
    let (by, how) = match &request.by {
        RegisterBy::Puk(puk) => (Registrant::Puk(server.0.puk_hash_and_seal(puk).0), "a PUK"),
        RegisterBy::Login { logon, password } => {
            let user = login::to_register(server, device.id, logon, password.clone()).await?;
            (Registrant::Person(user.id), "logon and password")
        }
    };
    let place = device.clone();
    let registered = server.blocking(move |state| register_now(state, &request, by, &place)).await?;
    let told = format!("{} registered a card or code at {} with {how}", registered.logon, device.name);
    let event = events::login(&server.0, "card-registered", &told, &registered, device);
    server.0.events.audit_or_log(event).await;
    Ok(())
}

fn register_now(
    state: &Arc<State>,
    request: &RegisterRequest,
    by: Registrant,
    device: &Device,
) -> Result<User, Failed> {
    let pin = match (&request.pin, &request.pin_again) {
        (None, None) => PinTyped::None,
        (Some(one), Some(two)) if one == two => PinTyped::Same,
        (Some(_) | None, Some(_) | None) => PinTyped::Different,
    };
    let settings = state.settings();
    let (ids_max, pins_change) = (settings.cards_max(), settings.pin_change_allowed());
    let ends = settings.registered_ends(state.now());
    let by_login = matches!(by, Registrant::Person(_));
    let card = RegisterCard {
        by,
        code_hash: state.card_hash(&request.code),
        code_sealed: state.card_seal(&request.code),
        now: state.now(),
    };
    let decide = |found: Option<(&User, i64)>, id_of: Option<UserId>| {
        let has_pin = found.is_some_and(|(user, _)| user.has_pin);
        rule::register(Registration {
            person: found.map(|(user, _)| user.id),
            id_of,
            ids: found.map_or(0, |(_, ids)| ids),
            ids_max,
            pin,
            login_without_pin: found.is_some_and(|(user, _)| user.profile.login_without_pin),
            keeps_pin: by_login && has_pin,
            // Who shows a PUK was given a new PIN with it by an administrator; a password only says who they are.
            may_set_pin: !by_login || !has_pin || pins_change,
            ends,
        })
    };
    let pin_hash = |user| request.pin.as_ref().map(|pin| state.keys.pin_hash(user, pin));
    match state.store.card_register(&card, decide, pin_hash)? {
        Ok(user) => {
            state.owners_forget();
            Ok(user)
        }
        Err(refused) => {
            // Counted at the device, as nobody's; the same statement as for a refused login.
            state.store.login_failed(None, Some(device.id), i32::MAX)?;
            let told = format!("a registration was refused at {}: {refused}", device.name);
            let event = state.events.event(Severity::Audit, "register-refused", &told);
            state.events.record(event.object(device.name.as_str()));
            Err(refused.into())
        }
    }
}

/// Changes the PIN of the person who is logged in; the old one proves that it is still them.
pub(crate) async fn pin_change(
    session: &DeviceSession,
    old: Option<Pin>,
    new: Pin,
    again: Pin,
) -> Result<(), Failed> {
    let user = session.person.as_ref().map(|user| user.id);
    let user =
        user.ok_or_else(|| Failed::refused(Status::NOT_LOGGED_IN, "nobody is logged in at this device"))?;
    let device = session.device.id;
    let changed = session
        .server
        .blocking(move |state| {
            let _lock = state.login_lock(user);
            if !state.settings().pin_change_allowed() {
                let text = "PIN codes are changed by an administrator here";
                return Err(Failed::refused(Status::ACCESS_DENIED, text));
            }
            let gone = || Failed::not_found(Status::USER_NOT_FOUND, "the user is gone");
            let (user, secrets) = state.store.user_show(user)?.ok_or_else(gone)?;
            let policy = state.settings().login_policy();
            if user.prevent_login || user.failed_logins >= policy.max_attempts {
                return Err(LoginRefused::Locked.into());
            }
            let proof = match (&secrets.pin_hash, &old) {
                (None, _) => Proof::Right,
                (Some(hash), Some(old)) if state.keys.pin_is(user.id, old, hash) => Proof::Right,
                (Some(_), Some(_)) => Proof::Wrong,
                (Some(_), None) => Proof::NotGiven,
            };
            match proof {
                Proof::NotGiven => return Err(LoginRefused::PinNeeded.into()),
                Proof::Wrong => {
                    state.store.login_failed(Some(user.id), Some(device), policy.max_attempts)?;
                    return Err(LoginRefused::PinWrong.into());
                }
                Proof::Right => {}
            }
            if new != again {
                return Err(RegisterRefused::PinsDiffer.into());
            }
            let changes = UserChanges {
                pin_hash: Some(Some(state.keys.pin_hash(user.id, &new))),
                failed_logins: Some(0),
                ..UserChanges::default()
            };
            state.store.user_edit(user.id, &changes)?;
            Ok(user)
        })
        .await?;
    let (state, device) = (&session.server.0, &session.device);
    let told = format!("{} changed the PIN at {}", changed.logon, device.name);
    state.events.audit_or_log(events::login(state, "pin-changed", &told, &changed, device)).await;
    Ok(())
}
