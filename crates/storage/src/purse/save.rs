//! Writes what orders changed, in as few statements as the database allows.

use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::ledger::{Book, Changes};

use super::row::{EntryRow, PurseRow, TransferRow};
use super::save_postgres::Save;
use super::table::{counters, entries, head, purses, transfers};
use super::{chain, row};
use crate::AnyConnection;
use crate::error::StoreResult;

pub(super) fn changes(connection: &mut AnyConnection, book: Book) -> StoreResult<()> {
    let known: BTreeMap<String, TransferRow> =
        book.transfers().map(|transfer| (transfer.id.as_str().to_owned(), transfer.into())).collect();
    let Changes { purses, transfers, counters, entries } = book.into_changes();
    if transfers.is_empty() && entries.is_empty() {
        return Ok(());
    }
    let transfers: Vec<TransferRow> = transfers.iter().map(TransferRow::from).collect();
    let purses: Vec<PurseRow> = purses.iter().map(PurseRow::from).collect();
    let counters: Vec<(i64, i64)> =
        counters.into_iter().map(|(counter, change)| (row::counter_number(counter), change.0)).collect();
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
    match connection {
        AnyConnection::Postgres(connection) => {
            Save::new(&transfers, &purses, &rows, &counters, (sequence, &hash)).execute(connection)?;
        }
        AnyConnection::Sqlite(connection) => {
            one_by_one(connection, &transfers, &purses, &rows, &counters, (sequence, &hash))?;
        }
    }
    Ok(())
}

/// A call to SQLite costs nothing but its work, and a statement for one row stays prepared.
fn one_by_one(
    connection: &mut SqliteConnection,
    transfers: &[TransferRow],
    purses: &[PurseRow],
    entries: &[EntryRow],
    counters: &[(i64, i64)],
    head: (i64, &[u8]),
) -> QueryResult<()> {
    for row in transfers {
        diesel::insert_into(transfers::table)
            .values(row)
            .on_conflict(transfers::id)
            .do_update()
            .set(row)
            .execute(connection)?;
    }
    for row in purses {
        diesel::insert_into(purses::table)
            .values(row)
            .on_conflict(purses::holder)
            .do_update()
            .set(row)
            .execute(connection)?;
    }
    for row in entries {
        diesel::insert_into(entries::table).values(row).execute(connection)?;
    }
    for (counter, change) in counters {
        diesel::update(counters::table.find(counter))
            .set(counters::balance.eq(counters::balance + change))
            .execute(connection)?;
    }
    diesel::update(head::table.find(1))
        .set((head::sequence.eq(head.0), head::hash.eq(head.1)))
        .execute(connection)?;
    Ok(())
}
