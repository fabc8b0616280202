//! `papergate puk`: codes that let people register a card themselves, once.

use clap::Subcommand;
use rpc::proto::people as proto;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum PukCommand {
    /// Make a PUK in place of an open one; where people have one card, it and the PIN are removed
    New {
        /// Logon of the person
        logon: String,
        /// Send it to the person's e-mail address
        #[arg(long)]
        mail: bool,
    },
    /// Show a person's open PUK
    Show {
        /// Logon of the person
        logon: String,
    },
    /// Make a person's open PUK worthless
    Clear {
        /// Logon of the person
        logon: String,
    },
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: PukCommand) -> Result<(), Failure> {
    match command {
        PukCommand::New { logon, mail } => {
            let puk = shell.reach.people().await?.puk_new(proto::PukNewRequest { logon, mail }).await?;
            let proto::Puk { logon, puk, removed_ids, mailed } = puk.into_inner();
            let mut sentence = format!("the PUK of '{logon}' is {puk}");
            if removed_ids {
                sentence.push_str("; card and PIN are removed");
            }
            if mailed {
                sentence.push_str("; a mail with it is on its way");
            }
            let fact = json!({ "logon": logon, "puk": puk, "removed_ids": removed_ids, "mailed": mailed });
            shell.output.done(&sentence, &fact)
        }
        PukCommand::Show { logon } => {
            let puk = shell.reach.people().await?.puk_reveal(proto::PukRevealRequest { logon }).await?;
            let proto::Puk { logon, puk, .. } = puk.into_inner();
            if puk.is_empty() {
                let fact = json!({ "logon": logon, "puk": null });
                return shell.output.done(&format!("'{logon}' has no open PUK"), &fact);
            }
            let fact = json!({ "logon": logon, "puk": puk });
            shell.output.done(&format!("the PUK of '{logon}' is {puk}"), &fact)
        }
        PukCommand::Clear { logon } => {
            shell.reach.people().await?.puk_clear(proto::PukClearRequest { logon: logon.clone() }).await?;
            shell.output.done(&format!("the PUK of '{logon}' is cleared"), &json!({ "deleted": logon }))
        }
    }
}
