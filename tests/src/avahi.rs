//! A D-Bus and an Avahi daemon for one story, in a mount namespace where `/run` is empty: neither this machine's daemons nor
//! those of another story see them.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::{tool, wait_for};

/// A running pair of daemons, and the program that runs beside them.
#[derive(Debug)]
pub struct Avahi {
    directory: TempDir,
    child: Child,
    /// The first process inside.
    inside: i32,
}

/// Whose network it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Network {
    /// This machine's, of which Avahi uses the loopback.
    Shared,
    /// One of its own, with the address [`Avahi::ADDRESS`] and nobody else on it.
    Own,
}

/// Programs that it takes.
const TOOLS: [&str; 6] = ["avahi-daemon", "avahi-browse", "dbus-daemon", "unshare", "nsenter", "ip"];

/// A bus on which everybody may do everything: it is ours alone.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

impl Avahi {
    /// The only address in a network of its own.
    pub const ADDRESS: &str = "10.99.0.1";

    /// Starts the daemons and then `program`, a line of shell that finds the directory as `$at`; or says why not: a tool is
    /// missing, this machine gives nobody a namespace, or the daemons end.
    ///
    /// # Panics
    /// When nothing happens at all.
    #[must_use]
    pub fn start(network: Network, program: &str) -> Option<Self> {
        if let Some(missing) = TOOLS.iter().find(|name| tool(name).is_none()) {
            eprintln!("skipped: {missing} is missing; make test installs it");
            return None;
        }
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: an Avahi daemon runs for root only");
            return None;
        }
        let (flags, interface, set_up): (&[&str], _, _) = match network {
            Network::Shared => (&[], "lo", String::new()),
            // Two ends of one cable, so that it has a carrier.
            Network::Own => (
                &["--net"],
                "paper",
                format!(
                    "ip link set lo up\n\
                     ip link add paper type veth peer name tray\n\
                     ip addr add {}/24 dev paper\n\
                     ip link set tray up\n\
                     ip link set paper up\n",
                    Self::ADDRESS
                ),
            ),
        };
        let directory =
            tempfile::Builder::new().prefix("avahi-").tempdir_in("/tmp").expect("a directory below /tmp");
        let at = directory.path().display();
        fs::write(directory.path().join("bus.conf"), BUS).expect("a configuration file");
        let settings =
            format!("[server]\nuse-ipv4=yes\nuse-ipv6=no\nallow-interfaces={interface}\n[rlimits]\n");
        fs::write(directory.path().join("avahi.conf"), settings).expect("a configuration file");
        let script = format!(
            "set -e; at={at}; exec >$at/log 2>&1\n\
             mount -t tmpfs tmpfs /run\n\
             mkdir -p /run/dbus /run/avahi-daemon\n\
             {set_up}\
             dbus-daemon --config-file=$at/bus.conf --nofork --nopidfile &\n\
             until [ -S /run/dbus/system_bus_socket ]; do kill -0 $!; sleep 0.02; done\n\
             avahi-daemon -f $at/avahi.conf --no-drop-root --no-chroot --no-rlimits &\n\
             until avahi-browse -a -t -p >/dev/null 2>&1; do kill -0 $!; sleep 0.02; done\n\
             : >$at/ready\n\
             {program}"
        );
        let child = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child"])
            .args(flags)
            .args(["sh", "-c", &script])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("unshare was just found");
        let mut avahi = Self { directory, child, inside: 0 };
        let ready = avahi.path().join("ready");
        let runs = wait_for("the Avahi daemon", || {
            if avahi.has_ended() { Some(false) } else { ready.exists().then_some(true) }
        });
        if !runs {
            eprintln!("skipped: Avahi cannot run here: {}", avahi.log());
            return None;
        }
        avahi.inside = child_of(avahi.child.id()).expect("unshare runs a shell");
        Some(avahi)
    }

    /// Where its files are.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// What the daemons and the program said.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }

    /// Whether everything inside has ended.
    ///
    /// # Panics
    /// When the system does not tell.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the child is ours").is_some()
    }

    /// The command that runs another one inside.
    #[must_use]
    pub fn enter(&self) -> Vec<String> {
        ["nsenter", "--target", &self.inside.to_string(), "--mount", "--net"].map(str::to_owned).to_vec()
    }

    /// Runs a program inside.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let enter = self.enter();
        let mut command = Command::new(&enter[0]);
        command.args(&enter[1..]).arg(program).args(arguments).stdin(Stdio::null());
        command.output().unwrap_or_else(|error| panic!("{program}: {error}"))
    }
}

/// A child of a process.
fn child_of(parent: u32) -> Option<i32> {
    let wanted = format!("PPid:\t{parent}");
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        status.lines().any(|line| line == wanted).then_some(pid)
    })
}

impl Drop for Avahi {
    fn drop(&mut self) {
        // The first process of the namespace takes the others with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
