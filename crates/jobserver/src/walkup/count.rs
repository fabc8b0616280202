//! Counts on the way: stored, priced, and whether it may go on.

use domain::Status;
use domain::event::Severity;
use domain::money::Money;
use domain::price::Part;
use domain::walkup::{advance, one_more};
use storage::core::Walkup;

use super::{Counted, hold, not_open, prices};
use crate::charge::{Prices, Schemes};
use crate::failed::Failed;
use crate::session::DeviceSession;
use crate::state::State;

/// Takes the counts of something that a device has begun.
///
/// # Errors
/// Status 3 for what was not begun or has ended, 6 for counts that make no sense.
pub(crate) async fn count(
    session: &mut DeviceSession,
    name: String,
    parts: Vec<Part>,
) -> Result<Counted, Failed> {
    let (server, device) = (session.server.clone(), session.device.id);
    let (id, counted) = server
        .blocking(move |state| {
            let known = state.store.walkup_show(device, &name)?;
            let known =
                known.ok_or_else(|| not_open("the device has begun nothing under this session id"))?;
            if known.ended.is_some() {
                return Err(not_open("it has ended"));
            }
            let (schemes, walkup) = advanced(state, known, &parts)?;
            if !state.store.walkup_count(&walkup)? {
                return Err(not_open("it has ended"));
            }
            let money = match &walkup.reservation {
                Some(id) => {
                    let reserved =
                        state.store.charge_show(id)?.map(|charge| charge.price).unwrap_or_default();
                    Some((walkup.price, Money(reserved.0.saturating_sub(walkup.price.0).max(0))))
                }
                None => None,
            };
            let next = schemes.one.as_ref();
            let next = next.map(|scheme| one_more(scheme, walkup.kind, walkup.color, &walkup.parts));
            let go_on = money.is_none_or(|(_, left)| left >= next.unwrap_or_default());
            Ok((walkup.id, Counted { money, go_on }))
        })
        .await?;
    hold(&session.server, &mut session.walkups, &id);
    Ok(counted)
}

/// It with further counts and what they cost.
pub(super) fn advanced(state: &State, known: Walkup, parts: &[Part]) -> Result<(Schemes, Walkup), Failed> {
    let parts = advance(&known.parts, parts).map_err(|refused| {
        tracing::error!(walkup = known.id, %refused, "a device's counts are not used");
        Failed::refused(Status::REQUEST_INVALID, refused.to_string())
    })?;
    let charging = state.store.device_charging(known.device)?;
    let schemes = Schemes::load(state, &charging, "")?;
    let (Prices { one, two }, complete) = prices(&schemes, known.kind, &parts);
    if !complete && known.parts != parts {
        let subject = "paper came out of a device that its charging scheme has no price for";
        let event = state.events.event(Severity::Warning, "walkup-without-price", subject);
        state.events.record(
            event.object(&known.id).text("It costs nothing: add the paper, or Other, to the scheme."),
        );
    }
    let walkup = Walkup { parts, price: one, price_two: two, heard: state.now(), ..known };
    Ok((schemes, walkup))
}
