//! The jobs that the printer remembers.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use wire::ipp::JobState;

use crate::serve::counts::Counts;

/// One job.
#[derive(Clone, Debug)]
pub struct Job {
    /// job-id, from 1.
    pub id: i32,
    /// job-name.
    pub name: String,
    /// job-originating-user-name.
    pub user: String,
    /// job-state.
    pub state: JobState,
    /// job-state-reasons.
    pub reason: &'static str,
    /// job-state-message.
    pub message: &'static str,
    /// Bytes taken.
    pub bytes: u64,
    /// What came out.
    pub counts: Counts,
    /// Copies asked for.
    pub copies: u16,
}

/// Jobs, oldest first; the oldest that have ended are forgotten.
#[derive(Debug, Default)]
pub struct Jobs(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    jobs: VecDeque<Job>,
    last: i32,
}

/// Jobs remembered at most.
const JOBS_MAX: usize = 500;

impl Jobs {
    /// Adds a job. None when so many wait for their documents that there is no room.
    pub fn add(
        &self,
        name: String,
        user: String,
        copies: u16,
        state: JobState,
        reason: &'static str,
    ) -> Option<Job> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.jobs.len() >= JOBS_MAX {
            let ended = all.jobs.iter().position(|job| job.state.is_terminal())?;
            all.jobs.remove(ended);
        }
        all.last = all.last.checked_add(1).unwrap_or(1);
        let job = Job {
            id: all.last,
            name,
            user,
            state,
            reason,
            message: "",
            bytes: 0,
            counts: Counts::default(),
            copies,
        };
        all.jobs.push_back(job.clone());
        Some(job)
    }

    /// The job with this id.
    pub fn find(&self, id: i32) -> Option<Job> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.jobs.iter().find(|job| job.id == id).cloned()
    }

    /// Changes a job and returns what became of it.
    pub fn change(&self, id: i32, change: impl FnOnce(&mut Job)) -> Option<Job> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let job = all.jobs.iter_mut().find(|job| job.id == id)?;
        change(job);
        Some(job.clone())
    }

    /// Every job for which `wanted` holds.
    pub fn list(&self, wanted: impl Fn(&Job) -> bool) -> Vec<Job> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.jobs.iter().filter(|job| wanted(job)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ended_jobs_make_room_and_waiting_ones_do_not() {
        let jobs = Jobs::default();
        let add = || jobs.add(String::new(), String::new(), 1, JobState::Pending, "none");
        for _ in 0..JOBS_MAX {
            add().expect("room");
        }
        assert!(add().is_none());
        jobs.change(7, |job| job.state = JobState::Completed);
        assert_eq!(add().expect("room again").id, JOBS_MAX as i32 + 1);
        assert!(jobs.find(7).is_none() && jobs.find(8).is_some());
    }
}
