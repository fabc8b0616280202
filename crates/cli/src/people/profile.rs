//! Options for a person's properties and rights.

use clap::Args;
use domain::Money;
use domain::people::Access;
use rpc::proto::jobserver as proto;

use crate::failure::Failure;

/// Properties of a person; what is not given stays, or is inherited from the default user.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ProfileOptions {
    /// Server that keeps the person's documents
    #[arg(long, value_name = "NAME")]
    home_server: Option<String>,
    /// Organisational unit, as /Company/Department; / for none
    #[arg(long, value_name = "PATH")]
    ou: Option<String>,
    /// Personal network folder
    #[arg(long, value_name = "FOLDER")]
    home_folder: Option<String>,
    /// What must stay on the account of somebody who pays
    #[arg(long, value_name = "AMOUNT")]
    low_limit: Option<String>,
    /// Ask for no PIN at devices
    #[arg(long, value_name = "true|false")]
    login_without_pin: Option<bool>,
    /// Bill clients for costs: no, yes, or restricted to the person's own codes
    #[arg(long, value_name = "no|yes|restricted")]
    billing: Option<String>,
    /// Encrypt documents on their way to devices that can decrypt them
    #[arg(long, value_name = "true|false")]
    encrypt: Option<bool>,
    /// Documents may be kept after printing
    #[arg(long, value_name = "true|false")]
    allow_retain: Option<bool>,
    /// Black and white or duplex may be forced at the panel
    #[arg(long, value_name = "true|false")]
    change_settings: Option<bool>,
    /// How printing is accounted
    #[arg(long, value_name = "none|tracking|pay")]
    cost_control: Option<String>,
    /// Functions denied at devices: none, a mask, or copy,copy-color,email,scan,fax,usb-scan,usb-print,print-all
    #[arg(long, value_name = "FUNCTIONS")]
    deny: Option<String>,
}

impl ProfileOptions {
    /// The change they ask for; `None` when they ask for none.
    pub(crate) fn change(&self) -> Result<Option<proto::ProfileChange>, Failure> {
        let amount = |text: &String| {
            text.parse::<Money>()
                .map(|money| money.0)
                .map_err(|error| Failure::Usage(format!("--low-limit: {error}")))
        };
        let mask = |text: &String| {
            let refused = |word| Failure::Usage(format!("--deny: '{word}' is no function of a device"));
            Access::parse(text).map(|access| access.0).map_err(refused)
        };
        let change = proto::ProfileChange {
            home_server: self.home_server.clone(),
            unit: self.ou.clone(),
            home_folder: self.home_folder.clone(),
            low_limit: self.low_limit.as_ref().map(amount).transpose()?,
            login_without_pin: self.login_without_pin,
            billing: self.billing.clone(),
            encrypt: self.encrypt,
            allow_retain: self.allow_retain,
            change_settings: self.change_settings,
            cost_control: self.cost_control.clone(),
            access_denied: self.deny.as_ref().map(mask).transpose()?,
        };
        Ok((change != proto::ProfileChange::default()).then_some(change))
    }
}

/// Rights of a person.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RightsOptions {
    /// What the person may do beside printing
    #[arg(long, value_name = "standard|technician|cashier|administrator")]
    rights: Option<String>,
    /// An administrator's rights with people
    #[arg(long, value_name = "full|partial|limited|none")]
    user_rights: Option<String>,
    /// Whether an administrator may change devices
    #[arg(long, value_name = "true|false")]
    device_rights: Option<bool>,
    /// Whether an administrator may change the server
    #[arg(long, value_name = "true|false")]
    server_rights: Option<bool>,
    /// Whether an administrator may see reports
    #[arg(long, value_name = "true|false")]
    report_rights: Option<bool>,
}

impl RightsOptions {
    /// The rights asked for.
    pub(crate) fn rights(&self) -> Option<String> {
        self.rights.clone()
    }

    /// The finer rights; what is not given is as `before` says, or full.
    pub(crate) fn powers(&self, before: Option<&proto::Powers>) -> Option<proto::Powers> {
        let asked = self.user_rights.is_some()
            || self.device_rights.is_some()
            || self.server_rights.is_some()
            || self.report_rights.is_some();
        let full = proto::Powers { users: "full".to_owned(), devices: true, server: true, reports: true };
        let before = before.unwrap_or(&full);
        asked.then(|| proto::Powers {
            users: self.user_rights.clone().unwrap_or_else(|| before.users.clone()),
            devices: self.device_rights.unwrap_or(before.devices),
            server: self.server_rights.unwrap_or(before.server),
            reports: self.report_rights.unwrap_or(before.reports),
        })
    }

    /// Whether finer rights were given, so that those there are must be known.
    pub(crate) fn asks_powers(&self) -> bool {
        self.powers(None).is_some()
    }
}
