//! What a server's `start` is given.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use tonic::transport::Channel;

use crate::config::Common;
use crate::listen::{self, ListenError};
use crate::log::Log;
use crate::{Clock, Stop, Timestamp, Tls, grpc, notify};

/// One server's ground: everything it may touch outside its own rules.
///
/// Clones share listeners, tasks, stop and health.
#[derive(Clone)]
pub struct Context<C> {
    /// The server's name, as in `papergate.toml` and the process list.
    pub name: &'static str,
    /// The server's own section.
    pub config: C,
    /// What all servers share.
    pub common: Common,
    /// Where the time comes from.
    pub clock: Clock,
    /// When to end.
    pub stop: Stop,
    /// Work that has to end before the process may; a bare task is cut off.
    pub tasks: TaskTracker,
    /// Certificates.
    pub tls: Tls,
    /// What is logged.
    pub log: Log,
    shared: Arc<Shared>,
}

struct Shared {
    /// A test's listeners take any free port of the loopback.
    any_port: bool,
    listens: Mutex<Vec<(String, SocketAddr)>>,
    health: grpc::Health,
    internal: grpc::Internal,
    /// Counts the SIGHUPs.
    reloads: watch::Sender<u64>,
    /// The first task that failed ends the process; its reason is kept here for the exit.
    failure: Mutex<Option<anyhow::Error>>,
}

impl<C> Context<C> {
    pub(crate) fn new(
        name: &'static str,
        config: C,
        common: Common,
        clock: Clock,
        tls: Tls,
        log: Log,
        any_port: bool,
    ) -> Self {
        let internal = grpc::Internal::new(name, common.authority_dir(), clock.clone());
        let shared = Shared {
            any_port,
            listens: Mutex::new(Vec::new()),
            health: grpc::Health::new(),
            internal,
            reloads: watch::Sender::new(0),
            failure: Mutex::new(None),
        };
        Self {
            name,
            config,
            common,
            clock,
            stop: Stop::new(),
            tasks: TaskTracker::new(),
            tls,
            log,
            shared: Arc::new(shared),
        }
    }

    /// A context for a test: data in `dir`, every listener on a free port of the loopback, the clock
    /// fixed at 2026-01-01 00:00 UTC. Tests that start several servers give each its real `name` and the same `dir`.
    ///
    /// # Panics
    /// When `dir` cannot be written: a test that cannot start has nothing to say.
    pub fn for_test(name: &'static str, config: C, dir: &Path) -> Self {
        let common = Common {
            data: dir.to_owned(),
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            drain_limit_s: 5,
            ..Common::default()
        };
        crate::process::make_directories(&common).expect("the test's directory can be written");
        let clock = Clock::fixed(Timestamp(TEST_NOW_US));
        let tls = Tls::load(&common, &clock).expect("a test's certificate can be made");
        Self::new(name, config, common, clock, tls, Log::default(), true)
    }

    /// Listens on TCP `port` plus the suite's offset; 0 is any free port. `what` names the listener in
    /// [`Context::address`] and in the status of the suite.
    ///
    /// # Errors
    /// When the port is taken, forbidden or out of range.
    pub async fn listen_tcp(&self, what: &str, port: u16) -> Result<TcpListener, ListenError> {
        self.listen_tcp_at(what, self.common.bind, port).await
    }

    /// As [`Context::listen_tcp`], on one address of the machine.
    ///
    /// # Errors
    /// When the port is taken, forbidden or out of range.
    #[expect(clippy::unused_async, reason = "registering with the runtime needs one; async says so")]
    pub async fn listen_tcp_at(&self, what: &str, ip: IpAddr, port: u16) -> Result<TcpListener, ListenError> {
        let listener = listen::tcp(what, self.address_wanted(what, ip, port)?)?;
        self.remember(what, listener.local_addr());
        Ok(listener)
    }

    /// Opens a UDP socket on `port` plus the suite's offset, able to broadcast.
    ///
    /// # Errors
    /// When the port is taken, forbidden or out of range.
    #[expect(clippy::unused_async, reason = "registering with the runtime needs one; async says so")]
    pub async fn listen_udp(&self, what: &str, port: u16) -> Result<UdpSocket, ListenError> {
        let socket = listen::udp(what, self.address_wanted(what, self.common.bind, port)?)?;
        self.remember(what, socket.local_addr());
        Ok(socket)
    }

    fn address_wanted(&self, what: &str, ip: IpAddr, port: u16) -> Result<SocketAddr, ListenError> {
        let port = match self.shared.any_port {
            true => 0,
            false => listen::offset_port(what, port, self.common.port_offset)?,
        };
        Ok(SocketAddr::new(ip, port))
    }

    fn remember(&self, what: &str, address: std::io::Result<SocketAddr>) {
        let Ok(address) = address else { return };
        tracing::info!(what, %address, "listening");
        lock(&self.shared.listens).push((what.to_owned(), address));
    }

    /// Where the listener `what` is bound.
    pub fn address(&self, what: &str) -> Option<SocketAddr> {
        lock(&self.shared.listens).iter().find(|(name, _)| name == what).map(|(_, address)| *address)
    }

    /// Every bound listener, in the order they were opened.
    pub fn addresses(&self) -> Vec<(String, SocketAddr)> {
        lock(&self.shared.listens).clone()
    }

    /// Serves internal calls: on `DIR/run/<name>.sock` for processes of the same user, and with mutual
    /// TLS where `[grpc]` says so. The health service is added. Runs until the stop.
    ///
    /// # Errors
    /// When the socket or the port cannot be opened.
    pub async fn serve_grpc(&self, routes: Routes) -> anyhow::Result<()> {
        let routes = routes.add_service(self.shared.health.service());
        let socket = grpc::listen_unix(&self.common.run_dir(), self.name)?;
        self.tasks.spawn(grpc::serve_unix(socket, routes.clone(), self.stop.clone()));
        if let Some(address) = self.common.grpc.get(self.name) {
            let listener = listen::tcp("grpc", *address)?;
            self.remember("grpc", listener.local_addr());
            let acceptor = self.shared.internal.acceptor().context("internal calls over the network")?;
            self.tasks.spawn(grpc::serve_tls(listener, acceptor, true, routes, self.stop.clone()));
        }
        Ok(())
    }

    /// Serves calls of people and scripts on other machines: over TLS with the suite's certificate, on TCP
    /// `port` plus the suite's offset. Anybody may connect, so every handler of `routes` has to ask for
    /// credentials unless [`grpc::caller`] is [`grpc::Caller::Local`]. Runs until the stop.
    ///
    /// # Errors
    /// When the port is taken, forbidden or out of range.
    pub async fn serve_grpc_remote(&self, what: &str, port: u16, routes: Routes) -> Result<(), ListenError> {
        let listener = self.listen_tcp(what, port).await?;
        let mut config = (*self.tls.server_config()).clone();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        self.tasks.spawn(grpc::serve_tls(listener, acceptor, false, routes, self.stop.clone()));
        Ok(())
    }

    /// A channel to another server of the suite, made at once and connected when it is first used;
    /// it connects again by itself. Every call ends after [`grpc::CALL_DEADLINE`] at the latest.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn peer(&self, server: &str) -> Channel {
        self.shared.internal.channel(&self.common, server, Some(grpc::CALL_DEADLINE))
    }

    /// As [`Context::peer`], for one of several servers of the same name: the one at `url`, `https://host:port`.
    ///
    /// # Panics
    /// Outside of a tokio runtime, and when `url` is none: check it with the configuration.
    pub fn peer_at(&self, server: &str, url: &str) -> Channel {
        let uri = url.parse().expect("URLs are checked with the configuration");
        self.shared.internal.channel_at(server, uri, Some(grpc::CALL_DEADLINE))
    }

    /// As [`Context::peer`] without a deadline, for calls that stream a document as fast as its
    /// sender sends it. A dead peer is noticed by keep-alive; a slow one is the caller's to judge.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn peer_streaming(&self, server: &str) -> Channel {
        self.shared.internal.channel(&self.common, server, None)
    }

    /// Runs `work` as a part the server cannot live without: when it fails or panics, the process
    /// drains, ends with an error and is restarted.
    pub fn spawn(&self, what: &'static str, work: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        let shared = self.shared.clone();
        let stop = self.stop.clone();
        let guarded = tokio::spawn(work);
        self.tasks.spawn(async move {
            let failure = match guarded.await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.context(what),
                Err(panic) => anyhow::Error::new(panic).context(what),
            };
            tracing::error!(
                task = what,
                error = format!("{failure:#}"),
                "a task the server needs has failed"
            );
            lock(&shared.failure).get_or_insert(failure);
            stop.ask();
        });
    }

    pub(crate) fn take_failure(&self) -> Option<anyhow::Error> {
        lock(&self.shared.failure).take()
    }

    /// Says that the server serves: to the health service, the status of the suite and systemd.
    /// Called once, when every listener is open.
    pub fn ready(&self) {
        let listens = self.addresses();
        if let Err(error) = listen::report_write(&self.common.run_dir(), self.name, &listens) {
            tracing::warn!(%error, "what this server listens on could not be written down");
        }
        self.shared.health.serving();
        notify::ready();
        tracing::info!(server = self.name, listeners = listens.len(), "ready");
    }

    /// Changes whenever the process is told to read its files again (SIGHUP).
    pub fn reloads(&self) -> watch::Receiver<u64> {
        self.shared.reloads.subscribe()
    }

    pub(crate) fn reload(&self) {
        self.shared.reloads.send_modify(|count| *count += 1);
    }

    pub(crate) fn draining(&self) {
        self.shared.health.stopping();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 2026-01-01 00:00:00 UTC.
const TEST_NOW_US: i64 = 1_767_225_600_000_000;
