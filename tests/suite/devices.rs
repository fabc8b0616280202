//! Devices that are not ours, and ways to a device that are found by trying: the document comes out, and is tracked once.

use std::path::Path;
use std::process::{Child, Stdio};

use harness::cups::{Cups, Durability};
use harness::eve::EvePrinter;
use harness::ipp::Client;
use harness::ipptool::PDF;
use harness::mfp::session;
use harness::suite::Suite;
use harness::wait_for;

const CARD: &str = "04A1B2C3";

fn suite() -> Suite {
    let suite = Suite::start();
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    suite
}

/// Holds the PDF, collects it at `device`, and checks that it is tracked once more.
fn collected(suite: &Suite, device: &str, before: usize) {
    let mut client = Client::connect(suite.address(631), "/ipp/print/pull").expect("the suite listens");
    let answer = client.print_job("ann", "letter", "application/pdf", PDF).expect("an answer");
    let job = answer.job_id().unwrap_or_else(|| panic!("{answer:?}")).to_string();
    let (said, events) = session(suite, device, &["--card", CARD, "--print", &job]);
    assert_eq!(said.code, 0, "{device}: {events:?} {}", said.stderr);
    wait_for("the tracking record", || (suite.records().len() == before + 1).then_some(()));
}

fn add(suite: &Suite, name: &str, address: &str) {
    suite.done(&["device", "add", name, "--address", address]);
}

#[test]
fn ippeveprinter_prints_by_ipp_and_ipps() {
    let suite = suite();
    let Some(printer) = EvePrinter::start(suite.ports.spare(0)) else { return };
    for (n, scheme) in ["ipp", "ipps"].into_iter().enumerate() {
        add(&suite, scheme, &format!("{scheme}://localhost:{}/ipp/print", printer.port));
        collected(&suite, scheme, n);
        let printed = printer.printed();
        assert_eq!(printed.len(), n + 1, "{}", printer.log());
        assert!(printed.iter().all(|document| document == PDF), "the document is what was sent");
    }
}

/// A printer on its own, without a session with the suite.
struct Alone(Child);

impl Alone {
    fn start(suite: &Suite, out: &Path, arguments: &[&str], listening: impl Fn() -> bool) -> Self {
        let mut command = suite.command("virtual-mfp");
        command.args(["serve", "--alone", "--name", "alone", "--out"]).arg(out).args(arguments);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut alone = Self(child.expect("virtual-mfp starts"));
        wait_for("the virtual MFP to listen", || {
            assert!(alone.0.try_wait().expect("the child is ours").is_none(), "the virtual MFP stopped");
            listening().then_some(())
        });
        alone
    }

    fn printed(out: &Path) -> Vec<Vec<u8>> {
        let files = std::fs::read_dir(out).expect("a directory").flatten().map(|entry| entry.path());
        let printed = files.filter(|path| path.extension().is_some_and(|extension| extension == "prn"));
        printed.map(|path| std::fs::read(path).expect("a printed document")).collect()
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_cups_queue_prints_as_a_device() {
    let suite = suite();
    let folder = tempfile::tempdir_in("/tmp").expect("a directory below /tmp");
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("our own directory");
    let Some(cups) = Cups::start(folder.path(), suite.ports.spare(0), Durability::Default) else {
        eprintln!("skipped: cupsd is missing; make test installs it");
        return;
    };
    let (out, port) = (suite.path("behind-cups"), suite.ports.spare(1));
    let taken = || std::net::TcpListener::bind(("127.0.0.1", port)).is_err();
    let _printer = Alone::start(&suite, &out, &["--raw-port", &port.to_string()], taken);
    cups.done("lpadmin", &["-p", "out", "-E", "-v", &format!("socket://127.0.0.1:{port}"), "-m", "raw"]);
    add(&suite, "cups", &format!("ipp://127.0.0.1:{}/printers/out", cups.port));
    collected(&suite, "cups", 0);
    wait_for("CUPS's printer", || (!Alone::printed(&out).is_empty()).then_some(()));
    assert_eq!(Alone::printed(&out), [PDF]);
}

/// An address without a port: what answers there decides. Any address of 127/8 is this machine, so every story has
/// port 9100 for itself.
#[test]
fn a_device_without_a_kind_is_found_by_trying() {
    let suite = suite();
    let [high, low] = suite.ports.spare(0).to_be_bytes();
    let mut tracked = 0;
    for (block, port, option) in [(77, 9100, "--raw-port"), (78, 631, "--ipp-port")] {
        let address = format!("127.{block}.{high}.{low}");
        let taken = || std::net::TcpListener::bind((address.as_str(), port)).is_err();
        if taken() {
            eprintln!("skipped: port {port} is for root only here");
            continue;
        }
        let out = suite.path(&format!("found-{port}"));
        let arguments = ["--bind", &address, option, &port.to_string()];
        let _printer = Alone::start(&suite, &out, &arguments, taken);
        let name = format!("found-{port}");
        add(&suite, &name, &address);
        collected(&suite, &name, tracked);
        tracked += 1;
        assert_eq!(Alone::printed(&out), [PDF]);
    }
    assert!(tracked > 0, "port 9100 is for everybody");
}
