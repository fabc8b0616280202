//! A consistent copy of a store while it is in use.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use r2d2::ManageConnection;

use crate::Database;
use crate::connection::{Access, Alive, AnyConnection, Location, Manager};
use crate::error::{StoreError, StoreResult};

/// Copies the store into `directory` as `<store>.sqlite` and answers with the path of the copy. Writers are
/// not held up: the copy is of one state.
///
/// A store on PostgreSQL is copied by PostgreSQL's own tools, which know its roles and its clusters.
///
/// # Errors
/// When the copy exists already or cannot be written; [`StoreError::Unavailable`] on PostgreSQL, with the
/// command that makes the copy.
pub fn copy(database: &Database, directory: &Path) -> StoreResult<PathBuf> {
    let store = database.store();
    let Location::Sqlite(_) = database.location() else {
        return Err(StoreError::Unavailable(format!(
            "the store is on PostgreSQL; copy it with pg_dump --schema={store}"
        )));
    };
    let path = directory.join(format!("{store}.sqlite"));
    let manager = Manager::new(database.location().clone(), store, Access::Write, &Alive::default());
    if let AnyConnection::Sqlite(connection) = &mut manager.connect()? {
        let name = path.to_string_lossy().replace('\'', "''");
        connection.batch_execute(&format!("VACUUM INTO '{name}'"))?;
    }
    Ok(path)
}
