//! Which connection of a device takes documents.
//!
//! A device may have several connections: the printer's own, kept alive, and a panel beside it. A document that
//! travels through the device's session goes to the connection whose panel asked when that one takes documents,
//! else to the printer's latest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::DeviceId;
use tokio::sync::mpsc;

use crate::session::{DocumentStream, Reported};

/// Connections that take documents, by device.
#[derive(Clone, Default)]
pub(crate) struct Printers(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    by_device: HashMap<DeviceId, Vec<Entry>>,
    next: u64,
}

struct Entry {
    number: u64,
    documents: mpsc::Sender<DocumentStream>,
}

/// A connection's entry; it goes when this is dropped.
pub(crate) struct Registered {
    printers: Printers,
    device: DeviceId,
    number: u64,
}

impl Printers {
    /// Notes a connection, the latest of its device, and returns where its documents come in.
    pub(crate) fn register(&self, device: DeviceId) -> (Registered, mpsc::Receiver<DocumentStream>) {
        let (documents, received) = mpsc::channel(DOCUMENTS_WAITING_MAX);
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = entries.next;
        entries.next += 1;
        entries.by_device.entry(device).or_default().push(Entry { number, documents });
        (Registered { printers: self.clone(), device, number }, received)
    }

    /// Whether a connection of the device takes documents.
    pub(crate) fn takes(&self, device: DeviceId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_device.contains_key(&device)
    }

    /// Hands a document to the device's printer. When there is none, or it has enough to do, the document's
    /// outcome says so.
    pub(crate) fn hand_over(&self, device: DeviceId, mut document: DocumentStream) {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries.by_device.get(&device).into_iter().flatten().rev() {
            match entry.documents.try_send(document) {
                Ok(()) => return,
                Err(mpsc::error::TrySendError::Full(back) | mpsc::error::TrySendError::Closed(back)) => {
                    document = back;
                }
            }
        }
        // The release may have been given up; then nobody waits for the outcome.
        let outcome = Err("the printer is not connected to the server".to_owned());
        let _ = document.outcome.send(Reported { nothing_sent: true, ..outcome.into() });
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut entries = self.printers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connections) = entries.by_device.get_mut(&self.device) {
            connections.retain(|entry| entry.number != self.number);
            if connections.is_empty() {
                entries.by_device.remove(&self.device);
            }
        }
    }
}

/// Documents that wait for one connection.
const DOCUMENTS_WAITING_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use domain::JobId;
    use tokio::sync::oneshot;

    fn document(job: i64) -> (DocumentStream, oneshot::Receiver<Reported>) {
        let (_, chunks) = mpsc::channel(1);
        let (outcome, result) = oneshot::channel();
        (
            DocumentStream {
                job: JobId(job),
                name: String::new(),
                bytes: 0,
                copies: 1,
                encrypted: false,
                chunks,
                outcome,
                stopper: Default::default(),
            },
            result,
        )
    }

    #[tokio::test]
    async fn the_latest_connection_takes_documents_and_without_one_they_come_back() {
        let printers = Printers::default();
        let (first, mut first_documents) = printers.register(DeviceId(1));
        let (second, mut second_documents) = printers.register(DeviceId(1));
        assert!(printers.takes(DeviceId(1)) && !printers.takes(DeviceId(2)));
        printers.hand_over(DeviceId(1), document(7).0);
        assert_eq!(second_documents.try_recv().unwrap().job, JobId(7));
        drop((second, second_documents));
        printers.hand_over(DeviceId(1), document(8).0);
        assert_eq!(first_documents.try_recv().unwrap().job, JobId(8));
        drop(first);
        let (lost, result) = document(9);
        printers.hand_over(DeviceId(1), lost);
        let told = result.await.unwrap();
        assert!(told.nothing_sent && told.outcome.unwrap_err().contains("not connected"));
        assert!(!printers.takes(DeviceId(1)));
        assert!(printers.0.lock().unwrap().by_device.is_empty(), "nothing is left over");
    }
}
