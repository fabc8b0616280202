//! `Administration`: what an administrator does.

use std::path::PathBuf;

use domain::secret::Password;
use domain::text::free;
use domain::{DeviceName, JobId, QueueName, Status as Code, UserId};
use rpc::Kind;
use rpc::proto::common::Empty;
use rpc::proto::jobserver::{self as message, administration_server::Administration};
use storage::core::{Change, NewDevice, NewQueue};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use wire::safecom::auth::DeviceKey;

use super::actor::Actor;
use super::{Calls, convert, drivers, queue_edit, submission, users};
use crate::device_open::DEVICE_KEY;
use crate::failed::Failed;
use crate::keys::random;
use crate::state::State;
use crate::{backup, documents, integrity, settings};

/// People of a page.
const PAGE_USERS: i64 = 500;
/// Longest free text of a device.
const TEXT_MAX: usize = 255;

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Administration for Calls {
    type UserListStream = ReceiverStream<Result<message::UserPage, Status>>;
    type JobListStream = submission::JobPages;

    async fn user_add(&self, request: Request<message::UserAddRequest>) -> Answer<message::User> {
        self.run_as(request, users::add).await
    }

    async fn user_show(&self, request: Request<message::UserShowRequest>) -> Answer<message::User> {
        self.run(request, |state, request| users::show(state, users::find(state, &request.logon)?)).await
    }

    async fn user_list(&self, request: Request<message::UserListRequest>) -> Answer<Self::UserListStream> {
        let request = request.into_inner();
        let mut left = if request.limit > 0 { request.limit } else { i64::MAX };
        let mut after = UserId(request.after_id);
        let contains = request.contains.trim().to_owned();
        let (sender, receiver) = mpsc::channel(2);
        let state = self.server.0.clone();
        tokio::task::spawn_blocking(move || {
            while left > 0 {
                let wanted = left.min(PAGE_USERS);
                let page = user_page(&state, &contains, after, wanted);
                let (read, last) = page.as_ref().map_or((0, None), |page| {
                    (
                        i64::try_from(page.users.len()).expect("a page is small"),
                        page.users.last().map(|user| user.id),
                    )
                });
                let sent = sender.blocking_send(page.map_err(Status::from));
                if read < wanted || sent.is_err() {
                    return;
                }
                left -= read;
                after = last.map_or(after, UserId);
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn user_edit(&self, request: Request<message::UserEditRequest>) -> Answer<message::User> {
        self.run_as(request, users::edit).await
    }

    async fn user_delete(&self, request: Request<message::UserDeleteRequest>) -> Answer<Empty> {
        let actor = Actor::of(&request);
        let logon = request.into_inner().logon;
        let owner = self.server.blocking(move |state| users::delete(state, &actor, &logon)).await?;
        for job in self.server.blocking(move |state| documents::open_jobs(state, owner)).await? {
            // One that ended meanwhile needs no deleting.
            let _ = documents::cancel(&self.server, job, None).await;
        }
        Ok(Response::new(Empty {}))
    }

    async fn user_unlock(&self, request: Request<message::UserUnlockRequest>) -> Answer<message::User> {
        self.run_as(request, |state, actor, request| users::unlock(state, actor, &request.logon)).await
    }

    async fn card_add(&self, request: Request<message::CardAddRequest>) -> Answer<message::Card> {
        self.run(request, |state, request| users::card_add(state, &request)).await
    }

    async fn card_list(&self, request: Request<message::CardListRequest>) -> Answer<message::CardListAnswer> {
        self.run(request, |state, request| {
            Ok(message::CardListAnswer { cards: users::cards(state, &request.logon)? })
        })
        .await
    }

    async fn card_delete(&self, request: Request<message::CardDeleteRequest>) -> Answer<Empty> {
        self.run(request, |state, request| {
            users::card_delete(state, &request.logon, &request.code).map(empty)
        })
        .await
    }

    async fn pin_set(&self, request: Request<message::PinSetRequest>) -> Answer<Empty> {
        self.run(request, |state, request| users::pin_set(state, &request.logon, &request.pin).map(empty))
            .await
    }

    async fn pin_random(
        &self,
        request: Request<message::PinRandomRequest>,
    ) -> Answer<message::PinRandomAnswer> {
        self.run_as(request, |state, actor, request| {
            let pin = users::pin_random(state, actor, &request.logon)?;
            Ok(message::PinRandomAnswer { pin: pin.expose().to_owned() })
        })
        .await
    }

    async fn device_add(&self, request: Request<message::DeviceAddRequest>) -> Answer<message::Device> {
        self.run(request, device_add).await
    }

    async fn device_show(&self, request: Request<message::DeviceShowRequest>) -> Answer<message::Device> {
        self.run(request, |state, request| drivers::device(state, device_find(state, &request.name)?)).await
    }

    async fn device_list(
        &self,
        request: Request<message::DeviceListRequest>,
    ) -> Answer<message::DeviceListAnswer> {
        self.run(request, |state, _| {
            let devices = state.store.devices_list()?.into_iter();
            let devices = devices.map(|device| drivers::device(state, device)).collect::<Result<_, _>>()?;
            Ok(message::DeviceListAnswer { devices })
        })
        .await
    }

    async fn device_edit(&self, request: Request<message::DeviceEditRequest>) -> Answer<message::Device> {
        self.run(request, device_edit).await
    }

    async fn device_delete(&self, request: Request<message::DeviceDeleteRequest>) -> Answer<Empty> {
        self.run(request, |state, request| {
            let device = device_find(state, &request.name)?;
            state.store.device_delete(&device.name)?;
            if let Err(error) = state.device_secrets.forget(&device.name) {
                tracing::warn!(%error, "the secret of a deleted device is still in keys/devices");
            }
            Ok(Empty {})
        })
        .await
    }

    async fn driver_list(
        &self,
        request: Request<message::DriverListRequest>,
    ) -> Answer<message::DriverListAnswer> {
        self.run(request, |state, _| drivers::list(state)).await
    }

    async fn driver_add(&self, request: Request<message::DriverAddRequest>) -> Answer<message::Driver> {
        self.run(request, |state, request| drivers::add(state, &request.name)).await
    }

    async fn driver_delete(&self, request: Request<message::DriverDeleteRequest>) -> Answer<Empty> {
        self.run(request, |state, request| drivers::delete(state, &request.name).map(empty)).await
    }

    async fn queue_add(&self, request: Request<message::QueueAddRequest>) -> Answer<message::Queue> {
        self.run(request, queue_add).await
    }

    async fn queue_edit(&self, request: Request<message::QueueEditRequest>) -> Answer<message::Queue> {
        self.run(request, queue_edit::edit).await
    }

    async fn queue_list(
        &self,
        request: Request<message::QueueListRequest>,
    ) -> Answer<message::QueueListAnswer> {
        self.run(request, |state, _| {
            let held = state.store.jobs_waiting_by_queue()?;
            let held_in = |id| held.iter().find(|(queue, _)| *queue == id).map_or(0, |(_, count)| *count);
            let queues = state.queues();
            let queues = queues.iter().map(|queue| convert::queue(queue, held_in(queue.id))).collect();
            Ok(message::QueueListAnswer { queues })
        })
        .await
    }

    async fn queue_delete(&self, request: Request<message::QueueDeleteRequest>) -> Answer<Empty> {
        self.run(request, |state, request| {
            let unknown = || Failed::not_found(Code::NAME_INVALID, "there is no such queue");
            let name = QueueName::parse(&request.name).map_err(|_| unknown())?;
            if !state.store.queue_delete(&name)? {
                return Err(unknown());
            }
            state.queues_reload()?;
            Ok(Empty {})
        })
        .await
    }

    async fn job_list(&self, request: Request<message::JobListRequest>) -> Answer<Self::JobListStream> {
        let names = Actor::of(&request).sees_document_names(&self.server.0);
        Ok(Response::new(submission::job_pages(&self.server, request.into_inner(), names).await?))
    }

    async fn job_delete(&self, request: Request<message::JobDeleteRequest>) -> Answer<Empty> {
        documents::cancel(&self.server, JobId(request.into_inner().job_id), None).await?;
        Ok(Response::new(Empty {}))
    }

    async fn job_retain(&self, request: Request<message::JobRetainRequest>) -> Answer<message::Job> {
        self.run(request, |state, request| {
            let id = JobId(request.job_id);
            let retain = |job: Option<domain::job::Job>| match job {
                Some(job) if !job.state.is_final() => {
                    Ok(Change { job: domain::job::Job { retained: request.retain, ..job }, message: None })
                }
                _ => Err(Failed::not_found(Code::JOB_NOT_FOUND, "there is no such job")),
            };
            let job = state.store.job_change("job-retain", id, retain, state.now())??;
            Ok(convert::job(job))
        })
        .await
    }

    async fn job_release(&self, request: Request<message::JobReleaseRequest>) -> Answer<message::Job> {
        let id = JobId(request.into_inner().job_id);
        let (job, price) = crate::push::release(&self.server, id, None).await?;
        Ok(Response::new(convert::job_priced(job, price)))
    }

    async fn setting_list(
        &self,
        request: Request<message::SettingListRequest>,
    ) -> Answer<message::SettingListAnswer> {
        self.run(request, |state, request| {
            let settings = state.settings();
            let wanted =
                settings::KEYS.iter().filter(|key| request.key.is_empty() || key.name == request.key);
            let found: Vec<_> = wanted.map(|key| setting(&settings, key)).collect();
            if found.is_empty() {
                return Err(Failed::not_found(
                    Code::NAME_INVALID,
                    format!("there is no setting '{}'", request.key),
                ));
            }
            Ok(message::SettingListAnswer { settings: found })
        })
        .await
    }

    async fn setting_set(&self, request: Request<message::SettingSetRequest>) -> Answer<message::Setting> {
        self.run(request, |state, request| {
            let key = settings::check(&request.key, &request.value).map_err(|refused| match refused {
                settings::SettingRefused::Unknown(_) => {
                    Failed::not_found(Code::NAME_INVALID, refused.to_string())
                }
                settings::SettingRefused::Value { .. } => Failed::invalid(refused.to_string()),
            })?;
            state.store.setting_set(key.name, &request.value)?;
            state.settings_reload()?;
            tracing::info!(setting = key.name, value = request.value, "a setting was changed");
            Ok(setting(&state.settings(), key))
        })
        .await
    }

    async fn integrity_check(
        &self,
        request: Request<message::IntegrityCheckRequest>,
    ) -> Answer<message::IntegrityCheckAnswer> {
        self.run(request, |state, _| {
            let report = integrity::check(state)?;
            Ok(message::IntegrityCheckAnswer {
                jobs: report.jobs,
                files: report.files,
                findings: report.findings,
            })
        })
        .await
    }

    async fn backup(&self, request: Request<message::BackupRequest>) -> Answer<message::BackupAnswer> {
        self.run(request, |state, request| {
            let files = backup::backup(state, &PathBuf::from(request.directory))?;
            Ok(message::BackupAnswer { files })
        })
        .await
    }
}

impl Calls {
    /// As [`Calls::run`], with who asks.
    pub(super) async fn run_as<Q: Send + 'static, T: Send + 'static>(
        &self,
        request: Request<Q>,
        work: impl FnOnce(&State, &Actor, Q) -> Result<T, Failed> + Send + 'static,
    ) -> Answer<T> {
        let actor = Actor::of(&request);
        self.run(request, move |state, request| work(state, &actor, request)).await
    }

    /// Runs an operation on a thread that may block.
    pub(crate) async fn run<Q: Send + 'static, T: Send + 'static>(
        &self,
        request: Request<Q>,
        work: impl FnOnce(&State, Q) -> Result<T, Failed> + Send + 'static,
    ) -> Answer<T> {
        let request = request.into_inner();
        Ok(Response::new(self.server.blocking(move |state| work(state, request)).await?))
    }
}

fn empty((): ()) -> Empty {
    Empty {}
}

fn user_page(state: &State, contains: &str, after: UserId, limit: i64) -> Result<message::UserPage, Failed> {
    let users = state.store.users_list(contains, after, limit)?;
    let tree = state.store.units_tree()?;
    let show = |user: domain::user::User| {
        let cards = state.store.cards_count(user.id)?;
        Ok::<_, Failed>(convert::user(user, cards, &tree))
    };
    Ok(message::UserPage { users: users.into_iter().map(show).collect::<Result<_, _>>()? })
}

fn setting(settings: &settings::Settings, key: &settings::Key) -> message::Setting {
    message::Setting {
        key: key.name.to_owned(),
        value: settings.value(key).to_owned(),
        default_value: key.default.to_owned(),
        description: key.description.to_owned(),
    }
}

fn queue_add(state: &State, request: message::QueueAddRequest) -> Result<message::Queue, Failed> {
    let queue = request.queue.ok_or_else(|| Failed::invalid("the queue is missing"))?;
    // A caller that does not think of it means a queue that works.
    let request = queue.clone();
    let mut queue = convert::parse_queue(queue)?;
    queue.accepting_jobs = true;
    if let Some(port) = queue.raw_port
        && let Some(other) = state.queues().iter().find(|other| other.raw_port == Some(port))
    {
        let text = format!("the queue '{}' has raw port {port} already", other.name);
        return Err(Failed::new(Kind::Conflict, Code::NAME_EXISTS, text));
    }
    crate::push::checked(state, &request, &queue)?;
    let name = queue.name.clone();
    state
        .store
        .queue_add(&NewQueue { queue, created: state.now() })
        .map_err(|error| named_twice(error, "queue"))?;
    state.queues_reload()?;
    let queues = state.queues();
    let added = queues.iter().find(|queue| queue.name == name);
    Ok(convert::queue(added.ok_or_else(|| Failed::not_found(Code::NAME_INVALID, "the queue is gone"))?, 0))
}

fn device_add(state: &State, request: message::DeviceAddRequest) -> Result<message::Device, Failed> {
    let channel = convert::channel(request.channel());
    let text =
        |what, text: &str| free(what, text, TEXT_MAX).map_err(|error| Failed::invalid(error.to_string()));
    let name = DeviceName::parse(&request.name).map_err(|error| Failed::invalid(error.to_string()))?;
    let secret = match request.secret.as_str() {
        "" => Password::from_random(random()),
        secret => Password::parse(secret).map_err(|error| Failed::invalid(error.to_string()))?,
    };
    let key = DeviceKey::derive(name.as_str(), secret.expose());
    let device = NewDevice {
        target: convert::target(&request.address, channel)?,
        location: text("location", &request.location)?,
        model: text("model", &request.model)?,
        mac: text("MAC address", &request.mac)?,
        color: request.color,
        duplex: request.duplex,
        print_all_at_login: request.print_all_at_login,
        key_sealed: state.keys.seal(DEVICE_KEY, key.as_bytes()),
        created: state.now(),
        name,
    };
    state.store.device_add(&device).map_err(|error| named_twice(error, "device"))?;
    let found = device_find(state, device.name.as_str())?;
    state.store.device_charging_default(found.id)?;
    let mut added = drivers::device(state, found)?;
    if request.secret.is_empty()
        && let Err(error) = state.device_secrets.keep(&device.name, &secret)
    {
        // The answer shows it; the file is a convenience on this machine, so this is no refusal.
        tracing::warn!(%error, "the secret of a device could not be kept in keys/devices");
    }
    // Shown this once: only its key is in the store.
    added.secret = secret.expose().to_owned();
    Ok(added)
}

fn device_edit(state: &State, request: message::DeviceEditRequest) -> Result<message::Device, Failed> {
    let mut device = device_find(state, &request.name)?;
    let output = drivers::edited(state, &device, &request)?;
    let text =
        |what, text: &str| free(what, text, TEXT_MAX).map_err(|error| Failed::invalid(error.to_string()));
    if request.address.is_some() || request.channel.is_some() {
        let channel = match request.channel {
            Some(_) => convert::channel(request.channel()),
            // A new address decides anew.
            None => domain::device::Channel::Auto,
        };
        let address = request.address.unwrap_or_else(|| device.target.address_text());
        device.target = convert::target(&address, channel)?;
    }
    if let Some(location) = &request.location {
        device.location = text("location", location)?;
    }
    if let Some(model) = &request.model {
        device.model = text("model", model)?;
    }
    device.color = request.color.unwrap_or(device.color);
    device.duplex = request.duplex.unwrap_or(device.duplex);
    device.print_all_at_login = request.print_all_at_login.unwrap_or(device.print_all_at_login);
    if !state.store.device_save(&device)? {
        return Err(no_such_device(&request.name));
    }
    if let Some(output) = output {
        state.store.device_output_save(device.id, &output)?;
    }
    state.channels_forget();
    drivers::device(state, device)
}

pub(crate) fn device_find(state: &State, name: &str) -> Result<domain::device::Device, Failed> {
    let parsed = DeviceName::parse(name).map_err(|_| no_such_device(name))?;
    let found = state.store.device_by_name(&parsed)?;
    found.map(|(device, _)| device).ok_or_else(|| no_such_device(name))
}

fn no_such_device(name: &str) -> Failed {
    Failed::not_found(
        Code::DEVICE_NOT_FOUND,
        format!("there is no device '{}'", domain::text::shorten(name, 80)),
    )
}

fn named_twice(error: storage::StoreError, what: &str) -> Failed {
    if error.is_conflict_on("name") {
        Failed::new(Kind::Conflict, Code::NAME_EXISTS, format!("a {what} of this name exists already"))
    } else {
        error.into()
    }
}
