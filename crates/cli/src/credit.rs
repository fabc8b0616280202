//! `papergate credit`: credits that the members of a group get by schedule.

use clap::{Args, Subcommand};
use domain::Money;
use domain::credit::Frequency;
use rpc::proto::charging as proto;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null, yes};
use crate::{Shell, time};

#[derive(Debug, Subcommand)]
pub(crate) enum CreditCommand {
    /// Add a schedule that gives the members of a group credits
    Add(CreditAdd),
    /// List schedules
    List {
        /// Only this group's
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
    },
    /// Show a schedule, and when it is due next
    Show {
        /// Description of the schedule
        name: String,
    },
    /// Change a schedule; what is not named stays
    Edit(CreditEdit),
    /// Delete a schedule; what was given stays
    Delete {
        /// Description of the schedule
        name: String,
    },
    /// Show when a schedule was done, and for how many people, the latest first
    Runs {
        /// Description of the schedule
        name: String,
    },
}

/// What is done, of three.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Transaction {
    /// Set the balance to this amount
    #[arg(long, value_name = "AMOUNT")]
    set: Option<Money>,
    /// Add this amount
    #[arg(long, value_name = "AMOUNT")]
    add: Option<Money>,
    /// Subtract this amount; from whoever has less, nothing
    #[arg(long, value_name = "AMOUNT")]
    subtract: Option<Money>,
}

impl Transaction {
    fn asked(&self) -> Option<(&'static str, Money)> {
        let of = |action, amount: Option<Money>| amount.map(|amount| (action, amount));
        of("set", self.set).or(of("add", self.add)).or(of("subtract", self.subtract))
    }
}

#[derive(Debug, Args)]
pub(crate) struct CreditAdd {
    /// Description, unique
    name: String,
    /// Whose members: NAME or DOMAIN\NAME
    #[arg(long, value_name = "GROUP")]
    group: String,
    #[command(flatten)]
    transaction: Transaction,
    /// Which account: 1 is money, 2 is quota
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..=2), value_name = "1|2")]
    account: i32,
    /// First day and time of the day, local time of the server, like 2026-11-21T07:00
    #[arg(long, value_name = "TIME")]
    start: String,
    /// Last day, like 2027-06-30
    #[arg(long, value_name = "DATE", default_value = "", hide_default_value = true)]
    end: String,
    /// once, daily, "weekly mon,fri", "monthly 1", "monthly last", "monthly first-mon jan,feb"
    #[arg(long, value_name = "FREQUENCY", default_value = "once")]
    frequency: Frequency,
    /// What the statement says beside it; the description when not given
    #[arg(long, default_value = "", value_name = "TEXT", hide_default_value = true)]
    comment: String,
    /// Nothing happens until it is enabled
    #[arg(long)]
    disabled: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CreditEdit {
    /// Description of the schedule
    name: String,
    /// New description
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// Whose members
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    #[command(flatten)]
    transaction: Transaction,
    /// Which account: 1 is money, 2 is quota
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..=2), value_name = "1|2")]
    account: Option<i32>,
    /// First day and time of the day
    #[arg(long, value_name = "TIME")]
    start: Option<String>,
    /// Last day; empty for none
    #[arg(long, value_name = "DATE")]
    end: Option<String>,
    /// once, daily, "weekly mon,fri", "monthly 1", "monthly last", "monthly first-mon jan,feb"
    #[arg(long, value_name = "FREQUENCY")]
    frequency: Option<Frequency>,
    /// What the statement says beside it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Whether anything happens
    #[arg(long, value_name = "true|false")]
    enabled: Option<bool>,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: CreditCommand) -> Result<(), Failure> {
    let mut charging = shell.reach.charging().await?;
    match command {
        CreditCommand::Add(asked) => {
            let Some((action, amount)) = asked.transaction.asked() else {
                return Err(Failure::Usage("say what to do: --set, --add or --subtract AMOUNT".to_owned()));
            };
            let credit = proto::Credit {
                name: asked.name,
                group: asked.group,
                enabled: !asked.disabled,
                account: asked.account,
                action: action.to_owned(),
                amount: amount.0,
                comment: asked.comment,
                start: asked.start,
                end: asked.end,
                frequency: asked.frequency.to_string(),
                ..proto::Credit::default()
            };
            let added = charging.credit_add(proto::CreditAddRequest { credit: Some(credit) }).await?;
            shell.output.show(&Credit::from(added.into_inner()))
        }
        CreditCommand::Edit(asked) => {
            let transaction = asked.transaction.asked();
            let request = proto::CreditEditRequest {
                name: asked.name,
                new_name: asked.rename,
                group: asked.group,
                enabled: asked.enabled,
                account: asked.account,
                action: transaction.map(|(action, _)| action.to_owned()),
                amount: transaction.map(|(_, amount)| amount.0),
                comment: asked.comment,
                start: asked.start,
                end: asked.end,
                frequency: asked.frequency.map(|frequency| frequency.to_string()),
            };
            let saved = charging.credit_edit(request).await?;
            shell.output.show(&Credit::from(saved.into_inner()))
        }
        CreditCommand::List { group } => {
            let request = proto::CreditListRequest { group: group.unwrap_or_default() };
            let answer = charging.credit_list(request).await?.into_inner();
            let mut listing = shell.output.list::<Credit>();
            for credit in answer.credits {
                listing.row(&Credit::from(credit))?;
            }
            listing.finish()
        }
        CreditCommand::Show { name } => {
            let credit = charging.credit_show(proto::CreditShowRequest { name }).await?;
            shell.output.show(&Credit::from(credit.into_inner()))
        }
        CreditCommand::Delete { name } => {
            charging.credit_delete(proto::CreditDeleteRequest { name: name.clone() }).await?;
            let sentence = format!("the credit schedule '{name}' is deleted");
            shell.output.done(&sentence, &json!({ "deleted": name }))
        }
        CreditCommand::Runs { name } => {
            let answer = charging.credit_run_list(proto::CreditRunListRequest { name }).await?.into_inner();
            let mut listing = shell.output.list::<Run>();
            for run in answer.runs {
                listing.row(&Run::from(run))?;
            }
            listing.finish()
        }
    }
}

/// A credit schedule, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Credit {
    id: i64,
    name: String,
    group: String,
    enabled: bool,
    account: i32,
    action: String,
    amount: String,
    comment: Option<String>,
    start: String,
    end: Option<String>,
    frequency: String,
    next: Option<String>,
    last: Option<String>,
    #[serde(skip)]
    next_shown: String,
}

impl From<proto::Credit> for Credit {
    fn from(credit: proto::Credit) -> Self {
        Self {
            id: credit.id,
            name: credit.name,
            group: credit.group,
            enabled: credit.enabled,
            account: credit.account,
            action: credit.action,
            amount: Money(credit.amount).to_string(),
            comment: or_null(credit.comment),
            start: credit.start,
            end: or_null(credit.end),
            frequency: credit.frequency,
            next: time::rfc3339(credit.next_us),
            last: time::rfc3339(credit.last_us),
            next_shown: time::local(credit.next_us),
        }
    }
}

impl Listed for Credit {
    const COLUMNS: &'static [&'static str] =
        &["NAME", "GROUP", "ENABLED", "ACTION", "AMOUNT", "ACCOUNT", "FREQUENCY", "NEXT", "END"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.group.clone(),
            yes(self.enabled),
            self.action.clone(),
            self.amount.clone(),
            self.account.to_string(),
            self.frequency.clone(),
            self.next_shown.clone(),
            or_dash(self.end.as_deref().unwrap_or_default()),
        ]
    }
}

/// What became of one moment, as scripts see it.
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    due: Option<String>,
    ended: Option<String>,
    given: i64,
    refused: i64,
    #[serde(skip)]
    shown: [String; 2],
}

impl From<proto::CreditRun> for Run {
    fn from(run: proto::CreditRun) -> Self {
        Self {
            due: time::rfc3339(run.due_us),
            ended: time::rfc3339(run.ended_us),
            given: run.given,
            refused: run.refused,
            shown: [time::local(run.due_us), time::local(run.ended_us)],
        }
    }
}

impl Listed for Run {
    const COLUMNS: &'static [&'static str] = &["DUE", "ENDED", "GIVEN", "REFUSED"];

    fn cells(&self) -> Vec<String> {
        let [due, ended] = self.shown.clone();
        vec![due, ended, self.given.to_string(), self.refused.to_string()]
    }
}
