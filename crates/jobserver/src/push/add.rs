//! A new push queue, checked, with the device it makes.

use domain::device::{Channel, Target};
use domain::queue::{Kind, Queue};
use domain::secret::Password;
use domain::text::free;
use domain::{DeviceName, Status};
use rpc::proto::jobserver as message;
use storage::core::NewDevice;
use wire::safecom::auth::DeviceKey;

use crate::device_open::DEVICE_KEY;
use crate::failed::Failed;
use crate::keys::random;
use crate::state::State;

/// Longest location, characters.
const LOCATION_MAX: usize = 255;

/// Checks that a push queue has something to print on, and makes its device when the request has an address for it
/// (guide, "Auto-create printer").
///
/// # Errors
/// A sentence that says what is missing.
pub(crate) fn checked(state: &State, request: &message::Queue, queue: &Queue) -> Result<(), Failed> {
    if queue.kind != Kind::Push {
        return Ok(());
    }
    if queue.push.device.is_none() && queue.push.forward.is_none() {
        return Err(Failed::invalid(
            "a push queue needs a device or another push queue to print on: --device or --forward",
        ));
    }
    if let Some(forward) = &queue.push.forward {
        let queues = state.queues();
        let other = queues.iter().find(|other| other.name.key() == forward.key());
        let usable = other.is_some_and(|other| {
            other.kind == Kind::Push && other.push.forward.is_none() && other.name.key() != queue.name.key()
        });
        if !usable {
            let text = format!("'{forward}' is no push queue with a device of its own");
            return Err(Failed::refused(Status::NAME_INVALID, text));
        }
    }
    if let Some(name) = &queue.push.device {
        let found = state.store.device_by_name(name)?;
        if found.is_none() {
            made(state, request, name)?;
        }
    }
    Ok(())
}

fn made(state: &State, request: &message::Queue, name: &DeviceName) -> Result<(), Failed> {
    if request.device_address.is_empty() && request.forward.is_empty() {
        let text = format!("there is no device '{name}': add it, or say where it is with --address");
        return Err(Failed::not_found(Status::DEVICE_NOT_FOUND, text));
    }
    // A device that is only tracked under prints nothing, and needs no address.
    let channel = if request.device_address.is_empty() { Channel::Session } else { Channel::Auto };
    let target = Target::parse(&request.device_address, channel)
        .map_err(|error| Failed::invalid(error.to_string()))?;
    let location = free("location", &request.device_location, LOCATION_MAX)
        .map_err(|error| Failed::invalid(error.to_string()))?;
    // Nobody knows this secret: the device opens no session until it is given a new one.
    let secret = Password::from_random(random());
    let key = DeviceKey::derive(name.as_str(), secret.expose());
    let device = NewDevice {
        name: name.clone(),
        target,
        location,
        model: String::new(),
        mac: String::new(),
        color: request.color,
        duplex: request.duplex,
        print_all_at_login: false,
        key_sealed: state.keys.seal(DEVICE_KEY, key.as_bytes()),
        created: state.now(),
    };
    state.store.device_add(&device)?;
    tracing::info!(device.name = %name, "a device was added for a push queue");
    Ok(())
}
