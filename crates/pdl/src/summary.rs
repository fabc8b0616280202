//! A report as the `inspect` command prints it: a contract that scripts depend on.
//!
//! One object for each file, its fields in the order of [`Summary`]. Counts are of all copies. What the data
//! does not tell is `null`.

use serde::Serialize;

use crate::language::Language;
use crate::report::{PaperSummary, Report};

/// Longest list of papers written out; `paper` still says whether all of them are the same.
pub const PAPERS_LISTED_MAX: usize = 100_000;

/// A report in the words of the command line contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The file as the caller named it.
    pub file: String,
    /// `ok`, `undefined` (cannot be known from the bytes) or `failure` (broken data, counted up to there).
    pub status: &'static str,
    /// Why the status is not `ok`; left out when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Names of [`Language`], in order of appearance, without PJL; `unknown` where there is no other.
    pub languages: Vec<&'static str>,
    /// Printed page sides of all copies.
    pub pages: u64,
    /// Those of them with colour.
    pub color_pages: u64,
    /// Sheets of paper of all copies.
    pub sheets: u64,
    /// Copies; `null` where they differ between pages or jobs.
    pub copies: Option<u32>,
    /// Whether any sheet is used on both sides.
    pub duplex: bool,
    /// A PWG media name; `mixed`; `null` where the data names none.
    pub paper: Option<String>,
    /// The paper of each page of one copy, at most [`PAPERS_LISTED_MAX`]; empty where the data names none.
    pub papers: Vec<Option<String>>,
    /// Who printed it.
    pub user: Option<String>,
    /// What it is called.
    pub job_name: Option<String>,
    /// The driver or program that made the data.
    pub driver: Option<String>,
}

impl Summary {
    /// The summary of `report`, which was made from the file its caller names `file`.
    #[must_use]
    pub fn new(file: impl Into<String>, report: &Report) -> Self {
        let mut languages: Vec<&'static str> =
            report.languages.iter().filter(|l| **l != Language::Pjl).map(|l| l.name()).collect();
        if languages.is_empty() {
            languages.push(Language::Unknown.name());
        }
        let paper = report.papers.summary();
        let papers = match paper {
            PaperSummary::Unnamed => Vec::new(),
            PaperSummary::One(_) | PaperSummary::Mixed => {
                let names = report.papers.pages().map(|paper| paper.map(|paper| paper.name()));
                names.take(PAPERS_LISTED_MAX).collect()
            }
        };
        Self {
            file: file.into(),
            status: report.status.name(),
            why: report.status.why().map(str::to_owned),
            languages,
            pages: report.pages.0,
            color_pages: report.color_pages.0,
            sheets: report.sheets.0,
            copies: report.copies.map(|copies| copies.0),
            duplex: report.duplex.any(),
            paper: paper.name(),
            papers,
            user: report.user.clone(),
            job_name: report.job_name.clone(),
            driver: report.driver.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Helpers, inspect};

    #[test]
    fn the_object_has_the_fields_of_the_contract_in_their_order() {
        let summary = Summary::new("a.prn", &inspect(&Vec::new(), &Helpers::none()));
        let json = serde_json::to_string(&summary).expect("plain fields");
        assert_eq!(
            json,
            r#"{"file":"a.prn","status":"ok","languages":["unknown"],"pages":0,"color_pages":0,"sheets":0,"copies":1,"duplex":false,"paper":null,"papers":[],"user":null,"job_name":null,"driver":null}"#
        );
    }
}
