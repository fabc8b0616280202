//! A private CUPS scheduler on a high port: a real client of ours, and the peer we are measured against.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
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
                "Listen 127.0.0.1:{port}\nListen {root}/run/cups.sock\nWebInterface No\nBrowsing No\nLogLevel warn\n\
                 MaxJobs 0\nMaxClients 1000\nPreserveJobHistory Yes\nDefaultAuthType None\nMaxLogSize 0\n{interval}\n\
                 <Location />\nOrder allow,deny\nAllow all\n</Location>\n\
                 <Location /admin>\nOrder allow,deny\nAllow all\n</Location>\n\
                 <Policy default>\nJobPrivateAccess all\nJobPrivateValues none\nSubscriptionPrivateAccess all\n\
                 SubscriptionPrivateValues none\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n",
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
