//! HP-GL/2 (HP-GL/2 and HP RTL Reference Guide 5959-9733; PCL 5 Technical Reference, chapters 17 to 23).
//!
//! Coordinates do not matter here, only whether a command draws and with which pen.

mod draw;
mod encoded;
mod lexer;

use crate::accounting::{Ink, Sink};
use crate::pcl5::machine::Machine;
use crate::pcl5::palette::IndexSet;
use lexer::Lexer;

/// Arguments of a command that are kept; more are read over.
const ARGUMENTS_MAX: usize = 64;

/// Fill patterns `RF` can define.
const FILL_PATTERNS: usize = 9;

/// The plotter inside the printer.
#[derive(Clone, Debug)]
pub(in crate::pcl5) struct Plotter {
    lexer: Lexer,
    pen: i64,
    pen_down: bool,
    /// `SM`: every point is drawn as a character.
    symbols: bool,
    /// Between `PM 0` and `PM 2`.
    in_polygon: bool,
    /// The polygon buffer holds something.
    polygon: bool,
    /// `FT`: fill type and its option.
    fill: (i64, i64),
    /// Pens used by fill patterns downloaded with `RF`; `None` uses the current pen.
    patterns: [Option<IndexSet>; FILL_PATTERNS],
    /// `DT`: what ends a label.
    label_end: u8,
}

impl Plotter {
    pub(in crate::pcl5) fn new() -> Self {
        Self {
            lexer: Lexer::default(),
            pen: 1,
            pen_down: false,
            symbols: false,
            in_polygon: false,
            polygon: false,
            fill: (1, 0),
            patterns: [None; FILL_PATTERNS],
            label_end: 0x03,
        }
    }
}

/// One command with its arguments.
#[derive(Clone, Debug, Default)]
struct Command {
    name: [u8; 2],
    arguments: Vec<f64>,
    /// Arguments of `RF` behind the third: the pens of its pixels.
    pens: IndexSet,
    count: u64,
}

impl Machine {
    /// Takes HP-GL/2 from the start of `input`, up to an escape character that begins a PCL command. 0 means
    /// that it begins with one or that more bytes are needed.
    pub(in crate::pcl5) fn plot(&mut self, input: &[u8], sink: &mut Sink) -> usize {
        let mut lexer = std::mem::take(&mut self.plotter.lexer);
        let took = lexer.run(self, input, sink);
        self.plotter.lexer = lexer;
        took
    }

    fn pen_ink(&self, pen: i64) -> Ink {
        if self.gray_rendering { Ink::Gray } else { self.palette().ink(pen) }
    }

    /// Something is drawn with the current pen.
    fn draw(&mut self) {
        let ink = self.pen_ink(self.plotter.pen);
        self.mark_with(ink);
    }

    /// An area is filled with the current fill type.
    fn fill(&mut self) {
        let (kind, option) = self.plotter.fill;
        let pattern =
            usize::try_from(option).ok().and_then(|index| self.plotter.patterns.get(index)).copied();
        let ink = match (kind, pattern.flatten()) {
            (11, Some(pens)) => {
                let colored = self.palette().colored();
                let meet = pens.iter().zip(colored).any(|(pens, colored)| pens & colored != 0);
                if meet && !self.gray_rendering { Ink::Color } else { Ink::Gray }
            }
            (22, _) => self.texture(),
            _ => self.pen_ink(self.plotter.pen),
        };
        self.mark_with(ink);
    }
}
