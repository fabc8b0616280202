//! The filters only PostScript has.

use crate::codec::{Damaged, Decoder, Status, Step};

/// SubFileDecode (PLRM 3.13.3): passes bytes on up to an end-of-data mark.
#[derive(Debug)]
pub(in super::super) struct SubFile {
    pattern: Vec<u8>,
    /// With a pattern: occurrences passed on before the end; without: bytes.
    count: u64,
    done: bool,
}

impl SubFile {
    /// As its parameters `EODCount` and `EODString`. With neither there is no end.
    pub(in super::super) fn new(count: u64, pattern: Vec<u8>) -> Self {
        let count = if pattern.is_empty() && count == 0 { u64::MAX } else { count };
        Self { pattern, count, done: false }
    }
}

impl Decoder for SubFile {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let ended = |consumed, produced| Ok(Step { consumed, produced, status: Status::End });
        if self.done {
            return ended(0, 0);
        }
        let room = output.len();
        if self.pattern.is_empty() {
            let count = input.len().min(room).min(usize::try_from(self.count).unwrap_or(usize::MAX));
            output[..count].copy_from_slice(&input[..count]);
            self.count -= count as u64;
            self.done = self.count == 0;
            let status = match (self.done || (last && count == input.len()), count == room) {
                (true, _) => Status::End,
                (false, true) => Status::NeedOutput,
                (false, false) => Status::NeedInput,
            };
            return Ok(Step { consumed: count, produced: count, status });
        }
        let (mut at, mut produced) = (0, 0);
        loop {
            let rest = &input[at..];
            let found = memchr::memmem::find(rest, &self.pattern);
            let passes_pattern = self.count > 0;
            let (plain, hit) = match found {
                Some(place) if passes_pattern => (place + self.pattern.len(), true),
                Some(place) => (place, true),
                None if last => (rest.len(), false),
                // The pattern may begin in the last bytes.
                None => (rest.len().saturating_sub(self.pattern.len() - 1), false),
            };
            if plain > room - produced {
                // What fits, but never half a pattern: the count must see it whole.
                let fits = (room - produced).min(found.unwrap_or(plain));
                output[produced..produced + fits].copy_from_slice(&rest[..fits]);
                let status = if fits == 0 && produced == 0 && room > 0 && room < self.pattern.len() {
                    return Err(Damaged { encoding: "SubFileDecode" });
                } else {
                    Status::NeedOutput
                };
                return Ok(Step { consumed: at + fits, produced: produced + fits, status });
            }
            output[produced..produced + plain].copy_from_slice(&rest[..plain]);
            produced += plain;
            at += plain;
            if hit {
                if passes_pattern {
                    self.count -= 1;
                    if self.count > 0 {
                        continue;
                    }
                } else {
                    at += self.pattern.len();
                }
                self.done = true;
                return ended(at, produced);
            }
            let status = if last { Status::End } else { Status::NeedInput };
            return Ok(Step { consumed: at, produced, status });
        }
    }
}

/// A filter that changes nothing (ReusableStreamDecode on top of other filters).
#[derive(Debug)]
pub(in super::super) struct Null;

impl Decoder for Null {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let count = input.len().min(output.len());
        output[..count].copy_from_slice(&input[..count]);
        let status = match (count == input.len(), last) {
            (true, true) => Status::End,
            (true, false) => Status::NeedInput,
            (false, _) => Status::NeedOutput,
        };
        Ok(Step { consumed: count, produced: count, status })
    }
}

/// Collects JPEG data up to its end marker: PostScript goes on right behind it.
#[derive(Debug)]
pub(in super::super) struct DctCollector {
    place: Place,
    bytes: Vec<u8>,
    /// The `ColorTransform` parameter.
    pub(in super::super) transform: Option<bool>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Data,
    /// After 0xFF.
    Code,
    LengthHigh,
    LengthLow(u8),
    Segment(usize),
    Done,
}

/// Of a larger picture the beginning must do.
const KEPT_BYTES_MAX: usize = 8 << 20;

impl DctCollector {
    pub(in super::super) fn new(transform: Option<bool>) -> Self {
        Self { place: Place::Data, bytes: Vec::new(), transform }
    }

    /// Whether the end-of-image marker was seen.
    pub(in super::super) fn is_done(&self) -> bool {
        self.place == Place::Done
    }

    /// What was kept of the picture.
    pub(in super::super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes bytes up to the end of the picture; says how many.
    pub(in super::super) fn push(&mut self, input: &[u8]) -> usize {
        let mut at = 0;
        while at < input.len() && self.place != Place::Done {
            self.place = match self.place {
                Place::Data => match memchr::memchr(0xff, &input[at..]) {
                    Some(skip) => {
                        at += skip + 1;
                        Place::Code
                    }
                    None => {
                        at = input.len();
                        Place::Data
                    }
                },
                Place::Code => {
                    at += 1;
                    match input[at - 1] {
                        0xff => Place::Code,
                        0xd9 => Place::Done,
                        0 | 1 | 0xd0..=0xd8 => Place::Data,
                        _ => Place::LengthHigh,
                    }
                }
                Place::LengthHigh => {
                    at += 1;
                    Place::LengthLow(input[at - 1])
                }
                Place::LengthLow(high) => {
                    at += 1;
                    let length = usize::from(u16::from_be_bytes([high, input[at - 1]]));
                    if length > 2 { Place::Segment(length - 2) } else { Place::Data }
                }
                Place::Segment(left) => {
                    let count = left.min(input.len() - at);
                    at += count;
                    if count == left { Place::Data } else { Place::Segment(left - count) }
                }
                Place::Done => Place::Done,
            };
        }
        let kept = at.min(KEPT_BYTES_MAX.saturating_sub(self.bytes.len()));
        self.bytes.extend_from_slice(&input[..kept]);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::decode_chunked;

    #[test]
    fn a_subfile_ends_at_its_mark_in_any_chunking() {
        let data = b"one END two END three";
        let rows: [(u64, &[u8], &[u8], usize); 4] = [
            (0, b"END", b"one ", 7),
            (1, b"END", b"one END", 7),
            (2, b"END", b"one END two END", 15),
            (5, b"", b"one E", 5),
        ];
        for (count, pattern, want, used) in rows {
            for (chunk_in, chunk_out) in [(1, 3), (2, 8), (5, 5), (100, 100)] {
                let mut decoder = SubFile::new(count, pattern.to_vec());
                let got = decode_chunked(&mut decoder, data, chunk_in, chunk_out);
                assert_eq!(got, Ok((want.to_vec(), used)), "{count} {}", pattern.escape_ascii());
            }
        }
    }

    #[test]
    fn a_picture_ends_at_its_marker() {
        let data = b"\xff\xd8\xff\xe0\x00\x04\xff\xd9\xff\xda\x00\x02ab\xff\x00\xff\xd3x\xff\xd9 showpage";
        for chunk in 1..9 {
            let mut collector = DctCollector::new(None);
            let mut used = 0;
            for piece in data.chunks(chunk) {
                used += collector.push(piece);
            }
            assert_eq!((used, collector.is_done(), collector.bytes().len()), (21, true, 21));
        }
    }
}
