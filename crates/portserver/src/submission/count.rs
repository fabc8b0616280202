//! What the inspector found, in the words of the contract.

use pdl::{Duplex, Language, Outcome, Report, Status};
use rpc::proto::common::{PageCount, page_count};

/// The count to send with a document. What needs random access is left to the jobserver.
pub(super) fn page_count(outcome: Outcome) -> PageCount {
    match outcome {
        Outcome::Decided(report) => {
            let status = match &report.status {
                Status::Ok => page_count::Status::Ok,
                Status::Undefined { .. } => page_count::Status::Undefined,
                Status::Failure { .. } => page_count::Status::Failure,
            };
            converted(report, status)
        }
        Outcome::NeedsSource(report) => converted(report, page_count::Status::Pending),
    }
}

/// The count of a document whose reader failed: the jobserver counts from its spool.
pub(super) fn uncounted() -> PageCount {
    PageCount { status: page_count::Status::Pending.into(), ..PageCount::default() }
}

fn converted(report: Report, status: page_count::Status) -> PageCount {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let duplex = match report.duplex {
        Duplex::Simplex => page_count::Duplex::Simplex,
        Duplex::LongEdge => page_count::Duplex::LongEdge,
        Duplex::ShortEdge => page_count::Duplex::ShortEdge,
        Duplex::Mixed => page_count::Duplex::Mixed,
    };
    let languages = report.languages.iter().filter(|language| **language != Language::Pjl);
    PageCount {
        status: status.into(),
        why: report.status.why().unwrap_or_default().to_owned(),
        languages: languages.map(|language| language.name().to_owned()).collect(),
        pages: count(report.pages.0),
        color_pages: count(report.color_pages.0),
        sheets: count(report.sheets.0),
        copies: report.copies.map_or(0, |copies| i64::from(copies.0)),
        duplex: duplex.into(),
        paper: report.papers.summary().name().unwrap_or_default(),
        user: report.user.unwrap_or_default(),
        job_name: report.job_name.unwrap_or_default(),
        driver: report.driver.unwrap_or_default(),
    }
}
