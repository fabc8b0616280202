//! The *tracking* store: records of who printed what. Owner: the trackingserver.
//!
//! - [`Tracking`]: add, page, label, delete.
//! - `row`: between a record and its row.
//! - `sums`, `subject`: what is kept with every record so that reports need not read the records.
//! - [`report`], [`job_list`]: what is asked for.
//! - `buried`: ids of deleted records; `collected`: how far a primary has them.

mod buried;
mod collected;
pub mod job_list;
pub mod report;
mod row;
mod subject;
mod sums;
mod table;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use diesel::prelude::*;
use diesel_migrations::embed_migrations;
use domain::Timestamp;
use domain::tracking::Record;

use crate::dialect::insert_if_absent;
use crate::error::{StoreError, StoreResult};
use crate::{AnyConnection, Database, Location, Schema};

use row::Row;
use table::records;

pub use subject::{Detail, Kind};
pub use sums::Totals;

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
    /// Documents that were deleted unprinted, too.
    pub with_deleted: bool,
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
        let store = Self::on(Database::open(location, &SCHEMA)?);
        store.sums_begin()?;
        Ok(store)
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
            let buried = buried::among(connection, &rows)?;
            let mut added = Vec::new();
            for (record, row) in records.iter().zip(&rows) {
                if !buried.contains(&row.tracking_id)
                    && insert_if_absent!(connection, records::table, row, records::tracking_id)? > 0
                {
                    added.push((record, row));
                }
            }
            sums::rows_added(connection, &added)?;
            Ok(added.len() as u64)
        })
    }

    /// Fills the sums from records that were stored before there were sums.
    fn sums_begin(&self) -> StoreResult<()> {
        let is_empty = self.database.read("tracking-sums-look", |connection| {
            let summed: Option<i64> =
                table::sums::table.select(table::sums::kind).first(connection).optional()?;
            let stored: Option<i64> =
                records::table.select(records::sequence).first(connection).optional()?;
            Ok(summed.is_none() && stored.is_some())
        })?;
        if !is_empty {
            return Ok(());
        }
        tracing::info!("the sums of the tracking records are made for the first time");
        self.database.write("tracking-sums-begin", |connection| {
            let mut after = 0;
            loop {
                let rows: Vec<(i64, Row)> = records::table
                    .filter(records::sequence.gt(after))
                    .order(records::sequence)
                    .limit(REBUILD_PART)
                    .select((records::sequence, Row::as_select()))
                    .load(connection)?;
                let Some((last, _)) = rows.last() else { return Ok(()) };
                after = *last;
                let mut read: Vec<(Record, Row)> = Vec::with_capacity(rows.len());
                for (_, row) in rows {
                    read.push((row.clone().try_into()?, row));
                }
                let added: Vec<(&Record, &Row)> = read.iter().map(|(record, row)| (record, row)).collect();
                sums::rows_added(connection, &added)?;
            }
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

    /// Deletes matching records, at most `limit`, so that writers get their turn; answers how many. Their ids are
    /// kept: one of them that is delivered once more is not stored again.
    ///
    /// # Errors
    /// When the database fails; then none is deleted.
    pub fn records_delete(&self, filter: &Filter, limit: i64, now: Timestamp) -> StoreResult<u64> {
        // Whoever adds changes the same sums.
        let _in_order = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        self.database.write("tracking-records-delete", |connection| {
            let chosen = matching(filter).limit(limit).select((records::sequence, Row::as_select()));
            let (sequences, rows): (Vec<i64>, Vec<Row>) =
                chosen.load::<(i64, Row)>(connection)?.into_iter().unzip();
            let mut deleted = 0;
            for part in sequences.chunks(PARAMETERS_MAX) {
                deleted += diesel::delete(records::table.filter(records::sequence.eq_any(part)))
                    .execute(connection)? as u64;
            }
            sums::rows_deleted(connection, &rows)?;
            buried::bury(connection, &rows, now)?;
            Ok(deleted)
        })
    }
}

/// Records of one step when the sums are made from records.
const REBUILD_PART: i64 = 2_000;

/// Most values in one list of a statement; SQLite takes 32,766 parameters.
const PARAMETERS_MAX: usize = 10_000;

type Boxed<'a> = records::BoxedQuery<'a, <AnyConnection as diesel::Connection>::Backend>;

fn matching(filter: &Filter) -> Boxed<'_> {
    let Filter { from_us, to_us, logon, after_sequence, until_sequence, with_deleted } = filter;
    let mut query = records::table.into_boxed();
    if !with_deleted {
        query = query.filter(records::deleted_by.eq(0));
    }
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
