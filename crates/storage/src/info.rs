//! What an administrator wants to know of a store: where it is, how large, how many rows.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};

use crate::Database;
use crate::connection::{AnyConnection, Location};
use crate::error::StoreResult;

/// A store as an administrator sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreInfo {
    /// Its name.
    pub store: String,
    /// `SQLite 3.50.2` or `PostgreSQL 17.5`.
    pub engine: String,
    /// The file; on PostgreSQL the database and schema. Never a password.
    pub place: String,
    /// What its tables and indexes take, bytes.
    pub bytes: i64,
    /// Rows by table.
    pub tables: Vec<(String, i64)>,
}

/// Asks the store.
///
/// # Errors
/// When it cannot answer.
pub fn info(database: &Database) -> StoreResult<StoreInfo> {
    database.read("store-info", |connection| {
        let (facts, names) = match connection {
            AnyConnection::Sqlite(connection) => (
                sql_query(SQLITE_FACTS).get_result::<Facts>(connection)?,
                sql_query(SQLITE_TABLES).load::<Table>(connection)?,
            ),
            AnyConnection::Postgres(connection) => (
                sql_query(POSTGRES_FACTS).get_result::<Facts>(connection)?,
                sql_query(POSTGRES_TABLES).load::<Table>(connection)?,
            ),
        };
        let mut tables = Vec::new();
        for Table { name } in names {
            // The name is the database's own.
            let query = sql_query(format!("SELECT COUNT(*) AS rows_there FROM \"{name}\""));
            let Count { rows_there } = match connection {
                AnyConnection::Sqlite(connection) => query.get_result(connection)?,
                AnyConnection::Postgres(connection) => query.get_result(connection)?,
            };
            tables.push((name, rows_there));
        }
        let place = match database.location() {
            Location::Sqlite(path) => path.display().to_string(),
            Location::Postgres(_) => facts.place,
        };
        let store = database.store().to_owned();
        Ok(StoreInfo { store, engine: facts.engine, place, bytes: facts.bytes, tables })
    })
}

const SQLITE_FACTS: &str = "SELECT 'SQLite ' || sqlite_version() AS engine, '' AS place, \
                            page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size";
const SQLITE_TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' \
                             AND substr(name, 1, 2) <> '__' ORDER BY name";
const POSTGRES_FACTS: &str = "SELECT 'PostgreSQL ' || split_part(version(), ' ', 2) AS engine, \
    current_database() || ', schema ' || current_schema() AS place, \
    (SELECT COALESCE(SUM(pg_total_relation_size(format('%I.%I', schemaname, tablename)::regclass)), 0)::bigint \
     FROM pg_tables WHERE schemaname = current_schema()) AS bytes";
const POSTGRES_TABLES: &str = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema() \
                               AND left(tablename::text, 2) <> '__' ORDER BY tablename";

#[derive(QueryableByName)]
struct Facts {
    #[diesel(sql_type = Text)]
    engine: String,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows_there: i64,
}
