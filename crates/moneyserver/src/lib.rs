#![doc = include_str!("../README.md")]
//!
//! In reading order:
//! - [`config`]: the settings.
//! - [`start`]: from a context to a server that serves.
//! - `rpc`: the calls; each parses, hands an order to the books and answers.
//! - `books`: the one thread that writes; it does waiting orders together.
//! - `backup`, `clean`: copies of the store, and old transactions taken out of it.
//! - `expire`: ends reservations whose time has come.
//! - `legacy`: port 7400, the calls by the framed protocol.
//! - `error`: what a failing store means for a caller.

mod backup;
mod books;
mod clean;
pub mod config;
mod error;
mod expire;
mod legacy;
mod rpc;

use ::rpc::proto::moneyserver::money_reader_server::MoneyReaderServer;
use ::rpc::proto::moneyserver::money_server::MoneyServer;
use anyhow::Context as _;
use service::Context;
use storage::Location;
use storage::purse::Purses;
use tonic::service::Routes;

pub use config::Config;

/// Opens the store and serves.
///
/// # Errors
/// When the store or the socket cannot be opened.
pub async fn start(context: Context<Config>) -> anyhow::Result<()> {
    let url = context.common.database_url().context("the database URL")?;
    let location = Location::choose(&context.common.data, url.as_deref(), "purse");
    let store =
        tokio::task::spawn_blocking(move || Purses::open(location)).await?.context("the purse store")?;
    let books = books::Books::start(store.clone(), context.clock.clone()).context("the books' thread")?;
    context.spawn("expiry of reservations", expire::run(context.clone(), store.clone(), books.clone()));
    let calls = rpc::Calls::new(store, books, context.clock.clone());
    let routes = Routes::new(MoneyServer::new(calls.clone())).add_service(MoneyReaderServer::new(calls));
    context.serve_grpc(routes).await?;
    let teller = legacy::Teller::new(context.peer("jobserver"));
    let port = context.config.money_port;
    framed::desk::start(&context, legacy::MONEY, port, teller, framed::desk::Limits::default()).await?;
    context.ready();
    Ok(())
}
