//! What a document's way to a device costs, and the money that follows it.
//!
//! - [`terms`]: who is tracked and who pays at a device; who is let in (guide, "Device license and user settings").
//! - [`price`]: what a document costs there, by scheme or by its name.
//! - [`mod@begin`]: reserves before anything is sent. [`mod@settle`]: what the way came to, stored with the job's end.
//! - [`meter`]: what the device's counters say was printed. [`toner`]: what is left of its toner.
//! - [`deliver`]: tells the money server, until it has heard; [`mod@recover`] picks up what a crash left.
//! - [`unfinished`]: the mail about a document that did not come out.
//! - [`credit`]: what the members of groups get by schedule.
//! - [`mod@credits`]: what a person could spend, for mails.
//! - [`calls`]: the calls of administrators.
//!
//! The order keeps money right whatever dies: a row in the core store, then the reservation, then the document; the row
//! changes in the transaction that ends the job's way, and goes when the money server has confirmed the end.

mod begin;
mod calls;
pub(crate) mod credit;
mod credits;
mod deliver;
pub(crate) mod meter;
mod price;
mod recover;
mod settle;
mod terms;
pub(crate) mod toner;
mod unfinished;

use std::path::Path;
use std::sync::Mutex;

use tokio::sync::Notify;
use tonic::transport::Channel;

pub(crate) use begin::{Amount, Fare, abandon, begin, reserve};
pub(crate) use credits::credits;
pub(crate) use deliver::task;
pub(crate) use price::{Prices, Schemes, pushed, shown};
pub(crate) use recover::recover;
pub(crate) use settle::{Settled, end_alone, settle};
pub(crate) use terms::{admit, of as cell, treat};
pub(crate) use unfinished::{tell_unfinished, tell_unfinished_walkup};

/// What charging needs beside the stores.
pub(crate) struct Desk {
    /// The money server.
    money: Channel,
    /// There is something to tell the money server.
    wake: Notify,
    /// A credit schedule was changed.
    credits: Notify,
    /// Prices by the names of documents, as the file was last read.
    names: Mutex<price::Names>,
    /// Where devices tell what is left of their toner.
    pub(crate) toners: toner::Toners,
    /// Whether the money server was away when somebody who pays last logged in; `None` until that is asked after a start.
    was_away: tokio::sync::Mutex<Option<bool>>,
}

impl Desk {
    /// `data` is the directory with `JobNamePricing.txt`.
    pub(crate) fn new(money: Channel, data: &Path) -> Self {
        Self {
            money,
            wake: Notify::new(),
            credits: Notify::new(),
            names: Mutex::new(price::names(data)),
            toners: toner::Toners::default(),
            was_away: tokio::sync::Mutex::default(),
        }
    }

    /// Something was stored that the money server must hear.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }
}

/// What movements of one document or one copy have in common at the money server.
fn gid(charge: &storage::core::Charge) -> String {
    if charge.job == domain::JobId(0) { charge.id.clone() } else { format!("job-{}", charge.job.0) }
}

/// Whose purse pays: the logon, with its domain where there is one.
pub(crate) fn holder(user: &domain::user::User) -> String {
    match user.domain.as_str() {
        "" => user.logon.to_string(),
        domain => format!("{domain}\\{}", user.logon),
    }
}
