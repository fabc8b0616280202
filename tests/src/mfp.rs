//! A virtual MFP beside a suite.

use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::suite::{Said, Suite};
use crate::wait_for;

/// A running `virtual-mfp serve`, registered as a device of the suite.
#[derive(Debug)]
pub struct Mfp {
    /// Its device name.
    pub name: String,
    /// Where its raw port listens.
    pub raw_port: u16,
    /// Where what came out of the printer lies, one file a job.
    pub out: PathBuf,
    child: Child,
}

impl Mfp {
    /// Adds the device to the suite and starts the printer with the given further arguments.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(suite: &Suite, name: &str, raw_port: u16, arguments: &[&str]) -> Self {
        suite.done(&["device", "add", name, "--address", &format!("raw://127.0.0.1:{raw_port}")]);
        Self::serve(suite, name, raw_port, arguments)
    }

    /// Starts the printer of a device that exists.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn serve(suite: &Suite, name: &str, raw_port: u16, arguments: &[&str]) -> Self {
        let out = suite.path(&format!("out-{name}"));
        std::fs::create_dir_all(&out).expect("a directory for what comes out");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(suite.path(&format!("{name}.log")))
            .expect("a log");
        let mut child = suite
            .command("virtual-mfp")
            .args(["serve", "--name", name, "--server", &suite.address(7500).to_string()])
            .args(["--raw-port", &raw_port.to_string(), "--out"])
            .arg(&out)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("virtual-mfp starts");
        wait_for("the virtual MFP to listen", || {
            assert!(child.try_wait().expect("the child is ours").is_none(), "the virtual MFP stopped");
            std::net::TcpListener::bind(("127.0.0.1", raw_port)).is_err().then_some(())
        });
        Self { name: name.to_owned(), raw_port, out, child }
    }

    /// Runs `virtual-mfp session` with `--json`; one value an event.
    #[must_use]
    pub fn session(&self, suite: &Suite, arguments: &[&str]) -> (Said, Vec<Value>) {
        session(suite, &self.name, arguments)
    }

    /// The documents that came out, by content, oldest first.
    #[must_use]
    pub fn printed(&self) -> Vec<Vec<u8>> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&self.out)
            .expect("the output directory")
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "prn"))
            .collect();
        files.sort();
        files.iter().map(|path| std::fs::read(path).expect("a printed document")).collect()
    }
}

/// A panel session at a device, without its printer.
#[must_use]
pub fn session(suite: &Suite, name: &str, arguments: &[&str]) -> (Said, Vec<Value>) {
    let said: Said = suite
        .command("virtual-mfp")
        .args(["session", "--name", name, "--server", &suite.address(7500).to_string(), "--json"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("virtual-mfp runs")
        .into();
    let events = said.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    (said, events)
}

impl Drop for Mfp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
