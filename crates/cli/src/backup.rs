//! `papergate backup`: a consistent copy of what the servers own.

use std::path::PathBuf;

use clap::Args;
use rpc::proto::{jobserver, moneyserver, trackingserver};
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::reach::Patience;

#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// Directory for the copy, on the machine of the servers; empty, or made when it is not there
    directory: PathBuf,
    /// The suite has no moneyserver: nobody pays
    #[arg(long)]
    without_accounts: bool,
}

pub(crate) async fn run(shell: &mut Shell<'_>, arguments: BackupArguments) -> Result<(), Failure> {
    // The servers have another working directory than we have.
    let directory = std::path::absolute(&arguments.directory)
        .map_err(Failure::io("find the backup directory"))?
        .into_os_string()
        .into_string()
        .map_err(|path| Failure::Usage(format!("{} is not UTF-8", path.display())))?;
    // Jobs before records and money: what is printed in between is still held in the copy and known in the
    // others by its id, so that nothing is lost and nothing counts twice. The other order could lose a record.
    let mut jobs = shell.reach.administration_with(Patience::Unlimited).await?;
    let request = jobserver::BackupRequest { directory: directory.clone() };
    let mut files = jobs.backup(request).await?.into_inner().files;
    let mut records = shell.reach.tracking(Patience::Unlimited).await?;
    let request = trackingserver::BackupRequest { directory: directory.clone() };
    files.extend(records.backup(request).await?.into_inner().files);
    if !arguments.without_accounts {
        let mut money = shell.reach.money_with(Patience::Unlimited).await?;
        let request = moneyserver::BackupRequest { directory: directory.clone() };
        files.extend(money.backup(request).await?.into_inner().files);
    }
    let text = format!("{} files are in {directory}", files.len());
    shell.output.done(&text, &json!({ "directory": directory, "files": files }))
}
