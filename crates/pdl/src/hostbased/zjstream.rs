//! Zenographics ZjStream (HP LaserJet 1000 to 1022, Color LaserJet 2600, Minolta magicolor): a magic word, then
//! records of length, type and items; and XQX, its successor.

use super::{is_inked_jbig, paper, pass, xqx};
use crate::accounting::{Ink, Page, Sink};
use crate::counts::Copies;
use crate::media::Paper;
use crate::reader::{LanguageReader, Step, UEL};
use crate::settings::Sides;

const HEADER_BYTES: usize = 16;
const ITEM_BYTES: usize = 12;

/// Items of one record that are looked at.
const ITEMS_MAX: usize = 64;

/// Record types.
const START_DOC: u32 = 0;
const START_PAGE: u32 = 2;
const END_PAGE: u32 = 3;
const BITMAP: u32 = 5;
const START_PLANE: u32 = 9;
const PLANE_DATA: u32 = 12;

/// Item numbers.
const DUPLEX: u16 = 2;
const PAPER: u16 = 3;
const COPIES: u16 = 4;
const PLANE: u16 = 20;

/// The black one of the four planes.
const BLACK_PLANE: u32 = 4;

/// Reads ZjStream and XQX.
#[derive(Debug, Default)]
pub struct Reader {
    state: State,
    xqx: Option<xqx::Reader>,
    document: Document,
}

/// What is known of the document and the page being read.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) sides: Option<Sides>,
    pub(super) paper: Option<Paper>,
    pub(super) copies: Option<Copies>,
    pub(super) ink: Ink,
    pub(super) plane: u32,
    pub(super) in_page: bool,
}

impl Default for Document {
    fn default() -> Self {
        Self { sides: None, paper: None, copies: None, ink: Ink::Gray, plane: BLACK_PLANE, in_page: false }
    }
}

impl Document {
    pub(super) fn begin_page(&mut self) {
        self.in_page = true;
        self.ink = Ink::Gray;
        self.plane = BLACK_PLANE;
    }

    pub(super) fn end_page(&mut self, sink: &mut Sink) {
        if std::mem::take(&mut self.in_page) {
            sink.page(Page {
                ink: self.ink,
                paper: self.paper,
                sides: self.sides,
                copies: self.copies,
                ..Page::default()
            });
        }
    }

    /// Windows' numbers: 1 simplex, 2 bound at the long edge, 3 at the short edge.
    pub(super) fn set_duplex(&mut self, value: u32) {
        self.sides = match value {
            1 => Some(Sides::OneSided),
            2 => Some(Sides::LongEdge),
            3 => Some(Sides::ShortEdge),
            _ => self.sides,
        };
    }

    /// Bytes of a bitmap.
    pub(super) fn bitmap(&mut self, data: &[u8]) {
        if self.ink == Ink::Gray && (1..BLACK_PLANE).contains(&self.plane) && is_inked_jbig(data) {
            self.ink = Ink::Color;
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// At the magic word.
    #[default]
    Magic,
    /// At a record.
    Record,
    /// In a record's data.
    Data { left: u64, bitmap: bool },
    /// Broken, or over.
    Passing,
}

impl Reader {
    /// Takes a record's header and items; `None` when they are not all here.
    fn record(&mut self, input: &[u8], sink: &mut Sink) -> Option<usize> {
        let header = input.first_chunk::<HEADER_BYTES>()?;
        let word =
            |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (length, kind, items) = (word(0), word(4), word(8));
        if &header[14..16] != b"ZZ" || (length as usize) < HEADER_BYTES {
            sink.failure("ZjStream data with a broken record");
            self.state = State::Passing;
            return Some(0);
        }
        let body = length as usize - HEADER_BYTES;
        // Records without items, and bitmaps, count none; the rest have at most as many as fit.
        let items = (items as usize).min(ITEMS_MAX).min(body / ITEM_BYTES);
        let items_bytes = if kind == BITMAP { 0 } else { items * ITEM_BYTES };
        let item_area = input.get(HEADER_BYTES..HEADER_BYTES + items_bytes)?;
        if kind == START_PAGE {
            self.document.begin_page();
        }
        for item in item_area.chunks_exact(ITEM_BYTES) {
            let number = u16::from_be_bytes([item[4], item[5]]);
            let value = u32::from_be_bytes([item[8], item[9], item[10], item[11]]);
            self.item(kind, number, value);
        }
        if kind == END_PAGE {
            self.document.end_page(sink);
        }
        let left = (body - items_bytes) as u64;
        self.state = State::Data { left, bitmap: matches!(kind, BITMAP | PLANE_DATA) };
        Some(HEADER_BYTES + items_bytes)
    }

    fn item(&mut self, kind: u32, number: u16, value: u32) {
        match (kind, number) {
            (START_DOC, DUPLEX) => self.document.set_duplex(value),
            (START_PAGE, PAPER) => {
                self.document.paper = paper::by_windows_code(value).or(self.document.paper)
            }
            (START_PAGE, COPIES) => self.document.copies = Some(Copies::from_request(i64::from(value))),
            (START_PLANE | PLANE_DATA, PLANE) => self.document.plane = value,
            _ => {}
        }
    }
}

impl LanguageReader for Reader {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        if let Some(xqx) = &mut self.xqx {
            return xqx.read(&mut self.document, input, sink);
        }
        let mut at = 0;
        while at < input.len() {
            let rest = &input[at..];
            match self.state {
                State::Magic => {
                    let Some(magic) = rest.first_chunk::<4>() else { break };
                    match magic {
                        b"JZJZ" => self.state = State::Record,
                        b",XQX" => {
                            self.xqx = Some(xqx::Reader::default());
                            return Step::Took(at + 4);
                        }
                        _ => {
                            sink.undefined("ZjStream data with its bytes the other way round");
                            self.state = State::Passing;
                        }
                    }
                    at += 4;
                }
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
                State::Data { left, bitmap } => {
                    let take = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    if bitmap {
                        self.document.bitmap(&rest[..take]);
                    }
                    at += take;
                    let left = left - take as u64;
                    self.state = if left == 0 { State::Record } else { State::Data { left, bitmap } };
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
        let cut = match (&self.xqx, self.state) {
            (Some(xqx), _) => xqx.is_cut(),
            (None, State::Data { left, .. }) => left > 0,
            (None, State::Magic | State::Record | State::Passing) => false,
        };
        if cut || self.document.in_page {
            sink.failure("the data ends inside a page");
        }
    }
}
