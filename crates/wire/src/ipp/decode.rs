//! Reading a message as it arrives.

use std::borrow::Cow;

use bytes::{Buf, Bytes, BytesMut};

use super::encode::{LANGUAGE_MAX, LENGTH_MAX, cut};
use super::value::{
    Attribute, DateTime, Group, GroupTag, Message, Resolution, Text, Units, Value, Version, tag,
};

/// Bounds of one message. A peer that exceeds one gets [`Error::TooLarge`] naming it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Octets from version-number to end-of-attributes-tag.
    pub bytes_max: usize,
    /// Attribute groups.
    pub groups_max: usize,
    /// Attributes, counting members of collections.
    pub attributes_max: usize,
    /// Values, counting those inside collections.
    pub values_max: usize,
    /// Collections inside each other.
    pub depth_max: usize,
}

impl Limits {
    /// What a server takes from a client. RFC 8011 needs a fraction of it.
    pub const REQUEST: Self = Self {
        bytes_max: 256 * 1024,
        groups_max: 64,
        attributes_max: 4_096,
        values_max: 16_384,
        depth_max: 8,
    };
    /// What a client takes from a server: a Get-Jobs answer has one group per job.
    pub const RESPONSE: Self = Self {
        bytes_max: 64 * 1024 * 1024,
        groups_max: 200_000,
        attributes_max: 4_000_000,
        values_max: 8_000_000,
        depth_max: 16,
    };
}

/// Why a message was not understood. The sender is at fault in every case.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// The octets are not IPP.
    #[error("{what} at octet {offset}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
        /// Where, counted from version-number.
        offset: usize,
    },
    /// The message is longer, deeper or richer than allowed.
    #[error("{limit} exceeds {max}")]
    TooLarge {
        /// Name of the bound in [`Limits`].
        limit: &'static str,
        /// Its value.
        max: usize,
    },
    /// The stream ended inside the attributes.
    #[error("the message ends inside its attributes after {received} octets")]
    Truncated {
        /// Octets received.
        received: usize,
    },
}

/// Reads one message from chunks of any size.
///
/// It keeps only what is not yet understood of the last attribute, so an attribute that trickles
/// in octet by octet costs no more than one that comes whole.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    /// The start of an element that is not complete yet.
    pending: BytesMut,
    /// Octets understood so far.
    consumed: usize,
    message: Option<Message>,
    /// Open collections, outermost first.
    open: Vec<Open>,
    attributes: usize,
    values: usize,
}

#[derive(Debug)]
struct Open {
    /// The collection is a further value of an attribute when empty, else names a new attribute.
    name: Option<Text>,
    members: Vec<Attribute>,
    /// A member name that waits for its first value.
    member: Option<Text>,
}

/// What one step over the input found.
enum Step {
    NeedMore,
    Element(usize),
    End,
}

impl Decoder {
    /// A decoder for one message within `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            pending: BytesMut::new(),
            consumed: 0,
            message: None,
            open: Vec::new(),
            attributes: 0,
            values: 0,
        }
    }

    /// Takes the next octets. When the attributes are complete, returns the message and the
    /// octets after it, which begin the document.
    ///
    /// The decoder is used up after it returned a message or an error.
    ///
    /// # Errors
    /// [`Error::Malformed`] or [`Error::TooLarge`].
    pub fn push(&mut self, mut chunk: Bytes) -> Result<Option<(Message, Bytes)>, Error> {
        if self.pending.is_empty() {
            let (length, ended) = self.run(&chunk)?;
            let rest = chunk.split_off(length);
            if ended {
                return self.finished(rest).map(Some);
            }
            self.pending.extend_from_slice(&rest);
        } else {
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(&chunk);
            let (length, ended) = self.run(&pending)?;
            pending.advance(length);
            if ended {
                return self.finished(pending.freeze()).map(Some);
            }
            self.pending = pending;
        }
        if self.consumed + self.pending.len() > self.limits.bytes_max {
            return Err(too_large("bytes_max", self.limits.bytes_max));
        }
        Ok(None)
    }

    /// Version, code and request-id once they are known, to address an error answer.
    #[must_use]
    pub fn header(&self) -> Option<(Version, u16, u32)> {
        self.message.as_ref().map(|message| (message.version, message.code, message.request_id))
    }

    /// The error of a stream that ended before the attributes did.
    #[must_use]
    pub fn truncated(&self) -> Error {
        Error::Truncated { received: self.consumed + self.pending.len() }
    }

    /// Understands as many elements of `input` as are complete: octets used, and whether the
    /// end-of-attributes-tag was the last of them.
    fn run(&mut self, input: &[u8]) -> Result<(usize, bool), Error> {
        let mut position = 0;
        loop {
            let (length, ended) = match self.step(&input[position..])? {
                Step::NeedMore => return Ok((position, false)),
                Step::Element(length) => (length, false),
                Step::End => (1, true),
            };
            position += length;
            self.consumed += length;
            if self.consumed > self.limits.bytes_max {
                return Err(too_large("bytes_max", self.limits.bytes_max));
            }
            if ended {
                return Ok((position, true));
            }
        }
    }

    fn finished(&mut self, rest: Bytes) -> Result<(Message, Bytes), Error> {
        let message = self.message.take().ok_or_else(|| self.malformed("end without message"))?;
        Ok((message, rest))
    }

    fn step(&mut self, input: &[u8]) -> Result<Step, Error> {
        if self.message.is_none() {
            return Ok(self.header_step(input));
        }
        let Some(&first) = input.first() else { return Ok(Step::NeedMore) };
        if first == tag::END_OF_ATTRIBUTES {
            if !self.open.is_empty() {
                return Err(self.malformed("end-of-attributes-tag inside a collection"));
            }
            return Ok(Step::End);
        }
        if first < 0x10 {
            return self.group_step(first);
        }
        // value-tag, name-length, name, value-length, value (RFC 8010, section 3.1.4)
        let Some(name_length) = length_at(input, 1) else { return Ok(Step::NeedMore) };
        let name_length = name_length.map_err(|()| self.malformed("negative name-length"))?;
        let Some(value_length) = length_at(input, 3 + name_length) else { return Ok(Step::NeedMore) };
        let value_length = value_length.map_err(|()| self.malformed("negative value-length"))?;
        let start = 5 + name_length;
        if self.consumed + start + value_length > self.limits.bytes_max {
            return Err(too_large("bytes_max", self.limits.bytes_max));
        }
        let Some(value) = input.get(start..start + value_length) else { return Ok(Step::NeedMore) };
        self.element(first, &input[3..3 + name_length], value)?;
        Ok(Step::Element(start + value_length))
    }

    fn header_step(&mut self, input: &[u8]) -> Step {
        let Some(&[major, minor, code_0, code_1, id_0, id_1, id_2, id_3]) = input.first_chunk::<8>() else {
            return Step::NeedMore;
        };
        self.message = Some(Message {
            version: Version { major, minor },
            code: u16::from_be_bytes([code_0, code_1]),
            request_id: u32::from_be_bytes([id_0, id_1, id_2, id_3]),
            groups: Vec::new(),
        });
        Step::Element(8)
    }

    fn group_step(&mut self, delimiter: u8) -> Result<Step, Error> {
        let Some(tag) = GroupTag::from_code(delimiter) else {
            return Err(self.malformed("reserved delimiter tag"));
        };
        if !self.open.is_empty() {
            return Err(self.malformed("a group begins inside a collection"));
        }
        let max = self.limits.groups_max;
        let groups = self.groups();
        if groups.len() >= max {
            return Err(too_large("groups_max", max));
        }
        groups.push(Group::new(tag));
        Ok(Step::Element(1))
    }

    /// One value-tag element: a value, or a piece of a collection.
    fn element(&mut self, value_tag: u8, name: &[u8], value: &[u8]) -> Result<(), Error> {
        match value_tag {
            tag::BEGIN_COLLECTION => {
                if self.open.len() >= self.limits.depth_max {
                    return Err(too_large("depth_max", self.limits.depth_max));
                }
                if !self.open.is_empty() && !name.is_empty() {
                    return Err(self.malformed("a named value inside a collection"));
                }
                let name = (!name.is_empty()).then(|| text(name));
                self.open.push(Open { name, members: Vec::new(), member: None });
                Ok(())
            }
            tag::END_COLLECTION => {
                let Some(closed) = self.open.pop() else {
                    return Err(self.malformed("endCollection without begCollection"));
                };
                if closed.member.is_some() {
                    return Err(self.malformed("a member without value"));
                }
                self.put(closed.name, Value::Collection(closed.members))
            }
            tag::MEMBER_NAME => {
                self.count_attribute()?;
                let offset = self.consumed;
                let Some(open) = self.open.last_mut() else {
                    return Err(self.malformed("memberAttrName outside a collection"));
                };
                if open.member.is_some() {
                    return Err(Error::Malformed { what: "a member without value", offset });
                }
                if value.is_empty() || !name.is_empty() {
                    return Err(Error::Malformed { what: "a member without name", offset });
                }
                open.member = Some(text(value));
                Ok(())
            }
            _ => {
                let value = self.value(value_tag, value)?;
                let name = (!name.is_empty()).then(|| text(name));
                self.put(name, value)
            }
        }
    }

    /// Adds `value` where it belongs: to a member of the innermost open collection, or to a group.
    fn put(&mut self, name: Option<Text>, value: Value) -> Result<(), Error> {
        self.values += 1;
        if self.values > self.limits.values_max {
            return Err(too_large("values_max", self.limits.values_max));
        }
        let offset = self.consumed;
        if let Some(open) = self.open.last_mut() {
            if name.is_some() {
                return Err(Error::Malformed { what: "a named value inside a collection", offset });
            }
            if let Some(member) = open.member.take() {
                open.members.push(Attribute::new(member, value));
            } else if let Some(member) = open.members.last_mut() {
                member.values.push(value);
            } else {
                return Err(Error::Malformed { what: "a value before the first member name", offset });
            }
            return Ok(());
        }
        if name.is_some() {
            self.count_attribute()?;
        }
        let Some(group) = self.groups().last_mut() else {
            return Err(Error::Malformed { what: "an attribute before the first group", offset });
        };
        if let Some(name) = name {
            group.attributes.push(Attribute::new(name, value));
        } else if let Some(attribute) = group.attributes.last_mut() {
            attribute.values.push(value);
        } else {
            return Err(Error::Malformed { what: "a further value before the first attribute", offset });
        }
        Ok(())
    }

    fn value(&self, value_tag: u8, bytes: &[u8]) -> Result<Value, Error> {
        let wrong = |what| self.malformed(what);
        Ok(match value_tag {
            // An out-of-band value has no octets; any that came are ignored (RFC 8010, section 3.8).
            tag::UNSUPPORTED => Value::Unsupported,
            tag::UNKNOWN => Value::Unknown,
            tag::NO_VALUE => Value::NoValue,
            tag::NOT_SETTABLE => Value::NotSettable,
            tag::DELETE_ATTRIBUTE => Value::DeleteAttribute,
            tag::ADMIN_DEFINE => Value::AdminDefine,
            tag::INTEGER => Value::Integer(integer(bytes).ok_or_else(|| wrong("integer not of 4 octets"))?),
            tag::ENUM => Value::Enum(integer(bytes).ok_or_else(|| wrong("enum not of 4 octets"))?),
            tag::BOOLEAN => match bytes {
                [octet] => Value::Boolean(*octet != 0),
                _ => return Err(wrong("boolean not of 1 octet")),
            },
            tag::OCTET_STRING => Value::OctetString(Bytes::copy_from_slice(bytes)),
            tag::DATE_TIME => {
                Value::DateTime(DateTime(bytes.try_into().map_err(|_| wrong("dateTime not of 11 octets"))?))
            }
            tag::RESOLUTION => match bytes {
                [cross @ .., f0, f1, f2, f3, units] if cross.len() == 4 => Value::Resolution(Resolution {
                    cross_feed: integer(cross).unwrap_or_default(),
                    feed: i32::from_be_bytes([*f0, *f1, *f2, *f3]),
                    units: match units {
                        3 => Units::DotsPerInch,
                        4 => Units::DotsPerCm,
                        other => Units::Other(*other),
                    },
                }),
                _ => return Err(wrong("resolution not of 9 octets")),
            },
            tag::RANGE => match bytes.split_at_checked(4) {
                Some((lower, upper)) => match (integer(lower), integer(upper)) {
                    (Some(lower), Some(upper)) => Value::Range(lower, upper),
                    _ => return Err(wrong("rangeOfInteger not of 8 octets")),
                },
                None => return Err(wrong("rangeOfInteger not of 8 octets")),
            },
            tag::TEXT_WITH_LANGUAGE => {
                let (language, text) =
                    with_language(bytes).ok_or_else(|| wrong("textWithLanguage of wrong lengths"))?;
                Value::TextWithLanguage { language, text }
            }
            tag::NAME_WITH_LANGUAGE => {
                let (language, name) =
                    with_language(bytes).ok_or_else(|| wrong("nameWithLanguage of wrong lengths"))?;
                Value::NameWithLanguage { language, name }
            }
            tag::TEXT => Value::Text(text(bytes)),
            tag::NAME => Value::Name(text(bytes)),
            tag::KEYWORD => Value::Keyword(text(bytes)),
            tag::URI => Value::Uri(text(bytes)),
            tag::URI_SCHEME => Value::UriScheme(text(bytes)),
            tag::CHARSET => Value::Charset(text(bytes)),
            tag::NATURAL_LANGUAGE => Value::NaturalLanguage(text(bytes)),
            tag::MIME_MEDIA_TYPE => Value::MimeMediaType(text(bytes)),
            tag => Value::Other { tag, bytes: Bytes::copy_from_slice(bytes) },
        })
    }

    fn groups(&mut self) -> &mut Vec<Group> {
        &mut self.message.as_mut().expect("steps after the header have a message").groups
    }

    fn count_attribute(&mut self) -> Result<(), Error> {
        self.attributes += 1;
        if self.attributes > self.limits.attributes_max {
            return Err(too_large("attributes_max", self.limits.attributes_max));
        }
        Ok(())
    }

    const fn malformed(&self, what: &'static str) -> Error {
        Error::Malformed { what, offset: self.consumed }
    }
}

/// Reads a whole message held in memory: attributes and the document after them.
///
/// # Errors
/// As [`Decoder::push`], and [`Error::Truncated`].
pub fn decode(bytes: Bytes, limits: Limits) -> Result<(Message, Bytes), Error> {
    let mut decoder = Decoder::new(limits);
    decoder.push(bytes)?.ok_or_else(|| decoder.truncated())
}

/// The SIGNED-SHORT length at `offset`: `None` when it is not there yet, `Err` when negative.
fn length_at(input: &[u8], offset: usize) -> Option<Result<usize, ()>> {
    let octets = input.get(offset..offset + 2)?;
    let length = u16::from_be_bytes([octets[0], octets[1]]);
    Some(if length > 0x7fff { Err(()) } else { Ok(usize::from(length)) })
}

fn integer(bytes: &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(bytes.try_into().ok()?))
}

/// UTF-8 as the protocol demands; octets that are not UTF-8 come from clients that send their
/// local 8-bit set whatever attributes-charset says, and read best as ISO 8859-1.
fn text(bytes: &[u8]) -> Text {
    text_within(bytes, LENGTH_MAX)
}

/// As [`text`], cut so that the UTF-8 form is of at most `max` octets and can be sent on.
fn text_within(bytes: &[u8], max: usize) -> Text {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&octet| char::from(octet)).collect(),
    };
    if text.len() <= max { Cow::Owned(text) } else { Cow::Owned(cut(&text, max).to_owned()) }
}

fn with_language(bytes: &[u8]) -> Option<(Text, Text)> {
    let language_length = length_at(bytes, 0)?.ok()?;
    let language = bytes.get(2..2 + language_length)?;
    let rest = &bytes[2 + language_length..];
    let text_length = length_at(rest, 0)?.ok()?;
    let octets = rest.get(2..)?;
    if octets.len() != text_length {
        return None;
    }
    let language = text_within(language, LANGUAGE_MAX);
    let text = text_within(octets, LENGTH_MAX - 4 - language.len());
    Some((language, text))
}

const fn too_large(limit: &'static str, max: usize) -> Error {
    Error::TooLarge { limit, max }
}
