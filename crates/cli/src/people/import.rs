//! `papergate user import`: people in bulk from a CSV file.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use domain::people::import::{self, Row};
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
    import::rows(source, separator, |row| take(message(row)))
        .map_err(|bad| Failure::Usage(format!("{name}, {bad}")))
}

fn message(row: Row) -> proto::UserImportRow {
    proto::UserImportRow {
        line: i64::try_from(row.line).unwrap_or(0),
        logon: row.logon,
        domain: row.domain,
        full_name: row.full_name,
        email: row.email,
        description: row.description,
        cost_code: row.cost_code,
        codes: row.codes,
        aliases: row.aliases,
        groups: row.groups,
        unit: row.unit,
        pin: row.pin,
        access_denied: row.access_denied,
    }
}
