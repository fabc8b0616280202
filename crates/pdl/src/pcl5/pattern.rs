//! Patterns: what areas and letters are filled with (PCL 5 Technical Reference, chapter 13).

use std::collections::HashMap;

use super::machine::Machine;
use super::palette::{IndexSet, contains};
use crate::accounting::Ink;

/// How many downloaded patterns are remembered.
const PATTERNS_MAX: usize = 1_024;

/// Downloaded patterns: the palette indices of coloured ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns {
    downloaded: HashMap<u64, Pattern>,
    /// `ESC * c # G`.
    id: u64,
    /// `ESC * v # T`: kind and id of what letters and areas are filled with.
    current: (u64, u64),
}

#[derive(Clone, Debug)]
enum Pattern {
    /// In the foreground colour.
    Mask,
    /// With colours of its own.
    Indices(IndexSet),
}

/// Kinds of fill.
const SOLID_WHITE: u64 = 1;
const USER_DEFINED: u64 = 4;

impl Patterns {
    pub(super) fn set_id(&mut self, id: u64) {
        self.id = id;
    }

    pub(super) fn select(&mut self, kind: u64) {
        if kind <= USER_DEFINED {
            self.current = (kind, self.id);
        }
    }

    /// `ESC * c # W`: format, continuation, encoding, reserved, height, width, then pixels.
    pub(super) fn download(&mut self, data: &[u8]) {
        let [format, _, bits, ..] = data else { return };
        let pixels = data.get(8..).unwrap_or_default();
        let pattern = match (format, bits) {
            (1, 8) => {
                let mut set: IndexSet = [0; 4];
                for index in pixels {
                    set[usize::from(index / 64)] |= 1 << (index % 64);
                }
                Pattern::Indices(set)
            }
            (1, 1) if pixels.iter().any(|byte| *byte != 0) => Pattern::Indices([2, 0, 0, 0]),
            _ => Pattern::Mask,
        };
        if self.downloaded.len() < PATTERNS_MAX || self.downloaded.contains_key(&self.id) {
            self.downloaded.insert(self.id, pattern);
        }
    }

    /// `ESC * c # Q`: 0 and 1 delete all, 2 the one with the current id.
    pub(super) fn control(&mut self, value: u64) {
        match value {
            0 | 1 => self.downloaded.clear(),
            2 => {
                self.downloaded.remove(&self.id);
            }
            _ => {}
        }
    }
}

impl Machine {
    /// The ink of letters and of areas filled with the current pattern.
    pub(super) fn texture(&self) -> Ink {
        let (kind, id) = self.patterns.current;
        self.fill_ink(kind, id)
    }

    /// `ESC * c # P`: fills the rectangle. Kind 5 is the current pattern.
    pub(super) fn fill_rectangle(&mut self, kind: u64) {
        let (width, height) = self.rectangle;
        if width <= 0 || height <= 0 || kind > 5 {
            return;
        }
        let (kind, id) = if kind == 5 { self.patterns.current } else { (kind, self.patterns.id) };
        if kind == USER_DEFINED && !self.patterns.downloaded.contains_key(&id) {
            return;
        }
        let ink = self.fill_ink(kind, id);
        self.mark_with(ink);
    }

    fn fill_ink(&self, kind: u64, id: u64) -> Ink {
        if self.gray_rendering {
            return Ink::Gray;
        }
        match (kind, self.patterns.downloaded.get(&id)) {
            (SOLID_WHITE, _) => Ink::Gray,
            (USER_DEFINED, Some(Pattern::Indices(set))) => {
                let colored = self.palette().colored();
                if (0..super::palette::ENTRIES_MAX)
                    .any(|index| contains(set, index) && contains(colored, index))
                {
                    Ink::Color
                } else {
                    Ink::Gray
                }
            }
            _ => self.foreground,
        }
    }
}
