//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};

use crate::fault::Fault;
use crate::session::work::Amount;

/// A simulated multifunction printer for trying and testing Papergate.
#[derive(Debug, Parser)]
#[command(name = "virtual-mfp", version, disable_help_subcommand = true, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
The printer and its panel are two programs, so that people can come and go while the printer stays:
  virtual-mfp serve   --name MFP1 --server 127.0.0.1:7500 --raw-port 9100 --out printed
  virtual-mfp session --name MFP1 --server 127.0.0.1:7500 --card 0123456789 --print-all

The device proves itself to the server with the secret that 'papergate device add' showed. It is taken from
--secret-file, else from PAPERGATE_DEVICE_SECRET, else from the data directory of a suite on this machine
(--data, PAPERGATE_DATA).

Exit codes: 0 done, 1 refused or not printed, 2 usage, 3 the server cannot be reached.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Be the printer: receive documents, write each to a file
    Serve(ServeArguments),
    /// Be a person at the panel: log in, list, print, copy, scan, log out
    Session(Box<SessionArguments>),
    /// Change the faults of a running printer; without faults, mend it
    Fault(FaultArguments),
}

/// Who the device is, and where its server is.
#[derive(Args, Clone, Debug)]
pub struct DeviceArguments {
    /// Name of the device, as 'papergate device add' registered it
    #[arg(long)]
    pub name: String,
    /// The jobserver's port for devices
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7500")]
    pub server: String,
    /// File with the device's secret ("-" for standard input)
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Data directory of a suite on this machine, to find the device's secret in
    #[arg(long, value_name = "DIR", env = "PAPERGATE_DATA")]
    pub data: Option<PathBuf>,
    /// Speak plain instead of TLS; the server's channel encryption must allow it
    #[arg(long)]
    pub plain: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    pub(crate) device: DeviceArguments,
    /// TCP port that takes print data as it comes (0 for any free port)
    #[arg(long, value_name = "PORT")]
    pub(crate) raw_port: Option<u16>,
    /// TCP port for IPP and IPPS, ipp://HOST:PORT/ipp/print (0 for any free port)
    #[arg(long, value_name = "PORT")]
    pub(crate) ipp_port: Option<u16>,
    /// UDP port that answers SNMP questions about counters and state (0 for any free port)
    #[arg(long, value_name = "PORT")]
    pub(crate) snmp_port: Option<u16>,
    /// Community that SNMP questions must name
    #[arg(long, value_name = "COMMUNITY", default_value = "public")]
    pub(crate) snmp_community: String,
    /// TCP port on the loopback for 'virtual-mfp fault' (0 for any free port)
    #[arg(long, value_name = "PORT")]
    pub(crate) control_port: Option<u16>,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) bind: IpAddr,
    /// Directory for what comes out: one file a document, and jobs.jsonl about each
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Something that goes wrong: offline, refuse, jam@BYTES, jam-page@IMPRESSIONS, drop@BYTES, slow, slow@BYTES-PER-SECOND, no-paper, door-open, low-toner
    #[arg(long = "fault", value_name = "FAULT")]
    pub(crate) faults: Vec<Fault>,
    /// Do not connect to the server: be a printer that only takes print data
    #[arg(long)]
    pub(crate) alone: bool,
}

#[derive(Args, Clone, Debug)]
#[command(group = ArgGroup::new("who").required(true).args(["card", "code", "logon"]))]
#[command(group = ArgGroup::new("what").args(["print", "print_all"]))]
pub(crate) struct SessionArguments {
    #[command(flatten)]
    pub(crate) device: DeviceArguments,
    /// Show this card to the reader
    #[arg(long, value_name = "NUMBER")]
    pub(crate) card: Option<String>,
    /// Type this ID code
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Option<String>,
    /// Log in with this logon; its password comes from --password-file, PAPERGATE_PASSWORD or a prompt
    #[arg(long, value_name = "LOGON")]
    pub(crate) logon: Option<String>,
    /// PIN, when the person has one; asked for on a terminal when it is missing
    #[arg(long, value_name = "PIN")]
    pub(crate) pin: Option<String>,
    /// Register the card or code with this PUK first, and log in with it then; the PIN is that of --pin, typed twice
    #[arg(long, value_name = "PUK", conflicts_with = "logon")]
    pub(crate) register: Option<String>,
    /// Register the card or code with this logon and its password first, where the server allows it
    #[arg(long, value_name = "LOGON", conflicts_with_all = ["logon", "register"])]
    pub(crate) register_logon: Option<String>,
    /// Another PIN for the second time it is typed, to see that it is refused
    #[arg(long, value_name = "PIN")]
    pub(crate) pin_again: Option<String>,
    /// Change the PIN to this one, after logging in
    #[arg(long, value_name = "PIN")]
    pub(crate) change_pin: Option<String>,
    /// File with the password of --logon or --register-logon ("-" for standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// List the documents that wait
    #[arg(long)]
    pub(crate) list: bool,
    /// Print this document (may be repeated)
    #[arg(long, value_name = "ID")]
    pub(crate) print: Vec<u64>,
    /// Print everything that waits, oldest first
    #[arg(long)]
    pub(crate) print_all: bool,
    /// Copies of each document instead of those asked for at submission
    #[arg(long, value_name = "N", requires = "what", value_parser = clap::value_parser!(u16).range(1..=999))]
    pub(crate) copies: Option<u16>,
    /// Print without colour, whatever the document says
    #[arg(long, requires = "what")]
    pub(crate) mono: bool,
    /// Print on both sides, whatever the document says
    #[arg(long, requires = "what")]
    pub(crate) duplex: bool,
    /// Print with less toner
    #[arg(long, requires = "what")]
    pub(crate) toner_save: bool,
    /// Press Stop when so many bytes of what is printed have been sent
    #[arg(long, value_name = "BYTES", requires = "what")]
    pub(crate) stop_at: Option<u64>,
    /// Keep this document after printing (may be repeated)
    #[arg(long, value_name = "ID")]
    pub(crate) retain: Vec<u64>,
    /// Delete this document (may be repeated)
    #[arg(long, value_name = "ID")]
    pub(crate) delete: Vec<u64>,
    /// Copy so many pages: N, then any of :color, :duplex and a paper, such as 3:color:a3 (may be repeated)
    #[arg(long, value_name = "N[:OPTION]...")]
    pub(crate) copy: Vec<Amount>,
    /// Scan so many pages to a folder (as --copy)
    #[arg(long, value_name = "N[:OPTION]...")]
    pub(crate) scan: Vec<Amount>,
    /// Fax so many pages (as --copy)
    #[arg(long, value_name = "N[:OPTION]...")]
    pub(crate) fax: Vec<Amount>,
    /// Scan so many pages and send them by e-mail (as --copy)
    #[arg(long, value_name = "N[:OPTION]...")]
    pub(crate) email: Vec<Amount>,
    /// Folder, phone number or address that a scan, fax or e-mail goes to
    #[arg(long, value_name = "TEXT")]
    pub(crate) to: Option<String>,
    /// Make copies and scans in the running printer with this control port: its counters rise, and its jams count
    #[arg(long, value_name = "PORT")]
    pub(crate) control_port: Option<u16>,
    /// Die without a word when so many pages were copied, scanned or faxed and counted
    #[arg(long, value_name = "PAGES")]
    pub(crate) die_after: Option<u32>,
    /// Take documents that the server sends through this session, into this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// One JSON object an event instead of sentences; "t" is microseconds since the epoch
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct FaultArguments {
    /// Control port of the running printer
    #[arg(long, value_name = "PORT")]
    pub(crate) control_port: u16,
    /// The faults from now on, as for 'serve --fault'; none mends the printer
    #[arg(value_name = "FAULT")]
    pub(crate) faults: Vec<Fault>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_session_needs_to_know_who_and_at_most_one_way_to_print() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(
            parse("virtual-mfp session --name A --server h:1 --card 1 --print 4 --print 5 --copies 2")
                .is_ok()
        );
        assert!(parse("virtual-mfp session --name A --server h:1 --print-all").is_err());
        assert!(parse("virtual-mfp session --name A --card 1 --code 2").is_err());
        assert!(parse("virtual-mfp session --name A --card 1 --print 4 --print-all").is_err());
        assert!(parse("virtual-mfp session --name A --card 1 --copies 2").is_err());
        assert!(
            parse(
                "virtual-mfp session --name A --card 1 --copy 3:color:a3 --copy 2 --fax 1 --to 555 --email 2"
            )
            .is_ok()
        );
        assert!(parse("virtual-mfp session --name A --card 1 --copy 0").is_err());
        assert!(
            parse("virtual-mfp serve --name A --raw-port 0 --out o --fault jam@100 --fault slow").is_ok()
        );
        assert!(parse("virtual-mfp serve --name A --out o --fault jam").is_err());
    }
}
