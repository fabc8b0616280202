//! A jobserver with one person, one queue and one device, and panels that talk to it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rpc::proto::common::PageCount;
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::administration_client::AdministrationClient;
use rpc::proto::jobserver::submission_client::SubmissionClient;
use service::{ChannelEncryption, Clock, Context};
use tempfile::TempDir;
use tonic::transport::Channel;
use virtual_mfp::arguments::DeviceArguments;
use virtual_mfp::failure::Failure;
use virtual_mfp::fault::Faults;
use virtual_mfp::line::Line;
use virtual_mfp::serve::engine::Engine;
use virtual_mfp::serve::{device, listen, raw};
use wire::safecom::records::{
    Cancel, Documents, Login, LoginAnswer, LoginMethod, Print, PrintAnswer, Progress, Refusal, Step,
};
use wire::safecom::{Answer, Ids, PeerEvent, Request, Secret, Status};

pub(crate) const SECRET: &str = "a device's secret";
pub(crate) const CARD: &str = "0123456789";

/// A running jobserver.
pub(crate) struct Ground {
    pub(crate) context: Context<jobserver::Config>,
    directory: TempDir,
    pub(crate) administration: AdministrationClient<Channel>,
    submission: SubmissionClient<Channel>,
}

impl Ground {
    pub(crate) async fn start() -> Self {
        Self::start_with(ChannelEncryption::TlsOnly).await
    }

    /// With the person `js` (card, password) and the queue `pull`.
    pub(crate) async fn start_with(encryption: ChannelEncryption) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut context = Context::for_test("jobserver", jobserver::Config::default(), directory.path());
        context.common.channel_encryption = encryption;
        jobserver::start(context.clone()).await.expect("the jobserver starts");
        let channel = context.peer("jobserver");
        let mut administration = AdministrationClient::new(channel.clone());
        let submission = SubmissionClient::new(channel);
        let user = message::UserAddRequest {
            logon: "js".into(),
            full_name: "John Smith".into(),
            password: "correct horse".into(),
            ..Default::default()
        };
        administration.user_add(user).await.expect("a person");
        let card = message::CardAddRequest { logon: "js".into(), code: CARD.into(), ..Default::default() };
        administration.card_add(card).await.expect("a card");
        let queue = message::Queue {
            name: "pull".into(),
            kind: message::queue::Kind::Pull.into(),
            owner: message::queue::Owner::NetworkLogon.into(),
            accepting_jobs: true,
            ..Default::default()
        };
        administration.queue_add(message::QueueAddRequest { queue: Some(queue) }).await.expect("a queue");
        Self { context, directory, administration, submission }
    }

    /// Where the listener `what` is.
    pub(crate) fn address(&self, what: &str) -> String {
        self.context.address(what).expect("it listens").to_string()
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The directory's calls.
    pub(crate) fn people(&self) -> rpc::proto::people::people_client::PeopleClient<Channel> {
        rpc::proto::people::people_client::PeopleClient::new(self.context.peer("jobserver"))
    }

    /// Changes a setting.
    pub(crate) async fn set(&mut self, key: &str, value: &str) {
        let request = message::SettingSetRequest { key: key.into(), value: value.into() };
        self.administration.setting_set(request).await.expect("a setting");
    }

    /// The audit, newest first.
    pub(crate) async fn audit(&mut self) -> Vec<message::Event> {
        // Refusals wait in a queue; what an administrator changes is stored before its answer, and they before it.
        self.set("events.keep-days", "365").await;
        let mut log = message::event_log_client::EventLogClient::new(self.context.peer("jobserver"));
        let list = message::EventListRequest { limit: 500, ..Default::default() };
        let mut pages = log.event_list(list).await.expect("the event log").into_inner();
        let mut events = Vec::new();
        while let Some(page) = pages.message().await.expect("a page") {
            events.extend(page.events);
        }
        events
    }

    /// Registers a device; an empty address means its own session.
    pub(crate) async fn device(&mut self, name: &str, address: &str) -> DeviceArguments {
        let request = message::DeviceAddRequest {
            name: name.into(),
            address: address.into(),
            secret: SECRET.into(),
            ..Default::default()
        };
        self.administration.device_add(request).await.expect("a device");
        self.arguments(name)
    }

    pub(crate) fn arguments(&self, name: &str) -> DeviceArguments {
        DeviceArguments {
            name: name.into(),
            server: self.address("devices"),
            secret_file: None,
            data: None,
            plain: false,
        }
    }

    /// A printer that takes raw data, with what goes wrong; returns its address and its engine.
    pub(crate) fn raw_printer(&self, faults: &str) -> (String, Arc<Engine>) {
        let engine = self.engine(faults);
        let any = ([127, 0, 0, 1], 0).into();
        let listener = listen::Listener::open("raw", any, engine.faults()).expect("a free port");
        let address = format!("raw://{}", listener.address());
        tokio::spawn(raw::serve(listener, engine.clone()));
        (address, engine)
    }

    /// A printer that keeps its session with the server.
    pub(crate) fn session_printer(&self, name: &str, faults: &str) -> Arc<Engine> {
        self.session_printer_with(self.arguments(name), faults)
    }

    /// The same with a connection of another kind.
    pub(crate) fn session_printer_with(&self, arguments: DeviceArguments, faults: &str) -> Arc<Engine> {
        let engine = self.engine(faults);
        tokio::spawn(device::serve(arguments, SECRET.to_owned().into(), engine.clone()));
        engine
    }

    fn engine(&self, faults: &str) -> Arc<Engine> {
        let faults = Faults::parse(faults).expect("faults");
        Arc::new(
            Engine::new(&self.directory.path().join("out"), faults, Clock::system()).expect("a directory"),
        )
    }

    /// What came out, oldest first.
    pub(crate) fn printed(&self) -> Vec<Vec<u8>> {
        let mut files: Vec<_> = std::fs::read_dir(self.directory.path().join("out"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "prn"))
            .collect();
        files.sort();
        files.iter().map(|file| std::fs::read(file).expect("a file")).collect()
    }

    /// Waits until so many documents came out.
    pub(crate) async fn wait_printed(&self, count: usize) -> Vec<Vec<u8>> {
        for _ in 0..GUARD_STEPS {
            if self.printed().len() >= count {
                break;
            }
            tokio::time::sleep(GUARD_STEP).await;
        }
        self.printed()
    }

    /// Holds a document for `js`.
    pub(crate) async fn hold(&mut self, name: &str, data: &[u8]) -> u64 {
        use message::document_chunk::Part;
        let create = message::JobCreateRequest {
            submission_id: format!("test-{name}"),
            queue: "pull".into(),
            network_logon: "js".into(),
            name: name.into(),
            source_protocol: "ipp".into(),
            ..Default::default()
        };
        let count = PageCount {
            status: rpc::proto::common::page_count::Status::Undefined.into(),
            ..Default::default()
        };
        let end = message::DocumentEnd { count: Some(count), bytes: data.len() as i64, ..Default::default() };
        let data = data.chunks(100_000).map(|part| Part::Data(part.to_vec().into()));
        let parts: Vec<_> = std::iter::once(Part::Create(create))
            .chain(data)
            .chain([Part::End(end)])
            .map(|part| message::DocumentChunk { part: Some(part) })
            .collect();
        let job = self.submission.document_send(tokio_stream::iter(parts)).await.expect("a job");
        u64::try_from(job.into_inner().id).expect("an id")
    }
}

/// Steps of waiting for something that comes by itself; a guard against hanging, not a time limit.
const GUARD_STEPS: usize = 2000;
const GUARD_STEP: Duration = Duration::from_millis(10);

/// A panel.
pub(crate) struct Panel {
    pub(crate) line: Line,
    pub(crate) progress: Vec<Progress>,
}

impl Panel {
    pub(crate) async fn open(device: &DeviceArguments) -> Self {
        Self {
            line: Line::open(device, SECRET, false).await.expect("the device is let in"),
            progress: vec![],
        }
    }

    pub(crate) async fn refused(device: &DeviceArguments, secret: &str) -> Failure {
        match Line::open(device, secret, false).await {
            Ok(_) => panic!("the device was let in"),
            Err(failure) => failure,
        }
    }

    /// Asks and waits for the next answer.
    pub(crate) async fn ask(&mut self, request: Request) -> Answer {
        let id = self.line.peer.request(request).expect("the session is open");
        self.answer(id).await.0
    }

    async fn answer(&mut self, request: u32) -> (Answer, bool) {
        loop {
            match self.line.next().await.expect("the session goes on") {
                PeerEvent::Answer { id, answer, last } if id == request => return (answer, last),
                PeerEvent::Progress { progress, .. } => self.progress.push(progress),
                PeerEvent::Ended(ended) => panic!("the session ended: {ended:?}"),
                _ => {}
            }
        }
    }

    /// Prints a document and presses Stop when it is on its way; says whether it was.
    pub(crate) async fn print_and_stop(&mut self, document: u64) -> (PrintAnswer, bool) {
        let print = Print {
            documents: Ids(vec![document]),
            copies: None,
            mono: false,
            duplex: false,
            toner_save: None,
        };
        let run = self.line.peer.request(Request::Print(print)).expect("the session is open");
        let mut stopping = None;
        loop {
            match self.line.next().await.expect("the session goes on") {
                PeerEvent::Answer { id, answer: Answer::Print(end), .. } if id == run => {
                    return (end, stopping.is_some());
                }
                PeerEvent::Answer { id, answer, .. } if Some(id) == stopping => {
                    assert_eq!(answer, Answer::Done)
                }
                PeerEvent::Progress { progress, .. } => {
                    if progress.step == Step::Sending && stopping.is_none() {
                        let cancel = Request::Cancel(Cancel { request: run });
                        stopping = Some(self.line.peer.request(cancel).expect("the session is open"));
                    }
                    self.progress.push(progress);
                }
                PeerEvent::Ended(ended) => panic!("the session ended: {ended:?}"),
                _ => {}
            }
        }
    }

    pub(crate) async fn login(
        &mut self,
        method: LoginMethod,
        id: &str,
        secret: Option<&str>,
    ) -> Result<LoginAnswer, Refusal> {
        let login = Login { method, id: Secret::new(id), secret: secret.map(Secret::new) };
        match self.ask(Request::Login(login)).await {
            Answer::Login(answer) => Ok(answer),
            Answer::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    /// Shows the card of `js`.
    pub(crate) async fn card(&mut self) {
        let answer = self.login(LoginMethod::Card, CARD, None).await.expect("the card is known");
        assert_eq!(answer.user.expect("a person").logon, "js");
    }

    pub(crate) async fn list(&mut self) -> Vec<wire::safecom::records::Document> {
        let request = Request::Documents(Documents { after_id: 0, limit: 0 });
        let id = self.line.peer.request(request).expect("the session is open");
        let mut all = Vec::new();
        loop {
            let (Answer::Documents(page), last) = self.answer(id).await else { panic!("no listing") };
            all.extend(page.documents);
            if last {
                return all;
            }
        }
    }

    /// Prints documents, all when none is named; what did not come out is in `progress`.
    pub(crate) async fn print(&mut self, ids: &[u64]) -> PrintAnswer {
        let print = Print {
            documents: Ids(ids.to_vec()),
            copies: None,
            mono: false,
            duplex: false,
            toner_save: None,
        };
        match self.ask(Request::Print(print)).await {
            Answer::Print(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// Why a document failed.
    pub(crate) fn failure_of(&self, document: u64) -> (Status, String) {
        let failed = self.progress.iter().find(|p| p.document == document && p.step == Step::Failed);
        let failed = failed.expect("the document failed");
        (failed.status, failed.text.clone())
    }
}
