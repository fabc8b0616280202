//! Queues that take documents only from people who prove who they are (SUB-2).

use harness::cups::Cups;
use rpc::proto::jobserver::Queue;
use rpc::proto::jobserver::queue::Owner;
use wire::ipp::client::{JobOptions, Requests};
use wire::ipp::{GroupTag, Status};

use crate::bench::{Bench, PDF, pull};

fn secure() -> Queue {
    Queue { id: 2, name: "secure".into(), owner: Owner::Authenticated.into(), ..pull() }
}

/// Whether CUPS printed a letter to `uri` as somebody who claims to be mallory; not without CUPS.
async fn by_cups(uri: String) -> bool {
    let printing = move || Cups::prints(&uri, "everywhere", "mallory", "Letter", PDF);
    tokio::task::spawn_blocking(printing).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_2_cups_prints_with_the_person_s_password_and_the_name_it_claims_counts_for_nothing() {
    let bench = Bench::with(vec![pull(), secure()], |_| {}).await;
    let address = bench.address("ipp");
    if !by_cups(format!("ipps://ann:sesame@127.0.0.1:{}/ipp/print/secure", address.port())).await {
        return;
    }
    let world = bench.jobserver.world();
    assert_eq!(world.jobs.len(), 1);
    assert_eq!(world.jobs[0].job.owner_logon, "\\ann", "not mallory");
    assert!(world.proofs > 0 && world.authenticated.iter().all(|&proved| proved));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_2_cups_prints_with_a_token_in_the_address() {
    let bench = Bench::with(vec![pull(), secure()], |_| {}).await;
    let address = bench.address("ipp");
    if !by_cups(format!("ipps://127.0.0.1:{}/ipp/print/secure~bobstoken", address.port())).await {
        return;
    }
    let world = bench.jobserver.world();
    assert_eq!((world.jobs.len(), world.jobs[0].job.owner_logon.as_str()), (1, "\\bob"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_2_in_the_clear_nothing_is_taken_and_no_password_is_looked_at() {
    let bench = Bench::with(vec![pull(), secure()], |_| {}).await;
    let uri = bench.uri("secure");
    let mut requests = Requests::new(uri, "ann");
    let mut body = requests
        .print_job(&JobOptions { format: "application/pdf".into(), ..JobOptions::default() })
        .encode()
        .to_vec();
    body.extend_from_slice(PDF);
    // ann:sesame
    let answer = bench.ipp_octets(&body, "Authorization: Basic YW5uOnNlc2FtZQ==\r\n").await;
    assert_eq!(Status::from_code(answer.code), Some(Status::Forbidden));
    let attributes = bench.ipp(&requests.get_printer_attributes(&["all"]), b"").await;
    let printer = attributes.group(GroupTag::Printer).unwrap();
    assert_eq!(printer.text("uri-authentication-supported"), Some("basic"));
    assert!(printer.text("printer-uri-supported").unwrap().starts_with("ipps://"));
    let world = bench.jobserver.world();
    assert_eq!((world.jobs.len(), world.proofs), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_2_a_wrong_password_and_none_at_all_are_asked_for_one() {
    let bench = Bench::with(vec![pull(), secure()], |_| {}).await;
    let Some(curl) = harness::tool("curl") else {
        eprintln!("skipped: curl is missing");
        return;
    };
    let port = bench.address("ipp").port();
    let mut requests = Requests::new(format!("ipps://127.0.0.1:{port}/ipp/print/secure"), "ann");
    let body = bench.dir.path().join("request");
    let request =
        requests.print_job(&JobOptions { format: "application/pdf".into(), ..JobOptions::default() });
    std::fs::write(&body, [request.encode().as_ref(), PDF].concat()).unwrap();
    let post = async |user: Option<&str>, path: &str| {
        let mut command = tokio::process::Command::new(&curl);
        command.args([
            "-sk",
            "-o",
            "/dev/null",
            "-D",
            "-",
            "-H",
            "Content-Type: application/ipp",
            "--data-binary",
        ]);
        command.arg(format!("@{}", body.display()));
        if let Some(user) = user {
            command.args(["-u", user]);
        }
        let output = command.arg(format!("https://127.0.0.1:{port}{path}")).output().await.unwrap();
        String::from_utf8(output.stdout).unwrap().to_ascii_lowercase()
    };
    for user in [None, Some("ann:wrong"), Some("nobody:sesame")] {
        let head = post(user, "/ipp/print/secure").await;
        assert!(head.contains(" 401 ") && head.contains("www-authenticate: basic realm"), "{user:?}: {head}");
    }
    assert!(bench.jobserver.world().jobs.is_empty());
    assert!(post(None, "/ipp/print/secure~nonsense").await.contains(" 200 "), "a wrong token is told in IPP");
    assert!(bench.jobserver.world().jobs.is_empty());
    assert!(post(Some("ann:sesame"), "/ipp/print/secure").await.contains(" 200 "));
    assert_eq!(bench.jobserver.world().jobs.len(), 1);
}
