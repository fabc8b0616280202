//! Strips and tiles as plain bytes.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;
use weezl::decode::Decoder;
use weezl::{BitOrder, LzwStatus};

use crate::source::Stretch;

/// The bytes of one strip or tile; `None` for compressions that are not unpacked here.
pub(super) fn open<'a>(compression: u64, stretch: Stretch<'a>) -> Option<Box<dyn Read + 'a>> {
    Some(match compression {
        1 => Box::new(stretch),
        5 => Box::new(Lzw::new(stretch)),
        8 | 32946 => Box::new(ZlibDecoder::new(stretch)),
        32773 => Box::new(PackBits { input: io::BufReader::with_capacity(4096, stretch), run: Run::None }),
        _ => return None,
    })
}

/// LZW with the early code width change of TIFF 6.0 section 13.
struct Lzw<'a> {
    input: Stretch<'a>,
    decoder: Decoder,
    buffer: Box<[u8; 4096]>,
    at: usize,
    end: usize,
    over: bool,
}

impl<'a> Lzw<'a> {
    fn new(input: Stretch<'a>) -> Lzw<'a> {
        let decoder = Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
        Lzw { input, decoder, buffer: Box::new([0; 4096]), at: 0, end: 0, over: false }
    }
}

impl Read for Lzw<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while !self.over && !buf.is_empty() {
            if self.at == self.end {
                self.end = self.input.read(&mut self.buffer[..])?;
                self.at = 0;
            }
            let result = self.decoder.decode_bytes(&self.buffer[self.at..self.end], buf);
            self.at += result.consumed_in;
            match result.status {
                Ok(LzwStatus::Ok) => {}
                Ok(LzwStatus::Done) => self.over = true,
                Ok(LzwStatus::NoProgress) => {
                    self.over = self.end == 0 || self.at == self.end && result.consumed_in == 0
                }
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
            if result.consumed_out > 0 {
                return Ok(result.consumed_out);
            }
        }
        Ok(0)
    }
}

/// PackBits (TIFF 6.0 section 9).
struct PackBits<R> {
    input: R,
    run: Run,
}

enum Run {
    None,
    Literal(usize),
    Same(u8, usize),
}

impl<R: Read> Read for PackBits<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.run {
                Run::None => {
                    let Some(count) = byte(&mut self.input)? else { return Ok(0) };
                    self.run = match count {
                        0..=127 => Run::Literal(usize::from(count) + 1),
                        128 => Run::None,
                        129..=255 => match byte(&mut self.input)? {
                            Some(value) => Run::Same(value, 257 - usize::from(count)),
                            None => return Ok(0),
                        },
                    };
                }
                Run::Literal(left) => {
                    let want = buf.len().min(*left);
                    let read = self.input.read(&mut buf[..want])?;
                    *left = if read == 0 { 0 } else { *left - read };
                    if *left == 0 {
                        self.run = Run::None;
                    }
                    return Ok(read);
                }
                Run::Same(value, left) => {
                    let count = buf.len().min(*left);
                    buf[..count].fill(*value);
                    *left -= count;
                    if *left == 0 {
                        self.run = Run::None;
                    }
                    return Ok(count);
                }
            }
        }
    }
}

fn byte(input: &mut impl Read) -> io::Result<Option<u8>> {
    let mut one = [0];
    Ok(if input.read(&mut one)? == 1 { Some(one[0]) } else { None })
}
