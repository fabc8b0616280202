//! Two tracking servers and a network between them that breaks wherever it likes.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rpc::proto::common::page_count::Status as CountStatus;
use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::collection_client::CollectionClient;
use rpc::proto::trackingserver::record::{DeletedBy, JobType};
use rpc::proto::trackingserver::reports_client::ReportsClient;
use rpc::proto::trackingserver::tracking_client::TrackingClient;
use rpc::{Error, Kind};
use service::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::Channel;
use trackingserver::Config;

/// Guards a wait that only a bug would make endless.
const PATIENCE: Duration = Duration::from_secs(60);
/// 2026-01-01 00:00 UTC.
const NEW_YEAR: i64 = 1_767_225_600_000_000;

/// A tracking server on `directory`; one on another machine of the installation of `authority`, if there is one.
async fn server(directory: &Path, authority: Option<&Path>, config: Config) -> Context<Config> {
    let mut context = Context::for_test("trackingserver", config, directory);
    context.common.grpc.insert("trackingserver".to_owned(), "127.0.0.1:0".parse().unwrap());
    if let Some(authority) = authority {
        for file in ["ca.pem", "ca.key"] {
            std::fs::copy(authority.join("keys").join(file), directory.join("keys").join(file)).unwrap();
        }
    }
    trackingserver::start(context.clone()).await.unwrap();
    context
}

async fn stop(context: Context<Config>) {
    context.stop.ask();
    context.tasks.close();
    context.tasks.wait().await;
}

fn channel(context: &Context<Config>) -> Channel {
    context.peer("trackingserver")
}

async fn record(context: &Context<Config>, numbers: std::ops::Range<i64>) {
    let records = numbers.map(|number| proto::Record {
        tracking_id: format!("id-{number}"),
        computer_name: "branch".into(),
        accounting_model_used: "NONE".into(),
        start_us: NEW_YEAR + number,
        stop_us: NEW_YEAR + number,
        tracking_page_count: 1,
        job_name: format!("letter {number}"),
        user_logon: "anna".into(),
        job_type: JobType::Pull.into(),
        page_count_status: CountStatus::Ok.into(),
        deleted_by: if number % 10 == 9 { DeletedBy::User.into() } else { 0 },
        ..proto::Record::default()
    });
    let request = proto::RecordRequest { records: records.collect() };
    TrackingClient::new(channel(context)).record(request).await.unwrap();
}

/// Names of the records of a server, in their order.
async fn listed(context: &Context<Config>) -> Vec<String> {
    let mut client = TrackingClient::new(channel(context));
    let mut pages = client.list(proto::ListRequest::default()).await.unwrap().into_inner();
    let mut ids = Vec::new();
    while let Some(page) = pages.message().await.unwrap() {
        ids.extend(page.records.into_iter().map(|record| record.tracking_id));
    }
    ids
}

/// The records up to `end` that a list shows, and how many documents were deleted unprinted.
fn expected(end: i64) -> (Vec<String>, i64) {
    let ids = (0..end).filter(|number| number % 10 != 9).map(|number| format!("id-{number}"));
    (ids.collect(), end / 10)
}

async fn collect(context: &Context<Config>) -> proto::Collected {
    let mut client = CollectionClient::new(channel(context));
    let answer = client.collect(proto::CollectRequest::default()).await.unwrap().into_inner();
    let [collected] = answer.collected.try_into().unwrap();
    collected
}

async fn saved(context: &Context<Config>) -> i64 {
    let answer = ReportsClient::new(channel(context)).server(proto::ServerRequest::default()).await.unwrap();
    answer.into_inner().deleted_by_user.unwrap_or_default().jobs
}

/// A piece of network: it forwards so many bytes to the secondary, then it is cut.
struct Network {
    address: SocketAddr,
    budget: Arc<AtomicUsize>,
}

impl Network {
    async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let budget = Arc::new(AtomicUsize::new(usize::MAX));
        let left = budget.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target, left.clone()));
            }
        });
        Self { address, budget }
    }

    fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Lets `bytes` more through to the secondary, over however many connections.
    fn let_through(&self, bytes: usize) {
        self.budget.store(bytes, Ordering::SeqCst);
    }
}

async fn carry(client: TcpStream, target: SocketAddr, left: Arc<AtomicUsize>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut buffer = [0; 16];
    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
        let taken = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(read));
        if taken.is_err() || to_server.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    // Both directions end at once, as when a cable is pulled and the ends notice.
    back.abort();
}

/// TRK-3: offline.
#[tokio::test(flavor = "multi_thread")]
async fn each_record_arrives_once_wherever_the_network_breaks() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let branch = server(&path("branch"), None, Config { collected: true, ..Config::default() }).await;
    let network = Network::to(branch.address("grpc").unwrap()).await;
    let config = Config {
        collect_from: [("branch".to_owned(), network.url())].into(),
        hide_job_names_of: vec!["branch".into()],
        ..Config::default()
    };
    let main = server(&path("main"), Some(&path("branch")), config).await;

    // What was not collected is not deleted.
    record(&branch, 0..40).await;
    let everything = proto::DeleteRequest { until_sequence: i64::MAX, ..Default::default() };
    let refused = TrackingClient::new(channel(&branch)).delete(everything).await.unwrap_err();
    assert_eq!(Error::from(refused).kind, Kind::Refused);

    // The network lets a little more through each time: it breaks in the handshake, in the request for a batch,
    // between a batch and its confirmation, and after it. Later it breaks on a connection that was good before.
    let (mut end, mut broken, mut unconfirmed) = (40, 0, 0);
    let cuts = (0..2_000).step_by(200).map(|bytes| (false, bytes));
    for (connected, bytes) in cuts.chain((0..400).step_by(10).map(|bytes| (true, bytes))) {
        if connected {
            network.let_through(usize::MAX);
            collect(&main).await;
        }
        record(&branch, end..end + 10).await;
        end += 10;
        network.let_through(bytes);
        let before = listed(&main).await.len();
        let collected = collect(&main).await;
        broken += usize::from(!collected.error.is_empty());
        // The batch was stored, and its confirmation did not arrive.
        unconfirmed += usize::from(!collected.error.is_empty() && listed(&main).await.len() > before);
    }
    assert!(
        broken > 10 && unconfirmed > 0,
        "the network broke {broken} times, {unconfirmed} before a confirmation"
    );
    network.let_through(usize::MAX);
    let mut client = CollectionClient::new(channel(&main));
    let until = Instant::now();
    loop {
        let collected = collect(&main).await;
        if collected.error.is_empty() {
            break;
        }
        assert!(until.elapsed() < PATIENCE, "{collected:?}");
    }
    let (ids, deleted) = expected(end);
    assert_eq!(listed(&main).await, ids);
    assert_eq!((saved(&main).await, collect(&main).await.records), (deleted, 0));
    let nobody = client.collect(proto::CollectRequest { name: "nobody".into() }).await.unwrap_err();
    assert_eq!(Error::from(nobody).kind, Kind::Invalid);

    // The primary hides what it is told to hide; the secondary keeps its own, and may delete it now.
    let show = proto::ShowRequest { tracking_id: "id-1".into() };
    let name = async |context: &Context<Config>| {
        let shown = ReportsClient::new(channel(context)).show(show.clone()).await.unwrap();
        shown.into_inner().job_name
    };
    assert_eq!((name(&main).await, name(&branch).await), ("********".to_owned(), "letter 1".to_owned()));
    let everything = proto::DeleteRequest { until_sequence: i64::MAX, ..Default::default() };
    let gone = TrackingClient::new(channel(&branch)).delete(everything).await.unwrap().into_inner().deleted;
    assert_eq!(usize::try_from(gone).unwrap(), ids.len());
    stop(main).await;
    stop(branch).await;
}

/// TRK-3: online.
#[tokio::test(flavor = "multi_thread")]
async fn records_are_reported_as_they_come_through_restarts_of_both_ends() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let main = server(&path("main"), None, Config::default()).await;
    let network = Network::to(main.address("grpc").unwrap()).await;
    let online = Config { report_to: Some(network.url()), ..Config::default() };
    let branch = server(&path("branch"), Some(&path("main")), online.clone()).await;
    record(&branch, 0..30).await;
    // Cut, while more comes; the secondary is started again before the network is back.
    network.let_through(0);
    record(&branch, 30..1_000).await;
    stop(branch).await;
    let branch = server(&path("branch"), Some(&path("main")), online).await;
    network.let_through(usize::MAX);
    let (ids, deleted) = expected(1_000);
    let began = Instant::now();
    while saved(&main).await < deleted {
        assert!(began.elapsed() < PATIENCE, "{} records", listed(&main).await.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(listed(&main).await, ids);
    stop(branch).await;
    stop(main).await;
}
