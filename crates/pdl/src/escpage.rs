//! Epson ESC/Page (as Ghostscript's and Epson's drivers write it): commands of a group separator, numbers and
//! letters; `{` before the last letters announces data; form feeds and `dpsE` end pages.

use crate::accounting::{Page, Sink};
use crate::counts::Copies;
use crate::lips::paper;
use crate::media::Paper;
use crate::reader::{LanguageReader, Step, UEL};
use crate::settings::Sides;

const GS: u8 = 0x1d;
const ESC: u8 = 0x1b;

/// Longest command.
const COMMAND_BYTES_MAX: usize = 512;

/// Reads ESC/Page.
#[derive(Debug, Default)]
pub struct Reader {
    data: u64,
    marked: bool,
    copies: Option<Copies>,
    sides: Option<Sides>,
    paper: Option<Paper>,
}

impl Reader {
    fn eject(&mut self, sink: &mut Sink) {
        sink.page(Page { copies: self.copies, sides: self.sides, paper: self.paper, ..Page::default() });
        self.marked = false;
    }

    /// A command behind its separator: numbers, lower-case letters, `{` or not, an upper-case letter. Says its
    /// length, 0 when it is not complete.
    fn command(&mut self, body: &[u8], sink: &mut Sink) -> usize {
        let Some(end) = body.iter().take(COMMAND_BYTES_MAX).position(u8::is_ascii_uppercase) else {
            return if body.len() < COMMAND_BYTES_MAX { 0 } else { 1 };
        };
        let letters = body[..end]
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b'-' | b'.'))
            .unwrap_or(end);
        let mut numbers = body[..letters].split(|byte| *byte == b';').map(|number| {
            std::str::from_utf8(number).ok().and_then(|text| text.parse::<i64>().ok()).unwrap_or(0)
        });
        let first = numbers.next().unwrap_or(0);
        match (&body[letters..end], body[end]) {
            (letters, _) if letters.ends_with(b"{") => {
                self.data = u64::try_from(first).unwrap_or(0);
                self.marked = true;
            }
            (b"dps", b'E') if self.marked => self.eject(sink),
            (b"co", b'O') => self.copies = Some(Copies::from_request(first)),
            (b"sd", b'E') => self.sides = Some(if first == 1 { Sides::LongEdge } else { Sides::OneSided }),
            (b"bd", b'E') if first == 1 && self.sides.is_some_and(Sides::is_duplex) => {
                self.sides = Some(Sides::ShortEdge);
            }
            (b"ps", b'E') => self.paper = u64::try_from(first).ok().and_then(paper).or(self.paper),
            _ => {}
        }
        end + 1
    }
}

impl LanguageReader for Reader {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        let mut at = 0;
        while at < input.len() {
            let rest = &input[at..];
            if self.data > 0 {
                let take = rest.len().min(usize::try_from(self.data).unwrap_or(usize::MAX));
                self.data -= take as u64;
                at += take;
                continue;
            }
            match *rest {
                // A Universal Exit Language sequence, or job language again.
                [ESC, ..] if rest.starts_with(UEL) || rest.starts_with(b"\x1b\x01@EJL") => {
                    if self.marked {
                        self.eject(sink);
                    }
                    return Step::Ended(at);
                }
                [ESC, ..] if UEL.starts_with(rest) || b"\x1b\x01@EJL".starts_with(rest) => break,
                [GS, ref body @ ..] => match self.command(body, sink) {
                    0 => break,
                    took => at += 1 + took,
                },
                [ESC, _, ..] => at += 2,
                [0x0c, ..] => {
                    self.eject(sink);
                    at += 1;
                }
                [byte, ..] => {
                    self.marked |= byte > b' ';
                    at += 1;
                }
                [] => break,
            }
        }
        Step::Took(at)
    }

    fn finish(&mut self, _rest: &[u8], sink: &mut Sink) {
        if self.data > 0 {
            sink.failure("the data ends inside raster data");
            self.eject(sink);
        }
    }
}
