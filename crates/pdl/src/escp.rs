//! Epson ESC/P, ESC/P 2 and ESC/P-R (Epson ESC/P Reference Manual; ESC/P-R as its driver writes it), and IBM
//! Proprinter data: form feeds outside of graphics end pages.

use crate::accounting::{Ink, Page, Sink};
use crate::media::Paper;
use crate::reader::{LanguageReader, Step, UEL};

const ESC: u8 = 0x1b;

/// Longest list of tab stops.
const STOPS_BYTES_MAX: usize = 65;

/// Reads ESC/P.
#[derive(Debug, Default)]
pub struct Reader {
    /// Bytes of graphics or of another command's data that follow.
    data: Option<Data>,
    marked: bool,
    ink: Ink,
    /// `ESC r`: the ink ribbon or nozzle row.
    color: u8,
    paper: Option<Paper>,
    /// Unit of measure, in inches.
    unit: f64,
    /// ESC/P-R: pages have commands of their own, form feeds mean nothing.
    raster_mode: bool,
    /// Between `ESC ( R … REMOTE1` and `ESC NUL NUL NUL`: commands of two letters and a length, about the printer.
    remote: bool,
    /// A command of another maker's was met: what follows may be its data.
    foreign: bool,
}

#[derive(Clone, Copy, Debug)]
struct Data {
    left: u64,
    coding: Coding,
}

/// What the bytes behind a command are, and what their number counts.
#[derive(Clone, Copy, Debug)]
enum Coding {
    /// Parameters.
    Parameters,
    /// Dots.
    Plain,
    /// Dots compressed in runs; the number counts them uncompressed.
    PackBits(Run),
}

/// A run of compressed dots.
#[derive(Clone, Copy, Debug)]
enum Run {
    Control,
    Literal(u8),
    Repeat(u8),
}

/// What one command came to.
enum Command {
    /// So many bytes, then data.
    Done {
        len: usize,
        data: u64,
        coding: Coding,
    },
    NeedsMore,
}

fn done(len: usize) -> Command {
    Command::Done { len, data: 0, coding: Coding::Parameters }
}

impl Reader {
    fn escape(&mut self, bytes: &[u8], sink: &mut Sink) -> Command {
        let Some(letter) = bytes.get(1) else { return Command::NeedsMore };
        let arguments = &bytes[2..];
        if std::mem::take(&mut self.remote) && *letter == 0 {
            return with_arguments(arguments, 2);
        }
        match letter {
            b'*' => match arguments {
                [mode, low, high, ..] => Command::Done {
                    len: 5,
                    data: columns(*low, *high) * bytes_per_column(*mode),
                    coding: Coding::Plain,
                },
                _ => Command::NeedsMore,
            },
            b'K' | b'L' | b'Y' | b'Z' => match arguments {
                [low, high, ..] => {
                    Command::Done { len: 4, data: columns(*low, *high), coding: Coding::Plain }
                }
                _ => Command::NeedsMore,
            },
            b'^' => match arguments {
                [_, low, high, ..] => {
                    Command::Done { len: 5, data: 2 * columns(*low, *high), coding: Coding::Plain }
                }
                _ => Command::NeedsMore,
            },
            b'(' => self.extended(arguments),
            b'.' => match arguments {
                [compression, _, _, rows, low, high, ..] => {
                    let bytes = u64::from(*rows) * columns(*low, *high).div_ceil(8);
                    self.marked = true;
                    Command::Done { len: 8, data: bytes, coding: dots(*compression) }
                }
                _ => Command::NeedsMore,
            },
            // Label printers of Brother's have commands of a letter more here.
            b'i' if arguments.first().is_some_and(u8::is_ascii_alphabetic) => {
                self.foreign = true;
                done(2)
            }
            b'i' => match arguments {
                [color, compression, _, a, b, c, d, ..] => {
                    self.color = *color;
                    let bytes = columns(*a, *b) * columns(*c, *d);
                    Command::Done { len: 9, data: bytes, coding: dots(*compression) }
                }
                _ => Command::NeedsMore,
            },
            b'r' => match arguments {
                [color, ..] => {
                    self.color = *color;
                    done(3)
                }
                [] => Command::NeedsMore,
            },
            // ESC/P-R: class, length, name, parameters.
            b'd' | b'j' | b'p' | b'q' | b's' | b'a' if self.raster_mode => match arguments {
                [l0, l1, l2, l3, name @ ..] if name.len() >= 4 => {
                    if &name[..4] == b"endp" {
                        self.eject(sink);
                    }
                    let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]);
                    Command::Done {
                        len: 10,
                        data: u64::from(length),
                        coding: if *letter == b'd' { Coding::Plain } else { Coding::Parameters },
                    }
                }
                _ => Command::NeedsMore,
            },
            b'C' => match arguments {
                [0, _, ..] => done(4),
                [lines, ..] if *lines != 0 => done(3),
                _ => Command::NeedsMore,
            },
            // A list of stops ends with NUL within its bound, however much more is in view.
            b'D' | b'B' => match memchr::memchr(0, &arguments[..arguments.len().min(STOPS_BYTES_MAX)]) {
                Some(end) => done(3 + end),
                None if arguments.len() >= STOPS_BYTES_MAX => done(2),
                None => Command::NeedsMore,
            },
            b'&' => match arguments {
                // Downloaded characters: their widths differ from printer to printer, their text is harmless.
                [_, _, _, ..] => done(5),
                _ => Command::NeedsMore,
            },
            // IBM: a command of so many bytes.
            b'[' => match arguments {
                [name, low, high, ..] if name.is_ascii_graphic() => Command::Done {
                    len: 5,
                    data: columns(*low, *high),
                    coding: if matches!(name, b'O' | b'g') { Coding::Plain } else { Coding::Parameters },
                },
                [_, _, _, ..] => done(2),
                _ => Command::NeedsMore,
            },
            // Canon and DeskJet emulations of Japan begin like ESC/P and go on with lengths of their own.
            b'|' | b'_' => {
                self.foreign = true;
                done(2)
            }
            b'$' | b'\\' | b'c' | b'e' | b'?' => with_arguments(arguments, 2),
            b'X' | b':' => with_arguments(arguments, 3),
            b'!' | b' ' | b'%' | b'+' | b'-' | b'/' | b'3' | b'A' | b'J' | b'N' | b'Q' | b'R' | b'S'
            | b'U' | b'W' | b'a' | b'b' | b'f' | b'j' | b'k' | b'l' | b'p' | b'q' | b's' | b't' | b'w'
            | b'x' | 0x19 => with_arguments(arguments, 1),
            _ => done(2),
        }
    }

    /// `ESC ( c nL nH`: a command with so many bytes of data.
    fn extended(&mut self, arguments: &[u8]) -> Command {
        let [name, low, high, data @ ..] = arguments else { return Command::NeedsMore };
        let length = columns(*low, *high);
        match name {
            // Unit of measure: in 1/3600 inch, or as a share of a base.
            b'U' => match data {
                [unit, ..] if length == 1 => self.unit = f64::from(*unit) / 3600.0,
                [page, _, _, low, high, ..] if length == 5 => {
                    let base = f64::from(u16::from_le_bytes([*low, *high]));
                    if base > 0.0 {
                        self.unit = f64::from(*page) / base;
                    }
                }
                _ if (data.len() as u64) < length.min(8) => return Command::NeedsMore,
                _ => {}
            },
            // Paper dimensions.
            b'S' if length == 8 => {
                let Some([a, b, c, d, e, f, g, h]) = data.first_chunk::<8>() else {
                    return Command::NeedsMore;
                };
                let width = f64::from(u32::from_le_bytes([*a, *b, *c, *d])) * self.unit;
                let height = f64::from(u32::from_le_bytes([*e, *f, *g, *h])) * self.unit;
                self.paper = Paper::from_inches(width, height).or(self.paper);
            }
            b'R' => {
                let wanted = usize::try_from(length.min(8)).unwrap_or(8);
                let Some(start) = data.get(..wanted) else { return Command::NeedsMore };
                if start.windows(5).any(|part| part == b"ESCPR") {
                    self.raster_mode = true;
                } else if start == b"\0REMOTE1" {
                    self.remote = true;
                }
            }
            _ => {}
        }
        Command::Done { len: 5, data: length, coding: Coding::Parameters }
    }

    /// Takes bytes behind a command and says how many.
    fn take_data(&mut self, mut data: Data, bytes: &[u8]) -> usize {
        let mut at = 0;
        while data.left > 0 && at < bytes.len() {
            let most = bytes[at..].len().min(usize::try_from(data.left).unwrap_or(usize::MAX));
            let (took, gave) = match data.coding {
                Coding::Parameters => (most, most),
                Coding::Plain => {
                    self.mark(&bytes[at..at + most]);
                    (most, most)
                }
                Coding::PackBits(Run::Control) => {
                    // Unlike in TIFF, 80h is a repetition like its neighbours (ESC/P Reference Manual, "ESC .").
                    let run = match i8::from_be_bytes([bytes[at]]) {
                        count @ 0.. => Run::Literal(count.unsigned_abs() + 1),
                        count => Run::Repeat(count.unsigned_abs() + 1),
                    };
                    data.coding = Coding::PackBits(run);
                    (1, 0)
                }
                Coding::PackBits(Run::Literal(count)) => {
                    let take = most.min(usize::from(count));
                    self.mark(&bytes[at..at + take]);
                    let left = count - take as u8;
                    data.coding = Coding::PackBits(if left == 0 { Run::Control } else { Run::Literal(left) });
                    (take, take)
                }
                Coding::PackBits(Run::Repeat(count)) => {
                    self.mark(&bytes[at..=at]);
                    data.coding = Coding::PackBits(Run::Control);
                    (1, usize::from(count))
                }
            };
            at += took;
            data.left = data.left.saturating_sub(gave as u64);
        }
        self.data = (data.left > 0).then_some(data);
        at
    }

    fn mark(&mut self, data: &[u8]) {
        if data.iter().any(|byte| *byte != 0) {
            self.marked = true;
            if self.color != 0 {
                self.ink = Ink::Color;
            }
        }
    }

    fn say_foreign(&self, sink: &mut Sink) {
        sink.undefined("ESC/P with commands of another maker's language");
    }

    fn eject(&mut self, sink: &mut Sink) {
        sink.page(Page { ink: self.ink, paper: self.paper, ..Page::default() });
        self.marked = false;
        self.ink = Ink::Gray;
    }
}

fn columns(low: u8, high: u8) -> u64 {
    u64::from(u16::from_le_bytes([low, high]))
}

fn dots(compression: u8) -> Coding {
    if compression == 0 { Coding::Plain } else { Coding::PackBits(Run::Control) }
}

/// Dots of a column in bit image mode (`ESC *`).
fn bytes_per_column(mode: u8) -> u64 {
    match mode {
        32..=63 => 3,
        64..=95 => 6,
        _ => 1,
    }
}

fn with_arguments(arguments: &[u8], count: usize) -> Command {
    if arguments.len() < count { Command::NeedsMore } else { done(2 + count) }
}

impl LanguageReader for Reader {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        let mut at = 0;
        while at < input.len() {
            let rest = &input[at..];
            if self.foreign {
                let (passed, ended) = crate::opaque::seek_uel(rest);
                if ended {
                    self.say_foreign(sink);
                }
                return if ended { Step::Ended(at + passed) } else { Step::Took(at + passed) };
            }
            if let Some(data) = self.data.take() {
                at += self.take_data(data, rest);
                continue;
            }
            if self.remote && rest[0] != ESC {
                let [_, _, low, high, ..] = rest else { break };
                self.data = Some(Data { left: columns(*low, *high), coding: Coding::Parameters });
                at += 4;
                continue;
            }
            match rest[0] {
                ESC if rest.starts_with(UEL) => {
                    if self.marked {
                        self.eject(sink);
                    }
                    return Step::Ended(at);
                }
                ESC if UEL.starts_with(rest) => break,
                ESC => match self.escape(rest, sink) {
                    Command::NeedsMore => break,
                    Command::Done { len, data, coding } => {
                        at += len.min(rest.len());
                        self.data = (data > 0).then_some(Data { left: data, coding });
                    }
                },
                0x0c if !self.raster_mode => {
                    self.eject(sink);
                    at += 1;
                }
                byte => {
                    self.marked |= byte > b' ' && !self.raster_mode;
                    at += 1;
                }
            }
        }
        Step::Took(at)
    }

    fn finish(&mut self, _rest: &[u8], sink: &mut Sink) {
        if self.foreign {
            return self.say_foreign(sink);
        }
        if self.data.is_some() {
            sink.failure("the data ends inside graphics");
        }
        if self.marked {
            self.eject(sink);
        }
    }
}
