//! The legacy TCP faces: 7500 for devices, 7700 for people's programs.
//!
//! They are thin: `wire::safecom::Server` keeps the order of the protocol, the operations of
//! [`session`](crate::session) and [`client`](crate::client) decide, and this module moves bytes between a
//! socket and both. In reading order:
//!
//! - [`Limits`]: every bound of the faces.
//! - [`accept`], [`pump`], [`guard`] of `framed`: connections, one socket driving one session, and who guesses.
//! - `device`: a connection on 7500; `release`: documents handed over on it; `printers`: which connection of a
//!   device takes them.
//! - `walkup`: copies, faxes, scans and e-mails. `client`: a connection on 7700.
//! - `convert`: domain values as records of the protocol, and back.

mod changes;
mod client;
mod convert;
mod device;
mod limits;
pub(crate) mod printers;
mod release;
mod runs;
mod walkup;

use std::sync::Arc;

use framed::accept::{Admitted, Opened};
use framed::{accept, guard, pump};
use service::Context;
use wire::safecom::Port;

use crate::connections::{Listed, Open};
use crate::state::Jobserver;
pub use limits::Limits;

/// Name of the listener for devices in [`Context::address`].
pub const DEVICES: &str = "devices";
/// Name of the listener for people's programs in [`Context::address`].
pub const CLIENTS: &str = "clients";

/// What all connections share.
pub(crate) struct Shared {
    /// The operations.
    server: Jobserver,
    limits: Limits,
    /// Failed logins by device and by address.
    guard: std::sync::Mutex<guard::Guard>,
}

impl Shared {
    /// Puts a connection on the list of those that are open.
    fn listed(&self, face: &'static str, opened: &Opened) -> Listed {
        let state = &self.server.0;
        let (peer, secure) = (opened.address, opened.encrypted);
        state.connections.opened(Open { face, peer, since: state.now(), secure, who: String::new() })
    }
}

/// Opens both ports and serves them until the stop.
///
/// # Errors
/// When a port cannot be opened.
pub async fn start<C: Clone + Send + Sync + 'static>(
    context: &Context<C>,
    server: Jobserver,
    limits: Limits,
) -> anyhow::Result<()> {
    let devices = context.listen_tcp(DEVICES, limits.devices_port).await?;
    let clients = context.listen_tcp(CLIENTS, limits.clients_port).await?;
    let guard =
        guard::Guard::new(limits.failures_per_device, limits.failures_per_address, limits.failures_forgotten);
    let shared = Arc::new(Shared { server, guard: std::sync::Mutex::new(guard), limits });
    let gate =
        |connections_max| accept::Gate::new(connections_max, shared.limits.connections_per_address_max);
    let ground = accept::Ground::of(context);
    context.tasks.spawn(accept::serve(
        devices,
        gate(shared.limits.devices_max),
        ground.clone(),
        shared.clone(),
        device::serve,
    ));
    context.tasks.spawn(accept::serve(
        clients,
        gate(shared.limits.clients_max),
        ground,
        shared.clone(),
        client::serve,
    ));
    Ok(())
}

/// Begins the protocol session of a connection that was let in.
async fn open(admitted: Admitted, port: Port, shared: &Shared, input_bytes: usize) -> Option<Opened> {
    let now = admitted.clock.now();
    let info = match shared.server.server_info().await {
        Ok(info) => Ok(convert::server_info(info, now, false)),
        Err(failed) => Err((convert::server_unknown(now), convert::status(failed.status), failed.message)),
    };
    admitted.open(port, info, input_bytes, shared.limits.write_stall)
}
