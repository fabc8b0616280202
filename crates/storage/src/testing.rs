//! Stores for tests: SQLite in a temporary directory, and PostgreSQL in a cluster of the test's own
//! when its programs are installed.

use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Database, Location, Schema};

/// Runs `story` on a fresh store of each database that this machine has.
pub fn each_database(schema: &Schema, story: impl Fn(&Database)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let location = Location::Sqlite(directory.path().join("test.sqlite"));
    story(&Database::open(location, schema).expect("a fresh SQLite store"));
    if let Some(location) = postgres_location() {
        story(&Database::open(location, schema).expect("a fresh PostgreSQL store"));
    }
}

/// A fresh, empty PostgreSQL database, or `None` when this machine has no PostgreSQL (said once on
/// standard error, so that a silent skip is not mistaken for a pass).
///
/// # Panics
/// When the programs are there but the cluster cannot be started.
pub fn postgres_location() -> Option<Location> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let cluster = cluster()?;
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let base = format!("postgresql:///{{}}?host={}&user={}", cluster.directory.display(), cluster.user);
    let status = Command::new(cluster.programs.join("psql"))
        .args(["-q", "-c", &format!("CREATE DATABASE {name}"), &base.replace("{}", "postgres")])
        .status()
        .expect("psql runs");
    assert!(status.success(), "the test database could not be made");
    Some(Location::Postgres(base.replace("{}", &name)))
}

/// One cluster for the whole test process. A watcher ends it when the process ends, however it ends.
struct Cluster {
    directory: PathBuf,
    programs: PathBuf,
    user: String,
    _watcher: Child,
    /// Closes with this process.
    _pipe: ChildStdin,
}

fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(start).as_ref()
}

fn start() -> Option<Cluster> {
    let Some(programs) = programs() else {
        #[expect(clippy::print_stderr, reason = "the one who runs the tests must see it")]
        {
            eprintln!("PostgreSQL is not installed: its half of the store tests is skipped");
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
    let script = format!(
        "set -e\n\
         {programs}/initdb -D {data} -A trust -N --no-instructions -E UTF8 >{directory}/log 2>&1\n\
         exec {programs}/postgres -D {data} -k {directory} -c listen_addresses= -c fsync=off \
         -c max_connections=200 >>{directory}/log 2>&1",
        programs = programs.display(),
        data = directory.join("data").display(),
        directory = directory.display(),
    );
    // The watcher holds our standard input pipe: when this process ends the pipe closes, whatever the reason.
    let watcher = format!(
        "({}) & child=$!\nread _ || true\nkill -INT $child 2>/dev/null\nwait $child\nrm -rf {}",
        script,
        directory.display()
    );
    let mut command = if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", &watcher]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", &watcher]);
        command
    };
    let mut watcher = command
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the cluster's watcher runs");
    let pipe = watcher.stdin.take().expect("asked for above");
    for _ in 0..600 {
        let ready = Command::new(programs.join("pg_isready")).args(["-q", "-h"]).arg(&directory).status();
        if ready.is_ok_and(|status| status.success()) {
            return Some(Cluster { directory, programs, user, _watcher: watcher, _pipe: pipe });
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(pipe);
    let _ = watcher.wait();
    panic!("the PostgreSQL cluster in {} did not start", directory.display());
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
