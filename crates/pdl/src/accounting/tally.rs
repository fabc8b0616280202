//! Sums of one stretch of pages.

use super::runs::{PaperRun, Runs};
use super::{PAPER_RUNS_MAX, Sheet};
use crate::counts::{Copies, Impressions, Sheets};
use crate::media::Paper;
use crate::report::Duplex;
use crate::settings::Sides;

/// The sum of pages, and the sheet that is still open at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pages_per_copy: Impressions,
    pages: Impressions,
    color_pages: Impressions,
    color_pages_data: Impressions,
    sheets: Sheets,
    copies: CopiesSeen,
    duplex: Option<Duplex>,
    papers: Runs,
    back: Option<OpenSheet>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum CopiesSeen {
    #[default]
    None,
    All(Copies),
    Mixed,
}

/// A sheet whose back is still free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenSheet {
    copies: Copies,
    sides: Sides,
}

/// A page with everything decided: what [`super::Sink`] hands to the tally.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decided {
    pub(super) copies: Copies,
    pub(super) sides: Sides,
    pub(super) paper: Option<Paper>,
    pub(super) color_data: bool,
    pub(super) color_printed: bool,
    pub(super) sheet: Sheet,
}

impl Tally {
    /// Adds `count` equal pages.
    pub(super) fn add(&mut self, page: &Decided, count: u64) {
        if count == 0 {
            return;
        }
        let pages = Impressions(count);
        let printed = pages.times(page.copies);
        self.pages_per_copy = self.pages_per_copy.plus(pages);
        self.pages = self.pages.plus(printed);
        if page.color_data {
            self.color_pages_data = self.color_pages_data.plus(printed);
        }
        if page.color_printed {
            self.color_pages = self.color_pages.plus(printed);
        }
        self.see_copies(page.copies);
        self.see_sides(page.sides);
        self.add_sheets(page, count);
        self.papers.push(PaperRun { paper: page.paper, copies: page.copies, pages: count }, PAPER_RUNS_MAX);
    }

    fn see_copies(&mut self, copies: Copies) {
        self.copies = match self.copies {
            CopiesSeen::None => CopiesSeen::All(copies),
            CopiesSeen::All(seen) if seen == copies => CopiesSeen::All(seen),
            CopiesSeen::All(_) | CopiesSeen::Mixed => CopiesSeen::Mixed,
        };
    }

    fn see_sides(&mut self, sides: Sides) {
        let now = Duplex::from(sides);
        self.duplex = Some(match self.duplex {
            None => now,
            Some(seen) => seen.and(now),
        });
    }

    /// A back goes on the open sheet if the page wants one and the sheet was begun the same way.
    fn add_sheets(&mut self, page: &Decided, count: u64) {
        let open = OpenSheet { copies: page.copies, sides: page.sides };
        let mut left = count;
        let fits = self.back == Some(open);
        match page.sheet {
            Sheet::Next => {
                if fits {
                    self.back = None;
                    left -= 1;
                }
            }
            Sheet::Back if fits => {
                self.back = None;
                left -= 1;
            }
            Sheet::Back => {
                // A back without a front: the front stays white, the sheet is used all the same.
                self.sheets = self.sheets.plus(Sheets(left).times(page.copies));
                self.back = None;
                return;
            }
            Sheet::Front => {
                self.sheets = self.sheets.plus(Sheets(left).times(page.copies));
                self.back = page.sides.is_duplex().then_some(open);
                return;
            }
        }
        if left == 0 {
            return;
        }
        if page.sides.is_duplex() {
            self.sheets = self.sheets.plus(Sheets(left.div_ceil(2)).times(page.copies));
            self.back = (left % 2 == 1).then_some(open);
        } else {
            self.sheets = self.sheets.plus(Sheets(left).times(page.copies));
            self.back = None;
        }
    }

    /// The next page starts a new sheet whatever happens.
    pub(super) fn end_sheet(&mut self) {
        self.back = None;
    }

    /// Adds the pages of `other` after these.
    pub(super) fn append(&mut self, other: &Self, runs_left: usize) {
        self.pages_per_copy = self.pages_per_copy.plus(other.pages_per_copy);
        self.pages = self.pages.plus(other.pages);
        self.color_pages = self.color_pages.plus(other.color_pages);
        self.color_pages_data = self.color_pages_data.plus(other.color_pages_data);
        self.sheets = self.sheets.plus(other.sheets);
        match other.copies {
            CopiesSeen::None => {}
            CopiesSeen::All(copies) => self.see_copies(copies),
            CopiesSeen::Mixed => self.copies = CopiesSeen::Mixed,
        }
        self.duplex = match (self.duplex, other.duplex) {
            (Some(one), Some(two)) => Some(one.and(two)),
            (one, two) => one.or(two),
        };
        self.papers.append(&other.papers, runs_left);
        self.back = None;
    }

    /// Prints everything `quantity` times.
    pub(super) fn multiply(&mut self, quantity: Copies) {
        if quantity == Copies::ONE {
            return;
        }
        self.pages = self.pages.times(quantity);
        self.color_pages = self.color_pages.times(quantity);
        self.color_pages_data = self.color_pages_data.times(quantity);
        self.sheets = self.sheets.times(quantity);
        if let CopiesSeen::All(copies) = &mut self.copies {
            *copies = copies.times(quantity);
        }
        self.papers.multiply(quantity);
        self.back = None;
    }

    /// Pages of all copies.
    #[must_use]
    pub fn pages(&self) -> Impressions {
        self.pages
    }

    /// Pages of one copy of each.
    #[must_use]
    pub fn pages_per_copy(&self) -> Impressions {
        self.pages_per_copy
    }

    /// Pages printed in colour, all copies.
    #[must_use]
    pub fn color_pages(&self) -> Impressions {
        self.color_pages
    }

    /// Pages with colour in the data, all copies.
    #[must_use]
    pub fn color_pages_data(&self) -> Impressions {
        self.color_pages_data
    }

    /// Sheets of all copies.
    #[must_use]
    pub fn sheets(&self) -> Sheets {
        self.sheets
    }

    /// Copies if they are the same for all pages; one where there is no page.
    #[must_use]
    pub fn copies(&self) -> Option<Copies> {
        match self.copies {
            CopiesSeen::None => Some(Copies::ONE),
            CopiesSeen::All(copies) => Some(copies),
            CopiesSeen::Mixed => None,
        }
    }

    /// How sheets were used; simplex where there is no page.
    #[must_use]
    pub fn duplex(&self) -> Duplex {
        self.duplex.unwrap_or(Duplex::Simplex)
    }

    /// Papers in order.
    #[must_use]
    pub fn papers(&self) -> &Runs {
        &self.papers
    }
}
