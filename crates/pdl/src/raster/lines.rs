//! The lines of one page.
//!
//! Compressed lines (PWG 5102.4 section 4.4; CUPS raster version 2; URF): a byte says how often the line
//! is repeated, then come runs until the line is full. A run is a count byte below 128 and one pixel that
//! stands for count + 1, or a count byte above 128 and 257 - count pixels. 128 clears the rest of the line
//! to white (used by URF, understood by CUPS).

use super::tint::{Pixels, Tint};

/// The walk over the lines of one page.
#[derive(Debug)]
pub(super) struct Lines {
    compressed: bool,
    /// Bytes that a run repeats: one pixel, or one byte where pixels are smaller.
    unit: u64,
    line_bytes: u64,
    /// Lines of the page, through all planes.
    total: u64,
    /// Lines before the current one.
    line: u64,
    /// Bytes of the current line not yet covered; 0 between lines.
    left: u64,
    /// Equal lines that the current one stands for.
    repeat: u64,
    tint: Tint,
}

impl Lines {
    /// A page of `total` lines.
    pub(super) fn new(pixels: Pixels, unit: u64, total: u64, compressed: bool) -> Lines {
        Lines {
            compressed,
            unit,
            line_bytes: pixels.line_bytes,
            total,
            line: 0,
            left: 0,
            repeat: 0,
            tint: Tint::new(pixels),
        }
    }

    /// Whether the page's last line has been read.
    pub(super) fn done(&self) -> bool {
        self.line >= self.total
    }

    /// Whether a pixel read so far needs colour; final once the page is done.
    pub(super) fn colored(&self) -> bool {
        self.tint.colored()
    }

    /// Takes whole runs from the front of `input` and says how many bytes they were.
    pub(super) fn take(&mut self, input: &[u8]) -> usize {
        let taken = if self.compressed { self.take_runs(input) } else { self.take_plain(input) };
        if self.done() {
            self.tint.end();
        }
        taken
    }

    fn take_plain(&mut self, input: &[u8]) -> usize {
        let mut at = 0;
        while !self.done() {
            if self.left == 0 {
                self.left = self.line_bytes;
                self.repeat = 1;
            }
            let rest = &input[at..];
            let mut take = self.left.min(rest.len() as u64);
            if self.tint.settled() {
                // Nothing to look at: whole lines at once.
                let to_end =
                    (self.total - self.line - 1).saturating_mul(self.line_bytes).saturating_add(self.left);
                let skip = to_end.min(rest.len() as u64);
                if skip == 0 {
                    return at;
                }
                at += skip as usize;
                let covered = self.line_bytes - self.left + skip;
                self.line += covered / self.line_bytes;
                self.left = (self.line_bytes - covered % self.line_bytes) % self.line_bytes;
                continue;
            }
            take -= take % self.unit;
            if take == 0 {
                return at;
            }
            self.tint.pixels(&rest[..take as usize], self.line_bytes - self.left);
            at += take as usize;
            self.left -= take;
            if self.left == 0 {
                self.tint.end_line(self.line, 1);
                self.line += 1;
            }
        }
        at
    }

    fn take_runs(&mut self, input: &[u8]) -> usize {
        let unit = self.unit as usize;
        let mut at = 0;
        loop {
            if self.left == 0 {
                if self.done() {
                    return at;
                }
                let Some(&count) = input.get(at) else { return at };
                at += 1;
                self.repeat = (u64::from(count) + 1).min(self.total - self.line);
                self.left = self.line_bytes;
            }
            let Some(&count) = input.get(at) else { return at };
            if count < 128 {
                let Some(pixel) = input.get(at + 1..at + 1 + unit) else { return at };
                // A run past the end of its line is cut there, as CUPS does.
                let covered = ((u64::from(count) + 1) * self.unit).min(self.left);
                if !self.tint.settled() {
                    self.tint.run(pixel, covered / self.unit, self.line_bytes - self.left);
                }
                at += 1 + unit;
                self.left -= covered;
            } else if count == 128 {
                at += 1;
                self.left = 0;
            } else {
                let covered = ((257 - u64::from(count)) * self.unit).min(self.left);
                let end = at + 1 + covered as usize;
                let Some(pixels) = input.get(at + 1..end) else { return at };
                if !self.tint.settled() {
                    self.tint.pixels(pixels, self.line_bytes - self.left);
                }
                at = end;
                self.left -= covered;
            }
            if self.left == 0 {
                self.tint.end_line(self.line, self.repeat);
                self.line += self.repeat;
            }
        }
    }
}
