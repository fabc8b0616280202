//! Looking after the running server: what the command line and the console both do.

use std::path::PathBuf;

use domain::Status;
use service::trace::{Setup, SetupError};
use storage::info::StoreInfo;

use crate::failed::Failed;
use crate::state::State;

/// What changes about tracing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct TraceChange {
    /// On, for these servers or all, or off.
    pub(crate) enabled: Option<(bool, Vec<String>)>,
    /// Empty for the data directory's own.
    pub(crate) directory: Option<String>,
    pub(crate) size_kb: Option<u64>,
    pub(crate) count: Option<u32>,
}

/// How tracing is set up, and where its files are. Blocks.
///
/// # Errors
/// When the set-up cannot be read.
pub(crate) fn trace(state: &State) -> Result<(Setup, PathBuf), Failed> {
    let setup = Setup::read(&state.data).map_err(failed)?;
    let directory = setup.directory(&state.data);
    Ok((setup, directory))
}

/// Changes how tracing is set up; every server of this machine follows by itself. Blocks.
///
/// # Errors
/// Status 14 for a server that does not exist and a value out of range.
pub(crate) fn trace_change(state: &State, change: TraceChange) -> Result<(Setup, PathBuf), Failed> {
    let (mut setup, _) = trace(state)?;
    if let Some((enabled, servers)) = change.enabled {
        if let Some(unknown) = servers.iter().find(|name| !TRACED.contains(&name.as_str())) {
            let text = format!("there is no server '{unknown}'; there are {}", TRACED.join(", "));
            return Err(Failed::refused(Status::NAME_INVALID, text));
        }
        setup.enabled = enabled;
        if enabled {
            setup.servers = servers;
        }
    }
    if let Some(directory) = change.directory {
        setup.directory = (!directory.is_empty()).then(|| PathBuf::from(directory));
    }
    setup.size_kb = change.size_kb.unwrap_or(setup.size_kb);
    setup.count = change.count.unwrap_or(setup.count);
    setup.write(&state.data).map_err(failed)?;
    let directory = setup.directory(&state.data);
    Ok((setup, directory))
}

/// The stores of this server. Blocks.
///
/// # Errors
/// When one cannot answer.
pub(crate) fn stores(state: &State) -> Result<Vec<StoreInfo>, Failed> {
    let core = storage::info::info(state.store.database())?;
    let event = storage::info::info(state.events.store().database())?;
    Ok(vec![core, event])
}

fn failed(error: SetupError) -> Failed {
    match error {
        SetupError::Range(text) => Failed::invalid(text),
        SetupError::Malformed(why) => {
            let text = format!("{why}; mend or delete trace.toml in the data directory");
            Failed::refused(Status::NAME_INVALID, text)
        }
        SetupError::File { .. } => Failed::internal("the set-up of tracing", &error),
    }
}

/// Servers that write traces.
const TRACED: &[&str] =
    &["broadcastserver", "jobserver", "moneyserver", "portserver", "supervisor", "trackingserver"];
