//! Delegates: an administrator's view; people answer requests through signed links and the web.

use domain::people::delegate::{Agreement, Delegate, DelegateId, DelegateRefused};
use domain::user::User;
use rpc::proto::common::Empty;
use rpc::proto::people as message;

use super::super::{convert, users};
use crate::failed::Failed;
use crate::people::delegate_answer;
use crate::people::mail::{self, Mail};
use crate::state::State;

impl From<DelegateRefused> for Failed {
    fn from(refused: DelegateRefused) -> Self {
        let kind = match refused {
            DelegateRefused::Exists => rpc::Kind::Conflict,
            DelegateRefused::Self_ | DelegateRefused::EndsEarly => rpc::Kind::Invalid,
            DelegateRefused::NotFound => rpc::Kind::NotFound,
            DelegateRefused::Disabled | DelegateRefused::TooMany | DelegateRefused::NotAsked => {
                rpc::Kind::Refused
            }
        };
        Self::new(kind, refused.status(), refused.to_string())
    }
}

pub(super) fn add(state: &State, request: message::DelegateAddRequest) -> Result<message::Delegate, Failed> {
    let submitter = users::find(state, &request.submitter)?;
    let collector = users::find(state, &request.collector)?;
    let agreement = match request.asked_by.as_str() {
        "" => Agreement::Accepted,
        "submitter" => Agreement::AskedBySubmitter,
        "collector" => Agreement::AskedByCollector,
        other => return Err(Failed::invalid(format!("'{other}' is none of: submitter, collector"))),
    };
    let mut new = Delegate {
        id: DelegateId(0),
        submitter: submitter.id,
        collector: collector.id,
        always: request.always,
        ends: convert::instant(request.ends_us),
        state: agreement,
    };
    let enabled = state.settings().delegates_enabled();
    new.id = state.store.delegate_add(new, enabled, state.now())??;
    let asked = |to: &User, by: &User| {
        mail::send(state, to, Mail::DelegateRequest { by, relation: new.id.0 }).map(drop)
    };
    match agreement {
        Agreement::Accepted => {}
        Agreement::AskedBySubmitter => asked(&collector, &submitter)?,
        Agreement::AskedByCollector => asked(&submitter, &collector)?,
    }
    Ok(message(new, &submitter, &collector))
}

pub(super) fn list(
    state: &State,
    request: message::DelegateListRequest,
) -> Result<message::DelegateListAnswer, Failed> {
    let person = match request.logon.as_str() {
        "" => None,
        logon => Some(users::find(state, logon)?.id),
    };
    let mut delegates = Vec::new();
    for delegate in state.store.delegates_list(person)? {
        let submitter = state.store.user_show(delegate.submitter)?;
        let collector = state.store.user_show(delegate.collector)?;
        // Somebody who was deleted in this moment took the relation along.
        if let (Some((submitter, _)), Some((collector, _))) = (submitter, collector) {
            delegates.push(message(delegate, &submitter, &collector));
        }
    }
    Ok(message::DelegateListAnswer { delegates })
}

pub(super) fn edit(
    state: &State,
    request: message::DelegateEditRequest,
) -> Result<message::Delegate, Failed> {
    let (delegate, submitter, collector) = pair(state, &request.submitter, &request.collector)?;
    let ends = request.ends_us.map(convert::instant);
    let edited = state.store.delegate_edit(delegate.id, ends, request.always, state.now())??;
    Ok(message(edited, &submitter, &collector))
}

pub(super) fn answer(state: &State, request: message::DelegateAnswerRequest) -> Result<Empty, Failed> {
    let (delegate, submitter, collector) = pair(state, &request.submitter, &request.collector)?;
    let (asked, answered) = match delegate.state {
        Agreement::AskedByCollector => (&collector, &submitter),
        Agreement::AskedBySubmitter | Agreement::Accepted => (&submitter, &collector),
    };
    delegate_answer(state, &delegate, None, (asked, answered), request.accept)?;
    Ok(Empty {})
}

pub(super) fn delete(state: &State, request: message::DelegateDeleteRequest) -> Result<Empty, Failed> {
    let (delegate, _, _) = pair(state, &request.submitter, &request.collector)?;
    if state.store.delegate_delete(delegate.id)? {
        Ok(Empty {})
    } else {
        Err(DelegateRefused::NotFound.into())
    }
}

fn pair(state: &State, submitter: &str, collector: &str) -> Result<(Delegate, User, User), Failed> {
    let submitter = users::find(state, submitter)?;
    let collector = users::find(state, collector)?;
    let delegate = state.store.delegate_of(submitter.id, collector.id)?;
    Ok((delegate.ok_or(DelegateRefused::NotFound)?, submitter, collector))
}

fn message(delegate: Delegate, submitter: &User, collector: &User) -> message::Delegate {
    message::Delegate {
        id: delegate.id.0,
        submitter: submitter.logon.to_string(),
        collector: collector.logon.to_string(),
        always: delegate.always,
        ends_us: convert::micros(delegate.ends),
        state: delegate.state.as_str().to_owned(),
    }
}
