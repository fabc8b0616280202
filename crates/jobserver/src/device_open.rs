//! Lets a device in that is registered and proves it.

use domain::{DeviceName, Status};
use wire::safecom::auth::DeviceKey;

use crate::failed::Failed;
use crate::session::{ClaimedDevice, DeviceSession};
use crate::state::Jobserver;

/// Ties a sealed device key to its place.
pub(crate) const DEVICE_KEY: &str = "device-key";

/// The device with this name, to check its proof.
pub(crate) async fn device_claimed(server: &Jobserver, name: &str) -> Result<ClaimedDevice, Failed> {
    let unknown = || Failed::not_found(Status::DEVICE_NOT_FOUND, "no device of this name is registered");
    let name = DeviceName::parse(name).map_err(|_| unknown())?;
    let found = server.blocking(move |state| state.store.device_by_name(&name)).await?;
    let (device, sealed) = found.ok_or_else(unknown)?;
    let key = server.0.keys.unseal(DEVICE_KEY, &sealed);
    let key = key.and_then(|key| <[u8; 32]>::try_from(key.as_slice()).ok()).ok_or_else(|| {
        Failed::internal("reading the device's key", &"it was sealed by another installation's key")
    })?;
    Ok(ClaimedDevice { server: server.clone(), device, key: DeviceKey::from_bytes(key) })
}

/// The proof was right.
pub(crate) async fn device_open(claimed: ClaimedDevice) -> Result<DeviceSession, Failed> {
    let ClaimedDevice { server, mut device, .. } = claimed;
    let now = server.0.now();
    let id = device.id;
    server.blocking(move |state| state.store.device_seen(id, now)).await?;
    device.last_seen = Some(now);
    Ok(DeviceSession { server, device, person: None, presence: None, balance: None, walkups: Vec::new() })
}
