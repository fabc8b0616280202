//! What the operations share.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::device::Attempt;
use domain::people::group::GroupId;
use domain::queue::Queue;
use domain::{DeviceId, Logon, Timestamp, UserId};
use service::{Clock, Stop};
use storage::StoreError;
use storage::core::CoreStore;
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::task::TaskTracker;
use tonic::transport::Channel;

use crate::commit::Committer;
use crate::connections::Connections;
use crate::device_secrets::DeviceSecrets;
use crate::directory::Remembered;
use crate::events::Events;
use crate::failed::Failed;
use crate::keys::Keys;
use crate::mail::Mailroom;
use crate::print::Locks;
use crate::rpc::Logins;
use crate::secret_files::SecretFiles;
use crate::settings::Settings;
use crate::spool::Spool;
use crate::throttle::Throttle;

/// The jobserver's state; clones are cheap and share it.
#[derive(Clone)]
pub struct Jobserver(pub(crate) Arc<State>);

/// See [`Jobserver`].
pub(crate) struct State {
    /// The core store.
    pub(crate) store: CoreStore,
    /// What administrators should know of, and the audit.
    pub(crate) events: Events,
    /// Connections whose administrator's login was written down.
    pub(crate) logins: Logins,
    /// Failed log-ins of administrators and submitters by address, over all faces but the legacy ones.
    pub(crate) failures: Throttle<IpAddr>,
    /// Wrong links by address.
    pub(crate) links: Throttle<IpAddr>,
    /// Requests for delegation by person.
    pub(crate) requests: Throttle<UserId>,
    /// Who is connected.
    pub(crate) connections: Connections,
    /// The data directory.
    pub(crate) data: PathBuf,
    /// Mails on their way.
    pub(crate) mail: Mailroom,
    /// Passwords that the directory confirmed a while ago.
    pub(crate) remembered: Remembered,
    /// Passwords and tokens of accounts elsewhere.
    pub(crate) secret_files: SecretFiles,
    /// Held documents.
    pub(crate) spool: Arc<Spool>,
    /// What is kept out of the database.
    pub(crate) keys: Arc<Keys>,
    /// Secrets of devices, for programs on this machine.
    pub(crate) device_secrets: DeviceSecrets,
    /// Where the time comes from.
    pub(crate) clock: Clock,
    /// When to end.
    pub(crate) stop: Stop,
    /// Work that has to end before the process may: documents on their way.
    pub(crate) tasks: TaskTracker,
    /// Name of this machine.
    pub(crate) computer_name: String,
    /// Settings of the service.
    pub(crate) settings: RwLock<Arc<Settings>>,
    /// Every queue; whoever watches hears of each change.
    pub(crate) queues: watch::Sender<Arc<Vec<Queue>>>,
    /// Who a logon is; forgotten as a whole when any person changes.
    pub(crate) owners: Mutex<HashMap<OwnerKey, Owner>>,
    /// Makes documents and their jobs durable.
    pub(crate) committer: Committer,
    /// Jobs on their way to a device, in this process.
    pub(crate) locks: Locks,
    /// Connections of devices that take documents.
    pub(crate) printers: crate::legacy::printers::Printers,
    /// Queues whose documents nobody collects.
    pub(crate) push: crate::push::Push,
    /// The way that worked last, by device.
    pub(crate) channels: Mutex<HashMap<DeviceId, Attempt>>,
    /// Attempts to log in as one person are judged one after the other, however many devices they come from:
    /// locks by the person's id, several people to a lock.
    pub(crate) login_stripes: [Mutex<()>; LOGIN_STRIPES],
    /// Argon2 takes memory and time: so many at once.
    pub(crate) password_permits: Semaphore,
    /// There is something to tell the tracking server.
    pub(crate) outbox_wake: Notify,
    /// There is a document to be counted.
    pub(crate) count_wake: Notify,
    /// The tracking server.
    pub(crate) tracking: Channel,
    /// What people make at devices.
    pub(crate) walkups: crate::walkup::Walkups,
    /// What charging needs.
    pub(crate) charge: crate::charge::Desk,
    /// Drivers that are on the list, as far as documents named them lately.
    pub(crate) drivers: crate::fidelity::Known,
    /// What panels leave out of documents' names.
    pub(crate) short_names: Mutex<crate::short_names::ShortNames>,
}

/// Logon and domain, for comparing.
pub(crate) type OwnerKey = (String, String);

/// Who a logon is.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) id: UserId,
    pub(crate) logon: Logon,
    /// The logon names a group, to which the document then belongs; the id is nobody's.
    pub(crate) group: Option<GroupId>,
}

/// Locks for login attempts.
pub(crate) const LOGIN_STRIPES: usize = 64;
/// Password checks at once.
pub(crate) const PASSWORD_CHECKS_MAX: usize = 2;
/// Logons that are remembered.
const OWNERS_MAX: usize = 10_000;

impl State {
    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.clock.now().0)
    }

    /// The settings as they are now.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The queues as they are now.
    pub(crate) fn queues(&self) -> Arc<Vec<Queue>> {
        Arc::clone(&self.queues.borrow())
    }

    /// Reads the queues again and tells everybody who watches.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub(crate) fn queues_reload(&self) -> Result<(), StoreError> {
        let queues = Arc::new(self.store.queues_list()?);
        self.queues.send_replace(queues);
        Ok(())
    }

    /// Reads the settings again.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub(crate) fn settings_reload(&self) -> Result<(), StoreError> {
        let settings = Arc::new(Settings::load(self.store.settings_list()?));
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
        Ok(())
    }

    pub(crate) fn owner_known(&self, key: &OwnerKey) -> Option<Owner> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn owner_remember(&self, key: OwnerKey, owner: Owner) {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        if owners.len() >= OWNERS_MAX {
            owners.clear();
        }
        owners.insert(key, owner);
    }

    /// Takes the lock under which attempts to log in as `user` are judged.
    pub(crate) fn login_lock(&self, user: UserId) -> std::sync::MutexGuard<'_, ()> {
        let stripe = usize::try_from(user.0.rem_euclid(64)).expect("a remainder of 64");
        self.login_stripes[stripe % LOGIN_STRIPES].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person was added, changed or deleted.
    pub(crate) fn owners_forget(&self) {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Jobserver {
    /// Runs work that blocks (store, disk) on a thread for it.
    ///
    /// # Errors
    /// Whatever `work` answers.
    pub(crate) async fn blocking<T, E>(
        &self,
        work: impl FnOnce(&Arc<State>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failed>
    where
        T: Send + 'static,
        E: Into<Failed> + Send + 'static,
    {
        let state = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || work(&state)).await {
            Ok(answer) => answer.map_err(Into::into),
            Err(error) => Err(Failed::internal("a blocking task", &error)),
        }
    }
}
