#![doc = include_str!("../README.md")]
//!
//! In reading order:
//! - [`Arguments`] and [`run`]: from the words typed to an exit code.
//! - [`reach`]: how a server is found and called. [`failure`]: what can go wrong, and its exit code.
//! - [`output`]: tables for people, JSON for scripts. [`secret`]: how a secret gets in. [`time`]: instants.
//! - One module per command.

pub mod failure;
pub mod output;
pub mod reach;
pub mod secret;
pub mod time;

mod account;
mod backup;
mod card;
mod charging;
mod credit;
mod device;
mod directory;
mod down;
mod driver;
mod events;
mod inspect;
mod integrity;
mod jobs;
mod mail;
mod money;
mod operations;
mod people;
mod pin;
mod ping;
mod print;
mod queue;
mod restore;
mod safecom;
mod scheme;
mod settings;
mod status;
mod tracking;
mod up;
mod user;

#[cfg(test)]
mod contract;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;
use output::Output;
use reach::{Reach, ReachOptions};

/// Print and scan management: people print to one queue and collect at any printer.
#[derive(Debug, Parser)]
#[command(name = "papergate", version, disable_help_subcommand = true, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(flatten)]
    reach: ReachOptions,
    /// Print JSON instead of tables (field names: docs/CLI.md)
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 refused (status code and text on standard error), 2 usage,
3 the server cannot be reached, 78 bad configuration.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything, in the foreground
    Up(up::UpArguments),
    /// Show which servers run
    Status(status::StatusArguments),
    /// Stop every server of the local suite
    Down(down::DownArguments),
    /// People: add, list, show, edit, delete, unlock
    #[command(subcommand)]
    User(Box<user::UserCommand>),
    /// Cards and ID codes of people
    #[command(subcommand)]
    Card(card::CardCommand),
    /// Groups of people
    #[command(subcommand)]
    Group(people::group::GroupCommand),
    /// Organisational units, and where devices stand
    #[command(subcommand)]
    Ou(people::unit::UnitCommand),
    /// Other names people print under
    #[command(subcommand)]
    Alias(people::alias::AliasCommand),
    /// Domains people belong to
    #[command(subcommand)]
    Domain(people::domain::DomainCommand),
    /// Who may collect whose documents
    #[command(subcommand)]
    Delegate(people::delegate::DelegateCommand),
    /// Certificates people print with instead of a password
    #[command(subcommand)]
    Certificate(people::certificate::CertificateCommand),
    /// Codes that let people register a card themselves
    #[command(subcommand)]
    Puk(people::puk::PukCommand),
    /// PIN codes of people
    #[command(subcommand)]
    Pin(pin::PinCommand),
    /// Printers and MFPs people collect at
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Printer drivers that documents were made with
    #[command(subcommand)]
    Driver(driver::DriverCommand),
    /// Print queues
    #[command(subcommand)]
    Queue(queue::QueueCommand),
    /// Documents waiting to be collected
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// Print a file
    Print(print::PrintArguments),
    /// Who printed what, where, when, at which price
    #[command(subcommand)]
    Tracking(tracking::TrackingCommand),
    /// Charging schemes: what printing costs
    #[command(subcommand)]
    Scheme(scheme::SchemeCommand),
    /// Who is tracked and who pays, by person and by device
    #[command(subcommand)]
    Charging(charging::ChargingCommand),
    /// What people have to pay with
    Account(account::AccountArguments),
    /// Credits that the members of groups get by schedule
    #[command(subcommand)]
    Credit(credit::CreditCommand),
    /// The books of all accounts
    #[command(subcommand)]
    Money(money::MoneyCommand),
    /// Tell what files of print data will put on paper
    Inspect(inspect::InspectArguments),
    /// Settings of the suite
    #[command(subcommand)]
    Settings(settings::SettingsCommand),
    /// Find suites on the network, and see whether they answer
    Ping(ping::PingArguments),
    /// Compare the spool with the job list, and repair
    Integrity(integrity::IntegrityArguments),
    /// What happened: errors, warnings, and who did what
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Mails the suite sends: list, preview, test, retry
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Passwords of an LDAP directory or Active Directory
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// Write down everything the servers do, into files of bounded size
    #[command(subcommand)]
    Trace(operations::TraceCommand),
    /// End a server in order and start it again
    Restart(operations::RestartArguments),
    /// Who is connected: devices, programs, consoles
    Connections(operations::ConnectionsArguments),
    /// Where the jobserver's stores are, and what is in them
    Stores(operations::StoresArguments),
    /// What there was at each scheduled integrity check
    Statistics(operations::StatisticsArguments),
    /// Copy stores and spool, consistently, into a directory of the server
    Backup(backup::BackupArguments),
    /// Make a data directory of what backup copied, while no server runs
    Restore(restore::RestoreArguments),
}

/// What every command works with.
pub(crate) struct Shell<'a> {
    /// The way to the servers.
    pub(crate) reach: Reach,
    /// Where results go.
    pub(crate) output: Output<'a>,
}

/// The program: arguments and streams of the process in, its exit code out.
pub fn main() -> ExitCode {
    let code = run(std::env::args_os(), &mut std::io::stdout().lock(), &mut std::io::stderr());
    ExitCode::from(code)
}

/// Runs one command line and returns the exit code.
///
/// Results go to `out`, everything else (errors, progress) to `err`.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(problem) => {
            let wants_help = !problem.use_stderr();
            let stream: &mut dyn Write = if wants_help { out } else { err };
            // A closed stream leaves nobody to tell.
            let _ = write!(stream, "{}", problem.render());
            return if wants_help { failure::DONE } else { failure::USAGE };
        }
    };
    match execute(arguments, out) {
        Ok(()) => failure::DONE,
        Err(failure) => {
            if !failure.is_silent() {
                let _ = writeln!(err, "papergate: {failure}");
            }
            failure.exit_code()
        }
    }
}

fn execute(arguments: Arguments, out: &mut dyn Write) -> Result<(), Failure> {
    let mut shell = Shell { reach: Reach::new(arguments.reach), output: Output::new(arguments.json, out) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::Io { what: "start the runtime".to_owned(), source })?;
    runtime.block_on(async {
        let shell = &mut shell;
        match arguments.command {
            Command::Up(arguments) => up::run(shell, &arguments),
            Command::Print(arguments) => print::run(shell, arguments).await,
            Command::Tracking(command) => tracking::run(shell, command).await,
            Command::Scheme(command) => scheme::run(shell, command).await,
            Command::Charging(command) => charging::run(shell, command).await,
            Command::Account(arguments) => account::run(shell, arguments).await,
            Command::Credit(command) => credit::run(shell, command).await,
            Command::Money(command) => money::run(shell, command).await,
            Command::Inspect(arguments) => inspect::run(shell, &arguments),
            Command::Status(arguments) => status::run(shell, arguments).await,
            Command::Down(arguments) => down::run(shell, arguments).await,
            Command::User(command) => user::run(shell, *command).await,
            Command::Card(command) => card::run(shell, command).await,
            Command::Group(command) => people::group::run(shell, command).await,
            Command::Ou(command) => people::unit::run(shell, command).await,
            Command::Alias(command) => people::alias::run(shell, command).await,
            Command::Domain(command) => people::domain::run(shell, command).await,
            Command::Delegate(command) => people::delegate::run(shell, command).await,
            Command::Certificate(command) => people::certificate::run(shell, command).await,
            Command::Puk(command) => people::puk::run(shell, command).await,
            Command::Pin(command) => pin::run(shell, command).await,
            Command::Device(command) => device::run(shell, command).await,
            Command::Driver(command) => driver::run(shell, command).await,
            Command::Queue(command) => queue::run(shell, command).await,
            Command::Jobs(command) => jobs::run(shell, command).await,
            Command::Settings(command) => settings::run(shell, command).await,
            Command::Ping(arguments) => ping::run(shell, arguments).await,
            Command::Integrity(arguments) => integrity::run(shell, arguments).await,
            Command::Events(command) => events::run(shell, command).await,
            Command::Mail(command) => mail::run(shell, command).await,
            Command::Directory(command) => directory::run(shell, command).await,
            Command::Trace(command) => operations::trace(shell, command).await,
            Command::Restart(arguments) => operations::restart(shell, arguments).await,
            Command::Connections(arguments) => operations::connections(shell, arguments).await,
            Command::Stores(arguments) => operations::stores(shell, arguments).await,
            Command::Statistics(arguments) => operations::statistics(shell, arguments).await,
            Command::Backup(arguments) => backup::run(shell, arguments).await,
            Command::Restore(arguments) => restore::run(shell, &arguments),
        }
    })
}
