//! Pools and named transactions: the only way to a connection.

use std::sync::Arc;
use std::time::Duration;

use r2d2::{HandleError, Pool, PooledConnection};
use scheduled_thread_pool::ScheduledThreadPool;

use crate::connection::{Access, Alive, AnyConnection, Location, Manager};
use crate::dialect;
use crate::error::{StoreError, StoreResult};
use crate::migrate::{self, Schema};

/// Connections that read at the same time.
const READERS_MAX: u32 = 4;
/// Connections that write at the same time on PostgreSQL. SQLite has one writer: waiting in our
/// queue is fair and costs nothing, waiting in SQLite polls.
const POSTGRES_WRITERS_MAX: u32 = 4;
/// How long a caller waits for a connection before the store counts as unavailable.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a transaction is tried when it loses against others.
const ATTEMPTS_MAX: u32 = 12;
/// The pause before the second try; it doubles up to [`PAUSE_MAX`].
const PAUSE_FIRST: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// One store, open. Cloning is cheap; the calls block and belong on a blocking thread.
#[derive(Clone)]
pub struct Database {
    readers: Pool<Manager>,
    writers: Pool<Manager>,
    location: Arc<Location>,
    store: &'static str,
    alive: Alive,
    #[cfg(any(test, feature = "testing"))]
    statements: crate::testing::Statements,
}

impl Database {
    /// Brings the store to this program's version and opens it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached, [`StoreError::Migration`] when
    /// its tables cannot be changed.
    pub fn open(location: Location, schema: &Schema) -> StoreResult<Self> {
        migrate::run(&location, schema)?;
        // One thread for both pools: it only makes connections.
        let threads =
            Arc::new(ScheduledThreadPool::builder().num_threads(1).thread_name_pattern("store-{}").build());
        #[cfg(any(test, feature = "testing"))]
        let statements = crate::testing::Statements::default();
        let alive = Alive::default();
        let pool = |access, size| {
            let manager = Manager::new(location.clone(), schema.name, access, &alive);
            #[cfg(any(test, feature = "testing"))]
            let manager = manager.telling(&statements);
            Pool::builder()
                .max_size(size)
                .min_idle(Some(0))
                .idle_timeout(Some(Duration::from_secs(600)))
                .max_lifetime(None)
                .connection_timeout(CHECKOUT_TIMEOUT)
                .test_on_check_out(matches!(location, Location::Postgres(_)))
                .error_handler(Box::new(LogConnectFailure))
                .thread_pool(Arc::clone(&threads))
                .build_unchecked(manager)
        };
        let writers_max = match location {
            Location::Sqlite(_) => 1,
            Location::Postgres(_) => POSTGRES_WRITERS_MAX,
        };
        Ok(Self {
            readers: pool(Access::Read, READERS_MAX),
            writers: pool(Access::Write, writers_max),
            location: Arc::new(location),
            store: schema.name,
            alive,
            #[cfg(any(test, feature = "testing"))]
            statements,
        })
    }

    /// What its connections run, for tests that count work instead of time.
    #[cfg(any(test, feature = "testing"))]
    pub fn statements(&self) -> &crate::testing::Statements {
        &self.statements
    }

    /// Runs `work` in a transaction that sees one state of the store and changes nothing.
    ///
    /// # Errors
    /// Whatever `work` answers, and [`StoreError::Unavailable`].
    pub fn read<T>(
        &self,
        name: &'static str,
        work: impl Fn(&mut AnyConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.run(name, &self.readers, dialect::begin_read, work)
    }

    /// Runs `work` in a transaction that may write; durable when this returns `Ok`.
    ///
    /// An `Err` from `work` rolls everything back. A transaction that loses against another one is
    /// repeated from the start, so `work` must not do anything outside the connection.
    ///
    /// # Errors
    /// Whatever `work` answers, [`StoreError::Unavailable`], and [`StoreError::Contended`] after
    /// the last try.
    pub fn write<T>(
        &self,
        name: &'static str,
        work: impl Fn(&mut AnyConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.run(name, &self.writers, dialect::begin, work)
    }

    /// Where the store lives.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Name of the store.
    pub fn store(&self) -> &'static str {
        self.store
    }

    fn run<T>(
        &self,
        name: &'static str,
        pool: &Pool<Manager>,
        begin: impl Fn(&mut AnyConnection) -> diesel::QueryResult<()>,
        work: impl Fn(&mut AnyConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let mut pause = PAUSE_FIRST;
        for attempt in 1.. {
            let mut connection = self.checkout(pool)?;
            match attempt_once(&mut connection, &begin, &work) {
                Err(error) if error.is_retryable() && attempt < ATTEMPTS_MAX => {
                    tracing::debug!(transaction = name, attempt, %error, "a transaction is repeated");
                    drop(connection);
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                answer => {
                    match &answer {
                        Ok(_) => self.alive.note(),
                        Err(_) => self.alive.doubt(),
                    }
                    if let Err(error @ (StoreError::Statement(_) | StoreError::Corrupt { .. })) = &answer {
                        tracing::error!(transaction = name, ?error, "a transaction failed");
                    }
                    return answer;
                }
            }
        }
        unreachable!("the loop ends at the last attempt")
    }

    fn checkout(&self, pool: &Pool<Manager>) -> StoreResult<PooledConnection<Manager>> {
        pool.get().map_err(|error| {
            StoreError::Unavailable(format!("no connection to the store {}: {error}", self.store))
        })
    }
}

fn attempt_once<T>(
    connection: &mut AnyConnection,
    begin: &impl Fn(&mut AnyConnection) -> diesel::QueryResult<()>,
    work: &impl Fn(&mut AnyConnection) -> StoreResult<T>,
) -> StoreResult<T> {
    begin(connection)?;
    match work(connection) {
        Ok(value) => {
            dialect::commit(connection)?;
            Ok(value)
        }
        Err(error) => {
            // When even this fails the connection is broken, and the pool drops it; the reason is the first error.
            if let Err(second) = dialect::roll_back(connection) {
                tracing::debug!(error = %second, "a transaction could not be rolled back");
            }
            Err(error)
        }
    }
}

/// r2d2 reports connection failures in the background, again and again; the caller hears of it
/// anyway when its wait ends.
#[derive(Debug)]
struct LogConnectFailure;

impl HandleError<StoreError> for LogConnectFailure {
    fn handle_error(&self, error: StoreError) {
        tracing::warn!(%error, "a database connection could not be made");
    }
}

#[cfg(test)]
mod tests;
