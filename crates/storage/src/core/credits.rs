//! Credit schedules of groups, and what became of their moments.

use diesel::prelude::*;
use domain::credit::{Action, Schedule, When};
use domain::ledger::Account;
use domain::people::group::{Group, GroupId};
use domain::people::unit::{Tree, UnitId};
use domain::text::fold;
use domain::user::User;
use domain::{Money, Timestamp, UserId};

use super::charge_schema::{credit_runs, credits};
use super::schema::{group_members, group_units, users};
use super::users::UserRow;
use super::{CoreStore, corrupt};
use crate::StoreResult;
use crate::dialect::{insert_if_absent, insert_returning};

/// Runs of a schedule that are kept; the oldest go first. A daily schedule's of two years.
const RUNS_MAX: i64 = 750;

/// A schedule in the store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredCredit {
    /// Its id.
    pub id: i64,
    /// What is wanted.
    pub schedule: Schedule,
    /// Moments up to this one are done, or were never due.
    pub done: Timestamp,
}

/// What became of one moment.
#[derive(Clone, Copy, Debug, Eq, Insertable, PartialEq, Queryable)]
#[diesel(table_name = credit_runs)]
pub struct CreditRun {
    /// Which schedule.
    pub credit_id: i64,
    /// The moment, microseconds.
    pub due_us: i64,
    /// When the last member was done, microseconds.
    pub ended_us: i64,
    /// Members whose account was changed.
    pub given: i64,
    /// Members whose account the books refused to change.
    pub refused: i64,
}

#[derive(AsChangeset, Insertable)]
#[diesel(table_name = credits)]
struct CreditRow<'a> {
    name: &'a str,
    name_key: String,
    group_id: i64,
    enabled: bool,
    account: i64,
    action: &'a str,
    amount: i64,
    comment: &'a str,
    starts: String,
    ends: String,
    frequency: String,
    done_us: i64,
}

#[derive(Queryable)]
struct LoadedCredit {
    id: i64,
    name: String,
    _name_key: String,
    group_id: i64,
    enabled: bool,
    account: i64,
    action: String,
    amount: i64,
    comment: String,
    starts: String,
    ends: String,
    frequency: String,
    done_us: i64,
    _created_us: i64,
}

impl<'a> CreditRow<'a> {
    fn new(schedule: &'a Schedule, done: Timestamp) -> Self {
        Self {
            name: &schedule.name,
            name_key: fold(&schedule.name),
            group_id: schedule.group.0,
            enabled: schedule.enabled,
            account: match schedule.account {
                Account::One => 1,
                Account::Two => 2,
            },
            action: schedule.action.as_str(),
            amount: schedule.amount.0,
            comment: &schedule.comment,
            starts: schedule.when.start.to_string(),
            ends: schedule.when.end.map(|end| end.to_string()).unwrap_or_default(),
            frequency: schedule.when.frequency.to_string(),
            done_us: done.0,
        }
    }
}

impl LoadedCredit {
    fn into_credit(self) -> StoreResult<StoredCredit> {
        let account = match self.account {
            1 => Account::One,
            2 => Account::Two,
            other => return Err(corrupt("credits", "account", other)),
        };
        let action = Action::parse(&self.action).ok_or_else(|| corrupt("credits", "action", &self.action))?;
        let end = match self.ends.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|error| corrupt("credits", "ends", error))?),
        };
        let when = When {
            start: self.starts.parse().map_err(|error| corrupt("credits", "starts", error))?,
            end,
            frequency: self.frequency.parse().map_err(|error| corrupt("credits", "frequency", error))?,
        };
        let schedule = Schedule {
            name: self.name,
            group: GroupId(self.group_id),
            enabled: self.enabled,
            account,
            action,
            amount: Money(self.amount),
            comment: self.comment,
            when,
        };
        Ok(StoredCredit { id: self.id, schedule, done: Timestamp(self.done_us) })
    }
}

impl CoreStore {
    /// Adds a schedule; moments up to `now` are none of its.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `name` when it is taken.
    pub fn credit_add(&self, schedule: &Schedule, now: Timestamp) -> StoreResult<i64> {
        self.database.write("credit-add", |connection| {
            let row = (CreditRow::new(schedule, now), credits::created_us.eq(now.0));
            Ok(insert_returning!(connection, credits::table, row, credits::id)?)
        })
    }

    /// Stores a changed schedule; `false` when there is none, or a moment of it was done since it was read.
    /// `done` is where its moments begin from now on.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `name` when it is taken.
    pub fn credit_save(&self, stored: &StoredCredit, done: Timestamp) -> StoreResult<bool> {
        self.database.write("credit-save", |connection| {
            let same =
                credits::table.filter(credits::id.eq(stored.id)).filter(credits::done_us.eq(stored.done.0));
            let row = CreditRow::new(&stored.schedule, done);
            Ok(diesel::update(same).set(&row).execute(connection)? > 0)
        })
    }

    /// Every schedule, by name.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn credits_list(&self) -> StoreResult<Vec<StoredCredit>> {
        self.database.read("credits-list", |connection| {
            let rows: Vec<LoadedCredit> = credits::table.order(credits::name_key).load(connection)?;
            rows.into_iter().map(LoadedCredit::into_credit).collect()
        })
    }

    /// Deletes a schedule and what became of its moments; what was given stays. `false` when there is none.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn credit_delete(&self, id: i64) -> StoreResult<bool> {
        self.database.write("credit-delete", |connection| {
            Ok(diesel::delete(credits::table.find(id)).execute(connection)? > 0)
        })
    }

    /// Writes down that a moment is done; nothing when the schedule was changed meanwhile in what is due.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn credit_done(&self, stored: &StoredCredit, run: &CreditRun) -> StoreResult<()> {
        self.database.write("credit-done", |connection| {
            let same =
                credits::table.filter(credits::id.eq(stored.id)).filter(credits::done_us.eq(stored.done.0));
            if diesel::update(same).set(credits::done_us.eq(run.due_us)).execute(connection)? == 0 {
                return Ok(());
            }
            let target = (credit_runs::credit_id, credit_runs::due_us);
            insert_if_absent!(connection, credit_runs::table, run, target)?;
            let oldest: Option<i64> = credit_runs::table
                .filter(credit_runs::credit_id.eq(stored.id))
                .order(credit_runs::due_us.desc())
                .offset(RUNS_MAX)
                .select(credit_runs::due_us)
                .first(connection)
                .optional()?;
            if let Some(oldest) = oldest {
                let old = credit_runs::table
                    .filter(credit_runs::credit_id.eq(stored.id))
                    .filter(credit_runs::due_us.le(oldest));
                diesel::delete(old).execute(connection)?;
            }
            Ok(())
        })
    }

    /// What became of a schedule's moments, the latest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn credit_runs(&self, id: i64, limit: i64) -> StoreResult<Vec<CreditRun>> {
        self.database.read("credit-runs", |connection| {
            let runs = credit_runs::table
                .filter(credit_runs::credit_id.eq(id))
                .order(credit_runs::due_us.desc())
                .limit(limit);
            Ok(runs.load(connection)?)
        })
    }

    /// The group of this id.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn group_show(&self, id: GroupId) -> StoreResult<Option<Group>> {
        Ok(self.groups_list()?.into_iter().map(|(group, ..)| group).find(|group| group.id == id))
    }

    /// Everybody who is in a group (by name, by unit, or because everybody is), by id after `after`, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn group_people(
        &self,
        group: &Group,
        tree: &Tree,
        after: UserId,
        limit: i64,
    ) -> StoreResult<Vec<User>> {
        self.database.read("group-people", |connection| {
            let mut query =
                users::table.filter(users::id.gt(after.0)).order(users::id).limit(limit).into_boxed();
            if !group.everybody {
                let tops: Vec<i64> = group_units::table
                    .filter(group_units::group_id.eq(group.id.0))
                    .select(group_units::unit_id)
                    .load(connection)?;
                let units: Vec<i64> = tops
                    .into_iter()
                    .flat_map(|top| tree.below(UnitId(top)).into_iter().map(|unit| unit.0).chain([top]))
                    .collect();
                let named = group_members::table
                    .filter(group_members::group_id.eq(group.id.0))
                    .select(group_members::user_id);
                query = query.filter(users::id.eq_any(named).or(users::unit_id.eq_any(units)));
            }
            let rows: Vec<UserRow> = query.load(connection)?;
            rows.into_iter().map(|row| Ok(row.into_user()?.0)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::Logon;

    use super::*;
    use crate::core::tests::each_core;
    use crate::core::{GroupMembers, NewUser};

    fn schedule(name: &str, group: GroupId) -> Schedule {
        Schedule {
            name: name.into(),
            group,
            enabled: true,
            account: Account::Two,
            action: Action::Subtract,
            amount: Money(12_345),
            comment: "für alle".into(),
            when: When {
                start: "2026-11-21T07:00:30".parse().unwrap(),
                end: Some("2027-01-31".parse().unwrap()),
                frequency: "monthly first-mon jan,dec".parse().unwrap(),
            },
        }
    }

    fn group(name: &str, everybody: bool) -> Group {
        Group {
            id: GroupId(0),
            name: name.into(),
            domain: String::new(),
            description: String::new(),
            prints: false,
            print_once: false,
            everybody,
        }
    }

    #[test]
    fn a_schedule_is_read_as_it_was_stored_and_each_moment_is_done_once() {
        each_core(|core| {
            let students = core.group_add(&group("students", false)).unwrap();
            let wanted = schedule("Credits", students);
            let id = core.credit_add(&wanted, Timestamp(5)).unwrap();
            let taken = core.credit_add(&schedule("CREDITS", students), Timestamp(5)).unwrap_err();
            assert!(taken.is_conflict_on("name"), "{taken}");
            let stored = core.credits_list().unwrap().remove(0);
            assert_eq!((stored.id, &stored.schedule, stored.done), (id, &wanted, Timestamp(5)));

            let run = CreditRun { credit_id: id, due_us: 10, ended_us: 11, given: 3, refused: 1 };
            core.credit_done(&stored, &run).unwrap();
            // Whoever comes second with the same moment changes nothing, and neither does an edit that did not see it.
            core.credit_done(&stored, &CreditRun { given: 9, ..run }).unwrap();
            assert!(!core.credit_save(&stored, Timestamp(50)).unwrap());
            assert_eq!(core.credit_runs(id, 10).unwrap(), [run]);
            let mut stored = core.credits_list().unwrap().remove(0);
            assert_eq!(stored.done, Timestamp(10));
            stored.schedule.enabled = false;
            assert!(core.credit_save(&stored, Timestamp(50)).unwrap());
            assert_eq!(core.credits_list().unwrap()[0].done, Timestamp(50));

            for due in 51..51 + RUNS_MAX {
                let stored = core.credits_list().unwrap().remove(0);
                let run = CreditRun { credit_id: id, due_us: due, ended_us: due, given: 1, refused: 0 };
                core.credit_done(&stored, &run).unwrap();
            }
            let runs = core.credit_runs(id, 10_000).unwrap();
            assert_eq!((runs.len() as i64, runs.last().unwrap().due_us), (RUNS_MAX, 51));
            // A group's schedules go with it.
            assert!(core.group_delete(students).unwrap());
            assert_eq!(core.credits_list().unwrap(), []);
            assert!(!core.credit_delete(id).unwrap());
        });
    }

    #[test]
    fn a_groups_people_are_those_named_those_of_its_units_and_those_below() {
        each_core(|core| {
            let top = core.unit_add(domain::people::unit::ROOT, "school", "").unwrap().unwrap();
            let below = core.unit_add(top, "class", "").unwrap().unwrap();
            let other = core.unit_add(domain::people::unit::ROOT, "office", "").unwrap().unwrap();
            let add = |logon: &str, unit| {
                let named = NewUser::named(Logon::parse(logon).unwrap(), "", Timestamp(1));
                core.user_add(&NewUser { unit, ..named }).unwrap()
            };
            let [ann, ben, cleo, dora] = [("ann", top), ("ben", below), ("cleo", other), ("dora", other)]
                .map(|(name, unit)| add(name, unit));
            let some = core.group_add(&group("some", false)).unwrap();
            let all = core.group_add(&group("all", true)).unwrap();
            let none = core.group_add(&group("none", false)).unwrap();
            // Ann is in it twice.
            let members = GroupMembers { users: vec![ann, cleo], units: vec![top] };
            core.group_members_add(some, &members).unwrap();
            let tree = core.units_tree().unwrap();
            let people = |id, after, limit| -> Vec<UserId> {
                let group = core.group_show(id).unwrap().unwrap();
                let people = core.group_people(&group, &tree, after, limit).unwrap();
                people.into_iter().map(|user| user.id).collect()
            };
            assert_eq!(people(some, UserId(0), 10), [ann, ben, cleo]);
            assert_eq!(people(some, UserId(0), 2), [ann, ben]);
            assert_eq!(people(some, ben, 2), [cleo]);
            assert_eq!(people(all, UserId(0), 10), [ann, ben, cleo, dora]);
            assert_eq!(people(none, UserId(0), 10), []);
        });
    }
}
