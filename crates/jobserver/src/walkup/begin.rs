//! The beginning: rights, the cost-control table, and the reservation of everything that can be spent.

use domain::charge::Cost;
use domain::device::Device;
use domain::money::Money;
use domain::price::Scheme;
use domain::user::User;
use domain::walkup::{Kind, is_free, least, may};
use domain::{JobId, Status};
use prost::Message as _;
use rpc::proto::trackingserver::{Record, record::JobType};
use storage::core::{Charge, ChargeEnd, ChargeState, Walkup};
use wire::safecom::limits::WALKUPS_MAX;

use super::{Asked, hold, not_open};
use crate::charge::{self, Amount, Schemes};
use crate::failed::Failed;
use crate::keys::random;
use crate::session::DeviceSession;
use crate::settings::Settings;
use crate::state::{Jobserver, State};
use crate::tracking;

/// Lets a device begin; what can be spent for it, `None` for somebody who does not pay.
///
/// # Errors
/// Status 53 when nobody is logged in, 46 without the right, 3 when the id is in use for something else, 12 when the device has begun as
/// much as it may, 158 where the person may not log in at all, 80 without enough for one page, 11 and 1 when servers are away that
/// may not be.
pub(crate) async fn begin(session: &mut DeviceSession, asked: Asked) -> Result<Option<Money>, Failed> {
    let user = session.logged_in()?.clone();
    let (server, device) = (session.server.clone(), session.device.clone());
    let (of, name) = (device.id, asked.session.clone());
    let known = server.blocking(move |state| state.store.walkup_show(of, &name)).await?;
    let begun = match known {
        Some(known) => again(&server, known, &user, &asked).await?,
        None => new(&server, &user, &device, asked).await?,
    };
    let Begun { walkup, scheme, charge } = begun;
    let spendable = match charge {
        // Reserved before: the device did not hear it.
        Some(charge) if charge.price > Money::ZERO => Some(charge.price),
        Some(charge) => secure(&server, &user, &walkup, &charge, scheme.as_ref()).await?,
        None => None,
    };
    hold(&server, &mut session.walkups, &walkup.id);
    tracing::info!(
        walkup = walkup.id,
        kind = walkup.kind.as_str(),
        device.name = %device.name,
        user.logon = %user.logon,
        "something is made at a device"
    );
    Ok(spendable)
}

struct Begun {
    walkup: Walkup,
    /// The first scheme of the device.
    scheme: Option<Scheme>,
    /// The reservation that is wanted or there.
    charge: Option<Charge>,
}

/// The same beginning, asked for again because its answer was lost.
async fn again(server: &Jobserver, known: Walkup, user: &User, asked: &Asked) -> Result<Begun, Failed> {
    let is_same = known.ended.is_none()
        && known.user == user.id
        && (known.kind, known.color) == (asked.kind, asked.color);
    if !is_same {
        return Err(not_open("the device has used this session id for something else"));
    }
    server
        .blocking(move |state| {
            let charging = state.store.device_charging(known.device)?;
            let scheme = Schemes::load(state, &charging, "")?.one;
            let charge = match &known.reservation {
                Some(id) => state.store.charge_show(id)?,
                None => None,
            };
            Ok::<_, Failed>(Begun { walkup: known, scheme, charge })
        })
        .await
}

async fn new(server: &Jobserver, user: &User, device: &Device, asked: Asked) -> Result<Begun, Failed> {
    may(user.profile.access, asked.kind, asked.color)
        .map_err(|refused| Failed::refused(Status::ACCESS_DENIED, refused.to_string()))?;
    let (user_id, device_id) = (user.id, device.id);
    let (cell, control, schemes, settings) = server
        .blocking(move |state| {
            let open = state.store.walkups_open()?;
            if open.iter().filter(|walkup| walkup.device == device_id).count() >= WALKUPS_MAX {
                let text = "the device has begun more than it can do at once; end something first";
                return Err(Failed::refused(Status::BUSY, text));
            }
            let charging = state.store.device_charging(device_id)?;
            let control = state.store.user_terms(user_id)?.control;
            let schemes = Schemes::load(state, &charging, "")?;
            Ok((charge::cell(&charging.terms, control), control, schemes, state.settings()))
        })
        .await?;
    let cost = match cell {
        Cost::LoginRejected => {
            let text = "people who pay cannot use this device: it has no Pay";
            return Err(Failed::refused(Status::LICENSE_PAY, text));
        }
        Cost::Tracking => charge::treat(server, cell, false, &settings).await?,
        Cost::Pay | Cost::NoTracking => cell,
    };
    let (user, device) = (user.clone(), device.clone());
    server
        .blocking(move |state| {
            let number: [u8; 8] = random();
            let id = format!("walkup-{:016x}", u64::from_be_bytes(number));
            let now = state.now();
            let pays = schemes.one.as_ref().is_some_and(|scheme| !is_free(scheme, asked.kind));
            let charge = (cost == Cost::Pay && pays).then(|| Charge {
                id: id.clone(),
                job: JobId(0),
                job_name: title(asked.kind, &asked.name),
                user: user.id,
                holder: charge::holder(&user),
                device: device.id,
                device_name: device.name.to_string(),
                pages: 0,
                price: Money::ZERO,
                state: ChargeState::Open,
                actual: Money::ZERO,
                message: String::new(),
                created: now,
                ended: None,
            });
            let record = match cost {
                Cost::Tracking | Cost::Pay => {
                    let mut record = record(state, &user, &device, &asked);
                    control.accounting_model().clone_into(&mut record.accounting_model_used);
                    record.encode_to_vec()
                }
                Cost::NoTracking | Cost::LoginRejected => Vec::new(),
            };
            let walkup = Walkup {
                reservation: charge.as_ref().map(|charge| charge.id.clone()),
                id,
                device: device.id,
                session: asked.session,
                kind: asked.kind,
                color: asked.color,
                user: user.id,
                cost,
                record,
                parts: Vec::new(),
                price: Money::ZERO,
                price_two: Money::ZERO,
                started: now,
                heard: now,
                ended: None,
            };
            if !state.store.walkup_add(&walkup, charge.as_ref())? {
                return Err(not_open("another connection of the device has just used this session id"));
            }
            Ok(Begun { walkup, scheme: schemes.one, charge })
        })
        .await
}

/// Title of its record: that of a copy is always the same.
pub(super) fn title(kind: Kind, name: &str) -> String {
    if kind == Kind::Copy || name.is_empty() { kind.title().to_owned() } else { name.to_owned() }
}

fn record(state: &State, user: &User, device: &Device, asked: &Asked) -> Record {
    let now = state.now();
    let job_type = match asked.kind {
        Kind::Copy => JobType::Copy,
        Kind::Fax => JobType::Fax,
        Kind::Scan => JobType::Scan,
        Kind::Email => JobType::Email,
    };
    Record {
        start_us: now.0,
        job_date_us: now.0,
        job_submit_logon: user.logon.to_string(),
        job_name: title(asked.kind, &asked.name),
        job_type: job_type.into(),
        job_destination: asked.destination.clone(),
        page_count_status: crate::rpc::count_status(domain::count::CountStatus::Ok).into(),
        // Counted by the device.
        page_count_model: 1,
        ..tracking::about(state, &tracking::new_id(), user, device)
    }
}

/// Reserves everything; what that is, `None` when the money server is away and the person is let work without.
async fn secure(
    server: &Jobserver,
    user: &User,
    walkup: &Walkup,
    charge: &Charge,
    scheme: Option<&Scheme>,
) -> Result<Option<Money>, Failed> {
    let settings = server.0.settings();
    match charge::reserve(server, user, charge, Amount::Everything, &settings).await {
        Ok(amount) => {
            let needed = scheme.map(|scheme| least(scheme, walkup.kind, walkup.color)).unwrap_or_default();
            if amount < needed {
                give_up(server, walkup, charge, "not enough for one page").await;
                let text = format!("one page needs {needed}, and {amount} can be spent");
                return Err(Failed::refused(Status::CREDITS_TOO_LOW, text));
            }
            let id = charge.id.clone();
            server.blocking(move |state| state.store.walkup_reserved(&id, amount)).await?;
            Ok(Some(amount))
        }
        Err(failed) if failed.kind == rpc::Kind::Unavailable => {
            // Whether it was done is not known: it is voided when the money server is back.
            unpaid(server, user, walkup, charge, &settings).await?;
            Ok(None)
        }
        Err(failed) => {
            give_up(server, walkup, charge, "the reservation was refused").await;
            Err(failed)
        }
    }
}

async fn unpaid(
    server: &Jobserver,
    user: &User,
    walkup: &Walkup,
    charge: &Charge,
    settings: &Settings,
) -> Result<(), Failed> {
    let cost = match charge::treat(server, Cost::Pay, true, settings).await {
        Ok(cost) => cost,
        Err(failed) => {
            give_up(server, walkup, charge, "the money server did not answer").await;
            return Err(failed);
        }
    };
    let record = if cost == Cost::NoTracking { Vec::new() } else { walkup.record.clone() };
    let changed = Walkup { cost, record, reservation: None, ..walkup.clone() };
    let (end, now) = (void(charge, "the money server did not answer"), server.0.now());
    server.blocking(move |state| state.store.walkup_unpaid(&changed, &end, now)).await?;
    server.0.charge.wake();
    tracing::warn!(walkup = walkup.id, user.logon = %user.logon, "made without money: the money server is away");
    Ok(())
}

fn void(charge: &Charge, why: &str) -> ChargeEnd {
    ChargeEnd {
        id: charge.id.clone(),
        state: ChargeState::Void,
        actual: Money::ZERO,
        message: why.to_owned(),
    }
}

async fn give_up(server: &Jobserver, walkup: &Walkup, charge: &Charge, why: &str) {
    let (id, end, now) = (walkup.id.clone(), void(charge, why), server.0.now());
    // When this cannot be stored it stays open, and is ended without a page after a while.
    if let Err(error) = server.blocking(move |state| state.store.walkup_drop(&id, &end, now)).await {
        tracing::warn!(walkup = walkup.id, %error, "what was refused is given back later");
    }
    server.0.charge.wake();
}
