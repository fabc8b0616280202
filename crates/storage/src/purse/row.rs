//! Between the values of the books and their rows.

use diesel::prelude::*;
use domain::ledger::{
    Account, Counter, Entry, Event, Holder, Memo, Policy, Purse, Request, Split, State, Transfer, TransferId,
};
use domain::{Money, Timestamp};

use super::corrupt;
use super::table::{entries, purses, transfers};
use crate::error::{StoreError, StoreResult};

/// Kinds of transfers that a cashier makes: deposits, withdrawals, balances set by hand.
pub(super) const CASH_KINDS: [i64; 3] = [2, 3, 4];

/// The state of a transfer that is pending, as it is stored.
pub(super) const PENDING: i64 = 1;

#[derive(AsChangeset, Clone, Debug, Eq, Insertable, PartialEq, Queryable)]
#[diesel(table_name = purses)]
pub(super) struct PurseRow {
    pub(super) holder: String,
    pub(super) balance_one: i64,
    pub(super) balance_two: i64,
    pub(super) reserved_one: i64,
    pub(super) reserved_two: i64,
    pub(super) low_limit: i64,
    pub(super) opened_us: i64,
}

#[derive(AsChangeset, Clone, Debug, Eq, Insertable, PartialEq, Queryable)]
#[diesel(table_name = transfers)]
pub(super) struct TransferRow {
    pub(super) id: String,
    pub(super) holder: String,
    pub(super) kind: i64,
    pub(super) account: i64,
    pub(super) amount: i64,
    pub(super) policy: i64,
    pub(super) expires_us: i64,
    pub(super) author: String,
    pub(super) gid: String,
    pub(super) comment: String,
    pub(super) state: i64,
    pub(super) split_one: i64,
    pub(super) split_two: i64,
    pub(super) created_us: i64,
    pub(super) ended_us: i64,
}

#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = entries)]
pub(super) struct EntryRow {
    pub(super) sequence: i64,
    pub(super) transfer: String,
    pub(super) holder: String,
    pub(super) event: i64,
    pub(super) balance_one: i64,
    pub(super) balance_two: i64,
    pub(super) reserved_one: i64,
    pub(super) reserved_two: i64,
    pub(super) low_limit: i64,
    pub(super) counter: i64,
    pub(super) after_one: i64,
    pub(super) after_two: i64,
    pub(super) at_us: i64,
    pub(super) hash: Vec<u8>,
}

impl From<&Purse> for PurseRow {
    fn from(purse: &Purse) -> Self {
        Self {
            holder: purse.holder.as_str().to_owned(),
            balance_one: purse.balance.one.0,
            balance_two: purse.balance.two.0,
            reserved_one: purse.reserved.one.0,
            reserved_two: purse.reserved.two.0,
            low_limit: purse.low_limit.0,
            opened_us: purse.opened.0,
        }
    }
}

impl TryFrom<PurseRow> for Purse {
    type Error = StoreError;

    fn try_from(row: PurseRow) -> StoreResult<Self> {
        Ok(Self {
            holder: holder("purses", &row.holder)?,
            balance: split(row.balance_one, row.balance_two),
            reserved: split(row.reserved_one, row.reserved_two),
            low_limit: Money(row.low_limit),
            opened: Timestamp(row.opened_us),
        })
    }
}

impl From<&Transfer> for TransferRow {
    fn from(transfer: &Transfer) -> Self {
        let (kind, account, amount, policy, expires) = match transfer.request {
            Request::Open => (1, 0, Money::ZERO, 0, Timestamp(0)),
            Request::Deposit(account, amount) => (2, account_number(account), amount, 0, Timestamp(0)),
            Request::Withdraw(account, amount) => (3, account_number(account), amount, 0, Timestamp(0)),
            Request::Set(account, amount) => (4, account_number(account), amount, 0, Timestamp(0)),
            Request::LimitSet(amount) => (5, 0, amount, 0, Timestamp(0)),
            Request::Reserve { amount, policy, expires } => (6, 0, amount, policy_number(policy), expires),
            Request::ReserveAll { policy, expires } => (7, 0, Money::ZERO, policy_number(policy), expires),
            Request::Free(amount) => (8, 0, amount, 0, Timestamp(0)),
        };
        Self {
            id: transfer.id.as_str().to_owned(),
            holder: transfer.holder.as_str().to_owned(),
            kind,
            account,
            amount: amount.0,
            policy,
            expires_us: expires.0,
            author: transfer.memo.author.clone(),
            gid: transfer.memo.gid.clone(),
            comment: transfer.memo.comment.clone(),
            state: match transfer.state {
                State::Pending => PENDING,
                State::Posted => 2,
                State::Voided => 3,
                State::Expired => 4,
            },
            split_one: transfer.split.one.0,
            split_two: transfer.split.two.0,
            created_us: transfer.created.0,
            ended_us: transfer.ended.0,
        }
    }
}

impl TryFrom<TransferRow> for Transfer {
    type Error = StoreError;

    fn try_from(row: TransferRow) -> StoreResult<Self> {
        let (amount, expires) = (Money(row.amount), Timestamp(row.expires_us));
        let request = match row.kind {
            1 => Request::Open,
            2 => Request::Deposit(account(row.account)?, amount),
            3 => Request::Withdraw(account(row.account)?, amount),
            4 => Request::Set(account(row.account)?, amount),
            5 => Request::LimitSet(amount),
            6 => Request::Reserve { amount, policy: policy(row.policy)?, expires },
            7 => Request::ReserveAll { policy: policy(row.policy)?, expires },
            8 => Request::Free(amount),
            other => return Err(corrupt("transfers", "kind", other)),
        };
        let state = match row.state {
            PENDING => State::Pending,
            2 => State::Posted,
            3 => State::Voided,
            4 => State::Expired,
            other => return Err(corrupt("transfers", "state", other)),
        };
        Ok(Self {
            id: TransferId::parse(&row.id).ok_or_else(|| corrupt("transfers", "id", &row.id))?,
            holder: holder("transfers", &row.holder)?,
            request,
            memo: Memo { author: row.author, gid: row.gid, comment: row.comment },
            state,
            split: split(row.split_one, row.split_two),
            created: Timestamp(row.created_us),
            ended: Timestamp(row.ended_us),
        })
    }
}

impl EntryRow {
    /// The row of `entry`; its hash is put in by the chain.
    pub(super) fn new(sequence: i64, entry: &Entry) -> Self {
        Self {
            sequence,
            transfer: entry.transfer.as_str().to_owned(),
            holder: entry.holder.as_str().to_owned(),
            event: event_number(entry.event),
            balance_one: entry.balance.one.0,
            balance_two: entry.balance.two.0,
            reserved_one: entry.reserved.one.0,
            reserved_two: entry.reserved.two.0,
            low_limit: entry.low_limit.0,
            counter: counter_number(entry.counter),
            after_one: entry.balance_after.one.0,
            after_two: entry.balance_after.two.0,
            at_us: entry.at.0,
            hash: Vec::new(),
        }
    }
}

fn split(one: i64, two: i64) -> Split {
    Split { one: Money(one), two: Money(two) }
}

fn holder(table: &'static str, text: &str) -> StoreResult<Holder> {
    Holder::parse(text).filter(|holder| holder.as_str() == text).ok_or_else(|| corrupt(table, "holder", text))
}

pub(super) fn account_number(account: Account) -> i64 {
    match account {
        Account::One => 1,
        Account::Two => 2,
    }
}

fn account(number: i64) -> StoreResult<Account> {
    match number {
        1 => Ok(Account::One),
        2 => Ok(Account::Two),
        other => Err(corrupt("transfers", "account", other)),
    }
}

fn policy_number(policy: Policy) -> i64 {
    match policy {
        Policy::Full => 1,
        Policy::Partial => 2,
        Policy::Quota => 3,
    }
}

fn policy(number: i64) -> StoreResult<Policy> {
    match number {
        1 => Ok(Policy::Full),
        2 => Ok(Policy::Partial),
        3 => Ok(Policy::Quota),
        other => Err(corrupt("transfers", "policy", other)),
    }
}

pub(super) fn counter_number(counter: Counter) -> i64 {
    match counter {
        Counter::Cash => 1,
        Counter::Grants => 2,
        Counter::Adjustments => 3,
        Counter::Sales => 4,
    }
}

pub(super) fn counter(number: i64) -> StoreResult<Counter> {
    Counter::ALL
        .into_iter()
        .find(|counter| counter_number(*counter) == number)
        .ok_or_else(|| corrupt("counters", "counter", number))
}

fn event_number(event: Event) -> i64 {
    match event {
        Event::Opened => 1,
        Event::Deposited => 2,
        Event::Withdrawn => 3,
        Event::BalanceSet => 4,
        Event::LimitSet => 5,
        Event::Reserved => 6,
        Event::Settled => 7,
        Event::Voided => 8,
        Event::Expired => 9,
        Event::Reduced => 10,
        Event::Freed => 11,
    }
}

/// Event numbers the proof has to tell apart.
pub(super) mod event {
    pub(in crate::purse) const OPENED: i64 = 1;
    pub(in crate::purse) const RESERVED: i64 = 6;
    pub(in crate::purse) const SETTLED: i64 = 7;
    pub(in crate::purse) const VOIDED: i64 = 8;
    pub(in crate::purse) const EXPIRED: i64 = 9;
    pub(in crate::purse) const REDUCED: i64 = 10;
}
