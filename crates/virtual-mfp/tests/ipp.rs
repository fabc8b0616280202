//! The printer's IPP side, over real sockets.

use std::sync::Arc;

use bytes::Bytes;
use service::Clock;
use service::http::{Body, HttpError, Limits as HttpLimits, Session, Trust};
use virtual_mfp::fault::Faults;
use virtual_mfp::serve::engine::Engine;
use virtual_mfp::serve::{ipp, listen};
use wire::ipp::client::{JobOptions, JobStatus, Requests, outcome};
use wire::ipp::{JobState, Limits, MEDIA_TYPE, Message, Status, decode};

/// A printer in a directory of its own.
struct Printer {
    directory: tempfile::TempDir,
    engine: Arc<Engine>,
    authority: String,
}

impl Printer {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let engine =
            Engine::new(directory.path(), Faults::default(), Clock::system()).expect("it can be written");
        let engine = Arc::new(engine);
        let any = ([127, 0, 0, 1], 0).into();
        let listener = listen::Listener::open("ipp", any, engine.faults()).expect("a free port");
        let authority = listener.address().to_string();
        tokio::spawn(ipp::serve(listener, ipp::Printer::new("MFP1", engine.clone())));
        Self { directory, engine, authority }
    }

    fn requests(&self) -> Requests {
        Requests::new(format!("ipp://{}{}", self.authority, ipp::PATH), "js")
    }

    /// Sends a request with what follows it.
    async fn ask(&self, scheme: &str, request: &Message, document: &[u8]) -> Result<Message, HttpError> {
        let uri = format!("{scheme}://{}{}", self.authority, ipp::PATH).parse().expect("a URI");
        let mut session = Session::connect(&uri, &Trust::Any, HttpLimits::default()).await?;
        let (sender, body) = Body::channel(4);
        let parts = [request.encode(), Bytes::copy_from_slice(document)];
        tokio::spawn(async move {
            for part in parts {
                // The printer may take no more.
                if sender.send(Ok(part)).await.is_err() {
                    return;
                }
            }
        });
        let answer = session.post(ipp::PATH, MEDIA_TYPE, body).await?.read(64 * 1024).await?;
        let (message, _) = decode::decode(answer, Limits::RESPONSE).expect("IPP");
        Ok(message)
    }

    fn printed(&self) -> Vec<u8> {
        std::fs::read(self.directory.path().join("job-000001.prn")).expect("it came out")
    }
}

#[tokio::test]
async fn documents_come_out_over_ipp_and_ipps() {
    for scheme in ["http", "https"] {
        let printer = Printer::start();
        let document = vec![5; 400_000];
        let request = printer.requests().print_job(&JobOptions::default());
        let answer = printer.ask(scheme, &request, &document).await.expect("an answer");
        outcome(&answer).expect("printed");
        let job = JobStatus::of(&answer).expect("a job");
        let attributes = printer.requests().get_job_attributes(job.id, &[]);
        let answer = printer.ask(scheme, &attributes, b"").await.expect("an answer");
        assert_eq!(JobStatus::of(&answer).expect("a job").state, Some(JobState::Completed));
        assert_eq!(printer.printed(), document);
    }
}

#[tokio::test]
async fn faults_show_as_ipp_shows_them() {
    let printer = Printer::start();
    let request = printer.requests().print_job(&JobOptions::default());
    printer.engine.set_faults(Faults::parse("refuse").unwrap());
    let answer = printer.ask("http", &request, b"data").await.expect("an answer");
    assert_eq!(answer.code, Status::NotAcceptingJobs.code());

    printer.engine.set_faults(Faults::parse("jam@1000").unwrap());
    let answer = printer.ask("http", &request, &[1; 5000]).await.expect("an answer");
    assert_eq!(JobStatus::of(&answer).expect("a job").state, Some(JobState::Aborted));

    printer.engine.set_faults(Faults::parse("drop@1000").unwrap());
    printer.ask("http", &request, &[1; 5000]).await.expect_err("the connection is cut");

    let journal = std::fs::read_to_string(printer.directory.path().join("jobs.jsonl")).expect("a journal");
    let ended: Vec<_> = journal.lines().filter_map(|line| line.split("\"ended\":\"").nth(1)).collect();
    assert_eq!(ended.len(), 2);
    assert!(ended[0].starts_with("jam") && ended[1].starts_with("dropped"), "{ended:?}");
}
