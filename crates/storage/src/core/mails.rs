//! Mails on their way: written down before anybody is told that one will come, taken to the end by the jobserver.

use diesel::prelude::*;
use domain::Timestamp;

use super::CoreStore;
use super::schema::mails;
use crate::dialect::insert_if_absent;
use crate::{AnyConnection, StoreResult};

/// How far a mail has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MailState {
    /// It will be tried.
    Waiting,
    /// The mail server has it.
    Sent,
    /// It was given up.
    Failed,
}

impl MailState {
    /// As rows and listings have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// A mail to be written down.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// Names the event the mail tells of; a second mail of the same key is none.
    pub key: String,
    /// `domain::mail::Kind`.
    pub kind: &'static str,
    /// Address.
    pub recipient: String,
    /// Subject and text, sealed.
    pub sealed: Vec<u8>,
    /// When it was asked for; it may be sent at once.
    pub created: Timestamp,
}

/// A mail.
#[derive(Clone, Debug, Eq, PartialEq, Queryable)]
pub struct MailRow {
    /// Grows.
    pub id: i64,
    /// See [`NewMail::key`].
    pub key: String,
    /// `domain::mail::Kind`.
    pub kind: String,
    /// Address.
    pub recipient: String,
    /// Subject and text, sealed; empty when it has been sent.
    pub sealed: Vec<u8>,
    /// Name of a [`MailState`].
    pub state: String,
    /// Tries so far.
    pub attempts: i64,
    /// Why the last try failed.
    pub error: String,
    /// When it was asked for.
    pub created_us: i64,
    /// When it is tried next.
    pub next_us: i64,
    /// When it was sent or given up.
    pub ended_us: Option<i64>,
}

/// What came of writing a mail down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Posted {
    /// It will be sent.
    New,
    /// The event's mail was written down before.
    Known,
    /// So many wait that no more are taken.
    Full,
}

/// Writes one down within a transaction, unless `waiting_max` wait already.
fn put(connection: &mut AnyConnection, mail: &NewMail, waiting_max: i64) -> StoreResult<Posted> {
    let waiting = mails::table.filter(mails::state.eq(MailState::Waiting.name()));
    let waiting: i64 = waiting.count().get_result(connection)?;
    if waiting >= waiting_max {
        return Ok(Posted::Full);
    }
    let row = (
        mails::key.eq(&mail.key),
        mails::kind.eq(mail.kind),
        mails::recipient.eq(&mail.recipient),
        mails::sealed.eq(&mail.sealed),
        mails::state.eq(MailState::Waiting.name()),
        mails::attempts.eq(0_i64),
        mails::error.eq(""),
        mails::created_us.eq(mail.created.0),
        mails::next_us.eq(mail.created.0),
    );
    let added = insert_if_absent!(connection, mails::table, row, mails::key)?;
    Ok(if added == 1 { Posted::New } else { Posted::Known })
}

impl CoreStore {
    /// Writes a mail down; durable when answered.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn mail_post(&self, mail: &NewMail, waiting_max: i64) -> StoreResult<Posted> {
        self.database.write("mail-post", |connection| put(connection, mail, waiting_max))
    }

    /// Mails to be tried now, the longest due first.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn mails_due(&self, now: Timestamp, limit: i64) -> StoreResult<Vec<MailRow>> {
        self.database.read("mails-due", |connection| {
            let due = mails::table
                .filter(mails::state.eq(MailState::Waiting.name()))
                .filter(mails::next_us.le(now.0));
            Ok(due.order((mails::next_us, mails::id)).limit(limit).load(connection)?)
        })
    }

    /// The mail server has it: its text goes.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn mail_sent(&self, id: i64, now: Timestamp) -> StoreResult<()> {
        self.database.write("mail-sent", |connection| {
            let changes = (
                mails::state.eq(MailState::Sent.name()),
                mails::sealed.eq(Vec::new()),
                mails::attempts.eq(mails::attempts + 1),
                mails::error.eq(""),
                mails::ended_us.eq(now.0),
            );
            diesel::update(mails::table.find(id)).set(changes).execute(connection)?;
            Ok(())
        })
    }

    /// A try failed: it is tried again at `next`, or given up.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn mail_tried(
        &self,
        id: i64,
        error: &str,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> StoreResult<()> {
        self.database.write("mail-tried", |connection| {
            let state = if next.is_some() { MailState::Waiting } else { MailState::Failed };
            let changes = (
                mails::state.eq(state.name()),
                mails::attempts.eq(mails::attempts + 1),
                mails::error.eq(error),
                mails::next_us.eq(next.unwrap_or(now).0),
                mails::ended_us.eq(next.is_none().then_some(now.0)),
            );
            diesel::update(mails::table.find(id)).set(changes).execute(connection)?;
            Ok(())
        })
    }

    /// Lets a failed or waiting mail be tried now, or all of them; answers how many.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn mails_retry(&self, id: Option<i64>, now: Timestamp) -> StoreResult<usize> {
        self.database.write("mails-retry", |connection| {
            let changes = (
                mails::state.eq(MailState::Waiting.name()),
                mails::attempts.eq(0_i64),
                mails::next_us.eq(now.0),
                mails::ended_us.eq(None::<i64>),
            );
            let open = mails::state.ne(MailState::Sent.name());
            Ok(match id {
                Some(id) => {
                    diesel::update(mails::table.find(id).filter(open)).set(changes).execute(connection)?
                }
                None => diesel::update(mails::table.filter(open)).set(changes).execute(connection)?,
            })
        })
    }

    /// Mails, the newest first; those with an id below `before` (0: all) and of `state` (empty: any).
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn mails_list(&self, state: &str, before: i64, limit: i64) -> StoreResult<Vec<MailRow>> {
        self.database.read("mails-list", |connection| {
            let mut found = mails::table.into_boxed();
            if !state.is_empty() {
                found = found.filter(mails::state.eq(state));
            }
            if before > 0 {
                found = found.filter(mails::id.lt(before));
            }
            Ok(found.order(mails::id.desc()).limit(limit).load(connection)?)
        })
    }

    /// Forgets mails that ended before `before`, at most `limit`; answers how many.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn mails_forget(&self, before: Timestamp, limit: i64) -> StoreResult<usize> {
        self.database.write("mails-forget", |connection| {
            let old: Vec<i64> = mails::table
                .filter(mails::ended_us.lt(before.0))
                .order(mails::id)
                .limit(limit)
                .select(mails::id)
                .load(connection)?;
            Ok(diesel::delete(mails::table.filter(mails::id.eq_any(old))).execute(connection)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::SCHEMA;
    use super::*;
    use crate::testing::each_database;

    fn mail(key: &str, at: i64) -> NewMail {
        let (recipient, sealed) = ("ann@example.org".to_owned(), b"sealed".to_vec());
        NewMail { key: key.to_owned(), kind: "puk", recipient, sealed, created: Timestamp(at) }
    }

    #[test]
    fn ops_2_an_event_has_one_mail_which_waits_is_sent_and_forgotten() {
        each_database(&SCHEMA, |database| {
            let store = CoreStore { database: database.clone() };
            assert_eq!(store.mail_post(&mail("a", 1), 2).unwrap(), Posted::New);
            assert_eq!(store.mail_post(&mail("a", 2), 2).unwrap(), Posted::Known);
            assert_eq!(store.mail_post(&mail("b", 2), 2).unwrap(), Posted::New);
            assert_eq!(store.mail_post(&mail("c", 3), 2).unwrap(), Posted::Full);
            assert!(store.mails_due(Timestamp(0), 9).unwrap().is_empty());
            let due = store.mails_due(Timestamp(2), 9).unwrap();
            assert_eq!(due.iter().map(|mail| mail.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);

            store.mail_tried(due[0].id, "away", Some(Timestamp(50)), Timestamp(3)).unwrap();
            store.mail_tried(due[1].id, "no such address", None, Timestamp(3)).unwrap();
            assert!(store.mails_due(Timestamp(49), 9).unwrap().is_empty());
            let again = store.mails_due(Timestamp(50), 9).unwrap();
            assert_eq!((again.len(), again[0].attempts, again[0].error.as_str()), (1, 1, "away"));
            store.mail_sent(due[0].id, Timestamp(51)).unwrap();
            let sent = store.mails_list("sent", 0, 9).unwrap();
            assert_eq!((sent.len(), sent[0].sealed.as_slice()), (1, &b""[..]), "the text goes with the mail");

            assert_eq!(store.mails_retry(None, Timestamp(60)).unwrap(), 1, "a sent one is not sent again");
            assert_eq!(store.mails_due(Timestamp(60), 9).unwrap()[0].key, "b");
            assert_eq!(store.mails_forget(Timestamp(52), 9).unwrap(), 1);
            assert_eq!(store.mails_list("", 0, 9).unwrap().len(), 1);
        });
    }
}
