//! The answer: what a stream will put on paper.

use crate::accounting::{PaperRun, Runs};
use crate::counts::{Copies, Impressions, Sheets};
use crate::language::Language;
use crate::media::Paper;
use crate::settings::Sides;

/// How far the numbers of a [`Report`] can be trusted (the guide's `PageCountStatus`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// They are what a printer of that language prints.
    #[default]
    Ok,
    /// They cannot be known from the bytes alone, or not by this crate.
    Undefined {
        /// The reason, for people.
        why: String,
    },
    /// The data is broken; the numbers are what was seen before.
    Failure {
        /// What is broken, for people.
        why: String,
    },
}

impl Status {
    /// `ok`, `undefined` or `failure`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Undefined { .. } => "undefined",
            Self::Failure { .. } => "failure",
        }
    }

    /// The reason why the status is not `ok`.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Ok => None,
            Self::Undefined { why } | Self::Failure { why } => Some(why),
        }
    }
}

/// How the sheets of a job are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplex {
    /// One side everywhere.
    #[default]
    Simplex,
    /// Both sides everywhere, bound at the long edge.
    LongEdge,
    /// Both sides everywhere, bound at the short edge.
    ShortEdge,
    /// Some of each.
    Mixed,
}

impl Duplex {
    /// Whether any sheet is used on both sides.
    #[must_use]
    pub fn any(self) -> bool {
        match self {
            Self::Simplex => false,
            Self::LongEdge | Self::ShortEdge | Self::Mixed => true,
        }
    }

    /// The use of sheets when some are used like this and some like `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Mixed }
    }

    /// `simplex`, `long-edge`, `short-edge` or `mixed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Simplex => "simplex",
            Self::LongEdge => "long-edge",
            Self::ShortEdge => "short-edge",
            Self::Mixed => "mixed",
        }
    }
}

impl From<Sides> for Duplex {
    fn from(sides: Sides) -> Self {
        match sides {
            Sides::OneSided => Self::Simplex,
            Sides::LongEdge => Self::LongEdge,
            Sides::ShortEdge => Self::ShortEdge,
        }
    }
}

/// The papers of a job in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperSummary {
    /// The stream names none.
    Unnamed,
    /// All pages are on this one.
    One(Paper),
    /// Several.
    Mixed,
}

impl PaperSummary {
    /// The PWG name, `mixed`, or nothing.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Unnamed => None,
            Self::One(paper) => Some(paper.name()),
            Self::Mixed => Some("mixed".to_owned()),
        }
    }
}

/// The paper of each page, run-length stored: of one copy where all pages have the same number of copies,
/// otherwise of every impression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Papers {
    runs: Vec<(Option<Paper>, u64)>,
    cut: bool,
}

impl Papers {
    pub(crate) fn from_runs(runs: &Runs) -> Self {
        let mixed_copies = runs.as_slice().windows(2).any(|pair| pair[0].copies != pair[1].copies);
        let pages = |run: &PaperRun| {
            if mixed_copies { run.pages.saturating_mul(u64::from(run.copies.0)) } else { run.pages }
        };
        let mut list: Vec<(Option<Paper>, u64)> = Vec::with_capacity(runs.as_slice().len());
        for run in runs.as_slice() {
            match list.last_mut() {
                Some((paper, count)) if *paper == run.paper => *count = count.saturating_add(pages(run)),
                _ => list.push((run.paper, pages(run))),
            }
        }
        Self { runs: list, cut: runs.is_cut() }
    }

    /// Paper and number of pages, in order of appearance.
    #[must_use]
    pub fn runs(&self) -> &[(Option<Paper>, u64)] {
        &self.runs
    }

    /// One entry a page; can be as long as the document has pages.
    pub fn pages(&self) -> impl Iterator<Item = Option<Paper>> + '_ {
        self.runs.iter().flat_map(|(paper, count)| (0..*count).map(move |_| *paper))
    }

    /// Whether the list ends early because the paper changed too often
    /// ([`crate::accounting::PAPER_RUNS_MAX`]).
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// All papers in one word.
    #[must_use]
    pub fn summary(&self) -> PaperSummary {
        match self.runs.as_slice() {
            [] | [(None, _)] => PaperSummary::Unnamed,
            [(Some(paper), _)] => PaperSummary::One(*paper),
            _ => PaperSummary::Mixed,
        }
    }
}

/// What a whole stream will print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether the numbers are final.
    pub status: Status,
    /// Languages in order of appearance, each once; [`Language::Unknown`] when there is none.
    pub languages: Vec<Language>,
    /// Printed page sides of all copies.
    pub pages: Impressions,
    /// Page sides of one copy; `None` where copies differ between pages or jobs.
    pub pages_per_copy: Option<Impressions>,
    /// Page sides that come out with colour on them, all copies.
    pub color_pages: Impressions,
    /// Page sides with colour in the data, all copies: more than `color_pages` where the job is told to print
    /// gray.
    pub color_pages_data: Impressions,
    /// Sheets of paper of all copies.
    pub sheets: Sheets,
    /// Copies; `None` where they differ between pages or jobs.
    pub copies: Option<Copies>,
    /// How sheets are used.
    pub duplex: Duplex,
    /// Paper of each page.
    pub papers: Papers,
    /// Who printed it, as found in the data.
    pub user: Option<String>,
    /// What it is called, as found in the data.
    pub job_name: Option<String>,
    /// The driver or program that made it, as found in the data.
    pub driver: Option<String>,
    /// The jobs of the stream, in order.
    pub jobs: Vec<JobReport>,
    /// Remarks for people that do not put the numbers in doubt.
    pub notes: Vec<String>,
    /// Length of the stream in bytes.
    pub bytes: u64,
}

/// What one job of a stream will print; fields as in [`Report`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobReport {
    /// Languages in order of appearance, each once.
    pub languages: Vec<Language>,
    /// Printed page sides of all copies.
    pub pages: Impressions,
    /// Page sides of one copy; `None` where copies differ between pages.
    pub pages_per_copy: Option<Impressions>,
    /// Page sides that come out with colour on them, all copies.
    pub color_pages: Impressions,
    /// Page sides with colour in the data, all copies.
    pub color_pages_data: Impressions,
    /// Sheets of paper of all copies.
    pub sheets: Sheets,
    /// Copies; `None` where they differ between pages.
    pub copies: Option<Copies>,
    /// How sheets are used.
    pub duplex: Duplex,
    /// Paper of each page.
    pub papers: Papers,
    /// Who printed it.
    pub user: Option<String>,
    /// What it is called.
    pub job_name: Option<String>,
    /// The driver or program that made it.
    pub driver: Option<String>,
}
