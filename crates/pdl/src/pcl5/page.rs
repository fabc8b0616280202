//! The page being printed and how it leaves the printer.

use super::machine::Machine;
use crate::accounting::{Ink, Page, Sheet, Sink};
use crate::counts::Copies;
use crate::media::Paper;
use crate::settings::Sides;

/// What is known of the page being printed, and what the next ones are printed on.
#[derive(Clone, Debug)]
pub(super) struct PageState {
    /// Something is printed on it.
    pub(super) marked: bool,
    /// Something in colour is printed on it.
    pub(super) ink: Ink,
    /// A DeskJet's page was set up (`ESC * o # M`, `ESC * g # W`).
    pub(super) set_up: bool,
    /// And its graphics were ended: whatever ends the page now ejects it, though nothing may be on it.
    pub(super) finished: bool,
    /// The cursor was moved since the page began.
    pub(super) moved: bool,
    /// Paper asked for by the stream, else that of the job header or the printer's default.
    pub(super) paper: Paper,
    /// A command asked for it.
    pub(super) paper_named: bool,
    /// `ESC & l # S`, if given since the last reset.
    pub(super) sides: Option<Sides>,
    /// `ESC & l # X`, if given since the last reset.
    pub(super) copies: Option<Copies>,
    /// The side asked for by `ESC & a # G` or forced by a change of duplexing or source.
    pub(super) sheet: Sheet,
    /// `ESC & l # H`.
    pub(super) source: Option<i64>,
    /// `ESC & f # I` and `J`, custom paper in 1/7200 inch.
    pub(super) custom: (i64, i64),
    /// `ESC & b 1 M` and gray render algorithms: printed gray whatever the data says.
    pub(super) gray: bool,
}

impl PageState {
    pub(super) fn new(paper: Paper) -> Self {
        Self {
            marked: false,
            ink: Ink::Gray,
            set_up: false,
            finished: false,
            moved: false,
            paper,
            paper_named: false,
            sides: None,
            copies: None,
            sheet: Sheet::Next,
            source: None,
            custom: (61_200, 79_200),
            gray: false,
        }
    }
}

impl Machine {
    /// Something is printed.
    pub(super) fn mark(&mut self) {
        self.page.marked = true;
    }

    /// Something is printed in this colour.
    pub(super) fn mark_with(&mut self, ink: Ink) {
        self.page.marked = true;
        self.page.ink = self.page.ink.or(ink);
    }

    /// Ejects the page, printed or blank.
    pub(super) fn eject(&mut self, sink: &mut Sink) {
        self.end_raster();
        if self.is_snippet {
            return;
        }
        self.run_overlay(sink);
        let paper = self.named_paper(sink);
        sink.page(Page {
            ink: self.page.ink,
            paper,
            sides: self.page.sides,
            copies: self.page.copies,
            sheet: std::mem::take(&mut self.page.sheet),
            gray_ticket: self.page.gray,
        });
        self.page.marked = false;
        self.page.set_up = false;
        self.page.finished = false;
        self.page.ink = Ink::Gray;
    }

    /// Ejects the page if something is printed on it, or a DeskJet has finished it; says whether it was.
    pub(super) fn eject_if_marked(&mut self, sink: &mut Sink) -> bool {
        let marked = self.page.marked || self.page.finished;
        if marked {
            self.eject(sink);
        }
        marked
    }

    /// `ESC & l # S`: simplex or duplex. Ends the page; a change starts a new sheet. (Some drivers say it on
    /// every page.)
    pub(super) fn set_sides(&mut self, value: i64, sink: &mut Sink) {
        self.eject_if_marked(sink);
        self.home();
        let sides = match value {
            0 => Sides::OneSided,
            1 => Sides::LongEdge,
            2 => Sides::ShortEdge,
            _ => return,
        };
        if self.page.sides.replace(sides) != Some(sides) {
            self.page.sheet = Sheet::Front;
        }
    }

    /// `ESC & a # G`: the side the next page goes to. Without a printed page before it the command does
    /// nothing.
    pub(super) fn select_side(&mut self, value: i64, sink: &mut Sink) {
        let ejected = self.eject_if_marked(sink);
        self.home();
        let duplex = self.page.sides.or(sink.settings().sides()).is_some_and(Sides::is_duplex);
        if ejected && duplex {
            match value {
                1 => self.page.sheet = Sheet::Front,
                2 => self.page.sheet = Sheet::Back,
                _ => {}
            }
        }
    }

    /// `ESC & l # H`: paper source. Ends the page; another source means another sheet.
    pub(super) fn set_source(&mut self, value: i64, sink: &mut Sink) {
        self.eject_if_marked(sink);
        self.home();
        // 0 only ejects the page; DeskJets have negative ones, to load the next sheet.
        if value > 0 && self.page.source.replace(value).is_some_and(|before| before != value) {
            self.page.sheet = Sheet::Front;
        }
    }

    /// Another paper: ends the page and sets up the logical page.
    pub(super) fn set_paper(&mut self, paper: Option<Paper>, sink: &mut Sink) {
        self.eject_if_marked(sink);
        self.home();
        if let Some(paper) = paper {
            self.page.paper = paper;
            self.page.paper_named = true;
            self.new_logical_page();
        }
    }
}
