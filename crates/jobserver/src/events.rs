//! The event log's way to disk: what happened is queued here and written in batches by one thread.
//!
//! - [`Events::record`] never waits: for what happens by itself. The queue is bounded; what does not fit is counted, and
//!   the next batch tells how many were lost.
//! - [`Events::audit`] answers when the event is on disk: for what people do, before they are answered. Those that come
//!   together share a transaction.
//!
//! Every event is also a line of the log, which journald and syslog collect, under the target `events`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use domain::device::Device;
use domain::event::{Category, Event, Severity};
use domain::login::LoginRefused;
use domain::user::User;
use domain::{DeviceId, Status, Timestamp};
use rpc::Kind;
use service::Clock;
use storage::event::EventStore;
use tokio::sync::{mpsc, oneshot};

use crate::failed::Failed;
use crate::state::{Jobserver, State};

/// Who tells what happens in this server.
pub(crate) const SOURCE: &str = "jobserver";

/// Events that wait to be written.
const WAITING_MAX: usize = 10_000;
/// Events in one transaction.
const BATCH_MAX: usize = 500;
/// Pause between tries while the store cannot take any.
const RETRY: Duration = Duration::from_secs(1);
/// How often old events are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// Events forgotten in one transaction.
const FORGET_MAX: i64 = 5_000;

/// The way in; clones share the queue. Dropping the last one ends the thread after what waits.
#[derive(Clone)]
pub(crate) struct Events {
    queue: mpsc::Sender<Item>,
    store: EventStore,
    clock: Clock,
    lost: Arc<AtomicU64>,
}

enum Item {
    Event(Event, Option<oneshot::Sender<bool>>),
    /// Answers when everything before it was tried.
    Flush(oneshot::Sender<bool>),
}

impl Events {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(store: EventStore, clock: Clock) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        let writer = Writer { store: store.clone(), clock: clock.clone(), lost: Arc::clone(&lost) };
        thread::Builder::new().name("events".to_owned()).spawn(move || writer.run(waiting))?;
        Ok(Self { queue, store, clock, lost })
    }

    /// An event of this server that happens now.
    pub(crate) fn event(&self, severity: Severity, code: &str, subject: &str) -> Event {
        Event::new(Timestamp(self.clock.now().0), severity, SOURCE, code, subject)
    }

    /// Queues an event and does not wait.
    pub(crate) fn record(&self, event: Event) {
        log(&event);
        if self.queue.try_send(Item::Event(event, None)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes an event; it is on disk when this answers.
    ///
    /// # Errors
    /// Status 17 when the store cannot take it now. It is kept and written later all the same.
    pub(crate) async fn audit(&self, event: Event) -> Result<(), Failed> {
        log(&event);
        let (answer, answered) = oneshot::channel();
        let sent = self.queue.send(Item::Event(event, Some(answer))).await;
        if sent.is_ok() && answered.await.unwrap_or(false) {
            return Ok(());
        }
        let text = "it was done, but the event log could not be written";
        Err(Failed::new(Kind::Unavailable, Status::DATABASE_DOWN, text))
    }

    /// Queues an event, waiting for a place.
    ///
    /// # Errors
    /// When the server is stopping.
    pub(crate) async fn queue(&self, event: Event) -> Result<(), Failed> {
        log(&event);
        let gone = |_| Failed::new(Kind::Unavailable, Status::BUSY, "the server is stopping");
        self.queue.send(Item::Event(event, None)).await.map_err(gone)
    }

    /// As [`Events::audit`] for what must go on without the event log: a person at a panel.
    pub(crate) async fn audit_or_log(&self, event: Event) {
        if let Err(failed) = self.audit(event).await {
            tracing::error!(%failed, "the event log could not be written; the event waits in memory");
        }
    }

    /// The store, to read.
    pub(crate) fn store(&self) -> &EventStore {
        &self.store
    }

    async fn flush(&self) {
        let (answer, answered) = oneshot::channel();
        if self.queue.send(Item::Flush(answer)).await.is_ok() {
            let _ = answered.await;
        }
    }
}

struct Writer {
    store: EventStore,
    clock: Clock,
    lost: Arc<AtomicU64>,
}

impl Writer {
    fn run(self, mut waiting: mpsc::Receiver<Item>) {
        let mut items = Vec::with_capacity(BATCH_MAX);
        // Events that could not be written yet.
        let mut kept: Vec<Event> = Vec::new();
        while waiting.blocking_recv_many(&mut items, BATCH_MAX) > 0 {
            let (mut events, mut answers) = (std::mem::take(&mut kept), Vec::new());
            for item in items.drain(..) {
                match item {
                    Item::Event(event, answer) => {
                        events.push(event);
                        answers.extend(answer);
                    }
                    Item::Flush(answer) => answers.push(answer),
                }
            }
            let lost = self.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                let subject = format!("{lost} events were lost: more came than the event log could take");
                let now = Timestamp(self.clock.now().0);
                events.push(Event::new(now, Severity::Error, SOURCE, "events-lost", &subject));
            }
            let written = events.is_empty() || self.store.events_add(&events).is_ok();
            if !written {
                tracing::error!(events = events.len(), "the event log cannot be written; it is tried again");
                // Bounded as the queue is: the oldest are what is kept.
                let over = events.len().saturating_sub(WAITING_MAX);
                events.truncate(WAITING_MAX);
                self.lost.fetch_add(over as u64, Ordering::Relaxed);
                kept = events;
            }
            for answer in answers {
                // Whoever asked may have hung up.
                let _ = answer.send(written);
            }
            if !written {
                thread::sleep(RETRY);
            }
        }
        if !kept.is_empty() && self.store.events_add(&kept).is_err() {
            tracing::error!(events = kept.len(), "events were lost: the event log cannot be written");
        }
    }
}

/// Forgets old events again and again until the stop, and writes what waits before the end.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    loop {
        let forgotten = server.blocking(|state| {
            let before = state.now().minus(state.settings().events_kept());
            while state.events.store.events_forget(before, FORGET_MAX)? > 0 {}
            Ok::<_, Failed>(())
        });
        if let Err(error) = forgotten.await {
            tracing::warn!(%error, "old events could not be forgotten; it is tried again");
        }
        if stop.run_until_cancelled(tokio::time::sleep(FORGET_EVERY)).await.is_none() {
            server.0.events.flush().await;
            return;
        }
    }
}

/// A login or logout at a device, for the audit.
pub(crate) fn login(state: &State, code: &str, subject: &str, user: &User, device: &Device) -> Event {
    let event = state.events.event(Severity::Audit, code, subject);
    event.user(user.logon.as_str()).object(device.name.as_str())
}

/// A login that was refused, and the account that it locked. Nothing that was typed is in it: people type passwords
/// into the wrong field.
pub(crate) fn login_refused(
    state: &State,
    refused: LoginRefused,
    logon: &str,
    device: Option<DeviceId>,
    locked: bool,
) {
    let place = device.map(|device| format!("device {device}")).unwrap_or_default();
    let event =
        state.events.event(Severity::Audit, "login-refused", &format!("a login was refused: {refused}"));
    state.events.record(event.user(logon).object(&place));
    if locked {
        let subject = format!("the account {logon} was locked after too many failed logins");
        let event = state.events.event(Severity::Notice, "account-locked", &subject);
        state.events.record(event.user(logon).object(&place));
    }
}

fn log(event: &Event) {
    let Event { severity, code, source, user, object, subject, text, .. } = event;
    let severity_level = severity.level();
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "events", severity = severity_level, code, source, user, object, text, "{subject}"
            )
        };
    }
    match severity.category() {
        Category::Error => line!(error),
        Category::Warning => line!(warn),
        Category::Information => line!(info),
    }
}

#[cfg(test)]
mod tests {
    use storage::Location;
    use storage::event::EventFilter;

    use super::*;

    fn events(directory: &tempfile::TempDir) -> Events {
        let store = EventStore::open(Location::Sqlite(directory.path().join("event.sqlite"))).unwrap();
        Events::start(store, Clock::fixed(service::Timestamp(7))).unwrap()
    }

    #[tokio::test]
    async fn ops_1_what_is_audited_is_stored_before_the_answer_and_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let events = events(&directory);
        for number in 0..50 {
            events.record(events.event(Severity::Notice, "test", &format!("record {number}")));
        }
        events.audit(events.event(Severity::Audit, "test", "audit").user("ann")).await.unwrap();
        let stored = events.store().events_page(&EventFilter::default(), None, 100).unwrap();
        assert_eq!(stored.len(), 51, "what was recorded before an audit is stored with it");
        assert_eq!((stored[0].event.subject.as_str(), stored[0].event.at.0), ("audit", 7));
        assert_eq!(stored[50].event.subject, "record 0");
    }

    #[tokio::test]
    async fn ops_1_audits_that_come_together_are_all_answered() {
        let directory = tempfile::tempdir().unwrap();
        let events = events(&directory);
        let many: Vec<_> = (0..200)
            .map(|number| {
                let events = events.clone();
                tokio::spawn(async move {
                    events.audit(events.event(Severity::Audit, "test", &format!("{number}"))).await
                })
            })
            .collect();
        for one in many {
            one.await.unwrap().unwrap();
        }
        assert_eq!(events.store().events_page(&EventFilter::default(), None, 500).unwrap().len(), 200);
    }
}
