//! `papergate tracking stats main`: a page for people, one object for scripts.

use std::collections::BTreeMap;

use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::record::JobType;
use serde::Serialize;

use super::{Totals, job_type_name};
use crate::Shell;
use crate::failure::Failure;
use crate::output::Listed;
use crate::time;

/// Everything, as scripts see it.
#[derive(Debug, Serialize)]
pub(crate) struct MainShown {
    completed: i64,
    interrupted: i64,
    total: i64,
    summary: Totals,
    /// Percent of all jobs included.
    ratios: BTreeMap<&'static str, f64>,
    job_types: BTreeMap<&'static str, Totals>,
    load: Vec<Point>,
    saved: Saved,
}

#[derive(Debug, Serialize)]
struct Point {
    from: Option<String>,
    jobs: i64,
    pages: i64,
}

/// Documents that were deleted unprinted.
#[derive(Debug, Serialize)]
struct Saved {
    by_user: Totals,
    by_system: Totals,
    pages: i64,
    sheets: i64,
    price: String,
}

/// A share of `whole` in percent, to a hundredth.
#[expect(clippy::cast_precision_loss, reason = "a share is shown with two decimals")]
fn percent(part: i64, whole: i64) -> f64 {
    if whole <= 0 { 0.0 } else { ((part as f64 / whole as f64) * 10_000.0).round() / 100.0 }
}

impl From<&proto::MainAnswer> for MainShown {
    fn from(answer: &proto::MainAnswer) -> Self {
        let summary = answer.summary.unwrap_or_default();
        let of = |wanted: &[JobType]| -> i64 {
            answer
                .by_job_type
                .iter()
                .filter(|of| wanted.contains(&of.job_type()))
                .map(|of| of.totals.unwrap_or_default().jobs)
                .sum()
        };
        let share = |part| percent(part, summary.jobs);
        let ratios = BTreeMap::from([
            ("pull", share(of(&[JobType::Pull]))),
            ("push", share(of(&[JobType::Push]))),
            ("copy", share(of(&[JobType::Copy]))),
            ("fax_scan_email", share(of(&[JobType::Fax, JobType::Scan, JobType::Email]))),
            ("duplex", share(summary.duplex_jobs)),
            ("color", share(summary.color_jobs)),
        ]);
        let (by_user, by_system) =
            (answer.saved_by_user.unwrap_or_default(), answer.saved_by_system.unwrap_or_default());
        Self {
            completed: answer.completed,
            interrupted: answer.interrupted,
            total: answer.completed + answer.interrupted,
            summary: Totals::from(&summary),
            ratios,
            job_types: answer
                .by_job_type
                .iter()
                .map(|of| (job_type_name(of.job_type()), Totals::from(&of.totals.unwrap_or_default())))
                .collect(),
            load: answer
                .load
                .iter()
                .map(|point| Point {
                    from: time::rfc3339(point.from_us),
                    jobs: point.jobs,
                    pages: point.pages,
                })
                .collect(),
            saved: Saved {
                pages: by_user.pages + by_system.pages,
                sheets: by_user.sheets + by_system.sheets,
                price: domain::Money(answer.saved_price).to_string(),
                by_user: Totals::from(&by_user),
                by_system: Totals::from(&by_system),
            },
        }
    }
}

/// A line of the table.
#[derive(Debug, Serialize)]
struct Line {
    what: &'static str,
    totals: Totals,
}

impl Listed for Line {
    const COLUMNS: &'static [&'static str] =
        &["KIND", "JOBS", "BYTES", "PAGES", "COLOR", "SHEETS", "COST", "COST 2"];

    fn cells(&self) -> Vec<String> {
        let Totals { jobs, size, pages, color_pages, sheets, price, price2 } = &self.totals;
        vec![
            self.what.to_owned(),
            jobs.to_string(),
            size.to_string(),
            pages.to_string(),
            color_pages.to_string(),
            sheets.to_string(),
            price.clone(),
            price2.clone(),
        ]
    }
}

pub(super) fn show(shell: &mut Shell<'_>, answer: &proto::MainAnswer) -> Result<(), Failure> {
    let shown = MainShown::from(answer);
    if shell.output.is_json() {
        return shell.output.show(&shown);
    }
    let MainShown { completed, interrupted, total, .. } = &shown;
    shell
        .output
        .text(&format!("{total} jobs: {completed} completed, {interrupted} failed or interrupted\n\n"))?;
    let mut table = shell.output.list::<Line>();
    for (what, totals) in &shown.job_types {
        table.row(&Line { what, totals: totals.clone() })?;
    }
    table.row(&Line { what: "all", totals: shown.summary.clone() })?;
    table.finish()?;
    let ratios: Vec<String> =
        shown.ratios.iter().map(|(what, share)| format!("{} {share:.2} %", what.replace('_', "/"))).collect();
    let Saved { pages, sheets, price, .. } = &shown.saved;
    shell.output.text(&format!(
        "\nRatios: {}\nSaved by deleting: {pages} pages, {sheets} sheets, {price}\n",
        ratios.join(", ")
    ))?;
    if !answer.load.is_empty() {
        shell.output.text("\n")?;
        let most = answer.load.iter().map(|point| point.jobs).max().unwrap_or(1).max(1);
        for point in &answer.load {
            let bar = usize::try_from(point.jobs * BAR_MAX / most).unwrap_or_default();
            let (from, bar) = (time::local(point.from_us), "#".repeat(bar));
            shell
                .output
                .text(&format!("{from}  {:>8} jobs {:>9} pages  {bar}\n", point.jobs, point.pages))?;
        }
    }
    Ok(())
}

/// Length of the longest bar, characters.
const BAR_MAX: i64 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_is_nothing() {
        assert_eq!([percent(1, 3), percent(0, 0), percent(2, 2)], [33.33, 0.0, 100.0]);
    }
}
