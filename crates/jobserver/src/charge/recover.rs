//! Reservations that were open when the server ended.

use domain::Money;
use storage::StoreError;
use storage::core::{ChargeEnd, ChargeState};

use crate::settings::OnFailure;
use crate::state::State;

/// Rows looked at together.
const PART: i64 = 500;

/// Ends what the last run left open, as documents that did not come out: their jobs are held again. Copies and the like go on:
/// the device may still be at work. Called once, before anything prints.
///
/// # Errors
/// When the store cannot answer.
pub(crate) fn recover(state: &State) -> Result<usize, StoreError> {
    let to = match state.settings().on_failure() {
        OnFailure::Keep => ChargeState::Kept,
        OnFailure::Release | OnFailure::Charge => ChargeState::Void,
    };
    let mut found = 0;
    loop {
        let open = state.store.charges_printing(PART)?;
        if open.is_empty() {
            return Ok(found);
        }
        for charge in open {
            let end = ChargeEnd {
                id: charge.id,
                state: to,
                actual: Money::ZERO,
                message: "The server stopped while the document was printing.".to_owned(),
            };
            state.store.charge_end(ChargeState::Open, &end, state.now())?;
            tracing::warn!(
                reservation = end.id,
                job.id = charge.job.0,
                kept = (to == ChargeState::Kept),
                "a reservation was open when the server ended"
            );
            if state.settings().unfinished_mail()
                && let Some(charge) = state.store.charge_show(&end.id)?
            {
                super::unfinished::tell(state, &charge);
            }
            found += 1;
        }
    }
}
