//! The calls of other servers and of administrators: each parses its request, calls an operation and
//! converts the answer. No rule lives here.

mod actor;
mod administration;
mod audit;
mod authorize;
mod convert;
mod directory;
mod events;
mod mail;
mod people;
mod portserver;
mod proof;
mod submission;
mod users;

use crate::state::Jobserver;

pub(crate) use audit::Logins;
pub(crate) use authorize::Authorized;
#[cfg(test)]
pub(crate) use convert::parse_queue;
pub(crate) use convert::{count_status, record_count};
pub(crate) use portserver::portserver_only;
pub(crate) use users::find as user_find;

/// Serves every service.
#[derive(Clone)]
pub(crate) struct Calls {
    server: Jobserver,
    /// Failed proofs of submitters by address.
    failures: authorize::Failures,
}

impl Calls {
    pub(crate) fn new(server: Jobserver) -> Self {
        Self { server, failures: authorize::Failures::default() }
    }
}

/// The largest message taken: a chunk of a document with room to spare.
pub(crate) const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
