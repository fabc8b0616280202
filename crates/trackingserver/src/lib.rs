#![doc = include_str!("../README.md")]
//!
//! In reading order:
//! - [`config`]: the settings.
//! - [`start`]: from a context to a server that serves.
//! - [`rpc`]: the calls; each parses, hands over to its operation and answers.
//! - One file per operation: [`record`], [`list`], [`export`], [`delete`], [`backup`]; [`report`] for what adds up.
//! - [`collect`]: between a primary and its secondaries.
//! - [`legacy`]: port 7900, the calls by the framed protocol.
//! - [`error`]: what a failing store means for a caller.

mod backup;
mod collect;
pub mod config;
mod delete;
mod error;
pub mod export;
mod legacy;
mod list;
mod record;
mod report;
mod rpc;

use std::sync::Arc;

use ::rpc::proto::trackingserver::collection_server::CollectionServer;
use ::rpc::proto::trackingserver::reports_server::ReportsServer;
use ::rpc::proto::trackingserver::tracking_server::TrackingServer;
use anyhow::Context as _;
use service::Context;
use storage::Location;
use storage::tracking::Tracking;
use tonic::service::Routes;

pub use config::Config;

/// Largest message accepted: a full batch of records with long names.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Opens the store and serves.
///
/// # Errors
/// When the store or the socket cannot be opened.
pub async fn start(context: Context<Config>) -> anyhow::Result<()> {
    let url = context.common.database_url().context("the database URL")?;
    let location = Location::choose(&context.common.data, url.as_deref(), "tracking");
    let store =
        tokio::task::spawn_blocking(move || Tracking::open(location)).await?.context("the tracking store")?;
    let calls = rpc::Calls::new(store.clone(), context.clock.clone(), &context.config)?;
    let collection = collection(&context, &store, &calls)?;
    let server = TrackingServer::new(calls).max_decoding_message_size(REQUEST_BYTES_MAX);
    let reports = ReportsServer::new(rpc::ReportCalls::new(store));
    context.serve_grpc(Routes::new(server).add_service(reports).add_service(collection)).await?;
    let clerk = legacy::Clerk::new(context.peer("jobserver"));
    let port = context.config.tracking_port;
    framed::desk::start(&context, legacy::TRACKING, port, clerk, framed::desk::Limits::default()).await?;
    context.ready();
    Ok(())
}

/// Starts what the configuration says of other tracking servers: collecting from secondaries, reporting to a primary.
fn collection(
    context: &Context<Config>,
    store: &Tracking,
    calls: &rpc::Calls,
) -> anyhow::Result<CollectionServer<rpc::CollectionCalls>> {
    let secondaries = context
        .config
        .collect_from
        .iter()
        .map(|(name, url)| (name.clone(), context.peer_at(SERVER, url)))
        .collect();
    let collector = collect::Collector {
        store: store.clone(),
        hidden: calls.hidden(),
        secondaries,
        turn: Arc::default(),
    };
    let schedule = context.config.schedule().map_err(anyhow::Error::msg)?;
    if let Some(schedule) = schedule {
        let task = collector.clone().task(schedule, context.clock.clone(), context.stop.clone());
        context.tasks.spawn(task);
    }
    if let Some(url) = &context.config.report_to {
        let (primary, wake) = (context.peer_at(SERVER, url), calls.wake());
        context.tasks.spawn(collect::report(store.clone(), primary, wake, context.stop.clone()));
    }
    Ok(CollectionServer::new(rpc::CollectionCalls::new(store.clone(), collector)))
}

/// Name of this server in certificates: every tracking server of a group has the same.
const SERVER: &str = "trackingserver";
