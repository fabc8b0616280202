//! What a device's session (port 7500) may ask for. The legacy face drives a `DeviceSession` with what
//! it reads from a socket; every method is one operation.

use domain::device::{Channel, Device};
use domain::finishing::Forced;
use domain::login::Credential;
use domain::people::access::Function;
use domain::people::group::Standing;
use domain::secret::Pin;
use domain::user::User;
use domain::{JobId, Status, Timestamp};
use tokio::sync::{mpsc, oneshot};
use wire::safecom::auth::DeviceKey;

use crate::failed::Failed;
use crate::people::puk::RegisterRequest;
use crate::state::Jobserver;

/// A device that has proved itself, and the person logged in there, if any.
pub struct DeviceSession {
    pub(crate) server: Jobserver,
    pub(crate) device: Device,
    pub(crate) person: Option<User>,
    /// Keeps pushed documents away from the device while somebody is logged in.
    pub(crate) presence: Option<crate::push::Presence>,
    /// What the person could spend when they logged in; `None` for somebody who does not pay here.
    pub(crate) balance: Option<domain::Money>,
    /// What this connection has told of and has not ended.
    pub(crate) walkups: Vec<crate::walkup::Held>,
}

/// A successful login.
pub struct Login {
    /// Who.
    pub user: User,
    /// Documents that wait for the person.
    pub documents: i64,
    /// The run that prints everything at login, already started when the device or the person says so.
    pub printing: Option<PrintRun>,
}

/// A document as a panel shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// Its job.
    pub id: JobId,
    /// Title.
    pub name: String,
    /// When it was sent.
    pub created: Timestamp,
    /// Size in bytes.
    pub bytes: i64,
    /// Pages of all copies; `None` while unknown.
    pub pages: Option<i64>,
    /// Any colour; `None` while unknown.
    pub color: Option<bool>,
    /// Printed on both sides; `None` while unknown.
    pub duplex: Option<bool>,
    /// Copies that will be printed.
    pub copies: i32,
    /// Kept after printing.
    pub retained: bool,
    /// It prints just now, here or elsewhere.
    pub printing: bool,
    /// Why it was held again; empty when there is nothing to say.
    pub message: String,
    /// What printing it costs the person here; `None` for somebody who does not pay, or while it is unknown.
    pub price: Option<domain::Money>,
    /// How the person stands to it.
    pub standing: Standing,
    /// Its owner's logon.
    pub owner: String,
    /// The driver it was made with; empty while unknown, or without one.
    pub driver: String,
    /// The driver is not known to suit the device (guide, "Show fidelity warning").
    pub doubtful: bool,
}

/// Documents on their way to the device. Dropping it does not stop them.
pub struct PrintRun {
    /// What happens, in order; ends after [`PrintEvent::Done`].
    pub events: mpsc::Receiver<PrintEvent>,
    /// Stops it.
    pub stopper: crate::cancel::Stopper,
}

/// One thing that happened to a document on its way.
#[derive(Debug)]
pub enum PrintEvent {
    /// It is on its way.
    Started {
        /// Which.
        job: JobId,
        /// How it goes.
        channel: Channel,
    },
    /// So much has been handed to the device; at most a few per second.
    Progress {
        /// Which.
        job: JobId,
        /// Bytes so far.
        sent: u64,
        /// Bytes in all, of all copies.
        total: u64,
    },
    /// The channel is the device's own session: the face sends these bytes and answers how it went.
    Stream(DocumentStream),
    /// The device needs attention: paper, toner, a jam.
    Stopped {
        /// Which.
        job: JobId,
        /// For people.
        message: String,
    },
    /// The device will soon need somebody: toner or paper is low.
    Warned {
        /// Which document it was seen with.
        job: JobId,
        /// For people.
        message: String,
    },
    /// It came out; tracked, and deleted or retained.
    Printed {
        /// Which.
        job: JobId,
    },
    /// It did not come out and is held again.
    Failed {
        /// Which.
        job: JobId,
        /// Why, by the guide's table.
        status: Status,
        /// Why, for people.
        message: String,
    },
    /// The run is over.
    Done {
        /// Documents that came out.
        printed: u32,
        /// Documents that did not.
        failed: u32,
    },
}

/// The bytes of a document for the device's own session.
#[derive(Debug)]
pub struct DocumentStream {
    /// Which.
    pub job: JobId,
    /// Title.
    pub name: String,
    /// Bytes of one copy.
    pub bytes: u64,
    /// Times the device is to print them.
    pub copies: i32,
    /// It goes over an encrypted connection or not at all.
    pub encrypted: bool,
    /// The bytes of one copy. An `Err` means that they end here and must not be printed; a channel that
    /// closes before `bytes` have come means the same.
    pub chunks: mpsc::Receiver<Result<bytes::Bytes, Failed>>,
    /// How it ended, and what the device counted. Dropping it means that the session was lost: not printed.
    pub outcome: oneshot::Sender<Reported>,
    /// Asked when somebody wants the document stopped: the face gives it up if its end has not been sent yet.
    pub stopper: crate::cancel::Stopper,
}

/// What a device says of a document that came through its session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reported {
    /// `Ok` when it printed, else one sentence why not.
    pub outcome: Result<(), String>,
    /// There was nobody to send it to: the device has nothing of it.
    pub nothing_sent: bool,
    /// What came out, of all copies; `None` when it does not count.
    pub counts: Option<domain::charge::post::Report>,
    /// Coverage of cyan, magenta, yellow and black in hundredths of a percent; `None` when it does not measure.
    pub toner: Option<[u16; 4]>,
}

impl From<Result<(), String>> for Reported {
    /// Without counts.
    fn from(outcome: Result<(), String>) -> Self {
        Self { outcome, nothing_sent: false, counts: None, toner: None }
    }
}

/// A device that is registered and has not proved itself yet. Its secret never travels: the device
/// proves that it holds the key over the connection's transcript (`wire::safecom::auth`), so the store keeps
/// `DeviceKey::derive(name, secret)`, wrapped by the installation's key.
pub struct ClaimedDevice {
    pub(crate) server: Jobserver,
    pub(crate) device: Device,
    pub(crate) key: DeviceKey,
}

impl ClaimedDevice {
    /// The key that the proof is checked with.
    pub fn key(&self) -> &DeviceKey {
        &self.key
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The proof was right: opens the session and notes that the device was seen.
    ///
    /// # Errors
    /// Status 17 when the store is away.
    pub async fn proved(self) -> Result<DeviceSession, Failed> {
        crate::device_open::device_open(self).await
    }
}

impl Jobserver {
    /// The device with this name (any case), to check its proof.
    ///
    /// # Errors
    /// Status 81 for an unknown device, 17 when the store is away.
    pub async fn device_claimed(&self, name: &str) -> Result<ClaimedDevice, Failed> {
        crate::device_open::device_claimed(self, name).await
    }
}

impl DeviceSession {
    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Who is logged in.
    pub fn person(&self) -> Option<&User> {
        self.person.as_ref()
    }

    /// Logs a person in, and starts to print everything when the device or the person says so. Somebody
    /// who was logged in is logged out first.
    ///
    /// # Errors
    /// The refusals of [`domain::login::LoginRefused`] with their status codes.
    pub async fn login(&mut self, credential: Credential, pin: Option<Pin>) -> Result<Login, Failed> {
        crate::login::login(self, credential, pin).await
    }

    /// The documents that wait for the person, oldest first.
    ///
    /// # Errors
    /// Status 53 when nobody is logged in.
    pub async fn documents(&self) -> Result<Vec<Document>, Failed> {
        crate::people::shared::documents(&self.server, self.logged_in()?, &self.device).await
    }

    /// Prints documents in this order. `copies` sets the copies of each; `None` leaves them.
    /// A document that cannot be printed (gone, locked) is a [`PrintEvent::Failed`] of the run.
    ///
    /// # Errors
    /// Status 53 when nobody is logged in.
    pub async fn print(&self, jobs: Vec<JobId>, copies: Option<i32>) -> Result<PrintRun, Failed> {
        Ok(crate::print::print(self, self.logged_in()?, jobs, copies, Forced::default()))
    }

    /// As [`DeviceSession::print`], with settings the person forces at the panel.
    ///
    /// # Errors
    /// Status 53 when nobody is logged in; those of [`domain::finishing::ForceRefused`].
    pub async fn print_forced(
        &self,
        jobs: Vec<JobId>,
        copies: Option<i32>,
        forced: Forced,
    ) -> Result<PrintRun, Failed> {
        let person = self.logged_in()?;
        crate::print::may_force(person, &self.device, forced)?;
        Ok(crate::print::print(self, person, jobs, copies, forced))
    }

    /// Prints everything that waits for the person and is not printing already, oldest first.
    ///
    /// # Errors
    /// Status 53 when nobody is logged in.
    pub async fn print_all(&self) -> Result<PrintRun, Failed> {
        let user = self.may_print_all()?;
        crate::print::print_all(self, user).await
    }

    /// Sets the copies a document will be printed with.
    ///
    /// # Errors
    /// The refusals of [`domain::collect::DocumentRefused`].
    pub async fn copies(&self, job: JobId, copies: i32) -> Result<Document, Failed> {
        crate::documents::copies(&self.server, self.logged_in()?.id, job, copies).await
    }

    /// Keeps a document after printing, or not.
    ///
    /// # Errors
    /// The refusals of [`domain::collect::DocumentRefused`].
    pub async fn retain(&self, job: JobId, retain: bool) -> Result<Document, Failed> {
        let user = self.logged_in()?;
        if retain && !user.profile.allow_retain {
            return Err(Failed::refused(Status::ACCESS_DENIED, "keeping documents is not allowed to you"));
        }
        crate::documents::retain(&self.server, user.id, job, retain).await
    }

    /// Deletes a document; one that prints is deleted when it stops.
    ///
    /// # Errors
    /// The refusals of [`domain::collect::DocumentRefused`].
    pub async fn delete(&self, job: JobId) -> Result<(), Failed> {
        crate::people::shared::delete(&self.server, self.logged_in()?, job).await
    }

    /// The person, when they may print everything at once.
    pub(crate) fn may_print_all(&self) -> Result<&User, Failed> {
        let user = self.logged_in()?;
        if user.profile.access.allows(Function::PrintAll) {
            return Ok(user);
        }
        Err(Failed::refused(Status::ACCESS_DENIED, "printing all at once is not allowed to you"))
    }

    /// Registers a card or code with a PUK; nobody needs to be logged in, and nobody is afterwards.
    ///
    /// # Errors
    /// The refusals of [`domain::people::puk::RegisterRefused`].
    pub async fn register(&self, request: RegisterRequest) -> Result<(), Failed> {
        crate::people::puk::register(self, request).await
    }

    /// Changes the PIN of the person who is logged in.
    ///
    /// # Errors
    /// Status 53 when nobody is, 46 where it is not allowed, 16 without the old PIN, 50 for a wrong one.
    pub async fn pin_change(&self, old: Option<Pin>, new: Pin, again: Pin) -> Result<(), Failed> {
        crate::people::puk::pin_change(self, old, new, again).await
    }

    /// Lets the person begin to copy, fax, scan or e-mail; what can be spent for it, `None` for somebody who does not pay.
    ///
    /// # Errors
    /// Status 53 when nobody is logged in, 46 without the right, 80 without enough for one page, 3 for an id in use, 12 for too much
    /// at once.
    pub async fn walkup_begin(
        &mut self,
        asked: crate::walkup::Asked,
    ) -> Result<Option<domain::Money>, Failed> {
        crate::walkup::begin(self, asked).await
    }

    /// Takes counts of what was begun; nobody needs to be logged in any more.
    ///
    /// # Errors
    /// Status 3 for what is not under way, 6 for counts that make no sense.
    pub async fn walkup_count(
        &mut self,
        session: String,
        parts: Vec<domain::price::Part>,
    ) -> Result<crate::walkup::Counted, Failed> {
        crate::walkup::count(self, session, parts).await
    }

    /// Takes the end of what was begun, once.
    ///
    /// # Errors
    /// As [`DeviceSession::walkup_count`].
    pub async fn walkup_end(&mut self, report: crate::walkup::Report) -> Result<crate::walkup::Sum, Failed> {
        crate::walkup::end(self, report).await
    }

    /// Logs the person out; documents on their way go on. Nobody logged in is no error.
    pub async fn logout(&mut self) {
        crate::login::logout(self).await;
    }

    pub(crate) fn logged_in(&self) -> Result<&User, Failed> {
        self.person
            .as_ref()
            .ok_or_else(|| Failed::refused(Status::NOT_LOGGED_IN, "nobody is logged in at this device"))
    }
}
