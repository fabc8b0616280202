//! The samples of a picture, looked at in passing: is one of them not gray?

use std::collections::HashSet;

use super::tone::SAMPLE_TOLERANCE;

/// How the samples of a picture are to be judged.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    /// One component that is never coloured, or a picture whose colour is known anyway: only its length counts.
    Blind,
    /// Red, green and blue.
    Rgb,
    /// Cyan, magenta, yellow and black.
    Cmyk,
    /// One component; for each raw value whether it is coloured.
    Palette(Box<[bool]>),
    /// Anything else: the different samples are collected for someone else to judge.
    Distinct,
}

/// The shape of a picture's samples.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) width: u64,
    pub(crate) height: u64,
    /// 1, 2, 4, 8, 12 or 16.
    pub(crate) bits: u32,
    pub(crate) components: usize,
    /// For each component the values that 0 and the highest sample stand for; empty for the usual ones.
    pub(crate) decode: Vec<f64>,
}

/// Looks at a stream of samples, row by row, each row padded to whole bytes.
#[derive(Debug)]
pub(crate) struct Samples {
    shape: Shape,
    reading: Reading,
    row: Vec<u8>,
    row_bytes: u64,
    bytes_left: u64,
    /// Components whose samples are to be read upside down.
    inverted: bool,
    coloured: bool,
    distinct: HashSet<Vec<u16>>,
}

/// Different samples collected.
const DISTINCT_MAX: usize = 4_096;
/// Components a sample may have.
pub(crate) const COMPONENTS_MAX: usize = 32;
/// A row of a picture; longer ones are not looked at.
const ROW_BYTES_MAX: u64 = 8 << 20;

impl Samples {
    /// For a picture of this shape; `None` when no picture can have it.
    pub(crate) fn new(shape: Shape, reading: Reading) -> Option<Self> {
        let components = shape.components;
        if !matches!(shape.bits, 1 | 2 | 4 | 8 | 12 | 16) || components == 0 || components > COMPONENTS_MAX {
            return None;
        }
        let row_bytes = shape.width.checked_mul(u64::from(shape.bits) * components as u64)?.div_ceil(8);
        let bytes_left = row_bytes.checked_mul(shape.height)?;
        let expected = match reading {
            Reading::Rgb => 3,
            Reading::Cmyk => 4,
            Reading::Palette(_) => 1,
            Reading::Blind | Reading::Distinct => components,
        };
        let blind = expected != components || row_bytes > ROW_BYTES_MAX;
        let plain = shape.decode.chunks_exact(2).all(|pair| pair == [0.0, 1.0]);
        let inverted =
            !shape.decode.is_empty() && shape.decode.chunks_exact(2).all(|pair| pair == [1.0, 0.0]);
        let reading = match reading {
            _ if blind => Reading::Blind,
            Reading::Rgb | Reading::Cmyk if !plain && !inverted => Reading::Distinct,
            other => other,
        };
        Some(Self {
            shape,
            reading,
            row: Vec::new(),
            row_bytes,
            bytes_left,
            inverted,
            coloured: false,
            distinct: HashSet::new(),
        })
    }

    /// Bytes the picture still has.
    pub(crate) fn bytes_left(&self) -> u64 {
        self.bytes_left
    }

    /// Whether the rest of the samples makes no difference.
    pub(crate) fn is_decided(&self) -> bool {
        self.coloured || matches!(self.reading, Reading::Blind) || self.distinct.len() >= DISTINCT_MAX
    }

    /// Whether a coloured sample was seen.
    pub(crate) fn is_coloured(&self) -> bool {
        self.coloured
    }

    /// The different samples, each component as its decoded value.
    pub(crate) fn distinct(&self) -> impl Iterator<Item = Vec<f64>> + '_ {
        let highest = ((1_u32 << self.shape.bits) - 1) as f64;
        self.distinct.iter().map(move |sample| {
            let decoded = sample.iter().enumerate().map(|(index, value)| {
                let share = f64::from(*value) / highest;
                match self.shape.decode.get(2 * index..2 * index + 2) {
                    Some([from, to]) => from + share * (to - from),
                    _ => share,
                }
            });
            decoded.collect()
        })
    }

    /// Takes the next bytes; says how many belonged to the picture.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(usize::try_from(self.bytes_left).unwrap_or(usize::MAX));
        self.bytes_left -= count as u64;
        let mut rest = &bytes[..count];
        if self.is_decided() || self.row_bytes == 0 {
            return count;
        }
        let row_bytes = self.row_bytes as usize;
        while !rest.is_empty() {
            if self.row.is_empty() && rest.len() >= row_bytes {
                let (row, after) = rest.split_at(row_bytes);
                self.judge(row);
                rest = after;
            } else {
                let need = (row_bytes - self.row.len()).min(rest.len());
                self.row.extend_from_slice(&rest[..need]);
                rest = &rest[need..];
                if self.row.len() == row_bytes {
                    let row = std::mem::take(&mut self.row);
                    self.judge(&row);
                    self.row = row;
                    self.row.clear();
                }
            }
            if self.is_decided() {
                break;
            }
        }
        count
    }

    fn judge(&mut self, row: &[u8]) {
        let bits = self.shape.bits;
        match &self.reading {
            Reading::Blind => {}
            Reading::Rgb if bits == 8 => {
                self.coloured = row.chunks_exact(3).any(|p| spread(p) > SAMPLE_TOLERANCE)
            }
            Reading::Rgb if bits == 16 => {
                self.coloured = row.chunks_exact(6).any(|p| spread(&[p[0], p[2], p[4]]) > SAMPLE_TOLERANCE);
            }
            Reading::Cmyk if bits == 8 => {
                let flip = if self.inverted { 0xff } else { 0 };
                self.coloured = row.chunks_exact(4).any(|p| {
                    let ink = (p[0] ^ flip).max(p[1] ^ flip).max(p[2] ^ flip);
                    ink > SAMPLE_TOLERANCE && p[3] ^ flip < 254
                });
            }
            Reading::Palette(coloured) => {
                self.coloured = values(row, bits, self.shape.width as usize)
                    .any(|value| coloured.get(usize::from(value)).copied().unwrap_or(false));
            }
            Reading::Rgb | Reading::Cmyk => {
                let (count, highest) = (self.shape.components, f64::from((1_u32 << bits) - 1));
                let samples: Vec<u16> = values(row, bits, count * self.shape.width as usize).collect();
                self.coloured = samples.chunks_exact(count).any(|sample| {
                    let parts: Vec<f64> = sample
                        .iter()
                        .map(|value| f64::from(*value) / highest)
                        .map(|part| if self.inverted { 1.0 - part } else { part })
                        .collect();
                    match parts[..] {
                        [red, green, blue] => !super::tone::rgb_is_gray([red, green, blue]),
                        [cyan, magenta, yellow, black] => {
                            !super::tone::cmyk_is_gray([cyan, magenta, yellow, black])
                        }
                        _ => false,
                    }
                });
            }
            Reading::Distinct => {
                let count = self.shape.components;
                let mut sample = Vec::with_capacity(count);
                let mut last: Vec<u16> = Vec::new();
                for value in values(row, bits, count * self.shape.width as usize) {
                    sample.push(value);
                    if sample.len() == count {
                        if sample != last && self.distinct.len() < DISTINCT_MAX {
                            self.distinct.insert(sample.clone());
                            last.clone_from(&sample);
                        }
                        sample.clear();
                    }
                }
            }
        }
    }
}

fn spread(parts: &[u8]) -> u8 {
    let highest = parts[0].max(parts[1]).max(parts[2]);
    let lowest = parts[0].min(parts[1]).min(parts[2]);
    highest - lowest
}

/// The raw values of a row.
fn values(row: &[u8], bits: u32, count: usize) -> impl Iterator<Item = u16> + '_ {
    (0..count).map_while(move |index| match bits {
        16 => Some(u16::from_be_bytes([*row.get(2 * index)?, *row.get(2 * index + 1)?])),
        8 => row.get(index).copied().map(u16::from),
        bits => {
            let first = index * bits as usize;
            let high = u32::from(*row.get(first / 8)?) << 8
                | u32::from(row.get(first / 8 + 1).copied().unwrap_or(0));
            let shift = 16 - bits - (first % 8) as u32;
            Some((high >> shift & ((1 << bits) - 1)) as u16)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coloured(bits: u32, components: usize, decode: &[f64], reading: Reading, data: &[u8]) -> bool {
        let width = data.len() as u64 * 8 / u64::from(bits) / components as u64 / 2;
        for chunk in [1, 3, 1000] {
            let shape = Shape { width, height: 2, bits, components, decode: decode.to_vec() };
            let mut samples = Samples::new(shape, reading.clone()).expect("a picture");
            let mut taken = 0;
            for piece in data.chunks(chunk) {
                taken += samples.push(piece);
            }
            if chunk == 1000 {
                assert_eq!(taken, data.len());
                return samples.is_coloured();
            }
        }
        false
    }

    #[test]
    fn coloured_samples_are_found_in_every_format() {
        let palette = |list: &[bool]| Reading::Palette(list.into());
        type Row<'a> = (u32, usize, &'a [f64], Reading, &'a [u8], bool);
        let rows: [Row<'_>; 10] = [
            (8, 3, &[], Reading::Rgb, &[9, 9, 9, 200, 201, 199], false),
            (8, 3, &[], Reading::Rgb, &[9, 9, 9, 200, 210, 199], true),
            (16, 3, &[], Reading::Rgb, &[9, 0, 9, 1, 9, 2, 9, 0, 9, 0, 99, 0], true),
            (8, 4, &[], Reading::Cmyk, &[0, 0, 0, 77, 0, 0, 0, 0], false),
            (8, 4, &[], Reading::Cmyk, &[0, 0, 9, 77, 0, 0, 0, 0], true),
            (
                8,
                4,
                &[1., 0., 1., 0., 1., 0., 1., 0.],
                Reading::Cmyk,
                &[255, 255, 255, 7, 255, 255, 255, 255],
                false,
            ),
            (8, 1, &[], palette(&[false, false, true]), &[0, 1, 0, 1], false),
            (4, 1, &[], palette(&[false, false, true]), &[0x01, 0x12], true),
            (1, 1, &[], palette(&[false, true]), &[0, 8], true),
            (4, 3, &[], Reading::Rgb, &[0x11, 0x10, 0x44, 0x40], false),
        ];
        for (index, (bits, components, decode, reading, data, want)) in rows.into_iter().enumerate() {
            assert_eq!(coloured(bits, components, decode, reading, data), want, "row {index}");
        }
    }

    #[test]
    fn other_spaces_get_their_different_samples() {
        let shape = Shape { width: 3, height: 1, bits: 8, components: 2, decode: vec![0.0, 1.0, 1.0, 0.0] };
        let mut samples = Samples::new(shape, Reading::Distinct).expect("a picture");
        assert_eq!(samples.push(&[0, 0, 255, 255, 0, 0, 7]), 6);
        let mut found: Vec<Vec<f64>> = samples.distinct().collect();
        found.sort_by(|a, b| a[0].total_cmp(&b[0]));
        assert_eq!(found, [vec![0.0, 1.0], vec![1.0, 0.0]]);
    }
}
