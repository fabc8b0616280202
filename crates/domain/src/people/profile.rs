//! A person's properties beside name and rights (guide, "User properties"), and what new people inherit
//! ("Default user").

use super::access::Access;
use crate::charge::CostControl;
use crate::money::Money;
use crate::text::{TextError, free};

/// Whether costs are billed to clients (guide, "Bill clients for cost").
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Billing {
    /// No.
    #[default]
    No,
    /// A billing code may be chosen.
    Yes,
    /// Only from the person's own list: "Restrict choice of billing code".
    Restricted,
}

macro_rules! words {
    ($kind:ident { $($variant:ident $word:literal $export:literal)* }) => {
        impl $kind {
            /// The word for commands, JSON and the store.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The word of the guide's exports.
            pub fn as_export(self) -> &'static str {
                match self { $(Self::$variant => $export,)* }
            }

            /// Reads what [`Self::as_str`] or [`Self::as_export`] writes.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word | $export => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words!(Billing { No "no" "No" Yes "yes" "Yes" Restricted "restricted" "Yes_Restrict" });

/// Longest home folder and home server, characters.
pub const PLACE_MAX: usize = 255;

/// Properties. The default is the guide's factory default.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Profile {
    /// Server that keeps the person's documents; empty until the first contact.
    pub home_server: String,
    /// Personal network folder, for scans.
    pub home_folder: String,
    /// What must stay on the account of somebody who pays.
    pub low_limit: Money,
    /// No PIN is asked for, even when there is one.
    pub login_without_pin: bool,
    /// Import the person came from; 0: added by hand.
    pub source: i64,
    /// Costs are billed to clients.
    pub billing: Billing,
    /// Documents are encrypted on their way to the device where it can.
    pub encrypt: bool,
    /// Documents may be kept after printing.
    pub allow_retain: bool,
    /// Black and white or duplex may be forced at the panel.
    pub change_settings: bool,
    /// How printing is accounted.
    pub cost_control: CostControl,
    /// Functions of devices that are denied.
    pub access: Access,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            home_server: String::new(),
            home_folder: String::new(),
            low_limit: Money::ZERO,
            login_without_pin: false,
            source: 0,
            billing: Billing::No,
            encrypt: false,
            allow_retain: true,
            change_settings: true,
            cost_control: CostControl::default(),
            access: Access::ALL,
        }
    }
}

/// What changes; `None` leaves it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProfileChange {
    /// See [`Profile`].
    pub home_server: Option<String>,
    /// See [`Profile`].
    pub home_folder: Option<String>,
    /// See [`Profile`].
    pub low_limit: Option<Money>,
    /// See [`Profile`].
    pub login_without_pin: Option<bool>,
    /// See [`Profile`].
    pub billing: Option<Billing>,
    /// See [`Profile`].
    pub encrypt: Option<bool>,
    /// See [`Profile`].
    pub allow_retain: Option<bool>,
    /// See [`Profile`].
    pub change_settings: Option<bool>,
    /// See [`Profile`].
    pub cost_control: Option<CostControl>,
    /// See [`Profile`].
    pub access: Option<Access>,
}

impl ProfileChange {
    /// The profile after the change.
    ///
    /// # Errors
    /// [`TextError`] when a text is too long or has control characters.
    pub fn apply(&self, profile: &Profile) -> Result<Profile, TextError> {
        let text = |what, new: &Option<String>, old: &String| match new {
            Some(new) => free(what, new, PLACE_MAX),
            None => Ok(old.clone()),
        };
        Ok(Profile {
            home_server: text("home server", &self.home_server, &profile.home_server)?,
            home_folder: text("home folder", &self.home_folder, &profile.home_folder)?,
            low_limit: self.low_limit.unwrap_or(profile.low_limit),
            login_without_pin: self.login_without_pin.unwrap_or(profile.login_without_pin),
            source: profile.source,
            billing: self.billing.unwrap_or(profile.billing),
            encrypt: self.encrypt.unwrap_or(profile.encrypt),
            allow_retain: self.allow_retain.unwrap_or(profile.allow_retain),
            change_settings: self.change_settings.unwrap_or(profile.change_settings),
            cost_control: self.cost_control.unwrap_or(profile.cost_control),
            access: self.access.unwrap_or(profile.access),
        })
    }
}

/// How a person comes into being.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Birth {
    /// An administrator adds them: the server they are added to becomes their home server.
    ByHand,
    /// Their first document adds them: home is the primary server.
    FirstPrint,
    /// An import adds them: home is wherever they come first.
    Import,
}

/// The profile a new person begins with: the default user's, or the factory's when there is none. What is not
/// inherited (home folder, source, prevent login, credit, rights) is as the factory has it.
pub fn inherit(default_user: Option<&Profile>, birth: Birth, this_server: &str) -> Profile {
    let factory = Profile::default();
    let from = default_user.unwrap_or(&factory);
    Profile {
        home_server: match birth {
            Birth::ByHand | Birth::FirstPrint => this_server.to_owned(),
            Birth::Import => String::new(),
        },
        home_folder: String::new(),
        source: 0,
        low_limit: from.low_limit,
        login_without_pin: from.login_without_pin,
        billing: from.billing,
        encrypt: from.encrypt,
        allow_retain: from.allow_retain,
        change_settings: from.change_settings,
        cost_control: from.cost_control,
        access: from.access,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usr_7_a_new_person_inherits_the_table_of_the_guide() {
        let default_user = Profile {
            home_server: "elsewhere".into(),
            home_folder: "//files/default".into(),
            low_limit: Money(50_000),
            login_without_pin: true,
            source: 4,
            billing: Billing::Restricted,
            encrypt: true,
            allow_retain: false,
            change_settings: true,
            cost_control: CostControl::Pay,
            access: Access(3),
        };
        for (birth, home) in [(Birth::ByHand, "here"), (Birth::FirstPrint, "here"), (Birth::Import, "")] {
            let inherited = inherit(Some(&default_user), birth, "here");
            let expected = Profile {
                home_server: home.into(),
                home_folder: String::new(),
                source: 0,
                ..default_user.clone()
            };
            assert_eq!(inherited, expected, "{birth:?}");
            let factory = Profile { home_server: home.into(), ..Profile::default() };
            assert_eq!(inherit(None, birth, "here"), factory, "{birth:?}");
        }
        let factory = Profile::default();
        assert!(factory.allow_retain && !factory.encrypt && !factory.login_without_pin);
        assert_eq!((factory.cost_control, factory.access), (CostControl::Tracking, Access::ALL));
    }

    #[test]
    fn usr_15_a_change_leaves_what_it_does_not_name() {
        let profile = Profile { home_folder: "//a".into(), encrypt: true, ..Profile::default() };
        let change = ProfileChange { home_server: Some(" b ".into()), ..ProfileChange::default() };
        let changed = change.apply(&profile).unwrap();
        assert_eq!(changed, Profile { home_server: "b".into(), ..profile.clone() });
        let long = ProfileChange { home_folder: Some("x".repeat(256)), ..ProfileChange::default() };
        assert_eq!(long.apply(&profile), Err(TextError::TooLong { what: "home folder", max: 255 }));
    }

    #[test]
    fn words_read_back_in_both_spellings() {
        for control in CostControl::ALL {
            assert_eq!(CostControl::parse(control.as_str()), Some(control));
            assert_eq!(CostControl::parse(control.accounting_model()), Some(control));
        }
        for billing in [Billing::No, Billing::Yes, Billing::Restricted] {
            assert_eq!(Billing::parse(billing.as_str()), Some(billing));
            assert_eq!(Billing::parse(billing.as_export()), Some(billing));
        }
        assert_eq!(CostControl::parse("free"), None);
    }
}
