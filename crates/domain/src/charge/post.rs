//! Post-tracking: what a device's own counters say was printed (guide, "Post track").
//!
//! A device that counts wrongly must not cost anybody anything: a report that makes no sense is refused by name, and what
//! was calculated before holds.

use crate::PageCount;
use crate::price::{Impressions, Sheets};

/// What really came out of one document, all copies together.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Printed {
    /// Printed page sides.
    pub impressions: Impressions,
    /// Of these, in colour.
    pub color: Impressions,
    /// Sheets of paper.
    pub sheets: Sheets,
}

/// What a device said, as it said it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// Printed page sides.
    pub impressions: i64,
    /// Of these, in colour, when it says so.
    pub color: Option<i64>,
    /// Sheets of paper, when it says so.
    pub sheets: Option<i64>,
}

/// A report that makes no sense, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReportRefused {
    /// A figure below zero.
    #[error("the printer reports fewer pages than zero")]
    Negative,
    /// The later reading of a counter is lower than the earlier.
    #[error("the printer's page counter went backwards, from {before} to {after}")]
    Backwards {
        /// Reading before the document.
        before: i64,
        /// Reading after it.
        after: i64,
    },
}

/// The pages between two readings of a life-time counter.
///
/// # Errors
/// [`ReportRefused`] when the readings contradict each other.
pub fn between(before: i64, after: i64) -> Result<Report, ReportRefused> {
    if before < 0 || after < 0 {
        return Err(ReportRefused::Negative);
    }
    if after < before {
        return Err(ReportRefused::Backwards { before, after });
    }
    Ok(Report { impressions: after - before, color: None, sheets: None })
}

/// What came out of a document with this count, printed in so many copies, by the device's report.
///
/// Never more than was asked for: a counter also moves for what somebody else prints at the same time, and nobody is
/// charged more than they were shown. Where the device does not say what was in colour, pages without colour are taken to
/// have come first; sheets follow the pages.
///
/// # Errors
/// [`ReportRefused::Negative`].
pub fn printed(count: &PageCount, copies: i32, report: Report) -> Result<Printed, ReportRefused> {
    let Report { impressions, color, sheets } = report;
    if impressions < 0 || color.is_some_and(i64::is_negative) || sheets.is_some_and(i64::is_negative) {
        return Err(ReportRefused::Negative);
    }
    let asked = |number: i64| number.max(0).saturating_mul(copies.max(1).into());
    let (pages, color_pages, all_sheets) =
        (asked(count.pages), asked(count.color_pages), asked(count.sheets));
    let came_out = impressions.min(pages);
    let mono = (pages - color_pages).max(0);
    let in_color = color.unwrap_or((came_out - mono).max(0)).min(color_pages).min(came_out);
    let by_pages = if pages == 0 {
        0
    } else {
        // Rounded up: a sheet with one side printed is a sheet.
        let product = i128::from(came_out) * i128::from(all_sheets);
        i64::try_from((product + i128::from(pages) - 1) / i128::from(pages)).unwrap_or(all_sheets)
    };
    let on_sheets = sheets.unwrap_or(by_pages).min(all_sheets);
    let number = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
    Ok(Printed {
        impressions: Impressions(number(came_out)),
        color: Impressions(number(in_color)),
        sheets: Sheets(number(on_sheets)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::CountStatus;

    fn ten() -> PageCount {
        PageCount { status: CountStatus::Ok, pages: 10, color_pages: 4, sheets: 5, ..PageCount::default() }
    }

    fn came(impressions: u32, color: u32, sheets: u32) -> Printed {
        Printed { impressions: Impressions(impressions), color: Impressions(color), sheets: Sheets(sheets) }
    }

    fn report(impressions: i64, color: Option<i64>, sheets: Option<i64>) -> Report {
        Report { impressions, color, sheets }
    }

    /// TRK-4.
    #[test]
    fn a_report_becomes_what_is_charged() {
        let table = [
            (1, report(3, None, None), came(3, 0, 2)),
            (1, report(8, None, None), came(8, 2, 4)),
            (1, report(10, None, None), came(10, 4, 5)),
            (1, report(0, None, None), came(0, 0, 0)),
            (1, report(25, None, None), came(10, 4, 5)),
            (2, report(13, None, None), came(13, 1, 7)),
            (1, report(3, Some(2), Some(1)), came(3, 2, 1)),
            (1, report(3, Some(9), Some(9)), came(3, 3, 5)),
        ];
        for (copies, report, expected) in table {
            assert_eq!(printed(&ten(), copies, report), Ok(expected), "{report:?}");
        }
        assert_eq!(printed(&PageCount::default(), 1, report(7, None, None)), Ok(Printed::default()));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for wrong in [report(-1, None, None), report(1, Some(-1), None), report(1, None, Some(-7))] {
            assert_eq!(printed(&ten(), 1, wrong), Err(ReportRefused::Negative));
        }
        assert_eq!(between(100, 90), Err(ReportRefused::Backwards { before: 100, after: 90 }));
        assert_eq!(between(-1, 5), Err(ReportRefused::Negative));
        assert_eq!(between(5, i64::MIN), Err(ReportRefused::Negative));
        assert_eq!(between(100, 103), Ok(report(3, None, None)));
    }
}
