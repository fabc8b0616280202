//! Deletes old transactions (guide, "Maintenance").

use std::time::Duration;

use domain::Timestamp;
use rpc::proto::moneyserver as proto;
use rpc::{Error, Kind};
use storage::purse::{Cleaned, Purses};

use crate::backup;
use crate::error::store_failed;

/// Ids of transactions are remembered at least so long, so that whoever repeats a call is answered as before.
const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);

/// "An error without a code of its own in the money server."
const MONEY_DEFAULT_ERROR: i32 = 221;

/// Copies the store when asked to, then deletes; nothing is deleted when the copy fails or the books are wrong.
pub(crate) fn clean_up(
    store: &Purses,
    request: &proto::CleanUpRequest,
    now: Timestamp,
) -> Result<proto::CleanUpAnswer, Error> {
    if request.before_us <= 0 || Timestamp(request.before_us) > now.minus(REMEMBERED) {
        let why = "transactions of the last day are not deleted; name an earlier date";
        return Err(Error::new(Kind::Invalid, MONEY_DEFAULT_ERROR, why).field("before_us"));
    }
    let files = match request.backup_directory.as_str() {
        "" => Vec::new(),
        directory => backup::backup(store, &proto::BackupRequest { directory: directory.to_owned() })?.files,
    };
    let Cleaned { transfers, entries, head, findings } =
        store.clean(Timestamp(request.before_us), now).map_err(store_failed)?;
    if let Some(first) = findings.first() {
        let why = format!(
            "nothing was deleted, because the books are wrong: {first}; see 'papergate money verify'"
        );
        return Err(Error::new(Kind::Refused, MONEY_DEFAULT_ERROR, why));
    }
    let head: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
    tracing::info!(transfers, entries, head, "old transactions were deleted");
    Ok(proto::CleanUpAnswer { transfers, entries, head, files })
}
