//! What a device says is left of its toner, by SNMP (RFC 3805, `prtMarkerSuppliesTable`) or IPP (`printer-supply`).
//!
//! Only what is told in impressions is used (`domain::charge::toner`). Which rows of the table these are is asked once and
//! remembered, so that a document waits for one question more at most.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::charge::toner::{Colorant, Levels};
use wire::ipp::supply::Supply;
use wire::snmp::{Oid, Value, mib};

use crate::snmp::{SnmpError, Target, get_all};

/// Rows of the tables that are looked at.
const ROWS: std::ops::RangeInclusive<u32> = 1..=12;
/// Devices that are remembered.
const DEVICES_MAX: usize = 10_000;

/// Rows of a device's supplies that are toner and are told in impressions; possibly none.
pub(super) type Rows = Arc<[(Colorant, Oid)]>;

/// The rows of each device, by address and port.
#[derive(Default)]
pub(crate) struct Toners(Mutex<HashMap<(String, u16), Rows>>);

impl Toners {
    /// The rows of a device and what they say; `None` when it tells nothing of use.
    ///
    /// # Errors
    /// When it does not answer.
    pub(super) async fn look(&self, target: &Target) -> Result<Option<(Rows, Levels)>, SnmpError> {
        let key = (target.host.clone(), target.port);
        let known = self.lock().get(&key).cloned();
        let rows = match known {
            Some(rows) => rows,
            None => {
                let rows = rows(target).await?;
                let mut devices = self.lock();
                if devices.len() >= DEVICES_MAX {
                    devices.clear();
                }
                devices.insert(key.clone(), rows.clone());
                rows
            }
        };
        if rows.is_empty() {
            return Ok(None);
        }
        let levels = levels(target, &rows).await?;
        if levels.is_empty() {
            // It may be another device by now.
            self.lock().remove(&key);
            return Ok(None);
        }
        Ok(Some((rows, levels)))
    }

    /// A device was changed: another may stand at its address.
    pub(crate) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, u16), Rows>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is left in these rows.
pub(super) async fn levels(target: &Target, rows: &Rows) -> Result<Levels, SnmpError> {
    let names: Vec<Oid> = rows.iter().map(|(_, name)| name.clone()).collect();
    let mut levels = Levels::default();
    for ((colorant, _), value) in rows.iter().zip(get_all(target, &names).await?) {
        if let Some(level) = value.and_then(|value| value.number()) {
            levels.add(*colorant, level);
        }
    }
    Ok(levels)
}

/// What an IPP device says is left.
pub(crate) fn levels_of(supplies: &[Supply]) -> Levels {
    let mut levels = Levels::default();
    for supply in supplies.iter().filter(|supply| supply.unit.eq_ignore_ascii_case("impressions")) {
        if let (Some(colorant), Some(level)) = (Colorant::parse(&supply.colorant), supply.level) {
            levels.add(colorant, level);
        }
    }
    levels
}

async fn rows(target: &Target) -> Result<Rows, SnmpError> {
    let units = get_all(target, &column(mib::PRT_MARKER_SUPPLIES_UNIT)).await?;
    let in_impressions =
        |unit: &Option<Value>| unit.as_ref().and_then(Value::number) == Some(mib::UNIT_IMPRESSIONS);
    if !units.iter().any(in_impressions) {
        return Ok(Rows::default());
    }
    let colorants = get_all(target, &column(mib::PRT_MARKER_SUPPLIES_COLORANT)).await?;
    let names = get_all(target, &column(mib::PRT_MARKER_COLORANT_VALUE)).await?;
    let named = |index: u32| match names.get(usize::try_from(index.checked_sub(1)?).ok()?)?.as_ref()? {
        Value::OctetString(name) => Colorant::parse(&String::from_utf8_lossy(name)),
        _ => None,
    };
    let rows = ROWS.zip(units.iter().zip(colorants)).filter(|(_, (unit, _))| in_impressions(unit));
    let rows = rows.filter_map(|(row, (_, colorant))| {
        let colorant = named(u32::try_from(colorant?.number()?).ok()?)?;
        Some((colorant, object(mib::PRT_MARKER_SUPPLIES_LEVEL, row)))
    });
    Ok(rows.collect())
}

fn column(root: &[u32]) -> Vec<Oid> {
    ROWS.map(|row| object(root, row)).collect()
}

fn object(root: &[u32], row: u32) -> Oid {
    Oid::new([root, &[row]].concat()).expect("names of standards are identifiers")
}
