//! Tokens (PLRM 3.2): numbers, names, strings, procedures; read from any file, resumable at any byte.

use crate::codec::{Ascii85, AsciiHex, decode_all, is_space};
use crate::reader::UEL;

use super::binary::Binary;
use super::files::{Fill, fill};
use super::machine::Machine;
use super::object::{Attributes, ErrorName, Fault, FileId, Object};

/// Where the scanner was when the bytes ran out.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    mode: Mode,
    /// The procedures being read, outermost first.
    procedures: Vec<Vec<Object>>,
}

#[derive(Debug, Default)]
enum Mode {
    #[default]
    Token,
    Comment(Vec<u8>),
    /// Inside parentheses: their depth, what was read, and an escape that is not complete.
    Literal {
        depth: u32,
        bytes: Vec<u8>,
        escape: Escape,
    },
    Hex(Vec<u8>, Option<u8>),
    Base85(Vec<u8>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Escape {
    None,
    Backslash,
    /// Octal digits so far and their value.
    Octal(u8, u8),
    /// After a carriage return, whose line feed is part of it; the first was escaped, the second is kept as `\n`.
    Return,
}

/// What the scanner found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scanned {
    Object(Object),
    /// A binary object sequence: it is executed, not pushed.
    Sequence(Object),
    End,
}

/// A longer name or number is an error.
const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// A longer string is an error.
const STRING_BYTES_MAX: usize = 64 << 20;
/// Elements of one procedure.
const PROCEDURE_LENGTH_MAX: usize = 1 << 20;
const PROCEDURE_DEPTH_MAX: usize = 1_000;
/// Of a comment so much is looked at.
const COMMENT_BYTES_MAX: usize = 4_096;

impl Scanner {
    /// Forgets a half-read token.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// The objects of half-read procedures.
    pub(super) fn roots(&self) -> impl Iterator<Item = Object> + '_ {
        self.procedures.iter().flatten().copied()
    }
}

const REGULAR: [bool; 256] = {
    let mut table = [true; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = !(is_space(byte as u8)
            || matches!(byte as u8, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'));
        byte += 1;
    }
    table
};

impl Machine {
    /// Reads one object from a file.
    pub(super) fn scan(&mut self, file: FileId) -> Result<Scanned, Fault> {
        match self.scan_some(file) {
            Err(Fault::Error(error)) => {
                self.scanner.reset();
                Err(Fault::Error(error))
            }
            other => other,
        }
    }

    fn scan_some(&mut self, file: FileId) -> Result<Scanned, Fault> {
        loop {
            match self.scanner.mode {
                Mode::Token => {
                    let found = self.token(file)?;
                    match found {
                        Token::Again => {}
                        Token::End if self.scanner.procedures.is_empty() => return Ok(Scanned::End),
                        Token::End => return Err(ErrorName::SyntaxError.into()),
                        Token::Open => {
                            if self.scanner.procedures.len() >= PROCEDURE_DEPTH_MAX {
                                return Err(ErrorName::LimitCheck.into());
                            }
                            self.scanner.procedures.push(Vec::new());
                        }
                        Token::Close => {
                            let items = self.scanner.procedures.pop().ok_or(ErrorName::SyntaxError)?;
                            let span = self.vm.new_array(items)?;
                            if let Some(done) = self.found(Object::Array(Attributes::new(true), span))? {
                                return Ok(Scanned::Object(done));
                            }
                        }
                        Token::Object(object) => {
                            if let Some(done) = self.found(object)? {
                                return Ok(Scanned::Object(done));
                            }
                        }
                        Token::Sequence(object) => {
                            if let Some(done) = self.found(object)? {
                                return Ok(Scanned::Sequence(done));
                            }
                        }
                    }
                }
                Mode::Comment(_) => self.comment(file)?,
                Mode::Literal { .. } | Mode::Hex(..) | Mode::Base85(_) => {
                    let bytes = self.string(file)?;
                    let span = self.vm.new_string(bytes)?;
                    if let Some(done) = self.found(Object::String(Attributes::new(false), span))? {
                        return Ok(Scanned::Object(done));
                    }
                }
            }
        }
    }

    /// An object is complete: an element of the innermost procedure, or what was asked for.
    fn found(&mut self, object: Object) -> Result<Option<Object>, Fault> {
        match self.scanner.procedures.last_mut() {
            None => Ok(Some(object)),
            Some(items) if items.len() >= PROCEDURE_LENGTH_MAX => Err(ErrorName::LimitCheck.into()),
            Some(items) => {
                items.push(object);
                Ok(None)
            }
        }
    }

    /// Reads a comment to the end of its line.
    fn comment(&mut self, file: FileId) -> Result<(), Fault> {
        while let Some(source) = self.vm.file_mut(file) {
            let bytes = source.available();
            let end = memchr::memchr2(b'\n', b'\r', bytes);
            let Mode::Comment(line) = &mut self.scanner.mode else { break };
            let seen = &bytes[..end.unwrap_or(bytes.len())];
            let room = COMMENT_BYTES_MAX.saturating_sub(line.len());
            line.extend_from_slice(&seen[..seen.len().min(room)]);
            let count = seen.len();
            source.take(count);
            if end.is_some() || fill(&mut self.vm, file)? == Fill::End {
                break;
            }
        }
        if let Mode::Comment(line) = std::mem::take(&mut self.scanner.mode)
            && self.vm.file(file).is_some_and(super::files::File::is_job)
        {
            self.dsc.comment(&line);
        }
        Ok(())
    }

    /// Reads on in a string until it is complete.
    fn string(&mut self, file: FileId) -> Result<Vec<u8>, Fault> {
        loop {
            let mut complete = false;
            let Some(source) = self.vm.file_mut(file) else { return Err(ErrorName::SyntaxError.into()) };
            let bytes = source.available();
            let used = match &mut self.scanner.mode {
                Mode::Literal { depth, bytes: out, escape } => {
                    literal(bytes, depth, out, escape, &mut complete)
                }
                Mode::Hex(out, high) => hex(bytes, out, high, &mut complete)?,
                Mode::Base85(out) => {
                    // `>` is a digit of this encoding as well; behind `~` it is the end.
                    let mut marked = out.last() == Some(&b'~');
                    let end = bytes.iter().position(|byte| {
                        let ends = marked && *byte == b'>';
                        marked = *byte == b'~';
                        ends
                    });
                    complete = end.is_some();
                    let used = end.map_or(bytes.len(), |end| end + 1);
                    out.extend_from_slice(&bytes[..used]);
                    used
                }
                Mode::Token | Mode::Comment(_) => return Err(ErrorName::SyntaxError.into()),
            };
            let length = match &self.scanner.mode {
                Mode::Literal { bytes, .. } | Mode::Hex(bytes, _) | Mode::Base85(bytes) => bytes.len(),
                Mode::Token | Mode::Comment(_) => 0,
            };
            if length > STRING_BYTES_MAX {
                return Err(ErrorName::LimitCheck.into());
            }
            source.take(used);
            if complete {
                return Ok(match std::mem::take(&mut self.scanner.mode) {
                    Mode::Literal { bytes, .. } => bytes,
                    Mode::Hex(mut bytes, high) => {
                        bytes.extend(high.map(|high| high << 4));
                        bytes
                    }
                    Mode::Base85(raw) => {
                        let length = raw.len().saturating_mul(4);
                        decode_all(&mut Ascii85::default(), &raw, length)
                    }
                    Mode::Token | Mode::Comment(_) => Vec::new(),
                });
            }
            if fill(&mut self.vm, file)? == Fill::End {
                return Err(ErrorName::SyntaxError.into());
            }
        }
    }

    /// Reads a token, or begins one that has a mode of its own.
    fn token(&mut self, file: FileId) -> Result<Token, Fault> {
        loop {
            let Some(source) = self.vm.file_mut(file) else { return Ok(Token::End) };
            let bytes = source.available();
            let skip = bytes.iter().position(|byte| !is_space(*byte)).unwrap_or(bytes.len());
            let over = source.is_over();
            let Some(&first) = bytes.get(skip) else {
                source.take(skip);
                if fill(&mut self.vm, file)? == Fill::End {
                    return Ok(Token::End);
                }
                continue;
            };
            if source.is_job() && matches!(first, 0x04 | 0x1b) {
                match job_end(&bytes[skip..], over) {
                    JobEnd::Here(length) => {
                        source.take(skip);
                        self.end_job(length);
                        return Ok(Token::End);
                    }
                    JobEnd::Perhaps => {
                        source.take(skip);
                        self.held_back = true;
                        return Err(Fault::NeedInput);
                    }
                    JobEnd::No => {}
                }
            }
            let second = bytes.get(skip + 1).copied();
            let needs_second = matches!(first, b'<' | b'>' | b'/') && second.is_none() && !over;
            if needs_second {
                fill(&mut self.vm, file)?;
                continue;
            }
            let (length, token) = match (first, second) {
                (b'%', _) => {
                    self.scanner.mode = Mode::Comment(Vec::new());
                    (0, Token::Again)
                }
                (b'(', _) => {
                    self.scanner.mode = Mode::Literal { depth: 1, bytes: Vec::new(), escape: Escape::None };
                    (1, Token::Again)
                }
                (b'<', Some(b'<')) => (2, self.executable_name(b"<<")?),
                (b'>', Some(b'>')) => (2, self.executable_name(b">>")?),
                (b'<', Some(b'~')) => {
                    self.scanner.mode = Mode::Base85(Vec::new());
                    (2, Token::Again)
                }
                (b'<', _) => {
                    self.scanner.mode = Mode::Hex(Vec::new(), None);
                    (1, Token::Again)
                }
                (b'[', _) => (1, self.executable_name(b"[")?),
                (b']', _) => (1, self.executable_name(b"]")?),
                (b'{', _) => (1, Token::Open),
                (b'}', _) => (1, Token::Close),
                (b')' | b'>', _) => {
                    source.take(skip + 1);
                    return Err(ErrorName::SyntaxError.into());
                }
                (b'/', second) => {
                    let immediate = second == Some(b'/');
                    let start = skip + 1 + usize::from(immediate);
                    let rest = &bytes[start..];
                    let length = rest.iter().position(|byte| !REGULAR[usize::from(*byte)]);
                    // A carriage return may have a line feed to it.
                    let undecided = length.is_none_or(|length| rest[length..] == *b"\r");
                    if undecided && !over {
                        if rest.len() > TOKEN_BYTES_MAX {
                            return Err(ErrorName::LimitCheck.into());
                        }
                        fill(&mut self.vm, file)?;
                        continue;
                    }
                    let length = length.unwrap_or(rest.len());
                    let name = self.names.intern(&rest[..length])?;
                    let end = start + length;
                    source.take(end);
                    self.after_token(file);
                    if !immediate {
                        return Ok(Token::Object(Object::name(name)));
                    }
                    return match self.lookup(name) {
                        Some(value) => Ok(Token::Object(value)),
                        None => {
                            self.culprit = Object::name(name);
                            Err(ErrorName::Undefined.into())
                        }
                    };
                }
                (first, _) if self.object_format != 0 && super::binary::FIRST.contains(&first) => {
                    let rest = &bytes[skip..];
                    let wanted = match super::binary::length(rest) {
                        Ok(Some(length)) if rest.len() >= length => length,
                        Ok(_) if !over => {
                            fill(&mut self.vm, file)?;
                            continue;
                        }
                        Ok(_) => return Err(ErrorName::SyntaxError.into()),
                        Err(fault) => {
                            source.take(skip + 1);
                            return Err(fault);
                        }
                    };
                    let token = rest[..wanted].to_vec();
                    source.take(skip + wanted);
                    return Ok(match self.binary_token(&token)? {
                        Binary::Object(object) => Token::Object(object),
                        Binary::Sequence(object) => Token::Sequence(object),
                    });
                }
                _ => {
                    let rest = &bytes[skip..];
                    let length = rest.iter().position(|byte| !REGULAR[usize::from(*byte)]);
                    // A carriage return may have a line feed to it.
                    let undecided = length.is_none_or(|length| rest[length..] == *b"\r");
                    if undecided && !over {
                        if rest.len() > TOKEN_BYTES_MAX {
                            return Err(ErrorName::LimitCheck.into());
                        }
                        fill(&mut self.vm, file)?;
                        continue;
                    }
                    let text = &rest[..length.unwrap_or(rest.len())];
                    let token = match number(text) {
                        Some(number) => number,
                        None => Object::Name(Attributes::new(true), self.names.intern(text)?),
                    };
                    let end = skip + text.len();
                    source.take(end);
                    self.after_token(file);
                    return Ok(Token::Object(token));
                }
            };
            if let Some(source) = self.vm.file_mut(file) {
                source.take(skip + length);
            }
            return Ok(token);
        }
    }

    /// One white-space character behind a name or number belongs to it (PLRM 3.2.2): programs read binary data
    /// right behind it. A carriage return takes its line feed along.
    fn after_token(&mut self, file: FileId) {
        if let Some(source) = self.vm.file_mut(file) {
            match source.available() {
                [b'\r', b'\n', ..] => source.take(2),
                [byte, ..] if is_space(*byte) => source.take(1),
                _ => {}
            }
        }
    }

    fn executable_name(&mut self, text: &[u8]) -> Result<Token, Fault> {
        Ok(Token::Object(Object::Name(Attributes::new(true), self.names.intern(text)?)))
    }
}

/// Whether the job ends where the scanner stands.
enum JobEnd {
    /// So many bytes belong to its end.
    Here(usize),
    /// With more bytes it may.
    Perhaps,
    No,
}

/// Control-D ends a job and is part of it; a Universal Exit Language sequence ends it and is not.
fn job_end(bytes: &[u8], over: bool) -> JobEnd {
    if bytes[0] == 0x04 {
        JobEnd::Here(1)
    } else if bytes.starts_with(UEL) {
        JobEnd::Here(0)
    } else if !over && UEL.starts_with(bytes) {
        JobEnd::Perhaps
    } else {
        JobEnd::No
    }
}

enum Token {
    Object(Object),
    /// A binary object sequence.
    Sequence(Object),
    Open,
    Close,
    /// A mode was entered, or something without meaning was skipped.
    Again,
    End,
}

fn literal(
    bytes: &[u8],
    depth: &mut u32,
    out: &mut Vec<u8>,
    escape: &mut Escape,
    complete: &mut bool,
) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match *escape {
            Escape::None => {
                let plain = bytes[at..].iter().position(|byte| matches!(byte, b'(' | b')' | b'\\' | b'\r'));
                let plain = plain.unwrap_or(bytes.len() - at);
                if plain > 0 {
                    out.extend_from_slice(&bytes[at..at + plain]);
                    at += plain;
                    continue;
                }
                match byte {
                    b'(' => {
                        *depth += 1;
                        out.push(byte);
                    }
                    b')' => {
                        *depth -= 1;
                        if *depth == 0 {
                            *complete = true;
                            return at + 1;
                        }
                        out.push(byte);
                    }
                    b'\\' => *escape = Escape::Backslash,
                    _ => {
                        out.push(b'\n');
                        *escape = Escape::Return;
                    }
                }
            }
            Escape::Return => {
                *escape = Escape::None;
                if byte != b'\n' {
                    continue;
                }
            }
            Escape::Backslash => {
                *escape = Escape::None;
                match byte {
                    b'n' => out.push(b'\n'),
                    b'r' => out.push(b'\r'),
                    b't' => out.push(b'\t'),
                    b'b' => out.push(8),
                    b'f' => out.push(12),
                    b'0'..=b'7' => *escape = Escape::Octal(1, byte - b'0'),
                    b'\n' => {}
                    b'\r' => *escape = Escape::Return,
                    other => out.push(other),
                }
            }
            Escape::Octal(digits, value) => match byte {
                b'0'..=b'7' if digits < 3 => {
                    *escape = Escape::Octal(digits + 1, value.wrapping_mul(8).wrapping_add(byte - b'0'))
                }
                _ => {
                    out.push(value);
                    *escape = Escape::None;
                    continue;
                }
            },
        }
        at += 1;
    }
    at
}

fn hex(bytes: &[u8], out: &mut Vec<u8>, high: &mut Option<u8>, complete: &mut bool) -> Result<usize, Fault> {
    for (at, byte) in bytes.iter().enumerate() {
        match (AsciiHex::digit(*byte), *high) {
            (Some(digit), None) => *high = Some(digit),
            (Some(digit), Some(first)) => {
                out.push(first << 4 | digit);
                *high = None;
            }
            (None, _) if *byte == b'>' => {
                *complete = true;
                return Ok(at + 1);
            }
            (None, _) if is_space(*byte) => {}
            (None, _) => return Err(ErrorName::SyntaxError.into()),
        }
    }
    Ok(bytes.len())
}

/// A number as PLRM 3.2.2 has it: integers, reals, radix numbers; `None` for names.
pub(super) fn number(text: &[u8]) -> Option<Object> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let first = *digits.first()?;
    if !first.is_ascii_digit() && first != b'.' {
        return None;
    }
    if digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit) {
        let value = digits.iter().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
        return Some(Object::Int(if negative { -value } else { value }));
    }
    if digits.len() <= 16
        && let Some(point) = digits.iter().position(|byte| *byte == b'.')
    {
        let (whole, fraction) = (&digits[..point], &digits[point + 1..]);
        if whole.iter().chain(fraction).all(u8::is_ascii_digit) {
            if whole.is_empty() && fraction.is_empty() {
                return None;
            }
            let value =
                whole.iter().chain(fraction).fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
            let value = value as f64 / POWERS[fraction.len()];
            return Some(Object::Real(if negative { -value } else { value } as f32));
        }
    }
    if let Some(mark) = digits.iter().position(|byte| *byte == b'#') {
        return radix(&digits[..mark], &digits[mark + 1..]).filter(|_| text.len() == digits.len());
    }
    let allowed = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if !digits.iter().all(allowed) {
        return None;
    }
    let value: f64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Object::Real(if negative { -value } else { value } as f32))
}

const POWERS: [f64; 17] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16];

fn radix(base: &[u8], digits: &[u8]) -> Option<Object> {
    if base.is_empty() || base.len() > 2 || digits.is_empty() || !base.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let base = base.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    if !(2..=36).contains(&base) {
        return None;
    }
    let mut value = 0_u64;
    for byte in digits {
        let digit = u64::from(char::from(*byte).to_digit(36)?);
        if digit >= base {
            return None;
        }
        value = value.checked_mul(base)?.checked_add(digit)?;
    }
    Some(Object::Int(value as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_told_apart() {
        let rows = [
            ("12", Some(Object::Int(12))),
            ("-7", Some(Object::Int(-7))),
            ("+7", Some(Object::Int(7))),
            ("1.5", Some(Object::Real(1.5))),
            ("-.5", Some(Object::Real(-0.5))),
            ("4.", Some(Object::Real(4.0))),
            ("1e3", Some(Object::Real(1000.0))),
            ("1.5E-1", Some(Object::Real(0.15))),
            ("16#ff", Some(Object::Int(255))),
            ("8#1777", Some(Object::Int(1023))),
            ("9999999999999999999999", Some(Object::Real(1e22))),
            ("-", None),
            (".", None),
            ("1a", None),
            ("2#12", None),
            ("inf", None),
            ("1-2", None),
            ("a.b", None),
        ];
        for (text, want) in rows {
            assert_eq!(number(text.as_bytes()), want, "{text}");
        }
    }
}
