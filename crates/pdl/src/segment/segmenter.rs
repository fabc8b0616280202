//! The state of a stream: between jobs, in a PJL header, in a language.

use std::fmt;

use super::sniff::{SNIFF_BYTES, Sniffed, sniff};
use crate::accounting::{Ledger, Sink, Trouble};
use crate::inspector::Options;
use crate::language::Language;
use crate::pjl::{self, Directive, JobHeader};
use crate::reader::{self, LanguageReader, Step, TOKEN_BYTES_MAX, UEL};
use crate::ticket::{self, Ticket};

/// How much of a chunk is added at a time to bytes left over from the chunk before.
const JOIN_BYTES: usize = 4 * 1024;

/// Drives the readers of a stream's parts.
pub struct Segmenter {
    options: Options,
    ledger: Ledger,
    header: JobHeader,
    state: State,
    /// Bytes not taken yet, at most [`TOKEN_BYTES_MAX`] and a little more.
    carry: Vec<u8>,
    /// Offset of the first byte not taken yet.
    taken: u64,
}

enum State {
    /// At the start, behind a Universal Exit Language sequence or a PJL line, behind the end of a language.
    Between,
    /// Payload of a PJL command (`FSDOWNLOAD`): so many bytes are not print data.
    Payload { left: u64 },
    /// An overlong PJL line is passed over up to its end.
    LongLine,
    /// In a language.
    Reading(Box<Stretch>),
}

struct Stretch {
    language: Language,
    start: u64,
    reader: Box<dyn LanguageReader>,
    sink: Sink,
}

/// What one look at the bytes came to.
enum Progress {
    /// So many bytes are behind; with zero, the state has changed.
    Took(usize),
    NeedsMore,
}

impl Segmenter {
    /// At the start of a stream.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ledger: Ledger::default(),
            header: JobHeader::default(),
            state: State::Between,
            carry: Vec::new(),
            taken: 0,
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !self.carry.is_empty() && !bytes.is_empty() {
            let old = self.carry.len();
            let join = bytes.len().min(JOIN_BYTES);
            let mut carry = std::mem::take(&mut self.carry);
            carry.extend_from_slice(&bytes[..join]);
            let took = self.take_from(&carry);
            if took >= old {
                // What is left of the joined bytes is still in `bytes`.
                bytes = &bytes[took - old..];
            } else {
                carry.drain(..took);
                self.carry = carry;
                bytes = &bytes[join..];
            }
        }
        let took = self.take_from(bytes);
        self.carry.extend_from_slice(&bytes[took..]);
    }

    /// The stream is over: the ledger and the stream's length.
    #[must_use]
    pub fn finish(mut self) -> (Ledger, u64) {
        let carry = std::mem::take(&mut self.carry);
        let mut rest = carry.as_slice();
        loop {
            match std::mem::replace(&mut self.state, State::Between) {
                State::Between => match self.last_words(rest) {
                    Some(took) => rest = &rest[took..],
                    None => break,
                },
                State::Payload { .. } => {
                    self.ledger
                        .see_trouble(Trouble::Failure("the stream ends inside a PJL download".to_owned()));
                    break;
                }
                State::LongLine => break,
                State::Reading(mut stretch) => {
                    stretch.reader.finish(rest, &mut stretch.sink);
                    self.taken += rest.len() as u64;
                    rest = &[];
                    self.close(*stretch);
                    break;
                }
            }
        }
        self.taken += rest.len() as u64;
        if self.ledger.is_empty() && self.header.is_used() {
            let sink = Sink::new(self.header.settings());
            self.ledger.add_always(Language::Pjl, 0, self.taken, &self.header.names, sink);
        }
        (self.ledger, self.taken)
    }

    /// See [`Ledger::see_trouble`].
    pub fn see_trouble(&mut self, trouble: Trouble) {
        self.ledger.see_trouble(trouble);
    }

    /// The document whose end is being looked for byte by byte, and where it begins.
    #[must_use]
    pub fn document_being_passed(&self) -> Option<(Language, u64)> {
        match &self.state {
            State::Reading(stretch) if stretch.reader.only_seeks_end() => {
                Some((stretch.language, stretch.start))
            }
            _ => None,
        }
    }

    /// Ends the document being passed at `end`, which must not lie before what was pushed so far; the next
    /// bytes pushed are those from `end` on.
    pub fn skip_to(&mut self, end: u64) {
        self.carry.clear();
        self.taken = end;
        if let State::Reading(mut stretch) = std::mem::replace(&mut self.state, State::Between) {
            stretch.reader.finish(&[], &mut stretch.sink);
            self.close(*stretch);
        }
    }

    /// Takes as much as can be understood from the start of `view` and says how much.
    fn take_from(&mut self, view: &[u8]) -> usize {
        let mut at = 0;
        while at < view.len() {
            match self.step(&view[at..]) {
                Progress::Took(took) => {
                    at += took;
                    self.taken += took as u64;
                }
                Progress::NeedsMore if view.len() - at < TOKEN_BYTES_MAX => break,
                Progress::NeedsMore => self.give_up(),
            }
        }
        at
    }

    fn step(&mut self, view: &[u8]) -> Progress {
        match &mut self.state {
            State::Between => self.step_between(view),
            State::Payload { left } => {
                let take = view.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= take as u64;
                if *left == 0 {
                    self.state = State::Between;
                }
                Progress::Took(take)
            }
            State::LongLine => match memchr::memchr(b'\n', view) {
                Some(end) => {
                    self.state = State::Between;
                    Progress::Took(end + 1)
                }
                None => Progress::Took(view.len()),
            },
            State::Reading(stretch) => match stretch.reader.read(view, &mut stretch.sink) {
                Step::Took(0) => Progress::NeedsMore,
                Step::Took(took) => Progress::Took(took),
                Step::Ended(took) => {
                    self.end_stretch(took);
                    Progress::Took(took)
                }
            },
        }
    }

    fn step_between(&mut self, view: &[u8]) -> Progress {
        if view.starts_with(UEL) {
            self.job_boundary();
            return Progress::Took(UEL.len());
        }
        if UEL.starts_with(view) {
            return Progress::NeedsMore;
        }
        let padding = view.iter().take(SNIFF_BYTES).take_while(|byte| is_padding(**byte)).count();
        if padding == SNIFF_BYTES {
            return Progress::Took(padding);
        }
        let window = &view[padding..];
        if window.is_empty() {
            return Progress::NeedsMore;
        }
        if padding > 0 && (window.starts_with(UEL) || UEL.starts_with(window)) {
            return if window.len() < UEL.len() { Progress::NeedsMore } else { Progress::Took(padding) };
        }
        match pjl::line(window) {
            pjl::Line::Whole { line, len } => return self.pjl_line(line, padding + len),
            pjl::Line::NeedsMore => return Progress::NeedsMore,
            pjl::Line::TooLong { line } => {
                let _ = self.header.apply(line);
                self.state = State::LongLine;
                return Progress::Took(padding + line.len());
            }
            pjl::Line::NotPjl => {}
        }
        match ticket::find(window, false) {
            ticket::Found::Ticket(ticket, len) => return self.take_ticket(*ticket, padding + len),
            ticket::Found::NeedsMore => return Progress::NeedsMore,
            ticket::Found::None => {}
        }
        // What lies behind the end of this job says nothing about its language.
        let beginning = &window[..window.len().min(SNIFF_BYTES)];
        let sniffed = match sniff(beginning, false) {
            Sniffed::NeedsMore => match memchr::memmem::find(beginning, UEL) {
                Some(end) => sniff(&beginning[..end], true),
                None if beginning.len() == SNIFF_BYTES => sniff(beginning, true),
                None => Sniffed::NeedsMore,
            },
            decided => decided,
        };
        match sniffed {
            Sniffed::NeedsMore => Progress::NeedsMore,
            Sniffed::Language(language) => Progress::Took(self.open(language, padding)),
        }
    }

    /// The stream ends between two stretches with `rest`. Says how much of it is behind, or that it is all
    /// there was.
    fn last_words(&mut self, rest: &[u8]) -> Option<usize> {
        let padding = rest.iter().take_while(|byte| is_padding(**byte)).count();
        let window = &rest[padding..];
        if window.is_empty() || UEL.starts_with(window) {
            return None;
        }
        if window.starts_with(b"@PJL") {
            // A last line without its end.
            let _ = self.header.apply(window);
            return None;
        }
        if let ticket::Found::Ticket(ticket, len) = ticket::find(window, true) {
            let took = padding + len;
            let _ = self.take_ticket(*ticket, took);
            self.taken += took as u64;
            return Some(took + self.take_from(&rest[took..]));
        }
        let language = match sniff(&window[..window.len().min(SNIFF_BYTES)], true) {
            Sniffed::Language(language) => language,
            Sniffed::NeedsMore => Language::Unknown,
        };
        let skipped = self.open(language, padding);
        self.taken += skipped as u64;
        Some(skipped + self.take_from(&rest[skipped..]))
    }

    /// A ticket of another maker's is worth what a PJL header is.
    fn take_ticket(&mut self, ticket: Ticket, len: usize) -> Progress {
        self.header.take_ticket(&ticket);
        if let Some(language) = ticket.enters {
            self.begin(language, self.taken + len as u64);
        }
        Progress::Took(len)
    }

    fn pjl_line(&mut self, line: &[u8], len: usize) -> Progress {
        match self.header.apply(line) {
            Directive::None | Directive::Payload(0) | Directive::Enter(None) => {}
            Directive::BeginJob => self.ledger.end_job(),
            Directive::EndJob => {
                self.ledger.add_names(&self.header.names);
                self.header.reset();
                self.ledger.end_job();
            }
            Directive::Enter(Some(language)) => self.begin(language, self.taken + len as u64),
            Directive::Payload(left) => self.state = State::Payload { left },
        }
        Progress::Took(len)
    }

    /// A Universal Exit Language sequence ends a job unless PJL `JOB` said that more belongs to it (PJL
    /// Technical Reference, chapter 5).
    fn job_boundary(&mut self) {
        if self.header.data_seen && !self.header.is_bracketed() {
            self.header.reset();
            self.ledger.end_job();
        }
    }

    /// Begins a language behind so much padding and says how much of it is skipped: line ends before a text
    /// are part of the text.
    fn open(&mut self, language: Language, padding: usize) -> usize {
        let skip = if language == Language::Text { 0 } else { padding };
        self.begin(language, self.taken + skip as u64);
        skip
    }

    fn begin(&mut self, language: Language, start: u64) {
        let mut settings = self.header.settings();
        settings.paper = settings.paper.or(self.options.default_paper);
        let reader = reader::open(language);
        self.state = State::Reading(Box::new(Stretch { language, start, reader, sink: Sink::new(settings) }));
    }

    /// The language being read ends after `took` more bytes.
    fn end_stretch(&mut self, took: usize) {
        let end = self.taken + took as u64;
        if let State::Reading(stretch) = std::mem::replace(&mut self.state, State::Between) {
            let empty = stretch.start == end;
            self.ledger.add(stretch.language, stretch.start, end, &self.header.names, stretch.sink);
            self.header.data_seen = true;
            if empty {
                // The same bytes would lead here again.
                self.begin(Language::Unknown, end);
            }
        }
    }

    fn close(&mut self, stretch: Stretch) {
        self.header.data_seen = true;
        self.ledger.add(stretch.language, stretch.start, self.taken, &self.header.names, stretch.sink);
    }

    /// A reader that takes nothing from a large view would stop the stream: what follows is passed over.
    fn give_up(&mut self) {
        match std::mem::replace(&mut self.state, State::Between) {
            State::Reading(mut stretch) => {
                stretch.sink.failure(format!("{} data with an endless command", stretch.language));
                self.close(*stretch);
            }
            State::Between | State::Payload { .. } | State::LongLine => {}
        }
        self.begin(Language::Unknown, self.taken);
    }
}

/// Bytes between jobs that print nothing: line ends, blanks, NUL, end-of-file marks of serial links.
pub(crate) fn is_padding(byte: u8) -> bool {
    matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n' | 0x04 | 0x1a)
}

impl fmt::Debug for Segmenter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segmenter").field("taken", &self.taken).finish_non_exhaustive()
    }
}
