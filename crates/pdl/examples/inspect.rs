//! Prints what files will put on paper, one JSON object a line: `inspect FILE...`.

use std::fs::File;
use std::io::Write;
use std::process::ExitCode;

use pdl::source::FileSource;
use pdl::summary::Summary;
use pdl::{Helpers, inspect};

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    let mut failed = false;
    for name in std::env::args().skip(1) {
        let report = match File::open(&name).and_then(FileSource::new) {
            Ok(source) => inspect(&source, &Helpers::none()),
            Err(error) => {
                eprintln!("{name}: {error}");
                failed = true;
                continue;
            }
        };
        let line = serde_json::to_string(&Summary::new(name, &report)).expect("a summary is plain fields");
        if writeln!(out, "{line}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
