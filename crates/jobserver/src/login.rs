//! Lets people in: at a device by card, code or password, at a program by password.

use domain::device::LoginMethods;
use domain::login::{Candidate, Credential, LoginRefused, Proof, login as decide};
use domain::secret::{Password, Pin};
use domain::text::split_domain;
use domain::user::{User, choose};
use domain::{DeviceId, Logon, Status, UserId};
use storage::core::Secrets;

use crate::directory;
use crate::events;
use crate::failed::Failed;
use crate::people;
use crate::session::{DeviceSession, Login};
use crate::state::{Jobserver, State};

/// Whose word counts for a password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Believed {
    /// The store's and the directory's.
    Any,
    /// The directory's only.
    Directory,
}

/// Stands in for the person nobody found, so that the same work is done.
const NOBODY: UserId = UserId(-1);

pub(crate) async fn login(
    session: &mut DeviceSession,
    credential: Credential,
    pin: Option<Pin>,
) -> Result<Login, Failed> {
    logout(session).await;
    let device = &session.device;
    let methods = device.methods;
    let user = judge(&session.server, methods, Some(device.id), credential, pin, Believed::Any).await?;
    session.balance = crate::charge::admit(&session.server, &user, &session.device).await?;
    let (person, place) = (user.clone(), device.id);
    let (own, documents) = session
        .server
        .blocking(move |state| {
            people::place::restrict(state, &person, place)?;
            people::place::first_contact(state, &person)?;
            crate::fidelity::waiting(state, place, &person)
        })
        .await?;
    // The device's setting overrules the person's (guide, "Settings" of a device).
    let prints_all = own > 0 && (device.print_all_at_login || user.print_all_at_login);
    tracing::info!(device.name = %device.name, user.logon = %user.logon, documents, "logged in");
    let told = format!("{} logged in at {}", user.logon, device.name);
    session
        .server
        .0
        .events
        .audit_or_log(events::login(&session.server.0, "login", &told, &user, device))
        .await;
    session.person = Some(user.clone());
    session.presence = Some(crate::push::Presence::begin(&session.server, session.device.id));
    // Printing at login is an administrator's wish, and needs no button.
    let printing = if prints_all { Some(crate::print::print_all(session, &user).await?) } else { None };
    Ok(Login { user, documents, printing })
}

pub(crate) async fn logout(session: &mut DeviceSession) {
    session.presence = None;
    session.balance = None;
    if let Some(user) = session.person.take() {
        tracing::info!(device.name = %session.device.name, user.logon = %user.logon, "logged out");
        let told = format!("{} logged out at {}", user.logon, session.device.name);
        let state = &session.server.0;
        state.events.audit_or_log(events::login(state, "logout", &told, &user, &session.device)).await;
    }
}

pub(crate) async fn by_password(server: &Jobserver, logon: &str, password: Password) -> Result<User, Failed> {
    let credential = Credential::Logon { logon: logon.to_owned(), password };
    judge(server, LoginMethods::ALL, None, credential, None, Believed::Any).await
}

/// Who registers a card by logon and password instead of a PUK. Counted and locked as every login.
///
/// # Errors
/// Status 65 where the setting does not allow it; the refusals of a login.
pub(crate) async fn to_register(
    server: &Jobserver,
    device: DeviceId,
    logon: &str,
    password: Password,
) -> Result<User, Failed> {
    let Some(believed) = server.0.settings().registers_by_login() else {
        let text = "cards and codes are registered with a PUK code here";
        return Err(Failed::refused(Status::OPERATION_NOT_ALLOWED, text));
    };
    let credential = Credential::Logon { logon: logon.to_owned(), password };
    judge(server, LoginMethods::ALL, Some(device), credential, None, believed).await
}

/// Looks the person up, verifies the secrets, lets the rule decide and counts a failure.
///
/// A known and an unknown card take the same steps: the same look-ups, one keyed hash of a PIN, and after a refusal one
/// transaction that changes as many rows. A test counts them.
async fn judge(
    server: &Jobserver,
    methods: LoginMethods,
    device: Option<DeviceId>,
    credential: Credential,
    pin: Option<Pin>,
    believed: Believed,
) -> Result<User, Failed> {
    let _permit = match &credential {
        // A closed semaphore is never seen: nobody closes it.
        Credential::Logon { .. } => server.0.password_permits.acquire().await.ok(),
        Credential::Card(_) | Credential::Code(_) => None,
    };
    let word = directory::word(server, &credential).await;
    server
        .blocking(move |state| {
            let first = look_up(state, &credential)?;
            // Fifty attempts at once must not all see an account that is not locked yet.
            let user = first.as_ref().map_or(NOBODY, |found| found.user.id);
            let _lock = state.login_lock(user);
            let found = look_up(state, &credential)?;
            let (password, pin) = verify(state, &credential, pin.as_ref(), found.as_ref());
            let user = found.as_ref().map(|found| &found.user);
            let password = directory::weigh(state, password, word, user, believed);
            let policy = state.settings().login_policy();
            let candidate = found.as_ref().map(|found| found.candidate);
            match decide(methods, &credential, candidate.as_ref(), password, pin, policy, state.now()) {
                Ok(()) => {
                    let user = found.ok_or(LoginRefused::CardUnknown)?.user;
                    if user.failed_logins > 0 {
                        let changes =
                            storage::core::UserChanges { failed_logins: Some(0), ..Default::default() };
                        state.store.user_edit(user.id, &changes)?;
                    }
                    Ok(user)
                }
                Err(refused) => {
                    refuse(state, refused, found.map(|found| found.user), device, policy.max_attempts)?;
                    Err(Failed::from(refused))
                }
            }
        })
        .await
}

struct Found {
    user: User,
    secrets: Secrets,
    candidate: Candidate,
}

fn look_up(state: &State, credential: &Credential) -> Result<Option<Found>, Failed> {
    let candidate = |user: &User, starts, ends| Candidate {
        failed_logins: user.failed_logins,
        prevent_login: user.prevent_login,
        has_pin: user.has_pin && !user.profile.login_without_pin,
        starts,
        ends,
    };
    match credential {
        Credential::Card(code) | Credential::Code(code) => {
            let holder = state.store.card_holder(&state.card_hash(code))?;
            Ok(holder.map(|holder| Found {
                candidate: candidate(&holder.user, holder.starts, holder.ends),
                user: holder.user,
                secrets: holder.secrets,
            }))
        }
        Credential::Logon { logon, .. } => {
            let (domain, logon) = split_domain(logon);
            let Ok(logon) = Logon::parse(logon) else { return Ok(None) };
            let candidates = state.store.users_by_logon(&logon)?;
            let chosen = choose(&candidates, |(user, _)| user, domain.unwrap_or_default());
            Ok(chosen.map(|(user, secrets)| Found {
                user: user.clone(),
                secrets: secrets.clone(),
                candidate: candidate(user, None, None),
            }))
        }
    }
}

fn verify(
    state: &State,
    credential: &Credential,
    pin: Option<&Pin>,
    found: Option<&Found>,
) -> (Proof, Proof) {
    let proof = |right| if right { Proof::Right } else { Proof::Wrong };
    let password = match credential {
        Credential::Logon { password, .. } => {
            let hash = found.and_then(|found| found.secrets.password_hash.as_deref());
            proof(state.keys.password_is(password, hash))
        }
        Credential::Card(_) | Credential::Code(_) => Proof::NotGiven,
    };
    let pin = match pin {
        None => Proof::NotGiven,
        Some(pin) => {
            let user = found.map_or(NOBODY, |found| found.user.id);
            let hash = found.and_then(|found| found.secrets.pin_hash.as_deref()).unwrap_or(&[0; 32]);
            proof(state.keys.pin_is(user, pin, hash))
        }
    };
    (password, pin)
}

/// Counts a refusal. One that is no failed attempt of a person still writes, as nobody's, so that the
/// time of the answer is the same. A missing PIN is the panel's question, not a refusal: it is answered at once.
fn refuse(
    state: &State,
    refused: LoginRefused,
    user: Option<User>,
    device: Option<DeviceId>,
    max_attempts: i32,
) -> Result<(), Failed> {
    if refused == LoginRefused::PinNeeded || refused == LoginRefused::MethodNotAllowed {
        return Ok(());
    }
    let counted = user.as_ref().filter(|_| refused.is_failed_attempt());
    let locked = state.store.login_failed(counted.map(|user| user.id), device, max_attempts)?;
    let logon = user.as_ref().map(|user| user.logon.as_str()).unwrap_or_default();
    events::login_refused(state, refused, logon, device, locked);
    Ok(())
}
