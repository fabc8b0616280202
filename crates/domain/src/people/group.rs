//! Groups of people (guide, "Groups"), and whose documents they share ("Group print").

use crate::status::Status;
use crate::text::{TextError, fold, free};

/// A group in the store.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GroupId(pub i64);

/// Longest name of a group that takes documents: it is a logon then.
pub const PRINT_NAME_MAX: usize = 20;
/// Longest name of any other.
pub const NAME_MAX: usize = 80;

/// A group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Group {
    /// Id in the store.
    pub id: GroupId,
    /// Unique among groups, logons and aliases of its domain.
    pub name: String,
    /// Empty for none.
    pub domain: String,
    /// Free text.
    pub description: String,
    /// Documents may be sent to the group.
    pub prints: bool,
    /// A document goes for all as soon as one member has collected it.
    pub print_once: bool,
    /// Everybody is a member.
    pub everybody: bool,
}

/// Checks a group's name for what the group is for; answers with the name as stored.
///
/// # Errors
/// [`TextError`] with the first rule broken.
pub fn group_name(name: &str, prints: bool) -> Result<String, TextError> {
    let what = "group name";
    let name = free(what, name, if prints { PRINT_NAME_MAX } else { NAME_MAX })?;
    match name.chars().find(|character| matches!(character, '/' | '\\')) {
        Some(character) => Err(TextError::BadCharacter { what, character }),
        None if name.is_empty() => Err(TextError::Empty { what }),
        None => Ok(name),
    }
}

/// What a name is in use as: logons, aliases and group names of a domain share one list of names.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NameTaken {
    /// Somebody's logon.
    #[error("the name is somebody's logon")]
    Logon,
    /// Somebody's alias.
    #[error("the name is somebody's alias")]
    Alias,
    /// A group's name.
    #[error("the name is a group's")]
    Group,
}

impl NameTaken {
    /// The code of the guide's table.
    pub fn status(self) -> Status {
        match self {
            Self::Logon => Status::LOGON_EXISTS,
            Self::Alias => Status::ALIAS_EXISTS,
            Self::Group => Status::GROUP_EXISTS,
        }
    }
}

/// The key by which names are compared within a domain.
pub fn name_key(name: &str) -> String {
    fold(name.trim())
}

/// How a person may see a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Their own.
    Owner,
    /// Sent to a group of theirs; `once` when the first to collect it takes it from all.
    Member {
        /// See [`Group::print_once`].
        once: bool,
    },
    /// Delegated to them.
    Delegate,
}

/// What becomes of a document that came out for somebody of this standing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AfterPrint {
    /// As for any document: it goes unless it is kept.
    AsUsual,
    /// It stays for the others and is gone for this person.
    GoneForThem,
}

/// What becomes of a document after somebody collected it. A group's document stays for the other members unless the
/// group says "print once"; a delegate's collecting counts as the owner's.
pub fn after_print(standing: Standing) -> AfterPrint {
    match standing {
        Standing::Member { once: false } => AfterPrint::GoneForThem,
        Standing::Owner | Standing::Delegate | Standing::Member { once: true } => AfterPrint::AsUsual,
    }
}

/// What becomes of a document that somebody of this standing deletes: only an owner deletes it for all.
pub fn after_delete(standing: Standing) -> AfterPrint {
    match standing {
        Standing::Owner => AfterPrint::AsUsual,
        Standing::Member { .. } | Standing::Delegate => AfterPrint::GoneForThem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usr_8_a_group_that_prints_has_a_short_name() {
        let what = "group name";
        let rows = [
            ("Sales", true, Ok("Sales")),
            (" Sales ", false, Ok("Sales")),
            ("Sales and Marketing EMEA", false, Ok("Sales and Marketing EMEA")),
            ("Sales and Marketing EMEA", true, Err(TextError::TooLong { what, max: 20 })),
            ("a/b", false, Err(TextError::BadCharacter { what, character: '/' })),
            ("a\\b", false, Err(TextError::BadCharacter { what, character: '\\' })),
            ("", false, Err(TextError::Empty { what })),
        ];
        for (name, prints, expected) in rows {
            assert_eq!(group_name(name, prints), expected.map(str::to_owned), "{name}");
        }
    }

    #[test]
    fn sub_12_what_becomes_of_a_shared_document() {
        use AfterPrint::{AsUsual, GoneForThem};
        let rows = [
            (Standing::Owner, AsUsual, AsUsual),
            (Standing::Delegate, AsUsual, GoneForThem),
            (Standing::Member { once: true }, AsUsual, GoneForThem),
            (Standing::Member { once: false }, GoneForThem, GoneForThem),
        ];
        for (standing, printed, deleted) in rows {
            assert_eq!((after_print(standing), after_delete(standing)), (printed, deleted), "{standing:?}");
        }
    }
}
