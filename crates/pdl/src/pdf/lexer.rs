//! Tokens and values in a slice of a PDF file or content stream (ISO 32000-1 7.2, 7.3).

use std::rc::Rc;

use crate::codec::{AsciiHex, is_space};

use super::object::{Dict, Id, Object};

/// Why no value could be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stop {
    /// The slice ends inside the value: with more bytes it may be whole.
    Short,
    /// What stands here is no value.
    Malformed,
}

/// What stands at one place of a content stream or object.
#[derive(Clone, Debug)]
pub(super) enum Token {
    /// A whole value.
    Value(Object),
    /// A bare word: an operator, `endobj`, `stream`, `R` and the like; its place in the slice.
    Word(usize, usize),
}

/// A reader over a slice.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    data: &'a [u8],
    at: usize,
    /// Whether `1 0 R` is a reference (files) or three operands (content streams).
    references: bool,
    /// Whether the end of the slice is the end of the data.
    complete: bool,
}

/// Deeper nested arrays and dictionaries are refused: no writer nests so, and recursion must end.
const DEPTH_MAX: u32 = 64;

impl<'a> Lexer<'a> {
    /// Reads a piece of a file; `complete` when nothing follows the slice.
    pub(super) fn file(data: &'a [u8], complete: bool) -> Self {
        Self { data, at: 0, references: true, complete }
    }

    /// Reads a content stream (or a piece of one).
    pub(super) fn content(data: &'a [u8], complete: bool) -> Self {
        Self { data, at: 0, references: false, complete }
    }

    /// Where the next token will be looked for.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Skips white space and comments.
    pub(super) fn skip_space(&mut self) {
        while let Some(&byte) = self.data.get(self.at) {
            if is_space(byte) {
                self.at += 1;
            } else if byte == b'%' {
                let rest = &self.data[self.at..];
                self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    /// The next token.
    ///
    /// # Errors
    /// [`Stop::Short`] at the end of the slice, [`Stop::Malformed`] with the position behind what was skipped.
    pub(super) fn token(&mut self) -> Result<Token, Stop> {
        self.nested(0)
    }

    /// The next value; a bare word is malformed.
    ///
    /// # Errors
    /// As [`Self::token`].
    pub(super) fn value(&mut self) -> Result<Object, Stop> {
        match self.token()? {
            Token::Value(value) => Ok(value),
            Token::Word(..) => Err(Stop::Malformed),
        }
    }

    /// Takes the keyword if it comes next.
    pub(super) fn keyword(&mut self, word: &[u8]) -> bool {
        self.skip_space();
        let found = self.data[self.at..].starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn nested(&mut self, depth: u32) -> Result<Token, Stop> {
        self.skip_space();
        let Some(&byte) = self.data.get(self.at) else { return Err(Stop::Short) };
        let value = match byte {
            b'/' => self.name()?,
            b'(' => self.literal_string()?,
            b'<' if self.data.get(self.at + 1) == Some(&b'<') => self.dict(depth)?,
            b'<' if self.at + 1 == self.data.len() && !self.complete => return Err(Stop::Short),
            b'<' => self.hex_string()?,
            b'[' => self.array(depth)?,
            b'+' | b'-' | b'.' | b'0'..=b'9' => return self.number_or_reference(),
            b')' | b'>' | b']' | b'{' | b'}' => {
                self.at += 1;
                return Ok(Token::Word(self.at - 1, self.at));
            }
            _ => return self.word(),
        };
        Ok(Token::Value(value))
    }

    fn regular_end(&self, from: usize) -> Result<usize, Stop> {
        match self.data[from..].iter().position(|byte| !is_regular(*byte)) {
            Some(length) => Ok(from + length),
            None if self.complete => Ok(self.data.len()),
            None => Err(Stop::Short),
        }
    }

    fn word(&mut self) -> Result<Token, Stop> {
        let (start, end) = (self.at, self.regular_end(self.at)?);
        self.at = end;
        Ok(match &self.data[start..end] {
            b"true" => Token::Value(Object::Bool(true)),
            b"false" => Token::Value(Object::Bool(false)),
            b"null" => Token::Value(Object::Null),
            _ => Token::Word(start, end),
        })
    }

    fn name(&mut self) -> Result<Object, Stop> {
        let (start, end) = (self.at + 1, self.regular_end(self.at + 1)?);
        self.at = end;
        let raw = &self.data[start..end];
        if !raw.contains(&b'#') {
            return Ok(Object::Name(raw.into()));
        }
        let mut name = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let [first, tail @ ..] = rest {
            let escaped = match (first, tail) {
                (b'#', [high, low, ..]) => AsciiHex::digit(*high).zip(AsciiHex::digit(*low)),
                _ => None,
            };
            match escaped {
                Some((high, low)) => {
                    name.push(high << 4 | low);
                    rest = &tail[2..];
                }
                None => {
                    name.push(*first);
                    rest = tail;
                }
            }
        }
        Ok(Object::Name(name.into()))
    }

    fn number_or_reference(&mut self) -> Result<Token, Stop> {
        let number = self.number()?;
        if !self.references {
            return Ok(Token::Value(number));
        }
        let Object::Int(first) = number else { return Ok(Token::Value(number)) };
        let Ok(object) = u32::try_from(first) else { return Ok(Token::Value(number)) };
        let back = self.at;
        match self.reference_tail() {
            Ok(Some(generation)) => Ok(Token::Value(Object::Reference(Id { number: object, generation }))),
            Ok(None) => {
                self.at = back;
                Ok(Token::Value(number))
            }
            Err(stop) => {
                self.at = back;
                Err(stop)
            }
        }
    }

    /// ` generation R` behind an object number.
    fn reference_tail(&mut self) -> Result<Option<u16>, Stop> {
        self.skip_space();
        let digits = self.data[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if self.at + digits == self.data.len() && !self.complete {
            return Err(Stop::Short);
        }
        if digits == 0 || digits > 5 {
            return Ok(None);
        }
        let generation =
            self.data[self.at..self.at + digits].iter().fold(0_u32, |n, d| n * 10 + u32::from(d - b'0'));
        self.at += digits;
        self.skip_space();
        if self.at + 1 >= self.data.len() && !self.complete {
            return Err(Stop::Short);
        }
        let is_reference = self.data.get(self.at) == Some(&b'R')
            && self.data.get(self.at + 1).is_none_or(|byte| !is_regular(*byte));
        if !is_reference {
            return Ok(None);
        }
        self.at += 1;
        Ok(u16::try_from(generation).ok())
    }

    /// Numbers as viewers read them: repeated signs, a sign in the middle and missing digits are tolerated.
    fn number(&mut self) -> Result<Object, Stop> {
        let (start, end) = (self.at, self.regular_end(self.at)?);
        let mut at = start;
        let mut negative = false;
        while let Some(sign @ (b'+' | b'-')) = self.data[start..end].get(at - start) {
            negative |= *sign == b'-';
            at += 1;
        }
        let mut whole = 0_f64;
        let mut exact = Some(0_i64);
        let mut scale = 0_f64;
        let mut digits = 0;
        while at < end {
            match self.data[at] {
                digit @ b'0'..=b'9' => {
                    let digit = digit - b'0';
                    digits += 1;
                    if scale == 0.0 {
                        whole = whole * 10.0 + f64::from(digit);
                        exact = exact.and_then(|value| value.checked_mul(10)?.checked_add(digit.into()));
                    } else {
                        whole += f64::from(digit) * scale;
                        scale /= 10.0;
                    }
                }
                b'.' if scale == 0.0 => scale = 0.1,
                // "12-34": the rest is dropped, as Acrobat does.
                b'-' => {
                    at = end;
                    break;
                }
                _ => break,
            }
            at += 1;
        }
        if at == start || (digits == 0 && scale == 0.0 && at < end) {
            self.at = end;
            return Ok(Object::Null);
        }
        self.at = at;
        Ok(match exact {
            Some(value) if scale == 0.0 => Object::Int(if negative { -value } else { value }),
            _ => Object::Real(if negative { -whole } else { whole }),
        })
    }

    fn literal_string(&mut self) -> Result<Object, Stop> {
        let mut out = Vec::new();
        let mut depth = 0_u32;
        let mut at = self.at;
        let end_short = if self.complete { Stop::Malformed } else { Stop::Short };
        loop {
            let Some(&byte) = self.data.get(at) else {
                if self.complete {
                    self.at = at;
                }
                return Err(end_short);
            };
            at += 1;
            match byte {
                b'(' => {
                    if depth > 0 {
                        out.push(byte);
                    }
                    depth += 1;
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at = at;
                        return Ok(Object::String(out.into()));
                    }
                    out.push(byte);
                }
                b'\\' => {
                    let Some(&escape) = self.data.get(at) else { return Err(end_short) };
                    at += 1;
                    match escape {
                        b'n' => out.push(b'\n'),
                        b'r' => out.push(b'\r'),
                        b't' => out.push(b'\t'),
                        b'b' => out.push(8),
                        b'f' => out.push(12),
                        b'\n' => {}
                        b'\r' => at += usize::from(self.data.get(at) == Some(&b'\n')),
                        b'0'..=b'7' => {
                            let mut value = u32::from(escape - b'0');
                            for _ in 0..2 {
                                let Some(digit @ b'0'..=b'7') = self.data.get(at) else { break };
                                value = value * 8 + u32::from(digit - b'0');
                                at += 1;
                            }
                            out.push(value as u8);
                        }
                        other => out.push(other),
                    }
                }
                b'\r' => {
                    at += usize::from(self.data.get(at) == Some(&b'\n'));
                    out.push(b'\n');
                }
                _ => out.push(byte),
            }
        }
    }

    fn hex_string(&mut self) -> Result<Object, Stop> {
        let start = self.at + 1;
        let Some(length) = memchr::memchr(b'>', &self.data[start..]) else {
            if self.complete {
                self.at = self.data.len();
                return Err(Stop::Malformed);
            }
            return Err(Stop::Short);
        };
        self.at = start + length + 1;
        let mut digits = self.data[start..start + length].iter().filter_map(|byte| AsciiHex::digit(*byte));
        let mut out = Vec::with_capacity(length / 2);
        while let Some(high) = digits.next() {
            out.push(high << 4 | digits.next().unwrap_or(0));
        }
        Ok(Object::String(out.into()))
    }

    fn array(&mut self, depth: u32) -> Result<Object, Stop> {
        if depth >= DEPTH_MAX {
            self.at += 1;
            return Err(Stop::Malformed);
        }
        self.at += 1;
        let mut items = Vec::new();
        loop {
            match self.nested(depth + 1) {
                Ok(Token::Value(value)) => items.push(value),
                Ok(Token::Word(start, end)) => match &self.data[start..end] {
                    b"]" => return Ok(Object::Array(items.into())),
                    b"endobj" | b"endstream" | b">" => {
                        self.at = start;
                        return Ok(Object::Array(items.into()));
                    }
                    _ => {}
                },
                Err(Stop::Short) if self.complete && self.at >= self.data.len() => {
                    return Ok(Object::Array(items.into()));
                }
                Err(Stop::Malformed) if self.at < self.data.len() => {}
                Err(stop) => return Err(stop),
            }
        }
    }

    fn dict(&mut self, depth: u32) -> Result<Object, Stop> {
        if depth >= DEPTH_MAX {
            self.at += 2;
            return Err(Stop::Malformed);
        }
        self.at += 2;
        let mut entries: Vec<(Rc<[u8]>, Object)> = Vec::new();
        let mut key: Option<Rc<[u8]>> = None;
        loop {
            match self.nested(depth + 1) {
                Ok(Token::Value(value)) => match (key.take(), value) {
                    (Some(key), value) => entries.push((key, value)),
                    (None, Object::Name(name)) => key = Some(name),
                    (None, _) => {}
                },
                Ok(Token::Word(start, end)) => match &self.data[start..end] {
                    b">" => {
                        if self.data.get(self.at) == Some(&b'>') {
                            self.at += 1;
                        } else if self.at >= self.data.len() && !self.complete {
                            return Err(Stop::Short);
                        }
                        return Ok(Object::Dict(Dict::new(entries)));
                    }
                    // The closing brackets are missing.
                    b"endobj" | b"stream" => {
                        self.at = start;
                        return Ok(Object::Dict(Dict::new(entries)));
                    }
                    _ => key = None,
                },
                Err(Stop::Short) if self.complete && self.at >= self.data.len() => {
                    return Ok(Object::Dict(Dict::new(entries)));
                }
                Err(Stop::Malformed) if self.at < self.data.len() => {}
                Err(stop) => return Err(stop),
            }
        }
    }
}

/// Whether a byte can be part of a name, number or word.
pub(super) fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(object: &Object) -> String {
        match object {
            Object::Null => "null".into(),
            Object::Bool(value) => value.to_string(),
            Object::Int(value) => value.to_string(),
            Object::Real(value) => format!("{value:.3}"),
            Object::String(bytes) => format!("({})", bytes.escape_ascii()),
            Object::Name(bytes) => format!("/{}", bytes.escape_ascii()),
            Object::Array(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
            Object::Dict(dict) => {
                let entries: Vec<_> = dict
                    .iter()
                    .map(|(key, value)| format!("{} {}", key.escape_ascii(), show(value)))
                    .collect();
                format!("<{}>", entries.join(" "))
            }
            Object::Stream(_) => "stream".into(),
            Object::Reference(id) => format!("{}:{}", id.number, id.generation),
        }
    }

    #[test]
    fn values_are_read_as_viewers_read_them() {
        let rows = [
            ("12 0 R", "12:0"),
            ("12 0 RG", "12"),
            ("-.5", "-0.500"),
            ("--5", "-5"),
            ("4.", "4.000"),
            ("+17", "17"),
            ("18446744073709551616", "18446744073709551616.000"),
            ("/A#42#2", "/AB#2"),
            (r"(a\(b\)(c)\101\n)", r"(a(b)(c)A\n)"),
            ("<48 656c6C6f7>", "(Hellop)"),
            ("[1 2 0 R/N(x)<</K[]>>]", "[1 2:0 /N (x) <K []>]"),
            ("<</A 1/B<</C 2>>/D true>>", "<A 1 B <C 2> D true>"),
            ("<</A 1 % comment >>\n/B null>>", "<A 1 B null>"),
            ("<</A 1 endobj", "<A 1>"),
            ("[1 2", "[1 2]"),
        ];
        for (text, want) in rows {
            let got = Lexer::file(text.as_bytes(), true).value().map(|value| show(&value));
            assert_eq!(got.as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn a_cut_value_is_short_and_never_wrong() {
        let text = b"<</A[1 2 0 R (str\\)ing) <4142>]/B 1.5/C/Name>> ";
        let whole = show(&Lexer::file(text, false).value().expect("whole"));
        for cut in 0..text.len() - 1 {
            match Lexer::file(&text[..cut], false).value() {
                Err(Stop::Short) => {}
                Ok(value) => assert_eq!(show(&value), whole, "cut at {cut}"),
                Err(stop) => panic!("{stop:?} at {cut}"),
            }
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "[".repeat(100_000);
        let _ = Lexer::file(deep.as_bytes(), true).value();
        let deep = "<</A".repeat(100_000);
        let _ = Lexer::file(deep.as_bytes(), true).value();
    }
}
