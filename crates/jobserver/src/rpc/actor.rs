//! Who makes a call, and what they may: put into every request by the authorisation.

use domain::people::rights::{CodeRights, code_rights, document_names_visible, may_grant};
use domain::people::{Powers, UserLevel};
use domain::user::{Rights, User};
use domain::{Status as Code, people};
use tonic::Request;

use crate::failed::Failed;
use crate::state::State;

/// Who makes a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Actor {
    rights: Rights,
    powers: Powers,
}

impl Actor {
    /// Whoever owns the data directory: everything.
    pub(super) const LOCAL: Self = Self {
        rights: Rights::Administrator,
        powers: Powers { users: UserLevel::Full, devices: true, server: true, reports: true },
    };

    /// Somebody who proved who they are.
    pub(super) fn person(user: &User) -> Self {
        Self { rights: user.rights, powers: user.powers }
    }

    /// Who makes this call; nobody whom the authorisation did not see may anything.
    pub(super) fn of<T>(request: &Request<T>) -> Self {
        let none = Powers { users: UserLevel::None, devices: false, server: false, reports: false };
        request.extensions().get().cloned().unwrap_or(Self { rights: Rights::Standard, powers: none })
    }

    /// Refuses a call that these rights do not reach.
    pub(super) fn may_call(&self, path: &str) -> Result<(), Failed> {
        if people::rights::may_call(self.rights, self.powers, people::rights::need(path)) {
            return Ok(());
        }
        let call = path.rsplit('/').next().unwrap_or_default();
        let text = format!("this person's rights do not include {call}");
        Err(Failed::refused(Code::ACCESS_VIOLATION, text))
    }

    /// Refuses somebody who gives others rights without full rights for people.
    pub(super) fn may_grant(&self, wanted: Rights, before: Rights) -> Result<(), Failed> {
        if may_grant(self.level(), wanted, before) {
            return Ok(());
        }
        let text = "only an administrator with full rights for users may change people with rights";
        Err(Failed::refused(Code::ACCESS_VIOLATION, text))
    }

    /// What the caller may do with ID and PUK codes.
    pub(super) fn codes(&self, state: &State) -> CodeRights {
        code_rights(self.level(), state.settings().hides_id_codes())
    }

    /// Whether documents' names are shown to the caller.
    pub(super) fn sees_document_names(&self, state: &State) -> bool {
        document_names_visible(self.rights, state.settings().hides_document_names())
    }

    fn level(&self) -> UserLevel {
        if self.rights == Rights::Administrator { self.powers.users } else { UserLevel::None }
    }
}

/// Refuses what the table "Hide ID codes" does not allow.
pub(super) fn code_right(has: bool, what: &str) -> Result<(), Failed> {
    if has {
        Ok(())
    } else {
        let text = format!("this administrator's rights do not allow to {what} ID or PUK codes");
        Err(Failed::refused(Code::ACCESS_VIOLATION, text))
    }
}
