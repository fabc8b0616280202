//! The predictors of LZWDecode and FlateDecode (PLRM 3.13.3, ISO 32000-1 7.4.4.4): TIFF 2 and PNG.

use super::{Damaged, Decoder, Status, Step};

/// The entries of the filter's parameter dictionary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PredictorParams {
    /// 1 none, 2 TIFF, 10 and above PNG.
    pub(crate) predictor: i64,
    /// Components a sample.
    pub(crate) colors: i64,
    /// Bits a component: 1, 2, 4, 8 or 16.
    pub(crate) bits: i64,
    /// Samples a row.
    pub(crate) columns: i64,
}

impl Default for PredictorParams {
    fn default() -> Self {
        Self { predictor: 1, colors: 1, bits: 8, columns: 1 }
    }
}

/// Undoes a predictor row by row.
#[derive(Debug)]
pub(crate) struct Predictor {
    png: bool,
    colors: usize,
    bits: usize,
    /// Bytes from a component to the same one of the sample to the left.
    step: usize,
    row: Vec<u8>,
    above: Vec<u8>,
    /// Bytes of the current row (with its PNG tag) that have been read.
    filled: usize,
    tag: u8,
    /// Bytes of the finished row that have been handed out.
    given: Option<usize>,
}

impl Predictor {
    /// `None` when the parameters ask for no prediction.
    ///
    /// # Errors
    /// [`Damaged`] for parameters outside the specification or rows over [`ROW_BYTES_MAX`].
    pub(crate) fn new(params: PredictorParams) -> Result<Option<Self>, Damaged> {
        let damaged = Damaged { encoding: "Predictor" };
        if params.predictor <= 1 {
            return Ok(None);
        }
        let in_range = (1..=32).contains(&params.colors)
            && matches!(params.bits, 1 | 2 | 4 | 8 | 16)
            && (1..=ROW_BYTES_MAX as i64).contains(&params.columns);
        if !in_range {
            return Err(damaged);
        }
        let (colors, bits, columns) = (params.colors as usize, params.bits as usize, params.columns as usize);
        let row_bytes = (colors * bits * columns).div_ceil(8);
        if row_bytes > ROW_BYTES_MAX {
            return Err(damaged);
        }
        Ok(Some(Self {
            png: params.predictor >= 10,
            colors,
            bits,
            step: (colors * bits).div_ceil(8),
            row: vec![0; row_bytes],
            above: vec![0; row_bytes],
            filled: 0,
            tag: 0,
            given: None,
        }))
    }

    fn undo(&mut self) {
        let length = self.filled.saturating_sub(usize::from(self.png)).min(self.row.len());
        if self.png {
            undo_png(self.tag, self.step, &mut self.row[..length], &self.above);
        } else {
            self.undo_tiff(length);
        }
    }

    fn undo_tiff(&mut self, length: usize) {
        match self.bits {
            8 => {
                for at in self.colors..length {
                    self.row[at] = self.row[at].wrapping_add(self.row[at - self.colors]);
                }
            }
            16 => {
                let step = 2 * self.colors;
                for at in (step..length.saturating_sub(1)).step_by(2) {
                    let left = u16::from_be_bytes([self.row[at - step], self.row[at - step + 1]]);
                    let here = u16::from_be_bytes([self.row[at], self.row[at + 1]]);
                    self.row[at..at + 2].copy_from_slice(&here.wrapping_add(left).to_be_bytes());
                }
            }
            bits => {
                let mask = (1_u8 << bits) - 1;
                let component = |row: &[u8], index: usize| {
                    let bit = index * bits;
                    row[bit / 8] >> (8 - bits - bit % 8) & mask
                };
                for index in self.colors..length * 8 / bits {
                    let value = component(&self.row, index)
                        .wrapping_add(component(&self.row, index - self.colors))
                        & mask;
                    let shift = 8 - bits - index * bits % 8;
                    let byte = &mut self.row[index * bits / 8];
                    *byte = *byte & !(mask << shift) | value << shift;
                }
            }
        }
    }
}

/// A row no real image reaches; larger ones are refused instead of allocated.
const ROW_BYTES_MAX: usize = 1 << 20;

fn undo_png(tag: u8, step: usize, row: &mut [u8], above: &[u8]) {
    match tag {
        1 => {
            for at in step..row.len() {
                row[at] = row[at].wrapping_add(row[at - step]);
            }
        }
        2 => {
            for (here, up) in row.iter_mut().zip(above) {
                *here = here.wrapping_add(*up);
            }
        }
        3 => {
            for at in 0..row.len() {
                let left = if at >= step { u16::from(row[at - step]) } else { 0 };
                row[at] = row[at].wrapping_add(((left + u16::from(above[at])) / 2) as u8);
            }
        }
        4 => {
            for at in 0..row.len() {
                let (left, corner) = if at >= step {
                    (i16::from(row[at - step]), i16::from(above[at - step]))
                } else {
                    (0, 0)
                };
                let up = i16::from(above[at]);
                let guess = left + up - corner;
                let (to_left, to_up, to_corner) =
                    ((guess - left).abs(), (guess - up).abs(), (guess - corner).abs());
                let nearest = if to_left <= to_up && to_left <= to_corner {
                    left
                } else if to_up <= to_corner {
                    up
                } else {
                    corner
                };
                row[at] = row[at].wrapping_add(nearest as u8);
            }
        }
        _ => {}
    }
}

impl Decoder for Predictor {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let (mut at, mut produced) = (0, 0);
        let row_input = self.row.len() + usize::from(self.png);
        loop {
            if let Some(given) = self.given {
                let length = self.filled.saturating_sub(usize::from(self.png));
                let count = (length - given).min(output.len() - produced);
                output[produced..produced + count].copy_from_slice(&self.row[given..given + count]);
                produced += count;
                if given + count < length {
                    self.given = Some(given + count);
                    return Ok(Step { consumed: at, produced, status: Status::NeedOutput });
                }
                std::mem::swap(&mut self.row, &mut self.above);
                self.given = None;
                self.filled = 0;
            }
            if self.png
                && self.filled == 0
                && let Some(&tag) = input.get(at)
            {
                self.tag = tag;
                self.filled = 1;
                at += 1;
            }
            if self.filled > 0 || !self.png {
                let start = self.filled - usize::from(self.png);
                let count = (row_input - self.filled).min(input.len() - at);
                self.row[start..start + count].copy_from_slice(&input[at..at + count]);
                self.filled += count;
                at += count;
            }
            if self.filled == row_input || (last && self.filled > 0) {
                self.undo();
                self.given = Some(0);
            } else {
                let status = if last { Status::End } else { Status::NeedInput };
                return Ok(Step { consumed: at, produced, status });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::decode_chunked;
    use super::*;

    #[test]
    fn every_png_tag_is_undone() {
        let params = PredictorParams { predictor: 15, colors: 1, bits: 8, columns: 3 };
        let data = [0, 1, 2, 3, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 1, 1, 4, 1, 1, 1];
        let want = [1, 2, 3, 1, 2, 3, 2, 3, 4, 2, 3, 4, 3, 4, 5];
        for (chunk_in, chunk_out) in [(1, 1), (3, 2), (50, 50)] {
            let mut predictor = Predictor::new(params).expect("in range").expect("predicts");
            assert_eq!(
                decode_chunked(&mut predictor, &data, chunk_in, chunk_out),
                Ok((want.to_vec(), data.len()))
            );
        }
    }

    #[test]
    fn tiff_adds_the_sample_to_the_left() {
        type Row<'a> = (i64, i64, i64, &'a [u8], &'a [u8]);
        let rows: [Row<'_>; 3] = [
            (8, 3, 2, &[10, 20, 30, 1, 2, 3], &[10, 20, 30, 11, 22, 33]),
            (4, 1, 4, &[0x11, 0x1f], &[0x12, 0x32]),
            (16, 1, 2, &[1, 255, 0, 1], &[1, 255, 2, 0]),
        ];
        for (bits, colors, columns, data, want) in rows {
            let params = PredictorParams { predictor: 2, colors, bits, columns };
            let mut predictor = Predictor::new(params).expect("in range").expect("predicts");
            assert_eq!(decode_chunked(&mut predictor, data, 1, 1), Ok((want.to_vec(), data.len())));
        }
    }
}
