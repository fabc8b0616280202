//! Answering a request for delegation, for an administrator and for the person who was asked.

use domain::UserId;
use domain::people::delegate::Delegate;
use domain::user::User;

use super::mail::{self, Mail};
use crate::failed::Failed;
use crate::state::State;

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
