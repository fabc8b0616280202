//! The connecting end: a device on 7500 or a person's program on 7700.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use bytes::Bytes;

use super::auth::{Binding, DeviceKey, Transcript, same};
use super::fault::Fault;
use super::header::Frame;
use super::limits::{HELLO_TIMEOUT, IDLE_TIMEOUT, KEEP_ALIVE_INTERVAL, REQUESTS_MAX};
use super::link::{Ended, Link, Misuse};
use super::message::{Answer, Message, Request, Type};
use super::records::{
    Abort, Authenticate, AuthenticateAnswer, Hello, HelloAnswer, Notice, Progress, Release, ReleaseAnswer,
};
use super::status::Status;

/// What the server said or wants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PeerEvent {
    /// Hello and proofs are done: requests may be made.
    Ready {
        /// Who the server is.
        hello: HelloAnswer,
        /// What it told a device beside its proof; none for a program.
        device: Option<AuthenticateAnswer>,
    },
    /// An answer to a request.
    Answer {
        /// Id that [`Peer::request`] returned.
        id: u32,
        /// The answer.
        answer: Answer,
        /// Whether the request is over with it.
        last: bool,
    },
    /// News of a print request.
    Progress {
        /// Id of the print request.
        id: u32,
        /// The news.
        progress: Progress,
    },
    /// The server hands over a document; its data follows. Report with [`Peer::report`].
    Release {
        /// Id of the release.
        id: u32,
        /// What it is.
        release: Release,
    },
    /// Data of a document handed over. Call [`Peer::consumed`] when it is used up.
    Data {
        /// Id of the release.
        id: u32,
        /// The bytes.
        bytes: Bytes,
        /// Whether the document ends here.
        last: bool,
    },
    /// The server gave the document up: drop it, and report.
    Aborted {
        /// Id of the release.
        id: u32,
        /// Why.
        abort: Abort,
    },
    /// Unasked news.
    Notice(Notice),
    /// The other side lets more data of a submission come: see [`window`](Peer::window).
    Room {
        /// Id of the submission.
        id: u32,
    },
    /// The connection is over. The last event.
    Ended(Ended),
}

/// One connection as a device or a program sees it: bytes and instants in, events and bytes out.
#[derive(Debug)]
pub struct Peer {
    link: Link,
    binding: Binding,
    began: Instant,
    state: State,
    hello: Hello,
    /// The device's key; none for a program.
    key: Option<DeviceKey>,
    events: VecDeque<PeerEvent>,
    requests: BTreeMap<u32, Type>,
    /// Documents handed over that wait for this side's report.
    releases: BTreeSet<u32>,
    next_request: u32,
    over: bool,
}

#[derive(Debug)]
enum State {
    /// Hello is sent.
    Greeting,
    /// The proof is sent.
    Proving { answer: HelloAnswer, transcript: Transcript },
    /// Requests may be made.
    Open,
}

impl Peer {
    /// A connection that has just been made. The key makes it a device's; `hello.nonce` is 32 fresh random bytes.
    #[must_use]
    pub fn new(hello: Hello, key: Option<DeviceKey>, binding: Binding, now: Instant) -> Self {
        let mut link = Link::new(now);
        link.send(&Message::Request(Request::Hello(hello.clone())), 1);
        Self {
            link,
            binding,
            began: now,
            state: State::Greeting,
            hello,
            key,
            events: VecDeque::new(),
            requests: BTreeMap::from([(1, Type::Hello)]),
            releases: BTreeSet::new(),
            next_request: 3,
            over: false,
        }
    }

    // ---- what comes in ----

    /// Bytes of the server.
    pub fn handle_input(&mut self, bytes: &[u8], now: Instant) {
        self.link.input(bytes, now);
        loop {
            match self.link.next_frame(now) {
                Ok(Some(frame)) => {
                    if let Err(fault) = self.frame(frame) {
                        return self.fail(fault);
                    }
                }
                Ok(None) => return,
                Err(fault) => return self.fail(fault),
            }
        }
    }

    /// The server closed the connection.
    pub fn handle_eof(&mut self) {
        self.finish(Ended::Lost);
    }

    /// Time passed; call it at [`poll_timeout`](Self::poll_timeout). Sends a keep-alive when one is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.link.is_ended() {
            return;
        }
        let what = if !matches!(self.state, State::Open) && now >= self.began + HELLO_TIMEOUT {
            "the server's hello did not come in time"
        } else if self.link.frame_deadline().is_some_and(|deadline| now >= deadline) {
            "a frame did not come to its end in time"
        } else if now >= self.link.heard + IDLE_TIMEOUT {
            "nothing was heard, not even an answer to keep-alives"
        } else {
            if matches!(self.state, State::Open) && now >= self.link.said + KEEP_ALIVE_INTERVAL {
                self.link.said = now;
                let id = self.next_id();
                self.requests.insert(id, Type::KeepAlive);
                self.link.send(&Message::Request(Request::KeepAlive), id);
            }
            return;
        };
        self.fail(Fault::TooSlow { what });
    }

    // ---- what this side wants ----

    /// Asks something of the server and returns the request's id. A submission's data is sent with
    /// [`send_data`](Self::send_data) under the same id.
    ///
    /// # Errors
    /// [`Misuse::NotOpen`] before [`PeerEvent::Ready`] and after the end, [`Misuse::TooMany`] when as many requests wait as allowed.
    pub fn request(&mut self, request: Request) -> Result<u32, Misuse> {
        if self.link.is_ended() || !matches!(self.state, State::Open) {
            return Err(Misuse::NotOpen);
        }
        if self.requests.len() >= REQUESTS_MAX {
            return Err(Misuse::TooMany);
        }
        let id = self.next_id();
        if matches!(request, Request::Submit(_)) {
            self.link.stream_send(id)?;
        }
        self.requests.insert(id, request.kind());
        self.link.send(&Message::Request(request), id);
        Ok(id)
    }

    /// Sends data of a submission. At most [`window`](Self::window) bytes at a time.
    ///
    /// # Errors
    /// [`Misuse::WindowClosed`] when the server has not allowed as much, or has answered already.
    pub fn send_data(&mut self, id: u32, bytes: Bytes, last: bool) -> Result<(), Misuse> {
        self.link.stream_data(id, bytes, last)
    }

    /// Bytes that may be sent in a submission now.
    #[must_use]
    pub fn window(&self, id: u32) -> u64 {
        self.link.stream_window(id)
    }

    /// Gives a submission up: the server forgets what it has of it.
    pub fn abort(&mut self, id: u32, status: Status, text: &str) {
        if self.link.stream_forget(id) {
            self.link.send(&Message::Abort(Abort { status, text: text.to_owned() }), id);
        }
    }

    /// This side has used up `bytes` of a document handed over.
    pub fn consumed(&mut self, id: u32, bytes: usize) {
        self.link.stream_consumed(id, bytes);
    }

    /// Reports what became of a document handed over; data that still comes is dropped.
    ///
    /// # Errors
    /// [`Misuse::NoSuchRequest`] when no document with this id waits for a report.
    pub fn report(&mut self, id: u32, report: ReleaseAnswer) -> Result<(), Misuse> {
        self.report_answer(id, Answer::Release(report))
    }

    /// Refuses a document handed over.
    ///
    /// # Errors
    /// As [`report`](Self::report).
    pub fn report_refused(&mut self, id: u32, status: Status, text: &str) -> Result<(), Misuse> {
        self.report_answer(id, Answer::refused(status, text))
    }

    fn report_answer(&mut self, id: u32, answer: Answer) -> Result<(), Misuse> {
        if !self.releases.remove(&id) {
            return Err(Misuse::NoSuchRequest);
        }
        self.link.stream_drain(id);
        self.link.send(&Message::Answer { to: Type::Release, answer, last: true }, id);
        Ok(())
    }

    /// Tells the server something, such as that the device is out of order.
    pub fn notice(&mut self, notice: Notice) {
        self.link.send(&Message::Notice(notice), 0);
    }

    /// Ends the connection in an orderly way.
    pub fn goodbye(&mut self) {
        self.link.goodbye(Status::Done);
        self.finish(Ended::Closed);
    }

    // ---- what goes out ----

    /// What the server said or wants.
    pub fn poll_event(&mut self) -> Option<PeerEvent> {
        self.events.pop_front()
    }

    /// What to write.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Bytes> {
        self.link.poll_transmit(now)
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, unless something happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.link.is_ended() {
            return None;
        }
        let next = match self.state {
            State::Greeting | State::Proving { .. } => self.began + HELLO_TIMEOUT,
            State::Open => self.link.said + KEEP_ALIVE_INTERVAL,
        };
        let idle = Some(self.link.heard + IDLE_TIMEOUT);
        [Some(next), self.link.frame_deadline(), idle].into_iter().flatten().min()
    }

    /// Whether the connection is over; what is queued may still be written.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.link.is_ended()
    }

    /// Whether so much waits to be written that the caller should not read on.
    #[must_use]
    pub fn is_congested(&self) -> bool {
        self.link.is_congested()
    }

    // ---- the order of things ----

    fn next_id(&mut self) -> u32 {
        let id = self.next_request;
        self.next_request = self.next_request.checked_add(2).unwrap_or(1);
        id
    }

    fn frame(&mut self, frame: Frame) -> Result<(), Fault> {
        let (id, is_answer, kind) = (frame.header.request, frame.header.is_answer(), frame.header.kind);
        let message = match Message::decode(frame) {
            Ok(message) => message,
            Err(Fault::Unsupported { what, status }) if !is_answer && matches!(self.state, State::Open) => {
                // A later server: what it asks is refused, what it merely tells is skipped.
                if id != 0 && id % 2 == 0 {
                    self.link.refuse(kind, id, status, what);
                }
                return Ok(());
            }
            Err(fault) => return Err(fault),
        };
        match message {
            Message::Answer { to, answer, last } => self.answered(id, to, answer, last),
            Message::Progress(progress)
                if matches!(self.requests.get(&id), Some(Type::Print | Type::Login)) =>
            {
                self.events.push_back(PeerEvent::Progress { id, progress });
                Ok(())
            }
            Message::Progress(_) => Err(Fault::Violation { what: "progress of nothing" }),
            Message::Request(Request::Release(release)) => self.release(id, release),
            Message::Request(Request::KeepAlive) => {
                self.link
                    .send(&Message::Answer { to: Type::KeepAlive, answer: Answer::Done, last: true }, id);
                Ok(())
            }
            Message::Request(_) => Err(Fault::Violation { what: "a request that only this side makes" }),
            Message::Data { bytes, last } => {
                if self.link.stream_arrived(id, bytes.len(), last)? {
                    self.events.push_back(PeerEvent::Data { id, bytes, last });
                }
                Ok(())
            }
            Message::Abort(abort) => {
                if self.link.stream_aborted(id)? {
                    self.events.push_back(PeerEvent::Aborted { id, abort });
                }
                Ok(())
            }
            Message::Credit(credit) => {
                if self.link.credit(id, &credit)? {
                    self.events.push_back(PeerEvent::Room { id });
                }
                Ok(())
            }
            Message::Notice(notice) => {
                self.events.push_back(PeerEvent::Notice(notice));
                Ok(())
            }
            Message::Goodbye(goodbye) => {
                self.link.end();
                self.finish(Ended::Goodbye(goodbye.status));
                Ok(())
            }
            Message::Failure(failure) => {
                self.link.end();
                self.finish(Ended::Failure(failure));
                Ok(())
            }
        }
    }

    fn release(&mut self, id: u32, release: Release) -> Result<(), Fault> {
        if id == 0 || id % 2 == 1 || self.releases.contains(&id) || self.key.is_none() {
            return Err(Fault::Violation { what: "a release with a wrong id, or to a program" });
        }
        if !matches!(self.state, State::Open) {
            return Err(Fault::Violation { what: "a release before the device has proved itself" });
        }
        if !self.link.stream_receive(id) {
            return Err(Fault::TooLarge { what: "documents at once", max: super::limits::STREAMS_MAX });
        }
        self.releases.insert(id);
        self.events.push_back(PeerEvent::Release { id, release });
        Ok(())
    }

    fn answered(&mut self, id: u32, to: Type, answer: Answer, last: bool) -> Result<(), Fault> {
        if self.requests.get(&id) != Some(&to) || !answer.suits(to) {
            return Err(Fault::Violation { what: "an answer to nothing that was asked" });
        }
        if last {
            self.requests.remove(&id);
            self.link.stream_forget(id);
        }
        match (to, answer) {
            (Type::KeepAlive, _) => Ok(()),
            (Type::Hello | Type::Authenticate, Answer::Refused(refusal)) => {
                self.link.goodbye(Status::Done);
                self.finish(Ended::Refused(refusal));
                Ok(())
            }
            (Type::Hello, Answer::Hello(answer)) => {
                self.greeted(answer);
                Ok(())
            }
            (Type::Authenticate, Answer::Authenticate(answer)) => {
                self.proved(answer);
                Ok(())
            }
            (_, answer) => {
                self.events.push_back(PeerEvent::Answer { id, answer, last });
                Ok(())
            }
        }
    }

    fn greeted(&mut self, answer: HelloAnswer) {
        let Some(key) = &self.key else {
            self.state = State::Open;
            self.events.push_back(PeerEvent::Ready { hello: answer, device: None });
            return;
        };
        let transcript = Transcript::new(&self.hello, &answer, self.binding);
        let proof = Authenticate { proof: transcript.device_proof(key) };
        self.state = State::Proving { answer, transcript };
        let id = self.next_id();
        self.requests.insert(id, Type::Authenticate);
        self.link.send(&Message::Request(Request::Authenticate(proof)), id);
    }

    fn proved(&mut self, device: AuthenticateAnswer) {
        let (State::Proving { answer, transcript }, Some(key)) = (&self.state, &self.key) else { return };
        if !same(&transcript.server_proof(key), &device.proof) {
            self.link.goodbye(Status::AccessViolation);
            return self.finish(Ended::Impostor);
        }
        let hello = answer.clone();
        self.state = State::Open;
        self.events.push_back(PeerEvent::Ready { hello, device: Some(device) });
    }

    fn fail(&mut self, fault: Fault) {
        let ended = self.link.fail(fault);
        self.finish(ended);
    }

    fn finish(&mut self, ended: Ended) {
        if !self.over {
            self.over = true;
            self.link.end();
            self.requests.clear();
            self.releases.clear();
            self.events.push_back(PeerEvent::Ended(ended));
        }
    }
}
