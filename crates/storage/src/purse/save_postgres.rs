//! Everything that orders changed, as one statement for PostgreSQL: each statement is a way there and back, and one whose
//! text depends on the number of rows is parsed and planned each time. Here each column is one array.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Text};

use super::row::{EntryRow, PurseRow, TransferRow};

const TRANSFERS: &str = "INSERT INTO transfers (id, holder, author, gid, comment, kind, account, amount, policy, \
                         expires_us, state, split_one, split_two, created_us, ended_us) SELECT * FROM unnest(";
const TRANSFERS_KNOWN: &str = " ON CONFLICT (id) DO UPDATE SET state = excluded.state, \
                               split_one = excluded.split_one, split_two = excluded.split_two, \
                               ended_us = excluded.ended_us";
const PURSES: &str = "INSERT INTO purses (holder, balance_one, balance_two, reserved_one, reserved_two, low_limit, \
                      opened_us) SELECT * FROM unnest(";
const PURSES_KNOWN: &str = " ON CONFLICT (holder) DO UPDATE SET balance_one = excluded.balance_one, \
                            balance_two = excluded.balance_two, reserved_one = excluded.reserved_one, \
                            reserved_two = excluded.reserved_two, low_limit = excluded.low_limit";
const ENTRIES: &str = "INSERT INTO entries (hash, transfer, holder, sequence, event, balance_one, balance_two, \
                       reserved_one, reserved_two, low_limit, counter, after_one, after_two, at_us) \
                       SELECT * FROM unnest(";
const COUNTERS: &str = "UPDATE counters SET balance = counters.balance + changes.change FROM unnest(";

/// What is written.
pub(super) struct Save<'a> {
    transfers: (Vec<Vec<&'a str>>, Vec<Vec<i64>>),
    purses: (Vec<Vec<&'a str>>, Vec<Vec<i64>>),
    hashes: Vec<&'a [u8]>,
    entries: (Vec<Vec<&'a str>>, Vec<Vec<i64>>),
    counters: Vec<Vec<i64>>,
    sequence: i64,
    hash: &'a [u8],
}

impl<'a> Save<'a> {
    /// Rows, changes of counters, and the journal's new head.
    pub(super) fn new(
        transfers: &'a [TransferRow],
        purses: &'a [PurseRow],
        entries: &'a [EntryRow],
        counters: &[(i64, i64)],
        head: (i64, &'a [u8]),
    ) -> Self {
        Self {
            transfers: (
                columns(transfers, |row| [&row.id, &row.holder, &row.author, &row.gid, &row.comment]),
                numbers(transfers, |row| {
                    [
                        row.kind,
                        row.account,
                        row.amount,
                        row.policy,
                        row.expires_us,
                        row.state,
                        row.split_one,
                        row.split_two,
                        row.created_us,
                        row.ended_us,
                    ]
                }),
            ),
            purses: (
                columns(purses, |row| [&row.holder]),
                numbers(purses, |row| {
                    [
                        row.balance_one,
                        row.balance_two,
                        row.reserved_one,
                        row.reserved_two,
                        row.low_limit,
                        row.opened_us,
                    ]
                }),
            ),
            hashes: entries.iter().map(|row| row.hash.as_slice()).collect(),
            entries: (
                columns(entries, |row| [&row.transfer, &row.holder]),
                numbers(entries, |row| {
                    [
                        row.sequence,
                        row.event,
                        row.balance_one,
                        row.balance_two,
                        row.reserved_one,
                        row.reserved_two,
                        row.low_limit,
                        row.counter,
                        row.after_one,
                        row.after_two,
                        row.at_us,
                    ]
                }),
            ),
            counters: numbers(counters, |change| [change.0, change.1]),
            sequence: head.0,
            hash: head.1,
        }
    }
}

impl QueryFragment<Pg> for Save<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH saved_transfers AS (");
        out.push_sql(TRANSFERS);
        bind(&mut out, &self.transfers.0, &self.transfers.1)?;
        out.push_sql(TRANSFERS_KNOWN);
        out.push_sql("), saved_purses AS (");
        out.push_sql(PURSES);
        bind(&mut out, &self.purses.0, &self.purses.1)?;
        out.push_sql(PURSES_KNOWN);
        out.push_sql("), saved_entries AS (");
        out.push_sql(ENTRIES);
        out.push_bind_param::<Array<Binary>, _>(&self.hashes)?;
        out.push_sql(", ");
        bind(&mut out, &self.entries.0, &self.entries.1)?;
        out.push_sql("), saved_counters AS (");
        out.push_sql(COUNTERS);
        bind(&mut out, &[], &self.counters)?;
        out.push_sql(" AS changes (counter, change) WHERE counters.counter = changes.counter)");
        out.push_sql(" UPDATE head SET sequence = ");
        out.push_bind_param::<BigInt, _>(&self.sequence)?;
        out.push_sql(", hash = ");
        out.push_bind_param::<Binary, _>(&self.hash)?;
        out.push_sql(" WHERE id = 1");
        Ok(())
    }
}

impl QueryId for Save<'_> {
    type QueryId = Save<'static>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<diesel::PgConnection> for Save<'_> {}

/// The columns as arrays and the parenthesis that ends them.
fn bind<'b>(
    out: &mut AstPass<'_, 'b, Pg>,
    texts: &'b [Vec<&'b str>],
    numbers: &'b [Vec<i64>],
) -> QueryResult<()> {
    let mut before = "";
    for column in texts {
        out.push_sql(before);
        out.push_bind_param::<Array<Text>, _>(column)?;
        before = ", ";
    }
    for column in numbers {
        out.push_sql(before);
        out.push_bind_param::<Array<BigInt>, _>(column)?;
        before = ", ";
    }
    out.push_sql(")");
    Ok(())
}

fn columns<R, const N: usize>(rows: &[R], of: impl Fn(&R) -> [&String; N]) -> Vec<Vec<&str>> {
    let mut columns = vec![Vec::with_capacity(rows.len()); N];
    for row in rows {
        for (column, value) in columns.iter_mut().zip(of(row)) {
            column.push(value.as_str());
        }
    }
    columns
}

fn numbers<R, const N: usize>(rows: &[R], of: impl Fn(&R) -> [i64; N]) -> Vec<Vec<i64>> {
    let mut columns = vec![Vec::with_capacity(rows.len()); N];
    for row in rows {
        for (column, value) in columns.iter_mut().zip(of(row)) {
            column.push(value);
        }
    }
    columns
}
