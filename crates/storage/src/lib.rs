//! The stores: what a server owns and nobody else writes, on SQLite or PostgreSQL.
//!
//! - [`database`]: pools and named transactions, the only way to a connection
//! - [`connection`]: one connection of either kind, and where a store lives
//! - [`mod@core`]: people, devices, queues, jobs, settings (the jobserver's)
//! - [`migrate`]: brings a store to the version this program needs, once, under a lock
//! - [`dialect`]: every difference between the two databases, in one file
//! - [`error`]: why a store could not answer; never "not found"
//! - [`backup`]: a consistent copy of a store while it is in use
//! - [`info`]: where a store is, how large, how many rows
//! - [`event`]: what administrators should know of; owned by the jobserver
//! - [`tracking`]: who printed what; owned by the trackingserver
//! - [`purse`]: the books of accounts; owned by the moneyserver
//!
//! A lookup returns `Result<Option<T>, StoreError>`: a broken database never looks like an
//! absent row. Columns are TEXT, BIGINT, BLOB/BYTEA and BOOLEAN only; instants are microseconds
//! since the epoch, UTC.

pub mod backup;
pub mod connection;
pub mod core;
pub mod database;
pub mod dialect;
pub mod error;
pub mod event;
pub mod info;
pub mod migrate;
pub mod purse;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tracking;

pub use connection::{AnyConnection, Location};
pub use database::Database;
pub use error::{StoreError, StoreResult};
pub use migrate::Schema;
