//! One connection as the daemon sees it (RFC 1179, sections 5 and 6).

use std::collections::VecDeque;
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::control::{About, ControlFile, text};
use super::limits::{EMPTY_FILE_QUIET, Limits, OPERANDS_MAX, UNKNOWN_LENGTH_FROM};

/// What the peer wants. Those marked *answer* stop the session until [`Session::handle_answer`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// Print any waiting jobs (section 5.1). *Answer.*
    PrintWaiting {
        /// Name of the queue.
        queue: String,
    },
    /// A job for `queue` follows (section 5.2). *Answer.*
    ReceiveJob {
        /// Name of the queue.
        queue: String,
    },
    /// Send queue state (sections 5.3 and 5.4). *Answer* with [`Answer::Text`].
    State {
        /// Name of the queue.
        queue: String,
        /// Long form.
        long: bool,
        /// Users or job numbers to show; empty: all.
        operands: Vec<String>,
    },
    /// Remove jobs (section 5.5). *Answer.*
    Remove {
        /// Name of the queue.
        queue: String,
        /// User who asks.
        agent: String,
        /// Users or job numbers; empty: the agent's current job.
        operands: Vec<String>,
    },
    /// A document begins (section 6.3). *Answer*: whether it may come.
    DocumentBegin {
        /// Number of the document within this connection, from 0.
        document: usize,
        /// What the control file says; `None` while it has not come.
        about: Option<About>,
        /// Its length when known.
        bytes: Option<u64>,
    },
    /// The next octets of the document.
    DocumentData(Bytes),
    /// The document is complete. *Answer*: once it is durable, when it was described; at once when not.
    DocumentEnd {
        /// As in [`Event::DocumentBegin`].
        document: usize,
    },
    /// The control file came after these documents. *Answer*: once all of them are durable.
    DocumentsDescribed(Vec<(usize, About)>),
    /// The peer takes back what was not acknowledged (section 6.1), or is gone in the middle of it:
    /// documents that began and were not answered as durable leave nothing.
    Aborted,
    /// What the peer sent cannot be served; the session is over.
    Failed(Error),
}

/// What the server decides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// Done, or go on.
    Accept,
    /// No.
    Refuse(Refusal),
    /// Queue state; the connection is closed after it.
    Text(String),
}

/// Whether the peer should try again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// A store is away or full: clients keep the job and repeat it.
    Later,
    /// Repeating will not help.
    Never,
}

/// What is wrong with the peer's octets.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// The octets are no command.
    #[error("{what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// A limit, named as in [`Limits`].
    #[error("{limit} exceeds {max}")]
    TooLarge {
        /// Name of the bound.
        limit: &'static str,
        /// Its value.
        max: u64,
    },
}

/// One connection: octets and instants in, events and octets out.
///
/// Read from the peer only while [`Session::wants_input`]; that is the back pressure.
#[derive(Debug)]
pub struct Session {
    limits: Limits,
    phase: Phase,
    /// What the server has to answer before anything goes on.
    waiting: Option<Waiting>,
    /// Octets received and not understood yet.
    input: Bytes,
    /// A command line that is not complete.
    line: BytesMut,
    ended: bool,
    events: VecDeque<Event>,
    transmit: VecDeque<Bytes>,
    timeout: Option<Instant>,
    control: Option<ControlFile>,
    /// Documents without control file: number and name.
    undescribed: Vec<(usize, String)>,
    documents: usize,
}

#[derive(Debug)]
enum Phase {
    Command,
    Subcommand,
    Control {
        left: u64,
        octets: BytesMut,
    },
    ControlClose {
        octets: Bytes,
    },
    Data {
        document: usize,
        left: Length,
        described: bool,
    },
    /// A zero length and then a zero octet: an empty file, or a document that begins with one.
    Doubtful {
        document: usize,
        described: bool,
    },
    DataClose {
        document: usize,
    },
    Closed,
}

#[derive(Clone, Copy, Debug)]
enum Length {
    Exactly(u64),
    /// `fresh`: no octet has come yet.
    UntilEnd {
        fresh: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum Waiting {
    /// An answer ends the connection.
    Final,
    /// An answer lets the next subcommand come.
    Next,
}

impl Session {
    /// A connection just made.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            phase: Phase::Command,
            waiting: None,
            input: Bytes::new(),
            line: BytesMut::new(),
            ended: false,
            events: VecDeque::new(),
            transmit: VecDeque::new(),
            timeout: None,
            control: None,
            undescribed: Vec::new(),
            documents: 0,
        }
    }

    /// Octets from the peer.
    pub fn handle_input(&mut self, octets: Bytes, now: Instant) {
        if self.input.is_empty() {
            self.input = octets;
        } else {
            let mut joined = BytesMut::with_capacity(self.input.len() + octets.len());
            joined.extend_from_slice(&self.input);
            joined.extend_from_slice(&octets);
            self.input = joined.freeze();
        }
        self.run(now);
    }

    /// The peer has closed its side.
    pub fn handle_end(&mut self, now: Instant) {
        self.ended = true;
        self.run(now);
    }

    /// The server's decision on the last event that asked for one; ignored when none did.
    pub fn handle_answer(&mut self, answer: Answer, now: Instant) {
        let Some(waiting) = self.waiting.take() else { return };
        let refused = match answer {
            Answer::Accept => {
                self.transmit.push_back(Bytes::from_static(&[0]));
                false
            }
            Answer::Text(text) => {
                self.transmit.push_back(text.into());
                false
            }
            Answer::Refuse(Refusal::Later) => {
                self.transmit.push_back(Bytes::from_static(&[1]));
                true
            }
            Answer::Refuse(Refusal::Never) => {
                self.transmit.push_back(Bytes::from_static(&[2]));
                true
            }
        };
        if refused || matches!(waiting, Waiting::Final) {
            self.phase = Phase::Closed;
        }
        self.run(now);
    }

    /// The instant of [`Session::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.timeout.is_some_and(|at| at <= now) {
            self.timeout = None;
            if let Phase::Doubtful { document, .. } = self.phase {
                self.finish_document(document);
            }
            self.run(now);
        }
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What to write next.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.transmit.pop_front()
    }

    /// When to call [`Session::handle_timeout`].
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        self.timeout
    }

    /// Whether more octets can be dealt with now.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.waiting.is_none() && self.events.is_empty() && !self.is_closed()
    }

    /// Whether the connection is to be closed once everything is written.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    fn run(&mut self, now: Instant) {
        while self.waiting.is_none() && !self.is_closed() {
            if self.input.is_empty() {
                if self.ended {
                    self.end_of_input();
                }
                return;
            }
            if let Err(error) = self.step(now) {
                self.fail(error);
            }
        }
    }

    fn step(&mut self, now: Instant) -> Result<(), Error> {
        match &mut self.phase {
            Phase::Command => {
                if let Some(line) = self.take_line()? {
                    self.command(&line)?;
                }
            }
            Phase::Subcommand => {
                if let Some(line) = self.take_line()? {
                    self.subcommand(&line)?;
                }
            }
            Phase::Control { left, octets } => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(self.input.len());
                octets.extend_from_slice(&self.input.split_to(take));
                *left -= take as u64;
                if *left == 0 {
                    let octets = std::mem::take(octets).freeze();
                    self.phase = Phase::ControlClose { octets };
                }
            }
            Phase::ControlClose { octets } => {
                let octets = std::mem::take(octets);
                self.closing_zero()?;
                self.control_complete(&octets);
            }
            Phase::Data { document, left: Length::Exactly(left), .. } => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(self.input.len());
                let data = self.input.split_to(take);
                *left -= take as u64;
                if *left == 0 {
                    self.phase = Phase::DataClose { document: *document };
                }
                if !data.is_empty() {
                    self.events.push_back(Event::DocumentData(data));
                }
            }
            Phase::Data { document, left: Length::UntilEnd { fresh }, described } => {
                if *fresh && self.input[..] == [0] {
                    self.phase = Phase::Doubtful { document: *document, described: *described };
                    self.input = Bytes::new();
                    self.timeout = Some(now + EMPTY_FILE_QUIET);
                } else {
                    *fresh = false;
                    self.events.push_back(Event::DocumentData(std::mem::take(&mut self.input)));
                }
            }
            Phase::Doubtful { document, described } => {
                let (document, described) = (*document, *described);
                self.timeout = None;
                self.phase = Phase::Data { document, left: Length::UntilEnd { fresh: false }, described };
                self.events.push_back(Event::DocumentData(Bytes::from_static(&[0])));
            }
            Phase::DataClose { document } => {
                let document = *document;
                self.closing_zero()?;
                self.finish_document(document);
            }
            Phase::Closed => self.input = Bytes::new(),
        }
        Ok(())
    }

    fn command(&mut self, line: &[u8]) -> Result<(), Error> {
        let (&code, operand) = line.split_first().ok_or(Error::Malformed { what: "an empty command" })?;
        let operand = text(operand);
        let mut words = operand.split_ascii_whitespace().map(str::to_owned);
        let queue = words.next().unwrap_or_default();
        let event = match code {
            1 => Event::PrintWaiting { queue },
            2 => Event::ReceiveJob { queue },
            3 | 4 => Event::State { queue, long: code == 4, operands: words.take(OPERANDS_MAX).collect() },
            5 => {
                let agent = words.next().unwrap_or_default();
                Event::Remove { queue, agent, operands: words.take(OPERANDS_MAX).collect() }
            }
            _ => return Err(Error::Malformed { what: "an unknown command" }),
        };
        if code == 2 {
            self.phase = Phase::Subcommand;
            self.ask(event, Waiting::Next);
        } else {
            self.ask(event, Waiting::Final);
        }
        Ok(())
    }

    fn subcommand(&mut self, line: &[u8]) -> Result<(), Error> {
        let (&code, operand) = line.split_first().ok_or(Error::Malformed { what: "an empty subcommand" })?;
        match code {
            1 => {
                self.control = None;
                self.undescribed.clear();
                self.events.push_back(Event::Aborted);
                self.transmit.push_back(Bytes::from_static(&[0]));
                Ok(())
            }
            2 => self.control_begins(operand),
            3 => self.data_begins(operand),
            _ => Err(Error::Malformed { what: "an unknown subcommand" }),
        }
    }

    fn control_begins(&mut self, operand: &[u8]) -> Result<(), Error> {
        let (length, _) = length_and_name(operand)?;
        if length > self.limits.control_bytes_max {
            return Err(Error::TooLarge { limit: "control_bytes_max", max: self.limits.control_bytes_max });
        }
        self.transmit.push_back(Bytes::from_static(&[0]));
        self.phase = if length == 0 {
            Phase::ControlClose { octets: Bytes::new() }
        } else {
            Phase::Control { left: length, octets: BytesMut::new() }
        };
        Ok(())
    }

    fn control_complete(&mut self, octets: &[u8]) {
        let control = ControlFile::parse(octets);
        let mut described = Vec::new();
        self.undescribed.retain(|(document, name)| match control.about(name) {
            Some(about) => {
                described.push((*document, about));
                false
            }
            None => true,
        });
        self.control = Some(control);
        self.phase = Phase::Subcommand;
        if described.is_empty() {
            // Nothing is promised yet: the acknowledgement that counts is that of the data.
            self.transmit.push_back(Bytes::from_static(&[0]));
        } else {
            self.ask(Event::DocumentsDescribed(described), Waiting::Next);
        }
    }

    fn data_begins(&mut self, operand: &[u8]) -> Result<(), Error> {
        let (length, name) = length_and_name(operand)?;
        let unknown = length == 0 || length >= UNKNOWN_LENGTH_FROM;
        if !unknown && length > self.limits.document_bytes_max {
            return Err(Error::TooLarge { limit: "document_bytes_max", max: self.limits.document_bytes_max });
        }
        if self.documents >= self.limits.documents_max {
            let max = self.limits.documents_max as u64;
            return Err(Error::TooLarge { limit: "documents_max", max });
        }
        let about = self.control.as_ref().and_then(|control| control.about(&name));
        let document = self.documents;
        self.documents += 1;
        let described = about.is_some();
        if !described {
            if self.undescribed.len() >= self.limits.undescribed_max {
                let max = self.limits.undescribed_max as u64;
                return Err(Error::TooLarge { limit: "undescribed_max", max });
            }
            self.undescribed.push((document, name));
        }
        let left = if unknown { Length::UntilEnd { fresh: length == 0 } } else { Length::Exactly(length) };
        self.phase = Phase::Data { document, left, described };
        let bytes = (!unknown).then_some(length);
        self.ask(Event::DocumentBegin { document, about, bytes }, Waiting::Next);
        Ok(())
    }

    fn finish_document(&mut self, document: usize) {
        self.phase = Phase::Subcommand;
        self.ask(Event::DocumentEnd { document }, Waiting::Next);
    }

    fn end_of_input(&mut self) {
        match self.phase {
            Phase::Command | Phase::Closed => self.phase = Phase::Closed,
            Phase::Data { document, left: Length::UntilEnd { .. }, described } => {
                self.end_of_unknown_length(document, described);
            }
            Phase::Doubtful { document, described } => self.end_of_unknown_length(document, described),
            Phase::Subcommand => {
                if !self.undescribed.is_empty() {
                    self.events.push_back(Event::Aborted);
                }
                self.phase = Phase::Closed;
            }
            Phase::Control { .. }
            | Phase::ControlClose { .. }
            | Phase::Data { .. }
            | Phase::DataClose { .. } => {
                self.events.push_back(Event::Aborted);
                self.phase = Phase::Closed;
            }
        }
    }

    /// Only the end of the connection can end such a document, so no control file can follow it;
    /// when none came before, the document is described by nothing but the connection.
    fn end_of_unknown_length(&mut self, document: usize, described: bool) {
        self.timeout = None;
        self.phase = Phase::Closed;
        if described {
            self.ask(Event::DocumentEnd { document }, Waiting::Final);
        } else {
            self.undescribed.retain(|(other, _)| *other != document);
            let about = About { copies: 1, format: 'l', ..About::default() };
            self.ask(Event::DocumentsDescribed(vec![(document, about)]), Waiting::Final);
        }
    }

    fn ask(&mut self, event: Event, waiting: Waiting) {
        self.events.push_back(event);
        self.waiting = Some(waiting);
    }

    fn fail(&mut self, error: Error) {
        let refusal: &'static [u8] = match error {
            Error::Malformed { .. } | Error::TooLarge { .. } => &[2],
        };
        self.transmit.push_back(Bytes::from_static(refusal));
        self.events.push_back(Event::Failed(error));
        self.timeout = None;
        self.phase = Phase::Closed;
    }

    fn closing_zero(&mut self) -> Result<(), Error> {
        match self.input.split_to(1)[0] {
            0 => Ok(()),
            _ => Err(Error::Malformed { what: "a file is not followed by a zero octet" }),
        }
    }

    /// A line without its line feed, once it is complete.
    fn take_line(&mut self) -> Result<Option<Bytes>, Error> {
        let limit = self.limits.line_bytes_max;
        let room = limit - self.line.len();
        let Some(end) = self.input.iter().take(room + 1).position(|&octet| octet == b'\n') else {
            if self.input.len() > room {
                return Err(Error::TooLarge { limit: "line_bytes_max", max: limit as u64 });
            }
            self.line.extend_from_slice(&std::mem::take(&mut self.input));
            return Ok(None);
        };
        self.line.extend_from_slice(&self.input.split_to(end + 1)[..end]);
        Ok(Some(self.line.split().freeze()))
    }
}

/// `COUNT SP NAME` (sections 6.2 and 6.3).
fn length_and_name(operand: &[u8]) -> Result<(u64, String), Error> {
    let operand = text(operand);
    let (count, name) = operand.split_once([' ', '\t']).unwrap_or((&operand, ""));
    let count = count.parse().map_err(|_| Error::Malformed { what: "a file length that is no number" })?;
    Ok((count, name.trim().to_owned()))
}
