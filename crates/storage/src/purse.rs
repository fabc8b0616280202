//! The *purse* store: the books of `domain::ledger`. Owner: the moneyserver.
//!
//! - [`Purses`]: many orders in one transaction; purses, transfers and counters as they stand.
//! - [`CashFilter`], [`Totals`]: the cashier's reports.
//! - [`Cleaned`]: old transactions are taken out, and the rest can still be proved.
//! - [`Proof`]: whether the books are what the journal says.
//! - `row`: between values and rows; `load`, `save`, `save_postgres`: the part of the books some orders need; `chain`: the hashes.

mod chain;
mod checkpoint;
mod clean;
mod load;
mod proof;
mod report;
mod row;
mod save;
mod save_postgres;
mod table;
#[cfg(test)]
mod tests;

use diesel::prelude::*;
use diesel_migrations::embed_migrations;
use domain::ledger::{Counter, Holder, Order, Purse, Receipt, Refused, Transfer, TransferId};
use domain::{Money, Timestamp};

use crate::error::{StoreError, StoreResult};
use crate::{Database, Location, Schema};

pub use clean::Cleaned;
pub use proof::{FINDINGS_MAX, Proof};
pub use report::{CashFilter, Totals};
use row::{PurseRow, TransferRow};
use table::{counters, purses, transfers};

/// Tables of the store.
pub const SCHEMA: Schema = Schema {
    name: "purse",
    sqlite: embed_migrations!("../../migrations/purse/sqlite"),
    postgres: embed_migrations!("../../migrations/purse/postgres"),
};

/// Most orders of one batch, so that the lists of a statement stay within SQLite's 32,766 parameters.
pub const BATCH_MAX: usize = 1_000;

/// The store. Cloning is cheap; the calls block.
#[derive(Clone)]
pub struct Purses {
    database: Database,
}

impl Purses {
    /// Opens the store, bringing it to this program's version.
    ///
    /// # Errors
    /// When the database cannot be reached or migrated.
    pub fn open(location: Location) -> StoreResult<Self> {
        Ok(Self::on(Database::open(location, &SCHEMA)?))
    }

    /// The store on an open database.
    pub fn on(database: Database) -> Self {
        Self { database }
    }

    /// The database below, for a backup.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Does what the orders ask, one after the other, in one transaction; durable when answered. A refused
    /// order leaves nothing behind and does not touch the others.
    ///
    /// # Errors
    /// When the database fails; then none is done.
    pub fn batch(&self, orders: &[Order], now: Timestamp) -> StoreResult<Vec<Result<Receipt, Refused>>> {
        self.database.write("purse-batch", |connection| {
            let mut book = load::book(connection, orders)?;
            let answers = orders.iter().map(|order| book.apply(order, now)).collect();
            save::changes(connection, book)?;
            Ok(answers)
        })
    }

    /// One person's purse.
    ///
    /// # Errors
    /// When the database fails or the row cannot be read.
    pub fn purse(&self, holder: &Holder) -> StoreResult<Option<Purse>> {
        self.database.read("purse-purse", |connection| {
            let row: Option<PurseRow> = purses::table.find(holder.as_str()).first(connection).optional()?;
            row.map(Purse::try_from).transpose()
        })
    }

    /// At most `limit` purses in the order of their holders, after `after`.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn purses_page(&self, after: Option<&Holder>, limit: i64) -> StoreResult<Vec<Purse>> {
        self.database.read("purse-purses-page", |connection| {
            let rows: Vec<PurseRow> = purses::table
                .filter(purses::holder.gt(after.map_or("", Holder::as_str)))
                .order(purses::holder)
                .limit(limit)
                .load(connection)?;
            rows.into_iter().map(Purse::try_from).collect()
        })
    }

    /// One transfer.
    ///
    /// # Errors
    /// When the database fails or the row cannot be read.
    pub fn transfer(&self, id: &TransferId) -> StoreResult<Option<Transfer>> {
        self.database.read("purse-transfer", |connection| {
            let row: Option<TransferRow> = transfers::table.find(id.as_str()).first(connection).optional()?;
            row.map(Transfer::try_from).transpose()
        })
    }

    /// At most `limit` transfers of a person, the newest first, before the transfer `before`.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn transfers_page(
        &self,
        holder: &Holder,
        before: Option<&Transfer>,
        limit: i64,
    ) -> StoreResult<Vec<Transfer>> {
        self.database.read("purse-transfers-page", |connection| {
            let mut query = transfers::table.filter(transfers::holder.eq(holder.as_str())).into_boxed();
            if let Some(before) = before {
                let (created, id) = (before.created.0, before.id.as_str());
                query = query
                    .filter(transfers::created_us.le(created))
                    .filter(transfers::created_us.lt(created).or(transfers::id.lt(id)));
            }
            let order = (transfers::created_us.desc(), transfers::id.desc());
            let rows: Vec<TransferRow> = query.order(order).limit(limit).load(connection)?;
            rows.into_iter().map(Transfer::try_from).collect()
        })
    }

    /// At most `limit` pending reservations, the oldest first; of everybody, or those that expired until `due`.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn transfers_pending(&self, due: Option<Timestamp>, limit: i64) -> StoreResult<Vec<Transfer>> {
        self.database.read("purse-transfers-pending", |connection| {
            let mut query = transfers::table.filter(transfers::state.eq(row::PENDING)).into_boxed();
            if let Some(due) = due {
                query = query.filter(transfers::expires_us.gt(0)).filter(transfers::expires_us.le(due.0));
            }
            let order = (transfers::created_us, transfers::id);
            let rows: Vec<TransferRow> = query.order(order).limit(limit).load(connection)?;
            rows.into_iter().map(Transfer::try_from).collect()
        })
    }

    /// What stands on the counters of the house.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn counters(&self) -> StoreResult<Vec<(Counter, Money)>> {
        self.database.read("purse-counters", |connection| {
            let rows: Vec<(i64, i64)> = counters::table.order(counters::counter).load(connection)?;
            rows.into_iter().map(|(counter, balance)| Ok((row::counter(counter)?, Money(balance)))).collect()
        })
    }

    /// Proves the books: the journal's hashes, and that purses, transfers and counters are what it says.
    ///
    /// # Errors
    /// When the database fails. What is wrong with the books is not an error but a finding.
    pub fn prove(&self) -> StoreResult<Proof> {
        self.database.read("purse-prove", proof::prove)
    }
}

fn corrupt(table: &'static str, column: &'static str, why: impl ToString) -> StoreError {
    StoreError::Corrupt { table, column, why: why.to_string() }
}
