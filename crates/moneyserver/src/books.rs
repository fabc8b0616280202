//! The one thread that writes. Orders that wait while the disk is busy share the next transaction and its flush.

use std::sync::Arc;

use domain::Timestamp;
use domain::ledger::{Order, Receipt};
use rpc::{Error, Kind};
use service::Clock;
use storage::purse::{BATCH_MAX, Purses};
use tokio::sync::{mpsc, oneshot};

use crate::error::store_failed;

/// Orders that wait; a caller beyond that waits for a place.
const WAITING_MAX: usize = 4 * ORDERS_MAX;

/// Most orders of one transaction: enough to share a flush well, few enough for a short answer.
const ORDERS_MAX: usize = 256;

const _: () = assert!(ORDERS_MAX <= BATCH_MAX);

/// The way to the thread. Clones share it; it ends when the last is gone.
#[derive(Clone)]
pub(crate) struct Books {
    waiting: mpsc::Sender<Waiting>,
}

struct Waiting {
    order: Order,
    answer: oneshot::Sender<Result<Receipt, Error>>,
}

impl Books {
    /// Starts the thread.
    pub(crate) fn start(store: Purses, clock: Clock) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new()
            .name("books".to_owned())
            .spawn(move || write(&store, &clock, receiver))?;
        Ok(Self { waiting: sender })
    }

    /// Does what `order` asks; durable when answered. Whoever goes away before the answer may find it done.
    pub(crate) async fn apply(&self, order: Order) -> Result<Receipt, Error> {
        let (answer, answered) = oneshot::channel();
        let gone = || Error::new(Kind::Internal, 1, "the books are closed");
        self.waiting.send(Waiting { order, answer }).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

fn write(store: &Purses, clock: &Clock, mut receiver: mpsc::Receiver<Waiting>) {
    let mut batch: Vec<Waiting> = Vec::with_capacity(ORDERS_MAX);
    while receiver.blocking_recv_many(&mut batch, ORDERS_MAX) > 0 {
        let (orders, callers): (Vec<Order>, Vec<_>) =
            batch.drain(..).map(|Waiting { order, answer }| (order, answer)).unzip();
        let now = Timestamp(clock.now().0);
        match store.batch(&orders, now) {
            Ok(receipts) => {
                for (caller, receipt) in callers.into_iter().zip(receipts) {
                    // A caller that went away will ask again with the same id.
                    let _ = caller.send(receipt.map_err(Error::from));
                }
            }
            Err(error) => {
                let error = Arc::new(store_failed(error));
                for caller in callers {
                    let _ = caller.send(Err(Error::clone(&error)));
                }
            }
        }
    }
}
