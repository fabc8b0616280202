//! Documents on their way through a device's own connection.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::charge::post::Report;
use wire::safecom::records::{Refusal, Release, ReleaseAnswer};
use wire::safecom::{Server, Status};

use crate::failed::Failed;
use crate::session::{DocumentStream, Reported};

use super::{convert, pump, walkup};

/// Documents that are being sent, or that wait for the device's report.
pub(super) struct Releases {
    running: Vec<Running>,
    /// The connection is.
    encrypted: bool,
}

struct Running {
    id: u32,
    document: DocumentStream,
    /// Taken from the document, not allowed by the window yet.
    rest: Bytes,
    sent: u64,
    /// When bytes were last taken by the device.
    moved: Instant,
    /// No more bytes will come: all sent, or given up.
    over: bool,
    /// Why it was given up; told when the device has reported.
    given_up: Option<String>,
    /// Resolves when somebody wants it stopped.
    stop: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
}

/// What a document yields next.
pub(super) enum Fed {
    /// Some bytes.
    Bytes(u32, Bytes),
    /// Its source failed.
    Broken(u32, Failed),
    /// Its source ended.
    Ended(u32),
    /// Somebody wants it stopped.
    Stopped(u32),
}

impl Releases {
    pub(super) fn new(encrypted: bool) -> Self {
        Self { running: Vec::new(), encrypted }
    }

    /// Forgets all: whoever waits for them hears that the connection is lost.
    pub(super) fn clear(&mut self) {
        self.running.clear();
    }

    /// Announces a document to the device.
    pub(super) fn begin(&mut self, session: &mut Server, owner: &str, document: DocumentStream) {
        if document.encrypted && !self.encrypted {
            let outcome =
                Err("the document has to travel encrypted, and the device's connection is plain".to_owned());
            let _ = document.outcome.send(Reported { nothing_sent: true, ..outcome.into() });
            return;
        }
        let release = Release {
            document: convert::id(document.job),
            name: document.name.clone(),
            owner: owner.to_owned(),
            format: "application/octet-stream".to_owned(),
            bytes: Some(document.bytes),
            copies: u16::try_from(document.copies).unwrap_or(1),
            mono: false,
            duplex: false,
        };
        match session.release(release) {
            Ok(id) => self.running.push(Running {
                id,
                stop: Box::pin(document.stopper.asked_owned()),
                document,
                rest: Bytes::new(),
                sent: 0,
                moved: pump::now(),
                over: false,
                given_up: None,
            }),
            Err(misuse) => {
                // Nobody waits any more when the release was given up meanwhile.
                let _ = document.outcome.send(Err(format!("the device does not take it: {misuse}")).into());
            }
        }
    }

    /// Whether nothing is on its way.
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Resolves with the next bytes of any document whose window has room. Dropping the future loses nothing.
    pub(super) async fn fed(&mut self, windows: &[(u32, u64)]) -> Fed {
        std::future::poll_fn(|context| self.poll_fed(context, windows)).await
    }

    fn poll_fed(&mut self, context: &mut Context<'_>, windows: &[(u32, u64)]) -> Poll<Fed> {
        for running in &mut self.running {
            if !running.over && running.stop.as_mut().poll(context).is_ready() {
                return Poll::Ready(Fed::Stopped(running.id));
            }
            let room = windows.iter().any(|(id, room)| *id == running.id && *room > 0);
            if running.over || !running.rest.is_empty() || !room {
                continue;
            }
            match running.document.chunks.poll_recv(context) {
                Poll::Ready(Some(Ok(bytes))) => return Poll::Ready(Fed::Bytes(running.id, bytes)),
                Poll::Ready(Some(Err(failed))) => return Poll::Ready(Fed::Broken(running.id, failed)),
                Poll::Ready(None) => return Poll::Ready(Fed::Ended(running.id)),
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }

    /// Room in the window of every document.
    pub(super) fn windows(&self, session: &Server) -> Vec<(u32, u64)> {
        self.running.iter().map(|running| (running.id, session.window(running.id))).collect()
    }

    /// Takes what [`fed`](Self::fed) resolved with.
    pub(super) fn feed(&mut self, session: &mut Server, fed: Fed) {
        match fed {
            Fed::Bytes(id, bytes) => {
                if let Some(running) = self.running(id) {
                    running.rest = bytes;
                }
                self.advance(session);
            }
            Fed::Broken(id, failed) => {
                self.give_up(session, id, convert::status(failed.status), &failed.message)
            }
            Fed::Stopped(id) => {
                self.give_up(session, id, Status::CancelledByUser, "stopped at the printer");
            }
            Fed::Ended(id) => {
                self.give_up(
                    session,
                    id,
                    Status::LostInTransfer,
                    "the document ended before all of it was there",
                );
            }
        }
    }

    /// Sends what the windows allow of the bytes at hand. Call it after the session has heard something.
    pub(super) fn advance(&mut self, session: &mut Server) {
        for running in &mut self.running {
            let mut room = session.window(running.id);
            let ends_now = |running: &Running| running.sent == running.document.bytes;
            while !running.over && (room > 0 && !running.rest.is_empty() || ends_now(running)) {
                let left = running.document.bytes - running.sent;
                let length = room.min(left).min(running.rest.len() as u64);
                let part =
                    running.rest.split_to(usize::try_from(length).expect("a part of a chunk in memory"));
                running.sent += length;
                let last = ends_now(running);
                if session.send_data(running.id, part, last).is_err() {
                    // The device has reported already; its report says the rest.
                    running.over = true;
                    break;
                }
                running.moved = pump::now();
                running.over = last;
                room = session.window(running.id);
            }
        }
    }

    fn give_up(&mut self, session: &mut Server, id: u32, status: Status, why: &str) {
        if let Some(running) = self.running(id) {
            running.over = true;
            running.given_up = Some(why.to_owned());
            session.abort(id, status, why);
        }
    }

    fn running(&mut self, id: u32) -> Option<&mut Running> {
        self.running.iter_mut().find(|running| running.id == id)
    }

    /// The device has reported: tells the release how it went.
    pub(super) fn reported(&mut self, id: u32, outcome: Result<ReleaseAnswer, Refusal>) {
        let Some(at) = self.running.iter().position(|running| running.id == id) else { return };
        let running = self.running.swap_remove(at);
        let complete = running.sent == running.document.bytes && running.given_up.is_none();
        // What came out counts, however it ended.
        let counts = outcome.as_ref().ok().and_then(|report| {
            let (color, sheets) = (report.color_impressions.map(i64::from), report.sheets.map(i64::from));
            Some(Report { impressions: report.impressions?.into(), color, sheets })
        });
        let toner = outcome.as_ref().ok().and_then(|report| report.toner.clone()).map(walkup::toner);
        let outcome = match (outcome, running.given_up) {
            (_, Some(why)) => Err(why),
            (Ok(report), None) if report.printed && complete => Ok(()),
            (Ok(report), None) if report.printed => {
                Err("the device said it had printed before it had everything".to_owned())
            }
            (Ok(report), None) => {
                Err(report.reason.unwrap_or_else(|| "the device did not print it".to_owned()))
            }
            (Err(refusal), None) if refusal.text.is_empty() => Err(refusal.status.meaning().to_owned()),
            (Err(refusal), None) => Err(refusal.text),
        };
        // Nobody waits any more when the release was given up meanwhile.
        let _ = running.document.outcome.send(Reported { outcome, nothing_sent: false, counts, toner });
    }

    /// When the first document will have stood still for too long.
    pub(super) fn deadline(&self, stall: Duration) -> Option<Instant> {
        self.running.iter().map(|running| running.moved + stall).min()
    }

    /// Whether a document has stood still for too long; the connection is then no good.
    pub(super) fn is_stalled(&self, stall: Duration) -> bool {
        self.deadline(stall).is_some_and(|deadline| pump::now() >= deadline)
    }
}
