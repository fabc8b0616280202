//! CSV, TXT, XML and JSON: the same fields, the same words, four clothes.
//!
//! | | first | instants | numbers |
//! |---|---|---|---|
//! | CSV | a line of names | local, `2026-11-21 08:30:00` | plain |
//! | TXT | no names: they are in the description beside the file | as CSV | plain |
//! | XML | `<TrackingData>`, a `<Tracking>` per record | RFC 3339 in UTC | plain |
//! | JSON | one array | RFC 3339 in UTC, `null` for none | JSON numbers |

use std::fmt::Write;

use domain::Timestamp;
use domain::tracking::Record;
use jiff::tz::TimeZone;

use super::fields::{FIELDS, Kind, Value};

/// Which clothes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// RFC 4180 with a line of names.
    Csv,
    /// As CSV without names, and a description of the columns.
    Txt,
    /// XML 1.0.
    Xml,
    /// One array of objects.
    Json,
}

/// The character between two values of CSV and TXT.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Separator(char);

impl Separator {
    /// One character; nothing is a comma. Refused is what a number, a date or a quotation is made of.
    pub fn parse(text: &str) -> Option<Self> {
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (None, _) => Some(Self(',')),
            (Some('\t'), None) => Some(Self('\t')),
            (Some(one), None) => {
                let taken = one.is_alphanumeric() || one.is_control() || "\"-.: ".contains(one);
                (!taken).then_some(Self(one))
            }
            (Some(_), Some(_)) => None,
        }
    }
}

/// Writes a file piece by piece into a text.
pub struct Encoder {
    format: Format,
    separator: Separator,
    zone: TimeZone,
    is_first: bool,
}

impl Encoder {
    /// A writer; `zone` is the local time of CSV and TXT.
    pub fn new(format: Format, separator: Separator, zone: TimeZone) -> Self {
        Self { format, separator, zone, is_first: true }
    }

    /// The description of the columns (the guide's `.sch` file), in the words of a Text Driver's schema.
    pub fn schema(&self) -> Option<String> {
        if self.format != Format::Txt {
            return None;
        }
        let delimiter = match self.separator.0 {
            '\t' => "TabDelimited".to_owned(),
            ',' => "CSVDelimited".to_owned(),
            other => format!("Delimited({other})"),
        };
        let mut text = format!("ColNameHeader=False\r\nFormat={delimiter}\r\nCharacterSet=65001\r\n");
        text += "DateTimeFormat=yyyy-mm-dd hh:nn:ss\r\n";
        for (number, field) in FIELDS.iter().enumerate() {
            let kind = match field.kind {
                Kind::Text | Kind::YesNo | Kind::Word => "Text",
                Kind::Number => "Integer",
                Kind::Instant => "DateTime",
                Kind::Money => "Currency",
            };
            text += &format!("Col{}={} {kind}\r\n", number + 1, field.name);
        }
        Some(text)
    }

    /// What comes before the first record.
    pub fn begin(&self, out: &mut String) {
        match self.format {
            Format::Csv => self.line(out, FIELDS.iter().map(|field| field.name.to_owned())),
            Format::Txt => {}
            Format::Xml => out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TrackingData>\n"),
            Format::Json => out.push('['),
        }
    }

    /// One record.
    pub fn record(&mut self, out: &mut String, record: &Record) {
        match self.format {
            Format::Csv | Format::Txt => {
                self.line(out, FIELDS.iter().map(|field| self.plain((field.value)(record))));
            }
            Format::Xml => {
                out.push_str("  <Tracking>\n");
                for field in FIELDS {
                    let text = match (field.value)(record) {
                        Value::Instant(instant) => rfc3339(instant).unwrap_or_default(),
                        value => self.plain(value),
                    };
                    let name = field.name;
                    let _ = writeln!(out, "    <{name}>{}</{name}>", xml(&text));
                }
                out.push_str("  </Tracking>\n");
            }
            Format::Json => {
                out.push_str(if self.is_first { "\n" } else { ",\n" });
                let mut before = '{';
                for field in FIELDS {
                    let _ = write!(out, "{before}\"{}\":", field.name);
                    before = ',';
                    match (field.value)(record) {
                        Value::Number(number) => out.push_str(&number.to_string()),
                        // Money's digits are a JSON number as they are: nothing is rounded on the way.
                        Value::Money(amount) => out.push_str(&amount.to_string()),
                        Value::Instant(instant) => match rfc3339(instant) {
                            Some(text) => out.push_str(&json(&text)),
                            None => out.push_str("null"),
                        },
                        value => out.push_str(&json(&self.plain(value))),
                    }
                }
                out.push('}');
            }
        }
        self.is_first = false;
    }

    /// What comes after the last record.
    pub fn end(&self, out: &mut String) {
        match self.format {
            Format::Csv | Format::Txt => {}
            Format::Xml => out.push_str("</TrackingData>\n"),
            Format::Json => out.push_str(if self.is_first { "]\n" } else { "\n]\n" }),
        }
    }

    fn line(&self, out: &mut String, values: impl Iterator<Item = String>) {
        for (number, value) in values.enumerate() {
            if number > 0 {
                out.push(self.separator.0);
            }
            self.quoted(out, &value);
        }
        out.push_str("\r\n");
    }

    /// RFC 4180 section 2, rules 5-7.
    fn quoted(&self, out: &mut String, value: &str) {
        let needs = value.contains(['"', '\r', '\n', self.separator.0])
            || value.starts_with(char::is_whitespace)
            || value.ends_with(char::is_whitespace);
        if needs {
            out.push('"');
            out.push_str(&value.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(value);
        }
    }

    fn plain(&self, value: Value<'_>) -> String {
        match value {
            Value::Text(text) => text.to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Instant(instant) => self.local(instant),
            Value::YesNo(yes) => if yes { "YES" } else { "NO" }.to_owned(),
            Value::Word(word) => word.to_owned(),
            Value::Money(amount) => amount.to_string(),
        }
    }

    fn local(&self, instant: Timestamp) -> String {
        match jiff::Timestamp::from_microsecond(instant.0) {
            Ok(known) if instant.0 != 0 => {
                known.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
            }
            _ => String::new(),
        }
    }
}

fn rfc3339(instant: Timestamp) -> Option<String> {
    let known = jiff::Timestamp::from_microsecond(instant.0).ok().filter(|_| instant.0 != 0)?;
    Some(format!("{known:.6}"))
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a text has a JSON form")
}

/// XML 1.0 section 2.2 has no way to write most control characters; they become the replacement character.
fn xml(text: &str) -> String {
    let allowed = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}');
    let clean: String = text
        .chars()
        .map(|c| if allowed(c) && !matches!(c, '\u{fffe}' | '\u{ffff}') { c } else { '\u{fffd}' })
        .collect();
    quick_xml::escape::escape(&clean).into_owned()
}

#[cfg(test)]
mod tests;
