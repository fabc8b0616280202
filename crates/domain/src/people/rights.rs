//! Who may administer what (guide, "Rights" and "Hide ID codes"): one table for every command and call.

use crate::user::Rights;

/// What an administrator may do with people.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum UserLevel {
    /// Only look.
    None,
    /// Assign codes, PINs and PUKs, unlock.
    Limited,
    /// Everything but rights and exports of codes.
    Partial,
    /// Everything.
    #[default]
    Full,
}

impl UserLevel {
    /// Every level, least first.
    pub const ALL: [Self; 4] = [Self::None, Self::Limited, Self::Partial, Self::Full];

    /// The word of the guide.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Limited => "limited",
            Self::Partial => "partial",
            Self::Full => "full",
        }
    }

    /// Reads what [`UserLevel::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// The finer rights of an administrator; nobody else's count. The default is full rights.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Powers {
    /// With people.
    pub users: UserLevel,
    /// Add, change and delete devices.
    pub devices: bool,
    /// Change the server: settings, queues, units, schedules, backups.
    pub server: bool,
    /// Reports and tracking data.
    pub reports: bool,
}

impl Default for Powers {
    fn default() -> Self {
        Self { users: UserLevel::Full, devices: true, server: true, reports: true }
    }
}

impl Powers {
    /// Stored as words: the level, then what is allowed beside.
    pub fn as_text(self) -> String {
        let mut text = self.users.as_str().to_owned();
        for (word, has) in [("devices", self.devices), ("server", self.server), ("reports", self.reports)] {
            if has {
                text.push(' ');
                text.push_str(word);
            }
        }
        text
    }

    /// Reads what [`Powers::as_text`] writes; an empty text is the default.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        let Some(level) = words.next() else { return Some(Self::default()) };
        let users = UserLevel::parse(level)?;
        let mut powers = Self { users, devices: false, server: false, reports: false };
        for word in words {
            match word {
                "devices" => powers.devices = true,
                "server" => powers.server = true,
                "reports" => powers.reports = true,
                _ => return None,
            }
        }
        Some(powers)
    }
}

/// What a call asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// Another server of the installation; no person may.
    Server,
    /// Any administrator, technician or cashier: it only looks.
    View,
    /// An administrator with at least this level for people.
    Users(UserLevel),
    /// Device rights, or a technician.
    Devices,
    /// Server rights.
    ServerSettings,
    /// Report rights.
    Reports,
    /// Looking at money: a cashier, or any administrator.
    MoneyView,
    /// A new PIN, or unlocking (guide, "Cashier"): a cashier, or an administrator with at least limited rights for people.
    Desk,
    /// Moving money: a cashier, or an administrator with at least partial rights for people.
    Money,
}

/// Every call of every service with what it asks for; `Service/*` stands for the calls of a service that have no row of
/// their own. A test compares it with the descriptors of `proto/`.
pub const CALLS: &[(&str, Need)] = &[
    ("Administration/Backup", Need::ServerSettings),
    ("Administration/CardAdd", Need::Users(UserLevel::Limited)),
    ("Administration/CardDelete", Need::Users(UserLevel::Limited)),
    ("Administration/CardList", Need::View),
    ("Administration/DeviceAdd", Need::Devices),
    ("Administration/DeviceDelete", Need::Devices),
    ("Administration/DeviceEdit", Need::Devices),
    ("Administration/DeviceList", Need::View),
    ("Administration/DeviceShow", Need::View),
    ("Administration/DriverAdd", Need::Devices),
    ("Administration/DriverDelete", Need::Devices),
    ("Administration/DriverList", Need::View),
    ("Administration/IntegrityCheck", Need::ServerSettings),
    ("Administration/JobDelete", Need::Users(UserLevel::Partial)),
    ("Administration/JobList", Need::View),
    ("Administration/JobRelease", Need::Users(UserLevel::Partial)),
    ("Administration/JobRetain", Need::Users(UserLevel::Partial)),
    ("Administration/PinRandom", Need::Desk),
    ("Administration/PinSet", Need::Users(UserLevel::Limited)),
    ("Administration/QueueAdd", Need::ServerSettings),
    ("Administration/QueueDelete", Need::ServerSettings),
    ("Administration/QueueEdit", Need::ServerSettings),
    ("Administration/QueueList", Need::View),
    ("Administration/SettingList", Need::View),
    ("Administration/SettingSet", Need::ServerSettings),
    ("Administration/UserAdd", Need::Users(UserLevel::Partial)),
    ("Administration/UserDelete", Need::Users(UserLevel::Partial)),
    ("Administration/UserEdit", Need::Users(UserLevel::Partial)),
    ("Administration/UserList", Need::View),
    ("Administration/UserShow", Need::View),
    ("Administration/UserUnlock", Need::Desk),
    ("Certificates/CertificateAdd", Need::Users(UserLevel::Limited)),
    ("Certificates/CertificateDelete", Need::Users(UserLevel::Limited)),
    ("Certificates/CertificateList", Need::View),
    ("Charging/*", Need::ServerSettings),
    ("Charging/HolderFind", Need::MoneyView),
    ("Charging/UnfinishedList", Need::MoneyView),
    ("Charging/UnfinishedResolve", Need::Money),
    ("Collection/Batch", Need::Server),
    ("Collection/Collect", Need::Reports),
    ("Collection/Confirm", Need::Server),
    ("Directory/*", Need::ServerSettings),
    ("EventLog/EventList", Need::ServerSettings),
    ("EventSink/EventRecord", Need::Server),
    ("MailRoom/*", Need::ServerSettings),
    ("Money/Backup", Need::Server),
    ("Money/CleanUp", Need::ServerSettings),
    ("Money/Deposit", Need::Money),
    ("Money/Free", Need::Money),
    ("Money/LowLimitSet", Need::Money),
    ("Money/Open", Need::Money),
    ("Money/Reserve", Need::Server),
    ("Money/Set", Need::Money),
    ("Money/Settle", Need::Server),
    ("Money/Void", Need::Server),
    ("Money/Withdraw", Need::Money),
    ("MoneyReader/AccountStatus", Need::MoneyView),
    ("MoneyReader/CashFlow", Need::MoneyView),
    ("MoneyReader/PurseList", Need::MoneyView),
    ("MoneyReader/PurseShow", Need::MoneyView),
    ("MoneyReader/Statement", Need::MoneyView),
    ("MoneyReader/Unfinished", Need::MoneyView),
    ("MoneyReader/Verify", Need::MoneyView),
    ("Operations/ConnectionList", Need::ServerSettings),
    ("Operations/StatisticsList", Need::Reports),
    ("Operations/StoreList", Need::ServerSettings),
    ("Operations/TraceSet", Need::ServerSettings),
    ("Operations/TraceShow", Need::ServerSettings),
    ("People/AliasAdd", Need::Users(UserLevel::Partial)),
    ("People/AliasDelete", Need::Users(UserLevel::Partial)),
    ("People/AliasList", Need::View),
    ("People/CodeGenerate", Need::Users(UserLevel::Limited)),
    ("People/CodeModify", Need::Users(UserLevel::Limited)),
    ("People/CodeReveal", Need::View),
    ("People/DelegateAdd", Need::Users(UserLevel::Partial)),
    ("People/DelegateAnswer", Need::Users(UserLevel::Partial)),
    ("People/DelegateDelete", Need::Users(UserLevel::Partial)),
    ("People/DelegateEdit", Need::Users(UserLevel::Partial)),
    ("People/DelegateList", Need::View),
    ("People/DevicePlaceSet", Need::Devices),
    ("People/DevicePlaceShow", Need::View),
    ("People/DomainAdd", Need::ServerSettings),
    ("People/DomainDelete", Need::ServerSettings),
    ("People/DomainList", Need::View),
    ("People/GroupAdd", Need::Users(UserLevel::Partial)),
    ("People/GroupDelete", Need::Users(UserLevel::Partial)),
    ("People/GroupEdit", Need::Users(UserLevel::Partial)),
    ("People/GroupList", Need::View),
    ("People/GroupMembersAdd", Need::Users(UserLevel::Partial)),
    ("People/GroupMembersRemove", Need::Users(UserLevel::Partial)),
    ("People/GroupShow", Need::View),
    ("People/PukClear", Need::Users(UserLevel::Limited)),
    ("People/PukNew", Need::Users(UserLevel::Limited)),
    ("People/PukReveal", Need::View),
    ("People/UnitAdd", Need::ServerSettings),
    ("People/UnitDelete", Need::ServerSettings),
    ("People/UnitEdit", Need::ServerSettings),
    ("People/UnitList", Need::View),
    ("People/UserEditMany", Need::Users(UserLevel::Partial)),
    ("People/UserExport", Need::Users(UserLevel::Full)),
    ("People/UserFind", Need::View),
    ("People/UserImport", Need::Users(UserLevel::Partial)),
    ("Proof/PersonProve", Need::Server),
    ("Reports/*", Need::Reports),
    ("Submission/DocumentSend", Need::Server),
    ("Submission/JobCancel", Need::Server),
    ("Submission/JobCreate", Need::Server),
    ("Submission/JobList", Need::Server),
    ("Submission/JobReleaseMine", Need::Server),
    ("Submission/JobShow", Need::Server),
    ("Submission/QueueWatch", Need::Server),
    ("Supervisor/Down", Need::ServerSettings),
    ("Supervisor/Restart", Need::ServerSettings),
    ("Supervisor/Status", Need::View),
    ("Tokens/TokenAdd", Need::Users(UserLevel::Limited)),
    ("Tokens/TokenDelete", Need::Users(UserLevel::Limited)),
    ("Tokens/TokenList", Need::View),
    ("Tracking/Backup", Need::Server),
    ("Tracking/Delete", Need::Reports),
    ("Tracking/Export", Need::Reports),
    ("Tracking/List", Need::Reports),
    ("Tracking/Record", Need::ServerSettings),
];

/// What the call of `/package.Service/Method` asks for; `None` when nobody has declared it.
pub fn need(path: &str) -> Option<Need> {
    let (service, method) = path.trim_start_matches('/').split_once('/')?;
    let service = service.rsplit('.').next()?;
    let row = |call: String| CALLS.iter().find(|(known, _)| *known == call).map(|(_, need)| *need);
    row(format!("{service}/{method}")).or_else(|| row(format!("{service}/*")))
}

/// Whether a person of these rights may make a call. One that nobody has declared is only for full rights.
pub fn may_call(rights: Rights, powers: Powers, need: Option<Need>) -> bool {
    let administers = rights == Rights::Administrator;
    match need {
        Some(Need::Server) => false,
        Some(Need::View) => rights != Rights::Standard,
        Some(Need::Users(level)) => administers && powers.users >= level,
        Some(Need::Devices) => administers && powers.devices || rights == Rights::Technician,
        Some(Need::ServerSettings) => administers && powers.server,
        Some(Need::Reports) => administers && powers.reports,
        Some(Need::MoneyView) => administers || rights == Rights::Cashier,
        Some(Need::Desk) => administers && powers.users >= UserLevel::Limited || rights == Rights::Cashier,
        Some(Need::Money) => administers && powers.users >= UserLevel::Partial || rights == Rights::Cashier,
        None => administers && powers == Powers::default(),
    }
}

/// Whether somebody may give these rights to others: only full rights for people may, or nothing but "standard".
pub fn may_grant(granter: UserLevel, wanted: Rights, before: Rights) -> bool {
    granter == UserLevel::Full || wanted == before && wanted == Rights::Standard
}

/// What an administrator may do with ID codes, or with PUK codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CodeRights {
    /// Shown as they are; otherwise masked.
    pub visible: bool,
    /// New ones may be assigned or generated.
    pub add: bool,
    /// May be taken elsewhere as they are.
    pub copy: bool,
    /// May be changed (ID codes only).
    pub modify: bool,
    /// May be deleted or cleared.
    pub remove: bool,
    /// May be exported.
    pub export: bool,
}

/// The guide's table "Hide ID codes", the same for ID and PUK codes.
pub fn code_rights(level: UserLevel, hidden: bool) -> CodeRights {
    match (level, hidden) {
        (UserLevel::Full, _) => {
            CodeRights { visible: true, add: true, copy: true, modify: true, remove: true, export: true }
        }
        (UserLevel::Partial | UserLevel::Limited, hidden) => CodeRights {
            visible: !hidden,
            add: true,
            copy: !hidden,
            modify: !hidden,
            remove: true,
            export: false,
        },
        (UserLevel::None, hidden) => CodeRights {
            visible: !hidden,
            add: false,
            copy: !hidden,
            modify: false,
            remove: false,
            export: false,
        },
    }
}

/// Whether documents' names are shown to a person of these rights ("Hide document names").
pub fn document_names_visible(rights: Rights, hidden: bool) -> bool {
    !hidden || rights == Rights::Administrator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usr_5_who_may_call_what() {
        use Rights::{Administrator, Cashier, Standard, Technician};
        let powers = |users, devices, server, reports| Powers { users, devices, server, reports };
        let all = Powers::default();
        let none = powers(UserLevel::None, false, false, false);
        let limited = Powers { users: UserLevel::Limited, ..none };
        let partial = Powers { users: UserLevel::Partial, ..none };
        let calls = [
            "Administration/UserShow",
            "Administration/PinSet",
            "Administration/UserAdd",
            "Administration/DeviceAdd",
            "Administration/SettingSet",
            "Tracking/List",
            "Money/Deposit",
            "Submission/DocumentSend",
            "No/Such",
        ];
        let rows = [
            (Standard, all, [false; 9]),
            (Technician, all, [true, false, false, true, false, false, false, false, false]),
            (Cashier, all, [true, false, false, false, false, false, true, false, false]),
            (Administrator, none, [true, false, false, false, false, false, false, false, false]),
            (Administrator, limited, [true, true, false, false, false, false, false, false, false]),
            (Administrator, partial, [true, true, true, false, false, false, true, false, false]),
            (
                Administrator,
                Powers { devices: true, ..none },
                [true, false, false, true, false, false, false, false, false],
            ),
            (
                Administrator,
                Powers { server: true, ..none },
                [true, false, false, false, true, false, false, false, false],
            ),
            (
                Administrator,
                Powers { reports: true, ..none },
                [true, false, false, false, false, true, false, false, false],
            ),
            (Administrator, all, [true, true, true, true, true, true, true, false, true]),
        ];
        for (rights, powers, expected) in rows {
            for (call, expected) in calls.into_iter().zip(expected) {
                let need = need(&format!("/papergate.any.v1.{call}"));
                assert_eq!(may_call(rights, powers, need), expected, "{rights:?} {powers:?} {call}");
            }
        }
        assert!(CALLS.is_sorted_by_key(|(call, _)| *call));
    }

    #[test]
    fn usr_5_hide_id_codes_as_in_the_table_of_the_guide() {
        let rows = [
            (UserLevel::Full, false, [true, true, true, true, true, true]),
            (UserLevel::Full, true, [true, true, true, true, true, true]),
            (UserLevel::Partial, false, [true, true, true, true, true, false]),
            (UserLevel::Partial, true, [false, true, false, false, true, false]),
            (UserLevel::Limited, false, [true, true, true, true, true, false]),
            (UserLevel::Limited, true, [false, true, false, false, true, false]),
            (UserLevel::None, false, [true, false, true, false, false, false]),
            (UserLevel::None, true, [false, false, false, false, false, false]),
        ];
        for (level, hidden, expected) in rows {
            let CodeRights { visible, add, copy, modify, remove, export } = code_rights(level, hidden);
            assert_eq!([visible, add, copy, modify, remove, export], expected, "{level:?} {hidden}");
        }
    }

    #[test]
    fn usr_5_document_names_are_hidden_from_all_but_administrators() {
        for (rights, hidden, expected) in [
            (Rights::Standard, false, true),
            (Rights::Technician, true, false),
            (Rights::Cashier, true, false),
            (Rights::Administrator, true, true),
        ] {
            assert_eq!(document_names_visible(rights, hidden), expected, "{rights:?} {hidden}");
        }
    }

    #[test]
    fn usr_5_only_full_rights_give_rights() {
        let rows = [
            (UserLevel::Full, Rights::Administrator, Rights::Standard, true),
            (UserLevel::Partial, Rights::Administrator, Rights::Standard, false),
            (UserLevel::Partial, Rights::Standard, Rights::Administrator, false),
            (UserLevel::Partial, Rights::Standard, Rights::Standard, true),
            (UserLevel::Limited, Rights::Cashier, Rights::Cashier, false),
        ];
        for (granter, wanted, before, expected) in rows {
            assert_eq!(may_grant(granter, wanted, before), expected, "{granter:?} {wanted:?}");
        }
    }

    #[test]
    fn powers_read_back() {
        let some = Powers { users: UserLevel::Limited, devices: true, server: false, reports: true };
        for powers in [Powers::default(), some] {
            assert_eq!(Powers::parse(&powers.as_text()), Some(powers));
        }
        assert_eq!(Powers::parse(""), Some(Powers::default()));
        assert_eq!(Powers::parse("half"), None);
        assert_eq!(Powers::parse("full kitchen"), None);
    }
}
