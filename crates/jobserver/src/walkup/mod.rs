//! Copies, faxes, scans and e-mails that people make at a device: allowed, reserved, counted, settled and tracked.
//!
//! - [`mod@begin`]: may the person, and is there enough. Everything that can be spent is reserved (guide, "Difference between print and
//!   copy"), because how much it will be is not known.
//! - [`mod@count`]: how far the device has come; stored before it is answered, because it is what holds when the device falls
//!   silent.
//! - [`mod@end`]: settled at what was counted, with the tracking record, in one transaction, once.
//! - [`silent`]: what nobody reports any more is ended at its last counts.
//!
//! The order keeps money right whatever dies: the row and its open reservation, then the money server's, then the pages.

mod begin;
mod count;
mod end;
mod silent;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Status;
use domain::money::Money;
use domain::price::{Part, PriceRefused, Scheme, price};
use domain::walkup::{Kind, usage};
use tokio::time::Instant;

use crate::charge::{Prices, Schemes};
use crate::failed::Failed;
use crate::state::Jobserver;

pub(crate) use begin::begin;
pub(crate) use count::count;
pub(crate) use end::end;
pub(crate) use silent::task;

/// What a device asks for before it begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Asked {
    /// The device's own id of it.
    pub session: String,
    /// What it is.
    pub kind: Kind,
    /// Whether colour may be used.
    pub color: bool,
    /// Title; empty for the usual one.
    pub name: String,
    /// Phone number, folder or address; empty while it is not known.
    pub destination: String,
}

/// What a person who pays can still spend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Counted {
    /// Price so far and what is left; `None` for somebody who does not pay.
    pub money: Option<(Money, Money)>,
    /// Whether one more page can be paid.
    pub go_on: bool,
}

/// What a device says at the end.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// The device's own id of it.
    pub session: String,
    /// Counts since the beginning.
    pub parts: Vec<Part>,
    /// Whether it came to its end.
    pub completed: bool,
    /// Bytes of what was scanned or sent.
    pub bytes: i64,
    /// Both sides.
    pub duplex: bool,
    /// Phone number, folder or address, when it is known now.
    pub destination: Option<String>,
    /// Title, when it is known now.
    pub name: Option<String>,
    /// Why it was broken off.
    pub reason: String,
    /// Coverage of cyan, magenta, yellow and black in hundredths of a percent.
    pub toner: Option<[u16; 4]>,
}

/// What it came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sum {
    /// Page sides.
    pub pages: u32,
    /// What was charged; `None` for somebody who does not pay.
    pub price: Option<Money>,
}

/// The session of a device names nothing that is under way.
fn not_open(text: &str) -> Failed {
    Failed::refused(Status::NOT_OPEN, text)
}

/// Which of them a connection has told of lately.
pub(crate) struct Walkups {
    /// Connections that hold one, by its id.
    held: Mutex<HashMap<String, usize>>,
    /// When the last connection that held one ended.
    left: Mutex<HashMap<String, Instant>>,
    /// What was begun before is held by nobody since then.
    since: Instant,
}

impl Walkups {
    pub(crate) fn new() -> Self {
        Self { held: Mutex::default(), left: Mutex::default(), since: Instant::now() }
    }

    /// For how long no connection has held it; zero while one does.
    fn alone(&self, id: &str) -> Duration {
        if self.held.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id) {
            return Duration::ZERO;
        }
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied();
        left.unwrap_or(self.since).elapsed()
    }

    /// It has ended.
    fn forget(&self, id: &str) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// A connection that has told of one; dropped with the connection.
pub(crate) struct Held {
    server: Jobserver,
    id: String,
}

impl Held {
    fn new(server: &Jobserver, id: &str) -> Self {
        let mut held = server.0.walkups.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held.entry(id.to_owned()).or_default() += 1;
        Self { server: server.clone(), id: id.to_owned() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let walkups = &self.server.0.walkups;
        let mut held = walkups.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.id);
                let mut left = walkups.left.lock().unwrap_or_else(PoisonError::into_inner);
                left.insert(self.id.clone(), Instant::now());
            }
        }
    }
}

/// Notes that the connection has told of it.
fn hold(server: &Jobserver, held: &mut Vec<Held>, id: &str) {
    if !held.iter().any(|other| other.id == id) {
        held.push(Held::new(server, id));
    }
}

/// The connection has nothing more to tell of it.
fn let_go(server: &Jobserver, held: &mut Vec<Held>, id: &str) {
    held.retain(|other| other.id != id);
    server.0.walkups.forget(id);
}

/// What counts cost by the device's schemes, and whether every paper has a price.
fn prices(schemes: &Schemes, kind: Kind, parts: &[Part]) -> (Prices, bool) {
    let (one, one_has) = priced(schemes.one.as_ref(), kind, parts);
    let (two, two_has) = priced(schemes.two.as_ref(), kind, parts);
    (Prices { one, two }, one_has && two_has)
}

/// The pages are there already when they are priced: paper that the scheme has no price for costs nothing, and is told.
fn priced(scheme: Option<&Scheme>, kind: Kind, parts: &[Part]) -> (Money, bool) {
    let Some(scheme) = scheme else { return (Money::ZERO, true) };
    let has = |part: &&Part| kind != Kind::Copy || scheme.copy.of(part.size).is_some();
    let known: Vec<Part> = parts.iter().filter(has).copied().collect();
    let Some(usage) = usage(kind, &known) else { return (Money::ZERO, known.len() == parts.len()) };
    match price(scheme, &usage) {
        Ok(amount) => (amount, known.len() == parts.len()),
        Err(PriceRefused::NoPrice(_) | PriceRefused::TooLarge) => (Money::ZERO, false),
    }
}
