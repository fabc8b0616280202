//! The cursor, the logical page and its margins, in 1/7200 inch (PCL 5 Technical Reference, chapters 2, 5 and
//! 6). It decides when a line feed runs off the bottom and ejects the page.

use super::machine::Machine;
use super::token::Value;
use crate::accounting::Sink;
use crate::settings::JobSettings;

/// Units of an inch.
pub(super) const INCH: i64 = 7200;

/// How many pages one command can run off: a vertical move cannot be longer than this many pages.
const PAGES_PER_MOVE_MAX: u32 = 4;

/// Where printing goes on the page.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    pub(super) x: i64,
    pub(super) y: i64,
    /// Logical page orientation, 0 to 3 (portrait, landscape, and both upside down).
    pub(super) orientation: i64,
    /// Print direction in quarter turns.
    direction: i64,
    /// Logical page in the print direction.
    pub(super) width: i64,
    pub(super) height: i64,
    left: i64,
    pub(super) right: i64,
    top: i64,
    /// Text area below the top margin.
    length: i64,
    /// Horizontal motion index: the width of a space and of fixed-pitch characters.
    pub(super) hmi: i64,
    /// Vertical motion index: a line.
    vmi: i64,
    perforation_skip: bool,
    /// `ESC & k # G`: 1 = CR moves a line down too, 2 = LF and FF return too, 3 = both.
    termination: i64,
    /// Unit of measure (`ESC & u # D`).
    unit: i64,
    /// Bytes with a width of their own: last width, for backspace.
    last_width: i64,
    /// `ESC & s # C`: lines that run off the right edge go on below.
    pub(super) wrap: bool,
    stack: Vec<(i64, i64)>,
    /// The job header's lines to a page, which set the default line spacing.
    form_lines: Option<u32>,
}

/// `ESC & f # S` keeps so many positions (PCL 5 Technical Reference, chapter 6).
const STACK_MAX: usize = 20;

impl Cursor {
    pub(super) fn new() -> Self {
        Self {
            x: 0,
            y: 0,
            orientation: 0,
            direction: 0,
            width: 0,
            height: 0,
            left: 0,
            right: 0,
            top: 0,
            length: 0,
            hmi: INCH / 10,
            vmi: INCH / 6,
            perforation_skip: true,
            termination: 0,
            unit: INCH / 300,
            last_width: INCH / 10,
            wrap: false,
            stack: Vec::new(),
            form_lines: None,
        }
    }

    /// The state after a reset; the logical page follows.
    pub(super) fn reset(&mut self, settings: &JobSettings) {
        *self = Self::new();
        self.form_lines = settings.form_lines.map(|lines| lines.clamp(5, 128));
        self.orientation = i64::from(settings.landscape == Some(true));
    }

    /// Lays the logical page out on a paper of these edges; margins and cursor go to their defaults.
    pub(super) fn lay_out(&mut self, paper_short: i64, paper_long: i64) {
        self.direction = 0;
        let landscape = self.orientation % 2 == 1;
        // The logical page keeps a quarter inch (portrait) or a fifth (landscape) off the sides.
        let offset = if landscape { INCH / 5 } else { INCH / 4 };
        let (width, height) = if landscape { (paper_long, paper_short) } else { (paper_short, paper_long) };
        self.width = (width - 2 * offset).max(0);
        self.height = height;
        self.left = 0;
        self.right = self.width;
        self.top = if self.height > INCH / 2 { INCH / 2 } else { 0 };
        self.length = text_length(self.height - self.top);
        self.home();
    }

    /// Default spacing: six lines an inch, or as many lines as the job header wants.
    pub(super) fn default_spacing(&mut self) {
        self.hmi = INCH / 10;
        self.vmi = match self.form_lines {
            Some(lines) => self.length / i64::from(lines),
            None => INCH / 6,
        };
    }

    fn home_y(&self) -> i64 {
        self.top + self.vmi * 3 / 4
    }

    fn is_home(&self) -> bool {
        self.y == self.home_y() && self.x == self.left
    }

    /// To the left margin of the first line.
    pub(super) fn home(&mut self) {
        self.x = self.left.clamp(0, self.width);
        self.y = self.home_y().clamp(0, self.height);
    }

    /// Moves right by characters.
    pub(super) fn advance(&mut self, by: i64) {
        self.last_width = by;
        self.x = (self.x + by).min(self.width);
    }

    /// Whether a mark at the cursor lands on the page.
    pub(super) fn is_on_page(&self) -> bool {
        self.y < self.height
    }

    /// Moves down, never off the page (after raster graphics).
    pub(super) fn down_on_page(&mut self, by: i64) {
        self.y = self.y.saturating_add(by).clamp(0, self.height);
    }

    /// Turns the coordinate system; text area and cursor stay where they are on the paper.
    fn turn(&mut self, direction: i64) {
        let (page_width, page_height) =
            if self.direction % 2 == 0 { (self.width, self.height) } else { (self.height, self.width) };
        let to_page = |direction: i64, x: i64, y: i64| match direction {
            0 => (x, y),
            1 => (y, page_height - x),
            2 => (page_width - x, page_height - y),
            _ => (page_width - y, x),
        };
        let from_page = |direction: i64, x: i64, y: i64| match direction {
            0 => (x, y),
            1 => (page_height - y, x),
            2 => (page_width - x, page_height - y),
            _ => (y, page_width - x),
        };
        let old = self.direction;
        let turned = |x: i64, y: i64| {
            let (x, y) = to_page(old, x, y);
            from_page(direction, x, y)
        };
        let (x, y) = turned(self.x, self.y);
        let one = turned(self.left, self.top);
        let two = turned(self.right, self.top + self.length);
        (self.x, self.y) = (x, y);
        (self.left, self.right) = (one.0.min(two.0), one.0.max(two.0));
        (self.top, self.length) = (one.1.min(two.1), (one.1 - two.1).abs());
        self.direction = direction;
        (self.width, self.height) =
            if direction % 2 == 0 { (page_width, page_height) } else { (page_height, page_width) };
    }

    fn set_x(&mut self, x: i64) {
        self.x = x.clamp(0, self.width);
    }

    fn set_y(&mut self, y: i64) {
        self.y = y.clamp(0, self.height);
    }
}

/// Text goes down to half an inch above the end of the page.
fn text_length(below_top: i64) -> i64 {
    if below_top > INCH / 2 { below_top - INCH / 2 } else { below_top }
}

/// A product that stays in range.
fn scaled(value: f64, unit: i64) -> i64 {
    clamped((value * unit as f64) as i64)
}

/// Coordinates are kept within a few hundred inches.
fn clamped(distance: i64) -> i64 {
    distance.clamp(-(1 << 24), 1 << 24)
}

impl Machine {
    /// The cursor goes to the first line.
    pub(super) fn home(&mut self) {
        self.cursor.home();
    }

    /// A new logical page on the current paper.
    pub(super) fn new_logical_page(&mut self) {
        let (short, long) = self.page.paper.edges_um();
        let units = |um: u32| i64::from(um) * INCH / 25_400;
        self.cursor.lay_out(units(short), units(long));
        self.page.moved = false;
        self.overlay_off();
        self.page.marked = false;
    }

    /// `ESC & l # O`.
    pub(super) fn set_orientation(&mut self, value: i64, sink: &mut Sink) {
        if !(0..=3).contains(&value) || value == self.cursor.orientation {
            return;
        }
        self.eject_if_marked(sink);
        let moved = self.page.moved;
        self.cursor.orientation = value;
        self.new_logical_page();
        self.page.moved = moved;
        self.cursor.default_spacing();
        self.home();
    }

    /// `ESC & a # P`.
    pub(super) fn set_direction(&mut self, value: i64) {
        if (0..=270).contains(&value) && value % 90 == 0 {
            self.cursor.turn(value / 90);
        }
    }

    /// Carriage return, with the line feed it may stand for.
    pub(super) fn carriage_return(&mut self, sink: &mut Sink) {
        self.return_carriage();
        if self.cursor.termination & 1 != 0 {
            self.feed_line(sink);
        }
    }

    /// Line feed, with the carriage return it may stand for.
    pub(super) fn line_feed(&mut self, sink: &mut Sink) {
        if self.cursor.termination & 2 != 0 {
            self.return_carriage();
        }
        self.feed_line(sink);
    }

    /// Form feed: the page comes out, blank or not.
    pub(super) fn form_feed(&mut self, sink: &mut Sink) {
        if self.cursor.termination & 2 != 0 {
            self.return_carriage();
        }
        self.eject(sink);
        self.cursor.y = self.cursor.home_y().clamp(0, self.cursor.height);
    }

    pub(super) fn return_carriage(&mut self) {
        self.cursor.x = self.cursor.left;
        self.page.moved = true;
    }

    /// One line down.
    pub(super) fn feed_line(&mut self, sink: &mut Sink) {
        self.feed_by(self.cursor.vmi, self.cursor.perforation_skip, sink);
    }

    /// `ESC =`: half a line down.
    pub(super) fn half_line_feed(&mut self, sink: &mut Sink) {
        self.feed_by(self.cursor.vmi / 2, self.cursor.perforation_skip, sink);
    }

    /// Moves down and ejects the page when that runs off its text area (or the page, where perforations are
    /// not skipped).
    fn feed_by(&mut self, by: i64, skip_perforation: bool, sink: &mut Sink) {
        self.page.moved = true;
        let mut y = self.cursor.y + by;
        let mut from = self.cursor.y;
        for _ in 0..PAGES_PER_MOVE_MAX {
            let cursor = &self.cursor;
            let limit = if skip_perforation { cursor.top + cursor.length } else { cursor.height };
            if y <= limit {
                break;
            }
            self.eject(sink);
            let cursor = &self.cursor;
            y -= if from <= limit { limit } else { from };
            from = if skip_perforation { cursor.home_y() } else { cursor.vmi * 3 / 4 };
            if cursor.vmi == 0 || y <= cursor.vmi {
                y = from;
                break;
            }
            y += from - 1 - (y - 1) % cursor.vmi;
        }
        self.cursor.set_y(y);
    }

    pub(super) fn backspace(&mut self) {
        self.page.moved = true;
        let floor = if self.cursor.x >= self.cursor.left { self.cursor.left } else { 0 };
        self.cursor.x = (self.cursor.x - self.cursor.last_width).max(floor);
    }

    /// Tabs stand every eight columns from the left margin.
    pub(super) fn tab(&mut self) {
        self.page.moved = true;
        let stop = 8 * self.cursor.hmi;
        if stop > 0 {
            let x = self.cursor.x - self.cursor.left;
            let by = stop - x.rem_euclid(stop);
            let right =
                if self.cursor.x <= self.cursor.right { self.cursor.right } else { self.cursor.width };
            self.cursor.x = (self.cursor.x + by).min(right).min(self.cursor.width);
        }
    }

    /// `ESC & a # C`, `ESC & a # H`, `ESC * p # X`.
    pub(super) fn move_x(&mut self, value: Value, unit: MoveUnit) {
        self.page.moved = true;
        let to = match unit {
            MoveUnit::Rows | MoveUnit::Columns => scaled(value.float(), self.cursor.hmi),
            MoveUnit::Decipoints => scaled(value.float(), 10),
            MoveUnit::Units => value.int().saturating_mul(self.cursor.unit),
        };
        let to = clamped(to);
        self.cursor.set_x(if value.is_relative() { self.cursor.x + to } else { to });
    }

    /// `ESC & a # R`, `ESC & a # V`, `ESC * p # Y`. Only moves by rows can run off the page.
    pub(super) fn move_y(&mut self, value: Value, unit: MoveUnit, sink: &mut Sink) {
        self.page.moved = true;
        let by = match unit {
            MoveUnit::Rows | MoveUnit::Columns => scaled(value.float(), self.cursor.vmi),
            MoveUnit::Decipoints => scaled(value.float(), 10),
            MoveUnit::Units => value.int().saturating_mul(self.cursor.unit),
        };
        let by = clamped(by);
        match (unit, value.is_relative()) {
            (MoveUnit::Rows | MoveUnit::Columns, true) => {
                let most = 2 * self.cursor.height - self.cursor.y;
                let by = if by < most { by } else { most + self.cursor.home_y() };
                if by < 0 { self.cursor.set_y(self.cursor.y + by) } else { self.feed_by(by, false, sink) }
            }
            (MoveUnit::Rows | MoveUnit::Columns, false) => self.cursor.set_y(self.cursor.home_y() + by),
            (MoveUnit::Decipoints | MoveUnit::Units, true) => self.cursor.set_y(self.cursor.y + by),
            (MoveUnit::Decipoints | MoveUnit::Units, false) => self.cursor.set_y(self.cursor.top + by),
        }
    }

    /// `ESC & f 0 S` keeps the cursor, `ESC & f 1 S` brings it back.
    pub(super) fn push_pop_cursor(&mut self, value: u64) {
        match value {
            0 if self.cursor.stack.len() < STACK_MAX => {
                self.cursor.stack.push((self.cursor.x, self.cursor.y))
            }
            1 => {
                if let Some((x, y)) = self.cursor.stack.pop() {
                    self.cursor.set_x(x);
                    self.cursor.set_y(y);
                }
            }
            _ => {}
        }
    }

    /// `ESC & k # H`, in 1/120 inch.
    pub(super) fn set_hmi(&mut self, value: Value) {
        self.cursor.hmi = clamped((value.float().abs() * 60.0 + 0.5) as i64);
    }

    /// `ESC & l # C`, in 1/48 inch.
    pub(super) fn set_vmi(&mut self, value: Value) {
        let home = self.cursor.is_home();
        let vmi = (value.float().abs() * 150.0 + 0.5) as i64;
        if vmi <= self.cursor.height {
            self.cursor.vmi = vmi;
        }
        if home {
            self.home();
        }
    }

    /// `ESC & l # D`, lines per inch.
    pub(super) fn set_line_spacing(&mut self, value: Value) {
        let home = self.cursor.is_home();
        let lines = match value.magnitude() {
            0 => 12,
            lines => lines,
        };
        if 48 % lines == 0 {
            self.cursor.vmi = INCH / i64::try_from(lines).expect("at most 48");
        }
        if home {
            self.home();
        }
    }

    /// `ESC & l # E`, in lines; also sets the text length to its default.
    pub(super) fn set_top_margin(&mut self, value: Value) {
        let top = scaled(value.magnitude() as f64, self.cursor.vmi);
        if self.cursor.vmi != 0 && top <= self.cursor.height {
            self.cursor.top = top;
            self.cursor.length = text_length(self.cursor.height - top);
            if !self.page.marked && !self.page.moved {
                self.cursor.set_y(self.cursor.home_y());
            }
        }
    }

    /// `ESC & l # F`, in lines.
    pub(super) fn set_text_length(&mut self, value: Value) {
        let cursor = &mut self.cursor;
        let length = match scaled(value.magnitude() as f64, cursor.vmi) {
            0 => {
                let rest = cursor.height - cursor.top;
                if rest >= INCH / 2 { rest - INCH / 2 } else { rest }
            }
            length => length,
        };
        if length >= 0 && cursor.top + length <= cursor.height {
            cursor.length = length;
        }
    }

    /// `ESC & a # L`, in columns.
    pub(super) fn set_left_margin(&mut self, value: Value) {
        let left = scaled(value.magnitude() as f64, self.cursor.hmi);
        if left < self.cursor.right {
            self.cursor.left = left;
            if self.cursor.x < left {
                self.cursor.set_x(left);
            }
        }
    }

    /// `ESC & a # M`, in columns.
    pub(super) fn set_right_margin(&mut self, value: Value) {
        let right = scaled(value.magnitude() as f64 + 1.0, self.cursor.hmi).min(self.cursor.width);
        if right > self.cursor.left {
            self.cursor.right = right;
            if self.cursor.x > right {
                self.cursor.set_x(right);
            }
        }
    }

    /// `ESC 9`.
    pub(super) fn clear_horizontal_margins(&mut self) {
        self.cursor.left = 0;
        self.cursor.right = self.cursor.width;
    }

    /// `ESC & l # L`.
    pub(super) fn set_perforation_skip(&mut self, value: u64) {
        match value {
            0 => self.cursor.perforation_skip = false,
            1 => self.cursor.perforation_skip = true,
            _ => {}
        }
    }

    /// `ESC & k # G`.
    pub(super) fn set_termination(&mut self, value: i64) {
        if (0..=3).contains(&value) {
            self.cursor.termination = value;
        }
    }

    /// `ESC & u # D`, units of an inch.
    pub(super) fn set_unit(&mut self, value: i64) {
        self.cursor.unit = INCH / value.clamp(96, INCH);
    }

    /// The line spacing, for commands that count in lines.
    pub(super) fn line(&self) -> i64 {
        self.cursor.vmi
    }

    /// `ESC & k # S` and font pitches: the width of fixed-pitch characters.
    pub(super) fn set_pitch(&mut self, characters_per_inch: f64) {
        if characters_per_inch > 0.1 {
            self.cursor.hmi = clamped((INCH as f64 / characters_per_inch) as i64);
        }
    }
}

/// What a cursor movement counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MoveUnit {
    Rows,
    Columns,
    Decipoints,
    Units,
}
