//! PCL 5: `ESC & l # S`, `ESC & l # X`, `ESC & b # M` (PCL 5 Technical Reference, chapter 4; Color Technical
//! Reference, "Monochrome Print Mode").

use super::Wishes;
use super::filter::{Filter, Output};
use crate::pcl5::token::{Escape, Parameter, escape, parameter};
use crate::pcl5::{announces_data, goes_on_in_transfer};
use crate::reader::{Step, UEL};
use crate::settings::Sides;

const ESC: u8 = 0x1b;

/// A number longer than this behind a raster transfer is text.
const TRANSFER_BYTES_MAX: usize = 8;

pub(super) struct Pcl5 {
    sides: Option<i64>,
    copies: Option<i64>,
    mono: bool,
    /// Commands to write behind each reset, when no PJL header speaks for the job.
    insertion: Vec<u8>,
    pending: bool,
    chain: Option<(u8, u8)>,
    in_transfers: bool,
    data_left: u64,
    display_functions: bool,
}

impl Pcl5 {
    /// With `by_commands` the wishes are written as commands, otherwise only contradictions are changed.
    pub(super) fn new(wishes: Wishes, by_commands: bool) -> Self {
        let sides = wishes.sides.map(|sides| match sides {
            Sides::OneSided => 0,
            Sides::LongEdge => 1,
            Sides::ShortEdge => 2,
        });
        let copies = wishes.copies_number().map(i64::from);
        let mut insertion = String::new();
        if by_commands {
            if let Some(sides) = sides {
                insertion.push_str(&format!("\x1b&l{sides}S"));
            }
            if let Some(copies) = copies {
                insertion.push_str(&format!("\x1b&l{copies}X"));
            }
            if wishes.mono {
                insertion.push_str("\x1b&b1M");
            }
        }
        Self {
            sides,
            copies,
            mono: wishes.mono,
            pending: !insertion.is_empty(),
            insertion: insertion.into_bytes(),
            chain: None,
            in_transfers: false,
            data_left: 0,
            display_functions: false,
        }
    }

    /// Says whether more bytes are needed to know that the insertion does not stand here already.
    fn insert(&mut self, view: &[u8], out: &mut Output<'_>) -> bool {
        if !self.pending || view.starts_with(b"\x1bE") {
            return false;
        }
        if self.insertion.starts_with(view) && view.len() < self.insertion.len() {
            return true;
        }
        if !view.starts_with(&self.insertion) {
            out.put(&self.insertion);
        }
        self.pending = false;
        false
    }

    /// One parameter of a sequence, written with its value changed where it contradicts a wish. `head` is what
    /// of the sequence stands in front of it.
    fn parameter(
        &mut self,
        class: u8,
        group: u8,
        head: &[u8],
        input: &[u8],
        out: &mut Output<'_>,
    ) -> Option<usize> {
        let (value, letter, len, continues) = match parameter(input) {
            Parameter::Ends { value, letter, len } => (value, letter, len, false),
            Parameter::Continues { value, letter, len } => (value, letter, len, true),
            Parameter::Broken { len } => {
                self.chain = None;
                out.copy(head);
                out.copy(&input[..len]);
                return Some(head.len() + len);
            }
            Parameter::NeedsMore => return None,
        };
        self.chain = continues.then_some((class, group));
        self.in_transfers = !continues && goes_on_in_transfer(class, group, letter);
        let wanted = match (class, group, letter) {
            (b'&', b'l', b'S') => self.sides.filter(|sides| value.int() != *sides),
            (b'&', b'l', b'X') => self.copies.filter(|copies| value.int() >= 1 && value.int() != *copies),
            (b'&', b'b', b'M') => (self.mono && value.int() == 0).then_some(1),
            _ => None,
        };
        out.copy(head);
        match wanted {
            Some(wanted) => {
                out.put(wanted.to_string().as_bytes());
                out.copy(&input[len - 1..len]);
            }
            None => out.copy(&input[..len]),
        }
        if announces_data(class, group, letter, value) {
            self.data_left = value.data_bytes();
        }
        Some(head.len() + len)
    }

    fn escape(&mut self, input: &[u8], out: &mut Output<'_>) -> Option<usize> {
        if self.display_functions {
            let ends = *input.get(1)? == b'Z';
            self.display_functions = !ends;
            let len = 1 + usize::from(ends);
            out.copy(&input[..len]);
            return Some(len);
        }
        match escape(&input[1..]) {
            Escape::NeedsMore => None,
            Escape::None => {
                out.copy(&input[..1]);
                Some(1)
            }
            Escape::Two(letter) => {
                out.copy(&input[..2]);
                match letter {
                    b'E' => self.pending = !self.insertion.is_empty(),
                    b'Y' => self.display_functions = true,
                    _ => {}
                }
                Some(2)
            }
            Escape::Parameters { class, group, len } => {
                self.parameter(class, group, &input[..=len], &input[1 + len..], out)
            }
        }
    }

    /// Takes one token. `None`: more bytes are needed.
    fn token(&mut self, input: &[u8], out: &mut Output<'_>) -> Option<usize> {
        if self.data_left > 0 {
            let take = input.len().min(usize::try_from(self.data_left).unwrap_or(usize::MAX));
            self.data_left -= take as u64;
            out.copy(&input[..take]);
            return Some(take);
        }
        if let Some((class, group)) = self.chain {
            return self.parameter(class, group, &[], input, out);
        }
        if std::mem::take(&mut self.in_transfers) && input[0].is_ascii_digit() {
            match parameter(input) {
                Parameter::NeedsMore if input.len() < TRANSFER_BYTES_MAX => {
                    self.in_transfers = true;
                    return None;
                }
                Parameter::Ends { letter, .. } | Parameter::Continues { letter, .. }
                    if goes_on_in_transfer(b'*', b'b', letter) =>
                {
                    return self.parameter(b'*', b'b', &[], input, out);
                }
                Parameter::NeedsMore
                | Parameter::Broken { .. }
                | Parameter::Ends { .. }
                | Parameter::Continues { .. } => {}
            }
        }
        if input[0] == ESC {
            return self.escape(input, out);
        }
        let run = memchr::memchr(ESC, input).unwrap_or(input.len());
        out.copy(&input[..run]);
        Some(run)
    }
}

impl Filter for Pcl5 {
    fn step(&mut self, view: &[u8], out: &mut Output<'_>) -> Step {
        let mut at = 0;
        while at < view.len() {
            let rest = &view[at..];
            if self.data_left == 0 && self.chain.is_none() {
                if rest.starts_with(UEL) {
                    return Step::Ended(at);
                }
                if UEL.starts_with(rest) || self.insert(rest, out) {
                    break;
                }
            }
            match self.token(rest, out) {
                Some(took) => at += took,
                None => break,
            }
        }
        Step::Took(at)
    }
}
