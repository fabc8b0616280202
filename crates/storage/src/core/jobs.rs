//! Jobs.

use diesel::prelude::*;
use domain::count::CountStatus;
use domain::job::{Event, Job, Reason, State};
use domain::{DeviceId, DocumentId, JobId, PageCount, QueueId, SubmissionId, Timestamp, UserId};

use super::schema::jobs;
use super::{CoreStore, Share, corrupt, fields, outbox, shares};
use crate::{AnyConnection, StoreResult};

/// A job to be stored; the id of the job in it is not used.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// What it will be, with any id.
    pub job: Job,
    /// Idempotency key of the submission.
    pub submission: SubmissionId,
    /// Others who may collect its document.
    pub shares: Vec<Share>,
}

/// One thing that comes in: a job, with or without its document, or the document of a job made before.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// A new job.
    Job(Box<NewJob>),
    /// The document of a job that waits for it.
    Document {
        /// Which job.
        job: JobId,
        /// In the spool.
        document: DocumentId,
        /// Its size.
        bytes: i64,
        /// Its pages.
        count: Box<PageCount>,
        /// Its MIME type; `None` leaves what was declared with the job.
        format: Option<String>,
        /// Whose it is, where only the document tells.
        owner: Option<Box<FoundOwner>>,
    },
}

/// Who a document says owns it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FoundOwner {
    /// Nobody's id for a group.
    pub id: UserId,
    /// The logon.
    pub logon: String,
    /// Others who may collect it.
    pub shares: Vec<Share>,
}

/// What became of one [`Arrival`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Arrived {
    /// Stored under this id.
    New(JobId),
    /// The submission was stored before, as this job; nothing was changed.
    Known(JobId),
    /// The job has its document now.
    Attached(Box<Job>),
    /// There is no such job, or it has its document already, or has ended; nothing was changed.
    NotWaiting,
}

/// Which jobs a list shows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Which {
    /// Not in a final state.
    #[default]
    NotCompleted,
    /// In a final state.
    Completed,
    /// All.
    All,
}

/// A filter of [`CoreStore::jobs_list`].
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Only of this queue.
    pub queue: Option<QueueId>,
    /// Only of this person.
    pub owner: Option<UserId>,
    /// By state.
    pub which: Which,
    /// Only with a greater id.
    pub after: Option<JobId>,
}

/// A change of a job within [`CoreStore::job_change`].
pub struct Change {
    /// The job as it shall be.
    pub job: Job,
    /// A message to another server, in the same transaction: recipient, key, payload.
    pub message: Option<(&'static str, String, Vec<u8>)>,
}

/// A row of the table, in the order of its columns.
#[derive(Queryable)]
pub(super) struct JobRow {
    id: i64,
    _submission_id: String,
    queue_id: i64,
    queue_name: String,
    owner_id: i64,
    owner_logon: String,
    submit_logon: String,
    name: String,
    state: i64,
    reason: String,
    message: String,
    created_us: i64,
    processing_us: Option<i64>,
    completed_us: Option<i64>,
    document: Option<String>,
    bytes: i64,
    format: String,
    source_host: String,
    source_protocol: String,
    ticket: String,
    _count_pending: bool,
    count: String,
    retained: bool,
    printed: i64,
    panel_copies: i64,
    device_id: Option<i64>,
    marked_for_deletion: bool,
}

/// What never changes in a job's life, but for the owner that only the document tells.
#[derive(Insertable)]
#[diesel(table_name = jobs)]
struct JobBirth<'a> {
    submission_id: &'a str,
    queue_id: i64,
    queue_name: &'a str,
    owner_id: i64,
    owner_logon: &'a str,
    submit_logon: &'a str,
    name: &'a str,
    created_us: i64,
    source_host: &'a str,
    source_protocol: &'a str,
    ticket: String,
}

/// What changes in a job's life.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = jobs, treat_none_as_null = true)]
struct JobLife<'a> {
    state: i64,
    reason: &'static str,
    message: &'a str,
    processing_us: Option<i64>,
    completed_us: Option<i64>,
    document: Option<String>,
    bytes: i64,
    format: &'a str,
    count_pending: bool,
    count: String,
    retained: bool,
    printed: i64,
    panel_copies: i64,
    device_id: Option<i64>,
    marked_for_deletion: bool,
}

impl<'a> JobBirth<'a> {
    fn of(NewJob { job, submission, .. }: &'a NewJob) -> Self {
        Self {
            submission_id: submission.as_str(),
            queue_id: job.queue.0,
            queue_name: &job.queue_name,
            owner_id: job.owner.0,
            owner_logon: &job.owner_logon,
            submit_logon: &job.submit_logon,
            name: &job.name,
            created_us: job.created.0,
            source_host: &job.source_host,
            source_protocol: &job.source_protocol,
            ticket: fields::ticket_to_text(&job.ticket),
        }
    }
}

impl<'a> JobLife<'a> {
    fn of(job: &'a Job) -> Self {
        Self {
            state: i64::from(job.state.number()),
            reason: job.reason.keywords()[0],
            message: &job.message,
            processing_us: job.processing.map(|instant| instant.0),
            completed_us: job.completed.map(|instant| instant.0),
            document: job.document.map(|document| document.to_string()),
            bytes: job.bytes,
            format: &job.format,
            count_pending: job.document.is_some() && job.count.status == CountStatus::Pending,
            count: fields::count_to_text(&job.count),
            retained: job.retained,
            printed: job.printed,
            panel_copies: i64::from(job.panel_copies),
            device_id: job.device.map(|device| device.0),
            marked_for_deletion: job.marked_for_deletion,
        }
    }
}

impl JobRow {
    pub(super) fn into_job(self) -> StoreResult<Job> {
        let document = match self.document {
            None => None,
            Some(text) => {
                Some(DocumentId::parse(&text).ok_or_else(|| corrupt("jobs", "document", "not an id"))?)
            }
        };
        Ok(Job {
            id: JobId(self.id),
            queue: QueueId(self.queue_id),
            queue_name: self.queue_name,
            owner: UserId(self.owner_id),
            owner_logon: self.owner_logon,
            submit_logon: self.submit_logon,
            name: self.name,
            state: State::from_number(self.state).ok_or_else(|| corrupt("jobs", "state", self.state))?,
            reason: Reason::parse(&self.reason).ok_or_else(|| corrupt("jobs", "reason", &self.reason))?,
            message: self.message,
            created: Timestamp(self.created_us),
            processing: self.processing_us.map(Timestamp),
            completed: self.completed_us.map(Timestamp),
            document,
            bytes: self.bytes,
            format: self.format,
            source_host: self.source_host,
            source_protocol: self.source_protocol,
            ticket: fields::ticket_from_text(&self.ticket).map_err(|why| corrupt("jobs", "ticket", why))?,
            count: fields::count_from_text(&self.count).map_err(|why| corrupt("jobs", "count", why))?,
            retained: self.retained,
            printed: self.printed,
            panel_copies: i32::try_from(self.panel_copies)
                .map_err(|error| corrupt("jobs", "panel_copies", error))?,
            device: self.device_id.map(DeviceId),
            marked_for_deletion: self.marked_for_deletion,
        })
    }
}

/// A job as a table shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JobLine {
    /// Id of the job.
    pub id: JobId,
    /// Logon of the owner.
    pub owner_logon: String,
    /// Name of the queue.
    pub queue_name: String,
    /// Title.
    pub name: String,
    /// State.
    pub state: State,
    /// What people are told of the state; may be empty.
    pub message: String,
    /// Whether it is kept after printing.
    pub retained: bool,
    /// Bytes of the document.
    pub bytes: i64,
    /// When it came.
    pub created: Timestamp,
    /// What was counted.
    pub count: PageCount,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs)]
struct LineRow {
    id: i64,
    owner_logon: String,
    queue_name: String,
    name: String,
    state: i64,
    message: String,
    retained: bool,
    bytes: i64,
    created_us: i64,
    count: String,
}

impl LineRow {
    fn into_line(self) -> StoreResult<JobLine> {
        Ok(JobLine {
            id: JobId(self.id),
            owner_logon: self.owner_logon,
            queue_name: self.queue_name,
            name: self.name,
            state: State::from_number(self.state).ok_or_else(|| corrupt("jobs", "state", self.state))?,
            message: self.message,
            retained: self.retained,
            bytes: self.bytes,
            created: Timestamp(self.created_us),
            count: fields::count_from_text(&self.count).map_err(|why| corrupt("jobs", "count", why))?,
        })
    }
}

/// A boxed query of jobs that are as the filter says.
macro_rules! matching {
    ($query:expr, $filter:expr) => {{
        let mut query = $query;
        if let Some(queue) = $filter.queue {
            query = query.filter(jobs::queue_id.eq(queue.0));
        }
        if let Some(owner) = $filter.owner {
            query = query.filter(jobs::owner_id.eq(owner.0));
        }
        if let Some(after) = $filter.after {
            query = query.filter(jobs::id.gt(after.0));
        }
        match $filter.which {
            Which::NotCompleted => query.filter(jobs::state.lt(COMPLETED_FIRST)),
            Which::Completed => query.filter(jobs::state.ge(COMPLETED_FIRST)),
            Which::All => query,
        }
    }};
}

const HELD: i64 = State::Held as i64;
pub(super) const COMPLETED_FIRST: i64 = State::Canceled as i64;

impl CoreStore {
    /// Stores what came in, all in one transaction: one flush of the disk for all of them. A submission
    /// that was stored before is not stored again.
    ///
    /// # Errors
    /// When the store cannot answer; nothing is stored then.
    pub fn jobs_arrive(&self, arrivals: &[Arrival], now: Timestamp) -> StoreResult<Vec<Arrived>> {
        self.database.write("jobs-arrive", |connection| {
            arrivals
                .iter()
                .map(|arrival| match arrival {
                    Arrival::Job(new) => job_insert(connection, new),
                    Arrival::Document { .. } => document_attach(connection, arrival, now),
                })
                .collect()
        })
    }

    /// One job.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn job_show(&self, id: JobId) -> StoreResult<Option<Job>> {
        self.database.read("job-show", |connection| job_load(connection, id))
    }

    /// The job a submission was stored as.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn job_by_submission(&self, submission: &SubmissionId) -> StoreResult<Option<Job>> {
        self.database.read("job-by-submission", |connection| {
            let row: Option<JobRow> = jobs::table
                .filter(jobs::submission_id.eq(submission.as_str()))
                .first(connection)
                .optional()?;
            row.map(JobRow::into_job).transpose()
        })
    }

    /// Jobs by filter as a table shows them, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn jobs_lines(&self, filter: &JobFilter, limit: i64) -> StoreResult<Vec<JobLine>> {
        self.database.read("jobs-lines", |connection| {
            let columns = jobs::table.select(LineRow::as_select()).into_boxed();
            let rows: Vec<LineRow> =
                matching!(columns, filter).order(jobs::id).limit(limit).load(connection)?;
            rows.into_iter().map(LineRow::into_line).collect()
        })
    }

    /// Jobs by filter, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn jobs_list(&self, filter: &JobFilter, limit: i64) -> StoreResult<Vec<Job>> {
        self.database.read("jobs-list", |connection| {
            let query = matching!(jobs::table.into_boxed(), filter).order(jobs::id).limit(limit);
            let rows: Vec<JobRow> = query.load(connection)?;
            rows.into_iter().map(JobRow::into_job).collect()
        })
    }

    /// How many documents wait for a person.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn jobs_waiting(&self, owner: UserId) -> StoreResult<i64> {
        self.database.read("jobs-waiting", |connection| {
            let waiting = jobs::table.filter(jobs::owner_id.eq(owner.0)).filter(jobs::state.eq(HELD));
            Ok(waiting.count().get_result(connection)?)
        })
    }

    /// How many documents wait in each queue that has any.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn jobs_waiting_by_queue(&self) -> StoreResult<Vec<(QueueId, i64)>> {
        self.database.read("jobs-waiting-by-queue", |connection| {
            let rows: Vec<(i64, i64)> = jobs::table
                .filter(jobs::state.eq(HELD))
                .group_by(jobs::queue_id)
                .select((jobs::queue_id, diesel::dsl::count_star()))
                .load(connection)?;
            Ok(rows.into_iter().map(|(queue, count)| (QueueId(queue), count)).collect())
        })
    }

    /// Loads a job, lets `decide` say what becomes of it, and stores that, in one transaction. The inner
    /// result is the rule's: a refusal changes nothing.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn job_change<R>(
        &self,
        name: &'static str,
        id: JobId,
        decide: impl Fn(Option<Job>) -> Result<Change, R>,
        now: Timestamp,
    ) -> StoreResult<Result<Job, R>> {
        self.database.write(name, |connection| {
            let change = match decide(job_load(connection, id)?) {
                Ok(change) => change,
                Err(refusal) => return Ok(Err(refusal)),
            };
            change_save(connection, id, &change, now)?;
            Ok(Ok(change.job))
        })
    }

    /// Stores the count of a job's document, unless the job has another document by now.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn job_count_set(&self, id: JobId, document: DocumentId, count: &PageCount) -> StoreResult<()> {
        self.database.write("job-count-set", |connection| {
            let job = jobs::table.find(id.0).filter(jobs::document.eq(document.to_string()));
            let changes = (
                jobs::count.eq(fields::count_to_text(count)),
                jobs::count_pending.eq(count.status == CountStatus::Pending),
            );
            diesel::update(job).set(changes).execute(connection)?;
            Ok(())
        })
    }

    /// Jobs whose document is still to be counted, oldest first, after `after`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn jobs_count_pending(&self, after: JobId, limit: i64) -> StoreResult<Vec<Job>> {
        self.database.read("jobs-count-pending", |connection| {
            let pending = jobs::table.filter(jobs::count_pending.eq(true)).filter(jobs::id.gt(after.0));
            let rows: Vec<JobRow> = pending.order(jobs::id).limit(limit).load(connection)?;
            rows.into_iter().map(JobRow::into_job).collect()
        })
    }

    /// Jobs on their way to a device, as the store knows it.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn jobs_printing(&self) -> StoreResult<Vec<Job>> {
        let printing = [State::Processing, State::Stopped].map(|state| i64::from(state.number()));
        self.database.read("jobs-printing", |connection| {
            let rows: Vec<JobRow> =
                jobs::table.filter(jobs::state.eq_any(printing)).order(jobs::id).load(connection)?;
            rows.into_iter().map(JobRow::into_job).collect()
        })
    }

    /// Jobs that may be due for retention: not printing, and made before `created_before` or ended before
    /// `completed_before`. The rule decides.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn jobs_old(
        &self,
        created_before: Timestamp,
        completed_before: Timestamp,
        after: JobId,
        limit: i64,
    ) -> StoreResult<Vec<Job>> {
        let open = [State::Pending, State::Held].map(|state| i64::from(state.number()));
        self.database.read("jobs-old", |connection| {
            let old_open = jobs::state.eq_any(open).and(jobs::created_us.le(created_before.0));
            let old_closed = jobs::state
                .ge(COMPLETED_FIRST)
                .and(jobs::completed_us.is_null().or(jobs::completed_us.le(completed_before.0)));
            let rows: Vec<JobRow> = jobs::table
                .filter(jobs::id.gt(after.0))
                .filter(old_open.or(old_closed))
                .order(jobs::id)
                .limit(limit)
                .load(connection)?;
            rows.into_iter().map(JobRow::into_job).collect()
        })
    }

    /// Forgets finished jobs.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn jobs_forget(&self, ids: &[JobId]) -> StoreResult<()> {
        self.database.write("jobs-forget", |connection| {
            for id in ids {
                let finished = jobs::table.find(id.0).filter(jobs::state.ge(COMPLETED_FIRST));
                diesel::delete(finished).execute(connection)?;
            }
            Ok(())
        })
    }

    /// Every job that has a document, with it, after `after`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn jobs_documents(&self, after: JobId, limit: i64) -> StoreResult<Vec<(JobId, DocumentId, State)>> {
        self.database.read("jobs-documents", |connection| {
            let rows: Vec<(i64, Option<String>, i64)> = jobs::table
                .filter(jobs::id.gt(after.0))
                .filter(jobs::document.is_not_null())
                .order(jobs::id)
                .limit(limit)
                .select((jobs::id, jobs::document, jobs::state))
                .load(connection)?;
            let parts = |(id, document, state): (i64, Option<String>, i64)| {
                let document = document.as_deref().and_then(DocumentId::parse);
                Ok((
                    JobId(id),
                    document.ok_or_else(|| corrupt("jobs", "document", "not an id"))?,
                    State::from_number(state).ok_or_else(|| corrupt("jobs", "state", state))?,
                ))
            };
            rows.into_iter().map(parts).collect()
        })
    }
}

/// Stores what became of a job, and the message that tells of it.
pub(super) fn change_save(
    connection: &mut AnyConnection,
    id: JobId,
    change: &Change,
    now: Timestamp,
) -> StoreResult<()> {
    diesel::update(jobs::table.find(id.0)).set(JobLife::of(&change.job)).execute(connection)?;
    if let Some((recipient, key, payload)) = &change.message {
        outbox::put(connection, recipient, key, payload, now)?;
    }
    Ok(())
}

pub(super) fn job_load(connection: &mut AnyConnection, id: JobId) -> StoreResult<Option<Job>> {
    let row: Option<JobRow> = jobs::table.find(id.0).first(connection).optional()?;
    row.map(JobRow::into_job).transpose()
}

fn job_insert(connection: &mut AnyConnection, new: &NewJob) -> StoreResult<Arrived> {
    // The conflict is rare and the answer of one statement is enough for all others.
    let row = || (JobBirth::of(new), JobLife::of(&new.job));
    let id: Option<i64> = match connection {
        AnyConnection::Sqlite(connection) => diesel::insert_into(jobs::table)
            .values(row())
            .on_conflict(jobs::submission_id)
            .do_nothing()
            .returning(jobs::id)
            .get_result(connection)
            .optional()?,
        AnyConnection::Postgres(connection) => diesel::insert_into(jobs::table)
            .values(row())
            .on_conflict(jobs::submission_id)
            .do_nothing()
            .returning(jobs::id)
            .get_result(connection)
            .optional()?,
    };
    match id {
        Some(id) => {
            shares::insert(connection, JobId(id), &new.shares)?;
            Ok(Arrived::New(JobId(id)))
        }
        None => Ok(Arrived::Known(JobId(
            jobs::table
                .filter(jobs::submission_id.eq(new.submission.as_str()))
                .select(jobs::id)
                .first(connection)?,
        ))),
    }
}

fn document_attach(
    connection: &mut AnyConnection,
    arrival: &Arrival,
    now: Timestamp,
) -> StoreResult<Arrived> {
    let Arrival::Document { job, document, bytes, count, format, owner } = arrival else {
        unreachable!("the caller matched")
    };
    let Some(waiting) = job_load(connection, *job)? else { return Ok(Arrived::NotWaiting) };
    let Ok(mut stored) = waiting.apply(Event::DocumentStored, now) else { return Ok(Arrived::NotWaiting) };
    stored.document = Some(*document);
    stored.bytes = *bytes;
    stored.count = PageCount::clone(count);
    if let Some(format) = format {
        stored.format.clone_from(format);
    }
    if let Some(owner) = owner {
        (stored.owner, stored.owner_logon) = (owner.id, owner.logon.clone());
        let changes = (jobs::owner_id.eq(owner.id.0), jobs::owner_logon.eq(&owner.logon));
        diesel::update(jobs::table.find(job.0)).set(changes).execute(connection)?;
        shares::insert(connection, *job, &owner.shares)?;
    }
    diesel::update(jobs::table.find(job.0)).set(JobLife::of(&stored)).execute(connection)?;
    Ok(Arrived::Attached(Box::new(stored)))
}
