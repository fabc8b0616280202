//! Components that lie in bands: in every line, one component after another (`cupsColorOrder` 1).

use super::tint::{Pixels, Test};

/// The longest line that is kept to be judged pixel by pixel, bytes; 100,000 pixels of four components of 16 bits.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Watches the lines of one page. Inks need no other component to be judged; the rest is judged when the line is whole.
#[derive(Debug)]
pub(super) struct Bands {
    pixel: Pixels,
    test: Test,
    /// Bytes of one component of a line.
    band_bytes: u64,
    /// The current line; empty where inks are judged byte by byte.
    line: Vec<u8>,
    colored: bool,
}

impl Bands {
    pub(super) fn new(pixel: Pixels, test: Test) -> Bands {
        let band_bytes = (pixel.line_bytes / u64::from(pixel.components)).max(1);
        let kept = if matches!(test, Test::Inks { .. }) { 0 } else { pixel.line_bytes.min(LINE_BYTES_MAX) };
        Bands { pixel, test, band_bytes, line: vec![0; kept as usize], colored: false }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8], at: u64) {
        if let Test::Inks { black } = self.test {
            let mut at = at;
            let mut bytes = bytes;
            while !bytes.is_empty() {
                let left = usize::try_from(self.band_bytes - at % self.band_bytes).unwrap_or(usize::MAX);
                let (now, later) = bytes.split_at(left.min(bytes.len()));
                let is_black = black.is_some_and(|black| u64::from(black) == at / self.band_bytes);
                self.colored |= !is_black && now.iter().any(|&b| b != 0);
                at += now.len() as u64;
                bytes = later;
            }
            return;
        }
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(self.line.len());
        let room = &mut self.line[at..];
        let count = room.len().min(bytes.len());
        room[..count].copy_from_slice(&bytes[..count]);
    }

    pub(super) fn run(&mut self, unit: &[u8], times: u64, mut at: u64) {
        if matches!(self.test, Test::Inks { .. }) && unit.iter().all(|&b| b == 0) {
            return;
        }
        for _ in 0..times {
            self.bytes(unit, at);
            at += unit.len() as u64;
        }
    }

    /// The line is whole: whether a pixel of it, or of one before it, is coloured.
    pub(super) fn end_line(&mut self) -> bool {
        if !self.line.is_empty() {
            self.colored |= self.line_colored();
            self.line.fill(0);
        }
        self.colored
    }

    fn line_colored(&self) -> bool {
        let band = usize::try_from(self.band_bytes).unwrap_or(usize::MAX);
        let bands: Vec<&[u8]> = self.line.chunks(band).take(self.pixel.components as usize).collect();
        // Most lines of gray pages: no pixel needs to be looked at.
        if matches!(self.test, Test::Equal { .. })
            && bands.len() >= 3
            && bands[1..3].iter().all(|b| *b == bands[0])
        {
            return false;
        }
        let bits = self.pixel.component_bits as usize;
        let samples = band * 8 / bits;
        (0..samples).any(|x| {
            let value = bands.iter().fold(0_u128, |value, band| {
                value << bits | u128::from(sample(band, x, bits, self.pixel.little_endian))
            });
            self.pixel.value_colored(value)
        })
    }
}

/// Sample `x` of a band; what the line does not have is 0.
fn sample(band: &[u8], x: usize, bits: usize, little_endian: bool) -> u16 {
    let byte = |at: usize| band.get(at).copied().unwrap_or(0);
    match bits {
        16 => {
            let pair = [byte(x * 2), byte(x * 2 + 1)];
            if little_endian { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
        }
        8 => u16::from(byte(x)),
        _ => (0..bits).fold(0, |value, bit| {
            let at = x * bits + bit;
            value << 1 | u16::from(byte(at / 8) >> (7 - at % 8) & 1)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_every_depth() {
        let band = [0b1011_0010, 0x7F, 0xFF, 0x01];
        assert_eq!([0, 1, 2].map(|x| sample(&band, x, 1, false)), [1, 0, 1]);
        assert_eq!([0, 1, 2].map(|x| sample(&band, x, 4, false)), [0xB, 0x2, 0x7]);
        assert_eq!([0, 1].map(|x| sample(&band, x, 8, false)), [0xB2, 0x7F]);
        assert_eq!(sample(&band, 1, 16, false), 0xFF01);
        assert_eq!(sample(&band, 1, 16, true), 0x01FF);
        assert_eq!(sample(&band, 9, 16, true), 0);
    }
}
