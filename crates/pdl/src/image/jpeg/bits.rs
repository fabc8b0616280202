//! Bytes, markers and bits of a picture, read once from front to back.

use std::io::{self, Read};

/// Bytes taken from the source at a time.
const BUFFER_BYTES: usize = 16 * 1024;

/// The picture's bytes, with the bit reservoir of its entropy-coded segments.
pub(super) struct Source<R> {
    input: R,
    buffer: Box<[u8; BUFFER_BYTES]>,
    at: usize,
    end: usize,
    /// Bits not yet taken, the next one highest.
    bits: u64,
    count: u32,
    /// A marker met inside entropy-coded data; bits after it are made up as zero.
    pending: Option<u8>,
    /// Made-up bits that were really taken: the data broke off.
    invented: u32,
}

impl<R: Read> Source<R> {
    pub(super) fn new(input: R) -> Source<R> {
        Source {
            input,
            buffer: Box::new([0; BUFFER_BYTES]),
            at: 0,
            end: 0,
            bits: 0,
            count: 0,
            pending: None,
            invented: 0,
        }
    }

    /// The next byte, `None` at the end.
    #[inline]
    pub(super) fn byte(&mut self) -> io::Result<Option<u8>> {
        if self.at == self.end && !self.fill()? {
            return Ok(None);
        }
        let byte = self.buffer[self.at];
        self.at += 1;
        Ok(Some(byte))
    }

    pub(super) fn u16(&mut self) -> io::Result<Option<u16>> {
        let (Some(high), Some(low)) = (self.byte()?, self.byte()?) else { return Ok(None) };
        Ok(Some(u16::from_be_bytes([high, low])))
    }

    /// Fills `out`; false when the data ends before.
    pub(super) fn exact(&mut self, out: &mut [u8]) -> io::Result<bool> {
        for slot in out {
            match self.byte()? {
                Some(byte) => *slot = byte,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Passes over `count` bytes; false when the data ends before.
    pub(super) fn skip(&mut self, mut count: usize) -> io::Result<bool> {
        while count > 0 {
            if self.at == self.end && !self.fill()? {
                return Ok(false);
            }
            let step = count.min(self.end - self.at);
            self.at += step;
            count -= step;
        }
        Ok(true)
    }

    /// The next marker, passing over anything before it; `None` at the end of the data.
    pub(super) fn marker(&mut self) -> io::Result<Option<u8>> {
        self.bits = 0;
        self.count = 0;
        self.invented = 0;
        if let Some(marker) = self.pending.take() {
            return Ok(Some(marker));
        }
        loop {
            if self.at == self.end && !self.fill()? {
                return Ok(None);
            }
            match memchr::memchr(0xFF, &self.buffer[self.at..self.end]) {
                None => self.at = self.end,
                Some(skip) => {
                    self.at += skip + 1;
                    let mut code = self.byte()?;
                    while code == Some(0xFF) {
                        code = self.byte()?;
                    }
                    match code {
                        None => return Ok(None),
                        Some(0) => {}
                        Some(code) => return Ok(Some(code)),
                    }
                }
            }
        }
    }

    /// Drops the bits up to the next restart marker and takes it; false when another marker comes first.
    pub(super) fn restart(&mut self) -> io::Result<bool> {
        match self.marker()? {
            Some(0xD0..=0xD7) => Ok(true),
            other => {
                self.pending = other;
                Ok(false)
            }
        }
    }

    /// True when more bits were asked for than the segment holds.
    pub(super) fn exhausted(&self) -> bool {
        self.invented > 0 && self.count < self.invented
    }

    /// The next sixteen bits without taking them.
    #[inline]
    pub(super) fn peek16(&mut self) -> io::Result<u32> {
        if self.count < 16 {
            self.refill()?;
        }
        Ok((self.bits >> 48) as u32)
    }

    /// Takes `n` bits that were peeked.
    #[inline]
    pub(super) fn take(&mut self, n: u32) {
        self.bits <<= n;
        self.count = self.count.saturating_sub(n);
    }

    /// Takes and returns the next `n` bits, 0..=16.
    #[inline]
    pub(super) fn bits(&mut self, n: u32) -> io::Result<u32> {
        if n == 0 {
            return Ok(0);
        }
        let window = self.peek16()?;
        self.take(n);
        Ok(window >> (16 - n))
    }

    #[inline]
    fn refill(&mut self) -> io::Result<()> {
        while self.count <= 56 {
            let byte = self.entropy_byte()?;
            self.bits |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        Ok(())
    }

    /// The next byte of entropy-coded data, without its stuffing; zeros once a marker is met.
    #[inline]
    fn entropy_byte(&mut self) -> io::Result<u8> {
        if self.pending.is_some() {
            self.invented = (self.invented + 8).min(1 << 16);
            return Ok(0);
        }
        let Some(byte) = self.byte()? else {
            self.invented = (self.invented + 8).min(1 << 16);
            return Ok(0);
        };
        if byte != 0xFF {
            return Ok(byte);
        }
        let mut next = self.byte()?;
        while next == Some(0xFF) {
            next = self.byte()?;
        }
        match next {
            Some(0) => Ok(0xFF),
            Some(marker) => {
                self.pending = Some(marker);
                self.invented += 8;
                Ok(0)
            }
            None => {
                self.invented += 8;
                Ok(0)
            }
        }
    }

    fn fill(&mut self) -> io::Result<bool> {
        self.at = 0;
        self.end = 0;
        loop {
            match self.input.read(&mut self.buffer[..]) {
                Ok(read) => {
                    self.end = read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
