//! Get-Jobs (RFC 8011, section 4.2.6; job-ids and further which-jobs values of PWG 5100.7).
//!
//! The list is written page by page as the jobserver sends it: twenty thousand jobs take no more
//! memory than five hundred.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::BytesMut;
use domain::status::Status as Code;
use rpc::proto::jobserver::{
    Job, JobListRequest, JobPage, JobShowRequest, Queue, job_list_request::Which, queue::Owner,
};
use tokio::sync::mpsc;
use tonic::Streaming;
use wire::ipp::{JobState, Status, Value, Version, Writer};

use super::super::job::{Choice, LISTED, View};
use super::super::reply::{self, Failed, Outcome};
use super::super::request::{Address, Request, same_person};
use crate::http::answer::{Answer, CutShort};
use crate::state::Port;

/// which-jobs-supported.
pub(crate) const WHICH_JOBS: &[&str] = &[
    "completed",
    "not-completed",
    "all",
    "aborted",
    "canceled",
    "pending",
    "pending-held",
    "processing",
    "processing-stopped",
];

/// Which jobs of the pages are told.
struct Filter {
    /// Only this state.
    state: Option<JobState>,
    /// Only jobs of this person.
    person: Option<String>,
    limit: usize,
}

pub(super) async fn run(request: &Request<'_>) -> Result<Outcome, Failed> {
    let queue = request.queue()?;
    let choice = Choice::new(&request.wanted(), LISTED);
    if let Some(named) = request.attributes.get("job-ids") {
        let ids = named.values.iter().filter_map(Value::as_integer).take(JOB_IDS_MAX).collect();
        return by_ids(request, &queue, &choice, ids).await;
    }
    let (which, state) = which(request)?;
    let mine = request.attributes.boolean("my-jobs").unwrap_or(false);
    let limit = match request.attributes.get("limit").and_then(|limit| limit.first()) {
        None => 0,
        Some(Value::Integer(limit)) if *limit > 0 => usize::try_from(*limit).unwrap_or_default(),
        Some(value) => {
            return Err(Failed::unsupported(Status::AttributesOrValuesNotSupported, "limit", value.clone()));
        }
    };
    // The jobserver can only filter by owner, who is the requester where the queue takes the network's word.
    let by_owner = mine && queue.owner() == Owner::NetworkLogon;
    let filtered_here = state.is_some() || mine && !by_owner;
    let list = JobListRequest {
        queue: queue.name.clone(),
        owner_logon: if by_owner { request.user().to_owned() } else { String::new() },
        which: which.into(),
        limit: if filtered_here || which == Which::Completed { 0 } else { limit as i64 },
        ..JobListRequest::default()
    };
    let mut pages = match request.port.jobserver.clone().job_list(list).await.map_err(rpc::Error::from) {
        Ok(pages) => Some(pages.into_inner()),
        // Somebody unknown has no jobs.
        Err(error) if by_owner && error.status == Code::USER_NOT_FOUND.0 => None,
        Err(error) => return Err(Failed::refused(error)),
    };
    let filter = Filter {
        state,
        person: (mine && !by_owner).then(|| request.user().to_owned()),
        limit: if limit == 0 { usize::MAX } else { limit },
    };
    // The first page is awaited here: until it is there, the answer may still be a refusal.
    let first = next(&mut pages).await?;
    let list = List {
        port: request.port.clone(),
        queue,
        address: request.address(),
        user: request.user().to_owned(),
        version: request.version,
        id: request.id,
        choice,
        filter,
    };
    let answer = if which == Which::Completed {
        list.newest_first(first, pages).await?
    } else {
        list.oldest_first(first, pages)
    };
    Ok(Outcome::Pieces(answer))
}

/// The jobs named by job-ids, in the order named; those that do not exist are left out.
async fn by_ids(
    request: &Request<'_>,
    queue: &Arc<Queue>,
    choice: &Choice,
    ids: Vec<i32>,
) -> Result<Outcome, Failed> {
    let view = View { port: request.port, queue, address: &request.address() };
    let mut out = BytesMut::with_capacity(4096);
    let mut writer = reply::begin(&mut out, request.version, Status::Ok, request.id);
    for id in ids {
        let show = JobShowRequest { job_id: i64::from(id) };
        match request.port.jobserver.clone().job_show(show).await {
            Ok(job) => {
                let job = job.into_inner();
                if job.queue == queue.name {
                    choice.write(&mut writer, &view, &job, request.owns(&job));
                }
            }
            Err(status) => {
                let error = rpc::Error::from(status);
                if error.kind != rpc::Kind::NotFound {
                    return Err(Failed::refused(error));
                }
            }
        }
    }
    writer.end();
    Ok(Outcome::Pieces(out.freeze().into()))
}

fn which(request: &Request<'_>) -> Result<(Which, Option<JobState>), Failed> {
    let keyword = request.keyword("which-jobs").unwrap_or("not-completed");
    Ok(match keyword {
        "completed" => (Which::Completed, None),
        "not-completed" => (Which::NotCompleted, None),
        "all" => (Which::All, None),
        _ => {
            let state = JobState::ALL.iter().copied().find(|state| state.name() == keyword);
            let state = state.ok_or_else(|| {
                let value = Value::keyword(keyword.to_owned());
                Failed::unsupported(Status::AttributesOrValuesNotSupported, "which-jobs", value)
            })?;
            (if state.is_terminal() { Which::Completed } else { Which::NotCompleted }, Some(state))
        }
    })
}

/// Pages to come; `None` when there are none.
type Pages = Option<Streaming<JobPage>>;

async fn next(pages: &mut Pages) -> Result<Option<JobPage>, tonic::Status> {
    match pages {
        Some(pages) => pages.message().await,
        None => Ok(None),
    }
}

/// A list on its way to the client.
struct List {
    port: Arc<Port>,
    queue: Arc<Queue>,
    address: Address,
    user: String,
    version: Version,
    id: u32,
    choice: Choice,
    filter: Filter,
}

impl List {
    /// Jobs as the jobserver lists them, written while they come.
    fn oldest_first(self, first: Option<JobPage>, mut pages: Pages) -> Answer {
        let (send, answer) = mpsc::channel(PIECES_WAITING_MAX);
        tokio::spawn(async move {
            let mut out = BytesMut::with_capacity(64 * 1024);
            reply::begin(&mut out, self.version, Status::Ok, self.id);
            let mut told = 0;
            let mut page = first;
            while let Some(jobs) = page {
                for job in jobs.jobs.iter().filter(|job| self.filter.has(job)) {
                    if told < self.filter.limit {
                        self.write(&mut out, job);
                        told += 1;
                    }
                }
                if send.send(Ok(out.split().freeze())).await.is_err() || told >= self.filter.limit {
                    break;
                }
                page = match next(&mut pages).await {
                    Ok(page) => page,
                    Err(status) => {
                        tracing::warn!(reason = status.message(), "a list of jobs was cut short");
                        // The client must not take half a list for the whole.
                        let _ = send.send(Err(CutShort)).await;
                        return;
                    }
                };
            }
            Writer::new(&mut out).end();
            // When the client is gone there is nobody to tell.
            let _ = send.send(Ok(out.freeze())).await;
        });
        Answer::Pieces(answer)
    }

    /// Completed jobs: the last to end first (RFC 8011, section 4.2.6.2).
    async fn newest_first(self, first: Option<JobPage>, mut pages: Pages) -> Result<Answer, Failed> {
        let keep = self.filter.limit.min(COMPLETED_MAX);
        let mut kept: VecDeque<Job> = VecDeque::new();
        let mut page = first;
        while let Some(jobs) = page {
            for job in jobs.jobs.into_iter().filter(|job| self.filter.has(job)) {
                if kept.len() >= keep {
                    kept.pop_front();
                }
                kept.push_back(job);
            }
            page = next(&mut pages).await?;
        }
        let mut out = BytesMut::with_capacity(64 * 1024);
        reply::begin(&mut out, self.version, Status::Ok, self.id);
        for job in kept.iter().rev() {
            self.write(&mut out, job);
        }
        Writer::new(&mut out).end();
        Ok(out.freeze().into())
    }

    fn write(&self, out: &mut BytesMut, job: &Job) {
        let view = View { port: &self.port, queue: &self.queue, address: &self.address };
        let owner = same_person(&self.user, &job.submit_logon) || same_person(&self.user, &job.owner_logon);
        self.choice.write(&mut Writer::new(out), &view, job, owner);
    }
}

impl Filter {
    fn has(&self, job: &Job) -> bool {
        self.state.is_none_or(|state| state.code() == job.state)
            && self.person.as_deref().is_none_or(|person| {
                same_person(person, &job.submit_logon) || same_person(person, &job.owner_logon)
            })
    }
}

/// Jobs named in one request.
const JOB_IDS_MAX: usize = 100;
/// Completed jobs told at most.
const COMPLETED_MAX: usize = 500;
/// Pages written and not sent yet.
const PIECES_WAITING_MAX: usize = 2;
