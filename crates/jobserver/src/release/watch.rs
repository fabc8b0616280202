//! What the printer says by SNMP while a document is on its way (guide, "SNMP status enabled"): a raw port says nothing itself.
//!
//! Whoever stands at the panel is told what is missing, the job's row says that it stands still, and the event log remembers. A
//! printer that does not answer is not asked again for this document: printing never waits for SNMP.

use std::time::Duration;

use domain::event::Severity;
use tokio::time::sleep;
use wire::snmp::mib::ErrorState;

use super::{NotDelivered, Release, WayFailed};
use crate::print::device_stopped;
use crate::session::PrintEvent;
use crate::snmp::{self, Target};

/// The first look; most documents are over before it.
const FIRST: Duration = Duration::from_millis(400);
/// Time between two looks.
const EVERY: Duration = Duration::from_secs(2);

/// Sends a document, and looks at its printer meanwhile.
pub(super) async fn watched(
    release: &Release<'_>,
    delivering: impl Future<Output = Result<(), WayFailed>>,
) -> Result<(), WayFailed> {
    if !release.server.0.settings().snmp_status() {
        return delivering.await;
    }
    let Some(target) = release.server.snmp_target(release.device).await else { return delivering.await };
    let mut watch = Watch { release, target, stopped: None, low: None, answers: false };
    tokio::pin!(delivering);
    let way = tokio::select! {
        way = &mut delivering => way,
        () = watch.look_on() => delivering.await,
    };
    match way {
        // What broke the connection is often something that the printer can say.
        Err(WayFailed::NotDelivered(reason)) if watch.answers || watch.stopped.is_some() => {
            Err(WayFailed::NotDelivered(watch.explained(reason).await))
        }
        way => way,
    }
}

struct Watch<'a, 'b> {
    release: &'a Release<'b>,
    target: Target,
    /// What keeps it from printing, as it was told.
    stopped: Option<&'static str>,
    /// What will soon be missing, as it was told.
    low: Option<&'static str>,
    /// It has answered once.
    answers: bool,
}

impl Watch<'_, '_> {
    /// Looks until the printer does not answer.
    async fn look_on(&mut self) {
        let mut pause = FIRST;
        loop {
            sleep(pause).await;
            pause = EVERY;
            match snmp::state(&self.target).await {
                Ok(Some(state)) => self.seen(state).await,
                Ok(None) => return,
                Err(error) => {
                    tracing::debug!(device.name = %self.release.device.name, %error, "its state is not known");
                    return;
                }
            }
        }
    }

    async fn seen(&mut self, state: ErrorState) {
        self.answers = true;
        let (id, events) = (self.release.job.id, self.release.events);
        let (stopped, low) = (state.obstacle(), state.warning());
        if low != self.low {
            self.low = low;
            if let Some(what) = low {
                let message = format!("The printer says: {what}.");
                note(
                    self.release,
                    Severity::Information,
                    "device-warning",
                    "a printer will soon need somebody",
                    what,
                );
                events.tell(PrintEvent::Warned { job: id, message }).await;
            }
        }
        let message = stopped.map(stands).unwrap_or_default();
        if stopped.is_some() || self.stopped.is_some() {
            device_stopped(self.release.server, id, stopped.is_some(), message.clone()).await;
        }
        if stopped != self.stopped {
            self.stopped = stopped;
            if let Some(what) = stopped {
                attention(self.release, what);
                events.tell(PrintEvent::Stopped { job: id, message }).await;
            }
        }
    }

    /// The reason with what the printer says of itself.
    async fn explained(&self, reason: NotDelivered) -> NotDelivered {
        let Ok(Some(what)) = snmp::obstacle(&self.target).await else { return reason };
        if self.stopped != Some(what) {
            attention(self.release, what);
        }
        let message = format!("{} The printer says: {what}.", reason.message);
        NotDelivered { message, ..reason }
    }
}

fn stands(what: &'static str) -> String {
    format!("The printer stopped: {what}.")
}

/// The event log is told that a printer stands still with a document.
pub(super) fn attention(release: &Release<'_>, what: &str) {
    note(release, Severity::Warning, "device-stopped", "a printer stopped with a document", what);
}

fn note(release: &Release<'_>, severity: Severity, code: &str, subject: &str, what: &str) {
    let events = &release.server.0.events;
    let event = events.event(severity, code, subject);
    let event = event.object(release.device.name.as_str()).user(release.user.logon.as_str());
    events.record(event.text(&format!("{}: {what}.", release.device.name)));
}
