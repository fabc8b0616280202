//! Document fidelity: which documents suit a device by the driver they were made with, and the list of drivers that is
//! learnt from documents (guide, "Printer driver and document fidelity considerations", "Driver names are missing").

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use domain::count::CountStatus;
use domain::device::Device;
use domain::fidelity::{Check, DriverName, Fidelity, LEARNT_MAX, Verdict};
use domain::job::Job;
use domain::user::User;
use domain::{DeviceId, Status};
use storage::StoreError;
use storage::core::{DriverRow, JobFilter, Which};

use crate::failed::Failed;
use crate::people::place;
use crate::state::State;

/// Documents of a person that are looked through at most.
const LISTED_MAX: i64 = 50_000;

/// Keys of drivers that need not be learnt any more; without an entry the store is asked.
pub(crate) type Known = Mutex<HashSet<String>>;

/// How a device judges documents, as it is set now.
pub(crate) fn of(state: &State, device: DeviceId) -> Result<Fidelity, StoreError> {
    let output = state.store.device_output(device)?;
    let check = output.check.unwrap_or_else(|| state.settings().driver_check());
    Ok(Fidelity::new(check, &output.drivers))
}

/// The driver of a document: what its queue says instead of the data, else what the data names; empty for none.
pub(crate) fn driver_of(state: &State, job: &Job) -> String {
    let queues = state.queues();
    let told = queues.iter().find(|queue| queue.id == job.queue).map(|queue| &queue.push.driver_name);
    told.filter(|name| !name.is_empty()).unwrap_or(&job.count.driver).clone()
}

/// What a device makes of a document.
pub(crate) fn judge(state: &State, fidelity: &Fidelity, job: &Job) -> Verdict {
    if fidelity.check == Check::Off {
        return Verdict::Suits;
    }
    fidelity.judge(&driver_of(state, job), job.count.status != CountStatus::Pending)
}

/// Whether a document is shown at a device, and may be collected there.
pub(crate) fn shows(state: &State, fidelity: &Fidelity, job: &Job) -> bool {
    judge(state, fidelity, job) != Verdict::Filtered
}

/// Refuses a document that the device filters out.
///
/// # Errors
/// Status 422, and what the store says.
pub(crate) fn may_collect(state: &State, device: &Device, job: &Job) -> Result<(), Failed> {
    if shows(state, &of(state, device.id)?, job) {
        return Ok(());
    }
    let text = format!(
        "the document was made with a printer driver that is not on the list of {}: '{}'",
        device.name,
        driver_of(state, job)
    );
    Err(Failed::refused(Status::DRIVER_MISSING, text))
}

/// How many documents of their own, and how many in all, a person may collect at a device.
pub(crate) fn waiting(state: &State, device: DeviceId, person: &User) -> Result<(i64, i64), Failed> {
    let fidelity = of(state, device)?;
    if fidelity.check != Check::Filter {
        let own = state.store.jobs_waiting(person.id)?;
        return Ok((own, own + crate::people::shared::waiting(state, person)?));
    }
    let filter = JobFilter { owner: Some(person.id), which: Which::NotCompleted, ..JobFilter::default() };
    let own = state.store.jobs_list(&filter, LISTED_MAX)?;
    let tree = place::tree_for(state, person.unit)?;
    let shared = state.store.jobs_shared(person, &tree, state.now(), LISTED_MAX)?;
    let held = |job: &&Job| job.state == domain::job::State::Held && shows(state, &fidelity, job);
    let count = |jobs: usize| i64::try_from(jobs).unwrap_or(i64::MAX);
    let own = count(own.iter().filter(held).count());
    Ok((own, own + count(shared.iter().map(|shared| &shared.job).filter(held).count())))
}

/// Puts the driver of a document on the list, when it is a new one. Blocks. The document counts as taken all the same when
/// this fails: the next one of the driver is another chance.
pub(crate) fn learn(state: &State, job: &Job) {
    let Some((name, key)) = new_driver(state, job) else { return };
    let row = DriverRow { name, learnt: true, created: state.now() };
    match state.store.driver_add(&row, LEARNT_MAX) {
        Ok(added) => {
            if added {
                tracing::info!(driver = %row.name, "a new printer driver is on the list");
            }
            let mut drivers = state.drivers.lock().unwrap_or_else(PoisonError::into_inner);
            if drivers.len() >= LEARNT_MAX {
                drivers.clear();
            }
            drivers.insert(key);
        }
        Err(error) => tracing::warn!(%error, driver = %row.name, "a printer driver was not learnt"),
    }
}

/// Whether a document names a driver that may have to be learnt.
pub(crate) fn is_new(state: &State, job: &Job) -> bool {
    new_driver(state, job).is_some()
}

/// The driver and its key, unless it was learnt lately.
fn new_driver(state: &State, job: &Job) -> Option<(DriverName, String)> {
    let name = DriverName::of_data(&driver_of(state, job))?;
    let key = name.key();
    let known = state.drivers.lock().unwrap_or_else(PoisonError::into_inner).contains(&key);
    (!known).then_some((name, key))
}

/// A driver was taken off the list: a document may bring it back.
pub(crate) fn forget(state: &State) {
    state.drivers.lock().unwrap_or_else(PoisonError::into_inner).clear();
}
