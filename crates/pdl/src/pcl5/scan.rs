//! From bytes to commands, in any chunking.

use super::commands::DataUse;
use super::machine::{Machine, Mode};
use super::token::{Escape, Parameter, Value, escape, parameter};
use crate::accounting::Sink;
use crate::reader::UEL;

const ESC: u8 = 0x1b;

/// Longest data that is kept for a command; longer data is passed over.
const DATA_BYTES_MAX: u64 = 1024 * 1024;

/// One parameter of an escape sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Command {
    pub(super) class: u8,
    pub(super) group: u8,
    pub(super) letter: u8,
    pub(super) value: Value,
}

/// Where in the syntax the next byte is.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    /// A sequence whose next parameter follows: class and group.
    chain: Option<(u8, u8)>,
    /// A raster transfer just ended. DeskJet drivers go on with its parameters as if it had not.
    in_transfers: bool,
    data: Option<Data>,
}

#[derive(Clone, Debug)]
struct Data {
    command: Command,
    left: u64,
    /// `None` when the data is passed over.
    kept: Option<Vec<u8>>,
}

/// How far a portion was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    /// So many bytes; the rest needs more behind it.
    Took(usize),
    /// A Universal Exit Language sequence begins after so many bytes.
    Ended(usize),
}

/// Parameters of raster transfers (`ESC * b`).
fn is_transfer(letter: u8) -> bool {
    matches!(letter, b'M' | b'V' | b'W' | b'Y')
}

/// Whether bare parameters behind this command may belong to a raster transfer.
pub(crate) fn goes_on_in_transfer(class: u8, group: u8, letter: u8) -> bool {
    (class, group) == (b'*', b'b') && is_transfer(letter)
}

/// A number longer than this behind a raster transfer is text.
const TRANSFER_BYTES_MAX: usize = 8;

enum Stepped {
    Took(usize),
    NeedsMore,
    Exit,
}

impl Scan {
    /// Carries out what `input` holds.
    pub(super) fn run(&mut self, machine: &mut Machine, input: &[u8], sink: &mut Sink) -> Scanned {
        let mut at = 0;
        while at < input.len() {
            let was_defining = machine.macros.is_defining();
            match self.step(machine, &input[at..], sink) {
                Stepped::Took(took) => {
                    if was_defining && machine.macros.is_defining() {
                        machine.macros.record(&input[at..at + took]);
                    }
                    at += took;
                }
                Stepped::NeedsMore => break,
                Stepped::Exit => return Scanned::Ended(at),
            }
        }
        Scanned::Took(at)
    }

    /// Carries out a macro: all its bytes are here.
    pub(super) fn run_all(&mut self, machine: &mut Machine, commands: &[u8], sink: &mut Sink) {
        // What is left over at the end of a macro is an unfinished sequence and is dropped.
        let _ = self.run(machine, commands, sink);
    }

    /// What the data ends in the middle of, if anything.
    pub(super) fn unfinished(&self, machine: &Machine, rest: &[u8]) -> Option<&'static str> {
        if self.data.is_some() {
            Some("the data of a command")
        } else if machine.macros.is_defining() {
            Some("a macro")
        } else if !rest.is_empty() || self.chain.is_some() {
            // A lone escape or the start of a UEL is cut off now and then and harms nothing.
            (rest.len() > 1 && !UEL.starts_with(rest)).then_some("an escape sequence")
        } else {
            None
        }
    }

    fn step(&mut self, machine: &mut Machine, input: &[u8], sink: &mut Sink) -> Stepped {
        if self.data.is_some() {
            return Stepped::Took(self.take_data(machine, input, sink));
        }
        if let Some((class, group)) = self.chain {
            return self.parameter(machine, class, group, input, sink);
        }
        if std::mem::take(&mut self.in_transfers) && input[0].is_ascii_digit() {
            match parameter(input) {
                Parameter::NeedsMore if input.len() < TRANSFER_BYTES_MAX => {
                    self.in_transfers = true;
                    return Stepped::NeedsMore;
                }
                read @ (Parameter::Ends { letter, .. } | Parameter::Continues { letter, .. })
                    if is_transfer(letter) =>
                {
                    return Stepped::Took(self.carry_out(machine, b'*', b'b', read, sink));
                }
                _ => {}
            }
        }
        if machine.mode == Mode::HpGl && !machine.macros.is_defining() {
            let took = machine.plot(input, sink);
            if took > 0 {
                return Stepped::Took(took);
            }
        }
        match input[0] {
            ESC => self.escape(machine, input, sink),
            _ if machine.display_functions => {
                machine.display(&input[..1], sink);
                Stepped::Took(1)
            }
            control @ 0..=0x1f => {
                if !machine.macros.is_defining() {
                    machine.control(control, sink);
                }
                Stepped::Took(1)
            }
            _ => {
                let run = input.iter().position(|byte| *byte < 0x20).unwrap_or(input.len());
                if !machine.macros.is_defining() && !machine.plotter_job {
                    machine.text(&input[..run], sink);
                }
                Stepped::Took(run)
            }
        }
    }

    fn escape(&mut self, machine: &mut Machine, input: &[u8], sink: &mut Sink) -> Stepped {
        if input.starts_with(UEL) {
            return Stepped::Exit;
        }
        if UEL.starts_with(input) {
            return Stepped::NeedsMore;
        }
        if machine.display_functions {
            let ends = input[1] == b'Z';
            machine.display(&input[..1 + usize::from(ends)], sink);
            machine.display_functions = !ends;
            return Stepped::Took(1 + usize::from(ends));
        }
        match escape(&input[1..]) {
            Escape::NeedsMore => Stepped::NeedsMore,
            Escape::None => Stepped::Took(1),
            Escape::Two(letter) => {
                if !machine.macros.is_defining() {
                    machine.two_character(letter, sink);
                }
                Stepped::Took(2)
            }
            Escape::Parameters { class, group, len } => {
                // The parameter is read from the same view so that a sequence is taken whole.
                match parameter(&input[1 + len..]) {
                    Parameter::NeedsMore => Stepped::NeedsMore,
                    read => {
                        let took = self.carry_out(machine, class, group, read, sink);
                        Stepped::Took(1 + len + took)
                    }
                }
            }
        }
    }

    fn parameter(
        &mut self,
        machine: &mut Machine,
        class: u8,
        group: u8,
        input: &[u8],
        sink: &mut Sink,
    ) -> Stepped {
        match parameter(input) {
            Parameter::NeedsMore => Stepped::NeedsMore,
            read => Stepped::Took(self.carry_out(machine, class, group, read, sink)),
        }
    }

    fn carry_out(
        &mut self,
        machine: &mut Machine,
        class: u8,
        group: u8,
        read: Parameter,
        sink: &mut Sink,
    ) -> usize {
        let (value, letter, len, continues) = match read {
            Parameter::Ends { value, letter, len } => (value, letter, len, false),
            Parameter::Continues { value, letter, len } => (value, letter, len, true),
            Parameter::Broken { len } => {
                self.chain = None;
                return len;
            }
            Parameter::NeedsMore => return 0,
        };
        self.chain = continues.then_some((class, group));
        self.in_transfers = !continues && goes_on_in_transfer(class, group, letter);
        let command = Command { class, group, letter, value };
        let defining = machine.macros.is_defining();
        let data_bytes = command.value.data_bytes();
        match command.data_use(machine) {
            DataUse::None if defining && !command.is_macro_control() => {}
            DataUse::None => machine.carry_out(command, continues, sink),
            DataUse::Pass | DataUse::Keep if data_bytes == 0 => {
                if !defining {
                    machine.carry_out_with(command, &[], sink);
                }
            }
            DataUse::Pass => self.data = Some(Data { command, left: data_bytes, kept: None }),
            DataUse::Keep if defining || data_bytes > DATA_BYTES_MAX => {
                self.data = Some(Data { command, left: data_bytes, kept: None });
            }
            DataUse::Keep => self.data = Some(Data { command, left: data_bytes, kept: Some(Vec::new()) }),
        }
        len
    }

    /// Takes as much of a command's data as is here, and carries the command out when it is all.
    fn take_data(&mut self, machine: &mut Machine, input: &[u8], sink: &mut Sink) -> usize {
        let Some(data) = &mut self.data else { return 0 };
        let take = input.len().min(usize::try_from(data.left).unwrap_or(usize::MAX));
        data.left -= take as u64;
        let done = data.left == 0;
        if let Some(kept) = &mut data.kept
            && !(done && kept.is_empty())
        {
            kept.extend_from_slice(&input[..take]);
        }
        if done && let Some(data) = self.data.take() {
            let defining = machine.macros.is_defining();
            match data.kept {
                _ if defining => {}
                Some(kept) if kept.is_empty() => machine.carry_out_with(data.command, &input[..take], sink),
                Some(kept) => machine.carry_out_with(data.command, &kept, sink),
                None => machine.carry_out_passed(data.command),
            }
        }
        take
    }
}
