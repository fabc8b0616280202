//! The printer's state.

use std::collections::HashMap;

use super::cursor::Cursor;
use super::hpgl::Plotter;
use super::macros::Macros;
use super::page::PageState;
use super::palette::Palette;
use super::paper;
use super::pattern::Patterns;
use super::raster::Raster;
use super::reader::Personality;
use super::text::Font;
use crate::accounting::{Ink, Sink};
use crate::media::Paper;

/// Palettes kept under an id, and pushed ones.
const PALETTES_MAX: usize = 64;

/// Which language the bytes are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Pcl,
    HpGl,
}

/// Everything commands change.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// A plotter: HP-GL/2 with RTL around it instead of the other way round.
    pub(super) plotter_job: bool,
    /// Text: the paper of the page is not worth telling unless something names it.
    paper_is_guessed: bool,
    /// On the page of another language: nothing here ejects it.
    pub(super) is_snippet: bool,
    pub(super) mode: Mode,
    /// `ESC Y`: control codes are printed.
    pub(super) display_functions: bool,
    pub(super) page: PageState,
    pub(super) cursor: Cursor,
    pub(super) font: Font,
    pub(super) raster: Raster,
    palettes: Palettes,
    /// Colour components waiting for `ESC * v # I`.
    pub(super) components: [f64; 3],
    /// Ink of the foreground colour.
    pub(super) foreground: Ink,
    /// Under the default logical operation a white texture washes out whatever is drawn through it.
    pub(super) foreground_is_white: bool,
    /// `ESC * t # J` chose an algorithm that prints gray.
    pub(super) gray_rendering: bool,
    pub(super) patterns: Patterns,
    /// `ESC * c # A`, `B`, `H`, `V`: rectangle, only whether it has an area matters.
    pub(super) rectangle: (i64, i64),
    pub(super) macros: Macros,
    pub(super) plotter: Plotter,
    /// Raster graphics ended as PaintJets end them.
    pub(super) paint_jet: bool,
    /// The byte before ended a page of such graphics by a reset.
    pub(super) page_just_reset: bool,
}

#[derive(Clone, Debug)]
struct Palettes {
    kept: HashMap<u64, Palette>,
    selected: u64,
    control: u64,
    stack: Vec<Palette>,
}

impl Palettes {
    fn new(palette: Palette) -> Self {
        Self { kept: HashMap::from([(0, palette)]), selected: 0, control: 0, stack: Vec::new() }
    }
}

/// What a macro call or overlay gives back (chapter 12, "modified print environment").
#[derive(Clone, Debug)]
pub(super) struct Environment {
    page: PageState,
    cursor: Cursor,
    font: Font,
    raster: Raster,
    palettes: Palettes,
    foreground: Ink,
    foreground_is_white: bool,
    gray_rendering: bool,
    rectangle: (i64, i64),
    mode: Mode,
}

impl Machine {
    /// A printer as it is at the start of a job.
    pub(super) fn new(personality: Personality, sink: &Sink) -> Self {
        let mut machine = Self {
            plotter_job: personality == Personality::Plotter,
            paper_is_guessed: personality == Personality::Text,
            is_snippet: false,
            mode: Mode::Pcl,
            display_functions: false,
            page: PageState::new(paper::default()),
            cursor: Cursor::new(),
            font: Font::new(),
            raster: Raster::new(),
            palettes: Palettes::new(Palette::monochrome()),
            components: [0.0; 3],
            foreground: Ink::Gray,
            foreground_is_white: false,
            gray_rendering: false,
            patterns: Patterns::default(),
            rectangle: (0, 0),
            macros: Macros::default(),
            plotter: Plotter::new(),
            paint_jet: false,
            page_just_reset: false,
        };
        machine.defaults(sink);
        machine
    }

    /// `ESC E`: ends the page and goes back to the settings of the job header.
    pub(super) fn reset(&mut self, sink: &mut Sink) {
        self.end_raster();
        self.eject_if_marked(sink);
        sink.end_sheet();
        self.macros.reset();
        self.defaults(sink);
    }

    fn defaults(&mut self, sink: &Sink) {
        let settings = sink.settings();
        self.mode = if self.plotter_job { Mode::HpGl } else { Mode::Pcl };
        self.display_functions = false;
        let ink = if self.is_snippet { self.page.ink } else { Ink::Gray };
        self.page = PageState::new(settings.paper.unwrap_or_else(paper::default));
        self.page.ink = ink;
        self.cursor.reset(settings);
        self.font = Font::new();
        self.raster = Raster::new();
        self.palettes = Palettes::new(if self.plotter_job { Palette::pens() } else { Palette::monochrome() });
        self.components = [0.0; 3];
        self.foreground = Ink::Gray;
        self.foreground_is_white = false;
        self.gray_rendering = false;
        self.patterns = Patterns::default();
        self.rectangle = (0, 0);
        self.plotter = Plotter::new();
        self.new_logical_page();
        self.cursor.default_spacing();
        self.home();
    }

    /// The paper of the page, where the stream names it.
    pub(super) fn named_paper(&self, sink: &Sink) -> Option<Paper> {
        let guessed = self.paper_is_guessed && !self.page.paper_named && sink.settings().paper.is_none();
        (!guessed).then_some(self.page.paper)
    }

    /// Settings an overlay starts with: defaults, on the current page.
    pub(super) fn reset_for_overlay(&mut self) {
        self.font = Font::new();
        self.raster = Raster::new();
        self.palettes = Palettes::new(Palette::monochrome());
        self.foreground = Ink::Gray;
        self.foreground_is_white = false;
        self.gray_rendering = false;
        self.rectangle = (0, 0);
        self.mode = Mode::Pcl;
        self.cursor.default_spacing();
    }

    pub(super) fn environment(&self) -> Environment {
        Environment {
            page: self.page.clone(),
            cursor: self.cursor.clone(),
            font: self.font,
            raster: self.raster.clone(),
            palettes: self.palettes.clone(),
            foreground: self.foreground,
            foreground_is_white: self.foreground_is_white,
            gray_rendering: self.gray_rendering,
            rectangle: self.rectangle,
            mode: self.mode,
        }
    }

    /// Takes an environment back; marks and cursor stay.
    pub(super) fn restore(&mut self, kept: Environment) {
        let now = &self.page;
        let page =
            PageState { marked: now.marked, ink: now.ink, moved: now.moved, sheet: now.sheet, ..kept.page };
        let (x, y) = (self.cursor.x, self.cursor.y);
        self.page = page;
        self.cursor = kept.cursor;
        (self.cursor.x, self.cursor.y) = (x, y);
        self.font = kept.font;
        self.raster = kept.raster;
        self.palettes = kept.palettes;
        self.foreground = kept.foreground;
        self.foreground_is_white = kept.foreground_is_white;
        self.gray_rendering = kept.gray_rendering;
        self.rectangle = kept.rectangle;
        self.mode = kept.mode;
    }

    /// The palette in use.
    pub(super) fn palette(&self) -> &Palette {
        self.palettes.kept.get(&self.palettes.selected).expect("the selected palette exists")
    }

    pub(super) fn palette_mut(&mut self) -> &mut Palette {
        self.palettes.kept.get_mut(&self.palettes.selected).expect("the selected palette exists")
    }

    /// Puts another palette in place of the one in use. The foreground colour stays what it was.
    pub(super) fn set_palette(&mut self, palette: Option<Palette>) {
        if let Some(palette) = palette {
            *self.palette_mut() = palette;
        }
    }

    /// `ESC & p # S`.
    pub(super) fn select_palette(&mut self, id: u64) {
        if self.palettes.kept.contains_key(&id) {
            self.palettes.selected = id;
        }
    }

    /// `ESC & p # I`.
    pub(super) fn set_palette_control_id(&mut self, id: u64) {
        self.palettes.control = id;
    }

    /// `ESC & p # C`.
    pub(super) fn control_palettes(&mut self, value: u64) {
        let palettes = &mut self.palettes;
        match value {
            0 => {
                palettes.kept.clear();
                palettes.kept.insert(palettes.selected, Palette::monochrome());
            }
            1 => palettes.stack.clear(),
            2 if palettes.control == palettes.selected => {
                palettes.kept.insert(palettes.selected, Palette::monochrome());
            }
            2 => {
                palettes.kept.remove(&palettes.control);
            }
            6 if palettes.kept.len() < PALETTES_MAX => {
                let copy =
                    palettes.kept.get(&palettes.selected).expect("the selected palette exists").clone();
                palettes.kept.insert(palettes.control, copy);
            }
            _ => {}
        }
    }

    /// `ESC * p # P`.
    pub(super) fn push_pop_palette(&mut self, value: u64) {
        match value {
            0 if self.palettes.stack.len() < PALETTES_MAX => {
                let copy = self.palette().clone();
                self.palettes.stack.push(copy);
            }
            1 => {
                let popped = self.palettes.stack.pop();
                self.set_palette(popped);
            }
            _ => {}
        }
    }

    /// `ESC * v # S`.
    pub(super) fn set_foreground(&mut self, index: i64) {
        let colors = i64::try_from(self.palette().len()).expect("a palette is short").max(1);
        let index = index.rem_euclid(colors);
        self.foreground = self.palette().ink(index);
        self.foreground_is_white = usize::try_from(index).is_ok_and(|index| self.palette().is_white(index));
    }
}
