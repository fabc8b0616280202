//! The legacy TCP faces: 7500 for devices, 7700 for people's programs.
//!
//! They are thin: `wire::safecom::Server` keeps the order of the protocol, the operations of
//! [`session`](crate::session) and [`client`](crate::client) decide, and this module moves bytes between a
//! socket and both. In reading order:
//!
//! - [`Limits`]: every bound of the faces.
//! - `accept`: connections, how many and from where, TLS or plain.
//! - `pump`: one socket driving one protocol session.
//! - `device`: a connection on 7500; `release`: documents handed over on it; `printers`: which connection of a
//!   device takes them.
//! - `client`: a connection on 7700.
//! - `guard`: slows down who guesses.
//! - `convert`: domain values as records of the protocol, and back.

mod accept;
mod changes;
mod client;
mod convert;
mod device;
mod guard;
mod limits;
mod printers;
mod pump;
mod release;
mod runs;

use std::sync::Arc;

use service::Context;

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
    /// Connections of devices that take documents.
    printers: printers::Printers,
    /// Failed logins by device and by address.
    guard: std::sync::Mutex<guard::Guard>,
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
    let shared = Arc::new(Shared {
        server,
        printers: printers::Printers::default(),
        guard: std::sync::Mutex::new(guard::Guard::new(&limits)),
        limits,
    });
    let gate =
        |connections_max| accept::Gate::new(connections_max, shared.limits.connections_per_address_max);
    let ground = accept::Ground {
        tls: context.tls.clone(),
        encryption: context.common.channel_encryption,
        clock: context.clock.clone(),
        stop: context.stop.clone(),
        tasks: context.tasks.clone(),
    };
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
