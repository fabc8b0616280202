//! `papergate delegate`: who may collect whose documents.

use clap::{Args, Subcommand, ValueEnum};
use jiff::tz::TimeZone;
use rpc::proto::people as proto;
use serde::Serialize;
use serde_json::json;

use super::own::{self, OwnCommand};
use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, yes};
use crate::time::{self, Edge};

#[derive(Debug, Subcommand)]
pub(crate) enum DelegateCommand {
    /// Let one person collect another's documents
    Add(DelegateAdd),
    /// List the relations of a person, or of everybody
    List {
        /// Logon of the person
        logon: Option<String>,
    },
    /// Change when a relation ends, or whether it is for all documents
    Edit(DelegateEdit),
    /// Accept a request on behalf of the person who was asked
    Accept(Pair),
    /// Reject a request on behalf of the person who was asked
    Reject(Pair),
    /// End a relation
    Delete(Pair),
    /// One's own delegations, as --login with one's own password: ask, answer, end
    #[command(subcommand)]
    Own(OwnCommand),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Side {
    /// The one whose documents they are
    Submitter,
    /// The one who collects
    Collector,
}

#[derive(Debug, Args)]
pub(crate) struct Pair {
    /// Logon of the person whose documents they are
    submitter: String,
    /// Logon of the person who collects
    collector: String,
}

#[derive(Debug, Args)]
pub(crate) struct DelegateAdd {
    #[command(flatten)]
    pair: Pair,
    /// All documents, without naming the delegate with each
    #[arg(long)]
    always: bool,
    /// Last day of the relation, or an instant
    #[arg(long, value_name = "DATE")]
    ends: Option<String>,
    /// Ask the other side by mail instead of deciding for both
    #[arg(long, value_name = "SIDE")]
    asked_by: Option<Side>,
}

#[derive(Debug, Args)]
pub(crate) struct DelegateEdit {
    #[command(flatten)]
    pair: Pair,
    /// All documents, without naming the delegate with each
    #[arg(long, value_name = "true|false")]
    always: Option<bool>,
    /// Last day of the relation, an instant, or never
    #[arg(long, value_name = "DATE|never")]
    ends: Option<String>,
}

pub(super) fn end(text: &str) -> Result<i64, Failure> {
    if text == "never" {
        return Ok(0);
    }
    time::parse(text, Edge::To, &TimeZone::system()).map_err(Failure::Usage)
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: DelegateCommand) -> Result<(), Failure> {
    match command {
        DelegateCommand::Add(DelegateAdd { pair, always, ends, asked_by }) => {
            let asked_by = match asked_by {
                None => "",
                Some(Side::Submitter) => "submitter",
                Some(Side::Collector) => "collector",
            };
            let request = proto::DelegateAddRequest {
                submitter: pair.submitter,
                collector: pair.collector,
                always,
                ends_us: ends.as_deref().map(end).transpose()?.unwrap_or(0),
                asked_by: asked_by.to_owned(),
            };
            let delegate = shell.reach.people().await?.delegate_add(request).await?;
            shell.output.show(&Delegate::from(delegate.into_inner()))
        }
        DelegateCommand::List { logon } => {
            let request = proto::DelegateListRequest { logon: logon.unwrap_or_default() };
            let answer = shell.reach.people().await?.delegate_list(request).await?;
            let mut listing = shell.output.list::<Delegate>();
            for delegate in answer.into_inner().delegates {
                listing.row(&Delegate::from(delegate))?;
            }
            listing.finish()
        }
        DelegateCommand::Edit(DelegateEdit { pair, always, ends }) => {
            let request = proto::DelegateEditRequest {
                submitter: pair.submitter,
                collector: pair.collector,
                always,
                ends_us: ends.as_deref().map(end).transpose()?,
            };
            let delegate = shell.reach.people().await?.delegate_edit(request).await?;
            shell.output.show(&Delegate::from(delegate.into_inner()))
        }
        DelegateCommand::Own(command) => own::run(shell, command).await,
        DelegateCommand::Accept(pair) => answer(shell, pair, true).await,
        DelegateCommand::Reject(pair) => answer(shell, pair, false).await,
        DelegateCommand::Delete(Pair { submitter, collector }) => {
            let request =
                proto::DelegateDeleteRequest { submitter: submitter.clone(), collector: collector.clone() };
            shell.reach.people().await?.delegate_delete(request).await?;
            let fact = json!({ "deleted": format!("{submitter} {collector}") });
            shell.output.done(&format!("'{collector}' collects no more for '{submitter}'"), &fact)
        }
    }
}

async fn answer(shell: &mut Shell<'_>, pair: Pair, accept: bool) -> Result<(), Failure> {
    let Pair { submitter, collector } = pair;
    let request =
        proto::DelegateAnswerRequest { submitter: submitter.clone(), collector: collector.clone(), accept };
    shell.reach.people().await?.delegate_answer(request).await?;
    let said = if accept { "accepted" } else { "rejected" };
    let fact = json!({ "submitter": submitter, "collector": collector, "answer": said });
    shell.output.done(&format!("that '{collector}' collects for '{submitter}' is {said}"), &fact)
}

/// A relation, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Delegate {
    id: i64,
    submitter: String,
    collector: String,
    always: bool,
    ends: Option<String>,
    state: String,
    #[serde(skip)]
    ends_us: i64,
}

impl From<proto::Delegate> for Delegate {
    fn from(delegate: proto::Delegate) -> Self {
        Self {
            id: delegate.id,
            submitter: delegate.submitter,
            collector: delegate.collector,
            always: delegate.always,
            ends: time::rfc3339(delegate.ends_us),
            state: delegate.state,
            ends_us: delegate.ends_us,
        }
    }
}

impl Listed for Delegate {
    const COLUMNS: &'static [&'static str] = &["SUBMITTER", "COLLECTOR", "ALWAYS", "ENDS", "STATE"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.submitter.clone(),
            self.collector.clone(),
            yes(self.always),
            time::local(self.ends_us),
            self.state.clone(),
        ]
    }
}
