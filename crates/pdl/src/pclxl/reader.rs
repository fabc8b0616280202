//! The reader the segmenter drives.

use super::session::{DataUse, Session};
use super::stream::LEVELS_MAX;
use super::token::{Binding, Token, attribute, operator, token};
use super::values::Attributes;
use crate::accounting::Sink;
use crate::opaque::seek_uel;
use crate::reader::{LanguageReader, Step, UEL};

/// Longest stream header (`) HP-PCL XL;2;0;comment`).
const HEADER_BYTES_MAX: usize = 8 * 1024;

/// Reads PCL XL.
#[derive(Debug)]
pub struct Reader {
    session: Session,
    state: State,
    attributes: Attributes,
    /// Where data goes that follows the last operator.
    pending_data: DataUse,
    /// A tag that means nothing was met: the rest is passed over.
    broken: bool,
}

/// What the next byte is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The header, up to its line feed.
    Header,
    /// Tags.
    Tags(Binding),
    /// An array, kept or not.
    Array { binding: Binding, left: u32, kept: bool },
    /// Data behind an operator.
    Data { binding: Binding, left: u32, to: DataUse },
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// At the header of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            session: Session::new(),
            state: State::Header,
            attributes: Attributes::default(),
            pending_data: DataUse::Pass,
            broken: false,
        }
    }

    fn header(&mut self, input: &[u8], sink: &mut Sink) -> usize {
        let window = &input[..input.len().min(HEADER_BYTES_MAX)];
        let Some(end) = memchr::memchr(b'\n', window) else {
            if window.len() == HEADER_BYTES_MAX {
                self.fail(sink, "the PCL XL header has no end");
            }
            return 0;
        };
        match input[0] {
            b'(' => self.state = State::Tags(Binding::HighByteFirst),
            b')' => self.state = State::Tags(Binding::LowByteFirst),
            _ => self.fail(sink, "PCL XL that is not binary"),
        }
        end + 1
    }

    fn fail(&mut self, sink: &mut Sink, why: &str) {
        self.broken = true;
        sink.failure(why);
    }

    /// Takes one token, or a portion of an array or data. `None`: more bytes are needed.
    fn step(&mut self, input: &[u8], sink: &mut Sink, level: u32) -> Option<usize> {
        match self.state {
            State::Header => match self.header(input, sink) {
                0 => None,
                took => Some(took),
            },
            State::Tags(binding) => self.tag(input, binding, sink, level),
            State::Array { binding, left, kept } => {
                let take = input.len().min(left as usize);
                if kept {
                    self.attributes.array_bytes(&input[..take]);
                }
                self.state = match left - take as u32 {
                    0 => State::Tags(binding),
                    left => State::Array { binding, left, kept },
                };
                Some(take)
            }
            State::Data { binding, left, to } => {
                let take = input.len().min(left as usize);
                self.session.data(to, &input[..take], sink);
                self.state = match left - take as u32 {
                    0 => {
                        self.session.end_data(to);
                        State::Tags(binding)
                    }
                    left => State::Data { binding, left, to },
                };
                Some(take)
            }
        }
    }

    fn tag(&mut self, input: &[u8], binding: Binding, sink: &mut Sink, level: u32) -> Option<usize> {
        match token(input, binding) {
            Token::Space => Some(1),
            Token::Numbers { number, len, .. } => {
                self.attributes.numbers(&input[1..len], number, binding);
                Some(len)
            }
            Token::Array { number, bytes, len } => {
                let kept = self.attributes.begin_array(number, bytes as usize);
                if bytes > 0 {
                    self.state = State::Array { binding, left: bytes, kept };
                }
                Some(len)
            }
            Token::Attribute { id, len } => {
                self.attributes.name(id);
                Some(len)
            }
            Token::Data { bytes, len } => {
                let to = self.pending_data;
                if bytes > 0 {
                    self.state = State::Data { binding, left: bytes, to };
                }
                Some(len)
            }
            Token::Operator(operator) => {
                self.operator(operator, binding, sink, level);
                Some(1)
            }
            Token::Escape | Token::Illegal(_) => {
                let tag = input[0];
                self.broken = true;
                sink.failure(format!("tag {tag:#04x} means nothing in PCL XL"));
                Some(1)
            }
            Token::NeedsMore => None,
        }
    }

    fn operator(&mut self, operator: u8, binding: Binding, sink: &mut Sink, level: u32) {
        self.pending_data = DataUse::Pass;
        match operator {
            operator::BEGIN_STREAM => {
                if let Some((_, name)) = self.attributes.array(attribute::STREAM_NAME) {
                    self.session.streams.begin(name);
                }
            }
            operator::END_STREAM => self.session.streams.end(),
            operator::REMOVE_STREAM => {
                if let Some((_, name)) = self.attributes.array(attribute::STREAM_NAME) {
                    self.session.streams.remove(name);
                }
            }
            operator::EXEC_STREAM => self.run_stream(sink, level),
            operator::VENDOR_UNIQUE => {
                // Its data has no tag of its own.
                let length = self
                    .attributes
                    .int(attribute::VU_DATA_LENGTH)
                    .and_then(|length| u32::try_from(length).ok());
                if let Some(left @ 1..) = length {
                    self.state = State::Data { binding, left, to: DataUse::Pass };
                }
            }
            _ => self.pending_data = self.session.carry_out(operator, &self.attributes, sink),
        }
        self.attributes.clear();
    }

    /// `ExecStream`: the stream has a header and a byte order of its own.
    fn run_stream(&mut self, sink: &mut Sink, level: u32) {
        let Some((_, name)) = self.attributes.array(attribute::STREAM_NAME) else { return };
        if level >= LEVELS_MAX {
            return;
        }
        let Some(stream) = self.session.streams.stream_to_run(name) else { return };
        let mut inner = Self::new();
        std::mem::swap(&mut inner.session, &mut self.session);
        let mut rest = &stream[..];
        while !rest.is_empty() && !inner.broken {
            match inner.step(rest, sink, level + 1) {
                Some(took) => rest = &rest[took..],
                None => break,
            }
        }
        self.session = inner.session;
    }
}

impl LanguageReader for Reader {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        let mut at = 0;
        while at < input.len() {
            let rest = &input[at..];
            if self.broken {
                let (passed, ended) = seek_uel(rest);
                return if ended { Step::Ended(at + passed) } else { Step::Took(at + passed) };
            }
            if matches!(self.state, State::Tags(_)) && rest[0] == UEL[0] {
                if rest.starts_with(UEL) {
                    self.end(sink);
                    return Step::Ended(at);
                }
                if UEL.starts_with(rest) {
                    break;
                }
            }
            match self.step(rest, sink, 0) {
                Some(took) => at += took,
                None => break,
            }
        }
        Step::Took(at)
    }

    fn finish(&mut self, rest: &[u8], sink: &mut Sink) {
        if self.broken {
            return;
        }
        if !matches!(self.state, State::Tags(_)) || (!rest.is_empty() && !UEL.starts_with(rest)) {
            sink.failure("the data ends inside a PCL XL token");
        }
        self.end(sink);
    }
}

impl Reader {
    fn end(&mut self, sink: &mut Sink) {
        if self.session.is_in_page() {
            sink.failure("the data ends inside a page");
        }
    }
}
