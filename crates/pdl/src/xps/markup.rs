//! XML as far as fixed pages and print tickets use it, in pieces of bounded size.
//!
//! A general reader hands out whole tags, and a tag may hold megabytes of path data. This one keeps a bounded
//! head of every value and passes over the rest, so memory does not depend on the document. It does not
//! check well-formedness beyond what it needs to know where it is; DTDs, which XPS forbids, are passed over.

use std::io::{self, Read};

use super::limits::{ATTRIBUTES_MAX, TEXT_BYTES_MAX, VALUE_BYTES_MAX};

/// Bytes read at a time.
const BUFFER_BYTES: usize = 32 * 1024;

/// Longest name of an element or attribute.
const NAME_BYTES_MAX: usize = 256;

/// What was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// A start tag; [`Markup::name`] and [`Markup::attribute`] belong to it. A tag without content is followed
    /// by its [`Event::End`].
    Start,
    /// An end tag.
    End,
    /// Text between tags; see [`Markup::text`].
    Text,
    /// The end of the part.
    Over,
}

/// Why reading stopped.
#[derive(Debug, thiserror::Error)]
pub(super) enum MarkupError {
    /// The part cannot be unpacked or read.
    #[error("reading markup")]
    Source(#[from] io::Error),
    /// The part ends inside a tag.
    #[error("markup ends inside a tag")]
    Cut,
    /// This is no markup.
    #[error("wrong markup")]
    Wrong,
}

/// A reader of markup.
pub(super) struct Markup<R> {
    input: Transcoder<R>,
    buffer: Vec<u8>,
    at: usize,
    name: String,
    attributes: Vec<Attribute>,
    used: usize,
    text: String,
    /// The last start tag had no content: its end comes next.
    closing: bool,
}

/// An attribute; `name` is without prefix.
#[derive(Debug, Default)]
struct Attribute {
    name: String,
    value: String,
    cut: bool,
}

/// The value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'m> {
    /// All of it.
    Whole(&'m str),
    /// Longer than [`VALUE_BYTES_MAX`].
    TooLong,
}

impl<'m> Value<'m> {
    /// The value if it was kept whole.
    pub(super) fn whole(self) -> Option<&'m str> {
        match self {
            Value::Whole(value) => Some(value),
            Value::TooLong => None,
        }
    }
}

impl<R: Read> Markup<R> {
    pub(super) fn new(input: R) -> Markup<R> {
        Markup {
            input: Transcoder::new(input),
            buffer: Vec::new(),
            at: 0,
            name: String::new(),
            attributes: Vec::new(),
            used: 0,
            text: String::new(),
            closing: false,
        }
    }

    /// The local name of the tag met last.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// An attribute of the start tag met last, by local name.
    pub(super) fn attribute(&self, name: &str) -> Option<Value<'_>> {
        let found = self.attributes[..self.used].iter().find(|a| a.name == name)?;
        Some(if found.cut { Value::TooLong } else { Value::Whole(&found.value) })
    }

    /// An attribute kept whole.
    pub(super) fn string(&self, name: &str) -> Option<&str> {
        self.attribute(name).and_then(Value::whole)
    }

    /// The text met last, its head if it is long.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Result<Event, MarkupError> {
        if std::mem::take(&mut self.closing) {
            return Ok(Event::End);
        }
        loop {
            let mut text = std::mem::take(&mut self.text);
            let found_tag = self.until(b'<', &mut text, TEXT_BYTES_MAX)?;
            resolve_entities(&mut text);
            self.text = text;
            if !self.text.trim().is_empty() {
                if found_tag {
                    // The tag stays for the next call.
                    self.at -= 1;
                }
                return Ok(Event::Text);
            }
            if !found_tag {
                return Ok(Event::Over);
            }
            match self.byte()?.ok_or(MarkupError::Cut)? {
                b'/' => {
                    self.read_name(None)?;
                    self.finish_until(b'>')?;
                    return Ok(Event::End);
                }
                b'?' => self.finish_through(b"?>")?,
                b'!' => {
                    if self.declaration()? {
                        return Ok(Event::Text);
                    }
                }
                first if is_name(first) => {
                    self.read_name(Some(first))?;
                    self.read_attributes()?;
                    return Ok(Event::Start);
                }
                _ => return Err(MarkupError::Wrong),
            }
        }
    }

    /// A comment, a CDATA section (true: its text is kept) or a DTD.
    fn declaration(&mut self) -> Result<bool, MarkupError> {
        let mut head = [0; 2];
        for slot in &mut head {
            *slot = self.byte()?.ok_or(MarkupError::Cut)?;
        }
        match &head {
            b"--" => self.finish_through(b"-->")?,
            b"[C" => {
                self.finish_until(b'[')?;
                let mut raw = Vec::new();
                while !raw.ends_with(b"]]>") {
                    if raw.len() >= TEXT_BYTES_MAX {
                        self.finish_through(b"]]>")?;
                        raw.extend_from_slice(b"]]>");
                        break;
                    }
                    raw.push(self.byte()?.ok_or(MarkupError::Cut)?);
                }
                raw.truncate(raw.len() - 3);
                self.text = String::from_utf8_lossy(&raw).into_owned();
                return Ok(true);
            }
            _ => {
                // A DTD; its internal subset is in brackets.
                let mut depth = 0u32;
                loop {
                    match self.byte()?.ok_or(MarkupError::Cut)? {
                        b'[' => depth += 1,
                        b']' => depth = depth.saturating_sub(1),
                        b'>' if depth == 0 => break,
                        _ => {}
                    }
                }
            }
        }
        Ok(false)
    }

    /// Reads a name up to the byte that ends it, which stays; the prefix is dropped.
    fn read_name(&mut self, first: Option<u8>) -> Result<(), MarkupError> {
        let mut name = std::mem::take(&mut self.name);
        name.clear();
        self.read_name_into(&mut name, first)?;
        self.name = name;
        Ok(())
    }

    fn read_name_into(&mut self, name: &mut String, first: Option<u8>) -> Result<(), MarkupError> {
        let mut next = match first {
            Some(byte) => Some(byte),
            None => self.byte()?,
        };
        while let Some(byte) = next {
            match byte {
                b':' => name.clear(),
                _ if is_name(byte) => {
                    if name.len() >= NAME_BYTES_MAX {
                        return Err(MarkupError::Wrong);
                    }
                    // Names outside ASCII are of no interest but must not break the string.
                    name.push(if byte.is_ascii() { char::from(byte) } else { '?' });
                }
                _ => {
                    self.at -= 1;
                    return Ok(());
                }
            }
            next = self.byte()?;
        }
        Err(MarkupError::Cut)
    }

    fn read_attributes(&mut self) -> Result<(), MarkupError> {
        self.used = 0;
        loop {
            match self.byte()?.ok_or(MarkupError::Cut)? {
                b'>' => return Ok(()),
                b'/' => {
                    self.finish_until(b'>')?;
                    self.closing = true;
                    return Ok(());
                }
                byte if byte.is_ascii_whitespace() => {}
                first if is_name(first) => {
                    if self.used == self.attributes.len() && self.used < ATTRIBUTES_MAX {
                        self.attributes.push(Attribute::default());
                    }
                    let mut attribute =
                        self.attributes.get_mut(self.used).map(std::mem::take).unwrap_or_default();
                    attribute.name.clear();
                    self.read_name_into(&mut attribute.name, Some(first))?;
                    self.read_value(&mut attribute)?;
                    if let Some(slot) = self.attributes.get_mut(self.used) {
                        *slot = attribute;
                        self.used += 1;
                    }
                }
                _ => return Err(MarkupError::Wrong),
            }
        }
    }

    fn read_value(&mut self, attribute: &mut Attribute) -> Result<(), MarkupError> {
        let mut byte = self.byte()?.ok_or(MarkupError::Cut)?;
        while byte.is_ascii_whitespace() {
            byte = self.byte()?.ok_or(MarkupError::Cut)?;
        }
        if byte != b'=' {
            return Err(MarkupError::Wrong);
        }
        let mut quote = self.byte()?.ok_or(MarkupError::Cut)?;
        while quote.is_ascii_whitespace() {
            quote = self.byte()?.ok_or(MarkupError::Cut)?;
        }
        if !matches!(quote, b'"' | b'\'') {
            return Err(MarkupError::Wrong);
        }
        if !self.until(quote, &mut attribute.value, VALUE_BYTES_MAX)? {
            return Err(MarkupError::Cut);
        }
        attribute.cut = attribute.value.len() >= VALUE_BYTES_MAX;
        resolve_entities(&mut attribute.value);
        Ok(())
    }

    /// Passes over bytes up to and with `end` and keeps their head. False at the end of the part.
    fn until(&mut self, end: u8, kept: &mut String, kept_bytes_max: usize) -> Result<bool, MarkupError> {
        let mut head = std::mem::take(kept).into_bytes();
        head.clear();
        let found = loop {
            if self.at == self.buffer.len() && !self.fill()? {
                break false;
            }
            let rest = &self.buffer[self.at..];
            let found = memchr::memchr(end, rest);
            let passed = &rest[..found.unwrap_or(rest.len())];
            head.extend_from_slice(&passed[..passed.len().min(kept_bytes_max - head.len())]);
            if let Some(found) = found {
                self.at += found + 1;
                break true;
            }
            self.at = self.buffer.len();
        };
        *kept = String::from_utf8(head)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok(found)
    }

    fn finish_until(&mut self, end: u8) -> Result<(), MarkupError> {
        loop {
            if self.byte()?.ok_or(MarkupError::Cut)? == end {
                return Ok(());
            }
        }
    }

    fn finish_through(&mut self, end: &[u8]) -> Result<(), MarkupError> {
        let mut window = std::collections::VecDeque::with_capacity(end.len());
        loop {
            if window.len() == end.len() {
                window.pop_front();
            }
            window.push_back(self.byte()?.ok_or(MarkupError::Cut)?);
            if window.iter().eq(end) {
                return Ok(());
            }
        }
    }

    #[inline]
    fn byte(&mut self) -> Result<Option<u8>, MarkupError> {
        if self.at == self.buffer.len() && !self.fill()? {
            return Ok(None);
        }
        self.at += 1;
        Ok(Some(self.buffer[self.at - 1]))
    }

    fn fill(&mut self) -> Result<bool, MarkupError> {
        // The byte before stays, so that one can always be put back.
        let last = self.buffer.last().copied();
        self.buffer.clear();
        self.buffer.extend(last);
        self.at = self.buffer.len();
        self.input.read_into(&mut self.buffer)?;
        Ok(self.at < self.buffer.len())
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':') || byte >= 0x80
}

/// Replaces the five named entities and character references.
fn resolve_entities(text: &mut String) {
    if !text.contains('&') {
        return;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.find(';').filter(|end| *end <= 12) else { break };
        let body = &rest[1..end];
        let number = body.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => n.parse().ok(),
        });
        match (body, number.and_then(char::from_u32)) {
            ("lt", _) => out.push('<'),
            ("gt", _) => out.push('>'),
            ("amp", _) => out.push('&'),
            ("quot", _) => out.push('"'),
            ("apos", _) => out.push('\''),
            (_, Some(character)) => out.push(character),
            (_, None) => out.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    *text = out;
}

/// UTF-8 or UTF-16 (XPS allows both, ECMA-388 section 7.3.2) to UTF-8.
struct Transcoder<R> {
    input: R,
    encoding: Option<Encoding>,
    raw: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl<R: Read> Transcoder<R> {
    fn new(input: R) -> Transcoder<R> {
        Transcoder { input, encoding: None, raw: Vec::new() }
    }

    /// Appends some bytes; none at the end of the part.
    fn read_into(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let before = out.len();
        if self.encoding == Some(Encoding::Utf8) {
            out.resize(before + BUFFER_BYTES, 0);
            let read = self.input.read(&mut out[before..])?;
            out.truncate(before + read);
            return Ok(());
        }
        loop {
            let held = self.raw.len();
            self.raw.resize(BUFFER_BYTES, 0);
            let read = self.input.read(&mut self.raw[held..])?;
            self.raw.truncate(held + read);
            if self.encoding.is_none() && (self.raw.len() >= 4 || read == 0) {
                self.see_mark();
            }
            match self.encoding {
                None => {}
                Some(Encoding::Utf8) => {
                    out.append(&mut self.raw);
                    if out.len() == before && read > 0 {
                        continue; // only a mark was there
                    }
                }
                Some(encoding) => self.transcode(encoding, read == 0, out),
            }
            if out.len() > before || read == 0 {
                return Ok(());
            }
        }
    }

    fn see_mark(&mut self) {
        let (encoding, mark) = match self.raw.as_slice() {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
            [0xFF, 0xFE, ..] => (Encoding::Utf16Le, 2),
            [0xFE, 0xFF, ..] => (Encoding::Utf16Be, 2),
            [b'<', 0, ..] => (Encoding::Utf16Le, 0),
            [0, b'<', ..] => (Encoding::Utf16Be, 0),
            _ => (Encoding::Utf8, 0),
        };
        self.encoding = Some(encoding);
        self.raw.drain(..mark);
    }

    fn transcode(&mut self, encoding: Encoding, last: bool, out: &mut Vec<u8>) {
        let unit = |pair: &[u8; 2]| match encoding {
            Encoding::Utf16Be => u16::from_be_bytes(*pair),
            Encoding::Utf16Le | Encoding::Utf8 => u16::from_le_bytes(*pair),
        };
        let (pairs, _) = self.raw.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(unit).collect();
        // Half of a surrogate pair waits for the other.
        if !last && units.last().is_some_and(|u| (0xD800..0xDC00).contains(u)) {
            units.pop();
        }
        for character in char::decode_utf16(units.iter().copied()) {
            let mut bytes = [0; 4];
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
        }
        self.raw.drain(..units.len() * 2);
        if last {
            self.raw.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let (Some((first, rest)), Some(slot)) = (self.0.split_first(), buf.first_mut()) else {
                return Ok(0);
            };
            *slot = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn story(input: impl Read) -> String {
        let mut markup = Markup::new(input);
        let mut out = String::new();
        loop {
            match markup.next().expect("well-formed") {
                Event::Start => {
                    out += &format!("<{}", markup.name());
                    for attribute in &markup.attributes[..markup.used] {
                        out += &format!(" {}={}", attribute.name, attribute.value);
                    }
                    out += ">";
                }
                Event::End => out += "</>",
                Event::Text => out += markup.text(),
                Event::Over => return out,
            }
        }
    }

    const SAMPLE: &str = "\u{feff}<?xml version=\"1.0\"?><!-- <no> --><p:Page x:Key = 'a&amp;b'  W=\"&#65;&#x42;\">\n  \
        <Path Data=\"M 0,0 > 1\"/>tëxt &lt;<![CDATA[ <raw> ]]></p:Page>\n";

    #[test]
    fn tags_attributes_and_text_come_out() {
        let told = "<Page Key=a&b W=AB><Path Data=M 0,0 > 1></>tëxt < <raw> </>";
        assert_eq!(story(SAMPLE.as_bytes()), told);
        assert_eq!(story(Drip(SAMPLE.as_bytes())), told);
        for big in [false, true] {
            let bytes: Vec<u8> = SAMPLE
                .encode_utf16()
                .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
                .collect();
            assert_eq!(story(bytes.as_slice()), told);
            assert_eq!(story(Drip(&bytes)), told);
        }
    }

    #[test]
    fn a_long_value_is_passed_over() {
        let page = format!("<Path Data=\"{}\" Fill=\"#123456\"/>", "L 1,2 ".repeat(100_000));
        let mut markup = Markup::new(page.as_bytes());
        assert_eq!(markup.next().expect("a tag"), Event::Start);
        assert_eq!(markup.attribute("Data"), Some(Value::TooLong));
        assert_eq!(markup.string("Fill"), Some("#123456"));
    }
}
