//! One whole Papergate in a directory of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::ports::Block;
use crate::{binary, wait_for};

/// RFC 8011 sections 4.2.5 and B.1.4.7.
const GET_PRINTER_ATTRIBUTES: u16 = 0x000B;
const CLIENT_ERROR_NOT_FOUND: u16 = 0x0406;

/// A running suite; stopped and inspected when dropped.
#[derive(Debug)]
pub struct Suite {
    directory: TempDir,
    /// Its ports.
    pub ports: Block,
    environment: Vec<(String, String)>,
    /// The command that runs its processes; none when they run like any other.
    inside: Vec<String>,
    /// Where it listens.
    bind: String,
    child: Option<Child>,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Exit code of the design's table: 0 done, 1 refused, 2 usage, 3 unreachable, 78 configuration.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Said {
    /// The standard output as JSON.
    ///
    /// # Panics
    /// When the command failed or printed something else.
    #[must_use]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "the command failed: {}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Suite {
    /// Starts a suite on embedded SQLite and waits until it is ready.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with further environment variables for the processes.
    #[must_use]
    pub fn start_with(environment: &[(&str, &str)]) -> Self {
        Self::start_in(fresh_directory(), environment)
    }

    /// The same by another command, which runs it elsewhere (in a namespace), listening on `bind`. Only what goes by its
    /// Unix sockets works from here.
    #[must_use]
    pub fn start_inside(inside: &[String], bind: &str) -> Self {
        let mut suite = Self::stopped(fresh_directory(), &[]);
        (suite.inside, suite.bind) = (inside.to_vec(), bind.to_owned());
        suite.up();
        suite
    }

    /// The same with a supervisor whose patience has no end: here failures are made.
    #[must_use]
    pub fn start_restless(environment: &[(&str, &str)]) -> Self {
        let restless = [
            ("PAPERGATE_SUPERVISOR_RESTARTS_MAX", "1000000"),
            ("PAPERGATE_SUPERVISOR_BACKOFF_FIRST_MS", "10"),
            ("PAPERGATE_SUPERVISOR_BACKOFF_MAX_MS", "50"),
        ];
        Self::start_with(&[&restless, environment].concat())
    }

    /// The same in a directory the story chose (a small disk, a real disk).
    #[must_use]
    pub fn start_in(directory: TempDir, environment: &[(&str, &str)]) -> Self {
        let mut suite = Self::stopped(directory, environment);
        suite.up();
        suite
    }

    fn stopped(directory: TempDir, environment: &[(&str, &str)]) -> Self {
        Self {
            directory,
            ports: Block::take(),
            environment: environment
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            inside: Vec::new(),
            bind: "127.0.0.1".to_owned(),
            child: None,
        }
    }

    /// Starts the processes again and waits until they are ready.
    ///
    /// # Panics
    /// When the suite stops before it is ready.
    pub fn up(&mut self) {
        assert!(self.child.is_none(), "the suite runs already");
        let ready = self.path("ready");
        let _ = std::fs::remove_file(&ready);
        let log =
            std::fs::File::options().create(true).append(true).open(self.log_path()).expect("a log file");
        let mut command = self.command("papergate");
        if let [program, arguments @ ..] = &self.inside[..] {
            command = self.with_environment(Command::new(program));
            command.args(arguments).arg(binary("papergate"));
        }
        let child = command
            .args(["up", "--port-offset", &self.ports.offset.to_string()])
            .args(["--bind", &self.bind, "--ready-file"])
            .arg(&ready)
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .expect("papergate starts");
        self.child = Some(child);
        self.wait_ready();
    }

    /// Its directory stays when it goes: whoever owns the parent removes it.
    pub fn keep_directory(&mut self) {
        self.directory.disable_cleanup(true);
    }

    /// Waits for the ready file.
    ///
    /// # Panics
    /// When the suite stops before it is ready.
    pub fn wait_ready(&mut self) {
        let ready = self.path("ready");
        let child = self.child.as_mut().expect("the suite was started");
        let log = self.directory.path().join("suite.log");
        wait_for("the suite to be ready", || {
            if let Some(status) = child.try_wait().expect("the child is ours") {
                panic!(
                    "the suite stopped with {status}:\n{}",
                    std::fs::read_to_string(&log).unwrap_or_default()
                );
            }
            ready.exists().then_some(())
        });
    }

    /// A program of ours with this suite's data directory and environment.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        self.with_environment(Command::new(binary(program)))
    }

    fn with_environment(&self, mut command: Command) -> Command {
        command.env("PAPERGATE_DATA", self.data()).env_remove("PAPERGATE_SERVER");
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Runs `papergate ARGS` against this suite.
    #[must_use]
    pub fn papergate(&self, arguments: &[&str]) -> Said {
        self.command("papergate")
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("papergate runs")
            .into()
    }

    /// Runs `papergate ARGS` and insists that it was done. A queue that was added is at its port then.
    ///
    /// # Panics
    /// When it was not.
    pub fn done(&self, arguments: &[&str]) -> String {
        let said = self.papergate(arguments);
        assert_eq!(said.code, 0, "papergate {arguments:?}: {}{}\n{}", said.stdout, said.stderr, self.log());
        if let ["queue", "add", name, ..] = arguments {
            wait_for("the queue at its port", || self.has_port(name).then_some(()));
        }
        said.stdout
    }

    /// Whether the port server knows a queue; true where nobody listens, because the story took the port away. The
    /// port server is told of a queue a moment after the command line.
    fn has_port(&self, queue: &str) -> bool {
        let client = crate::ipp::Client::connect(self.address(631), &format!("/ipp/print/{queue}"));
        let Ok(mut client) = client else { return true };
        client
            .operation(GET_PRINTER_ATTRIBUTES, "nobody", &[])
            .map_or(true, |answer| answer.status != CLIENT_ERROR_NOT_FOUND)
    }

    /// Runs `papergate ARGS --json`.
    #[must_use]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.push("--json");
        self.papergate(&all).json()
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A path beside the data directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn log_path(&self) -> PathBuf {
        self.path("suite.log")
    }

    /// Everything the processes wrote to their standard outputs so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// The loopback address of a standard port of this suite.
    #[must_use]
    pub fn address(&self, standard_port: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports.port(standard_port)).into()
    }

    /// Process ids by name, the supervisor's included. Read from /proc, so that it works while they die.
    #[must_use]
    pub fn processes(&self) -> Vec<(String, i32)> {
        let data = self.data();
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").expect("/proc is there").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
                continue;
            };
            let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
            let Ok(command) = std::fs::read(entry.path().join("cmdline")) else { continue };
            let marker = format!("PAPERGATE_DATA={}", data.display());
            let belongs = environment.split(|&byte| byte == 0).any(|variable| variable == marker.as_bytes())
                || command
                    .split(|&byte| byte == 0)
                    .any(|argument| argument == data.as_os_str().as_encoded_bytes());
            let Some(program) = command.split(|&byte| byte == 0).next() else { continue };
            let program = Path::new(std::str::from_utf8(program).unwrap_or_default());
            let Some(name) = program.file_name().and_then(|name| name.to_str()) else { continue };
            if belongs && (name.ends_with("server") || name == "supervisor" || name == "failsafe") {
                found.push((name.to_owned(), pid));
            }
        }
        found
    }

    /// Kills one process without warning; false when it was not running.
    pub fn kill(&self, name: &str) -> bool {
        let pids: Vec<i32> =
            self.processes().into_iter().filter(|(program, _)| program == name).map(|(_, pid)| pid).collect();
        pids.iter().filter(|pid| signal(**pid, Signal::KILL)).count() > 0
    }

    /// Kills every process at once, as a power cut would, and reaps what was started here.
    ///
    /// # Panics
    /// When a process survives.
    pub fn kill_all(&mut self) {
        // The supervisor first, or it would start again what dies under it.
        let mut processes = self.processes();
        processes.sort_by_key(|(name, _)| name != "supervisor");
        for (_, pid) in &processes {
            signal(*pid, Signal::KILL);
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            child.wait().expect("a killed child can be waited for");
        }
        wait_for("killed processes to be gone", || self.processes().is_empty().then_some(()));
    }

    /// Asks the suite to stop and waits for it; the exit code.
    ///
    /// # Panics
    /// When it was not running.
    pub fn stop(&mut self) -> i32 {
        let mut child = self.child.take().expect("the suite was started");
        signal(i32::try_from(child.id()).expect("a pid"), Signal::TERM);
        let status = wait_for("the suite to stop", || child.try_wait().expect("the child is ours"));
        status.code().unwrap_or(-1)
    }

    /// Resident memory of all processes, in bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.processes().iter().map(|(_, pid)| resident_bytes(*pid)).sum()
    }

    /// Adds a person with a card.
    pub fn person(&self, logon: &str, card: &str) {
        self.done(&["user", "add", logon]);
        self.done(&["card", "add", logon, card]);
    }

    /// Adds a pull queue.
    pub fn pull_queue(&self, name: &str) {
        self.done(&["queue", "add", name, "--kind", "pull"]);
    }

    /// Adds a pull queue of one person's behind the raw port 9100, and waits until the port is open.
    pub fn raw_queue(&self, name: &str, owner: &str) {
        let who = ["--owner", "fixed", "--fixed-logon", owner, "--raw-port", "9100"];
        self.done(&[&["queue", "add", name, "--kind", "pull"], &who[..]].concat());
        wait_for("the raw port", || std::net::TcpStream::connect(self.address(9100)).ok());
    }

    /// Gives somebody a password.
    ///
    /// # Panics
    /// When it is refused.
    pub fn password(&self, logon: &str, password: &str) {
        let mut command = self.command("papergate");
        command.args(["user", "edit", logon, "--password"]).env("PAPERGATE_NEW_PASSWORD", password);
        let said: Said = command.stdin(Stdio::null()).output().expect("papergate runs").into();
        assert_eq!(said.code, 0, "{said:?}");
    }

    /// The jobs that wait to be collected.
    ///
    /// # Panics
    /// When they cannot be listed.
    #[must_use]
    pub fn held(&self) -> Vec<Value> {
        let listed = self.json(&["jobs", "list"]);
        let jobs = listed.as_array().expect("a list").iter();
        jobs.filter(|job| job["state"] == "held").cloned().collect()
    }

    /// The tracking records.
    ///
    /// # Panics
    /// When they cannot be exported.
    #[must_use]
    pub fn records(&self) -> Vec<Value> {
        let exported = self.papergate(&["tracking", "export", "--format", "json"]).json();
        exported.as_array().expect("a list").clone()
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        if self.child.is_some() && !std::thread::panicking() {
            let code = self.stop();
            assert_eq!(code, 0, "the suite did not stop cleanly:\n{}", self.log());
            assert!(self.processes().is_empty(), "processes were left behind: {:?}", self.processes());
        } else {
            for (_, pid) in self.processes() {
                signal(pid, Signal::KILL);
            }
            if let Some(mut child) = self.child.take() {
                let _ = child.kill();
                let _ = child.wait();
            }
            if std::thread::panicking() {
                let log = self.log();
                let tail: Vec<&str> = log.lines().rev().take(60).collect();
                eprintln!("--- end of the suite's log ---");
                for line in tail.iter().rev() {
                    eprintln!("{line}");
                }
            }
        }
    }
}

fn fresh_directory() -> TempDir {
    tempfile::Builder::new().prefix("papergate-").tempdir().expect("a temporary directory")
}

/// Sends a signal; false when the process is gone.
pub fn signal(pid: i32, signal: Signal) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| kill_process(pid, signal).is_ok())
}

/// Resident memory of one process (VmRSS), in bytes; 0 when it is gone.
#[must_use]
pub fn resident_bytes(pid: i32) -> u64 {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) else { return 0 };
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map_or(0, |kib| kib * 1024)
}
