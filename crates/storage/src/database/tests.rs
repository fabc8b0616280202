//! The seams on both databases, with a store of one table.

use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use crate::dialect::{insert_if_absent, insert_or_update, insert_returning};
use crate::testing::{self, each_database};
use crate::{Database, Location, Schema, StoreError};

const SCHEMA: Schema = Schema {
    name: "sample",
    sqlite: embed_migrations!("src/database/sample"),
    postgres: embed_migrations!("src/database/sample"),
};
const _: &EmbeddedMigrations = &SCHEMA.sqlite;

diesel::table! {
    counters (name) { name -> Text, value -> BigInt, }
}

fn add(database: &Database, name: &str, value: i64) -> Result<i64, StoreError> {
    database.write("sample-add", |connection| {
        let row = (counters::name.eq(name), counters::value.eq(value));
        Ok(insert_returning!(connection, counters::table, row, counters::value)?)
    })
}

fn value(database: &Database, name: &str) -> Result<Option<i64>, StoreError> {
    database.read("sample-value", |connection| {
        Ok(counters::table.find(name).select(counters::value).first(connection).optional()?)
    })
}

#[test]
fn a_refused_transaction_leaves_nothing() {
    each_database(&SCHEMA, |database| {
        assert_eq!(add(database, "a", 1).unwrap(), 1);
        let refused = database.write("sample-refused", |connection| {
            diesel::update(counters::table).set(counters::value.eq(9)).execute(connection)?;
            Err::<(), _>(StoreError::Unavailable("on purpose".into()))
        });
        assert!(matches!(refused, Err(StoreError::Unavailable(_))));
        assert_eq!(value(database, "a").unwrap(), Some(1));
        assert_eq!(value(database, "b").unwrap(), None);
    });
}

#[test]
fn a_second_row_with_the_same_key_is_a_conflict() {
    each_database(&SCHEMA, |database| {
        add(database, "a", 1).unwrap();
        let error = add(database, "a", 2).unwrap_err();
        assert!(error.is_conflict_on("counters"), "{error:?}");
        assert_eq!(value(database, "a").unwrap(), Some(1));
    });
}

#[test]
fn inserts_that_may_meet_a_row_say_what_they_did() {
    each_database(&SCHEMA, |database| {
        let absent = |value: i64| {
            database.write("sample-absent", |connection| {
                let row = (counters::name.eq("a"), counters::value.eq(value));
                Ok(insert_if_absent!(connection, counters::table, row, counters::name)?)
            })
        };
        assert_eq!(absent(1).unwrap(), 1);
        assert_eq!(absent(2).unwrap(), 0);
        assert_eq!(value(database, "a").unwrap(), Some(1));
        database
            .write("sample-upsert", |connection| {
                let row = (counters::name.eq("a"), counters::value.eq(3));
                let changes = counters::value.eq(3);
                Ok(insert_or_update!(connection, counters::table, row, counters::name, changes)?)
            })
            .unwrap();
        assert_eq!(value(database, "a").unwrap(), Some(3));
    });
}

/// Reads, then writes what it read: the shape every rule has. Without serialisation and retry
/// increments would be lost.
#[test]
fn transactions_that_race_lose_nothing() {
    each_database(&SCHEMA, |database| {
        add(database, "a", 0).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let once = || {
                            database.write("sample-race", |connection| {
                                let old: i64 =
                                    counters::table.find("a").select(counters::value).first(connection)?;
                                diesel::update(counters::table.find("a"))
                                    .set(counters::value.eq(old + 1))
                                    .execute(connection)?;
                                Ok(())
                            })
                        };
                        // Losing every try is an honest answer; the caller asks again.
                        while matches!(once(), Err(StoreError::Contended(_))) {}
                    }
                });
            }
        });
        assert_eq!(value(database, "a").unwrap(), Some(100));
    });
}

#[test]
fn programs_that_start_together_migrate_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = Location::Sqlite(directory.path().join("db/sample.sqlite"));
    let locations = [Some(file), testing::postgres_location()];
    for location in locations.into_iter().flatten() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| Database::open(location.clone(), &SCHEMA).unwrap());
            }
        });
        assert_eq!(value(&Database::open(location, &SCHEMA).unwrap(), "a").unwrap(), None);
    }
}

#[test]
fn a_database_that_is_away_is_unavailable_and_not_empty() {
    let away = Location::Postgres("postgres://nobody@127.0.0.1:1/nothing?connect_timeout=2".into());
    assert!(matches!(Database::open(away, &SCHEMA), Err(StoreError::Unavailable(_))));
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("sample.sqlite")).unwrap();
    let taken = Location::Sqlite(directory.path().join("sample.sqlite"));
    assert!(matches!(Database::open(taken, &SCHEMA), Err(StoreError::Unavailable(_))));
}

#[test]
fn a_reader_cannot_write() {
    each_database(&SCHEMA, |database| {
        let answer = database.read("sample-wrong", |connection| {
            let row = (counters::name.eq("a"), counters::value.eq(1));
            Ok(diesel::insert_into(counters::table).values(row).execute(connection)?)
        });
        assert!(answer.is_err());
        assert_eq!(value(database, "a").unwrap(), None);
    });
}
