//! Time as an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// An instant: microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant plus `duration`; stays at the last representable instant when it would pass it.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }
}

/// Where a server takes the time from: the system, or a test that moves it by hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `now` until [`Clock::advance`] moves it. Clones share it.
    pub fn fixed(now: Timestamp) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(now.0))))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => {
                #[expect(clippy::disallowed_methods, reason = "the one place where the time is read")]
                let now = std::time::SystemTime::now();
                let since_epoch = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Timestamp::default().after(since_epoch)
            }
            Source::Fixed(now) => Timestamp(now.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock.
    ///
    /// # Panics
    /// On the system's clock: only tests move time.
    pub fn advance(&self, by: Duration) {
        match &self.0 {
            Source::System => panic!("the system's clock is not ours to move"),
            Source::Fixed(now) => {
                let by = i64::try_from(by.as_micros()).expect("a test moves time by less than 292,000 years");
                now.fetch_add(by, Ordering::SeqCst);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told_and_for_all_its_clones() {
        let clock = Clock::fixed(Timestamp(5));
        let clone = clock.clone();
        assert_eq!(clone.now(), Timestamp(5));
        clock.advance(Duration::from_millis(2));
        assert_eq!(clone.now(), Timestamp(2005));
    }

    #[test]
    fn the_system_clock_is_past_the_year_this_was_written_in() {
        assert!(Clock::system().now() > Timestamp(1_700_000_000_000_000));
    }
}
