#![doc = include_str!("../README.md")]
//!
//! Modules in reading order:
//! - [`config`]: section `[broadcastserver]`.
//! - `running`: what serves at this moment.
//! - [`allowance`]: how many answers an asker gets, as a rule without a clock.
//! - `answer`: the socket.

pub mod allowance;
mod answer;
pub mod config;
mod running;

use service::Context;
use tonic::service::Routes;

use config::Config;

/// Opens the socket and answers in the background.
///
/// # Errors
/// When a socket cannot be opened.
pub async fn start(context: Context<Config>) -> anyhow::Result<()> {
    let socket = context.listen_udp("discovery", context.config.port).await?;
    context.serve_grpc(Routes::default()).await?;
    let running = running::watch(&context);
    context.spawn("answers", answer::answer(context.clone(), socket, running));
    context.ready();
    Ok(())
}
