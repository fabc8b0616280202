//! Connections: how many, from where, TLS or plain.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use service::{ChannelEncryption, Clock, Connection, Context, Stop, Tls};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;
use wire::safecom::auth::{Binding, EXPORTER_LABEL};
use wire::safecom::records::ServerInfo;
use wire::safecom::{Port, Server, Status};

use crate::pump::{self, Pump};

/// What connections need of the process.
#[derive(Clone)]
pub struct Ground {
    tls: Tls,
    encryption: ChannelEncryption,
    clock: Clock,
    stop: Stop,
    tasks: TaskTracker,
}

impl Ground {
    /// What the process has.
    pub fn of<C>(context: &Context<C>) -> Self {
        Self {
            tls: context.tls.clone(),
            encryption: context.common.channel_encryption,
            clock: context.clock.clone(),
            stop: context.stop.clone(),
            tasks: context.tasks.clone(),
        }
    }
}

/// A connection that was let in.
pub struct Admitted {
    connection: Connection,
    /// The peer's.
    pub address: SocketAddr,
    /// What ties proofs to this channel.
    binding: Binding,
    /// Where the time comes from.
    pub clock: Clock,
    /// When to end.
    pub stop: Stop,
    /// Gives the place back when the connection ends.
    place: Place,
}

/// A connection whose protocol session has begun.
pub struct Opened {
    /// The connection and its session.
    pub pump: Pump,
    /// The peer's.
    pub address: SocketAddr,
    /// Where the time comes from.
    pub clock: Clock,
    /// When to end.
    pub stop: Stop,
    /// Nobody between the two ends can read.
    pub encrypted: bool,
    /// Kept until the connection ends.
    pub place: Place,
}

impl Admitted {
    /// Begins the protocol session. When the server cannot say who it is, because its store is away, the
    /// session tells the peer so and ends.
    pub fn open(
        self,
        port: Port,
        info: Result<ServerInfo, (ServerInfo, Status, String)>,
        input_bytes: usize,
        write_stall: Duration,
    ) -> Option<Opened> {
        let mut nonce = [0; 32];
        if let Err(error) = getrandom::fill(&mut nonce) {
            tracing::error!(%error, "there are no random numbers; a connection is closed");
            return None;
        }
        let (info, away) = match info {
            Ok(info) => (info, None),
            Err((unknown, status, text)) => (unknown, Some((status, text))),
        };
        let mut session = Server::new(port, info, nonce, self.binding, pump::now());
        if let Some((status, text)) = away {
            session.refuse(status, &text);
        }
        let encrypted = matches!(self.connection, Connection::Tls(_));
        let pump = Pump::new(self.connection, session, input_bytes, write_stall);
        let Self { address, clock, stop, place, .. } = self;
        Some(Opened { pump, address, clock, stop, encrypted, place })
    }
}

/// Takes connections until the stop and runs `face` on each.
pub async fn serve<S, F, Served>(listener: TcpListener, gate: Gate, ground: Ground, shared: Arc<S>, face: F)
where
    S: Send + Sync + 'static,
    F: Fn(Admitted, Arc<S>) -> Served + Copy + Send + Sync + 'static,
    Served: Future<Output = ()> + Send,
{
    while let Some(accepted) = ground.stop.unless_asked(listener.accept()).await {
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or a peer that was gone before it was greeted: neither ends the listener.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(place) = gate.enter(address.ip()) else {
            tracing::warn!(peer = %address, "too many connections; one is closed unheard");
            continue;
        };
        let (shared, ground) = (shared.clone(), ground.clone());
        let tasks = ground.tasks.clone();
        tasks.spawn(async move {
            let work = async {
                if let Some(admitted) = admit(stream, address, place, ground.clone()).await {
                    face(admitted, shared).await;
                }
            };
            ground.stop.within(work).await;
        });
    }
}

/// The handshake, or the look at the first plain byte.
async fn admit(stream: TcpStream, address: SocketAddr, place: Place, ground: Ground) -> Option<Admitted> {
    // Frames are small and people wait for them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(peer = %address, %error, "a connection was gone before it began");
        return None;
    }
    let accepted = ground.stop.unless_asked(ground.tls.accept(stream, ground.encryption)).await?;
    let connection = match accepted {
        Ok(connection) => connection,
        Err(error) => {
            tracing::info!(peer = %address, %error, "a connection was not taken");
            return None;
        }
    };
    let binding = match &connection {
        Connection::Plain(_) => Binding::Plain,
        Connection::Tls(stream) => {
            let exporter = stream.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, Some(b""));
            match exporter {
                Ok(exporter) => Binding::Tls(exporter),
                Err(error) => {
                    tracing::warn!(peer = %address, %error, "a TLS channel cannot be bound to; it is closed");
                    return None;
                }
            }
        }
    };
    let (clock, stop) = (ground.clock, ground.stop);
    Some(Admitted { connection, address, binding, clock, stop, place })
}

/// Counts connections of one port.
#[derive(Clone)]
pub struct Gate(Arc<GateState>);

struct GateState {
    max: usize,
    per_address_max: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's place; given back when dropped.
pub struct Place {
    gate: Gate,
    address: IpAddr,
}

impl Gate {
    /// At most `max` connections, and `per_address_max` from one address.
    #[must_use]
    pub fn new(max: usize, per_address_max: usize) -> Self {
        Self(Arc::new(GateState { max, per_address_max, open: Mutex::new(HashMap::new()) }))
    }

    /// A place for a connection from `address`, or none.
    fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let total: usize = open.values().sum();
        let here = open.get(&address).copied().unwrap_or(0);
        if total >= self.0.max || here >= self.0.per_address_max {
            return None;
        }
        open.insert(address, here + 1);
        Some(Place { gate: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.gate.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = open.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// How long to wait after accepting failed, which is usually for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_in_all_and_by_address_and_given_back() {
        let address = |last| IpAddr::from([10, 0, 0, last]);
        let gate = Gate::new(3, 2);
        let first = gate.enter(address(1)).expect("a place");
        let _second = gate.enter(address(1)).expect("a place");
        assert!(gate.enter(address(1)).is_none(), "two from one address");
        let _third = gate.enter(address(2)).expect("a place");
        assert!(gate.enter(address(3)).is_none(), "three in all");
        drop(first);
        assert!(gate.enter(address(1)).is_some());
    }
}
