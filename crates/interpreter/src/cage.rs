//! A process with nothing in reach: how it is started, fed, watched and ended.
//!
//! The limits are set by the programs of util-linux ahead of the interpreter in one chain of `exec`, so that there is
//! no moment at which it runs without them: `setpriv` (no new privileges, dies with its parent, nobody's rights when
//! the server is root), `unshare` (a network of its own with nothing in it, where the kernel permits that) and
//! `prlimit` (processor time, memory, no files written, no processes made).

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use pdl::ReadAt;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::limits::{Limits, STOP_PERIOD};

/// Where programs are looked for besides `PATH`.
const PROGRAM_DIRECTORIES: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
/// The user and group without rights, when the server is root.
const NOBODY: &str = "65534";
/// A directory that does not exist.
const NOWHERE: &str = "/nonexistent";
/// Files and pipes an interpreter may have open at a time.
const FILES_MAX: u64 = 64;
/// Portions in which a document is handed over, bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// A program of that name, executable or not.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(PROGRAM_DIRECTORIES.iter().map(PathBuf::from))
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
}

/// The programs that shut an interpreter in, and what of it this machine permits.
#[derive(Debug)]
pub(crate) struct Cage {
    setpriv: PathBuf,
    prlimit: PathBuf,
    /// Tried out before the first run.
    chain: OnceLock<Option<Vec<OsString>>>,
}

impl Cage {
    /// Looks whether its programs are there.
    ///
    /// # Errors
    /// The program that is missing; without its limits nothing is run.
    pub(crate) fn find() -> Result<Self, &'static str> {
        let setpriv = find("setpriv").ok_or("setpriv")?;
        let prlimit = find("prlimit").ok_or("prlimit")?;
        Ok(Self { setpriv, prlimit, chain: OnceLock::new() })
    }

    /// The strictest chain of programs that this machine permits.
    fn chain(&self) -> std::io::Result<&[OsString]> {
        let chain = self.chain.get_or_init(|| self.chains().into_iter().find(|chain| permitted(chain)));
        chain.as_deref().ok_or_else(|| std::io::Error::other("setpriv may not be used here"))
    }

    fn chains(&self) -> Vec<Vec<OsString>> {
        let setpriv = Self::words(&self.setpriv, &["--no-new-privs", "--pdeathsig", "KILL"]);
        let unshare = find("unshare");
        if rustix::process::geteuid().is_root() {
            let rights = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"].map(OsString::from);
            let nobody = [setpriv.clone(), rights.to_vec()].concat();
            let apart = unshare.map(|unshare| Self::words(&unshare, &["--net", "--ipc"]));
            let strict = apart.map(|apart| [apart, nobody.clone()].concat());
            return strict.into_iter().chain([nobody, setpriv]).collect();
        }
        let apart = unshare.map(|unshare| Self::words(&unshare, &["--user", "--net", "--ipc"]));
        let strict = apart.map(|apart| [setpriv.clone(), apart].concat());
        strict.into_iter().chain([setpriv]).collect()
    }

    fn words(program: &Path, arguments: &[&str]) -> Vec<OsString> {
        [program.as_os_str()]
            .into_iter()
            .chain(arguments.iter().map(AsRef::as_ref))
            .map(OsString::from)
            .collect()
    }

    /// Starts `program` inside.
    fn start(&self, program: &Path, arguments: &[String], limits: &Limits) -> std::io::Result<Child> {
        command(self.chain()?)
            .arg(&self.prlimit)
            .arg(format!("--cpu={}", limits.cpu_s.max(1)))
            .arg(format!("--as={}", limits.memory_bytes))
            .arg(format!("--nofile={FILES_MAX}"))
            .args(["--fsize=0", "--core=0", "--nproc=0", "--"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }
}

/// A chain's first program with the others as its arguments: no environment, no directory, a group of its own.
fn command(chain: &[OsString]) -> Command {
    let mut command = Command::new(&chain[0]);
    command.args(&chain[1..]).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/").process_group(0);
    // Ghostscript lets documents read what lies in the directory for temporary files.
    command.env("TMPDIR", NOWHERE).env("TEMP", NOWHERE);
    command
}

fn permitted(chain: &[OsString]) -> bool {
    let Some(program) = find("true") else { return false };
    command(chain)
        .arg(program)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Why a process was ended by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Its time was over.
    Time,
    /// It said or drew too much.
    Output,
    /// The server stops.
    Stop,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal that was not ours: a limit of the kernel.
    Killed(i32),
    /// By us.
    Ended(Ended),
}

/// What a run is made of.
pub(crate) struct Run<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [String],
    pub(crate) document: &'a dyn ReadAt,
    pub(crate) limits: &'a Limits,
    pub(crate) stopping: &'a (dyn Fn() -> bool + Send + Sync),
}

/// Takes what a process writes; `false` ends the process.
pub(crate) type Taker<'a> = dyn FnMut(&[u8]) -> bool + Send + 'a;

impl Cage {
    /// Runs a program on a document given to its standard input, until it ends or is ended.
    ///
    /// # Errors
    /// The process cannot be started.
    pub(crate) fn run(
        &self,
        run: &Run<'_>,
        drawn: &mut Taker<'_>,
        said: &mut Taker<'_>,
    ) -> std::io::Result<End> {
        let mut child = self.start(run.program, run.arguments, run.limits)?;
        let pid = Pid::from_child(&child);
        let (input, output, words) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let watch = Watch { pid, state: Mutex::default(), changed: Condvar::new() };
        std::thread::scope(|scope| {
            scope.spawn(|| watch.keep(run.limits.wall, run.stopping));
            scope.spawn(|| feed(input, run.document));
            let words = scope.spawn(|| drain(words, said, &watch));
            drain(output, drawn, &watch);
            let _ = words.join();
            // It is not reaped yet, so its number cannot have become somebody else's while the watch may still use it.
            let _ = rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            watch.is_over();
        });
        let status = child.wait()?;
        if let Some(ended) = watch.state().ended {
            return Ok(End::Ended(ended));
        }
        use std::os::unix::process::ExitStatusExt;
        Ok(match (status.code(), status.signal()) {
            (Some(code), _) => End::Exited(code),
            (None, signal) => End::Killed(signal.unwrap_or_default()),
        })
    }
}

/// Hands the document over. What ends early does not read all of it.
fn feed(input: Option<impl Write>, document: &dyn ReadAt) {
    let Some(mut input) = input else { return };
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut offset = 0;
    while let Ok(count @ 1..) = document.read_at(offset, &mut buffer) {
        if input.write_all(&buffer[..count]).is_err() {
            return;
        }
        offset += count as u64;
    }
}

fn drain(output: Option<impl Read>, take: &mut Taker<'_>, watch: &Watch) {
    let Some(mut output) = output else { return };
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut wanted = true;
    while let Ok(count @ 1..) = output.read(&mut buffer) {
        if wanted && !take(&buffer[..count]) {
            wanted = false;
            watch.end(Ended::Output);
        }
    }
}

/// Ends a process when its time is over or the server stops.
struct Watch {
    pid: Pid,
    state: Mutex<Watched>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Watched {
    over: bool,
    ended: Option<Ended>,
}

impl Watch {
    fn state(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, wall: Duration, stopping: &(dyn Fn() -> bool + Send + Sync)) {
        let begin = Instant::now();
        let mut state = self.state();
        while !state.over {
            let left = wall.saturating_sub(begin.elapsed());
            if state.ended.is_none() && (left.is_zero() || stopping()) {
                let why = if left.is_zero() { Ended::Time } else { Ended::Stop };
                self.kill(&mut state, why);
            }
            let waited = self.changed.wait_timeout(state, STOP_PERIOD);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn end(&self, why: Ended) {
        self.kill(&mut self.state(), why);
    }

    /// Ends the process and whatever it made.
    fn kill(&self, state: &mut Watched, why: Ended) {
        if !state.over && state.ended.is_none() {
            state.ended = Some(why);
            let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
        }
    }

    fn is_over(&self) {
        self.state().over = true;
        self.changed.notify_all();
    }
}
