//! `papergate trace`, `restart`, `connections`, `stores`: looking after running servers.

use clap::{Args, Subcommand};
use rpc::proto::jobserver as proto;
use rpc::proto::supervisor::RestartRequest;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};
use crate::{Shell, time};

#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Show how tracing is set up
    Info,
    /// Begin tracing, of all servers or of those named
    On {
        /// Names of servers, as in `papergate status`
        servers: Vec<String>,
    },
    /// End tracing
    Off,
    /// Change where trace files are and how large they may become
    Set {
        /// Directory of trace files, from the root; "" for the data directory's own
        #[arg(long, value_name = "DIR")]
        path: Option<String>,
        /// Kilobytes of a trace file, 16-1048576
        #[arg(long, value_name = "N")]
        size: Option<u64>,
        /// Trace files kept of each server, 1-100
        #[arg(long, value_name = "N")]
        count: Option<u32>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RestartArguments {
    /// Name of a server, as in `papergate status`, or "all"
    name: String,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectionsArguments {}

#[derive(Debug, Args)]
pub(crate) struct StoresArguments {}

#[derive(Debug, Args)]
pub(crate) struct StatisticsArguments {
    /// So many at most, the newest
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1_000))]
    limit: i64,
}

pub(crate) async fn trace(shell: &mut Shell<'_>, command: TraceCommand) -> Result<(), Failure> {
    let mut client = shell.reach.operations().await?;
    let request = match command {
        TraceCommand::Info => {
            let trace = client.trace_show(proto::TraceShowRequest {}).await?.into_inner();
            return shell.output.show(&Trace::from(trace));
        }
        TraceCommand::On { servers } => {
            proto::TraceSetRequest { enabled: Some(true), servers, ..Default::default() }
        }
        TraceCommand::Off => proto::TraceSetRequest { enabled: Some(false), ..Default::default() },
        TraceCommand::Set { path, size, count } => {
            proto::TraceSetRequest { path, size_kb: size, count, ..Default::default() }
        }
    };
    let trace = client.trace_set(request).await?.into_inner();
    shell.output.show(&Trace::from(trace))
}

pub(crate) async fn restart(
    shell: &mut Shell<'_>,
    RestartArguments { name }: RestartArguments,
) -> Result<(), Failure> {
    let answer = shell.reach.supervisor().await?.restart(RestartRequest { name }).await?.into_inner();
    let sentence = format!("{}: restarting", answer.names.join(", "));
    shell.output.done(&sentence, &json!({ "restarting": answer.names }))
}

pub(crate) async fn connections(
    shell: &mut Shell<'_>,
    ConnectionsArguments {}: ConnectionsArguments,
) -> Result<(), Failure> {
    let answer = shell.reach.operations().await?.connection_list(proto::ConnectionListRequest {}).await?;
    let mut listing = shell.output.list::<Connection>();
    for connection in answer.into_inner().connections {
        listing.row(&Connection::from(connection))?;
    }
    listing.finish()
}

pub(crate) async fn stores(
    shell: &mut Shell<'_>,
    StoresArguments {}: StoresArguments,
) -> Result<(), Failure> {
    let answer = shell.reach.operations().await?.store_list(proto::StoreListRequest {}).await?;
    let mut listing = shell.output.list::<Store>();
    for store in answer.into_inner().stores {
        listing.row(&Store::from(store))?;
    }
    listing.finish()
}

pub(crate) async fn statistics(
    shell: &mut Shell<'_>,
    StatisticsArguments { limit }: StatisticsArguments,
) -> Result<(), Failure> {
    let request = proto::StatisticsListRequest { limit, before_id: 0 };
    let answer = shell.reach.operations().await?.statistics_list(request).await?;
    let mut listing = shell.output.list::<Statistics>();
    for row in answer.into_inner().statistics {
        listing.row(&Statistics::from(row))?;
    }
    listing.finish()
}

/// How tracing is set up, as scripts see it.
#[derive(Debug, Serialize)]
pub(crate) struct Trace {
    enabled: bool,
    servers: Vec<String>,
    path: String,
    size_kb: u64,
    count: u32,
}

impl From<proto::Trace> for Trace {
    fn from(trace: proto::Trace) -> Self {
        let proto::Trace { enabled, servers, path, size_kb, count } = trace;
        Self { enabled, servers, path, size_kb, count }
    }
}

/// An open connection, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Connection {
    face: String,
    peer: String,
    since: Option<String>,
    secure: bool,
    who: Option<String>,
    #[serde(skip)]
    since_shown: String,
}

impl From<proto::Connection> for Connection {
    fn from(connection: proto::Connection) -> Self {
        Self {
            face: connection.face,
            peer: connection.peer,
            since: time::rfc3339(connection.since_us),
            secure: connection.secure,
            who: or_null(connection.who),
            since_shown: time::local(connection.since_us),
        }
    }
}

impl Listed for Connection {
    const COLUMNS: &'static [&'static str] = &["FACE", "FROM", "SINCE", "TLS", "WHO"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.face.clone(),
            self.peer.clone(),
            self.since_shown.clone(),
            if self.secure { "yes" } else { "no" }.to_owned(),
            or_dash(self.who.as_deref().unwrap_or_default()),
        ]
    }
}

/// A store, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Store {
    name: String,
    engine: String,
    place: String,
    bytes: i64,
    tables: Vec<Table>,
}

#[derive(Debug, Serialize)]
struct Table {
    name: String,
    rows: i64,
}

impl From<proto::Store> for Store {
    fn from(store: proto::Store) -> Self {
        let tables = store.tables.into_iter().map(|table| Table { name: table.name, rows: table.rows });
        Self {
            name: store.name,
            engine: store.engine,
            place: store.place,
            bytes: store.bytes,
            tables: tables.collect(),
        }
    }
}

impl Listed for Store {
    const COLUMNS: &'static [&'static str] = &["STORE", "ENGINE", "PLACE", "SIZE", "ROWS"];

    fn cells(&self) -> Vec<String> {
        let rows: Vec<String> =
            self.tables.iter().map(|table| format!("{} {}", table.rows, table.name)).collect();
        vec![
            self.name.clone(),
            self.engine.clone(),
            self.place.clone(),
            format!("{} KiB", self.bytes / 1_024),
            or_dash(&rows.join(", ")),
        ]
    }
}

/// What there was at an integrity check, as scripts see it.
#[derive(Debug, Serialize)]
pub(crate) struct Statistics {
    id: i64,
    at: Option<String>,
    documents: i64,
    bytes: i64,
    people: i64,
    cards: i64,
    devices: i64,
    queues: i64,
    findings: i64,
    deleted: i64,
    #[serde(skip)]
    at_shown: String,
}

impl From<proto::Statistics> for Statistics {
    fn from(row: proto::Statistics) -> Self {
        Self {
            id: row.id,
            at: time::rfc3339(row.at_us),
            documents: row.documents,
            bytes: row.bytes,
            people: row.people,
            cards: row.cards,
            devices: row.devices,
            queues: row.queues,
            findings: row.findings,
            deleted: row.deleted,
            at_shown: time::local(row.at_us),
        }
    }
}

impl Listed for Statistics {
    const COLUMNS: &'static [&'static str] =
        &["AT", "DOCUMENTS", "SIZE", "PEOPLE", "CARDS", "DEVICES", "QUEUES", "FINDINGS", "DELETED"];

    fn cells(&self) -> Vec<String> {
        let numbers = [self.people, self.cards, self.devices, self.queues, self.findings, self.deleted];
        let mut cells =
            vec![self.at_shown.clone(), self.documents.to_string(), format!("{} KiB", self.bytes / 1_024)];
        cells.extend(numbers.map(|number| number.to_string()));
        cells
    }
}
