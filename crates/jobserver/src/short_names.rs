//! Names of documents as people see them in lists.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use domain::short_name::ExcludedBeginnings;

use crate::state::State;
use crate::watched_file::WatchedFile;

/// What is left out of names, in the data directory (guide, "Shorten job names in document list").
const FILE: &str = "ExcludeJobNames.txt";

/// The file, read again whenever it changes.
pub(crate) type ShortNames = WatchedFile<ExcludedBeginnings>;

/// The file in the data directory.
pub(crate) fn file(data: &Path) -> Mutex<ShortNames> {
    let parse = |text: &str| ExcludedBeginnings::parse(text).map_err(|error| error.to_string());
    Mutex::new(WatchedFile::new(data.join(FILE), "beginnings of job names", parse))
}

/// A name as lists show it.
pub(crate) fn shorten(state: &State, name: &str) -> String {
    let mut file = state.short_names.lock().unwrap_or_else(PoisonError::into_inner);
    file.now().shorten(name).to_owned()
}
