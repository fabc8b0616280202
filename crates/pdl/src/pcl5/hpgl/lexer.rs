//! Two-letter commands and their arguments, byte by byte.

use super::encoded::Encoded;
use super::{ARGUMENTS_MAX, Command};
use crate::accounting::Sink;
use crate::pcl5::machine::Machine;
use crate::reader::UEL;

const ESC: u8 = 0x1b;

/// Where in the syntax the next byte is.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexer {
    first: Option<u8>,
    state: State,
}

#[derive(Clone, Debug, Default)]
enum State {
    /// Between commands.
    #[default]
    Idle,
    /// In the arguments of a command.
    Arguments { command: Command, number: Number, quoted: bool },
    /// In the text of `LB`; whether something visible was in it.
    Label,
    /// Behind `DT`: the character that ends labels from now on.
    LabelEnd,
    /// Behind `SM`: the character drawn at each point.
    Symbol,
    /// In the data of `PE`.
    Encoded(Encoded),
}

/// A number being read.
#[derive(Clone, Copy, Debug, Default)]
struct Number {
    value: f64,
    /// The weight of the next digit behind the point; 0 before the point.
    scale: f64,
    negative: bool,
    present: bool,
}

impl Number {
    fn finish(&mut self) -> Option<f64> {
        let number = std::mem::take(self);
        number.present.then_some(if number.negative { -number.value } else { number.value })
    }

    /// Takes a byte if it continues the number.
    fn take(&mut self, byte: u8) -> bool {
        match byte {
            b'0'..=b'9' => {
                let digit = f64::from(byte - b'0');
                if self.scale > 0.0 {
                    self.scale /= 10.0;
                    self.value += digit * self.scale;
                } else {
                    self.value = self.value * 10.0 + digit;
                }
                self.present = true;
                true
            }
            b'.' if self.scale == 0.0 => {
                self.scale = 1.0;
                self.present = true;
                true
            }
            b'+' | b'-' if !self.present => {
                self.negative = byte == b'-';
                self.present = true;
                true
            }
            _ => false,
        }
    }
}

impl Lexer {
    pub(super) fn run(&mut self, machine: &mut Machine, input: &[u8], sink: &mut Sink) -> usize {
        let mut at = 0;
        while at < input.len() {
            let byte = input[at];
            if let State::Label = self.state {
                let label = &input[at..];
                let end = memchr::memchr2(machine.plotter.label_end, ESC, label).unwrap_or(label.len());
                machine.label(&label[..end]);
                at += end;
                if end == label.len() {
                    break;
                }
                if label[end] == machine.plotter.label_end {
                    self.state = State::Idle;
                    at += 1;
                } else if label[end..].starts_with(UEL) {
                    self.state = State::Idle;
                    break;
                } else if UEL.starts_with(&label[end..]) {
                    break;
                } else {
                    at += 1;
                }
                continue;
            }
            if byte == ESC {
                self.abandon(machine, sink);
                break;
            }
            self.step(machine, byte, sink);
            at += 1;
            if machine.mode != crate::pcl5::machine::Mode::HpGl {
                break;
            }
        }
        at
    }

    /// An escape character ends the command that is being read.
    fn abandon(&mut self, machine: &mut Machine, sink: &mut Sink) {
        self.first = None;
        match std::mem::take(&mut self.state) {
            State::Arguments { command, number, .. } => Self::end(machine, command, number, sink),
            State::Idle | State::Label | State::LabelEnd | State::Symbol | State::Encoded(_) => {}
        }
    }

    fn end(machine: &mut Machine, mut command: Command, mut number: Number, sink: &mut Sink) {
        if let Some(value) = number.finish() {
            add(&mut command, value);
        }
        machine.plot_command(&command, sink);
    }

    fn step(&mut self, machine: &mut Machine, byte: u8, sink: &mut Sink) {
        match std::mem::take(&mut self.state) {
            State::Idle => self.letter(machine, byte),
            State::Arguments { mut command, mut number, quoted } => {
                if quoted || byte == b'"' {
                    // Text arguments of BP, CO and MG.
                    let quoted = quoted != (byte == b'"');
                    self.state = State::Arguments { command, number, quoted };
                } else if number.take(byte) {
                    self.state = State::Arguments { command, number, quoted };
                } else if matches!(byte, b' ' | b',' | b'\t' | b'\n' | b'\r' | 0x0c | b'+' | b'-' | b'.') {
                    if let Some(value) = number.finish() {
                        add(&mut command, value);
                    }
                    number.take(byte);
                    self.state = State::Arguments { command, number, quoted };
                } else {
                    Self::end(machine, command, number, sink);
                    if byte != b';' {
                        self.letter(machine, byte);
                    }
                }
            }
            State::Label => unreachable!("labels are taken by the run"),
            State::LabelEnd => {
                machine.plotter.label_end = if byte == b';' { 0x03 } else { byte };
                if byte != b';' {
                    // An optional mode may follow.
                    self.state = State::Arguments {
                        command: Command::default(),
                        number: Number::default(),
                        quoted: false,
                    };
                }
            }
            State::Symbol => machine.plotter.symbols = byte > b' ' && byte != b';',
            State::Encoded(mut encoded) => {
                if encoded.take(machine, byte) {
                    self.state = State::Encoded(encoded);
                }
            }
        }
    }

    fn letter(&mut self, machine: &mut Machine, byte: u8) {
        let letter = byte.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() {
            if byte > b' ' && byte != b',' {
                self.first = None;
            }
            return;
        }
        let Some(first) = self.first.take() else {
            self.first = Some(letter);
            return;
        };
        let name = [first, letter];
        if !is_command(name) {
            // Two letters that mean nothing: the second may begin a command.
            self.first = Some(letter);
            return;
        }
        self.state = match &name {
            b"LB" => State::Label,
            b"DT" => State::LabelEnd,
            b"SM" => State::Symbol,
            b"PE" => {
                machine.plotter.pen_down = true;
                State::Encoded(Encoded::default())
            }
            _ => State::Arguments {
                command: Command { name, ..Command::default() },
                number: Number::default(),
                quoted: false,
            },
        };
    }
}

fn add(command: &mut Command, value: f64) {
    if command.name == *b"RF" && command.count >= 3 {
        let pen = value.clamp(0.0, 255.0) as usize;
        command.pens[pen / 64] |= 1 << (pen % 64);
    } else if command.arguments.len() < ARGUMENTS_MAX {
        command.arguments.push(value);
    }
    command.count += 1;
}

/// The commands of HP-GL/2 (Reference Guide, chapter 1).
const COMMANDS: &[&[u8; 2]] = &[
    b"AA", b"AC", b"AD", b"AR", b"AT", b"BP", b"BR", b"BZ", b"CF", b"CI", b"CO", b"CP", b"CR", b"DF", b"DI",
    b"DL", b"DR", b"DT", b"DV", b"EA", b"EC", b"EP", b"ER", b"ES", b"EW", b"FI", b"FN", b"FP", b"FR", b"FT",
    b"IN", b"IP", b"IR", b"IW", b"LA", b"LB", b"LM", b"LO", b"LT", b"MC", b"MG", b"MT", b"NP", b"NR", b"OE",
    b"OH", b"OI", b"OP", b"OS", b"PA", b"PC", b"PD", b"PE", b"PG", b"PM", b"PP", b"PR", b"PS", b"PU", b"PW",
    b"QL", b"RA", b"RF", b"RO", b"RP", b"RR", b"RT", b"SA", b"SB", b"SC", b"SD", b"SI", b"SL", b"SM", b"SP",
    b"SR", b"SS", b"ST", b"SV", b"TD", b"TR", b"UL", b"VS", b"WG", b"WU",
];

fn is_command(name: [u8; 2]) -> bool {
    COMMANDS.iter().any(|known| **known == name)
}
