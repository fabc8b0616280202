//! The bytes of a content stream: one stream or several that count as one (ISO 32000-1 7.8.2).

use std::rc::Rc;

use super::super::document::{Document, PdfError};
use super::super::lexer::{Lexer, Stop, Token};
use super::super::object::{Object, Stream};
use super::super::stream::StreamBytes;

/// Reads content piece by piece.
pub(super) struct ContentReader {
    waiting: std::vec::IntoIter<Rc<Stream>>,
    current: Option<StreamBytes>,
    buffer: Vec<u8>,
    at: usize,
    over: bool,
}

/// One thing in a content stream.
pub(super) enum Item {
    Operand(Object),
    Operator(Word),
    End,
}

/// An operator: at most three letters, longer words mean nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Word {
    bytes: [u8; 3],
    len: u8,
}

/// Decoded bytes are asked for so many at a time.
const PIECE_BYTES: usize = 32 * 1024;
/// A longer token is damage.
const TOKEN_BYTES_MAX: usize = 8 << 20;
/// The largest picture inside a content stream.
const INLINE_BYTES_MAX: usize = 32 << 20;

impl Word {
    fn new(text: &[u8]) -> Self {
        let mut bytes = [0; 3];
        let len = text.len().min(3);
        bytes[..len].copy_from_slice(&text[..len]);
        Self { bytes, len: if text.len() > 3 { 0 } else { len as u8 } }
    }

    /// The operator's letters.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl ContentReader {
    /// Over these streams, in order.
    pub(super) fn new(streams: Vec<Rc<Stream>>) -> Self {
        Self { waiting: streams.into_iter(), current: None, buffer: Vec::new(), at: 0, over: false }
    }

    /// Adds bytes to the buffer; false when there are no more.
    fn fill(&mut self, document: &mut Document<'_>) -> Result<bool, PdfError> {
        if self.over {
            return Ok(false);
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        loop {
            let Some(current) = &mut self.current else {
                let Some(next) = self.waiting.next() else {
                    self.over = true;
                    return Ok(false);
                };
                self.current = Some(StreamBytes::open(document, &next)?);
                continue;
            };
            let kept = self.buffer.len();
            self.buffer.resize(kept + PIECE_BYTES, 0);
            let count = current.read(document, &mut self.buffer[kept..])?;
            self.buffer.truncate(kept + count);
            if count > 0 {
                return Ok(true);
            }
            // Streams are divided between tokens only; a space keeps them apart.
            self.current = None;
            self.buffer.push(b'\n');
        }
    }

    /// The next operand or operator.
    pub(super) fn next(&mut self, document: &mut Document<'_>) -> Result<Item, PdfError> {
        loop {
            let mut lexer = Lexer::content(&self.buffer[self.at..], self.over);
            let token = lexer.token();
            let used = lexer.position();
            match token {
                Ok(Token::Value(value)) => {
                    self.at += used;
                    return Ok(Item::Operand(value));
                }
                Ok(Token::Word(start, end)) => {
                    let word = Word::new(&self.buffer[self.at + start..self.at + end]);
                    self.at += used;
                    return Ok(Item::Operator(word));
                }
                Err(Stop::Malformed) => self.at += used.max(1).min(self.buffer.len() - self.at),
                Err(Stop::Short) => {
                    // White space and comments that were passed need not be passed again.
                    let skipped = self.skipped();
                    self.at += skipped;
                    if self.buffer.len() - self.at > TOKEN_BYTES_MAX {
                        self.at = self.buffer.len();
                    }
                    if !self.fill(document)?
                        && self.buffer[self.at..].iter().all(|byte| crate::codec::is_space(*byte))
                    {
                        return Ok(Item::End);
                    }
                    if self.over && self.at >= self.buffer.len() {
                        return Ok(Item::End);
                    }
                    if self.over {
                        // One more look at a token that the end completes; if it does not, it is dropped.
                        let mut lexer = Lexer::content(&self.buffer[self.at..], true);
                        if matches!(lexer.token(), Err(Stop::Short)) {
                            return Ok(Item::End);
                        }
                    }
                }
            }
        }
    }

    /// How much of the buffer is white space and whole comments.
    fn skipped(&self) -> usize {
        let bytes = &self.buffer[self.at..];
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if crate::codec::is_space(byte) {
                at += 1;
            } else if byte == b'%' {
                match memchr::memchr2(b'\n', b'\r', &bytes[at..]) {
                    Some(length) => at += length,
                    // What is still to come of the comment is a comment, too: one sign of it is kept.
                    None => return bytes.len() - 1,
                }
            } else {
                break;
            }
        }
        at
    }

    /// The data of a picture behind `ID`: at least up to its `EI`. `length` where it is known from its size.
    pub(super) fn inline_data(
        &mut self,
        document: &mut Document<'_>,
        length: Option<usize>,
    ) -> Result<Vec<u8>, PdfError> {
        // One white-space character separates the operator from the data.
        while self.at >= self.buffer.len() && self.fill(document)? {}
        if self.buffer.get(self.at).copied().is_some_and(crate::codec::is_space) {
            self.at += 1;
        }
        if let Some(length) = length.filter(|length| *length <= INLINE_BYTES_MAX) {
            while self.buffer.len() - self.at < length + 16 && self.fill(document)? {}
            let rest = &self.buffer[self.at..];
            if let Some(end) = rest.get(length..).and_then(end_of_image).filter(|end| *end <= 8) {
                let data = rest[..length].to_vec();
                self.at += length + end;
                return Ok(data);
            }
        }
        let mut searched = 0;
        loop {
            let rest = &self.buffer[self.at..];
            if let Some(end) = rest.get(searched..).and_then(end_of_image) {
                let end = searched + end;
                let data = rest[..end.saturating_sub(2)].to_vec();
                self.at += end;
                return Ok(data);
            }
            searched = rest.len().saturating_sub(8);
            if rest.len() > INLINE_BYTES_MAX || !self.fill(document)? {
                let data = self.buffer.split_off(self.at);
                return Ok(data);
            }
        }
    }
}

/// The place behind the first `EI` that stands alone and is followed by what can be content.
fn end_of_image(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(bytes, b"EI").map(|at| (at, at + 2)).find_map(|(at, end)| {
        let alone = at == 0 || crate::codec::is_space(bytes[at - 1]);
        let followed = bytes.get(end).is_none_or(|byte| crate::codec::is_space(*byte));
        let plain = bytes[end..].iter().take(6).all(|byte| matches!(byte, 9 | 10 | 12 | 13 | 32..=126 | 0));
        (alone && followed && plain).then_some(end)
    })
}
