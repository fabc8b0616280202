//! Debian's ipptool against the whole suite: portserver, jobserver, and a printer where the owner collects by card all
//! the time, because the suites wait for their jobs to complete.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::mfp::Mfp;
use harness::suite::Suite;
use harness::tool;

const CARD: &str = "04A1B2C3";
/// Where Debian's cups-ipp-utils puts the suites.
const SUITES: &str = "/usr/share/cups/ipptool";
/// A PDF of one page that any reader takes.
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// The suites with a stand-in for every sample that they print and Debian does not ship.
fn lay_out(folder: &Path) {
    for entry in std::fs::read_dir(SUITES).expect("the suites are there").flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        for line in text.lines() {
            let Some(("FILE", name)) = line.trim().split_once(' ') else { continue };
            if name.starts_with(['$', '/', '<', '"']) {
                continue;
            }
            let file = folder.join(name);
            std::fs::create_dir_all(file.parent().expect("a file is in a directory")).expect("a directory");
            let content = if name.ends_with(".pwg") { pwg_raster() } else { PDF.to_vec() };
            std::fs::write(file, content).expect("a sample");
        }
        let link = folder.join(entry.file_name());
        if !link.exists() {
            std::os::unix::fs::symlink(entry.path(), link).expect("a link");
        }
    }
}

/// A page of eight black dots in PWG raster (PWG 5102.4).
fn pwg_raster() -> Vec<u8> {
    let mut header = vec![0; 1796];
    header[..9].copy_from_slice(b"PwgRaster");
    // HWResolution, cupsWidth, cupsHeight, cupsBitsPerColor, cupsBitsPerPixel, cupsBytesPerLine, cupsColorSpace,
    // cupsNumColors
    for (at, value) in
        [(276, 300), (280, 300), (372, 8), (376, 1), (384, 1), (388, 1), (392, 1), (400, 3), (420, 1)]
    {
        header[at..at + 4].copy_from_slice(&u32::to_be_bytes(value));
    }
    [b"RaS2".to_vec(), header, vec![0, 0, 0xff]].concat()
}

#[test]
fn ipptool_finds_no_fault_with_the_whole_suite() {
    if tool("ipptool").is_none() || !Path::new(SUITES).join("ipp-2.1.test").is_file() {
        eprintln!("skipped: ipptool is missing; make test installs it");
        return;
    }
    let suite = Suite::start();
    suite.pull_queue("pull");
    suite.person("ann", CARD);
    let mfp = Mfp::start(&suite, "mfp", suite.ports.spare(0), &[]);
    let folder = suite.path("ipptool");
    std::fs::create_dir(&folder).expect("a directory");
    lay_out(&folder);
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
        let reports = ["ipp-2.1.test", "ipp-everywhere.test"].map(|name| {
            let ran = Command::new("ipptool")
                .args(["-t", "-T", "60", "-f", "document-a4.pdf", "-d", "user=ann", &uri, name])
                .env("USER", "ann")
                .env("CUPS_USER", "ann")
                .current_dir(&folder)
                .stdin(Stdio::null())
                .output();
            (name, ran)
        });
        // Before any assertion, so that the other thread ends whatever they say.
        over.store(true, Ordering::Relaxed);
        for (name, ran) in reports {
            let output = ran.expect("ipptool runs");
            let report = String::from_utf8_lossy(&output.stdout);
            let count = |word: &str| report.lines().filter(|line| line.trim_end().ends_with(word)).count();
            assert_eq!(count("[FAIL]"), 0, "{name}: {report}{}", String::from_utf8_lossy(&output.stderr));
            assert!(count("[PASS]") >= 20, "{name} ran: {report}");
            assert!(output.status.success(), "{name}: {report}");
        }
    });
    assert!(!mfp.printed().is_empty(), "what the suites printed came out");
}
