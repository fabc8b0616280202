//! The core store: people, devices, queues, jobs, settings. Owner: the jobserver.
//!
//! One file per resource; methods are named resource first, verb second.

mod aliases;
mod bulk;
mod cards;
mod certificates;
mod charge_schema;
mod charges;
mod credits;
mod delegates;
mod devices;
mod domains;
mod drivers;
mod fields;
mod groups;
mod jobs;
mod mails;
mod names;
mod outbox;
mod profile;
mod puks;
mod push;
mod queues;
mod schema;
mod schemes;
mod settings;
mod shares;
mod statistics;
mod terms;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_people;
mod tokens;
mod units;
mod users;
mod walkups;

use diesel_migrations::embed_migrations;

use crate::{Database, Location, Schema, StoreError, StoreResult};

pub use aliases::{AliasRow, NewAlias};
pub use bulk::{BulkPerson, BulkRefused};
pub use cards::{CardHolder, CardRow, IdRow, NewCard};
pub use certificates::CertificateRow;
pub use charges::{Charge, ChargeEnd, ChargeState, Paid};
pub use credits::{CreditRun, StoredCredit};
pub use devices::NewDevice;
pub use domains::DomainRow;
pub use drivers::{DeviceOutput, DriverRow};
pub use groups::{GroupMembers, GroupRow};
pub use jobs::{Arrival, Arrived, Change, FoundOwner, JobFilter, JobLine, NewJob, Which};
pub use mails::{MailRow, MailState, NewMail, Posted};
pub use outbox::OutboxRow;
pub use puks::{PukHolder, RegisterCard, Registrant};
pub use queues::NewQueue;
pub use schemes::StoredScheme;
pub use shares::{Share, Shared};
pub use statistics::StatisticsRow;
pub use terms::DeviceCharging;
pub use tokens::TokenRow;
pub use users::{NewUser, Secrets, UserChanges};
pub use walkups::{Walkup, WalkupEnded};

/// The store's name and steps.
pub const SCHEMA: Schema = Schema {
    name: "core",
    sqlite: embed_migrations!("../../migrations/core/sqlite"),
    postgres: embed_migrations!("../../migrations/core/postgres"),
};

/// The core store. Clones share the pools; calls block.
#[derive(Clone)]
pub struct CoreStore {
    database: Database,
}

impl CoreStore {
    /// Opens the store and brings it to this program's version.
    ///
    /// # Errors
    /// See [`Database::open`].
    pub fn open(location: Location) -> StoreResult<Self> {
        Ok(Self { database: Database::open(location, &SCHEMA)? })
    }

    /// The database beneath, for backups.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

/// A stored value that its type does not accept.
fn corrupt(table: &'static str, column: &'static str, why: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { table, column, why: why.to_string() }
}
