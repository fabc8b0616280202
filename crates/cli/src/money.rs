//! `papergate money verify`: whether the books are right.

use clap::{Args, Subcommand};
use rpc::proto::moneyserver as proto;
use serde_json::json;

use crate::failure::Failure;
use crate::reach::Patience;
use crate::{Shell, time};

/// Status "an error without a code of its own in the money server" of docs/PROTOCOL.md.
const BOOKS_WRONG: i32 = 221;

#[derive(Debug, Subcommand)]
pub(crate) enum MoneyCommand {
    /// Prove the books: every line of the journal, every account, and that all of them sum up to zero
    Verify,
    /// Delete old transactions, but nobody's most recent one, after a backup
    CleanUp(CleanUp),
}

#[derive(Debug, Args)]
pub(crate) struct CleanUp {
    /// Delete what ended before this day or instant
    #[arg(long, value_name = "DATE")]
    before: String,
    /// Directory of the server that a copy of the store goes into first
    #[arg(long, value_name = "DIR", required_unless_present = "no_backup")]
    backup: Option<std::path::PathBuf>,
    /// Delete without a copy
    #[arg(long, conflicts_with = "backup")]
    no_backup: bool,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: MoneyCommand) -> Result<(), Failure> {
    match command {
        MoneyCommand::Verify => verify(shell).await,
        MoneyCommand::CleanUp(asked) => clean_up(shell, asked).await,
    }
}

async fn clean_up(shell: &mut Shell<'_>, asked: CleanUp) -> Result<(), Failure> {
    let before_us = time::parse(&asked.before, time::Edge::From, &jiff::tz::TimeZone::system());
    let directory = match &asked.backup {
        Some(directory) => std::path::absolute(directory)
            .map_err(Failure::io(format!("find {}", directory.display())))?
            .to_string_lossy()
            .into_owned(),
        None => String::new(),
    };
    let request =
        proto::CleanUpRequest { before_us: before_us.map_err(Failure::Usage)?, backup_directory: directory };
    let answer = shell.reach.money_with(Patience::Unlimited).await?.clean_up(request).await?.into_inner();
    let proto::CleanUpAnswer { transfers, entries, head, files } = answer;
    let mut text = format!("{transfers} transactions and {entries} lines of the journal are deleted");
    for file in &files {
        text += &format!("\nbackup: {file}");
    }
    text += &format!("\nhash of the last line: {head}");
    let fact = json!({ "transfers": transfers, "entries": entries, "head": head, "files": files });
    shell.output.done(&text, &fact)
}

async fn verify(shell: &mut Shell<'_>) -> Result<(), Failure> {
    let mut reader = shell.reach.money_reader(Patience::Unlimited).await?;
    let answer = reader.verify(proto::VerifyRequest {}).await?.into_inner();
    let proto::VerifyAnswer { entries, purses, transfers, head, findings } = answer;
    let mut text =
        format!("{entries} lines of the journal, {transfers} transfers and {purses} purses compared");
    for finding in &findings {
        text += &format!("\n{finding}");
    }
    text += &format!("\nhash of the last line: {head}");
    let fact = json!({
        "ok": findings.is_empty(),
        "entries": entries,
        "transfers": transfers,
        "purses": purses,
        "head": head,
        "findings": findings,
    });
    shell.output.done(&text, &fact)?;
    if findings.is_empty() {
        return Ok(());
    }
    Err(Failure::Refused { status: BOOKS_WRONG, message: "the books are wrong".to_owned() })
}
