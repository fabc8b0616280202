//! Push queues: documents are sent on to a printer without anybody collecting them.
//!
//! A pushed document is a job like any other: encrypted in the spool and durable before it is acknowledged, then
//! held. This task takes the held jobs of each push queue, oldest first, and releases them as a panel would. What
//! could not even begin is tried again; what was on its way when something broke is held with the reason, because
//! nobody but a person can know what lies in the tray.
//!
//! - [`add`]: a new push queue, checked.
//! - [`confirm`]: prices that somebody has to agree to first; documents that a person lets go on.
//! - [`Presence`]: somebody is logged in at a device.

mod add;
mod confirm;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::count::CountStatus;
use domain::device::{Channel, Device};
use domain::job::{Job, Reason, State as JobState};
use domain::push::{Circumstances, Consent, Wait, wait};
use domain::queue::{Kind, Queue};
use domain::user::User;
use domain::{DeviceId, JobId, QueueId, Status};
use rpc::proto::trackingserver::{Record, RecordRequest, record::JobType, tracking_client::TrackingClient};
use storage::core::{Change, JobFilter, Which};
use tokio::sync::Notify;
use tonic::Request;

use crate::failed::Failed;
use crate::snmp;
use crate::state::{Jobserver, State};

pub(crate) use add::checked;
pub(crate) use confirm::release;

/// How often queues are looked at without being woken: a printer that was away, a count that is done.
const IDLE: Duration = Duration::from_secs(5);
/// The pause after a printer could not be reached; it doubles up to [`PAUSE_MAX`].
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// Jobs of a queue that are looked up in one go.
const PAGE: i64 = 100;
/// How long the tracking server may take to say that it is there.
const PROBE_DEADLINE: Duration = Duration::from_secs(3);

/// What push queues share.
#[derive(Default)]
pub(crate) struct Push {
    wake: Notify,
    /// Times it was woken: a queue somebody works on just then is looked at once more.
    happened: AtomicU64,
    /// Queues a task works on.
    busy: Mutex<HashSet<QueueId>>,
    /// People logged in, by device: a device may have several sessions.
    present: std::sync::Arc<Mutex<HashMap<DeviceId, usize>>>,
}

impl Push {
    /// There may be something to do.
    pub(crate) fn wake(&self) {
        self.happened.fetch_add(1, Ordering::SeqCst);
        self.wake.notify_one();
    }

    fn is_present(&self, device: DeviceId) -> bool {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&device)
    }
}

/// Somebody is logged in at a device until this is dropped.
pub(crate) struct Presence {
    server: Jobserver,
    device: DeviceId,
}

impl Presence {
    pub(crate) fn begin(server: &Jobserver, device: DeviceId) -> Self {
        let mut present = server.0.push.present.lock().unwrap_or_else(PoisonError::into_inner);
        *present.entry(device).or_default() += 1;
        Self { server: server.clone(), device }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let push = &self.server.0.push;
        let mut present = push.present.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = present.get_mut(&self.device) {
            *count -= 1;
            if *count == 0 {
                present.remove(&self.device);
                push.wake();
            }
        }
    }
}

/// Whether a job waits to be pushed, and is nothing a panel shows.
pub(crate) fn is_waiting(state: &State, job: &Job) -> bool {
    job.reason == Reason::HoldUntilSpecified && job.printed == 0 && is_push(state, job.queue)
}

fn is_push(state: &State, queue: QueueId) -> bool {
    state.queues().iter().any(|other| other.id == queue && other.kind == Kind::Push)
}

/// What a queue says of its records instead of the driver and, a push queue, the person; and that it was one.
pub(crate) fn describe(state: &State, job: &Job, device: &Device, record: &mut Record) {
    let queues = state.queues();
    let Some(queue) = queues.iter().find(|queue| queue.id == job.queue) else { return };
    if !queue.push.driver_name.is_empty() {
        record.driver_name.clone_from(&queue.push.driver_name);
    }
    if queue.kind != Kind::Push {
        return;
    }
    // Held with a reason, it may have been collected at a panel somewhere else.
    if output_of(&queues, queue).is_some_and(|output| output.name.key() != device.name.key())
        && queue.push.device.as_ref().is_none_or(|name| name.key() != device.name.key())
    {
        return;
    }
    record.job_type = JobType::Push.into();
    if !queue.push.cost_code.is_empty() {
        record.user_cost_code.clone_from(&queue.push.cost_code);
    }
}

/// The device that a queue's documents are tracked and priced under; none of a pull queue.
pub(crate) fn tracked_under(state: &State, queue: QueueId) -> Option<domain::DeviceName> {
    let queues = state.queues();
    let queue = queues.iter().find(|other| other.id == queue && other.kind == Kind::Push)?;
    queue.push.device.clone().or_else(|| output_of(&queues, queue).map(|output| output.name.clone()))
}

/// A device by its name.
struct Output<'a> {
    name: &'a domain::DeviceName,
}

/// The device that prints for a queue.
fn output_of<'a>(queues: &'a [Queue], queue: &'a Queue) -> Option<Output<'a>> {
    let name = match &queue.push.forward {
        None => queue.push.device.as_ref(),
        Some(forward) => queues
            .iter()
            .find(|other| other.kind == Kind::Push && other.name.key() == forward.key())
            .and_then(|other| other.push.device.as_ref()),
    };
    name.map(|name| Output { name })
}

/// Looks at push queues until the stop.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    loop {
        for queue in server.0.queues().iter().filter(|queue| queue.kind == Kind::Push) {
            let is_free = server.0.push.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(queue.id);
            if is_free {
                let (server, queue) = (server.clone(), queue.id);
                let tasks = server.0.tasks.clone();
                tasks.spawn(async move {
                    drain_until_quiet(&server, queue).await;
                    server.0.push.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&queue);
                });
            }
        }
        let woken = tokio::time::timeout(IDLE, server.0.push.wake.notified());
        if stop.run_until_cancelled(woken).await.is_none() {
            return;
        }
    }
}

/// Works on a queue until nothing has happened since it was looked at.
async fn drain_until_quiet(server: &Jobserver, queue: QueueId) {
    let push = &server.0.push;
    loop {
        let seen = push.happened.load(Ordering::SeqCst);
        if let Err(error) = drain(server, queue).await {
            tracing::warn!(%error, "a push queue waits; it is tried again");
            return;
        }
        if push.happened.load(Ordering::SeqCst) == seen || server.0.stop.asked() {
            return;
        }
    }
}

/// Prints what waits in a queue, oldest first, until there is nothing, something has to wait, or the stop.
async fn drain(server: &Jobserver, queue: QueueId) -> Result<(), Failed> {
    let stop = server.0.stop.token();
    let mut pause = PAUSE_FIRST;
    confirm::ask(server, queue).await?;
    while !stop.is_cancelled() {
        let next = server.blocking(move |state| next(state, queue)).await?;
        let Some(Next { job, queue, user, output, tracked }) = next else { return Ok(()) };
        let Some(user) = user else {
            note(server, job.id, "Its owner is gone; delete the document.".to_owned()).await?;
            return Ok(());
        };
        let Some(output) = output else {
            note(server, job.id, "The queue has no device to print on.".to_owned()).await?;
            return Ok(());
        };
        let circumstances = Circumstances {
            counting: job.count.status == CountStatus::Pending,
            person_at_device: server.0.push.is_present(output.id),
            held_for_tracking: queue.push.when_away.holds(server.0.settings().push_when_away())
                && !is_tracking_there(server).await,
            disconnected: output.target.channel == Channel::Session && !server.0.printers.takes(output.id),
            printer: if queue.push.snmp_status { printer_state(server, &output).await? } else { None },
        };
        if let Some(why) = wait(circumstances) {
            let message = match why {
                Wait::NotCounted => "Its pages are being counted.".to_owned(),
                Wait::PersonAtDevice => format!("Somebody is logged in at {}.", output.name),
                Wait::NotConnected => format!("{} is not connected to the server.", output.name),
                Wait::TrackingAway => "The tracking server is away.".to_owned(),
                Wait::Printer(what) => format!("The printer {} cannot print: {what}.", output.name),
            };
            note(server, job.id, message).await?;
            return Ok(());
        }
        tracing::info!(job.id = job.id.0, queue.name = %queue.name, device.name = %output.name, "pushed");
        match crate::print::print_pushed(server, output, tracked, user, job.id).await {
            Ok(()) => pause = PAUSE_FIRST,
            // Nobody took the connection: nothing came out, and the document keeps its place.
            Err(failed) if failed.status == Status::CANNOT_CONNECT => {
                again(server, job.id).await?;
                if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    return Ok(());
                }
                pause = (pause * 2).min(PAUSE_MAX);
            }
            Err(failed) => {
                tracing::info!(job.id = job.id.0, why = failed.message, "not pushed");
                // Somebody holds its lock, or the store is away: later.
                let is_passing = failed.kind == rpc::Kind::Unavailable || failed.status == Status::JOB_LOCKED;
                if is_passing && is_still_waiting(server, job.id).await? {
                    return Ok(());
                }
                hold(server, job.id, failed.message).await?;
            }
        }
    }
    Ok(())
}

/// The job that is next, and what it needs.
struct Next {
    job: Job,
    queue: Queue,
    user: Option<User>,
    /// What prints.
    output: Option<Device>,
    /// What it is tracked under, when that is another.
    tracked: Option<Device>,
}

fn next(state: &State, id: QueueId) -> Result<Option<Next>, Failed> {
    let queues = state.queues();
    let Some(queue) = queues.iter().find(|queue| queue.id == id) else { return Ok(None) };
    let Some(job) = first_waiting(state, queue)? else { return Ok(None) };
    let device = |name: &domain::DeviceName| {
        Ok::<_, Failed>(state.store.device_by_name(name)?.map(|(device, _)| device))
    };
    let output = match output_of(&queues, queue) {
        Some(output) => device(output.name)?,
        None => None,
    };
    let tracked = match (&queue.push.forward, &queue.push.device) {
        (Some(_), Some(name)) => device(name)?,
        (None, _) | (Some(_), None) => None,
    };
    let user = state.store.user_show(job.owner)?.map(|(user, _)| user);
    Ok(Some(Next { job, queue: queue.clone(), user, output, tracked }))
}

/// The oldest document that waits for nobody's word.
fn first_waiting(state: &State, queue: &Queue) -> Result<Option<Job>, Failed> {
    let mut after = None;
    loop {
        let jobs = waiting_after(state, queue.id, &mut after)?;
        let Some(jobs) = jobs else { return Ok(None) };
        for job in jobs {
            if confirm::consent(state, queue, &job)? == Consent::Given {
                return Ok(Some(job));
            }
        }
    }
}

/// The next documents that wait in a queue, oldest first; `None` at the end.
fn waiting_after(
    state: &State,
    queue: QueueId,
    after: &mut Option<JobId>,
) -> Result<Option<Vec<Job>>, Failed> {
    let filter =
        JobFilter { queue: Some(queue), which: Which::NotCompleted, after: *after, ..JobFilter::default() };
    let mut jobs = state.store.jobs_list(&filter, PAGE)?;
    let Some(last) = jobs.last() else { return Ok(None) };
    *after = Some(last.id);
    jobs.retain(|job| {
        job.state == JobState::Held
            && job.document.is_some()
            && !job.marked_for_deletion
            && is_waiting(state, job)
    });
    Ok(Some(jobs))
}

async fn is_still_waiting(server: &Jobserver, id: JobId) -> Result<bool, Failed> {
    let job = server.blocking(move |state| state.store.job_show(id)).await?;
    Ok(job.is_some_and(|job| job.state == JobState::Held && is_waiting(&server.0, &job)))
}

/// Says why a document waits, once.
async fn note(server: &Jobserver, id: JobId, message: String) -> Result<(), Failed> {
    change(server, id, move |job| {
        let is_new = job.state == JobState::Held && job.message != message;
        is_new.then(|| Job { message: message.clone(), ..job })
    })
    .await
}

/// Puts a document that did not leave back into its place; what it is held for stays in the message.
async fn again(server: &Jobserver, id: JobId) -> Result<(), Failed> {
    change(server, id, |job| {
        let is_back = job.state == JobState::Held && job.reason == Reason::HeldAgain;
        is_back.then_some(Job { reason: Reason::HoldUntilSpecified, ..job })
    })
    .await
}

/// Leaves a document that cannot be pushed to a person, unless it has another state already.
async fn hold(server: &Jobserver, id: JobId, message: String) -> Result<(), Failed> {
    change(server, id, move |job| {
        let is_here = job.state == JobState::Held && job.reason == Reason::HoldUntilSpecified;
        is_here.then(|| Job { reason: Reason::HeldAgain, message: message.clone(), ..job })
    })
    .await?;
    let told = server.blocking(move |state| {
        let job = state.store.job_show(id)?;
        let is_held = |job: &Job| job.state == JobState::Held && job.reason == Reason::HeldAgain;
        if let Some(job) = job.filter(is_held) {
            crate::mail::refusal::held(state, &job);
        }
        Ok::<_, Failed>(())
    });
    told.await
}

async fn change(
    server: &Jobserver,
    id: JobId,
    make: impl Fn(Job) -> Option<Job> + Send + 'static,
) -> Result<(), Failed> {
    let now = server.0.now();
    server
        .blocking(move |state| {
            let decide = |job: Option<Job>| {
                let job = job.and_then(&make).ok_or(())?;
                Ok::<_, ()>(Change { job, message: None })
            };
            state.store.job_change("job-push", id, decide, now).map(drop)
        })
        .await
}

/// What the printer says keeps it from printing. One that does not answer is tried: its connection will tell.
async fn printer_state(server: &Jobserver, device: &Device) -> Result<Option<&'static str>, Failed> {
    let Some(target) = server.snmp_target(device).await else { return Ok(None) };
    match snmp::obstacle(&target).await {
        Ok(obstacle) => Ok(obstacle),
        Err(error) => {
            tracing::info!(device.name = %device.name, %error, "the printer's state is not known");
            Ok(None)
        }
    }
}

/// Whether the tracking server takes records now.
async fn is_tracking_there(server: &Jobserver) -> bool {
    let mut request = Request::new(RecordRequest { records: Vec::new() });
    request.set_timeout(PROBE_DEADLINE);
    let mut client = TrackingClient::new(server.0.tracking.clone());
    matches!(tokio::time::timeout(PROBE_DEADLINE, client.record(request)).await, Ok(Ok(_)))
}
