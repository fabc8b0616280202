//! Certificates people print with: found by the fingerprint of the certificate, or of its person's address.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::user::User;
use domain::{Timestamp, UserId};

use super::CoreStore;
use super::schema::{certificates, users};
use super::users::UserRow;
use crate::StoreResult;
use crate::dialect::insert_returning;

/// A person's certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateRow {
    /// Its number; 0 before it is stored.
    pub id: i64,
    /// Whose.
    pub user: UserId,
    /// SHA-256 of its DER form.
    pub fingerprint: Vec<u8>,
    /// Whom it names, for people to recognise it by.
    pub subject: String,
    /// When it was registered.
    pub created: Timestamp,
    /// From when on it is valid.
    pub starts: Timestamp,
    /// Until when.
    pub ends: Timestamp,
}

type Columns = (i64, i64, Vec<u8>, String, i64, i64, i64);

fn row((id, user, fingerprint, subject, created, starts, ends): Columns) -> CertificateRow {
    CertificateRow {
        id,
        user: UserId(user),
        fingerprint,
        subject,
        created: Timestamp(created),
        starts: Timestamp(starts),
        ends: Timestamp(ends),
    }
}

impl CoreStore {
    /// Stores a certificate; answers with its number, or `None` when the person has `max` already.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] when somebody has this certificate, and when the store cannot answer.
    pub fn certificate_add(&self, added: &CertificateRow, max: i64) -> StoreResult<Option<i64>> {
        self.database.write("certificate-add", |connection| {
            let held: i64 = certificates::table
                .filter(certificates::user_id.eq(added.user.0))
                .count()
                .get_result(connection)?;
            if held >= max {
                return Ok(None);
            }
            let row = (
                certificates::user_id.eq(added.user.0),
                certificates::fingerprint.eq(&added.fingerprint),
                certificates::subject.eq(&added.subject),
                certificates::created_us.eq(added.created.0),
                certificates::starts_us.eq(added.starts.0),
                certificates::ends_us.eq(added.ends.0),
            );
            Ok(Some(insert_returning!(connection, certificates::table, row, certificates::id)?))
        })
    }

    /// The certificate with this fingerprint.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn certificate_by_fingerprint(&self, fingerprint: &[u8]) -> StoreResult<Option<CertificateRow>> {
        self.database.read("certificate-by-fingerprint", |connection| {
            let found = certificates::table.filter(certificates::fingerprint.eq(fingerprint));
            Ok(found.first::<Columns>(connection).optional()?.map(row))
        })
    }

    /// Certificates of a person, or of all.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn certificates_list(&self, user: Option<UserId>) -> StoreResult<Vec<CertificateRow>> {
        self.database.read("certificates-list", |connection| {
            let mut found = certificates::table.order(certificates::id).into_boxed();
            if let Some(user) = user {
                found = found.filter(certificates::user_id.eq(user.0));
            }
            Ok(found.load::<Columns>(connection)?.into_iter().map(row).collect())
        })
    }

    /// Takes a certificate away; false when there was none.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn certificate_delete(&self, id: i64) -> StoreResult<bool> {
        self.database.write("certificate-delete", |connection| {
            Ok(diesel::delete(certificates::table.find(id)).execute(connection)? == 1)
        })
    }

    /// People with this e-mail address, without regard to the case of ASCII letters; at most two, because more than one is
    /// nobody in particular.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn users_by_email(&self, email: &str) -> StoreResult<Vec<User>> {
        let key = email.to_ascii_lowercase();
        self.database.read("users-by-email", |connection| {
            let rows: Vec<UserRow> = users::table
                .filter(users::email.ne(""))
                .filter(sql::<Text>("lower(email)").eq(&key))
                .order(users::id)
                .limit(2)
                .load(connection)?;
            rows.into_iter().map(|row| Ok(row.into_user()?.0)).collect()
        })
    }
}
