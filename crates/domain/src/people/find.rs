//! Finding people (guide, "Find users"): free text without regard to case, in one field or in all. ID codes are not
//! searched here: one is found whole and exact, by its hash.

use crate::text::fold;
use crate::user::User;

/// What is looked for; empty fields do not filter.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query {
    /// Anywhere in logon, name, e-mail, description or cost code.
    pub anywhere: String,
    /// In the logon.
    pub logon: String,
    /// In the full name.
    pub full_name: String,
    /// In the e-mail address.
    pub email: String,
    /// In the description.
    pub description: String,
    /// In the cost code.
    pub cost_code: String,
    /// In the domain.
    pub domain: String,
    /// In the home server.
    pub home_server: String,
    /// Only people who cannot, or can, log in.
    pub prevent_login: Option<bool>,
}

const SEPARATOR: char = '\u{1f}';

/// What a store searches in: the searched fields, folded, parted by U+001F, which no field contains.
pub fn search_key(user: &User) -> String {
    let fields = [user.logon.as_str(), &user.full_name, &user.email, &user.description, &user.cost_code];
    key_of(fields)
}

/// As [`search_key`], of the fields logon, full name, e-mail, description, cost code.
pub fn key_of(fields: [&str; 5]) -> String {
    fold(&fields.join("\u{1f}"))
}

impl Query {
    /// The longest text that the search key of everybody found contains; empty when nothing is looked for there.
    /// A store uses it to leave out most people; [`Query::matches`] decides.
    pub fn needle(&self) -> String {
        let keyed =
            [&self.anywhere, &self.logon, &self.full_name, &self.email, &self.description, &self.cost_code];
        let longest = keyed.into_iter().max_by_key(|text| text.trim().len());
        longest.map(|text| fold(text.trim()).replace(SEPARATOR, "")).unwrap_or_default()
    }

    /// Whether the person is found.
    pub fn matches(&self, user: &User) -> bool {
        let in_field = |wanted: &str, field: &str| {
            let wanted = wanted.trim();
            wanted.is_empty() || fold(field).contains(&fold(wanted))
        };
        let fields = [user.logon.as_str(), &user.full_name, &user.email, &user.description, &user.cost_code];
        (self.anywhere.trim().is_empty() || fields.iter().any(|field| in_field(&self.anywhere, field)))
            && in_field(&self.logon, user.logon.as_str())
            && in_field(&self.full_name, &user.full_name)
            && in_field(&self.email, &user.email)
            && in_field(&self.description, &user.description)
            && in_field(&self.cost_code, &user.cost_code)
            && in_field(&self.domain, &user.domain)
            && in_field(&self.home_server, &user.profile.home_server)
            && self.prevent_login.is_none_or(|wanted| wanted == user.prevent_login)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::tests::person;

    #[test]
    fn usr_15_find_is_by_field_and_without_case() {
        let user = User {
            full_name: "Åsa Öberg".into(),
            email: "asa@example.com".into(),
            cost_code: "A1".into(),
            ..person("JS", "CORP")
        };
        let none = Query::default();
        let rows = [
            (none.clone(), true),
            (Query { anywhere: "åSA".into(), ..none.clone() }, true),
            (Query { anywhere: "js".into(), ..none.clone() }, true),
            (Query { anywhere: "s\u{1f}å".into(), ..none.clone() }, false),
            (Query { full_name: "öberg".into(), logon: "j".into(), ..none.clone() }, true),
            (Query { full_name: "js".into(), ..none.clone() }, false),
            (Query { domain: "corp".into(), ..none.clone() }, true),
            (Query { domain: "lab".into(), ..none.clone() }, false),
            (Query { prevent_login: Some(true), ..none.clone() }, false),
            (Query { email: " EXAMPLE ".into(), cost_code: "a1".into(), ..none }, true),
        ];
        for (query, expected) in rows {
            assert_eq!(query.matches(&user), expected, "{query:?}");
            if expected {
                assert!(search_key(&user).contains(&query.needle()), "{query:?}");
            }
        }
    }
}
