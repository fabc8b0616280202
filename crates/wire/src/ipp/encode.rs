//! Writing messages.

use bytes::{BufMut, Bytes, BytesMut};

use super::value::{Attribute, DateTime, GroupTag, Message, Resolution, Units, Value, Version, tag};

/// Longest name or value that fits the SIGNED-SHORT length fields (RFC 8010, section 3.1.4).
/// Longer text is cut at a character boundary; longer octet strings are cut.
pub(super) const LENGTH_MAX: usize = 0x7fff;

/// Longest natural language tag kept beside a text; RFC 8011, section 5.1.9 allows 63.
pub(super) const LANGUAGE_MAX: usize = 255;

/// Appends a message to a buffer, attribute by attribute, without building [`Value`]s first.
///
/// A Get-Jobs answer of thousands of jobs is written this way. Give several values to one
/// attribute by calling the value methods repeatedly after [`Writer::attribute`].
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut BytesMut,
    name: &'a str,
}

impl<'a> Writer<'a> {
    /// Continues a message in `out`.
    pub fn new(out: &'a mut BytesMut) -> Self {
        Self { out, name: "" }
    }

    /// Writes version, code (operation-id or status-code) and request-id.
    pub fn header(&mut self, version: Version, code: u16, request_id: u32) -> &mut Self {
        self.out.put_slice(&[version.major, version.minor]);
        self.out.put_u16(code);
        self.out.put_u32(request_id);
        self
    }

    /// Begins a group.
    pub fn group(&mut self, tag: GroupTag) -> &mut Self {
        self.out.put_u8(tag.code());
        self
    }

    /// Begins an attribute; its values follow.
    pub fn attribute(&mut self, name: &'a str) -> &mut Self {
        self.name = name;
        self
    }

    /// Ends the attributes.
    pub fn end(&mut self) {
        self.out.put_u8(tag::END_OF_ATTRIBUTES);
    }

    /// `integer`
    pub fn integer(&mut self, number: i32) -> &mut Self {
        self.octets(tag::INTEGER, &number.to_be_bytes())
    }

    /// `enum`
    pub fn enumeration(&mut self, number: i32) -> &mut Self {
        self.octets(tag::ENUM, &number.to_be_bytes())
    }

    /// `boolean`
    pub fn boolean(&mut self, truth: bool) -> &mut Self {
        self.octets(tag::BOOLEAN, &[u8::from(truth)])
    }

    /// `keyword`
    pub fn keyword(&mut self, keyword: &str) -> &mut Self {
        self.text_of(tag::KEYWORD, keyword)
    }

    /// `nameWithoutLanguage`
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.text_of(tag::NAME, name)
    }

    /// `textWithoutLanguage`
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.text_of(tag::TEXT, text)
    }

    /// `uri`
    pub fn uri(&mut self, uri: &str) -> &mut Self {
        self.text_of(tag::URI, uri)
    }

    /// `mimeMediaType`
    pub fn mime(&mut self, media_type: &str) -> &mut Self {
        self.text_of(tag::MIME_MEDIA_TYPE, media_type)
    }

    /// `charset`
    pub fn charset(&mut self, charset: &str) -> &mut Self {
        self.text_of(tag::CHARSET, charset)
    }

    /// `naturalLanguage`
    pub fn natural_language(&mut self, language: &str) -> &mut Self {
        self.text_of(tag::NATURAL_LANGUAGE, language)
    }

    /// `dateTime`
    pub fn date_time(&mut self, instant: DateTime) -> &mut Self {
        self.octets(tag::DATE_TIME, &instant.0)
    }

    /// out-of-band `no-value`
    pub fn no_value(&mut self) -> &mut Self {
        self.octets(tag::NO_VALUE, &[])
    }

    /// Any value.
    pub fn value(&mut self, value: &Value) -> &mut Self {
        match value {
            Value::Unsupported
            | Value::Unknown
            | Value::NoValue
            | Value::NotSettable
            | Value::DeleteAttribute
            | Value::AdminDefine => self.octets(value.tag(), &[]),
            Value::Integer(number) | Value::Enum(number) => self.octets(value.tag(), &number.to_be_bytes()),
            Value::Boolean(truth) => self.boolean(*truth),
            Value::OctetString(bytes) | Value::Other { bytes, .. } => self.octets(value.tag(), bytes),
            Value::DateTime(instant) => self.date_time(*instant),
            Value::Resolution(resolution) => self.resolution(*resolution),
            Value::Range(lower, upper) => {
                let mut octets = [0; 8];
                octets[..4].copy_from_slice(&lower.to_be_bytes());
                octets[4..].copy_from_slice(&upper.to_be_bytes());
                self.octets(tag::RANGE, &octets)
            }
            Value::Collection(members) => self.collection(members),
            Value::TextWithLanguage { language, text } => self.with_language(value.tag(), language, text),
            Value::NameWithLanguage { language, name } => self.with_language(value.tag(), language, name),
            Value::Text(text)
            | Value::Name(text)
            | Value::Keyword(text)
            | Value::Uri(text)
            | Value::UriScheme(text)
            | Value::Charset(text)
            | Value::NaturalLanguage(text)
            | Value::MimeMediaType(text) => self.text_of(value.tag(), text),
        }
    }

    /// A whole attribute; one without values is left out, as the encoding has no form for it.
    pub fn put(&mut self, attribute: &Attribute) -> &mut Self {
        let mut inner = Writer { out: self.out, name: &attribute.name };
        for value in &attribute.values {
            inner.value(value);
        }
        self
    }

    /// Whole attributes.
    pub fn put_all<'b>(&mut self, attributes: impl IntoIterator<Item = &'b Attribute>) -> &mut Self {
        for attribute in attributes {
            self.put(attribute);
        }
        self
    }

    fn resolution(&mut self, resolution: Resolution) -> &mut Self {
        let mut octets = [0; 9];
        octets[..4].copy_from_slice(&resolution.cross_feed.to_be_bytes());
        octets[4..8].copy_from_slice(&resolution.feed.to_be_bytes());
        octets[8] = match resolution.units {
            Units::DotsPerInch => 3,
            Units::DotsPerCm => 4,
            Units::Other(code) => code,
        };
        self.octets(tag::RESOLUTION, &octets)
    }

    fn collection(&mut self, members: &[Attribute]) -> &mut Self {
        self.octets(tag::BEGIN_COLLECTION, &[]);
        for member in members.iter().filter(|member| !member.values.is_empty()) {
            self.text_of(tag::MEMBER_NAME, &member.name);
            for value in &member.values {
                self.value(value);
            }
        }
        self.octets(tag::END_COLLECTION, &[])
    }

    fn with_language(&mut self, value_tag: u8, language: &str, text: &str) -> &mut Self {
        // Both texts and their two lengths share one value.
        let language = cut(language, LANGUAGE_MAX);
        let text = cut(text, LENGTH_MAX - 4 - language.len());
        self.start(value_tag, 4 + language.len() + text.len());
        for part in [language, text] {
            self.out.put_u16(part.len() as u16);
            self.out.put_slice(part.as_bytes());
        }
        self
    }

    fn text_of(&mut self, value_tag: u8, text: &str) -> &mut Self {
        self.octets(value_tag, cut(text, LENGTH_MAX).as_bytes())
    }

    fn octets(&mut self, value_tag: u8, octets: &[u8]) -> &mut Self {
        let octets = &octets[..octets.len().min(LENGTH_MAX)];
        self.start(value_tag, octets.len());
        self.out.put_slice(octets);
        self
    }

    /// Tag, name and value-length. The name travels with the first value only.
    fn start(&mut self, value_tag: u8, length: usize) {
        let name = cut(std::mem::take(&mut self.name), LENGTH_MAX);
        self.out.reserve(5 + name.len() + length);
        self.out.put_u8(value_tag);
        self.out.put_u16(name.len() as u16);
        self.out.put_slice(name.as_bytes());
        self.out.put_u16(length as u16);
    }
}

impl Message {
    /// The message as it travels; a document may follow it.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(512);
        let mut writer = Writer::new(&mut out);
        writer.header(self.version, self.code, self.request_id);
        for group in &self.groups {
            writer.group(group.tag).put_all(&group.attributes);
        }
        writer.end();
        out.freeze()
    }
}

/// The longest prefix of `text` of at most `max` octets that ends at a character.
#[must_use]
pub fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
