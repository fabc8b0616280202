//! `ippeveprinter`, the reference IPP Everywhere printer of CUPS, as a device that documents are released to.
//!
//! It cannot run without a D-Bus and an Avahi daemon, even when nobody looks for it. Both run for it alone, in a
//! mount namespace where `/run` is empty; the network is everybody's.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::{tool, wait_for};

/// A running ippeveprinter.
#[derive(Debug)]
pub struct EvePrinter {
    directory: TempDir,
    /// Its port, for IPP and IPPS.
    pub port: u16,
    child: Child,
}

/// Programs that it takes.
const TOOLS: [&str; 5] = ["ippeveprinter", "avahi-daemon", "avahi-browse", "dbus-daemon", "unshare"];

/// A bus on which everybody may do everything: it is ours alone.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

impl EvePrinter {
    /// Starts one, or says why not: a tool is missing, this machine gives nobody a namespace, or its daemons end.
    ///
    /// # Panics
    /// When nothing happens at all.
    #[must_use]
    pub fn start(port: u16) -> Option<Self> {
        if let Some(missing) = TOOLS.iter().find(|name| tool(name).is_none()) {
            eprintln!("skipped: {missing} is missing; make test installs it");
            return None;
        }
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: the Avahi daemon that ippeveprinter needs runs for root only");
            return None;
        }
        let unshare = || {
            let mut command = Command::new("unshare");
            command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c"]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        if !unshare().arg("mount -t tmpfs tmpfs /run").status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: this machine allows no mount namespace, which ippeveprinter's daemons need");
            return None;
        }
        let directory =
            tempfile::Builder::new().prefix("eve-").tempdir_in("/tmp").expect("a directory below /tmp");
        let at = directory.path().display();
        fs::write(directory.path().join("bus.conf"), BUS).expect("a configuration file");
        fs::write(
            directory.path().join("avahi.conf"),
            "[server]\nuse-ipv4=yes\nuse-ipv6=no\nallow-interfaces=lo\n[rlimits]\n",
        )
        .expect("a configuration file");
        fs::create_dir(directory.path().join("printed")).expect("a directory");
        let script = format!(
            "set -e\n\
             mount -t tmpfs tmpfs /run\n\
             mkdir -p /run/dbus /run/avahi-daemon\n\
             dbus-daemon --config-file={at}/bus.conf --nofork --nopidfile >{at}/log 2>&1 &\n\
             n=0; until [ -S /run/dbus/system_bus_socket ]; do n=$((n+1)); [ $n -lt 1000 ]; sleep 0.02; done\n\
             avahi-daemon -f {at}/avahi.conf --no-drop-root --no-chroot --no-rlimits >>{at}/log 2>&1 &\n\
             n=0; until avahi-browse -a -t -p >/dev/null 2>&1; do n=$((n+1)); [ $n -lt 300 ]; sleep 0.02; done\n\
             exec ippeveprinter -k -c /bin/true -f application/pdf,image/pwg-raster,image/urf -d {at}/printed -K {at} -p {port} -n localhost Everest >>{at}/log 2>&1"
        );
        let child = unshare().arg(script).spawn().expect("unshare was just run");
        let mut printer = Self { directory, port, child };
        let listens = wait_for("ippeveprinter to listen", || {
            if printer.child.try_wait().expect("the child is ours").is_some() {
                return Some(false);
            }
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok().then_some(true)
        });
        if !listens {
            eprintln!("skipped: ippeveprinter or its daemons do not run here: {}", printer.log());
        }
        listens.then_some(printer)
    }

    /// What it and its daemons said.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// The PDF documents that it kept, oldest first; beside each is what its command made of it, here nothing.
    #[must_use]
    pub fn printed(&self) -> Vec<Vec<u8>> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.directory.path().join("printed"))
            .expect("our own directory")
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "pdf"))
            .collect();
        files.sort();
        files.iter().map(|path| fs::read(path).expect("a printed document")).collect()
    }
}

impl Drop for EvePrinter {
    fn drop(&mut self) {
        // The first process of the namespace takes the others with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
