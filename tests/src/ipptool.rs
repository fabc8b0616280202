//! Debian's `ipptool` and its suites for IPP 1.1, 2.0, 2.1 and IPP Everywhere.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::tool;

/// Where Debian's cups-ipp-utils puts the suites.
const SUITES: &str = "/usr/share/cups/ipptool";

/// A PDF of one page that any reader takes.
pub const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// What a suite found.
#[derive(Debug)]
pub struct Report(Result<String, String>);

impl Report {
    /// Insists that the suite ran and found nothing.
    ///
    /// # Panics
    /// When it found something.
    pub fn nothing_failed(&self) {
        let text = self.0.as_deref().unwrap_or_else(|text| panic!("ipptool ended with a failure: {text}"));
        let count = |word: &str| text.lines().filter(|line| line.trim_end().ends_with(word)).count();
        assert_eq!(count("[FAIL]"), 0, "{text}");
        assert!(count("[PASS]") >= 20, "the suite ran: {text}");
    }
}

/// Runs a suite (`ipp-2.1.test`) against the printer at `uri` as ann; `None`, said on standard error, when this machine
/// has no ipptool. The suites wait for their jobs to complete.
///
/// # Panics
/// When ipptool cannot be run.
#[must_use]
pub fn run(suite: &str, uri: &str) -> Option<Report> {
    if tool("ipptool").is_none() || !Path::new(SUITES).join(suite).is_file() {
        eprintln!("skipped: ipptool or {suite} is missing; make test installs them");
        return None;
    }
    let folder = tempfile::tempdir().expect("a temporary directory");
    lay_out(folder.path());
    let output = Command::new("ipptool")
        .args(["-t", "-T", "60", "-f", "document-a4.pdf", "-d", "user=ann", uri, suite])
        .env("USER", "ann")
        .env("CUPS_USER", "ann")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("ipptool runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    Some(Report(if output.status.success() { Ok(text) } else { Err(format!("{text}{errors}")) }))
}

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
