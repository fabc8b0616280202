//! Copies the store.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rpc::proto::trackingserver as proto;
use rpc::{Error, Kind};
use storage::tracking::Tracking;

use crate::error::{invalid, store_failed};

/// Copies the store into a directory of this machine, made when it is not there.
pub(crate) fn backup(store: &Tracking, request: &proto::BackupRequest) -> Result<proto::BackupAnswer, Error> {
    let directory = Path::new(&request.directory);
    if !directory.is_absolute() {
        return Err(invalid("directory", "the directory of a backup is named from the root"));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|error| {
        Error::new(Kind::Refused, 1, format!("the directory {} cannot be made: {error}", directory.display()))
    })?;
    if directory.join("tracking.sqlite").exists() {
        return Err(Error::new(Kind::Refused, 1, format!("{} has a backup already", directory.display())));
    }
    let copy = storage::backup::copy(store.database(), directory).map_err(store_failed)?;
    Ok(proto::BackupAnswer { files: vec![copy.to_string_lossy().into_owned()] })
}
