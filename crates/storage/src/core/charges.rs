//! Reservations of documents on their way, and what the money server is still to be told of them.
//!
//! A row is written before the money server is asked to reserve, changes in the transaction that ends the job's way, and
//! goes when the money server has heard how it ended. So whatever dies in between, nothing stays reserved unseen and
//! nothing is charged twice.

use diesel::prelude::*;
use domain::job::Job;
use domain::{DeviceId, JobId, Money, Timestamp, UserId};

use super::charge_schema::{charges, job_payments};
use super::jobs::{Change, change_save, job_load};
use super::{CoreStore, corrupt};
use crate::{AnyConnection, StoreResult};

/// One reservation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Charge {
    /// Id of the transfer at the money server.
    pub id: String,
    /// The job.
    pub job: JobId,
    /// Its title when it began.
    pub job_name: String,
    /// Who collects it.
    pub user: UserId,
    /// Whose purse pays.
    pub holder: String,
    /// Where it prints.
    pub device: DeviceId,
    /// The device's name when it began.
    pub device_name: String,
    /// Pages it has.
    pub pages: i64,
    /// What was asked to be reserved.
    pub price: Money,
    /// Where it is.
    pub state: ChargeState,
    /// What is to be settled.
    pub actual: Money,
    /// Why it ended as it did; empty when there is nothing to say.
    pub message: String,
    /// When it began.
    pub created: Timestamp,
    /// When its way ended.
    pub ended: Option<Timestamp>,
}

/// Where a reservation is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChargeState {
    /// On its way.
    Open = 1,
    /// The money server is to settle it.
    Settle = 2,
    /// The money server is to void it.
    Void = 3,
    /// Kept until a person decides.
    Kept = 4,
    /// The money server refused for good how it ended; a person must look.
    Refused = 5,
}

impl ChargeState {
    const ALL: [Self; 5] = [Self::Open, Self::Settle, Self::Void, Self::Kept, Self::Refused];
}

/// How a reservation ended, to be stored with the job.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChargeEnd {
    /// Id of the reservation.
    pub id: String,
    /// Where it goes.
    pub state: ChargeState,
    /// What is to be settled.
    pub actual: Money,
    /// Why; empty when there is nothing to say.
    pub message: String,
}

/// What one person was charged for pages of a document that did not come out whole.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Paid {
    /// Pages that came out.
    pub pages: i64,
    /// Charged by the first scheme.
    pub amount: Money,
    /// By the second scheme.
    pub amount_two: Money,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = charges)]
struct ChargeRow {
    id: String,
    job_id: i64,
    job_name: String,
    user_id: i64,
    holder: String,
    device_id: i64,
    device_name: String,
    pages: i64,
    price: i64,
    state: i64,
    actual: i64,
    message: String,
    created_us: i64,
    ended_us: Option<i64>,
}

impl From<&Charge> for ChargeRow {
    fn from(charge: &Charge) -> Self {
        Self {
            id: charge.id.clone(),
            job_id: charge.job.0,
            job_name: charge.job_name.clone(),
            user_id: charge.user.0,
            holder: charge.holder.clone(),
            device_id: charge.device.0,
            device_name: charge.device_name.clone(),
            pages: charge.pages,
            price: charge.price.0,
            state: charge.state as i64,
            actual: charge.actual.0,
            message: charge.message.clone(),
            created_us: charge.created.0,
            ended_us: charge.ended.map(|ended| ended.0),
        }
    }
}

impl ChargeRow {
    fn into_charge(self) -> StoreResult<Charge> {
        let state = ChargeState::ALL
            .into_iter()
            .find(|state| *state as i64 == self.state)
            .ok_or_else(|| corrupt("charges", "state", self.state))?;
        Ok(Charge {
            id: self.id,
            job: JobId(self.job_id),
            job_name: self.job_name,
            user: UserId(self.user_id),
            holder: self.holder,
            device: DeviceId(self.device_id),
            device_name: self.device_name,
            pages: self.pages,
            price: Money(self.price),
            state,
            actual: Money(self.actual),
            message: self.message,
            created: Timestamp(self.created_us),
            ended: self.ended_us.map(Timestamp),
        })
    }
}

impl CoreStore {
    /// Notes that a reservation is about to be asked for.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn charge_add(&self, charge: &Charge) -> StoreResult<()> {
        self.database.write("charge-add", |connection| charge_insert(connection, charge))
    }

    /// One reservation.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn charge_show(&self, id: &str) -> StoreResult<Option<Charge>> {
        self.database.read("charge-show", |connection| {
            let row: Option<ChargeRow> = charges::table.find(id).first(connection).optional()?;
            row.map(ChargeRow::into_charge).transpose()
        })
    }

    /// Reservations in one of `states`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn charges_in(&self, states: &[ChargeState], limit: i64) -> StoreResult<Vec<Charge>> {
        let states: Vec<i64> = states.iter().map(|state| *state as i64).collect();
        self.database.read("charges-in", |connection| {
            let rows: Vec<ChargeRow> = charges::table
                .filter(charges::state.eq_any(&states))
                .order((charges::created_us, charges::id))
                .limit(limit)
                .load(connection)?;
            rows.into_iter().map(ChargeRow::into_charge).collect()
        })
    }

    /// Reservations of documents on their way, oldest first, at most `limit`. Those of copies and the like have no job.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn charges_printing(&self, limit: i64) -> StoreResult<Vec<Charge>> {
        self.database.read("charges-printing", |connection| {
            let rows: Vec<ChargeRow> = charges::table
                .filter(charges::state.eq(ChargeState::Open as i64))
                .filter(charges::job_id.ne(0))
                .order((charges::created_us, charges::id))
                .limit(limit)
                .load(connection)?;
            rows.into_iter().map(ChargeRow::into_charge).collect()
        })
    }

    /// Stores how a reservation ended that has no job to end with it; `false` when it is not in `from`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn charge_end(&self, from: ChargeState, end: &ChargeEnd, now: Timestamp) -> StoreResult<bool> {
        self.database.write("charge-end", |connection| charge_end(connection, from, end, now))
    }

    /// Forgets a reservation the money server has heard the end of.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn charge_done(&self, id: &str) -> StoreResult<()> {
        self.database.write("charge-done", |connection| {
            diesel::delete(charges::table.find(id)).execute(connection)?;
            Ok(())
        })
    }

    /// What a person was charged for pages of a document that did not come out whole.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn job_paid(&self, job: JobId, user: UserId) -> StoreResult<Paid> {
        self.database.read("job-paid", |connection| {
            let columns = (job_payments::pages, job_payments::amount, job_payments::amount_two);
            let row: Option<(i64, i64, i64)> =
                job_payments::table.find((job.0, user.0)).select(columns).first(connection).optional()?;
            Ok(row.map_or_else(Paid::default, |(pages, amount, two)| Paid {
                pages,
                amount: Money(amount),
                amount_two: Money(two),
            }))
        })
    }

    /// As [`CoreStore::job_change`]; in the same transaction ends the reservation of the job's way and notes what a person
    /// has paid of the document by now (`None` leaves that).
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn job_change_charged<R>(
        &self,
        name: &'static str,
        id: JobId,
        decide: impl Fn(Option<Job>) -> Result<Change, R>,
        charge: Option<&ChargeEnd>,
        paid: Option<(UserId, Paid)>,
        now: Timestamp,
    ) -> StoreResult<Result<Job, R>> {
        self.database.write(name, |connection| {
            let change = match decide(job_load(connection, id)?) {
                Ok(change) => change,
                Err(refusal) => return Ok(Err(refusal)),
            };
            change_save(connection, id, &change, now)?;
            if let Some(end) = charge {
                charge_end(connection, ChargeState::Open, end, now)?;
            }
            if let Some((user, paid)) = paid {
                diesel::delete(job_payments::table.find((id.0, user.0))).execute(connection)?;
                if paid != Paid::default() {
                    let row = (
                        job_payments::job_id.eq(id.0),
                        job_payments::user_id.eq(user.0),
                        job_payments::pages.eq(paid.pages),
                        job_payments::amount.eq(paid.amount.0),
                        job_payments::amount_two.eq(paid.amount_two.0),
                    );
                    diesel::insert_into(job_payments::table).values(row).execute(connection)?;
                }
            }
            Ok(Ok(change.job))
        })
    }
}

pub(super) fn charge_insert(connection: &mut AnyConnection, charge: &Charge) -> StoreResult<()> {
    diesel::insert_into(charges::table).values(ChargeRow::from(charge)).execute(connection)?;
    Ok(())
}

pub(super) fn charge_end(
    connection: &mut AnyConnection,
    from: ChargeState,
    end: &ChargeEnd,
    now: Timestamp,
) -> StoreResult<bool> {
    let open = charges::table.find(&end.id).filter(charges::state.eq(from as i64));
    let changes = (
        charges::state.eq(end.state as i64),
        charges::actual.eq(end.actual.0),
        charges::message.eq(&end.message),
        charges::ended_us.eq(now.0),
    );
    Ok(diesel::update(open).set(changes).execute(connection)? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tests::{each_core, job, person};
    use crate::core::{Arrival, Arrived};

    /// PAY-2: who paid for a part of a shared document pays the rest, and nobody else does.
    #[test]
    fn what_was_paid_of_a_document_is_known_by_person() {
        each_core(|core| {
            let [ann, ben] = ["ann", "ben"].map(|logon| core.user_add(&person(logon, "")).unwrap());
            let arrival = Arrival::Job(Box::new(job(ann.0, "shared")));
            let Arrived::New(id) = core.jobs_arrive(&[arrival], Timestamp(1)).unwrap().remove(0) else {
                panic!("it is new");
            };
            let note = |user, paid| {
                let same = |job: Option<Job>| Ok::<_, ()>(Change { job: job.ok_or(())?, message: None });
                let noted = core.job_change_charged("test", id, same, None, Some((user, paid)), Timestamp(2));
                noted.unwrap().unwrap();
            };
            let three = Paid { pages: 3, amount: Money(6_500), amount_two: Money(1) };
            let one = Paid { pages: 1, ..Paid::default() };
            note(ann, three);
            assert_eq!(core.job_paid(id, ann).unwrap(), three);
            assert_eq!(core.job_paid(id, ben).unwrap(), Paid::default());
            note(ben, one);
            note(ann, Paid { pages: 4, ..three });
            assert_eq!(core.job_paid(id, ann).unwrap().pages, 4);
            note(ann, Paid::default());
            assert_eq!(core.job_paid(id, ann).unwrap(), Paid::default());
            assert_eq!(core.job_paid(id, ben).unwrap(), one, "somebody else's stays");
            let end = |job: Option<Job>| {
                let job =
                    job.ok_or(())?.apply(domain::job::Event::CancelByUser, Timestamp(3)).map_err(drop)?;
                Ok::<_, ()>(Change { job, message: None })
            };
            core.job_change("test", id, end, Timestamp(3)).unwrap().unwrap();
            core.jobs_forget(&[id]).unwrap();
            assert_eq!(core.job_paid(id, ben).unwrap(), Paid::default(), "it goes with the document");
        });
    }
}
