//! `papergate device`: printers and MFPs people collect at.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use rpc::proto::jobserver as proto;
use rpc::proto::jobserver::device::Channel as ProtoChannel;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null, yes};
use crate::{Shell, secret, time};

#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Add a device
    Add(DeviceAdd),
    /// List devices
    List,
    /// Show everything about one device
    Show {
        /// Name of the device
        name: String,
    },
    /// Change a device
    Edit(DeviceEdit),
    /// Delete a device
    Delete {
        /// Name of the device
        name: String,
    },
}

/// How print data reaches the device.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Channel {
    /// Try IPPS, IPP, then raw
    Auto,
    /// Raw TCP, port 9100
    Raw,
    /// IPP
    Ipp,
    /// IPP over TLS
    Ipps,
    /// The device's own session with the jobserver
    Session,
}

impl From<Channel> for ProtoChannel {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Auto => Self::Auto,
            Channel::Raw => Self::Raw,
            Channel::Ipp => Self::Ipp,
            Channel::Ipps => Self::Ipps,
            Channel::Session => Self::Session,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DeviceAdd {
    /// Name of the device
    name: String,
    /// Where print data goes: HOST, HOST:PORT, raw://…, ipp://… or ipps://…; empty for the device's session
    #[arg(long, default_value = "")]
    address: String,
    /// How print data gets there
    #[arg(long, value_enum, default_value_t = Channel::Auto)]
    channel: Channel,
    /// Where the device stands
    #[arg(long, default_value = "", value_name = "TEXT")]
    location: String,
    /// Model name
    #[arg(long, default_value = "", value_name = "TEXT")]
    model: String,
    /// MAC address
    #[arg(long, default_value = "")]
    mac: String,
    /// The device prints colour
    #[arg(long)]
    color: bool,
    /// The device prints on both sides
    #[arg(long)]
    duplex: bool,
    /// Print all documents of whoever logs in
    #[arg(long)]
    print_all_at_login: bool,
    /// File with the secret the device proves itself with ("-" for standard input); without, one is made
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DeviceEdit {
    /// Name of the device
    name: String,
    /// Where print data goes
    #[arg(long)]
    address: Option<String>,
    /// How print data gets there
    #[arg(long, value_enum)]
    channel: Option<Channel>,
    /// Where the device stands
    #[arg(long, value_name = "TEXT")]
    location: Option<String>,
    /// Model name
    #[arg(long, value_name = "TEXT")]
    model: Option<String>,
    /// The device prints colour
    #[arg(long, value_name = "true|false")]
    color: Option<bool>,
    /// The device prints on both sides
    #[arg(long, value_name = "true|false")]
    duplex: Option<bool>,
    /// Print all documents of whoever logs in
    #[arg(long, value_name = "true|false")]
    print_all_at_login: Option<bool>,
    /// What is made of documents whose driver is not on the device's list
    #[arg(long, value_enum)]
    driver_check: Option<DriverCheck>,
    /// Put a driver on the device's list; "(none)" for documents without one (may be repeated)
    #[arg(long, value_name = "NAME")]
    add_driver: Vec<String>,
    /// Take a driver off the device's list (may be repeated)
    #[arg(long, value_name = "NAME")]
    delete_driver: Vec<String>,
    /// Print everything with less toner
    #[arg(long, value_name = "true|false")]
    toner_save: Option<bool>,
}

/// What is made of documents whose driver is not on a device's list.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum DriverCheck {
    /// As the setting release.driver-check says
    Inherit,
    /// Nothing
    Off,
    /// They are marked with a question mark
    Warn,
    /// They are not shown and cannot be collected
    Filter,
}

impl DriverCheck {
    fn word(self) -> &'static str {
        match self {
            Self::Inherit => "inherit",
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Filter => "filter",
        }
    }
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: DeviceCommand) -> Result<(), Failure> {
    match command {
        DeviceCommand::Add(arguments) => add(shell, arguments).await,
        DeviceCommand::List => {
            let answer = shell.reach.administration().await?.device_list(proto::DeviceListRequest {}).await?;
            let mut listing = shell.output.list::<Device>();
            for device in answer.into_inner().devices {
                listing.row(&Device::from(device))?;
            }
            listing.finish()
        }
        DeviceCommand::Show { name } => {
            let device =
                shell.reach.administration().await?.device_show(proto::DeviceShowRequest { name }).await?;
            shell.output.show(&Device::from(device.into_inner()))
        }
        DeviceCommand::Edit(arguments) => edit(shell, arguments).await,
        DeviceCommand::Delete { name } => {
            let request = proto::DeviceDeleteRequest { name: name.clone() };
            shell.reach.administration().await?.device_delete(request).await?;
            if let Ok(data) = shell.reach.data() {
                // Made by `add` on this machine, or not at all.
                let _ = std::fs::remove_file(secret_path(data, &name));
            }
            shell.output.done(&format!("device '{name}' is deleted"), &json!({ "deleted": name }))
        }
    }
}

async fn add(shell: &mut Shell<'_>, arguments: DeviceAdd) -> Result<(), Failure> {
    let secret = match &arguments.secret_file {
        Some(path) => secret::read("device secret", Some(path), "PAPERGATE_DEVICE_SECRET")?.to_string(),
        None => String::new(),
    };
    let request = proto::DeviceAddRequest {
        name: arguments.name,
        address: arguments.address,
        channel: ProtoChannel::from(arguments.channel).into(),
        location: arguments.location,
        model: arguments.model,
        mac: arguments.mac,
        color: arguments.color,
        duplex: arguments.duplex,
        print_all_at_login: arguments.print_all_at_login,
        secret,
    };
    let device = shell.reach.administration().await?.device_add(request).await?.into_inner();
    let secret = device.secret.clone();
    if let Ok(data) = shell.reach.data() {
        secret_keep(data, &device.name, &secret)?;
    }
    let mut device = Device::from(device);
    device.secret = (!secret.is_empty()).then_some(secret);
    shell.output.show(&device)
}

/// Where the secret of a device lies that was added on this machine: whoever may read the keys of the
/// installation may pose as its devices anyhow, and programs beside the suite (`virtual-mfp`) find it there.
fn secret_path(data: &Path, name: &str) -> PathBuf {
    // A name is not a path.
    data.join("keys/devices").join(name.to_lowercase().replace(['/', '\\'], "_"))
}

fn secret_keep(data: &Path, name: &str, secret: &str) -> Result<(), Failure> {
    let path = secret_path(data, name);
    let what = || format!("write the device's secret to {}", path.display());
    let directory = path.parent().unwrap_or(data);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(Failure::io(what()))?;
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
    file.and_then(|mut file| file.write_all(secret.as_bytes())).map_err(Failure::io(what()))
}

async fn edit(shell: &mut Shell<'_>, arguments: DeviceEdit) -> Result<(), Failure> {
    let request = proto::DeviceEditRequest {
        name: arguments.name,
        address: arguments.address,
        channel: arguments.channel.map(|channel| ProtoChannel::from(channel).into()),
        location: arguments.location,
        model: arguments.model,
        color: arguments.color,
        duplex: arguments.duplex,
        print_all_at_login: arguments.print_all_at_login,
        driver_check: arguments.driver_check.map(|check| check.word().to_owned()),
        drivers_delete: arguments.delete_driver,
        drivers_add: arguments.add_driver,
        toner_save: arguments.toner_save,
    };
    let device = shell.reach.administration().await?.device_edit(request).await?;
    shell.output.show(&Device::from(device.into_inner()))
}

/// A device, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Device {
    id: i64,
    name: String,
    address: Option<String>,
    channel: &'static str,
    location: Option<String>,
    model: Option<String>,
    mac: Option<String>,
    driver_name: Option<String>,
    color: bool,
    duplex: bool,
    print_all_at_login: bool,
    login_methods: Vec<String>,
    online: bool,
    seen: bool,
    last_seen: Option<String>,
    driver_check: String,
    drivers: Vec<String>,
    toner_save: bool,
    /// Only in the answer to `add`: it is shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(skip)]
    last_seen_shown: String,
}

impl From<proto::Device> for Device {
    fn from(device: proto::Device) -> Self {
        let channel = match device.channel() {
            ProtoChannel::Unspecified | ProtoChannel::Auto => "auto",
            ProtoChannel::Raw => "raw",
            ProtoChannel::Ipp => "ipp",
            ProtoChannel::Ipps => "ipps",
            ProtoChannel::Session => "session",
        };
        Self {
            id: device.id,
            name: device.name,
            address: or_null(device.address),
            channel,
            location: or_null(device.location),
            model: or_null(device.model),
            mac: or_null(device.mac),
            driver_name: or_null(device.driver_name),
            color: device.color,
            duplex: device.duplex,
            print_all_at_login: device.print_all_at_login,
            login_methods: device.login_methods,
            online: device.online,
            seen: device.seen,
            last_seen: time::rfc3339(device.last_seen_us),
            driver_check: device.driver_check,
            drivers: device.drivers,
            toner_save: device.toner_save,
            secret: None,
            last_seen_shown: time::local(device.last_seen_us),
        }
    }
}

impl Listed for Device {
    const COLUMNS: &'static [&'static str] =
        &["NAME", "ADDRESS", "CHANNEL", "LOCATION", "COLOR", "DUPLEX", "ONLINE", "LAST SEEN"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            or_dash(self.address.as_deref().unwrap_or_default()),
            self.channel.to_owned(),
            or_dash(self.location.as_deref().unwrap_or_default()),
            yes(self.color),
            yes(self.duplex),
            yes(self.online),
            self.last_seen_shown.clone(),
        ]
    }
}
