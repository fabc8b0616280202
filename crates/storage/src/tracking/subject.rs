//! Who or what records are summed by, as the newest record described them.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use domain::tracking::Record;
use serde::{Deserialize, Serialize};

use super::PARAMETERS_MAX;
use super::row::Row;
use super::sums::HOUR_US;
use super::table::subjects;
use crate::dialect::insert_returning;
use crate::error::StoreError;
use crate::{AnyConnection, StoreResult};

/// What a subject is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// A person.
    User,
    /// A device.
    Device,
    /// A primary billing code.
    Billing,
}

/// Between logon and domain in a person's name.
const SEPARATOR: char = '\u{1f}';

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::User, Self::Device, Self::Billing];

    pub(super) fn number(self) -> i64 {
        match self {
            Self::User => 1,
            Self::Device => 2,
            Self::Billing => 3,
        }
    }

    /// Name of the row's subject of this kind; empty when it has none.
    pub(super) fn name_of(self, row: &Row) -> String {
        match self {
            Self::User => user_name(&row.user_logon, &row.user_domain),
            Self::Device => row.device_name.clone(),
            Self::Billing => row.billing_code.clone(),
        }
    }
}

/// A person's name in the table.
pub(super) fn user_name(logon: &str, domain: &str) -> String {
    if logon.is_empty() { String::new() } else { format!("{logon}{SEPARATOR}{domain}") }
}

/// A person's logon and domain, of their name in the table.
pub(super) fn user_parts(name: &str) -> (&str, &str) {
    name.split_once(SEPARATOR).unwrap_or((name, ""))
}

/// What the newest record said. Every field has a default, so that rows of older and newer programs can be read.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Detail {
    /// Internal id of a person or device.
    #[serde(skip_serializing_if = "is_zero")]
    pub id: i64,
    /// Of a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub full_name: String,
    /// Of a person or billing code.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Of a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cost_code: String,
    /// Of a device.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Of a device.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
    /// Of a device.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mac: String,
    /// Of a billing code.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub invoice: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Detail {
    fn of(kind: Kind, record: &Record) -> Self {
        match kind {
            Kind::User => Self {
                id: record.user.id,
                full_name: record.user.full_name.clone(),
                description: record.user.description.clone(),
                cost_code: record.user.cost_code.clone(),
                ..Self::default()
            },
            Kind::Device => Self {
                id: record.device.id,
                model: record.device.model.clone(),
                location: record.device.location.clone(),
                mac: record.device.mac.clone(),
                ..Self::default()
            },
            Kind::Billing => Self {
                description: record.billing.description.clone(),
                invoice: record.billing.invoice,
                ..Self::default()
            },
        }
    }

    pub(super) fn parse(text: &str) -> StoreResult<Self> {
        serde_json::from_str(text).map_err(|error| StoreError::Corrupt {
            table: "subjects",
            column: "detail",
            why: error.to_string(),
        })
    }
}

/// Ids of subjects by kind and name.
#[derive(Default)]
pub(super) struct Ids(HashMap<(Kind, String), i64>);

impl Ids {
    pub(super) fn of(&self, kind: Kind, name: &str) -> Option<i64> {
        // The map's key owns its text; a name is short.
        self.0.get(&(kind, name.to_owned())).copied()
    }
}

#[derive(Queryable)]
struct Known {
    id: i64,
    name: String,
    newest_us: i64,
    detail: String,
}

fn known(connection: &mut AnyConnection, kind: Kind, names: &[&str]) -> StoreResult<Vec<Known>> {
    let mut found = Vec::new();
    for part in names.chunks(PARAMETERS_MAX) {
        let rows: Vec<Known> = subjects::table
            .filter(subjects::kind.eq(kind.number()))
            .filter(subjects::name.eq_any(part))
            .select((subjects::id, subjects::name, subjects::newest_us, subjects::detail))
            .load(connection)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Makes subjects that are new, describes those anew that a newer record describes, and answers with their ids.
pub(super) fn remember(connection: &mut AnyConnection, added: &[(&Record, &Row)]) -> StoreResult<Ids> {
    let mut ids = Ids::default();
    for kind in Kind::ALL {
        let mut newest: BTreeMap<String, &Record> = BTreeMap::new();
        for (record, row) in added.iter().filter(|(_, row)| row.deleted_by == 0) {
            let name = kind.name_of(row);
            if !name.is_empty() {
                let held = newest.entry(name).or_insert(record);
                if record.stop >= held.stop {
                    *held = record;
                }
            }
        }
        let names: Vec<&str> = newest.keys().map(String::as_str).collect();
        let mut there: HashMap<String, Known> =
            known(connection, kind, &names)?.into_iter().map(|known| (known.name.clone(), known)).collect();
        for (name, record) in newest {
            let detail =
                serde_json::to_string(&Detail::of(kind, record)).expect("texts and numbers have a JSON form");
            let described = (subjects::newest_us.eq(record.stop.0), subjects::detail.eq(&detail));
            let id = match there.remove(&name) {
                Some(known) => {
                    // The instant is moved now and then only: most records change nothing here.
                    let is_newer = known.newest_us <= record.stop.0;
                    let is_stale = record.stop.0.saturating_sub(known.newest_us) > HOUR_US;
                    if is_newer && (is_stale || known.detail != detail) {
                        diesel::update(subjects::table.find(known.id)).set(described).execute(connection)?;
                    }
                    known.id
                }
                None => {
                    let row = (subjects::kind.eq(kind.number()), subjects::name.eq(&name), described);
                    insert_returning!(connection, subjects::table, row, subjects::id)?
                }
            };
            ids.0.insert((kind, name), id);
        }
    }
    Ok(ids)
}

/// The ids of the rows' subjects.
pub(super) fn find(connection: &mut AnyConnection, rows: &[Row]) -> StoreResult<Ids> {
    let mut ids = Ids::default();
    for kind in Kind::ALL {
        let mut names: Vec<String> = rows.iter().map(|row| kind.name_of(row)).collect();
        names.sort_unstable();
        names.dedup();
        let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        for known in known(connection, kind, &names)? {
            ids.0.insert((kind, known.name), known.id);
        }
    }
    Ok(ids)
}
