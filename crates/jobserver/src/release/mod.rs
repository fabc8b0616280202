//! The way of a document from the spool to a device.
//!
//! - [`raw`]: raw TCP, usually port 9100
//! - [`ipp`]: IPP and IPPS
//! - [`own`]: the device's own session
//! - [`watch`]: what the printer says by SNMP meanwhile
//! - [`blocks`]: the document as a stream of decrypted blocks

mod blocks;
mod ipp;
mod own;
mod raw;
mod watch;

pub(crate) use blocks::Blocks;

use domain::Status;
use std::sync::{Mutex, PoisonError};

use domain::device::{Attempt, Channel, Device};
use domain::finishing::{Finishing, Forced};
use domain::job::Job;
use domain::user::User;

use crate::cancel::{Stopper, stopped};
use crate::charge::meter::Meter;
use crate::print::Events;
use crate::session::PrintEvent;
use crate::spool::Reader;
use crate::state::{Jobserver, State};

/// A document and where it goes.
pub(crate) struct Release<'a> {
    pub(crate) server: &'a Jobserver,
    pub(crate) device: &'a Device,
    pub(crate) user: &'a User,
    pub(crate) job: &'a Job,
    pub(crate) copies: i32,
    /// What has to be changed of the document.
    pub(crate) finishing: Finishing,
    /// What the panel insists on: without it the document is not sent.
    pub(crate) forced: Forced,
    /// What was changed on the way that was taken.
    pub(crate) done: &'a Mutex<Finishing>,
    pub(crate) events: &'a Events,
    /// Takes what the device says was printed.
    pub(crate) meter: &'a Meter,
    pub(crate) stopper: &'a Stopper,
    /// It travels encrypted or not at all.
    pub(crate) encrypted: bool,
}

/// It did not come out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NotDelivered {
    /// By the guide's table.
    pub(crate) status: Status,
    /// For people.
    pub(crate) message: String,
}

impl NotDelivered {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

impl Release<'_> {
    /// What is changed in the data itself. Says no when the panel forces what the data cannot be told.
    fn in_data(&self) -> Result<Finishing, NotDelivered> {
        let done = crate::rewrite::in_data(self.finishing, &self.job.count);
        let lost = |forced: bool, wanted: bool, done: bool| forced && wanted && !done;
        let what = if lost(self.forced.mono, self.finishing.mono, done.mono) {
            "without colour"
        } else if lost(self.forced.duplex, self.finishing.sides.is_some(), done.sides.is_some()) {
            "on both sides"
        } else if lost(self.forced.toner_save, self.finishing.toner_save, done.toner_save) {
            "with less toner"
        } else {
            self.took(done);
            return Ok(done);
        };
        let languages = self.job.count.languages.join(", ");
        let message = format!(
            "The document cannot be printed {what} here: its data ({languages}) cannot be told to. \
             Print it as it is."
        );
        Err(NotDelivered::new(Status::OPERATION_NOT_ALLOWED, message))
    }

    fn took(&self, done: Finishing) {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner) = done;
    }

    /// How often the document is sent.
    fn sendings(&self) -> i32 {
        self.copies.saturating_mul(self.finishing.sendings.max(1))
    }
}

/// Why one way did not work.
pub(crate) enum WayFailed {
    /// Nobody takes the connection, or it is not this protocol: nothing was sent, another way may work.
    NoWay(String),
    /// The document was on its way.
    NotDelivered(NotDelivered),
}

/// Whether a person's documents have to travel encrypted to a device (guide, "Device license and user encryption settings"), and the
/// device has a way for that. Either the owner or the person who collects may ask for it.
///
/// # Errors
/// Status 25 when it has none: nothing is sent in a form that others can read.
pub(crate) fn encryption(
    state: &State,
    device: &Device,
    people: [domain::UserId; 2],
) -> Result<bool, crate::failed::Failed> {
    let takes = state.store.device_charging(device.id)?.terms.features.encryption;
    let mut wanted = false;
    for person in people {
        wanted |= state.store.user_terms(person)?.encrypt;
    }
    let encrypted = domain::charge::encryption(takes, wanted);
    if encrypted && device.target.channel != Channel::Session && device.target.attempts_encrypted().is_empty()
    {
        let text = format!(
            "the document has to travel encrypted, and {} has no encrypted way: give it an ipps address",
            device.name
        );
        return Err(crate::failed::Failed::refused(Status::ENCRYPTION_UNUSABLE, text));
    }
    Ok(encrypted)
}

/// Sends a document to its device. `Ok` only when the device took all of it and ended in order.
pub(crate) async fn deliver(release: &Release<'_>, reader: Reader) -> Result<(), NotDelivered> {
    let reader = std::sync::Arc::new(reader);
    if release.device.target.channel == Channel::Session {
        started(release, Channel::Session).await;
        return own::deliver(release, reader).await;
    }
    let device = release.device;
    let mut attempts =
        if release.encrypted { device.target.attempts_encrypted() } else { device.target.attempts() };
    if let Some(known) = release.server.0.channel_known(device) {
        // What worked last is tried first.
        attempts.sort_by_key(|attempt| *attempt != known);
    }
    let mut reasons = Vec::new();
    for attempt in attempts {
        if release.stopper.is_asked() {
            return Err(stopped());
        }
        let way = match attempt.channel {
            Channel::Raw => {
                let before = release.meter.before(release.server, device).await;
                let way = watch::watched(release, raw::deliver(release, &reader, &attempt)).await;
                if !matches!(way, Err(WayFailed::NoWay(_))) {
                    release.meter.after(before, release.server.0.settings().finish_timeout()).await;
                }
                way
            }
            Channel::Ipp | Channel::Ipps => ipp::deliver(release, &reader, &attempt).await,
            Channel::Auto | Channel::Session => continue,
        };
        match way {
            Ok(()) => {
                release.server.0.channel_remember(device, attempt);
                return Ok(());
            }
            Err(WayFailed::NotDelivered(reason)) => {
                release.server.0.channel_remember(device, attempt);
                return Err(reason);
            }
            Err(WayFailed::NoWay(why)) => reasons.push(format!("{}: {why}", attempt.channel.as_str())),
        }
    }
    let message = format!("The printer {} cannot be reached ({}).", device.name, reasons.join("; "));
    Err(crate::print::cannot_connect(message))
}

async fn started(release: &Release<'_>, channel: Channel) {
    release.events.tell(PrintEvent::Started { job: release.job.id, channel }).await;
}

impl State {
    fn channel_known(&self, device: &Device) -> Option<Attempt> {
        let known = self.channels.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.get(&device.id).cloned()
    }

    fn channel_remember(&self, device: &Device, attempt: Attempt) {
        let mut known = self.channels.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.insert(device.id, attempt);
    }

    /// A device was changed: what worked before may not be right any more.
    pub(crate) fn channels_forget(&self) {
        self.channels.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        self.charge.toners.forget();
    }
}
