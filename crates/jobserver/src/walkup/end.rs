//! The end: the money, the tracking record and the row, in one transaction.

use domain::event::Severity;
use domain::money::Money;
use domain::walkup::{color_impressions, impressions, paper, sheets};
use prost::Message as _;
use rpc::proto::trackingserver::Record;
use storage::StoreError;
use storage::core::{ChargeEnd, ChargeState, Walkup, WalkupEnded};

use super::begin::title;
use super::count::advanced;
use super::{Report, Sum, let_go, not_open};
use crate::charge;
use crate::failed::Failed;
use crate::session::DeviceSession;
use crate::settings::OnFailure;
use crate::state::State;
use crate::tracking::RECIPIENT;

/// Takes the device's word that something it began is over. Said again, it is answered alike.
///
/// # Errors
/// Status 3 for what was not begun, 6 for counts that make no sense.
pub(crate) async fn end(session: &mut DeviceSession, report: Report) -> Result<Sum, Failed> {
    let (server, device) = (session.server.clone(), session.device.id);
    let (id, sum) = server
        .blocking(move |state| {
            let known = state.store.walkup_show(device, &report.session)?;
            let known =
                known.ok_or_else(|| not_open("the device has begun nothing under this session id"))?;
            if known.ended.is_some() {
                return Ok((known.id.clone(), late(state, &known, &report)));
            }
            let (_, walkup) = advanced(state, known, &report.parts)?;
            let how = if report.completed { How::Completed } else { How::BrokenOff };
            if finish(state, &walkup, how, &report)? {
                return Ok((walkup.id.clone(), sum(&walkup)));
            }
            // Another connection ended it in this very moment.
            let ended = state.store.walkup_show(device, &report.session)?;
            let ended = ended.ok_or_else(|| not_open("it has ended"))?;
            Ok::<_, Failed>((ended.id.clone(), late(state, &ended, &report)))
        })
        .await?;
    let_go(&session.server, &mut session.walkups, &id);
    Ok(sum)
}

/// How it ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum How {
    /// To its end.
    Completed,
    /// The device says that it was broken off, and what came out.
    BrokenOff,
    /// Nobody says anything; what came out beyond the last counts is not known.
    Silent,
}

fn sum(walkup: &Walkup) -> Sum {
    Sum { pages: impressions(&walkup.parts), price: walkup.reservation.as_ref().map(|_| walkup.price) }
}

/// It ended before: told what it came to then. Pages that came out since are nobody's any more.
fn late(state: &State, ended: &Walkup, report: &Report) -> Sum {
    let (then, now) = (impressions(&ended.parts), impressions(&report.parts));
    if now > then {
        let subject = "a device reports more pages than were charged when it fell silent";
        let event = state.events.event(Severity::Warning, "walkup-late", subject);
        let text = format!("{}: {then} pages were tracked, {now} came out.", ended.id);
        state.events.record(event.object(&ended.id).text(&text));
    }
    sum(ended)
}

/// Ends it; `false` when it has ended before.
pub(super) fn finish(state: &State, walkup: &Walkup, how: How, report: &Report) -> Result<bool, StoreError> {
    let (now, pages) = (state.now(), impressions(&walkup.parts));
    let end = walkup.reservation.as_ref().map(|id| {
        let keeps = how == How::Silent && state.settings().on_failure() == OnFailure::Keep;
        let to = match walkup.price {
            _ if keeps => ChargeState::Kept,
            Money::ZERO => ChargeState::Void,
            _ => ChargeState::Settle,
        };
        let message = match how {
            How::Completed => String::new(),
            How::BrokenOff if report.reason.is_empty() => "It was broken off at the device.".to_owned(),
            How::BrokenOff => report.reason.clone(),
            How::Silent => {
                format!("The device fell silent after {pages} pages, which cost {}.", walkup.price)
            }
        };
        ChargeEnd { id: id.clone(), state: to, actual: walkup.price, message }
    });
    let message = match walkup.record.is_empty() || pages == 0 {
        true => None,
        false => record(walkup, how, report, now.0),
    };
    let ended = WalkupEnded {
        walkup,
        charge: end.as_ref(),
        pages: pages.into(),
        message: message.map(|(key, record)| (RECIPIENT, key, record)),
    };
    if !state.store.walkup_end(&ended, now)? {
        return Ok(false);
    }
    if how != How::Completed
        && let Some(end) = &end
    {
        charge::tell_unfinished_walkup(state, &end.id);
    }
    state.outbox_wake.notify_one();
    state.charge.wake();
    tracing::info!(walkup = walkup.id, ?how, pages, price = %walkup.price, "it is over");
    Ok(true)
}

/// Its tracking record with its key; `None` for one that cannot be read, which only damage makes.
fn record(walkup: &Walkup, how: How, report: &Report, now_us: i64) -> Option<(String, Vec<u8>)> {
    let mut record = match Record::decode(walkup.record.as_slice()) {
        Ok(record) => record,
        Err(error) => {
            tracing::error!(walkup = walkup.id, %error, "a tracking record cannot be read; it is lost");
            return None;
        }
    };
    record.stop_us = now_us;
    record.interrupted = how != How::Completed;
    record.tracking_page_count = impressions(&walkup.parts).into();
    record.tracking_color_page_count = color_impressions(&walkup.parts).into();
    record.job_is_color = record.tracking_color_page_count > 0;
    record.job_sheet_count = sheets(walkup.kind, &walkup.parts).into();
    record.job_page_format = paper(&walkup.parts).map(|size| size.name().to_owned()).unwrap_or_default();
    record.job_is_duplex = report.duplex;
    record.job_price = walkup.price.0;
    record.job_price2 = walkup.price_two.0;
    record.transaction_id = walkup.reservation.clone().unwrap_or_default();
    if !walkup.kind.prints() {
        record.job_size = report.bytes;
        if let Some(destination) = &report.destination {
            record.job_destination.clone_from(destination);
        }
        if let Some(name) = &report.name {
            record.job_name = title(walkup.kind, name);
        }
    } else {
        record.job_destination.clear();
    }
    if let Some(toner) = report.toner {
        crate::tracking::toner(&mut record, toner);
    }
    Some((record.tracking_id.clone(), record.encode_to_vec()))
}
