//! What each command draws.

use super::{Command, FILL_PATTERNS};
use crate::accounting::{Ink, Sink};
use crate::counts::Copies;
use crate::media::Paper;
use crate::pcl5::machine::Machine;
use crate::pcl5::palette::Palette;

/// Plotter units of an inch.
const UNITS_PER_INCH: f64 = 1016.0;

/// Copies one `RP` can ask for.
const REPLOTS_MAX: f64 = 999.0;

impl Machine {
    pub(super) fn plot_command(&mut self, command: &Command, sink: &mut Sink) {
        let arguments = command.arguments.as_slice();
        let int = |at: usize| arguments.get(at).map(|value| *value as i64);
        match &command.name {
            b"IN" => {
                self.set_palette(Some(Palette::pens()));
                self.plotter.pen_down = false;
                self.plotter_defaults();
            }
            b"DF" => self.plotter_defaults(),
            b"SP" => self.select_pen(int(0).unwrap_or(0)),
            b"PU" => self.move_pen(false, arguments.len() >= 2),
            b"PD" => self.move_pen(true, true),
            b"PA" | b"PR" => self.move_pen(self.plotter.pen_down, arguments.len() >= 2),
            b"AA" | b"AR" if arguments.len() >= 3 => self.curve(),
            b"AT" | b"RT" if arguments.len() >= 4 => self.curve(),
            b"BR" | b"BZ" if arguments.len() >= 6 => self.curve(),
            // Circles, wedges and rectangles are drawn with the pen up, too.
            b"CI" if !arguments.is_empty() => self.outline(),
            b"EA" | b"ER" if arguments.len() >= 2 => self.outline_shape(),
            b"EW" if arguments.len() >= 3 => self.outline_shape(),
            b"RA" | b"RR" if arguments.len() >= 2 => self.fill_shape(),
            b"WG" if arguments.len() >= 3 => self.fill_shape(),
            b"PM" => self.polygon_mode(int(0).unwrap_or(0)),
            b"EP" if self.plotter.polygon => self.draw(),
            b"FP" if self.plotter.polygon => self.fill(),
            b"FT" => self.plotter.fill = (int(0).unwrap_or(1), int(1).unwrap_or(0)),
            b"RF" => self.fill_pattern(command),
            b"NP" => self.palette_mut().set_pens(int(0).unwrap_or(8)),
            b"PC" => self.pen_color(arguments),
            b"CR" => self.color_range(arguments),
            b"PG" if self.plotter_job && (self.page.marked || !arguments.is_empty()) => self.eject(sink),
            b"FR" if self.plotter_job && self.page.marked => self.eject(sink),
            b"RP" if self.plotter_job => self.replot(arguments, sink),
            b"PS" if !self.page.marked => self.plot_size(arguments, sink),
            b"BP" => self.begin_plot(arguments),
            _ => {}
        }
    }

    fn plotter_defaults(&mut self) {
        self.plotter.symbols = false;
        self.plotter.in_polygon = false;
        self.plotter.polygon = false;
        self.plotter.fill = (1, 0);
        self.plotter.patterns = [None; FILL_PATTERNS];
        self.plotter.label_end = 0x03;
    }

    /// Pens beyond the palette start again at 1.
    pub(super) fn select_pen(&mut self, pen: i64) {
        let last = i64::try_from(self.palette().len()).expect("a palette is short") - 1;
        if pen >= 0 {
            self.plotter.pen = if pen > last && last > 0 { (pen - 1) % last + 1 } else { pen };
        }
    }

    fn move_pen(&mut self, down: bool, anywhere: bool) {
        self.plotter.pen_down = down;
        if anywhere && down {
            self.line_to();
        } else if anywhere && self.plotter.symbols {
            self.draw();
        }
    }

    /// A line, or a corner of a polygon.
    pub(super) fn line_to(&mut self) {
        if self.plotter.in_polygon {
            self.plotter.polygon = true;
        } else {
            self.draw();
        }
    }

    fn curve(&mut self) {
        if self.plotter.pen_down || self.plotter.in_polygon {
            self.line_to();
        }
    }

    fn outline(&mut self) {
        self.line_to();
    }

    fn outline_shape(&mut self) {
        if !self.plotter.in_polygon {
            self.plotter.polygon = true;
            self.draw();
        }
    }

    fn fill_shape(&mut self) {
        if !self.plotter.in_polygon {
            self.plotter.polygon = true;
            self.fill();
        }
    }

    /// Text of a label.
    pub(super) fn label(&mut self, text: &[u8]) {
        if !self.plotter.in_polygon && text.iter().any(|byte| *byte >= b' ') {
            self.draw();
        }
    }

    fn polygon_mode(&mut self, mode: i64) {
        match mode {
            0 => {
                self.plotter.in_polygon = true;
                self.plotter.polygon = false;
            }
            2 => self.plotter.in_polygon = false,
            _ => {}
        }
    }

    /// `RF index, width, height, pens…`: pixels of pen 0 and 1 only take the current pen's colour.
    fn fill_pattern(&mut self, command: &Command) {
        let Some(index) = command.arguments.first().map(|value| *value as i64) else {
            self.plotter.patterns = [None; FILL_PATTERNS];
            return;
        };
        if let Some(slot) = usize::try_from(index).ok().and_then(|index| self.plotter.patterns.get_mut(index))
        {
            let has_colors = command.pens[0] & !3 != 0 || command.pens[1..] != [0; 3];
            *slot = has_colors.then_some(command.pens);
        }
    }

    fn pen_color(&mut self, arguments: &[f64]) {
        match arguments {
            [] => {
                for pen in 0..self.palette().len() {
                    self.palette_mut().set_default_pen(pen);
                }
            }
            [pen, red, green, blue, ..] => self.palette_mut().set_entry(*pen as i64, [*red, *green, *blue]),
            [pen, ..] => {
                if let Ok(pen) = usize::try_from(*pen as i64) {
                    self.palette_mut().set_default_pen(pen);
                }
            }
        }
    }

    fn color_range(&mut self, arguments: &[f64]) {
        let (black, white) = match arguments {
            [b0, w0, b1, w1, b2, w2, ..] => ([*b0, *b1, *b2], [*w0, *w1, *w2]),
            _ => ([0.0; 3], [255.0; 3]),
        };
        self.palette_mut().set_range(black, white);
    }

    /// `RP n`: the plot again, n times.
    fn replot(&mut self, arguments: &[f64], sink: &mut Sink) {
        let times = arguments.first().copied().unwrap_or(1.0).clamp(0.0, REPLOTS_MAX) as u32;
        if !self.page.marked {
            return;
        }
        let ink = self.page.ink;
        for _ in 0..times {
            self.eject(sink);
            self.mark_with(ink);
        }
        if times > 0 {
            self.page.marked = false;
            self.page.ink = Ink::Gray;
        }
    }

    /// `PS length, width` in plotter units: the paper is cut to it, unless it is the printable part of a sheet that
    /// the header names. Printers do not know it, so what says it is made for a plotter (HP-GL/2 and HP RTL Reference
    /// Guide, "Plot Size").
    fn plot_size(&mut self, arguments: &[f64], sink: &Sink) {
        let (length, width) = match arguments {
            [length, width, ..] => (*length, *width),
            [length] => (*length, *length),
            [] => return,
        };
        let Some(cut) = Paper::from_inches(length / UNITS_PER_INCH, width / UNITS_PER_INCH) else { return };
        let sheet = sink.settings().paper.filter(|sheet| is_printable_part(&cut, sheet));
        self.page.paper = sheet.unwrap_or(cut);
        self.page.paper_named = true;
        self.new_logical_page();
    }

    /// `BP kind, value …`: kind 2 is the number of copies.
    fn begin_plot(&mut self, arguments: &[f64]) {
        for pair in arguments.chunks_exact(2) {
            if pair[0] as i64 == 2 {
                self.page.copies = Some(Copies::from_request(pair[1] as i64));
            }
        }
    }
}

/// Whether a cut is a sheet without margins of up to an inch on every side.
fn is_printable_part(cut: &Paper, sheet: &Paper) -> bool {
    const MARGINS_UM: u32 = 2 * 25_400;
    let (cut, sheet) = (cut.edges_um(), sheet.edges_um());
    [(cut.0, sheet.0), (cut.1, sheet.1)].iter().all(|(cut, sheet)| cut <= sheet && sheet - cut <= MARGINS_UM)
}
