//! Stores for tests: SQLite in a temporary directory, and PostgreSQL in a cluster of the test's own
//! when its programs are installed.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection as _};

use crate::{Database, Location, Schema};

/// Remembers the statements that run on a store's connections, in their order and without their values. Clones share.
#[derive(Clone, Debug, Default)]
pub struct Statements(Arc<Mutex<Option<Vec<String>>>>);

impl Statements {
    /// The statements that ran while `work` did.
    pub async fn of<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>) {
        *self.list() = Some(Vec::new());
        let answer = work.await;
        let ran = self.list().take().unwrap_or_default();
        (answer, ran)
    }

    fn list(&self) -> MutexGuard<'_, Option<Vec<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Instrumentation for Statements {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let (InstrumentationEvent::StartQuery { query, .. }, Some(list)) = (event, self.list().as_mut()) {
            // diesel shows a statement as `SQL -- binds: [values]`.
            let text = query.to_string();
            list.push(text.split(" -- binds:").next().unwrap_or_default().trim_end().to_owned());
        }
    }
}

/// Runs `story` on a fresh store of each database that this machine has.
pub fn each_database(schema: &Schema, story: impl Fn(&Database)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let location = Location::Sqlite(directory.path().join("test.sqlite"));
    story(&Database::open(location, schema).expect("a fresh SQLite store"));
    if let Some(location) = postgres_location() {
        story(&Database::open(location, schema).expect("a fresh PostgreSQL store"));
    }
}

/// Lets a store on SQLite have so many pages and no more, as a full disk would; never fewer than it has.
///
/// # Panics
/// When it cannot be set.
pub fn limit_pages(database: &Database, pages: u32) {
    let limit = format!("PRAGMA max_page_count = {pages}");
    let set = database.write("limit-pages", |connection| Ok(connection.batch_execute(&limit)?));
    set.expect("a store of the test's own");
}

/// A fresh, empty PostgreSQL database, or `None` when this machine has no PostgreSQL (said once on
/// standard error, so that a silent skip is not mistaken for a pass).
///
/// # Panics
/// When the programs are there but the cluster cannot be started.
pub fn postgres_location() -> Option<Location> {
    // One for the whole process; its watcher ends it with the process.
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    Some(CLUSTER.get_or_init(Cluster::start).as_ref()?.database())
}

/// A PostgreSQL cluster in a directory of its own. A watcher ends it and takes the directory away when it is dropped or when
/// this process ends, however it ends.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    programs: PathBuf,
    user: String,
    databases: AtomicU32,
    watcher: Option<Watcher>,
}

#[derive(Debug)]
struct Watcher {
    shell: Child,
    /// Closes with this process.
    pipe: ChildStdin,
}

impl Cluster {
    /// A cluster that answers, or `None` when this machine has no PostgreSQL (said on standard error).
    ///
    /// # Panics
    /// When the programs are there but the cluster cannot be started.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            #[expect(clippy::print_stderr, reason = "the one who runs the tests must see it")]
            {
                eprintln!("PostgreSQL is not installed: what needs it is skipped");
            }
            return None;
        };
        let directory = tempfile::Builder::new().prefix("pg-test-").tempdir().expect("a directory").keep();
        // PostgreSQL refuses to run as root.
        let root = rustix::process::geteuid().is_root();
        let user = if root { "postgres".to_owned() } else { whoami() };
        if root {
            run(Command::new("chown").arg("postgres").arg(&directory));
        }
        let mut cluster = Self { directory, programs, user, databases: AtomicU32::new(0), watcher: None };
        cluster.resume();
        Some(cluster)
    }

    /// A fresh, empty database.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn database(&self) -> Location {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let base = format!("postgresql:///{{}}?host={}&user={}", self.directory.display(), self.user);
        let status = Command::new(self.programs.join("psql"))
            .args(["-q", "-c", &format!("CREATE DATABASE {name}"), &base.replace("{}", "postgres")])
            .status()
            .expect("psql runs");
        assert!(status.success(), "the test database could not be made");
        Location::Postgres(base.replace("{}", &name))
    }

    /// Stops it as an administrator would: everybody's connection ends. Its data stay.
    pub fn stop(&mut self) {
        self.end("keep\n");
    }

    /// Starts it, for the first time or again, and waits until it answers.
    ///
    /// # Panics
    /// When it does not start.
    pub fn resume(&mut self) {
        let (directory, programs) = (self.directory.display(), self.programs.display());
        let script = format!(
            "set -e\n\
             [ -d {directory}/data ] || {programs}/initdb -D {directory}/data -A trust -N --no-instructions -E UTF8 >{directory}/log 2>&1\n\
             exec {programs}/postgres -D {directory}/data -k {directory} -c listen_addresses= -c fsync=off \
             -c max_connections=200 >>{directory}/log 2>&1"
        );
        // The watcher reads from this process: the end of the pipe is the end of the process, whatever the reason.
        let watcher = format!(
            "({script}) & child=$!\nread word || true\nkill -INT $child 2>/dev/null\nwait $child\n\
             [ \"$word\" = keep ] || rm -rf {directory}"
        );
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", &self.user, "--", "sh", "-c", &watcher]);
            command
        } else {
            let mut command = Command::new("sh");
            command.args(["-c", &watcher]);
            command
        };
        let mut shell = command
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the cluster's watcher runs");
        let pipe = shell.stdin.take().expect("asked for above");
        self.watcher = Some(Watcher { shell, pipe });
        for _ in 0..2_400 {
            let mut asks = Command::new(self.programs.join("pg_isready"));
            if asks.args(["-q", "-h"]).arg(&self.directory).status().is_ok_and(|status| status.success()) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the PostgreSQL cluster in {} did not start", self.directory.display());
    }

    fn end(&mut self, word: &str) {
        if let Some(Watcher { mut shell, mut pipe }) = self.watcher.take() {
            // A watcher that has gone reads nothing.
            let _ = pipe.write_all(word.as_bytes());
            drop(pipe);
            let _ = shell.wait();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end("");
    }
}

/// Where Debian puts the server's programs, which are not on the path.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|programs| programs.join("initdb").exists() && programs.join("postgres").exists())
        .collect();
    versions.sort();
    versions.pop()
}

fn whoami() -> String {
    let output = Command::new("id").arg("-un").output().expect("id runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn run(command: &mut Command) {
    assert!(command.status().is_ok_and(|status| status.success()), "{command:?} failed");
}
