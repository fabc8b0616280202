//! Compares the spool with the job rows and repairs what does not fit.
//!
//! - A file without a row was never acknowledged, perhaps not even finished when the server died, or its job is
//!   gone: it is deleted.
//! - A row whose file is gone: the job ends, and says so.
//!
//! Documents on their way in are left alone. Files are listed before rows, so that a document committed
//! meanwhile is found by its row, and a row is asked again before its job is ended. A document that is just
//! being deleted looks like one that was left behind, so what is suspected while the server runs is looked at
//! again after a second.

use std::collections::HashSet;
use std::time::Duration;

use domain::event::Severity;
use domain::job::{Job, Reason, State as JobState};
use domain::{DocumentId, JobId};
use storage::core::Change;

use crate::failed::Failed;
use crate::state::{Jobserver, State};

/// What was compared and found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Jobs that have a document.
    pub(crate) jobs: i64,
    /// Files of documents.
    pub(crate) files: i64,
    /// One sentence per finding, with what was done.
    pub(crate) findings: Vec<String>,
}

/// Rows that are read in one go.
const PAGE: i64 = 5_000;
/// Findings that are told one by one.
const FINDINGS_MAX: usize = 1_000;
/// How long a deletion in progress may take from the job's end to the file's.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// How long statistics are kept: as long as events are by default.
const STATISTICS_KEPT: Duration = Duration::from_secs(366 * 86_400);
/// Findings that are events of their own.
const EVENTS_MAX: usize = 100;

/// Compares and repairs while others work on documents. Blocks.
///
/// # Errors
/// When the store or the spool cannot be read.
pub(crate) fn check(state: &State) -> Result<Report, Failed> {
    compare(state, || std::thread::sleep(PATIENCE))
}

/// Compares and repairs; what may be a deletion in progress is looked at again after `pause`. Blocks.
///
/// # Errors
/// When the store or the spool cannot be read.
pub(crate) fn compare(state: &State, pause: impl FnOnce()) -> Result<Report, Failed> {
    let mut report = Report::default();
    let listing = state.spool.list().map_err(|error| Failed::internal("reading the spool", &error))?;
    let files: HashSet<DocumentId> = listing.documents.iter().copied().collect();
    let active: HashSet<DocumentId> = files.iter().copied().filter(|&id| state.spool.is_active(id)).collect();
    report.files = count(files.len());

    let (mut with_row, mut ended) = (HashSet::new(), Vec::new());
    let mut after = JobId(0);
    loop {
        let rows = state.store.jobs_documents(after, PAGE)?;
        let Some((last, ..)) = rows.last() else { break };
        after = *last;
        for (job, document, job_state) in rows {
            report.jobs += 1;
            with_row.insert(document);
            if job_state.is_final() {
                ended.push((job, document));
            } else if !files.contains(&document) && !state.spool.has(document) {
                end_lost(state, job, document, &mut report)?;
            }
        }
    }
    let mut orphans: Vec<DocumentId> = files.difference(&with_row).copied().collect();
    orphans.retain(|document| !active.contains(document));
    if !(ended.is_empty() && orphans.is_empty()) {
        pause();
    }
    for (job, document) in ended {
        // Its document should have gone with its end.
        if state.store.job_show(job)?.is_some_and(|job| job.document == Some(document)) {
            crate::documents::forget_document(state, job, document);
            report.tell(format!("job {job} has ended and still had its document: deleted"));
        }
    }
    for document in orphans.into_iter().filter(|&document| state.spool.has(document)) {
        state.spool.delete(document)?;
        report.tell(format!("the file of document {document} has no job: deleted"));
    }
    for path in &listing.strangers {
        report.tell(format!("{} is not the spool's: left alone", path.display()));
    }
    for finding in report.findings.iter().take(EVENTS_MAX) {
        state.events.record(state.events.event(Severity::Warning, "integrity", finding));
    }
    Ok(report)
}

fn end_lost(state: &State, id: JobId, document: DocumentId, report: &mut Report) -> Result<(), Failed> {
    let now = state.now();
    let end = |job: Option<Job>| match job {
        Some(job) if job.document == Some(document) && !job.state.is_final() => {
            let job = Job {
                state: JobState::Aborted,
                reason: Reason::AbortedBySystem,
                message: "the document is no longer on the server".to_owned(),
                completed: Some(now),
                document: None,
                ..job
            };
            Ok(Change { job, message: None })
        }
        _ => Err(()),
    };
    if state.store.job_change("integrity-end-lost", id, end, now)?.is_ok() {
        report.tell(format!("job {id} has no file: ended"));
    }
    Ok(())
}

/// Checks whenever the schedule says so until the stop; the start has made one already.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    loop {
        if let Err(error) = server.blocking(|state| check_if_due(state)).await {
            tracing::warn!(%error, "the integrity check could not be made; it is tried again");
        }
        if stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
            return;
        }
    }
}

/// Checks, deletes what is too old and takes statistics, when it is time and nobody else began. That one begins is written down
/// first: whatever stops it in the middle, it does not begin again before its next time. Blocks.
///
/// # Errors
/// When the store or the spool cannot be read.
pub(crate) fn check_if_due(state: &State) -> Result<bool, Failed> {
    let (now, last) = (state.now(), state.store.statistics_last()?);
    if !state.settings().integrity_schedule().is_due(last.map(|last| last.0), now.0) {
        return Ok(false);
    }
    let Some(id) = state.store.statistics_begin(last, now)? else { return Ok(false) };
    let report = check(state)?;
    let deleted = crate::retention::run(state)?;
    state.store.statistics_end(id, count(report.findings.len()), count(deleted), state.now())?;
    state.store.statistics_forget(now.minus(STATISTICS_KEPT))?;
    tracing::info!(
        jobs = report.jobs,
        files = report.files,
        findings = report.findings.len(),
        deleted,
        "spool and job rows were compared"
    );
    Ok(true)
}

impl Report {
    fn tell(&mut self, finding: String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

fn count(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}
