//! Takes a document: encrypted into the spool, durable, then acknowledged.

use std::sync::Arc;

use bytes::Bytes;
use domain::job::{Event, Job, Reason, State as JobState, Ticket};
use domain::queue::{NamedOwner, OwnerRefused, OwnerRule, Queue};
use domain::text::{fold, shorten, split_domain};
use domain::user::choose;
use domain::{JobId, Logon, PageCount, QueueName, Status, SubmissionId, UserId};
use rpc::Kind;
use storage::core::{Arrival, Change, FoundOwner, NewJob, Share};

use crate::commit::Committed;
use crate::failed::Failed;
use crate::people::{born, shared};
use crate::spool::Writer;
use crate::state::{Jobserver, Owner, OwnerKey, State};

/// Longest title kept, characters (RFC 8011: name(MAX) is 255 octets).
const NAME_MAX: usize = 255;
/// Longest host name kept.
const HOST_MAX: usize = 255;
/// Attributes of a ticket kept.
const ATTRIBUTES_MAX: usize = 64;
/// Longest attribute value kept.
const ATTRIBUTE_MAX: usize = 1_023;

/// A document that is announced.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Submission {
    /// Made by the caller, unique per submission; a repeated one answers with the first job. 1-64 characters.
    pub submission_id: String,
    /// Name of the queue.
    pub queue: String,
    /// Logon as the network told it; the queue's owner rule decides what is made of it.
    pub network_logon: String,
    /// Title shown to people.
    pub name: String,
    /// Host name or address it came from.
    pub source_host: String,
    /// Protocol it came by: ipp, ipps, lpd, raw, safecom.
    pub source_protocol: String,
    /// MIME type as declared.
    pub document_format: String,
    /// What the client asked for beside the data.
    pub ticket: Ticket,
    /// The person proved who they are.
    pub authenticated: bool,
    /// Logon, name, host and ticket come at the end, see [`Incoming::describe`]; the owner is judged only then.
    pub described_at_end: bool,
}

/// A document on its way in. Dropped before it is finished, it leaves nothing.
pub struct Incoming {
    server: Jobserver,
    /// `None` only while its bytes are being written out.
    writer: Option<Writer>,
    bytes_max: u64,
    target: Target,
    /// Looks for the owner, where the queue has a rule.
    finder: Option<pdl::logon::LogonFinder>,
}

/// What the document will belong to.
enum Target {
    /// A new job.
    New { id: SubmissionId, queue: Box<Queue>, owner: Option<Owner>, submission: Box<Submission> },
    /// A job that waits for it.
    Job { id: JobId, format: Option<String>, judged: Option<Box<Judged>> },
}

/// A job that waits for a document which tells whose it is.
struct Judged {
    queue: Queue,
    /// What was announced with the job.
    submission: Submission,
}

/// Checks queue and owner, and opens a document.
///
/// # Errors
/// Status 14 for an unknown queue, 54 for an unknown user, 46 for one who has not proved who they are.
pub async fn begin(server: &Jobserver, submission: Submission) -> Result<Incoming, Failed> {
    let id = submission_id(&submission)?;
    let queue = find_queue(server, &submission.queue)?;
    let judged_later = submission.described_at_end || queue.owner == OwnerRule::JobData;
    let owner = if judged_later { None } else { Some(owner_of(server, &queue, &submission, "").await?) };
    let queue = Box::new(queue);
    let target = Target::New { id, queue, owner, submission: Box::new(submission) };
    Ok(Incoming::new(server, target))
}

/// Opens the document of a job that was made before. Whether the job waits is judged at the end, and so is whose it is
/// where the queue takes the owner from the data.
///
/// # Errors
/// Status 17 when the store is away.
pub(crate) async fn begin_for(
    server: &Jobserver,
    id: JobId,
    format: Option<String>,
) -> Result<Incoming, Failed> {
    let job = server.blocking(move |state| state.store.job_show(id)).await?;
    let waiting = job.filter(|job| job.state == JobState::Pending);
    let judged = waiting.and_then(|job| {
        let queues = server.0.queues();
        let queue = queues.iter().find(|queue| queue.id == job.queue)?;
        let submission = Submission {
            queue: job.queue_name,
            network_logon: job.submit_logon,
            name: job.name,
            ticket: job.ticket,
            ..Submission::default()
        };
        (queue.owner == OwnerRule::JobData).then(|| Box::new(Judged { queue: queue.clone(), submission }))
    });
    Ok(Incoming::new(server, Target::Job { id, format, judged }))
}

/// Makes a job whose document comes later.
///
/// # Errors
/// As [`begin`], and status 17 when the store is away.
pub(crate) async fn create(server: &Jobserver, submission: Submission) -> Result<Job, Failed> {
    let id = submission_id(&submission)?;
    let queue = find_queue(server, &submission.queue)?;
    if queue.owner == OwnerRule::JobData {
        // Whose it is stands in the document; until then whoever sends it may look after it.
        let (owner, logon) = sender(server, &queue, &submission).await?;
        let job = new_job(&server.0, &queue, owner, &logon, &submission);
        return commit_new(server, None, job, id, Vec::new()).await;
    }
    let owner = owner_of(server, &queue, &submission, "").await?;
    let job = new_job(&server.0, &queue, owner.id, owner.logon.as_str(), &submission);
    let shares = shared::shares_of(server, owner.id, owner.group, &submission).await?;
    commit_new(server, None, job, id, shares).await
}

/// Whom the network says it is, when they are known; otherwise nobody, by the name that was told. Adds nobody.
async fn sender(
    server: &Jobserver,
    queue: &Queue,
    submission: &Submission,
) -> Result<(UserId, String), Failed> {
    let (domain, logon) = split_domain(&submission.network_logon);
    let domain = domain.unwrap_or(&queue.default_domain).to_owned();
    let nobody = (UserId(0), shorten(logon, NAME_MAX));
    let Ok(logon) = Logon::parse(logon) else { return Ok(nobody) };
    server
        .blocking(move |state| {
            let candidates = state.store.users_by_logon(&logon)?;
            let chosen = choose(&candidates, |(user, _)| user, &domain);
            Ok::<_, Failed>(chosen.map_or(nobody, |(user, _)| (user.id, user.logon.to_string())))
        })
        .await
}

impl Incoming {
    fn new(server: &Jobserver, target: Target) -> Self {
        let bytes_max = server.0.settings().document_bytes_max();
        let finder = match &target {
            Target::New { queue, .. } => crate::data_logon::finder(queue),
            Target::Job { judged, .. } => {
                judged.as_ref().and_then(|judged| crate::data_logon::finder(&judged.queue))
            }
        };
        Self { server: server.clone(), writer: Some(server.0.spool.begin()), bytes_max, target, finder }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// Status 107 when the disk is full or the document larger than allowed, 104 when the disk fails.
    pub async fn write(&mut self, data: Bytes) -> Result<(), Failed> {
        let writer = self.writer.as_mut().ok_or_else(spent)?;
        if writer.bytes() + data.len() as u64 > self.bytes_max {
            let text = format!("the document is larger than {} bytes", self.bytes_max);
            return Err(Failed::refused(Status::DISK_FULL, text));
        }
        if let Some(finder) = &mut self.finder {
            finder.push(&data);
        }
        if writer.push(&data) {
            let mut writer = self.writer.take().ok_or_else(spent)?;
            let written = self.server.blocking(move |_| writer.write_out().map(|()| writer)).await?;
            self.writer = Some(written);
        }
        Ok(())
    }

    /// Fills in what was learnt only after the data. Without [`Submission::described_at_end`] it changes nothing.
    pub fn describe(&mut self, late: Submission) {
        if let Target::New { submission, .. } = &mut self.target
            && submission.described_at_end
        {
            submission.network_logon = late.network_logon;
            submission.name = late.name;
            submission.source_host = late.source_host;
            submission.ticket = late.ticket;
        }
    }

    /// What was announced, to tell the person when it is refused; `None` for the document of a job that was made before and is
    /// somebody's already.
    pub(crate) fn announced(&self) -> Option<Submission> {
        match &self.target {
            Target::New { submission, .. } => Some((**submission).clone()),
            Target::Job { judged, .. } => judged.as_ref().map(|judged| judged.submission.clone()),
        }
    }

    /// Notes the type declared with the document of a job that was made without one; empty says nothing.
    pub(crate) fn declare(&mut self, declared: String) {
        if let Target::Job { format, .. } = &mut self.target
            && !declared.is_empty()
        {
            *format = Some(declared);
        }
    }

    /// Makes the document durable and stores its job. `bytes` is what the sender counted.
    ///
    /// # Errors
    /// Status 22 when `bytes` differ, 111 for no bytes at all, 107, 104, 17, and what the owner rule refuses.
    pub async fn finish(mut self, count: PageCount, bytes: u64) -> Result<Job, Failed> {
        let writer = self.writer.take().ok_or_else(spent)?;
        if writer.bytes() != bytes {
            let text = format!("{} bytes came and {bytes} were announced", writer.bytes());
            return Err(Failed::new(Kind::Invalid, Status::LOST_IN_TRANSFER, text));
        }
        if bytes == 0 {
            return Err(Failed::new(Kind::Invalid, Status::FILE_EMPTY, "the document is empty"));
        }
        let sealed = writer.finish();
        let size = i64::try_from(bytes).unwrap_or(i64::MAX);
        let pending = count.status == domain::count::CountStatus::Pending;
        let job = match self.target {
            Target::New { id, queue, owner, submission } => {
                let owner = match owner {
                    Some(owner) => owner,
                    None => {
                        let told = told(self.finder.take(), &count);
                        owner_of(&self.server, &queue, &submission, &told).await?
                    }
                };
                let mut job = new_job(&self.server.0, &queue, owner.id, owner.logon.as_str(), &submission);
                (job.state, job.reason) = (JobState::Held, Reason::HoldUntilSpecified);
                job.document = Some(sealed.id());
                job.bytes = size;
                if job.name.is_empty() {
                    job.name = shorten(&count.job_name, NAME_MAX);
                }
                job.count = count;
                let shares = shared::shares_of(&self.server, owner.id, owner.group, &submission).await?;
                commit_new(&self.server, Some(sealed), job, id, shares).await?
            }
            Target::Job { id, format, judged } => {
                let owner = match judged {
                    None => None,
                    Some(judged) => {
                        let told = told(self.finder.take(), &count);
                        match found_owner(&self.server, &judged, &told).await {
                            Ok(owner) => Some(Box::new(owner)),
                            Err(failed) => {
                                end_unowned(&self.server, id, &failed).await;
                                return Err(failed);
                            }
                        }
                    }
                };
                let document = sealed.id();
                let count = Box::new(count);
                let arrival = Arrival::Document { job: id, document, bytes: size, count, format, owner };
                match self.server.0.committer.commit(Some(sealed), arrival).await? {
                    Committed::Attached(job) => *job,
                    Committed::New(id) | Committed::Known(id) => show(&self.server, id).await?,
                }
            }
        };
        if pending {
            self.server.0.count_wake.notify_one();
        }
        if crate::fidelity::is_new(&self.server.0, &job) {
            let learnt = job.clone();
            let learning = self.server.blocking(move |state| {
                crate::fidelity::learn(state, &learnt);
                Ok::<_, Failed>(())
            });
            learning.await?;
        }
        self.server.0.push.wake();
        Ok(job)
    }
}

/// The logon that the data names, as far as the queue's rule finds it or, without one, the driver says; empty for none.
fn told(finder: Option<pdl::logon::LogonFinder>, count: &PageCount) -> String {
    finder.map_or_else(|| count.user.clone(), |finder| finder.finish().unwrap_or_default())
}

async fn found_owner(server: &Jobserver, judged: &Judged, told: &str) -> Result<FoundOwner, Failed> {
    let owner = owner_of(server, &judged.queue, &judged.submission, told).await?;
    let shares = shared::shares_of(server, owner.id, owner.group, &judged.submission).await?;
    Ok(FoundOwner { id: owner.id, logon: owner.logon.to_string(), shares })
}

/// Ends a job whose document is nobody's: waiting on would not help it.
async fn end_unowned(server: &Jobserver, id: JobId, why: &Failed) {
    // One that may be somebody's when the store is back waits on.
    if why.kind == Kind::Unavailable {
        return;
    }
    let (now, message) = (server.0.now(), why.message.clone());
    let ended = server.blocking(move |state| {
        let end = |job: Option<Job>| {
            let job = job.filter(|job| job.state == JobState::Pending).ok_or(())?;
            let job = Job { message: message.clone(), ..job.apply(Event::Expire, now).map_err(drop)? };
            Ok::<_, ()>(Change { job, message: None })
        };
        state.store.job_change("job-unowned", id, end, now).map(drop)
    });
    if let Err(error) = ended.await {
        tracing::warn!(job.id = id.0, %error, "a job that is nobody's waits until its time is over");
    }
}

async fn commit_new(
    server: &Jobserver,
    sealed: Option<crate::spool::Sealed>,
    job: Job,
    submission: SubmissionId,
    shares: Vec<Share>,
) -> Result<Job, Failed> {
    let arrival = Arrival::Job(Box::new(NewJob { job: job.clone(), submission, shares }));
    match server.0.committer.commit(sealed, arrival).await? {
        Committed::New(id) => Ok(Job { id, ..job }),
        Committed::Attached(job) => Ok(*job),
        Committed::Known(id) => show(server, id).await,
    }
}

async fn show(server: &Jobserver, id: JobId) -> Result<Job, Failed> {
    let job = server.blocking(move |state| state.store.job_show(id)).await?;
    job.ok_or_else(|| Failed::not_found(Status::JOB_NOT_FOUND, "the job is gone"))
}

fn submission_id(submission: &Submission) -> Result<SubmissionId, Failed> {
    SubmissionId::parse(&submission.submission_id)
        .ok_or_else(|| Failed::invalid("a submission id has 1 to 64 characters"))
}

fn find_queue(server: &Jobserver, name: &str) -> Result<Queue, Failed> {
    let unknown =
        || Failed::not_found(Status::NAME_INVALID, format!("there is no queue '{}'", shorten(name, 127)));
    let name = QueueName::parse(name).map_err(|_| unknown())?;
    let queues = server.0.queues();
    let queue = queues.iter().find(|queue| queue.name.key() == name.key()).ok_or_else(unknown)?;
    if !queue.accepting_jobs {
        return Err(Failed::refused(
            Status::BUSY,
            format!("the queue '{}' takes no documents now", queue.name),
        ));
    }
    Ok(queue.clone())
}

async fn owner_of(
    server: &Jobserver,
    queue: &Queue,
    submission: &Submission,
    data_logon: &str,
) -> Result<Owner, Failed> {
    let named = queue.owner_of(&submission.network_logon, data_logon, submission.authenticated).map_err(
        |refused| match refused {
            OwnerRefused::NotAuthenticated => Failed::refused(Status::ACCESS_DENIED, refused.to_string()),
            OwnerRefused::NotInData | OwnerRefused::Logon(_) => {
                Failed::refused(Status::USER_NOT_FOUND, refused.to_string())
            }
        },
    )?;
    let key = (named.logon.key(), fold(&named.domain));
    if let Some(owner) = server.0.owner_known(&key) {
        return Ok(owner);
    }
    server.blocking(move |state| owner_load(state, key, &named)).await
}

fn owner_load(state: &Arc<State>, key: OwnerKey, named: &NamedOwner) -> Result<Owner, Failed> {
    let candidates = state.store.users_by_logon(&named.logon)?;
    let chosen = choose(&candidates, |(user, _)| user, &named.domain);
    let owner = match chosen {
        Some((user, _)) => {
            born::known_print(state, user)?;
            Owner { id: user.id, logon: user.logon.clone(), group: None }
        }
        None => match shared::group_named(state, named)? {
            group @ Some(_) => Owner { id: UserId(0), logon: named.logon.clone(), group },
            None if state.settings().creates_unknown_users() => {
                let user = born::first_print(state, named)?;
                Owner { id: user.id, logon: user.logon, group: None }
            }
            None => {
                let text = format!("the user '{}' is not known", named.logon);
                return Err(Failed::refused(Status::USER_NOT_FOUND, text));
            }
        },
    };
    state.owner_remember(key, owner.clone());
    Ok(owner)
}

fn new_job(
    state: &Arc<State>,
    queue: &Queue,
    owner: UserId,
    owner_logon: &str,
    submission: &Submission,
) -> Job {
    Job {
        id: JobId(0),
        queue: queue.id,
        queue_name: queue.name.to_string(),
        owner,
        owner_logon: owner_logon.to_owned(),
        // A proved person without a domain comes as `\\logon`.
        submit_logon: shorten(submission.network_logon.trim_start_matches('\\'), NAME_MAX),
        name: shorten(&submission.name, NAME_MAX),
        state: JobState::Pending,
        reason: Reason::Incoming,
        message: String::new(),
        created: state.now(),
        processing: None,
        completed: None,
        document: None,
        bytes: 0,
        format: shorten(&submission.document_format, NAME_MAX),
        source_host: shorten(&submission.source_host, HOST_MAX),
        source_protocol: shorten(&submission.source_protocol, 16),
        ticket: bounded(&submission.ticket),
        count: PageCount::default(),
        retained: false,
        printed: 0,
        panel_copies: 1,
        device: None,
        marked_for_deletion: false,
    }
}

/// The ticket with every text and number within its bounds.
fn bounded(ticket: &Ticket) -> Ticket {
    let attribute =
        |(name, value): (&String, &String)| (shorten(name, NAME_MAX), shorten(value, ATTRIBUTE_MAX));
    Ticket {
        copies: ticket.copies.clamp(0, 9_999),
        sides: shorten(&ticket.sides, NAME_MAX),
        print_color_mode: shorten(&ticket.print_color_mode, NAME_MAX),
        media: shorten(&ticket.media, NAME_MAX),
        attributes: ticket.attributes.iter().take(ATTRIBUTES_MAX).map(attribute).collect(),
    }
}

fn spent() -> Failed {
    Failed::new(Kind::Internal, Status::FILE_UNWRITABLE, "the document could not be written before")
}
