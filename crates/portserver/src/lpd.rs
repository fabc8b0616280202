//! The line printer daemon (RFC 1179): drives a [`wire::lpd::Session`] with a socket.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use rpc::proto::jobserver::{
    Job, JobCancelRequest, JobCreateRequest, JobListRequest, JobTicket, Queue, job_list_request::Which,
};
use service::Context;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wire::ipp::JobState;
use wire::lpd::listing::{self, Entry};
use wire::lpd::{About, Answer, Event, Limits, Refusal, Session};

use crate::Config;
use crate::http::body::{DRAIN_BYTES_MAX, DRAIN_LIMIT};
use crate::ipp::request::same_person;
use crate::state::Port;
use crate::submission::{Failure, Head, Submission, submission_id};

/// Accepts connections until the stop.
pub(crate) async fn serve(
    context: Context<Config>,
    port: Arc<Port>,
    listener: TcpListener,
) -> anyhow::Result<()> {
    while let Some((stream, peer)) = context.stop.unless_asked(crate::accept(&listener)).await {
        let Some(place) = port.gate.enter(peer.ip()) else {
            tracing::warn!(peer = %peer.ip(), protocol = "lpd", "too many connections; one was turned away");
            continue;
        };
        let (port, stop) = (port.clone(), context.stop.clone());
        context.tasks.spawn(async move {
            let peer = peer.ip().to_canonical();
            let served = stop.within(Connection::new(&port, peer).run(stream)).await;
            if let Some(Err(error)) = served {
                tracing::debug!(%peer, %error, protocol = "lpd", "a connection ended early");
            }
            drop(place);
        });
    }
    Ok(())
}

/// One connection and the documents on it.
struct Connection<'a> {
    port: &'a Port,
    peer: IpAddr,
    queue: Option<Arc<Queue>>,
    /// Documents that have begun and are not durable; the last one may still be growing.
    documents: HashMap<usize, Open>,
    current: usize,
}

struct Open {
    submission: Submission,
    create: JobCreateRequest,
    described: bool,
}

impl<'a> Connection<'a> {
    fn new(port: &'a Port, peer: IpAddr) -> Self {
        Self { port, peer, queue: None, documents: HashMap::new(), current: 0 }
    }

    async fn run(mut self, mut stream: TcpStream) -> std::io::Result<()> {
        let document_bytes_max = self.port.config.document_bytes_max;
        let mut session = Session::new(Limits { document_bytes_max, ..Limits::DAEMON });
        let mut buffer = BytesMut::new();
        loop {
            while let Some(octets) = session.poll_transmit() {
                in_time(self.port, stream.write_all(&octets)).await?;
            }
            if let Some(event) = session.poll_event() {
                match self.handle(event).await {
                    Ok(Some(answer)) => session.handle_answer(answer, Instant::now()),
                    Ok(None) => {}
                    // The middle of a document is no place for an answer; this one is read all the same.
                    Err(refusal) => {
                        in_time(self.port, stream.write_all(&[octet(refusal)])).await?;
                        stream.shutdown().await?;
                        drain(&mut stream, &mut buffer).await;
                        return Ok(());
                    }
                }
                continue;
            }
            if session.is_closed() {
                return stream.shutdown().await;
            }
            buffer.reserve(READ_BYTES);
            let read = in_time(self.port, stream.read_buf(&mut buffer));
            let read = match session.poll_timeout() {
                None => read.await?,
                Some(at) => match tokio::time::timeout_at(at.into(), read).await {
                    Ok(read) => read?,
                    Err(_) => {
                        session.handle_timeout(Instant::now());
                        continue;
                    }
                },
            };
            if read == 0 {
                session.handle_end(Instant::now());
            } else {
                session.handle_input(buffer.split().freeze(), Instant::now());
            }
        }
    }

    /// What is done about an event, and the answer if it wants one.
    async fn handle(&mut self, event: Event) -> Result<Option<Answer>, Refusal> {
        Ok(match event {
            Event::ReceiveJob { queue } => Some(self.receive(&queue)),
            Event::DocumentBegin { document, about, .. } => Some(self.begin(document, about)),
            Event::DocumentData(octets) => {
                if let Some(open) = self.documents.get_mut(&self.current) {
                    open.submission.push(octets).await.map_err(|failure| self.refused(failure))?;
                }
                None
            }
            Event::DocumentEnd { document } => Some(self.end(document).await),
            Event::DocumentsDescribed(described) => Some(self.described(described).await),
            Event::Aborted => {
                self.documents.clear();
                None
            }
            Event::Failed(error) => {
                tracing::info!(peer = %self.peer, reason = %error, protocol = "lpd", "a request was refused");
                self.documents.clear();
                None
            }
            Event::PrintWaiting { queue } => Some(match self.find(&queue) {
                // Documents wait for their owners, not for this command.
                Some(_) => Answer::Accept,
                None => Answer::Refuse(Refusal::Never),
            }),
            Event::State { queue, long, operands } => Some(self.state(&queue, long, &operands).await),
            Event::Remove { queue, agent, operands } => Some(self.remove(&queue, &agent, &operands).await),
        })
    }

    fn find(&self, name: &str) -> Option<Arc<Queue>> {
        self.port.queues.borrow().find(name).cloned()
    }

    fn receive(&mut self, name: &str) -> Answer {
        let snapshot = self.port.queues.borrow().clone();
        if !snapshot.connected {
            tracing::info!(peer = %self.peer, queue = name, protocol = "lpd", "the job server is away; a job was refused");
            return Answer::Refuse(Refusal::Later);
        }
        match snapshot.find(name) {
            None => {
                tracing::info!(peer = %self.peer, queue = name, protocol = "lpd", "there is no such queue; a job was refused");
                Answer::Refuse(Refusal::Never)
            }
            Some(queue) if !queue.accepting_jobs => Answer::Refuse(Refusal::Later),
            Some(queue) => {
                self.queue = Some(queue.clone());
                Answer::Accept
            }
        }
    }

    fn begin(&mut self, document: usize, about: Option<About>) -> Answer {
        let Some(queue) = &self.queue else { return Answer::Refuse(Refusal::Never) };
        let described = about.is_some();
        let create = JobCreateRequest {
            submission_id: submission_id(),
            queue: queue.name.clone(),
            source_host: self.peer.to_string(),
            source_protocol: "lpd".to_owned(),
            document_format: "application/octet-stream".to_owned(),
            described_at_end: !described,
            ..JobCreateRequest::default()
        };
        let create = match about {
            Some(about) => with(create, about),
            None => create,
        };
        let head = Head::New(Box::new(create.clone()));
        let submission = Submission::begin(&self.port.streaming, head, self.port.config.document_bytes_max);
        self.documents.insert(document, Open { submission, create, described });
        self.current = document;
        Answer::Accept
    }

    /// A described document is finished now; the other kind waits for its control file.
    async fn end(&mut self, document: usize) -> Answer {
        match self.documents.get(&document) {
            Some(open) if !open.described => return Answer::Accept,
            Some(_) => {}
            None => return Answer::Refuse(Refusal::Never),
        }
        match self.finish(document, None).await {
            Ok(_) => Answer::Accept,
            Err(refusal) => Answer::Refuse(refusal),
        }
    }

    /// Finishes every document of a job whose control file came last; all of them or none.
    async fn described(&mut self, described: Vec<(usize, About)>) -> Answer {
        let mut done = Vec::new();
        for (document, about) in described {
            match self.finish(document, Some(about)).await {
                Ok(job) => done.push(job),
                Err(refusal) => {
                    // The client will send the whole job again.
                    for job in done {
                        let back = JobCancelRequest { job_id: job.id, logon: String::new(), operator: true };
                        if let Err(status) = self.port.jobserver.clone().job_cancel(back).await {
                            tracing::warn!(
                                job.id,
                                reason = status.message(),
                                "a job that was taken in part stays"
                            );
                        }
                    }
                    return Answer::Refuse(refusal);
                }
            }
        }
        Answer::Accept
    }

    async fn finish(&mut self, document: usize, about: Option<About>) -> Result<Job, Refusal> {
        let (Some(open), Some(queue)) = (self.documents.remove(&document), self.queue.clone()) else {
            return Err(Refusal::Never);
        };
        if open.submission.bytes() == 0 {
            tracing::info!(peer = %self.peer, queue = %queue.name, protocol = "lpd", "an empty document was refused");
            return Err(Refusal::Never);
        }
        let late = about.map(|about| with(open.create, about));
        let job = open.submission.finish(late).await.map_err(|failure| self.refused(failure))?;
        self.port.submitted(&queue, &job);
        Ok(job)
    }

    fn refused(&self, failure: Failure) -> Refusal {
        tracing::info!(peer = %self.peer, reason = %failure, protocol = "lpd", "a document was refused");
        match failure {
            Failure::TooLarge { .. } => Refusal::Never,
            Failure::Refused(error) => match error.kind {
                rpc::Kind::Unavailable | rpc::Kind::Internal => Refusal::Later,
                rpc::Kind::NotFound | rpc::Kind::Refused | rpc::Kind::Conflict | rpc::Kind::Invalid => {
                    Refusal::Never
                }
            },
        }
    }

    async fn state(&self, name: &str, long: bool, operands: &[String]) -> Answer {
        let snapshot = self.port.queues.borrow().clone();
        let Some(queue) = snapshot.find(name) else {
            return Answer::Text(format!("{}: unknown queue\n", name.escape_default()));
        };
        let jobs = match self.waiting(queue).await {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::warn!(reason = %error, "the jobs of a queue cannot be listed");
                return Answer::Text(format!("{}: the job server is away\n", queue.name));
            }
        };
        let shown = jobs.iter().filter(|job| {
            operands.is_empty()
                || operands.iter().any(|operand| {
                    operand.parse() == Ok(job.id)
                        || same_person(operand, &job.submit_logon)
                        || same_person(operand, &job.owner_logon)
                })
        });
        let entries: Vec<Entry<'_>> = shown
            .map(|job| Entry {
                id: job.id,
                owner: &job.owner_logon,
                name: if queue.hide_document_name { "Hidden" } else { &job.name },
                host: &job.source_host,
                bytes: job.bytes,
                active: JobState::from_code(job.state) == Some(JobState::Processing),
            })
            .collect();
        let headline = format!("{} holds documents until they are collected", queue.name);
        Answer::Text(listing::state(&headline, &entries, long))
    }

    async fn remove(&self, name: &str, agent: &str, operands: &[String]) -> Answer {
        let Some(queue) = self.find(name) else { return Answer::Refuse(Refusal::Never) };
        let jobs = match self.waiting(&queue).await {
            Ok(jobs) => jobs,
            Err(_) => return Answer::Refuse(Refusal::Later),
        };
        // Nobody removes what is not theirs, whatever name a client claims to remove as.
        let mut mine = jobs
            .iter()
            .filter(|job| same_person(agent, &job.submit_logon) || same_person(agent, &job.owner_logon));
        let wanted: Vec<&Job> = if operands.is_empty() {
            mine.next().into_iter().collect()
        } else {
            mine.filter(|job| {
                operands.iter().any(|operand| operand.parse() == Ok(job.id) || same_person(operand, agent))
            })
            .collect()
        };
        for job in wanted {
            let cancel = JobCancelRequest { job_id: job.id, logon: job.owner_logon.clone(), operator: false };
            if let Err(status) = self.port.jobserver.clone().job_cancel(cancel).await {
                tracing::info!(job.id, reason = status.message(), protocol = "lpd", "a job was not removed");
                return Answer::Refuse(Refusal::Later);
            }
        }
        Answer::Accept
    }

    /// Jobs of the queue that were not collected yet.
    async fn waiting(&self, queue: &Queue) -> Result<Vec<Job>, rpc::Error> {
        let list = JobListRequest {
            queue: queue.name.clone(),
            which: Which::NotCompleted.into(),
            limit: LISTED_MAX,
            ..JobListRequest::default()
        };
        let mut pages = self.port.jobserver.clone().job_list(list).await?.into_inner();
        let mut jobs = Vec::new();
        while let Some(page) = pages.message().await? {
            jobs.extend(page.jobs);
        }
        Ok(jobs)
    }
}

/// `create` with what the control file says.
fn with(create: JobCreateRequest, about: About) -> JobCreateRequest {
    let attributes =
        [("lpd-format".to_owned(), about.format.to_string()), ("lpd-host".to_owned(), about.host)];
    JobCreateRequest {
        network_logon: about.user,
        name: about.title,
        ticket: Some(JobTicket {
            copies: i32::try_from(about.copies).unwrap_or(i32::MAX),
            attributes: attributes.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            ..JobTicket::default()
        }),
        ..create
    }
}

const fn octet(refusal: Refusal) -> u8 {
    match refusal {
        Refusal::Later => 1,
        Refusal::Never => 2,
    }
}

/// Reads on without a use for it: a connection closed over unread octets is reset, and many clients would see the reset
/// before the refusal.
async fn drain(stream: &mut TcpStream, buffer: &mut BytesMut) {
    let discard = async {
        let mut discarded = 0;
        while discarded < DRAIN_BYTES_MAX {
            buffer.clear();
            buffer.reserve(READ_BYTES);
            match stream.read_buf(buffer).await {
                Ok(0) | Err(_) => break,
                Ok(read) => discarded += read,
            }
        }
    };
    // Who sends for longer has been told.
    let _ = tokio::time::timeout(DRAIN_LIMIT, discard).await;
}

/// `work` within the time a peer may pause.
async fn in_time<T>(port: &Port, work: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
    tokio::time::timeout(port.config.stall_limit(), work).await?
}

/// Octets read at a time.
const READ_BYTES: usize = 64 * 1024;
/// Jobs told in one queue state.
const LISTED_MAX: i64 = 1_000;
