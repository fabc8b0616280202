//! `papergate card`: cards and ID codes.

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use rpc::proto::jobserver as proto;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::Listed;
use crate::time::{self, Edge};

#[derive(Debug, Subcommand)]
pub(crate) enum CardCommand {
    /// Give a person a card or ID code
    Add(CardAdd),
    /// List the cards of a person, codes masked
    List {
        /// Logon of the person
        logon: String,
    },
    /// Take a card away from a person
    Delete {
        /// Logon of the person
        logon: String,
        /// The code as the reader sends it
        code: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CardAdd {
    /// Logon of the person
    logon: String,
    /// The code as the reader sends it
    code: String,
    /// First instant at which the card works (2026-11-21 or RFC 3339)
    #[arg(long, value_name = "DATE")]
    starts: Option<String>,
    /// Instant from which the card no longer works; a bare day is the card's last
    #[arg(long, value_name = "DATE")]
    ends: Option<String>,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: CardCommand) -> Result<(), Failure> {
    match command {
        CardCommand::Add(arguments) => {
            let instant = |text: Option<String>, edge| {
                text.map_or(Ok(0), |text| time::parse(&text, edge, &TimeZone::system()))
                    .map_err(Failure::Usage)
            };
            let request = proto::CardAddRequest {
                logon: arguments.logon,
                code: arguments.code,
                starts_us: instant(arguments.starts, Edge::From)?,
                ends_us: instant(arguments.ends, Edge::To)?,
            };
            let card = shell.reach.administration().await?.card_add(request).await?;
            shell.output.show(&Card::from(card.into_inner()))
        }
        CardCommand::List { logon } => {
            let answer =
                shell.reach.administration().await?.card_list(proto::CardListRequest { logon }).await?;
            let mut listing = shell.output.list::<Card>();
            for card in answer.into_inner().cards {
                listing.row(&Card::from(card))?;
            }
            listing.finish()
        }
        CardCommand::Delete { logon, code } => {
            let request = proto::CardDeleteRequest { logon: logon.clone(), code };
            shell.reach.administration().await?.card_delete(request).await?;
            shell.output.done(&format!("the card of '{logon}' is deleted"), &json!({ "deleted": logon }))
        }
    }
}

/// A card, as scripts see one. The code itself never leaves the jobserver.
#[derive(Debug, Serialize)]
pub(crate) struct Card {
    id: i64,
    logon: String,
    masked_code: String,
    starts: Option<String>,
    ends: Option<String>,
    created: Option<String>,
    #[serde(skip)]
    shown: [String; 3],
}

impl From<proto::Card> for Card {
    fn from(card: proto::Card) -> Self {
        Self {
            id: card.id,
            logon: card.logon,
            masked_code: card.masked_code,
            starts: time::rfc3339(card.starts_us),
            ends: time::rfc3339(card.ends_us),
            created: time::rfc3339(card.created_us),
            shown: [card.starts_us, card.ends_us, card.created_us].map(time::local),
        }
    }
}

impl Listed for Card {
    const COLUMNS: &'static [&'static str] = &["LOGON", "CODE", "STARTS", "ENDS", "CREATED"];

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.logon.clone(), self.masked_code.clone()];
        cells.extend(self.shown.clone());
        cells
    }
}
