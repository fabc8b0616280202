//! Debian's ipptool and its conformance suites against a pull queue: nothing may fail.

use std::path::Path;
use std::process::Command;

use crate::bench::{Bench, PDF};

/// Where Debian's cups-ipp-utils puts the suites.
const SUITES: &str = "/usr/share/cups/ipptool";

/// Writes a stand-in for every sample that the suites print and Debian does not ship.
fn samples_write(folder: &Path) {
    for suite in std::fs::read_dir(SUITES).unwrap() {
        let text = std::fs::read_to_string(suite.unwrap().path()).unwrap_or_default();
        for line in text.lines() {
            let Some(("FILE", name)) = line.trim().split_once(' ') else { continue };
            if name.starts_with(['$', '/', '<', '"']) {
                continue;
            }
            let file = folder.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            let content = if name.ends_with(".pwg") { pwg_raster() } else { PDF.to_vec() };
            std::fs::write(file, content).unwrap();
        }
    }
}

/// A page of eight black dots in PWG raster (PWG 5102.4).
fn pwg_raster() -> Vec<u8> {
    let mut header = vec![0; 1796];
    header[..9].copy_from_slice(b"PwgRaster");
    // HWResolution, cupsWidth, cupsHeight, cupsBitsPerColor, cupsBitsPerPixel, cupsBytesPerLine, cupsColorSpace, cupsNumColors
    for (at, value) in
        [(276, 300), (280, 300), (372, 8), (376, 1), (384, 1), (388, 1), (392, 1), (400, 3), (420, 1)]
    {
        header[at..at + 4].copy_from_slice(&u32::to_be_bytes(value));
    }
    [b"RaS2".to_vec(), header, vec![0, 0, 0xff]].concat()
}

async fn suite(name: &str) {
    let suite = Path::new(SUITES).join(name);
    if !suite.is_file() {
        eprintln!("skipped: {} is missing; install the Debian package cups-ipp-utils", suite.display());
        return;
    }
    let bench = Bench::new().await;
    // The suites wait for a job to complete; here its owner collects it while they wait.
    bench.jobserver.world().collect_after_shows = Some(3);
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(SUITES).unwrap() {
        let entry = entry.unwrap();
        std::os::unix::fs::symlink(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    samples_write(folder.path());
    let (uri, path) = (bench.uri("pull"), folder.path().to_owned());
    let name = name.to_owned();
    let output = tokio::task::spawn_blocking(move || {
        Command::new("ipptool")
            .args(["-t", "-T", "20", "-f", "document-a4.pdf", "-d", "user=ann", &uri, &name])
            .env("USER", "ann")
            .env("CUPS_USER", "ann")
            .current_dir(path)
            .output()
    });
    let output = output.await.unwrap().expect("ipptool is installed with its suites");
    let report = String::from_utf8_lossy(&output.stdout);
    let count = |word: &str| report.lines().filter(|line| line.trim_end().ends_with(word)).count();
    assert_eq!(count("[FAIL]"), 0, "{report}{}", String::from_utf8_lossy(&output.stderr));
    assert!(count("[PASS]") >= 20, "the suite ran: {report}");
    assert!(output.status.success(), "{report}");
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
