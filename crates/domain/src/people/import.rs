//! Rows of a CSV file of people (guide, "Import users"): what the columns are called and what stands in them. Whether a value
//! may be somebody's is decided where the person is made; here is only what cannot be a row.

use std::io::Read;

use csv::{ErrorKind, ReaderBuilder, StringRecord};

/// Most columns of a file: each stands once.
const COLUMNS_MAX: usize = 12;
/// Longest value, bytes: far above the longest that any column takes, far below what would fill the memory.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;

/// What a file says of one person; nothing is checked but the form.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Row {
    /// Line of the file.
    pub line: u64,
    /// `UserLogon`.
    pub logon: String,
    /// `Domain`.
    pub domain: String,
    /// `FullName`.
    pub full_name: String,
    /// `EMail`.
    pub email: String,
    /// `Description`.
    pub description: String,
    /// `CostCode`.
    pub cost_code: String,
    /// `CardNo`; several are parted by `|`.
    pub codes: Vec<String>,
    /// `Alias`; several are parted by `|`.
    pub aliases: Vec<String>,
    /// `GroupName`; several are parted by `|`.
    pub groups: Vec<String>,
    /// `OrgUnit`.
    pub unit: String,
    /// `PINCode`.
    pub pin: String,
    /// `AccessRightsMask`; `None` when it is empty.
    pub access_denied: Option<u32>,
}

/// Why a file is no file of people.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadFile {
    /// Where; the first line is 1.
    pub line: u64,
    /// What is wrong.
    #[source]
    pub why: BadRow,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum BadRow {
    /// The bytes are no text.
    #[error("the text is not UTF-8")]
    Encoding,
    /// The line has fewer or more values than the first one has columns.
    #[error("the line has {found} values, the first line names {expected} columns")]
    Values {
        /// Columns.
        expected: u64,
        /// Values.
        found: u64,
    },
    /// The file cannot be read.
    #[error("{0}")]
    Unreadable(#[from] std::io::Error),
    /// A heading nobody knows.
    #[error("'{0}' is no column of an import")]
    Column(String),
    /// A column stands twice.
    #[error("the column {0} stands twice")]
    Twice(&'static str),
    /// There is no column for the logon.
    #[error("the column UserLogon is missing")]
    NoLogon,
    /// A value is too long to be anything.
    #[error("a value is longer than {VALUE_BYTES_MAX} bytes")]
    TooLong,
    /// The mask is no number.
    #[error("'{0}' is no access-rights mask")]
    Mask(String),
}

/// Reads every row and hands it to `take`; the first line names the columns, in any order and case.
///
/// # Errors
/// The first [`BadFile`]; what was handed over before it stays handed over.
pub fn rows(source: impl Read, separator: u8, mut take: impl FnMut(Row)) -> Result<(), BadFile> {
    let mut reader = ReaderBuilder::new().delimiter(separator).from_reader(source);
    let first = |why| BadFile { line: 1, why };
    let mut columns: Vec<Column> = Vec::new();
    for heading in reader.headers().map_err(bad_file)? {
        let shown = || BadRow::Column(crate::text::shorten(heading, 40));
        let column = Column::parse(heading).ok_or_else(|| first(shown()))?;
        if columns.contains(&column) || columns.len() == COLUMNS_MAX {
            return Err(first(BadRow::Twice(column.name())));
        }
        columns.push(column);
    }
    if !columns.contains(&Column::Logon) {
        return Err(first(BadRow::NoLogon));
    }
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(bad_file)? {
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Row { line, ..Row::default() };
        for (column, value) in columns.iter().zip(&record) {
            column.put(&mut row, value.trim()).map_err(|why| BadFile { line, why })?;
        }
        take(row);
    }
    Ok(())
}

fn bad_file(error: csv::Error) -> BadFile {
    let line = error.position().map_or(1, csv::Position::line);
    let why = match error.into_kind() {
        ErrorKind::Utf8 { .. } => BadRow::Encoding,
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            BadRow::Values { expected: expected_len, found: len }
        }
        ErrorKind::Io(error) => BadRow::Unreadable(error),
        // The reader has no other failure for texts; a new one would still be a file that cannot be read.
        other => BadRow::Unreadable(std::io::Error::other(format!("{other:?}"))),
    };
    BadFile { line, why }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Column {
    Logon,
    Domain,
    FullName,
    Email,
    Description,
    CostCode,
    Card,
    Alias,
    Group,
    Unit,
    Pin,
    Mask,
}

impl Column {
    const ALL: [Self; COLUMNS_MAX] = [
        Self::Logon,
        Self::Domain,
        Self::FullName,
        Self::Email,
        Self::Description,
        Self::CostCode,
        Self::Card,
        Self::Alias,
        Self::Group,
        Self::Unit,
        Self::Pin,
        Self::Mask,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Logon => "UserLogon",
            Self::Domain => "Domain",
            Self::FullName => "FullName",
            Self::Email => "EMail",
            Self::Description => "Description",
            Self::CostCode => "CostCode",
            Self::Card => "CardNo",
            Self::Alias => "Alias",
            Self::Group => "GroupName",
            Self::Unit => "OrgUnit",
            Self::Pin => "PINCode",
            Self::Mask => "AccessRightsMask",
        }
    }

    fn parse(heading: &str) -> Option<Self> {
        // Spreadsheets write a byte order mark before the first one.
        let heading = heading.trim_start_matches('\u{feff}').trim();
        Self::ALL.into_iter().find(|column| column.name().eq_ignore_ascii_case(heading))
    }

    fn put(self, row: &mut Row, value: &str) -> Result<(), BadRow> {
        if value.len() > VALUE_BYTES_MAX {
            return Err(BadRow::TooLong);
        }
        let several = |field: &mut Vec<String>| {
            field.extend(value.split('|').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
        };
        match self {
            Self::Logon => value.clone_into(&mut row.logon),
            Self::Domain => value.clone_into(&mut row.domain),
            Self::FullName => value.clone_into(&mut row.full_name),
            Self::Email => value.clone_into(&mut row.email),
            Self::Description => value.clone_into(&mut row.description),
            Self::CostCode => value.clone_into(&mut row.cost_code),
            Self::Card => several(&mut row.codes),
            Self::Alias => several(&mut row.aliases),
            Self::Group => several(&mut row.groups),
            Self::Unit => value.clone_into(&mut row.unit),
            Self::Pin => value.clone_into(&mut row.pin),
            Self::Mask if value.is_empty() => {}
            Self::Mask => {
                let mask = value.parse().map_err(|_| BadRow::Mask(crate::text::shorten(value, 40)))?;
                row.access_denied = Some(mask);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<Vec<Row>, String> {
        let mut found = Vec::new();
        rows(content, b',', |row| found.push(row)).map(|()| found).map_err(|bad| bad.to_string())
    }

    #[test]
    fn usr_11_rows_have_the_columns_of_the_guide() {
        let read = read(
            "\u{feff}UserLogon,FullName,CardNo,Alias,AccessRightsMask\nJS,\"Smith, J\",1|2,JSmith,5\nAB,,,,\n"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!((read[0].logon.as_str(), read[0].full_name.as_str()), ("JS", "Smith, J"));
        assert_eq!((read[0].codes.len(), read[0].aliases.len()), (2, 1));
        assert_eq!((read[0].access_denied, read[1].access_denied), (Some(5), None));
        assert_eq!((read[1].line, read[1].codes.len()), (3, 0));
    }

    #[test]
    fn usr_11_a_broken_file_is_refused_with_its_line() {
        let long = format!("UserLogon\nann\n{}\n", "x".repeat(VALUE_BYTES_MAX + 1));
        let table: [(&[u8], &str); 9] = [
            (b"", "line 1: the column UserLogon is missing"),
            (b"FullName\nx\n", "line 1: the column UserLogon is missing"),
            (b"UserLogon,Shoe\nx,1\n", "line 1: 'Shoe' is no column of an import"),
            (b"UserLogon,userlogon\nx,1\n", "line 1: the column UserLogon stands twice"),
            (b"UserLogon,FullName\nx,\xff\xfe\n", "line 2: the text is not UTF-8"),
            (b"\xff\xfeUserLogon\nx\n", "line 1: the text is not UTF-8"),
            (b"UserLogon,FullName\nx\n", "line 2: the line has 1 values, the first line names 2 columns"),
            (b"UserLogon,AccessRightsMask\nx,all\n", "line 2: 'all' is no access-rights mask"),
            (long.as_bytes(), "line 3: a value is longer than 16384 bytes"),
        ];
        for (content, expected) in table {
            assert_eq!(read(content).unwrap_err(), expected);
        }
    }
}
