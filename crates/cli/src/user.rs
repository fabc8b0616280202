//! `papergate user`: people.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use rpc::proto::jobserver as proto;
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null, yes};
use crate::people::export::{self, UserExport};
use crate::people::find::{self, EditMany, FindOptions};
use crate::people::import::{self, UserImport};
use crate::people::profile::{ProfileOptions, RightsOptions};
use crate::{Shell, secret, time};

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a person
    Add(Box<UserAdd>),
    /// List people
    List(UserList),
    /// Show everything about one person
    Show {
        /// Logon of the person
        logon: String,
    },
    /// Change a person
    Edit(Box<UserEdit>),
    /// Find people by field
    Find(Box<FindOptions>),
    /// Change many people: all of them or none
    EditMany(Box<EditMany>),
    /// Add people from a CSV file, each whole or not at all
    Import(UserImport),
    /// Write users, aliases or ID codes to a file
    Export(UserExport),
    /// Delete a person, with cards and held documents
    Delete {
        /// Logon of the person
        logon: String,
    },
    /// Let a person log in again after too many failures
    Unlock {
        /// Logon of the person
        logon: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct UserAdd {
    /// Logon, 1-20 characters
    logon: String,
    /// Windows or directory domain
    #[arg(long, default_value = "")]
    domain: String,
    /// Full name
    #[arg(long = "full-name", alias = "name", default_value = "", value_name = "TEXT")]
    name: String,
    /// E-mail address
    #[arg(long, default_value = "")]
    email: String,
    /// Free text
    #[arg(long, default_value = "", value_name = "TEXT")]
    description: String,
    /// Cost code
    #[arg(long, default_value = "", value_name = "CODE")]
    cost_code: String,
    /// Print all documents when the person logs in at a device
    #[arg(long)]
    print_all_at_login: bool,
    #[command(flatten)]
    profile: ProfileOptions,
    #[command(flatten)]
    rights: RightsOptions,
    #[command(flatten)]
    password: NewPassword,
}

/// A new password comes from a file, the environment or a prompt.
#[derive(Debug, Args)]
struct NewPassword {
    /// Set a password: asked, or taken from PAPERGATE_NEW_PASSWORD or a pipe
    #[arg(long)]
    password: bool,
    /// Set the password in this file ("-" for standard input)
    #[arg(long, value_name = "FILE", conflicts_with = "password")]
    password_file: Option<PathBuf>,
}

impl NewPassword {
    fn read(&self) -> Result<Option<Zeroizing<String>>, Failure> {
        if !self.password && self.password_file.is_none() {
            return Ok(None);
        }
        secret::read("new password", self.password_file.as_deref(), "PAPERGATE_NEW_PASSWORD").map(Some)
    }
}

#[derive(Debug, Args)]
pub(crate) struct UserList {
    /// Only people whose logon, name or e-mail contains this text
    #[arg(long, default_value = "", value_name = "TEXT")]
    contains: String,
    /// At most this many
    #[arg(long, default_value_t = 0, value_name = "N")]
    limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct UserEdit {
    /// Logon of the person
    logon: String,
    /// Full name
    #[arg(long = "full-name", alias = "name", value_name = "TEXT")]
    name: Option<String>,
    /// E-mail address
    #[arg(long)]
    email: Option<String>,
    /// Free text
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Cost code
    #[arg(long, value_name = "CODE")]
    cost_code: Option<String>,
    /// Print all documents when the person logs in at a device
    #[arg(long, value_name = "true|false")]
    print_all_at_login: Option<bool>,
    /// Keep the person from logging in at devices
    #[arg(long, value_name = "true|false")]
    prevent_login: Option<bool>,
    /// Windows or directory domain
    #[arg(long)]
    domain: Option<String>,
    #[command(flatten)]
    profile: ProfileOptions,
    #[command(flatten)]
    rights: RightsOptions,
    #[command(flatten)]
    password: NewPassword,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Add(arguments) => add(shell, *arguments).await,
        UserCommand::List(arguments) => list(shell, arguments).await,
        UserCommand::Show { logon } => {
            let user =
                shell.reach.administration().await?.user_show(proto::UserShowRequest { logon }).await?;
            shell.output.show(&User::from(user.into_inner()))
        }
        UserCommand::Edit(arguments) => edit(shell, *arguments).await,
        UserCommand::Find(options) => find::find(shell, *options).await,
        UserCommand::EditMany(arguments) => find::edit_many(shell, *arguments).await,
        UserCommand::Import(arguments) => import::run(shell, arguments).await,
        UserCommand::Export(arguments) => export::run(shell, arguments).await,
        UserCommand::Delete { logon } => {
            let request = proto::UserDeleteRequest { logon: logon.clone() };
            shell.reach.administration().await?.user_delete(request).await?;
            shell.output.done(&format!("user '{logon}' is deleted"), &json!({ "deleted": logon }))
        }
        UserCommand::Unlock { logon } => {
            let user =
                shell.reach.administration().await?.user_unlock(proto::UserUnlockRequest { logon }).await?;
            shell.output.show(&User::from(user.into_inner()))
        }
    }
}

async fn add(shell: &mut Shell<'_>, arguments: UserAdd) -> Result<(), Failure> {
    let password = arguments.password.read()?;
    let request = proto::UserAddRequest {
        logon: arguments.logon,
        domain: arguments.domain,
        full_name: arguments.name,
        email: arguments.email,
        password: password.map(|secret| secret.to_string()).unwrap_or_default(),
        description: arguments.description,
        cost_code: arguments.cost_code,
        print_all_at_login: arguments.print_all_at_login,
        profile: arguments.profile.change()?,
        rights: arguments.rights.rights().unwrap_or_default(),
        powers: arguments.rights.powers(None),
    };
    let user = shell.reach.administration().await?.user_add(request).await?;
    shell.output.show(&User::from(user.into_inner()))
}

async fn list(shell: &mut Shell<'_>, arguments: UserList) -> Result<(), Failure> {
    let request =
        proto::UserListRequest { contains: arguments.contains, limit: arguments.limit.into(), after_id: 0 };
    let mut pages = shell.reach.administration().await?.user_list(request).await?.into_inner();
    let mut listing = shell.output.list::<User>();
    while let Some(page) = pages.message().await? {
        for user in page.users {
            listing.row(&User::from(user))?;
        }
    }
    listing.finish()
}

async fn edit(shell: &mut Shell<'_>, arguments: UserEdit) -> Result<(), Failure> {
    let password = arguments.password.read()?;
    let mut administration = shell.reach.administration().await?;
    // What is not given of the finer rights stays.
    let before = if arguments.rights.asks_powers() {
        let request = proto::UserShowRequest { logon: arguments.logon.clone() };
        administration.user_show(request).await?.into_inner().powers
    } else {
        None
    };
    let request = proto::UserEditRequest {
        logon: arguments.logon,
        full_name: arguments.name,
        email: arguments.email,
        password: password.map(|secret| secret.to_string()),
        description: arguments.description,
        cost_code: arguments.cost_code,
        print_all_at_login: arguments.print_all_at_login,
        prevent_login: arguments.prevent_login,
        profile: arguments.profile.change()?,
        rights: arguments.rights.rights(),
        powers: arguments.rights.powers(before.as_ref()),
        domain: arguments.domain,
    };
    let user = administration.user_edit(request).await?;
    shell.output.show(&User::from(user.into_inner()))
}

/// A person, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct User {
    id: i64,
    logon: String,
    domain: Option<String>,
    full_name: Option<String>,
    email: Option<String>,
    description: Option<String>,
    cost_code: Option<String>,
    rights: String,
    cards: i32,
    has_pin: bool,
    has_password: bool,
    locked: bool,
    prevent_login: bool,
    failed_logins: i32,
    print_all_at_login: bool,
    created: Option<String>,
    has_puk: bool,
    home_server: Option<String>,
    ou: String,
    home_folder: Option<String>,
    low_limit: String,
    login_without_pin: bool,
    source_id: i64,
    billing: String,
    encrypt: bool,
    allow_retain: bool,
    change_settings: bool,
    cost_control: String,
    access_mask: u32,
    denied: Vec<&'static str>,
    user_rights: Option<String>,
    device_rights: Option<bool>,
    server_rights: Option<bool>,
    report_rights: Option<bool>,
}

impl From<proto::User> for User {
    fn from(user: proto::User) -> Self {
        let profile = user.profile.unwrap_or_default();
        let powers = user.powers;
        Self {
            id: user.id,
            logon: user.logon,
            domain: or_null(user.domain),
            full_name: or_null(user.full_name),
            email: or_null(user.email),
            description: or_null(user.description),
            cost_code: or_null(user.cost_code),
            rights: user.rights,
            cards: user.cards,
            has_pin: user.has_pin,
            has_password: user.has_password,
            locked: user.locked,
            prevent_login: user.prevent_login,
            failed_logins: user.failed_logins,
            print_all_at_login: user.print_all_at_login,
            created: time::rfc3339(user.created_us),
            has_puk: user.has_puk,
            home_server: or_null(profile.home_server),
            ou: profile.unit,
            home_folder: or_null(profile.home_folder),
            low_limit: domain::Money(profile.low_limit).to_string(),
            login_without_pin: profile.login_without_pin,
            source_id: profile.source_id,
            billing: profile.billing,
            encrypt: profile.encrypt,
            allow_retain: profile.allow_retain,
            change_settings: profile.change_settings,
            cost_control: profile.cost_control,
            access_mask: profile.access_denied,
            denied: domain::people::Access(profile.access_denied).denied(),
            user_rights: powers.as_ref().map(|powers| powers.users.clone()),
            device_rights: powers.as_ref().map(|powers| powers.devices),
            server_rights: powers.as_ref().map(|powers| powers.server),
            report_rights: powers.as_ref().map(|powers| powers.reports),
        }
    }
}

impl Listed for User {
    const COLUMNS: &'static [&'static str] = &["LOGON", "NAME", "E-MAIL", "CARDS", "PIN", "LOCKED", "RIGHTS"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.logon.clone(),
            or_dash(self.full_name.as_deref().unwrap_or_default()),
            or_dash(self.email.as_deref().unwrap_or_default()),
            self.cards.to_string(),
            yes(self.has_pin),
            yes(self.locked || self.prevent_login),
            or_dash(&self.rights),
        ]
    }
}
