//! When a process that ended is started again.

use std::collections::VecDeque;
use std::time::Duration;

/// The limits of restarting.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Pause before the first restart.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// Restarts within `window` after which the process is given up.
    pub restarts_max: u32,
    /// How long an exit counts.
    pub window: Duration,
}

/// The exits of one process so far. Instants are durations since any fixed start.
#[derive(Clone, Debug, Default)]
pub struct History {
    exits: VecDeque<Duration>,
}

/// What to do about an exit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Start it again after this pause.
    Again(Duration),
    /// It has failed too often.
    GiveUp,
}

impl History {
    /// Counts an exit at `now` and decides about it: the pause doubles with every exit that still counts.
    pub fn exited(&mut self, now: Duration, limits: &Limits) -> Verdict {
        while self.exits.front().is_some_and(|exit| now.saturating_sub(*exit) > limits.window) {
            self.exits.pop_front();
        }
        let counted = u32::try_from(self.exits.len()).unwrap_or(u32::MAX);
        if counted >= limits.restarts_max {
            return Verdict::GiveUp;
        }
        self.exits.push_back(now);
        let factor = 1_u32.checked_shl(counted).unwrap_or(u32::MAX);
        Verdict::Again(limits.first.saturating_mul(factor).min(limits.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        first: Duration::from_millis(200),
        longest: Duration::from_secs(2),
        restarts_max: 6,
        window: Duration::from_secs(600),
    };

    #[test]
    fn the_pause_doubles_to_its_limit_and_then_the_process_is_given_up() {
        let mut history = History::default();
        let pauses: Vec<_> =
            (0..7).map(|second| history.exited(Duration::from_secs(second), &LIMITS)).collect();
        let again = |milliseconds| Verdict::Again(Duration::from_millis(milliseconds));
        assert_eq!(
            pauses,
            [again(200), again(400), again(800), again(1600), again(2000), again(2000), Verdict::GiveUp]
        );
    }

    #[test]
    fn exits_are_forgotten_after_the_window() {
        let mut history = History::default();
        for second in 0..6 {
            history.exited(Duration::from_secs(second), &LIMITS);
        }
        assert_eq!(history.exited(Duration::from_secs(700), &LIMITS), Verdict::Again(LIMITS.first));
    }
}
