//! Samsung QPDL (SPL 2 and SPL C): a page header, bands of compressed planes, a page footer.
//!
//! Duplex stands in PJL; the bytes for it in the page header mean different things on different printers.

use super::{is_inked_jbig, paper, pass};
use crate::accounting::{Ink, Page, Sink};
use crate::counts::Copies;
use crate::reader::{LanguageReader, Step, UEL};

/// Record types.
const PAGE: u8 = 0x00;
const PAGE_END: u8 = 0x01;
const DOCUMENT_END: u8 = 0x09;
const BAND: u8 = 0x0c;
const TABLE: u8 = 0x13;
const BITMAP_HEADER: u8 = 0x14;

const PAGE_BYTES: usize = 17;
const BAND_BYTES: usize = 6;

/// The compression whose data can be told blank.
const JBIG: u8 = 0x15;

/// Reads QPDL.
#[derive(Debug, Default)]
pub struct Reader {
    state: State,
    page: Option<PageHeader>,
    ink: Ink,
}

#[derive(Clone, Copy, Debug)]
struct PageHeader {
    copies: u16,
    paper: u8,
    version: u8,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Record,
    /// At the head of a plane of a band.
    Plane,
    /// In the data of a plane; another plane may follow without a band header.
    Data {
        left: u32,
        color_plane: bool,
        jbig: bool,
        more: bool,
    },
    /// Between the planes of a band of the first colour printers.
    NextPlane,
    /// Data without meaning here.
    Skip {
        left: u32,
    },
    Passing,
}

impl Reader {
    /// Takes a record, or a head of one; `None` when it is not all here.
    fn record(&mut self, input: &[u8], sink: &mut Sink) -> Option<usize> {
        match input[0] {
            PAGE => {
                let header = input.first_chunk::<PAGE_BYTES>()?;
                self.page = Some(PageHeader {
                    copies: u16::from_be_bytes([header[2], header[3]]),
                    paper: header[4],
                    version: header[14],
                });
                self.ink = Ink::Gray;
                Some(PAGE_BYTES)
            }
            PAGE_END => {
                input.first_chunk::<3>()?;
                if let Some(page) = self.page.take() {
                    sink.page(Page {
                        ink: self.ink,
                        paper: paper::by_qpdl_code(page.paper),
                        copies: Some(Copies::from_request(i64::from(page.copies))),
                        ..Page::default()
                    });
                }
                Some(3)
            }
            DOCUMENT_END => Some(1),
            BAND => {
                input.first_chunk::<BAND_BYTES>()?;
                self.state = State::Plane;
                Some(BAND_BYTES)
            }
            TABLE => {
                let head = input.first_chunk::<5>()?;
                // The newest printers' table has a fixed length.
                if head[4] == 0x23 {
                    self.state = State::Skip { left: 10 };
                } else {
                    self.state =
                        State::Skip { left: u32::from_be_bytes([head[1], head[2], head[3], head[4]]) };
                }
                Some(5)
            }
            BITMAP_HEADER => {
                self.state = State::Skip { left: 24 };
                Some(1)
            }
            _ => {
                sink.failure("QPDL data with a broken record");
                self.state = State::Passing;
                Some(0)
            }
        }
    }

    /// The head of a plane: on colour printers the plane's number, then compression and length.
    fn plane(&mut self, input: &[u8]) -> Option<usize> {
        let has_number = (1..=4).contains(&input[0]);
        let head = if has_number { 1 } else { 0 };
        let [compression, a, b, c, d] = *input.get(head..)?.first_chunk::<5>()?;
        let version = self.page.map_or(0, |page| page.version);
        self.state = State::Data {
            left: u32::from_be_bytes([a, b, c, d]),
            color_plane: has_number && input[0] != 4,
            jbig: compression == JBIG,
            more: has_number && compression != JBIG && matches!(version, 0 | 1 | 5),
        };
        Some(head + 5)
    }
}

impl LanguageReader for Reader {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        let mut at = 0;
        while at < input.len() {
            let rest = &input[at..];
            match self.state {
                State::Record if rest[0] == UEL[0] => {
                    if rest.starts_with(UEL) {
                        return Step::Ended(at);
                    }
                    if UEL.starts_with(rest) {
                        break;
                    }
                    self.state = State::Passing;
                }
                State::Record => match self.record(rest, sink) {
                    Some(took) => at += took,
                    None => break,
                },
                State::Plane => match self.plane(rest) {
                    Some(took) => at += took,
                    None => break,
                },
                State::NextPlane => {
                    if rest[0] == 0 {
                        at += 1;
                        self.state = State::Record;
                    } else {
                        self.state = State::Plane;
                    }
                }
                State::Data { left, color_plane, jbig, more } => {
                    let take = rest.len().min(left as usize);
                    let left = left - take as u32;
                    if color_plane {
                        // The last four bytes are a checksum.
                        let bitmap = &rest[..take.saturating_sub(4usize.saturating_sub(left as usize))];
                        if !jbig || is_inked_jbig(bitmap) {
                            self.ink = Ink::Color;
                        }
                    }
                    at += take;
                    self.state = match (left, more) {
                        (0, true) => State::NextPlane,
                        (0, false) => State::Record,
                        (left, more) => State::Data { left, color_plane, jbig, more },
                    };
                }
                State::Skip { left } => {
                    let take = rest.len().min(left as usize);
                    at += take;
                    let left = left - take as u32;
                    self.state = if left == 0 { State::Record } else { State::Skip { left } };
                }
                State::Passing => {
                    return match pass(rest) {
                        Step::Took(took) => Step::Took(at + took),
                        Step::Ended(took) => Step::Ended(at + took),
                    };
                }
            }
        }
        Step::Took(at)
    }

    fn finish(&mut self, _rest: &[u8], sink: &mut Sink) {
        if self.page.is_some() {
            sink.failure("the data ends inside a page");
        }
    }
}
