//! LZWDecode (PLRM 3.13.3, ISO 32000-1 7.4.4): codes of 9 to 12 bits, high bit first.

use super::{Damaged, Decoder, Status, Step};

const CLEAR: u16 = 256;
const EOD: u16 = 257;
const FIRST_FREE: usize = 258;
const TABLE_SIZE: usize = 4096;

/// Decodes with or without the "early change" of the code length.
pub(crate) struct Lzw {
    /// 1 when the code length grows one code early (the default of both languages), else 0.
    early: usize,
    bits: u32,
    bit_count: u32,
    width: u32,
    /// prefix code and last byte of every entry above 257.
    prefix: Box<[u16; TABLE_SIZE]>,
    suffix: Box<[u8; TABLE_SIZE]>,
    next: usize,
    previous: Option<u16>,
    /// The string being handed out, last byte first.
    pending: Vec<u8>,
    done: bool,
}

impl Lzw {
    /// A decoder; `early_change` as in the `EarlyChange` entry of the filter's parameters.
    pub(crate) fn new(early_change: bool) -> Self {
        Self {
            early: usize::from(early_change),
            bits: 0,
            bit_count: 0,
            width: 9,
            prefix: Box::new([0; TABLE_SIZE]),
            suffix: Box::new([0; TABLE_SIZE]),
            next: FIRST_FREE,
            previous: None,
            pending: Vec::new(),
            done: false,
        }
    }

    /// Puts the string of `code` on `pending`, backwards, and returns its first byte.
    fn expand(&mut self, mut code: u16) -> u8 {
        while usize::from(code) >= FIRST_FREE {
            self.pending.push(self.suffix[usize::from(code)]);
            code = self.prefix[usize::from(code)];
        }
        self.pending.push(code as u8);
        code as u8
    }

    fn take(&mut self, code: u16) -> Result<(), Damaged> {
        let damaged = Err(Damaged { encoding: "LZWDecode" });
        match code {
            CLEAR => {
                self.next = FIRST_FREE;
                self.width = 9;
                self.previous = None;
                return Ok(());
            }
            EOD => {
                self.done = true;
                return Ok(());
            }
            _ => {}
        }
        let Some(previous) = self.previous else {
            if code > 255 {
                return damaged;
            }
            self.pending.push(code as u8);
            self.previous = Some(code);
            return Ok(());
        };
        let first = if usize::from(code) < self.next {
            self.expand(code)
        } else if usize::from(code) == self.next && self.next < TABLE_SIZE {
            // The code about to be defined: the previous string and its own first byte.
            self.pending.push(0);
            let first = self.expand(previous);
            self.pending[0] = first;
            first
        } else {
            return damaged;
        };
        if self.next < TABLE_SIZE {
            self.prefix[self.next] = previous;
            self.suffix[self.next] = first;
            self.next += 1;
            self.width = match self.next + self.early {
                0..512 => 9,
                512..1024 => 10,
                1024..2048 => 11,
                _ => 12,
            };
        }
        self.previous = Some(code);
        Ok(())
    }
}

impl Decoder for Lzw {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let (mut at, mut produced) = (0, 0);
        loop {
            while let Some(byte) = self.pending.pop() {
                let Some(slot) = output.get_mut(produced) else {
                    self.pending.push(byte);
                    return Ok(Step { consumed: at, produced, status: Status::NeedOutput });
                };
                *slot = byte;
                produced += 1;
            }
            if self.done {
                return Ok(Step { consumed: at, produced, status: Status::End });
            }
            while self.bit_count < self.width {
                let Some(&byte) = input.get(at) else {
                    let status = if last { Status::End } else { Status::NeedInput };
                    return Ok(Step { consumed: at, produced, status });
                };
                self.bits = self.bits << 8 | u32::from(byte);
                self.bit_count += 8;
                at += 1;
            }
            self.bit_count -= self.width;
            let code = (self.bits >> self.bit_count) & ((1 << self.width) - 1);
            self.take(code as u16)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::decode_chunked;
    use super::*;

    #[test]
    fn decodes_the_specification_s_example_in_any_chunking() {
        // ISO 32000-1 7.4.4.2, example 2.
        let data = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01, 0xee];
        for chunk_in in 1..9 {
            for chunk_out in 1..6 {
                let got = decode_chunked(&mut Lzw::new(true), &data, chunk_in, chunk_out);
                assert_eq!(got, Ok((vec![45, 45, 45, 45, 45, 65, 45, 45, 45, 66], 9)));
            }
        }
    }

    #[test]
    fn long_strings_grow_the_codes() {
        for early in [false, true] {
            let text: Vec<u8> = (0..60_000_u32).map(|i| (i * i / 7 % 251) as u8).collect();
            let packed = pack(&text, usize::from(early));
            assert_eq!(decode_chunked(&mut Lzw::new(early), &packed, 1000, 999), Ok((text, packed.len())));
        }
    }

    /// A plain encoder to test against.
    fn pack(text: &[u8], early: usize) -> Vec<u8> {
        let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0_u32);
        let mut put = |code: u32, width: u32| {
            bits = bits << width | code;
            count += width;
            while count >= 8 {
                count -= 8;
                out.push((bits >> count) as u8);
            }
            (bits, count)
        };
        let mut table = std::collections::HashMap::new();
        let (mut next, mut width) = (258, 9);
        put(256, width);
        let mut current: Vec<u8> = Vec::new();
        let code_of = |table: &std::collections::HashMap<Vec<u8>, u32>, s: &[u8]| {
            if s.len() == 1 { Some(u32::from(s[0])) } else { table.get(s).copied() }
        };
        for byte in text {
            let mut longer = current.clone();
            longer.push(*byte);
            if code_of(&table, &longer).is_some() {
                current = longer;
                continue;
            }
            put(code_of(&table, &current).expect("known"), width);
            table.insert(longer, next);
            next += 1;
            // The decoder's table lags one entry behind.
            let decoder_next = next - 1 + early as u32;
            width = if decoder_next >= 2048 {
                12
            } else if decoder_next >= 1024 {
                11
            } else if decoder_next >= 512 {
                10
            } else {
                9
            };
            if next == 4094 {
                put(256, width);
                table.clear();
                next = 258;
                width = 9;
            }
            current = vec![*byte];
        }
        put(code_of(&table, &current).expect("known"), width);
        let decoder_next = next + early as u32;
        let width = if decoder_next >= 2048 {
            12
        } else if decoder_next >= 1024 {
            11
        } else if decoder_next >= 512 {
            10
        } else {
            9
        };
        put(257, width);
        let (_, left) = put(0, 0);
        if left > 0 {
            put(0, 8 - left);
        }
        out
    }
}
