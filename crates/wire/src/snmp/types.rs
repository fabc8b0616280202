//! Messages and what is in them, in the words of RFC 3416.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use super::limits::ARCS_MAX;

/// The version of a message, with its number on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version {
    /// RFC 1157.
    V1 = 0,
    /// RFC 1901: the community of version 1 with the operations of RFC 3416.
    V2c = 1,
}

/// The name of an object: arcs from the root. It sorts as the tree is walked.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Oid(Vec<u32>);

impl std::borrow::Borrow<[u32]> for Oid {
    fn borrow(&self) -> &[u32] {
        &self.0
    }
}

impl Oid {
    /// An identifier of these arcs.
    ///
    /// # Errors
    /// [`NotAnOid`] when it has fewer than two or more than 128 arcs, or does not start as every identifier must (0, 1
    /// or 2, and below the first two at most 39; X.690, section 8.19.4).
    pub fn new(arcs: impl Into<Vec<u32>>) -> Result<Self, NotAnOid> {
        let arcs = arcs.into();
        let sound = match arcs[..] {
            [0 | 1, second, ..] => second < 40,
            [2, second, ..] => second <= u32::MAX - 80,
            _ => false,
        };
        if sound && arcs.len() <= ARCS_MAX { Ok(Self(arcs)) } else { Err(NotAnOid) }
    }

    /// The arcs.
    #[must_use]
    pub fn arcs(&self) -> &[u32] {
        &self.0
    }

    /// Whether it is `root` or below it.
    #[must_use]
    pub fn is_under(&self, root: &[u32]) -> bool {
        self.0.starts_with(root)
    }
}

/// Text or arcs are no object identifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an object identifier; one looks like 1.3.6.1.2.1.1.1.0")]
pub struct NotAnOid;

impl FromStr for Oid {
    type Err = NotAnOid;

    fn from_str(text: &str) -> Result<Self, NotAnOid> {
        let text = text.strip_prefix('.').unwrap_or(text);
        let arcs: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        Self::new(arcs.map_err(|_| NotAnOid)?)
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, arc) in self.0.iter().enumerate() {
            write!(f, "{}{arc}", if at == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The value of an object (RFC 3416, section 3, `ObjectSyntax`), or why there is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// `INTEGER`, `Integer32`.
    Integer(i32),
    /// `OCTET STRING`.
    OctetString(Bytes),
    /// What a question has in the place of a value.
    Null,
    /// `OBJECT IDENTIFIER`.
    ObjectId(Oid),
    /// `IpAddress`: IPv4 only.
    IpAddress([u8; 4]),
    /// `Counter32`: grows, and starts again from 0 after 4,294,967,295.
    Counter32(u32),
    /// `Gauge32`, `Unsigned32`.
    Gauge32(u32),
    /// `TimeTicks`: hundredths of a second.
    TimeTicks(u32),
    /// `Opaque`.
    Opaque(Bytes),
    /// `Counter64`: version 2c only.
    Counter64(u64),
    /// `noSuchObject`: version 2c only.
    NoSuchObject,
    /// `noSuchInstance`: version 2c only.
    NoSuchInstance,
    /// `endOfMibView`: version 2c only.
    EndOfMibView,
}

impl Value {
    /// Text as an octet string.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::OctetString(Bytes::copy_from_slice(text.as_bytes()))
    }

    /// A number of any of the numeric types.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(i64::from(*number)),
            Self::Counter32(number) | Self::Gauge32(number) | Self::TimeTicks(number) => {
                Some(i64::from(*number))
            }
            Self::Counter64(number) => i64::try_from(*number).ok(),
            Self::OctetString(_)
            | Self::Null
            | Self::ObjectId(_)
            | Self::IpAddress(_)
            | Self::Opaque(_)
            | Self::NoSuchObject
            | Self::NoSuchInstance
            | Self::EndOfMibView => None,
        }
    }

    /// An octet string as text, undecodable octets replaced.
    #[must_use]
    pub fn string(&self) -> Option<String> {
        let Self::OctetString(octets) = self else { return None };
        Some(String::from_utf8_lossy(octets).into_owned())
    }

    /// Whether this is one of the three ways to say that there is no value.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::NoSuchObject | Self::NoSuchInstance | Self::EndOfMibView)
    }
}

/// An object and its value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VarBind {
    /// Which.
    pub name: Oid,
    /// What.
    pub value: Value,
}

/// What a message asks or says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    /// The values of these objects.
    Get,
    /// The values of the objects that follow these in the tree.
    GetNext,
    /// Many steps of [`GetNext`](Self::GetNext) at once; version 2c only (RFC 3416, section 4.2.3).
    GetBulk {
        /// How many of the first variables are asked for once.
        non_repeaters: i32,
        /// How many steps are made with the others.
        max_repetitions: i32,
    },
    /// Change these objects.
    Set,
    /// The answer.
    Response {
        /// How it went.
        status: ErrorStatus,
        /// Which variable went wrong, from 1; 0 when none in particular.
        index: i32,
    },
}

/// How a request went (`error-status`, RFC 3416, section 3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ErrorStatus {
    /// Well.
    NoError,
    /// The answer would not fit a datagram.
    TooBig,
    /// There is no such object (version 1).
    NoSuchName,
    /// Nothing else fits.
    GenErr,
    /// The object cannot be changed.
    NotWritable,
    /// Any other, by its number.
    Other(i32),
}

impl ErrorStatus {
    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::NoError => 0,
            Self::TooBig => 1,
            Self::NoSuchName => 2,
            Self::GenErr => 5,
            Self::NotWritable => 17,
            Self::Other(code) => code,
        }
    }

    /// The status with this number.
    #[must_use]
    pub fn of(code: i32) -> Self {
        match code {
            0 => Self::NoError,
            1 => Self::TooBig,
            2 => Self::NoSuchName,
            5 => Self::GenErr,
            17 => Self::NotWritable,
            other => Self::Other(other),
        }
    }
}

/// An operation on variables.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pdu {
    /// Chosen by who asks; the answer carries the same.
    pub request_id: i32,
    /// What is asked or said.
    pub operation: Operation,
    /// About which objects.
    pub bindings: Vec<VarBind>,
}

/// A datagram.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Which edition of the protocol.
    pub version: Version,
    /// The word that an agent wants to hear.
    pub community: Bytes,
    /// The rest.
    pub pdu: Pdu,
}
