//! Counts the pages of documents that could not be counted while they came in: random access, now that they
//! are on disk. What is still to be counted is in the rows, so it survives a restart.

use std::time::Duration;

use domain::JobId;
use domain::PageCount;
use domain::count::CountStatus;
use interpreter::Ghostscript;
use pdl::{Helpers, PostScriptInterpreter};
use tokio_util::sync::CancellationToken;

use crate::failed::Failed;
use crate::state::{Jobserver, State};

/// How often it is looked for work without being woken.
const IDLE: Duration = Duration::from_secs(60);
/// Documents that are looked up in one go.
const PAGE: i64 = 100;

/// Counts until the stop. One document at a time: it is the only work that may take a processor for long.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    loop {
        let mut after = JobId(0);
        loop {
            let stopping = stop.clone();
            let counted = server.blocking(move |state| count_page(state, after, &stopping)).await;
            match counted {
                Ok(Some(last)) => after = last,
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "documents wait to be counted");
                    break;
                }
            }
            if stop.is_cancelled() {
                return;
            }
        }
        let woken = tokio::time::timeout(IDLE, server.0.count_wake.notified());
        if stop.run_until_cancelled(woken).await.is_none() {
            return;
        }
    }
}

/// Counts the documents of one page of jobs; the last job looked at, `None` when there was none.
fn count_page(state: &State, after: JobId, stopping: &CancellationToken) -> Result<Option<JobId>, Failed> {
    let helpers = helpers(state, stopping);
    let jobs = state.store.jobs_count_pending(after, PAGE)?;
    let last = jobs.last().map(|job| job.id);
    for job in jobs {
        let Some(document) = job.document else { continue };
        if stopping.is_cancelled() {
            break;
        }
        let count = match state.spool.read(document) {
            Ok(reader) => {
                let counted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    crate::rpc::record_count(&pdl::inspect(&reader, &helpers))
                }));
                counted.unwrap_or_else(|_| failure("the reader of this document's language broke"))
            }
            Err(error) => failure(&error.to_string()),
        };
        if stopping.is_cancelled() {
            // An interpreter that was ended says nothing; the row still says that it waits.
            break;
        }
        state.store.job_count_set(job.id, document, &count)?;
        crate::fidelity::learn(state, &domain::job::Job { count, ..job });
        state.push.wake();
    }
    Ok(last)
}

/// Ghostscript, where it is installed and wanted: looked for each time, so that installing it needs no restart.
fn helpers(state: &State, stopping: &CancellationToken) -> Helpers {
    let limits = state.settings().ghostscript();
    let found = limits.and_then(|limits| Ghostscript::find(limits).ok());
    let stopping = stopping.clone();
    let postscript = found.map(|found| found.until(move || stopping.is_cancelled()));
    Helpers { postscript: postscript.map(|found| Box::new(found) as Box<dyn PostScriptInterpreter>) }
}

fn failure(why: &str) -> PageCount {
    PageCount { status: CountStatus::Failure, why: why.to_owned(), ..PageCount::default() }
}
