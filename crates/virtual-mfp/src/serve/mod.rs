//! The printer.
//!
//! - [`engine`]: one sheet path for whatever way a document comes in; faults happen here.
//! - [`counts`]: pages that came out. [`journal`]: `jobs.jsonl`, one line a document.
//! - [`raw`]: port 9100. [`ipp`]: IPP and IPPS. [`device`]: the server's session on 7500. [`snmp`]: counters and state for
//!   whoever asks.
//! - `toner`: what is left of it. [`control`]: faults changed while the printer runs.

pub mod control;
pub mod counts;
pub mod device;
pub mod engine;
pub mod ipp;
pub mod journal;
pub mod listen;
pub mod raw;
pub mod snmp;
mod toner;

use std::net::SocketAddr;
use std::sync::Arc;

use service::Clock;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::ServeArguments;
use crate::failure::Failure;
use crate::fault::Faults;
use crate::secret;

use engine::Engine;

/// Runs the printer until it is told to stop.
pub(crate) async fn run(arguments: ServeArguments) -> Result<(), Failure> {
    let device = &arguments.device;
    let secret = if arguments.alone { None } else { Some(secret::device(device)?) };
    let faults = Faults(arguments.faults.clone());
    let engine = Arc::new(Engine::new(&arguments.out, faults, Clock::system())?);

    let mut tasks = tokio::task::JoinSet::new();
    let at = |port| SocketAddr::new(arguments.bind, port);
    if let Some(port) = arguments.raw_port {
        let listener = listen::Listener::open("raw", at(port), engine.faults())?;
        tasks.spawn(raw::serve(listener, engine.clone()));
    }
    if let Some(port) = arguments.ipp_port {
        let listener = listen::Listener::open("ipp", at(port), engine.faults())?;
        tasks.spawn(ipp::serve(listener, ipp::Printer::new(&device.name, engine.clone())));
    }
    if let Some(port) = arguments.snmp_port {
        let socket = snmp::open(at(port)).await?;
        tasks.spawn(snmp::serve(
            socket,
            snmp::Agent::new(&device.name, &arguments.snmp_community, engine.clone()),
        ));
    }
    if let Some(port) = arguments.control_port {
        tasks.spawn(control::serve(control::open(port).await?, engine.clone()));
    }
    if let Some(secret) = secret {
        tasks.spawn(device::serve(device.clone(), secret, engine.clone()));
    }
    if tasks.is_empty() {
        return Err(Failure::Usage("a printer needs a port, or a server to belong to".to_owned()));
    }
    tracing::info!(name = device.name, out = %arguments.out.display(), "the printer is on");

    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::io("listen to signals"))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
        Some(ended) = tasks.join_next() => {
            if let Err(panic) = ended {
                return Err(Failure::io("go on")(std::io::Error::other(panic)));
            }
        }
    }
    tracing::info!("the printer is off");
    Ok(())
}
