#![doc = include_str!("../README.md")]
//!
//! # Modules, in reading order
//! - [`config`]: what can be set.
//! - `state`: what every face works with; `queues`: which queues there are; `gate`: how many may connect.
//! - `submission`: one document on its way to the jobserver, counted as it passes.
//! - `http`, `ipp`: the driverless face; `lpd`, `raw`: the old ones; `inflate`: gzip and deflate.
//! - `open_jobs`: jobs that wait for their document.
//! - `advertise`: how clients find the queues.

mod advertise;
pub mod config;
mod gate;
mod http;
mod inflate;
mod ipp;
mod lpd;
mod open_jobs;
mod queues;
mod raw;
mod state;
mod submission;

use std::net::SocketAddr;
use std::sync::Arc;

use rpc::proto::jobserver::submission_client::SubmissionClient;
use service::Context;
use tokio::net::{TcpListener, TcpStream};

pub use config::Config;

/// Opens the listeners, follows the jobserver's queues and serves them until the stop.
///
/// # Errors
/// When a listener cannot be opened.
pub async fn start(context: Context<Config>) -> anyhow::Result<()> {
    let (snapshots, queues) = queues::channel();
    let port = Arc::new(state::Port::new(&context, queues)?);
    let ipp = context.listen_tcp("ipp", context.config.ipp_port).await?;
    let lpd = match context.config.lpd {
        true => Some(context.listen_tcp("lpd", context.config.lpd_port).await?),
        false => None,
    };
    let jobserver = SubmissionClient::new(context.peer_streaming("jobserver"));
    let stop = context.stop.clone();
    context.tasks.spawn(queues::follow(jobserver, snapshots, stop.clone()));
    context.tasks.spawn(open_jobs::expire(port.clone(), stop.clone()));
    context.tasks.spawn(ipp::subscription::watch(port.clone(), stop));
    context.spawn("IPP", http::serve(context.clone(), port.clone(), ipp));
    if let Some(lpd) = lpd {
        context.spawn("LPD", lpd::serve(context.clone(), port.clone(), lpd));
    }
    context.spawn("raw ports", raw::serve(context.clone(), port.clone()));
    context.tasks.spawn(advertise::serve(context.clone(), port));
    context.serve_grpc(tonic::service::Routes::default()).await?;
    context.ready();
    Ok(())
}

/// The next connection; failures to accept are waited out, because they pass.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection keeps its small packets back");
                }
                return (stream, peer);
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(http::ACCEPT_PAUSE).await;
            }
        }
    }
}
