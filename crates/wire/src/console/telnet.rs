//! Octets to lines (RFC 854).
//!
//! Clients that speak no telnet, as `nc`, work as well: they send no commands and overlook ours. A client that sends
//! character by character, because it was told that we echo, corrects itself with backspace.

use zeroize::Zeroizing;

use super::limits::{LINE_BYTES_MAX, NEGOTIATIONS_MAX};

const SE: u8 = 240;
const INTERRUPT: u8 = 244;
const ARE_YOU_THERE: u8 = 246;
const ERASE_CHARACTER: u8 = 247;
const ERASE_LINE: u8 = 248;
const SB: u8 = 250;
const WILL: u8 = 251;
const WONT: u8 = 252;
const DO: u8 = 253;
const DONT: u8 = 254;
/// Interpret as command.
const IAC: u8 = 255;
/// RFC 857.
const ECHO: u8 = 1;

/// "I echo what you send": the client then shows nothing itself, and we show nothing either.
pub const ECHO_OFF_AT_CLIENT: [u8; 3] = [IAC, WILL, ECHO];
/// "I no longer echo".
pub const ECHO_ON_AT_CLIENT: [u8; 3] = [IAC, WONT, ECHO];

/// What the client sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Input {
    /// A line without its end. A console is also typed passwords into.
    Line(Zeroizing<String>),
    /// A line that is no UTF-8, or longer than [`LINE_BYTES_MAX`].
    BadLine,
    /// Octets to be sent back: the answer to a request.
    Reply(Vec<u8>),
    /// More requests than a client has any reason for.
    TooMany,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum State {
    #[default]
    Data,
    /// After a carriage return: its line feed or NUL belongs to it.
    Return,
    Iac,
    /// WILL, WONT, DO or DONT came; the option follows.
    Option(u8),
    Subnegotiation,
    SubnegotiationIac,
}

/// Takes octets, gives lines.
#[derive(Debug, Default)]
pub struct Telnet {
    state: State,
    line: Zeroizing<Vec<u8>>,
    too_long: bool,
    negotiations: u32,
    /// What we offered: a client that accepts it is not answered again (RFC 854, loops).
    echo_offered: bool,
}

impl Telnet {
    /// Whether the client was told that we echo.
    pub fn echo_offered(&mut self, offered: bool) {
        self.echo_offered = offered;
    }

    /// Takes one octet.
    pub fn octet(&mut self, octet: u8) -> Option<Input> {
        match self.state {
            State::Data => self.data(octet),
            State::Return => {
                self.state = State::Data;
                if matches!(octet, b'\n' | 0) { None } else { self.data(octet) }
            }
            State::Iac => self.command(octet),
            State::Option(verb) => {
                self.state = State::Data;
                self.option(verb, octet)
            }
            State::Subnegotiation => {
                if octet == IAC {
                    self.state = State::SubnegotiationIac;
                }
                None
            }
            State::SubnegotiationIac => {
                self.state = if octet == SE { State::Data } else { State::Subnegotiation };
                None
            }
        }
    }

    fn data(&mut self, octet: u8) -> Option<Input> {
        match octet {
            IAC => self.state = State::Iac,
            b'\r' => {
                self.state = State::Return;
                return Some(self.line());
            }
            b'\n' => return Some(self.line()),
            0x08 | 0x7f => self.erase(),
            // Ctrl-U and Ctrl-C begin the line again.
            0x15 | 0x03 => self.line.clear(),
            // Ctrl-D of a client that sends characters.
            0x04 if self.line.is_empty() => return Some(Input::Line(Zeroizing::new("logoff".to_owned()))),
            b'\t' => self.push(b' '),
            0..0x20 => {}
            _ => self.push(octet),
        }
        None
    }

    fn push(&mut self, octet: u8) {
        if self.line.len() < LINE_BYTES_MAX {
            self.line.push(octet);
        } else {
            self.too_long = true;
        }
    }

    /// Takes back one character, which may be several octets.
    fn erase(&mut self) {
        while self.line.pop().is_some_and(|octet| octet & 0xc0 == 0x80) {}
    }

    fn line(&mut self) -> Input {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.too_long) {
            return Input::BadLine;
        }
        match std::str::from_utf8(&line) {
            Ok(text) => Input::Line(Zeroizing::new(text.to_owned())),
            Err(_) => Input::BadLine,
        }
    }

    fn command(&mut self, octet: u8) -> Option<Input> {
        self.state = State::Data;
        match octet {
            // Doubled, it is the octet itself, which no UTF-8 has.
            IAC => self.push(IAC),
            WILL | WONT | DO | DONT => self.state = State::Option(octet),
            SB => self.state = State::Subnegotiation,
            INTERRUPT | ERASE_LINE => self.line.clear(),
            ERASE_CHARACTER => self.erase(),
            ARE_YOU_THERE => return self.reply(b"[yes]\r\n".to_vec()),
            _ => {}
        }
        None
    }

    fn option(&mut self, verb: u8, option: u8) -> Option<Input> {
        match verb {
            WILL => self.reply(vec![IAC, DONT, option]),
            DO if option == ECHO && self.echo_offered => None,
            DO => self.reply(vec![IAC, WONT, option]),
            // Refusals and ends need no answer: nothing of it is on.
            _ => None,
        }
    }

    fn reply(&mut self, octets: Vec<u8>) -> Option<Input> {
        self.negotiations += 1;
        Some(if self.negotiations > NEGOTIATIONS_MAX { Input::TooMany } else { Input::Reply(octets) })
    }
}
