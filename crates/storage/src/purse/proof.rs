//! Whether the books are what the journal says.

use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::ledger::Counter;

use super::row::{EntryRow, PENDING, PurseRow, TransferRow, counter_number, event};
use super::table::{counters, entries, head, purses, transfers};
use super::{chain, checkpoint};
use crate::AnyConnection;
use crate::error::{StoreError, StoreResult};

/// Lines read at a time.
const PAGE: i64 = 5_000;

/// Most findings that are told; the first says enough.
pub const FINDINGS_MAX: usize = 100;

/// What a walk through the whole journal came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Proof {
    /// Lines of the journal.
    pub entries: i64,
    /// Purses and transfers that were compared with it.
    pub purses: i64,
    /// Transfers that were compared with it.
    pub transfers: i64,
    /// Hash of the last line: written down elsewhere, it proves later that no line before it was changed.
    pub head: Vec<u8>,
    /// What is wrong, one sentence each, at most [`FINDINGS_MAX`]; empty when the books are right.
    pub findings: Vec<String>,
}

/// What the journal says of a transfer so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Told {
    pub(super) state: i64,
    pub(super) split: (i64, i64),
    pub(super) ended_us: i64,
}

/// Follows the journal from its beginning, or from the last clean-up, to the line `until`; the hash of the last line.
pub(super) fn follow(connection: &mut AnyConnection, until: i64) -> StoreResult<(Walk, Vec<u8>)> {
    let (mut walk, mut hash) = match checkpoint::load(connection)? {
        Some(checkpoint) => {
            let base = chain::checkpoint(&checkpoint.hash, checkpoint.sequence, &checkpoint.content);
            (checkpoint.into_walk()?, base)
        }
        None => (Walk::default(), chain::START.to_vec()),
    };
    loop {
        let page: Vec<EntryRow> = entries::table
            .filter(entries::sequence.gt(walk.proof.entries))
            .filter(entries::sequence.le(until))
            .order(entries::sequence)
            .limit(PAGE)
            .load(connection)?;
        let ids: Vec<&str> = page.iter().map(|entry| entry.transfer.as_str()).collect();
        let rows: Vec<TransferRow> = transfers::table.filter(transfers::id.eq_any(ids)).load(connection)?;
        let known: BTreeMap<String, TransferRow> =
            rows.into_iter().map(|row| (row.id.clone(), row)).collect();
        for entry in &page {
            hash = walk.entry(entry, known.get(&entry.transfer), &hash);
        }
        if (page.len() as i64) < PAGE {
            return Ok((walk, hash));
        }
    }
}

pub(super) fn prove(connection: &mut AnyConnection) -> StoreResult<Proof> {
    let (mut walk, hash) = match follow(connection, i64::MAX) {
        Ok(followed) => followed,
        // What the last clean-up wrote down is no longer what it wrote.
        Err(error @ StoreError::Corrupt { .. }) => {
            return Ok(Proof { findings: vec![error.to_string()], ..Proof::default() });
        }
        Err(error) => return Err(error),
    };
    let rows: i64 = entries::table.count().get_result(connection)?;
    if rows != walk.lines {
        walk.find(format!("the journal has {rows} rows, of which {} are lines", walk.lines));
    }
    let ends: Vec<(i64, i64, Vec<u8>)> = head::table.load(connection)?;
    match ends.as_slice() {
        [(1, sequence, last)] if *sequence == walk.proof.entries && *last == hash => {}
        [(1, sequence, _)] => {
            walk.find(format!("the journal ends at line {}, not at line {sequence}", walk.proof.entries));
        }
        _ => walk.find("the end of the journal is written down more than once, or nowhere".to_owned()),
    }
    walk.proof.head = hash;
    walk.compare_purses(connection)?;
    walk.compare_transfers(connection)?;
    walk.compare_counters(connection)?;
    Ok(walk.proof)
}

#[derive(Default)]
pub(super) struct Walk {
    /// Lines that were read.
    lines: i64,
    pub(super) proof: Proof,
    pub(super) purses: BTreeMap<String, PurseRow>,
    pub(super) transfers: BTreeMap<String, Told>,
    pub(super) counters: BTreeMap<i64, i64>,
    /// Transfers that a clean-up kept though their lines are gone, with what never changes about them.
    pub(super) kept: BTreeMap<String, String>,
}

impl Walk {
    fn find(&mut self, finding: String) {
        if self.proof.findings.len() < FINDINGS_MAX {
            self.proof.findings.push(finding);
        }
    }

    /// Checks one line and adds it up; answers with the hash the next line builds on.
    fn entry(&mut self, entry: &EntryRow, transfer: Option<&TransferRow>, before: &[u8]) -> Vec<u8> {
        let line = entry.sequence;
        let next = self.proof.entries.wrapping_add(1);
        if line != next {
            self.find(format!("line {next} of the journal is missing"));
        }
        self.proof.entries = line;
        self.lines += 1;
        match transfer {
            None => {
                self.find(format!("line {line} is of the transfer '{}', which is missing", entry.transfer))
            }
            Some(transfer) if chain::hash(before, entry, transfer) != entry.hash => {
                self.find(format!("line {line} or its transfer '{}' was changed", entry.transfer));
            }
            Some(_) => {}
        }
        let purse = self.purses.entry(entry.holder.clone()).or_insert_with(|| PurseRow {
            holder: entry.holder.clone(),
            balance_one: 0,
            balance_two: 0,
            reserved_one: 0,
            reserved_two: 0,
            low_limit: 0,
            opened_us: entry.at_us,
        });
        let opened_twice = entry.event == event::OPENED && purse.opened_us != entry.at_us;
        purse.balance_one = purse.balance_one.wrapping_add(entry.balance_one);
        purse.balance_two = purse.balance_two.wrapping_add(entry.balance_two);
        purse.reserved_one = purse.reserved_one.wrapping_add(entry.reserved_one);
        purse.reserved_two = purse.reserved_two.wrapping_add(entry.reserved_two);
        purse.low_limit = purse.low_limit.wrapping_add(entry.low_limit);
        let adds_up = (purse.balance_one, purse.balance_two) == (entry.after_one, entry.after_two);
        if !adds_up || opened_twice {
            self.find(format!("line {line} does not follow from the lines before"));
        }
        let counter = self.counters.entry(entry.counter).or_default();
        *counter = counter.wrapping_sub(entry.balance_one).wrapping_sub(entry.balance_two);
        self.follow(entry);
        // The stored hash goes on, so that one changed line is one finding and not all lines after it.
        entry.hash.clone()
    }

    fn follow(&mut self, entry: &EntryRow) {
        let told = self.transfers.entry(entry.transfer.clone()).or_default();
        let (state, split) = match entry.event {
            event::RESERVED => (PENDING, (entry.reserved_one, entry.reserved_two)),
            event::REDUCED => {
                let (one, two) = told.split;
                (PENDING, (one.wrapping_add(entry.reserved_one), two.wrapping_add(entry.reserved_two)))
            }
            event::SETTLED => (2, (entry.balance_one, entry.balance_two)),
            event::VOIDED => (3, (0, 0)),
            event::EXPIRED => (4, (0, 0)),
            _ => (2, (entry.balance_one, entry.balance_two)),
        };
        *told = Told { state, split, ended_us: if state == PENDING { 0 } else { entry.at_us } };
    }

    fn compare_purses(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        let mut after = String::new();
        loop {
            let page: Vec<PurseRow> = purses::table
                .filter(purses::holder.gt(&after))
                .order(purses::holder)
                .limit(PAGE)
                .load(connection)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.holder);
            for row in &page {
                self.proof.purses += 1;
                match self.purses.remove(&row.holder) {
                    Some(told) if told == *row => {}
                    Some(_) => {
                        self.find(format!("the purse of '{}' is not what the journal says", row.holder))
                    }
                    None => self.find(format!("the journal knows no purse of '{}'", row.holder)),
                }
            }
        }
        for holder in std::mem::take(&mut self.purses).into_keys() {
            self.find(format!("the purse of '{holder}' is missing"));
        }
        Ok(())
    }

    fn compare_transfers(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        let mut after = String::new();
        loop {
            let page: Vec<TransferRow> = transfers::table
                .filter(transfers::id.gt(&after))
                .order(transfers::id)
                .limit(PAGE)
                .load(connection)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            for row in &page {
                self.proof.transfers += 1;
                if self.kept.remove(&row.id).is_some_and(|known| known != chain::fingerprint(row)) {
                    self.find(format!("the transfer '{}' was changed", row.id));
                }
                let stored =
                    Told { state: row.state, split: (row.split_one, row.split_two), ended_us: row.ended_us };
                match self.transfers.remove(&row.id) {
                    Some(told) if told == stored => {}
                    Some(_) => self.find(format!("the transfer '{}' is not what the journal says", row.id)),
                    None => self.find(format!("the journal knows no transfer '{}'", row.id)),
                }
            }
        }
        for id in std::mem::take(&mut self.kept).into_keys() {
            self.find(format!("the transfer '{id}', which a clean-up kept, is missing"));
        }
        Ok(())
    }

    fn compare_counters(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        let stored: Vec<(i64, i64)> = counters::table.order(counters::counter).load(connection)?;
        let known: Vec<i64> = Counter::ALL.into_iter().map(counter_number).collect();
        if stored.iter().map(|(counter, _)| *counter).ne(known) {
            self.find("the counters are not those there are".to_owned());
        }
        for (counter, balance) in &stored {
            if self.counters.remove(counter).unwrap_or(0) != *balance {
                self.find(format!("counter {counter} is not what the journal says"));
            }
        }
        let missing: Vec<i64> =
            self.counters.iter().filter(|(_, balance)| **balance != 0).map(|(counter, _)| *counter).collect();
        for counter in missing {
            self.find(format!("counter {counter} is missing"));
        }
        let sum = |amounts: &mut dyn Iterator<Item = i64>| amounts.fold(0_i64, i64::wrapping_add);
        let house = sum(&mut stored.iter().map(|(_, balance)| *balance));
        let people: Vec<(i64, i64)> =
            purses::table.select((purses::balance_one, purses::balance_two)).load(connection)?;
        let people = sum(&mut people.into_iter().map(|(one, two)| one.wrapping_add(two)));
        if house.wrapping_add(people) != 0 {
            self.find(format!("the sum over all accounts is {} and not zero", house.wrapping_add(people)));
        }
        Ok(())
    }
}
