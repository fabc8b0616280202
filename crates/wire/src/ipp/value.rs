//! Messages, groups, attributes and values, with typed access.

use std::borrow::Cow;

use bytes::Bytes;

use super::code::{Operation, Status};

/// Text that is either fixed in the program or came from the peer.
pub type Text = Cow<'static, str>;

/// version-number (RFC 8010, section 3.4.1).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version {
    /// Incompatible when different.
    pub major: u8,
    /// Compatible additions.
    pub minor: u8,
}

impl Version {
    /// IPP/1.1 (RFC 8011).
    pub const V1_1: Self = Self { major: 1, minor: 1 };
    /// IPP/2.0 (PWG 5100.12).
    pub const V2_0: Self = Self { major: 2, minor: 0 };
    /// IPP/2.1 (PWG 5100.12).
    pub const V2_1: Self = Self { major: 2, minor: 1 };
}

/// One IPP request or response, without the document that may follow it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Version spoken by the sender.
    pub version: Version,
    /// operation-id in a request, status-code in a response.
    pub code: u16,
    /// request-id; 1 to 2^31-1 in a correct request.
    pub request_id: u32,
    /// Attribute groups in their order.
    pub groups: Vec<Group>,
}

/// Delimiter tag that begins a group (RFC 8010, section 3.5.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GroupTag {
    /// operation-attributes-tag
    Operation,
    /// job-attributes-tag
    Job,
    /// printer-attributes-tag
    Printer,
    /// unsupported-attributes-tag
    Unsupported,
    /// subscription-attributes-tag (RFC 3995)
    Subscription,
    /// event-notification-attributes-tag (RFC 3995)
    EventNotification,
    /// resource-attributes-tag (PWG 5100.22)
    Resource,
    /// document-attributes-tag (PWG 5100.5)
    Document,
    /// system-attributes-tag (PWG 5100.22)
    System,
    /// Any other delimiter, kept so that a receiver can ignore the group as the RFC demands.
    Other(u8),
}

impl GroupTag {
    /// The group begun by `tag`; `None` when the tag begins none (0x00, 0x03 and values).
    #[must_use]
    pub const fn from_code(tag: u8) -> Option<Self> {
        Some(match tag {
            0x01 => Self::Operation,
            0x02 => Self::Job,
            0x04 => Self::Printer,
            0x05 => Self::Unsupported,
            0x06 => Self::Subscription,
            0x07 => Self::EventNotification,
            0x08 => Self::Resource,
            0x09 => Self::Document,
            0x0a => Self::System,
            0x0b..=0x0f => Self::Other(tag),
            _ => return None,
        })
    }

    /// The octet that travels.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Operation => 0x01,
            Self::Job => 0x02,
            Self::Printer => 0x04,
            Self::Unsupported => 0x05,
            Self::Subscription => 0x06,
            Self::EventNotification => 0x07,
            Self::Resource => 0x08,
            Self::Document => 0x09,
            Self::System => 0x0a,
            Self::Other(tag) => tag,
        }
    }
}

/// A group of attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What the attributes describe.
    pub tag: GroupTag,
    /// The attributes in their order; a correct group names each once.
    pub attributes: Vec<Attribute>,
}

/// An attribute, or a member of a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The keyword that names it.
    pub name: Text,
    /// One value, or several for a `1setOf`; a decoded attribute has at least one.
    pub values: Vec<Value>,
}

/// One value with its syntax (RFC 8010, section 3.9).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// out-of-band `unsupported`
    Unsupported,
    /// out-of-band `unknown`
    Unknown,
    /// out-of-band `no-value`
    NoValue,
    /// out-of-band `not-settable` (RFC 3380)
    NotSettable,
    /// out-of-band `delete-attribute` (RFC 3380)
    DeleteAttribute,
    /// out-of-band `admin-define` (RFC 3380)
    AdminDefine,
    /// `integer`
    Integer(i32),
    /// `boolean`
    Boolean(bool),
    /// `enum`
    Enum(i32),
    /// `octetString`
    OctetString(Bytes),
    /// `dateTime`
    DateTime(DateTime),
    /// `resolution`
    Resolution(Resolution),
    /// `rangeOfInteger`: lower and upper bound, both included
    Range(i32, i32),
    /// `collection`: its members
    Collection(Vec<Attribute>),
    /// `textWithLanguage`
    TextWithLanguage {
        /// Natural language tag.
        language: Text,
        /// The text itself.
        text: Text,
    },
    /// `nameWithLanguage`
    NameWithLanguage {
        /// Natural language tag.
        language: Text,
        /// The name itself.
        name: Text,
    },
    /// `textWithoutLanguage`
    Text(Text),
    /// `nameWithoutLanguage`
    Name(Text),
    /// `keyword`
    Keyword(Text),
    /// `uri`
    Uri(Text),
    /// `uriScheme`
    UriScheme(Text),
    /// `charset`
    Charset(Text),
    /// `naturalLanguage`
    NaturalLanguage(Text),
    /// `mimeMediaType`
    MimeMediaType(Text),
    /// A syntax not known here, kept as it came.
    Other {
        /// The value tag, 0x10 or greater.
        tag: u8,
        /// The octets of the value.
        bytes: Bytes,
    },
}

/// RFC 2579 `DateAndTime`, 11 octets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DateTime(pub [u8; 11]);

impl DateTime {
    /// The instant `seconds` after the epoch in UTC, with tenths of a second 0-9.
    #[must_use]
    pub fn from_unix(seconds: i64, deciseconds: u8) -> Self {
        let days = seconds.div_euclid(86_400);
        let second = seconds.rem_euclid(86_400);
        // Days since 0000-03-01, so that the leap day ends the year; 146,097 days are 400 years.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_index + 2) / 5 + 1;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        let year = (year_of_era + era * 400 + i64::from(month <= 2)).clamp(0, 65_535) as u16;
        let [year_high, year_low] = year.to_be_bytes();
        Self([
            year_high,
            year_low,
            month as u8,
            day as u8,
            (second / 3_600) as u8,
            (second / 60 % 60) as u8,
            (second % 60) as u8,
            deciseconds.min(9),
            b'+',
            0,
            0,
        ])
    }
}

/// Printing resolution (RFC 8011, section 5.1.16).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Resolution {
    /// Cross-feed direction.
    pub cross_feed: i32,
    /// Feed direction.
    pub feed: i32,
    /// Unit of both.
    pub units: Units,
}

impl Resolution {
    /// The same dots per inch in both directions.
    #[must_use]
    pub const fn dpi(dots: i32) -> Self {
        Self { cross_feed: dots, feed: dots, units: Units::DotsPerInch }
    }
}

/// Units of a resolution.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Units {
    /// 3
    DotsPerInch,
    /// 4
    DotsPerCm,
    /// Not registered, kept as it came.
    Other(u8),
}

impl Message {
    /// A request for `operation`.
    #[must_use]
    pub const fn request(version: Version, operation: Operation, request_id: u32) -> Self {
        Self { version, code: operation.code(), request_id, groups: Vec::new() }
    }

    /// A response with `status`.
    #[must_use]
    pub const fn response(version: Version, status: Status, request_id: u32) -> Self {
        Self { version, code: status.code(), request_id, groups: Vec::new() }
    }

    /// The operation asked for; `None` when not known here.
    #[must_use]
    pub const fn operation(&self) -> Option<Operation> {
        Operation::from_code(self.code)
    }

    /// The first group of `tag`.
    #[must_use]
    pub fn group(&self, tag: GroupTag) -> Option<&Group> {
        self.groups.iter().find(|group| group.tag == tag)
    }

    /// Every group of `tag`, e.g. one per job in a Get-Jobs response.
    pub fn groups_of(&self, tag: GroupTag) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |group| group.tag == tag)
    }

    /// The attribute `name` of the first group of `tag`.
    #[must_use]
    pub fn attribute(&self, tag: GroupTag, name: &str) -> Option<&Attribute> {
        self.group(tag).and_then(|group| group.get(name))
    }
}

impl Group {
    /// An empty group.
    #[must_use]
    pub const fn new(tag: GroupTag) -> Self {
        Self { tag, attributes: Vec::new() }
    }

    /// Adds an attribute with one value.
    #[must_use]
    pub fn with(mut self, name: impl Into<Text>, value: Value) -> Self {
        self.attributes.push(Attribute::new(name, value));
        self
    }

    /// Adds an attribute with several values; adds nothing when there are none.
    #[must_use]
    pub fn with_all(mut self, name: impl Into<Text>, values: Vec<Value>) -> Self {
        if !values.is_empty() {
            self.attributes.push(Attribute { name: name.into(), values });
        }
        self
    }

    /// The attribute `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }

    /// First value of `name` as an integer or enum.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i32> {
        self.get(name)?.first()?.as_integer()
    }

    /// First value of `name` as a boolean.
    #[must_use]
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name)?.first()?.as_boolean()
    }

    /// First value of `name` as text of any string syntax.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.first()?.as_text()
    }

    /// Every value of `name` that is text of any string syntax.
    pub fn texts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.get(name).into_iter().flat_map(|attribute| attribute.values.iter().filter_map(Value::as_text))
    }
}

/// The attribute `name` among `attributes`, e.g. the members of a collection.
#[must_use]
pub fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name == name)
}

impl Attribute {
    /// An attribute with one value.
    #[must_use]
    pub fn new(name: impl Into<Text>, value: Value) -> Self {
        Self { name: name.into(), values: vec![value] }
    }

    /// The first value.
    #[must_use]
    pub fn first(&self) -> Option<&Value> {
        self.values.first()
    }
}

impl Value {
    /// A keyword.
    pub fn keyword(text: impl Into<Text>) -> Self {
        Self::Keyword(text.into())
    }

    /// A name without language.
    pub fn name(text: impl Into<Text>) -> Self {
        Self::Name(text.into())
    }

    /// A text without language.
    pub fn text(text: impl Into<Text>) -> Self {
        Self::Text(text.into())
    }

    /// A URI.
    pub fn uri(text: impl Into<Text>) -> Self {
        Self::Uri(text.into())
    }

    /// A media type.
    pub fn mime(text: impl Into<Text>) -> Self {
        Self::MimeMediaType(text.into())
    }

    /// Keywords, in order.
    pub fn keywords<T: Into<Text>>(texts: impl IntoIterator<Item = T>) -> Vec<Self> {
        texts.into_iter().map(Self::keyword).collect()
    }

    /// The number of an integer or enum.
    #[must_use]
    pub const fn as_integer(&self) -> Option<i32> {
        match self {
            Self::Integer(number) | Self::Enum(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth of a boolean.
    #[must_use]
    pub const fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The characters of any string syntax, without the language.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text)
            | Self::Name(text)
            | Self::Keyword(text)
            | Self::Uri(text)
            | Self::UriScheme(text)
            | Self::Charset(text)
            | Self::NaturalLanguage(text)
            | Self::MimeMediaType(text)
            | Self::TextWithLanguage { text, .. }
            | Self::NameWithLanguage { name: text, .. } => Some(text),
            _ => None,
        }
    }

    /// The members of a collection.
    #[must_use]
    pub fn as_collection(&self) -> Option<&[Attribute]> {
        match self {
            Self::Collection(members) => Some(members),
            _ => None,
        }
    }

    /// The value tag that travels (RFC 8010, section 3.5.2).
    #[must_use]
    pub const fn tag(&self) -> u8 {
        match self {
            Self::Unsupported => tag::UNSUPPORTED,
            Self::Unknown => tag::UNKNOWN,
            Self::NoValue => tag::NO_VALUE,
            Self::NotSettable => tag::NOT_SETTABLE,
            Self::DeleteAttribute => tag::DELETE_ATTRIBUTE,
            Self::AdminDefine => tag::ADMIN_DEFINE,
            Self::Integer(_) => tag::INTEGER,
            Self::Boolean(_) => tag::BOOLEAN,
            Self::Enum(_) => tag::ENUM,
            Self::OctetString(_) => tag::OCTET_STRING,
            Self::DateTime(_) => tag::DATE_TIME,
            Self::Resolution(_) => tag::RESOLUTION,
            Self::Range(..) => tag::RANGE,
            Self::Collection(_) => tag::BEGIN_COLLECTION,
            Self::TextWithLanguage { .. } => tag::TEXT_WITH_LANGUAGE,
            Self::NameWithLanguage { .. } => tag::NAME_WITH_LANGUAGE,
            Self::Text(_) => tag::TEXT,
            Self::Name(_) => tag::NAME,
            Self::Keyword(_) => tag::KEYWORD,
            Self::Uri(_) => tag::URI,
            Self::UriScheme(_) => tag::URI_SCHEME,
            Self::Charset(_) => tag::CHARSET,
            Self::NaturalLanguage(_) => tag::NATURAL_LANGUAGE,
            Self::MimeMediaType(_) => tag::MIME_MEDIA_TYPE,
            Self::Other { tag, .. } => *tag,
        }
    }
}

/// Tags as they travel (RFC 8010, sections 3.5.1 and 3.5.2; RFC 3380, section 8).
pub(super) mod tag {
    pub(in super::super) const END_OF_ATTRIBUTES: u8 = 0x03;
    pub(in super::super) const UNSUPPORTED: u8 = 0x10;
    pub(in super::super) const UNKNOWN: u8 = 0x12;
    pub(in super::super) const NO_VALUE: u8 = 0x13;
    pub(in super::super) const NOT_SETTABLE: u8 = 0x15;
    pub(in super::super) const DELETE_ATTRIBUTE: u8 = 0x16;
    pub(in super::super) const ADMIN_DEFINE: u8 = 0x17;
    pub(in super::super) const INTEGER: u8 = 0x21;
    pub(in super::super) const BOOLEAN: u8 = 0x22;
    pub(in super::super) const ENUM: u8 = 0x23;
    pub(in super::super) const OCTET_STRING: u8 = 0x30;
    pub(in super::super) const DATE_TIME: u8 = 0x31;
    pub(in super::super) const RESOLUTION: u8 = 0x32;
    pub(in super::super) const RANGE: u8 = 0x33;
    pub(in super::super) const BEGIN_COLLECTION: u8 = 0x34;
    pub(in super::super) const TEXT_WITH_LANGUAGE: u8 = 0x35;
    pub(in super::super) const NAME_WITH_LANGUAGE: u8 = 0x36;
    pub(in super::super) const END_COLLECTION: u8 = 0x37;
    pub(in super::super) const TEXT: u8 = 0x41;
    pub(in super::super) const NAME: u8 = 0x42;
    pub(in super::super) const KEYWORD: u8 = 0x44;
    pub(in super::super) const URI: u8 = 0x45;
    pub(in super::super) const URI_SCHEME: u8 = 0x46;
    pub(in super::super) const CHARSET: u8 = 0x47;
    pub(in super::super) const NATURAL_LANGUAGE: u8 = 0x48;
    pub(in super::super) const MIME_MEDIA_TYPE: u8 = 0x49;
    pub(in super::super) const MEMBER_NAME: u8 = 0x4a;
}
