//! Printable characters: they mark the page and move the cursor.

use super::machine::Machine;
use crate::accounting::Sink;

/// The part of a font's description that decides where a line ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Font {
    /// `ESC ( s # P`.
    proportional: bool,
    /// `ESC ( s # H`, characters per inch.
    pitch: f64,
    /// `ESC ( s # V`, points.
    height: f64,
}

impl Font {
    pub(super) fn new() -> Self {
        Self { proportional: false, pitch: 10.0, height: 12.0 }
    }
}

/// Width of an average letter of a proportional font, as a share of its height.
const AVERAGE_WIDTH: f64 = 0.5;

impl Machine {
    /// `ESC ( s # P`, `H`, `V`.
    pub(super) fn set_font(&mut self, letter: u8, value: f64) {
        match letter {
            b'P' => self.font.proportional = value >= 1.0,
            b'H' if value > 0.1 => self.font.pitch = value,
            b'V' if value > 0.1 => self.font.height = value,
            _ => return,
        }
        self.set_pitch(if self.font.proportional {
            72.0 / (self.font.height * AVERAGE_WIDTH)
        } else {
            self.font.pitch
        });
    }

    /// A run of characters that are no control codes.
    pub(super) fn text(&mut self, characters: &[u8], sink: &mut Sink) {
        if sink.settings().pictures_only == Some(true) {
            return;
        }
        self.end_raster();
        let Some(first) = characters.iter().position(|byte| is_visible(*byte)) else {
            self.advance_by(characters.len(), sink);
            return;
        };
        // What is printed before the line ends goes to this page, the rest to where the cursor goes.
        if !self.cursor.wrap {
            self.mark_character();
            self.cursor.advance(self.width_of(characters.len()));
            return;
        }
        self.advance_by(first, sink);
        for run in characters[first..].chunks(WRAP_STEP) {
            self.mark_character();
            self.advance_by(run.len(), sink);
            if run.iter().any(|byte| is_visible(*byte)) {
                self.mark_character();
            }
        }
    }

    fn mark_character(&mut self) {
        if self.cursor.is_on_page() {
            let ink = self.texture();
            self.mark_with(ink);
        }
    }

    fn width_of(&self, characters: usize) -> i64 {
        self.cursor.hmi.saturating_mul(i64::try_from(characters).unwrap_or(i64::MAX)).min(1 << 24)
    }

    /// Moves right, and where lines wrap, down.
    fn advance_by(&mut self, characters: usize, sink: &mut Sink) {
        let width = self.cursor.hmi;
        if !self.cursor.wrap || width <= 0 {
            self.cursor.advance(self.width_of(characters));
            return;
        }
        let mut left = i64::try_from(characters).unwrap_or(i64::MAX);
        while left > 0 {
            let edge = if self.cursor.x <= self.cursor.right { self.cursor.right } else { self.cursor.width };
            let fits = (edge - self.cursor.x) / width;
            let step = fits.clamp(0, left);
            self.cursor.advance(step * width);
            left -= step;
            if left > 0 {
                self.return_carriage();
                self.feed_line(sink);
                if step == 0 {
                    // Wider than the line: printed all the same.
                    self.cursor.advance(width);
                    left -= 1;
                }
            }
        }
    }
}

/// Where lines wrap, text is followed in steps shorter than a page of it.
const WRAP_STEP: usize = 32;

/// Bytes that leave a mark in the usual symbol sets.
fn is_visible(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f && byte != 0xa0
}
