//! Brings a store to the version this program needs, once, under a lock.
//!
//! diesel's runner takes no lock of its own: two programs that start together would both apply
//! the same step. SQLite is guarded by a lock on a file beside the database, PostgreSQL by an
//! advisory lock that ends with the connection.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use r2d2::ManageConnection;
use rustix::fs::{FlockOperation, flock};

use crate::connection::{Access, Alive, AnyConnection, Location, Manager};
use crate::error::{StoreError, StoreResult};

/// The name of a store and the steps that make its tables, the same names for both databases.
pub struct Schema {
    /// Name of the store: the file's stem on SQLite, the schema on PostgreSQL.
    pub name: &'static str,
    /// Steps for SQLite.
    pub sqlite: EmbeddedMigrations,
    /// Steps for PostgreSQL.
    pub postgres: EmbeddedMigrations,
}

/// Key of the advisory lock; any fixed number that nothing else in the database uses.
const ADVISORY_LOCK: i64 = 0x7061_7065_7267_6174;

/// Applies the steps that are missing. Steps this program does not know are left alone: a newer
/// program may have run before it (expand, move, contract).
pub(crate) fn run(location: &Location, schema: &Schema) -> StoreResult<()> {
    let failed = |why: String| StoreError::Migration { store: schema.name, why };
    let manager = Manager::new(location.clone(), schema.name, Access::Write, &Alive::default());
    let _lock = match location {
        Location::Sqlite(path) => {
            Some(lock_file(path).map_err(|error| failed(format!("the lock beside {path:?}: {error}")))?)
        }
        Location::Postgres(_) => None,
    };
    match &mut manager.connect()? {
        AnyConnection::Sqlite(connection) => connection
            .run_pending_migrations(Steps(&schema.sqlite))
            .map(drop)
            .map_err(|error| failed(error.to_string())),
        AnyConnection::Postgres(connection) => {
            connection.batch_execute(&format!(
                "SELECT pg_advisory_lock({ADVISORY_LOCK}); CREATE SCHEMA IF NOT EXISTS {};",
                schema.name
            ))?;
            connection
                .run_pending_migrations(Steps(&schema.postgres))
                .map(drop)
                .map_err(|error| failed(error.to_string()))
        }
    }
}

/// The steps by reference: diesel's runner wants to own its source.
struct Steps<'a>(&'a EmbeddedMigrations);

impl<DB: Backend> MigrationSource<DB> for Steps<'_> {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        self.0.migrations()
    }
}

/// Locks `<database>.lock` until the answer is dropped, making the directory when it is not there.
fn lock_file(database: &Path) -> std::io::Result<std::fs::File> {
    if let Some(directory) = database.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(name)?;
    flock(&file, FlockOperation::LockExclusive)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    /// diesel knows a step by what stands before the first underscore, and drops one of two that share it without a word.
    #[test]
    fn every_step_has_a_number_of_its_own_in_both_dialects() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
        for store in ["core", "event", "purse", "tracking"] {
            let steps = |dialect: &str| {
                let mut steps: BTreeMap<String, String> = BTreeMap::new();
                for entry in std::fs::read_dir(root.join(store).join(dialect)).expect("its steps") {
                    let name = entry.expect("a step").file_name().into_string().expect("a name");
                    let number = name.split('_').next().unwrap_or_default().to_owned();
                    let twin = steps.insert(number, name.clone());
                    assert_eq!(twin, None, "{store}: {name} has the number of another step");
                }
                steps
            };
            assert_eq!(steps("sqlite"), steps("postgres"), "{store}");
        }
    }
}
