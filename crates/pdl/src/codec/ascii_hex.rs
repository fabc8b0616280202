//! ASCIIHexDecode (PLRM 3.13.3, ISO 32000-1 7.4.2).

use super::{Damaged, Decoder, Status, Step, is_space};

/// Pairs of hexadecimal digits, white space ignored, ended by `>`.
#[derive(Debug, Default)]
pub(crate) struct AsciiHex {
    high: Option<u8>,
    done: bool,
}

/// 0-15 for a digit, [`SPACE`], [`EOD`] or [`BAD`] for anything else.
const CLASS: [u8; 256] = {
    let mut table = [BAD; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            b'>' => EOD,
            byte if is_space(byte) => SPACE,
            _ => BAD,
        };
        byte += 1;
    }
    table
};
const SPACE: u8 = 0x40;
const EOD: u8 = 0x41;
const BAD: u8 = 0x42;

impl AsciiHex {
    /// The value of a hexadecimal digit.
    pub(crate) fn digit(byte: u8) -> Option<u8> {
        Some(CLASS[usize::from(byte)]).filter(|class| *class < 16)
    }
}

impl Decoder for AsciiHex {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let (mut at, mut produced) = (0, 0);
        while !self.done {
            if self.high.is_none() {
                let room = (output.len() - produced).min((input.len() - at) / 2);
                for (pair, out) in input[at..].chunks_exact(2).zip(&mut output[produced..produced + room]) {
                    let (high, low) = (CLASS[usize::from(pair[0])], CLASS[usize::from(pair[1])]);
                    if (high | low) >= 16 {
                        break;
                    }
                    *out = high << 4 | low;
                    at += 2;
                    produced += 1;
                }
            }
            if produced == output.len() {
                return Ok(Step { consumed: at, produced, status: Status::NeedOutput });
            }
            let Some(&byte) = input.get(at) else {
                if !last {
                    return Ok(Step { consumed: at, produced, status: Status::NeedInput });
                }
                self.done = true;
                break;
            };
            match CLASS[usize::from(byte)] {
                EOD => self.done = true,
                SPACE => {}
                BAD => return Err(Damaged { encoding: "ASCIIHexDecode" }),
                digit => match self.high.take() {
                    None => self.high = Some(digit),
                    Some(high) => {
                        output[produced] = high << 4 | digit;
                        produced += 1;
                    }
                },
            }
            at += 1;
        }
        if let Some(high) = self.high {
            if produced == output.len() {
                return Ok(Step { consumed: at, produced, status: Status::NeedOutput });
            }
            output[produced] = high << 4;
            self.high = None;
            produced += 1;
        }
        Ok(Step { consumed: at, produced, status: Status::End })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::decode_chunked;
    use super::*;

    #[test]
    fn decodes_the_same_in_any_chunking() {
        let rows: [(&[u8], &[u8], usize); 4] =
            [(b"48 656C\n6c6f>rest", b"Hello", 13), (b"7>", b"p", 2), (b">", b"", 1), (b"4142", b"AB", 4)];
        for (input, want, used) in rows {
            for chunk_in in 1..9 {
                for chunk_out in 1..5 {
                    let got = decode_chunked(&mut AsciiHex::default(), input, chunk_in, chunk_out);
                    assert_eq!(got, Ok((want.to_vec(), used)));
                }
            }
        }
        assert!(decode_chunked(&mut AsciiHex::default(), b"4x", 9, 9).is_err());
    }
}
