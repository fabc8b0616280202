//! The way through a stream: PJL headers, tickets, stretches of one language. The same steps as the
//! [`crate::segment::Segmenter`] takes when it counts.

use super::header::{self, Header, Said};
use super::pcl5::Pcl5;
use super::pclxl::PclXl;
use super::postscript::PostScript;
use super::{Means, Rewritten, Unapplied, Wishes};
use crate::language::Language;
use crate::opaque::seek_uel;
use crate::pjl;
use crate::reader::{Step, TOKEN_BYTES_MAX, UEL};
use crate::segment::sniff::{SNIFF_BYTES, Sniffed, sniff};
use crate::ticket;

/// How much of a chunk is added at a time to bytes left over from the chunk before.
const JOIN_BYTES: usize = 4 * 1024;

/// Changes one stretch of one language.
pub(super) trait Filter: Send {
    /// Takes bytes from the start of `view` and appends them, changed or not, to `out`.
    fn step(&mut self, view: &[u8], out: &mut Output<'_>) -> Step;

    /// The stretch is over: appends what is held back.
    fn end(&mut self, _out: &mut Output<'_>) {}
}

/// Where the bytes go.
pub(super) struct Output<'o> {
    bytes: &'o mut Vec<u8>,
    changed: &'o mut bool,
}

impl Output<'_> {
    /// Bytes of the document.
    pub(super) fn copy(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes that were not in the document.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.bytes.extend_from_slice(bytes);
            *self.changed = true;
        }
    }

    /// Bytes of the document are left out.
    pub(super) fn dropped(&mut self) {
        *self.changed = true;
    }
}

enum State {
    Between,
    Payload { left: u64 },
    LongLine,
    In { filter: Box<dyn Filter>, close: bool },
}

enum Progress {
    Took(usize),
    NeedsMore,
}

pub(super) struct Driver {
    wishes: Wishes,
    means: Means,
    header: Header,
    state: State,
    carry: Vec<u8>,
    changed: bool,
    unapplied: Vec<Unapplied>,
}

impl Driver {
    pub(super) fn new(wishes: Wishes, means: Means) -> Self {
        Self {
            wishes,
            means,
            header: Header::default(),
            state: State::Between,
            carry: Vec::new(),
            changed: false,
            unapplied: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while !self.carry.is_empty() && !bytes.is_empty() {
            let old = self.carry.len();
            let join = bytes.len().min(JOIN_BYTES);
            let mut carry = std::mem::take(&mut self.carry);
            carry.extend_from_slice(&bytes[..join]);
            let took = self.take_from(&carry, out);
            if took >= old {
                bytes = &bytes[took - old..];
            } else {
                carry.drain(..took);
                self.carry = carry;
                bytes = &bytes[join..];
            }
        }
        let took = self.take_from(bytes, out);
        self.carry.extend_from_slice(&bytes[took..]);
    }

    pub(super) fn finish(mut self, out: &mut Vec<u8>) -> Rewritten {
        let carry = std::mem::take(&mut self.carry);
        let mut rest = carry.as_slice();
        if matches!(self.state, State::Between) {
            let took = self.last_words(rest, out);
            rest = &rest[took..];
        }
        let mut changed = self.changed;
        let mut output = Output { bytes: out, changed: &mut changed };
        if let State::In { filter, close } = &mut self.state {
            filter.end(&mut output);
            output.copy(rest);
            if *close {
                output.put(UEL);
            }
        } else {
            output.copy(rest);
        }
        self.unapplied.sort_unstable();
        self.unapplied.dedup();
        Rewritten { changed, unapplied: self.unapplied }
    }

    fn take_from(&mut self, view: &[u8], out: &mut Vec<u8>) -> usize {
        let mut at = 0;
        while at < view.len() {
            match self.step(&view[at..], out) {
                Progress::Took(took) => at += took,
                Progress::NeedsMore if view.len() - at < TOKEN_BYTES_MAX => break,
                Progress::NeedsMore => self.give_up(out),
            }
        }
        at
    }

    fn step(&mut self, view: &[u8], out: &mut Vec<u8>) -> Progress {
        match &mut self.state {
            State::Between => self.between(view, false, out),
            State::Payload { left } => {
                let take = view.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= take as u64;
                if *left == 0 {
                    self.state = State::Between;
                }
                out.extend_from_slice(&view[..take]);
                Progress::Took(take)
            }
            State::LongLine => {
                let end = memchr::memchr(b'\n', view);
                let take = end.map_or(view.len(), |end| end + 1);
                if end.is_some() {
                    self.state = State::Between;
                }
                out.extend_from_slice(&view[..take]);
                Progress::Took(take)
            }
            State::In { filter, .. } => {
                let mut output = Output { bytes: out, changed: &mut self.changed };
                match filter.step(view, &mut output) {
                    Step::Took(0) => Progress::NeedsMore,
                    Step::Took(took) => Progress::Took(took),
                    Step::Ended(took) => {
                        filter.end(&mut output);
                        self.header.end_of_data();
                        self.state = State::Between;
                        if took == 0 && !view.starts_with(UEL) && view[0] != 0x04 {
                            // The same bytes would lead here again.
                            self.state = passing();
                        }
                        Progress::Took(took)
                    }
                }
            }
        }
    }

    fn between(&mut self, view: &[u8], complete: bool, out: &mut Vec<u8>) -> Progress {
        if view.starts_with(UEL) {
            self.header.exit();
            out.extend_from_slice(UEL);
            return Progress::Took(UEL.len());
        }
        if UEL.starts_with(view) {
            return Progress::NeedsMore;
        }
        let padding =
            view.iter().take(SNIFF_BYTES).take_while(|byte| crate::segment::is_padding(**byte)).count();
        if padding == SNIFF_BYTES {
            out.extend_from_slice(&view[..padding]);
            return Progress::Took(padding);
        }
        let window = &view[padding..];
        if window.is_empty() {
            return Progress::NeedsMore;
        }
        if padding > 0 && (window.starts_with(UEL) || UEL.starts_with(window)) {
            if window.len() < UEL.len() {
                return Progress::NeedsMore;
            }
            out.extend_from_slice(&view[..padding]);
            return Progress::Took(padding);
        }
        match pjl::line(window) {
            pjl::Line::Whole { line, len } => {
                out.extend_from_slice(&view[..padding]);
                self.pjl_line(line, &window[line.len()..len], out);
                return Progress::Took(padding + len);
            }
            pjl::Line::NeedsMore if !complete => return Progress::NeedsMore,
            pjl::Line::TooLong { line } => {
                out.extend_from_slice(&view[..padding + line.len()]);
                self.header.lines = true;
                self.state = State::LongLine;
                return Progress::Took(padding + line.len());
            }
            pjl::Line::NotPjl | pjl::Line::NeedsMore => {}
        }
        match ticket::find(window, complete) {
            ticket::Found::Ticket(ticket, len) => {
                out.extend_from_slice(&view[..padding + len]);
                self.header.ticket = true;
                if let Some(language) = ticket.enters {
                    self.open(language, out);
                }
                return Progress::Took(padding + len);
            }
            ticket::Found::NeedsMore => return Progress::NeedsMore,
            ticket::Found::None => {}
        }
        let sniffed = if window.len() < SNIFF_BYTES {
            sniff(window, complete)
        } else {
            sniff(&window[..SNIFF_BYTES], true)
        };
        match sniffed {
            Sniffed::NeedsMore => Progress::NeedsMore,
            Sniffed::Language(language) => {
                let skip = if language == Language::Text { 0 } else { padding };
                out.extend_from_slice(&view[..skip]);
                self.enter_by_itself(language, out);
                Progress::Took(skip)
            }
        }
    }

    /// The stream ends between two stretches; says how much of `rest` is behind.
    fn last_words(&mut self, rest: &[u8], out: &mut Vec<u8>) -> usize {
        let mut at = 0;
        while at < rest.len() {
            let progress = if matches!(self.state, State::Between) {
                if rest[at..].starts_with(b"@PJL") && !rest[at..].contains(&b'\n') {
                    // A last line without its end: nothing follows that it could speak for.
                    break;
                }
                self.between(&rest[at..], true, out)
            } else {
                self.step(&rest[at..], out)
            };
            match progress {
                Progress::Took(took) => at += took,
                Progress::NeedsMore => break,
            }
        }
        at
    }

    fn pjl_line(&mut self, line: &[u8], end: &[u8], out: &mut Vec<u8>) {
        let directive = self.header.note(line);
        if let pjl::Directive::Enter(language) = directive {
            self.say_missing(language, out);
        }
        let mut output = Output { bytes: out, changed: &mut self.changed };
        header::rewrite_line(line, self.wishes, &mut self.header.said, &mut output);
        output.copy(end);
        self.header.open_line = !end.contains(&b'\n');
        match directive {
            pjl::Directive::Enter(Some(language)) => self.open(language, out),
            pjl::Directive::Payload(left @ 1..) => self.state = State::Payload { left },
            pjl::Directive::None
            | pjl::Directive::BeginJob
            | pjl::Directive::EndJob
            | pjl::Directive::Enter(None)
            | pjl::Directive::Payload(0) => {}
        }
    }

    /// A language begins without `ENTER LANGUAGE`.
    fn enter_by_itself(&mut self, language: Language, out: &mut Vec<u8>) {
        let mut close = false;
        if self.header.lines {
            self.say_missing(Some(language), out);
        } else if self.means.pjl && !self.header.ticket && header::takes_header(language) {
            let missing = header::missing(self.wishes, self.header.said, Some(language));
            if !missing.is_empty() {
                let mut output = Output { bytes: out, changed: &mut self.changed };
                if !self.header.exited {
                    output.put(UEL);
                    close = true;
                }
                output.put(&missing);
                output.put(header::enter(language));
                self.header.said = Said::ALL;
            }
        }
        self.open(language, out);
        if let State::In { close: at_end, .. } = &mut self.state {
            *at_end = close;
        }
    }

    fn say_missing(&mut self, language: Option<Language>, out: &mut Vec<u8>) {
        let missing = header::missing(self.wishes, self.header.said, language);
        let mut output = Output { bytes: out, changed: &mut self.changed };
        if self.header.open_line && !missing.is_empty() {
            output.put(b"\r\n");
        }
        output.put(&missing);
        self.header.said.add(header::needed(self.wishes, language));
    }

    /// Begins a stretch; the header has said what it could.
    fn open(&mut self, language: Language, _out: &mut Vec<u8>) {
        let by_pjl = self.header.lines || self.header.said != Said::default();
        let said = self.header.said;
        for wish in self.wishes.list() {
            let by_header = said.has(wish) && header::pjl_decides(language, wish);
            if !by_header && !header::in_language(language, wish, by_pjl) {
                self.unapplied.push(Unapplied { wish, language });
            }
        }
        let filter: Box<dyn Filter> = match language {
            Language::Pcl5 | Language::HpGl2 | Language::Text => {
                Box::new(Pcl5::new(self.wishes, !by_pjl && language == Language::Pcl5))
            }
            Language::PclXl => Box::new(PclXl::new(self.wishes)),
            Language::PostScript => Box::new(PostScript::new(self.wishes)),
            _ => Box::new(Passing),
        };
        self.header.begin_data();
        self.state = State::In { filter, close: false };
    }

    fn give_up(&mut self, out: &mut Vec<u8>) {
        if let State::In { filter, .. } = &mut self.state {
            filter.end(&mut Output { bytes: out, changed: &mut self.changed });
        }
        self.state = passing();
    }
}

fn passing() -> State {
    State::In { filter: Box::new(Passing), close: false }
}

/// Copies up to the next Universal Exit Language sequence.
pub(super) struct Passing;

impl Filter for Passing {
    fn step(&mut self, view: &[u8], out: &mut Output<'_>) -> Step {
        let (taken, ended) = seek_uel(view);
        out.copy(&view[..taken]);
        if ended { Step::Ended(taken) } else { Step::Took(taken) }
    }
}
