//! The code tables of ITU-T T.4 and T.6.

use std::sync::LazyLock;

/// The longest code, in bits: what the look-ups want to see.
pub(super) const WIDTH: u32 = 13;

/// A code that was recognised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code<T> {
    /// Its length in bits.
    pub(super) bits: u8,
    /// Its meaning.
    pub(super) value: T,
}

/// The colour of a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Colour {
    White,
    Black,
}

impl Colour {
    pub(super) fn other(self) -> Self {
        match self {
            Self::White => Self::Black,
            Self::Black => Self::White,
        }
    }
}

/// A mode of two-dimensional coding (T.6 table 1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    Pass,
    Horizontal,
    /// The change lies this far right of the one above.
    Vertical(i8),
}

/// The mode at the head of 13 bits; the extensions (uncompressed mode) are not known.
pub(super) fn mode(bits: u32) -> Option<Code<Mode>> {
    let (bits, value) = match bits >> (WIDTH - 7) {
        0b100_0000.. => (1, Mode::Vertical(0)),
        0b011_0000..=0b011_1111 => (3, Mode::Vertical(1)),
        0b010_0000..=0b010_1111 => (3, Mode::Vertical(-1)),
        0b001_0000..=0b001_1111 => (3, Mode::Horizontal),
        0b000_1000..=0b000_1111 => (4, Mode::Pass),
        0b000_0110 | 0b000_0111 => (6, Mode::Vertical(2)),
        0b000_0100 | 0b000_0101 => (6, Mode::Vertical(-2)),
        0b000_0011 => (7, Mode::Vertical(3)),
        0b000_0010 => (7, Mode::Vertical(-3)),
        _ => return None,
    };
    Some(Code { bits, value })
}

/// The run length at the head of 13 bits: below 64 it ends the run, else more of the same run follows.
pub(super) fn run(colour: Colour, bits: u32) -> Option<Code<u32>> {
    let table = match colour {
        Colour::White => &WHITE,
        Colour::Black => &BLACK,
    };
    let (bits, length) = table[bits as usize];
    (bits > 0).then_some(Code { bits, value: u32::from(length) })
}

/// Code length and run length for every head of 13 bits; length 0 where no code starts so.
type Table = Box<[(u8, u16)]>;

static WHITE: LazyLock<Table> = LazyLock::new(|| table(&WHITE_SHORT, &WHITE_LONG));
static BLACK: LazyLock<Table> = LazyLock::new(|| table(&BLACK_SHORT, &BLACK_LONG));

fn table(short: &[&str], long: &[&str]) -> Table {
    let mut table = vec![(0, 0); 1 << WIDTH].into_boxed_slice();
    let short = short.iter().zip(0..);
    let long = long.iter().chain(&EXTRA_LONG).zip((64..).step_by(64));
    for (code, length) in short.chain(long) {
        let value = code.bytes().fold(0, |value, bit| value << 1 | usize::from(bit - b'0'));
        let free = WIDTH as usize - code.len();
        table[value << free..(value + 1) << free].fill((code.len() as u8, length));
    }
    table
}

/// White runs of 0-63 pixels.
const WHITE_SHORT: [&str; 64] = [
    "00110101", "000111", "0111", "1000", "1011", "1100", "1110", "1111", "10011", "10100", "00111", "01000",
    "001000", "000011", "110100", "110101", "101010", "101011", "0100111", "0001100", "0001000", "0010111",
    "0000011", "0000100", "0101000", "0101011", "0010011", "0100100", "0011000", "00000010", "00000011",
    "00011010", "00011011", "00010010", "00010011", "00010100", "00010101", "00010110", "00010111",
    "00101000", "00101001", "00101010", "00101011", "00101100", "00101101", "00000100", "00000101",
    "00001010", "00001011", "01010010", "01010011", "01010100", "01010101", "00100100", "00100101",
    "01011000", "01011001", "01011010", "01011011", "01001010", "01001011", "00110010", "00110011",
    "00110100",
];

/// White runs of 64, 128, ... 1728 pixels.
const WHITE_LONG: [&str; 27] = [
    "11011",
    "10010",
    "010111",
    "0110111",
    "00110110",
    "00110111",
    "01100100",
    "01100101",
    "01101000",
    "01100111",
    "011001100",
    "011001101",
    "011010010",
    "011010011",
    "011010100",
    "011010101",
    "011010110",
    "011010111",
    "011011000",
    "011011001",
    "011011010",
    "011011011",
    "010011000",
    "010011001",
    "010011010",
    "011000",
    "010011011",
];

/// Black runs of 0-63 pixels.
const BLACK_SHORT: [&str; 64] = [
    "0000110111",
    "010",
    "11",
    "10",
    "011",
    "0011",
    "0010",
    "00011",
    "000101",
    "000100",
    "0000100",
    "0000101",
    "0000111",
    "00000100",
    "00000111",
    "000011000",
    "0000010111",
    "0000011000",
    "0000001000",
    "00001100111",
    "00001101000",
    "00001101100",
    "00000110111",
    "00000101000",
    "00000010111",
    "00000011000",
    "000011001010",
    "000011001011",
    "000011001100",
    "000011001101",
    "000001101000",
    "000001101001",
    "000001101010",
    "000001101011",
    "000011010010",
    "000011010011",
    "000011010100",
    "000011010101",
    "000011010110",
    "000011010111",
    "000001101100",
    "000001101101",
    "000011011010",
    "000011011011",
    "000001010100",
    "000001010101",
    "000001010110",
    "000001010111",
    "000001100100",
    "000001100101",
    "000001010010",
    "000001010011",
    "000000100100",
    "000000110111",
    "000000111000",
    "000000100111",
    "000000101000",
    "000001011000",
    "000001011001",
    "000000101011",
    "000000101100",
    "000001011010",
    "000001100110",
    "000001100111",
];

/// Black runs of 64, 128, ... 1728 pixels.
const BLACK_LONG: [&str; 27] = [
    "0000001111",
    "000011001000",
    "000011001001",
    "000001011011",
    "000000110011",
    "000000110100",
    "000000110101",
    "0000001101100",
    "0000001101101",
    "0000001001010",
    "0000001001011",
    "0000001001100",
    "0000001001101",
    "0000001110010",
    "0000001110011",
    "0000001110100",
    "0000001110101",
    "0000001110110",
    "0000001110111",
    "0000001010010",
    "0000001010011",
    "0000001010100",
    "0000001010101",
    "0000001011010",
    "0000001011011",
    "0000001100100",
    "0000001100101",
];

/// Runs of 1792, 1856, ... 2560 pixels of either colour.
const EXTRA_LONG: [&str; 13] = [
    "00000001000",
    "00000001100",
    "00000001101",
    "000000010010",
    "000000010011",
    "000000010100",
    "000000010101",
    "000000010110",
    "000000010111",
    "000000011100",
    "000000011101",
    "000000011110",
    "000000011111",
];
