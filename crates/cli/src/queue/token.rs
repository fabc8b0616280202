//! `papergate queue token`: addresses of a queue that prove who prints, for phones and machines that know no password.

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use rpc::proto::jobserver as proto;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash};
use crate::time::{self, Edge};

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make an address of a queue for one person; it is shown this once
    Add(TokenAdd),
    /// List tokens
    List {
        /// Only those of this person
        #[arg(long, default_value = "", hide_default_value = true, value_name = "LOGON")]
        user: String,
        /// Only those for this queue
        #[arg(long, default_value = "", hide_default_value = true, value_name = "QUEUE")]
        queue: String,
    },
    /// Take a token away: its address prints no more
    Delete {
        /// Number of the token
        id: i64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TokenAdd {
    /// Name of the queue
    queue: String,
    /// Who prints with it
    #[arg(long, value_name = "LOGON")]
    user: String,
    /// Last day, or the instant from which on it is of no use
    #[arg(long, value_name = "DATE")]
    ends: Option<String>,
    /// Host and port of the queue as the person's phone reaches it
    #[arg(long, default_value = "localhost:631", value_name = "HOST[:PORT]")]
    host: String,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: TokenCommand) -> Result<(), Failure> {
    let mut tokens = shell.reach.tokens().await?;
    match command {
        TokenCommand::Add(add) => {
            let ends = add.ends.as_deref().map(|text| time::parse(text, Edge::To, &TimeZone::system()));
            let ends_us = ends.unwrap_or(Ok(0)).map_err(Failure::Usage)?;
            let request = proto::TokenAddRequest { logon: add.user, queue: add.queue, ends_us };
            let token = tokens.token_add(request).await?.into_inner();
            let uri = format!("ipps://{}/ipp/print/{}~{}", add.host, token.queue, token.token);
            shell.output.show(&Added { id: token.id, user: token.logon, queue: token.queue, uri })
        }
        TokenCommand::List { user, queue } => {
            let request = proto::TokenListRequest { logon: user, queue };
            let found = tokens.token_list(request).await?.into_inner().tokens;
            let mut listing = shell.output.list::<Token>();
            for token in found {
                listing.row(&Token::from(token))?;
            }
            listing.finish()
        }
        TokenCommand::Delete { id } => {
            tokens.token_delete(proto::TokenDeleteRequest { id }).await?;
            shell.output.done(&format!("the token {id} is deleted"), &json!({ "deleted": id }))
        }
    }
}

/// A new token.
#[derive(Debug, Serialize)]
struct Added {
    id: i64,
    user: String,
    queue: String,
    uri: String,
}

/// A token, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Token {
    id: i64,
    user: String,
    queue: String,
    created: Option<String>,
    ends: Option<String>,
    #[serde(skip)]
    shown: [String; 2],
}

impl From<proto::Token> for Token {
    fn from(token: proto::Token) -> Self {
        Self {
            id: token.id,
            user: token.logon,
            queue: token.queue,
            created: time::rfc3339(token.created_us),
            ends: time::rfc3339(token.ends_us),
            shown: [time::local(token.created_us), time::local(token.ends_us)],
        }
    }
}

impl Listed for Token {
    const COLUMNS: &'static [&'static str] = &["ID", "USER", "QUEUE", "CREATED", "ENDS"];

    fn cells(&self) -> Vec<String> {
        let [created, ends] = self.shown.clone();
        vec![self.id.to_string(), or_dash(&self.user), or_dash(&self.queue), created, ends]
    }
}
