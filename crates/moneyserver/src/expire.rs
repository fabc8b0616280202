//! Ends reservations whose time has come. Idempotent: what another run has ended is ended.

use std::time::Duration;

use domain::Timestamp;
use domain::ledger::Order;
use rpc::Kind;
use service::Context;
use storage::purse::Purses;

use crate::books::Books;
use crate::config::Config;
use crate::error::{blocking, store_failed};

/// Most reservations ended at a time.
const PART: i64 = 100;

/// Looks for them every [`Config::expire_every_s`] until the stop.
pub(crate) async fn run(context: Context<Config>, store: Purses, books: Books) -> anyhow::Result<()> {
    let every = Duration::from_secs(context.config.expire_every_s);
    loop {
        let now = Timestamp(context.clock.now().0);
        match once(&store, &books, now).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(reservations = ended, "reservations have expired"),
            // The store has said why; the next round tries again.
            Err(error) => tracing::warn!(%error, "expired reservations could not be ended"),
        }
        if context.stop.unless_asked(tokio::time::sleep(every)).await.is_none() {
            return Ok(());
        }
    }
}

async fn once(store: &Purses, books: &Books, now: Timestamp) -> Result<u64, rpc::Error> {
    let mut ended = 0;
    loop {
        let reader = store.clone();
        let due = blocking(move || reader.transfers_pending(Some(now), PART).map_err(store_failed)).await?;
        let found = due.len() as i64;
        for transfer in due {
            match books.apply(Order::Expire { id: transfer.id }).await {
                Ok(_) => ended += 1,
                // It was settled or voided in this moment.
                Err(error) if error.kind == Kind::Refused => {}
                Err(error) => return Err(error),
            }
        }
        if found < PART {
            return Ok(ended);
        }
    }
}
