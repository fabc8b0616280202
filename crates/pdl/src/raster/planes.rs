//! Components that lie in planes: the whole page, one component after another (`cupsColorOrder` 2).
//!
//! No plane is kept: inks must be empty, the colour components of L*a*b* neutral, and red, green and blue the same,
//! which digests tell. A digest is of eight bits a sample: converters leave crumbs at sixteen.

use super::tint::{Pixels, Test};

/// Planes whose digests are kept: red, green, blue and opacity.
const DIGESTS: usize = 4;

/// Watches the planes of one page.
#[derive(Debug)]
pub(super) struct Planes {
    pixel: Pixels,
    test: Test,
    /// Of the current line.
    marked: bool,
    digest: u64,
    digests: [u64; DIGESTS],
    /// Planes that hold anything but zero.
    filled: [bool; DIGESTS],
}

impl Planes {
    pub(super) fn new(pixel: Pixels, test: Test) -> Planes {
        Planes { pixel, test, marked: false, digest: 0, digests: [0; DIGESTS], filled: [false; DIGESTS] }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8], _at: u64) {
        let wide = self.pixel.component_bits == 16;
        match self.test {
            Test::Lab if wide => {
                self.marked |=
                    bytes.as_chunks::<2>().0.iter().any(|pair| self.wide(*pair).abs_diff(0x8000) > 1);
            }
            Test::Lab => self.marked |= bytes.iter().any(|b| b.abs_diff(0x80) > 1),
            Test::Equal { .. } if wide => {
                self.marked |= bytes.iter().any(|&b| b != 0);
                let pairs = bytes.as_chunks::<2>().0.iter();
                self.digest = pairs.fold(self.digest, |digest, pair| {
                    // To the nearest of 256 steps, which are 257 apart.
                    fold(digest, (u64::from(self.wide(*pair)) + 128) / 257)
                });
            }
            Test::Equal { .. } => {
                self.marked |= bytes.iter().any(|&b| b != 0);
                self.digest = bytes.iter().fold(self.digest, |digest, &b| fold(digest, u64::from(b)));
            }
            Test::Inks { .. } | Test::Never | Test::Xyz => self.marked |= bytes.iter().any(|&b| b != 0),
        }
    }

    fn wide(&self, pair: [u8; 2]) -> u16 {
        if self.pixel.little_endian { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    }

    pub(super) fn run(&mut self, unit: &[u8], times: u64, at: u64) {
        if matches!(self.test, Test::Equal { .. }) {
            for _ in 0..times {
                self.bytes(unit, at);
            }
        } else {
            self.bytes(unit, at);
        }
    }

    /// A line is complete; it stands for `repeat` lines from `line` on, which may reach into the next plane. Whether the page
    /// is known to be coloured by now.
    pub(super) fn end_line(&mut self, line: u64, repeat: u64) -> bool {
        let (marked, digest) = (std::mem::take(&mut self.marked), std::mem::take(&mut self.digest));
        let mut colored = false;
        for line in line..line + repeat {
            let plane = line / self.pixel.height.max(1);
            colored |= marked
                && match self.test {
                    Test::Inks { black } => black.is_none_or(|black| u64::from(black) != plane),
                    Test::Lab => matches!(plane, 1 | 2),
                    Test::Equal { .. } | Test::Never | Test::Xyz => false,
                };
            let Some(place) = usize::try_from(plane).ok().filter(|place| *place < DIGESTS) else { continue };
            self.digests[place] = fold(self.digests[place], digest);
            self.filled[place] |= marked;
        }
        colored
    }

    /// The page is over: whether planes that had to be equal are not.
    pub(super) fn unequal(&self) -> bool {
        let Test::Equal { alpha } = self.test else { return false };
        let [first, second, third, fourth] = self.digests;
        if first == second && second == third {
            return false;
        }
        if alpha && self.pixel.components >= 4 {
            // Nothing can be seen; or Ghostscript left the first plane empty and put red, green and blue behind it.
            let shifted = !self.filled[0] && second == third && third == fourth;
            return self.filled[3] && !shifted;
        }
        true
    }
}

fn fold(digest: u64, value: u64) -> u64 {
    (digest.wrapping_add(1) ^ value).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(17)
}
