//! Before a document is sent: what it costs, and the reservation of a Pay user.

use domain::charge::{Cost, CostControl, rest};
use domain::device::Device;
use domain::job::Job;
use domain::ledger::Policy;
use domain::money::Money;
use domain::user::User;
use domain::{JobId, Status};
use rpc::proto::moneyserver as money;
use rpc::proto::moneyserver::money_client::MoneyClient;
use rpc::{Error, Kind};
use storage::core::{Charge, ChargeEnd, ChargeState, Paid};
use tonic::Request;

use super::price::{Prices, Schemes};
use super::{holder, terms};
use crate::failed::Failed;
use crate::keys::random;
use crate::session::DeviceSession;
use crate::settings::Settings;
use crate::state::Jobserver;

/// How often a reservation is asked for when the answer is lost; the id makes it one reservation.
const RESERVE_TRIES: u32 = 3;

/// Longest title sent along.
const COMMENT_CHARACTERS_MAX: usize = 200;

/// What one document's way to one device is charged by.
#[derive(Clone, Debug)]
pub(crate) struct Fare {
    /// What the person is treated as here and now.
    pub(super) cost: Cost,
    /// What the person is set to.
    pub(super) control: CostControl,
    pub(super) schemes: Schemes,
    /// For the whole document.
    pub(super) whole: Prices,
    /// What this person was charged for a part of the document before.
    pub(super) paid: Paid,
    /// The reservation of a Pay user.
    pub(super) reservation: Option<String>,
    pub(super) copies: i32,
}

/// Judges, prices and reserves. Nothing was sent when this fails, and nothing stays reserved.
///
/// # Errors
/// Status 224 for a document without a price, 80 when there is not enough on the account, 220 and 51 as the money server
/// says, 11 when it is away and may not be, 158 where the person may not print at all.
pub(crate) async fn begin(
    server: &Jobserver,
    user: &User,
    device: &Device,
    job: &Job,
    copies: i32,
) -> Result<Fare, Failed> {
    let (user_id, device_id, asked) = (user.id, device.id, job.clone());
    let (mut fare, settings, priced) = server
        .blocking(move |state| {
            let charging = state.store.device_charging(device_id)?;
            let control = state.store.user_terms(user_id)?.control;
            let cost = terms::of(&charging.terms, control);
            let schemes = match cost {
                Cost::Tracking | Cost::Pay => Schemes::load(state, &charging, &asked.name)?,
                Cost::NoTracking | Cost::LoginRejected => Schemes::default(),
            };
            let priced = schemes.whole(&asked, copies);
            let paid = state.store.job_paid(asked.id, user_id)?;
            let whole = priced.unwrap_or_default();
            let fare = Fare { cost, control, schemes, whole, paid, reservation: None, copies };
            Ok::<_, Failed>((fare, state.settings(), priced))
        })
        .await?;
    match fare.cost {
        Cost::LoginRejected => {
            let text = "people who pay cannot print here: the device has no Pay";
            return Err(Failed::refused(Status::LICENSE_PAY, text));
        }
        Cost::NoTracking => return Ok(fare),
        Cost::Tracking => {
            if let Err(why) = priced {
                tracing::warn!(job.id = job.id.0, %why, "a document has no price and is tracked without one");
            }
            fare.cost = terms::treat(server, fare.cost, false, &settings).await?;
            return Ok(fare);
        }
        Cost::Pay => {}
    }
    if let Err(why) = priced {
        return Err(Failed::refused(Status::RESERVATION_FAILED, why.to_string()));
    }
    let price = rest(fare.whole.one, fare.paid.amount);
    let id = reservation_id(job.id);
    let charge = Charge {
        id: id.clone(),
        job: job.id,
        job_name: job.name.clone(),
        user: user.id,
        holder: holder(user),
        device: device.id,
        device_name: device.name.to_string(),
        pages: job.count.pages.saturating_mul(copies.into()),
        price,
        state: ChargeState::Open,
        actual: Money::ZERO,
        message: String::new(),
        created: server.0.now(),
        ended: None,
    };
    let row = charge.clone();
    server.blocking(move |state| state.store.charge_add(&row)).await?;
    match reserve(server, user, &charge, Amount::Price(price), &settings).await {
        Ok(_) => {
            fare.reservation = Some(id);
            Ok(fare)
        }
        Err(error) if error.kind == Kind::Unavailable => {
            // Whether it was done is not known: it is voided when the money server is back.
            give_back(server, id, "the money server did not answer").await;
            fare.cost = terms::treat(server, Cost::Pay, true, &settings).await?;
            tracing::warn!(job.id = job.id.0, user.logon = %user.logon, "printed without money: the money server is away");
            Ok(fare)
        }
        Err(failed) => {
            give_back(server, id, "the reservation was refused").await;
            Err(failed)
        }
    }
}

/// Gives the reservation back of a way that did not begin after all.
pub(crate) async fn abandon(server: &Jobserver, fare: Fare) {
    if let Some(id) = fare.reservation {
        give_back(server, id, "the document did not begin to print").await;
    }
}

async fn give_back(server: &Jobserver, id: String, why: &str) {
    let end =
        ChargeEnd { id: id.clone(), state: ChargeState::Void, actual: Money::ZERO, message: why.to_owned() };
    let now = server.0.now();
    // When this cannot be stored, the row stays open, and the next start gives it back.
    let stored = server.blocking(move |state| state.store.charge_end(ChargeState::Open, &end, now)).await;
    if let Err(error) = stored {
        tracing::warn!(reservation = id, %error, "a reservation is given back at the next start");
    }
    server.0.charge.wake();
}

/// Unique by chance, and readable: which job, and which of its ways.
fn reservation_id(job: JobId) -> String {
    let random: [u8; 8] = random();
    format!("job-{}-{:016x}", job.0, u64::from_be_bytes(random))
}

/// How much is reserved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Amount {
    /// The price of a document.
    Price(Money),
    /// All that can be spent: what a copy will cost is not known.
    Everything,
}

/// Reserves for the holder of a row that is stored already; how much that was. Asked for again, it is the same reservation.
///
/// # Errors
/// Status 80 when there is not enough, 220 and 51 as the money server says; kind `Unavailable` when it may or may not have been
/// done.
pub(crate) async fn reserve(
    server: &Jobserver,
    user: &User,
    charge: &Charge,
    amount: Amount,
    settings: &Settings,
) -> Result<Money, Failed> {
    let policy = match settings.charging_policy() {
        Policy::Full => money::Policy::Full,
        Policy::Partial => money::Policy::Partial,
        Policy::Quota => money::Policy::Quota,
    };
    let asked = money::ReserveRequest {
        header: Some(money::Header {
            id: charge.id.clone(),
            holder: charge.holder.clone(),
            author: server.0.computer_name.clone(),
            gid: super::gid(charge),
            comment: domain::text::shorten(&charge.job_name, COMMENT_CHARACTERS_MAX),
        }),
        policy: policy.into(),
        what: Some(match amount {
            Amount::Price(price) => money::reserve_request::What::Amount(price.0),
            Amount::Everything => money::reserve_request::What::Everything(true),
        }),
        expires_us: 0,
    };
    let mut tries = 1;
    let mut opened = false;
    loop {
        let mut request = Request::new(asked.clone());
        request.set_timeout(terms::PATIENCE);
        let answer = MoneyClient::new(server.0.charge.money.clone()).reserve(request).await;
        let error = match answer {
            Ok(answer) => {
                let transfer = answer.into_inner().transfer.unwrap_or_default();
                return Ok(Money(transfer.split_one.saturating_add(transfer.split_two)));
            }
            Err(status) => Error::from(status),
        };
        if error.status == terms::ACCOUNT_NOT_FOUND && !opened {
            opened = true;
            terms::purse(server, user, settings).await?;
            continue;
        }
        if error.kind == Kind::Unavailable && tries < RESERVE_TRIES {
            tries += 1;
            continue;
        }
        if error.status == Status::CREDITS_TOO_LOW.0 {
            let text = match amount {
                Amount::Price(price) => {
                    format!("{price} are needed, and there is not enough on the account")
                }
                Amount::Everything => "there is nothing on the account that can be spent".to_owned(),
            };
            return Err(Failed::refused(Status::CREDITS_TOO_LOW, text));
        }
        return Err(terms::money_failed(&error));
    }
}

impl DeviceSession {
    /// What the person can spend here; `None` for somebody who does not pay.
    pub fn balance(&self) -> Option<Money> {
        self.balance
    }
}
