//! A panel that waits for one answer at a time and shows what happens meanwhile.

use std::collections::HashMap;

use wire::safecom::records::{Cancel, Release, Step};
use wire::safecom::{Answer, PeerEvent, Request};

use crate::failure::Failure;
use crate::line::{self, Line};
use crate::serve::engine::{Announced, Engine, Job, Stopped};

use super::report::Report;

/// The panel.
pub(super) struct Panel<'a> {
    line: Line,
    server: &'a str,
    pub(super) report: Report,
    /// Takes documents that come through this session; without one, they are refused.
    engine: Option<&'a Engine>,
    jobs: HashMap<u32, Job<'a>>,
    /// The print request that Stop will be pressed for, and after how many bytes.
    stop: Option<(u32, u64)>,
}

impl<'a> Panel<'a> {
    pub(super) fn new(line: Line, server: &'a str, report: Report, engine: Option<&'a Engine>) -> Self {
        Self { line, server, report, engine, jobs: HashMap::new(), stop: None }
    }

    /// What takes documents, and moves the counters of what is made here.
    pub(super) fn engine(&self) -> Option<&'a Engine> {
        self.engine
    }

    /// Asks something.
    pub(super) fn ask(&mut self, request: Request) -> Result<u32, Failure> {
        self.line.peer.request(request).map_err(|misuse| self.unreachable(misuse.to_string()))
    }

    /// Stop will be pressed when so many bytes of a document of this print request have been sent.
    pub(super) fn stop_at(&mut self, request: u32, bytes: Option<u64>) {
        self.stop = bytes.map(|bytes| (request, bytes));
    }

    fn stop(&mut self, sent: u64) -> Result<(), Failure> {
        if let Some((request, _)) = self.stop.take_if(|(_, bytes)| sent >= *bytes) {
            self.report.stop();
            self.ask(Request::Cancel(Cancel { request }))?;
        }
        Ok(())
    }

    /// The next answer to a request.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the server says no.
    pub(super) async fn answer(&mut self, request: u32) -> Result<Answer, Failure> {
        self.part(request).await.map(|(answer, _)| answer)
    }

    /// As [`answer`](Self::answer), with whether the request is over.
    async fn part(&mut self, request: u32) -> Result<(Answer, bool), Failure> {
        loop {
            let Some(event) = self.line.next().await else {
                return Err(line::ended_failure(&wire::safecom::Ended::Lost, self.server));
            };
            match event {
                PeerEvent::Answer { id, answer: Answer::Refused(refusal), .. } if id == request => {
                    let text = if refusal.text.is_empty() {
                        refusal.status.meaning().to_owned()
                    } else {
                        refusal.text
                    };
                    return Err(Failure::Refused { status: refusal.status, text });
                }
                PeerEvent::Answer { id, answer, last } if id == request => return Ok((answer, last)),
                PeerEvent::Progress { progress, .. } => {
                    self.report.progress(&progress);
                    if progress.step == Step::Sending {
                        self.stop(progress.sent)?;
                    }
                }
                PeerEvent::Notice(notice) => self.report.notice(&notice),
                PeerEvent::Ended(ended) => return Err(line::ended_failure(&ended, self.server)),
                PeerEvent::Release { id, release } => self.release(id, release),
                PeerEvent::Data { id, bytes, last } => self.data(id, &bytes, last).await,
                PeerEvent::Aborted { id, abort } => self.end(id, Err(abort.text)),
                PeerEvent::Answer { .. } | PeerEvent::Ready { .. } | PeerEvent::Room { .. } => {}
            }
        }
    }

    /// Shows a listing to its end.
    pub(super) async fn documents(&mut self, request: u32) -> Result<(), Failure> {
        let (mut count, mut over) = (0, false);
        while !over {
            let (Answer::Documents(page), last) = self.part(request).await? else {
                return Err(self.nonsense());
            };
            for document in &page.documents {
                count += 1;
                self.report.document(document);
            }
            over = last;
        }
        self.report.listed(count);
        Ok(())
    }

    fn release(&mut self, id: u32, release: Release) {
        let Some(engine) = self.engine else {
            return self.end(id, Err("this panel takes no documents".to_owned()));
        };
        let announced = Announced {
            source: "session",
            from: self.server.to_owned(),
            title: Some(release.name),
            user: Some(release.owner),
            copies: release.copies,
        };
        match engine.begin(announced) {
            Ok(job) => {
                self.jobs.insert(id, job);
            }
            Err(error) => self.end(id, Err(error.to_string())),
        }
    }

    async fn data(&mut self, id: u32, bytes: &[u8], last: bool) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        match job.write(bytes).await {
            Ok(()) => self.line.peer.consumed(id, bytes.len()),
            Err(stopped @ (Stopped::Jam | Stopped::Drop | Stopped::Io(_))) => {
                return self.end(id, Err(stopped.to_string()));
            }
        }
        if last {
            self.end(id, Ok(()));
        }
    }

    /// Reports what became of a document that came through this session.
    fn end(&mut self, id: u32, outcome: Result<(), String>) {
        let mut job = self.jobs.remove(&id);
        let bytes = job.as_ref().map_or(0, Job::bytes);
        let outcome = outcome.and_then(|()| {
            let finished = job.as_mut().map_or(Ok(()), Job::finish);
            finished.map_err(|stopped| stopped.to_string())
        });
        let counts = job.map(|job| job.counts());
        // The server may have hung up meanwhile; the next answer says so.
        let _ = self.line.peer.report(id, line::report(outcome, bytes, counts));
    }

    /// The server answered something that makes no sense here.
    pub(super) fn nonsense(&self) -> Failure {
        self.unreachable("gave an answer that makes no sense".to_owned())
    }

    fn unreachable(&self, what: String) -> Failure {
        Failure::Unreachable { server: self.server.to_owned(), what }
    }

    /// Leaves the panel.
    pub(super) async fn leave(self) {
        self.line.close().await;
    }
}
