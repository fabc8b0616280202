//! Who may collect whose documents.

use diesel::prelude::*;
use domain::people::delegate::{
    Agreement, Delegate, DelegateId, DelegateRefused, Wanted, may_add, may_answer, may_end,
};
use domain::{Timestamp, UserId};

use super::schema::delegates;
use super::{CoreStore, corrupt};
use crate::dialect::insert_returning;
use crate::{AnyConnection, StoreResult};

type Row = (i64, i64, i64, bool, Option<i64>, String, i64);

fn delegate((id, submitter, collector, always, ends, state, _): Row) -> StoreResult<Delegate> {
    Ok(Delegate {
        id: DelegateId(id),
        submitter: UserId(submitter),
        collector: UserId(collector),
        always,
        ends: ends.map(Timestamp),
        state: Agreement::parse(&state).ok_or_else(|| corrupt("delegates", "state", &state))?,
    })
}

/// Whose documents a person may collect now.
pub(super) fn collected_for(
    connection: &mut AnyConnection,
    collector: UserId,
    now: Timestamp,
) -> StoreResult<Vec<Delegate>> {
    let rows: Vec<Row> = delegates::table.filter(delegates::collector_id.eq(collector.0)).load(connection)?;
    let all: Vec<Delegate> = rows.into_iter().map(delegate).collect::<StoreResult<_>>()?;
    Ok(all.into_iter().filter(|delegate| delegate.is_active(now)).collect())
}

impl CoreStore {
    /// Makes a relation; its id is not used.
    ///
    /// # Errors
    /// When the store cannot answer. The inner result is the rule's.
    pub fn delegate_add(
        &self,
        new: Delegate,
        enabled: bool,
        now: Timestamp,
    ) -> StoreResult<Result<DelegateId, DelegateRefused>> {
        self.database.write("delegate-add", |connection| {
            let submits = delegates::table.filter(delegates::submitter_id.eq(new.submitter.0));
            let collects = delegates::table.filter(delegates::collector_id.eq(new.collector.0));
            let wanted = Wanted {
                enabled,
                submitter: new.submitter,
                collector: new.collector,
                exists: submits
                    .filter(delegates::collector_id.eq(new.collector.0))
                    .count()
                    .get_result::<i64>(connection)?
                    > 0,
                submits: submits.count().get_result(connection)?,
                collects: collects.count().get_result(connection)?,
                ends: new.ends,
            };
            if let Err(refused) = may_add(wanted, now) {
                return Ok(Err(refused));
            }
            let row = (
                delegates::submitter_id.eq(new.submitter.0),
                delegates::collector_id.eq(new.collector.0),
                delegates::always.eq(new.always),
                delegates::ends_us.eq(new.ends.map(|ends| ends.0)),
                delegates::state.eq(new.state.as_str()),
                delegates::created_us.eq(now.0),
            );
            Ok(Ok(DelegateId(insert_returning!(connection, delegates::table, row, delegates::id)?)))
        })
    }

    /// The relation of two people in this direction.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn delegate_of(&self, submitter: UserId, collector: UserId) -> StoreResult<Option<Delegate>> {
        self.database.read("delegate-of", |connection| {
            let row: Option<Row> = delegates::table
                .filter(delegates::submitter_id.eq(submitter.0))
                .filter(delegates::collector_id.eq(collector.0))
                .first(connection)
                .optional()?;
            row.map(delegate).transpose()
        })
    }

    /// One relation.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn delegate_show(&self, id: DelegateId) -> StoreResult<Option<Delegate>> {
        self.database.read("delegate-show", |connection| {
            let row: Option<Row> = delegates::table.find(id.0).first(connection).optional()?;
            row.map(delegate).transpose()
        })
    }

    /// Relations of a person on both sides, oldest first; of everybody without one.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn delegates_list(&self, person: Option<UserId>) -> StoreResult<Vec<Delegate>> {
        self.database.read("delegates-list", |connection| {
            let mut query = delegates::table.order(delegates::id).into_boxed();
            if let Some(UserId(person)) = person {
                query =
                    query.filter(delegates::submitter_id.eq(person).or(delegates::collector_id.eq(person)));
            }
            let rows: Vec<Row> = query.load(connection)?;
            rows.into_iter().map(delegate).collect()
        })
    }

    /// Changes the end (`Some(None)`: never) or "always"; both sides see it, because it is one relation.
    ///
    /// # Errors
    /// When the store cannot answer. The inner result is the rule's.
    pub fn delegate_edit(
        &self,
        id: DelegateId,
        ends: Option<Option<Timestamp>>,
        always: Option<bool>,
        now: Timestamp,
    ) -> StoreResult<Result<Delegate, DelegateRefused>> {
        self.database.write("delegate-edit", |connection| {
            let row: Option<Row> = delegates::table.find(id.0).first(connection).optional()?;
            let Some(mut edited) = row.map(delegate).transpose()? else {
                return Ok(Err(DelegateRefused::NotFound));
            };
            if let Some(ends) = ends {
                if let Err(refused) = may_end(ends, now) {
                    return Ok(Err(refused));
                }
                edited.ends = ends;
            }
            edited.always = always.unwrap_or(edited.always);
            let row =
                (delegates::ends_us.eq(edited.ends.map(|ends| ends.0)), delegates::always.eq(edited.always));
            diesel::update(delegates::table.find(id.0)).set(row).execute(connection)?;
            Ok(Ok(edited))
        })
    }

    /// Answers a request on behalf of `person` (`None`: an administrator for both): accepted it counts, rejected it
    /// is gone.
    ///
    /// # Errors
    /// When the store cannot answer. The inner result is the rule's.
    pub fn delegate_answer(
        &self,
        id: DelegateId,
        person: Option<UserId>,
        accept: bool,
    ) -> StoreResult<Result<Delegate, DelegateRefused>> {
        self.database.write("delegate-answer", |connection| {
            let row: Option<Row> = delegates::table.find(id.0).first(connection).optional()?;
            let Some(asked) = row.map(delegate).transpose()? else {
                return Ok(Err(DelegateRefused::NotFound));
            };
            let answering = person.or(asked.awaits()).unwrap_or(UserId(-1));
            if let Err(refused) = may_answer(&asked, answering) {
                return Ok(Err(refused));
            }
            if accept {
                let state = delegates::state.eq(Agreement::Accepted.as_str());
                diesel::update(delegates::table.find(id.0)).set(state).execute(connection)?;
            } else {
                diesel::delete(delegates::table.find(id.0)).execute(connection)?;
            }
            Ok(Ok(Delegate { state: Agreement::Accepted, ..asked }))
        })
    }

    /// Ends a relation; `false` when there is none.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn delegate_delete(&self, id: DelegateId) -> StoreResult<bool> {
        self.database.write("delegate-delete", |connection| {
            Ok(diesel::delete(delegates::table.find(id.0)).execute(connection)? > 0)
        })
    }

    /// Forgets relations that ended before `now`; answers with how many.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn delegates_expire(&self, now: Timestamp) -> StoreResult<usize> {
        self.database.write("delegates-expire", |connection| {
            Ok(diesel::delete(delegates::table.filter(delegates::ends_us.le(now.0))).execute(connection)?)
        })
    }
}
