//! The *tracking* store: records of who printed what. Owner: the trackingserver.
//!
//! - [`Tracking`]: add, page, label, delete.
//! - `row`: between a record and its row.

mod row;
mod table;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use diesel::prelude::*;
use diesel_migrations::embed_migrations;
use domain::tracking::Record;

use crate::dialect::insert_if_absent;
use crate::error::{StoreError, StoreResult};
use crate::{AnyConnection, Database, Location, Schema};

use row::Row;
use table::records;

/// Tables of the store.
pub const SCHEMA: Schema = Schema {
    name: "tracking",
    sqlite: embed_migrations!("../../migrations/tracking/sqlite"),
    postgres: embed_migrations!("../../migrations/tracking/postgres"),
};

/// A record and its place in the store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored {
    /// Grows in the order in which records were stored.
    pub sequence: i64,
    /// The record.
    pub record: Record,
}

/// Which records are meant. The default means all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// First instant of the period, over the stop date, microseconds.
    pub from_us: Option<i64>,
    /// First instant after the period, microseconds.
    pub to_us: Option<i64>,
    /// Only records of this logon.
    pub logon: Option<String>,
    /// Only records stored after this sequence.
    pub after_sequence: Option<i64>,
    /// Only records stored up to this sequence.
    pub until_sequence: Option<i64>,
}

/// A place between two records in the order of [`Tracking::records_page`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    stop_us: i64,
    sequence: i64,
}

impl Place {
    /// The place after `stored`.
    pub fn after(stored: &Stored) -> Self {
        Self { stop_us: stored.record.stop.0, sequence: stored.sequence }
    }
}

/// The store. Cloning is cheap; the calls block.
#[derive(Clone)]
pub struct Tracking {
    database: Database,
    /// Records become visible in the order of their sequence: an export that saw sequence 6 has seen 5,
    /// so that deleting "what was exported" can name a sequence. PostgreSQL alone would not promise that.
    adding: Arc<Mutex<()>>,
}

impl Tracking {
    /// Opens the store, bringing it to this program's version.
    ///
    /// # Errors
    /// When the database cannot be reached or migrated.
    pub fn open(location: Location) -> StoreResult<Self> {
        Ok(Self::on(Database::open(location, &SCHEMA)?))
    }

    /// The store on an open database.
    pub fn on(database: Database) -> Self {
        Self { database, adding: Arc::default() }
    }

    /// The database below, for a backup.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Stores records in one transaction; those whose tracking id is known already change nothing.
    /// Answers how many were new. Durable when answered.
    ///
    /// # Errors
    /// When the database fails; then none is stored.
    pub fn records_add(&self, records: &[Record]) -> StoreResult<u64> {
        let rows: Vec<Row> = records.iter().map(Row::from).collect();
        let _in_order = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        self.database.write("tracking-records-add", |connection| {
            let mut added = 0;
            for row in &rows {
                added += insert_if_absent!(connection, records::table, row, records::tracking_id)? as u64;
            }
            Ok(added)
        })
    }

    /// At most `limit` records, in the order of stop date and sequence, from `place` on.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn records_page(
        &self,
        filter: &Filter,
        place: Option<Place>,
        limit: i64,
    ) -> StoreResult<Vec<Stored>> {
        let rows = self.database.read("tracking-records-page", |connection| {
            let mut query = matching(filter);
            if let Some(Place { stop_us, sequence }) = place {
                // The first condition is implied by the second; an index can be entered by it.
                query = query
                    .filter(records::stop_us.ge(stop_us))
                    .filter(records::stop_us.gt(stop_us).or(records::sequence.gt(sequence)));
            }
            Ok(query
                .order((records::stop_us, records::sequence))
                .limit(limit)
                .select((records::sequence, Row::as_select()))
                .load::<(i64, Row)>(connection)?)
        })?;
        rows.into_iter().map(|(sequence, row)| Ok(Stored { sequence, record: row.try_into()? })).collect()
    }

    /// The last sequence given; 0 when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sequence_last(&self) -> StoreResult<i64> {
        self.database.read("tracking-sequence-last", |connection| {
            let last: Option<i64> =
                records::table.select(diesel::dsl::max(records::sequence)).first(connection)?;
            Ok(last.unwrap_or(0))
        })
    }

    /// Puts `label` on matching records that have none, at most `limit`, so that writers get their turn;
    /// answers how many got it.
    ///
    /// # Errors
    /// When the database fails; then none is labelled.
    pub fn records_label(&self, filter: &Filter, label: &str, limit: i64) -> StoreResult<u64> {
        self.database.write("tracking-records-label", |connection| {
            let chosen = matching(filter).filter(records::export_label.eq("")).limit(limit);
            let sequences: Vec<i64> = chosen.select(records::sequence).load(connection)?;
            let mut labelled = 0;
            for part in sequences.chunks(PARAMETERS_MAX) {
                labelled += diesel::update(records::table.filter(records::sequence.eq_any(part)))
                    .set(records::export_label.eq(label))
                    .execute(connection)? as u64;
            }
            Ok(labelled)
        })
    }

    /// Deletes matching records, at most `limit`, so that writers get their turn; answers how many.
    ///
    /// # Errors
    /// When the database fails; then none is deleted.
    pub fn records_delete(&self, filter: &Filter, limit: i64) -> StoreResult<u64> {
        self.database.write("tracking-records-delete", |connection| {
            let chosen = matching(filter).limit(limit);
            let sequences: Vec<i64> = chosen.select(records::sequence).load(connection)?;
            let mut deleted = 0;
            for part in sequences.chunks(PARAMETERS_MAX) {
                deleted += diesel::delete(records::table.filter(records::sequence.eq_any(part)))
                    .execute(connection)? as u64;
            }
            Ok(deleted)
        })
    }
}

/// Most values in one list of a statement; SQLite takes 32,766 parameters.
const PARAMETERS_MAX: usize = 10_000;

type Boxed<'a> = records::BoxedQuery<'a, <AnyConnection as diesel::Connection>::Backend>;

fn matching(filter: &Filter) -> Boxed<'_> {
    let Filter { from_us, to_us, logon, after_sequence, until_sequence } = filter;
    let mut query = records::table.into_boxed();
    if let Some(from) = from_us {
        query = query.filter(records::stop_us.ge(from));
    }
    if let Some(to) = to_us {
        query = query.filter(records::stop_us.lt(to));
    }
    if let Some(logon) = logon {
        query = query.filter(records::user_logon.eq(logon));
    }
    if let Some(after) = after_sequence {
        query = query.filter(records::sequence.gt(after));
    }
    if let Some(until) = until_sequence {
        query = query.filter(records::sequence.le(until));
    }
    query
}

fn corrupt(column: &'static str, why: impl ToString) -> StoreError {
    StoreError::Corrupt { table: "records", column, why: why.to_string() }
}
