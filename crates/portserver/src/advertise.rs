//! DNS-SD (RFC 6763) over multicast DNS: every pull queue as `_ipp._tcp` and `_ipps._tcp`, found by
//! AirPrint (`_universal`) and IPP Everywhere (`_print`) clients, and as `_printer._tcp`.
//!
//! An advertisement is a courtesy: when it fails, people still print by address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use mdns_sd::{ServiceDaemon, ServiceInfo};
use rpc::proto::jobserver::{Queue, queue::Kind};
use service::Context;

use crate::Config;
use crate::http::icon;
use crate::ipp::{media, printer};
use crate::state::Port;

/// Advertises the queues and every change of them until the stop.
pub(crate) async fn serve(context: Context<Config>, port: Arc<Port>) {
    let bind = context.common.bind;
    if !context.config.advertise || bind.is_loopback() {
        return;
    }
    let Some(address) = context.address("ipp") else { return };
    let lpd = context.address("lpd").map(|address| address.port());
    let advertiser = match Advertiser::new(&context.config, bind, address.port(), lpd) {
        Ok(advertiser) => advertiser,
        Err(error) => {
            tracing::warn!(%error, "the queues are not advertised by DNS-SD");
            return;
        }
    };
    let mut queues = port.queues.clone();
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    loop {
        let pull: Vec<Arc<Queue>> =
            queues.borrow_and_update().all().into_iter().filter(|queue| queue.kind() == Kind::Pull).collect();
        let mut next = BTreeMap::new();
        for queue in pull.iter().take(QUEUES_MAX) {
            next.insert(queue.name.clone(), txt_of(&port, queue));
        }
        for name in told.keys().filter(|name| !next.contains_key(*name)) {
            advertiser.withdraw(name);
        }
        for (name, txt) in &next {
            if told.get(name) != Some(txt) {
                advertiser.tell(name, txt);
            }
        }
        told = next;
        match context.stop.unless_asked(queues.changed()).await {
            Some(Ok(())) => {}
            Some(Err(_)) | None => break,
        }
    }
    for name in told.keys() {
        advertiser.withdraw(name);
    }
    advertiser.stop();
}

/// `key=value` pairs of a queue (Bonjour Printing Specification 1.2.1, PWG 5100.14 section 4).
fn txt_of(port: &Port, queue: &Queue) -> Vec<String> {
    let flag = |truth| if truth { "T" } else { "F" };
    let uuid = port.identity.printer(queue);
    vec![
        "txtvers=1".to_owned(),
        "qtotal=1".to_owned(),
        format!("rp=ipp/print/{}", queue.name),
        format!("ty={}", printer::MODEL),
        format!("note={}", queue.location),
        format!("product=({})", printer::MODEL),
        format!("pdl={}", PDL),
        format!("Color={}", flag(queue.color)),
        format!("Duplex={}", flag(queue.duplex)),
        format!("URF={}", printer::urf(queue).join(",")),
        format!("UUID={}", uuid.trim_start_matches("urn:uuid:")),
        "TLS=1.2".to_owned(),
        "kind=document".to_owned(),
        format!(
            "PaperMax={}",
            if media::find("iso_a3_297x420mm").is_some() { "tabloid-A3" } else { "legal-A4" }
        ),
        "air=none".to_owned(),
        "priority=50".to_owned(),
    ]
}

struct Advertiser {
    /// One responder tells one subtype per service, so there is one for each.
    universal: ServiceDaemon,
    print: ServiceDaemon,
    host: String,
    bind: IpAddr,
    ipp_port: u16,
    lpd_port: Option<u16>,
}

impl Advertiser {
    fn new(
        config: &Config,
        bind: IpAddr,
        ipp_port: u16,
        lpd_port: Option<u16>,
    ) -> Result<Self, mdns_sd::Error> {
        let host = if config.host_name.is_empty() {
            // The machine's own name is told by its own responder (Avahi, systemd-resolved), which would see a second
            // one as another machine of that name, and rename its own.
            let name = rustix::system::uname();
            format!("papergate-{}", name.nodename().to_string_lossy().split('.').next().unwrap_or("server"))
        } else {
            config.host_name.clone()
        };
        let host = if host.ends_with(".local") { format!("{host}.") } else { format!("{host}.local.") };
        Ok(Self {
            universal: ServiceDaemon::new()?,
            print: ServiceDaemon::new()?,
            host,
            bind,
            ipp_port,
            lpd_port,
        })
    }

    fn tell(&self, name: &str, txt: &[String]) {
        for (responder, service, port) in self.services() {
            if let Err(error) = self.register(responder, &service, port, name, txt) {
                tracing::warn!(queue = name, service, %error, "a queue is not advertised");
            }
        }
        tracing::info!(queue = name, host = %self.host, "a queue is advertised by DNS-SD");
    }

    fn register(
        &self,
        responder: &ServiceDaemon,
        service: &str,
        port: u16,
        name: &str,
        txt: &[String],
    ) -> Result<(), mdns_sd::Error> {
        let page =
            format!("adminurl=http://{}:{}/ipp/print/{name}", self.host.trim_end_matches('.'), self.ipp_port);
        let icon = format!(
            "representation=http://{}:{}{}",
            self.host.trim_end_matches('.'),
            self.ipp_port,
            icon::path(128)
        );
        let pairs: Vec<(&str, &str)> =
            txt.iter().chain([&page, &icon]).filter_map(|pair| pair.split_once('=')).collect();
        let info = if self.bind.is_unspecified() {
            ServiceInfo::new(service, name, &self.host, (), port, &pairs[..])?.enable_addr_auto()
        } else {
            ServiceInfo::new(service, name, &self.host, self.bind, port, &pairs[..])?
        };
        responder.register(info)
    }

    fn withdraw(&self, name: &str) {
        for (responder, service, _) in self.services() {
            let service = service.rsplit_once("._sub.").map_or(service.as_str(), |(_, service)| service);
            // The goodbye is best effort; records expire by themselves.
            let _ = responder.unregister(&format!("{name}.{service}"));
        }
    }

    fn services(&self) -> Vec<(&ServiceDaemon, String, u16)> {
        let mut services = Vec::new();
        for service in ["_ipp._tcp.local.", "_ipps._tcp.local."] {
            services.push((&self.universal, format!("_universal._sub.{service}"), self.ipp_port));
            services.push((&self.print, format!("_print._sub.{service}"), self.ipp_port));
        }
        if let Some(port) = self.lpd_port {
            services.push((&self.universal, "_printer._tcp.local.".to_owned(), port));
        }
        services
    }

    fn stop(&self) {
        let _ = self.universal.shutdown();
        let _ = self.print.shutdown();
    }
}

/// Queues advertised at most; a network's list of printers is for people to read.
const QUEUES_MAX: usize = 100;
/// Formats told in TXT records, which are short.
const PDL: &str = "application/pdf,image/urf,image/pwg-raster,image/jpeg,application/postscript";
