//! Papers of many pages in little memory.

use crate::counts::Copies;
use crate::media::Paper;

/// A stretch of pages on the same paper, each printed the same number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaperRun {
    /// The paper, `None` where the stream does not name it.
    pub paper: Option<Paper>,
    /// Copies of each page of the stretch.
    pub copies: Copies,
    /// Pages of one copy.
    pub pages: u64,
}

/// Papers of pages in order, run-length stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    runs: Vec<PaperRun>,
    cut: bool,
}

impl Runs {
    /// Adds pages at the end; at most `runs_max` stretches are kept.
    pub fn push(&mut self, run: PaperRun, runs_max: usize) {
        if run.pages == 0 || self.cut {
            return;
        }
        let full = self.runs.len() >= runs_max;
        match self.runs.last_mut() {
            Some(last) if last.paper == run.paper && last.copies == run.copies => last.pages += run.pages,
            _ if full => self.cut = true,
            _ => self.runs.push(run),
        }
    }

    /// Adds all pages of `other` at the end.
    pub fn append(&mut self, other: &Self, runs_max: usize) {
        for run in &other.runs {
            self.push(*run, runs_max);
        }
        self.cut |= other.cut;
    }

    /// Every copy count times `quantity`.
    pub fn multiply(&mut self, quantity: Copies) {
        for run in &mut self.runs {
            run.copies = run.copies.times(quantity);
        }
    }

    /// The stretches.
    #[must_use]
    pub fn as_slice(&self) -> &[PaperRun] {
        &self.runs
    }

    /// Whether pages are missing at the end because there were too many changes.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}
