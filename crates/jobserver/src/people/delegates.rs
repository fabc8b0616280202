//! Delegations: made and asked for, answered, ended; by an administrator for both, by the person with a program or a link.

use domain::event::Severity;
use domain::login::LoginRefused;
use domain::people::delegate::{Agreement, Delegate, DelegateId, DelegateRefused};
use domain::user::User;
use domain::{Status, Timestamp, UserId};
use rpc::Kind;

use super::mail::{self, Mail};
use crate::failed::Failed;
use crate::state::{Jobserver, State};

impl From<DelegateRefused> for Failed {
    fn from(refused: DelegateRefused) -> Self {
        let kind = match refused {
            DelegateRefused::Exists => Kind::Conflict,
            DelegateRefused::Self_ | DelegateRefused::EndsEarly => Kind::Invalid,
            DelegateRefused::NotFound => Kind::NotFound,
            DelegateRefused::Disabled | DelegateRefused::TooMany | DelegateRefused::NotAsked => Kind::Refused,
        };
        Self::new(kind, refused.status(), refused.to_string())
    }
}

/// Makes a relation; its id is not used. Who is asked is told by mail. Blocks.
///
/// # Errors
/// The refusals of a delegation.
pub(crate) fn delegate_add(
    state: &State,
    mut new: Delegate,
    submitter: &User,
    collector: &User,
) -> Result<Delegate, Failed> {
    let enabled = state.settings().delegates_enabled();
    new.id = state.store.delegate_add(new, enabled, state.now())??;
    let asked = |to: &User, by: &User| {
        mail::send(state, to, Mail::DelegateRequest { by, relation: new.id.0 }).map(drop)
    };
    match new.state {
        Agreement::Accepted => {}
        Agreement::AskedBySubmitter => asked(collector, submitter)?,
        Agreement::AskedByCollector => asked(submitter, collector)?,
    }
    Ok(new)
}

/// Accepts or rejects on behalf of `person` (`None`: an administrator for both), and tells `asked` by mail that `answered` did.
/// Blocks.
///
/// # Errors
/// The refusals of a delegation, when the request was answered meanwhile or waits for somebody else.
pub(crate) fn delegate_answer(
    state: &State,
    delegate: &Delegate,
    person: Option<UserId>,
    (asked, answered): (&User, &User),
    accept: bool,
) -> Result<(), Failed> {
    state.store.delegate_answer(delegate.id, person, accept)??;
    let relation = delegate.id.0;
    let told = if accept {
        Mail::DelegateAccepted { by: answered, relation }
    } else {
        Mail::DelegateRejected { by: answered, relation }
    };
    mail::send(state, asked, told)?;
    Ok(())
}

/// On which side of a relation the person stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The documents are theirs.
    Submitter,
    /// They collect.
    Collector,
}

/// What a person wants of a relation with another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wish {
    /// To have it; the other person is asked.
    Ask {
        /// For all documents.
        always: bool,
        /// When it is to end.
        ends: Option<Timestamp>,
    },
    /// To accept what the other person asked for.
    Accept,
    /// To reject it.
    Reject,
    /// To end it, or to take an own request back.
    End,
}

/// A person's relation with another.
#[derive(Clone, Debug)]
pub struct OwnDelegate {
    /// The relation.
    pub relation: Delegate,
    /// The other person.
    pub other: User,
    /// On which side the person stands.
    pub side: Side,
}

/// The person's relations, of both sides. Blocks.
pub(crate) fn own(state: &State, person: UserId) -> Result<Vec<OwnDelegate>, Failed> {
    let mut own = Vec::new();
    for relation in state.store.delegates_list(Some(person))? {
        let (side, other) = if relation.submitter == person {
            (Side::Submitter, relation.collector)
        } else {
            (Side::Collector, relation.submitter)
        };
        // Somebody who was deleted in this moment took the relation along.
        if let Some((other, _)) = state.store.user_show(other)? {
            own.push(OwnDelegate { relation, other, side });
        }
    }
    Ok(own)
}

/// What `person` wants of the relation with the person of the logon `other`, in which they stand on `side`.
pub(crate) async fn wish(
    server: &Jobserver,
    person: UserId,
    other: String,
    side: Side,
    wish: Wish,
) -> Result<(), Failed> {
    let told = server.blocking(move |state| wish_now(state, person, &other, side, wish)).await?;
    let (code, person, subject) = told;
    let event = server.0.events.event(Severity::Audit, code, &subject);
    server.0.events.audit_or_log(event.user(&person)).await;
    Ok(())
}

fn wish_now(
    state: &State,
    person: UserId,
    other: &str,
    side: Side,
    wish: Wish,
) -> Result<(&'static str, String, String), Failed> {
    // The program may have been logged in for long.
    let person = state.store.user_show(person)?.map(|(user, _)| user);
    let person = person.ok_or_else(|| Failed::not_found(Status::USER_NOT_FOUND, "the user is gone"))?;
    if person.prevent_login {
        return Err(LoginRefused::Locked.into());
    }
    if let Wish::Ask { .. } = wish {
        let now_us = state.now().0;
        state.requests.check(person.id, now_us)?;
        state.requests.note(person.id, now_us);
    }
    let other = crate::rpc::user_find(state, other)?;
    let (submitter, collector) = match side {
        Side::Submitter => (&person, &other),
        Side::Collector => (&other, &person),
    };
    let found = || {
        let found = state.store.delegate_of(submitter.id, collector.id)?;
        found.ok_or_else(|| Failed::from(DelegateRefused::NotFound))
    };
    let (code, done) = match wish {
        Wish::Ask { always, ends } => {
            let agreement = match side {
                Side::Submitter => Agreement::AskedBySubmitter,
                Side::Collector => Agreement::AskedByCollector,
            };
            let (id, submitter_id, collector_id) = (DelegateId(0), submitter.id, collector.id);
            let new = Delegate {
                id,
                submitter: submitter_id,
                collector: collector_id,
                always,
                ends,
                state: agreement,
            };
            delegate_add(state, new, submitter, collector)?;
            ("delegate-request", "asked for")
        }
        Wish::Accept | Wish::Reject => {
            if !state.settings().delegates_enabled() {
                return Err(DelegateRefused::Disabled.into());
            }
            let accept = wish == Wish::Accept;
            delegate_answer(state, &found()?, Some(person.id), (&other, &person), accept)?;
            ("delegate-answer", if accept { "accepted" } else { "rejected" })
        }
        Wish::End => {
            if !state.store.delegate_delete(found()?.id)? {
                return Err(DelegateRefused::NotFound.into());
            }
            ("delegate-end", "ended")
        }
    };
    let (submits, collects) = (&submitter.logon, &collector.logon);
    let subject =
        format!("{} {done} the delegation from {submits} to {collects}, by a program", person.logon);
    Ok((code, person.logon.to_string(), subject))
}
