//! What is asked and told.

use std::fmt;

use super::limits::NAME_BYTES_MAX;

/// Chosen by the asker and repeated in the answer, so that an answer to somebody else is no answer.
pub type Cookie = [u8; 8];

/// Either side's datagram.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Datagram {
    /// Who is there?
    Request(Request),
    /// I am.
    Answer(Answer),
}

/// Who is there?
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Repeated in the answer.
    pub cookie: Cookie,
    /// Who is meant.
    pub target: Target,
}

/// Who is meant by a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// Whoever hears it.
    Anyone,
    /// The servers of one group.
    Group(Name),
    /// The server with this host name.
    Host(Name),
}

impl Request {
    /// Whether a server of `group` on `host` is meant; names are compared without regard to ASCII case.
    pub fn concerns(&self, group: &Name, host: &Name) -> bool {
        match &self.target {
            Target::Anyone => true,
            Target::Group(wanted) => wanted.same(group),
            Target::Host(wanted) => wanted.same(host),
        }
    }
}

/// A server tells who it is and what runs there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// That of the request.
    pub cookie: Cookie,
    /// The server's group.
    pub group: Name,
    /// Its host name.
    pub host: Name,
    /// Product and version.
    pub software: Name,
    /// What runs and serves at this moment; at most [`super::limits::FEATURES_MAX`].
    pub features: Vec<Feature>,
}

/// Something that runs and can be connected to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Feature {
    /// Server and listener: `jobserver/clients`.
    pub name: Name,
    /// Its port at the address the answer came from.
    pub port: u16,
}

/// A word of 1 to [`NAME_BYTES_MAX`] bytes of UTF-8 without control characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name(String);

impl Name {
    /// `None` when `text` is empty, too long, or has control characters.
    pub fn parse(text: &str) -> Option<Self> {
        let proper = !text.is_empty() && text.len() <= NAME_BYTES_MAX && !text.contains(char::is_control);
        proper.then(|| Self(text.to_owned()))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn same(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
