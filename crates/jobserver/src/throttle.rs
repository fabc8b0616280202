//! How often somebody may do something: failed logins and wrong links by address, requests for delegation by person.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use domain::{Status, UserId};
use rpc::Kind;

use crate::failed::Failed;

/// Keys remembered; when there are more, the oldest window is forgotten.
const KEYS_MAX: usize = 10_000;

/// Counts by key, each within a window that begins with its first.
pub(crate) struct Throttle<K> {
    /// A count and when its window began, microseconds.
    counts: Mutex<HashMap<K, (u32, i64)>>,
    max: u32,
    window_us: i64,
    /// What whoever has to wait is told.
    told: &'static str,
}

impl Throttle<IpAddr> {
    /// Ten failures of an address in five minutes.
    pub(crate) fn of_failures() -> Self {
        let told = "too many failed logins from this address; try again in some minutes";
        Self::new(10, 300_000_000, told)
    }
}

impl Throttle<UserId> {
    /// Twenty requests of a person in an hour: each is a mail to somebody, or tells whether there is such a logon.
    pub(crate) fn of_requests() -> Self {
        Self::new(20, 3_600_000_000, "you have asked too often; try again in an hour")
    }
}

impl<K: Copy + Eq + Hash> Throttle<K> {
    fn new(max: u32, window_us: i64, told: &'static str) -> Self {
        Self { counts: Mutex::default(), max, window_us, told }
    }

    /// Refuses whoever was counted too often.
    ///
    /// # Errors
    /// "Busy".
    pub(crate) fn check(&self, key: K, now_us: i64) -> Result<(), Failed> {
        if self.too_many(key, now_us) {
            return Err(Failed::new(Kind::Unavailable, Status::BUSY, self.told));
        }
        Ok(())
    }

    fn too_many(&self, key: K, now_us: i64) -> bool {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&key).is_some_and(|(count, began)| *count >= self.max && now_us - began < self.window_us)
    }

    /// Counts one.
    pub(crate) fn note(&self, key: K, now_us: i64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEYS_MAX && !counts.contains_key(&key) {
            let oldest = counts.iter().min_by_key(|(_, (_, began))| *began).map(|(key, _)| *key);
            oldest.and_then(|oldest| counts.remove(&oldest));
        }
        let (count, began) = counts.entry(key).or_insert((0, now_us));
        if now_us - *began >= self.window_us {
            (*count, *began) = (0, now_us);
        }
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_counted_too_often_waits_for_the_window_to_end() {
        let failures = Throttle::of_failures();
        let [one, other] = [IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])];
        for second in 0..10 {
            assert!(failures.check(one, second).is_ok());
            failures.note(one, second);
        }
        assert_eq!(failures.check(one, 60_000_000).unwrap_err().status, Status::BUSY);
        assert!(failures.check(other, 60_000_000).is_ok());
        assert!(failures.check(one, 300_000_000).is_ok());
        failures.note(one, 300_000_000);
        assert!(failures.check(one, 300_000_000).is_ok(), "the new window starts with one");
    }
}
