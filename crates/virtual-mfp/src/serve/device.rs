//! The printer's own session with the server, kept alive; documents may come through it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use wire::safecom::PeerEvent;
use wire::safecom::records::{Release, ReleaseAnswer};
use zeroize::Zeroizing;

use crate::arguments::DeviceArguments;
use crate::fault::Faults;
use crate::line::{self, Line};

use super::engine::{Announced, Engine, Job, Stopped};

/// Keeps the session for ever: connects again whenever it breaks, and stays away while the printer is offline.
pub async fn serve(device: DeviceArguments, secret: Zeroizing<String>, engine: Arc<Engine>) {
    let mut faults = engine.faults();
    let mut pause = PAUSE_MIN;
    let mut told = false;
    loop {
        if faults.wait_for(|faults| !faults.offline()).await.is_err() {
            return;
        }
        match Line::open(&device, &secret, true).await {
            Ok(line) => {
                tracing::info!(server = device.server, "the server knows this device");
                (pause, told) = (PAUSE_MIN, false);
                stay(line, &device, &engine).await;
            }
            Err(failure) => {
                // Told once, then quietly retried: an administrator may be about to add the device.
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(%failure, "out of order: no session with the server; trying again");
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
    }
}

/// One connection to its end.
async fn stay(mut line: Line, device: &DeviceArguments, engine: &Arc<Engine>) {
    let mut faults = engine.faults();
    let (reports, mut reported) = mpsc::channel(REPORTS_MAX);
    let mut sheets: HashMap<u32, Sheets> = HashMap::new();
    loop {
        tokio::select! {
            event = line.next() => match event {
                Some(PeerEvent::Release { id, release }) => {
                    sheets.insert(id, Sheets::feed(id, release, device, engine.clone(), reports.clone()));
                }
                Some(PeerEvent::Data { id, bytes, last }) => {
                    if let Some(sheets) = sheets.get(&id) {
                        sheets.push(Some(bytes));
                        if last {
                            sheets.push(None);
                        }
                    }
                }
                // Without its feeder, the document counts as lost.
                Some(PeerEvent::Aborted { id, abort }) => {
                    tracing::info!(text = abort.text, "the server gave a document up");
                    sheets.remove(&id);
                    let _ = line.peer.report(id, line::report(Err(abort.text), 0, None));
                }
                Some(PeerEvent::Notice(notice)) => tracing::info!(kind = ?notice.kind, text = notice.text, "the server says"),
                Some(PeerEvent::Ended(ended)) => {
                    tracing::warn!(why = %line::ended_failure(&ended, &device.server), "the session ended");
                }
                Some(_) => {}
                None => return,
            },
            Some(report) = reported.recv() => match report {
                Report::Taken(id, bytes) => line.peer.consumed(id, bytes),
                Report::Ended(id, report) => {
                    sheets.remove(&id);
                    // The server may have hung up meanwhile.
                    let _ = line.peer.report(id, report);
                }
                // Cut: no goodbye, the socket just goes.
                Report::Cut => return,
            },
            () = offline(&mut faults) => return line.close().await,
        }
    }
}

/// Resolves when the printer goes offline.
async fn offline(faults: &mut watch::Receiver<Faults>) {
    if faults.wait_for(Faults::offline).await.is_err() {
        std::future::pending().await
    }
}

/// What the feeder of a document says.
enum Report {
    /// Bytes are printed; the server may send more.
    Taken(u32, usize),
    /// The document ended.
    Ended(u32, ReleaseAnswer),
    /// The connection is to be cut.
    Cut,
}

/// Feeds one document to the engine, beside the connection, so that a slow engine does not silence it.
struct Sheets(mpsc::UnboundedSender<Option<Bytes>>);

impl Sheets {
    fn feed(
        id: u32,
        release: Release,
        device: &DeviceArguments,
        engine: Arc<Engine>,
        reports: mpsc::Sender<Report>,
    ) -> Self {
        // Bounded by the protocol's window: the server sends no more before bytes are reported as taken.
        let (sheets, mut coming) = mpsc::unbounded_channel::<Option<Bytes>>();
        let from = device.server.clone();
        tokio::spawn(async move {
            let announced = Announced {
                source: "session",
                from,
                title: Some(release.name),
                user: Some(release.owner),
                copies: release.copies,
            };
            let ended = |job: &Job<'_>, reason: Option<&str>| {
                let outcome = reason.map_or(Ok(()), |reason| Err(reason.to_owned()));
                Report::Ended(id, line::report(outcome, job.bytes(), Some(job.counts())))
            };
            let failed = |reason: String| Report::Ended(id, line::report(Err(reason), 0, None));
            if engine.faults().borrow().refuse() {
                return drop(reports.send(failed("the printer takes no documents".to_owned())).await);
            }
            let mut job = match engine.begin(announced) {
                Ok(job) => job,
                Err(error) => return drop(reports.send(failed(error.to_string())).await),
            };
            while let Some(part) = coming.recv().await {
                let Some(bytes) = part else {
                    let report = match job.finish() {
                        Ok(()) => ended(&job, None),
                        Err(_) => ended(&job, Some("paper jam")),
                    };
                    return drop(reports.send(report).await);
                };
                let report = match job.write(&bytes).await {
                    Ok(()) => Report::Taken(id, bytes.len()),
                    Err(Stopped::Jam) => {
                        return drop(reports.send(ended(&job, Some("paper jam"))).await);
                    }
                    Err(Stopped::Drop) => return drop(reports.send(Report::Cut).await),
                    Err(Stopped::Io(error)) => {
                        return drop(reports.send(ended(&job, Some(&error.to_string()))).await);
                    }
                };
                if reports.send(report).await.is_err() {
                    return;
                }
            }
        });
        Self(sheets)
    }

    fn push(&self, part: Option<Bytes>) {
        // The feeder may have ended at a fault; what still comes is not printed.
        let _ = self.0.send(part);
    }
}

/// First pause before connecting again.
const PAUSE_MIN: Duration = Duration::from_millis(200);
/// Longest pause before connecting again.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// Reports of feeders that wait for the connection.
const REPORTS_MAX: usize = 16;
