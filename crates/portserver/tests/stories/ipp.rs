use std::io::Write as _;
use std::time::Duration;

use rpc::{Error, Kind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::ipp::client::{JobOptions, JobStatus, outcome};
use wire::ipp::{Attribute, Group, GroupTag, JobState, Message, Operation, Status, Value};

use crate::bench::{Bench, PDF, pull, until};

fn status(answer: &Message) -> Status {
    Status::from_code(answer.code).expect("a registered status")
}

#[tokio::test]
async fn a_document_is_held_listed_collected_and_completed() {
    let bench = Bench::new().await;
    let id = bench.print("Report", PDF).await;
    let mut requests = bench.requests("ann");

    let answer = bench.ipp(&requests.get_jobs("not-completed", true, 0, &["all"]), b"").await;
    let jobs = JobStatus::all(&answer);
    assert_eq!(jobs.len(), 1);
    assert_eq!((jobs[0].id, jobs[0].state), (id, Some(JobState::PendingHeld)));
    assert_eq!((jobs[0].name.as_str(), jobs[0].owner.as_str()), ("Report", "ann"));
    assert_eq!(jobs[0].reasons, ["job-hold-until-specified"]);
    {
        let world = bench.jobserver.world();
        let stored = &world.jobs[0];
        assert_eq!(stored.data, PDF, "the document arrived octet for octet");
        assert_eq!(stored.job.source_protocol, "ipp");
        let count = stored.job.count.as_ref().expect("a count is sent");
        assert_eq!(count.languages, ["pdf"]);
    }
    bench.jobserver.collect(i64::from(id));
    let answer = bench.ipp(&requests.get_job_attributes(id, &["job-state"]), b"").await;
    assert_eq!(JobStatus::of(&answer).unwrap().state, Some(JobState::Completed));
    let answer = bench.ipp(&requests.get_jobs("completed", false, 0, &[]), b"").await;
    assert_eq!(JobStatus::all(&answer)[0].id, id);
    let answer = bench.ipp(&requests.cancel_job(id), b"").await;
    assert_eq!(status(&answer), Status::NotPossible, "what was collected cannot be taken back");
}

#[tokio::test]
async fn a_job_is_made_filled_and_closed_in_steps() {
    let bench = Bench::new().await;
    let mut requests = bench.requests("ann");
    let options = JobOptions { name: "Steps".into(), ..JobOptions::default() };
    let document = JobOptions { format: "application/pdf".into(), ..options.clone() };
    let answer = bench.ipp(&requests.create_job(&options), b"").await;
    let id = JobStatus::of(&answer).unwrap().id;

    let mut nameless = requests.send_document(id, &options, true);
    nameless.groups[0].attributes.retain(|attribute| attribute.name != "last-document");
    assert_eq!(status(&bench.ipp(&nameless, PDF).await), Status::BadRequest);
    let mut stranger = bench.requests("bob");
    let answer = bench.ipp(&stranger.send_document(id, &options, true), PDF).await;
    assert_eq!(status(&answer), Status::NotAuthorized);

    let answer = bench.ipp(&requests.send_document(id, &document, false), PDF).await;
    outcome(&answer).unwrap();
    assert_eq!(JobStatus::of(&answer).unwrap().state, Some(JobState::PendingHeld));
    let answer = bench.ipp(&requests.send_document(id, &options, true), PDF).await;
    assert_eq!(status(&answer), Status::MultipleDocumentJobsNotSupported);
    outcome(&bench.ipp(&requests.send_document(id, &options, true), b"").await).unwrap();
    outcome(&bench.ipp(&requests.job_operation_on(Operation::CloseJob, id, vec![]), b"").await).unwrap();
    let world = bench.jobserver.world();
    assert_eq!(
        (&world.jobs[0].data[..], world.jobs[0].job.document_format.as_str()),
        (PDF, "application/pdf")
    );
}

#[tokio::test]
async fn a_job_without_document_is_taken_back_in_time_or_when_closed() {
    let bench = Bench::with(vec![pull()], |config| config.job_open_limit_s = 60).await;
    let mut requests = bench.requests("ann");
    let create = requests.create_job(&JobOptions::default());
    let late = JobStatus::of(&bench.ipp(&create, b"").await).unwrap().id;
    let create = requests.create_job(&JobOptions::default());
    let closed = JobStatus::of(&bench.ipp(&create, b"").await).unwrap().id;
    let answer = bench.ipp(&requests.job_operation_on(Operation::CloseJob, closed, vec![]), b"").await;
    assert_eq!(JobStatus::of(&answer).unwrap().state, Some(JobState::Canceled));

    bench.port.clock.advance(Duration::from_secs(61));
    until("the forgotten job is taken back", async || {
        let answer = bench.ipp(&requests.get_job_attributes(late, &[]), b"").await;
        JobStatus::of(&answer).unwrap().state == Some(JobState::Canceled)
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_cancels() {
    let bench = Bench::new().await;
    let id = bench.print("Mine", PDF).await;
    let answer = bench.ipp(&bench.requests("bob").cancel_job(id), b"").await;
    assert_eq!(status(&answer), Status::NotAuthorized);
    outcome(&bench.ipp(&bench.requests("CORP\\ann").get_job_attributes(id, &[]), b"").await).unwrap();
    outcome(&bench.ipp(&bench.requests("ann").cancel_job(id), b"").await).unwrap();
    let other = bench.print("Another", PDF).await;
    let third = bench.print("Third", PDF).await;
    let mut requests = bench.requests("ann");
    let ids = Attribute { name: "job-ids".into(), values: vec![Value::Integer(other), Value::Integer(id)] };
    let answer = bench.ipp(&requests.printer_operation(Operation::CancelMyJobs, vec![ids]), b"").await;
    assert_eq!(status(&answer), Status::NotFound, "one of them has ended");
    assert_eq!(answer.attribute(GroupTag::Unsupported, "job-ids").unwrap().values, [Value::Integer(id)]);
    outcome(&bench.ipp(&requests.printer_operation(Operation::CancelMyJobs, vec![]), b"").await).unwrap();
    for job in [other, third] {
        let answer = bench.ipp(&requests.get_job_attributes(job, &[]), b"").await;
        assert_eq!(JobStatus::of(&answer).unwrap().state, Some(JobState::Canceled));
    }
}

#[tokio::test]
async fn compressed_documents_arrive_unpacked() {
    let bench = Bench::new().await;
    let document: Vec<u8> = PDF.iter().copied().chain((0..500_000_u32).flat_map(u32::to_le_bytes)).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&document).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    raw.write_all(&document).unwrap();
    let raw = raw.finish().unwrap();
    let mut requests = bench.requests("ann");
    for (name, packed) in [("gzip", &gzip), ("deflate", &raw)] {
        let options = JobOptions { compression: name.into(), ..JobOptions::default() };
        outcome(&bench.ipp(&requests.print_job(&options), packed).await).unwrap();
    }
    // The same by HTTP, around the whole request.
    let mut whole = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    whole.write_all(&requests.print_job(&JobOptions::default()).encode()).unwrap();
    whole.write_all(&document).unwrap();
    let answer = bench.ipp_octets(&whole.finish().unwrap(), "Content-Encoding: deflate\r\n").await;
    outcome(&answer).unwrap();
    for stored in &bench.jobserver.world().jobs {
        assert!(stored.data == document, "job {}", stored.job.id);
    }
    let options = JobOptions { compression: "gzip".into(), ..JobOptions::default() };
    let answer = bench.ipp(&requests.print_job(&options), &gzip[..gzip.len() / 2]).await;
    assert_eq!(status(&answer), Status::CompressionError);
    assert_eq!(bench.jobserver.world().jobs.len(), 3, "a damaged document leaves nothing");
}

#[tokio::test]
async fn one_connection_serves_plain_and_chunked_requests_and_waits_for_continue() {
    let bench = Bench::new().await;
    let mut requests = bench.requests("ann");
    let mut stream = TcpStream::connect(bench.address("ipp")).await.unwrap();
    let read = async |stream: &mut TcpStream, contains: &[u8], end: &[u8]| {
        let mut seen = Vec::new();
        while !(seen.ends_with(end) && seen.windows(contains.len()).any(|window| window == contains)) {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the connection ended after {}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&buffer[..count]);
        }
        seen
    };
    for round in 0..3 {
        let head = b"POST /ipp/print/pull HTTP/1.1\r\nHost: printer\r\nContent-Type: application/ipp\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n";
        stream.write_all(head).await.unwrap();
        let answer = read(&mut stream, b"HTTP", b"\r\n\r\n").await;
        assert!(answer.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&answer));
        let message =
            requests.print_job(&JobOptions { name: format!("round {round}"), ..JobOptions::default() });
        let body = [&message.encode()[..], PDF].concat();
        for chunk in body.chunks(50) {
            let chunk = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
            stream.write_all(&chunk).await.unwrap();
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        let answer = read(&mut stream, b"job-state-message", &[3]).await;
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(bench.jobserver.world().jobs.len(), 3);
    assert!(bench.jobserver.world().jobs.iter().all(|stored| stored.data == PDF));
}

#[tokio::test]
async fn ipps_is_served_on_the_same_port() {
    use service::http::{Body, Limits, Session, Trust};
    let bench = Bench::new().await;
    let uri: http::Uri = format!("https://{}/", bench.address("ipp")).parse().unwrap();
    let mut session = Session::connect(&uri, &Trust::Any, Limits::default()).await.unwrap();
    let message = bench.requests("ann").print_job(&JobOptions::default());
    let body = [&message.encode()[..], PDF].concat();
    let answer = session.post("/ipp/print/pull", "application/ipp", Body::whole(body)).await.unwrap();
    let answer = answer.read(1 << 20).await.unwrap();
    let (answer, _) = wire::ipp::decode::decode(answer, wire::ipp::Limits::RESPONSE).unwrap();
    outcome(&answer).unwrap();
    assert_eq!(bench.jobserver.world().jobs[0].job.source_protocol, "ipps");
}

#[tokio::test]
async fn refusals_have_their_status() {
    let bench = Bench::with(vec![pull()], |config| config.document_bytes_max = 10_000).await;
    let mut requests = bench.requests("ann");
    let print = |options: JobOptions| JobOptions { format: "application/pdf".into(), ..options };
    let plain = requests.print_job(&print(JobOptions::default()));

    let mut nobody = bench.requests("nobody");
    let answer = bench.ipp(&nobody.print_job(&JobOptions::default()), PDF).await;
    assert_eq!(status(&answer), Status::NotAuthorized);
    assert!(outcome(&answer).unwrap_err().message.contains("nobody"), "the sentence names the person");

    let mut elsewhere = wire::ipp::client::Requests::new(bench.uri("nowhere"), "ann");
    assert_eq!(status(&bench.ipp(&elsewhere.print_job(&JobOptions::default()), PDF).await), Status::NotFound);
    assert_eq!(status(&bench.ipp(&elsewhere.get_printer_attributes(&[]), b"").await), Status::NotFound);
    assert_eq!(status(&bench.ipp(&requests.get_job_attributes(4711, &[]), b"").await), Status::NotFound);

    let html = JobOptions { format: "text/html".into(), ..JobOptions::default() };
    let answer = bench.ipp(&requests.print_job(&html), PDF).await;
    assert_eq!(status(&answer), Status::DocumentFormatNotSupported);
    assert!(answer.attribute(GroupTag::Unsupported, "document-format").is_some());
    let zstd = JobOptions { compression: "zstd".into(), ..JobOptions::default() };
    assert_eq!(status(&bench.ipp(&requests.print_job(&zstd), PDF).await), Status::CompressionNotSupported);
    assert_eq!(status(&bench.ipp(&plain, &[b' '; 10_001]).await), Status::RequestEntityTooLarge);
    assert_eq!(status(&bench.ipp(&plain, b"").await), Status::BadRequest);
    let long = print(JobOptions { name: "x".repeat(256), ..JobOptions::default() });
    assert_eq!(status(&bench.ipp(&requests.print_job(&long), PDF).await), Status::RequestValueTooLong);

    let mut strict = print(JobOptions {
        template: vec![Attribute::new("sides", Value::keyword("three-sided"))],
        ..JobOptions::default()
    });
    let answer = bench.ipp(&requests.validate_job(&strict), b"").await;
    assert_eq!(status(&answer), Status::OkIgnoredOrSubstitutedAttributes);
    strict.operation = vec![Attribute::new("ipp-attribute-fidelity", Value::Boolean(true))];
    let answer = bench.ipp(&requests.print_job(&strict), PDF).await;
    assert_eq!(status(&answer), Status::AttributesOrValuesNotSupported);
    assert!(answer.attribute(GroupTag::Unsupported, "sides").is_some());
    assert!(bench.jobserver.world().jobs.is_empty(), "nothing of all that was kept");

    for (error, expected) in [
        (Error::new(Kind::Unavailable, 107, "the disk is full"), Status::TemporaryError),
        (Error::new(Kind::Unavailable, 17, "the database is down"), Status::ServiceUnavailable),
        (Error::new(Kind::Internal, 1, "a fault"), Status::InternalError),
        (Error::new(Kind::Refused, 1, "no"), Status::NotAuthorized),
    ] {
        bench.jobserver.world().refuse = Some(error);
        assert_eq!(status(&bench.ipp(&plain, PDF).await), expected);
    }
    bench.jobserver.world().refuse = None;
    outcome(&bench.ipp(&plain, PDF).await).unwrap();
}

#[tokio::test]
async fn an_absent_jobserver_is_told_and_its_return_is_noticed() {
    let mut bench = Bench::new().await;
    let mut requests = bench.requests("ann");
    let print = requests.print_job(&JobOptions::default());
    let jobserver = std::mem::replace(
        &mut bench.jobserver,
        crate::jobserver::Jobserver::start(tempfile::tempdir().unwrap().path(), vec![]).await,
    );
    let away = jobserver.away().await;
    until("the absence is noticed", async || {
        let answer = bench.ipp(&requests.get_printer_attributes(&["all"]), b"").await;
        let printer = answer.group(GroupTag::Printer).expect("the queue is still described");
        printer.integer("printer-state") == Some(5)
    })
    .await;
    assert_eq!(status(&bench.ipp(&print, PDF).await), Status::ServiceUnavailable);
    bench.jobserver = away.back(bench.dir.path()).await;
    bench.serving().await;
    outcome(&bench.ipp(&print, PDF).await).unwrap();
}

#[tokio::test]
async fn get_jobs_knows_its_filters() {
    let bench = Bench::new().await;
    let mut ids = Vec::new();
    for index in 0..4 {
        ids.push(bench.print(&format!("job {index}"), PDF).await);
    }
    outcome(&bench.ipp(&bench.requests("bob").print_job(&JobOptions::default()), PDF).await).unwrap();
    bench.jobserver.collect(i64::from(ids[0]));
    bench.jobserver.collect(i64::from(ids[1]));
    let mut requests = bench.requests("ann");
    let list = async |request: &Message| -> Vec<i32> {
        let answer = bench.ipp(request, b"").await;
        outcome(&answer).unwrap();
        JobStatus::all(&answer).iter().map(|job| job.id).collect()
    };
    assert_eq!(list(&requests.get_jobs("not-completed", false, 0, &[])).await, [3, 4, 5]);
    assert_eq!(list(&requests.get_jobs("not-completed", true, 0, &[])).await, [3, 4]);
    assert_eq!(list(&requests.get_jobs("not-completed", true, 1, &[])).await, [3]);
    assert_eq!(
        list(&requests.get_jobs("completed", false, 0, &[])).await,
        [2, 1],
        "the last to end comes first"
    );
    assert_eq!(list(&requests.get_jobs("all", false, 0, &[])).await, [1, 2, 3, 4, 5]);
    assert_eq!(list(&requests.get_jobs("pending-held", false, 2, &[])).await, [3, 4]);
    assert_eq!(list(&requests.get_jobs("canceled", false, 0, &[])).await, [0; 0]);
    assert_eq!(list(&bench.requests("nobody").get_jobs("not-completed", true, 0, &[])).await, [0; 0]);
    let named = Attribute { name: "job-ids".into(), values: [5, 99, 1].map(Value::Integer).to_vec() };
    assert_eq!(list(&requests.printer_operation(Operation::GetJobs, vec![named])).await, [5, 1]);
    let answer = bench.ipp(&requests.get_jobs("whatever", false, 0, &[]), b"").await;
    assert_eq!(status(&answer), Status::AttributesOrValuesNotSupported);
}

#[tokio::test]
async fn hidden_titles_are_for_their_owners() {
    let mut queue = pull();
    queue.hide_document_name = true;
    let bench = Bench::with(vec![queue], |_| {}).await;
    let id = bench.print("Secret", PDF).await;
    for (user, title) in [("ann", "Secret"), ("bob", "Hidden")] {
        let answer = bench.ipp(&bench.requests(user).get_job_attributes(id, &["job-name"]), b"").await;
        assert_eq!(JobStatus::of(&answer).unwrap().name, title);
        let answer =
            bench.ipp(&bench.requests(user).get_jobs("not-completed", false, 0, &["job-name"]), b"").await;
        assert_eq!(JobStatus::of(&answer).unwrap().name, title);
    }
}

#[tokio::test]
async fn subscribers_are_told_what_happens_to_jobs() {
    let bench = Bench::new().await;
    let mut requests = bench.requests("ann");
    let mut subscribe = requests.printer_operation(Operation::CreatePrinterSubscriptions, vec![]);
    subscribe.groups.push(
        Group::new(GroupTag::Subscription)
            .with("notify-pull-method", Value::keyword("ippget"))
            .with_all("notify-events", Value::keywords(["job-created", "job-completed"])),
    );
    let answer = bench.ipp(&subscribe, b"").await;
    let id = answer.group(GroupTag::Subscription).unwrap().integer("notify-subscription-id").unwrap();
    let job = bench.print("News", PDF).await;
    bench.jobserver.collect(i64::from(job));
    let ids = || vec![Attribute::new("notify-subscription-ids", Value::Integer(id))];
    until("both events arrive", async || {
        let answer = bench.ipp(&requests.printer_operation(Operation::GetNotifications, ids()), b"").await;
        let told: Vec<_> = answer
            .groups_of(GroupTag::EventNotification)
            .map(|event| {
                (event.text("notify-subscribed-event").unwrap().to_owned(), event.integer("notify-job-id"))
            })
            .collect();
        told == [("job-created".to_owned(), Some(job)), ("job-completed".to_owned(), Some(job))]
    })
    .await;
    let mut stranger = bench.requests("bob");
    let answer = bench.ipp(&stranger.printer_operation(Operation::GetNotifications, ids()), b"").await;
    assert_eq!(status(&answer), Status::NotAuthorized);
    let one = || vec![Attribute::new("notify-subscription-id", Value::Integer(id))];
    let answer = bench.ipp(&requests.printer_operation(Operation::CancelSubscription, one()), b"").await;
    outcome(&answer).unwrap();
    let answer =
        bench.ipp(&requests.printer_operation(Operation::GetSubscriptionAttributes, one()), b"").await;
    assert_eq!(status(&answer), Status::NotFound);
}

#[tokio::test]
async fn twenty_thousand_jobs_are_listed_whole() {
    let bench = Bench::new().await;
    bench.print("first", PDF).await;
    {
        let mut world = bench.jobserver.world();
        let first = world.jobs[0].job.clone();
        for id in 2..=20_000 {
            let job = rpc::proto::jobserver::Job { id, ..first.clone() };
            world.jobs.push(crate::jobserver::Stored { job, data: Vec::new() });
        }
    }
    let request =
        bench.requests("ann").get_jobs("not-completed", true, 0, &["job-id", "job-name", "job-state"]);
    let answer = bench.ipp(&request, b"").await;
    let ids: Vec<i32> = JobStatus::all(&answer).iter().map(|job| job.id).collect();
    assert!(ids.iter().copied().eq(1..=20_000), "{} jobs", ids.len());
}
