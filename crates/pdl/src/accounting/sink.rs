//! Where a language reader puts what it finds.

use super::NOTES_MAX;
use super::names::{NameRank, Names};
use super::tally::{Decided, Tally};
use crate::counts::{Copies, Impressions};
use crate::media::Paper;
use crate::settings::{JobSettings, Sides};

/// What a page's marks look like in the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// Blank, black or gray.
    #[default]
    Gray,
    /// At least one mark with unequal parts.
    Color,
}

impl Ink {
    /// Colour if either is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Gray, Self::Gray) => Self::Gray,
            (Self::Color, _) | (_, Self::Color) => Self::Color,
        }
    }
}

/// Where on a sheet a page goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sheet {
    /// The next free side.
    #[default]
    Next,
    /// The front of a new sheet, the back of the last one stays white.
    Front,
    /// The back: of the open sheet, or of a new one with a white front.
    Back,
}

/// One page side as the language describes it; `None` where the language says nothing and the job's settings
/// decide.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// Its marks.
    pub ink: Ink,
    /// Its paper.
    pub paper: Option<Paper>,
    /// How its sheet is used.
    pub sides: Option<Sides>,
    /// How often it is printed.
    pub copies: Option<Copies>,
    /// The side it goes to.
    pub sheet: Sheet,
    /// Told to print gray by a ticket inside the data.
    pub gray_ticket: bool,
}

/// Why the numbers may not be final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Cannot be known from the bytes alone, or not by this crate; says why.
    Undefined(String),
    /// The data is broken; says where and how. What was seen before counts.
    Failure(String),
}

/// Takes pages and names of one stretch of one language and applies the settings of its job.
#[derive(Debug)]
pub struct Sink {
    settings: JobSettings,
    tally: Tally,
    names: Names,
    trouble: Option<Trouble>,
    notes: Vec<String>,
    needs_source: bool,
    language_quantity: Copies,
}

impl Sink {
    /// A sink for data under these settings.
    #[must_use]
    pub fn new(settings: JobSettings) -> Self {
        Self {
            settings,
            tally: Tally::default(),
            names: Names::default(),
            trouble: None,
            notes: Vec::new(),
            needs_source: false,
            language_quantity: Copies::ONE,
        }
    }

    /// The settings from around the data.
    #[must_use]
    pub fn settings(&self) -> &JobSettings {
        &self.settings
    }

    /// One page is printed.
    pub fn page(&mut self, page: Page) {
        self.pages(page, 1);
    }

    /// `count` equal pages are printed one after another.
    pub fn pages(&mut self, page: Page, count: u64) {
        let color_data = page.ink == Ink::Color;
        let printed_gray = page.gray_ticket || self.settings.gray == Some(true);
        let decided = Decided {
            copies: page.copies.unwrap_or(self.settings.copies_or_one()),
            sides: page.sides.or(self.settings.sides()).unwrap_or(Sides::OneSided),
            paper: page.paper.or(self.settings.paper),
            color_data,
            color_printed: color_data && !printed_gray,
            sheet: page.sheet,
        };
        self.tally.add(&decided, count);
    }

    /// The next page starts a new sheet: the job or the printer state was reset.
    pub fn end_sheet(&mut self) {
        self.tally.end_sheet();
    }

    /// The whole stretch is printed so often, on top of the copies of its pages.
    pub fn quantity(&mut self, quantity: Copies) {
        self.language_quantity = quantity;
    }

    /// Who printed it.
    pub fn user(&mut self, rank: NameRank, value: &str) {
        self.names.claim_user(rank, value);
    }

    /// What it is called.
    pub fn job_name(&mut self, rank: NameRank, value: &str) {
        self.names.claim_job(rank, value);
    }

    /// The driver or program that made the data.
    pub fn driver(&mut self, rank: NameRank, value: &str) {
        self.names.claim_driver(rank, value);
    }

    /// The numbers may not be what comes out of the printer. The first reason stays; broken data outweighs
    /// data that cannot be known.
    pub fn undefined(&mut self, why: impl Into<String>) {
        if self.trouble.is_none() {
            self.trouble = Some(Trouble::Undefined(why.into()));
        }
    }

    /// The data is broken.
    pub fn failure(&mut self, why: impl Into<String>) {
        match self.trouble {
            Some(Trouble::Failure(_)) => {}
            Some(Trouble::Undefined(_)) | None => self.trouble = Some(Trouble::Failure(why.into())),
        }
    }

    /// Something worth telling that does not put the numbers in doubt.
    pub fn note(&mut self, note: impl Into<String>) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(note.into());
        }
    }

    /// The bytes must be read again with random access or by an interpreter
    /// (see [`crate::reader::resolve`]); what was put here so far is a guess.
    pub fn needs_source(&mut self) {
        self.needs_source = true;
    }

    /// A sink with the settings and names of this one, and nothing counted.
    #[must_use]
    pub fn begun_again(&self) -> Self {
        Self { names: self.names.clone(), ..Self::new(self.settings.clone()) }
    }

    /// Adds to the reason why the numbers cannot be known, where that is so.
    pub fn doubt_further(&mut self, why: &str) {
        if let Some(Trouble::Undefined(reason)) = &mut self.trouble {
            reason.push_str("; ");
            reason.push_str(why);
        }
    }

    /// Whether [`Sink::needs_source`] was called.
    #[must_use]
    pub fn is_waiting_for_source(&self) -> bool {
        self.needs_source
    }

    /// The pages so far.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The trouble so far.
    #[must_use]
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    pub(super) fn is_void(&self) -> bool {
        self.tally.pages() == Impressions::ZERO
            && self.trouble.is_none()
            && !self.needs_source
            && self.names == Names::default()
    }

    pub(super) fn into_parts(self) -> (Tally, Names, Option<Trouble>, Vec<String>) {
        let mut tally = self.tally;
        let quantity = self.settings.quantity.unwrap_or(Copies::ONE);
        tally.multiply(quantity.times(self.language_quantity));
        (tally, self.names, self.trouble, self.notes)
    }
}
