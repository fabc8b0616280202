//! The *event* store: what administrators should know of, and the audit. Owner: the jobserver.

mod table;
#[cfg(test)]
mod tests;

use diesel::prelude::*;
use diesel_migrations::embed_migrations;
use domain::Timestamp;
use domain::event::{Event, Severity};

use crate::error::{StoreError, StoreResult};
use crate::{AnyConnection, Database, Location, Schema};

use table::events;

/// Tables of the store.
pub const SCHEMA: Schema = Schema {
    name: "event",
    sqlite: embed_migrations!("../../migrations/event/sqlite"),
    postgres: embed_migrations!("../../migrations/event/postgres"),
};

/// Which events are meant. The default means all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventFilter {
    /// Only this severity and worse ones.
    pub severity: Option<Severity>,
    /// First instant of the period, microseconds.
    pub from_us: Option<i64>,
    /// First instant after the period, microseconds.
    pub to_us: Option<i64>,
    /// Only events of this source.
    pub source: Option<String>,
    /// Only events of this code.
    pub code: Option<String>,
    /// Only what this logon did.
    pub user: Option<String>,
}

/// An event and its place in the store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredEvent {
    /// Never given twice.
    pub id: i64,
    /// The event.
    pub event: Event,
}

/// A place between two events in the order of [`EventStore::events_page`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EventPlace {
    at_us: i64,
    id: i64,
}

impl EventPlace {
    /// The place behind `stored`.
    pub fn after(stored: &StoredEvent) -> Self {
        Self { at_us: stored.event.at.0, id: stored.id }
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = events)]
struct Row {
    at_us: i64,
    severity: i64,
    code: String,
    source: String,
    user_logon: String,
    object: String,
    subject: String,
    text: String,
}

/// The store. Cloning is cheap; the calls block.
#[derive(Clone)]
pub struct EventStore {
    database: Database,
}

impl EventStore {
    /// Opens the store, bringing it to this program's version.
    ///
    /// # Errors
    /// When the database cannot be reached or migrated.
    pub fn open(location: Location) -> StoreResult<Self> {
        Ok(Self::on(Database::open(location, &SCHEMA)?))
    }

    /// The store on an open database.
    pub fn on(database: Database) -> Self {
        Self { database }
    }

    /// The database below, for a backup.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Stores events in one transaction. Durable when answered.
    ///
    /// # Errors
    /// When the database fails; then none is stored.
    pub fn events_add(&self, added: &[Event]) -> StoreResult<()> {
        let rows: Vec<Row> = added.iter().map(row).collect();
        self.database.write("events-add", |connection| {
            for row in &rows {
                match connection {
                    AnyConnection::Sqlite(connection) => {
                        diesel::insert_into(events::table).values(row).execute(connection)?
                    }
                    AnyConnection::Postgres(connection) => {
                        diesel::insert_into(events::table).values(row).execute(connection)?
                    }
                };
            }
            Ok(())
        })
    }

    /// At most `limit` events, the newest first, from `place` on.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn events_page(
        &self,
        filter: &EventFilter,
        place: Option<EventPlace>,
        limit: i64,
    ) -> StoreResult<Vec<StoredEvent>> {
        let rows = self.database.read("events-page", |connection| {
            let mut query = matching(filter);
            if let Some(EventPlace { at_us, id }) = place {
                // The first condition is implied by the second; an index can be entered by it.
                query = query
                    .filter(events::at_us.le(at_us))
                    .filter(events::at_us.lt(at_us).or(events::id.lt(id)));
            }
            Ok(query
                .order((events::at_us.desc(), events::id.desc()))
                .limit(limit)
                .select((events::id, Row::as_select()))
                .load::<(i64, Row)>(connection)?)
        })?;
        rows.into_iter().map(|(id, row)| Ok(StoredEvent { id, event: event(row)? })).collect()
    }

    /// Events stored after `after` that are as bad as `severity` or worse, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn events_after(&self, after: i64, severity: Severity, limit: i64) -> StoreResult<Vec<StoredEvent>> {
        let rows = self.database.read("events-after", |connection| {
            Ok(events::table
                .filter(events::id.gt(after))
                .filter(events::severity.le(i64::from(severity.level())))
                .order(events::id)
                .limit(limit)
                .select((events::id, Row::as_select()))
                .load::<(i64, Row)>(connection)?)
        })?;
        rows.into_iter().map(|(id, row)| Ok(StoredEvent { id, event: event(row)? })).collect()
    }

    /// The id of the newest event; 0 when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn events_last(&self) -> StoreResult<i64> {
        self.database.read("events-last", |connection| {
            let last: Option<i64> = events::table.select(diesel::dsl::max(events::id)).first(connection)?;
            Ok(last.unwrap_or(0))
        })
    }

    /// Deletes events that happened before `before`, at most `limit`, so that writers get their turn; answers how many.
    ///
    /// # Errors
    /// When the database fails; then none is deleted.
    pub fn events_forget(&self, before: Timestamp, limit: i64) -> StoreResult<u64> {
        self.database.write("events-forget", |connection| {
            let old: Vec<i64> = events::table
                .filter(events::at_us.lt(before.0))
                .order((events::at_us, events::id))
                .limit(limit)
                .select(events::id)
                .load(connection)?;
            Ok(diesel::delete(events::table.filter(events::id.eq_any(old))).execute(connection)? as u64)
        })
    }
}

type Boxed<'a> = events::BoxedQuery<'a, <AnyConnection as diesel::Connection>::Backend>;

fn matching(filter: &EventFilter) -> Boxed<'_> {
    let EventFilter { severity, from_us, to_us, source, code, user } = filter;
    let mut query = events::table.into_boxed();
    if let Some(severity) = severity {
        query = query.filter(events::severity.le(i64::from(severity.level())));
    }
    if let Some(from) = from_us {
        query = query.filter(events::at_us.ge(from));
    }
    if let Some(to) = to_us {
        query = query.filter(events::at_us.lt(to));
    }
    if let Some(source) = source {
        query = query.filter(events::source.eq(source));
    }
    if let Some(code) = code {
        query = query.filter(events::code.eq(code));
    }
    if let Some(user) = user {
        query = query.filter(events::user_logon.eq(user));
    }
    query
}

fn row(event: &Event) -> Row {
    Row {
        at_us: event.at.0,
        severity: event.severity.level().into(),
        code: event.code.clone(),
        source: event.source.clone(),
        user_logon: event.user.clone(),
        object: event.object.clone(),
        subject: event.subject.clone(),
        text: event.text.clone(),
    }
}

fn event(row: Row) -> StoreResult<Event> {
    let severity = Severity::from_level(row.severity).ok_or_else(|| StoreError::Corrupt {
        table: "events",
        column: "severity",
        why: format!("{} is not within 1 to 6", row.severity),
    })?;
    Ok(Event {
        at: Timestamp(row.at_us),
        severity,
        code: row.code,
        source: row.source,
        user: row.user_logon,
        object: row.object,
        subject: row.subject,
        text: row.text,
    })
}
