//! The cashier's reports: what went in and out by hand, and what is in the system.

use diesel::prelude::*;
use domain::ledger::{Account, Split, Transfer};
use domain::{Money, Timestamp};

use super::Purses;
use super::row::{CASH_KINDS, TransferRow, account_number};
use super::table::{purses, transfers};
use crate::error::StoreResult;

/// Purses summed up at a time.
const PAGE: i64 = 5_000;

/// Which movements a cash flow report lists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CashFilter {
    /// Begin of the period, inside.
    pub from: Timestamp,
    /// End of the period, outside.
    pub to: Timestamp,
    /// One account, or both.
    pub account: Option<Account>,
    /// Only movements of this author; empty for everybody's.
    pub author: String,
}

/// What is in the system.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// How many purses.
    pub purses: i64,
    /// What is on them.
    pub balance: Split,
    /// Of that, reserved.
    pub reserved: Split,
}

impl Purses {
    /// At most `limit` deposits, withdrawals and balances set by hand, the oldest first, after the transfer `after`.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn transfers_cash(
        &self,
        filter: &CashFilter,
        after: Option<&Transfer>,
        limit: i64,
    ) -> StoreResult<Vec<Transfer>> {
        self.database.read("purse-transfers-cash", |connection| {
            let mut query = transfers::table
                .filter(transfers::kind.eq_any(CASH_KINDS))
                .filter(transfers::created_us.ge(filter.from.0))
                .filter(transfers::created_us.lt(filter.to.0))
                .into_boxed();
            if let Some(account) = filter.account {
                query = query.filter(transfers::account.eq(account_number(account)));
            }
            if !filter.author.is_empty() {
                query = query.filter(transfers::author.eq(&filter.author));
            }
            if let Some(after) = after {
                let (created, id) = (after.created.0, after.id.as_str());
                query = query
                    .filter(transfers::created_us.ge(created))
                    .filter(transfers::created_us.gt(created).or(transfers::id.gt(id)));
            }
            let order = (transfers::created_us, transfers::id);
            let rows: Vec<TransferRow> = query.order(order).limit(limit).load(connection)?;
            rows.into_iter().map(Transfer::try_from).collect()
        })
    }

    /// What is in the system.
    ///
    /// # Errors
    /// When the database fails.
    pub fn totals(&self) -> StoreResult<Totals> {
        // Summed here: the sum of whole numbers is a decimal on PostgreSQL and whole on SQLite.
        self.database.read("purse-totals", |connection| {
            let mut totals = Totals::default();
            let mut after = String::new();
            loop {
                let page: Vec<(String, i64, i64, i64, i64)> = purses::table
                    .filter(purses::holder.gt(&after))
                    .order(purses::holder)
                    .limit(PAGE)
                    .select((
                        purses::holder,
                        purses::balance_one,
                        purses::balance_two,
                        purses::reserved_one,
                        purses::reserved_two,
                    ))
                    .load(connection)?;
                let Some((last, ..)) = page.last() else { return Ok(totals) };
                after.clone_from(last);
                for (_, one, two, reserved_one, reserved_two) in page {
                    totals.purses += 1;
                    totals.balance = totals.balance + Split { one: Money(one), two: Money(two) };
                    totals.reserved =
                        totals.reserved + Split { one: Money(reserved_one), two: Money(reserved_two) };
                }
            }
        })
    }
}
