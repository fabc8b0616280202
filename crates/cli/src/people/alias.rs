//! `papergate alias`: other names people print under.

use clap::Subcommand;
use rpc::proto::people as proto;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};

#[derive(Debug, Subcommand)]
pub(crate) enum AliasCommand {
    /// Give a person another name to print under
    Add {
        /// Logon of the person
        logon: String,
        /// The alias, 1-20 characters, unique among logons, aliases and groups of the domain
        alias: String,
    },
    /// List aliases of a person, or of everybody
    List {
        /// Logon of the person
        logon: Option<String>,
    },
    /// Take an alias away
    Delete {
        /// Logon of the person
        logon: String,
        /// The alias
        alias: String,
    },
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: AliasCommand) -> Result<(), Failure> {
    match command {
        AliasCommand::Add { logon, alias } => {
            let request = proto::AliasAddRequest { logon, alias };
            let alias = shell.reach.people().await?.alias_add(request).await?;
            shell.output.show(&Alias::from(alias.into_inner()))
        }
        AliasCommand::List { logon } => {
            let request = proto::AliasListRequest { logon: logon.unwrap_or_default() };
            let mut pages = shell.reach.people().await?.alias_list(request).await?.into_inner();
            let mut listing = shell.output.list::<Alias>();
            while let Some(page) = pages.message().await? {
                for alias in page.aliases {
                    listing.row(&Alias::from(alias))?;
                }
            }
            listing.finish()
        }
        AliasCommand::Delete { logon, alias } => {
            let request = proto::AliasDeleteRequest { logon, alias: alias.clone() };
            shell.reach.people().await?.alias_delete(request).await?;
            shell.output.done(&format!("the alias '{alias}' is deleted"), &json!({ "deleted": alias }))
        }
    }
}

/// An alias, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Alias {
    id: i64,
    logon: String,
    full_name: Option<String>,
    alias: String,
}

impl From<proto::Alias> for Alias {
    fn from(alias: proto::Alias) -> Self {
        Self { id: alias.id, logon: alias.logon, full_name: or_null(alias.full_name), alias: alias.alias }
    }
}

impl Listed for Alias {
    const COLUMNS: &'static [&'static str] = &["ALIAS", "LOGON", "NAME"];

    fn cells(&self) -> Vec<String> {
        let name = self.full_name.as_deref().unwrap_or_default();
        vec![self.alias.clone(), self.logon.clone(), or_dash(name)]
    }
}
