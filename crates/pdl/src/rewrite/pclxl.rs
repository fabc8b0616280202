//! PCL XL: the attributes of `BeginPage` and `EndPage` (Feature Reference, chapter 4).

use super::Wishes;
use super::filter::{Filter, Output};
use crate::opaque::seek_uel;
use crate::pclxl::token::{Binding, Token, attribute, operator, token};
use crate::pclxl::values::Attributes;
use crate::reader::{Step, UEL};
use crate::settings::Sides;

/// Longest stream header, as the reader has it.
const HEADER_BYTES_MAX: usize = 8 * 1024;

/// Attribute lists up to this length are held back until their operator is known; that of a page is short.
const HELD_BYTES_MAX: usize = 16 * 1024;

pub(super) struct PclXl {
    sides: Option<Sides>,
    copies: Option<u16>,
    state: State,
    held: Held,
}

#[derive(Clone, Copy)]
enum State {
    Header,
    Tags(Binding),
    /// Bytes of an array, part of an attribute list.
    Array {
        binding: Binding,
        left: u32,
    },
    /// Data behind an operator.
    Data {
        binding: Binding,
        left: u32,
    },
    /// Broken data goes on as it is.
    Passing,
}

/// The attribute list in front of an operator.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    /// Attributes: where value and name stand, and which it is.
    places: Vec<(usize, usize, u16)>,
    value_start: usize,
    attributes: Attributes,
    /// Too long to hold: its beginning is written already.
    overflowed: bool,
}

impl Held {
    fn add(&mut self, bytes: &[u8], out: &mut Output<'_>) {
        if self.overflowed || self.bytes.len() + bytes.len() > HELD_BYTES_MAX {
            out.copy(&self.bytes);
            out.copy(bytes);
            self.bytes.clear();
            self.places.clear();
            self.overflowed = true;
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
        self.attributes.clear();
        self.value_start = 0;
        self.overflowed = false;
    }

    /// Writes the list without the attributes `without`.
    fn write(&mut self, without: &[u16], out: &mut Output<'_>) {
        let mut at = 0;
        for (start, end, id) in &self.places {
            if without.contains(id) && *start >= at {
                out.copy(&self.bytes[at..*start]);
                out.dropped();
                at = *end;
            }
        }
        out.copy(&self.bytes[at..]);
    }
}

impl PclXl {
    pub(super) fn new(wishes: Wishes) -> Self {
        Self {
            sides: wishes.sides,
            copies: wishes.copies_number().and_then(|copies| u16::try_from(copies).ok()),
            state: State::Header,
            held: Held::default(),
        }
    }

    fn header(&mut self, input: &[u8], out: &mut Output<'_>) -> Option<usize> {
        let window = &input[..input.len().min(HEADER_BYTES_MAX)];
        let Some(end) = memchr::memchr(b'\n', window) else {
            if window.len() == HEADER_BYTES_MAX {
                self.state = State::Passing;
                return Some(0);
            }
            return None;
        };
        self.state = match input[0] {
            b'(' => State::Tags(Binding::HighByteFirst),
            b')' => State::Tags(Binding::LowByteFirst),
            _ => State::Passing,
        };
        out.copy(&input[..=end]);
        Some(end + 1)
    }

    fn tag(&mut self, input: &[u8], binding: Binding, out: &mut Output<'_>) -> Option<usize> {
        match token(input, binding) {
            Token::Space => {
                self.held.add(&input[..1], out);
                Some(1)
            }
            Token::Numbers { number, len, .. } => {
                self.held.value_start = self.held.bytes.len();
                self.held.attributes.numbers(&input[1..len], number, binding);
                self.held.add(&input[..len], out);
                Some(len)
            }
            Token::Array { number, bytes, len } => {
                self.held.value_start = self.held.bytes.len();
                self.held.attributes.begin_array(number, usize::MAX / 2);
                self.held.add(&input[..len], out);
                if bytes > 0 {
                    self.state = State::Array { binding, left: bytes };
                }
                Some(len)
            }
            Token::Attribute { id, len } => {
                self.held.attributes.name(id);
                self.held.add(&input[..len], out);
                if !self.held.overflowed {
                    self.held.places.push((self.held.value_start, self.held.bytes.len(), id));
                    self.held.value_start = self.held.bytes.len();
                }
                Some(len)
            }
            Token::Data { bytes, len } => {
                self.release(out);
                out.copy(&input[..len]);
                if bytes > 0 {
                    self.state = State::Data { binding, left: bytes };
                }
                Some(len)
            }
            Token::Operator(operator) => {
                self.operator(operator, binding, out);
                Some(1)
            }
            Token::Escape | Token::Illegal(_) => {
                self.release(out);
                self.state = State::Passing;
                Some(0)
            }
            Token::NeedsMore => None,
        }
    }

    /// Writes what is held back as it is.
    fn release(&mut self, out: &mut Output<'_>) {
        out.copy(&self.held.bytes);
        self.held.clear();
    }

    fn operator(&mut self, operator: u8, binding: Binding, out: &mut Output<'_>) {
        match (operator, self.sides, self.copies) {
            (operator::BEGIN_PAGE, Some(sides), _) if !self.held.overflowed => self.begin_page(sides, out),
            (operator::END_PAGE, _, Some(copies)) if !self.held.overflowed => {
                self.end_page(copies, binding, out)
            }
            _ => out.copy(&self.held.bytes),
        }
        if operator == operator::VENDOR_UNIQUE {
            let length = self.held.attributes.int(attribute::VU_DATA_LENGTH);
            if let Some(left @ 1..) = length.and_then(|length| u32::try_from(length).ok()) {
                self.state = State::Data { binding, left };
            }
        }
        out.copy(&[operator]);
        self.held.clear();
    }

    fn begin_page(&mut self, sides: Sides, out: &mut Output<'_>) {
        let attributes = &self.held.attributes;
        let simplex = attributes.has(attribute::SIMPLEX_PAGE_MODE);
        let duplex = attributes.int(attribute::DUPLEX_PAGE_MODE);
        // `eDuplexHorizontalBinding` is 0, `eDuplexVerticalBinding` 1, `eSimplexFrontSide` 0.
        let wanted = match sides {
            Sides::OneSided => None,
            Sides::ShortEdge => Some(0),
            Sides::LongEdge => Some(1),
        };
        let (without, value, name) = match wanted {
            None if simplex && duplex.is_none() => return out.copy(&self.held.bytes),
            None => (
                &[attribute::SIMPLEX_PAGE_MODE, attribute::DUPLEX_PAGE_MODE, attribute::DUPLEX_PAGE_SIDE][..],
                0,
                attribute::SIMPLEX_PAGE_MODE,
            ),
            Some(_) if !simplex && duplex == wanted.map(i64::from) => return out.copy(&self.held.bytes),
            Some(mode) => (
                &[attribute::SIMPLEX_PAGE_MODE, attribute::DUPLEX_PAGE_MODE][..],
                mode,
                attribute::DUPLEX_PAGE_MODE,
            ),
        };
        self.held.write(without, out);
        out.put(&[0xc0, value, 0xf8, name as u8]);
    }

    fn end_page(&mut self, copies: u16, binding: Binding, out: &mut Output<'_>) {
        match self.held.attributes.int(attribute::PAGE_COPIES) {
            // Windows drivers end a job with a page that is not to be printed.
            Some(0) => out.copy(&self.held.bytes),
            Some(asked) if asked == i64::from(copies) => out.copy(&self.held.bytes),
            Some(_) | None => {
                self.held.write(&[attribute::PAGE_COPIES], out);
                let [one, two] = binding.bytes(copies);
                out.put(&[0xc1, one, two, 0xf8, attribute::PAGE_COPIES as u8]);
            }
        }
    }
}

impl Filter for PclXl {
    fn step(&mut self, view: &[u8], out: &mut Output<'_>) -> Step {
        let mut at = 0;
        while at < view.len() {
            let rest = &view[at..];
            let took = match self.state {
                State::Passing => {
                    let (passed, ended) = seek_uel(rest);
                    out.copy(&rest[..passed]);
                    return if ended { Step::Ended(at + passed) } else { Step::Took(at + passed) };
                }
                State::Header => self.header(rest, out),
                State::Tags(_) if rest.starts_with(UEL) => return Step::Ended(at),
                State::Tags(_) if UEL.starts_with(rest) => None,
                State::Tags(binding) => self.tag(rest, binding, out),
                State::Array { binding, left } => {
                    let take = rest.len().min(left as usize);
                    self.held.add(&rest[..take], out);
                    self.state = match left - take as u32 {
                        0 => State::Tags(binding),
                        left => State::Array { binding, left },
                    };
                    Some(take)
                }
                State::Data { binding, left } => {
                    let take = rest.len().min(left as usize);
                    out.copy(&rest[..take]);
                    self.state = match left - take as u32 {
                        0 => State::Tags(binding),
                        left => State::Data { binding, left },
                    };
                    Some(take)
                }
            };
            match took {
                Some(took) => at += took,
                None => break,
            }
        }
        Step::Took(at)
    }

    fn end(&mut self, out: &mut Output<'_>) {
        self.release(out);
    }
}
