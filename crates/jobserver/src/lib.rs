#![doc = include_str!("../README.md")]
//!
//! In reading order:
//! - `config`, `settings`: what the process and what the service is told.
//! - [`state`]: what the operations share; `keys`: what is kept out of the database.
//! - `spool`: held documents on disk; `commit`: how they and their jobs become durable together.
//! - [`session`], [`client`]: what devices and programs may ask for; [`failed`]: why not.
//! - One file per operation: [`submit`], `login`, `documents`, `print`, `device_open`, `server_info`,
//!   `backup`.
//! - `charge`: what a way costs, and the money that follows it.
//! - [`snmp`]: a device's counters and state. [`cancel`]: Stop at the panel.
//! - `people`: the directory at work.
//! - `events`: what administrators should know of, and the audit.
//! - `release`: the way to the device; `tracking`: the record of it; `saved`: of what was deleted unprinted.
//! - `walkup`: copies, faxes, scans and e-mails made at devices.
//! - `push`: queues whose documents nobody collects.
//! - `directory`: passwords that an LDAP directory knows; `proof`, `certificate`: who submits a document.
//! - `mail`: the outbox of mails, templates, SMTP; `secret_files`: passwords of accounts elsewhere.
//! - Background: `count`, `integrity`, `retention`.
//! - `operations`, `connections`: looking after the running server.
//! - Faces: `rpc` for servers and administrators, `console` for administrators with `telnet`,
//!   `links` for people who answer a mail, [`legacy`] for devices and programs.

mod backup;
pub mod cancel;
mod certificate;
mod charge;
pub mod client;
mod commit;
mod config;
mod connections;
mod console;
mod count;
mod data_logon;
mod device_open;
mod device_secrets;
mod directory;
mod documents;
mod events;
pub mod failed;
mod fidelity;
mod first_start;
mod integrity;
mod keys;
pub mod legacy;
mod links;
mod login;
mod mail;
mod operations;
pub mod people;
mod print;
mod proof;
mod push;
mod release;
mod retention;
mod rewrite;
mod rpc;
mod saved;
mod secret_files;
mod server_info;
pub mod session;
mod settings;
mod short_names;
pub mod snmp;
mod spool;
pub mod state;
pub mod submit;
#[cfg(test)]
mod tests;
mod throttle;
mod tracking;
pub mod walkup;
mod watched_file;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use ::rpc::proto::charging::charging_server::ChargingServer;
use ::rpc::proto::jobserver::administration_server::AdministrationServer;
use ::rpc::proto::jobserver::certificates_server::CertificatesServer;
use ::rpc::proto::jobserver::directory_server::DirectoryServer;
use ::rpc::proto::jobserver::event_log_server::EventLogServer;
use ::rpc::proto::jobserver::event_sink_server::EventSinkServer;
use ::rpc::proto::jobserver::mail_room_server::MailRoomServer;
use ::rpc::proto::jobserver::operations_server::OperationsServer;
use ::rpc::proto::jobserver::proof_server::ProofServer;
use ::rpc::proto::jobserver::submission_server::SubmissionServer;
use ::rpc::proto::jobserver::tokens_server::TokensServer;
use ::rpc::proto::moneyserver::money_reader_server::MoneyReaderServer;
use ::rpc::proto::moneyserver::money_server::MoneyServer;
use ::rpc::proto::people::people_server::PeopleServer;
use ::rpc::proto::supervisor::supervisor_server::SupervisorServer;
use ::rpc::proto::trackingserver::collection_server::CollectionServer;
use ::rpc::proto::trackingserver::reports_server::ReportsServer;
use ::rpc::proto::trackingserver::tracking_server::TrackingServer;
use anyhow::Context as _;
use service::Context;
use storage::Location;
use storage::core::CoreStore;
use storage::event::EventStore;
use tokio::sync::{Notify, Semaphore, watch};
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;

use crate::rpc::{Authorized, Calls, MESSAGE_BYTES_MAX, Relay, portserver_only};
use crate::state::{Jobserver, LOGIN_STRIPES, PASSWORD_CHECKS_MAX, State};
use crate::throttle::Throttle;

pub use config::Config;
pub use first_start::ADMINISTRATOR;

/// Opens the store and the spool, makes them agree, and serves.
///
/// # Errors
/// When the store, the keys, the spool or a port cannot be opened.
pub async fn start(context: Context<Config>) -> anyhow::Result<()> {
    let server = open(&context, std::io::stderr()).await?;
    serve(&context, server.clone()).await?;
    context.ready();
    Ok(())
}

/// Starts the background tasks and opens every face.
async fn serve(context: &Context<Config>, server: Jobserver) -> anyhow::Result<()> {
    for (what, task) in background(&server) {
        let task = context.tasks.spawn(task);
        context.spawn(what, async move { task.await.context("a background task") });
    }
    let calls = Calls::new(server.clone());
    let submission = SubmissionServer::new(calls.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let submission = InterceptedService::new(submission, portserver_only);
    let proof = ProofServer::new(calls.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let proof = InterceptedService::new(proof, portserver_only);
    let sink = EventSinkServer::new(calls.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let remote = relays(context, &server, administrators(&server, calls));
    // Other servers' calls come only this way; administrators' both ways.
    context.serve_grpc(remote.clone().add_service(submission).add_service(sink).add_service(proof)).await?;
    context.serve_grpc_remote("administration", context.config.administration_port, remote).await?;
    console::start(context, server.clone(), context.config.console_port).await?;
    links::start(context, server.clone(), context.config.links_port).await?;
    let limits = legacy::Limits {
        devices_port: context.config.devices_port,
        clients_port: context.config.clients_port,
        ..legacy::Limits::default()
    };
    legacy::start(context, server, limits).await
}

/// The state, with what the last run left behind put right: documents that were printing are held again,
/// and spool and rows agree. A first start shows the administrator's password to `show`.
async fn open(
    context: &Context<Config>,
    mut show: impl std::io::Write + Send + 'static,
) -> anyhow::Result<Jobserver> {
    let url = context.common.database_url().context("the database URL")?;
    let location = Location::choose(&context.common.data, url.as_deref(), "core");
    let spool_root = context.config.spool.clone().unwrap_or_else(|| context.common.data.join("spool"));
    let computer_name = context.config.computer_name.clone().unwrap_or_else(host_name);
    let context = context.clone();
    let tracking = context.peer("trackingserver");
    let charge = charge::Desk::new(context.peer("moneyserver"), &context.common.data);
    let short_names = short_names::file(&context.common.data);
    tokio::task::spawn_blocking(move || {
        let keys = Arc::new(keys::Keys::load(&context.common.keys_dir())?);
        let store = CoreStore::open(location).context("the core store")?;
        let events = Location::choose(&context.common.data, url.as_deref(), "event");
        let events = EventStore::open(events).context("the event store")?;
        let events = events::Events::start(events, context.clock.clone())?;
        let now = domain::Timestamp(context.clock.now().0);
        first_start::prepare(&store, &keys, &mut show, now)?;
        let spool = Arc::new(spool::Spool::open(spool_root, Arc::clone(&keys)).context("the spool")?);
        let committer = commit::Committer::start(store.clone(), Arc::clone(&spool), context.clock.clone())?;
        let state = State {
            store,
            events,
            logins: rpc::Logins::default(),
            failures: Throttle::of_failures(),
            links: Throttle::of_failures(),
            requests: Throttle::of_requests(),
            connections: connections::Connections::default(),
            data: context.common.data.clone(),
            mail: mail::Mailroom::new(&context.common.data),
            remembered: directory::Remembered::default(),
            secret_files: secret_files::SecretFiles::below(&context.common.keys_dir()),
            spool,
            keys,
            device_secrets: device_secrets::DeviceSecrets::below(&context.common.keys_dir()),
            clock: context.clock.clone(),
            stop: context.stop.clone(),
            tasks: context.tasks.clone(),
            computer_name,
            settings: RwLock::default(),
            queues: watch::Sender::default(),
            owners: Mutex::default(),
            committer,
            locks: print::Locks::default(),
            printers: legacy::printers::Printers::default(),
            push: push::Push::default(),
            walkups: walkup::Walkups::new(),
            channels: Mutex::new(HashMap::new()),
            login_stripes: [const { Mutex::new(()) }; LOGIN_STRIPES],
            password_permits: Semaphore::new(PASSWORD_CHECKS_MAX),
            outbox_wake: Notify::new(),
            count_wake: Notify::new(),
            tracking,
            charge,
            drivers: fidelity::Known::default(),
            short_names,
        };
        state.settings_reload().context("the settings")?;
        state.queues_reload().context("the queues")?;
        print::recover(&state).context("documents that were printing")?;
        charge::recover(&state).context("reservations that were open")?;
        integrity::compare(&state, || ()).context("the integrity check")?;
        Ok(Jobserver(Arc::new(state)))
    })
    .await?
}

/// What administrators call, each service behind the authorisation that also writes down what is done.
fn administrators(server: &Jobserver, calls: Calls) -> Routes {
    let administration =
        AdministrationServer::new(calls.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let mails = MailRoomServer::new(calls.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let directory = DirectoryServer::new(calls.clone());
    let certificates = CertificatesServer::new(calls.clone());
    let tokens = TokensServer::new(calls.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let operations = OperationsServer::new(calls.clone());
    let people = PeopleServer::new(calls.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let charging = ChargingServer::new(calls.clone());
    let events = EventLogServer::new(calls).max_decoding_message_size(MESSAGE_BYTES_MAX);
    Routes::new(Authorized::new(administration, server.clone()))
        .add_service(Authorized::new(events, server.clone()))
        .add_service(Authorized::new(mails, server.clone()))
        .add_service(Authorized::new(charging, server.clone()))
        .add_service(Authorized::new(operations, server.clone()))
        .add_service(Authorized::new(certificates, server.clone()))
        .add_service(Authorized::new(tokens, server.clone()))
        .add_service(Authorized::new(people, server.clone()))
        .add_service(Authorized::new(directory, server.clone()))
}

/// From afar there is one port: what other servers do for administrators and cashiers is called through it too. What is called
/// through the local socket this way is written down as well.
fn relays(context: &Context<Config>, server: &Jobserver, routes: Routes) -> Routes {
    let supervisor = Relay::<SupervisorServer<()>>::new("supervisor", context.peer("supervisor"), server);
    // Exports take as long as they take.
    let tracking = context.peer_streaming("trackingserver");
    let records = Relay::<TrackingServer<()>>::new("trackingserver", tracking.clone(), server);
    let reports = Relay::<ReportsServer<()>>::new("trackingserver", tracking.clone(), server);
    let collection = Relay::<CollectionServer<()>>::new("trackingserver", tracking, server);
    let money = context.peer_streaming("moneyserver");
    let cashier = Relay::<MoneyServer<()>>::new("moneyserver", money.clone(), server);
    let accounts = Relay::<MoneyReaderServer<()>>::new("moneyserver", money, server);
    routes
        .add_service(Authorized::new(supervisor, server.clone()))
        .add_service(Authorized::new(records, server.clone()))
        .add_service(Authorized::new(reports, server.clone()))
        .add_service(Authorized::new(collection, server.clone()))
        .add_service(Authorized::new(cashier, server.clone()))
        .add_service(Authorized::new(accounts, server.clone()))
}

type Task = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn background(server: &Jobserver) -> Vec<(&'static str, Task)> {
    vec![
        ("tracking outbox", Box::pin(tracking::task(server.clone()))),
        ("push queues", Box::pin(push::task(server.clone()))),
        ("credit schedules", Box::pin(charge::credit::task(server.clone()))),
        ("work at devices", Box::pin(walkup::task(server.clone()))),
        ("settlements", Box::pin(charge::task(server.clone()))),
        ("page counts", Box::pin(count::task(server.clone()))),
        ("retention", Box::pin(retention::task(server.clone()))),
        ("integrity", Box::pin(integrity::task(server.clone()))),
        ("temporary codes", Box::pin(people::tidy::task(server.clone()))),
        ("events", Box::pin(events::task(server.clone()))),
        ("mails", Box::pin(mail::task(server.clone()))),
        ("event mails", Box::pin(mail::alerts_task(server.clone()))),
    ]
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
