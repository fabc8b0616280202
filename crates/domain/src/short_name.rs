//! Names of documents as panels show them: what programs put in front of every name is left out (guide, "Shorten job names in
//! document list"). The file `ExcludeJobNames.txt`:
//!
//! ```text
//! ; a comment
//! Version="1"
//! Item="Microsoft Word - "
//! Item="http://"
//! ```
//!
//! An item is left out where a name begins with it, whatever the case of its letters; of several the longest. A name that
//! would be nothing but the item stays whole.

use crate::template_file::assignment;

/// Most items in one file.
pub const ITEMS_MAX: usize = 1_000;

/// What names are shortened by.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ExcludedBeginnings {
    items: Vec<String>,
}

/// A file that makes no sense; whoever reads it keeps the items it had.
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
    /// A name that is neither Version nor Item.
    #[error("'{0}' is neither Version nor Item")]
    Name(String),
    /// Another version than 1.
    #[error("version {0} is not known")]
    Version(String),
    /// More than [`ITEMS_MAX`] items.
    #[error("a file has at most {ITEMS_MAX} items")]
    TooMany,
}

impl ExcludedBeginnings {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Malformed`] with the first line at fault.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut items: Vec<String> = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in text.lines().enumerate() {
            let malformed = |fault| Malformed { line: number + 1, fault };
            match assignment(line).map_err(|()| malformed(Fault::Syntax))? {
                None | Some(("Version", "1") | ("Item", "")) => {}
                Some(("Version", other)) => return Err(malformed(Fault::Version(other.to_owned()))),
                Some(("Item", _)) if items.len() == ITEMS_MAX => return Err(malformed(Fault::TooMany)),
                Some(("Item", item)) => items.push(item.to_owned()),
                Some((other, _)) => return Err(malformed(Fault::Name(other.to_owned()))),
            }
        }
        // The longest is tried first.
        items.sort_by_key(|item| std::cmp::Reverse(item.len()));
        Ok(Self { items })
    }

    /// The name without the item it begins with.
    pub fn shorten<'a>(&self, name: &'a str) -> &'a str {
        let begins =
            |item: &&String| name.get(..item.len()).is_some_and(|start| start.eq_ignore_ascii_case(item));
        let rest = self.items.iter().find(begins).map_or(name, |item| name[item.len()..].trim_start());
        if rest.is_empty() { name } else { rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = "-----\n; A comment.\n-----\nVersion=\"1\"\nItem=\"Microsoft Word - \"\n\
        Item=\"Microsoft \"\nItem=\"http://\"\n";

    #[test]
    fn what_a_name_begins_with_is_left_out_once() {
        let excluded = ExcludedBeginnings::parse(GUIDE).unwrap();
        let table = [
            ("Microsoft Word - Letter.docx", "Letter.docx"),
            ("microsoft word - Letter.docx", "Letter.docx"),
            ("Microsoft Excel - Sums", "Excel - Sums"),
            ("Microsoft Word - http://example.org", "http://example.org"),
            ("HTTP://example.org/a", "example.org/a"),
            ("A letter of Microsoft Word - x", "A letter of Microsoft Word - x"),
            ("http://", "http://"),
            ("Microsoft Word - ", "Microsoft Word - "),
            ("Büro", "Büro"),
            ("", ""),
        ];
        for (name, short) in table {
            assert_eq!(excluded.shorten(name), short, "{name:?}");
        }
        assert_eq!(ExcludedBeginnings::default().shorten("http://a"), "http://a");
        // A character that the item would cut through is no beginning.
        let cut = ExcludedBeginnings::parse("Item=\"ab\"").unwrap();
        assert_eq!(cut.shorten("aü"), "aü");
    }

    #[test]
    fn a_file_that_makes_no_sense_names_its_line() {
        let table = [
            ("Item", 1, Fault::Syntax),
            ("\nItem=x", 2, Fault::Syntax),
            ("Version=\"2\"", 1, Fault::Version("2".to_owned())),
            ("; fine\nItems=\"x\"", 2, Fault::Name("Items".to_owned())),
        ];
        for (text, line, fault) in table {
            assert_eq!(ExcludedBeginnings::parse(text), Err(Malformed { line, fault }), "{text:?}");
        }
        let many = "Item=\"x\"\n".repeat(ITEMS_MAX + 1);
        assert_eq!(ExcludedBeginnings::parse(&many).unwrap_err().fault, Fault::TooMany);
    }
}
