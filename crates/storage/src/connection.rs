//! One connection of either kind, where a store lives, and how a pool makes connections.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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

/// How long after a success a server that answers is taken for granted: a way there and back for each transaction costs as much
/// as its statements.
const ALIVE_FOR: Duration = Duration::from_millis(500);

/// When a transaction of a pool last succeeded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alive(Arc<Mutex<Option<Instant>>>);

impl Alive {
    /// One has succeeded now.
    pub(crate) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// One has failed: the next connection is asked first.
    pub(crate) fn doubt(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn is_recent(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|last| last.elapsed() < ALIVE_FOR)
    }
}

/// Makes and checks connections for one pool.
pub(crate) struct Manager {
    location: Location,
    /// Schema on PostgreSQL.
    store: &'static str,
    access: Access,
    alive: Alive,
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
    pub(crate) fn new(location: Location, store: &'static str, access: Access, alive: &Alive) -> Self {
        Self {
            location,
            store,
            access,
            alive: alive.clone(),
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
            AnyConnection::Postgres(connection) if !self.alive.is_recent() => Ok(connection.ping()?),
            AnyConnection::Sqlite(_) | AnyConnection::Postgres(_) => Ok(()),
        }
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        std::thread::panicking() || connection.is_broken()
    }
}
