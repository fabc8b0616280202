//! The language reader: feeds the interpreter, reports its pages.

use std::fmt;

use crate::accounting::{Ink, NameRank, Page, Sheet, Sink};
use crate::counts::Copies;
use crate::media::Paper;
use crate::opaque::seek_uel;
use crate::reader::{LanguageReader, Step};
use crate::settings::Sides;

use super::device::Printed;
use super::machine::{Failure, Machine, Pause};

/// Reads one PostScript job.
pub struct PostScriptReader {
    state: State,
}

enum State {
    /// Before the first byte of the program: a binary EPS header or a byte order mark may come first.
    Start,
    /// Bytes before the program that are not part of it.
    Skipping { left: u64, then: Option<u64> },
    /// Running; the program's length, where a header gives it.
    Running { machine: Box<Machine>, left: Option<u64> },
    /// The program is over but its bytes are not: a printer passes over them.
    Passing,
}

/// The header of an EPS file with a preview for DOS (Adobe Technical Note 5002, appendix A).
const DOS_MARK: &[u8] = &[0xc5, 0xd0, 0xd3, 0xc6];
const DOS_HEADER_BYTES: usize = 30;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl PostScriptReader {
    /// At the start of a job.
    #[must_use]
    pub fn new() -> Self {
        Self { state: State::Start }
    }

    fn begin(&mut self, left: Option<u64>) {
        self.state = State::Running { machine: Box::new(Machine::new()), left };
    }

    /// Decides how the bytes begin; says how many of them are no program.
    fn start(&mut self, input: &[u8], complete: bool) -> Option<usize> {
        if input.starts_with(DOS_MARK) && (input.len() >= DOS_HEADER_BYTES || complete) {
            let long = |at: usize| {
                input.get(at..at + 4).map_or(0, |b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]])))
            };
            let (start, length) = (long(4), long(8));
            self.state = State::Skipping { left: start, then: Some(length) };
            return Some(0);
        }
        if input.starts_with(BYTE_ORDER_MARK) {
            self.begin(None);
            return Some(BYTE_ORDER_MARK.len());
        }
        let may_grow = !complete
            && (DOS_MARK.starts_with(&input[..input.len().min(4)]) || BYTE_ORDER_MARK.starts_with(input));
        if may_grow {
            return None;
        }
        self.begin(None);
        Some(0)
    }
}

impl Default for PostScriptReader {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PostScriptReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostScriptReader").finish_non_exhaustive()
    }
}

impl LanguageReader for PostScriptReader {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        match &mut self.state {
            State::Start => match self.start(input, false) {
                Some(0) => self.read(input, sink),
                Some(skipped) => Step::Took(skipped),
                None => Step::Took(0),
            },
            State::Skipping { left, then } => {
                let count = input.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= count as u64;
                if *left == 0 {
                    let then = *then;
                    self.begin(then);
                    if count == 0 {
                        return self.read(input, sink);
                    }
                }
                Step::Took(count)
            }
            State::Running { machine, left } => {
                let count = left
                    .map_or(input.len(), |left| input.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
                if let Some(left) = left {
                    *left -= count as u64;
                }
                machine.push(&input[..count]);
                let is_last = *left == Some(0);
                if is_last {
                    machine.end_input();
                }
                let pause = machine.run();
                report(machine, sink);
                match (pause, machine.left_over) {
                    (Pause::NeedInput, _) if machine.held_back => {
                        let held = machine.hold_back();
                        Step::Took(count - held)
                    }
                    (Pause::NeedInput, _) => Step::Took(count),
                    (Pause::Finished, Some(left_over)) => {
                        close(machine, sink);
                        self.state = State::Passing;
                        Step::Ended(count - left_over.min(count))
                    }
                    (Pause::Finished, None) => {
                        // What it has not read may hold the end of the job.
                        let taken = count.saturating_sub(machine.hold_back());
                        close(machine, sink);
                        self.state = State::Passing;
                        if taken == 0 { self.read(input, sink) } else { Step::Took(taken) }
                    }
                }
            }
            State::Passing => {
                let (taken, ended) = seek_uel(input);
                if ended { Step::Ended(taken) } else { Step::Took(taken) }
            }
        }
    }

    fn finish(&mut self, rest: &[u8], sink: &mut Sink) {
        if matches!(self.state, State::Start) {
            let skipped = self.start(rest, true).unwrap_or(0);
            return self.finish(&rest[skipped..], sink);
        }
        if let State::Skipping { .. } = self.state {
            sink.failure("the stream ends before the program its header points to");
            return;
        }
        if let State::Running { machine, .. } = &mut self.state {
            machine.push(rest);
            machine.end_input();
            machine.run();
            report(machine, sink);
            close(machine, sink);
        }
    }
}

/// Hands the pages that came out to the sink.
fn report(machine: &mut Machine, sink: &mut Sink) {
    if machine.device.printed.is_empty() {
        return;
    }
    let named = machine.dsc.paper.filter(|_| sink.settings().paper.is_none());
    for printed in std::mem::take(&mut machine.device.printed) {
        sink.page(page(&printed, named, sink));
    }
}

fn page(printed: &Printed, named: Option<Paper>, sink: &Sink) -> Page {
    let settings = sink.settings();
    let sides = match (printed.duplex, printed.tumble) {
        (None, None) => None,
        (duplex, tumble) => {
            let short_edge = tumble.or(settings.short_edge).unwrap_or(false);
            Some(match (duplex.or(settings.duplex).unwrap_or(false), short_edge) {
                (false, _) => Sides::OneSided,
                (true, false) => Sides::LongEdge,
                (true, true) => Sides::ShortEdge,
            })
        }
    };
    Page {
        ink: if printed.coloured { Ink::Color } else { Ink::Gray },
        paper: printed.size.and_then(|(width, height)| Paper::from_points(width, height)).or(named),
        sides,
        copies: printed.copies.map(Copies::from_request),
        sheet: if printed.new_sheet { Sheet::Front } else { Sheet::Next },
        gray_ticket: false,
    }
}

/// The job is over: names, and what went wrong.
fn close(machine: &mut Machine, sink: &mut Sink) {
    // An encapsulated file without a showpage is printed all the same by whatever prints it.
    if machine.dsc.encapsulated && machine.device.printed_count == 0 && machine.device.is_marked() {
        let page = std::sync::Arc::clone(&machine.graphics.now.page);
        machine.device.print(&page, None);
        report(machine, sink);
    }
    let dsc = &machine.dsc;
    if let Some(user) = &dsc.user {
        sink.user(NameRank::Document, user);
    }
    if let Some(title) = &dsc.title {
        sink.job_name(NameRank::Document, title);
    }
    if let Some(creator) = &dsc.creator {
        sink.driver(NameRank::Document, creator);
    }
    // Ghostscript may know better, where it is installed.
    if machine.failure().is_some() || machine.doubt.is_some() {
        sink.needs_source();
    }
    match machine.failure() {
        Some(Failure::Error { name, command }) if command.is_empty() => {
            sink.failure(format!("the program stops: {name}"))
        }
        Some(Failure::Error { name, command }) => {
            sink.failure(format!("the program stops: {name} in {command}"))
        }
        Some(Failure::Limit(what)) => sink.undefined(*what),
        None => {}
    }
    if let Some(doubt) = machine.doubt {
        sink.note(format!("may be in colour: {doubt}"));
    }
}
