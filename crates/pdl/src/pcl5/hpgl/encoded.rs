//! `PE`: coordinates in a compact code (Reference Guide, "Polyline Encoded").

use crate::pcl5::machine::Machine;

/// The data of one `PE` command.
#[derive(Clone, Debug, Default)]
pub(super) struct Encoded {
    seven_bits: bool,
    /// The next pair of coordinates is a move.
    pen_up: bool,
    value: u64,
    digits: u32,
    wants: Wants,
}

/// What the number being read is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wants {
    #[default]
    X,
    Y,
    Pen,
    FractionBits,
}

impl Encoded {
    /// Takes a byte; says whether the command goes on.
    pub(super) fn take(&mut self, machine: &mut Machine, byte: u8) -> bool {
        match byte {
            b';' => return false,
            b'<' => self.pen_up = true,
            b'>' => self.wants = Wants::FractionBits,
            b':' => self.wants = Wants::Pen,
            b'=' => {}
            b'7' => self.seven_bits = true,
            _ => self.digit(machine, byte),
        }
        true
    }

    /// Digits to the base 64 (or 32), lowest first; the last one is from the upper range.
    fn digit(&mut self, machine: &mut Machine, byte: u8) {
        let (bits, low) = if self.seven_bits { (5u32, byte & 0x7f) } else { (6, byte) };
        let (digit, last) = match (self.seven_bits, low) {
            (false, 63..=126) => (low - 63, false),
            (false, 191..=254) => (low - 191, true),
            (true, 63..=94) => (low - 63, false),
            (true, 95..=126) => (low - 95, true),
            _ => return,
        };
        let shift = self.digits * bits;
        if shift < 60 {
            self.value |= u64::from(digit) << shift;
        }
        self.digits += 1;
        if !last {
            return;
        }
        let value = std::mem::take(&mut self.value);
        self.digits = 0;
        // The lowest bit is the sign.
        let number = i64::try_from(value >> 1).unwrap_or(0) * if value & 1 == 1 { -1 } else { 1 };
        self.wants = match self.wants {
            Wants::X => Wants::Y,
            Wants::Y => {
                if std::mem::take(&mut self.pen_up) {
                    machine.plotter.pen_down = false;
                } else {
                    machine.plotter.pen_down = true;
                    machine.line_to();
                }
                Wants::X
            }
            Wants::Pen => {
                machine.select_pen(number);
                Wants::X
            }
            Wants::FractionBits => Wants::X,
        };
    }
}
