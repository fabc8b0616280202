//! A jobserver in memory that really speaks `Submission`, with faults on request.

use std::collections::HashMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rpc::proto::jobserver::proof_server::{Proof, ProofServer};
use rpc::proto::jobserver::submission_server::{Submission, SubmissionServer};
use rpc::proto::jobserver::{
    DocumentChunk, Job, JobCancelRequest, JobCreateRequest, JobListRequest, JobPage, JobReleaseMineRequest,
    JobShowRequest, PersonProveAnswer, PersonProveRequest, Queue, QueueSnapshot, QueueWatchRequest,
    document_chunk::Part, job::State, job_list_request::Which, queue::Owner,
};
use rpc::{Error, Kind};
use service::Context;
use service::config::NoConfig;
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

/// What the jobserver knows; tests look into it.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) people: Vec<String>,
    pub(crate) jobs: Vec<Stored>,
    /// Every document is refused with this.
    pub(crate) refuse: Option<Error>,
    /// A job is collected when it was looked at this often: its owner has walked to the printer.
    pub(crate) collect_after_shows: Option<u32>,
    /// Submissions that began and did not end.
    pub(crate) void: usize,
    /// Proofs that were asked for.
    pub(crate) proofs: usize,
    /// Whether each document's sender was proved.
    pub(crate) authenticated: Vec<bool>,
    away: bool,
    shows: HashMap<i64, u32>,
}

pub(crate) struct Stored {
    pub(crate) job: Job,
    pub(crate) data: Vec<u8>,
}

/// The running server; it goes away when dropped.
pub(crate) struct Jobserver {
    context: Context<NoConfig>,
    face: Face,
}

#[derive(Clone)]
struct Face {
    world: Arc<Mutex<World>>,
    queues: Arc<Mutex<watch::Sender<Vec<Queue>>>>,
}

impl Jobserver {
    pub(crate) async fn start(dir: &Path, queues: Vec<Queue>) -> Self {
        let world = World { people: vec!["ann".into(), "bob".into(), "root".into()], ..World::default() };
        let face = Face {
            world: Arc::new(Mutex::new(world)),
            queues: Arc::new(Mutex::new(watch::Sender::new(queues))),
        };
        Self::serve(dir, face).await
    }

    async fn serve(dir: &Path, face: Face) -> Self {
        let context = Context::for_test("jobserver", NoConfig::default(), dir);
        let server = SubmissionServer::new(face.clone());
        let routes = tonic::service::Routes::new(server).add_service(ProofServer::new(face.clone()));
        context.serve_grpc(routes).await.expect("the socket can be opened");
        Self { context, face }
    }

    /// Goes away, and comes back with everything it knew when the future's result is started.
    pub(crate) async fn away(self) -> Away {
        self.context.stop.force();
        self.context.tasks.close();
        self.context.tasks.wait().await;
        // A process that ends takes its streams along.
        self.world().away = true;
        let queues = self.face.queues().borrow().clone();
        *self.face.queues() = watch::Sender::new(queues);
        Away(self.face.clone())
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.face.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn queues_set(&self, queues: Vec<Queue>) {
        self.face.queues().send_replace(queues);
    }

    /// The owner of job `id` collects it.
    pub(crate) fn collect(&self, id: i64) {
        self.face.collect(&mut self.world(), id);
    }
}

impl Drop for Jobserver {
    fn drop(&mut self) {
        self.context.stop.force();
    }
}

pub(crate) struct Away(Face);

impl Away {
    pub(crate) async fn back(self, dir: &Path) -> Jobserver {
        self.0.world().away = false;
        Jobserver::serve(dir, self.0).await
    }
}

impl Face {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queues(&self) -> MutexGuard<'_, watch::Sender<Vec<Queue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn here(&self) -> Result<(), Status> {
        if self.world().away { Err(Status::unavailable("the process has ended")) } else { Ok(()) }
    }

    fn collect(&self, world: &mut World, id: i64) {
        if let Some(stored) = world.jobs.iter_mut().find(|stored| stored.job.id == id) {
            stored.job.state = State::Completed.into();
            stored.job.state_reasons = vec!["job-completed-successfully".into()];
            stored.job.completed_us = 1_767_225_700_000_000;
        }
    }

    fn make(&self, create: &JobCreateRequest) -> Result<Job, Status> {
        let queue = self.queues().borrow().iter().find(|queue| queue.name == create.queue).cloned();
        let queue =
            queue.ok_or_else(|| Error::new(Kind::NotFound, 1, "there is no such queue").field("queue"))?;
        let owner = match queue.owner() {
            Owner::Fixed => queue.fixed_logon.clone(),
            _ => create.network_logon.clone(),
        };
        let mut world = self.world();
        world.authenticated.push(create.authenticated);
        if !world.people.contains(&owner.trim_start_matches('\\').to_owned()) {
            return Err(Error::new(Kind::NotFound, 54, format!("the user '{owner}' is unknown"))
                .field("logon")
                .into());
        }
        Ok(Job {
            id: world.jobs.len() as i64 + 1,
            queue: create.queue.clone(),
            owner_logon: owner,
            submit_logon: create.network_logon.clone(),
            name: create.name.clone(),
            state: State::Held.into(),
            state_reasons: vec!["job-hold-until-specified".into()],
            created_us: 1_767_225_600_000_000,
            document_format: create.document_format.clone(),
            source_host: create.source_host.clone(),
            source_protocol: create.source_protocol.clone(),
            ticket: create.ticket.clone(),
            panel_copies: 1,
            ..Job::default()
        })
    }
}

type Pages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl Proof for Face {
    /// Everybody's password is `sesame`, and the token of bob is `bobstoken`.
    async fn person_prove(
        &self,
        request: Request<PersonProveRequest>,
    ) -> Result<Response<PersonProveAnswer>, Status> {
        let request = request.into_inner();
        let mut world = self.world();
        world.proofs += 1;
        let known = world.people.contains(&request.logon) && request.password == "sesame";
        let logon = match request.token.as_str() {
            "" if known => format!("\\{}", request.logon),
            "bobstoken" => "\\bob".to_owned(),
            _ => return Err(Error::new(Kind::Refused, 15, "unknown logon or wrong password").into()),
        };
        Ok(Response::new(PersonProveAnswer { logon }))
    }
}

#[tonic::async_trait]
impl Submission for Face {
    type QueueWatchStream = Pages<QueueSnapshot>;
    type JobListStream = Pages<JobPage>;

    async fn queue_watch(
        &self,
        _request: Request<QueueWatchRequest>,
    ) -> Result<Response<Self::QueueWatchStream>, Status> {
        self.here()?;
        let stream = WatchStream::new(self.queues().subscribe()).map(|queues| Ok(QueueSnapshot { queues }));
        Ok(Response::new(Box::pin(stream)))
    }

    async fn job_create(&self, request: Request<JobCreateRequest>) -> Result<Response<Job>, Status> {
        self.here()?;
        let mut job = self.make(request.get_ref())?;
        job.state_reasons = vec!["job-incoming".into()];
        self.world().jobs.push(Stored { job: job.clone(), data: Vec::new() });
        Ok(Response::new(job))
    }

    async fn document_send(
        &self,
        request: Request<Streaming<DocumentChunk>>,
    ) -> Result<Response<Job>, Status> {
        self.here()?;
        let mut chunks = request.into_inner();
        let refuse = self.world().refuse.clone();
        if let Some(error) = refuse {
            return Err(error.into());
        }
        let mut data = Vec::new();
        let mut head = None;
        while let Some(chunk) = chunks.message().await? {
            match chunk.part.expect("a chunk has a part") {
                Part::Create(create) => {
                    // An owner that is known is judged at once.
                    if !create.described_at_end {
                        self.make(&create)?;
                    }
                    head = Some(Part::Create(create));
                }
                Part::JobId(id) => head = Some(Part::JobId(id)),
                Part::Data(more) => data.extend_from_slice(&more),
                Part::End(end) => {
                    assert_eq!(end.bytes, data.len() as i64, "the end tells the length");
                    let mut job = match head.expect("the head comes first") {
                        Part::JobId(id) => {
                            let world = self.world();
                            let stored = world.jobs.iter().find(|stored| stored.job.id == id);
                            stored
                                .map(|stored| Job {
                                    document_format: end.document_format.clone(),
                                    ..stored.job.clone()
                                })
                                .ok_or_else(|| Status::not_found("no such job"))?
                        }
                        Part::Create(create) => self.make(&end.late.unwrap_or(create))?,
                        Part::Data(_) | Part::End(_) => unreachable!("only heads are kept"),
                    };
                    job.bytes = data.len() as i64;
                    job.documents = 1;
                    job.count = end.count;
                    job.state_reasons = vec!["job-hold-until-specified".into()];
                    let mut world = self.world();
                    world.jobs.retain(|stored| stored.job.id != job.id);
                    world.jobs.push(Stored { job: job.clone(), data });
                    world.jobs.sort_by_key(|stored| stored.job.id);
                    return Ok(Response::new(job));
                }
            }
        }
        self.world().void += 1;
        Err(Error::new(Kind::Invalid, 1, "the submission has no end").into())
    }

    async fn job_list(
        &self,
        request: Request<JobListRequest>,
    ) -> Result<Response<Self::JobListStream>, Status> {
        self.here()?;
        let asked = request.into_inner();
        if !asked.owner_logon.is_empty() && !self.world().people.contains(&asked.owner_logon) {
            return Err(Error::new(Kind::NotFound, 54, "there is no such user").into());
        }
        let ended = |job: &Job| job.state >= State::Canceled as i32;
        let jobs: Vec<Job> = self
            .world()
            .jobs
            .iter()
            .map(|stored| stored.job.clone())
            .filter(|job| asked.queue.is_empty() || job.queue == asked.queue)
            .filter(|job| asked.owner_logon.is_empty() || job.owner_logon == asked.owner_logon)
            .filter(|job| job.id > asked.after_id)
            .filter(|job| match asked.which() {
                Which::Completed => ended(job),
                Which::NotCompleted | Which::Unspecified => !ended(job),
                Which::All => true,
            })
            .take(if asked.limit == 0 { usize::MAX } else { asked.limit as usize })
            .collect();
        let pages: Vec<_> = jobs.chunks(500).map(|jobs| Ok(JobPage { jobs: jobs.to_vec() })).collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(pages))))
    }

    async fn job_show(&self, request: Request<JobShowRequest>) -> Result<Response<Job>, Status> {
        self.here()?;
        let id = request.into_inner().job_id;
        let mut world = self.world();
        let shows = world.shows.entry(id).or_default();
        *shows += 1;
        if Some(*shows) == world.collect_after_shows {
            self.collect(&mut world, id);
        }
        let stored = world.jobs.iter().find(|stored| stored.job.id == id);
        let job = stored.map(|stored| stored.job.clone());
        job.map(Response::new).ok_or_else(|| Error::new(Kind::NotFound, 1, "there is no such job").into())
    }

    async fn job_cancel(&self, request: Request<JobCancelRequest>) -> Result<Response<Job>, Status> {
        self.here()?;
        let asked = request.into_inner();
        let mut world = self.world();
        let stored = world.jobs.iter_mut().find(|stored| stored.job.id == asked.job_id);
        let stored = stored.ok_or_else(|| Error::new(Kind::NotFound, 1, "there is no such job"))?;
        if !asked.operator && asked.logon != stored.job.owner_logon {
            return Err(Error::new(Kind::Refused, 1, "the job belongs to somebody else").into());
        }
        stored.job.state = State::Canceled.into();
        stored.job.state_reasons = vec!["job-canceled-by-user".into()];
        Ok(Response::new(stored.job.clone()))
    }

    /// Its queues hold what people collect.
    async fn job_release_mine(&self, _: Request<JobReleaseMineRequest>) -> Result<Response<Job>, Status> {
        self.here()?;
        Err(Error::new(Kind::Refused, 65, "documents are released at a printer, by their owner").into())
    }
}
