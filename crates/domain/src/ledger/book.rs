//! The part of the books that some orders need, in memory.

use std::collections::{BTreeMap, BTreeSet};

use super::{Counter, Entry, Event, Holder, Purse, Split, State, Transfer, TransferId};
use crate::Timestamp;
use crate::money::Money;

/// Purses and transfers that were loaded, and what orders changed about them.
///
/// Whoever loads must bring every purse and transfer an order names, and every pending transfer of a person
/// whose reservations are to be given free; what is not there counts as "does not exist".
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub(super) purses: BTreeMap<Holder, Purse>,
    pub(super) transfers: BTreeMap<TransferId, Transfer>,
    changed_purses: BTreeSet<Holder>,
    changed_transfers: BTreeSet<TransferId>,
    counters: BTreeMap<Counter, Money>,
    entries: Vec<Entry>,
}

/// What has to be saved.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Purses as they stand.
    pub purses: Vec<Purse>,
    /// Transfers as they stand.
    pub transfers: Vec<Transfer>,
    /// By how much the counters change.
    pub counters: BTreeMap<Counter, Money>,
    /// New lines of the journal, in order.
    pub entries: Vec<Entry>,
}

impl Book {
    /// The loaded part.
    pub fn new(
        purses: impl IntoIterator<Item = Purse>,
        transfers: impl IntoIterator<Item = Transfer>,
    ) -> Self {
        Self {
            purses: purses.into_iter().map(|purse| (purse.holder.clone(), purse)).collect(),
            transfers: transfers.into_iter().map(|transfer| (transfer.id.clone(), transfer)).collect(),
            ..Self::default()
        }
    }

    /// A purse as it stands.
    pub fn purse(&self, holder: &Holder) -> Option<&Purse> {
        self.purses.get(holder)
    }

    /// A transfer as it stands.
    pub fn transfer(&self, id: &TransferId) -> Option<&Transfer> {
        self.transfers.get(id)
    }

    /// Every purse that is here.
    pub fn purses(&self) -> impl Iterator<Item = &Purse> {
        self.purses.values()
    }

    /// Every transfer that is here.
    pub fn transfers(&self) -> impl Iterator<Item = &Transfer> {
        self.transfers.values()
    }

    /// What changed since it was loaded.
    pub fn into_changes(self) -> Changes {
        let Self { purses, transfers, changed_purses, changed_transfers, counters, entries } = self;
        let purses = purses.into_values().filter(|purse| changed_purses.contains(&purse.holder)).collect();
        let transfers =
            transfers.into_values().filter(|transfer| changed_transfers.contains(&transfer.id)).collect();
        Changes { purses, transfers, counters, entries }
    }

    /// Takes over a new purse.
    pub(super) fn open(&mut self, purse: Purse) {
        self.changed_purses.insert(purse.holder.clone());
        self.purses.insert(purse.holder.clone(), purse);
    }

    /// Takes over a transfer that is new or changed.
    pub(super) fn put(&mut self, transfer: Transfer) {
        self.changed_transfers.insert(transfer.id.clone());
        self.transfers.insert(transfer.id.clone(), transfer);
    }

    /// Changes a purse and writes the line of the journal that says so.
    pub(super) fn write(&mut self, transfer: &Transfer, event: Event, change: Change, now: Timestamp) {
        let Change { balance, reserved, low_limit, counter } = change;
        let purse = self.purses.get_mut(&transfer.holder).expect("the rule has looked at the purse before");
        purse.balance = purse.balance + balance;
        purse.reserved = purse.reserved + reserved;
        purse.low_limit = Money(purse.low_limit.0 + low_limit.0);
        self.changed_purses.insert(transfer.holder.clone());
        let other_side = self.counters.entry(counter).or_default();
        *other_side = Money(other_side.0 - balance.sum().0);
        self.entries.push(Entry {
            transfer: transfer.id.clone(),
            holder: transfer.holder.clone(),
            event,
            balance,
            reserved,
            low_limit,
            counter,
            balance_after: purse.balance,
            at: now,
        });
    }

    /// Pending reservations of a person, newest first.
    pub(super) fn pending(&self, holder: &Holder) -> Vec<Transfer> {
        let mut pending: Vec<Transfer> = self
            .transfers
            .values()
            .filter(|transfer| transfer.holder == *holder && transfer.state == State::Pending)
            .cloned()
            .collect();
        pending.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        pending
    }
}

/// How a purse changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) balance: Split,
    pub(super) reserved: Split,
    pub(super) low_limit: Money,
    pub(super) counter: Counter,
}

impl Change {
    /// Nothing moves between purse and house.
    pub(super) fn nothing(counter: Counter) -> Self {
        Self { balance: Split::default(), reserved: Split::default(), low_limit: Money::ZERO, counter }
    }

    /// Moves to and from a counter.
    pub(super) fn moves(balance: Split, counter: Counter) -> Self {
        Self { balance, ..Self::nothing(counter) }
    }

    /// Only what is reserved changes.
    pub(super) fn reserves(reserved: Split) -> Self {
        Self { reserved, ..Self::nothing(Counter::Sales) }
    }
}
