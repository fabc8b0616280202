//! What goes wrong beneath a suite: calls to the disk that fail, and a record of the calls it made.
//!
//! Both are done by attaching Debian's `strace` to running processes, so that the programs under test are those that people
//! run. Where the system lets nobody attach, stories say so and skip.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;

use crate::suite::signal;
use crate::{tool, wait_for};

/// An attached strace; detached when dropped, and everything goes on.
#[derive(Debug)]
pub struct Strace(Child);

impl Strace {
    /// Attaches to processes with further options, or says why not.
    ///
    /// # Panics
    /// When strace cannot be run.
    #[must_use]
    pub fn attach(pids: &[i32], options: &[&str]) -> Option<Self> {
        let Some(program) = tool("strace") else {
            eprintln!("skipped: strace is missing; make test installs it");
            return None;
        };
        let mut command = Command::new(program);
        command.arg("-f").args(options);
        for pid in pids {
            command.args(["-p", &pid.to_string()]);
        }
        let mut child =
            command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("strace was just found");
        let mut says = BufReader::new(child.stderr.take().expect("asked for above"));
        // It names every process once all its threads are attached.
        for pid in pids {
            let attached = format!("Process {pid} attached");
            let mut heard = String::new();
            while !heard.contains(&attached) {
                if says.read_line(&mut heard).unwrap_or(0) == 0 {
                    eprintln!("skipped: strace attaches to nothing here: {heard}");
                    let _ = child.wait();
                    return None;
                }
            }
        }
        // It tells of every further thread; somebody has to listen.
        std::thread::spawn(move || says.read_to_end(&mut Vec::new()));
        Some(Self(child))
    }

    /// Every one of these system calls, on this file or directory or on any, fails with an input/output error as long as this
    /// lives.
    #[must_use]
    pub fn fail(pids: &[i32], calls: &str, path: Option<&Path>) -> Option<Self> {
        let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:error=EIO"));
        let path = path.map(|path| path.display().to_string());
        let only = path.as_deref().map(|path| ["-P", path]);
        let options = ["-o", "/dev/null", "-e", &trace, "-e", &inject];
        Self::attach(pids, &[&options[..], only.as_ref().map_or(&[], |only| &only[..])].concat())
    }

    /// Writes down these calls with the files they are about.
    #[must_use]
    pub fn record(pids: &[i32], calls: &str, file: &Path) -> Option<Self> {
        let (trace, file) = (format!("trace={calls}"), file.display().to_string());
        Self::attach(pids, &["-yy", "-s", "32", "-e", "signal=none", "-e", &trace, "-o", &file])
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        // On SIGTERM it lets go of everything and ends.
        signal(i32::try_from(self.0.id()).expect("a pid"), Signal::TERM);
        wait_for("strace to let go", || self.0.try_wait().expect("the child is ours"));
    }
}
