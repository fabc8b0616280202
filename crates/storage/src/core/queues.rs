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
    toner_save: bool,
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
            toner_save: self.toner_save,
            push: Push::default(),
        })
    }
}

/// What may change of a queue.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = queues, treat_none_as_null = true)]
struct Properties<'a> {
    kind: &'static str,
    description: &'a str,
    location: &'a str,
    owner: &'static str,
    fixed_logon: &'a str,
    raw_port: Option<i64>,
    default_domain: &'a str,
    hide_document_name: bool,
    color: bool,
    duplex: bool,
    accepting_jobs: bool,
    logon_rule: String,
    toner_save: bool,
}

impl<'a> Properties<'a> {
    fn of(queue: &'a Queue) -> Self {
        let (owner, fixed_logon) = match &queue.owner {
            OwnerRule::NetworkLogon => ("network-logon", ""),
            OwnerRule::Fixed(logon) => ("fixed", logon.as_str()),
            OwnerRule::JobData => ("job-data", ""),
            OwnerRule::Authenticated => ("authenticated", ""),
        };
        Self {
            kind: match queue.kind {
                Kind::Pull => "pull",
                Kind::Push => "push",
            },
            description: &queue.description,
            location: &queue.location,
            owner,
            fixed_logon,
            raw_port: queue.raw_port.map(i64::from),
            default_domain: &queue.default_domain,
            hide_document_name: queue.hide_document_name,
            color: queue.color,
            duplex: queue.duplex,
            accepting_jobs: queue.accepting_jobs,
            logon_rule: queue.data_logon.as_ref().map(DataLogon::encode).unwrap_or_default(),
            toner_save: queue.toner_save,
        }
    }
}

impl CoreStore {
    /// Adds a queue.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `name` when it is taken.
    pub fn queue_add(&self, NewQueue { queue, created }: &NewQueue) -> StoreResult<QueueId> {
        self.database.write("queue-add", |connection| {
            let birth = (
                queues::name.eq(queue.name.as_str()),
                queues::name_key.eq(queue.name.key()),
                queues::created_us.eq(created.0),
            );
            let row = (birth, Properties::of(queue));
            let id = QueueId(insert_returning!(connection, queues::table, row, queues::id)?);
            push::save(connection, id, queue)?;
            Ok(id)
        })
    }

    /// Stores a changed queue; `false` when there is none. The name stays.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn queue_save(&self, queue: &Queue) -> StoreResult<bool> {
        self.database.write("queue-save", |connection| {
            let changed = diesel::update(queues::table.find(queue.id.0))
                .set(Properties::of(queue))
                .execute(connection)?;
            if changed > 0 {
                push::save(connection, queue.id, queue)?;
            }
            Ok(changed > 0)
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
