//! Tells the money server how reservations ended, oldest first, until it has heard.

use std::time::Duration;

use domain::Status;
use domain::event::Severity;
use rpc::proto::moneyserver as money;
use rpc::proto::moneyserver::money_client::MoneyClient;
use rpc::{Error, Kind};
use storage::core::{Charge, ChargeEnd, ChargeState};
use tonic::Request;

use crate::failed::Failed;
use crate::state::Jobserver;

/// Rows looked at together.
const PART: i64 = 100;
/// A call that takes longer is repeated.
const CALL_DEADLINE: Duration = Duration::from_secs(10);
/// The pause after a failed call; it doubles up to [`PAUSE_MAX`].
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Runs until the stop.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    let mut pause = PAUSE_FIRST;
    loop {
        match deliver(&server).await {
            Ok(()) => {
                pause = PAUSE_FIRST;
                if stop.run_until_cancelled(server.0.charge.wake.notified()).await.is_some() {
                    continue;
                }
                // One last try, so that what was printed just now need not wait for the next start.
                if let Err(error) = deliver(&server).await {
                    tracing::debug!(%error, "settlements are left for the next start");
                }
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "settlements wait: the money server could not take them");
                if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    return;
                }
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
    }
}

async fn deliver(server: &Jobserver) -> Result<(), Failed> {
    loop {
        let due = server
            .blocking(|state| state.store.charges_in(&[ChargeState::Settle, ChargeState::Void], PART))
            .await?;
        if due.is_empty() {
            return Ok(());
        }
        for charge in due {
            tell(server, charge).await?;
        }
    }
}

async fn tell(server: &Jobserver, charge: Charge) -> Result<(), Failed> {
    let told = match charge.state {
        ChargeState::Settle => settle(server, &charge).await,
        ChargeState::Void | ChargeState::Open | ChargeState::Kept | ChargeState::Refused => {
            void(server, &charge.id).await
        }
    };
    let now = server.0.now();
    match told {
        Ok(()) => server.blocking(move |state| state.store.charge_done(&charge.id)).await,
        Err(error) if error.kind == Kind::Unavailable => {
            Err(Failed::new(error.kind, Status(error.status), error.message))
        }
        Err(error) => {
            let events = &server.0.events;
            let subject = "the money server refuses the end of a reservation";
            let event = events.event(Severity::Error, "settlement-refused", subject);
            let text = format!(
                "Reservation {} of {}, to be settled at {}: {error}. See 'papergate account unfinished'.",
                charge.id, charge.holder, charge.actual
            );
            events.record(event.user(&charge.holder).object(&charge.device_name).text(&text));
            let end = ChargeEnd {
                id: charge.id,
                state: ChargeState::Refused,
                actual: charge.actual,
                message: error.message,
            };
            let from = charge.state;
            server.blocking(move |state| state.store.charge_end(from, &end, now)).await.map(drop)
        }
    }
}

fn request<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_DEADLINE);
    request
}

async fn void(server: &Jobserver, id: &str) -> Result<(), Error> {
    let mut client = MoneyClient::new(server.0.charge.money.clone());
    let Err(status) = client.void(request(money::VoidRequest { id: id.to_owned() })).await else {
        return Ok(());
    };
    let error = Error::from(status);
    // The server died before it could ask for the reservation.
    if error.field == "transfer_unknown" { Ok(()) } else { Err(error) }
}

async fn settle(server: &Jobserver, charge: &Charge) -> Result<(), Error> {
    let mut client = MoneyClient::new(server.0.charge.money.clone());
    let settlement = money::SettleRequest { id: charge.id.clone(), actual: charge.actual.0 };
    let Err(status) = client.settle(request(settlement.clone())).await else { return Ok(()) };
    let error = Error::from(status);
    if !matches!(error.field.as_str(), "already_voided" | "already_expired" | "transfer_unknown") {
        return Err(error);
    }
    // A cashier gave the reservation free while the document was printing. It is on paper: a new reservation of nothing is
    // always granted, and is settled at what it costs.
    let late = format!("{}-late", charge.id);
    let header = money::Header {
        id: late.clone(),
        holder: charge.holder.clone(),
        author: server.0.computer_name.clone(),
        gid: super::gid(charge),
        comment: domain::text::shorten(&charge.job_name, 200),
    };
    let policy = match server.0.settings().charging_policy() {
        domain::ledger::Policy::Full => money::Policy::Full,
        domain::ledger::Policy::Partial => money::Policy::Partial,
        domain::ledger::Policy::Quota => money::Policy::Quota,
    };
    let reserve = money::ReserveRequest {
        header: Some(header),
        policy: policy.into(),
        what: Some(money::reserve_request::What::Amount(0)),
        expires_us: 0,
    };
    client.reserve(request(reserve)).await?;
    client.settle(request(money::SettleRequest { id: late, ..settlement })).await?;
    Ok(())
}
