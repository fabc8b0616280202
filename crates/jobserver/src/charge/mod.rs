//! What a document's way to a device costs, and the money that follows it.
//!
//! - [`terms`]: who is tracked and who pays at a device; who is let in (guide, "Device license and user settings").
//! - [`price`]: what a document costs there, by scheme or by its name.
//! - [`mod@begin`]: reserves before anything is sent. [`mod@settle`]: what the way came to, stored with the job's end.
//! - [`meter`]: what the device's counters say was printed.
//! - [`deliver`]: tells the money server, until it has heard; [`mod@recover`] picks up what a crash left.
//! - [`unfinished`]: the mail about a document that did not come out.
//! - [`calls`]: the calls of administrators.
//!
//! The order keeps money right whatever dies: a row in the core store, then the reservation, then the document; the row
//! changes in the transaction that ends the job's way, and goes when the money server has confirmed the end.

mod begin;
mod calls;
mod deliver;
pub(crate) mod meter;
mod price;
mod recover;
mod settle;
mod terms;
mod unfinished;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use tokio::sync::Notify;
use tonic::transport::Channel;

pub(crate) use begin::{Fare, abandon, begin};
pub(crate) use calls::Charges;
pub(crate) use deliver::task;
pub(crate) use price::shown;
pub(crate) use recover::recover;
pub(crate) use settle::{Settled, end_alone, settle};
pub(crate) use terms::admit;
pub(crate) use unfinished::tell_unfinished;

/// What charging needs beside the stores.
pub(crate) struct Desk {
    /// The money server.
    money: Channel,
    /// There is something to tell the money server.
    wake: Notify,
    /// Prices by the names of documents, as the file was last read.
    names: Mutex<price::Names>,
    /// Whether the money server was away when somebody who pays last logged in.
    was_away: AtomicBool,
}

impl Desk {
    /// `data` is the directory with `JobNamePricing.txt`.
    pub(crate) fn new(money: Channel, data: PathBuf) -> Self {
        Self {
            money,
            wake: Notify::new(),
            names: Mutex::new(price::Names::new(data.join(price::NAMES_FILE))),
            was_away: AtomicBool::new(false),
        }
    }

    /// Something was stored that the money server must hear.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Whose purse pays: the logon, with its domain where there is one.
pub(crate) fn holder(user: &domain::user::User) -> String {
    match user.domain.as_str() {
        "" => user.logon.to_string(),
        domain => format!("{domain}\\{}", user.logon),
    }
}
