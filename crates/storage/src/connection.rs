//! One connection of either kind, where a store lives, and how a pool makes connections.

use std::path::{Path, PathBuf};

use diesel::connection::Connection as _;
use diesel::r2d2::R2D2Connection;
use diesel::{PgConnection, SqliteConnection};

use crate::dialect;
use crate::error::StoreError;

pub use any::AnyConnection;

mod any {
    use diesel::{PgConnection, SqliteConnection};

    /// A connection to SQLite or PostgreSQL; diesel's queries run on both alike.
    #[derive(diesel::MultiConnection)]
    pub enum AnyConnection {
        /// A file of this machine.
        Sqlite(SqliteConnection),
        /// A PostgreSQL server.
        Postgres(PgConnection),
    }
}

/// Where a store lives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Location {
    /// A file, made when it is not there.
    Sqlite(PathBuf),
    /// A PostgreSQL URL (several hosts allowed); the store is the schema of its own name in it.
    Postgres(String),
}

impl Location {
    /// The configured database, or `db/<store>.sqlite` under the data directory.
    pub fn choose(data: &Path, database_url: Option<&str>, store: &str) -> Self {
        match database_url {
            Some(url) => Self::Postgres(url.to_owned()),
            None => Self::Sqlite(data.join("db").join(format!("{store}.sqlite"))),
        }
    }
}

/// Makes and checks connections for one pool.
pub(crate) struct Manager {
    location: Location,
    /// Schema on PostgreSQL.
    store: &'static str,
    access: Access,
    #[cfg(any(test, feature = "testing"))]
    statements: crate::testing::Statements,
}

/// What a connection may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Manager {
    pub(crate) fn new(location: Location, store: &'static str, access: Access) -> Self {
        Self {
            location,
            store,
            access,
            #[cfg(any(test, feature = "testing"))]
            statements: crate::testing::Statements::default(),
        }
    }

    /// Its connections tell `statements` what they run.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn telling(mut self, statements: &crate::testing::Statements) -> Self {
        self.statements = statements.clone();
        self
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = StoreError;

    fn connect(&self) -> Result<AnyConnection, StoreError> {
        // diesel's own `establish` of the enum guesses the kind by trying; a PostgreSQL server that is
        // away would then become a strange new SQLite file.
        let away = |error: diesel::ConnectionError| StoreError::Unavailable(error.to_string());
        let mut connection = match &self.location {
            Location::Sqlite(path) => {
                AnyConnection::Sqlite(SqliteConnection::establish(&path.to_string_lossy()).map_err(away)?)
            }
            Location::Postgres(url) => AnyConnection::Postgres(PgConnection::establish(url).map_err(away)?),
        };
        dialect::prepare(&mut connection, self.store, self.access)?;
        #[cfg(any(test, feature = "testing"))]
        connection.set_instrumentation(self.statements.clone());
        Ok(connection)
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        match connection {
            AnyConnection::Sqlite(_) => Ok(()),
            AnyConnection::Postgres(connection) => Ok(connection.ping()?),
        }
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        std::thread::panicking() || connection.is_broken()
    }
}
