//! Copies, faxes, scans and e-mails that people make at devices.
//!
//! A row is written before anything is reserved, follows the device's counts, and ends in one transaction with its reservation and its
//! tracking record. It stays for a while after that, so that a repeated end is known.

use diesel::prelude::*;
use domain::charge::Cost;
use domain::price::{Impressions, PaperSize, Part, Sheets};
use domain::walkup::Kind;
use domain::{DeviceId, Money, Timestamp, UserId};

use super::charge_schema::{charges, walkups};
use super::charges::{Charge, ChargeEnd, ChargeState, charge_end, charge_insert};
use super::{CoreStore, corrupt, outbox};
use crate::StoreResult;
use crate::dialect::insert_if_absent;

/// One of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Walkup {
    /// Unique.
    pub id: String,
    /// Where it is made.
    pub device: DeviceId,
    /// The device's own id of it, unique among those of the device.
    pub session: String,
    /// What it is.
    pub kind: Kind,
    /// Whether colour may be used.
    pub color: bool,
    /// Who makes it.
    pub user: UserId,
    /// What the person was treated as; never [`Cost::LoginRejected`].
    pub cost: Cost,
    /// The reservation of a Pay user; `None` for people who do not pay, and for what costs nothing.
    pub reservation: Option<String>,
    /// Its tracking record as far as it is known; empty when it is not tracked.
    pub record: Vec<u8>,
    /// Counts since the beginning.
    pub parts: Vec<Part>,
    /// What these cost, by the first scheme.
    pub price: Money,
    /// By the second scheme.
    pub price_two: Money,
    /// When it began.
    pub started: Timestamp,
    /// When the device last said something of it.
    pub heard: Timestamp,
    /// When it ended; `None` while it is under way.
    pub ended: Option<Timestamp>,
}

/// How one ends.
#[derive(Clone, Debug)]
pub struct WalkupEnded<'a> {
    /// As it was last.
    pub walkup: &'a Walkup,
    /// The end of its reservation.
    pub charge: Option<&'a ChargeEnd>,
    /// Pages that were counted, for the reservation's row.
    pub pages: i64,
    /// Its record for another server: recipient, key, payload.
    pub message: Option<(&'static str, String, Vec<u8>)>,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = walkups)]
struct WalkupRow {
    id: String,
    device_id: i64,
    session: String,
    kind: String,
    color: bool,
    user_id: i64,
    cost: String,
    reservation: String,
    record: Vec<u8>,
    parts: String,
    price: i64,
    price_two: i64,
    started_us: i64,
    heard_us: i64,
    ended_us: Option<i64>,
}

fn cost_word(cost: Cost) -> &'static str {
    match cost {
        Cost::NoTracking | Cost::LoginRejected => "none",
        Cost::Tracking => "tracking",
        Cost::Pay => "pay",
    }
}

fn parts_text(parts: &[Part]) -> String {
    let part =
        |part: &Part| format!("{} {} {} {}", part.size.name(), part.sheets.0, part.mono.0, part.color.0);
    parts.iter().map(part).collect::<Vec<_>>().join(";")
}

fn parts_parse(text: &str) -> Option<Vec<Part>> {
    let part = |text: &str| {
        let mut words = text.split(' ');
        let size = PaperSize::parse(words.next()?)?;
        let mut number = || words.next()?.parse().ok();
        let (sheets, mono, color) = (number()?, number()?, number()?);
        Some(Part { size, sheets: Sheets(sheets), mono: Impressions(mono), color: Impressions(color) })
    };
    text.split(';').filter(|part| !part.is_empty()).map(part).collect()
}

impl From<&Walkup> for WalkupRow {
    fn from(walkup: &Walkup) -> Self {
        Self {
            id: walkup.id.clone(),
            device_id: walkup.device.0,
            session: walkup.session.clone(),
            kind: walkup.kind.as_str().to_owned(),
            color: walkup.color,
            user_id: walkup.user.0,
            cost: cost_word(walkup.cost).to_owned(),
            reservation: walkup.reservation.clone().unwrap_or_default(),
            record: walkup.record.clone(),
            parts: parts_text(&walkup.parts),
            price: walkup.price.0,
            price_two: walkup.price_two.0,
            started_us: walkup.started.0,
            heard_us: walkup.heard.0,
            ended_us: walkup.ended.map(|ended| ended.0),
        }
    }
}

impl WalkupRow {
    fn into_walkup(self) -> StoreResult<Walkup> {
        let cost = match self.cost.as_str() {
            "none" => Cost::NoTracking,
            "tracking" => Cost::Tracking,
            "pay" => Cost::Pay,
            other => return Err(corrupt("walkups", "cost", other)),
        };
        Ok(Walkup {
            id: self.id,
            device: DeviceId(self.device_id),
            session: self.session,
            kind: Kind::parse(&self.kind).ok_or_else(|| corrupt("walkups", "kind", &self.kind))?,
            color: self.color,
            user: UserId(self.user_id),
            cost,
            reservation: (!self.reservation.is_empty()).then_some(self.reservation),
            record: self.record,
            parts: parts_parse(&self.parts).ok_or_else(|| corrupt("walkups", "parts", &self.parts))?,
            price: Money(self.price),
            price_two: Money(self.price_two),
            started: Timestamp(self.started_us),
            heard: Timestamp(self.heard_us),
            ended: self.ended_us.map(Timestamp),
        })
    }
}

impl CoreStore {
    /// Writes the beginning of one down, with the reservation that is about to be asked for; `false` when the device has used
    /// the session's id before.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn walkup_add(&self, walkup: &Walkup, charge: Option<&Charge>) -> StoreResult<bool> {
        self.database.write("walkup-add", |connection| {
            let row = WalkupRow::from(walkup);
            let added =
                insert_if_absent!(connection, walkups::table, row, (walkups::device_id, walkups::session))?;
            if let Some(charge) = charge.filter(|_| added > 0) {
                charge_insert(connection, charge)?;
            }
            Ok(added > 0)
        })
    }

    /// Takes back the beginning of one that was refused, and voids its reservation.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn walkup_drop(&self, id: &str, charge: &ChargeEnd, now: Timestamp) -> StoreResult<()> {
        self.database.write("walkup-drop", |connection| {
            diesel::delete(walkups::table.find(id)).execute(connection)?;
            charge_end(connection, ChargeState::Open, charge, now)?;
            Ok(())
        })
    }

    /// The money server has reserved this much for one.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn walkup_reserved(&self, reservation: &str, amount: Money) -> StoreResult<()> {
        self.database.write("walkup-reserved", |connection| {
            let open = charges::table.find(reservation);
            diesel::update(open).set(charges::price.eq(amount.0)).execute(connection)?;
            Ok(())
        })
    }

    /// The person is treated as somebody who does not pay: the money server was away when it began.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn walkup_unpaid(&self, walkup: &Walkup, charge: &ChargeEnd, now: Timestamp) -> StoreResult<()> {
        self.database.write("walkup-unpaid", |connection| {
            let row = WalkupRow::from(walkup);
            let changes = (
                walkups::cost.eq(row.cost),
                walkups::reservation.eq(row.reservation),
                walkups::record.eq(row.record),
            );
            diesel::update(walkups::table.find(&walkup.id)).set(changes).execute(connection)?;
            charge_end(connection, ChargeState::Open, charge, now)?;
            Ok(())
        })
    }

    /// The one that a device calls by this id.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn walkup_show(&self, device: DeviceId, session: &str) -> StoreResult<Option<Walkup>> {
        self.database.read("walkup-show", |connection| {
            let found =
                walkups::table.filter(walkups::device_id.eq(device.0)).filter(walkups::session.eq(session));
            let row: Option<WalkupRow> = found.first(connection).optional()?;
            row.map(WalkupRow::into_walkup).transpose()
        })
    }

    /// Those under way, oldest first.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn walkups_open(&self) -> StoreResult<Vec<Walkup>> {
        self.database.read("walkups-open", |connection| {
            let open = walkups::table.filter(walkups::ended_us.is_null());
            let rows: Vec<WalkupRow> = open.order((walkups::started_us, walkups::id)).load(connection)?;
            rows.into_iter().map(WalkupRow::into_walkup).collect()
        })
    }

    /// Stores counts and prices of one that has not ended; `false` when it has.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn walkup_count(&self, walkup: &Walkup) -> StoreResult<bool> {
        self.database.write("walkup-count", |connection| {
            let open = walkups::table.find(&walkup.id).filter(walkups::ended_us.is_null());
            let changes = (
                walkups::parts.eq(parts_text(&walkup.parts)),
                walkups::price.eq(walkup.price.0),
                walkups::price_two.eq(walkup.price_two.0),
                walkups::heard_us.eq(walkup.heard.0),
            );
            Ok(diesel::update(open).set(changes).execute(connection)? > 0)
        })
    }

    /// Ends one, with its reservation and its record; `false`, and nothing is changed, when it has ended before.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn walkup_end(&self, ended: &WalkupEnded<'_>, now: Timestamp) -> StoreResult<bool> {
        let walkup = ended.walkup;
        self.database.write("walkup-end", |connection| {
            let open = walkups::table.find(&walkup.id).filter(walkups::ended_us.is_null());
            let changes = (
                walkups::parts.eq(parts_text(&walkup.parts)),
                walkups::price.eq(walkup.price.0),
                walkups::price_two.eq(walkup.price_two.0),
                walkups::record.eq(Vec::new()),
                walkups::ended_us.eq(now.0),
            );
            if diesel::update(open).set(changes).execute(connection)? == 0 {
                return Ok(false);
            }
            if let Some(end) = ended.charge {
                let charge = charges::table.find(&end.id);
                diesel::update(charge).set(charges::pages.eq(ended.pages)).execute(connection)?;
                charge_end(connection, ChargeState::Open, end, now)?;
            }
            if let Some((recipient, key, payload)) = &ended.message {
                outbox::put(connection, recipient, key, payload, now)?;
            }
            Ok(true)
        })
    }

    /// Forgets those that ended before an instant; how many.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn walkups_forget(&self, before: Timestamp) -> StoreResult<usize> {
        self.database.write("walkups-forget", |connection| {
            let old = walkups::table.filter(walkups::ended_us.lt(before.0));
            Ok(diesel::delete(old).execute(connection)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_back_as_they_are_stored() {
        let part = |size, sheets, mono, color| Part {
            size,
            sheets: Sheets(sheets),
            mono: Impressions(mono),
            color: Impressions(color),
        };
        let parts = vec![part(PaperSize::A4, 1, 2, 0), part(PaperSize::Other, 0, u32::MAX, 7)];
        assert_eq!(parts_text(&parts), "A4 1 2 0;Other 0 4294967295 7");
        assert_eq!(parts_parse(&parts_text(&parts)), Some(parts));
        assert_eq!(parts_parse(""), Some(Vec::new()));
        for wrong in ["A4", "A4 1 2", "A9 1 2 3", "A4 1 2 -3"] {
            assert_eq!(parts_parse(wrong), None, "{wrong}");
        }
    }
}
