//! `papergate driver`: names of printer drivers, learnt from documents or added.

use clap::Subcommand;
use rpc::proto::jobserver as proto;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Listed, yes};
use crate::{Shell, time};

#[derive(Debug, Subcommand)]
pub(crate) enum DriverCommand {
    /// List the drivers that documents have named, and those that were added
    List,
    /// Add a driver that no document has named yet
    Add {
        /// Name, as the driver writes it into print data
        name: String,
    },
    /// Take a driver off the list; lists of devices keep it
    Delete {
        /// Name of the driver
        name: String,
    },
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: DriverCommand) -> Result<(), Failure> {
    let mut administration = shell.reach.administration().await?;
    match command {
        DriverCommand::List => {
            let answer = administration.driver_list(proto::DriverListRequest {}).await?;
            let mut listing = shell.output.list::<Driver>();
            for driver in answer.into_inner().drivers {
                listing.row(&Driver::from(driver))?;
            }
            listing.finish()
        }
        DriverCommand::Add { name } => {
            let driver = administration.driver_add(proto::DriverAddRequest { name }).await?;
            shell.output.show(&Driver::from(driver.into_inner()))
        }
        DriverCommand::Delete { name } => {
            administration.driver_delete(proto::DriverDeleteRequest { name: name.clone() }).await?;
            shell.output.done(&format!("driver '{name}' is deleted"), &json!({ "deleted": name }))
        }
    }
}

/// A driver, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Driver {
    name: String,
    learnt: bool,
    created: Option<String>,
    #[serde(skip)]
    created_shown: String,
}

impl From<proto::Driver> for Driver {
    fn from(driver: proto::Driver) -> Self {
        Self {
            name: driver.name,
            learnt: driver.learnt,
            created: time::rfc3339(driver.created_us),
            created_shown: time::local(driver.created_us),
        }
    }
}

impl Listed for Driver {
    const COLUMNS: &'static [&'static str] = &["NAME", "LEARNT", "SINCE"];

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), yes(self.learnt), self.created_shown.clone()]
    }
}
