//! How many answers an asker gets.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// Allowances of all askers. Instants are durations since any fixed start.
#[derive(Debug)]
pub struct Allowance {
    askers: HashMap<IpAddr, Bucket>,
    all: Bucket,
    all_per_second: f64,
}

/// Answers that may be given at once, and when that was known.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Duration,
}

/// Answers an asker gets at once; an asker repeats its request a few times.
pub const BURST: u32 = 10;
/// Answers an asker gets per second after that.
pub const PER_SECOND: u32 = 2;
/// Askers that are remembered; when there are more, those that asked longest ago are forgotten.
pub const ASKERS_MAX: usize = 4096;

impl Allowance {
    /// With at most `all_per_second` answers per second to everybody together.
    pub fn new(all_per_second: u32) -> Self {
        let all_per_second = f64::from(all_per_second);
        Self {
            askers: HashMap::new(),
            all: Bucket { left: all_per_second, at: Duration::ZERO },
            all_per_second,
        }
    }

    /// Whether `asker` gets an answer at `now`.
    pub fn admit(&mut self, asker: IpAddr, now: Duration) -> bool {
        if !self.askers.contains_key(&asker) && self.askers.len() >= ASKERS_MAX {
            self.forget(now);
        }
        let burst = f64::from(BURST);
        let bucket = self.askers.entry(asker).or_insert(Bucket { left: burst, at: now });
        // An asker over its own allowance must not use up everybody's.
        bucket.take(now, f64::from(PER_SECOND), burst)
            && self.all.take(now, self.all_per_second, self.all_per_second)
    }

    fn forget(&mut self, now: Duration) {
        // Whoever could have its whole allowance again is as good as new.
        let full = Duration::from_secs(u64::from(BURST.div_ceil(PER_SECOND)));
        self.askers.retain(|_, bucket| now.saturating_sub(bucket.at) < full);
        if self.askers.len() >= ASKERS_MAX {
            // A flood of invented addresses; everybody's allowance still holds.
            self.askers.clear();
        }
    }
}

impl Bucket {
    fn take(&mut self, now: Duration, per_second: f64, most: f64) -> bool {
        self.left = (self.left + now.saturating_sub(self.at).as_secs_f64() * per_second).min(most);
        self.at = now;
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn an_asker_gets_its_burst_and_then_its_rate_and_others_do_not_suffer() {
        let mut allowance = Allowance::new(1000);
        let admitted = (0..100).filter(|_| allowance.admit(asker(1), Duration::ZERO)).count();
        assert_eq!(admitted, BURST as usize);
        let later = Duration::from_secs(3);
        let admitted = (0..100).filter(|_| allowance.admit(asker(1), later)).count();
        assert_eq!(admitted, 3 * PER_SECOND as usize);
        assert!(allowance.admit(asker(2), later));
    }

    #[test]
    fn everybody_together_has_a_limit_too() {
        let mut allowance = Allowance::new(50);
        let admitted = (0..1000).filter(|number| allowance.admit(asker(*number), Duration::ZERO)).count();
        assert_eq!(admitted, 50);
    }

    #[test]
    fn a_flood_of_askers_does_not_grow_the_memory() {
        let mut allowance = Allowance::new(50);
        for number in 0..3 * ASKERS_MAX as u32 {
            allowance.admit(asker(number), Duration::ZERO);
            assert!(allowance.askers.len() <= ASKERS_MAX);
        }
    }
}
