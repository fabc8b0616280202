//! `jobs.jsonl`: one line a document, written when it ended.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::counts::Counts;

use crate::failure::Failure;

/// What is known of a document that came in. Instants are microseconds since the epoch.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// When it ended.
    pub t: i64,
    /// Number within this run of the printer, from 1.
    pub job: u64,
    /// raw, ipp or session; copy for pages of no document.
    pub source: &'static str,
    /// Who sent it.
    pub from: String,
    /// The file it is in, without directory.
    pub file: String,
    /// Bytes that came, of all copies.
    pub bytes: u64,
    /// Impressions that came out, of all copies.
    pub impressions: u64,
    /// Those of them with colour.
    pub color_impressions: u64,
    /// Sheets of paper that they took.
    pub sheets: u64,
    /// When the connection or announcement came.
    pub began: i64,
    /// When its first byte came; none when none did.
    pub first_byte: Option<i64>,
    /// How it ended.
    pub ended: Ending,
    /// Title, when the way it came has one.
    pub title: Option<String>,
    /// Owner, when the way it came has one.
    pub user: Option<String>,
    /// Copies that the printer was told to make.
    pub copies: u16,
}

/// How a document ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// All of it came out.
    Complete,
    /// The paper jammed.
    Jam,
    /// The printer cut the connection.
    Dropped,
    /// The sender went away or gave it up before the end.
    Lost,
}

/// The open journal.
#[derive(Debug)]
pub struct Journal(Mutex<File>);

impl Journal {
    /// Opens `jobs.jsonl` in `directory` to add to it, and adds up what it counts: a printer's counters last longer than
    /// its being switched on.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(directory: &Path) -> Result<(Self, Counts), Failure> {
        let path = directory.join("jobs.jsonl");
        let mut counts = Counts::default();
        // A line that was cut when the machine stopped, or one of an older edition, counts nothing.
        let lines = File::open(&path).into_iter().flat_map(|file| BufReader::new(file).lines());
        for line in lines.map_while(Result::ok) {
            counts.add(serde_json::from_str(&line).unwrap_or_default());
        }
        let file = File::options().create(true).append(true).open(&path);
        let file = file.map_err(Failure::io(format!("write {}", path.display())))?;
        Ok((Self(Mutex::new(file)), counts))
    }

    /// Adds a line.
    pub fn note(&self, entry: &Entry) {
        let mut line = serde_json::to_vec(entry).expect("numbers and texts are JSON");
        line.push(b'\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(&line) {
            tracing::error!(%error, "the journal cannot be written");
        }
    }
}
