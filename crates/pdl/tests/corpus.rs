//! Every stream of the fixtures, field by field, and of a larger corpus when it is there.
//!
//! The fixtures are in `fixtures/streams`, written by `fixtures/make`. The corpus is looked for in `PAPERGATE_CORPUS`, then as
//! `shared/corpus` beside the workspace or further up. A record lists the true values; `accept` lists others that are right as
//! well, `"any"` a field that is not judged.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pdl::{Helpers, Inspector, Options, Report, inspect};
use serde_json::{Value, json};

/// Files (by the manifest's language of their page data) that must be right in every field; `pdls` of a record must all be
/// among them.
// One a line, so that adding one is one line.
#[rustfmt::skip]
const LANGUAGES: &[&str] = &[
    "cups-raster",
    "escpage",
    "escp",
    "hpgl2",
    "jpeg",
    "lips",
    "pcl5",
    "pclm",
    "pclxl",
    "pdf",
    "pjl",
    "postscript",
    "pwg-raster",
    "qpdl",
    "text",
    "tiff",
    "unknown",
    "urf",
    "xps",
    "zjstream",
];

fn corpora() -> Vec<PathBuf> {
    let named = std::env::var_os("PAPERGATE_CORPUS").map(PathBuf::from);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beside = here.ancestors().map(|dir| dir.join("shared/corpus"));
    let larger = named.into_iter().chain(beside).find(|dir| dir.join("manifest.json").exists());
    [here.join("fixtures/streams")].into_iter().chain(larger).collect()
}

fn records(dir: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(dir.join("manifest.json")).expect("the manifest is readable");
    let records: Vec<Value> = serde_json::from_str(&text).expect("the manifest is JSON");
    let only = std::env::var("PAPERGATE_CORPUS_LANGUAGES").ok();
    let languages: BTreeSet<&str> = match &only {
        Some(list) => list.split(',').collect(),
        None => LANGUAGES.iter().copied().collect(),
    };
    records
        .into_iter()
        .filter(|record| record["pdl"].as_str().is_some_and(|pdl| languages.contains(pdl)))
        .collect()
}

/// The fields of a record as this crate answers them.
fn answer(report: &Report) -> Value {
    let papers: Vec<Value> =
        report.papers.pages().map(|paper| json!(paper.map(|paper| paper.name()))).collect();
    json!({
        "pdl": report.languages[0].name(),
        "pdls": report.languages.iter().map(|language| language.name()).collect::<Vec<_>>(),
        "pages": report.pages.0,
        "pages_per_copy": report.pages_per_copy.map(|pages| pages.0),
        "copies": report.copies.map(|copies| copies.0),
        "color_pages": report.color_pages.0,
        "color_pages_data": report.color_pages_data.0,
        "duplex": report.duplex.any(),
        "sheets": report.sheets.0,
        "paper": report.papers.summary().name(),
        "papers": papers,
        "user": report.user,
        "job_name": report.job_name,
        "driver": report.driver,
        "jobs": report.jobs.iter().map(|job| json!({
            "pdl": job.languages[0].name(),
            "pages": job.pages.0,
            "copies": job.copies.map(|copies| copies.0),
            "paper": job.papers.summary().name(),
            "job_name": job.job_name,
        })).collect::<Vec<_>>(),
    })
}

const FIELDS: &[&str] = &[
    "pdl",
    "pdls",
    "pages",
    "pages_per_copy",
    "copies",
    "color_pages",
    "color_pages_data",
    "duplex",
    "sheets",
    "paper",
    "papers",
    "user",
    "job_name",
    "driver",
    "jobs",
];

/// Values a manifest states though the data does not hold them: this pdftops wrote no `%%Title`.
const UNKNOWABLE: &[(&str, &str)] = &[("p-pdftops.ps", "job_name")];

/// One line for each field that is neither the truth nor accepted.
fn differences(record: &Value, report: &Report) -> Vec<String> {
    let answer = answer(report);
    let mut wrong = Vec::new();
    for field in FIELDS {
        let Some(truth) = record.get(*field) else { continue };
        let said = &answer[*field];
        let accept = &record["accept"][*field];
        let right = said == truth
            || UNKNOWABLE.contains(&(record["file"].as_str().unwrap_or("?"), field))
            || accept == "any"
            || accept.as_array().is_some_and(|others| others.contains(said))
            // Broken input: how many pages were one copy is not stated.
            || (*field == "pages_per_copy" && truth.is_null() && record.get("expected").is_some());
        if !right {
            wrong.push(format!(
                "{}: {field} is {said}, should be {truth}",
                record["file"].as_str().unwrap_or("?")
            ));
        }
    }
    let expected = record.get("expected").and_then(Value::as_str);
    if expected.is_some_and(|e| e.starts_with("failure")) && report.status.name() != "failure" {
        wrong.push(format!("{}: damage is not noticed", record["file"].as_str().unwrap_or("?")));
    }
    if expected.is_none() && report.status != pdl::Status::Ok {
        wrong.push(format!("{}: status {:?}", record["file"].as_str().unwrap_or("?"), report.status));
    }
    wrong
}

#[test]
fn every_file_is_right_in_every_field() {
    let mut wrong = Vec::new();
    for dir in corpora() {
        for record in records(&dir) {
            let data = std::fs::read(dir.join(record["file"].as_str().expect("a record names its file")))
                .expect("the corpus is complete");
            wrong.extend(differences(&record, &inspect(&data, &Helpers::none())));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn any_chunking_gives_the_same_answer() {
    for dir in corpora() {
        for record in records(&dir) {
            let file = record["file"].as_str().expect("a record names its file");
            let data = std::fs::read(dir.join(file)).expect("the corpus is complete");
            let whole = streamed(&data, &[usize::MAX]);
            for sizes in [&[1][..], &[7, 1, 64, 3, 1000], &[4096], &[65_536]] {
                assert_eq!(streamed(&data, sizes), whole, "{file} in chunks of {sizes:?}");
            }
        }
    }
}

fn streamed(data: &[u8], sizes: &[usize]) -> Report {
    let mut inspector = Inspector::new(Options::default());
    let mut rest = data;
    for size in sizes.iter().cycle() {
        let (chunk, after) = rest.split_at(rest.len().min(*size));
        inspector.push(chunk);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    inspector.finish().into_report()
}
