//! What both ends of a connection share: frames in and out, clocks, and data streams with their windows.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::fault::Fault;
use super::header::{self, Frame};
use super::limits::{
    BODY_BYTES_MAX, DATA_BYTES_MAX, FRAME_TIMEOUT, STREAMS_MAX, TRANSMIT_BYTES_MAX, WINDOW_BYTES,
    WINDOW_BYTES_MAX,
};
use super::message::{Message, encode_data_header, encode_refusal};
use super::records::{Credit, Failure, Goodbye, Refusal};
use super::status::Status;

/// How a connection came to its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ended {
    /// The other side said goodbye, with this status.
    Goodbye(Status),
    /// This side said goodbye.
    Closed,
    /// The other side closed the connection without a word.
    Lost,
    /// The other side broke the protocol; it has been told.
    Fault(Fault),
    /// The other side says that this side broke the protocol.
    Failure(Failure),
    /// The other side does not want this connection: versions, unknown device, wrong proof.
    Refused(Refusal),
    /// The server could not prove that it knows the device's secret: it is somebody else.
    Impostor,
}

/// The caller asked for something that the state of the session does not allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Misuse {
    /// The connection is not ready yet or has ended.
    #[error("the session is not open")]
    NotOpen,
    /// No request with this id waits for such an answer.
    #[error("no request with this id waits for such an answer")]
    NoSuchRequest,
    /// The stream is not open, or the data is more than the other side allows now.
    #[error("the data does not fit the stream's window")]
    WindowClosed,
    /// As many requests or streams are open as allowed.
    #[error("too many requests are open")]
    TooMany,
}

/// Bytes and clocks of one end.
#[derive(Debug)]
pub(super) struct Link {
    buffer: BytesMut,
    transmit: VecDeque<Bytes>,
    transmit_bytes: usize,
    /// When the first byte of an unfinished frame came.
    frame_since: Option<Instant>,
    /// When the last byte came.
    pub(super) heard: Instant,
    /// When the last frame was queued to be sent.
    pub(super) said: Instant,
    ended: bool,
    /// Streams that this side sends: bytes it may still send.
    outgoing: BTreeMap<u32, u64>,
    /// Streams that this side receives.
    incoming: BTreeMap<u32, Incoming>,
}

/// One stream that this side receives.
#[derive(Clone, Copy, Debug)]
struct Incoming {
    /// Bytes that the other side may still send.
    granted: u64,
    /// Bytes used up here that the other side has not been told yet.
    owed: u32,
    /// The request is answered already: what still comes is dropped.
    drained: bool,
}

impl Link {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            buffer: BytesMut::new(),
            transmit: VecDeque::new(),
            transmit_bytes: 0,
            frame_since: None,
            heard: now,
            said: now,
            ended: false,
            outgoing: BTreeMap::new(),
            incoming: BTreeMap::new(),
        }
    }

    /// Adds bytes of the peer.
    pub(super) fn input(&mut self, bytes: &[u8], now: Instant) {
        if self.ended || bytes.is_empty() {
            return;
        }
        self.heard = now;
        if self.buffer.is_empty() {
            self.frame_since = Some(now);
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, if there is one.
    pub(super) fn next_frame(&mut self, now: Instant) -> Result<Option<Frame>, Fault> {
        if self.ended {
            return Ok(None);
        }
        let frame = header::decode(&mut self.buffer)?;
        if frame.is_some() {
            self.frame_since = (!self.buffer.is_empty()).then_some(now);
        }
        Ok(frame)
    }

    /// When the frame that has begun must be complete.
    pub(super) fn frame_deadline(&self) -> Option<Instant> {
        self.frame_since.map(|since| since + FRAME_TIMEOUT)
    }

    /// Queues a message. After the end nothing is sent any more.
    pub(super) fn send(&mut self, message: &Message, request: u32) {
        if !self.ended {
            self.push(message.encode(request));
        }
    }

    /// Refuses a request whose type or fields are not known, under the type's own number.
    pub(super) fn refuse(&mut self, kind: u16, request: u32, status: Status, what: &str) {
        let refusal = Refusal { status, text: format!("{}: {what}", status.meaning()) };
        if !self.ended {
            self.push(encode_refusal(kind, request, &refusal));
        }
    }

    fn push(&mut self, bytes: Bytes) {
        self.transmit_bytes += bytes.len();
        self.transmit.push_back(bytes);
    }

    /// What to write next.
    pub(super) fn poll_transmit(&mut self, now: Instant) -> Option<Bytes> {
        let bytes = self.transmit.pop_front()?;
        self.transmit_bytes -= bytes.len();
        self.said = now;
        Some(bytes)
    }

    /// Whether so much waits to be written that nothing more should be read.
    pub(super) fn is_congested(&self) -> bool {
        self.transmit_bytes >= TRANSMIT_BYTES_MAX
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Tells the peer what it did wrong and ends.
    pub(super) fn fail(&mut self, fault: Fault) -> Ended {
        let failure = Failure { fault: fault.code(), status: fault.status(), text: fault.to_string() };
        self.send(&Message::Failure(failure), 0);
        self.end();
        Ended::Fault(fault)
    }

    /// Says goodbye and ends.
    pub(super) fn goodbye(&mut self, status: Status) {
        self.send(&Message::Goodbye(Goodbye { status }), 0);
        self.end();
    }

    /// Nothing is read or queued from now on; what is queued is still written.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.buffer.clear();
        self.frame_since = None;
        self.outgoing.clear();
        self.incoming.clear();
    }

    // -- streams this side sends --

    pub(super) fn stream_send(&mut self, request: u32) -> Result<(), Misuse> {
        if self.outgoing.len() >= STREAMS_MAX {
            return Err(Misuse::TooMany);
        }
        self.outgoing.insert(request, u64::from(WINDOW_BYTES));
        Ok(())
    }

    pub(super) fn stream_window(&self, request: u32) -> u64 {
        self.outgoing.get(&request).copied().unwrap_or(0)
    }

    pub(super) fn stream_data(&mut self, request: u32, mut bytes: Bytes, last: bool) -> Result<(), Misuse> {
        let length = bytes.len() as u64;
        match self.outgoing.get_mut(&request) {
            Some(window) if *window >= length => *window -= length,
            _ => return Err(Misuse::WindowClosed),
        }
        loop {
            let part = bytes.split_to(bytes.len().min(DATA_BYTES_MAX));
            let ends = bytes.is_empty();
            self.push(encode_data_header(request, part.len(), last && ends));
            if !part.is_empty() {
                self.push(part);
            }
            if ends {
                break;
            }
        }
        if last {
            self.outgoing.remove(&request);
        }
        Ok(())
    }

    /// Ends a stream that this side sends. `false` when it was over already.
    pub(super) fn stream_forget(&mut self, request: u32) -> bool {
        self.outgoing.remove(&request).is_some()
    }

    /// Takes the peer's leave to send more. `Ok(false)`: the stream has ended, the leave crossed its end.
    pub(super) fn credit(&mut self, request: u32, credit: &Credit) -> Result<bool, Fault> {
        let Some(window) = self.outgoing.get_mut(&request) else { return Ok(false) };
        *window += u64::from(credit.bytes);
        if *window > WINDOW_BYTES_MAX {
            return Err(Fault::Violation { what: "more data is allowed than the protocol has room for" });
        }
        Ok(true)
    }

    // -- streams this side receives --

    pub(super) fn stream_receive(&mut self, request: u32) -> bool {
        let open = self.incoming.values().filter(|stream| !stream.drained).count();
        if open >= STREAMS_MAX {
            return false;
        }
        // Streams whose rest never came make room for new ones.
        while self.incoming.len() >= 2 * STREAMS_MAX {
            let Some(stale) = self.incoming.iter().find(|(_, s)| s.drained).map(|(id, _)| *id) else { break };
            self.incoming.remove(&stale);
        }
        let stream = Incoming { granted: u64::from(WINDOW_BYTES), owed: 0, drained: false };
        self.incoming.insert(request, stream);
        true
    }

    /// Accounts for data of the peer. `Ok(false)`: the request is over, drop the bytes.
    pub(super) fn stream_arrived(&mut self, request: u32, length: usize, last: bool) -> Result<bool, Fault> {
        debug_assert!(length <= BODY_BYTES_MAX);
        let Some(stream) = self.incoming.get_mut(&request) else {
            return Err(Fault::Violation { what: "data without a stream" });
        };
        let wanted = !stream.drained;
        match stream.granted.checked_sub(length as u64) {
            Some(rest) => stream.granted = rest,
            None => return Err(Fault::Violation { what: "more data than was allowed" }),
        }
        if last {
            self.incoming.remove(&request);
        }
        Ok(wanted)
    }

    /// The peer gives its stream up. `false` when the request was over already.
    pub(super) fn stream_aborted(&mut self, request: u32) -> Result<bool, Fault> {
        match self.incoming.remove(&request) {
            Some(stream) => Ok(!stream.drained),
            None => Err(Fault::Violation { what: "an abort without a stream" }),
        }
    }

    /// This side has used up `bytes` of a stream; the peer is told in steps of a quarter window.
    pub(super) fn stream_consumed(&mut self, request: u32, bytes: usize) {
        let Some(stream) = self.incoming.get_mut(&request) else { return };
        stream.owed = stream.owed.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        if stream.owed >= WINDOW_BYTES / 4 {
            let credit = Credit { bytes: stream.owed };
            stream.granted += u64::from(stream.owed);
            stream.owed = 0;
            self.send(&Message::Credit(credit), request);
        }
    }

    /// The request of the stream is answered: what still comes is dropped.
    pub(super) fn stream_drain(&mut self, request: u32) {
        if let Some(stream) = self.incoming.get_mut(&request) {
            stream.drained = true;
        }
    }
}
