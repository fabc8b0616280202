//! Internal calls between two servers of one suite, over the Unix socket and over mutual TLS.

use std::net::SocketAddr;
use std::path::Path;

use service::Context;
use service::config::NoConfig;
use service::grpc::caller;
use service::http::Trust;
use tonic::service::Routes;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

fn context(name: &'static str, dir: &Path) -> Context<NoConfig> {
    Context::for_test(name, NoConfig::default(), dir)
}

async fn status(channel: tonic::transport::Channel) -> Result<ServingStatus, tonic::Status> {
    let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await?;
    Ok(answer.into_inner().status())
}

#[tokio::test]
async fn a_peer_is_called_over_its_socket_and_is_healthy_once_ready() {
    let dir = tempfile::tempdir().unwrap();
    let callee = context("jobserver", dir.path());
    let caller = context("portserver", dir.path());
    let channel = caller.peer("jobserver");
    assert!(status(channel.clone()).await.is_err(), "nobody listens yet");

    callee.serve_grpc(Routes::default()).await.unwrap();
    assert_eq!(status(channel.clone()).await.unwrap(), ServingStatus::NotServing);
    callee.ready();
    assert_eq!(status(channel).await.unwrap(), ServingStatus::Serving);

    callee.stop.ask();
    callee.tasks.close();
    callee.tasks.wait().await;
}

#[tokio::test]
async fn a_data_directory_deeper_than_a_socket_address_is_long_works() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("d".repeat(100));
    let callee = context("jobserver", &deep);
    callee.serve_grpc(Routes::default()).await.unwrap();
    callee.ready();
    assert_eq!(status(callee.peer("jobserver")).await.unwrap(), ServingStatus::Serving);
}

#[tokio::test]
async fn a_peer_of_another_machine_is_called_over_mutual_tls() {
    let dir = tempfile::tempdir().unwrap();
    let (callee, address) = tls_server(dir.path()).await;
    let mut caller = context("portserver", dir.path());
    caller.common.peers.insert("jobserver".to_owned(), format!("https://{address}"));
    assert_eq!(status(caller.peer("jobserver")).await.unwrap(), ServingStatus::Serving);
    drop(callee);
}

#[tokio::test]
async fn a_server_of_another_installation_is_turned_away() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (callee, address) = tls_server(ours.path()).await;
    let mut stranger = context("portserver", theirs.path());
    stranger.common.peers.insert("jobserver".to_owned(), format!("https://{address}"));
    assert!(status(stranger.peer("jobserver")).await.is_err());
    drop(callee);
}

#[tokio::test]
async fn a_server_under_another_name_is_not_called() {
    let dir = tempfile::tempdir().unwrap();
    let (callee, address) = tls_server(dir.path()).await;
    let mut caller = context("portserver", dir.path());
    // The jobserver listens there, and it cannot pass for the tracking server.
    caller.common.peers.insert("trackingserver".to_owned(), format!("https://{address}"));
    assert!(status(caller.peer("trackingserver")).await.is_err());
    drop(callee);
}

#[tokio::test]
async fn a_handler_knows_who_calls() {
    let dir = tempfile::tempdir().unwrap();
    let mut callee = context("jobserver", dir.path());
    callee.common.grpc.insert("jobserver".to_owned(), "127.0.0.1:0".parse().unwrap());
    callee.serve_grpc(Routes::new(Probe)).await.unwrap();
    callee.serve_grpc_remote("administration", 7723, Routes::new(Probe)).await.unwrap();

    let own = std::process::id();
    let uid = rustix::process::geteuid().as_raw();
    let local = context("portserver", dir.path());
    assert_eq!(probe(local.peer("jobserver")).await, format!("Local {{ uid: {uid}, pid: Some({own}) }}"));

    let mut distant = context("portserver", dir.path());
    let address = callee.address("grpc").unwrap();
    distant.common.peers.insert("jobserver".to_owned(), format!("https://{address}"));
    let said = probe(distant.peer("jobserver")).await;
    assert!(said.starts_with("Server { name: \"portserver\", address: 127.0.0.1:"), "{said}");

    let address = callee.address("administration").unwrap();
    let connect = tower::service_fn(move |_: tonic::transport::Uri| async move {
        let stream = tokio::net::TcpStream::connect(address).await?;
        Trust::Any.connect("localhost", stream).await.map(hyper_util::rt::TokioIo::new)
    });
    let channel = tonic::transport::Endpoint::from_static("http://x").connect_with_connector_lazy(connect);
    let said = probe(channel).await;
    assert!(said.starts_with("Remote { address: 127.0.0.1:"), "{said}");
}

/// Answers every call with who made it, as the message of a refusal.
#[derive(Clone)]
struct Probe;

impl tonic::server::NamedService for Probe {
    const NAME: &'static str = "papergate.Probe";
}

impl tower::Service<http::Request<tonic::body::Body>> for Probe {
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let request = tonic::Request::from_http(request);
        let caller = caller(&request).expect("every listener knows its callers");
        std::future::ready(Ok(tonic::Status::aborted(format!("{caller:?}")).into_http()))
    }
}

async fn probe(channel: tonic::transport::Channel) -> String {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckRequest>::default();
    let path = http::uri::PathAndQuery::from_static("/papergate.Probe/Who");
    let request = tonic::Request::new(HealthCheckRequest::default());
    client.unary(request, path, codec).await.unwrap_err().message().to_owned()
}

async fn tls_server(dir: &Path) -> (Context<NoConfig>, SocketAddr) {
    let mut callee = context("jobserver", dir);
    callee.common.grpc.insert("jobserver".to_owned(), "127.0.0.1:0".parse().unwrap());
    callee.serve_grpc(Routes::default()).await.unwrap();
    callee.ready();
    let address = callee.address("grpc").expect("the listener was opened");
    (callee, address)
}
