//! `papergate mail`: mails the suite sends.

use std::path::PathBuf;

use clap::Subcommand;
use rpc::proto::jobserver as proto;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};
use crate::{secret, time};

#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// List mails, the newest first
    List {
        /// Only those that are waiting, sent or failed
        #[arg(long, default_value = "", hide_default_value = true, value_name = "STATE")]
        state: String,
        /// At most this many; 0 for all
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: u32,
    },
    /// Show what a mail looks like, and what is wrong with a template of one's own
    Preview {
        /// Kind of mail, as welcome, puk, delete-warning; a wrong one lists them all
        kind: String,
    },
    /// Send one mail now, and say what the mail server answers
    Test {
        /// Where to
        address: String,
    },
    /// Let mails that wait or failed be tried now
    Retry {
        /// Which; all when not given
        id: Option<i64>,
    },
    /// Keep a secret of the mail account: password, oauth-client-secret, oauth-refresh-token
    Secret {
        /// Which
        name: String,
        /// File with the secret, "-" for standard input (else PAPERGATE_SECRET, else asked); empty takes it away
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: MailCommand) -> Result<(), Failure> {
    let mut room = shell.reach.mail_room().await?;
    match command {
        MailCommand::List { state, limit } => {
            let request = proto::MailListRequest { state, limit: limit.into() };
            let mut pages = room.mail_list(request).await?.into_inner();
            let mut listing = shell.output.list::<Mail>();
            while let Some(page) = pages.message().await? {
                for mail in page.mails {
                    listing.row(&Mail::from(mail))?;
                }
            }
            listing.finish()
        }
        MailCommand::Preview { kind } => {
            let shown = room.mail_preview(proto::MailPreviewRequest { kind }).await?.into_inner();
            if shell.output.is_json() {
                let (file, problem) = (or_null(shown.file), or_null(shown.problem));
                return shell.output.show(&json!({
                    "kind": shown.kind, "subject": shown.subject, "text": shown.text, "file": file, "problem": problem,
                }));
            }
            let source = if shown.file.is_empty() { "the built-in text".to_owned() } else { shown.file };
            let mut text = format!("Template: {source}\n");
            if !shown.problem.is_empty() {
                text += &format!("It is wrong, and the built-in text is sent instead: {}\n", shown.problem);
            }
            shell.output.text(&format!("{text}Subject: {}\n\n{}", shown.subject, shown.text))
        }
        MailCommand::Test { address } => {
            room.mail_test(proto::MailTestRequest { recipient: address.clone() }).await?;
            shell
                .output
                .done(&format!("the mail server took the mail to {address}"), &json!({ "sent": address }))
        }
        MailCommand::Retry { id } => {
            let request = proto::MailRetryRequest { id: id.unwrap_or(0) };
            let mails = room.mail_retry(request).await?.into_inner().mails;
            shell.output.done(&format!("{mails} mails are tried now"), &json!({ "mails": mails }))
        }
        MailCommand::Secret { name, file } => {
            let value = secret::read(&name, file.as_deref(), "PAPERGATE_SECRET")?;
            let request =
                proto::MailSecretSetRequest { name: name.clone(), secret: value.as_str().to_owned() };
            room.mail_secret_set(request).await?;
            let kept = !value.is_empty();
            let sentence = if kept { "is kept" } else { "was taken away" };
            shell.output.done(&format!("the {name} {sentence}"), &json!({ "name": name, "kept": kept }))
        }
    }
}

/// A mail, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Mail {
    id: i64,
    key: String,
    kind: String,
    recipient: String,
    state: String,
    attempts: i64,
    error: Option<String>,
    created: Option<String>,
    next: Option<String>,
    ended: Option<String>,
    #[serde(skip)]
    created_shown: String,
}

impl From<proto::Mail> for Mail {
    fn from(mail: proto::Mail) -> Self {
        Self {
            id: mail.id,
            key: mail.key,
            kind: mail.kind,
            recipient: mail.recipient,
            state: mail.state,
            attempts: mail.attempts,
            error: or_null(mail.error),
            created: time::rfc3339(mail.created_us),
            next: time::rfc3339(mail.next_us),
            ended: time::rfc3339(mail.ended_us),
            created_shown: time::local(mail.created_us),
        }
    }
}

impl Listed for Mail {
    const COLUMNS: &'static [&'static str] = &["ID", "CREATED", "KIND", "TO", "STATE", "TRIES", "ERROR"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.created_shown.clone(),
            self.kind.clone(),
            self.recipient.clone(),
            self.state.clone(),
            self.attempts.to_string(),
            or_dash(self.error.as_deref().unwrap_or_default()),
        ]
    }
}
