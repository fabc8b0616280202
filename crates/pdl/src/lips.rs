//! Canon LIPS II to IV (as Ghostscript's and Canon's drivers write it): control sequences with parameters, some
//! of which announce data; form feeds end pages.

use crate::accounting::{Page, Sink};
use crate::counts::Copies;
use crate::media::Paper;
use crate::reader::{LanguageReader, Step, UEL};
use crate::settings::Sides;

const ESC: u8 = 0x1b;

const RECORD_SEPARATOR: u8 = 0x1e;

/// What raster data of unknown length ends with: no repetition of anything, four times.
const RASTER_END: &[u8] = b"\x80\x80\x80\x80";

/// Longest control sequence.
const SEQUENCE_BYTES_MAX: usize = 512;

/// Reads LIPS.
#[derive(Debug, Default)]
pub struct Reader {
    /// Bytes of raster data that follow.
    data: u64,
    /// Raster data follows that ends with [`RASTER_END`].
    until_mark: bool,
    /// In a device control string, up to its terminator.
    in_string: bool,
    marked: bool,
    /// In vector mode, whose pictures have no length to pass over them by.
    vector: bool,
    /// The byte before the current one.
    before: u8,
    copies: Option<Copies>,
    sides: Option<Sides>,
    paper: Option<Paper>,
}

impl Reader {
    fn eject(&mut self, sink: &mut Sink) {
        sink.page(Page { copies: self.copies, sides: self.sides, paper: self.paper, ..Page::default() });
        self.marked = false;
    }

    /// A control sequence: parameters, intermediate characters, a final one. Says its length, 0 when it is not
    /// complete.
    fn sequence(&mut self, body: &[u8]) -> usize {
        let Some(end) = body.iter().take(SEQUENCE_BYTES_MAX).position(|byte| (0x40..=0x7e).contains(byte))
        else {
            return if body.len() < SEQUENCE_BYTES_MAX { 0 } else { 1 };
        };
        let parameters = &body[..end];
        let intermediates = parameters.iter().position(|byte| (0x20..=0x2f).contains(byte)).unwrap_or(end);
        let first = number(&parameters[..intermediates]);
        match (&parameters[intermediates..], body[end]) {
            // Lasershot drivers give rows and their width instead of bytes; the data ends with its own mark.
            (b"." | b".&", b'r') if is_marked_raster(&parameters[..intermediates]) => {
                self.until_mark = true;
                self.marked = true;
            }
            // Raster, downloaded data and names of fonts.
            (b".", b'r' | b'q' | b'p' | b'}') => {
                self.data = first;
                self.marked = true;
            }
            (b"", b'v') => self.copies = Some(Copies::from_request(i64::try_from(first).unwrap_or(i64::MAX))),
            (b"", b'p') => self.paper = paper(first).or(self.paper),
            (b"&", b'}') => self.vector = true,
            (b"#", b'x') => self.sides = Some(if first == 2 { Sides::LongEdge } else { Sides::OneSided }),
            (b"#", b'w') if first == 2 && self.sides.is_some_and(Sides::is_duplex) => {
                self.sides = Some(Sides::ShortEdge);
            }
            _ => {}
        }
        end + 1
    }
}

/// `1;bytes a row;dots an inch;11;rows;` of Lasershot printers.
fn is_marked_raster(parameters: &[u8]) -> bool {
    let mut fields = parameters.split(|byte| *byte == b';');
    fields.next() == Some(b"1") && fields.nth(2) == Some(b"11") && fields.count() == 2
}

fn number(parameters: &[u8]) -> u64 {
    parameters
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0u64, |number, byte| number.saturating_mul(10).saturating_add(u64::from(byte - b'0')))
}

/// Paper codes of LIPS and ESC/Page; odd numbers are the landscape ones.
pub(crate) fn paper(code: u64) -> Option<Paper> {
    let name = match code {
        12 | 13 => "iso_a3_297x420mm",
        14 | 15 => "iso_a4_210x297mm",
        16 | 17 => "iso_a5_148x210mm",
        18 | 19 => "jpn_hagaki_100x148mm",
        24 | 25 => "jis_b4_257x364mm",
        26 | 27 => "jis_b5_182x257mm",
        30 | 31 => "na_letter_8.5x11in",
        32 | 33 => "na_legal_8.5x14in",
        34 | 35 => "na_ledger_11x17in",
        40 | 41 => "na_executive_7.25x10.5in",
        _ => return None,
    };
    Paper::from_pwg_name(name)
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
            if self.until_mark {
                match memchr::memmem::find(rest, RASTER_END) {
                    Some(end) => {
                        at += end + RASTER_END.len();
                        self.until_mark = false;
                    }
                    None => return Step::Took(input.len() - (RASTER_END.len() - 1).min(rest.len())),
                }
                continue;
            }
            match *rest {
                [ESC, ..] if rest.starts_with(UEL) => {
                    if self.marked {
                        self.eject(sink);
                    }
                    return Step::Ended(at);
                }
                [ESC, ..] if UEL.starts_with(rest) => break,
                [0x9c, ..] => {
                    self.in_string = false;
                    at += 1;
                }
                [ESC, b'\\', ..] => {
                    self.in_string = false;
                    at += 2;
                }
                [byte, ..] if self.in_string || (self.vector && byte != 0x0c && byte != ESC) => {
                    self.before = byte;
                    at += 1;
                }
                [0x90, ..] => {
                    self.in_string = true;
                    at += 1;
                }
                [ESC, b'P', ..] => {
                    self.in_string = true;
                    at += 2;
                }
                [0x9b, ref body @ ..] => match self.sequence(body) {
                    0 => break,
                    took => at += 1 + took,
                },
                [ESC, b'[', ref body @ ..] => match self.sequence(body) {
                    0 => break,
                    took => at += 2 + took,
                },
                [ESC, letter, ..] => {
                    // CaPSL: the page is complete.
                    if letter == b'=' && self.marked {
                        self.eject(sink);
                    }
                    at += 2;
                }
                [byte, ..] => {
                    // Vector commands end in a record separator; only then is a form feed one.
                    if byte == 0x0c && (!self.vector || self.before == RECORD_SEPARATOR) {
                        self.eject(sink);
                    }
                    self.marked |= byte > b' ';
                    self.before = byte;
                    at += 1;
                }
                [] => break,
            }
        }
        Step::Took(at)
    }

    fn finish(&mut self, _rest: &[u8], sink: &mut Sink) {
        if self.vector {
            sink.undefined("LIPS vector graphics hold pictures of unknown length");
        }
        if self.data > 0 || self.until_mark {
            sink.failure("the data ends inside raster data");
            self.eject(sink);
        }
    }
}
