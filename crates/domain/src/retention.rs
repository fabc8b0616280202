//! How long a job is kept.

use std::time::Duration;

use crate::job::{Job, State};
use crate::time::Timestamp;

/// The settings that decide.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RetentionPolicy {
    /// Age at which a held document is deleted (guide, "Delete print jobs after"; the default is 1 day).
    /// `None`: never.
    pub delete_after: Option<Duration>,
    /// How long a job without a document waits for it (IPP's multiple-operation-time-out).
    pub incoming_max: Duration,
    /// How long a finished job is remembered for clients that ask for its state.
    pub history: Duration,
}

/// What is due for a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Due {
    /// Nothing yet.
    Keep,
    /// The document is deleted, the job ended.
    Expire,
    /// The row goes.
    Forget,
}

/// What is due for `job` at `now`. Retained documents obey the age too: retaining protects against
/// being printed, not against being forgotten (guide, "Delete print jobs after").
pub fn due(job: &Job, policy: RetentionPolicy, now: Timestamp) -> Due {
    let older_than = |since: Timestamp, age: Duration| now >= since.plus(age);
    match job.state {
        State::Processing | State::Stopped => Due::Keep,
        State::Pending if older_than(job.created, policy.incoming_max) => Due::Expire,
        State::Held if policy.delete_after.is_some_and(|age| older_than(job.created, age)) => Due::Expire,
        State::Pending | State::Held => Due::Keep,
        State::Canceled | State::Aborted | State::Completed => {
            if older_than(job.completed.unwrap_or(job.created), policy.history) {
                Due::Forget
            } else {
                Due::Keep
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::tests::held_job;

    #[test]
    fn age_decides() {
        let policy = RetentionPolicy {
            delete_after: Some(Duration::from_secs(86_400)),
            incoming_max: Duration::from_secs(300),
            history: Duration::from_secs(3_600),
        };
        let never = RetentionPolicy { delete_after: None, ..policy };
        let at = |seconds: i64| Timestamp(seconds * 1_000_000);
        let job = |state| {
            let completed =
                matches!(state, State::Canceled | State::Aborted | State::Completed).then(|| at(0));
            Job { state, created: at(0), completed, retained: true, ..held_job() }
        };
        let rows = [
            (State::Held, policy, 86_399, Due::Keep),
            (State::Held, policy, 86_400, Due::Expire),
            (State::Held, never, 86_400_000, Due::Keep),
            (State::Pending, policy, 299, Due::Keep),
            (State::Pending, policy, 300, Due::Expire),
            (State::Processing, policy, 86_400_000, Due::Keep),
            (State::Stopped, policy, 86_400_000, Due::Keep),
            (State::Completed, policy, 3_599, Due::Keep),
            (State::Completed, policy, 3_600, Due::Forget),
            (State::Canceled, policy, 3_600, Due::Forget),
            (State::Aborted, policy, 3_600, Due::Forget),
        ];
        for (state, policy, now, expected) in rows {
            assert_eq!(due(&job(state), policy, at(now)), expected, "{state:?} at {now}");
        }
    }
}
