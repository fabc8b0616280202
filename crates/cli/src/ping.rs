//! `papergate ping`: which suites are on the network, and do they answer?
//!
//! The words are those of the original's `scping`: `-h:HOST`, `-b:IPMASK`, `-x:HOST:PORT` and `-c` mean the same.

mod confirm;
mod networks;
mod search;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::json;
use wire::discovery::{Answer, Name, Target};

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash};
use crate::reach::host_and_port;

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct PingArguments {
    /// Group to call for by broadcast, or address of one server; every server in reach when not given
    #[arg(value_name = "GROUP|IP", conflicts_with = "host")]
    target: Option<String>,
    /// Ask the server on this host
    #[arg(short = 'h', long, value_name = "HOST", conflicts_with = "broadcast")]
    host: Option<String>,
    /// Broadcast on this subnet (10.255.255.255)
    #[arg(short = 'b', long, value_name = "IPMASK")]
    broadcast: Option<String>,
    /// Connect to every server found, to confirm that it serves people's programs (port 7700)
    #[arg(short = 'c', long)]
    confirm: bool,
    /// Only connect to this port of this host
    #[arg(short = 'x', long, value_name = "HOST:PORT", conflicts_with_all = ["target", "host", "broadcast", "confirm"])]
    connect: Option<String>,
    /// Port the servers are asked at
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    port: u16,
    /// Milliseconds to wait for answers
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    wait: u64,
    /// Print this help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

/// A server that answered.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    host: String,
    group: String,
    address: IpAddr,
    software: String,
    /// `server/listener port`, for what serves.
    features: Vec<String>,
    /// With `-c`: whether it answered on its port for programs.
    confirmed: Option<bool>,
    /// With `-c`: what it said, or why it did not.
    confirmation: Option<String>,
}

impl Listed for Found {
    const COLUMNS: &'static [&'static str] =
        &["HOST", "GROUP", "ADDRESS", "SOFTWARE", "RUNNING", "CONFIRMED"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.host.clone(),
            self.group.clone(),
            self.address.to_string(),
            self.software.clone(),
            or_dash(&self.features.join(", ")),
            or_dash(self.confirmation.as_deref().unwrap_or_default()),
        ]
    }
}

impl Found {
    pub(crate) fn new(answer: &Answer, address: IpAddr) -> Self {
        let features = answer.features.iter().map(|feature| format!("{} {}", feature.name, feature.port));
        Self {
            host: answer.host.to_string(),
            group: answer.group.to_string(),
            address,
            software: answer.software.to_string(),
            features: features.collect(),
            confirmed: None,
            confirmation: None,
        }
    }
}

pub(crate) async fn run(shell: &mut Shell<'_>, arguments: PingArguments) -> Result<(), Failure> {
    let wait = Duration::from_millis(arguments.wait);
    if let Some(target) = &arguments.connect {
        return connect(shell, value(target), wait).await;
    }
    let plan = Plan::make(&arguments).await?;
    let answers = search::search(&plan.to, &plan.target, plan.one, wait).await?;
    if answers.is_empty() {
        return Err(Failure::Unreachable(format!("no server answered {}", plan.described)));
    }
    let mut confirmed = !arguments.confirm;
    let mut listing = shell.output.list();
    for (answer, from) in &answers {
        let mut found = Found::new(answer, from.ip());
        if arguments.confirm {
            let outcome = confirm::confirm(from.ip(), clients_port(answer), wait).await;
            found.confirmed = Some(outcome.is_ok());
            confirmed |= outcome.is_ok();
            found.confirmation = Some(outcome.unwrap_or_else(|why| format!("no: {why}")));
        }
        listing.row(&found)?;
    }
    listing.finish()?;
    match confirmed {
        true => Ok(()),
        false => Err(Failure::Unreachable("no server confirmed that it serves".to_owned())),
    }
}

/// Whom to ask, and where.
struct Plan {
    to: Vec<SocketAddr>,
    target: Target,
    /// The first answer is the only one to come.
    one: bool,
    described: String,
}

impl Plan {
    async fn make(arguments: &PingArguments) -> Result<Self, Failure> {
        let at = |ip: IpAddr| SocketAddr::new(ip, arguments.port);
        if let Some(host) = arguments.host.as_deref().map(value) {
            let found = tokio::net::lookup_host((host, arguments.port)).await;
            let to: Vec<_> =
                found.map_err(|error| Failure::Unreachable(format!("{host}: {error}")))?.collect();
            return Ok(Self { to, target: Target::Anyone, one: true, described: format!("at {host}") });
        }
        let target = match arguments.target.as_deref() {
            None => Target::Anyone,
            Some(text) => match text.parse() {
                Ok(ip) => {
                    let described = format!("at {ip}");
                    return Ok(Self { to: vec![at(ip)], target: Target::Anyone, one: true, described });
                }
                Err(_) => Target::Group(Name::parse(text).ok_or_else(|| {
                    Failure::Usage(format!("'{text}' is neither an address nor a group of 1 to 64 bytes"))
                })?),
            },
        };
        let (to, place) = match arguments.broadcast.as_deref().map(value) {
            Some(mask) => {
                let ip: Ipv4Addr = mask.parse().map_err(|_| {
                    Failure::Usage(format!("'{mask}' is no broadcast address such as 10.255.255.255"))
                })?;
                (vec![at(ip.into())], format!("on {ip}"))
            }
            None => {
                (networks::broadcast_addresses().into_iter().map(at).collect(), "on this network".to_owned())
            }
        };
        let described = match &target {
            Target::Group(group) => format!("{place} for group {group}"),
            Target::Anyone | Target::Host(_) => place,
        };
        Ok(Self { to, target, one: false, described })
    }
}

/// `-x`: a bare connection.
async fn connect(shell: &mut Shell<'_>, target: &str, wait: Duration) -> Result<(), Failure> {
    let (host, port) = host_and_port(target, 0)?;
    if port == 0 {
        return Err(Failure::Usage(format!("'{target}' is not HOST:PORT")));
    }
    let connecting = tokio::net::TcpStream::connect((host.as_str(), port));
    match tokio::time::timeout(wait, connecting).await {
        Ok(Ok(stream)) => {
            let address = stream.peer_addr().map_err(Failure::io("see whom this is connected to"))?;
            let sentence = format!("connected to {target} ({address})");
            shell.output.done(&sentence, &json!({ "connected": true, "address": address.to_string() }))
        }
        Ok(Err(error)) => Err(Failure::Unreachable(format!("{target}: {error}"))),
        Err(_) => Err(Failure::Unreachable(format!("{target}: no answer within {} ms", wait.as_millis()))),
    }
}

/// `-h:HOST` reaches us as `:HOST`.
fn value(text: &str) -> &str {
    text.strip_prefix(':').unwrap_or(text)
}

/// Where the server serves people's programs: it says so itself, unless they do not run.
fn clients_port(answer: &Answer) -> u16 {
    let clients = answer.features.iter().find(|feature| feature.name.as_str() == "jobserver/clients");
    clients.map_or(CLIENTS_PORT, |feature| feature.port)
}

/// Where servers are asked.
const PORT: u16 = 5742;
/// Where a server serves people's programs when it says nothing else.
const CLIENTS_PORT: u16 = 7700;
