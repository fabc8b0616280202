//! The hashes of the journal: each line's is made of the one before, the line, and what its transfer was asked for.

use sha2::{Digest, Sha256};

use super::row::{EntryRow, TransferRow};

/// The hash before the first line.
pub(super) const START: [u8; 32] = [0; 32];

/// The hash of `entry` after `before`. What never changes about `transfer` is part of it, so that a changed
/// comment is found as well as a changed amount.
pub(super) fn hash(before: &[u8], entry: &EntryRow, transfer: &TransferRow) -> Vec<u8> {
    let mut digest = Sha256::new();
    text(&mut digest, before);
    for value in [
        entry.sequence,
        entry.event,
        entry.balance_one,
        entry.balance_two,
        entry.reserved_one,
        entry.reserved_two,
        entry.low_limit,
        entry.counter,
        entry.after_one,
        entry.after_two,
        entry.at_us,
        transfer.kind,
        transfer.account,
        transfer.amount,
        transfer.policy,
        transfer.expires_us,
        transfer.created_us,
    ] {
        digest.update(value.to_be_bytes());
    }
    for value in [
        &entry.transfer,
        &entry.holder,
        &transfer.id,
        &transfer.holder,
        &transfer.author,
        &transfer.gid,
        &transfer.comment,
    ] {
        text(&mut digest, value.as_bytes());
    }
    digest.finalize().to_vec()
}

/// What never changes about a transfer whose lines are gone.
pub(super) fn fingerprint(transfer: &TransferRow) -> String {
    let mut digest = Sha256::new();
    for value in [
        transfer.kind,
        transfer.account,
        transfer.amount,
        transfer.policy,
        transfer.expires_us,
        transfer.created_us,
    ] {
        digest.update(value.to_be_bytes());
    }
    for value in [&transfer.id, &transfer.holder, &transfer.author, &transfer.gid, &transfer.comment] {
        text(&mut digest, value.as_bytes());
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash that the first line after a checkpoint builds on.
pub(super) fn checkpoint(last: &[u8], sequence: i64, content: &str) -> Vec<u8> {
    let mut digest = Sha256::new();
    text(&mut digest, last);
    digest.update(sequence.to_be_bytes());
    text(&mut digest, content.as_bytes());
    digest.finalize().to_vec()
}

/// With its length, so that no two different rows have the same bytes.
fn text(digest: &mut Sha256, bytes: &[u8]) {
    digest.update((bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}
