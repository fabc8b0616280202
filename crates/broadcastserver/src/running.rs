//! What serves at this moment.

use std::net::IpAddr;
use std::time::Duration;

use service::{Context, listen};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use wire::discovery::{Feature, Name};

use crate::config::Config;

/// A listener of a server that serves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Listener {
    pub(crate) feature: Feature,
    /// Where it is bound; `None` for other machines' listeners, which the configuration vouches for.
    pub(crate) ip: Option<IpAddr>,
}

impl Listener {
    /// Whether `asker` can connect to it.
    pub(crate) fn reachable_from(&self, asker: IpAddr) -> bool {
        self.ip.is_none_or(|ip| !ip.is_loopback() || asker.is_loopback())
    }
}

/// Looks after the configured servers until the stop.
pub(crate) fn watch(context: &Context<Config>) -> watch::Receiver<Vec<Listener>> {
    let (sender, receiver) = watch::channel(Vec::new());
    let context = context.clone();
    context.clone().spawn("watching servers", async move {
        let servers = context.config.servers.iter();
        let mut servers: Vec<_> =
            servers.map(|server| (server.clone(), HealthClient::new(context.peer(server)))).collect();
        let mut ticks = tokio::time::interval(Duration::from_secs(context.config.check_period_s));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while context.stop.unless_asked(ticks.tick()).await.is_some() {
            let mut listeners = Vec::new();
            for (server, client) in &mut servers {
                let check = tokio::time::timeout(CHECK_LIMIT, client.check(HealthCheckRequest::default()));
                let serves = matches!(
                    check.await,
                    Ok(Ok(answer)) if answer.get_ref().status() == ServingStatus::Serving
                );
                if serves {
                    listeners.extend(reported(&context, server));
                    listeners.extend(configured(&context.config, server));
                }
            }
            sender.send_if_modified(|present| {
                let changed = *present != listeners;
                if changed {
                    tracing::debug!(listeners = listeners.len(), "what serves has changed");
                    *present = listeners;
                }
                changed
            });
        }
        Ok(())
    });
    receiver
}

/// What `server` of this machine says it listens on.
fn reported(context: &Context<Config>, server: &str) -> Vec<Listener> {
    let lines = listen::report_read(&context.common.run_dir(), server).unwrap_or_else(|error| {
        tracing::warn!(server, %error, "what it listens on cannot be read");
        Vec::new()
    });
    let listener = |line: &String| {
        let (what, address) = line.rsplit_once(' ')?;
        let address: std::net::SocketAddr = address.parse().ok()?;
        Some(Listener { feature: feature(server, what, address.port())?, ip: Some(address.ip()) })
    };
    // Internal calls are nobody's business outside.
    lines.iter().filter(|line| !line.starts_with("grpc ")).filter_map(listener).collect()
}

fn configured(config: &Config, server: &str) -> Vec<Listener> {
    let features = config.features.get(server).map(Vec::as_slice).unwrap_or_default();
    let listener = |known: &crate::config::Feature| {
        Some(Listener { feature: feature(server, &known.name, known.port)?, ip: None })
    };
    features.iter().filter_map(listener).collect()
}

fn feature(server: &str, what: &str, port: u16) -> Option<Feature> {
    (port != 0).then_some(())?;
    Some(Feature { name: Name::parse(&format!("{server}/{what}"))?, port })
}

/// How long a server may take to say that it serves.
const CHECK_LIMIT: Duration = Duration::from_secs(1);
