//! `papergate queue`: print queues.

mod edit;
pub(crate) mod token;

use clap::{Args, Subcommand, ValueEnum};
use rpc::proto::jobserver as proto;
use rpc::proto::jobserver::queue::{Kind as ProtoKind, Owner as ProtoOwner, WhenAway as ProtoWhenAway};
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null, yes};

#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// Addresses of a queue that prove who prints
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Add a queue; people print to ipp://HOST:631/ipp/print/NAME
    Add(Box<QueueAdd>),
    /// Change a queue; what is not given stays
    Edit(Box<edit::QueueEdit>),
    /// List queues
    List,
    /// Delete a queue
    Delete {
        /// Name of the queue
        name: String,
    },
}

/// What becomes of a document.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Held until its owner collects it
    Pull,
    /// Printed at once
    Push,
}

/// Who owns a document.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Owner {
    /// Whoever the network says sent it
    NetworkLogon,
    /// Always the person of --fixed-logon
    Fixed,
    /// Whoever the print data names
    JobData,
    /// Whoever proved it with a password
    Authenticated,
}

/// What a push queue does while the tracking server is away.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum WhenAway {
    /// As the setting push.when-tracking-away says
    Inherit,
    /// Print; the record follows
    Print,
    /// Wait
    Hold,
}

impl Kind {
    fn to_proto(self) -> ProtoKind {
        match self {
            Self::Pull => ProtoKind::Pull,
            Self::Push => ProtoKind::Push,
        }
    }
}

impl Owner {
    fn to_proto(self) -> ProtoOwner {
        match self {
            Self::NetworkLogon => ProtoOwner::NetworkLogon,
            Self::Fixed => ProtoOwner::Fixed,
            Self::JobData => ProtoOwner::JobData,
            Self::Authenticated => ProtoOwner::Authenticated,
        }
    }
}

impl WhenAway {
    fn to_proto(self) -> ProtoWhenAway {
        match self {
            Self::Inherit => ProtoWhenAway::Inherit,
            Self::Print => ProtoWhenAway::Print,
            Self::Hold => ProtoWhenAway::Hold,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct QueueAdd {
    /// Name: letters, digits, '-', '_', '.', at most 127
    name: String,
    /// What becomes of a document
    #[arg(long, value_enum, default_value_t = Kind::Pull)]
    kind: Kind,
    /// Who owns a document
    #[arg(long, value_enum, default_value_t = Owner::NetworkLogon)]
    owner: Owner,
    /// Owner of every document, with --owner fixed
    #[arg(long, default_value = "", value_name = "LOGON")]
    fixed_logon: String,
    /// Also take raw print data on this TCP port
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    raw_port: u16,
    /// Domain put before a logon that names none
    #[arg(long, default_value = "", value_name = "DOMAIN")]
    default_domain: String,
    /// Free text, shown to people who look for a printer
    #[arg(long, default_value = "", value_name = "TEXT")]
    description: String,
    /// Free text, shown to people who look for a printer
    #[arg(long, default_value = "", value_name = "TEXT")]
    location: String,
    /// Device a push queue prints on; with --forward, only the device it is tracked under
    #[arg(long, default_value = "", value_name = "NAME", hide_default_value = true)]
    device: String,
    /// Add the device, at this address (HOST, HOST:PORT or URI), if there is none of this name
    #[arg(long, default_value = "", value_name = "ADDRESS", requires = "device", hide_default_value = true)]
    device_address: String,
    /// Location of a device that is added
    #[arg(long, default_value = "", value_name = "TEXT", requires = "device", hide_default_value = true)]
    device_location: String,
    /// Another push queue whose device prints
    #[arg(long, default_value = "", value_name = "QUEUE", hide_default_value = true)]
    forward: String,
    /// Ask the printer of a push queue for its state by SNMP before each document
    #[arg(long)]
    snmp_status: bool,
    /// Let a document of a push queue wait until its price is agreed to ('papergate jobs release', IPP Release-Job)
    #[arg(long)]
    confirm_price: bool,
    /// What a push queue does while the tracking server is away
    #[arg(long, value_enum, default_value_t = WhenAway::Inherit)]
    when_away: WhenAway,
    /// Cost code put into tracking records of a push queue instead of the person's
    #[arg(long, default_value = "", value_name = "CODE", hide_default_value = true)]
    cost_code: String,
    /// Driver name that counts for documents of this queue instead of the driver's
    #[arg(long, default_value = "", value_name = "NAME", hide_default_value = true)]
    driver_name: String,
    /// With --owner job-data: what precedes the logon in the data; without it, whoever the driver names
    #[arg(long, value_name = "TEXT")]
    logon_after: Option<String>,
    /// How far into the data it is looked for, bytes
    #[arg(long, default_value_t = 1000, requires = "logon_after", value_name = "BYTES")]
    logon_search: i64,
    /// Character passed over behind that text: one character, tab, space or none
    #[arg(long, default_value = "none", requires = "logon_after", value_name = "CHAR")]
    logon_skip: String,
    /// Character directly in front of the logon
    #[arg(long, default_value = "none", requires = "logon_after", value_name = "CHAR")]
    logon_start: String,
    /// Character directly behind it; a line end always is
    #[arg(long, default_value = "none", requires = "logon_after", value_name = "CHAR")]
    logon_stop: String,
    /// Refuse documents without it instead of taking the network's logon
    #[arg(long, requires = "logon_after")]
    no_logon_fallback: bool,
    /// Show asterisks instead of document names
    #[arg(long)]
    hide_document_name: bool,
    /// Do not offer colour to driverless clients
    #[arg(long)]
    no_color: bool,
    /// Do not offer double-sided printing to driverless clients
    #[arg(long)]
    no_duplex: bool,
    /// Print documents with less toner
    #[arg(long)]
    toner_save: bool,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: QueueCommand) -> Result<(), Failure> {
    match command {
        QueueCommand::Add(arguments) => {
            let request = proto::QueueAddRequest { queue: Some(queue(*arguments)) };
            let queue = shell.reach.administration().await?.queue_add(request).await?;
            shell.output.show(&Queue::from(queue.into_inner()))
        }
        QueueCommand::Edit(arguments) => edit::run(shell, *arguments).await,
        QueueCommand::List => {
            let answer = shell.reach.administration().await?.queue_list(proto::QueueListRequest {}).await?;
            let mut listing = shell.output.list::<Queue>();
            for queue in answer.into_inner().queues {
                listing.row(&Queue::from(queue))?;
            }
            listing.finish()
        }
        QueueCommand::Token(command) => token::run(shell, command).await,
        QueueCommand::Delete { name } => {
            let request = proto::QueueDeleteRequest { name: name.clone() };
            shell.reach.administration().await?.queue_delete(request).await?;
            shell.output.done(&format!("queue '{name}' is deleted"), &json!({ "deleted": name }))
        }
    }
}

fn queue(arguments: QueueAdd) -> proto::Queue {
    let (logon_search, logon_skip) = (arguments.logon_search, arguments.logon_skip);
    let (logon_start, logon_stop) = (arguments.logon_start, arguments.logon_stop);
    let network_fallback = !arguments.no_logon_fallback;
    let data_logon = arguments.logon_after.map(|string| proto::queue::DataLogon {
        string,
        search_bytes: logon_search,
        skip: logon_skip,
        start: logon_start,
        stop: logon_stop,
        network_fallback,
    });
    proto::Queue {
        data_logon,
        id: 0,
        name: arguments.name,
        kind: arguments.kind.to_proto().into(),
        description: arguments.description,
        location: arguments.location,
        owner: arguments.owner.to_proto().into(),
        fixed_logon: arguments.fixed_logon,
        raw_port: arguments.raw_port.into(),
        default_domain: arguments.default_domain,
        hide_document_name: arguments.hide_document_name,
        held_jobs: 0,
        color: !arguments.no_color,
        duplex: !arguments.no_duplex,
        accepting_jobs: true,
        device: arguments.device,
        forward: arguments.forward,
        when_away: arguments.when_away.to_proto().into(),
        cost_code: arguments.cost_code,
        driver_name: arguments.driver_name,
        snmp_status: arguments.snmp_status,
        confirm_price: arguments.confirm_price,
        device_address: arguments.device_address,
        device_location: arguments.device_location,
        toner_save: arguments.toner_save,
    }
}

/// A queue, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Queue {
    id: i64,
    name: String,
    kind: &'static str,
    owner: &'static str,
    fixed_logon: Option<String>,
    raw_port: Option<u32>,
    default_domain: Option<String>,
    description: Option<String>,
    location: Option<String>,
    hide_document_name: bool,
    color: bool,
    duplex: bool,
    accepting_jobs: bool,
    held_jobs: i64,
    device: Option<String>,
    forward: Option<String>,
    when_away: &'static str,
    cost_code: Option<String>,
    driver_name: Option<String>,
    snmp_status: bool,
    toner_save: bool,
    confirm_price: bool,
    /// Where the owner's logon stands in the data.
    data_logon: Option<DataLogon>,
}

/// Where a logon stands in print data, as scripts see it.
#[derive(Debug, Serialize)]
struct DataLogon {
    after: String,
    search_bytes: i64,
    skip: Option<String>,
    start: Option<String>,
    stop: Option<String>,
    network_fallback: bool,
}

impl From<proto::queue::DataLogon> for DataLogon {
    fn from(rule: proto::queue::DataLogon) -> Self {
        Self {
            after: rule.string,
            search_bytes: rule.search_bytes,
            skip: or_null(rule.skip),
            start: or_null(rule.start),
            stop: or_null(rule.stop),
            network_fallback: rule.network_fallback,
        }
    }
}

impl From<proto::Queue> for Queue {
    fn from(queue: proto::Queue) -> Self {
        let kind = match queue.kind() {
            ProtoKind::Unspecified | ProtoKind::Pull => "pull",
            ProtoKind::Push => "push",
        };
        let owner = match queue.owner() {
            ProtoOwner::Unspecified | ProtoOwner::NetworkLogon => "network-logon",
            ProtoOwner::Fixed => "fixed",
            ProtoOwner::JobData => "job-data",
            ProtoOwner::Authenticated => "authenticated",
        };
        let when_away = match queue.when_away() {
            ProtoWhenAway::Inherit => "inherit",
            ProtoWhenAway::Print => "print",
            ProtoWhenAway::Hold => "hold",
        };
        Self {
            id: queue.id,
            name: queue.name,
            kind,
            owner,
            fixed_logon: or_null(queue.fixed_logon),
            raw_port: (queue.raw_port != 0).then_some(queue.raw_port),
            default_domain: or_null(queue.default_domain),
            description: or_null(queue.description),
            location: or_null(queue.location),
            hide_document_name: queue.hide_document_name,
            color: queue.color,
            duplex: queue.duplex,
            accepting_jobs: queue.accepting_jobs,
            held_jobs: queue.held_jobs,
            device: or_null(queue.device),
            forward: or_null(queue.forward),
            when_away,
            cost_code: or_null(queue.cost_code),
            driver_name: or_null(queue.driver_name),
            snmp_status: queue.snmp_status,
            confirm_price: queue.confirm_price,
            toner_save: queue.toner_save,
            data_logon: queue.data_logon.map(DataLogon::from),
        }
    }
}

impl Listed for Queue {
    const COLUMNS: &'static [&'static str] =
        &["NAME", "KIND", "OWNER", "RAW PORT", "HELD", "ACCEPTING", "DESCRIPTION"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.kind.to_owned(),
            self.fixed_logon.clone().unwrap_or_else(|| self.owner.to_owned()),
            self.raw_port.map_or_else(|| "-".to_owned(), |port| port.to_string()),
            self.held_jobs.to_string(),
            yes(self.accepting_jobs),
            or_dash(self.description.as_deref().unwrap_or_default()),
        ]
    }
}
