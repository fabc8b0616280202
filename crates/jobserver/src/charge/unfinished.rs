//! The mail to the administrator when a Pay user's document does not come out (guide, "E-mail template for an unfinished
//! job"): whoever finds many of one person's knows whom to look at.

use domain::mail::Kind;
use domain::{Status, Timestamp};
use storage::core::{Charge, ChargeState};

use super::Settled;
use crate::mail;
use crate::state::State;

/// Writes the mail down when the way of a document ended without a charge, or with one for a part of it.
pub(crate) fn tell_unfinished(state: &State, settled: &Settled) {
    let Some(end) = settled.charge.as_ref().filter(|_| settled.interrupted) else { return };
    // A printer that could not be reached printed nothing that anybody could have kept from being paid.
    if settled.status == Some(Status::CANNOT_CONNECT) || !state.settings().unfinished_mail() {
        return;
    }
    match state.store.charge_show(&end.id) {
        Ok(Some(charge)) => tell(state, &charge),
        // The money server has heard already; that it ended is in the books.
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "an unfinished document was not mailed"),
    }
}

/// As [`tell_unfinished`], for what was made at a device without a document.
pub(crate) fn tell_unfinished_walkup(state: &State, reservation: &str) {
    if !state.settings().unfinished_mail() {
        return;
    }
    match state.store.charge_show(reservation) {
        Ok(Some(charge)) => tell(state, &charge),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "unfinished work was not mailed"),
    }
}

/// The mail about one reservation; the same reservation is mailed once.
pub(super) fn tell(state: &State, charge: &Charge) {
    let person = state.store.user_show(charge.user).ok().flatten().map(|(user, _)| user);
    let mut tags = person.as_ref().map(mail::tags_of).unwrap_or_default();
    if person.is_none() {
        tags.set("USERLOGON", &charge.holder);
    }
    let devices = state.store.devices_list().unwrap_or_default();
    if let Some(device) = devices.into_iter().find(|device| device.id == charge.device) {
        tags.set("DEVICEIPADDR", &device.target.address.host)
            .set("DEVICEMAC", &device.mac)
            .set("DEVICEMODEL", &device.model)
            .set("DEVICELOCATION", &device.location);
    }
    let (day, time) = mail::day_and_time(Timestamp(charge.created.0));
    let reserved = match charge.state {
        ChargeState::Settle => format!("{} (charged: {})", charge.price, charge.actual),
        ChargeState::Void => format!("{} (given back)", charge.price),
        ChargeState::Open | ChargeState::Kept | ChargeState::Refused => charge.price.to_string(),
    };
    tags.set("DEVICENAME", &charge.device_name)
        .set("RESERVEDCREDITS", &reserved)
        .set("DOCUMENTNAME", &charge.job_name)
        .set("PAGES", &charge.pages.to_string())
        .set("STARTDATE", &day)
        .set("STARTTIME", &time);
    let administrator = state.settings().mail().administrator;
    mail::send_or_log(
        state,
        Kind::UnfinishedJob,
        &administrator,
        &tags,
        &format!("unfinished:{}", charge.id),
    );
}
