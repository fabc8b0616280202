//! `Submission`: what a print queue's port needs.

use std::sync::Arc;

use domain::job::Job;
use domain::queue::Queue;
use domain::user::choose;
use domain::{JobId, Logon, Money, QueueName, Status as Code, UserId};
use rpc::Kind;
use rpc::proto::jobserver::{self as message, document_chunk::Part, submission_server::Submission};
use storage::StoreError;
use storage::core::{JobFilter, JobLine, Which};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::adapters::Map;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{Calls, convert};
use crate::documents;
use crate::failed::Failed;
use crate::mail::refusal;
use crate::state::{Jobserver, State};
use crate::submit::{self, Incoming};

/// Jobs of a page.
const PAGE_JOBS: i64 = 500;
/// Pages that wait for a slow reader.
const PAGES_WAITING_MAX: usize = 2;

#[tonic::async_trait]
impl Submission for Calls {
    type QueueWatchStream = ReceiverStream<Result<message::QueueSnapshot, Status>>;
    type JobListStream = JobPages;

    async fn queue_watch(
        &self,
        _: Request<message::QueueWatchRequest>,
    ) -> Result<Response<Self::QueueWatchStream>, Status> {
        let server = self.server.clone();
        let mut changes = self.server.0.queues.subscribe();
        // A stopping server ends the stream, so that it can drain.
        let stop = self.server.0.stop.token();
        let (sender, receiver) = mpsc::channel(1);
        self.server.0.tasks.spawn(async move {
            loop {
                let queues = Arc::clone(&changes.borrow_and_update());
                if sender.send(snapshot(&server, &queues).await.map_err(Status::from)).await.is_err() {
                    return;
                }
                tokio::select! {
                    changed = changes.changed() => if changed.is_err() { return },
                    () = sender.closed() => return,
                    () = stop.cancelled() => return,
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn job_create(
        &self,
        request: Request<message::JobCreateRequest>,
    ) -> Result<Response<message::Job>, Status> {
        let submission = convert::submission(request.into_inner());
        let created = submit::create(&self.server, submission.clone()).await;
        Ok(Response::new(convert::job(told(&self.server, Some(submission), created).await?)))
    }

    async fn document_send(
        &self,
        request: Request<Streaming<message::DocumentChunk>>,
    ) -> Result<Response<message::Job>, Status> {
        let mut chunks = request.into_inner();
        let first = chunks.message().await?.and_then(|chunk| chunk.part);
        let mut incoming = match first {
            Some(Part::Create(create)) => {
                let submission = convert::submission(create);
                let begun = submit::begin(&self.server, submission.clone()).await;
                told(&self.server, Some(submission), begun).await?
            }
            Some(Part::JobId(id)) => submit::begin_for(&self.server, JobId(id), None).await?,
            Some(Part::Data(_) | Part::End(_)) | None => {
                return Err(Failed::invalid("the first message names the job").into());
            }
        };
        loop {
            match chunks.message().await?.and_then(|chunk| chunk.part) {
                Some(Part::Data(data)) => {
                    if let Err(failed) = incoming.write(data).await {
                        let refused = told::<()>(&self.server, incoming.announced(), Err(failed)).await;
                        refused?;
                    }
                }
                Some(Part::End(end)) => return finish(&self.server, incoming, end).await,
                Some(Part::Create(_) | Part::JobId(_)) => {
                    return Err(Failed::invalid("the job was named already").into());
                }
                // The stream was cut short: dropping the document leaves nothing.
                None => {
                    let text = "the document ended without its last message";
                    return Err(Failed::new(Kind::Invalid, Code::LOST_IN_TRANSFER, text).into());
                }
            }
        }
    }

    async fn job_list(
        &self,
        request: Request<message::JobListRequest>,
    ) -> Result<Response<Self::JobListStream>, Status> {
        Ok(Response::new(job_pages(&self.server, request.into_inner(), true).await?))
    }

    async fn job_show(
        &self,
        request: Request<message::JobShowRequest>,
    ) -> Result<Response<message::Job>, Status> {
        let id = JobId(request.into_inner().job_id);
        let job = self.server.blocking(move |state| {
            let job = state.store.job_show(id)?.ok_or_else(no_such_job)?;
            Ok::<_, Failed>((crate::charge::pushed(state, &job)?, job))
        });
        let (price, job) = job.await?;
        Ok(Response::new(convert::job_priced(job, price)))
    }

    async fn job_cancel(
        &self,
        request: Request<message::JobCancelRequest>,
    ) -> Result<Response<message::Job>, Status> {
        let request = request.into_inner();
        let id = JobId(request.job_id);
        let person = if request.operator {
            None
        } else {
            let owner = self.server.blocking(move |state| owner_asked(state, id, &request.logon)).await?;
            Some(owner.ok_or_else(no_such_job)?)
        };
        let job = documents::cancel(&self.server, id, person).await?;
        Ok(Response::new(convert::job(job)))
    }

    async fn job_release_mine(
        &self,
        request: Request<message::JobReleaseMineRequest>,
    ) -> Result<Response<message::Job>, Status> {
        let request = request.into_inner();
        let owner = self.server.blocking(move |state| owner_named(state, &request.logon)).await?;
        let person = owner.ok_or_else(no_such_job)?;
        let (job, price) = crate::push::release(&self.server, JobId(request.job_id), Some(person)).await?;
        Ok(Response::new(convert::job_priced(job, price)))
    }
}

async fn snapshot(server: &Jobserver, queues: &[Queue]) -> Result<message::QueueSnapshot, Failed> {
    let held = server.blocking(|state| state.store.jobs_waiting_by_queue()).await?;
    let held_in = |id| held.iter().find(|(queue, _)| *queue == id).map_or(0, |(_, count)| *count);
    let queues = queues.iter().map(|queue| convert::queue(queue, held_in(queue.id))).collect();
    Ok(message::QueueSnapshot { queues })
}

/// What was done; when it was refused, the person is told by mail where that is set.
async fn told<T>(
    server: &Jobserver,
    announced: Option<submit::Submission>,
    done: Result<T, Failed>,
) -> Result<T, Failed> {
    if let (Err(failed), Some(submission)) = (&done, announced) {
        refusal::refused(server, submission, failed).await;
    }
    done
}

async fn finish(
    server: &Jobserver,
    mut incoming: Incoming,
    end: message::DocumentEnd,
) -> Result<Response<message::Job>, Status> {
    if let Some(late) = end.late {
        incoming.describe(convert::submission(late));
    }
    incoming.declare(end.document_format);
    let bytes = u64::try_from(end.bytes).map_err(|_| Failed::invalid("a size is not negative"))?;
    let announced = incoming.announced();
    let finished = incoming.finish(convert::parse_count(end.count), bytes).await;
    let job = told(server, announced, finished).await?;
    Ok(Response::new(convert::job(job)))
}

/// A page as it is read.
pub(crate) enum Page {
    /// Jobs, each with what it will cost where that is told.
    Full(Vec<(Option<Money>, Job)>),
    /// What a table shows.
    Brief(Vec<JobLine>),
}

impl Page {
    fn read(state: &Arc<State>, filter: &JobFilter, limit: i64, brief: bool) -> Result<Self, StoreError> {
        if brief {
            return Ok(Self::Brief(state.store.jobs_lines(filter, limit)?));
        }
        let jobs = state.store.jobs_list(filter, limit)?;
        let priced = |job| Ok((crate::charge::pushed(state, &job)?, job));
        Ok(Self::Full(jobs.into_iter().map(priced).collect::<Result<_, StoreError>>()?))
    }

    /// How many it has, and the last of them.
    fn end(&self) -> (usize, Option<JobId>) {
        match self {
            Self::Full(jobs) => (jobs.len(), jobs.last().map(|(_, job)| job.id)),
            Self::Brief(lines) => (lines.len(), lines.last().map(|line| line.id)),
        }
    }
}

/// Pages of a listing on their way.
pub(super) type JobPages = Map<
    ReceiverStream<Result<Page, StoreError>>,
    fn(Result<Page, StoreError>) -> Result<message::JobPage, Status>,
>;

/// Streams jobs page by page; a page is read while the one before is on its way. Without `names` documents' names are left
/// out.
pub(super) async fn job_pages(
    server: &Jobserver,
    request: message::JobListRequest,
    names: bool,
) -> Result<JobPages, Failed> {
    let which = match request.which() {
        message::job_list_request::Which::Unspecified | message::job_list_request::Which::NotCompleted => {
            Which::NotCompleted
        }
        message::job_list_request::Which::Completed => Which::Completed,
        message::job_list_request::Which::All => Which::All,
    };
    let queue = if request.queue.is_empty() {
        None
    } else {
        let name = QueueName::parse(&request.queue).map_err(|error| Failed::invalid(error.to_string()))?;
        let queues = server.0.queues();
        let queue = queues.iter().find(|queue| queue.name.key() == name.key());
        Some(queue.ok_or_else(|| Failed::not_found(Code::NAME_INVALID, "there is no such queue"))?.id)
    };
    let owner = if request.owner_logon.is_empty() {
        None
    } else {
        let logon = request.owner_logon.clone();
        let owner = server.blocking(move |state| owner_named(state, &logon)).await?;
        Some(owner.ok_or_else(|| Failed::not_found(Code::USER_NOT_FOUND, "there is no such user"))?)
    };
    let mut filter = JobFilter { queue, owner, which, after: Some(JobId(request.after_id)) };
    let mut left = if request.limit > 0 { request.limit } else { i64::MAX };
    let (sender, receiver) = mpsc::channel(PAGES_WAITING_MAX);
    let state = server.0.clone();
    tokio::task::spawn_blocking(move || {
        while left > 0 {
            let wanted = left.min(PAGE_JOBS);
            let page = Page::read(&state, &filter, wanted, request.brief);
            let (read, last) = page.as_ref().map_or((0, None), Page::end);
            let read = i64::try_from(read).expect("a page is small");
            // Nobody reads any more, or this was the last page.
            if (read == 0 && page.is_ok()) || sender.blocking_send(page).is_err() || read < wanted {
                return;
            }
            filter.after = last;
            left -= read;
        }
    });
    // In the task that sends, so that the reader of the store goes on meanwhile.
    let page: fn(_) -> _ = if names { page_named } else { page_unnamed };
    Ok(ReceiverStream::new(receiver).map(page))
}

fn page_named(page: Result<Page, StoreError>) -> Result<message::JobPage, Status> {
    let jobs = match page.map_err(Failed::from)? {
        Page::Full(jobs) => jobs.into_iter().map(|(price, job)| convert::job_priced(job, price)).collect(),
        Page::Brief(lines) => lines.into_iter().map(convert::job_line).collect(),
    };
    Ok(message::JobPage { jobs })
}

/// Documents' names are nobody's business.
fn page_unnamed(page: Result<Page, StoreError>) -> Result<message::JobPage, Status> {
    let mut page = page_named(page)?;
    for job in &mut page.jobs {
        job.name.clear();
    }
    Ok(page)
}

/// Whom a logon names, with or without domain.
pub(super) fn owner_named(state: &State, text: &str) -> Result<Option<UserId>, Failed> {
    let (domain, logon) = domain::text::split_domain(text);
    let Ok(logon) = Logon::parse(logon) else { return Ok(None) };
    let candidates = state.store.users_by_logon(&logon)?;
    Ok(choose(&candidates, |(user, _)| user, domain.unwrap_or_default()).map(|(user, _)| user.id))
}

/// In whose name a job is deleted for a logon. One that waits for the document which tells its owner may be nobody's yet; then
/// whoever announced it may.
fn owner_asked(state: &State, id: JobId, logon: &str) -> Result<Option<UserId>, Failed> {
    let nobodys = |job: Job| {
        (job.owner == UserId(0) && job.state == domain::job::State::Pending && job.owner_logon == logon)
            .then_some(job.owner)
    };
    match state.store.job_show(id)?.and_then(nobodys) {
        None => owner_named(state, logon),
        found => Ok(found),
    }
}

fn no_such_job() -> Failed {
    Failed::not_found(Code::JOB_NOT_FOUND, "there is no such job")
}
