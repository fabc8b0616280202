//! People.

use crate::id::UserId;
use crate::people::unit::UnitId;
use crate::people::{Powers, Profile};
use crate::text::Logon;
use crate::time::Timestamp;

/// A person who owns documents.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    /// Id in the store.
    pub id: UserId,
    /// Unique without regard to case.
    pub logon: Logon,
    /// Windows domain; empty for none.
    pub domain: String,
    /// At most 80 characters.
    pub full_name: String,
    /// At most 80 characters.
    pub email: String,
    /// At most 80 characters.
    pub description: String,
    /// At most 50 characters.
    pub cost_code: String,
    /// What the person may do beside printing.
    pub rights: Rights,
    /// Logins that failed since the last that did not.
    pub failed_logins: i32,
    /// Cannot log in: set by an administrator, or by too many failed logins.
    pub prevent_login: bool,
    /// All documents are printed as soon as the person logs in.
    pub print_all_at_login: bool,
    /// Has a PIN, which is then asked for with a card or code.
    pub has_pin: bool,
    /// Has a password.
    pub has_password: bool,
    /// When the person was added.
    pub created: Timestamp,
    /// Organisational unit; the root when in none.
    pub unit: UnitId,
    /// The other properties.
    pub profile: Profile,
    /// What an administrator may do.
    pub powers: Powers,
    /// Has an open PUK.
    pub has_puk: bool,
}

impl User {
    /// Whether restricted access does not apply (guide, "Devices with restricted access").
    pub fn is_exempt_from_restriction(&self) -> bool {
        matches!(self.rights, Rights::Technician | Rights::Administrator)
    }
}

/// What a person may do (guide, "Rights").
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Rights {
    /// Prints.
    #[default]
    Standard,
    /// Sets up devices.
    Technician,
    /// Takes deposits.
    Cashier,
    /// Everything.
    Administrator,
}

impl Rights {
    /// The word of the guide, as stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Technician => "technician",
            Self::Cashier => "cashier",
            Self::Administrator => "administrator",
        }
    }

    /// Reads what [`Rights::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Standard, Self::Technician, Self::Cashier, Self::Administrator]
            .into_iter()
            .find(|rights| rights.as_str() == text)
    }
}

/// Whom a logon names when people of several domains share it: the one of the domain that was told; else
/// the one without a domain; else, when no domain was told, the only one there is. Somebody of another
/// domain than the one told is never meant.
pub fn choose<'a, T>(candidates: &'a [T], user: impl Fn(&T) -> &User, domain: &str) -> Option<&'a T> {
    let domain = crate::text::fold(domain);
    let of_domain = |wanted: &str| {
        candidates.iter().find(|candidate| crate::text::fold(&user(candidate).domain) == wanted)
    };
    of_domain(&domain).or_else(|| of_domain("")).or(match candidates {
        [only] if domain.is_empty() => Some(only),
        _ => None,
    })
}

/// Limits of the guide ("Import users"), in characters.
pub mod limits {
    /// Full name, description, e-mail.
    pub const TEXT_MAX: usize = 80;
    /// Cost code.
    pub const COST_CODE_MAX: usize = 50;
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn user(domain: &str) -> User {
        person("ann", domain)
    }

    pub(crate) fn person(logon: &str, domain: &str) -> User {
        User {
            id: UserId(1),
            logon: Logon::parse(logon).unwrap(),
            domain: domain.into(),
            full_name: String::new(),
            email: String::new(),
            description: String::new(),
            cost_code: String::new(),
            rights: Rights::Standard,
            failed_logins: 0,
            prevent_login: false,
            print_all_at_login: false,
            has_pin: false,
            has_password: false,
            created: Timestamp(0),
            unit: UnitId(0),
            profile: Profile::default(),
            powers: Powers::default(),
            has_puk: false,
        }
    }

    #[test]
    fn the_domain_decides_who_is_meant() {
        let rows: [(&[&str], &str, Option<&str>); 9] = [
            (&[], "", None),
            (&["CORP"], "corp", Some("CORP")),
            (&["CORP"], "", Some("CORP")),
            (&["CORP"], "LAB", None),
            (&["CORP", "LAB"], "", None),
            (&["CORP", "LAB"], "lab", Some("LAB")),
            (&["", "LAB"], "lab", Some("LAB")),
            (&["", "LAB"], "", Some("")),
            (&["", "LAB"], "other", Some("")),
        ];
        for (domains, told, expected) in rows {
            let users: Vec<User> = domains.iter().map(|domain| user(domain)).collect();
            let chosen = choose(&users, |user| user, told).map(|user| user.domain.as_str());
            assert_eq!(chosen, expected, "{domains:?} {told}");
        }
    }
}
