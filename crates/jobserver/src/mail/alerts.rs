//! Errors of the event log, mailed to the administrator (guide, "E-mail": the administrator's address and "Event").
//!
//! Events that came together are one mail: a broken disk must not flood the administrator's letter box. What mails themselves
//! have to tell is left out, or a mail server that is away would be told about by mail.

use std::time::Duration;

use domain::event::{Category, Event};
use domain::mail::{Kind, Tags};
use storage::event::StoredEvent;

use crate::failed::Failed;
use crate::state::{Jobserver, State};

/// How often the event log is looked at.
const EVERY: Duration = Duration::from_secs(60);
/// Events of one mail.
const EVENTS_MAX: i64 = 100;
/// Remembers the last event that was looked at.
const LAST: &str = "internal.events-mailed";

/// Looks again and again until the stop.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        if let Err(error) = server.blocking(|state| run(state)).await {
            tracing::warn!(%error, "events could not be mailed; it is tried again");
        }
    }
}

/// Mails what is new; answers how many events that were. Blocks.
///
/// # Errors
/// When a store cannot answer.
pub(super) fn run(state: &State) -> Result<usize, Failed> {
    let _one = state.mail.alerting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let settings = state.settings().mail();
    let newest = state.events.store().events_last()?;
    // What happened before somebody asked for mails is history.
    let last = state.store.setting_set_first(LAST, &newest.to_string())?.parse::<i64>().unwrap_or(newest);
    let Some(severity) = settings.event_severity.filter(|_| !settings.administrator.is_empty()) else {
        state.store.setting_set(LAST, &newest.to_string())?;
        return Ok(0);
    };
    let events = state.events.store().events_after(last, severity, EVENTS_MAX)?;
    let Some(end) = events.last().map(|stored| stored.id) else { return Ok(0) };
    let told: Vec<&Event> = events
        .iter()
        .map(|StoredEvent { event, .. }| event)
        .filter(|event| !event.code.starts_with("mail-"))
        .collect();
    if let Some(worst) = told.iter().map(|event| event.severity).min() {
        let word = match worst.category() {
            Category::Error => "error",
            Category::Warning => "warning",
            Category::Information => "event",
        };
        let mut tags = Tags::default();
        let plural = if told.len() == 1 { "" } else { "s" };
        tags.set("COUNT", &format!("{} {word}{plural}", told.len()));
        tags.set_list("EVENTS", &told.iter().map(|event| line(event)).collect::<Vec<_>>());
        super::send(state, Kind::Event, &settings.administrator, &tags, &format!("events:{end}"))?;
    }
    state.store.setting_set(LAST, &end.to_string())?;
    Ok(told.len())
}

fn line(event: &Event) -> String {
    let (day, time) = super::day_and_time(event.at);
    let mut line =
        format!("{day} {time}  severity {}  {}: {}", event.severity.level(), event.source, event.subject);
    for (name, value) in [("user", &event.user), ("object", &event.object), ("", &event.text)] {
        if !value.is_empty() {
            line.push_str(&format!(" [{name}{}{value}]", if name.is_empty() { "" } else { " " }));
        }
    }
    line
}
