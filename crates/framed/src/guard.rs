//! Slows down who guesses cards, codes, PINs, passwords or device secrets.
//!
//! The account itself locks after a few failures, by a rule of the domain; that does not stop somebody who tries one
//! guess on each of many accounts. Here failures are counted by device and by address in leaky buckets: every
//! failure fills one, time empties it, and a full one refuses further tries unasked.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Failures remembered by device and by address.
#[derive(Debug)]
pub struct Guard {
    devices: Buckets<i64>,
    addresses: Buckets<IpAddr>,
}

impl Guard {
    /// So many failures at one device, and from one address, before further tries wait; in `forgotten` all are forgotten.
    #[must_use]
    pub fn new(per_device: u32, per_address: u32, forgotten: Duration) -> Self {
        Self { devices: Buckets::new(per_device, forgotten), addresses: Buckets::new(per_address, forgotten) }
    }

    /// How long a further try has to wait, if it has to.
    #[must_use]
    pub fn wait(&self, device: Option<i64>, address: IpAddr, now: Instant) -> Option<Duration> {
        let device = device.and_then(|device| self.devices.wait(&device, now));
        device.max(self.addresses.wait(&address, now))
    }

    /// Notes a failure.
    pub fn failed(&mut self, device: Option<i64>, address: IpAddr, now: Instant) {
        if let Some(device) = device {
            self.devices.fill(device, now);
        }
        self.addresses.fill(address, now);
    }
}

/// One leaky bucket a key.
#[derive(Debug)]
struct Buckets<K> {
    /// Failures a bucket holds.
    size: f64,
    /// Time in which a full bucket empties.
    empties: Duration,
    levels: HashMap<K, (f64, Instant)>,
}

impl<K: Copy + Eq + Hash> Buckets<K> {
    fn new(size: u32, empties: Duration) -> Self {
        Self { size: f64::from(size), empties, levels: HashMap::new() }
    }

    fn level(&self, key: &K, now: Instant) -> f64 {
        let Some((level, at)) = self.levels.get(key) else { return 0.0 };
        let gone = now.saturating_duration_since(*at).as_secs_f64() / self.empties.as_secs_f64();
        (level - gone * self.size).max(0.0)
    }

    fn wait(&self, key: &K, now: Instant) -> Option<Duration> {
        let over = self.level(key, now) - (self.size - 1.0);
        (over > 0.0).then(|| self.empties.mul_f64(over / self.size))
    }

    fn fill(&mut self, key: K, now: Instant) {
        if self.levels.len() >= BUCKETS_MAX && !self.levels.contains_key(&key) {
            // Empty ones go first; when all have something in them, the longest untouched goes.
            let empties = self.empties;
            self.levels.retain(|_, (_, at)| now.saturating_duration_since(*at) < empties);
            let oldest = self.levels.iter().min_by_key(|(_, (_, at))| *at).map(|(key, _)| *key);
            if let (true, Some(oldest)) = (self.levels.len() >= BUCKETS_MAX, oldest) {
                self.levels.remove(&oldest);
            }
        }
        // One over the brim at most, so that a flood does not lock out for ever.
        let level = (self.level(&key, now) + 1.0).min(self.size);
        self.levels.insert(key, (level, now));
    }
}

/// Keys remembered at most.
const BUCKETS_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    fn guard() -> Guard {
        Guard::new(3, 5, Duration::from_secs(60))
    }

    #[test]
    fn failures_at_one_device_make_it_wait_and_time_heals() {
        let (mut guard, now) = (guard(), Instant::now());
        for _ in 0..3 {
            assert_eq!(guard.wait(Some(1), HERE, now), None);
            guard.failed(Some(1), HERE, now);
        }
        let wait = guard.wait(Some(1), HERE, now).expect("the fourth waits");
        assert!(wait <= Duration::from_secs(20), "{wait:?}");
        assert_eq!(guard.wait(Some(2), HERE, now), None, "another device does not");
        assert_eq!(guard.wait(Some(1), HERE, now + wait), None);
    }

    #[test]
    fn failures_from_one_address_count_over_all_devices() {
        let (mut guard, now) = (guard(), Instant::now());
        for device in 0..5 {
            guard.failed(Some(device), HERE, now);
        }
        assert!(guard.wait(Some(99), HERE, now).is_some());
        assert!(guard.wait(None, HERE, now).is_some());
        assert_eq!(guard.wait(Some(99), THERE, now), None);
    }

    #[test]
    fn a_flood_does_not_lock_out_for_longer_than_a_full_bucket_and_memory_is_bounded() {
        let (mut guard, now) = (guard(), Instant::now());
        for _ in 0..1000 {
            guard.failed(None, HERE, now);
        }
        assert!(guard.wait(None, HERE, now).expect("waits") <= Duration::from_secs(60));
        for device in 0..BUCKETS_MAX as i64 + 50 {
            guard.failed(Some(device), HERE, now);
        }
        assert!(guard.devices.levels.len() <= BUCKETS_MAX);
    }
}
