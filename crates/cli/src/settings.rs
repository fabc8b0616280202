//! `papergate settings`: the switches of the suite.

use clap::Subcommand;
use rpc::proto::jobserver as proto;
use serde::Serialize;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash};

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Show one setting, or all
    Get {
        /// Name of the setting
        key: Option<String>,
    },
    /// Change a setting; without a value, back to its default
    Set {
        /// Name of the setting
        key: String,
        /// New value
        value: Option<String>,
    },
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: SettingsCommand) -> Result<(), Failure> {
    match command {
        SettingsCommand::Get { key: Some(key) } => {
            let setting = find(shell, &key).await?;
            if shell.output.is_json() {
                return shell.output.show(&setting);
            }
            // A script that asks for one value wants the value alone.
            shell.output.text(&format!("{}\n", setting.value))
        }
        SettingsCommand::Get { key: None } => {
            let settings = fetch(shell, String::new()).await?;
            let mut listing = shell.output.list::<Setting>();
            for setting in settings {
                listing.row(&setting)?;
            }
            listing.finish()
        }
        SettingsCommand::Set { key, value } => {
            let value = match value {
                Some(value) => value,
                None => find(shell, &key).await?.default,
            };
            let request = proto::SettingSetRequest { key, value };
            let setting = shell.reach.administration().await?.setting_set(request).await?;
            shell.output.show(&Setting::from(setting.into_inner()))
        }
    }
}

async fn fetch(shell: &Shell<'_>, key: String) -> Result<Vec<Setting>, Failure> {
    let answer = shell.reach.administration().await?.setting_list(proto::SettingListRequest { key }).await?;
    Ok(answer.into_inner().settings.into_iter().map(Setting::from).collect())
}

async fn find(shell: &Shell<'_>, key: &str) -> Result<Setting, Failure> {
    let settings = fetch(shell, key.to_owned()).await?;
    settings.into_iter().find(|setting| setting.key == key).ok_or_else(|| Failure::Refused {
        status: 1,
        message: format!("there is no setting '{key}'; `papergate settings get` lists all"),
    })
}

/// A setting, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    key: String,
    value: String,
    default: String,
    description: String,
}

impl From<proto::Setting> for Setting {
    fn from(setting: proto::Setting) -> Self {
        Self {
            key: setting.key,
            value: setting.value,
            default: setting.default_value,
            description: setting.description,
        }
    }
}

impl Listed for Setting {
    const COLUMNS: &'static [&'static str] = &["KEY", "VALUE", "DEFAULT", "MEANING"];

    fn cells(&self) -> Vec<String> {
        vec![self.key.clone(), or_dash(&self.value), or_dash(&self.default), self.description.clone()]
    }
}
