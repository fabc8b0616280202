//! `papergate user import`: people in bulk from a CSV file.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use rpc::proto::people as proto;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;

/// Rows sent at once.
const CHUNK_ROWS: usize = 2_000;
/// Chunks read ahead of the server.
const CHUNKS_AHEAD: usize = 2;

#[derive(Args, Debug)]
pub(crate) struct UserImport {
    /// CSV file in UTF-8; its first line names the columns: UserLogon, Domain, FullName, EMail, Description, CostCode,
    /// CardNo, Alias, GroupName, OrgUnit, PINCode, AccessRightsMask; several values of one are parted by |
    file: PathBuf,
    /// Character between the columns
    #[arg(long, default_value_t = ',', value_name = "C")]
    separator: char,
}

pub(crate) async fn run(shell: &mut Shell<'_>, arguments: UserImport) -> Result<(), Failure> {
    let (sender, receiver) = tokio::sync::mpsc::channel(CHUNKS_AHEAD);
    let mut client = shell.reach.people_with(crate::reach::Patience::Unlimited).await?;
    // Read completely once before anything is sent: a file with a broken line changes nothing.
    let file = arguments.file.clone();
    let separator = u8::try_from(arguments.separator)
        .map_err(|_| Failure::Usage("the separator is one ASCII character".to_owned()))?;
    check(&file, separator)?;
    let reader = std::thread::spawn(move || -> Result<(), Failure> {
        let mut rows = Vec::with_capacity(CHUNK_ROWS);
        read(&file, separator, |row| {
            rows.push(row);
            if rows.len() == CHUNK_ROWS {
                let chunk = proto::UserImportChunk { rows: std::mem::take(&mut rows) };
                // A server that hung up says why itself.
                let _ = sender.blocking_send(chunk);
            }
        })?;
        let _ = sender.blocking_send(proto::UserImportChunk { rows });
        Ok(())
    });
    let answer = client.user_import(tokio_stream::wrappers::ReceiverStream::new(receiver)).await;
    let read = reader.join().map_err(|_| Failure::Usage("reading the file failed".to_owned()))?;
    let answer = answer?.into_inner();
    read?;
    let refused = i64::try_from(answer.refused.len()).unwrap_or(0) + answer.more_refused;
    let mut sentence = format!("{} people are added, {refused} rows are refused", answer.added);
    for row in &answer.refused {
        let logon = domain::text::shorten(&row.logon, 40);
        sentence.push_str(&format!("\nline {}: '{logon}': {} ({})", row.line, row.why, row.status));
    }
    if answer.more_refused > 0 {
        sentence.push_str(&format!("\nand {} more", answer.more_refused));
    }
    let rows: Vec<_> = answer
        .refused
        .iter()
        .map(|row| json!({ "line": row.line, "logon": row.logon, "status": row.status, "why": row.why }))
        .collect();
    let fact = json!({
        "read": answer.read, "added": answer.added, "refused": rows, "more_refused": answer.more_refused,
    });
    shell.output.done(&sentence, &fact)?;
    if refused > 0 {
        return Err(Failure::Refused { status: 1, message: format!("{refused} rows are refused") });
    }
    Ok(())
}

fn check(file: &Path, separator: u8) -> Result<(), Failure> {
    read(file, separator, drop)
}

/// Reads every row; what is no row of the file is a usage error with its line.
fn read(file: &Path, separator: u8, mut take: impl FnMut(proto::UserImportRow)) -> Result<(), Failure> {
    let name = file.display();
    let source = File::open(file).map_err(Failure::io(format!("read {name}")))?;
    let wrong = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        let why = match error.kind() {
            csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
            _ => error.to_string(),
        };
        Failure::Usage(format!("{name}, line {line}: {why}"))
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(source);
    let columns: Vec<Column> = reader
        .headers()
        .map_err(wrong)?
        .iter()
        .map(|heading| Column::parse(heading).ok_or_else(|| heading.to_owned()))
        .collect::<Result<_, _>>()
        .map_err(|heading| {
            Failure::Usage(format!("{name}, line 1: '{heading}' is no column of an import"))
        })?;
    if !columns.contains(&Column::Logon) {
        return Err(Failure::Usage(format!("{name}, line 1: the column UserLogon is missing")));
    }
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(wrong)? {
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = proto::UserImportRow { line: i64::try_from(line).unwrap_or(0), ..Default::default() };
        for (column, value) in columns.iter().zip(&record) {
            let value = value.trim();
            column
                .put(&mut row, value)
                .map_err(|why| Failure::Usage(format!("{name}, line {line}: {why}")))?;
        }
        take(row);
    }
    Ok(())
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
    fn parse(heading: &str) -> Option<Self> {
        Some(match heading.trim().trim_start_matches('\u{feff}').to_ascii_lowercase().as_str() {
            "userlogon" => Self::Logon,
            "domain" => Self::Domain,
            "fullname" => Self::FullName,
            "email" => Self::Email,
            "description" => Self::Description,
            "costcode" => Self::CostCode,
            "cardno" => Self::Card,
            "alias" => Self::Alias,
            "groupname" => Self::Group,
            "orgunit" => Self::Unit,
            "pincode" => Self::Pin,
            "accessrightsmask" => Self::Mask,
            _ => return None,
        })
    }

    fn put(self, row: &mut proto::UserImportRow, value: &str) -> Result<(), String> {
        let one = |field: &mut String| value.clone_into(field);
        let several = |field: &mut Vec<String>| {
            field.extend(value.split('|').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
        };
        match self {
            Self::Logon => one(&mut row.logon),
            Self::Domain => one(&mut row.domain),
            Self::FullName => one(&mut row.full_name),
            Self::Email => one(&mut row.email),
            Self::Description => one(&mut row.description),
            Self::CostCode => one(&mut row.cost_code),
            Self::Card => several(&mut row.codes),
            Self::Alias => several(&mut row.aliases),
            Self::Group => several(&mut row.groups),
            Self::Unit => one(&mut row.unit),
            Self::Pin => one(&mut row.pin),
            Self::Mask if value.is_empty() => {}
            Self::Mask => {
                let mask = value.parse().map_err(|_| format!("'{value}' is no access-rights mask"))?;
                row.access_denied = Some(mask);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(content: &[u8]) -> Result<Vec<proto::UserImportRow>, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("people.csv");
        std::fs::write(&path, content).unwrap();
        let mut rows = Vec::new();
        read(&path, b',', |row| rows.push(row)).map(|()| rows).map_err(|failure| failure.to_string())
    }

    #[test]
    fn usr_11_rows_have_the_columns_of_the_guide() {
        let read = rows(
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
        let table: [(&[u8], &str); 5] = [
            (b"FullName\nx\n", "UserLogon is missing"),
            (b"UserLogon,Shoe\nx,1\n", "'Shoe' is no column"),
            (b"UserLogon,FullName\nx,\xff\xfe\n", "line 2: the text is not UTF-8"),
            (b"UserLogon,FullName\nx\n", "line 2"),
            (b"UserLogon,AccessRightsMask\nx,all\n", "'all' is no access-rights mask"),
        ];
        for (content, expected) in table {
            let said = rows(content).unwrap_err();
            assert!(said.contains(expected), "{said}");
        }
    }
}
