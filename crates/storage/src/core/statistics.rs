//! What there was at each scheduled integrity check.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use domain::Timestamp;
use domain::job::State;

use super::CoreStore;
use super::schema::{cards, devices, jobs, queues, statistics, users};
use crate::StoreResult;
use crate::dialect::insert_returning;

/// One check and what there was.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StatisticsRow {
    /// Its number.
    pub id: i64,
    /// When it began.
    pub at: Timestamp,
    /// Documents that were held.
    pub documents: i64,
    /// Their size.
    pub bytes: i64,
    /// People.
    pub people: i64,
    /// Cards and ID codes.
    pub cards: i64,
    /// Devices.
    pub devices: i64,
    /// Queues.
    pub queues: i64,
    /// What the check had to say.
    pub findings: i64,
    /// Documents that were ended or forgotten because of their age.
    pub deleted: i64,
}

type Columns = (i64, i64, Option<i64>, i64, i64, i64, i64, i64, i64, i64, i64);

fn row(columns: Columns) -> StatisticsRow {
    let (id, at, _, documents, bytes, people, cards, devices, queues, findings, deleted) = columns;
    StatisticsRow {
        id,
        at: Timestamp(at),
        documents,
        bytes,
        people,
        cards,
        devices,
        queues,
        findings,
        deleted,
    }
}

impl CoreStore {
    /// When the last check began, finished or not.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn statistics_last(&self) -> StoreResult<Option<Timestamp>> {
        self.database.read("statistics-last", |connection| {
            let last = statistics::table.order(statistics::id.desc()).select(statistics::at_us);
            Ok(last.first::<i64>(connection).optional()?.map(Timestamp))
        })
    }

    /// Writes down that a check begins at `at`, unless another began after `last` was read.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn statistics_begin(&self, last: Option<Timestamp>, at: Timestamp) -> StoreResult<Option<i64>> {
        self.database.write("statistics-begin", |connection| {
            let known = statistics::table
                .order(statistics::id.desc())
                .select(statistics::at_us)
                .first::<i64>(connection)
                .optional()?;
            if known.map(Timestamp) != last {
                return Ok(None);
            }
            let row = (
                statistics::at_us.eq(at.0),
                statistics::documents.eq(0_i64),
                statistics::bytes.eq(0_i64),
                statistics::people.eq(0_i64),
                statistics::cards.eq(0_i64),
                statistics::devices.eq(0_i64),
                statistics::queues.eq(0_i64),
                statistics::findings.eq(0_i64),
                statistics::deleted.eq(0_i64),
            );
            Ok(Some(insert_returning!(connection, statistics::table, row, statistics::id)?))
        })
    }

    /// Counts what there is and ends the check that [`CoreStore::statistics_begin`] began.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn statistics_end(&self, id: i64, findings: i64, deleted: i64, now: Timestamp) -> StoreResult<()> {
        self.database.write("statistics-end", |connection| {
            let held = jobs::table.filter(jobs::state.eq(State::Held as i64));
            let documents: i64 = held.count().get_result(connection)?;
            let size = held.select(sql::<Nullable<BigInt>>("CAST(SUM(bytes) AS BIGINT)"));
            let size: Option<i64> = size.get_result(connection)?;
            let changes = (
                statistics::documents.eq(documents),
                statistics::bytes.eq(size.unwrap_or(0)),
                statistics::people.eq(users::table.count().get_result::<i64>(connection)?),
                statistics::cards.eq(cards::table.count().get_result::<i64>(connection)?),
                statistics::devices.eq(devices::table.count().get_result::<i64>(connection)?),
                statistics::queues.eq(queues::table.count().get_result::<i64>(connection)?),
                statistics::findings.eq(findings),
                statistics::deleted.eq(deleted),
                statistics::ended_us.eq(Some(now.0)),
            );
            diesel::update(statistics::table.find(id)).set(changes).execute(connection)?;
            Ok(())
        })
    }

    /// Finished checks before the one with the number `before` (0: all), the newest first.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn statistics_list(&self, before: i64, limit: i64) -> StoreResult<Vec<StatisticsRow>> {
        self.database.read("statistics-list", |connection| {
            let mut found = statistics::table.filter(statistics::ended_us.is_not_null()).into_boxed();
            if before > 0 {
                found = found.filter(statistics::id.lt(before));
            }
            let rows: Vec<Columns> = found.order(statistics::id.desc()).limit(limit).load(connection)?;
            Ok(rows.into_iter().map(row).collect())
        })
    }

    /// Forgets checks that began before `before`; answers with how many.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn statistics_forget(&self, before: Timestamp) -> StoreResult<usize> {
        self.database.write("statistics-forget", |connection| {
            Ok(diesel::delete(statistics::table.filter(statistics::at_us.lt(before.0)))
                .execute(connection)?)
        })
    }
}
