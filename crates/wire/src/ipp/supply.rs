//! `printer-supply` (PWG 5100.13): what is left of toner and the like, one octet string each.
//!
//! A string is `name=value;` again and again, named as the columns of `prtMarkerSuppliesTable` (RFC 3805). Names that are not
//! known are passed over, and so is what has not this form.

use super::{GroupTag, Message, Value};

/// Most supplies that are read of one printer.
const SUPPLIES_MAX: usize = 64;

/// One supply, as far as it is told.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Supply {
    /// `colorantname`: cyan, magenta, yellow, black or another word; possibly empty.
    pub colorant: String,
    /// `unit`: impressions, percent ...; possibly empty.
    pub unit: String,
    /// `level`: what is left; below zero when the printer does not know.
    pub level: Option<i64>,
}

impl Supply {
    /// Reads one value of the attribute.
    #[must_use]
    pub fn parse(octets: &[u8]) -> Self {
        let text = String::from_utf8_lossy(octets);
        let mut supply = Self::default();
        for (name, value) in text.split(';').filter_map(|part| part.split_once('=')) {
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "colorantname" => value.clone_into(&mut supply.colorant),
                "unit" => value.clone_into(&mut supply.unit),
                "level" => supply.level = value.parse().ok(),
                _ => {}
            }
        }
        supply
    }

    /// Every supply that an answer to Get-Printer-Attributes tells.
    #[must_use]
    pub fn all(response: &Message) -> Vec<Self> {
        let Some(attribute) = response.attribute(GroupTag::Printer, "printer-supply") else {
            return Vec::new();
        };
        let octets = attribute.values.iter().filter_map(|value| match value {
            Value::OctetString(octets) => Some(octets),
            _ => None,
        });
        octets.take(SUPPLIES_MAX).map(|octets| Self::parse(octets)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn supplies_are_read_as_the_standard_writes_them() {
        let text = "index=1;class=supplyThatIsConsumed;type=toner;unit=impressions;maxcapacity=20000;\
                    level=19990;colorantname=black;";
        let supply = Supply { colorant: "black".into(), unit: "impressions".into(), level: Some(19_990) };
        assert_eq!(Supply::parse(text.as_bytes()), supply);
        let rough = b" Level = -3 ; UNIT=percent;;=;level;colorantname";
        let read = Supply { level: Some(-3), unit: "percent".into(), ..Supply::default() };
        assert_eq!(Supply::parse(rough), read);
        for nothing in ["", "level=many;", "\u{fffd}=;=;"] {
            assert_eq!(Supply::parse(nothing.as_bytes()), Supply::default(), "{nothing}");
        }
        assert_eq!(Supply::parse(&[0xff, b'=', 0xfe, b';']), Supply::default());
    }

    #[test]
    fn an_answer_tells_many_or_none() {
        let octets = |text: &'static str| Value::OctetString(Bytes::from_static(text.as_bytes()));
        let mut answer =
            Message { version: crate::ipp::Version::V2_0, code: 0, request_id: 1, groups: Vec::new() };
        assert_eq!(Supply::all(&answer), []);
        let group = crate::ipp::Group::new(GroupTag::Printer)
            .with_all("printer-supply", vec![octets("level=1;"), Value::Integer(7), octets("level=2;")]);
        answer.groups.push(group);
        let levels: Vec<_> = Supply::all(&answer).into_iter().map(|supply| supply.level).collect();
        assert_eq!(levels, [Some(1), Some(2)]);
    }
}
