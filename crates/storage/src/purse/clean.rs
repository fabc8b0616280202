//! Takes old transactions out of the books (guide, "Maintenance"), so that what is left can still be proved.
//!
//! The journal is cut at a line, never holed. What all lines before the cut came to becomes the checkpoint; the lines after
//! it are chained anew onto the checkpoint's hash. Each person's most recent transaction stays, and so does whatever
//! is pending.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use domain::Timestamp;

use super::checkpoint::Checkpoint;
use super::row::{EntryRow, PENDING, TransferRow};
use super::table::{entries, head, transfers};
use super::{Purses, chain, checkpoint, proof};
use crate::AnyConnection;
use crate::error::StoreResult;

/// Rows handled at a time; within SQLite's limit on parameters.
const PART: usize = 5_000;

/// What a clean-up came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cleaned {
    /// Transactions that are gone.
    pub transfers: i64,
    /// Lines of the journal that are gone.
    pub entries: i64,
    /// Hash of the journal's last line, which is new.
    pub head: Vec<u8>,
    /// What is wrong with the books; nothing was deleted when there is anything.
    pub findings: Vec<String>,
}

impl Purses {
    /// Deletes transactions that ended before `before`, but nobody's most recent one and nothing that is pending.
    ///
    /// # Errors
    /// When the database fails; then nothing is deleted.
    pub fn clean(&self, before: Timestamp, now: Timestamp) -> StoreResult<Cleaned> {
        self.database.write("purse-clean", |connection| clean(connection, before, now))
    }
}

fn clean(connection: &mut AnyConnection, before: Timestamp, now: Timestamp) -> StoreResult<Cleaned> {
    let (last, hash): (i64, Vec<u8>) =
        head::table.find(1).select((head::sequence, head::hash)).first(connection)?;
    // The first line that stays; instants of lines may repeat, so the journal's order decides.
    let first_kept: Option<i64> = entries::table
        .filter(entries::at_us.ge(before.0))
        .order(entries::sequence)
        .select(entries::sequence)
        .first(connection)
        .optional()?;
    let cut = first_kept.map_or(last, |first| first - 1);
    let begin = checkpoint::load(connection)?.map_or(0, |checkpoint| checkpoint.sequence);
    if cut <= begin {
        return Ok(Cleaned { head: hash, ..Cleaned::default() });
    }
    let (mut walk, hash_at_cut) = proof::follow(connection, cut)?;
    if !walk.proof.findings.is_empty() {
        return Ok(Cleaned { head: hash, findings: walk.proof.findings, ..Cleaned::default() });
    }
    let keep = kept(connection, cut)?;
    let gone: Vec<String> = walk.transfers.keys().filter(|id| !keep.contains(*id)).cloned().collect();
    walk.transfers.retain(|id, _| keep.contains(id));
    walk.kept = fingerprints(connection, walk.transfers.keys())?;
    for part in gone.chunks(PART) {
        diesel::delete(transfers::table.filter(transfers::id.eq_any(part))).execute(connection)?;
    }
    diesel::delete(entries::table.filter(entries::sequence.le(cut))).execute(connection)?;
    let row = Checkpoint::new(&walk, hash_at_cut, now.0);
    checkpoint::save(connection, &row)?;
    let head = chain_again(connection, chain::checkpoint(&row.hash, row.sequence, &row.content), cut)?;
    diesel::update(head::table.find(1)).set(head::hash.eq(&head)).execute(connection)?;
    Ok(Cleaned { transfers: gone.len() as i64, entries: cut - begin, head, findings: Vec::new() })
}

/// Transfers that stay: pending ones, those with lines after the cut, and each person's most recent.
fn kept(connection: &mut AnyConnection, cut: i64) -> StoreResult<BTreeSet<String>> {
    let later: Vec<String> = entries::table
        .filter(entries::sequence.gt(cut))
        .select(entries::transfer)
        .distinct()
        .load(connection)?;
    let pending: Vec<String> =
        transfers::table.filter(transfers::state.eq(PENDING)).select(transfers::id).load(connection)?;
    let mut keep: BTreeSet<String> = later.into_iter().chain(pending).collect();
    let mut newest: BTreeMap<String, (i64, String)> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page: Vec<(String, String, i64)> = transfers::table
            .filter(transfers::id.gt(&after))
            .order(transfers::id)
            .limit(PART as i64)
            .select((transfers::id, transfers::holder, transfers::created_us))
            .load(connection)?;
        let Some((last, ..)) = page.last() else { break };
        after.clone_from(last);
        for (id, holder, created) in page {
            let entry = newest.entry(holder).or_default();
            *entry = std::mem::take(entry).max((created, id));
        }
    }
    keep.extend(newest.into_values().map(|(_, id)| id));
    Ok(keep)
}

fn fingerprints<'a>(
    connection: &mut AnyConnection,
    ids: impl Iterator<Item = &'a String>,
) -> StoreResult<BTreeMap<String, String>> {
    let ids: Vec<&String> = ids.collect();
    let mut prints = BTreeMap::new();
    for part in ids.chunks(PART) {
        let part: Vec<&str> = part.iter().map(|id| id.as_str()).collect();
        let rows: Vec<TransferRow> = transfers::table.filter(transfers::id.eq_any(part)).load(connection)?;
        prints.extend(rows.iter().map(|row| (row.id.clone(), chain::fingerprint(row))));
    }
    Ok(prints)
}

/// Hashes the lines after `cut` anew, from `hash` on; the hash of the last.
fn chain_again(connection: &mut AnyConnection, mut hash: Vec<u8>, cut: i64) -> StoreResult<Vec<u8>> {
    let mut after = cut;
    loop {
        let page: Vec<EntryRow> = entries::table
            .filter(entries::sequence.gt(after))
            .order(entries::sequence)
            .limit(PART as i64)
            .load(connection)?;
        let Some(last) = page.last() else { return Ok(hash) };
        after = last.sequence;
        let ids: BTreeSet<&str> = page.iter().map(|entry| entry.transfer.as_str()).collect();
        let rows: Vec<TransferRow> = transfers::table.filter(transfers::id.eq_any(ids)).load(connection)?;
        let known: BTreeMap<&str, &TransferRow> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
        for entry in &page {
            // A line of a transfer that is missing stays as it is, and is found by the next proof.
            if let Some(transfer) = known.get(entry.transfer.as_str()) {
                hash = chain::hash(&hash, entry, transfer);
                diesel::update(entries::table.find(entry.sequence))
                    .set(entries::hash.eq(&hash))
                    .execute(connection)?;
            }
        }
    }
}
