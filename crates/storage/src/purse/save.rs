//! Writes what orders changed, in as few statements as the database allows.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::ledger::{Book, Changes};

use super::row::{EntryRow, PurseRow, TransferRow};
use super::table::{counters, entries, head, purses, transfers};
use super::{chain, row};
use crate::AnyConnection;
use crate::error::StoreResult;

/// Most rows of one statement on PostgreSQL, which takes 65,535 parameters.
const ROWS_MAX: usize = 2_000;

pub(super) fn changes(connection: &mut AnyConnection, book: Book) -> StoreResult<()> {
    let known: BTreeMap<String, TransferRow> =
        book.transfers().map(|transfer| (transfer.id.as_str().to_owned(), transfer.into())).collect();
    let Changes { purses, transfers, counters, entries } = book.into_changes();
    save_transfers(connection, &transfers.iter().map(TransferRow::from).collect::<Vec<_>>())?;
    if entries.is_empty() {
        return Ok(());
    }
    save_purses(connection, &purses.iter().map(PurseRow::from).collect::<Vec<_>>())?;
    let (mut sequence, mut hash): (i64, Vec<u8>) =
        head::table.find(1).select((head::sequence, head::hash)).first(connection)?;
    let mut rows = Vec::with_capacity(entries.len());
    for entry in &entries {
        sequence += 1;
        let mut row = EntryRow::new(sequence, entry);
        let transfer = known.get(&row.transfer).expect("an entry is of a transfer that is in the book");
        row.hash = chain::hash(&hash, &row, transfer);
        hash.clone_from(&row.hash);
        rows.push(row);
    }
    save_entries(connection, &rows)?;
    for (counter, change) in counters {
        diesel::update(counters::table.find(row::counter_number(counter)))
            .set(counters::balance.eq(counters::balance + change.0))
            .execute(connection)?;
    }
    diesel::update(head::table.find(1))
        .set((head::sequence.eq(sequence), head::hash.eq(hash)))
        .execute(connection)?;
    Ok(())
}

// A call to SQLite costs nothing but its work, so rows go one by one; a call to PostgreSQL is a way there and back.

fn save_purses(connection: &mut AnyConnection, rows: &[PurseRow]) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => {
            for row in rows {
                diesel::insert_into(purses::table)
                    .values(row)
                    .on_conflict(purses::holder)
                    .do_update()
                    .set(row)
                    .execute(connection)?;
            }
        }
        AnyConnection::Postgres(connection) => {
            for part in rows.chunks(ROWS_MAX) {
                diesel::insert_into(purses::table)
                    .values(part)
                    .on_conflict(purses::holder)
                    .do_update()
                    .set((
                        purses::balance_one.eq(excluded(purses::balance_one)),
                        purses::balance_two.eq(excluded(purses::balance_two)),
                        purses::reserved_one.eq(excluded(purses::reserved_one)),
                        purses::reserved_two.eq(excluded(purses::reserved_two)),
                        purses::low_limit.eq(excluded(purses::low_limit)),
                    ))
                    .execute(connection)?;
            }
        }
    }
    Ok(())
}

fn save_transfers(connection: &mut AnyConnection, rows: &[TransferRow]) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => {
            for row in rows {
                diesel::insert_into(transfers::table)
                    .values(row)
                    .on_conflict(transfers::id)
                    .do_update()
                    .set(row)
                    .execute(connection)?;
            }
        }
        AnyConnection::Postgres(connection) => {
            for part in rows.chunks(ROWS_MAX) {
                diesel::insert_into(transfers::table)
                    .values(part)
                    .on_conflict(transfers::id)
                    .do_update()
                    .set((
                        transfers::state.eq(excluded(transfers::state)),
                        transfers::split_one.eq(excluded(transfers::split_one)),
                        transfers::split_two.eq(excluded(transfers::split_two)),
                        transfers::ended_us.eq(excluded(transfers::ended_us)),
                    ))
                    .execute(connection)?;
            }
        }
    }
    Ok(())
}

fn save_entries(connection: &mut AnyConnection, rows: &[EntryRow]) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => {
            for row in rows {
                diesel::insert_into(entries::table).values(row).execute(connection)?;
            }
        }
        AnyConnection::Postgres(connection) => {
            for part in rows.chunks(ROWS_MAX) {
                diesel::insert_into(entries::table).values(part).execute(connection)?;
            }
        }
    }
    Ok(())
}
