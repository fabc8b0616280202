//! Stories: the whole server on real sockets, with devices that are honest or break on request.

mod counting;
mod credit;
mod data_logon;
mod events;
mod fidelity;
mod integrity;
mod links;
mod login;
mod people;
mod people_at_the_panel;
mod proof;
mod push;
mod refusal;
mod release;
mod release_ipp;
mod rewrite;
mod saved;
mod snmp;
mod spool_and_rows;
mod submission;
mod walkup;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::login::Credential;
use domain::secret::CardCode;
use domain::{DeviceName, JobId};
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::administration_client::AdministrationClient;
use rpc::proto::jobserver::document_chunk::Part;
use rpc::proto::jobserver::submission_client::SubmissionClient;
use service::Context;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::Channel;

use crate::config::Config;
use crate::session::{DeviceSession, PrintEvent, PrintRun};
use crate::state::Jobserver;

/// Guards a wait that only a bug would make endless.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server on a directory of its own, with ann (card "ann-card"), bob (card "bob-card") and the queue "pull".
pub(crate) struct World {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) context: Context<Config>,
    pub(crate) server: Jobserver,
    submission: SubmissionClient<Channel>,
    pub(crate) administration: AdministrationClient<Channel>,
    next: u32,
}

impl World {
    pub(crate) async fn new() -> Self {
        let mut world = Self::on(tempfile::tempdir().unwrap()).await;
        for logon in ["ann", "bob"] {
            let user = message::UserAddRequest { logon: logon.into(), ..Default::default() };
            world.administration.user_add(user).await.unwrap();
            let code = format!("{logon}-card");
            let card = message::CardAddRequest { logon: logon.into(), code, ..Default::default() };
            world.administration.card_add(card).await.unwrap();
        }
        let queue = message::Queue { name: "pull".into(), ..Default::default() };
        world.administration.queue_add(message::QueueAddRequest { queue: Some(queue) }).await.unwrap();
        world
    }

    /// A server on what another one left behind.
    pub(crate) async fn on(directory: tempfile::TempDir) -> Self {
        let context = Context::for_test("jobserver", Config::default(), directory.path());
        let server = crate::open(&context, std::io::sink()).await.unwrap();
        crate::serve(&context, server.clone()).await.unwrap();
        let channel = context.peer("jobserver");
        let submission = SubmissionClient::new(channel.clone());
        let administration = AdministrationClient::new(channel);
        Self { directory, context, server, submission, administration, next: 0 }
    }

    /// Stops this server as the kernel would: nothing is drained, the directory stays.
    pub(crate) async fn stop(self) -> tempfile::TempDir {
        self.context.stop.ask();
        self.context.stop.force();
        self.context.tasks.close();
        tokio::time::timeout(PATIENCE, self.context.tasks.wait()).await.expect("the tasks end");
        self.directory
    }

    fn create(&mut self, logon: &str) -> message::JobCreateRequest {
        self.next += 1;
        message::JobCreateRequest {
            submission_id: format!("submission-{}", self.next),
            queue: "pull".into(),
            network_logon: logon.into(),
            name: format!("document {}", self.next),
            source_protocol: "ipp".into(),
            ..Default::default()
        }
    }

    async fn send(&mut self, parts: Vec<Part>) -> Result<message::Job, rpc::Error> {
        let chunks: Vec<_> =
            parts.into_iter().map(|part| message::DocumentChunk { part: Some(part) }).collect();
        let answer = self.submission.document_send(tokio_stream::iter(chunks)).await;
        answer.map(tonic::Response::into_inner).map_err(rpc::Error::from)
    }

    /// Submits a document and answers with its job.
    async fn submit(&mut self, logon: &str, data: &[u8]) -> Result<message::Job, rpc::Error> {
        let create = self.create(logon);
        self.send(parts(create, data)).await
    }

    pub(crate) async fn held(&mut self, logon: &str, data: &[u8]) -> JobId {
        let job = self.submit(logon, data).await.unwrap();
        assert_eq!(job.state(), message::job::State::Held);
        JobId(job.id)
    }

    async fn show(&mut self, job: JobId) -> message::Job {
        self.submission.job_show(message::JobShowRequest { job_id: job.0 }).await.unwrap().into_inner()
    }

    /// A device of this name whose documents go to `address` (empty: through its session).
    pub(crate) async fn device(&mut self, name: &str, address: &str) {
        let device =
            message::DeviceAddRequest { name: name.into(), address: address.into(), ..Default::default() };
        self.administration.device_add(device).await.unwrap();
    }

    pub(crate) async fn session(&self, name: &str) -> DeviceSession {
        let name = DeviceName::parse(name).unwrap();
        let (device, _) = self.server.0.store.device_by_name(&name).unwrap().unwrap();
        let server = self.server.clone();
        DeviceSession { server, device, person: None, presence: None, balance: None, walkups: Vec::new() }
    }

    async fn logged_in(&self, device: &str, card: &str) -> DeviceSession {
        let mut session = self.session(device).await;
        session.login(Credential::Card(CardCode::parse(card).unwrap()), None).await.unwrap();
        session
    }

    /// Tracking records that wait to be delivered.
    fn tracked_records(&self) -> Vec<rpc::proto::trackingserver::Record> {
        use prost::Message as _;
        let rows = self.server.0.store.outbox_peek(crate::tracking::RECIPIENT, 1_000).unwrap();
        rows.iter()
            .map(|row| rpc::proto::trackingserver::Record::decode(row.payload.as_slice()).unwrap())
            .collect()
    }

    fn tracked(&self) -> usize {
        self.tracked_records().iter().filter(|record| record.deleted_by == 0).count()
    }

    /// Files in the spool, finished and unfinished.
    fn files(&self) -> usize {
        self.server.0.spool.list().unwrap().documents.len()
    }
}

fn parts(create: message::JobCreateRequest, data: &[u8]) -> Vec<Part> {
    let mut parts = vec![Part::Create(create)];
    parts.extend(data.chunks(200_000).map(|chunk| Part::Data(chunk.to_vec().into())));
    let bytes = i64::try_from(data.len()).unwrap();
    parts.push(Part::End(message::DocumentEnd { bytes, ..Default::default() }));
    parts
}

/// The events of a run until its end; progress is left out.
async fn finished(mut run: PrintRun) -> Vec<PrintEvent> {
    let mut events = Vec::new();
    while let Some(event) = tokio::time::timeout(PATIENCE, run.events.recv()).await.expect("the run ends") {
        if !matches!(event, PrintEvent::Progress { .. }) {
            events.push(event);
        }
    }
    events
}

fn done(events: &[PrintEvent]) -> (u32, u32) {
    match events.last() {
        Some(PrintEvent::Done { printed, failed }) => (*printed, *failed),
        other => panic!("the run ended with {other:?}"),
    }
}

/// What a raw device does with a connection.
#[derive(Clone, Copy)]
enum Behaviour {
    /// Takes everything and closes in order.
    Honest,
    /// Takes so many bytes and resets the connection.
    ResetAfter(usize),
    /// Takes so many bytes and closes.
    CloseAfter(usize),
}

/// A raw device; what came out is in `printed`, a document per connection that ended well.
struct Printer {
    address: SocketAddr,
    printed: Arc<Mutex<Vec<Vec<u8>>>>,
    behaviour: Arc<Mutex<Behaviour>>,
}

impl Printer {
    async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let printed = Arc::new(Mutex::new(Vec::new()));
        let behaviour = Arc::new(Mutex::new(behaviour));
        let (kept, told) = (Arc::clone(&printed), Arc::clone(&behaviour));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let behaviour = *told.lock().unwrap();
                take(stream, behaviour, &kept).await;
            }
        });
        Self { address, printed, behaviour }
    }

    fn printed(&self) -> Vec<Vec<u8>> {
        self.printed.lock().unwrap().clone()
    }

    fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }
}

async fn take(mut stream: TcpStream, behaviour: Behaviour, kept: &Mutex<Vec<Vec<u8>>>) {
    let mut data = Vec::new();
    match behaviour {
        Behaviour::Honest => {
            if stream.read_to_end(&mut data).await.is_ok() {
                kept.lock().unwrap().push(data);
            }
        }
        Behaviour::CloseAfter(bytes) => {
            data.resize(bytes, 0);
            let _ = stream.read_exact(&mut data).await;
        }
        Behaviour::ResetAfter(bytes) => {
            data.resize(bytes, 0);
            let _ = stream.read_exact(&mut data).await;
            let socket = socket2::SockRef::from(&stream);
            socket.set_linger(Some(Duration::ZERO)).unwrap();
        }
    }
}

fn sample(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index % 251) as u8).collect()
}
