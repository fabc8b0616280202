//! `papergate user find` and `user edit-many`: by field, and many at once.

use clap::Args;
use rpc::proto::people as proto;
use serde_json::json;

use super::profile::ProfileOptions;
use crate::Shell;
use crate::failure::Failure;
use crate::user::User;

/// Fields to find people by; texts match anywhere in their field, without regard to case.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct FindOptions {
    /// In logon, name, e-mail, description or cost code
    #[arg(long, default_value = "", value_name = "TEXT")]
    any: String,
    /// In the logon
    #[arg(long = "in-logon", default_value = "", value_name = "TEXT")]
    logon: String,
    /// In the full name
    #[arg(long = "in-name", default_value = "", value_name = "TEXT")]
    name: String,
    /// In the e-mail address
    #[arg(long = "in-email", default_value = "", value_name = "TEXT")]
    email: String,
    /// In the description
    #[arg(long = "in-description", default_value = "", value_name = "TEXT")]
    in_description: String,
    /// In the cost code
    #[arg(long = "in-cost-code", default_value = "", value_name = "TEXT")]
    in_cost_code: String,
    /// In the domain
    #[arg(long = "in-domain", default_value = "", value_name = "TEXT")]
    in_domain: String,
    /// In the home server
    #[arg(long = "in-home-server", default_value = "", value_name = "TEXT")]
    in_home_server: String,
    /// Only people who cannot (true) or can (false) log in
    #[arg(long = "locked", value_name = "true|false")]
    locked: Option<bool>,
    /// The holder of this card or ID code, whole and exact
    #[arg(long, default_value = "", value_name = "CODE")]
    code: String,
    /// People of this organisational unit and those below
    #[arg(long = "in-ou", default_value = "", value_name = "PATH")]
    unit: String,
    /// At most this many
    #[arg(long, default_value_t = 0, value_name = "N")]
    limit: u32,
}

impl FindOptions {
    fn request(&self) -> proto::UserFindRequest {
        let options = self.clone();
        proto::UserFindRequest {
            anywhere: options.any,
            logon: options.logon,
            full_name: options.name,
            email: options.email,
            description: options.in_description,
            cost_code: options.in_cost_code,
            domain: options.in_domain,
            home_server: options.in_home_server,
            prevent_login: options.locked,
            code: options.code,
            unit: options.unit,
            limit: options.limit.into(),
            after_id: 0,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct EditMany {
    /// Logons of the people; without any, those found by the other options
    #[arg(value_name = "LOGON")]
    logons: Vec<String>,
    #[command(flatten)]
    find: FindOptions,
    /// New domain
    #[arg(long)]
    domain: Option<String>,
    /// New free text
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// New cost code
    #[arg(long, value_name = "CODE")]
    cost_code: Option<String>,
    /// Keep them from logging in at devices
    #[arg(long, value_name = "true|false")]
    prevent_login: Option<bool>,
    /// Print all documents when they log in at a device
    #[arg(long, value_name = "true|false")]
    print_all_at_login: Option<bool>,
    /// Set the number of failed logins to zero
    #[arg(long)]
    clear_failed_logins: bool,
    /// Make a new PUK for each, sent by mail to those with an address
    #[arg(long)]
    new_puk: bool,
    #[command(flatten)]
    profile: ProfileOptions,
}

pub(crate) async fn find(shell: &mut Shell<'_>, options: FindOptions) -> Result<(), Failure> {
    let mut pages = shell.reach.people().await?.user_find(options.request()).await?.into_inner();
    let mut listing = shell.output.list::<User>();
    while let Some(page) = pages.message().await? {
        for user in page.users {
            listing.row(&User::from(user))?;
        }
    }
    listing.finish()
}

pub(crate) async fn edit_many(shell: &mut Shell<'_>, arguments: EditMany) -> Result<(), Failure> {
    let mut people = shell.reach.people().await?;
    let mut logons = arguments.logons;
    let query = arguments.find.request();
    if logons.is_empty() {
        if query == proto::UserFindRequest::default() {
            let text = "name the people, or say how to find them, as with --any TEXT";
            return Err(Failure::Usage(text.to_owned()));
        }
        let mut pages = people.user_find(query).await?.into_inner();
        while let Some(page) = pages.message().await? {
            logons.extend(page.users.into_iter().map(|user| match user.domain.as_str() {
                "" => user.logon,
                domain => format!("{domain}\\{}", user.logon),
            }));
        }
    }
    let request = proto::UserEditManyRequest {
        logons,
        domain: arguments.domain,
        description: arguments.description,
        cost_code: arguments.cost_code,
        prevent_login: arguments.prevent_login,
        print_all_at_login: arguments.print_all_at_login,
        profile: arguments.profile.change()?,
        clear_failed_logins: arguments.clear_failed_logins,
        new_puk: arguments.new_puk,
    };
    let answer = people.user_edit_many(request).await?.into_inner();
    let mut sentence = format!("{} people are changed", answer.changed);
    for without in &answer.without_puk {
        sentence.push_str(&format!("\nno PUK for {without}"));
    }
    shell.output.done(&sentence, &json!({ "changed": answer.changed, "without_puk": answer.without_puk }))
}
