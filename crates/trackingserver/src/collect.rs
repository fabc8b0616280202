//! Collection between tracking servers: a secondary keeps its records, a primary takes them in batches, or the
//! secondary reports them as they come (guide, "Multiple servers: Online or offline tracking").
//!
//! A batch is stored at the primary before it is confirmed, and what is confirmed is never sent again. Whatever
//! breaks in between repeats a batch, and a record that is known changes nothing: so each arrives once.

use std::sync::Arc;
use std::time::Duration;

use rpc::Error;
use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::collection_client::CollectionClient;
use rpc::proto::trackingserver::tracking_client::TrackingClient;
use service::schedule::Schedule;
use service::{Clock, Stop};
use storage::tracking::{Stored, Tracking};
use tokio::sync::{Mutex, Notify};
use tonic::transport::Channel;

use crate::error::{blocking, invalid, store_failed};
use crate::record;

/// Most records of one batch.
pub(crate) const BATCH_MAX: i64 = 500;
/// Largest message of a batch, bytes.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(20);
/// The pause after a failed report; it doubles up to [`PAUSE_MAX`].
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How often it is looked for something to report without being woken.
const IDLE: Duration = Duration::from_secs(60);

/// The records a primary has not confirmed, at most `limit` of them.
pub(crate) fn batch(store: &Tracking, limit: i64) -> Result<proto::BatchAnswer, Error> {
    let limit = if limit <= 0 { BATCH_MAX } else { limit.min(BATCH_MAX) };
    let found = store.uncollected_page(limit).map_err(store_failed)?;
    let last_sequence = found.last().map_or(0, |stored| stored.sequence);
    let records = found
        .into_iter()
        .map(|Stored { sequence, record }| proto::Record { sequence, ..proto::Record::from(record) })
        .collect();
    Ok(proto::BatchAnswer { records, last_sequence })
}

/// Takes the records of secondaries.
#[derive(Clone)]
pub(crate) struct Collector {
    pub(crate) store: Tracking,
    /// Servers whose job names are hidden.
    pub(crate) hidden: Arc<[String]>,
    /// Secondaries by name.
    pub(crate) secondaries: Arc<[(String, Channel)]>,
    /// One collection at a time.
    pub(crate) turn: Arc<Mutex<()>>,
}

impl Collector {
    /// Collects from every secondary, or from the one called `only`.
    ///
    /// # Errors
    /// When there is no such secondary. One that cannot be reached is an answer, not an error.
    pub(crate) async fn collect(&self, only: &str) -> Result<Vec<proto::Collected>, Error> {
        let chosen = || self.secondaries.iter().filter(|(name, _)| only.is_empty() || name == only);
        if chosen().next().is_none() {
            let why = if only.is_empty() {
                "this server collects from nobody: name secondaries in [trackingserver] collect_from"
                    .to_owned()
            } else {
                format!("there is no secondary called '{only}' in [trackingserver] collect_from")
            };
            return Err(invalid("name", why));
        }
        let _turn = self.turn.lock().await;
        let mut answers = Vec::new();
        for (name, channel) in chosen() {
            let mut answer = proto::Collected { name: name.clone(), ..Default::default() };
            if let Err(error) = self.collect_one(channel, &mut answer).await {
                tracing::warn!(server = name, %error, "tracking records could not be collected");
                answer.error = error.message;
            } else if answer.records > 0 {
                tracing::info!(server = name, records = answer.records, added = answer.added, "collected");
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    async fn collect_one(&self, channel: &Channel, answer: &mut proto::Collected) -> Result<(), Error> {
        let mut client = CollectionClient::new(channel.clone()).max_decoding_message_size(BATCH_BYTES_MAX);
        loop {
            let batch = client.batch(proto::BatchRequest { limit: BATCH_MAX }).await?.into_inner();
            if batch.records.is_empty() {
                return Ok(());
            }
            let (store, hidden) = (self.store.clone(), self.hidden.clone());
            let count = i64::try_from(batch.records.len()).expect("a batch is small");
            let stored = blocking(move || record::record(&store, &hidden, batch.records)).await?;
            // Durable here: only now the secondary may forget that it has to send them.
            client.confirm(proto::ConfirmRequest { last_sequence: batch.last_sequence }).await?;
            answer.records += count;
            answer.added += stored.added;
        }
    }

    /// Collects when the schedule says so, until the stop.
    pub(crate) async fn task(self, schedule: Schedule, clock: Clock, stop: Stop) {
        let stop = stop.token();
        let mut next = schedule.next(clock.now().0);
        loop {
            if stop.run_until_cancelled(tokio::time::sleep(TICK)).await.is_none() {
                return;
            }
            let now = clock.now().0;
            if next.is_some_and(|next| next <= now) {
                if stop.run_until_cancelled(self.collect("")).await.is_none() {
                    return;
                }
                next = schedule.next(clock.now().0);
            }
        }
    }
}

/// Reports records to a primary as they come, until the stop: online tracking.
pub(crate) async fn report(store: Tracking, primary: Channel, wake: Arc<Notify>, stop: Stop) {
    let stop = stop.token();
    let mut pause = PAUSE_FIRST;
    loop {
        let step = report_batch(&store, &primary);
        let wait = match stop.run_until_cancelled(step).await {
            None => return,
            Some(Ok(0)) => {
                pause = PAUSE_FIRST;
                let woken = async {
                    let _ = tokio::time::timeout(IDLE, wake.notified()).await;
                };
                if stop.run_until_cancelled(woken).await.is_none() {
                    return;
                }
                continue;
            }
            Some(Ok(_)) => continue,
            Some(Err(error)) => {
                tracing::warn!(%error, "tracking records wait for the primary");
                let now = pause;
                pause = (pause * 2).min(PAUSE_MAX);
                now
            }
        };
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
    }
}

async fn report_batch(store: &Tracking, primary: &Channel) -> Result<usize, Error> {
    let reading = store.clone();
    let batch = blocking(move || batch(&reading, BATCH_MAX)).await?;
    let count = batch.records.len();
    if count > 0 {
        TrackingClient::new(primary.clone()).record(proto::RecordRequest { records: batch.records }).await?;
        let store = store.clone();
        blocking(move || store.collected_confirm(batch.last_sequence).map_err(store_failed)).await?;
    }
    Ok(count)
}
