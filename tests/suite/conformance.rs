//! Debian's ipptool against the whole suite: portserver, jobserver, and a printer where the owner collects by card all
//! the time, because the suites wait for their jobs to complete.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::ipptool;
use harness::mfp::Mfp;
use harness::suite::Suite;

const CARD: &str = "04A1B2C3";

#[test]
fn ipptool_finds_no_fault_with_the_whole_suite() {
    let suite = Suite::start();
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let uri = format!("ipp://127.0.0.1:{}/ipp/print/pull", suite.ports.port(631));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let _ = mfp.session(&suite, &["--card", CARD, "--print-all"]);
                // People come now and then; nothing waits for this.
                std::thread::sleep(Duration::from_millis(300));
            }
        });
        // The suite of 2.1 holds those of 2.0 and 1.1.
        let reports = ["ipp-2.1.test", "ipp-everywhere.test"].map(|name| ipptool::run(name, &uri));
        // Before any assertion, so that the other thread ends whatever they say.
        over.store(true, Ordering::Relaxed);
        for report in reports.into_iter().flatten() {
            report.nothing_failed();
            assert!(!mfp.printed().is_empty(), "what the suites printed came out");
        }
    });
}
