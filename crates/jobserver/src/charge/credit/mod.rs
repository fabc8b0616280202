//! Gives the members of groups their credits by schedule (guide, "Credit schedule").
//!
//! Each moment of a schedule is done once: every member's part has an id made of schedule, moment and person, so that a
//! moment that broke off is simply done again, and what the money server has done already it answers as before. Moments
//! that passed while this server or the money server was away are done later, the oldest first.
//!
//! - [`task`], [`run_due`]: what is due. [`calls`]: what administrators do with schedules.

pub(super) mod calls;

use std::time::Duration;

use domain::credit::{Schedule, transfer_id};
use domain::event::Severity;
use domain::ledger::{Account, Request as Order};
use domain::user::User;
use domain::{Status, Timestamp, UserId};
use jiff::tz::TimeZone;
use rpc::proto::moneyserver as money;
use rpc::proto::moneyserver::money_client::MoneyClient;
use rpc::{Error, Kind};
use storage::core::{CreditRun, StoredCredit};
use tokio::task::JoinSet;
use tonic::Request;

use super::{holder, terms};
use crate::failed::Failed;
use crate::settings::Settings;
use crate::state::Jobserver;

/// How long nothing is looked at when nothing is due: the clock of the machine may be moved meanwhile.
const IDLE: Duration = Duration::from_secs(30);
/// The pause after a moment could not be done.
const RETRY: Duration = Duration::from_secs(5);
/// Members read at a time.
const PAGE: i64 = 200;
/// Members whose movements are under way together: the money server flushes them as one.
const AT_ONCE: usize = 32;
/// Logons named in the event about a moment.
const NAMED_MAX: usize = 20;

/// Runs until the stop.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    loop {
        let pause = match run_due(&server).await {
            Ok(next) => next.map_or(IDLE, |next| until(next, server.0.now()).min(IDLE)),
            Err(error) => {
                tracing::warn!(%error, "credits wait: a schedule could not be done");
                RETRY
            }
        };
        let woken = async {
            tokio::select! {
                () = server.0.charge.credits.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        };
        if stop.run_until_cancelled(woken).await.is_none() {
            return;
        }
    }
}

fn until(next: Timestamp, now: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(next.0.saturating_sub(now.0)).unwrap_or(0))
}

/// Does every moment that is due, the oldest first; answers with the next one to come.
///
/// # Errors
/// When a store or the money server cannot answer; the moment is done again the next time.
pub(crate) async fn run_due(server: &Jobserver) -> Result<Option<Timestamp>, Failed> {
    loop {
        let next = server
            .blocking(|state| {
                let zone = TimeZone::system();
                let stored = state.store.credits_list()?;
                let moments =
                    stored.into_iter().filter(|stored| stored.schedule.enabled).filter_map(|stored| {
                        let due = stored.schedule.when.next(stored.done, &zone)?;
                        Some((due, stored))
                    });
                Ok::<_, Failed>(moments.min_by_key(|(due, stored)| (*due, stored.id)))
            })
            .await?;
        match next {
            Some((due, stored)) if due <= server.0.now() => moment(server, stored, due).await?,
            Some((due, _)) => return Ok(Some(due)),
            None => return Ok(None),
        }
    }
}

/// Does one moment for every member.
async fn moment(server: &Jobserver, stored: StoredCredit, due: Timestamp) -> Result<(), Failed> {
    let group_id = stored.schedule.group;
    let read = server.blocking(move |state| {
        let group = state.store.group_show(group_id)?;
        Ok::<_, Failed>((group, state.store.units_tree()?, state.settings()))
    });
    let (Some(group), tree, settings) = read.await? else { return Ok(()) };
    let mut run = CreditRun { credit_id: stored.id, due_us: due.0, ended_us: 0, given: 0, refused: 0 };
    let (mut after, mut names) = (UserId(0), Vec::new());
    loop {
        let (of, units) = (group.clone(), tree.clone());
        let page = server.blocking(move |state| state.store.group_people(&of, &units, after, PAGE)).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for part in page.chunks(AT_ONCE) {
            if server.0.stop.token().is_cancelled() {
                return Err(Failed::new(Kind::Unavailable, Status::BUSY, "the server is stopping"));
            }
            let mut giving = JoinSet::new();
            for user in part {
                let (server, settings, user) = (server.clone(), settings.clone(), user.clone());
                let (id, schedule) = (stored.id, stored.schedule.clone());
                giving.spawn(async move {
                    let given = give(&server, &settings, &user, (id, &schedule), due).await;
                    (user.logon.to_string(), given)
                });
            }
            while let Some(ended) = giving.join_next().await {
                let (logon, given) = ended.map_err(|error| Failed::internal("a credit", &error))?;
                match given? {
                    Given::Done => run.given += 1,
                    Given::Refused(why) => {
                        run.refused += 1;
                        if names.len() < NAMED_MAX {
                            names.push(format!("{logon} ({why})"));
                        }
                    }
                }
            }
        }
    }
    run.ended_us = server.0.now().0;
    tell(server, &stored.schedule, &group.name, run, &names);
    server.blocking(move |state| state.store.credit_done(&stored, &run)).await
}

fn tell(server: &Jobserver, schedule: &Schedule, group: &str, run: CreditRun, names: &[String]) {
    let severity = if run.refused == 0 { Severity::Information } else { Severity::Warning };
    let subject = format!(
        "credit schedule '{}' was done for {} members of {group} and refused for {}",
        schedule.name, run.given, run.refused
    );
    let events = &server.0.events;
    let event = events.event(severity, "credit-schedule", &subject).object(&schedule.name);
    events.record(event.text(&names.join(", ")));
}

/// What became of one member's part.
enum Given {
    Done,
    Refused(String),
}

async fn give(
    server: &Jobserver,
    settings: &Settings,
    user: &User,
    (id, schedule): (i64, &Schedule),
    due: Timestamp,
) -> Result<Given, Failed> {
    let mut opened = false;
    loop {
        let error = match ask(server, user, (id, schedule), due).await {
            Ok(()) => return Ok(Given::Done),
            Err(error) => error,
        };
        if error.status == terms::ACCOUNT_NOT_FOUND && !opened {
            opened = true;
            terms::purse(server, user, settings).await?;
            continue;
        }
        return match error.kind {
            // It was given before the schedule was changed.
            _ if error.field == "exists_differently" => Ok(Given::Done),
            Kind::Unavailable | Kind::Internal => Err(terms::money_failed(&error)),
            Kind::NotFound | Kind::Refused | Kind::Conflict | Kind::Invalid => {
                Ok(Given::Refused(error.message))
            }
        };
    }
}

async fn ask(
    server: &Jobserver,
    user: &User,
    (id, schedule): (i64, &Schedule),
    due: Timestamp,
) -> Result<(), Error> {
    let comment = if schedule.comment.is_empty() { &schedule.name } else { &schedule.comment };
    let header = Some(money::Header {
        id: transfer_id(id, due, user.id).as_str().to_owned(),
        holder: holder(user),
        author: server.0.computer_name.clone(),
        gid: format!("credit-{id}-{}", due.0.div_euclid(1_000_000)),
        comment: comment.clone(),
    });
    let mut client = MoneyClient::new(server.0.charge.money.clone());
    match schedule.request() {
        Order::Set(account, balance) => {
            let asked = money::SetRequest { header, account: number(account), balance: balance.0 };
            client.set(timed(asked)).await?;
        }
        Order::Withdraw(account, amount) => {
            let asked = money::WithdrawRequest { header, account: number(account), amount: amount.0 };
            client.withdraw(timed(asked)).await?;
        }
        Order::Deposit(account, amount) => {
            let asked = money::DepositRequest { header, account: number(account), amount: amount.0 };
            client.deposit(timed(asked)).await?;
        }
        Order::Open
        | Order::LimitSet(_)
        | Order::Reserve { .. }
        | Order::ReserveAll { .. }
        | Order::Free(_) => unreachable!("a schedule sets, adds or subtracts"),
    }
    Ok(())
}

fn number(account: Account) -> i32 {
    match account {
        Account::One => money::Account::One.into(),
        Account::Two => money::Account::Two.into(),
    }
}

fn timed<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(terms::PATIENCE);
    request
}
