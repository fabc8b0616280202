//! Where the journal begins after a clean-up: what all lines before it came to, as text of one fact a line.
//!
//! The first line that is left builds on the hash of this text, so a changed fact is found like a changed line.

use std::fmt::Write as _;

use diesel::prelude::*;

use super::corrupt;
use super::proof::{Told, Walk};
use super::row::PurseRow;
use super::table::checkpoint;
use crate::AnyConnection;
use crate::error::StoreResult;

/// The row, of which there is at most one.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = checkpoint)]
pub(super) struct Checkpoint {
    id: i64,
    /// The last line that is gone.
    pub(super) sequence: i64,
    /// Its hash.
    pub(super) hash: Vec<u8>,
    pub(super) content: String,
    cleaned_us: i64,
}

impl Checkpoint {
    /// What `walk` has come to at its last line, whose hash is `hash`. Transfers keep what `walk.kept` names.
    pub(super) fn new(walk: &Walk, hash: Vec<u8>, cleaned_us: i64) -> Self {
        let mut content = String::new();
        let mut line = |text: std::fmt::Arguments<'_>| {
            // Writing to a text cannot fail.
            let _ = writeln!(content, "{text}");
        };
        for purse in walk.purses.values() {
            let PurseRow {
                holder,
                balance_one,
                balance_two,
                reserved_one,
                reserved_two,
                low_limit,
                opened_us,
            } = purse;
            line(format_args!(
                "purse\t{holder}\t{balance_one}\t{balance_two}\t{reserved_one}\t{reserved_two}\t{low_limit}\t{opened_us}"
            ));
        }
        for (counter, balance) in &walk.counters {
            line(format_args!("counter\t{counter}\t{balance}"));
        }
        for (id, fingerprint) in &walk.kept {
            let Told { state, split, ended_us } = walk.transfers.get(id).copied().unwrap_or_default();
            line(format_args!(
                "transfer\t{id}\t{state}\t{}\t{}\t{ended_us}\t{fingerprint}",
                split.0, split.1
            ));
        }
        let _ = writeln!(content, "cleaned\t{cleaned_us}");
        Self { id: 1, sequence: walk.proof.entries, hash, content, cleaned_us }
    }

    /// The walk as it stood there.
    pub(super) fn into_walk(self) -> StoreResult<Walk> {
        let mut walk = Walk::default();
        walk.proof.entries = self.sequence;
        let wrong = |line: &str| corrupt("checkpoint", "content", domain::text::shorten(line, 80));
        for line in self.content.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let number = |at: usize| {
                fields.get(at).and_then(|text| text.parse::<i64>().ok()).ok_or_else(|| wrong(line))
            };
            match fields.as_slice() {
                ["purse", holder, ..] if fields.len() == 8 => {
                    let purse = PurseRow {
                        holder: (*holder).to_owned(),
                        balance_one: number(2)?,
                        balance_two: number(3)?,
                        reserved_one: number(4)?,
                        reserved_two: number(5)?,
                        low_limit: number(6)?,
                        opened_us: number(7)?,
                    };
                    walk.purses.insert((*holder).to_owned(), purse);
                }
                ["cleaned", _] if number(1)? == self.cleaned_us => {}
                ["counter", ..] if fields.len() == 3 => {
                    walk.counters.insert(number(1)?, number(2)?);
                }
                ["transfer", id, .., fingerprint] if fields.len() == 7 => {
                    let told =
                        Told { state: number(2)?, split: (number(3)?, number(4)?), ended_us: number(5)? };
                    walk.transfers.insert((*id).to_owned(), told);
                    walk.kept.insert((*id).to_owned(), (*fingerprint).to_owned());
                }
                _ => return Err(wrong(line)),
            }
        }
        Ok(walk)
    }
}

/// The last clean-up's.
pub(super) fn load(connection: &mut AnyConnection) -> StoreResult<Option<Checkpoint>> {
    let mut rows: Vec<Checkpoint> = checkpoint::table.load(connection)?;
    match (rows.pop(), rows.is_empty()) {
        (None, _) => Ok(None),
        (Some(row), true) if row.id == 1 => Ok(Some(row)),
        (Some(row), _) => Err(corrupt("checkpoint", "id", row.id)),
    }
}

/// Takes the place of the last one.
pub(super) fn save(connection: &mut AnyConnection, row: &Checkpoint) -> StoreResult<()> {
    diesel::delete(checkpoint::table.find(1)).execute(connection)?;
    diesel::insert_into(checkpoint::table).values(row).execute(connection)?;
    Ok(())
}
