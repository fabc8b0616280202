//! A private CUPS scheduler on a high port: a real client of ours, and the peer we are measured against.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::{tool, wait_for};

/// How carefully it keeps what it acknowledged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// Every acknowledged job is on disk: `DirtyCleanInterval 0`, `SyncOnClose Yes`.
    Durable,
    /// The defaults, which lose the last 30 seconds.
    Default,
}

/// How often a queue is described to CUPS before its answer is believed.
const ATTEMPTS: usize = 5;
/// Everybody sees everything.
const OPEN: &str = "JobPrivateAccess all\nJobPrivateValues none\nSubscriptionPrivateAccess all\n\
                    SubscriptionPrivateValues none\n";
/// What Debian's `cupsd.conf` says.
const PRIVATE: &str = "JobPrivateAccess default\nJobPrivateValues default\nSubscriptionPrivateAccess default\n\
                       SubscriptionPrivateValues default\n";

/// A running cupsd.
#[derive(Debug)]
pub struct Cups {
    directory: TempDir,
    /// Its port.
    pub port: u16,
    child: Child,
}

impl Cups {
    /// Its directory stays when it goes: whoever owns the parent removes it.
    pub fn keep_directory(&mut self) {
        self.directory.disable_cleanup(true);
    }

    /// Starts one below `parent`, or says why not (`None` when Debian's cups is not installed).
    ///
    /// # Panics
    /// When it is installed and does not start.
    #[must_use]
    pub fn start(parent: &Path, port: u16, durability: Durability) -> Option<Self> {
        Self::start_with(parent, port, durability, "warn", OPEN)
    }

    /// As [`Cups::start`], with the policy that CUPS is installed with: other people's documents have no names.
    ///
    /// # Panics
    /// When it is installed and does not start.
    #[must_use]
    pub fn start_private(parent: &Path, port: u16) -> Option<Self> {
        Self::start_with(parent, port, Durability::Default, "warn", PRIVATE)
    }

    fn start_with(
        parent: &Path,
        port: u16,
        durability: Durability,
        level: &str,
        privacy: &str,
    ) -> Option<Self> {
        let cupsd = tool("cupsd")?;
        let directory = tempfile::Builder::new().prefix("cups-").tempdir_in(parent).expect("a directory");
        let root = directory.path();
        // cupsd drops to `lp` for its filters and back ends: they must be able to walk in.
        let open = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(root, open).expect("our own directory");
        for name in ["etc", "etc/ppd", "spool", "spool/tmp", "cache", "run", "run/certs", "log"] {
            fs::create_dir_all(root.join(name)).expect("a directory");
        }
        let careful =
            if durability == Durability::Durable { "DirtyCleanInterval 0\nSyncOnClose Yes\n" } else { "" };
        let sync = careful.lines().find(|line| line.starts_with("SyncOnClose")).unwrap_or("");
        let interval = careful.lines().find(|line| line.starts_with("Dirty")).unwrap_or("");
        let user =
            if rustix::process::geteuid().is_root() { "User lp\nGroup lp\nSystemGroup root\n" } else { "" };
        fs::write(
            root.join("etc/cupsd.conf"),
            format!(
                "Listen 127.0.0.1:{port}\nListen {root}/run/cups.sock\nWebInterface No\nBrowsing No\nLogLevel {level}\n\
                 MaxJobs 0\nMaxClients 1000\nPreserveJobHistory Yes\nDefaultAuthType None\nMaxLogSize 0\n{interval}\n\
                 <Location />\nOrder allow,deny\nAllow all\n</Location>\n\
                 <Location /admin>\nOrder allow,deny\nAllow all\n</Location>\n\
                 <Policy default>\n{privacy}<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n",
                root = root.display()
            ),
        )
        .expect("a configuration file");
        fs::write(
            root.join("etc/cups-files.conf"),
            format!(
                "{user}{sync}\nServerRoot {root}/etc\nRequestRoot {root}/spool\nTempDir {root}/spool/tmp\nCacheDir {root}/cache\n\
                 StateDir {root}/run\nAccessLog {root}/log/access\nErrorLog {root}/log/error\nPageLog {root}/log/page\n\
                 FileDevice Yes\n",
                root = root.display()
            ),
        )
        .expect("a configuration file");
        let child = Command::new(cupsd)
            .arg("-f")
            .arg("-c")
            .arg(root.join("etc/cupsd.conf"))
            .arg("-s")
            .arg(root.join("etc/cups-files.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("cupsd starts");
        let mut cups = Self { directory, port, child };
        wait_for("cupsd to listen", || {
            let gone = cups.child.try_wait().expect("the child is ours").is_some();
            assert!(!gone, "cupsd stopped: {}", cups.error_log());
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
        });
        Some(cups)
    }

    /// Prints one document through a scheduler with one queue to `uri`, and waits until it was passed on; false, said on
    /// standard error, when Debian's cups is not installed. `model` is `everywhere` or `raw`.
    ///
    /// # Panics
    /// When CUPS does not print.
    #[must_use]
    pub fn prints(uri: &str, model: &str, user: &str, title: &str, document: &[u8]) -> bool {
        let folder = tempfile::tempdir_in("/tmp").expect("a directory below /tmp");
        let open = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(folder.path(), open).expect("our own directory");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr());
        let port = free.expect("a free port").port();
        let Some(cups) = Self::start_with(folder.path(), port, Durability::Default, "info", OPEN) else {
            eprintln!("skipped: cupsd is missing; make test installs it");
            return false;
        };
        let file = folder.path().join("document");
        fs::write(&file, document).expect("our own directory");
        // CUPS 2.4 compares the time of a queue's description with that of what it made of it in whole seconds: when both
        // fall in one, it may go on without any filter, and refuse the job or give it up before it connects. Describing
        // the queue again in another second mends it.
        let mut given_up = 0;
        for _ in 0..ATTEMPTS {
            cups.done("lpadmin", &["-p", "out", "-E", "-v", uri, "-m", model]);
            let sent = cups.run("lp", &["-d", "out", "-U", user, "-t", title, &file.display().to_string()]);
            let said = String::from_utf8_lossy(&sent.stderr);
            if sent.status.success() {
                // The scheduler lives until its job is through, which its log tells.
                let log = wait_for("CUPS to pass the job on", || {
                    let told = cups.run("lpstat", &["-p", "out"]).stdout;
                    let stuck = String::from_utf8_lossy(&told).contains("disabled");
                    assert!(!stuck, "CUPS gave up: {}", cups.error_log());
                    let log = cups.error_log();
                    let through =
                        log.contains("Job completed.") || log.matches("Aborting job").count() > given_up;
                    through.then_some(log)
                });
                if log.contains("Job completed.") {
                    return true;
                }
                given_up += 1;
                let unfiltered = log.matches("Unable to convert file 0 to printable format").count();
                assert_eq!(unfiltered, given_up, "CUPS did not pass the job on: {log}");
            } else {
                assert!(said.contains("Unsupported document-format"), "lp: {said}{}", cups.error_log());
            }
            std::thread::sleep(std::time::Duration::from_millis(1_100));
        }
        panic!("CUPS did not find its filters: {}", cups.error_log());
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// What cupsd complained of.
    #[must_use]
    pub fn error_log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log/error")).unwrap_or_default()
    }

    /// Runs a CUPS command (`lp`, `lpadmin`, `lpstat`, …) against this scheduler.
    ///
    /// # Panics
    /// When the command is not installed.
    #[must_use]
    pub fn run(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(tool(program).unwrap_or_else(|| PathBuf::from(program)))
            .env("CUPS_SERVER", self.address().to_string())
            .env("HOME", self.directory.path())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    /// Runs a CUPS command and insists that it worked; its output.
    ///
    /// # Panics
    /// When it failed.
    pub fn done(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.run(program, arguments);
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}{}",
            String::from_utf8_lossy(&output.stderr),
            self.error_log()
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Cups {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
