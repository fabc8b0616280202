//! `ippeveprinter`, the reference IPP Everywhere printer of CUPS, as a device that documents are released to.
//!
//! It cannot run without a D-Bus and an Avahi daemon, even when nobody looks for it. Both run for it alone; the network is
//! everybody's.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;

use crate::avahi::{Avahi, Network};
use crate::{tool, wait_for};

/// A running ippeveprinter.
#[derive(Debug)]
pub struct EvePrinter {
    /// Its port, for IPP and IPPS.
    pub port: u16,
    avahi: Avahi,
}

impl EvePrinter {
    /// Starts one, or says why not: it is missing, or [`Avahi`] does not run.
    ///
    /// # Panics
    /// When nothing happens at all.
    #[must_use]
    pub fn start(port: u16) -> Option<Self> {
        if tool("ippeveprinter").is_none() {
            eprintln!("skipped: ippeveprinter is missing; make test installs it");
            return None;
        }
        let program = format!(
            "mkdir $at/printed\n\
             exec ippeveprinter -k -c /bin/true -f application/pdf,image/pwg-raster,image/urf \
             -d $at/printed -K $at -p {port} -n localhost Everest"
        );
        let mut avahi = Avahi::start(Network::Shared, &program)?;
        let listens = wait_for("ippeveprinter to listen", || {
            if avahi.has_ended() {
                return Some(false);
            }
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok().then_some(true)
        });
        if !listens {
            eprintln!("skipped: ippeveprinter does not run here: {}", avahi.log());
        }
        listens.then_some(Self { port, avahi })
    }

    /// What it and its daemons said.
    #[must_use]
    pub fn log(&self) -> String {
        self.avahi.log()
    }

    /// The PDF documents that it kept, oldest first; beside each is what its command made of it, here nothing.
    #[must_use]
    pub fn printed(&self) -> Vec<Vec<u8>> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.avahi.path().join("printed"))
            .expect("our own directory")
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "pdf"))
            .collect();
        files.sort();
        files.iter().map(|path| fs::read(path).expect("a printed document")).collect()
    }
}
