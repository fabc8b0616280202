//! `papergate delegate own`: a person's own delegations, with their own password, by the protocol of port 7700.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::json;
use wire::safecom::records::{
    Delegate, DelegateAction, DelegateSide, DelegateState, Delegation, DelegationsAnswer,
};
use wire::safecom::{Answer, Request};

use super::delegate::end;
use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, yes};
use crate::safecom::Line;
use crate::time;

/// The server's port when none is named.
const PORT: u16 = 7700;

#[derive(Debug, Subcommand)]
pub(crate) enum OwnCommand {
    /// List the delegations of both sides
    List,
    /// Ask somebody for a delegation; they are told by mail
    Request(OwnRequest),
    /// Accept what somebody asked for
    Accept(Other),
    /// Reject what somebody asked for
    Reject(Other),
    /// End a delegation, or take a request back
    End(Other),
}

/// On which side of the delegation the person stands who gives the command.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Side {
    /// The documents are one's own, the other collects them
    #[default]
    Submitter,
    /// The documents are the other's, one collects them
    Collector,
}

#[derive(Debug, Args)]
pub(crate) struct Other {
    /// Logon of the other person
    person: String,
    /// One's own side of the delegation
    #[arg(long = "as", value_name = "SIDE", default_value = "submitter")]
    side: Side,
}

#[derive(Debug, Args)]
pub(crate) struct OwnRequest {
    #[command(flatten)]
    other: Other,
    /// All documents, without naming the delegate with each
    #[arg(long)]
    always: bool,
    /// Last day of the delegation, or an instant
    #[arg(long, value_name = "DATE")]
    ends: Option<String>,
}

pub(super) async fn run(shell: &mut Shell<'_>, command: OwnCommand) -> Result<(), Failure> {
    let (action, said, other, always, ends) = match command {
        OwnCommand::List => return list(shell).await,
        OwnCommand::Request(OwnRequest { other, always, ends }) => {
            (DelegateAction::Ask, "requested", other, always, ends)
        }
        OwnCommand::Accept(other) => (DelegateAction::Accept, "accepted", other, false, None),
        OwnCommand::Reject(other) => (DelegateAction::Reject, "rejected", other, false, None),
        OwnCommand::End(other) => (DelegateAction::End, "ended", other, false, None),
    };
    let (side, word) = match other.side {
        Side::Submitter => (DelegateSide::Submitter, "submitter"),
        Side::Collector => (DelegateSide::Collector, "collector"),
    };
    // 0 is "never" among administrators; here it is absent.
    let ends_us = ends.as_deref().map(end).transpose()?.filter(|ends| *ends != 0);
    let delegate = Delegate { action, person: other.person.clone(), side, always, ends_us };
    let mut line = reach(shell).await?;
    let id = line.ask(Request::Delegate(delegate))?;
    let Answer::Done = line.answer(id).await? else { return Err(line.broken("another answer was expected")) };
    line.close().await;
    let fact = json!({ "person": other.person, "side": word, "done": said });
    shell.output.done(&format!("the delegation with '{}' is {said}", other.person), &fact)
}

async fn list(shell: &mut Shell<'_>) -> Result<(), Failure> {
    let mut line = reach(shell).await?;
    let id = line.ask(Request::Delegations)?;
    let Answer::Delegations(DelegationsAnswer { delegations }) = line.answer(id).await? else {
        return Err(line.broken("another answer was expected"));
    };
    line.close().await;
    let mut listing = shell.output.list::<Own>();
    for delegation in delegations {
        listing.row(&Own::from(delegation))?;
    }
    listing.finish()
}

async fn reach(shell: &Shell<'_>) -> Result<Line, Failure> {
    Line::reach(&shell.reach, "jobserver", "clients", PORT).await
}

/// A delegation as the person sees it.
#[derive(Debug, Serialize)]
pub(crate) struct Own {
    person: String,
    full_name: String,
    side: &'static str,
    always: bool,
    ends: Option<String>,
    state: &'static str,
    #[serde(skip)]
    ends_us: i64,
}

impl From<Delegation> for Own {
    fn from(delegation: Delegation) -> Self {
        let ends_us = delegation.ends_us.unwrap_or(0);
        Self {
            person: delegation.person,
            full_name: delegation.full_name,
            side: match delegation.side {
                DelegateSide::Submitter => "submitter",
                DelegateSide::Collector => "collector",
            },
            always: delegation.always,
            ends: time::rfc3339(ends_us),
            state: match delegation.state {
                DelegateState::Accepted => "accepted",
                DelegateState::AwaitsOther => "awaits-other",
                DelegateState::AwaitsPerson => "awaits-you",
            },
            ends_us,
        }
    }
}

impl Listed for Own {
    const COLUMNS: &'static [&'static str] = &["PERSON", "NAME", "YOUR SIDE", "ALWAYS", "ENDS", "STATE"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.person.clone(),
            self.full_name.clone(),
            self.side.to_owned(),
            yes(self.always),
            time::local(self.ends_us),
            self.state.to_owned(),
        ]
    }
}
