//! The job list in one of its orders, from any place on.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text, Untyped};

use super::report::{Include, Period};
use super::row::Row;
use super::table::records;
use super::{Stored, Tracking};
use crate::StoreResult;

/// Up to so many records of a period are sorted; of more, the index of the order is walked.
const SORTED_MAX: i64 = 100_000;

/// What a list of jobs is sorted by; ties by stop date and sequence.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum JobSort {
    /// Stop date.
    #[default]
    Date,
    /// Logon.
    User,
    /// Device.
    Device,
    /// Pages.
    Pages,
    /// Price by the first scheme.
    Price,
}

/// What a job is sorted by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum JobKey {
    /// Of [`JobSort::Date`].
    None,
    /// Of [`JobSort::User`] and [`JobSort::Device`].
    Text(String),
    /// Of [`JobSort::Pages`] and [`JobSort::Price`].
    Number(i64),
}

/// A place in a sorted list: just after a job.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JobPlace {
    /// What the job is sorted by.
    pub key: JobKey,
    /// Its stop date, microseconds.
    pub stop_us: i64,
    /// Its sequence.
    pub sequence: i64,
}

impl JobPlace {
    /// The place after `stored` in a list sorted by `sort`.
    pub fn after(stored: &Stored, sort: JobSort) -> Self {
        let record = &stored.record;
        let key = match sort {
            JobSort::Date => JobKey::None,
            JobSort::User => JobKey::Text(record.user.logon.clone()),
            JobSort::Device => JobKey::Text(record.device.name.clone()),
            JobSort::Pages => JobKey::Number(record.pages.tracked),
            JobSort::Price => JobKey::Number(record.job.price.0),
        };
        Self { key, stop_us: record.stop.0, sequence: stored.sequence }
    }
}

/// Which jobs, in which order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct JobQuery {
    /// Of which time.
    pub period: Period,
    /// Of which kind.
    pub include: Include,
    /// Only of this logon.
    pub logon: Option<String>,
    /// Only at this device.
    pub device: Option<String>,
    /// In which order.
    pub sort: JobSort,
    /// Smallest first.
    pub ascending: bool,
    /// From which place on.
    pub after: Option<JobPlace>,
    /// Rows at most.
    pub limit: i64,
}

impl Tracking {
    /// A page of the job list. A place whose key is of another order than the query's finds the first page.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn report_jobs(&self, query: &JobQuery) -> StoreResult<Vec<Stored>> {
        let rows = self.database.read("tracking-report-jobs", |connection| {
            let is_narrow = query.logon.is_some() || query.device.is_some();
            let walks = match query.sort {
                JobSort::Date => true,
                _ if is_narrow => false,
                _ => Self::records_in(connection, query.period)? > SORTED_MAX,
            };
            let statement = statement(query, walks);
            Ok(statement
                .limit(query.limit)
                .select((records::sequence, Row::as_select()))
                .load::<(i64, Row)>(connection)?)
        })?;
        rows.into_iter().map(|(sequence, row)| Ok(Stored { sequence, record: row.try_into()? })).collect()
    }

    /// The record of an id.
    ///
    /// # Errors
    /// When the database fails or the row cannot be read.
    pub fn record_show(&self, tracking_id: &str) -> StoreResult<Option<Stored>> {
        let row = self.database.read("tracking-record-show", |connection| {
            Ok(records::table
                .filter(records::tracking_id.eq(tracking_id))
                .select((records::sequence, Row::as_select()))
                .first::<(i64, Row)>(connection)
                .optional()?)
        })?;
        row.map(|(sequence, row)| Ok(Stored { sequence, record: row.try_into()? })).transpose()
    }
}

type Backend = <crate::AnyConnection as diesel::Connection>::Backend;

/// The order decides which index is read; "+" and "||" keep a planner that has no statistics from another one.
fn statement(query: &JobQuery, walks: bool) -> records::BoxedQuery<'_, Backend> {
    let column = match (query.sort, walks) {
        (JobSort::Date, _) => None,
        (JobSort::User, true) => Some("user_logon"),
        (JobSort::User, false) => Some("(user_logon || '')"),
        (JobSort::Device, true) => Some("device_name"),
        (JobSort::Device, false) => Some("(device_name || '')"),
        (JobSort::Pages, true) => Some("pages"),
        (JobSort::Pages, false) => Some("(+pages)"),
        (JobSort::Price, true) => Some("price"),
        (JobSort::Price, false) => Some("(+price)"),
    };
    let by_date = query.sort == JobSort::Date;
    // An order that is walked must not be left for the index of dates.
    let stop = if walks && !by_date { "(+stop_us)" } else { "stop_us" };
    let (direction, beyond) = if query.ascending { ("ASC", ">") } else { ("DESC", "<") };
    let mut statement = records::table.filter(records::deleted_by.eq(0)).into_boxed();
    if let Some(from) = query.period.from_us {
        statement = statement.filter(sql::<Bool>(stop).sql(" >= ").bind::<BigInt, _>(from));
    }
    if let Some(to) = query.period.to_us {
        statement = statement.filter(sql::<Bool>(stop).sql(" < ").bind::<BigInt, _>(to));
    }
    match query.include {
        Include::All => {}
        Include::Completed => statement = statement.filter(records::interrupted.eq(false)),
        Include::Interrupted => statement = statement.filter(records::interrupted.eq(true)),
    }
    if let Some(logon) = &query.logon {
        statement = statement.filter(records::user_logon.eq(logon));
    }
    if let Some(device) = &query.device {
        statement = statement.filter(records::device_name.eq(device));
    }
    if let Some(JobPlace { key, stop_us, sequence }) = &query.after {
        let (stop_us, sequence) = (*stop_us, *sequence);
        let rest = |start: String| sql::<Bool>(&start);
        match (key, column) {
            (JobKey::None, None) => {
                statement = statement.filter(
                    rest(format!("(stop_us, sequence) {beyond} ("))
                        .bind::<BigInt, _>(stop_us)
                        .sql(", ")
                        .bind::<BigInt, _>(sequence)
                        .sql(")"),
                );
            }
            (JobKey::Text(text), Some(column)) if matches!(query.sort, JobSort::User | JobSort::Device) => {
                statement = statement.filter(
                    rest(format!("({column}, stop_us, sequence) {beyond} ("))
                        .bind::<Text, _>(text.clone())
                        .sql(", ")
                        .bind::<BigInt, _>(stop_us)
                        .sql(", ")
                        .bind::<BigInt, _>(sequence)
                        .sql(")"),
                );
            }
            (JobKey::Number(number), Some(column))
                if matches!(query.sort, JobSort::Pages | JobSort::Price) =>
            {
                statement = statement.filter(
                    rest(format!("({column}, stop_us, sequence) {beyond} ("))
                        .bind::<BigInt, _>(*number)
                        .sql(", ")
                        .bind::<BigInt, _>(stop_us)
                        .sql(", ")
                        .bind::<BigInt, _>(sequence)
                        .sql(")"),
                );
            }
            _ => {}
        }
    }
    let order = match column {
        None => format!("stop_us {direction}, sequence {direction}"),
        Some(column) => format!("{column} {direction}, stop_us {direction}, sequence {direction}"),
    };
    statement.order(sql::<Untyped>(&order))
}

/// What SQLite would do.
#[cfg(test)]
pub(super) fn plan(store: &Tracking, query: &JobQuery, walks: bool) -> Vec<String> {
    use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
    use diesel::sql_types::Integer;

    struct Explain<'a>(records::BoxedQuery<'a, Backend>);

    impl QueryFragment<Backend> for Explain<'_> {
        fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
            out.unsafe_to_cache_prepared();
            out.push_sql("EXPLAIN QUERY PLAN ");
            <_ as QueryFragment<Backend>>::walk_ast(&self.0, out)
        }
    }
    impl QueryId for Explain<'_> {
        type QueryId = ();
        const HAS_STATIC_QUERY_ID: bool = false;
    }
    impl Query for Explain<'_> {
        type SqlType = (Integer, Integer, Integer, Text);
    }
    impl<C> RunQueryDsl<C> for Explain<'_> {}

    let steps: Vec<(i32, i32, i32, String)> = store
        .database
        .read("test-plan", |connection| {
            Ok(Explain(statement(query, walks).limit(query.limit)).load(connection)?)
        })
        .unwrap();
    steps.into_iter().map(|(_, _, _, detail)| detail).collect()
}
