//! `papergate ou`: organisational units, and where devices stand.

use clap::Subcommand;
use rpc::proto::people as proto;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};

#[derive(Debug, Subcommand)]
pub(crate) enum UnitCommand {
    /// Add a unit; its parent must be there
    Add {
        /// Path as /Company/Department, at most 255 characters
        path: String,
        /// Free text
        #[arg(long, default_value = "", value_name = "TEXT")]
        description: String,
    },
    /// List units by path
    List,
    /// Rename, move or describe a unit
    Edit {
        /// Path of the unit
        path: String,
        /// New name
        #[arg(long, value_name = "NAME")]
        rename: Option<String>,
        /// Unit to hang it below; / for the root
        #[arg(long, value_name = "PATH")]
        parent: Option<String>,
        /// Free text
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Delete a unit that holds nothing
    Delete {
        /// Path of the unit
        path: String,
    },
    /// Put a device into a unit, and restrict it to people of that unit and below
    Device {
        /// Name of the device
        device: String,
        /// Path of the unit; / for none
        #[arg(long, value_name = "PATH")]
        ou: Option<String>,
        /// Whether only people of the unit, and of those below, may log in there
        #[arg(long, value_name = "true|false")]
        restricted: Option<bool>,
    },
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: UnitCommand) -> Result<(), Failure> {
    match command {
        UnitCommand::Add { path, description } => {
            let request = proto::UnitAddRequest { path, description };
            let unit = shell.reach.people().await?.unit_add(request).await?;
            shell.output.show(&Unit::from(unit.into_inner()))
        }
        UnitCommand::List => {
            let answer = shell.reach.people().await?.unit_list(proto::UnitListRequest {}).await?;
            let mut listing = shell.output.list::<Unit>();
            for unit in answer.into_inner().units {
                listing.row(&Unit::from(unit))?;
            }
            listing.finish()
        }
        UnitCommand::Edit { path, rename, parent, description } => {
            let request = proto::UnitEditRequest { path, new_name: rename, parent, description };
            let unit = shell.reach.people().await?.unit_edit(request).await?;
            shell.output.show(&Unit::from(unit.into_inner()))
        }
        UnitCommand::Delete { path } => {
            shell.reach.people().await?.unit_delete(proto::UnitDeleteRequest { path: path.clone() }).await?;
            shell.output.done(&format!("the unit '{path}' is deleted"), &json!({ "deleted": path }))
        }
        UnitCommand::Device { device, ou, restricted } => {
            let mut people = shell.reach.people().await?;
            let place = if ou.is_none() && restricted.is_none() {
                people.device_place_show(proto::DevicePlaceShowRequest { device }).await?
            } else {
                people.device_place_set(proto::DevicePlaceSetRequest { device, unit: ou, restricted }).await?
            };
            let proto::DevicePlace { device, unit, restricted } = place.into_inner();
            shell.output.show(&Place { device, ou: unit, restricted })
        }
    }
}

#[derive(Debug, Serialize)]
struct Place {
    device: String,
    ou: String,
    restricted: bool,
}

/// A unit, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Unit {
    id: i64,
    path: String,
    description: Option<String>,
    users: i64,
}

impl From<proto::Unit> for Unit {
    fn from(unit: proto::Unit) -> Self {
        Self { id: unit.id, path: unit.path, description: or_null(unit.description), users: unit.users }
    }
}

impl Listed for Unit {
    const COLUMNS: &'static [&'static str] = &["UNIT", "PEOPLE", "DESCRIPTION"];

    fn cells(&self) -> Vec<String> {
        let description = self.description.as_deref().unwrap_or_default();
        vec![self.path.clone(), self.users.to_string(), or_dash(description)]
    }
}
