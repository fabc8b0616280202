//! Sums that are kept with every record, so that a report does not read the records.
//!
//! Time is cut into blocks of 1, 8, 64, 512 and 4,096 hours since the epoch. A record is added to its block at
//! every level; a period is then the sum of few blocks, and of the records in the hours it cuts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use diesel::RunQueryDsl;
use domain::tracking::{JobType, Record};

use super::row::{Row, job_type_number};
use super::subject::{self, Kind};
use crate::{AnyConnection, StoreResult};

/// Length of a block at level 0, microseconds.
pub(super) const HOUR_US: i64 = 3_600_000_000;

/// Levels, longest blocks last; a block of a level is 2 to the power of it hours long.
pub(super) const LEVELS: [u32; 5] = [0, 3, 6, 9, 12];

/// Largest amount one record adds, so that the sum of any number of records a disk can hold is an `i64`.
const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// Rows of one statement.
const ROWS_MAX: usize = 400;

/// What records add up to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Records.
    pub jobs: i64,
    /// Bytes.
    pub size: i64,
    /// Pages.
    pub pages: i64,
    /// Of those, pages with colour.
    pub color_pages: i64,
    /// Sheets of paper.
    pub sheets: i64,
    /// Of `pages`, what was copied.
    pub copy_pages: i64,
    /// Of `pages`, what was faxed, scanned or e-mailed.
    pub send_pages: i64,
    /// Jobs on both sides.
    pub duplex_jobs: i64,
    /// Jobs with colour.
    pub color_jobs: i64,
    /// Price by the first charging scheme, ten-thousandths.
    pub price: i64,
    /// Price by the second, ten-thousandths.
    pub price2: i64,
}

impl Totals {
    /// Adds `other`.
    pub fn include(&mut self, other: &Self) {
        self.add(other, 1);
    }

    /// Adds `other` `times` times; -1 takes away.
    pub(super) fn add(&mut self, other: &Self, times: i64) {
        for (sum, amount) in self.amounts_mut().into_iter().zip(other.amounts()) {
            *sum += amount * times;
        }
    }

    /// The amounts in the order of [`COLUMNS`].
    fn amounts(mut self) -> [i64; 11] {
        self.amounts_mut().map(|amount| *amount)
    }

    fn amounts_mut(&mut self) -> [&mut i64; 11] {
        let Self {
            jobs,
            size,
            pages,
            color_pages,
            sheets,
            copy_pages,
            send_pages,
            duplex_jobs,
            color_jobs,
            price,
            price2,
        } = self;
        [
            jobs,
            size,
            pages,
            color_pages,
            sheets,
            copy_pages,
            send_pages,
            duplex_jobs,
            color_jobs,
            price,
            price2,
        ]
    }

    /// What one row adds.
    pub(super) fn of(row: &Row) -> Self {
        let clamped = |amount: i64| amount.clamp(-AMOUNT_MAX, AMOUNT_MAX);
        let pages = clamped(row.pages);
        let is = |job_type: JobType| row.job_type == job_type_number(job_type);
        let is_sent = is(JobType::Fax) || is(JobType::Scan) || is(JobType::Email);
        Self {
            jobs: 1,
            size: clamped(row.job_size),
            pages,
            color_pages: clamped(row.color_pages),
            sheets: clamped(row.sheets),
            copy_pages: if is(JobType::Copy) { pages } else { 0 },
            send_pages: if is_sent { pages } else { 0 },
            duplex_jobs: row.is_duplex.into(),
            color_jobs: row.is_color.into(),
            price: clamped(row.price),
            price2: clamped(row.price2),
        }
    }
}

/// Kinds of sums that are not by a subject.
pub(super) const BY_JOB_TYPE: i64 = 0;
/// See [`BY_JOB_TYPE`].
pub(super) const BY_DELETION: i64 = 4;

/// A row of `sums`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    kind: i64,
    level: u32,
    block: i64,
    subject: i64,
    interrupted: bool,
}

/// Changes of sums, gathered before they are written: many records touch the same rows.
#[derive(Default)]
pub(super) struct Changes(BTreeMap<Key, Totals>);

impl Changes {
    /// Adds a row `times` times; `subjects` knows the ids of its people, devices and codes.
    pub(super) fn add(&mut self, row: &Row, subjects: &subject::Ids, times: i64) {
        let totals = Totals::of(row);
        if row.deleted_by != 0 {
            self.add_to(BY_DELETION, row.deleted_by, row, &totals, times);
            return;
        }
        self.add_to(BY_JOB_TYPE, row.job_type, row, &totals, times);
        for kind in Kind::ALL {
            if let Some(id) = subjects.of(kind, &kind.name_of(row)) {
                self.add_to(kind.number(), id, row, &totals, times);
            }
        }
    }

    fn add_to(&mut self, kind: i64, subject: i64, row: &Row, totals: &Totals, times: i64) {
        let hour = row.stop_us.div_euclid(HOUR_US);
        for level in LEVELS {
            let key = Key { kind, level, block: hour >> level, subject, interrupted: row.interrupted };
            self.0.entry(key).or_default().add(totals, times);
        }
    }

    /// Writes the changes; rows that come to nothing go.
    pub(super) fn write(&self, connection: &mut AnyConnection) -> StoreResult<()> {
        let entries: Vec<(&Key, &Totals)> = self.0.iter().collect();
        for part in entries.chunks(ROWS_MAX) {
            let mut statement =
                format!("INSERT INTO sums (kind, level, block, subject, interrupted, {COLUMNS}) VALUES ");
            for (index, (key, totals)) in part.iter().enumerate() {
                let separator = if index == 0 { "" } else { ", " };
                let Key { kind, level, block, subject, interrupted } = key;
                let interrupted = i64::from(*interrupted);
                let _ = write!(statement, "{separator}({kind}, {level}, {block}, {subject}, {interrupted}");
                for amount in totals.amounts() {
                    let _ = write!(statement, ", {amount}");
                }
                statement.push(')');
            }
            statement.push_str(" ON CONFLICT (kind, level, block, subject, interrupted) DO UPDATE SET ");
            for (index, column) in COLUMNS.split(", ").enumerate() {
                let separator = if index == 0 { "" } else { ", " };
                let _ = write!(statement, "{separator}{column} = sums.{column} + excluded.{column}");
            }
            diesel::sql_query(statement).execute(connection)?;
        }
        self.sweep(connection)
    }

    fn sweep(&self, connection: &mut AnyConnection) -> StoreResult<()> {
        let mut swept = None;
        for (key, totals) in &self.0 {
            let place = (key.kind, key.level, key.block);
            if totals.jobs < 0 && swept != Some(place) {
                let (kind, level, block) = place;
                let gone = format!(
                    "DELETE FROM sums WHERE kind = {kind} AND level = {level} AND block = {block} AND jobs = 0"
                );
                diesel::sql_query(gone).execute(connection)?;
                swept = Some(place);
            }
        }
        Ok(())
    }
}

/// Columns of the amounts, in the order of [`Totals::amounts`].
pub(super) const COLUMNS: &str = "jobs, size, pages, color_pages, sheets, copy_pages, send_pages, duplex_jobs, \
     color_jobs, price, price2";

/// Stores what the rows' subjects are called now, and adds the rows to every sum.
pub(super) fn rows_added(connection: &mut AnyConnection, added: &[(&Record, &Row)]) -> StoreResult<()> {
    if added.is_empty() {
        return Ok(());
    }
    let subjects = subject::remember(connection, added)?;
    let mut changes = Changes::default();
    for (_, row) in added {
        changes.add(row, &subjects, 1);
    }
    changes.write(connection)
}

/// Takes rows out of every sum.
pub(super) fn rows_deleted(connection: &mut AnyConnection, deleted: &[Row]) -> StoreResult<()> {
    if deleted.is_empty() {
        return Ok(());
    }
    let subjects = subject::find(connection, deleted)?;
    let mut changes = Changes::default();
    for row in deleted {
        changes.add(row, &subjects, -1);
    }
    changes.write(connection)
}

/// A period as blocks, and the edges no block fits.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Cover {
    /// Level and blocks.
    pub(super) blocks: Vec<(u32, Range<i64>)>,
    /// Microseconds.
    pub(super) edges: Vec<Range<i64>>,
}

/// The fewest blocks that make up a period of instants.
pub(super) fn cover(period: Range<i64>) -> Cover {
    let mut cover = Cover::default();
    if period.start >= period.end {
        return cover;
    }
    let first = period.start.div_euclid(HOUR_US) + i64::from(period.start.rem_euclid(HOUR_US) != 0);
    let last = period.end.div_euclid(HOUR_US);
    if first >= last {
        cover.edges.push(period);
        return cover;
    }
    if period.start < first * HOUR_US {
        cover.edges.push(period.start..first * HOUR_US);
    }
    if last * HOUR_US < period.end {
        cover.edges.push(last * HOUR_US..period.end);
    }
    // Whole hours from here on: blocks of a level are taken at both ends until the next level's begin.
    let (mut from, mut to) = (first, last);
    for (index, level) in LEVELS.iter().enumerate() {
        let next = LEVELS.get(index + 1);
        let (inner_from, inner_to) = match next {
            Some(next) => (round_up(from, *next), (to >> next) << next),
            None => (to, to),
        };
        if next.is_none() || inner_from >= inner_to {
            cover.blocks.push((*level, from >> level..to >> level));
            break;
        }
        if from < inner_from {
            cover.blocks.push((*level, from >> level..inner_from >> level));
        }
        if inner_to < to {
            cover.blocks.push((*level, inner_to >> level..to >> level));
        }
        (from, to) = (inner_from, inner_to);
    }
    cover.blocks.retain(|(_, blocks)| !blocks.is_empty());
    cover
}

fn round_up(hour: i64, level: u32) -> i64 {
    let length = 1_i64 << level;
    hour.div_euclid(length) * length + if hour.rem_euclid(length) == 0 { 0 } else { length }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every hour of a period is in exactly one block, whatever the period is.
    #[test]
    fn a_period_is_covered_once() {
        let table = [(0, 1), (0, 8), (7, 9), (1, 4_097), (-3, 5), (-9_000, 9_000), (4_095, 20_000), (5, 5)];
        for (from, to) in table {
            for (before, after) in [(0, 0), (1, 0), (0, 1), (1_000, HOUR_US - 1)] {
                let period = from * HOUR_US - before..to * HOUR_US + after;
                let cover = cover(period.clone());
                let mut parts: Vec<Range<i64>> = cover.edges.clone();
                for (level, blocks) in &cover.blocks {
                    let length = HOUR_US << level;
                    parts.push(blocks.start * length..blocks.end * length);
                }
                parts.sort_by_key(|part| part.start);
                let mut at = period.start;
                for part in &parts {
                    assert_eq!(part.start, at, "{period:?}: {parts:?}");
                    assert!(part.start < part.end);
                    at = part.end;
                }
                assert_eq!(at, period.end.max(period.start), "{period:?}: {parts:?}");
                assert!(cover.blocks.len() <= 2 * LEVELS.len() && cover.edges.len() <= 2);
            }
        }
    }
}
