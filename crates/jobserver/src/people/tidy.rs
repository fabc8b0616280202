//! Temporary cards and codes go when they end, with reminders before; relations of delegates too.

use std::time::Duration;

use domain::people::id_code::Reminders;
use domain::{CardId, Timestamp, UserId};

use super::mail::{self, Mail};
use crate::failed::Failed;
use crate::state::{Jobserver, State};

/// The guide promises ten minutes; one is as cheap.
const EVERY: Duration = Duration::from_secs(60);
/// Reminders of one round.
const REMINDERS_MAX: i64 = 1_000;

/// Runs until the server stops.
pub(crate) async fn task(server: Jobserver) {
    loop {
        if let Err(failed) = server.blocking(|state| round(state)).await {
            tracing::warn!(%failed, "temporary codes were not looked after; it is tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = server.0.stop.soft() => return,
        }
    }
}

/// One round: ends what has ended, and reminds of what will.
pub(crate) fn round(state: &State) -> Result<(), Failed> {
    let now = state.now();
    let ended = state.store.ids_expire(now)?;
    if ended > 0 {
        tracing::info!(ended, "temporary cards and codes ended");
    }
    let relations = state.store.delegates_expire(now)?;
    if relations > 0 {
        tracing::info!(relations, "delegate relations ended");
    }
    let reminders = Reminders(state.settings().reminder_days());
    let first = reminders.0.into_iter().max().unwrap_or(0);
    let until = now.plus(Duration::from_secs(u64::from(first) * 86_400));
    for id in state.store.ids_ending(now, until, REMINDERS_MAX)? {
        let ends = Timestamp(id.ends_us.unwrap_or(i64::MAX));
        let Some(number) = reminders.due(ends, u8::try_from(id.reminders).unwrap_or(u8::MAX), now) else {
            continue;
        };
        let Some((user, _)) = state.store.user_show(UserId(id.user_id))? else { continue };
        // Written down first: its key keeps a second one away when the next line is not reached.
        mail::send(state, &user, Mail::CodeEnds { card: id.id, ends, number })?;
        state.store.id_reminded(CardId(id.id), number)?;
    }
    Ok(())
}
