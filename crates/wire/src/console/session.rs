//! One connection to the console.

use std::collections::VecDeque;
use std::time::Instant;

use zeroize::Zeroizing;

use super::command::{Command, help};
use super::limits::{IDLE_LIMIT, LOGIN_LIMIT, LOGINS_MAX, WAITING_BYTES_MAX};
use super::telnet::{ECHO_OFF_AT_CLIENT, ECHO_ON_AT_CLIENT, Input, Telnet};

/// What the owner of the session has to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// Judge this and call [`Session::login_answer`].
    Login {
        /// As typed.
        logon: String,
        /// As typed.
        password: Zeroizing<String>,
    },
    /// Carry this out and call [`Session::answer`]. Never `help` or `logoff`, which the session answers itself.
    Command(Command),
}

#[derive(Debug, Eq, PartialEq)]
enum State {
    Logon,
    Password {
        logon: String,
    },
    /// The owner works; input waits.
    Judging,
    Ready,
    /// The owner works; input waits.
    Working,
    Ended,
}

/// The order of the console: log-in, then one command after the other.
///
/// Octets and instants in, events and octets out. While an event is being answered input waits, up to
/// [`WAITING_BYTES_MAX`].
#[derive(Debug)]
pub struct Session {
    state: State,
    telnet: Telnet,
    waiting: Zeroizing<Vec<u8>>,
    output: Vec<u8>,
    events: VecDeque<Event>,
    failures: u32,
    deadline: Instant,
}

impl Session {
    /// A session with somebody who has just connected; `greeting` is one line.
    pub fn new(greeting: &str, now: Instant) -> Self {
        let mut session = Self {
            state: State::Logon,
            telnet: Telnet::default(),
            waiting: Zeroizing::default(),
            output: Vec::new(),
            events: VecDeque::new(),
            failures: 0,
            deadline: now + LOGIN_LIMIT,
        };
        session.say(greeting);
        session.output.extend_from_slice(LOGON_PROMPT);
        session
    }

    /// Takes what the client sent.
    pub fn handle_input(&mut self, octets: &[u8], now: Instant) {
        if self.state == State::Ended {
            return;
        }
        if self.waiting.len() + octets.len() > WAITING_BYTES_MAX {
            self.end("too much at once");
            return;
        }
        self.waiting.extend_from_slice(octets);
        self.work(now);
    }

    /// The client has gone.
    pub fn handle_eof(&mut self) {
        self.state = State::Ended;
        self.waiting.clear();
    }

    /// The time that [`Session::poll_timeout`] named has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        if now >= self.deadline && !matches!(self.state, State::Ended | State::Judging | State::Working) {
            self.end("nothing was typed for too long");
        }
    }

    /// When to call [`Session::handle_timeout`]; `None` while the owner works, and after the end.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Logon | State::Password { .. } | State::Ready => Some(self.deadline),
            State::Judging | State::Working | State::Ended => None,
        }
    }

    /// The next thing to do.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Takes the octets to be sent; empty for none.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Whether the connection is to be closed when everything is sent.
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Whether input should not be read now.
    pub fn is_busy(&self) -> bool {
        matches!(self.state, State::Judging | State::Working)
    }

    /// Answers [`Event::Login`]: whether the person may, and a sentence.
    pub fn login_answer(&mut self, accepted: bool, sentence: &str, now: Instant) {
        if self.state != State::Judging {
            return;
        }
        self.say(sentence);
        if accepted {
            self.ready(now);
        } else {
            self.failures += 1;
            if self.failures >= LOGINS_MAX {
                self.end("too many failed log-ins");
                return;
            }
            self.state = State::Logon;
            self.output.extend_from_slice(LOGON_PROMPT);
        }
        self.work(now);
    }

    /// Answers [`Event::Command`] with lines of text.
    pub fn answer(&mut self, text: &str, now: Instant) {
        if self.state != State::Working {
            return;
        }
        self.say(text);
        self.ready(now);
        self.work(now);
    }

    /// Says goodbye with a sentence.
    pub fn end(&mut self, sentence: &str) {
        if self.state != State::Ended {
            if !matches!(self.state, State::Judging | State::Working) {
                // A prompt stands there.
                self.output.extend_from_slice(b"\r\n");
            }
            self.say(sentence);
            self.handle_eof();
        }
    }

    fn ready(&mut self, now: Instant) {
        self.state = State::Ready;
        self.deadline = now + IDLE_LIMIT;
        self.output.extend_from_slice(PROMPT);
    }

    /// Works on what waits until the owner has to.
    fn work(&mut self, now: Instant) {
        let waiting = std::mem::take(&mut self.waiting);
        for (index, &octet) in waiting.iter().enumerate() {
            if self.is_busy() || self.state == State::Ended {
                if self.is_busy() {
                    self.waiting = Zeroizing::new(waiting[index..].to_vec());
                }
                return;
            }
            match self.telnet.octet(octet) {
                None => {}
                Some(Input::Reply(octets)) => self.output.extend(octets),
                Some(Input::TooMany) => self.end("this client asks for too much"),
                Some(Input::Line(line)) => self.line(line, now),
                Some(Input::BadLine) => self.bad_line(now),
            }
        }
    }

    fn line(&mut self, line: Zeroizing<String>, now: Instant) {
        match std::mem::replace(&mut self.state, State::Judging) {
            State::Logon if line.trim().is_empty() => {
                self.state = State::Logon;
                self.output.extend_from_slice(LOGON_PROMPT);
            }
            State::Logon => {
                self.state = State::Password { logon: line.trim().to_owned() };
                self.output.extend_from_slice(PASSWORD_PROMPT);
                self.output.extend_from_slice(&ECHO_OFF_AT_CLIENT);
                self.telnet.echo_offered(true);
            }
            State::Password { logon } => {
                self.telnet.echo_offered(false);
                self.output.extend_from_slice(&ECHO_ON_AT_CLIENT);
                // The client did not show the end of the line either.
                self.output.extend_from_slice(b"\r\n");
                self.events.push_back(Event::Login { logon, password: line });
            }
            State::Ready => {
                self.state = State::Ready;
                self.command(&line, now);
            }
            state @ (State::Judging | State::Working | State::Ended) => self.state = state,
        }
    }

    fn command(&mut self, line: &str, now: Instant) {
        match Command::parse(line) {
            Ok(Some(Command::Logoff)) => self.end("goodbye"),
            Ok(Some(Command::Help(about))) => {
                self.say(&help(&about));
                self.ready(now);
            }
            Ok(Some(command)) => {
                self.state = State::Working;
                self.events.push_back(Event::Command(command));
            }
            Ok(None) => self.ready(now),
            Err(error) => {
                self.say(&error.to_string());
                self.ready(now);
            }
        }
    }

    fn bad_line(&mut self, now: Instant) {
        self.say("that line is too long, or no UTF-8 text");
        match self.state {
            State::Ready => self.ready(now),
            State::Logon => self.output.extend_from_slice(LOGON_PROMPT),
            State::Password { .. } => self.output.extend_from_slice(PASSWORD_PROMPT),
            State::Judging | State::Working | State::Ended => {}
        }
    }

    /// Adds lines of text. Control characters of what others named are not sent to a terminal.
    fn say(&mut self, text: &str) {
        for line in text.lines() {
            let printable: String =
                line.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect();
            self.output.extend_from_slice(printable.as_bytes());
            self.output.extend_from_slice(b"\r\n");
        }
    }
}

const LOGON_PROMPT: &[u8] = b"Username: ";
const PASSWORD_PROMPT: &[u8] = b"Password: ";
/// The guide's prompt.
const PROMPT: &[u8] = b"sc.tel> ";
