//! Jobs made by Create-Job that wait for their document (multiple-operation-time-out).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rpc::proto::jobserver::JobCancelRequest;
use service::{Clock, Stop, Timestamp};

use crate::state::Port;

/// The list, shared by its clones.
#[derive(Clone, Debug)]
pub(crate) struct OpenJobs {
    clock: Clock,
    limit: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Calls of Create-Job under way.
    reserved: usize,
    /// When each job is given up; `None` while its document is coming.
    jobs: HashMap<i64, Option<Timestamp>>,
}

/// Room for one job; given back when dropped without [`Place::fill`].
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a OpenJobs);

/// A job whose document is coming. Its time starts anew when this is dropped without [`Pause::done`].
#[derive(Debug)]
pub(crate) struct Pause<'a>(&'a OpenJobs, i64);

impl OpenJobs {
    pub(crate) fn new(clock: Clock, limit_s: u32) -> Self {
        Self { clock, limit: Duration::from_secs(u64::from(limit_s)), state: Arc::default() }
    }

    /// Room for one more; `None` when too many wait.
    pub(crate) fn reserve(&self) -> Option<Place<'_>> {
        let mut state = self.state();
        if state.jobs.len() + state.reserved >= JOBS_MAX {
            return None;
        }
        state.reserved += 1;
        Some(Place(self))
    }

    /// Stops the time of job `id`.
    pub(crate) fn pause(&self, id: i64) -> Pause<'_> {
        self.state().jobs.insert(id, None);
        Pause(self, id)
    }

    /// Job `id` waits no more.
    pub(crate) fn forget(&self, id: i64) {
        self.state().jobs.remove(&id);
    }

    fn expired(&self) -> Vec<i64> {
        let now = self.clock.now();
        let state = self.state();
        state
            .jobs
            .iter()
            .filter(|(_, until)| until.is_some_and(|until| until <= now))
            .map(|(id, _)| *id)
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// The room is taken by job `id`.
    pub(crate) fn fill(self, id: i64) {
        let until = self.0.clock.now().after(self.0.limit);
        self.0.state().jobs.insert(id, Some(until));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.state().reserved -= 1;
    }
}

impl Pause<'_> {
    /// The document has come.
    pub(crate) fn done(self) {
        self.0.forget(self.1);
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        let until = self.0.clock.now().after(self.0.limit);
        if let Some(waiting) = self.0.state().jobs.get_mut(&self.1) {
            *waiting = Some(until);
        }
    }
}

/// Takes back jobs whose document did not come in time, until the stop.
pub(crate) async fn expire(port: Arc<Port>, stop: Stop) {
    while stop.unless_asked(tokio::time::sleep(PERIOD)).await.is_some() {
        for id in port.open_jobs.expired() {
            let cancel = JobCancelRequest { job_id: id, logon: String::new(), operator: true };
            match port.jobserver.clone().job_cancel(cancel).await.map_err(rpc::Error::from) {
                Ok(_) => {
                    tracing::info!(job.id = id, "a job was taken back because its document did not come");
                    port.open_jobs.forget(id);
                }
                // The next round tries again.
                Err(error) if error.kind == rpc::Kind::Unavailable => {}
                Err(error) => {
                    tracing::debug!(job.id = id, reason = %error, "a job without document is gone already");
                    port.open_jobs.forget(id);
                }
            }
        }
    }
}

/// Jobs that may wait at one time.
const JOBS_MAX: usize = 10_000;
/// How often the list is looked through.
const PERIOD: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_expires_unless_its_document_comes() {
        let clock = Clock::fixed(Timestamp(0));
        let open = OpenJobs::new(clock.clone(), 10);
        open.reserve().unwrap().fill(1);
        open.reserve().unwrap().fill(2);
        drop(open.reserve().unwrap());
        assert_eq!(open.state().reserved, 0);
        clock.advance(Duration::from_secs(9));
        assert!(open.expired().is_empty());
        let pause = open.pause(1);
        clock.advance(Duration::from_secs(9));
        assert_eq!(open.expired(), [2], "the time of a job stands still while its document comes");
        drop(pause);
        assert_eq!(open.expired(), [2], "and starts anew when it breaks off");
        clock.advance(Duration::from_secs(10));
        let mut expired = open.expired();
        expired.sort_unstable();
        assert_eq!(expired, [1, 2]);
        open.pause(1).done();
        open.forget(2);
        assert!(open.state().jobs.is_empty());
    }
}
