//! The broadcast server over real sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use broadcastserver::allowance::BURST;
use broadcastserver::config::Config;
use service::Context;
use service::config::NoConfig;
use tokio::net::{TcpListener, UdpSocket};
use tonic::service::Routes;
use wire::discovery::limits::DATAGRAM_BYTES;
use wire::discovery::{Answer, Datagram, Name, Request, Target, decode, encode_request};

#[tokio::test]
async fn it_tells_what_serves_and_no_longer_what_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path()).await;
    let asker = Asker::new(&server).await;
    assert_eq!(asker.features().await, [] as [(String, u16); 0]);

    let (jobserver, _listener) = fake_jobserver(dir.path()).await;
    let clients = jobserver.address("clients").unwrap().port();
    asker.until(&[("jobserver/clients".to_owned(), clients)]).await;

    jobserver.stop.ask();
    jobserver.tasks.close();
    jobserver.tasks.wait().await;
    asker.until(&[]).await;
}

#[tokio::test]
async fn it_answers_those_who_mean_it_with_what_they_chose() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path()).await;
    let asker = Asker::new(&server).await;
    for (target, answered) in [
        (Target::Anyone, true),
        (Target::Group(name("SECOND floor")), true),
        (Target::Group(name("third floor")), false),
        (Target::Host(name("print1")), true),
        (Target::Host(name("print2")), false),
    ] {
        asker.send(&encode_request(&Request { cookie: [1; 8], target: target.clone() })).await;
        // The one that is always answered comes second, so silence needs no waiting for.
        asker.send(&encode_request(&Request { cookie: [2; 8], target: Target::Anyone })).await;
        let first = asker.receive().await;
        assert_eq!(first.cookie == [1; 8], answered, "{target:?}");
        assert_eq!((first.group.as_str(), first.host.as_str()), ("second floor", "print1"));
        if answered {
            assert_eq!(asker.receive().await.cookie, [2; 8]);
        }
    }
}

#[tokio::test]
async fn it_keeps_silent_about_what_is_no_request() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path()).await;
    let asker = Asker::new(&server).await;
    let good = encode_request(&Request { cookie: [2; 8], target: Target::Anyone });
    let too_long = [good.as_slice(), &[0]].concat();
    for junk in [&b""[..], &good[..DATAGRAM_BYTES - 1], &too_long, &[0xff; DATAGRAM_BYTES]] {
        asker.send(junk).await;
    }
    asker.send(&good).await;
    assert_eq!(asker.receive().await.cookie, [2; 8]);
    asker.nothing_more().await;
}

#[tokio::test]
async fn a_flood_gets_a_few_answers_no_longer_than_its_requests() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path()).await;
    let asker = Asker::new(&server).await;
    // No more than the kernel holds for a socket that is not read.
    for number in 0..40 {
        asker.send(&encode_request(&Request { cookie: [number; 8], target: Target::Anyone })).await;
    }
    // Another asker is still answered; its request is the last one, so everything before it is done.
    let another = Asker { socket: UdpSocket::bind("127.0.0.2:0").await.unwrap(), server: asker.server };
    another.send(&encode_request(&Request { cookie: [200; 8], target: Target::Anyone })).await;
    assert_eq!(another.receive().await.cookie, [200; 8]);
    let mut buffer = [0; DATAGRAM_BYTES + 1];
    let mut answers = 0;
    while let Ok(length) = asker.socket.try_recv(&mut buffer) {
        assert!(length <= DATAGRAM_BYTES);
        answers += 1;
    }
    assert!((BURST..BURST + 5).contains(&answers), "{answers} answers");
}

#[tokio::test]
async fn it_hears_a_broadcast() {
    let dir = tempfile::tempdir().unwrap();
    let mut context = context(dir.path());
    // Broadcasts reach sockets on every address only; the loopback has a broadcast address too.
    context.common.bind = Ipv4Addr::UNSPECIFIED.into();
    broadcastserver::start(context.clone()).await.unwrap();
    let port = context.address("discovery").unwrap().port();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.set_broadcast(true).unwrap();
    let asker = Asker { socket, server: SocketAddr::from(([127, 255, 255, 255], port)) };
    asker.send(&encode_request(&Request { cookie: [7; 8], target: Target::Anyone })).await;
    assert_eq!(asker.receive().await.cookie, [7; 8]);
}

#[test]
fn the_sample_configuration_is_one() {
    let text = include_str!("../../../deploy/config/papergate.toml");
    let sample: toml::Table = text.parse().unwrap();
    let own: Config = sample["broadcastserver"].clone().try_into().unwrap();
    service::Config::validate(&own).unwrap();
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn context(dir: &Path) -> Context<Config> {
    let config = Config {
        group: "second floor".to_owned(),
        host: "print1".to_owned(),
        check_period_s: 1,
        ..Config::default()
    };
    Context::for_test("broadcastserver", config, dir)
}

async fn server(dir: &Path) -> Context<Config> {
    let context = context(dir);
    broadcastserver::start(context.clone()).await.unwrap();
    context
}

async fn fake_jobserver(dir: &Path) -> (Context<NoConfig>, TcpListener) {
    let jobserver = Context::for_test("jobserver", NoConfig::default(), dir);
    let listener = jobserver.listen_tcp("clients", 7700).await.unwrap();
    jobserver.serve_grpc(Routes::default()).await.unwrap();
    jobserver.ready();
    (jobserver, listener)
}

struct Asker {
    socket: UdpSocket,
    server: SocketAddr,
}

impl Asker {
    async fn new(server: &Context<Config>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Self { socket, server: server.address("discovery").unwrap() }
    }

    async fn send(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.server).await.unwrap();
    }

    async fn try_receive(&self, limit: Duration) -> Option<Answer> {
        let mut buffer = [0; DATAGRAM_BYTES + 1];
        let (length, _) =
            tokio::time::timeout(limit, self.socket.recv_from(&mut buffer)).await.ok()?.unwrap();
        match decode(&buffer[..length]) {
            Ok(Datagram::Answer(answer)) => Some(answer),
            other => panic!("{other:?}"),
        }
    }

    async fn receive(&self) -> Answer {
        self.try_receive(GUARD).await.expect("an answer")
    }

    /// Whatever was answered before this arrives before its answer.
    async fn nothing_more(&self) {
        self.send(&encode_request(&Request { cookie: [99; 8], target: Target::Anyone })).await;
        assert_eq!(self.receive().await.cookie, [99; 8]);
    }

    async fn features(&self) -> Vec<(String, u16)> {
        self.send(&encode_request(&Request { cookie: [0; 8], target: Target::Anyone })).await;
        let features = self.receive().await.features.into_iter();
        features.map(|feature| (feature.name.to_string(), feature.port)).collect()
    }

    async fn until(&self, wanted: &[(String, u16)]) {
        let deadline = Instant::now() + GUARD;
        while self.features().await != wanted {
            assert!(Instant::now() < deadline, "never {wanted:?}");
            // Slower than the allowance is used up.
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// Only so that a fault does not hang the tests.
const GUARD: Duration = Duration::from_secs(60);
