//! `papergate money verify`: whether the books are right.

use clap::Subcommand;
use rpc::proto::moneyserver as proto;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::reach::Patience;

/// Status "an error without a code of its own in the money server" of docs/PROTOCOL.md.
const BOOKS_WRONG: i32 = 221;

#[derive(Debug, Subcommand)]
pub(crate) enum MoneyCommand {
    /// Prove the books: every line of the journal, every account, and that all of them sum up to zero
    Verify,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: MoneyCommand) -> Result<(), Failure> {
    match command {
        MoneyCommand::Verify => verify(shell).await,
    }
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
