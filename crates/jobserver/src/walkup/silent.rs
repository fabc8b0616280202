//! What devices began and say nothing of any more: a panel that died, a device that was switched off, a cable that was pulled.

use std::time::Duration;

use domain::event::Severity;
use storage::core::Walkup;

use super::Report;
use super::end::{How, finish};
use crate::failed::Failed;
use crate::state::{Jobserver, State};

/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Silence on a connection that is there, after which nothing more is expected.
const SILENCE_MAX: Duration = Duration::from_secs(15 * 60);
/// How long what has ended is known, so that a repeated end is.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 86_400);
/// Looks between two times of forgetting.
const FORGET_EVERY: u32 = 3_600;

/// Looks until the stop.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    let mut looks = 0_u32;
    loop {
        let forget = looks.is_multiple_of(FORGET_EVERY);
        looks = looks.wrapping_add(1);
        if let Err(error) = server.blocking(move |state| look(state, forget)).await {
            tracing::warn!(%error, "what devices left behind could not be ended; it is tried again");
        }
        if stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
            return;
        }
    }
}

fn look(state: &State, forget: bool) -> Result<(), Failed> {
    let now = state.now();
    if forget {
        state.store.walkups_forget(now.minus(KNOWN_FOR))?;
    }
    let grace = state.settings().broken_off_after();
    for walkup in state.store.walkups_open()? {
        let is_silent = walkup.heard < now.minus(SILENCE_MAX);
        if is_silent || state.walkups.alone(&walkup.id) >= grace {
            break_off(state, &walkup)?;
        }
    }
    Ok(())
}

/// Ends it at its last counts, once.
pub(super) fn break_off(state: &State, walkup: &Walkup) -> Result<(), Failed> {
    let duplex =
        walkup.parts.iter().any(|part| part.mono.0 + part.color.0 > part.sheets.0 && part.sheets.0 > 0);
    let report = Report { duplex, ..Report::default() };
    if !finish(state, walkup, How::Silent, &report)? {
        return Ok(());
    }
    state.walkups.forget(&walkup.id);
    let subject = "a device fell silent while somebody was copying, faxing or scanning";
    let event = state.events.event(Severity::Warning, "walkup-silent", subject);
    let pages = domain::walkup::impressions(&walkup.parts);
    let text = format!(
        "{} {}: ended at {pages} pages, which cost {}.",
        walkup.kind.as_str(),
        walkup.id,
        walkup.price
    );
    state.events.record(event.object(&walkup.id).text(&text));
    Ok(())
}
