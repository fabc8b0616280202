//! `papergate charging`: who pays, and where.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use rpc::proto::charging as proto;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::or_null;
use crate::{Shell, secret};

#[derive(Debug, Subcommand)]
pub(crate) enum ChargingCommand {
    /// Show how a device charges, and change what is named
    Device(DeviceCharging),
    /// Show how a person is charged, and change what is named
    User(UserCharging),
}

#[derive(Debug, Args)]
pub(crate) struct DeviceCharging {
    /// Name of the device
    name: String,
    /// Scheme that people and departments are charged by; empty for none
    #[arg(long, value_name = "SCHEME")]
    scheme_1: Option<String>,
    /// Scheme of the true costs; empty for none
    #[arg(long, value_name = "SCHEME")]
    scheme_2: Option<String>,
    /// Features, separated by commas, of: tracking, pay, billing, encryption, rules; empty for none
    #[arg(long, value_name = "FEATURES")]
    features: Option<String>,
    /// Let Pay users in though the device has no Pay, without charging them
    #[arg(long, value_name = "true|false")]
    allow_pay_user: Option<bool>,
    /// UDP port of the device's SNMP agent, for its page counters; 161 when not set
    #[arg(long, value_name = "PORT")]
    snmp_port: Option<u16>,
    /// File with the SNMP community ("-" for standard input); public when not set
    #[arg(long, value_name = "FILE")]
    snmp_community_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct UserCharging {
    /// Logon of the person
    logon: String,
    /// Cost control: none, tracking or pay
    #[arg(long, value_name = "none|tracking|pay")]
    cost_control: Option<String>,
    /// The person's documents travel encrypted where the device can
    #[arg(long, value_name = "true|false")]
    encrypt: Option<bool>,
    /// Bill clients for what the person prints
    #[arg(long, value_name = "true|false")]
    bill_clients: Option<bool>,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: ChargingCommand) -> Result<(), Failure> {
    let mut charging = shell.reach.charging().await?;
    match command {
        ChargingCommand::Device(asked) => {
            let names = |text: String| proto::FeatureList {
                names: text
                    .split(',')
                    .map(str::trim)
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect(),
            };
            let snmp_community = match &asked.snmp_community_file {
                Some(path) => {
                    let community = secret::read("SNMP community", Some(path), "PAPERGATE_SNMP_COMMUNITY")?;
                    Some(community.to_string())
                }
                None => None,
            };
            let request = proto::DeviceTermsEditRequest {
                device: asked.name,
                scheme_one: asked.scheme_1,
                scheme_two: asked.scheme_2,
                features: asked.features.map(names),
                allow_pay_user: asked.allow_pay_user,
                snmp_port: asked.snmp_port.map(u32::from),
                snmp_community,
            };
            let nothing =
                proto::DeviceTermsEditRequest { device: request.device.clone(), ..Default::default() };
            let terms = if request == nothing {
                charging.device_terms_show(proto::DeviceTermsShowRequest { device: request.device }).await?
            } else {
                charging.device_terms_edit(request).await?
            };
            shell.output.show(&DeviceTerms::from(terms.into_inner()))
        }
        ChargingCommand::User(asked) => {
            let request = proto::UserTermsEditRequest {
                logon: asked.logon,
                control: asked.cost_control,
                encrypt: asked.encrypt,
                bill_clients: asked.bill_clients,
            };
            let nothing = proto::UserTermsEditRequest { logon: request.logon.clone(), ..Default::default() };
            let terms = if request == nothing {
                charging.user_terms_show(proto::UserTermsShowRequest { logon: request.logon }).await?
            } else {
                charging.user_terms_edit(request).await?
            };
            shell.output.show(&UserTerms::from(terms.into_inner()))
        }
    }
}

/// How a device charges, as scripts see it.
#[derive(Debug, Serialize)]
pub(crate) struct DeviceTerms {
    device: String,
    scheme_1: Option<String>,
    scheme_2: Option<String>,
    features: Vec<String>,
    allow_pay_user: bool,
    snmp_port: u32,
}

impl From<proto::DeviceTerms> for DeviceTerms {
    fn from(terms: proto::DeviceTerms) -> Self {
        Self {
            device: terms.device,
            scheme_1: or_null(terms.scheme_one),
            scheme_2: or_null(terms.scheme_two),
            features: terms.features,
            allow_pay_user: terms.allow_pay_user,
            snmp_port: terms.snmp_port,
        }
    }
}

/// How a person is charged, as scripts see it.
#[derive(Debug, Serialize)]
pub(crate) struct UserTerms {
    logon: String,
    cost_control: String,
    encrypt: bool,
    bill_clients: bool,
    account: String,
}

impl From<proto::UserTerms> for UserTerms {
    fn from(terms: proto::UserTerms) -> Self {
        Self {
            logon: terms.logon,
            cost_control: terms.control,
            encrypt: terms.encrypt,
            bill_clients: terms.bill_clients,
            account: terms.holder,
        }
    }
}
