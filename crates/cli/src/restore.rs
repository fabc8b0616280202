//! `papergate restore`: what `papergate backup` copied becomes a data directory again.
//!
//! It works on files, without servers: whoever restores has none that run. Nothing that is there is overwritten, and
//! the stores come last, so that a restore that was cut short is begun again in an empty directory instead of being
//! taken for a suite that lost its documents.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use service::lock;

use crate::Shell;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// Directory that `papergate backup` made
    directory: PathBuf,
    /// Directory with the saved keys, when they are not in the data directory yet
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Where held documents go, when the configuration names another directory than the data directory's
    #[arg(long, value_name = "DIR")]
    spool: Option<PathBuf>,
}

/// Keys without which nothing of a backup can be read.
const KEYS: [&str; 2] = ["installation.key", "pepper.key"];
/// Roles that must not run meanwhile.
const ROLES: [&str; 4] = ["supervisor", "jobserver", "trackingserver", "moneyserver"];

pub(crate) fn run(shell: &mut Shell<'_>, arguments: &RestoreArguments) -> Result<(), Failure> {
    let data = shell.reach.data()?.to_owned();
    let from = &arguments.directory;
    let stores = stores(from)?;
    for directory in [&data, &data.join("run"), &data.join("db"), &data.join("keys")] {
        make(directory)?;
    }
    let mut locks = Vec::new();
    for role in ROLES {
        let path = data.join("run").join(format!("{role}.lock"));
        match lock::take(&path).map_err(Failure::io(format!("lock {}", path.display())))? {
            Some(lock) => locks.push(lock),
            None => {
                return Err(refused(format!("the {role} runs on {}; stop the suite first", data.display())));
            }
        }
    }
    let spool = arguments.spool.clone().unwrap_or_else(|| data.join("spool"));
    for place in [&data.join("db"), &spool] {
        if holds_something(place)? {
            let text = format!("{} is not empty; a restore overwrites nothing", place.display());
            return Err(refused(text));
        }
    }
    let keys = data.join("keys");
    let mut files = Vec::new();
    if let Some(saved) = &arguments.keys {
        copy_tree(saved, &keys, &mut files)?;
    }
    if let Some(missing) = KEYS.iter().find(|name| !keys.join(name).is_file()) {
        let text = format!("{} is missing; name the saved keys with --keys", keys.join(missing).display());
        return Err(refused(text));
    }
    if from.join("spool").is_dir() {
        copy_tree(&from.join("spool"), &spool, &mut files)?;
    }
    for store in &stores {
        let name = store.file_name().unwrap_or_default();
        copy(store, &data.join("db").join(name), &mut files)?;
    }
    sync(&data.join("db"))?;
    let text = format!("{} files are in {}; start the suite", files.len(), data.display());
    shell.output.done(&text, &json!({ "directory": data, "files": files }))
}

/// The stores of a backup; the one of people and documents must be there.
fn stores(from: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = Failure::io(format!("read {}", from.display()));
    let entries: Vec<_> = fs::read_dir(from).and_then(Iterator::collect).map_err(read)?;
    let paths = entries.into_iter().map(|entry| entry.path());
    let mut stores: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "sqlite")).collect();
    stores.sort();
    if stores.iter().any(|path| path.file_name().is_some_and(|name| name == "core.sqlite")) {
        return Ok(stores);
    }
    Err(refused(format!(
        "{} is no backup of a suite on SQLite: core.sqlite is missing. Stores on PostgreSQL are restored with its own \
         tools, and the spool is copied back by hand",
        from.display()
    )))
}

fn holds_something(directory: &Path) -> Result<bool, Failure> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::io(format!("read {}", directory.display()))(error)),
    }
}

fn make(directory: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(Failure::io(format!("make {}", directory.display())))
}

/// Copies directories and plain files; links and the rest are nothing that a backup has.
fn copy_tree(from: &Path, to: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    make(to)?;
    let read = || Failure::io(format!("read {}", from.display()));
    let entries: Vec<_> = fs::read_dir(from).and_then(Iterator::collect).map_err(read())?;
    for entry in entries {
        let kind = entry.file_type().map_err(read())?;
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            copy_tree(&entry.path(), &target, files)?;
        } else if kind.is_file() {
            copy(&entry.path(), &target, files)?;
        }
    }
    sync(to)
}

/// Copies one file for its owner alone, and waits until it is on disk.
fn copy(from: &Path, to: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let copied = File::create_new(to).and_then(|mut target| {
        target.set_permissions(fs::Permissions::from_mode(0o600))?;
        io::copy(&mut File::open(from)?, &mut target)?;
        target.sync_all()
    });
    copied.map_err(Failure::io(format!("copy {} to {}", from.display(), to.display())))?;
    files.push(to.to_owned());
    Ok(())
}

fn sync(directory: &Path) -> Result<(), Failure> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(Failure::io(format!("flush {}", directory.display())))
}

fn refused(message: String) -> Failure {
    // "Name is not valid", as for a backup's directory.
    Failure::Refused { status: domain::Status::NAME_INVALID.0, message }
}
