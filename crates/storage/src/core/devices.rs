//! Devices.

use diesel::prelude::*;
use domain::device::{Channel, Device, LoginMethods, Target};
use domain::{DeviceId, DeviceName, Timestamp};

use super::schema::devices;
use super::{CoreStore, corrupt};
use crate::StoreResult;
use crate::dialect::insert_returning;

/// A device to be added.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Unique.
    pub name: DeviceName,
    /// Where print data goes.
    pub target: Target,
    /// See [`Device`].
    pub location: String,
    /// See [`Device`].
    pub model: String,
    /// See [`Device`].
    pub mac: String,
    /// See [`Device`].
    pub color: bool,
    /// See [`Device`].
    pub duplex: bool,
    /// See [`Device`].
    pub print_all_at_login: bool,
    /// The key it proves itself with, sealed by the installation's key.
    pub key_sealed: Vec<u8>,
    /// Now.
    pub created: Timestamp,
}

#[derive(Queryable)]
struct DeviceRow {
    id: i64,
    name: String,
    _name_key: String,
    channel: String,
    address: String,
    location: String,
    model: String,
    mac: String,
    color: bool,
    duplex: bool,
    print_all_at_login: bool,
    methods: String,
    driver_name: String,
    key_sealed: Vec<u8>,
    last_seen_us: Option<i64>,
    _failed_logins: i64,
    _created_us: i64,
}

impl DeviceRow {
    /// The device and the sealed key it proves itself with.
    fn into_device(self) -> StoreResult<(Device, Vec<u8>)> {
        let channel =
            Channel::parse(&self.channel).ok_or_else(|| corrupt("devices", "channel", &self.channel))?;
        let device = Device {
            id: DeviceId(self.id),
            name: DeviceName::parse(&self.name).map_err(|error| corrupt("devices", "name", error))?,
            target: Target::parse(&self.address, channel)
                .map_err(|error| corrupt("devices", "address", error))?,
            location: self.location,
            model: self.model,
            mac: self.mac,
            color: self.color,
            duplex: self.duplex,
            print_all_at_login: self.print_all_at_login,
            methods: LoginMethods::parse(self.methods.split_whitespace())
                .ok_or_else(|| corrupt("devices", "methods", &self.methods))?,
            last_seen: self.last_seen_us.map(Timestamp),
            driver_name: self.driver_name,
        };
        Ok((device, self.key_sealed))
    }
}

impl CoreStore {
    /// Adds a device.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `name` when it is taken.
    pub fn device_add(&self, device: &NewDevice) -> StoreResult<DeviceId> {
        self.database.write("device-add", |connection| {
            let row = (
                devices::name.eq(device.name.as_str()),
                devices::name_key.eq(device.name.key()),
                devices::channel.eq(device.target.channel.as_str()),
                devices::address.eq(device.target.address_text()),
                devices::location.eq(&device.location),
                devices::model.eq(&device.model),
                devices::mac.eq(&device.mac),
                devices::color.eq(device.color),
                devices::duplex.eq(device.duplex),
                devices::print_all_at_login.eq(device.print_all_at_login),
                devices::methods.eq(LoginMethods::ALL.names().join(" ")),
                devices::driver_name.eq(""),
                devices::key_sealed.eq(&device.key_sealed),
                devices::failed_logins.eq(0),
                devices::created_us.eq(device.created.0),
            );
            Ok(DeviceId(insert_returning!(connection, devices::table, row, devices::id)?))
        })
    }

    /// A device and the sealed key it proves itself with.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn device_by_name(&self, name: &DeviceName) -> StoreResult<Option<(Device, Vec<u8>)>> {
        let key = name.key();
        self.database.read("device-by-name", |connection| {
            let row: Option<DeviceRow> =
                devices::table.filter(devices::name_key.eq(&key)).first(connection).optional()?;
            row.map(DeviceRow::into_device).transpose()
        })
    }

    /// Every device, by name.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn devices_list(&self) -> StoreResult<Vec<Device>> {
        self.database.read("devices-list", |connection| {
            let rows: Vec<DeviceRow> = devices::table.order(devices::name_key).load(connection)?;
            rows.into_iter().map(|row| Ok(row.into_device()?.0)).collect()
        })
    }

    /// Stores a changed device; `false` when there is none. Name, secret and last sign of life stay.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn device_save(&self, device: &Device) -> StoreResult<bool> {
        self.database.write("device-save", |connection| {
            let changes = (
                devices::channel.eq(device.target.channel.as_str()),
                devices::address.eq(device.target.address_text()),
                devices::location.eq(&device.location),
                devices::model.eq(&device.model),
                devices::mac.eq(&device.mac),
                devices::color.eq(device.color),
                devices::duplex.eq(device.duplex),
                devices::print_all_at_login.eq(device.print_all_at_login),
                devices::methods.eq(device.methods.names().join(" ")),
                devices::driver_name.eq(&device.driver_name),
            );
            Ok(diesel::update(devices::table.find(device.id.0)).set(changes).execute(connection)? > 0)
        })
    }

    /// Notes a sign of life.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn device_seen(&self, id: DeviceId, now: Timestamp) -> StoreResult<()> {
        self.database.write("device-seen", |connection| {
            diesel::update(devices::table.find(id.0))
                .set(devices::last_seen_us.eq(now.0))
                .execute(connection)?;
            Ok(())
        })
    }

    /// Deletes a device; `false` when there is none.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn device_delete(&self, name: &DeviceName) -> StoreResult<bool> {
        let key = name.key();
        self.database.write("device-delete", |connection| {
            Ok(diesel::delete(devices::table.filter(devices::name_key.eq(&key))).execute(connection)? > 0)
        })
    }
}
