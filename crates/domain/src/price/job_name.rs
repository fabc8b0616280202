//! Prices by what a document is called: the file `JobNamePricing.txt`.
//!
//! ```text
//! ; a comment
//! Version="1"
//! Price1="0.00"
//! Filter1="Test Page"
//! Price2="0.10"
//! Filter2="http*safecom.eu*"
//! Filter2="safecom*.PDF*"
//! ```
//!
//! A filter is compared with the whole name, case-sensitively; `*` stands for any characters, at most four times.
//! The first filter of the file that fits decides. Without one the charging scheme does.

use crate::money::{Money, MoneyError};
use crate::template_file::assignment;

/// Most wildcards in one filter (the guide's limit).
pub const WILDCARDS_MAX: usize = 4;

/// Most filters in one file.
pub const FILTERS_MAX: usize = 10_000;

/// The rules of one file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct JobNamePrices {
    /// Filter and price, in the order of the file.
    rules: Vec<(String, Money)>,
}

/// A file that makes no sense; whoever reads it keeps the rules it had.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct Malformed {
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Neither comment nor `Name="value"`.
    #[error("a line is a comment (;) or Name=\"value\"")]
    Syntax,
    /// A name that is neither Version, PriceN nor FilterN.
    #[error("'{0}' is neither Version, Price nor Filter with a number")]
    Name(String),
    /// Another version than 1.
    #[error("version {0} is not known")]
    Version(String),
    /// A price that is no amount.
    #[error("a price {0}")]
    Price(#[from] MoneyError),
    /// A price below zero.
    #[error("a price cannot be negative")]
    Negative,
    /// A second price of the same number.
    #[error("price {0} is there twice")]
    Twice(u32),
    /// A filter before the price it belongs to.
    #[error("filter {0} has no price before it")]
    NoPrice(u32),
    /// More than [`WILDCARDS_MAX`] wildcards.
    #[error("a filter has at most {WILDCARDS_MAX} wildcards")]
    Wildcards,
    /// More than [`FILTERS_MAX`] filters.
    #[error("a file has at most {FILTERS_MAX} filters")]
    TooMany,
}

impl JobNamePrices {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Malformed`] with the first line at fault.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut prices: Vec<(u32, Money)> = Vec::new();
        let mut rules = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in text.lines().enumerate() {
            let malformed = |fault| Malformed { line: number + 1, fault };
            match entry(line).map_err(malformed)? {
                Entry::Nothing => {}
                Entry::Price(id, _) if prices.iter().any(|(known, _)| *known == id) => {
                    return Err(malformed(Fault::Twice(id)));
                }
                Entry::Price(id, price) => prices.push((id, price)),
                Entry::Filter(id, filter) => {
                    let price = prices.iter().find(|(known, _)| *known == id);
                    let (_, price) = price.ok_or_else(|| malformed(Fault::NoPrice(id)))?;
                    if rules.len() == FILTERS_MAX {
                        return Err(malformed(Fault::TooMany));
                    }
                    rules.push((filter, *price));
                }
            }
        }
        Ok(Self { rules })
    }

    /// The price a name sets, if it sets one.
    pub fn price(&self, name: &str) -> Option<Money> {
        self.rules.iter().find(|(filter, _)| fits(filter, name)).map(|(_, price)| *price)
    }
}

enum Entry {
    Nothing,
    Price(u32, Money),
    Filter(u32, String),
}

fn entry(line: &str) -> Result<Entry, Fault> {
    let Some((name, value)) = assignment(line).map_err(|()| Fault::Syntax)? else {
        return Ok(Entry::Nothing);
    };
    let number = |digits: &str| digits.parse::<u32>().map_err(|_| Fault::Name(name.to_owned()));
    if name == "Version" {
        return if value == "1" { Ok(Entry::Nothing) } else { Err(Fault::Version(value.to_owned())) };
    }
    if let Some(digits) = name.strip_prefix("Price") {
        let price: Money = value.parse()?;
        if price.is_negative() {
            return Err(Fault::Negative);
        }
        return Ok(Entry::Price(number(digits)?, price));
    }
    if let Some(digits) = name.strip_prefix("Filter") {
        if value.matches('*').count() > WILDCARDS_MAX {
            return Err(Fault::Wildcards);
        }
        return Ok(Entry::Filter(number(digits)?, value.to_owned()));
    }
    Err(Fault::Name(name.to_owned()))
}

/// Whether `filter` covers the whole of `name`. The parts between wildcards are found from the left, which is
/// enough: taking each as early as it comes leaves the most for the others.
fn fits(filter: &str, name: &str) -> bool {
    let Some((first, rest)) = filter.split_once('*') else { return filter == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = "-----\n; A comment.\n-----\nVersion=\"1\"\nPrice1=\"0.00\"\nFilter1=\"Test Page\"\n\
        Price2=\"0.10\"\nFilter2=\"http*safecom.eu*\"\nFilter2=\"safecom*.PDF*\"\n";

    /// CHG-2.
    #[test]
    fn the_guides_file_prices_as_it_says() {
        let prices = JobNamePrices::parse(GUIDE).unwrap();
        let table = [
            ("Test Page", Some(Money(0))),
            ("Test Page 2", None),
            ("test page", None),
            ("http://www.safecom.eu/news", Some(Money(1_000))),
            ("https://safecom.eu", Some(Money(1_000))),
            ("http://example.org", None),
            ("safecom guide.PDF", Some(Money(1_000))),
            ("safecom guide.pdf", None),
            ("", None),
        ];
        for (name, price) in table {
            assert_eq!(prices.price(name), price, "{name:?}");
        }
    }

    /// CHG-2.
    #[test]
    fn a_wildcard_stands_for_any_characters_even_none() {
        let table = [
            ("*", "", true),
            ("*", "anything", true),
            ("a*", "a", true),
            ("*a", "ba", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*ab*ab*", "abab", true),
            ("*ab*ab*", "aba", false),
            ("a*b*c*d*e", "a1b2c3d4e", true),
            ("a*b*c*d*e", "a1b2c3d4", false),
            ("*ü*", "grün", true),
            ("a**b", "ab", true),
        ];
        for (filter, name, expected) in table {
            assert_eq!(fits(filter, name), expected, "{filter} {name}");
        }
    }

    /// CHG-2.
    #[test]
    fn a_file_that_makes_no_sense_says_where() {
        let table = [
            ("nonsense", 1, Fault::Syntax),
            ("; fine\nPrice1=0.10", 2, Fault::Syntax),
            ("Cost1=\"1\"", 1, Fault::Name("Cost1".into())),
            ("PriceX=\"1\"", 1, Fault::Name("PriceX".into())),
            ("Version=\"2\"", 1, Fault::Version("2".into())),
            ("Price1=\"0,10\"", 1, Fault::Price(MoneyError::Malformed)),
            ("Price1=\"-1\"", 1, Fault::Negative),
            ("Price1=\"1\"\nPrice1=\"2\"", 2, Fault::Twice(1)),
            ("Filter1=\"x\"\nPrice1=\"1\"", 1, Fault::NoPrice(1)),
            ("Price1=\"1\"\nFilter1=\"*a*b*c*d*\"", 2, Fault::Wildcards),
        ];
        for (text, line, fault) in table {
            assert_eq!(JobNamePrices::parse(text), Err(Malformed { line, fault }), "{text:?}");
        }
    }
}
