//! Delegates: an administrator's view.

use domain::people::delegate::{Agreement, Delegate, DelegateId, DelegateRefused};
use domain::user::User;
use rpc::proto::common::Empty;
use rpc::proto::people as message;

use super::super::{convert, users};
use crate::failed::Failed;
use crate::people::delegates::{delegate_add, delegate_answer};
use crate::state::State;

pub(super) fn add(state: &State, request: message::DelegateAddRequest) -> Result<message::Delegate, Failed> {
    let submitter = users::find(state, &request.submitter)?;
    let collector = users::find(state, &request.collector)?;
    let agreement = match request.asked_by.as_str() {
        "" => Agreement::Accepted,
        "submitter" => Agreement::AskedBySubmitter,
        "collector" => Agreement::AskedByCollector,
        other => return Err(Failed::invalid(format!("'{other}' is none of: submitter, collector"))),
    };
    let new = Delegate {
        id: DelegateId(0),
        submitter: submitter.id,
        collector: collector.id,
        always: request.always,
        ends: convert::instant(request.ends_us),
        state: agreement,
    };
    let new = delegate_add(state, new, &submitter, &collector)?;
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
