//! What the commands of the console do.

use std::path::PathBuf;

use domain::Timestamp;
use rpc::proto::supervisor::process::State;
use rpc::proto::supervisor::{Process, RestartRequest, StatusRequest};
use service::trace::Setup;
use wire::console::{Command, TraceChange};

use super::Console;
use crate::operations;

/// Carries a command out; the answer is text for a terminal, an error one sentence.
pub(super) async fn run(console: &Console, command: &Command) -> Result<String, String> {
    match command {
        Command::MultipleInfo => Ok(connections(console)),
        Command::ServerInfo => servers(console).await,
        Command::ServerDbInfo => stores(console).await,
        Command::ServerRestart(name) => restart(console, name).await,
        Command::TraceInfo => {
            let shown = console.server.blocking(|state| operations::trace(state)).await;
            shown.map(|setup| trace_text(&setup)).map_err(|failed| failed.message)
        }
        Command::Trace(change) => trace(console, change.clone()).await,
        // The session answers these itself.
        Command::Help(_) | Command::Logoff => Ok(String::new()),
    }
}

fn connections(console: &Console) -> String {
    let open = console.server.0.connections.list();
    let mut rows = vec![["FACE", "FROM", "SINCE", "TLS", "WHO"].map(str::to_owned)];
    rows.extend(open.into_iter().map(|open| {
        let secure = if open.secure { "yes" } else { "no" };
        [open.face.to_owned(), open.peer.to_string(), local(open.since), secure.to_owned(), open.who]
    }));
    table(&rows)
}

async fn servers(console: &Console) -> Result<String, String> {
    let state = &console.server.0;
    let head = format!("{}, group {}", state.computer_name, state.settings().group());
    let asked = console.supervisor.clone().status(StatusRequest {}).await;
    let Ok(answer) = asked else {
        return Ok(format!(
            "{head}\njobserver {} answers; no supervisor does: systemd or containers keep the servers",
            env!("CARGO_PKG_VERSION")
        ));
    };
    let mut rows = vec![["SERVER", "STATE", "SINCE", "RESTARTS", "LISTENS"].map(str::to_owned)];
    rows.extend(answer.into_inner().processes.iter().map(|process| {
        [
            process.name.clone(),
            state_text(process).to_owned(),
            local(Timestamp(process.since_us)),
            process.restarts.to_string(),
            process.listens.join(", "),
        ]
    }));
    Ok(format!("{head}\n{}", table(&rows)))
}

fn state_text(process: &Process) -> &'static str {
    match process.state() {
        State::Unspecified => "unknown",
        State::Starting => "starting",
        State::Ready => "ready",
        State::Failed => "failed",
        State::BackingOff => "backing-off",
        State::Stopped => "stopped",
        State::Misconfigured => "misconfigured",
    }
}

async fn stores(console: &Console) -> Result<String, String> {
    let stores = console.server.blocking(|state| operations::stores(state)).await;
    let stores = stores.map_err(|failed| failed.message)?;
    let mut text = String::new();
    for store in stores {
        text += &format!("{}: {}, {}, {} KiB\n", store.store, store.engine, store.place, store.bytes / 1_024);
        let mut rows = vec![["  TABLE", "ROWS"].map(str::to_owned)];
        rows.extend(store.tables.into_iter().map(|(name, rows)| [format!("  {name}"), rows.to_string()]));
        text += &table(&rows);
        text.push('\n');
    }
    Ok(text)
}

async fn restart(console: &Console, name: &str) -> Result<String, String> {
    let request = RestartRequest { name: name.to_owned() };
    match console.supervisor.clone().restart(request).await {
        Ok(answer) => Ok(format!("{} restarts now", answer.into_inner().names.join(", "))),
        Err(status) if status.code() == tonic::Code::NotFound => Err(status.message().to_owned()),
        Err(_) => Err("no supervisor answers: restart it with systemctl or the container engine".to_owned()),
    }
}

async fn trace(console: &Console, change: TraceChange) -> Result<String, String> {
    let (change, note) = match change {
        TraceChange::On(servers) => {
            (operations::TraceChange { enabled: Some((true, servers)), ..Default::default() }, "")
        }
        TraceChange::Off => {
            (operations::TraceChange { enabled: Some((false, Vec::new())), ..Default::default() }, "")
        }
        TraceChange::Path(path) => {
            (operations::TraceChange { directory: Some(path), ..Default::default() }, "")
        }
        TraceChange::Size(size_kb) => {
            (operations::TraceChange { size_kb: Some(size_kb), ..Default::default() }, "")
        }
        TraceChange::Count(count) => {
            (operations::TraceChange { count: Some(count), ..Default::default() }, "")
        }
        TraceChange::Store => {
            (operations::TraceChange::default(), "every change is kept at once; there was nothing to store\n")
        }
    };
    let changed = console.server.blocking(move |state| operations::trace_change(state, change)).await;
    changed.map(|setup| format!("{note}{}", trace_text(&setup))).map_err(|failed| failed.message)
}

fn trace_text((setup, directory): &(Setup, PathBuf)) -> String {
    let servers = match setup.servers.as_slice() {
        [] => "all servers".to_owned(),
        servers => servers.join(", "),
    };
    format!(
        "trace is {}, {servers}\npath {}\nsize {} KB a file, count {} files of each server",
        if setup.enabled { "on" } else { "off" },
        directory.display(),
        setup.size_kb,
        setup.count
    )
}

/// Rows in columns as wide as their widest cell.
fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let lines = rows.iter().map(|row| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An instant as the people beside the server read it.
fn local(at: Timestamp) -> String {
    let (day, time) = crate::mail::day_and_time(at);
    format!("{day} {time}")
}
