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
    /// Logon, with its domain; `None` for whoever owns the data directory.
    name: Option<String>,
}

impl Default for Actor {
    /// Nobody, who may nothing.
    fn default() -> Self {
        let powers = Powers { users: UserLevel::None, devices: false, server: false, reports: false };
        Self { rights: Rights::Standard, powers, name: None }
    }
}

impl Actor {
    /// Whoever owns the data directory: everything.
    pub(super) const LOCAL: Self = Self {
        rights: Rights::Administrator,
        powers: Powers { users: UserLevel::Full, devices: true, server: true, reports: true },
        name: None,
    };

    /// Somebody who proved who they are.
    pub(super) fn person(user: &User) -> Self {
        Self { rights: user.rights, powers: user.powers, name: Some(crate::charge::holder(user)) }
    }

    /// Who makes this call; nobody whom the authorisation did not see may anything.
    pub(crate) fn of<T>(request: &Request<T>) -> Self {
        request.extensions().get().cloned().unwrap_or_default()
    }

    /// Who it is, for the record of another server.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Refuses a cashier who would help somebody with rights into their account: a new PIN, or unlocking.
    pub(super) fn may_help(&self, other: Rights) -> Result<(), Failed> {
        if self.rights != Rights::Cashier || other == Rights::Standard {
            return Ok(());
        }
        let text = "a cashier gives new PINs to, and unlocks, people without rights only";
        Err(Failed::refused(Code::ACCESS_VIOLATION, text))
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
    pub(crate) fn sees_document_names(&self, state: &State) -> bool {
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
