//! FlateDecode (ISO 32000-1 7.4.4): a zlib stream, read as forgivingly as viewers do.

use flate2::{Decompress, FlushDecompress, Status as ZlibStatus};

use super::{Damaged, Decoder, Status, Step};

/// Inflates a zlib stream. The checksum at its end is not verified: printers ignore it.
#[derive(Debug)]
pub(crate) struct Flate {
    inner: Decompress,
    header: Header,
    /// Bytes of the zlib trailer (Adler-32) still to skip once the deflate data ended.
    trailer_left: u8,
    done: bool,
}

#[derive(Debug)]
enum Header {
    Unread,
    Half(u8),
    Read,
}

impl Default for Flate {
    fn default() -> Self {
        Self { inner: Decompress::new(false), header: Header::Unread, trailer_left: 4, done: false }
    }
}

impl Decoder for Flate {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let damaged = Damaged { encoding: "FlateDecode" };
        let mut at = 0;
        let starved = |at| Step {
            consumed: at,
            produced: 0,
            status: if last { Status::End } else { Status::NeedInput },
        };
        loop {
            let Some(&byte) = input.get(at) else {
                match self.header {
                    Header::Read => break,
                    Header::Unread | Header::Half(_) => return Ok(starved(at)),
                }
            };
            match self.header {
                Header::Read => break,
                Header::Unread => self.header = Header::Half(byte),
                Header::Half(first) => {
                    if first & 0x0f != 8 || u16::from_be_bytes([first, byte]) % 31 != 0 || byte & 0x20 != 0 {
                        return Err(damaged);
                    }
                    self.header = Header::Read;
                }
            }
            at += 1;
        }
        let mut produced = 0;
        while !self.done {
            if produced == output.len() {
                return Ok(Step { consumed: at, produced, status: Status::NeedOutput });
            }
            let (before_in, before_out) = (self.inner.total_in(), self.inner.total_out());
            let status = self.inner.decompress(&input[at..], &mut output[produced..], FlushDecompress::None);
            let (took, made) = (self.inner.total_in() - before_in, self.inner.total_out() - before_out);
            at += took as usize;
            produced += made as usize;
            match status {
                Ok(ZlibStatus::StreamEnd) => self.done = true,
                Ok(ZlibStatus::Ok | ZlibStatus::BufError) if took + made > 0 => {}
                Ok(ZlibStatus::Ok | ZlibStatus::BufError) if at == input.len() => {
                    return Ok(Step {
                        consumed: at,
                        produced,
                        status: if last { Status::End } else { Status::NeedInput },
                    });
                }
                _ if produced > 0 => return Ok(Step { consumed: at, produced, status: Status::NeedOutput }),
                _ => return Err(damaged),
            }
        }
        while self.trailer_left > 0 {
            if at == input.len() {
                return Ok(Step {
                    consumed: at,
                    produced,
                    status: if last { Status::End } else { Status::NeedInput },
                });
            }
            at += 1;
            self.trailer_left -= 1;
        }
        Ok(Step { consumed: at, produced, status: Status::End })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::ZlibEncoder};

    use super::super::testing::decode_chunked;
    use super::*;

    #[test]
    fn decodes_the_same_in_any_chunking_and_stops_at_the_end() {
        let text: Vec<u8> = (0..5000_u32).map(|i| (i * i / 11 % 13) as u8).collect();
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&text).expect("to memory");
        let mut data = encoder.finish().expect("to memory");
        let used = data.len();
        data.extend_from_slice(b"\nshowpage");
        for (chunk_in, chunk_out) in [(1, 1), (1, 700), (13, 64), (100_000, 100_000)] {
            assert_eq!(
                decode_chunked(&mut Flate::default(), &data, chunk_in, chunk_out),
                Ok((text.clone(), used))
            );
        }
        let (cut, _) =
            decode_chunked(&mut Flate::default(), &data[..used / 2], 10, 10).expect("cut data ends early");
        assert!(text.starts_with(&cut) && !cut.is_empty());
    }
}
