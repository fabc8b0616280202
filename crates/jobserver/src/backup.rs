//! A consistent copy of the store and the spool into a directory.
//!
//! The store is copied first: a document that is deleted while its file waits to be copied leaves a row
//! without a file, which the integrity check of a restored server tells; the other order would lose documents
//! that came meanwhile without a word. The keys are not copied: a backup that holds both keys and documents
//! protects nobody. They lie in `keys/` and are copied by hand, once.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use domain::Status;
use storage::Location;

use crate::failed::Failed;
use crate::spool::Spool;
use crate::state::State;

/// Copies into `directory`, which must be absolute and absent or empty. Answers with the files made.
///
/// # Errors
/// Status 14 for a directory that cannot be used, 104 and 107 when it cannot be written.
pub(crate) fn backup(state: &State, directory: &Path) -> Result<Vec<String>, Failed> {
    if !directory.is_absolute() {
        return Err(Failed::invalid("the directory of a backup is named from the root"));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    if fs::read_dir(directory).map_err(failed)?.next().is_some() {
        return Err(Failed::refused(Status::NAME_INVALID, "the directory of a backup must be empty"));
    }
    let mut files = Vec::new();
    match state.store.database().location() {
        Location::Sqlite(_) => {
            let copy = storage::backup::copy(state.store.database(), directory)?;
            files.push(copy.display().to_string());
            let copy = storage::backup::copy(state.events.store().database(), directory)?;
            files.push(copy.display().to_string());
        }
        // PostgreSQL has tools of its own, which know its server's state.
        Location::Postgres(_) => {
            tracing::info!("the stores are PostgreSQL's to back up; only the spool is copied")
        }
    }
    spool_copy(&state.spool, &directory.join("spool"), &mut files)?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
    Ok(files)
}

fn spool_copy(spool: &Spool, target: &Path, files: &mut Vec<String>) -> Result<(), Failed> {
    DirBuilder::new().mode(0o700).create(target).map_err(failed)?;
    for document in spool.list().map_err(failed)?.documents {
        let from = spool.path(document);
        let Ok(relative) = from.strip_prefix(spool.root()) else { continue };
        let to = target.join(relative);
        if let Some(parent) = to.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(failed)?;
        }
        match fs::copy(&from, &to) {
            Ok(_) => {
                File::open(&to).and_then(|copy| copy.sync_all()).map_err(failed)?;
                files.push(to.display().to_string());
            }
            // Collected or deleted meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

fn failed(error: io::Error) -> Failed {
    let status = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Status::DISK_FULL,
        _ => Status::FILE_UNWRITABLE,
    };
    Failed::refused(status, format!("the backup could not be written: {error}"))
}
