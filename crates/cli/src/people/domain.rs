//! `papergate domain`: domains people belong to.

use clap::Subcommand;
use rpc::proto::people as proto;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};

#[derive(Debug, Subcommand)]
pub(crate) enum DomainCommand {
    /// Add a domain; one that somebody is added to is added by itself
    Add {
        /// Name of the domain
        name: String,
        /// Free text
        #[arg(long, default_value = "", value_name = "TEXT")]
        description: String,
    },
    /// List domains
    List,
    /// Delete a domain that nobody belongs to
    Delete {
        /// Name of the domain
        name: String,
    },
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: DomainCommand) -> Result<(), Failure> {
    match command {
        DomainCommand::Add { name, description } => {
            let request = proto::DomainAddRequest { name, description };
            let domain = shell.reach.people().await?.domain_add(request).await?;
            shell.output.show(&Domain::from(domain.into_inner()))
        }
        DomainCommand::List => {
            let answer = shell.reach.people().await?.domain_list(proto::DomainListRequest {}).await?;
            let mut listing = shell.output.list::<Domain>();
            for domain in answer.into_inner().domains {
                listing.row(&Domain::from(domain))?;
            }
            listing.finish()
        }
        DomainCommand::Delete { name } => {
            let request = proto::DomainDeleteRequest { name: name.clone() };
            shell.reach.people().await?.domain_delete(request).await?;
            shell.output.done(&format!("the domain '{name}' is deleted"), &json!({ "deleted": name }))
        }
    }
}

/// A domain, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Domain {
    name: String,
    description: Option<String>,
    users: i64,
}

impl From<proto::Domain> for Domain {
    fn from(domain: proto::Domain) -> Self {
        Self { name: domain.name, description: or_null(domain.description), users: domain.users }
    }
}

impl Listed for Domain {
    const COLUMNS: &'static [&'static str] = &["DOMAIN", "PEOPLE", "DESCRIPTION"];

    fn cells(&self) -> Vec<String> {
        let description = self.description.as_deref().unwrap_or_default();
        vec![self.name.clone(), self.users.to_string(), or_dash(description)]
    }
}
