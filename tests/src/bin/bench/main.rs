//! `make bench`: us and the peer on the same machine, in the same run, with the same input; ratios are what counts.
//!
//! usage: bench [CHAPTER...]      chapters: submit tap stream list login memory count people reports ledger
//! `PAPERGATE_BENCH_DIR` names the directory on the disk to measure (default: the target directory's disk).
#![expect(clippy::print_stdout, reason = "a program that reports on its standard output")]

mod listener;
mod load;
mod table;

mod count;
mod ledger;
mod list;
mod login;
mod memory;
mod people;
mod reports;
mod stream;
mod submit;
mod tap;

use std::path::PathBuf;

use table::Table;

/// What every chapter gets.
pub(crate) struct Bench {
    /// A directory on the disk to measure, removed at the end of the run.
    pub(crate) disk: PathBuf,
    /// Rows of the report.
    pub(crate) table: Table,
}

type Chapter = fn(&mut Bench);

const CHAPTERS: &[(&str, Chapter)] = &[
    ("submit", submit::run),
    ("tap", tap::run),
    ("stream", stream::run),
    ("list", list::run),
    ("login", login::run),
    ("memory", memory::run),
    ("count", count::run),
    ("people", people::run),
    ("reports", reports::run),
    ("ledger", ledger::run),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    for name in &wanted {
        assert!(CHAPTERS.iter().any(|(chapter, _)| chapter == name), "there is no chapter '{name}'");
    }
    let disk = std::env::var_os("PAPERGATE_BENCH_DIR").map_or_else(
        || std::env::current_exe().expect("a program knows its own path").with_file_name("bench-data"),
        PathBuf::from,
    );
    std::fs::create_dir_all(&disk).expect("a directory to measure in");
    let run = tempfile::Builder::new().prefix("run-").tempdir_in(&disk).expect("a directory to measure in");
    // cupsd drops its privileges and must be able to walk in.
    let open = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    std::fs::set_permissions(run.path(), open).expect("our own directory");
    let mut bench = Bench { disk: run.path().to_owned(), table: Table::default() };
    for (name, chapter) in CHAPTERS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            eprintln!("bench: {name} …");
            chapter(&mut bench);
        }
    }
    println!("{}", bench.table);
}

impl Bench {
    /// A fresh directory on the disk to measure.
    pub(crate) fn directory(&self) -> tempfile::TempDir {
        tempfile::Builder::new().prefix("papergate-bench-").tempdir_in(&self.disk).expect("a directory")
    }
}

/// People of the chapters `people` and `login`, as many held documents: 200,000 unless `PAPERGATE_BENCH_PEOPLE` says otherwise, for
/// trying the chapters themselves; whole transactions of them.
pub(crate) fn people() -> usize {
    let wanted = std::env::var("PAPERGATE_BENCH_PEOPLE").ok().and_then(|text| text.parse::<usize>().ok());
    wanted.unwrap_or(200_000).max(1).next_multiple_of(2_000)
}

/// The same as it stands in the table.
pub(crate) fn people_told() -> String {
    let people = people();
    format!("{},{:03}", people / 1_000, people % 1_000)
}
