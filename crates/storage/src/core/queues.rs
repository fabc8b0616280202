//! Queues.

use diesel::prelude::*;
use domain::data_logon::DataLogon;
use domain::push::Push;
use domain::queue::{Kind, OwnerRule, Queue};
use domain::{Logon, QueueId, QueueName, Timestamp};

use super::schema::queues;
use super::{CoreStore, corrupt, push};
use crate::StoreResult;
use crate::dialect::insert_returning;

/// A queue to be added; its id is not used.
#[derive(Clone, Debug)]
pub struct NewQueue {
    /// What it will be, with any id.
    pub queue: Queue,
    /// Now.
    pub created: Timestamp,
}

#[derive(Queryable)]
struct QueueRow {
    id: i64,
    name: String,
    _name_key: String,
    kind: String,
    description: String,
    location: String,
    owner: String,
    fixed_logon: String,
    raw_port: Option<i64>,
    default_domain: String,
    hide_document_name: bool,
    color: bool,
    duplex: bool,
    accepting_jobs: bool,
    _created_us: i64,
    logon_rule: String,
}

impl QueueRow {
    fn into_queue(self) -> StoreResult<Queue> {
        let owner = match self.owner.as_str() {
            "network-logon" => OwnerRule::NetworkLogon,
            "fixed" => OwnerRule::Fixed(
                Logon::parse(&self.fixed_logon).map_err(|error| corrupt("queues", "fixed_logon", error))?,
            ),
            "job-data" => OwnerRule::JobData,
            "authenticated" => OwnerRule::Authenticated,
            other => return Err(corrupt("queues", "owner", other)),
        };
        Ok(Queue {
            id: QueueId(self.id),
            name: QueueName::parse(&self.name).map_err(|error| corrupt("queues", "name", error))?,
            kind: match self.kind.as_str() {
                "pull" => Kind::Pull,
                "push" => Kind::Push,
                other => return Err(corrupt("queues", "kind", other)),
            },
            description: self.description,
            location: self.location,
            owner,
            raw_port: self
                .raw_port
                .map(u16::try_from)
                .transpose()
                .map_err(|error| corrupt("queues", "raw_port", error))?,
            default_domain: self.default_domain,
            hide_document_name: self.hide_document_name,
            color: self.color,
            duplex: self.duplex,
            accepting_jobs: self.accepting_jobs,
            data_logon: DataLogon::decode(&self.logon_rule)
                .map_err(|error| corrupt("queues", "logon_rule", error))?,
            push: Push::default(),
        })
    }
}

impl CoreStore {
    /// Adds a queue.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `name` when it is taken.
    pub fn queue_add(&self, NewQueue { queue, created }: &NewQueue) -> StoreResult<QueueId> {
        let (owner, fixed_logon) = match &queue.owner {
            OwnerRule::NetworkLogon => ("network-logon", ""),
            OwnerRule::Fixed(logon) => ("fixed", logon.as_str()),
            OwnerRule::JobData => ("job-data", ""),
            OwnerRule::Authenticated => ("authenticated", ""),
        };
        let kind = match queue.kind {
            Kind::Pull => "pull",
            Kind::Push => "push",
        };
        self.database.write("queue-add", |connection| {
            let row = (
                queues::name.eq(queue.name.as_str()),
                queues::name_key.eq(queue.name.key()),
                queues::kind.eq(kind),
                queues::description.eq(&queue.description),
                queues::location.eq(&queue.location),
                queues::owner.eq(owner),
                queues::fixed_logon.eq(fixed_logon),
                queues::raw_port.eq(queue.raw_port.map(i64::from)),
                queues::default_domain.eq(&queue.default_domain),
                queues::hide_document_name.eq(queue.hide_document_name),
                queues::color.eq(queue.color),
                queues::duplex.eq(queue.duplex),
                queues::accepting_jobs.eq(queue.accepting_jobs),
                queues::created_us.eq(created.0),
                queues::logon_rule.eq(queue.data_logon.as_ref().map(DataLogon::encode).unwrap_or_default()),
            );
            let id = QueueId(insert_returning!(connection, queues::table, row, queues::id)?);
            if queue.kind == Kind::Push || queue.push != Push::default() {
                push::add(connection, id, &queue.push)?;
            }
            Ok(id)
        })
    }

    /// Every queue, by name.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn queues_list(&self) -> StoreResult<Vec<Queue>> {
        self.database.read("queues-list", |connection| {
            let rows: Vec<QueueRow> = queues::table.order(queues::name_key).load(connection)?;
            let mut settings = push::all(connection)?;
            rows.into_iter()
                .map(|row| {
                    let queue = row.into_queue()?;
                    let push = settings.remove(&queue.id).unwrap_or_default();
                    Ok(Queue { push, ..queue })
                })
                .collect()
        })
    }

    /// Deletes a queue; `false` when there is none. Its jobs stay.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn queue_delete(&self, name: &QueueName) -> StoreResult<bool> {
        let key = name.key();
        self.database.write("queue-delete", |connection| {
            Ok(diesel::delete(queues::table.filter(queues::name_key.eq(&key))).execute(connection)? > 0)
        })
    }
}
