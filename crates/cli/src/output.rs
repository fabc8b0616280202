//! Results: aligned tables for people, JSON for scripts.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;

/// Something that is listed: a row for people, an object for scripts.
pub trait Listed: Serialize {
    /// Headings of the table.
    const COLUMNS: &'static [&'static str];

    /// One cell per heading.
    fn cells(&self) -> Vec<String>;
}

/// Where results go, and in which form.
pub struct Output<'a> {
    json: bool,
    writer: &'a mut dyn Write,
}

impl<'a> Output<'a> {
    /// Results as JSON or for people, into `writer`.
    pub fn new(json: bool, writer: &'a mut dyn Write) -> Self {
        Self { json, writer }
    }

    /// Whether a script reads.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Begins a listing; a JSON array grows row by row, so that a long one needs no memory.
    pub fn list<T: Listed>(&mut self) -> Listing<'_, 'a, T> {
        let widths = T::COLUMNS.iter().map(|heading| heading.chars().count()).collect();
        Listing { output: self, rows: Vec::new(), widths, written: 0, marker: std::marker::PhantomData }
    }

    /// One object in full: pretty JSON, or a line per field.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn show<T: Serialize>(&mut self, object: &T) -> Result<(), Failure> {
        if self.json {
            return self.text(&(pretty(object) + "\n"));
        }
        let Value::Object(fields) = value(object) else {
            return self.text(&(pretty(object) + "\n"));
        };
        let width = fields.keys().map(String::len).max().unwrap_or(0);
        let mut text = String::new();
        for (name, field) in &fields {
            let label = name.replace('_', " ") + ":";
            text += &format!("{label:<0$} {1}\n", width + 1, plain(field));
        }
        self.text(&text)
    }

    /// The end of a command whose result is a fact, not an object: `sentence` for people, `fact` for scripts.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn done(&mut self, sentence: &str, fact: &Value) -> Result<(), Failure> {
        if self.json { self.text(&format!("{fact}\n")) } else { self.text(&format!("{sentence}\n")) }
    }

    /// Text as it is.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.writer.write_all(text.as_bytes()).and_then(|()| self.writer.flush()).map_err(written)
    }

    /// The stream below, for what is neither table nor JSON (exports).
    pub fn stream(&mut self) -> &mut dyn Write {
        self.writer
    }
}

/// A listing under way.
pub struct Listing<'o, 'a, T> {
    output: &'o mut Output<'a>,
    rows: Vec<Vec<String>>,
    /// Characters of the longest cell of each column.
    widths: Vec<usize>,
    written: usize,
    marker: std::marker::PhantomData<T>,
}

impl<T: Listed> Listing<'_, '_, T> {
    /// Adds one row.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn row(&mut self, row: &T) -> Result<(), Failure> {
        if !self.output.json {
            // Done while the next rows are on their way; only lines are left for the end.
            let mut cells = row.cells();
            for (width, cell) in self.widths.iter_mut().zip(&mut cells) {
                // A control character in a document's title must not drive the terminal.
                if cell.contains(char::is_control) {
                    *cell = cell.replace(char::is_control, "\u{fffd}");
                }
                *width = (*width).max(cell.chars().count());
            }
            self.rows.push(cells);
            return Ok(());
        }
        let before = if self.written == 0 { "[\n  " } else { ",\n  " };
        self.written += 1;
        let text = format!("{before}{}", value(row));
        self.output.writer.write_all(text.as_bytes()).map_err(written)
    }

    /// Ends the listing.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(self) -> Result<(), Failure> {
        if self.output.json {
            return self.output.text(if self.written == 0 { "[]\n" } else { "\n]\n" });
        }
        let headings: Vec<String> = T::COLUMNS.iter().map(|&heading| heading.to_owned()).collect();
        let mut buffer = io::BufWriter::new(&mut *self.output.writer);
        let mut line = String::new();
        for row in std::iter::once(&headings).chain(&self.rows) {
            line.clear();
            for (width, cell) in self.widths.iter().zip(row) {
                line += cell;
                line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
            }
            line.truncate(line.trim_end().len());
            line.push('\n');
            buffer.write_all(line.as_bytes()).map_err(written)?;
        }
        buffer.flush().map_err(written)
    }
}

/// "yes" or "no", as tables show it.
pub(crate) fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

/// A text that may be empty, as tables show it.
pub(crate) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

/// `None` for an empty text, so that JSON says `null`.
pub(crate) fn or_null(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn value<T: Serialize>(object: &T) -> Value {
    serde_json::to_value(object).expect("the rows of this crate have text keys and finite numbers")
}

fn pretty<T: Serialize>(object: &T) -> String {
    serde_json::to_string_pretty(object).expect("the rows of this crate have text keys and finite numbers")
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(value) => yes(*value),
        Value::String(text) => or_dash(text),
        Value::Array(values) if values.is_empty() => "-".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn written(source: io::Error) -> Failure {
    Failure::Io { what: "write the result".to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Pet {
        name: String,
        legs: u32,
    }

    impl Listed for Pet {
        const COLUMNS: &'static [&'static str] = &["NAME", "LEGS"];

        fn cells(&self) -> Vec<String> {
            vec![self.name.clone(), self.legs.to_string()]
        }
    }

    fn listed(json: bool, pets: &[Pet]) -> String {
        let mut bytes = Vec::new();
        let mut output = Output::new(json, &mut bytes);
        let mut listing = output.list();
        for pet in pets {
            listing.row(pet).unwrap();
        }
        listing.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn pets() -> Vec<Pet> {
        vec![Pet { name: "dögg\u{1b}[2J".into(), legs: 4 }, Pet { name: "ant".into(), legs: 6 }]
    }

    #[test]
    fn a_table_is_aligned_and_cannot_drive_the_terminal() {
        assert_eq!(listed(false, &pets()), "NAME      LEGS\ndögg\u{fffd}[2J  4\nant       6\n");
        assert_eq!(listed(false, &[]), "NAME  LEGS\n");
    }

    #[test]
    fn a_json_listing_is_one_array() {
        assert_eq!(listed(true, &[]), "[]\n");
        let parsed: Value = serde_json::from_str(&listed(true, &pets())).unwrap();
        assert_eq!(parsed[1]["name"], "ant");
        assert_eq!(parsed.as_array().unwrap().len(), 2);
    }

    #[test]
    fn one_object_is_shown_in_both_forms() {
        let mut bytes = Vec::new();
        Output::new(false, &mut bytes).show(&pets()[1]).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "legs: 6\nname: ant\n");
    }
}
