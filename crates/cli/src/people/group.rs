//! `papergate group`: groups of people.

use clap::{Args, Subcommand};
use rpc::proto::people as proto;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null, yes};

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Add a group
    Add(GroupAdd),
    /// List groups
    List,
    /// Show a group with its members
    Show {
        /// Name of the group
        name: String,
    },
    /// Change a group
    Edit(GroupEdit),
    /// Delete a group; its people stay
    Delete {
        /// Name of the group
        name: String,
    },
    /// Make people, or the people of organisational units, members
    Join(Members),
    /// Take people or organisational units out
    Leave(Members),
}

#[derive(Debug, Args)]
pub(crate) struct GroupAdd {
    /// Name, unique among groups, logons and aliases of the domain; at most 20 characters for --prints
    name: String,
    /// Domain of the group
    #[arg(long, default_value = "")]
    domain: String,
    /// Free text
    #[arg(long, default_value = "", value_name = "TEXT")]
    description: String,
    /// Documents may be sent to the group
    #[arg(long)]
    prints: bool,
    /// A document goes for all as soon as one member has collected it
    #[arg(long, requires = "prints")]
    print_once: bool,
    /// Everybody is a member
    #[arg(long)]
    everybody: bool,
}

#[derive(Debug, Args)]
pub(crate) struct GroupEdit {
    /// Name of the group
    name: String,
    /// New name
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// Free text
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Documents may be sent to the group
    #[arg(long, value_name = "true|false")]
    prints: Option<bool>,
    /// A document goes for all as soon as one member has collected it
    #[arg(long, value_name = "true|false")]
    print_once: Option<bool>,
    /// Everybody is a member
    #[arg(long, value_name = "true|false")]
    everybody: Option<bool>,
}

#[derive(Debug, Args)]
pub(crate) struct Members {
    /// Name of the group
    name: String,
    /// Logons of people
    #[arg(value_name = "LOGON")]
    logons: Vec<String>,
    /// Organisational unit, with those below it (may be repeated)
    #[arg(long = "ou", value_name = "PATH")]
    units: Vec<String>,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: GroupCommand) -> Result<(), Failure> {
    match command {
        GroupCommand::Add(arguments) => {
            let request = proto::GroupAddRequest {
                name: arguments.name,
                domain: arguments.domain,
                description: arguments.description,
                prints: arguments.prints,
                print_once: arguments.print_once,
                everybody: arguments.everybody,
            };
            let group = shell.reach.people().await?.group_add(request).await?;
            shell.output.show(&Group::from(group.into_inner()))
        }
        GroupCommand::List => {
            let answer = shell.reach.people().await?.group_list(proto::GroupListRequest {}).await?;
            let mut listing = shell.output.list::<Group>();
            for group in answer.into_inner().groups {
                listing.row(&Group::from(group))?;
            }
            listing.finish()
        }
        GroupCommand::Show { name } => {
            let answer = shell.reach.people().await?.group_show(proto::GroupShowRequest { name }).await?;
            let answer = answer.into_inner();
            let group = Group::from(answer.group.unwrap_or_default());
            shell.output.show(&Shown { group, members: answer.logons, ous: answer.units })
        }
        GroupCommand::Edit(arguments) => {
            let request = proto::GroupEditRequest {
                name: arguments.name,
                new_name: arguments.rename,
                description: arguments.description,
                prints: arguments.prints,
                print_once: arguments.print_once,
                everybody: arguments.everybody,
            };
            let group = shell.reach.people().await?.group_edit(request).await?;
            shell.output.show(&Group::from(group.into_inner()))
        }
        GroupCommand::Delete { name } => {
            let request = proto::GroupDeleteRequest { name: name.clone() };
            shell.reach.people().await?.group_delete(request).await?;
            shell.output.done(&format!("the group '{name}' is deleted"), &json!({ "deleted": name }))
        }
        GroupCommand::Join(members) => {
            let name = members.name.clone();
            let changed = shell.reach.people().await?.group_members_add(request(members)).await?;
            let changed = changed.into_inner().changed;
            let sentence = format!("{changed} joined the group '{name}'");
            shell.output.done(&sentence, &json!({ "group": name, "changed": changed }))
        }
        GroupCommand::Leave(members) => {
            let name = members.name.clone();
            let changed = shell.reach.people().await?.group_members_remove(request(members)).await?;
            let changed = changed.into_inner().changed;
            let sentence = format!("{changed} left the group '{name}'");
            shell.output.done(&sentence, &json!({ "group": name, "changed": changed }))
        }
    }
}

fn request(members: Members) -> proto::GroupMembersRequest {
    proto::GroupMembersRequest { name: members.name, logons: members.logons, units: members.units }
}

/// A group, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Group {
    id: i64,
    name: String,
    domain: Option<String>,
    description: Option<String>,
    prints: bool,
    print_once: bool,
    everybody: bool,
    users: i64,
    units: i64,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    group: Group,
    members: Vec<String>,
    ous: Vec<String>,
}

impl From<proto::Group> for Group {
    fn from(group: proto::Group) -> Self {
        Self {
            id: group.id,
            name: group.name,
            domain: or_null(group.domain),
            description: or_null(group.description),
            prints: group.prints,
            print_once: group.print_once,
            everybody: group.everybody,
            users: group.users,
            units: group.units,
        }
    }
}

impl Listed for Group {
    const COLUMNS: &'static [&'static str] =
        &["GROUP", "PEOPLE", "UNITS", "ALL", "PRINTS", "ONCE", "DESCRIPTION"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.users.to_string(),
            self.units.to_string(),
            yes(self.everybody),
            yes(self.prints),
            yes(self.print_once),
            or_dash(self.description.as_deref().unwrap_or_default()),
        ]
    }
}
