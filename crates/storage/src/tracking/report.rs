//! What records of a period add up to.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::tracking::{DeletedBy, JobType};

use super::row::{Row, deleted_by, job_type};
use super::subject::{Detail, Kind, user_parts};
use super::sums::{BY_DELETION, BY_JOB_TYPE, COLUMNS, HOUR_US, Totals, cover};
use super::table::{records, subjects};
use super::{PARAMETERS_MAX, Tracking};
use crate::{AnyConnection, StoreResult};

/// A half-open period over the stop date, microseconds; `None` is an open end.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Period {
    /// First instant.
    pub from_us: Option<i64>,
    /// First instant after it.
    pub to_us: Option<i64>,
}

/// Which jobs count.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Include {
    /// All.
    #[default]
    All,
    /// Those that went to their end.
    Completed,
    /// Those that were cut off.
    Interrupted,
}

impl Include {
    pub(super) fn takes(self, interrupted: bool) -> bool {
        match self {
            Self::All => true,
            Self::Completed => !interrupted,
            Self::Interrupted => interrupted,
        }
    }
}

/// Everything in a period.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Main {
    /// Jobs that went to their end, whatever is included below.
    pub completed: i64,
    /// Jobs that were cut off.
    pub interrupted: i64,
    /// By kind of job; kinds without jobs are left out.
    pub by_job_type: BTreeMap<JobType, Totals>,
    /// By the first instant of an hour; hours without jobs are left out.
    pub hours: BTreeMap<i64, Load>,
    /// Documents that were deleted unprinted.
    pub deleted: BTreeMap<DeletedBy, Totals>,
}

/// What happened in an hour.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Load {
    /// Jobs.
    pub jobs: i64,
    /// Pages.
    pub pages: i64,
}

/// What a list of subjects is sorted by; ties by the order in which the subjects were met first.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SubjectSort {
    /// Name.
    #[default]
    Name,
    /// Jobs.
    Jobs,
    /// Pages of all kinds.
    Pages,
    /// Pages that were printed.
    PrintPages,
    /// Pages that were copied.
    CopyPages,
    /// Price by the first scheme.
    Price,
}

/// Which subjects.
#[derive(Clone, Debug)]
pub struct SubjectQuery {
    /// Whose sums.
    pub kind: Kind,
    /// Of which time.
    pub period: Period,
    /// Of which jobs.
    pub include: Include,
    /// In which order.
    pub sort: SubjectSort,
    /// Smallest first.
    pub ascending: bool,
    /// Only the one of this logon, name or code.
    pub name: Option<String>,
    /// Rows to skip.
    pub offset: usize,
    /// Rows at most.
    pub limit: usize,
}

/// A person, device or billing code with what belongs to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    /// Logon, name of the device, or code.
    pub name: String,
    /// Of a person.
    pub domain: String,
    /// As the newest record described it.
    pub detail: Detail,
    /// What it comes to.
    pub totals: Totals,
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = BigInt)]
    subject: i64,
    #[diesel(sql_type = BigInt)]
    interrupted: i64,
    #[diesel(sql_type = BigInt)]
    jobs: i64,
    #[diesel(sql_type = BigInt)]
    size: i64,
    #[diesel(sql_type = BigInt)]
    pages: i64,
    #[diesel(sql_type = BigInt)]
    color_pages: i64,
    #[diesel(sql_type = BigInt)]
    sheets: i64,
    #[diesel(sql_type = BigInt)]
    copy_pages: i64,
    #[diesel(sql_type = BigInt)]
    send_pages: i64,
    #[diesel(sql_type = BigInt)]
    duplex_jobs: i64,
    #[diesel(sql_type = BigInt)]
    color_jobs: i64,
    #[diesel(sql_type = BigInt)]
    price: i64,
    #[diesel(sql_type = BigInt)]
    price2: i64,
}

impl From<&SumRow> for Totals {
    fn from(row: &SumRow) -> Self {
        Self {
            jobs: row.jobs,
            size: row.size,
            pages: row.pages,
            color_pages: row.color_pages,
            sheets: row.sheets,
            copy_pages: row.copy_pages,
            send_pages: row.send_pages,
            duplex_jobs: row.duplex_jobs,
            color_jobs: row.color_jobs,
            price: row.price,
            price2: row.price2,
        }
    }
}

#[derive(QueryableByName)]
struct HourRow {
    #[diesel(sql_type = BigInt)]
    block: i64,
    #[diesel(sql_type = BigInt)]
    jobs: i64,
    #[diesel(sql_type = BigInt)]
    pages: i64,
}

impl Tracking {
    /// Everything in a period.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn report_main(&self, period: Period, include: Include) -> StoreResult<Main> {
        self.database.read("tracking-report-main", |connection| {
            let mut main = Main::default();
            let Some(range) = instants(connection, period)? else { return Ok(main) };
            let edges = edge_rows(connection, &range)?;
            for (interrupted, number, totals) in by_number(connection, BY_JOB_TYPE, &range)? {
                count_one(&mut main, job_type(number)?, interrupted, &totals, include);
            }
            for row in edges.iter().filter(|row| row.deleted_by == 0) {
                count_one(&mut main, job_type(row.job_type)?, row.interrupted, &Totals::of(row), include);
            }
            for (_, number, totals) in by_number(connection, BY_DELETION, &range)? {
                main.deleted.entry(deleted_by(number)?).or_default().add(&totals, 1);
            }
            for row in edges.iter().filter(|row| row.deleted_by != 0) {
                main.deleted.entry(deleted_by(row.deleted_by)?).or_default().add(&Totals::of(row), 1);
            }
            main.hours = hours(connection, &range, include)?;
            for row in edges.iter().filter(|row| row.deleted_by == 0 && include.takes(row.interrupted)) {
                let hour = row.stop_us.div_euclid(HOUR_US) * HOUR_US;
                let load = main.hours.entry(hour).or_default();
                load.jobs += 1;
                load.pages += Totals::of(row).pages;
            }
            Ok(main)
        })
    }

    /// A page of people, devices or billing codes, and how many there are in all.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn report_subjects(&self, query: &SubjectQuery) -> StoreResult<(Vec<Subject>, usize)> {
        self.database.read("tracking-report-subjects", |connection| {
            let Some(range) = instants(connection, query.period)? else { return Ok((Vec::new(), 0)) };
            let mut sums: HashMap<i64, Totals> = HashMap::new();
            for (interrupted, id, totals) in by_number(connection, query.kind.number(), &range)? {
                if query.include.takes(interrupted) {
                    sums.entry(id).or_default().add(&totals, 1);
                }
            }
            let edges = edge_rows(connection, &range)?;
            let in_edges: Vec<Row> = edges
                .into_iter()
                .filter(|row| row.deleted_by == 0 && query.include.takes(row.interrupted))
                .collect();
            let ids = super::subject::find(connection, &in_edges)?;
            for row in &in_edges {
                if let Some(id) = ids.of(query.kind, &query.kind.name_of(row)) {
                    sums.entry(id).or_default().add(&Totals::of(row), 1);
                }
            }
            if let Some(name) = &query.name {
                let wanted = named(connection, query.kind, name)?;
                sums.retain(|id, _| wanted.contains(id));
            }
            let total = sums.len();
            let order = sorted(connection, query, sums)?;
            let page: Vec<(i64, Totals)> = order.into_iter().skip(query.offset).take(query.limit).collect();
            Ok((described(connection, query.kind, &page)?, total))
        })
    }

    /// How many records a period has, deleted documents left out.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub(super) fn records_in(connection: &mut AnyConnection, period: Period) -> StoreResult<i64> {
        let Some(range) = instants(connection, period)? else { return Ok(0) };
        let whole: i64 =
            by_number(connection, BY_JOB_TYPE, &range)?.iter().map(|(_, _, totals)| totals.jobs).sum();
        let mut edges = 0;
        for edge in cover(range).edges {
            let inside = records::table
                .filter(records::stop_us.ge(edge.start))
                .filter(records::stop_us.lt(edge.end))
                .filter(records::deleted_by.eq(0));
            edges += inside.count().get_result::<i64>(connection)?;
        }
        Ok(whole + edges)
    }
}

/// The period, cut to what there is; `None` when there is nothing.
fn instants(connection: &mut AnyConnection, period: Period) -> StoreResult<Option<Range<i64>>> {
    let first: Option<i64> = records::table.select(diesel::dsl::min(records::stop_us)).first(connection)?;
    let last: Option<i64> = records::table.select(diesel::dsl::max(records::stop_us)).first(connection)?;
    let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
    let from = period.from_us.map_or(first, |from| from.max(first));
    let to = period.to_us.map_or(last.saturating_add(1), |to| to.min(last.saturating_add(1)));
    Ok((from < to).then_some(from..to))
}

/// Sums of whole blocks: whether interrupted, subject, amounts; a subject comes several times.
fn by_number(
    connection: &mut AnyConnection,
    kind: i64,
    range: &Range<i64>,
) -> StoreResult<Vec<(bool, i64, Totals)>> {
    let sums: Vec<String> =
        COLUMNS.split(", ").map(|column| format!("CAST(SUM({column}) AS BIGINT) AS {column}")).collect();
    let sums = sums.join(", ");
    let mut found = Vec::new();
    for (level, blocks) in cover(range.clone()).blocks {
        // The numbers are this program's own; there is no text in the statement.
        let Range { start, end } = blocks;
        let statement = format!(
            "SELECT subject, interrupted, {sums} FROM sums WHERE kind = {kind} AND level = {level} \
             AND block >= {start} AND block < {end} GROUP BY subject, interrupted"
        );
        let rows: Vec<SumRow> = diesel::sql_query(statement).load(connection)?;
        found.extend(rows.iter().map(|row| (row.interrupted != 0, row.subject, Totals::from(row))));
    }
    Ok(found)
}

/// The records in the hours that the period cuts.
fn edge_rows(connection: &mut AnyConnection, range: &Range<i64>) -> StoreResult<Vec<Row>> {
    let mut rows = Vec::new();
    for edge in cover(range.clone()).edges {
        let inside =
            records::table.filter(records::stop_us.ge(edge.start)).filter(records::stop_us.lt(edge.end));
        rows.extend(inside.select(Row::as_select()).load(connection)?);
    }
    Ok(rows)
}

fn count_one(main: &mut Main, job_type: JobType, interrupted: bool, totals: &Totals, include: Include) {
    if interrupted {
        main.interrupted += totals.jobs;
    } else {
        main.completed += totals.jobs;
    }
    if include.takes(interrupted) {
        main.by_job_type.entry(job_type).or_default().add(totals, 1);
    }
}

/// The course of the whole hours of a period.
fn hours(
    connection: &mut AnyConnection,
    range: &Range<i64>,
    include: Include,
) -> StoreResult<BTreeMap<i64, Load>> {
    let first = range.start.div_euclid(HOUR_US) + i64::from(range.start.rem_euclid(HOUR_US) != 0);
    let last = range.end.div_euclid(HOUR_US);
    let which = match include {
        Include::All => "",
        Include::Completed => "AND interrupted = 0",
        Include::Interrupted => "AND interrupted = 1",
    };
    let statement = format!(
        "SELECT block, CAST(SUM(jobs) AS BIGINT) AS jobs, CAST(SUM(pages) AS BIGINT) AS pages FROM sums \
         WHERE kind = {BY_JOB_TYPE} AND level = 0 AND block >= {first} AND block < {last} {which} GROUP BY block"
    );
    let rows: Vec<HourRow> = diesel::sql_query(statement).load(connection)?;
    Ok(rows.into_iter().map(|row| (row.block * HOUR_US, Load { jobs: row.jobs, pages: row.pages })).collect())
}

/// Ids of the subjects that are called so.
fn named(connection: &mut AnyConnection, kind: Kind, name: &str) -> StoreResult<Vec<i64>> {
    let rows = names(connection, kind)?;
    let is_it = |stored: &str| match kind {
        Kind::User => user_parts(stored).0.to_lowercase() == name.to_lowercase(),
        Kind::Device | Kind::Billing => stored == name,
    };
    Ok(rows.into_iter().filter(|(_, stored)| is_it(stored)).map(|(id, _)| id).collect())
}

fn names(connection: &mut AnyConnection, kind: Kind) -> StoreResult<Vec<(i64, String)>> {
    let of_kind = subjects::table.filter(subjects::kind.eq(kind.number()));
    Ok(of_kind.select((subjects::id, subjects::name)).load(connection)?)
}

fn sorted(
    connection: &mut AnyConnection,
    query: &SubjectQuery,
    sums: HashMap<i64, Totals>,
) -> StoreResult<Vec<(i64, Totals)>> {
    let mut order: Vec<(i64, Totals)> = sums.into_iter().collect();
    let key: fn(&Totals) -> i64 = match query.sort {
        SubjectSort::Name => {
            let names: HashMap<i64, String> = names(connection, query.kind)?.into_iter().collect();
            order.sort_unstable_by(|(left, _), (right, _)| {
                (names.get(left), left).cmp(&(names.get(right), right))
            });
            if !query.ascending {
                order.reverse();
            }
            return Ok(order);
        }
        SubjectSort::Jobs => |totals| totals.jobs,
        SubjectSort::Pages => |totals| totals.pages,
        SubjectSort::PrintPages => |totals| totals.pages - totals.copy_pages - totals.send_pages,
        SubjectSort::CopyPages => |totals| totals.copy_pages,
        SubjectSort::Price => |totals| totals.price,
    };
    let sign = if query.ascending { 1 } else { -1 };
    order.sort_unstable_by_key(|(id, totals)| (sign * key(totals), *id));
    Ok(order)
}

fn described(
    connection: &mut AnyConnection,
    kind: Kind,
    page: &[(i64, Totals)],
) -> StoreResult<Vec<Subject>> {
    let ids: Vec<i64> = page.iter().map(|(id, _)| *id).collect();
    let mut found: HashMap<i64, (String, String)> = HashMap::new();
    for part in ids.chunks(PARAMETERS_MAX) {
        let rows: Vec<(i64, String, String)> = subjects::table
            .filter(subjects::id.eq_any(part))
            .select((subjects::id, subjects::name, subjects::detail))
            .load(connection)?;
        found.extend(rows.into_iter().map(|(id, name, detail)| (id, (name, detail))));
    }
    let mut list = Vec::with_capacity(page.len());
    for (id, totals) in page {
        let Some((name, detail)) = found.get(id) else { continue };
        let (name, domain) = match kind {
            Kind::User => user_parts(name),
            Kind::Device | Kind::Billing => (name.as_str(), ""),
        };
        list.push(Subject {
            name: name.to_owned(),
            domain: domain.to_owned(),
            detail: Detail::parse(detail)?,
            totals: *totals,
        });
    }
    Ok(list)
}
