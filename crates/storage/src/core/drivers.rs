//! Drivers that are known, and what devices make of documents of others.

use diesel::prelude::*;
use domain::fidelity::{Check, DriverName};
use domain::{DeviceId, Timestamp};

use super::schema::{device_drivers, device_output, drivers};
use super::{CoreStore, corrupt};
use crate::dialect::{insert_if_absent, insert_or_update};
use crate::{AnyConnection, StoreResult};

/// A driver of the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DriverRow {
    /// Its name, as it was first seen.
    pub name: DriverName,
    /// A document named it; otherwise an administrator added it.
    pub learnt: bool,
    /// When it was added.
    pub created: Timestamp,
}

/// What a device has beside its properties.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeviceOutput {
    /// What is made of documents that do not suit; `None`: as the setting of all devices says.
    pub check: Option<Check>,
    /// Everything is printed with less toner.
    pub toner_save: bool,
    /// Drivers whose documents suit, by name.
    pub drivers: Vec<DriverName>,
}

fn name(table: &'static str, text: &str) -> StoreResult<DriverName> {
    DriverName::of_data(text).ok_or_else(|| corrupt(table, "name", "empty"))
}

impl CoreStore {
    /// Every known driver, by name.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn drivers_list(&self) -> StoreResult<Vec<DriverRow>> {
        self.database.read("drivers-list", |connection| {
            let rows: Vec<(String, String, bool, i64)> =
                drivers::table.order(drivers::name_key).load(connection)?;
            rows.into_iter()
                .map(|(_, text, learnt, created_us)| {
                    Ok(DriverRow { name: name("drivers", &text)?, learnt, created: Timestamp(created_us) })
                })
                .collect()
        })
    }

    /// Adds a driver; `false` when it is known. Of learnt ones there are never more than `learnt_max`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn driver_add(&self, driver: &DriverRow, learnt_max: usize) -> StoreResult<bool> {
        self.database.write("driver-add", |connection| {
            if driver.learnt {
                let learnt: i64 =
                    drivers::table.filter(drivers::learnt.eq(true)).count().get_result(connection)?;
                if usize::try_from(learnt).is_ok_and(|learnt| learnt >= learnt_max) {
                    return Ok(false);
                }
            }
            let row = (
                drivers::name_key.eq(driver.name.key()),
                drivers::name.eq(driver.name.as_str()),
                drivers::learnt.eq(driver.learnt),
                drivers::created_us.eq(driver.created.0),
            );
            Ok(insert_if_absent!(connection, drivers::table, row, drivers::name_key)? > 0)
        })
    }

    /// Takes a driver off the list; `false` when it is not there. Lists of devices keep it.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn driver_delete(&self, driver: &DriverName) -> StoreResult<bool> {
        let key = driver.key();
        self.database.write("driver-delete", |connection| {
            Ok(diesel::delete(drivers::table.find(&key)).execute(connection)? > 0)
        })
    }

    /// What a device has beside its properties.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn device_output(&self, device: DeviceId) -> StoreResult<DeviceOutput> {
        self.database.read("device-output", |connection| {
            let row: Option<(String, bool)> = device_output::table
                .find(device.0)
                .select((device_output::driver_check, device_output::toner_save))
                .first(connection)
                .optional()?;
            let (check, toner_save) = row.unwrap_or_default();
            let check = match check.as_str() {
                "" => None,
                word => {
                    Some(Check::parse(word).ok_or_else(|| corrupt("device_output", "driver_check", word))?)
                }
            };
            let names: Vec<String> = device_drivers::table
                .filter(device_drivers::device_id.eq(device.0))
                .order(device_drivers::name_key)
                .select(device_drivers::name)
                .load(connection)?;
            let drivers = names.iter().map(|text| name("device_drivers", text)).collect::<Result<_, _>>()?;
            Ok(DeviceOutput { check, toner_save, drivers })
        })
    }

    /// Stores what a device has beside its properties.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn device_output_save(&self, device: DeviceId, output: &DeviceOutput) -> StoreResult<()> {
        self.database.write("device-output-save", |connection| {
            let check = output.check.map_or("", Check::as_str);
            let changes =
                (device_output::driver_check.eq(check), device_output::toner_save.eq(output.toner_save));
            let row = (device_output::device_id.eq(device.0), changes);
            insert_or_update!(connection, device_output::table, row, device_output::device_id, changes)?;
            drivers_save(connection, device, &output.drivers)
        })
    }
}

fn drivers_save(connection: &mut AnyConnection, device: DeviceId, drivers: &[DriverName]) -> StoreResult<()> {
    diesel::delete(device_drivers::table.filter(device_drivers::device_id.eq(device.0)))
        .execute(connection)?;
    for driver in drivers {
        let row = (
            device_drivers::device_id.eq(device.0),
            device_drivers::name_key.eq(driver.key()),
            device_drivers::name.eq(driver.as_str()),
        );
        let target = (device_drivers::device_id, device_drivers::name_key);
        insert_if_absent!(connection, device_drivers::table, row, target)?;
    }
    Ok(())
}
