//! `papergate queue edit`: what is given changes, the rest stays.

use clap::Args;
use rpc::proto::jobserver as proto;

use super::{Kind, Owner, Queue, WhenAway};
use crate::Shell;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct QueueEdit {
    /// Name of the queue
    name: String,
    /// What becomes of a document
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Who owns a document
    #[arg(long, value_enum)]
    owner: Option<Owner>,
    /// Owner of every document, with --owner fixed
    #[arg(long, value_name = "LOGON")]
    fixed_logon: Option<String>,
    /// Also take raw print data on this TCP port; 0 for none
    #[arg(long, value_name = "PORT")]
    raw_port: Option<u16>,
    /// Domain put before a logon that names none
    #[arg(long, value_name = "DOMAIN")]
    default_domain: Option<String>,
    /// Free text, shown to people who look for a printer
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Free text, shown to people who look for a printer
    #[arg(long, value_name = "TEXT")]
    location: Option<String>,
    /// Device a push queue prints on; with --forward, only the device it is tracked under
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Add the device, at this address (HOST, HOST:PORT or URI), if there is none of this name
    #[arg(long, value_name = "ADDRESS", requires = "device")]
    device_address: Option<String>,
    /// Location of a device that is added
    #[arg(long, value_name = "TEXT", requires = "device")]
    device_location: Option<String>,
    /// Another push queue whose device prints; empty for none
    #[arg(long, value_name = "QUEUE")]
    forward: Option<String>,
    /// Ask the printer of a push queue for its state by SNMP before each document
    #[arg(long, value_name = "true|false")]
    snmp_status: Option<bool>,
    /// What a push queue does while the tracking server is away
    #[arg(long, value_enum)]
    when_away: Option<WhenAway>,
    /// Cost code put into tracking records of a push queue instead of the person's
    #[arg(long, value_name = "CODE")]
    cost_code: Option<String>,
    /// Driver name that counts for documents of this queue instead of the driver's
    #[arg(long, value_name = "NAME")]
    driver_name: Option<String>,
    /// With --owner job-data: what precedes the logon in the data; empty for whoever the driver names
    #[arg(long, value_name = "TEXT")]
    logon_after: Option<String>,
    /// How far into the data it is looked for, bytes
    #[arg(long, value_name = "BYTES")]
    logon_search: Option<i64>,
    /// Character passed over behind that text: one character, tab, space or none
    #[arg(long, value_name = "CHAR")]
    logon_skip: Option<String>,
    /// Character directly in front of the logon
    #[arg(long, value_name = "CHAR")]
    logon_start: Option<String>,
    /// Character directly behind it; a line end always is
    #[arg(long, value_name = "CHAR")]
    logon_stop: Option<String>,
    /// Take the network's logon for documents without it, instead of refusing them
    #[arg(long, value_name = "true|false")]
    logon_fallback: Option<bool>,
    /// Show asterisks instead of document names
    #[arg(long, value_name = "true|false")]
    hide_document_name: Option<bool>,
    /// Offer colour to driverless clients
    #[arg(long, value_name = "true|false")]
    color: Option<bool>,
    /// Offer double-sided printing to driverless clients
    #[arg(long, value_name = "true|false")]
    duplex: Option<bool>,
    /// Let a document of a push queue wait until its price is agreed to
    #[arg(long, value_name = "true|false")]
    confirm_price: Option<bool>,
    /// Print documents with less toner
    #[arg(long, value_name = "true|false")]
    toner_save: Option<bool>,
    /// Take documents
    #[arg(long, value_name = "true|false")]
    accepting: Option<bool>,
}

pub(super) async fn run(shell: &mut Shell<'_>, arguments: QueueEdit) -> Result<(), Failure> {
    let queue = shell.reach.administration().await?.queue_edit(request(arguments)).await?;
    shell.output.show(&Queue::from(queue.into_inner()))
}

fn request(arguments: QueueEdit) -> proto::QueueEditRequest {
    let rule = proto::queue_edit_request::DataLogonChange {
        string: arguments.logon_after,
        search_bytes: arguments.logon_search,
        skip: arguments.logon_skip,
        start: arguments.logon_start,
        stop: arguments.logon_stop,
        network_fallback: arguments.logon_fallback,
    };
    proto::QueueEditRequest {
        name: arguments.name,
        kind: arguments.kind.map(|kind| kind.to_proto().into()),
        description: arguments.description,
        location: arguments.location,
        owner: arguments.owner.map(|owner| owner.to_proto().into()),
        fixed_logon: arguments.fixed_logon,
        raw_port: arguments.raw_port.map(u32::from),
        default_domain: arguments.default_domain,
        hide_document_name: arguments.hide_document_name,
        color: arguments.color,
        duplex: arguments.duplex,
        accepting_jobs: arguments.accepting,
        device: arguments.device,
        forward: arguments.forward,
        when_away: arguments.when_away.map(|when| when.to_proto().into()),
        cost_code: arguments.cost_code,
        driver_name: arguments.driver_name,
        device_address: arguments.device_address,
        device_location: arguments.device_location,
        snmp_status: arguments.snmp_status,
        data_logon: (rule != proto::queue_edit_request::DataLogonChange::default()).then_some(rule),
        toner_save: arguments.toner_save,
        confirm_price: arguments.confirm_price,
    }
}
