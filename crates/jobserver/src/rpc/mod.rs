//! The calls of other servers and of administrators: each parses its request, calls an operation and
//! converts the answer. No rule lives here.

mod actor;
mod administration;
mod audit;
mod authorize;
mod certificates;
mod convert;
mod directory;
mod drivers;
mod events;
mod mail;
mod operations;
mod people;
mod portserver;
mod proof;
mod queue_edit;
mod relay;
mod submission;
mod users;

use crate::state::Jobserver;

pub(crate) use actor::Actor;
pub(crate) use administration::device_find;
pub(crate) use audit::{Logins, login as audit_login};
pub(crate) use authorize::{Authorized, prove};
#[cfg(test)]
pub(crate) use convert::parse_queue;
pub(crate) use convert::{count_status, record_count};
pub(crate) use people::groups::find as group_find;
pub(crate) use portserver::portserver_only;
pub(crate) use relay::Relay;
pub(crate) use users::find as user_find;

/// Serves every service.
#[derive(Clone)]
pub(crate) struct Calls {
    pub(crate) server: Jobserver,
}

impl Calls {
    pub(crate) fn new(server: Jobserver) -> Self {
        Self { server }
    }
}

/// The largest message taken: a chunk of a document with room to spare.
pub(crate) const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
