//! The listening end of a connection on 7400, 7500, 7700 or 7900.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use bytes::Bytes;

use super::auth::{Binding, DeviceKey, Transcript, same};
use super::fault::Fault;
use super::header::{Frame, VERSION};
use super::limits::{BODY_BYTES_MAX, DOCUMENTS_PER_PAGE_MAX, HELLO_TIMEOUT, IDLE_TIMEOUT, REQUESTS_MAX};
use super::link::{Ended, Link, Misuse};
use super::message::{Answer, Message, Request, Type};
use super::records::{
    Abort, AuthenticateAnswer, Document, DocumentsAnswer, Hello, HelloAnswer, LoginMethod, LoginStep, Notice,
    NoticeKind, Progress, Refusal, Release, ReleaseAnswer, Role, ServerInfo,
};
use super::status::Status;

/// Which of the ports a connection came in on; it decides who may speak and what may be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Port {
    /// 7500: devices, which prove themselves before anybody logs in.
    Devices,
    /// 7700: programs, where a person logs in with logon and password.
    Clients,
    /// 7400: programs of cashiers.
    Money,
    /// 7900: programs that read and report tracking records.
    Tracking,
}

impl Port {
    /// Whether a request of this type is for this port, once hello is done.
    fn serves(self, kind: Type) -> bool {
        match kind {
            Type::Login | Type::Logout | Type::ServerInfo => true,
            Type::Accounts | Type::Movements | Type::Move | Type::Totals => self == Self::Money,
            Type::Records | Type::Report => self == Self::Tracking,
            Type::Submit | Type::Delegations | Type::Delegate => self == Self::Clients,
            Type::Documents | Type::Retain | Type::Delete => matches!(self, Self::Devices | Self::Clients),
            _ => self == Self::Devices,
        }
    }
}

/// What the peer wants or did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ServerEvent {
    /// A device says who it is and proves it: look its key up and call [`Server::authenticate`] or
    /// [`Server::refuse`].
    Authenticate {
        /// What the device said of itself.
        hello: Hello,
    },
    /// Answer it with [`Server::answer`]; for a submission data follows.
    Request {
        /// Id of the request.
        id: u32,
        /// What is asked.
        request: Request,
    },
    /// Data of a submission. Call [`Server::consumed`] when it is used up.
    Data {
        /// Id of the submission.
        id: u32,
        /// The bytes.
        bytes: Bytes,
        /// Whether the document ends here.
        last: bool,
    },
    /// The client gave its submission up: forget it, and answer the request.
    Aborted {
        /// Id of the submission.
        id: u32,
        /// Why.
        abort: Abort,
    },
    /// What became of a document handed to the device.
    Released {
        /// Id that [`Server::release`] returned.
        id: u32,
        /// The device's report, or its refusal to take the document.
        outcome: Result<ReleaseAnswer, Refusal>,
    },
    /// The other side lets more data of a release come: see [`window`](Server::window).
    Room {
        /// Id of the release.
        id: u32,
    },
    /// The connection is over. The last event.
    Ended(Ended),
}

/// One connection as the server sees it: bytes and instants in, events and bytes out.
///
/// It opens no socket and reads no clock. The order of things is kept here: no request before hello and, from a device,
/// before its proof; nothing that needs a person before one is logged in. What the person may do is the caller's.
#[derive(Debug)]
pub struct Server {
    link: Link,
    port: Port,
    binding: Binding,
    info: ServerInfo,
    nonce: [u8; 32],
    began: Instant,
    state: State,
    events: VecDeque<ServerEvent>,
    /// Requests of the peer that wait for their last answer.
    requests: BTreeMap<u32, Type>,
    /// Documents handed to the device that wait for its report.
    releases: BTreeSet<u32>,
    next_release: u32,
    /// The end has been told.
    over: bool,
}

#[derive(Debug)]
enum State {
    /// Nothing said yet.
    Greeting,
    /// Hello is done; a device has to prove itself.
    Proving { hello: Hello, transcript: Transcript },
    /// The proof is with the caller.
    Checking { request: u32, transcript: Transcript, proof: [u8; 32] },
    /// Requests are taken. `person` while somebody is logged in.
    Open { person: bool },
}

impl Server {
    /// A connection that has just been accepted. `nonce` is 32 fresh random bytes.
    #[must_use]
    pub fn new(port: Port, info: ServerInfo, nonce: [u8; 32], binding: Binding, now: Instant) -> Self {
        Self {
            link: Link::new(now),
            port,
            binding,
            info,
            nonce,
            began: now,
            state: State::Greeting,
            events: VecDeque::new(),
            requests: BTreeMap::new(),
            releases: BTreeSet::new(),
            next_release: 2,
            over: false,
        }
    }

    // ---- what comes in ----

    /// Bytes of the peer.
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

    /// The peer closed the connection.
    pub fn handle_eof(&mut self) {
        self.finish(Ended::Lost);
    }

    /// Time passed; call it at [`poll_timeout`](Self::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.link.is_ended() {
            return;
        }
        let greeted = matches!(self.state, State::Open { .. } | State::Checking { .. });
        let what = if !greeted && now >= self.began + HELLO_TIMEOUT {
            "hello did not come in time"
        } else if self.link.frame_deadline().is_some_and(|deadline| now >= deadline) {
            "a frame did not come to its end in time"
        } else if now >= self.link.heard + IDLE_TIMEOUT {
            "nothing was heard, not even a keep-alive"
        } else {
            return;
        };
        self.fail(Fault::TooSlow { what });
    }

    // ---- what the server decides ----

    /// Checks the device's proof with its key. The answer carries the server's own proof. `false`: the
    /// proof was wrong, the device has been told, and the connection ends.
    pub fn authenticate(&mut self, key: &DeviceKey, login_methods: Vec<LoginMethod>) -> bool {
        let State::Checking { request, transcript, proof } = &self.state else { return false };
        if !same(&transcript.device_proof(key), proof) {
            self.refuse(Status::AccessViolation, "the secret of the device is not the one registered");
            return false;
        }
        let answer = AuthenticateAnswer { proof: transcript.server_proof(key), login_methods };
        let (to, request) = (Type::Authenticate, *request);
        self.link.send(&Message::Answer { to, answer: Answer::Authenticate(answer), last: true }, request);
        self.state = State::Open { person: false };
        true
    }

    /// Refuses a device or a connection before it is open, and ends it.
    pub fn refuse(&mut self, status: Status, text: &str) {
        let refusal = Refusal { status, text: text.to_owned() };
        match &self.state {
            State::Checking { request, .. } => {
                let answer = Answer::Refused(refusal.clone());
                self.link.send(&Message::Answer { to: Type::Authenticate, answer, last: true }, *request);
                self.link.goodbye(status);
            }
            State::Greeting | State::Proving { .. } | State::Open { .. } => {
                let notice =
                    Notice { kind: NoticeKind::Message, status, text: text.to_owned(), server: None };
                self.link.send(&Message::Notice(notice), 0);
                self.link.goodbye(status);
            }
        }
        self.finish(Ended::Refused(refusal));
    }

    /// Answers a request; `last` ends it. Login and logout change who is logged in.
    ///
    /// # Errors
    /// [`Misuse::NoSuchRequest`] when no request with this id waits for such an answer.
    pub fn answer(&mut self, id: u32, answer: Answer, last: bool) -> Result<(), Misuse> {
        let kind = match self.requests.get(&id) {
            Some(kind) if answer.suits(*kind) => *kind,
            _ => return Err(Misuse::NoSuchRequest),
        };
        if let State::Open { person } = &mut self.state {
            match (&answer, kind) {
                (Answer::Login(login), _) => match login.step {
                    LoginStep::LoggedIn => *person = true,
                    LoginStep::PinWanted | LoginStep::PrintedAll => {}
                },
                (Answer::Done, Type::Logout) => *person = false,
                _ => {}
            }
        }
        self.link.send(&Message::Answer { to: kind, answer, last }, id);
        if last {
            self.requests.remove(&id);
            self.link.stream_drain(id);
        }
        Ok(())
    }

    /// Answers a listing with some documents, in as many pages as the limits ask for; `last` ends it.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn documents(&mut self, id: u32, documents: Vec<Document>, last: bool) -> Result<(), Misuse> {
        let mut page = Vec::with_capacity(documents.len().min(DOCUMENTS_PER_PAGE_MAX));
        let mut room = BODY_BYTES_MAX / 2;
        for document in documents {
            let size = document.size_max();
            if page.len() == DOCUMENTS_PER_PAGE_MAX || size > room {
                let documents = std::mem::take(&mut page);
                self.answer(id, Answer::Documents(DocumentsAnswer { documents }), false)?;
                room = BODY_BYTES_MAX / 2;
            }
            room -= size;
            page.push(document);
        }
        self.answer(id, Answer::Documents(DocumentsAnswer { documents: page }), last)
    }

    /// Tells how a print request, or printing all at login, goes on.
    ///
    /// # Errors
    /// [`Misuse::NoSuchRequest`] when `id` is neither, or has had its last answer.
    pub fn progress(&mut self, id: u32, progress: Progress) -> Result<(), Misuse> {
        if !matches!(self.requests.get(&id), Some(Type::Print | Type::Login)) {
            return Err(Misuse::NoSuchRequest);
        }
        self.link.send(&Message::Progress(progress), id);
        Ok(())
    }

    /// Says something unasked. A [`NoticeKind::LoggedOut`] ends the person's session.
    pub fn notice(&mut self, notice: Notice) {
        if let (NoticeKind::LoggedOut, State::Open { person }) = (notice.kind, &mut self.state) {
            *person = false;
        }
        self.link.send(&Message::Notice(notice), 0);
    }

    /// Begins to hand a document to the device; its id is used for the data and comes back with the report.
    ///
    /// # Errors
    /// [`Misuse::NotOpen`] unless the device has proved itself, [`Misuse::TooMany`] when as many are under way as allowed.
    pub fn release(&mut self, release: Release) -> Result<u32, Misuse> {
        if self.link.is_ended() || self.port != Port::Devices || !matches!(self.state, State::Open { .. }) {
            return Err(Misuse::NotOpen);
        }
        let id = self.next_release;
        self.link.stream_send(id)?;
        self.next_release = self.next_release.checked_add(2).unwrap_or(2);
        self.releases.insert(id);
        self.link.send(&Message::Request(Request::Release(release)), id);
        Ok(id)
    }

    /// Sends data of a release. At most [`window`](Self::window) bytes at a time.
    ///
    /// # Errors
    /// [`Misuse::WindowClosed`] when the device has not allowed as much, or has reported already.
    pub fn send_data(&mut self, id: u32, bytes: Bytes, last: bool) -> Result<(), Misuse> {
        self.link.stream_data(id, bytes, last)
    }

    /// Bytes that may be sent in a release now.
    #[must_use]
    pub fn window(&self, id: u32) -> u64 {
        self.link.stream_window(id)
    }

    /// Gives a release up: what the device has of it is void. It still reports.
    pub fn abort(&mut self, id: u32, status: Status, text: &str) {
        if self.link.stream_forget(id) {
            self.link.send(&Message::Abort(Abort { status, text: text.to_owned() }), id);
        }
    }

    /// The server has used up `bytes` of a submission.
    pub fn consumed(&mut self, id: u32, bytes: usize) {
        self.link.stream_consumed(id, bytes);
    }

    /// Ends the connection in an orderly way.
    pub fn goodbye(&mut self, status: Status) {
        self.link.goodbye(status);
        self.finish(Ended::Closed);
    }

    // ---- what goes out ----

    /// What the peer wants or did.
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    /// What to write.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Bytes> {
        self.link.poll_transmit(now)
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, unless something is heard before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.link.is_ended() {
            return None;
        }
        let greeting = match self.state {
            State::Greeting | State::Proving { .. } => Some(self.began + HELLO_TIMEOUT),
            State::Checking { .. } | State::Open { .. } => None,
        };
        let idle = Some(self.link.heard + IDLE_TIMEOUT);
        [greeting, self.link.frame_deadline(), idle].into_iter().flatten().min()
    }

    /// Whether so much waits to be written that the caller should not read on.
    #[must_use]
    pub fn is_congested(&self) -> bool {
        self.link.is_congested()
    }

    /// Whether the connection is over; what is queued may still be written.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.link.is_ended()
    }

    /// Whether somebody is logged in.
    #[must_use]
    pub fn has_person(&self) -> bool {
        matches!(self.state, State::Open { person: true })
    }

    // ---- the order of things ----

    fn frame(&mut self, frame: Frame) -> Result<(), Fault> {
        let (id, is_answer, kind) = (frame.header.request, frame.header.is_answer(), frame.header.kind);
        let message = match Message::decode(frame) {
            Ok(message) => message,
            Err(Fault::Unsupported { what, status })
                if !is_answer && id % 2 == 1 && matches!(self.state, State::Open { .. }) =>
            {
                // Well-formed and unknown: only this request is refused, with the type it had.
                self.link.refuse(kind, id, status, what);
                return Ok(());
            }
            Err(fault) => return Err(fault),
        };
        match message {
            Message::Request(request) => self.request(id, request),
            Message::Answer { to: Type::Release, answer, last: true } => self.released(id, answer),
            Message::Answer { .. } => Err(Fault::Violation { what: "an answer to nothing that was asked" }),
            Message::Data { bytes, last } => {
                if self.link.stream_arrived(id, bytes.len(), last)? {
                    self.events.push_back(ServerEvent::Data { id, bytes, last });
                }
                Ok(())
            }
            Message::Abort(abort) => {
                if self.link.stream_aborted(id)? {
                    self.events.push_back(ServerEvent::Aborted { id, abort });
                }
                Ok(())
            }
            Message::Credit(credit) => {
                if self.link.credit(id, &credit)? {
                    self.events.push_back(ServerEvent::Room { id });
                }
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
            // News of the device's state; there is nothing a server would do with it yet.
            Message::Notice(_) if matches!(self.state, State::Open { .. }) => Ok(()),
            Message::Notice(_) | Message::Progress(_) => {
                Err(Fault::Violation { what: "news that only a server sends" })
            }
        }
    }

    fn request(&mut self, id: u32, request: Request) -> Result<(), Fault> {
        if id.is_multiple_of(2) || self.requests.contains_key(&id) {
            return Err(Fault::Violation { what: "a request id that is even or in use" });
        }
        match (&self.state, request) {
            (State::Greeting, Request::Hello(hello)) => self.hello(id, hello),
            (State::Greeting, _) => Err(Fault::Violation { what: "the first frame is not a hello" }),
            (State::Proving { hello, transcript }, Request::Authenticate(proof)) => {
                self.events.push_back(ServerEvent::Authenticate { hello: hello.clone() });
                let transcript = transcript.clone();
                self.state = State::Checking { request: id, transcript, proof: proof.proof };
                Ok(())
            }
            (State::Proving { .. } | State::Checking { .. } | State::Open { .. }, Request::Hello(_)) => {
                Err(Fault::Violation { what: "a second hello" })
            }
            (_, Request::Authenticate(_)) => Err(Fault::Violation { what: "a proof that nobody waits for" }),
            (_, Request::KeepAlive) => {
                self.link
                    .send(&Message::Answer { to: Type::KeepAlive, answer: Answer::Done, last: true }, id);
                Ok(())
            }
            (State::Proving { .. } | State::Checking { .. }, _) => {
                Err(Fault::Violation { what: "a request before the device has proved itself" })
            }
            (State::Open { person }, request) => {
                let person = *person;
                self.open_request(id, request, person)
            }
        }
    }

    fn open_request(&mut self, id: u32, request: Request, person: bool) -> Result<(), Fault> {
        let refusal = match (&request, self.port) {
            (Request::Release(_), _) => {
                return Err(Fault::Violation { what: "a release that a server sends" });
            }
            (asked, port) if !port.serves(asked.kind()) => {
                Some((Status::ConnectionNeverOpened, "this is asked on another port"))
            }
            (Request::Login(login), Port::Clients | Port::Money | Port::Tracking)
                if login.method != LoginMethod::Logon =>
            {
                Some((Status::AccessViolation, "programs log in with logon and password"))
            }
            (Request::Login(_) | Request::Register(_) | Request::RegisterByLogin(_), _) if person => {
                Some((Status::DeviceLocked, "somebody is logged in; they have to log out first"))
            }
            // What was begun may be reported after its person left, and after the connection broke.
            (
                Request::ServerInfo
                | Request::Login(_)
                | Request::Register(_)
                | Request::RegisterByLogin(_)
                | Request::WalkupCounted(_)
                | Request::WalkupEnd(_),
                _,
            ) => None,
            (_, _) if !person => Some((Status::NotLoggedIn, Status::NotLoggedIn.meaning())),
            (Request::Submit(_), Port::Clients) if !self.link.stream_receive(id) => {
                Some((Status::ServerBusy, "too many documents at once on one connection"))
            }
            _ => None,
        };
        let busy = (self.requests.len() >= REQUESTS_MAX)
            .then_some((Status::ServerBusy, "too many requests at once on one connection"));
        let Some((status, text)) = refusal.or(busy) else {
            self.accept(id, request);
            return Ok(());
        };
        if matches!(request, Request::Submit(_)) {
            // The client may have sent data already; it is dropped until its end or the window's.
            self.link.stream_receive(id);
            self.link.stream_drain(id);
        }
        let to = request.kind();
        self.link.send(&Message::Answer { to, answer: Answer::refused(status, text), last: true }, id);
        Ok(())
    }

    fn accept(&mut self, id: u32, request: Request) {
        self.requests.insert(id, request.kind());
        self.events.push_back(ServerEvent::Request { id, request });
    }

    fn hello(&mut self, id: u32, hello: Hello) -> Result<(), Fault> {
        if !(hello.version_min..=hello.version_max).contains(&VERSION) {
            let answer = Answer::refused(
                Status::SessionVersions,
                format!("this server speaks version {VERSION} of the protocol"),
            );
            self.link.send(&Message::Answer { to: Type::Hello, answer, last: true }, id);
            self.link.goodbye(Status::SessionVersions);
            let text = "no common protocol version".to_owned();
            self.finish(Ended::Refused(Refusal { status: Status::SessionVersions, text }));
            return Ok(());
        }
        match (self.port, hello.role) {
            (Port::Devices, Role::Device) | (Port::Clients | Port::Money | Port::Tracking, Role::Client) => {}
            (Port::Devices, Role::Client) | (Port::Clients | Port::Money | Port::Tracking, Role::Device) => {
                return Err(Fault::Violation { what: "this role is served on the other port" });
            }
        }
        let answer = HelloAnswer { version: VERSION, server: self.info.clone(), nonce: self.nonce };
        self.state = match hello.role {
            Role::Device => {
                let transcript = Transcript::new(&hello, &answer, self.binding);
                State::Proving { hello, transcript }
            }
            Role::Client => State::Open { person: false },
        };
        self.link.send(&Message::Answer { to: Type::Hello, answer: Answer::Hello(answer), last: true }, id);
        Ok(())
    }

    fn released(&mut self, id: u32, answer: Answer) -> Result<(), Fault> {
        if !self.releases.remove(&id) {
            return Err(Fault::Violation { what: "a report on a document that was not handed over" });
        }
        self.link.stream_forget(id);
        let outcome = match answer {
            Answer::Release(report) => Ok(report),
            Answer::Refused(refusal) => Err(refusal),
            _ => return Err(Fault::Violation { what: "an answer of another kind than the request" }),
        };
        self.events.push_back(ServerEvent::Released { id, outcome });
        Ok(())
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
            self.events.push_back(ServerEvent::Ended(ended));
        }
    }
}
