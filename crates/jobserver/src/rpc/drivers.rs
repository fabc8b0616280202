//! Calls about printer drivers and what devices make of documents of others.

use domain::device::Device;
use domain::fidelity::{Check, DEVICE_DRIVERS_MAX, DriverName};
use rpc::Kind;
use rpc::proto::jobserver as message;
use storage::core::{DeviceOutput, DriverRow};

use super::convert;
use crate::failed::Failed;
use crate::state::State;

/// The word for a device that does as the setting of all devices says.
const INHERIT: &str = "inherit";

pub(super) fn list(state: &State) -> Result<message::DriverListAnswer, Failed> {
    let drivers = state.store.drivers_list()?.into_iter().map(driver).collect();
    Ok(message::DriverListAnswer { drivers })
}

pub(super) fn add(state: &State, name: &str) -> Result<message::Driver, Failed> {
    let row = DriverRow { name: parse(name)?, learnt: false, created: state.now() };
    if !state.store.driver_add(&row, 0)? {
        let text = format!("the driver '{}' is on the list already", row.name);
        return Err(Failed::new(Kind::Conflict, domain::Status::NAME_EXISTS, text));
    }
    Ok(driver(row))
}

pub(super) fn delete(state: &State, name: &str) -> Result<(), Failed> {
    let unknown = || {
        let text = format!("there is no driver '{}'", domain::text::shorten(name, 80));
        Failed::not_found(domain::Status::NAME_INVALID, text)
    };
    let parsed = DriverName::parse(name).map_err(|_| unknown())?;
    if !state.store.driver_delete(&parsed)? {
        return Err(unknown());
    }
    crate::fidelity::forget(state);
    Ok(())
}

/// A device with what it has beside its properties.
pub(super) fn device(state: &State, device: Device) -> Result<message::Device, Failed> {
    let output = state.store.device_output(device.id)?;
    Ok(message::Device {
        driver_check: output.check.map_or(INHERIT, Check::as_str).to_owned(),
        drivers: output.drivers.iter().map(ToString::to_string).collect(),
        toner_save: output.toner_save,
        ..convert::device(device, state.now())
    })
}

/// What an edit changes beside the properties; `None` for nothing.
pub(super) fn edited(
    state: &State,
    device: &Device,
    request: &message::DeviceEditRequest,
) -> Result<Option<DeviceOutput>, Failed> {
    let before = state.store.device_output(device.id)?;
    let mut output = before.clone();
    if let Some(word) = &request.driver_check {
        output.check = match word.as_str() {
            INHERIT => None,
            word => Some(Check::parse(word).ok_or_else(|| {
                Failed::invalid("documents of other drivers are checked so: inherit, off, warn, filter")
            })?),
        };
    }
    output.toner_save = request.toner_save.unwrap_or(output.toner_save);
    for name in &request.drivers_delete {
        let name = parse(name)?;
        let count = output.drivers.len();
        output.drivers.retain(|driver| driver.key() != name.key());
        if output.drivers.len() == count {
            let text = format!("the driver '{name}' is not on the device's list");
            return Err(Failed::not_found(domain::Status::NAME_INVALID, text));
        }
    }
    for name in &request.drivers_add {
        let name = parse(name)?;
        if !output.drivers.iter().any(|driver| driver.key() == name.key()) {
            output.drivers.push(name);
        }
    }
    if output.drivers.len() > DEVICE_DRIVERS_MAX {
        return Err(Failed::invalid(format!("a device's list has at most {DEVICE_DRIVERS_MAX} drivers")));
    }
    Ok((output != before).then_some(output))
}

fn parse(name: &str) -> Result<DriverName, Failed> {
    DriverName::parse(name).map_err(|error| Failed::invalid(error.to_string()))
}

fn driver(row: DriverRow) -> message::Driver {
    message::Driver { name: row.name.to_string(), learnt: row.learnt, created_us: row.created.0 }
}
