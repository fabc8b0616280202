//! What the stories share: a suite of real processes, a simulated printer, and clients that are not ours.
//!
//! - [`submit`]: clients that only believe an acknowledgement.
//! - [`suite`]: one whole Papergate in a directory of its own, started, killed and questioned.
//! - [`mfp`]: a virtual MFP beside it.
//! - [`ipp`]: a small IPP client written apart from `wire::ipp`, so that one mistake cannot hide in both.
//! - [`avahi`]: a browser of DNS-SD, and what others need to run.
//! - [`cups`]: a private CUPS scheduler, as a client and as a peer to measure against.
//! - [`eve`]: `ippeveprinter`, a device that is not ours.
//! - [`flushes`]: what a power cut would have lost.
//! - [`ipptool`]: the conformance suites of CUPS.
//! - [`ports`]: blocks of free ports.
//! - [`random`]: a seeded generator; the seed is printed when a story fails.
//! - [`streams`]: print data of any size with known counts.
//! - [`trouble`]: disk calls that fail, and a record of the calls that were made.

pub mod avahi;
pub mod cups;
pub mod eve;
pub mod flushes;
pub mod ipp;
pub mod ipptool;
pub mod mfp;
pub mod ports;
pub mod random;
pub mod streams;
pub mod submit;
pub mod suite;
pub mod trouble;

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a story waits for something that must happen before it calls it a hang.
///
/// Not a speed limit: it only keeps a broken run from waiting for ever.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Where the programs are: beside the test binary, or in `PAPERGATE_BIN`.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let directory = std::env::var_os("PAPERGATE_BIN").map_or_else(
        || {
            let running = std::env::current_exe().expect("a program knows its own path");
            // A test runs in target/<profile>/deps, the bench in target/<profile>.
            let beside = running.parent().expect("a program lies in a directory");
            let profile = if beside.ends_with("deps") { beside.parent() } else { Some(beside) };
            profile.expect("target/<profile>").to_path_buf()
        },
        PathBuf::from,
    );
    let path = directory.join(name);
    assert!(
        path.exists(),
        "{} is missing; build the programs first: cargo build --workspace --bins",
        path.display()
    );
    path
}

/// Polls `what` until it gives something.
///
/// # Panics
/// When nothing came within [`PATIENCE`].
pub fn wait_for<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a Debian tool is installed; stories that need one say so when they skip.
#[must_use]
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.exists())
}
