//! `papergate card`: cards and ID codes.

use clap::{Args, Subcommand};
use domain::people::period::Period;
use jiff::Zoned;
use jiff::tz::TimeZone;
use rpc::proto::jobserver as proto;
use rpc::proto::people;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};
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
    /// Make an ID code by the pattern of the settings and give it to a person
    Generate {
        /// Logon of the person
        logon: String,
    },
    /// Show codes as they are, where one's rights allow it
    Reveal {
        /// Logon of the person; everybody's codes without
        logon: Option<String>,
        /// Only codes that end (true) or do not (false)
        #[arg(long, value_name = "true|false")]
        temporary: Option<bool>,
    },
    /// Change a code, or when it is valid
    Modify(CardModify),
    /// Show what a magnetic card's track becomes at the reader: import the result, not the track
    Convert {
        /// The data of track 2 or 3 as it is printed, with <, = or > where the reader gives C, D or E
        track: String,
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
    /// End of a popular period instead of --ends
    #[arg(long, value_name = "today|tomorrow|week|month", conflicts_with = "ends")]
    until: Option<String>,
    /// The code is a magnetic card's track as it is printed: convert it
    #[arg(long)]
    magnetic: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CardModify {
    /// Logon of the person
    logon: String,
    /// The code as it is
    code: String,
    /// The code as it shall be
    #[arg(long, value_name = "CODE")]
    new_code: Option<String>,
    /// First instant at which it works, or always
    #[arg(long, value_name = "DATE|always")]
    starts: Option<String>,
    /// Its last day, an instant from which it no longer works, or never: it becomes permanent
    #[arg(long, value_name = "DATE|never")]
    ends: Option<String>,
}

/// The end of a popular period.
fn popular_end(period: &str) -> Result<i64, Failure> {
    let known = Period::parse(period).and_then(|period| period.end(&Zoned::now()));
    let unknown = || Failure::Usage(format!("'{period}' is none of: today, tomorrow, week, month"));
    known.map(|end| end.0).ok_or_else(unknown)
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: CardCommand) -> Result<(), Failure> {
    match command {
        CardCommand::Add(arguments) => {
            let instant = |text: Option<String>, edge| {
                text.map_or(Ok(0), |text| time::parse(&text, edge, &TimeZone::system()))
                    .map_err(Failure::Usage)
            };
            let ends_us = match &arguments.until {
                Some(period) => popular_end(period)?,
                None => instant(arguments.ends, Edge::To)?,
            };
            let code = if arguments.magnetic { converted(&arguments.code)? } else { arguments.code };
            let request = proto::CardAddRequest {
                logon: arguments.logon,
                code,
                starts_us: instant(arguments.starts, Edge::From)?,
                ends_us,
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
        CardCommand::Generate { logon } => {
            let request = people::CodeGenerateRequest { logon };
            let code = shell.reach.people().await?.code_generate(request).await?;
            shell.output.show(&Code::from(code.into_inner()))
        }
        CardCommand::Reveal { logon, temporary } => {
            let logon = logon.unwrap_or_default();
            let request = people::CodeRevealRequest { logon, temporary, export: false };
            let mut pages = shell.reach.people().await?.code_reveal(request).await?.into_inner();
            let mut listing = shell.output.list::<Code>();
            while let Some(page) = pages.message().await? {
                for code in page.codes {
                    listing.row(&Code::from(code))?;
                }
            }
            listing.finish()
        }
        CardCommand::Modify(arguments) => {
            let instant = |text: Option<String>, edge| match text.as_deref() {
                None => Ok(None),
                Some("never" | "always") => Ok(Some(0)),
                Some(text) => time::parse(text, edge, &TimeZone::system()).map(Some).map_err(Failure::Usage),
            };
            let request = people::CodeModifyRequest {
                logon: arguments.logon,
                code: arguments.code,
                new_code: arguments.new_code,
                starts_us: instant(arguments.starts, Edge::From)?,
                ends_us: instant(arguments.ends, Edge::To)?,
            };
            let code = shell.reach.people().await?.code_modify(request).await?;
            shell.output.show(&Code::from(code.into_inner()))
        }
        CardCommand::Convert { track } => {
            let code = converted(&track)?;
            shell.output.done(&code, &json!({ "code": code }))
        }
        CardCommand::Delete { logon, code } => {
            let request = proto::CardDeleteRequest { logon: logon.clone(), code };
            shell.reach.administration().await?.card_delete(request).await?;
            shell.output.done(&format!("the card of '{logon}' is deleted"), &json!({ "deleted": logon }))
        }
    }
}

/// The code that a reader gives for a magnetic card's track.
fn converted(track: &str) -> Result<String, Failure> {
    let code = domain::people::card_number::magnetic(track);
    let code =
        code.map_err(|_| Failure::Usage("a track has 1 to 36 of the characters 0-9 : ; < = > ?".to_owned()))?;
    Ok(code.expose().to_owned())
}

/// A code as it is, for those who may see it.
#[derive(Debug, Serialize)]
pub(crate) struct Code {
    id: i64,
    logon: String,
    full_name: Option<String>,
    code: String,
    temporary: bool,
    starts: Option<String>,
    ends: Option<String>,
    source_id: i64,
    #[serde(skip)]
    ends_us: i64,
}

impl From<people::IdCode> for Code {
    fn from(code: people::IdCode) -> Self {
        Self {
            id: code.id,
            logon: code.logon,
            full_name: or_null(code.full_name),
            code: code.code,
            temporary: code.temporary,
            starts: time::rfc3339(code.starts_us),
            ends: time::rfc3339(code.ends_us),
            source_id: code.source_id,
            ends_us: code.ends_us,
        }
    }
}

impl Listed for Code {
    const COLUMNS: &'static [&'static str] = &["CODE", "LOGON", "NAME", "ENDS"];

    fn cells(&self) -> Vec<String> {
        let name = self.full_name.as_deref().unwrap_or_default();
        vec![self.code.clone(), self.logon.clone(), or_dash(name), time::local(self.ends_us)]
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
