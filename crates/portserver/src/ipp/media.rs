//! Papers a driverless client may choose (PWG 5101.1 names).

use wire::ipp::{Attribute, Value, value};

/// A paper.
#[derive(Debug)]
pub(crate) struct Media {
    /// PWG 5101.1 self-describing name.
    pub(crate) name: &'static str,
    /// Width in hundredths of a millimetre.
    pub(crate) x: i32,
    /// Length in hundredths of a millimetre.
    pub(crate) y: i32,
}

/// Every paper offered. A pull queue prints at whichever device its owner walks to, so this is what
/// office devices commonly take.
pub(crate) const ALL: &[Media] = &[
    Media { name: "iso_a4_210x297mm", x: 21_000, y: 29_700 },
    Media { name: "na_letter_8.5x11in", x: 21_590, y: 27_940 },
    Media { name: "iso_a3_297x420mm", x: 29_700, y: 42_000 },
    Media { name: "na_ledger_11x17in", x: 27_940, y: 43_180 },
    Media { name: "na_legal_8.5x14in", x: 21_590, y: 35_560 },
    Media { name: "iso_a5_148x210mm", x: 14_800, y: 21_000 },
    Media { name: "iso_a6_105x148mm", x: 10_500, y: 14_800 },
    Media { name: "iso_b5_176x250mm", x: 17_600, y: 25_000 },
    Media { name: "jis_b4_257x364mm", x: 25_700, y: 36_400 },
    Media { name: "jis_b5_182x257mm", x: 18_200, y: 25_700 },
    Media { name: "na_executive_7.25x10.5in", x: 18_415, y: 26_670 },
    Media { name: "na_invoice_5.5x8.5in", x: 13_970, y: 21_590 },
    Media { name: "na_index-4x6_4x6in", x: 10_160, y: 15_240 },
    Media { name: "na_number-10_4.125x9.5in", x: 10_478, y: 24_130 },
    Media { name: "iso_c5_162x229mm", x: 16_200, y: 22_900 },
    Media { name: "iso_dl_110x220mm", x: 11_000, y: 22_000 },
];

/// Names of the smallest and largest custom size (PWG 5100.7).
pub(crate) const CUSTOM: [&str; 2] = ["custom_min_76.2x127mm", "custom_max_297x431.8mm"];
const CUSTOM_X: (i32, i32) = (7_620, 29_700);
const CUSTOM_Y: (i32, i32) = (12_700, 43_180);

/// Margin of every paper in hundredths of a millimetre: what laser engines cannot reach.
pub(crate) const MARGIN: i32 = 423;

/// Values of media-source and media-type.
pub(crate) const SOURCES: [&str; 2] = ["auto", "manual"];
pub(crate) const TYPES: [&str; 5] =
    ["stationery", "stationery-letterhead", "transparency", "envelope", "labels"];

/// The members of media-col a client may set.
pub(crate) const MEMBERS: [&str; 8] = [
    "media-bottom-margin",
    "media-left-margin",
    "media-right-margin",
    "media-size",
    "media-size-name",
    "media-source",
    "media-top-margin",
    "media-type",
];

/// The paper called `name`.
pub(crate) fn find(name: &str) -> Option<&'static Media> {
    ALL.iter().find(|media| media.name == name)
}

/// Whether a client may ask for `name`: a paper of the table or a custom size.
pub(crate) fn is_supported(name: &str) -> bool {
    find(name).is_some() || name.starts_with("custom_") && !name.contains(char::is_whitespace)
}

/// The paper a media-col means, by name or by size; `None` when it names none of ours.
pub(crate) fn of_collection(members: &[Attribute]) -> Option<String> {
    let first = |members: &[Attribute], name: &str| value::find(members, name)?.first().cloned();
    if let Some(name) = first(members, "media-size-name")
        && let Some(name) = name.as_text()
    {
        return is_supported(name).then(|| name.to_owned());
    }
    let size = first(members, "media-size")?;
    let size = size.as_collection()?;
    let x = first(size, "x-dimension")?.as_integer()?;
    let y = first(size, "y-dimension")?.as_integer()?;
    // Clients round sizes given in inches.
    let near = |ours: i32, theirs: i32| (ours - theirs).abs() <= 10;
    let named = ALL.iter().find(|media| near(media.x, x) && near(media.y, y));
    if let Some(media) = named {
        return Some(media.name.to_owned());
    }
    let fits = (CUSTOM_X.0..=CUSTOM_X.1).contains(&x) && (CUSTOM_Y.0..=CUSTOM_Y.1).contains(&y);
    fits.then(|| format!("custom_size_{}x{}mm", hundredths(x), hundredths(y)))
}

/// media-size of a paper.
pub(crate) fn size(media: &Media) -> Value {
    Value::Collection(vec![
        Attribute::new("x-dimension", Value::Integer(media.x)),
        Attribute::new("y-dimension", Value::Integer(media.y)),
    ])
}

/// The size range of custom papers.
pub(crate) fn custom_size() -> Value {
    Value::Collection(vec![
        Attribute::new("x-dimension", Value::Range(CUSTOM_X.0, CUSTOM_X.1)),
        Attribute::new("y-dimension", Value::Range(CUSTOM_Y.0, CUSTOM_Y.1)),
    ])
}

/// The whole media-col of a paper.
pub(crate) fn collection(media: &Media) -> Value {
    let mut members = vec![
        Attribute::new("media-size", size(media)),
        Attribute::new("media-size-name", Value::keyword(media.name)),
    ];
    members.extend(margins());
    members.push(Attribute::new("media-source", Value::keyword(SOURCES[0])));
    members.push(Attribute::new("media-type", Value::keyword(TYPES[0])));
    Value::Collection(members)
}

/// The media-col of custom papers.
pub(crate) fn custom_collection() -> Value {
    let mut members = vec![Attribute::new("media-size", custom_size())];
    members.extend(margins());
    members.push(Attribute::new("media-source", Value::keyword(SOURCES[0])));
    members.push(Attribute::new("media-type", Value::keyword(TYPES[0])));
    Value::Collection(members)
}

fn margins() -> impl Iterator<Item = Attribute> {
    ["media-bottom-margin", "media-left-margin", "media-right-margin", "media-top-margin"]
        .into_iter()
        .map(|name| Attribute::new(name, Value::Integer(MARGIN)))
}

/// `210` or `215.9`: millimetres without useless zeros, as PWG 5101.1 wants them.
fn hundredths(length: i32) -> String {
    let text = format!("{}.{:02}", length / 100, length % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_size_of_its_paper() {
        for media in ALL {
            let (_, size) = media.name.rsplit_once('_').unwrap();
            let (number, unit) = if let Some(number) = size.strip_suffix("mm") {
                (number, 100.0)
            } else {
                (size.strip_suffix("in").unwrap(), 2_540.0)
            };
            let (x, y) = number.split_once('x').unwrap();
            let told = |text: &str| (text.parse::<f64>().unwrap() * unit).round() as i32;
            assert_eq!((media.x, media.y), (told(x), told(y)), "{}", media.name);
        }
    }

    #[test]
    fn a_collection_is_recognised_by_name_by_size_and_as_custom() {
        let by_size = |x, y| {
            let size = Value::Collection(vec![
                Attribute::new("x-dimension", Value::Integer(x)),
                Attribute::new("y-dimension", Value::Integer(y)),
            ]);
            of_collection(&[Attribute::new("media-size", size)])
        };
        assert_eq!(by_size(21_000, 29_700).as_deref(), Some("iso_a4_210x297mm"));
        assert_eq!(by_size(10_477, 24_130).as_deref(), Some("na_number-10_4.125x9.5in"));
        assert_eq!(by_size(20_050, 20_000).as_deref(), Some("custom_size_200.5x200mm"));
        assert_eq!(by_size(90_000, 20_000), None);
        let named = [Attribute::new("media-size-name", Value::keyword("jis_b5_182x257mm"))];
        assert_eq!(of_collection(&named).as_deref(), Some("jis_b5_182x257mm"));
    }
}
