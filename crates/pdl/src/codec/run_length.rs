//! RunLengthDecode (PLRM 3.13.3, ISO 32000-1 7.4.5).

use super::{Damaged, Decoder, Status, Step};

/// A length byte, then that many plus one bytes as they are (0-127), or one byte repeated 257 minus length times
/// (129-255); 128 ends the data.
#[derive(Debug, Default)]
pub(crate) struct RunLength {
    run: Run,
}

#[derive(Debug, Default)]
enum Run {
    #[default]
    Length,
    Copy(usize),
    RepeatNext(usize),
    Repeat(u8, usize),
    Done,
}

impl Decoder for RunLength {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let (mut at, mut produced) = (0, 0);
        loop {
            let status = match self.run {
                Run::Done => Some(Status::End),
                _ if produced == output.len() => Some(Status::NeedOutput),
                Run::Repeat(..) => None,
                _ if at == input.len() && last => Some(Status::End),
                _ if at == input.len() => Some(Status::NeedInput),
                Run::Length | Run::Copy(_) | Run::RepeatNext(_) => None,
            };
            if let Some(status) = status {
                return Ok(Step { consumed: at, produced, status });
            }
            match self.run {
                Run::Length => {
                    let length = usize::from(input[at]);
                    at += 1;
                    self.run = match length {
                        0..=127 => Run::Copy(length + 1),
                        128 => Run::Done,
                        _ => Run::RepeatNext(257 - length),
                    };
                }
                Run::Copy(left) => {
                    let count = left.min(input.len() - at).min(output.len() - produced);
                    output[produced..produced + count].copy_from_slice(&input[at..at + count]);
                    at += count;
                    produced += count;
                    self.run = if left == count { Run::Length } else { Run::Copy(left - count) };
                }
                Run::RepeatNext(left) => {
                    self.run = Run::Repeat(input[at], left);
                    at += 1;
                }
                Run::Repeat(byte, left) => {
                    let count = left.min(output.len() - produced);
                    output[produced..produced + count].fill(byte);
                    produced += count;
                    self.run = if left == count { Run::Length } else { Run::Repeat(byte, left - count) };
                }
                Run::Done => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::decode_chunked;
    use super::*;

    #[test]
    fn decodes_the_same_in_any_chunking() {
        for chunk_in in 1..9 {
            for chunk_out in 1..6 {
                let got =
                    decode_chunked(&mut RunLength::default(), b"\x02abc\xfex\x80rest", chunk_in, chunk_out);
                assert_eq!(got, Ok((b"abcxxx".to_vec(), 7)));
            }
        }
    }
}
