//! Who is tracked and who pays at a device, and who is let in.

use std::time::Duration;

use domain::charge::{Away, AwayRefused, Cost, CostControl, DeviceTerms, cost};
use domain::device::Device;
use domain::event::Severity;
use domain::ledger::Policy;
use domain::money::Money;
use domain::user::User;
use domain::{Status, UserId};
use rpc::Kind;
use rpc::proto::moneyserver as money;
use rpc::proto::moneyserver::money_client::MoneyClient;
use rpc::proto::moneyserver::money_reader_client::MoneyReaderClient;
use rpc::proto::trackingserver::RecordRequest;
use rpc::proto::trackingserver::tracking_client::TrackingClient;
use storage::event::EventFilter;
use tonic::Request;

use super::credits::disposable;
use super::holder;
use crate::failed::Failed;
use crate::settings::Settings;
use crate::state::{Jobserver, State};

/// How long a server is waited for while somebody stands at a panel.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Status "the account is not known".
pub(super) const ACCOUNT_NOT_FOUND: i32 = 220;

/// Codes of the events about the money server (guide, "Tracking" of the server's properties).
const AWAY: &str = "money-server-away";
const BACK: &str = "money-server-back";

/// The cell of the guide's table.
pub(crate) fn of(device: &DeviceTerms, control: CostControl) -> Cost {
    cost(device.features.cost(), device.allow_pay_user, control)
}

/// Judges a person who proved who they are: whether they may use the device at all, and what they can spend.
///
/// # Errors
/// Status 158 for a Pay user at a device without Pay, 11 or 1 when a server is away that may not be, 80 when the balance
/// does not exceed the low limit (guide, "Account").
pub(crate) async fn admit(server: &Jobserver, user: &User, device: &Device) -> Result<Option<Money>, Failed> {
    let (user_id, device_id) = (user.id, device.id);
    let (cell, settings) = server
        .blocking(move |state| {
            let terms = state.store.device_charging(device_id)?.terms;
            let control = state.store.user_terms(user_id)?.control;
            Ok::<_, Failed>((of(&terms, control), state.settings()))
        })
        .await?;
    if cell == Cost::LoginRejected {
        let text = "people who pay cannot log in here: the device has no Pay";
        return Err(Failed::refused(Status::LICENSE_PAY, text));
    }
    let purse = match cell {
        Cost::Pay => match purse(server, user, &settings).await {
            Ok(purse) => Some(purse),
            Err(failed) if failed.kind == Kind::Unavailable => None,
            Err(failed) => return Err(failed),
        },
        Cost::NoTracking | Cost::Tracking | Cost::LoginRejected => None,
    };
    let money_away = cell == Cost::Pay && purse.is_none();
    treat(server, cell, money_away, &settings).await?;
    if cell == Cost::Pay {
        note(server, user, money_away).await;
    }
    let Some(purse) = purse else { return Ok(None) };
    let policy = settings.charging_policy();
    let balance = match policy {
        Policy::Full => purse.balance_one,
        Policy::Quota => purse.balance_two,
        Policy::Partial => purse.balance_one.saturating_add(purse.balance_two),
    };
    if balance <= purse.low_limit {
        let text = format!(
            "the balance of {} does not exceed the low limit of {}; pay in first",
            Money(balance),
            Money(purse.low_limit)
        );
        return Err(Failed::refused(Status::CREDITS_TOO_LOW, text));
    }
    Ok(Some(disposable(&purse, policy)))
}

/// What a person is treated as while servers are away.
pub(crate) async fn treat(
    server: &Jobserver,
    cell: Cost,
    money_away: bool,
    settings: &Settings,
) -> Result<Cost, Failed> {
    let tracked = matches!(cell, Cost::Tracking | Cost::Pay);
    let tracking_away = tracked && settings.tracking_away_matters() && !tracking_answers(server).await;
    let away = Away {
        money: money_away,
        tracking: tracking_away,
        money_allowed: settings.money_away_allowed(),
        tracking_allowed: settings.tracking_away_allowed(),
    };
    away.treat(cell).map_err(|refused| {
        let status = match refused {
            AwayRefused::Money => Status::MONEY_SERVER_FAILURE,
            AwayRefused::Tracking => Status::GENERAL_FAILURE,
        };
        Failed::new(Kind::Unavailable, status, format!("{refused}; try again later"))
    })
}

async fn tracking_answers(server: &Jobserver) -> bool {
    let mut request = Request::new(RecordRequest::default());
    request.set_timeout(PATIENCE);
    TrackingClient::new(server.0.tracking.clone()).record(request).await.is_ok()
}

/// Tells once that the money server is away, and once that it is back.
async fn note(server: &Jobserver, user: &User, away: bool) {
    let mut known = server.0.charge.was_away.lock().await;
    let was_away = match *known {
        Some(was_away) => was_away,
        // It may have been away before this server was started.
        None => server.blocking(|state| told_away(state)).await.unwrap_or_else(|failed| {
            tracing::warn!(%failed, "whether the money server was away before is not known");
            false
        }),
    };
    *known = Some(away);
    let events = &server.0.events;
    if away && !was_away {
        let subject =
            "a Pay user logged in while the money server was away, and is treated as a tracking user";
        let event = events.event(Severity::Error, AWAY, subject);
        events.record(event.user(user.logon.as_str()));
    } else if was_away && !away {
        let event = events.event(Severity::Information, BACK, "the money server is available again");
        events.record(event.user(user.logon.as_str()));
    }
}

/// Whether the event log ends with the money server away.
fn told_away(state: &State) -> Result<bool, Failed> {
    let last = |code: &str| {
        let source = Some(crate::events::SOURCE.to_owned());
        let filter = EventFilter { source, code: Some(code.to_owned()), ..EventFilter::default() };
        let found = state.events.store().events_page(&filter, None, 1)?.pop();
        Ok::<_, Failed>(found.map(|stored| stored.id))
    };
    Ok(last(AWAY)? > last(BACK)?)
}

/// A person's purse; opened, with the initial quota of the settings, when there is none.
pub(super) async fn purse(
    server: &Jobserver,
    user: &User,
    settings: &Settings,
) -> Result<money::Purse, Failed> {
    let mut request = Request::new(money::PurseShowRequest { holder: holder(user) });
    request.set_timeout(PATIENCE);
    match MoneyReaderClient::new(server.0.charge.money.clone()).purse_show(request).await {
        Ok(answer) => Ok(answer.into_inner()),
        Err(status) => {
            let error = rpc::Error::from(status);
            if error.status != ACCOUNT_NOT_FOUND {
                return Err(money_failed(&error));
            }
            open(server, user.id, &holder(user), settings.initial_account_two()).await
        }
    }
}

/// Opens a purse with its first quota. Repeated, it changes nothing: the ids are the person's.
async fn open(
    server: &Jobserver,
    user: UserId,
    holder: &str,
    initial: Money,
) -> Result<money::Purse, Failed> {
    let mut client = MoneyClient::new(server.0.charge.money.clone());
    let header = |id: String| {
        Some(money::Header {
            id,
            holder: holder.to_owned(),
            author: server.0.computer_name.clone(),
            ..money::Header::default()
        })
    };
    let mut request = Request::new(money::OpenRequest { header: header(format!("open-{}", user.0)) });
    request.set_timeout(PATIENCE);
    let mut receipt = client.open(request).await.map_err(|status| money_failed(&status.into()))?;
    if initial > Money::ZERO {
        let mut request = Request::new(money::DepositRequest {
            header: header(format!("initial-{}", user.0)),
            account: money::Account::Two.into(),
            amount: initial.0,
        });
        request.set_timeout(PATIENCE);
        receipt = client.deposit(request).await.map_err(|status| money_failed(&status.into()))?;
    }
    Ok(receipt.into_inner().purse.unwrap_or_default())
}

/// What the money server said, as panels are told.
pub(super) fn money_failed(error: &rpc::Error) -> Failed {
    match error.kind {
        Kind::NotFound | Kind::Refused | Kind::Conflict | Kind::Invalid => {
            Failed::new(error.kind, Status(error.status), error.message.clone())
        }
        Kind::Unavailable | Kind::Internal => {
            tracing::warn!(%error, "the money server could not answer");
            Failed::new(
                Kind::Unavailable,
                Status::MONEY_SERVER_FAILURE,
                "the money server is not available; try again later",
            )
        }
    }
}
