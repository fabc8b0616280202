//! A queue is changed: what a request says is laid over the queue as it is, and the whole is checked as a new one is.

use domain::{QueueName, Status as Code};
use rpc::Kind;
use rpc::proto::jobserver as message;

use super::convert;
use crate::failed::Failed;
use crate::state::State;

pub(super) fn edit(state: &State, request: message::QueueEditRequest) -> Result<message::Queue, Failed> {
    let unknown = || Failed::not_found(Code::NAME_INVALID, "there is no such queue");
    let name = QueueName::parse(&request.name).map_err(|_| unknown())?;
    let queues = state.queues();
    let before = queues.iter().find(|queue| queue.name.key() == name.key()).ok_or_else(unknown)?;
    let wanted = laid_over(convert::queue(before, 0), request);
    let mut queue = convert::parse_queue(wanted.clone())?;
    queue.id = before.id;
    if let Some(port) = queue.raw_port
        && let Some(other) = queues.iter().find(|other| other.raw_port == Some(port) && other.id != queue.id)
    {
        let text = format!("the queue '{}' has raw port {port} already", other.name);
        return Err(Failed::new(Kind::Conflict, Code::NAME_EXISTS, text));
    }
    crate::push::checked(state, &wanted, &queue)?;
    if !state.store.queue_save(&queue)? {
        return Err(unknown());
    }
    state.queues_reload()?;
    state.push.wake();
    let held = state.store.jobs_waiting_by_queue()?;
    let held = held.iter().find(|(id, _)| *id == queue.id).map_or(0, |(_, count)| *count);
    Ok(convert::queue(&queue, held))
}

/// The queue with what is said put in the place of what was. What the new owner or kind has no use for goes, unless it is
/// said anew: then it is refused as it is of a new queue.
fn laid_over(mut queue: message::Queue, request: message::QueueEditRequest) -> message::Queue {
    macro_rules! take {
        ($into:ident, $from:ident: $($field:ident),*) => {$(
            if let Some(value) = $from.$field {
                $into.$field = value;
            }
        )*};
    }
    take!(queue, request: kind, owner);
    if queue.owner() != message::queue::Owner::JobData {
        queue.data_logon = None;
    }
    if queue.owner() != message::queue::Owner::Fixed {
        queue.fixed_logon = String::new();
    }
    if queue.kind() != message::queue::Kind::Push {
        queue = message::Queue {
            device: String::new(),
            forward: String::new(),
            when_away: message::queue::WhenAway::Inherit.into(),
            cost_code: String::new(),
            snmp_status: false,
            confirm_price: false,
            ..queue
        };
    }
    take!(
        queue, request: description, location, fixed_logon, raw_port, default_domain, hide_document_name, color, duplex,
        accepting_jobs, device, forward, when_away, cost_code, driver_name, device_address, device_location, snmp_status,
        toner_save, confirm_price
    );
    if let Some(change) = request.data_logon {
        let rule = queue.data_logon.get_or_insert_with(|| message::queue::DataLogon {
            network_fallback: true,
            ..Default::default()
        });
        take!(rule, change: string, search_bytes, skip, start, stop, network_fallback);
        // An empty text takes the rule away: whoever the driver names is the owner.
        if rule.string.is_empty() {
            queue.data_logon = None;
        }
    }
    queue
}
