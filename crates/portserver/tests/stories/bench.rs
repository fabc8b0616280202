//! A portserver, a jobserver and clients on one bench.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use portserver::Config;
use rpc::proto::jobserver::{Queue, queue};
use service::Context;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::ipp::client::{JobOptions, Requests};
use wire::ipp::{Limits, Message, Status, decode};

use crate::jobserver::Jobserver;

pub(crate) struct Bench {
    pub(crate) port: Context<Config>,
    pub(crate) jobserver: Jobserver,
    pub(crate) dir: tempfile::TempDir,
}

/// A PDF of one page that any reader takes.
pub(crate) const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// The queue every story has: whoever the network says it is.
pub(crate) fn pull() -> Queue {
    Queue {
        id: 1,
        name: "pull".into(),
        kind: queue::Kind::Pull.into(),
        description: "Follow me".into(),
        location: "Everywhere".into(),
        owner: queue::Owner::NetworkLogon.into(),
        color: true,
        duplex: true,
        accepting_jobs: true,
        ..Queue::default()
    }
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(vec![pull()], |_| {}).await
    }

    pub(crate) async fn with(queues: Vec<Queue>, change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().expect("there is room for a directory");
        let jobserver = Jobserver::start(dir.path(), queues).await;
        let mut config = Config { advertise: false, ..Config::default() };
        change(&mut config);
        let port = Context::for_test("portserver", config, dir.path());
        portserver::start(port.clone()).await.expect("the portserver starts");
        let bench = Self { port, jobserver, dir };
        bench.serving().await;
        bench
    }

    /// Waits until the queues have arrived.
    pub(crate) async fn serving(&self) {
        let mut requests = self.requests("ann");
        until("the queues arrive", async || {
            let answer =
                self.ipp(&requests.get_printer_attributes(&["printer-is-accepting-jobs"]), b"").await;
            let printer = answer.group(wire::ipp::GroupTag::Printer);
            printer.and_then(|printer| printer.boolean("printer-is-accepting-jobs")) == Some(true)
        })
        .await;
    }

    pub(crate) fn address(&self, what: &str) -> SocketAddr {
        self.port.address(what).unwrap_or_else(|| panic!("nothing listens as {what}"))
    }

    pub(crate) fn uri(&self, queue: &str) -> String {
        format!("ipp://{}/ipp/print/{queue}", self.address("ipp"))
    }

    pub(crate) fn requests(&self, user: &str) -> Requests {
        Requests::new(self.uri("pull"), user)
    }

    /// One IPP request on a connection of its own.
    pub(crate) async fn ipp(&self, request: &Message, document: &[u8]) -> Message {
        let mut body = request.encode().to_vec();
        body.extend_from_slice(document);
        self.ipp_octets(&body, "").await
    }

    /// As [`Bench::ipp`], from octets, with further header lines.
    pub(crate) async fn ipp_octets(&self, body: &[u8], headers: &str) -> Message {
        let (status, answer) = self.post(body, headers).await;
        assert_eq!(status, 200);
        decode::decode(answer, Limits::RESPONSE).expect("the answer is IPP").0
    }

    pub(crate) async fn post(&self, body: &[u8], headers: &str) -> (u16, Bytes) {
        let head = format!(
            "POST /ipp/print/pull HTTP/1.1\r\nHost: {}\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
            self.address("ipp"),
            body.len()
        );
        self.http(&[head.as_bytes(), body].concat()).await
    }

    /// Sends octets as they are and reads the one response until the connection ends.
    pub(crate) async fn http(&self, octets: &[u8]) -> (u16, Bytes) {
        let mut stream = TcpStream::connect(self.address("ipp")).await.expect("the port is open");
        stream.write_all(octets).await.expect("the server reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("the server answers");
        response(&answer)
    }

    /// Prints as `ann` and expects it to be taken.
    pub(crate) async fn print(&self, title: &str, document: &[u8]) -> i32 {
        let options =
            JobOptions { name: title.into(), format: "application/pdf".into(), ..JobOptions::default() };
        let answer = self.ipp(&self.requests("ann").print_job(&options), document).await;
        assert_eq!(Status::from_code(answer.code), Some(Status::Ok), "{answer:?}");
        wire::ipp::client::JobStatus::of(&answer).expect("a job is told").id
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.port.stop.force();
    }
}

/// Status and body of a response, chunked or not.
pub(crate) fn response(octets: &[u8]) -> (u16, Bytes) {
    let end = octets.windows(4).position(|window| window == b"\r\n\r\n").expect("a header") + 4;
    let head = String::from_utf8_lossy(&octets[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let mut rest = &octets[end..];
    if !head.contains("transfer-encoding: chunked") {
        return (status, Bytes::copy_from_slice(rest));
    }
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n").expect("a chunk size");
        let size =
            usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).expect("hexadecimal");
        if size == 0 {
            return (status, body.into());
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 4 + size..];
    }
}

/// Polls until `holds`; the guard only keeps a broken test from hanging for ever.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let guard = tokio::time::Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(tokio::time::Instant::now() < guard, "it never came to this: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
