//! How many connections there may be, altogether and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts connections of every protocol. A clone counts with the original.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    total_max: usize,
    per_peer_max: usize,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    peers: HashMap<IpAddr, usize>,
}

/// A place for one connection, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    gate: Gate,
    peer: IpAddr,
}

impl Gate {
    pub(crate) fn new(total_max: usize, per_peer_max: usize) -> Self {
        Self { total_max, per_peer_max, counts: Arc::default() }
    }

    /// A place for a connection from `peer`; `None` when there is no more room.
    pub(crate) fn enter(&self, peer: IpAddr) -> Option<Place> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.total >= self.total_max {
            return None;
        }
        let of_peer = counts.peers.entry(peer).or_default();
        if *of_peer >= self.per_peer_max {
            return None;
        }
        *of_peer += 1;
        counts.total += 1;
        Some(Place { gate: self.clone(), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.gate.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total -= 1;
        if let Some(of_peer) = counts.peers.get_mut(&self.peer) {
            *of_peer -= 1;
            if *of_peer == 0 {
                counts.peers.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn one_address_cannot_take_every_place_and_places_come_back() {
        let gate = Gate::new(3, 2);
        let [ann, bob] = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)));
        let first = gate.enter(ann).unwrap();
        let _second = gate.enter(ann).unwrap();
        assert!(gate.enter(ann).is_none(), "the limit of one address");
        let third = gate.enter(bob).unwrap();
        assert!(gate.enter(bob).is_none(), "the limit of all");
        drop(first);
        drop(third);
        assert!(gate.enter(bob).is_some());
        assert_eq!(gate.counts.lock().unwrap().peers.len(), 1, "an address without connection is forgotten");
    }
}
