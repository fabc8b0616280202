//! Whatever is changed, taken away or put in, in any table and any column of the store, is found.

use std::cell::RefCell;

use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::Timestamp;

use super::super::{Purses, proof};
use super::{order, reserve, settle, story};
use crate::error::{StoreError, StoreResult};
use crate::{AnyConnection, Database};

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn names(database: &Database, query: &str) -> Vec<String> {
    let read = database.read("names", |connection| {
        let rows: Vec<Name> = match connection {
            AnyConnection::Sqlite(connection) => diesel::sql_query(query).load(connection)?,
            AnyConnection::Postgres(connection) => diesel::sql_query(query).load(connection)?,
        };
        Ok(rows)
    });
    read.unwrap().into_iter().map(|row| row.name).collect()
}

/// What the proof finds after `statement`, which is taken back. `None`: it changed no row, or the database refused it.
fn found(database: &Database, statement: &str) -> Option<Vec<String>> {
    let findings = RefCell::new(None);
    let taken_back: StoreResult<()> = database.write("tamper", |connection| {
        let changed = match connection {
            AnyConnection::Sqlite(connection) => diesel::sql_query(statement).execute(connection),
            AnyConnection::Postgres(connection) => diesel::sql_query(statement).execute(connection),
        };
        if changed.is_ok_and(|rows| rows > 0) {
            *findings.borrow_mut() = Some(proof::prove(connection)?.findings);
        }
        Err(StoreError::Unavailable("taken back".to_owned()))
    });
    assert!(
        matches!(&taken_back, Err(StoreError::Unavailable(why)) if why == "taken back"),
        "{statement}: {taken_back:?}"
    );
    findings.into_inner()
}

/// Ways to change a value, whatever its type is.
fn changes(column: &str) -> [String; 6] {
    [
        format!(
            "{column} = CASE typeof({column}) WHEN 'integer' THEN {column} + 1 WHEN 'text' THEN {column} || 'x' ELSE zeroblob(32) END"
        ),
        format!(
            "{column} = CASE typeof({column}) WHEN 'integer' THEN -{column} - 1 WHEN 'text' THEN upper({column}) || ' ' ELSE randomblob(32) END"
        ),
        format!(
            "{column} = CASE typeof({column}) WHEN 'integer' THEN 9223372036854775807 WHEN 'text' THEN '' ELSE x'00' END"
        ),
        format!(
            "{column} = CASE typeof({column}) WHEN 'integer' THEN -9223372036854775807 WHEN 'text' THEN 'purse' ELSE {column} || x'00' END"
        ),
        format!(
            "{column} = CASE typeof({column}) WHEN 'integer' THEN {column} + 1000000 WHEN 'text' THEN 'Ä' || {column} ELSE x'' END"
        ),
        format!(
            "{column} = CASE typeof({column}) WHEN 'integer' THEN {column} - 1 WHEN 'text' THEN replace({column}, 'a', 'b') || 'b' ELSE zeroblob(31) END"
        ),
    ]
}

/// Every value of every row of every table, every row taken away and every row put in a second time.
fn nothing_goes_unnoticed(database: &Database) -> usize {
    let tables = names(
        database,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' \
         AND name NOT LIKE 'sqlite%' ORDER BY name",
    );
    assert_eq!(
        tables,
        ["checkpoint", "counters", "entries", "head", "purses", "transfers"],
        "a new table is proved too"
    );
    let mut tried = 0;
    for table in tables {
        let columns = names(database, &format!("SELECT name FROM pragma_table_info('{table}')"));
        let rows =
            names(database, &format!("SELECT CAST(rowid AS TEXT) AS name FROM {table} ORDER BY rowid"));
        for row in &rows {
            let mut statements = vec![format!("DELETE FROM {table} WHERE rowid = {row}")];
            for column in &columns {
                let of = changes(column);
                statements.extend(
                    of.iter().map(|change| format!("UPDATE {table} SET {change} WHERE rowid = {row}")),
                );
            }
            for statement in statements {
                let Some(findings) = found(database, &statement) else { continue };
                assert!(!findings.is_empty(), "not found: {statement}");
                tried += 1;
            }
        }
        // A row more: the first one again under another key.
        let (key, others) = columns.split_first().expect("a table has columns");
        let others = others.join(", ");
        for new in ["7001", "'forged'"] {
            let statement = format!(
                "INSERT INTO {table} ({key}, {others}) SELECT {new}, {others} FROM {table} ORDER BY rowid LIMIT 1"
            );
            if let Some(findings) = found(database, &statement) {
                assert!(!findings.is_empty(), "not found: {statement}");
                tried += 1;
            }
        }
    }
    tried
}

#[test]
fn any_changed_value_of_any_row_of_any_table_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let store = Purses::open(crate::Location::Sqlite(directory.path().join("books.sqlite"))).unwrap();
    for (at, order) in (1..).zip(story()) {
        store.batch(&[order], Timestamp(at)).unwrap().remove(0).unwrap();
    }
    let tried = nothing_goes_unnoticed(store.database());
    assert!(tried > 1_000, "{tried}");
    // After a clean-up, whose checkpoint carries what is gone, and with new lines behind it.
    store.clean(Timestamp(12), Timestamp(20)).unwrap();
    store.batch(&[settle("pending", 1_000), order("late", "ben", reserve(1_000))], Timestamp(30)).unwrap();
    assert_eq!(store.prove().unwrap().findings, Vec::<String>::new());
    let tried = nothing_goes_unnoticed(store.database());
    assert!(tried > 200, "{tried}");
    assert_eq!(store.prove().unwrap().findings, Vec::<String>::new(), "everything was taken back");
}
