//! Prints documents: locks each, sends it to the device, and stores how it ended.
//!
//! The lock is this process's memory, taken before anything is read; the row follows while the first bytes are
//! already on their way. So a tap is answered without waiting for the disk, two panels never print one job twice,
//! and a crash finds either a held job or one that the next start holds again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::collect::{DocumentRefused, may_print};
use domain::device::Device;
use domain::finishing::{self, Finishing, Forced};
use domain::job::{Event, Job, NotAllowed, State as JobState};
use domain::people::group::Standing;
use domain::user::User;
use domain::{DocumentId, JobId, Status};
use storage::StoreError;
use storage::core::{Change, JobFilter, Which};
use tokio::sync::mpsc;

use crate::cancel::Stopper;
use crate::charge::Settled;
use crate::charge::meter::Meter;
use crate::documents::forget_document;
use crate::failed::Failed;
use crate::people::shared;
use crate::release::{self, NotDelivered, Release};
use crate::session::{DeviceSession, PrintEvent, PrintRun};
use crate::spool::{Reader, SpoolError};
use crate::state::{Jobserver, State};
use crate::tracking;

/// Events that wait for a slow panel.
const EVENTS_WAITING_MAX: usize = 64;
/// Documents of one run at most.
const RUN_JOBS_MAX: i64 = 50_000;
/// Pauses between tries to store how a document ended, while the store is away.
const STORE_PAUSE_FIRST: Duration = Duration::from_millis(50);
const STORE_PAUSE_MAX: Duration = Duration::from_secs(5);

/// Jobs that are on their way to a device.
#[derive(Default)]
pub(crate) struct Locks(Mutex<HashSet<JobId>>);

/// Holds a job's lock until it is dropped.
struct Lock<'a> {
    locks: &'a Locks,
    job: JobId,
}

impl Locks {
    fn try_lock(&self, job: JobId) -> Option<Lock<'_>> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(job);
        taken.then_some(Lock { locks: self, job })
    }

    /// Whether a job is on its way, even when its row does not say so yet.
    pub(crate) fn is_locked(&self, job: JobId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&job)
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        self.locks.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.job);
    }
}

/// Tells the panel; one that is gone or far behind misses progress, and nothing waits for it.
#[derive(Clone)]
pub(crate) struct Events(mpsc::Sender<PrintEvent>);

impl Events {
    pub(crate) async fn tell(&self, event: PrintEvent) {
        let _ = self.0.send(event).await;
    }

    pub(crate) fn progress(&self, job: JobId, sent: u64, total: u64) {
        let _ = self.0.try_send(PrintEvent::Progress { job, sent, total });
    }

    /// Whether anybody still listens.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// Whether somebody may force these settings at a device.
pub(crate) fn may_force(person: &User, device: &Device, forced: Forced) -> Result<(), Failed> {
    Ok(finishing::may_force(forced, person.profile.change_settings, device.into())?)
}

pub(crate) fn print(
    session: &DeviceSession,
    user: &User,
    jobs: Vec<JobId>,
    copies: Option<i32>,
    forced: Forced,
) -> PrintRun {
    let (sender, events) = mpsc::channel(EVENTS_WAITING_MAX);
    let run = Run {
        server: session.server.clone(),
        device: session.device.clone(),
        user: user.clone(),
        forced,
        tracked: None,
        pushed: false,
        events: Events(sender),
        stopper: Stopper::default(),
    };
    let stopper = run.stopper.clone();
    session.server.0.tasks.spawn(run.print(jobs, copies));
    PrintRun { events, stopper }
}

pub(crate) async fn print_all(session: &DeviceSession, user: &User) -> Result<PrintRun, Failed> {
    let (owner, device) = (user.id, session.device.id);
    let jobs = session
        .server
        .blocking(move |state| {
            let filter = JobFilter { owner: Some(owner), which: Which::NotCompleted, ..JobFilter::default() };
            let mut jobs = state.store.jobs_list(&filter, RUN_JOBS_MAX)?;
            let fidelity = crate::fidelity::of(state, device)?;
            jobs.retain(|job| {
                !crate::push::is_waiting(state, job) && crate::fidelity::shows(state, &fidelity, job)
            });
            Ok::<_, StoreError>(jobs)
        })
        .await?;
    // By id is by age: the oldest first.
    let waiting = jobs.iter().filter(|job| job.state == JobState::Held).map(|job| job.id).collect();
    Ok(print(session, user, waiting, None, Forced::default()))
}

/// Prints a document of a push queue; nobody watches.
pub(crate) async fn print_pushed(
    server: &Jobserver,
    device: Device,
    tracked: Option<Device>,
    user: User,
    job: JobId,
) -> Result<(), Failed> {
    let (sender, mut told) = mpsc::channel(EVENTS_WAITING_MAX);
    let (printers, output) = (server.0.printers.clone(), device.id);
    server.0.tasks.spawn(async move {
        while let Some(event) = told.recv().await {
            // A device that prints only through its session has a connection for it.
            if let PrintEvent::Stream(document) = event {
                printers.hand_over(output, document);
            }
        }
    });
    let forced = Forced::default();
    let (events, stopper) = (Events(sender), Stopper::default());
    let run = Run { server: server.clone(), device, user, forced, tracked, pushed: true, events, stopper };
    run.print_one(job, None).await
}

/// Holds jobs again that were on their way when the server ended. Called once, before anything prints.
///
/// # Errors
/// When the store cannot answer.
pub(crate) fn recover(state: &State) -> Result<usize, StoreError> {
    let now = state.now();
    let jobs = state.store.jobs_printing()?;
    for job in &jobs {
        let hold = |job: Option<Job>| {
            let mut job = job.ok_or(())?.apply(Event::NotDelivered, now).map_err(drop)?;
            job.message = "The server stopped while the document was printing.".to_owned();
            Ok::<_, ()>(Change { job, message: None })
        };
        let held = state.store.job_change("job-recover", job.id, hold, now)?;
        if let Ok(ended) = &held
            && ended.state.is_final()
            && let Some(document) = ended.document
        {
            forget_document(state, ended.id, document);
        }
        tracing::warn!(job.id = job.id.0, "a document was printing when the server ended; it is held again");
    }
    Ok(jobs.len())
}

struct Run {
    server: Jobserver,
    device: Device,
    user: User,
    forced: Forced,
    /// Device it is tracked under, when that is not the one that prints.
    tracked: Option<Device>,
    /// A queue sends it on; nobody collects it.
    pushed: bool,
    events: Events,
    stopper: Stopper,
}

impl Run {
    async fn print(self, jobs: Vec<JobId>, copies: Option<i32>) {
        let (mut printed, mut failed) = (0, 0);
        for job in jobs {
            // A server that stops begins nothing new; what waits is still held.
            if self.server.0.stop.asked() || self.stopper.is_asked() {
                break;
            }
            match self.print_one(job, copies).await {
                Ok(()) => {
                    printed += 1;
                    self.events.tell(PrintEvent::Printed { job }).await;
                }
                Err(reason) => {
                    failed += 1;
                    let Failed { status, message, .. } = reason;
                    tracing::info!(job.id = job.0, device.name = %self.device.name, %message, "not printed");
                    self.events.tell(PrintEvent::Failed { job, status, message }).await;
                }
            }
        }
        self.events.tell(PrintEvent::Done { printed, failed }).await;
    }

    async fn print_one(&self, id: JobId, copies: Option<i32>) -> Result<(), Failed> {
        let state = &self.server.0;
        let Some(_lock) = state.locks.try_lock(id) else { return Err(DocumentRefused::Locked.into()) };
        let (user, device, output) = (self.user.clone(), self.device.id, self.device.clone());
        let pushed = self.pushed;
        let opened =
            self.server.blocking(move |state| open(state, id, &user, &output, copies, pushed)).await?;
        let Opened { job, document, copies, reader, standing, encrypted, saves_toner } = opened;
        let reader = match reader {
            Ok(reader) => reader,
            // Held on, with the reason shown: a disk that failed once may read tomorrow.
            Err(error) => {
                let failed = Failed::from(error);
                self.note(id, failed.message.clone()).await;
                return Err(failed);
            }
        };
        let able = (&self.device).into();
        let finishing = finishing::decide(&job.ticket, &job.count, self.forced, able, saves_toner);
        let planned = Job { count: finishing.counted(&job.count), ..job.clone() };
        let charged_at = self.tracked.as_ref().unwrap_or(&self.device);
        let fare = crate::charge::begin(&self.server, &self.user, charged_at, &planned, copies).await?;
        let meter = Meter::new(state.settings().post_tracking());
        let now = state.now();
        let collecting = self.server.blocking(move |state| {
            let collect = |job: Option<Job>| {
                let job = Job {
                    device: Some(device),
                    panel_copies: copies,
                    ..job.ok_or(DocumentRefused::NotFound)?
                };
                let job = job.apply(Event::Collect, now).map_err(|_| DocumentRefused::NotFound)?;
                Ok::<_, DocumentRefused>(Change { job, message: None })
            };
            Ok::<_, Failed>(state.store.job_change("job-collect", id, collect, now)??)
        });
        let done = Mutex::default();
        let release = Release {
            finishing,
            forced: self.forced,
            done: &done,
            server: &self.server,
            device: &self.device,
            user: &self.user,
            job: &job,
            copies,
            events: &self.events,
            meter: &meter,
            stopper: &self.stopper,
            encrypted,
        };
        // The row and the first bytes go at the same time. A job that was deleted in this very moment ends the
        // sending; a store that is away does not: how it ended is stored when it is back.
        let delivering = release::deliver(&release, reader);
        tokio::pin!(delivering, collecting);
        let outcome = tokio::select! {
            biased;
            collected = &mut collecting => {
                match refused_only(collected) {
                    Ok(()) => Ok(delivering.await),
                    Err(refused) => Err(refused),
                }
            }
            outcome = &mut delivering => refused_only(collecting.await).map(|()| outcome),
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(refused) => {
                crate::charge::abandon(&self.server, fare).await;
                return Err(refused);
            }
        };
        let finishing = *done.lock().unwrap_or_else(PoisonError::into_inner);
        // Paid and tracked is what came out.
        let out = Job { count: finishing.counted(&job.count), ..job.clone() };
        let mut settled = crate::charge::settle(&fare, &out, &outcome, &meter, &state.settings());
        settled.toner_save = finishing.toner_save;
        let way =
            Way { id, document, printed_before: job.printed, copies, finishing, outcome, settled, standing };
        self.store_end(way).await
    }

    /// Stores how it ended, and does not give up while the store is away: the job stays locked meanwhile.
    async fn store_end(&self, way: Way) -> Result<(), Failed> {
        let mut pause = STORE_PAUSE_FIRST;
        let tracking = tracking::new_id();
        loop {
            let now = self.server.0.now();
            let device = self.tracked.as_ref().unwrap_or(&self.device).clone();
            let (user, tracking) = (self.user.clone(), tracking.clone());
            let told = way.clone();
            let stored = self
                .server
                .blocking(move |state| {
                    let end = |job: Option<Job>| end(state, job, &told, &tracking, &user, &device);
                    let charge = told.settled.charge.as_ref();
                    let paid = told.settled.paid.map(|paid| (user.id, paid));
                    let stored =
                        state.store.job_change_charged("job-end", told.id, end, charge, paid, now)?;
                    crate::charge::tell_unfinished(state, &told.settled);
                    crate::charge::end_alone(state, &told.settled)?;
                    state.outbox_wake.notify_one();
                    if told.outcome.is_ok() && shared::stays(told.standing) {
                        state.store.job_gone_for(told.id, user.id)?;
                    }
                    if stored.is_ok_and(|job| job.state.is_final())
                        && let Err(error) = state.spool.delete(told.document)
                    {
                        tracing::warn!(job.id = told.id.0, %error, "a printed document could not be deleted");
                    }
                    Ok::<_, StoreError>(())
                })
                .await;
            match stored {
                Ok(()) => break,
                Err(error)
                    if error.kind == rpc::Kind::Unavailable && !self.server.0.stop.token().is_cancelled() =>
                {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(STORE_PAUSE_MAX);
                }
                Err(error) => return Err(error),
            }
        }
        way.outcome
            .map_err(|NotDelivered { status, message }| Failed::new(rpc::Kind::Unavailable, status, message))
    }

    async fn note(&self, id: JobId, message: String) {
        let now = self.server.0.now();
        let noted = self
            .server
            .blocking(move |state| {
                let note = |job: Option<Job>| {
                    let job = job.filter(|job| !job.state.is_final()).ok_or(())?;
                    Ok::<_, ()>(Change { job: Job { message: message.clone(), ..job }, message: None })
                };
                state.store.job_change("job-note", id, note, now).map(drop)
            })
            .await;
        if let Err(error) = noted {
            tracing::warn!(job.id = id.0, %error, "why a document could not be printed was not stored");
        }
    }
}

struct Opened {
    job: Job,
    document: DocumentId,
    copies: i32,
    reader: Result<Reader, SpoolError>,
    standing: Standing,
    /// It has to travel encrypted.
    encrypted: bool,
    /// Its queue or the device has everything printed with less toner.
    saves_toner: bool,
}

fn open(
    state: &State,
    id: JobId,
    user: &User,
    device: &Device,
    copies: Option<i32>,
    pushed: bool,
) -> Result<Opened, Failed> {
    let job = state.store.job_show(id)?;
    let copies = copies.or(job.as_ref().map(|job| job.panel_copies)).unwrap_or(1);
    let standing = shared::standing(state, job.as_ref(), user)?;
    may_print(job.as_ref(), shared::acting_as(standing, job.as_ref(), user.id), copies)?;
    let job = job.ok_or(DocumentRefused::NotFound)?;
    if job.marked_for_deletion {
        return Err(DocumentRefused::MarkedForDeletion.into());
    }
    // Nobody collects what a queue sends on.
    if !pushed {
        crate::fidelity::may_collect(state, device, &job)?;
    }
    let document = job.document.ok_or(DocumentRefused::Incoming)?;
    let mut reader = state.spool.read(document);
    // What was cut at a chunk's border is shorter than the row says.
    if let Ok(opened) = &reader
        && i64::try_from(opened.plain_len()).ok() != Some(job.bytes)
    {
        reader = Err(crate::spool::Damaged("its length is not what was stored").into());
    }
    let encrypted = release::encryption(state, device, [user.id, job.owner])?;
    let queues = state.queues();
    let saves_toner = state.store.device_output(device.id)?.toner_save
        || queues.iter().any(|queue| queue.id == job.queue && queue.toner_save);
    Ok(Opened { job, document, copies, reader, standing, encrypted, saves_toner })
}

/// How a document's way ended.
#[derive(Clone)]
struct Way {
    id: JobId,
    document: DocumentId,
    /// Times it had been printed before; more means that this way is stored already.
    printed_before: i64,
    copies: i32,
    /// What was changed on it.
    finishing: Finishing,
    outcome: Result<(), NotDelivered>,
    /// What it costs, and what is tracked of it.
    settled: Settled,
    /// How the person who collects stands to it.
    standing: Standing,
}

/// A refusal of the collection counts; a store that is away does not.
fn refused_only(collected: Result<Job, Failed>) -> Result<(), Failed> {
    match collected {
        Err(error) if error.kind != rpc::Kind::Unavailable => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The job as it is after its way, with the tracking record when it came out. Repeated after a lost answer of the
/// database, it finds the way stored already and changes nothing.
fn end(
    state: &State,
    job: Option<Job>,
    way: &Way,
    tracking: &domain::TrackingId,
    user: &User,
    device: &Device,
) -> Result<Change, NotAllowed> {
    let now = state.now();
    let stored_already = NotAllowed { state: JobState::Completed, event: Event::Delivered };
    let mut job = job.filter(|job| job.printed == way.printed_before).ok_or(stored_already)?;
    if job.state == JobState::Held {
        // The collection could not be stored when it began.
        job = Job { device: Some(device.id), panel_copies: way.copies, ..job }.apply(Event::Collect, now)?;
    }
    let record = |job: &Job| {
        way.settled.tracked.then(|| {
            let record = tracking::record(state, tracking, job, user, device, now, &way.settled);
            (tracking::RECIPIENT, tracking.0.clone(), record)
        })
    };
    let mut change = match &way.outcome {
        Ok(()) => {
            let out = Job { count: way.finishing.counted(&job.count), ..job.clone() };
            let message = record(&out);
            // What a group shares stays for its other members.
            let retained = job.retained;
            let job = Job { retained: retained || shared::stays(way.standing), ..job };
            let job = Job { retained, ..job.apply(Event::Delivered, now)? };
            Change { job, message }
        }
        Err(NotDelivered { message, .. }) => {
            let out = Job { count: way.finishing.counted(&job.count), ..job.clone() };
            let tracked = record(&out);
            let mut job = job.apply(Event::NotDelivered, now)?;
            job.message.clone_from(message);
            Change { job, message: tracked }
        }
    };
    if change.job.state.is_final() {
        change.job.document = None;
    }
    Ok(change)
}

/// Tells the store that the device stopped or goes on, for whoever asks for the job's state.
pub(crate) async fn device_stopped(server: &Jobserver, id: JobId, stopped: bool, message: String) {
    let now = server.0.now();
    let event = if stopped { Event::DeviceStopped } else { Event::DeviceResumed };
    let changed = server
        .blocking(move |state| {
            let change = |job: Option<Job>| {
                let mut job = job.ok_or(())?.apply(event, now).map_err(drop)?;
                job.message.clone_from(&message);
                Ok::<_, ()>(Change { job, message: None })
            };
            state.store.job_change("job-device-state", id, change, now).map(drop)
        })
        .await;
    if let Err(error) = changed {
        tracing::debug!(job.id = id.0, %error, "a device's stop was not stored");
    }
}

/// The status of a document that was not printed.
pub(crate) fn cannot_connect(message: String) -> NotDelivered {
    NotDelivered { status: Status::CANNOT_CONNECT, message }
}
