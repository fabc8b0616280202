//! What administrators do with credit schedules.

use domain::credit::{Action, Schedule, ScheduleRefused, When};
use domain::ledger::Account;
use domain::people::group::{Group, GroupId};
use domain::{Money, Status as Code, Timestamp};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rpc::Kind;
use rpc::proto::charging as message;
use rpc::proto::common::Empty;
use storage::StoreError;
use storage::core::StoredCredit;

use crate::failed::Failed;
use crate::rpc::group_find;
use crate::state::State;

/// Runs listed at most.
const LISTED_MAX: i64 = 1_000;

pub(in crate::charge) fn add(
    state: &State,
    request: message::CreditAddRequest,
) -> Result<message::Credit, Failed> {
    let asked = request.credit.ok_or_else(|| Failed::invalid("say which schedule to add"))?;
    let schedule = Schedule {
        group: group_find(state, &asked.group)?.id,
        enabled: asked.enabled,
        account: account(asked.account)?,
        action: action(&asked.action)?,
        amount: Money(asked.amount),
        comment: asked.comment,
        when: When {
            start: start(&asked.start)?,
            end: end(&asked.end)?,
            frequency: frequency(&asked.frequency)?,
        },
        name: asked.name,
    };
    let schedule = checked(state, schedule)?;
    state.store.credit_add(&schedule, state.now()).map_err(|error| taken(error, &schedule.name))?;
    state.charge.credits.notify_one();
    show(state, message::CreditShowRequest { name: schedule.name })
}

pub(in crate::charge) fn edit(
    state: &State,
    asked: message::CreditEditRequest,
) -> Result<message::Credit, Failed> {
    let mut stored = find(state, &asked.name)?;
    let before = stored.schedule.clone();
    let schedule = &mut stored.schedule;
    schedule.name = asked.new_name.unwrap_or_else(|| before.name.clone());
    if let Some(group) = &asked.group {
        schedule.group = group_find(state, group)?.id;
    }
    schedule.enabled = asked.enabled.unwrap_or(before.enabled);
    if let Some(number) = asked.account {
        schedule.account = account(number)?;
    }
    if let Some(word) = &asked.action {
        schedule.action = action(word)?;
    }
    schedule.amount = asked.amount.map_or(before.amount, Money);
    schedule.comment = asked.comment.unwrap_or_else(|| before.comment.clone());
    if let Some(text) = &asked.start {
        schedule.when.start = start(text)?;
    }
    if let Some(text) = &asked.end {
        schedule.when.end = end(text)?;
    }
    if let Some(text) = &asked.frequency {
        schedule.when.frequency = frequency(text)?;
    }
    stored.schedule = checked(state, stored.schedule)?;
    // What was due at other times, or while nothing was to happen, is not made up for.
    let begins_anew = stored.schedule.when != before.when || stored.schedule.enabled && !before.enabled;
    let done = if begins_anew { state.now() } else { stored.done };
    let saved =
        state.store.credit_save(&stored, done).map_err(|error| taken(error, &stored.schedule.name))?;
    if !saved {
        let text = "the schedule is just being done; try again in a moment";
        return Err(Failed::new(Kind::Conflict, Code::BUSY, text));
    }
    state.charge.credits.notify_one();
    show(state, message::CreditShowRequest { name: stored.schedule.name })
}

pub(in crate::charge) fn show(
    state: &State,
    request: message::CreditShowRequest,
) -> Result<message::Credit, Failed> {
    let stored = find(state, &request.name)?;
    message(state, stored, &groups(state)?)
}

pub(in crate::charge) fn list(
    state: &State,
    request: message::CreditListRequest,
) -> Result<message::CreditListAnswer, Failed> {
    let only = match request.group.as_str() {
        "" => None,
        name => Some(group_find(state, name)?.id),
    };
    let groups = groups(state)?;
    let stored = state.store.credits_list()?.into_iter();
    let wanted = stored.filter(|stored| only.is_none_or(|only| stored.schedule.group == only));
    let credits = wanted.map(|stored| message(state, stored, &groups)).collect::<Result<_, _>>()?;
    Ok(message::CreditListAnswer { credits })
}

pub(in crate::charge) fn delete(
    state: &State,
    request: message::CreditDeleteRequest,
) -> Result<Empty, Failed> {
    let stored = find(state, &request.name)?;
    state.store.credit_delete(stored.id)?;
    tracing::info!(schedule = stored.schedule.name, "a credit schedule was deleted");
    Ok(Empty {})
}

pub(in crate::charge) fn runs(
    state: &State,
    request: message::CreditRunListRequest,
) -> Result<message::CreditRunListAnswer, Failed> {
    let stored = find(state, &request.name)?;
    let runs = state.store.credit_runs(stored.id, LISTED_MAX)?.into_iter().map(|run| message::CreditRun {
        due_us: run.due_us,
        ended_us: run.ended_us,
        given: run.given,
        refused: run.refused,
    });
    Ok(message::CreditRunListAnswer { runs: runs.collect() })
}

fn find(state: &State, name: &str) -> Result<StoredCredit, Failed> {
    let key = domain::text::fold(name.trim());
    let found = state.store.credits_list()?;
    found.into_iter().find(|stored| domain::text::fold(&stored.schedule.name) == key).ok_or_else(|| {
        let text = format!("there is no credit schedule '{}'", domain::text::shorten(name, 80));
        Failed::not_found(Code::SCHEDULE_NOT_FOUND, text)
    })
}

fn checked(state: &State, schedule: Schedule) -> Result<Schedule, Failed> {
    schedule
        .check(state.now(), &TimeZone::system())
        .map_err(|refused: ScheduleRefused| Failed::invalid(refused.to_string()))
}

fn taken(error: StoreError, name: &str) -> Failed {
    if error.is_conflict_on("name") {
        let text = format!("a credit schedule '{name}' exists already");
        return Failed::new(Kind::Conflict, Code::NAME_EXISTS, text);
    }
    error.into()
}

fn account(number: i32) -> Result<Account, Failed> {
    match number {
        1 => Ok(Account::One),
        2 => Ok(Account::Two),
        _ => Err(Failed::invalid("an account is 1 (money) or 2 (quota)")),
    }
}

fn action(word: &str) -> Result<Action, Failed> {
    Action::parse(word).ok_or_else(|| Failed::invalid("an action is one of set, add, subtract"))
}

fn start(text: &str) -> Result<DateTime, Failed> {
    let wrong = |_| Failed::invalid("a start is written like 2026-11-21T07:00");
    let start: DateTime = text.parse().map_err(wrong)?;
    // Moments are whole seconds.
    start.with().subsec_nanosecond(0).build().map_err(wrong)
}

fn end(text: &str) -> Result<Option<Date>, Failed> {
    let wrong = |_| Failed::invalid("an end date is written like 2027-06-30");
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(wrong) }
}

fn frequency(text: &str) -> Result<domain::credit::Frequency, Failed> {
    text.parse().map_err(|wrong: domain::credit::FrequencyError| Failed::invalid(wrong.to_string()))
}

type Groups = Vec<Group>;

fn groups(state: &State) -> Result<Groups, Failed> {
    Ok(state.store.groups_list()?.into_iter().map(|(group, ..)| group).collect())
}

fn group_name(groups: &Groups, id: GroupId) -> String {
    let group = groups.iter().find(|group| group.id == id);
    group.map_or_else(String::new, |group| match group.domain.as_str() {
        "" => group.name.clone(),
        domain => format!("{domain}\\{}", group.name),
    })
}

fn message(state: &State, stored: StoredCredit, groups: &Groups) -> Result<message::Credit, Failed> {
    let last = state.store.credit_runs(stored.id, 1)?.first().map_or(0, |run| run.due_us);
    let StoredCredit { id, schedule, done } = stored;
    let next = schedule.when.next(done, &TimeZone::system()).filter(|_| schedule.enabled);
    Ok(message::Credit {
        id,
        group: group_name(groups, schedule.group),
        enabled: schedule.enabled,
        account: match schedule.account {
            Account::One => 1,
            Account::Two => 2,
        },
        action: schedule.action.as_str().to_owned(),
        amount: schedule.amount.0,
        comment: schedule.comment,
        start: schedule.when.start.to_string(),
        end: schedule.when.end.map(|end| end.to_string()).unwrap_or_default(),
        frequency: schedule.when.frequency.to_string(),
        next_us: next.map_or(0, |Timestamp(next)| next),
        last_us: last,
        name: schedule.name,
    })
}
