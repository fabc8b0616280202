//! What a document's way came to: pages and price for the record, and the end of the reservation.

use domain::Status;
use domain::charge::post::{self, Printed};
use domain::charge::{Cost, part, rest};
use domain::count::CountStatus;
use domain::job::Job;
use domain::money::Money;
use domain::price::Usage;
use rpc::proto::trackingserver::Record;
use storage::core::{ChargeEnd, ChargeState, Paid};

use super::Fare;
use super::meter::Meter;
use super::price::Prices;
use crate::release::NotDelivered;
use crate::settings::{OnFailure, Settings};
use crate::state::State;

/// How a way is written down.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    /// Whether there is a tracking record of it.
    pub(crate) tracked: bool,
    /// The device did not finish, and what came out is charged.
    pub(super) interrupted: bool,
    /// Why it did not come out, by the guide's table.
    pub(super) status: Option<Status>,
    model: &'static str,
    price: Money,
    price_two: Money,
    /// Counted by the device, beside what was calculated; `None` leaves the calculated figures.
    printed: Option<Printed>,
    /// Measured by the device: coverage of cyan, magenta, yellow and black in hundredths of a percent.
    toner: Option<[u16; 4]>,
    /// It was printed with less toner.
    pub(crate) toner_save: bool,
    /// End of the reservation, stored with the job's end.
    pub(crate) charge: Option<ChargeEnd>,
    /// What the person has paid of the document by now; `None` leaves it.
    pub(crate) paid: Option<Paid>,
}

/// Decides how a way of `job`, whose count is of what came out, is charged: by how it ended, what the device counted, and the settings.
pub(crate) fn settle(
    fare: &Fare,
    job: &Job,
    outcome: &Result<(), NotDelivered>,
    meter: &Meter,
    settings: &Settings,
) -> Settled {
    // What was asked for need not be what the device could do.
    let whole = fare.schemes.whole(job, fare.copies).unwrap_or(fare.whole);
    let fare = &Fare { whole, ..fare.clone() };
    let report = report(fare, job, meter);
    let came_out = report.map(|printed| i64::from(printed.impressions.0));
    let settled = match outcome {
        Ok(()) => delivered(fare, job, report),
        Err(why) => not_delivered(fare, job, why, report, settings.on_failure()),
    };
    // What a device that does not count printed of a document that broke is not known.
    let whole =
        || if outcome.is_ok() { job.count.pages.saturating_mul(fare.copies.max(1).into()) } else { 0 };
    let pages = u64::try_from(came_out.unwrap_or_else(whole)).unwrap_or(0);
    Settled { toner: meter.toner_said(pages), ..settled }
}

/// What the device counted, when the document was counted too; what makes no sense is told and left out.
fn report(fare: &Fare, job: &Job, meter: &Meter) -> Option<Printed> {
    if job.count.status != CountStatus::Ok {
        return None;
    }
    let printed = meter.said()?.and_then(|report| post::printed(&job.count, fare.copies, report));
    printed
        .inspect_err(|refused| {
            tracing::error!(job.id = job.id.0, %refused, "the printer's figures are not used");
        })
        .ok()
}

fn price_of(fare: &Fare, job: &Job, printed: Printed) -> Prices {
    let Printed { impressions, color, sheets } = printed;
    if impressions.0 == 0 {
        return Prices::default();
    }
    let usage = Usage::Print(vec![part(&job.count.paper, impressions.0, color.0, sheets.0)]);
    // The whole had a price, so a part has one; were it not so, it would be free.
    fare.schemes.part(&usage).unwrap_or_default()
}

fn is_whole(fare: &Fare, job: &Job, printed: Printed) -> bool {
    let pages = job.count.pages.saturating_mul(fare.copies.max(1).into());
    i64::from(printed.impressions.0) >= pages
}

fn delivered(fare: &Fare, job: &Job, report: Option<Printed>) -> Settled {
    let price = match report {
        Some(printed) if !is_whole(fare, job, printed) => {
            let counted = price_of(fare, job, printed);
            // Post-tracking makes it cheaper than what was shown, never dearer.
            Prices { one: counted.one.min(fare.whole.one), two: counted.two.min(fare.whole.two) }
        }
        Some(_) | None => fare.whole,
    };
    let (one, two) = (rest(price.one, fare.paid.amount), rest(price.two, fare.paid.amount_two));
    let printed = report.map(|printed| less(printed, fare.paid.pages));
    Settled {
        tracked: is_tracked(fare.cost),
        interrupted: false,
        status: None,
        model: fare.control.accounting_model(),
        price: one,
        price_two: two,
        toner: None,
        toner_save: false,
        printed: if fare.paid.pages > 0 { printed.or_else(|| remaining(fare, job)) } else { printed },
        charge: end(fare, ChargeState::Settle, one, ""),
        // The next time (it may be retained) it is paid anew.
        paid: Some(Paid::default()),
    }
}

fn not_delivered(
    fare: &Fare,
    job: &Job,
    why: &NotDelivered,
    report: Option<Printed>,
    on_failure: OnFailure,
) -> Settled {
    let nothing = |charge| Settled {
        tracked: false,
        interrupted: true,
        status: Some(why.status),
        model: fare.control.accounting_model(),
        price: Money::ZERO,
        price_two: Money::ZERO,
        printed: None,
        toner: None,
        toner_save: false,
        charge,
        paid: None,
    };
    let came_out = report.filter(|printed| printed.impressions.0 > 0);
    match (on_failure, came_out) {
        (OnFailure::Charge, Some(printed)) if is_tracked(fare.cost) => {
            let pages = i64::from(printed.impressions.0).max(fare.paid.pages);
            let price = price_of(fare, job, printed);
            let (one, two) = (rest(price.one, fare.paid.amount), rest(price.two, fare.paid.amount_two));
            let paid = Paid {
                pages,
                amount: Money(fare.paid.amount.0 + one.0),
                amount_two: Money(fare.paid.amount_two.0 + two.0),
            };
            let new_pages = less(printed, fare.paid.pages);
            if new_pages.impressions.0 == 0 {
                return nothing(end(fare, ChargeState::Void, Money::ZERO, &why.message));
            }
            Settled {
                tracked: true,
                interrupted: true,
                status: Some(why.status),
                model: fare.control.accounting_model(),
                price: one,
                price_two: two,
                printed: Some(new_pages),
                toner: None,
                toner_save: false,
                charge: end(fare, ChargeState::Settle, one, &why.message),
                paid: Some(paid),
            }
        }
        // Nothing was sent: there is no attempt to avoid paying that could be looked into.
        (OnFailure::Keep, _) if why.status != Status::CANNOT_CONNECT => {
            nothing(end(fare, ChargeState::Kept, Money::ZERO, &why.message))
        }
        (OnFailure::Keep | OnFailure::Charge | OnFailure::Release, _) => {
            nothing(end(fare, ChargeState::Void, Money::ZERO, &why.message))
        }
    }
}

fn is_tracked(cost: Cost) -> bool {
    match cost {
        Cost::Tracking | Cost::Pay => true,
        Cost::NoTracking | Cost::LoginRejected => false,
    }
}

fn end(fare: &Fare, state: ChargeState, actual: Money, message: &str) -> Option<ChargeEnd> {
    let id = fare.reservation.clone()?;
    Some(ChargeEnd { id, state, actual, message: message.to_owned() })
}

/// What came out beyond pages that were charged before.
fn less(printed: Printed, pages: i64) -> Printed {
    let before = u32::try_from(pages).unwrap_or(u32::MAX);
    let mut new = printed;
    new.impressions.0 = printed.impressions.0.saturating_sub(before);
    new.color.0 = printed.color.0.min(new.impressions.0);
    if printed.impressions.0 > 0 {
        let sheets = u64::from(printed.sheets.0) * u64::from(new.impressions.0);
        new.sheets.0 = u32::try_from(sheets / u64::from(printed.impressions.0)).unwrap_or(printed.sheets.0);
    }
    new
}

/// The pages of a document beyond those that were charged before, as counted from its data.
fn remaining(fare: &Fare, job: &Job) -> Option<Printed> {
    let all = post::Report { impressions: i64::MAX, ..post::Report::default() };
    post::printed(&job.count, fare.copies, all).ok().map(|printed| less(printed, fare.paid.pages))
}

impl Settled {
    /// Writes price and pages into the record of the way.
    pub(crate) fn complete(&self, record: &mut Record) {
        self.model.clone_into(&mut record.accounting_model_used);
        record.interrupted = self.interrupted;
        record.toner_save = self.toner_save;
        record.job_price = self.price.0;
        record.job_price2 = self.price_two.0;
        if let Some(charge) = &self.charge {
            record.transaction_id.clone_from(&charge.id);
        }
        if let Some(toner) = self.toner {
            crate::tracking::toner(record, toner);
        }
        if let Some(printed) = self.printed {
            record.tracking_page_count = printed.impressions.0.into();
            record.tracking_color_page_count = printed.color.0.into();
            record.job_sheet_count = printed.sheets.0.into();
            // Counted by the device, not from the data.
            record.page_count_model = 1;
        }
    }
}

/// Ends a reservation whose job was gone when its way ended: the money follows what the device did all the same. Changes
/// nothing when it has ended.
pub(crate) fn end_alone(state: &State, settled: &Settled) -> Result<(), storage::StoreError> {
    if let Some(end) = &settled.charge {
        state.store.charge_end(ChargeState::Open, end, state.now())?;
    }
    state.charge.wake();
    Ok(())
}
