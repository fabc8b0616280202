//! Debian's ipptool and its conformance suites against a pull queue: nothing may fail.

use harness::ipptool;

use crate::bench::Bench;

async fn suite(name: &'static str) {
    let bench = Bench::new().await;
    // The suites wait for a job to complete; here its owner collects it while they wait.
    bench.jobserver.world().collect_after_shows = Some(3);
    let uri = bench.uri("pull");
    let report = tokio::task::spawn_blocking(move || ipptool::run(name, &uri)).await.unwrap();
    if let Some(report) = report {
        report.nothing_failed();
    }
}

#[tokio::test]
async fn ipp_1_1() {
    suite("ipp-1.1.test").await;
}

#[tokio::test]
async fn ipp_2_0() {
    suite("ipp-2.0.test").await;
}

#[tokio::test]
async fn ipp_2_1() {
    suite("ipp-2.1.test").await;
}

#[tokio::test]
async fn ipp_everywhere() {
    suite("ipp-everywhere.test").await;
}
