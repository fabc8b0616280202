//! The encryption of Type 1 font programs (Adobe Type 1 Font Format, chapter 7).

use crate::codec::{AsciiHex, is_space};

/// Decrypts, and remembers which raw bytes each decrypted byte came from: a font program closes the file from
/// inside, and what follows it in clear must not be lost.
#[derive(Debug)]
pub(in super::super) struct Eexec {
    key: u16,
    form: Form,
    /// Decrypted bytes still to drop: the first four are random.
    skip: u8,
    high: Option<u8>,
    /// Raw bytes of the last decoding, and where in them each decrypted byte begins.
    raw: Vec<u8>,
    starts: Vec<usize>,
}

#[derive(Debug, Eq, PartialEq)]
enum Form {
    Unknown,
    Binary,
    Hex,
}

/// Decrypted at a time: small, because what is not used is given back.
const PIECE_BYTES: usize = 512;
const KEY: u16 = 55_665;
const FACTOR: u16 = 52_845;
const ADDEND: u16 = 22_719;

impl Default for Eexec {
    fn default() -> Self {
        Self { key: KEY, form: Form::Unknown, skip: 4, high: None, raw: Vec::new(), starts: Vec::new() }
    }
}

impl Eexec {
    /// Decrypts into `output`; returns the bytes taken and whether any were made.
    pub(in super::super) fn decode(
        &mut self,
        input: &[u8],
        last: bool,
        output: &mut Vec<u8>,
    ) -> (usize, bool) {
        let mut at = 0;
        if self.form == Form::Unknown {
            // White space between the operator and the data is no data.
            while input.get(at).is_some_and(|byte| is_space(*byte)) {
                at += 1;
            }
            if input.len() - at < 4 && !last {
                return (at, false);
            }
            let head = &input[at..input.len().min(at + 4)];
            let hex = head.iter().all(|byte| AsciiHex::digit(*byte).is_some() || is_space(*byte));
            self.form = if hex { Form::Hex } else { Form::Binary };
        }
        let kept = output.len();
        self.raw.clear();
        self.starts.clear();
        let begin = at;
        let mut start = at;
        while at < input.len() && output.len() - kept < PIECE_BYTES {
            let byte = input[at];
            at += 1;
            let cipher = match self.form {
                Form::Binary => byte,
                Form::Unknown | Form::Hex => match (self.high, AsciiHex::digit(byte)) {
                    (_, None) => continue,
                    (None, Some(digit)) => {
                        self.high = Some(digit);
                        continue;
                    }
                    (Some(high), Some(low)) => {
                        self.high = None;
                        high << 4 | low
                    }
                },
            };
            let plain = cipher ^ (self.key >> 8) as u8;
            self.key = u16::from(cipher).wrapping_add(self.key).wrapping_mul(FACTOR).wrapping_add(ADDEND);
            if self.skip > 0 {
                self.skip -= 1;
            } else {
                output.push(plain);
                self.starts.push(start - begin);
            }
            start = at;
        }
        self.raw.extend_from_slice(&input[begin..at]);
        (at, output.len() > kept)
    }

    /// The raw bytes of the last `count` decrypted bytes.
    pub(in super::super) fn raw_of_last(&self, count: usize) -> Vec<u8> {
        match self.starts.len().checked_sub(count).and_then(|index| self.starts.get(index)) {
            Some(start) => self.raw[*start..].to_vec(),
            None => Vec::new(),
        }
    }
}
