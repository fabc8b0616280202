//! XQX (HP LaserJet P1005 to P1505): records of type and number of items, items of type, length and value.

use super::paper;
use super::pass;
use super::zjstream::Document;
use crate::accounting::Sink;
use crate::counts::Copies;
use crate::reader::{Step, UEL};

/// Record types.
const START_PAGE: u32 = 3;
const END_PAGE: u32 = 4;
const BITMAP: u32 = 7;

/// Items.
const DUPLEX: u32 = 0x1000_0002;
const COPIES: u32 = 0x2000_0000;
const PAPER: u32 = 0x2000_0001;

/// Longest value of an item.
const VALUE_BYTES_MAX: u32 = 4 * 1024;

/// Where in the framing the next byte is.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Record,
    Items {
        kind: u32,
        left: u32,
    },
    Data {
        left: u32,
    },
    Passing,
}

#[derive(Debug, Default)]
pub(super) struct Reader {
    state: State,
}

impl Reader {
    pub(super) fn is_cut(&self) -> bool {
        matches!(self.state, State::Items { .. } | State::Data { .. })
    }

    pub(super) fn read(&mut self, document: &mut Document, input: &[u8], sink: &mut Sink) -> Step {
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
                State::Record => {
                    let Some((kind, number)) = two_words(rest) else { break };
                    at += 8;
                    self.record(kind, number, document, sink);
                }
                State::Items { left: 0, .. } | State::Data { left: 0 } => self.state = State::Record,
                State::Items { kind, left } => {
                    let Some((item, length)) = two_words(rest) else { break };
                    if length > VALUE_BYTES_MAX {
                        sink.failure("XQX data with a broken item");
                        self.state = State::Passing;
                        continue;
                    }
                    let Some(value) = rest.get(8..8 + length as usize) else { break };
                    if let Some(value) = value.first_chunk::<4>() {
                        let value = u32::from_be_bytes(*value);
                        match (kind, item) {
                            (_, DUPLEX) => document.set_duplex(value),
                            (START_PAGE, PAPER) => {
                                document.paper = paper::by_windows_code(value).or(document.paper);
                            }
                            (START_PAGE, COPIES) => {
                                document.copies = Some(Copies::from_request(i64::from(value)));
                            }
                            _ => {}
                        }
                    }
                    at += 8 + length as usize;
                    self.state = State::Items { kind, left: left - 1 };
                }
                State::Data { left } => {
                    let take = rest.len().min(left as usize);
                    at += take;
                    self.state = State::Data { left: left - take as u32 };
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

    fn record(&mut self, kind: u32, number: u32, document: &mut Document, sink: &mut Sink) {
        match kind {
            BITMAP => {
                self.state = State::Data { left: number };
                return;
            }
            1..=6 => {}
            _ => {
                sink.failure("XQX data with a broken record");
                self.state = State::Passing;
                return;
            }
        }
        match kind {
            START_PAGE => document.begin_page(),
            END_PAGE => document.end_page(sink),
            _ => {}
        }
        self.state = State::Items { kind, left: number };
    }
}

fn two_words(bytes: &[u8]) -> Option<(u32, u32)> {
    let [a, b, c, d, e, f, g, h] = *bytes.first_chunk::<8>()?;
    Some((u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])))
}
