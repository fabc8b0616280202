//! PostScript: a prolog in front of the program's own (PLRM, chapter 6 "Device control"; colours: chapter 4).
//!
//! It stands behind the header comments, so that they stay the first thing in the stream, and is found again
//! there: a second pass changes nothing.

use super::Wishes;
use super::filter::{Filter, Output};
use crate::reader::{Step, UEL};
use crate::settings::Sides;

/// Longest comment line that is looked at.
const LINE_BYTES_MAX: usize = 1024;

/// The header of an EPS file with a preview for DOS: it points to the program by offsets, so nothing may be added.
const DOS_MARK: &[u8] = &[0xc5, 0xd0, 0xd3, 0xc6];

const PAGE_DEVICE: &str = include_str!("prolog/page_device.ps");
const GRAY: &str = include_str!("prolog/gray.ps");

pub(super) struct PostScript {
    mark: String,
    prolog: String,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a line of the header comments.
    Comments,
    /// In a comment line too long to look at.
    LongLine,
    /// Behind `%%EndComments`.
    Behind,
    Program,
}

impl PostScript {
    pub(super) fn new(wishes: Wishes) -> Self {
        let mut words = String::new();
        let mut keys = String::new();
        if let Some(sides) = wishes.sides {
            words.push_str(match sides {
                Sides::OneSided => " one-sided",
                Sides::LongEdge => " two-sided-long-edge",
                Sides::ShortEdge => " two-sided-short-edge",
            });
            keys.push_str(&format!(
                "PapergateTicket /Duplex {} put PapergateTicket /Tumble {} put\n",
                sides.is_duplex(),
                sides == Sides::ShortEdge
            ));
        }
        if let Some(copies) = wishes.copies_number() {
            words.push_str(&format!(" copies={copies}"));
            keys.push_str(&format!("PapergateTicket /NumCopies {copies} put\n"));
        }
        if wishes.mono {
            words.push_str(" gray");
        }
        let mark = format!("%%BeginResource: procset (PapergateTicket{words}) 1.0 0");
        let mut prolog = String::new();
        if !words.is_empty() {
            prolog.push_str(&mark);
            prolog.push_str("\nuserdict begin\n");
            if !keys.is_empty() {
                prolog.push_str("/PapergateTicket 8 dict def\n");
                prolog.push_str(&keys);
                prolog.push_str(&code(PAGE_DEVICE));
            }
            if wishes.mono {
                prolog.push_str(&code(GRAY));
            }
            prolog.push_str("end\n%%EndResource\n");
        }
        let state = if prolog.is_empty() { State::Program } else { State::Comments };
        Self { mark, prolog, state }
    }

    /// The line the header comments go on with, up to and with its end. `None`: more bytes are needed.
    fn comment<'v>(&mut self, view: &'v [u8]) -> Option<&'v [u8]> {
        let window = &view[..view.len().min(LINE_BYTES_MAX)];
        let Some(end) = memchr::memchr2(b'\n', b'\r', window) else {
            if window.len() < LINE_BYTES_MAX {
                return None;
            }
            self.state = State::LongLine;
            return Some(window);
        };
        let line = &view[..end];
        if line == self.mark.as_bytes() {
            self.state = State::Program;
        } else if line == b"%%EndComments" {
            self.state = State::Behind;
        }
        Some(&view[..=end])
    }

    /// Writes the prolog unless it stands here already.
    fn behind(&mut self, view: &[u8], out: &mut Output<'_>) -> Option<usize> {
        if matches!(view[0], b'\r' | b'\n') {
            out.copy(&view[..1]);
            return Some(1);
        }
        let mark = self.mark.as_bytes();
        if mark.starts_with(&view[..view.len().min(mark.len())]) {
            match view.get(mark.len())? {
                b'\r' | b'\n' => {}
                _ => out.put(self.prolog.as_bytes()),
            }
        } else {
            out.put(self.prolog.as_bytes());
        }
        self.state = State::Program;
        Some(0)
    }

    fn comments(&mut self, view: &[u8], out: &mut Output<'_>) -> Option<usize> {
        match view[0] {
            b'%' => {
                let line = self.comment(view)?;
                out.copy(line);
                Some(line.len())
            }
            b'\r' | b'\n' | b' ' | b'\t' => {
                out.copy(&view[..1]);
                Some(1)
            }
            0xc5 | 0xef if view.len() < DOS_MARK.len() => None,
            0xc5 if view.starts_with(DOS_MARK) => {
                self.state = State::Program;
                Some(0)
            }
            0xef if view.starts_with(b"\xef\xbb\xbf") => {
                out.copy(&view[..3]);
                Some(3)
            }
            _ => {
                out.put(self.prolog.as_bytes());
                self.state = State::Program;
                Some(0)
            }
        }
    }
}

/// PostScript without the comments and blank lines it has for people.
fn code(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('%')) {
        code.push_str(line);
        code.push('\n');
    }
    code
}

impl Filter for PostScript {
    fn step(&mut self, view: &[u8], out: &mut Output<'_>) -> Step {
        let mut at = 0;
        while at < view.len() {
            let rest = &view[at..];
            let took = match self.state {
                State::Comments | State::Behind if rest.starts_with(UEL) => return Step::Ended(at),
                State::Comments | State::Behind if UEL.starts_with(rest) => None,
                State::Behind => self.behind(rest, out),
                State::Comments => self.comments(rest, out),
                State::LongLine => {
                    let end = memchr::memchr2(b'\n', b'\r', rest);
                    let take = end.unwrap_or(rest.len());
                    if end.is_some() {
                        self.state = State::Comments;
                    }
                    out.copy(&rest[..take]);
                    Some(take)
                }
                State::Program => {
                    let (taken, ended) = seek_end(rest);
                    out.copy(&rest[..taken]);
                    return if ended { Step::Ended(at + taken) } else { Step::Took(at + taken) };
                }
            };
            match took {
                Some(took) => at += took,
                None => break,
            }
        }
        Step::Took(at)
    }
}

/// How many bytes come before the end of the job, and whether it is there: a Universal Exit Language sequence, or
/// an end-of-file mark with another program behind it. Binary data may hold the mark alone.
fn seek_end(view: &[u8]) -> (usize, bool) {
    for at in memchr::memchr2_iter(0x04, UEL[0], view) {
        let rest = &view[at..];
        if rest[0] == UEL[0] {
            if rest.starts_with(UEL) {
                return (at, true);
            }
            if UEL.starts_with(rest) {
                return (at, false);
            }
            continue;
        }
        let blank = rest[1..].iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let next = &rest[1 + blank..];
        if next.starts_with(b"%!") {
            return (at, true);
        }
        if b"%!".starts_with(next) {
            return (at, false);
        }
    }
    (view.len(), false)
}
