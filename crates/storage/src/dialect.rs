//! Every difference between SQLite and PostgreSQL.
//!
//! Queries are written once with diesel and run on both. What is not the same on both is here: how a
//! connection is prepared, how a transaction begins, inserts that answer with the new id, and
//! "insert or update".

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::result::QueryResult;

use crate::connection::{Access, AnyConnection};
use crate::error::StoreResult;

/// Milliseconds SQLite waits for a lock held by another process (a backup, an administrator's shell).
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// Pages in the write-ahead log before it is copied back; 4 KiB each.
const WAL_CHECKPOINT_PAGES: u32 = 4_000;
/// Page cache of a connection, KiB.
const CACHE_KIB: u32 = 4_096;

/// Readies a new connection.
///
/// `synchronous = FULL` makes a commit durable before it is answered; in WAL mode that is one flush.
pub(crate) fn prepare(connection: &mut AnyConnection, store: &str, access: Access) -> StoreResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => {
            let query_only = match access {
                Access::Read => "ON",
                Access::Write => "OFF",
            };
            // busy_timeout comes first: the change to WAL itself needs the lock.
            connection.batch_execute(&format!(
                "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};
                 PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON;
                 PRAGMA temp_store = MEMORY;
                 PRAGMA cache_size = -{CACHE_KIB};
                 PRAGMA wal_autocheckpoint = {WAL_CHECKPOINT_PAGES};
                 PRAGMA query_only = {query_only};"
            ))?;
        }
        AnyConnection::Postgres(connection) => {
            // A plan that is kept was the best one when the table was empty: it would read the whole table, however long
            // that has become. Reports are planned each time; what writes finds its few rows by an index, always.
            let plans = match access {
                Access::Read => "SET plan_cache_mode TO force_custom_plan;",
                Access::Write => "SET plan_cache_mode TO force_generic_plan; SET enable_seqscan TO off;",
            };
            connection.batch_execute(&format!(
                "SET search_path TO {store}; SET TIME ZONE 'UTC'; SET synchronous_commit TO on;
                 SET client_min_messages TO warning; {plans}"
            ))?;
        }
    }
    Ok(())
}

/// Begins a transaction that may write: SQLite takes the writer's lock at once, so that no later
/// statement fails for it; PostgreSQL guards rules that read before they write.
pub(crate) fn begin(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => {
            AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
        }
        AnyConnection::Postgres(connection) => {
            AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN ISOLATION LEVEL SERIALIZABLE")
        }
    }
}

/// Begins a transaction that sees one state of the store and writes nothing.
pub(crate) fn begin_read(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => {
            AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN DEFERRED")
        }
        AnyConnection::Postgres(connection) => AnsiTransactionManager::begin_transaction_sql(
            connection,
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        ),
    }
}

pub(crate) fn commit(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => AnsiTransactionManager::commit_transaction(connection),
        AnyConnection::Postgres(connection) => AnsiTransactionManager::commit_transaction(connection),
    }
}

pub(crate) fn roll_back(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => AnsiTransactionManager::rollback_transaction(connection),
        AnyConnection::Postgres(connection) => AnsiTransactionManager::rollback_transaction(connection),
    }
}

/// Inserts `$row` into `$table` and answers with a column of the new row:
/// `insert_returning!(connection, users::table, row, users::id)`.
macro_rules! insert_returning {
    ($connection:expr, $table:expr, $row:expr, $column:expr) => {
        match $connection {
            $crate::AnyConnection::Sqlite(connection) => {
                diesel::insert_into($table).values($row).returning($column).get_result(connection)
            }
            $crate::AnyConnection::Postgres(connection) => {
                diesel::insert_into($table).values($row).returning($column).get_result(connection)
            }
        }
    };
}

/// Inserts `$row`, or does nothing when `$target` is taken already; answers with the number of new rows.
macro_rules! insert_if_absent {
    ($connection:expr, $table:expr, $row:expr, $target:expr) => {
        match $connection {
            $crate::AnyConnection::Sqlite(connection) => {
                diesel::insert_into($table).values($row).on_conflict($target).do_nothing().execute(connection)
            }
            $crate::AnyConnection::Postgres(connection) => {
                diesel::insert_into($table).values($row).on_conflict($target).do_nothing().execute(connection)
            }
        }
    };
}

/// Inserts `$row`, or sets `$changes` on the row that has the same `$target`.
macro_rules! insert_or_update {
    ($connection:expr, $table:expr, $row:expr, $target:expr, $changes:expr) => {
        match $connection {
            $crate::AnyConnection::Sqlite(connection) => diesel::insert_into($table)
                .values($row)
                .on_conflict($target)
                .do_update()
                .set($changes)
                .execute(connection),
            $crate::AnyConnection::Postgres(connection) => diesel::insert_into($table)
                .values($row)
                .on_conflict($target)
                .do_update()
                .set($changes)
                .execute(connection),
        }
    };
}

pub(crate) use {insert_if_absent, insert_or_update, insert_returning};
