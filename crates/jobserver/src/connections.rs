//! Who is connected: every connection of the legacy ports and of the console, for administrators to look at.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Timestamp;

/// An open connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Open {
    /// The listener's name, as `devices`.
    pub(crate) face: &'static str,
    pub(crate) peer: SocketAddr,
    pub(crate) since: Timestamp,
    pub(crate) secure: bool,
    /// Device or person that proved itself; empty before.
    pub(crate) who: String,
}

/// Every open connection; clones share the list.
#[derive(Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<List>>);

#[derive(Default)]
struct List {
    next: u64,
    open: BTreeMap<u64, Open>,
}

impl Connections {
    /// Puts a connection on the list until the answer is dropped.
    pub(crate) fn opened(&self, open: Open) -> Listed {
        let mut list = self.lock();
        let id = list.next;
        list.next += 1;
        list.open.insert(id, open);
        Listed { connections: self.clone(), id }
    }

    /// The connections, the oldest first.
    pub(crate) fn list(&self) -> Vec<Open> {
        self.lock().open.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's place on the list.
pub(crate) struct Listed {
    connections: Connections,
    id: u64,
}

impl Listed {
    /// Says who is at the other end.
    pub(crate) fn is(&self, who: &str) {
        if let Some(open) = self.connections.lock().open.get_mut(&self.id) {
            who.clone_into(&mut open.who);
        }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.connections.lock().open.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_listed_until_it_ends() {
        let connections = Connections::default();
        let open = |port: u16| Open {
            face: "devices",
            peer: SocketAddr::from(([192, 0, 2, 1], port)),
            since: Timestamp(i64::from(port)),
            secure: true,
            who: String::new(),
        };
        let one = connections.opened(open(1));
        let two = connections.opened(open(2));
        two.is("mfp");
        assert_eq!(connections.list(), [open(1), Open { who: "mfp".to_owned(), ..open(2) }]);
        drop(one);
        assert_eq!(connections.list().len(), 1);
        drop(two);
        assert!(connections.list().is_empty());
    }
}
