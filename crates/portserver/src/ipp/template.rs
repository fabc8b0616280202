//! Job template attributes: what may be asked for, and what is made of it.
//!
//! The document a pull queue holds is ready for a printer; these attributes are recorded and told to
//! the device when it is collected.

use std::collections::HashMap;
use std::fmt::Write as _;

use rpc::proto::jobserver::{JobTicket, Queue};
use wire::ipp::{Attribute, Resolution, Status, Units, Value};

use super::media;
use super::reply::Failed;

/// Most copies one job may ask for.
pub(crate) const COPIES_MAX: i32 = 9_999;
/// Resolutions a raster may have, in dots per inch.
pub(crate) const RESOLUTIONS: [i32; 3] = [300, 600, 1200];

/// What the values of an attribute may be.
enum Rule {
    Integer(i32, i32),
    Enum(&'static [i32]),
    Keyword(&'static [&'static str]),
    Sides,
    ColorMode,
    Media,
    MediaCollection,
    Resolution,
    /// Ranges of pages.
    Ranges,
    /// A name or no-value.
    Name,
    /// Recorded as it is; the device decides.
    Collection,
}

const RULES: &[(&str, Rule)] = &[
    ("copies", Rule::Integer(1, COPIES_MAX)),
    ("finishings", Rule::Enum(&[3])),
    ("job-account-id", Rule::Name),
    ("job-accounting-user-id", Rule::Name),
    ("job-hold-until", Rule::Keyword(HOLD_UNTIL)),
    ("job-priority", Rule::Integer(1, 100)),
    ("job-sheets", Rule::Keyword(&["none"])),
    ("media", Rule::Media),
    ("media-col", Rule::MediaCollection),
    ("multiple-document-handling", Rule::Keyword(DOCUMENT_HANDLING)),
    ("number-up", Rule::Integer(1, 1)),
    ("orientation-requested", Rule::Enum(&[3, 4, 5, 6, 7])),
    ("output-bin", Rule::Keyword(OUTPUT_BINS)),
    ("overrides", Rule::Collection),
    // Ours: a group to send the document to, and logons of delegates who may collect it.
    ("papergate-delegates", Rule::Name),
    ("papergate-group", Rule::Name),
    ("page-ranges", Rule::Ranges),
    ("print-color-mode", Rule::ColorMode),
    ("print-content-optimize", Rule::Keyword(CONTENT_OPTIMIZE)),
    ("print-quality", Rule::Enum(&[3, 4, 5])),
    ("print-rendering-intent", Rule::Keyword(RENDERING_INTENT)),
    ("print-scaling", Rule::Keyword(SCALING)),
    ("printer-resolution", Rule::Resolution),
    ("sides", Rule::Sides),
];

pub(crate) const HOLD_UNTIL: &[&str] = &["no-hold", "indefinite"];
pub(crate) const DOCUMENT_HANDLING: &[&str] =
    &["separate-documents-uncollated-copies", "separate-documents-collated-copies"];
pub(crate) const OUTPUT_BINS: &[&str] = &["auto"];
pub(crate) const CONTENT_OPTIMIZE: &[&str] = &["auto", "graphic", "photo", "text", "text-and-graphic"];
pub(crate) const RENDERING_INTENT: &[&str] =
    &["auto", "absolute", "perceptual", "relative", "relative-bpc", "saturation"];
pub(crate) const SCALING: &[&str] = &["auto", "auto-fit", "fill", "fit", "none"];

/// The attributes a client may send with a job (job-creation-attributes-supported).
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(name, _)| *name)
}

/// sides-supported of a queue.
pub(crate) fn sides(queue: &Queue) -> &'static [&'static str] {
    if queue.duplex { &["one-sided", "two-sided-long-edge", "two-sided-short-edge"] } else { &["one-sided"] }
}

/// print-color-mode-supported of a queue.
pub(crate) fn color_modes(queue: &Queue) -> &'static [&'static str] {
    if queue.color { &["auto", "color", "monochrome"] } else { &["auto", "monochrome"] }
}

/// What was asked for, checked.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// For the jobserver.
    pub(crate) ticket: JobTicket,
    /// What is not supported: an attribute with `unsupported`, or with the values that are not.
    pub(crate) unsupported: Vec<Attribute>,
}

/// Checks the job template attributes of a request against what `queue` offers.
///
/// # Errors
/// `client-error-attributes-or-values-not-supported` when `fidelity` is asked for and something is not supported.
pub(crate) fn check(queue: &Queue, attributes: &[Attribute], fidelity: bool) -> Result<Checked, Failed> {
    let mut checked = Checked::default();
    for attribute in attributes {
        let rule = RULES.iter().find(|(name, _)| *name == attribute.name).map(|(_, rule)| rule);
        let Some(rule) = rule else {
            checked.unsupported.push(Attribute::new(attribute.name.clone(), Value::Unsupported));
            continue;
        };
        let wrong: Vec<Value> =
            attribute.values.iter().filter(|value| !rule.allows(queue, value)).cloned().collect();
        if wrong.is_empty() {
            record(&mut checked.ticket, attribute);
        } else {
            checked.unsupported.push(Attribute { name: attribute.name.clone(), values: wrong });
        }
    }
    if fidelity && !checked.unsupported.is_empty() {
        return Err(Failed {
            status: Status::AttributesOrValuesNotSupported,
            message: "the job asks for what this queue does not have, and must be printed exactly".to_owned(),
            unsupported: checked.unsupported,
        });
    }
    Ok(checked)
}

impl Rule {
    fn allows(&self, queue: &Queue, value: &Value) -> bool {
        let keyword = |known: &[&str]| value.as_text().is_some_and(|text| known.contains(&text));
        match self {
            Self::Integer(least, most) => {
                matches!(value, Value::Integer(number) if (least..=most).contains(&number))
            }
            Self::Enum(known) => matches!(value, Value::Enum(number) if known.contains(number)),
            Self::Keyword(known) => keyword(known),
            Self::Sides => keyword(sides(queue)),
            Self::ColorMode => keyword(color_modes(queue)),
            Self::Media => value.as_text().is_some_and(media::is_supported),
            Self::MediaCollection => value.as_collection().is_some(),
            Self::Resolution => match value {
                Value::Resolution(Resolution { cross_feed, feed, units: Units::DotsPerInch }) => {
                    RESOLUTIONS.contains(cross_feed) && RESOLUTIONS.contains(feed)
                }
                _ => false,
            },
            Self::Ranges => matches!(value, Value::Range(first, last) if 1 <= *first && first <= last),
            Self::Name => matches!(value, Value::Name(_) | Value::NameWithLanguage { .. } | Value::NoValue),
            Self::Collection => value.as_collection().is_some(),
        }
    }
}

fn record(ticket: &mut JobTicket, attribute: &Attribute) {
    let Some(first) = attribute.first() else { return };
    let text = || first.as_text().unwrap_or_default().to_owned();
    match attribute.name.as_ref() {
        "copies" => ticket.copies = first.as_integer().unwrap_or_default(),
        "sides" => ticket.sides = text(),
        "print-color-mode" => ticket.print_color_mode = text(),
        "media" => ticket.media = text(),
        "media-col" => {
            // media-col is the more exact of the two when a client sends both.
            if let Some(name) = first.as_collection().and_then(media::of_collection) {
                ticket.media = name;
            }
            put(&mut ticket.attributes, attribute);
        }
        _ => put(&mut ticket.attributes, attribute),
    }
}

fn put(attributes: &mut HashMap<String, String>, attribute: &Attribute) {
    let mut out = String::new();
    for (index, value) in attribute.values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_value(&mut out, value);
    }
    attributes.insert(attribute.name.clone().into_owned(), out);
}

/// A value as people write it for ipptool: `4`, `one-sided`, `600dpi`, `1-5`, `{media-size-name=...}`.
fn write_value(out: &mut String, value: &Value) {
    let written = match value {
        Value::Integer(number) | Value::Enum(number) => write!(out, "{number}"),
        Value::Boolean(truth) => write!(out, "{truth}"),
        Value::Range(first, last) => write!(out, "{first}-{last}"),
        Value::Resolution(resolution) => {
            let unit = match resolution.units {
                Units::DotsPerInch => "dpi",
                Units::DotsPerCm => "dpcm",
                Units::Other(_) => "",
            };
            if resolution.cross_feed == resolution.feed {
                write!(out, "{}{unit}", resolution.feed)
            } else {
                write!(out, "{}x{}{unit}", resolution.cross_feed, resolution.feed)
            }
        }
        Value::Collection(members) => {
            out.push('{');
            for (index, member) in members.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(&member.name);
                out.push('=');
                for (index, value) in member.values.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_value(out, value);
                }
            }
            out.push('}');
            Ok(())
        }
        Value::NoValue => write!(out, "no-value"),
        Value::Unsupported
        | Value::Unknown
        | Value::NotSettable
        | Value::DeleteAttribute
        | Value::AdminDefine
        | Value::OctetString(_)
        | Value::DateTime(_)
        | Value::Other { .. } => Ok(()),
        Value::TextWithLanguage { .. }
        | Value::NameWithLanguage { .. }
        | Value::Text(_)
        | Value::Name(_)
        | Value::Keyword(_)
        | Value::Uri(_)
        | Value::UriScheme(_)
        | Value::Charset(_)
        | Value::NaturalLanguage(_)
        | Value::MimeMediaType(_) => {
            out.push_str(value.as_text().unwrap_or_default());
            Ok(())
        }
    };
    written.expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(color: bool, duplex: bool) -> Queue {
        Queue { color, duplex, ..Queue::default() }
    }

    fn asked() -> Vec<Attribute> {
        let size = Value::Collection(vec![
            Attribute::new("x-dimension", Value::Integer(21_000)),
            Attribute::new("y-dimension", Value::Integer(29_700)),
        ]);
        vec![
            Attribute::new("copies", Value::Integer(3)),
            Attribute::new("sides", Value::keyword("two-sided-long-edge")),
            Attribute::new("print-color-mode", Value::keyword("monochrome")),
            Attribute::new("media-col", Value::Collection(vec![Attribute::new("media-size", size)])),
            Attribute { name: "page-ranges".into(), values: vec![Value::Range(1, 2), Value::Range(5, 9)] },
            Attribute::new("printer-resolution", Value::Resolution(Resolution::dpi(600))),
        ]
    }

    #[test]
    fn what_is_asked_for_is_written_down() {
        let checked = check(&queue(true, true), &asked(), true).unwrap();
        assert!(checked.unsupported.is_empty());
        let ticket = checked.ticket;
        assert_eq!((ticket.copies, ticket.sides.as_str()), (3, "two-sided-long-edge"));
        assert_eq!(
            (ticket.print_color_mode.as_str(), ticket.media.as_str()),
            ("monochrome", "iso_a4_210x297mm")
        );
        assert_eq!(ticket.attributes["page-ranges"], "1-2,5-9");
        assert_eq!(ticket.attributes["printer-resolution"], "600dpi");
        assert_eq!(ticket.attributes["media-col"], "{media-size={x-dimension=21000 y-dimension=29700}}");
    }

    #[test]
    fn what_is_not_there_is_ignored_or_refused_as_the_client_wants() {
        let mut asked = asked();
        asked.push(Attribute::new("staple-the-cat", Value::Boolean(true)));
        asked.push(Attribute::new("copies-of-what", Value::NoValue));
        let checked = check(&queue(false, false), &asked, false).unwrap();
        let names: Vec<_> = checked.unsupported.iter().map(|attribute| attribute.name.as_ref()).collect();
        assert_eq!(names, ["sides", "staple-the-cat", "copies-of-what"]);
        assert_eq!(checked.unsupported[0].values, [Value::keyword("two-sided-long-edge")]);
        assert_eq!(checked.unsupported[1].values, [Value::Unsupported]);
        assert_eq!(checked.ticket.sides, "", "what is not supported is not recorded");
        let failed = check(&queue(false, false), &asked, true).unwrap_err();
        assert_eq!(failed.status, Status::AttributesOrValuesNotSupported);
        assert_eq!(failed.unsupported.len(), 3);
    }

    #[test]
    fn values_have_bounds_and_syntaxes() {
        let rows = [
            ("copies", Value::Integer(0)),
            ("copies", Value::Integer(10_000)),
            ("copies", Value::keyword("2")),
            ("print-quality", Value::Integer(4)),
            ("print-quality", Value::Enum(9)),
            ("media", Value::keyword("napkin")),
            ("page-ranges", Value::Range(0, 1)),
            ("page-ranges", Value::Range(5, 2)),
            ("printer-resolution", Value::Resolution(Resolution::dpi(7))),
            ("media-col", Value::keyword("a4")),
        ];
        for (name, value) in rows {
            let asked = [Attribute::new(name, value.clone())];
            assert_eq!(
                check(&queue(true, true), &asked, false).unwrap().unsupported.len(),
                1,
                "{name} {value:?}"
            );
        }
    }
}
