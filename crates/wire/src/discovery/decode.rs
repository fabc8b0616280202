//! Datagrams to values.

use super::encode::{
    HEADER_BYTES, KIND_ANSWER, KIND_REQUEST, MAGIC, TAG_END, TAG_FEATURE, TAG_GROUP, TAG_HOST, TAG_SOFTWARE,
    VERSION,
};
use super::limits::{DATAGRAM_BYTES, FEATURES_MAX};
use super::types::{Answer, Cookie, Datagram, Feature, Name, Request, Target};

/// Why a datagram is not one of this protocol. Nobody is told: an unwanted datagram gets no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// It does not begin as one.
    #[error("not a discovery datagram")]
    Foreign,
    /// A version nobody here knows.
    #[error("version {0} is not known")]
    Version(u8),
    /// Neither request nor answer.
    #[error("kind {0} is not known")]
    Kind(u8),
    /// Longer than [`DATAGRAM_BYTES`].
    #[error("longer than {DATAGRAM_BYTES} bytes")]
    TooLong,
    /// A request that could be shorter than its answer.
    #[error("a request of {0} bytes is shorter than an answer may be")]
    RequestShort(usize),
    /// A field reaches past the end.
    #[error("a field reaches past the end")]
    Truncated,
    /// A name is empty, too long, or not text.
    #[error("the value of field {0} is no name")]
    Name(u8),
    /// A field that may be there once is there twice.
    #[error("field {0} is there twice")]
    Twice(u8),
    /// An answer without group, host or software.
    #[error("field {0} is missing")]
    Missing(u8),
    /// More features than [`FEATURES_MAX`].
    #[error("more than {FEATURES_MAX} features")]
    Features,
    /// Port 0 cannot be connected to.
    #[error("a feature has no port")]
    Port,
}

/// Reads one datagram. Fields nobody knows are passed over.
///
/// # Errors
/// See [`Malformed`].
pub fn decode(bytes: &[u8]) -> Result<Datagram, Malformed> {
    if bytes.len() > DATAGRAM_BYTES {
        return Err(Malformed::TooLong);
    }
    let (header, fields) = bytes.split_at_checked(HEADER_BYTES).ok_or(Malformed::Foreign)?;
    if !header.starts_with(MAGIC) {
        return Err(Malformed::Foreign);
    }
    if header[4] != VERSION {
        return Err(Malformed::Version(header[4]));
    }
    let mut cookie = Cookie::default();
    cookie.copy_from_slice(&header[6..]);
    match header[5] {
        KIND_REQUEST if bytes.len() < DATAGRAM_BYTES => Err(Malformed::RequestShort(bytes.len())),
        KIND_REQUEST => Ok(Datagram::Request(request(cookie, &Fields::read(fields)?)?)),
        KIND_ANSWER => Ok(Datagram::Answer(Fields::read(fields)?.answer(cookie)?)),
        other => Err(Malformed::Kind(other)),
    }
}

fn request(cookie: Cookie, fields: &Fields) -> Result<Request, Malformed> {
    let target = match (&fields.group, &fields.host) {
        (None, None) => Target::Anyone,
        (Some(group), None) => Target::Group(group.clone()),
        (None, Some(host)) => Target::Host(host.clone()),
        (Some(_), Some(_)) => return Err(Malformed::Twice(TAG_HOST)),
    };
    Ok(Request { cookie, target })
}

#[derive(Default)]
struct Fields {
    group: Option<Name>,
    host: Option<Name>,
    software: Option<Name>,
    features: Vec<Feature>,
}

impl Fields {
    fn read(mut bytes: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Self::default();
        while let [tag, rest @ ..] = bytes {
            if *tag == TAG_END {
                break;
            }
            let (length, rest) = rest.split_first().ok_or(Malformed::Truncated)?;
            let (value, rest) = rest.split_at_checked(usize::from(*length)).ok_or(Malformed::Truncated)?;
            bytes = rest;
            match *tag {
                TAG_GROUP => once(&mut fields.group, *tag, value)?,
                TAG_HOST => once(&mut fields.host, *tag, value)?,
                TAG_SOFTWARE => once(&mut fields.software, *tag, value)?,
                TAG_FEATURE => {
                    let (port, value) = value.split_first_chunk().ok_or(Malformed::Truncated)?;
                    let port = u16::from_be_bytes(*port);
                    if port == 0 {
                        return Err(Malformed::Port);
                    }
                    if fields.features.len() == FEATURES_MAX {
                        return Err(Malformed::Features);
                    }
                    fields.features.push(Feature { name: name(*tag, value)?, port });
                }
                _ => {}
            }
        }
        Ok(fields)
    }

    fn answer(self, cookie: Cookie) -> Result<Answer, Malformed> {
        Ok(Answer {
            cookie,
            group: self.group.ok_or(Malformed::Missing(TAG_GROUP))?,
            host: self.host.ok_or(Malformed::Missing(TAG_HOST))?,
            software: self.software.ok_or(Malformed::Missing(TAG_SOFTWARE))?,
            features: self.features,
        })
    }
}

fn once(slot: &mut Option<Name>, tag: u8, value: &[u8]) -> Result<(), Malformed> {
    match slot.replace(name(tag, value)?) {
        None => Ok(()),
        Some(_) => Err(Malformed::Twice(tag)),
    }
}

fn name(tag: u8, value: &[u8]) -> Result<Name, Malformed> {
    std::str::from_utf8(value).ok().and_then(Name::parse).ok_or(Malformed::Name(tag))
}
