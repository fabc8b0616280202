//! What each command does.

use super::cursor::MoveUnit;
use super::machine::{Machine, Mode};
use super::macros::MacroId;
use super::palette::Palette;
use super::paper;
use super::scan::Command;
use super::token::Value;
use crate::accounting::Sink;
use crate::counts::Copies;
use crate::media::Paper;

/// What happens to the bytes behind a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DataUse {
    /// There are none.
    None,
    /// Passed over by their number.
    Pass,
    /// Looked at.
    Keep,
}

impl Command {
    /// Whether this is `ESC & f # X`, the one command a macro definition listens to.
    pub(super) fn is_macro_control(self) -> bool {
        (self.class, self.group, self.letter) == (b'&', b'f', b'X')
    }

    /// What is done with its data.
    pub(super) fn data_use(self, machine: &mut Machine) -> DataUse {
        if !announces_data(self.class, self.group, self.letter, self.value) {
            return DataUse::None;
        }
        match (self.class, self.group, self.letter) {
            (b'*', b'b', b'V' | b'W') if machine.macros.is_defining() => DataUse::Pass,
            (b'*', b'b', b'V' | b'W') => {
                if machine.wants_raster_data() {
                    DataUse::Keep
                } else {
                    DataUse::Pass
                }
            }
            (b'&', b'p', b'X') | (b'*', b'v' | b'c' | b'g', b'W') | (b'&', b'n', b'W') => DataUse::Keep,
            _ => DataUse::Pass,
        }
    }
}

/// Whether so many bytes of data as its value says follow a command: those that end in `W`, and a few others
/// (Technical Reference, appendix "PCL commands").
pub(crate) fn announces_data(class: u8, group: u8, letter: u8, value: Value) -> bool {
    match (class, group, letter) {
        (b'*', b'b', b'V' | b'W') | (b'&', b'p', b'X') => true,
        (b'*', b'v' | b'c' | b'g', b'W') | (b'&', b'n', b'W') => true,
        // DeskJet text scale mode has no data.
        (b'&', b'k', b'W') => false,
        (b'(' | b')', b's' | b'f', b'W') | (b'&', b'a' | b'b', b'W') => true,
        (b'*', b'd' | b'i' | b'l' | b'm' | b'o', b'W') => true,
        // Makers' own commands: by custom `W` announces data, but no more than PCL's numbers allow
        // (LavaFlow writes checksums as `ESC * x # W`).
        (_, group, b'W') => group != 0 && value.data_bytes() <= NUMBER_MAX,
        _ => false,
    }
}

/// The largest number of classic PCL.
const NUMBER_MAX: u64 = 32_767;

/// Commands that may stand between rows of raster data without ending it.
fn stays_in_raster(command: Command) -> bool {
    matches!(
        (command.class, command.group, command.letter),
        (b'*', b'b', b'V' | b'W' | b'Y' | b'M' | b'L')
            | (b'*', b'r', b'A' | b'B' | b'C' | b'F' | b'S' | b'T' | b'U')
            | (b'*', b't', b'R' | b'H' | b'V')
            | (b'*', b'v', _)
            | (b'*', b'g' | b'i', b'W')
    )
}

/// Fonts a printer lists on its font page.
const RESIDENT_FONTS: usize = 90;

impl Machine {
    /// A control code outside of text.
    pub(super) fn control(&mut self, code: u8, sink: &mut Sink) {
        if self.plotter_job {
            return;
        }
        self.end_raster();
        if std::mem::take(&mut self.page_just_reset) && code == 0x0c {
            // A PaintJet's reset leaves the page in the printer; the form feed is what ends it.
            return;
        }
        match code {
            0x08 => self.backspace(),
            0x09 => self.tab(),
            b'\n' => self.line_feed(sink),
            0x0c => self.form_feed(sink),
            b'\r' => self.carriage_return(sink),
            // SO and SI select a font; the others print nothing.
            _ => {}
        }
    }

    /// Display functions: everything is printed, a carriage return also moves down.
    pub(super) fn display(&mut self, bytes: &[u8], sink: &mut Sink) {
        for byte in bytes {
            if *byte == b'\r' {
                self.return_carriage();
                self.feed_line(sink);
            } else {
                self.text(b"#", sink);
            }
        }
    }

    /// A two-character sequence.
    pub(super) fn two_character(&mut self, letter: u8, sink: &mut Sink) {
        if letter != b'E' {
            self.end_raster();
        }
        match letter {
            b'E' => {
                let printed = self.page.marked;
                self.reset(sink);
                self.page_just_reset = printed && self.paint_jet;
            }
            b'9' => self.clear_horizontal_margins(),
            b'=' => self.half_line_feed(sink),
            b'Y' => self.display_functions = true,
            b'A' => self.print_font_page(sink),
            // Emulations of other makers take counted data behind it; no PCL printer knows it.
            b'|' => sink.undefined("PCL with commands of another maker's language"),
            _ => {}
        }
    }

    /// A command without data. `continues` says that more parameters of its sequence follow.
    pub(super) fn carry_out(&mut self, command: Command, continues: bool, sink: &mut Sink) {
        if !stays_in_raster(command) {
            self.end_raster();
        }
        let value = command.value;
        match (command.class, command.group, command.letter) {
            (b'%', 0, b'A') => self.mode = Mode::Pcl,
            (b'%', 0, b'B') if value.int() <= 3 => self.mode = Mode::HpGl,
            (b'&', b'a', letter) => self.cursor_command(letter, command, sink),
            (b'&', b'b', b'M') if !self.page.marked => self.page.gray = value.int() == 1,
            (b'&', b'f', b'I') => self.page.custom.0 = i64::try_from(value.magnitude()).unwrap_or(0) * 10,
            (b'&', b'f', b'J') => self.page.custom.1 = i64::try_from(value.magnitude()).unwrap_or(0) * 10,
            (b'&', b'f', b'S') => self.push_pop_cursor(value.magnitude()),
            (b'&', b'f', b'X') => {
                let prefix: &[u8] = if continues { b"\x1b&f" } else { b"" };
                self.control_macro(value.magnitude(), prefix, sink);
            }
            (b'&', b'f', b'Y') => self.macros.set_id(MacroId::Number(value.magnitude())),
            (b'&', b'k', b'G') => self.set_termination(value.int()),
            (b'&', b'k', b'H') => self.set_hmi(value),
            (b'&', b'k', b'S') => self.set_pitch(match value.magnitude() {
                2 => 16.66,
                4 => 12.0,
                _ => 10.0,
            }),
            (b'&', b'l', letter) => self.page_command(letter, command, sink),
            (b'&', b'p', b'S') => self.select_palette(value.magnitude()),
            (b'&', b'p', b'I') => self.set_palette_control_id(value.magnitude()),
            (b'&', b'p', b'C') => self.control_palettes(value.magnitude()),
            (b'&', b'r', b'F') if value.magnitude() == 1 => {
                self.eject_if_marked(sink);
                self.home();
            }
            (b'&', b's', b'C') => self.cursor.wrap = value.magnitude() == 0,
            (b'&', b'u', b'D') => self.set_unit(value.int()),
            (b'(', b's', letter) => self.set_font(letter, value.float()),
            (b'*', b'b', b'M') => self.set_compression(value),
            (b'*', b'b', b'Y') => self.skip_rows(value),
            (b'*', b'c', b'A' | b'H') => {
                self.rectangle.0 = i64::try_from(value.magnitude()).unwrap_or(i64::MAX)
            }
            (b'*', b'c', b'B' | b'V') => {
                self.rectangle.1 = i64::try_from(value.magnitude()).unwrap_or(i64::MAX)
            }
            (b'*', b'c', b'G') => self.patterns.set_id(value.magnitude()),
            (b'*', b'c', b'P') => self.fill_rectangle(value.magnitude()),
            (b'*', b'c', b'Q') => self.patterns.control(value.magnitude()),
            (b'*', b'p', b'P') => self.push_pop_palette(value.magnitude()),
            (b'*', b'p', b'X') => self.move_x(value, MoveUnit::Units),
            (b'*', b'p', b'Y') => self.move_y(value, MoveUnit::Units, sink),
            (b'*', b'r', b'A') => self.start_raster(),
            (b'*', b'r', b'B') => {
                self.end_raster();
                // `ESC * r b C`, as PaintJets have it: their reset does not end the page.
                self.paint_jet |= continues;
            }
            (b'*', b'r', b'C') => {
                self.end_raster_new();
                self.page.finished = self.page.set_up;
            }
            (b'*', b'o', b'M') => self.page.set_up = true,
            (b'*', b'r', b'S') => self.set_raster_width(value),
            (b'*', b'r', b'U') => self.set_palette(Palette::simple(value.int())),
            (b'*', b't', b'R') => self.set_resolution(value),
            // Color Technical Reference, chapter 5: these algorithms render in black.
            (b'*', b't', b'J') => self.gray_rendering = matches!(value.magnitude(), 5 | 6 | 8 | 10 | 12 | 14),
            (b'*', b'v', letter) => self.color_command(letter, command),
            _ => {}
        }
    }

    /// `ESC & a`: where the cursor is and what text keeps to.
    fn cursor_command(&mut self, letter: u8, command: Command, sink: &mut Sink) {
        let value = command.value;
        match letter {
            b'C' => self.move_x(value, MoveUnit::Columns),
            b'H' => self.move_x(value, MoveUnit::Decipoints),
            b'R' => self.move_y(value, MoveUnit::Rows, sink),
            b'V' => self.move_y(value, MoveUnit::Decipoints, sink),
            b'P' => self.set_direction(value.int()),
            b'L' => self.set_left_margin(value),
            b'M' => self.set_right_margin(value),
            b'G' => self.select_side(value.int(), sink),
            _ => {}
        }
    }

    /// `ESC & l`: the page and the job.
    fn page_command(&mut self, letter: u8, command: Command, sink: &mut Sink) {
        let value = command.value;
        match letter {
            b'A' => {
                let code = value.magnitude();
                let paper = if code == paper::CUSTOM {
                    let (width, height) = self.page.custom;
                    Paper::from_inches(width as f64 / 7200.0, height as f64 / 7200.0)
                } else {
                    paper::by_code(code)
                };
                self.set_paper(paper, sink);
            }
            b'C' => self.set_vmi(value),
            b'D' => self.set_line_spacing(value),
            b'E' => self.set_top_margin(value),
            b'F' => self.set_text_length(value),
            b'H' => self.set_source(value.int(), sink),
            b'L' => self.set_perforation_skip(value.magnitude()),
            b'M' if value.magnitude() <= 4 => {
                self.eject_if_marked(sink);
                self.home();
            }
            b'O' => self.set_orientation(value.int(), sink),
            b'P' => {
                let lines = i64::try_from(value.magnitude()).unwrap_or(i64::MAX);
                if let Some(paper) = paper::by_length(lines.saturating_mul(self.line())) {
                    self.set_paper(Some(paper), sink);
                }
            }
            b'S' => self.set_sides(value.int(), sink),
            b'X' if value.int() >= 1 => {
                self.page.copies = Some(Copies::from_request(value.int().min(32_767)))
            }
            _ => {}
        }
    }

    /// `ESC * v`: colours.
    fn color_command(&mut self, letter: u8, command: Command) {
        let value = command.value;
        match letter {
            b'A' => self.components[0] = value.float(),
            b'B' => self.components[1] = value.float(),
            b'C' => self.components[2] = value.float(),
            b'I' => {
                let components = std::mem::take(&mut self.components);
                self.palette_mut().set_entry(value.int(), components);
            }
            b'S' => self.set_foreground(value.int()),
            b'T' => self.patterns.select(value.magnitude()),
            _ => {}
        }
    }

    /// A command with its data.
    pub(super) fn carry_out_with(&mut self, command: Command, data: &[u8], sink: &mut Sink) {
        if !stays_in_raster(command) {
            self.end_raster();
        }
        match (command.class, command.group, command.letter) {
            (b'*', b'b', letter @ (b'V' | b'W')) => self.raster_data(data, letter == b'W'),
            (b'&', b'p', b'X') => self.text(data, sink),
            (b'*', b'v', b'W') => self.set_palette(Palette::configured(data)),
            (b'*', b'c', b'W') => self.patterns.download(data),
            (b'*', b'g', b'W') => {
                self.palette_mut().configure_raster(data);
                self.configure_resolution(data);
                self.page.set_up = true;
            }
            (b'&', b'n', b'W') => self.alphanumeric_id(data, sink),
            _ => {}
        }
    }

    /// A command whose data was passed over.
    pub(super) fn carry_out_passed(&mut self, command: Command) {
        match (command.class, command.group, command.letter) {
            (b'*', b'b', letter @ (b'V' | b'W')) => {
                if self.wants_raster_data() {
                    self.raster_too_long(letter == b'W');
                } else {
                    self.raster_passed(letter == b'W');
                }
            }
            _ => self.end_raster(),
        }
    }

    /// `ESC & n # W`: an operation and a name (PCL 5 Comparison Guide, "Alphanumeric ID").
    fn alphanumeric_id(&mut self, data: &[u8], sink: &mut Sink) {
        let Some((operation, name)) = data.split_first() else { return };
        match operation {
            4 => self.macros.set_id(MacroId::Name(name.to_vec())),
            5 => self.macros.name_current(name.to_vec()),
            100 => {
                self.eject_if_marked(sink);
                self.home();
            }
            _ => {}
        }
    }

    /// `ESC A`: a heading of four lines and two lines for each resident font.
    fn print_font_page(&mut self, sink: &mut Sink) {
        self.reset(sink);
        for _ in 0..2 + RESIDENT_FONTS {
            self.text(b"font", sink);
            for _ in 0..2 {
                self.return_carriage();
                self.feed_line(sink);
            }
        }
        self.reset(sink);
    }
}
