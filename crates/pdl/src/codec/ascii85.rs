//! ASCII85Decode (PLRM 3.13.3, ISO 32000-1 7.4.3).

use super::{Damaged, Decoder, Status, Step, is_space};

/// Groups of five characters of base 85, `z` for four zeros, white space ignored, ended by `~>`.
#[derive(Debug, Default)]
pub(crate) struct Ascii85 {
    group: u32,
    /// Digits held in `group`, 0-4.
    digits: u8,
    /// Decoded bytes that found no room: the low `held` bytes of `pending`, first one highest.
    pending: u32,
    held: u8,
    state: State,
}

#[derive(Debug, Default, Eq, PartialEq)]
enum State {
    #[default]
    Data,
    Tilde,
    Done,
}

const DAMAGED: Damaged = Damaged { encoding: "ASCII85Decode" };

impl Ascii85 {
    fn flush(&mut self, output: &mut [u8], produced: &mut usize) -> bool {
        while self.held > 0 {
            let Some(slot) = output.get_mut(*produced) else { return false };
            self.held -= 1;
            *slot = (self.pending >> (8 * u32::from(self.held))) as u8;
            *produced += 1;
        }
        true
    }

    /// The bytes of an incomplete last group: one fewer than its digits.
    fn finish_group(&mut self) {
        if self.digits > 1 {
            let mut group = self.group;
            for _ in self.digits..5 {
                group = group.wrapping_mul(85).wrapping_add(84);
            }
            self.held = self.digits - 1;
            self.pending = group >> (8 * (4 - u32::from(self.held)));
        }
        self.digits = 0;
        self.group = 0;
    }
}

impl Decoder for Ascii85 {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let (mut at, mut produced) = (0, 0);
        loop {
            if !self.flush(output, &mut produced) {
                return Ok(Step { consumed: at, produced, status: Status::NeedOutput });
            }
            if self.state == State::Done {
                return Ok(Step { consumed: at, produced, status: Status::End });
            }
            if self.digits == 0 && self.state == State::Data {
                let (used, made) = whole_groups(&input[at..], &mut output[produced..]);
                at += used;
                produced += made;
            }
            let Some(&byte) = input.get(at) else {
                if !last {
                    return Ok(Step { consumed: at, produced, status: Status::NeedInput });
                }
                self.finish_group();
                self.state = State::Done;
                continue;
            };
            at += 1;
            match (&self.state, byte) {
                (_, byte) if is_space(byte) => {}
                (State::Tilde, b'>') => {
                    self.finish_group();
                    self.state = State::Done;
                }
                (State::Tilde, _) => return Err(DAMAGED),
                (_, b'~') => self.state = State::Tilde,
                (_, b'z') if self.digits == 0 => {
                    self.pending = 0;
                    self.held = 4;
                }
                (_, b'!'..=b'u') => {
                    // The largest groups overflow 32 bits; readers wrap them silently.
                    self.group = self.group.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                    self.digits += 1;
                    if self.digits == 5 {
                        self.pending = self.group;
                        self.held = 4;
                        self.digits = 0;
                        self.group = 0;
                    }
                }
                _ => return Err(DAMAGED),
            }
        }
    }
}

/// The bulk of every stream: runs of undisturbed groups.
fn whole_groups(input: &[u8], output: &mut [u8]) -> (usize, usize) {
    let (mut used, mut made) = (0, 0);
    for (group, out) in input.chunks_exact(5).zip(output.chunks_exact_mut(4)) {
        let mut value = 0_u32;
        let mut plain = true;
        for byte in group {
            let digit = byte.wrapping_sub(b'!');
            plain &= digit < 85;
            value = value.wrapping_mul(85).wrapping_add(u32::from(digit));
        }
        if !plain {
            break;
        }
        out.copy_from_slice(&value.to_be_bytes());
        used += 5;
        made += 4;
    }
    (used, made)
}

#[cfg(test)]
mod tests {
    use super::super::testing::decode_chunked;
    use super::*;

    #[test]
    fn decodes_the_same_in_any_chunking() {
        let rows: [(&[u8], &[u8], usize); 5] = [
            (b"87cURD]i,\"Ebo80~>x", b"Hello World!", 17),
            (b"z!!~ \n>", b"\0\0\0\0\0", 7),
            (b"87c\nURD]i,\"E b~>", b"Hello Wor", 16),
            (b"~>", b"", 2),
            (b"87cUR", b"Hell", 5),
        ];
        for (input, want, used) in rows {
            for chunk_in in 1..9 {
                for chunk_out in 1..6 {
                    let got = decode_chunked(&mut Ascii85::default(), input, chunk_in, chunk_out);
                    assert_eq!(got, Ok((want.to_vec(), used)), "{}", input.escape_ascii());
                }
            }
        }
        assert!(decode_chunked(&mut Ascii85::default(), b"87{", 9, 9).is_err());
    }
}
